#include "client/buffer.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mach/vm_param.h>

#include "client/window.h"

/* Bytes of a buffer from which on large pages are worth it. */
enum { LARGE = 4 * 1024 * 1024 };

struct buffer {
	uintptr_t start; /* whole pages */
	uintptr_t end;
	bool lent; /* it lies in the window */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *buffers; /* by address; none overlap */

/* Those that overlap are equal: any address finds the buffer it is in. */
static int
compare(const void *a, const void *b)
{
	const struct buffer *x = a, *y = b;

	return x->end <= y->start ? -1 : x->start >= y->end;
}

static uintptr_t
page_mask(void)
{
	return (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
}

static struct buffer *
find(uintptr_t address)
{
	struct buffer key = { address, address + 1, false };
	struct buffer **found = tfind(&key, &buffers, compare);

	return found ? *found : NULL;
}

static bool
remember(uintptr_t start, uintptr_t end, bool lent)
{
	struct buffer *buffer = malloc(sizeof(*buffer));

	if (!buffer)
		return false;
	*buffer = (struct buffer){ start, end, lent };
	if (tsearch(buffer, &buffers, compare))
		return true;
	free(buffer);
	return false;
}

/* Memory above all that is simulated. It is there most often anyway. */
void *
buffer_map(size_t size)
{
	enum { TRIES = 64 };
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);

	for (uintptr_t try = 0; memory != MAP_FAILED && try < TRIES &&
				(uintptr_t)memory < VM_MAX_ADDRESS;
	     try++) {
		void *hint = (void *)(VM_MAX_ADDRESS + (try << 40));
		void *other =
		    mmap(hint, size, PROT_READ | PROT_WRITE, flags, -1, 0);

		if (other == MAP_FAILED)
			continue;
		if ((uintptr_t)other < VM_MAX_ADDRESS) {
			munmap(other, size);
			continue;
		}
		munmap(memory, size);
		memory = other;
	}
	return memory != MAP_FAILED ? memory : NULL;
}

void *
buffer_new(size_t size, uint32_t offset)
{
	size_t bytes = (offset + size + page_mask()) & ~page_mask();
	void *memory = buffer_map(bytes);
	uintptr_t start = (uintptr_t)memory;
	bool kept;

	if (!memory)
		return NULL;
	if (bytes >= LARGE)
		madvise(memory, bytes, MADV_HUGEPAGE);
	pthread_mutex_lock(&lock);
	kept = remember(start, start + bytes, false);
	pthread_mutex_unlock(&lock);
	if (kept)
		return (char *)memory + offset;
	munmap(memory, bytes);
	return NULL;
}

bool
buffer_lend(uintptr_t start, uintptr_t end)
{
	bool kept;

	pthread_mutex_lock(&lock);
	kept = remember(start, end, true);
	pthread_mutex_unlock(&lock);
	return kept;
}

kern_return_t
buffer_array(const uint32_t *from, size_t count, uint32_t **array)
{
	uint32_t *memory = NULL;

	if (count > 0) {
		memory = buffer_new(count * sizeof(*from), 0);
		if (!memory)
			return KERN_NO_SPACE;
		memcpy(memory, from, count * sizeof(*from));
	}
	*array = memory;
	return KERN_SUCCESS;
}

bool
buffer_has(uintptr_t address)
{
	bool has;

	pthread_mutex_lock(&lock);
	has = find(address) != NULL;
	pthread_mutex_unlock(&lock);
	return has;
}

/* Takes [start, end) out of a buffer. What is left at its end is another. */
static kern_return_t
cut(struct buffer *buffer, uintptr_t start, uintptr_t end)
{
	uintptr_t last = buffer->end;
	bool lent = buffer->lent;

	if (end > last)
		return KERN_INVALID_ADDRESS;
	if (start > buffer->start) {
		buffer->end = start;
		if (end < last && !remember(end, last, lent)) {
			buffer->end = last;
			return KERN_RESOURCE_SHORTAGE;
		}
	} else if (end < last) {
		buffer->start = end;
	} else {
		tdelete(buffer, &buffers, compare);
		free(buffer);
	}
	if (lent)
		window_return(start, end);
	else
		munmap((void *)start, end - start);
	return KERN_SUCCESS;
}

kern_return_t
buffer_free(uintptr_t address, size_t size)
{
	uintptr_t start = address & ~page_mask();
	uintptr_t end = (address + size + page_mask()) & ~page_mask();
	struct buffer *buffer;
	kern_return_t kr = KERN_INVALID_ADDRESS;

	if (size == 0)
		return KERN_SUCCESS;
	if (end <= start)
		return KERN_INVALID_ARGUMENT;
	pthread_mutex_lock(&lock);
	buffer = find(address);
	if (buffer)
		kr = cut(buffer, start, end);
	pthread_mutex_unlock(&lock);
	return kr;
}

/* --- Forks -------------------------------------------------------------- */

static void
own(const void *node, VISIT visit, void *closure)
{
	const struct buffer *buffer = *(struct buffer *const *)node;

	(void)closure;
	if (buffer->lent && (visit == postorder || visit == leaf))
		window_own(buffer->start, buffer->end);
}

void
buffers_hold(void)
{
	pthread_mutex_lock(&lock);
	window_hold();
	twalk_r(buffers, own, NULL);
}

void
buffers_release(void)
{
	window_release();
	pthread_mutex_unlock(&lock);
}

/* What the window has below a buffer goes. Buffers come in the order of their
 * addresses. */
static void
leave(const void *node, VISIT visit, void *closure)
{
	struct buffer *buffer = *(struct buffer *const *)node;
	uintptr_t *at = closure;

	if (!buffer->lent || (visit != postorder && visit != leaf))
		return;
	buffer->lent = false;
	if (buffer->start > *at)
		munmap((void *)*at, buffer->start - *at);
	*at = buffer->end;
}

void
buffers_forked(void)
{
	uintptr_t at, end;

	window_leave(&at, &end);
	twalk_r(buffers, leave, &at);
	if (at < end)
		munmap((void *)at, end - at);
	pthread_mutex_init(&lock, NULL);
}
