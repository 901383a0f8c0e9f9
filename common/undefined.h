/*
 * Memory that holds nobody's bytes
 *
 * Memory that is used again has bytes of its last user. Whoever gets it is to
 * overwrite them before anyone can read it. That cannot be seen from outside,
 * for bytes are bytes; but valgrind follows each one, and complains when one
 * that nobody has written is sent, or decides something. So it is told here
 * when memory changes hands.
 *
 * Without valgrind this costs a few instructions which do nothing, and where its
 * header was not there at build time not even those.
 */
#pragma once

#ifdef VMD_VALGRIND
#include <valgrind/memcheck.h>
#define MEMORY_UNDEFINED(p, size) ((void)VALGRIND_MAKE_MEM_UNDEFINED(p, size))
#define MEMORY_DEFINED(p, size)   ((void)VALGRIND_MAKE_MEM_DEFINED(p, size))
#else
#define MEMORY_UNDEFINED(p, size) ((void)(p), (void)(size))
#define MEMORY_DEFINED(p, size)   ((void)(p), (void)(size))
#endif
