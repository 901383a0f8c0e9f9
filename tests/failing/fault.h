/*
 * Faults: what the system can refuse, refused on purpose
 *
 * The linker puts these functions in place of the C library's, for all code of
 * the test program: malloc, calloc, realloc, free, mmap64, munmap, recv,
 * recvmsg, sendmsg and accept4 (--wrap). libev and libprotobuf-c, being shared
 * libraries, have the real ones: libev ends the program when it gets no memory,
 * and what libprotobuf-c takes it takes from the server's arena.
 *
 * They count, and fail, only inside: between fault_enter() and fault_leave(),
 * while the server is at work. Check's own blocks are its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

void fault_enter(void);
void fault_leave(void);

/* --- Memory ------------------------------------------------------------ */

/*
 * The n-th allocation from now on fails, 1 being the next; and, if `on`, all
 * behind it. 0: none.
 */
void fault_allocation(unsigned n, bool on);

/* The same for mmap(). */
void fault_mapping(unsigned n);

/* Has one failed since it was asked for? */
bool fault_happened(void);

/* Blocks that were allocated and not freed, inside; and mappings made. */
long fault_blocks(void);
long fault_mappings(void);

/* --- Input and output -------------------------------------------------- */

enum fault_io { FAULT_RECEIVE, FAULT_SEND, FAULT_ACCEPT };

/*
 * Asked before each of them. 0: it is done, of *most bytes at the most; else
 * the errno that it fails with. NULL: nobody is asked.
 */
typedef int fault_decision(enum fault_io what, size_t *most);

void fault_ask(fault_decision *decision);
