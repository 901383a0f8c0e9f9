/*
 * Buffers: memory of this program that vm_read() handed out
 *
 * The program gives it back with vm_deallocate() on its own task, whole or in
 * part, as if it lay in the task's memory. It does not: no buffer lies below
 * VM_MAX_ADDRESS, where simulated memory ends, unless the system has no other
 * place for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>

/*
 * => size in bytes, not 0; offset: where in its page it is to begin
 * => NULL: no memory
 */
void *buffer_new(size_t size, uint32_t offset);

/*
 * A buffer of words, as a reply has them.
 *
 * => *array: NULL if there are none; written only if there is memory
 * => KERN_NO_SPACE: there is none
 */
kern_return_t buffer_array(const uint32_t *from, size_t count,
    uint32_t **array);

/* Memory that may be a buffer's, or have something else mapped over it; NULL:
 * there is none. */
void *buffer_map(size_t size);

/* Makes a buffer of whole pages that the window lends. False: no memory. */
bool buffer_lend(uintptr_t start, uintptr_t end);

/*
 * Around a fork: holds them still, and makes what is lent this program's own;
 * lets them go; and, in the child, which has all that were not given back, leaves
 * the window to the parent.
 */
void buffers_hold(void);
void buffers_release(void);
void buffers_forked(void);

/* Is this an address of a buffer? */
bool buffer_has(uintptr_t address);

/*
 * Gives back the pages that a range touches.
 *
 * => address is a buffer's
 * => KERN_INVALID_ADDRESS: the range goes beyond it; nothing is given back
 * => KERN_RESOURCE_SHORTAGE: no memory to remember the rest
 */
kern_return_t buffer_free(uintptr_t address, size_t size);

/* $VMD_DEBUG=leaks: tells of all that were not given back, and who had them. */
void buffers_tell_leaks(void);
