#include "client/memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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
	return size == 0 || !memory_can_tell() ||
	       populate(memory, size, advice);
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

/* --- Much --------------------------------------------------------------- */

#ifdef __SSE2__
enum { LINE = 64 }; /* bytes of a cache */

static void
stream_line(uint8_t *to, const uint8_t *from)
{
	enum { WORD = sizeof(__m128i), WORDS = LINE / WORD };
	__m128i words[WORDS];

	for (int i = 0; i < WORDS; i++)
		words[i] = _mm_loadu_si128((const __m128i *)from + i);
	for (int i = 0; i < WORDS; i++)
		_mm_stream_si128((__m128i *)to + i, words[i]);
}

/* Whole lines go past; what is left before and behind them does not. */
void
memory_stream(void *to, const void *from, size_t size)
{
	uint8_t *at = to;
	const uint8_t *source = from;
	size_t before = -(uintptr_t)to % LINE;

	if (size < before + LINE) {
		memcpy(to, from, size);
		return;
	}
	memcpy(at, source, before);
	at += before;
	source += before;
	size -= before;
	for (; size >= LINE; at += LINE, source += LINE, size -= LINE)
		stream_line(at, source);
	_mm_sfence();
	memcpy(at, source, size);
}
#else
void
memory_stream(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
}
#endif
