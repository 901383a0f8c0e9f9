/*
 * Memory of the calling program
 *
 * A program may hand us any address; what cannot be read or written there gets
 * an error, not a signal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * May all of it be read, or written?
 *
 * => true as well if the system cannot tell (Linux before 5.14)
 */
bool memory_is_readable(const void *memory, size_t size);
bool memory_is_writable(const void *memory, size_t size);

/* Can the system tell? */
bool memory_can_tell(void);

/* As memcpy(), for part of what is too much for a cache: it is written past the
 * caches, for which nothing is read first, and which keep what is of use. */
void memory_stream(void *to, const void *from, size_t size);
