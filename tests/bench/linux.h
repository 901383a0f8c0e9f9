/*
 * What Linux does with a process's own memory: the yardsticks of copies
 *
 * There is one range at a time, of pages of 4 KiB that were written.
 */
#pragma once

#include <stdint.h>

/* Memory of pages of 4 KiB that is there when it is touched. */
char *linux_map(uint64_t size);

/* A range of `size` bytes, of which `resident` are there, evenly spread. The
 * other memory of this process counts little. */
void linux_start(uint64_t size, uint64_t resident);
void linux_stop(void);

/* Contenders' steps: memcpy() of what is resident; fork(), with linux_reap() to
 * prepare; mremap() to another place, and back, which is prepared, too. */
void linux_copy(void *nothing);
void linux_reap(void *nothing);
void linux_fork(void *nothing);
void linux_prepare_move(void *nothing);
void linux_move(void *nothing);

/* A byte is written to a page that a child has, too, and that nobody has
 * written since the fork; with a context of NULL, to one that was. */
void linux_prepare_write(void *shared);
void linux_write(void *shared);
