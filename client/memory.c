#include "client/memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

static bool can_tell;

/* Asks for the pages as an access would: the system says whether it had failed.
 * An unknown advice it refuses in the same way, so one that must do is tried
 * first. */
static bool
populate(const void *memory, size_t size, int advice)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)memory & ~(page - 1);
	uintptr_t end = (uintptr_t)memory + size;
	int r;

	if (end < (uintptr_t)memory)
		return false;
	do {
		r = madvise((void *)start, end - start, advice);
	} while (r < 0 && (errno == EAGAIN || errno == EINTR));
	return r == 0;
}

static void
try_it(void)
{
	char here = 0;

	can_tell = populate(&here, sizeof(here), MADV_POPULATE_READ);
}

bool
memory_can_tell(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, try_it);
	return can_tell;
}

static bool
may_be_had(const void *memory, size_t size, int advice)
{
	return size == 0 || !memory_can_tell() || populate(memory, size, advice);
}

bool
memory_is_readable(const void *memory, size_t size)
{
	return may_be_had(memory, size, MADV_POPULATE_READ);
}

bool
memory_is_writable(const void *memory, size_t size)
{
	return may_be_had(memory, size, MADV_POPULATE_WRITE);
}
