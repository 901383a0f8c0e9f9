#include "client/buffer.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mach/vm_param.h>

#include "client/window.h"

enum {
	LARGE = 4 * 1024 * 1024, /* bytes from which on large pages pay */
	SMALL = 64 * 1024,       /* up to which what is given back is kept, */
	KEPT_MOST = 16,          /* and so many of them */
};

struct buffer {
	uintptr_t start; /* whole pages */
	uintptr_t end;
	bool lent; /* it lies in the window */
	bool part; /* some of it was given back */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *buffers; /* by address; none overlap */

/* Small ones that were given back, the last of them last. Nobody may touch them,
 * as if they were gone; to make them accessible again takes less than to give
 * the memory to the system, to have other, and that cleared. */
static struct buffer kept[KEPT_MOST];
static unsigned kept_count;

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
	struct buffer key = { .start = address, .end = address + 1 };
	struct buffer **found = tfind(&key, &buffers, compare);

	return found ? *found : NULL;
}

static bool
remember(struct buffer known)
{
	struct buffer *buffer = malloc(sizeof(*buffer));

	if (!buffer)
		return false;
	*buffer = known;
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

static bool
keep(uintptr_t start, uintptr_t end)
{
	if (end - start > SMALL || kept_count == KEPT_MOST ||
	    mprotect((void *)start, end - start, PROT_NONE) < 0)
		return false;
	kept[kept_count++] = (struct buffer){ .start = start, .end = end };
	return true;
}

/* One that was kept, of so many bytes; 0: there is none. */
static uintptr_t
take_kept(size_t bytes)
{
	for (unsigned i = kept_count; i-- > 0;) {
		uintptr_t start = kept[i].start;

		if (kept[i].end - start != bytes)
			continue;
		kept_count--;
		memmove(&kept[i], &kept[i + 1],
		    (kept_count - i) * sizeof(kept[0]));
		return start;
	}
	return 0;
}

/* It could not be used again. */
static void
forget_all(struct buffer buffer, bool known)
{
	struct buffer *found;

	pthread_mutex_lock(&lock);
	found = known ? find(buffer.start) : NULL;
	if (found)
		tdelete(found, &buffers, compare);
	pthread_mutex_unlock(&lock);
	free(found);
	munmap((void *)buffer.start, buffer.end - buffer.start);
}

/* Nothing is in it but zeros where the caller writes nothing. */
static uintptr_t
reuse(size_t size, uint32_t offset, size_t bytes)
{
	struct buffer buffer = { 0 };
	char *memory;
	bool known;

	pthread_mutex_lock(&lock);
	buffer.start = take_kept(bytes);
	buffer.end = buffer.start + bytes;
	known = buffer.start != 0 && remember(buffer);
	pthread_mutex_unlock(&lock);
	memory = (char *)buffer.start;
	if (!memory)
		return 0;
	if (!known || mprotect(memory, bytes, PROT_READ | PROT_WRITE) < 0) {
		forget_all(buffer, known);
		return 0;
	}
	memset(memory, 0, offset);
	memset(memory + offset + size, 0, bytes - offset - size);
	return buffer.start;
}

static uintptr_t
fresh(size_t bytes)
{
	void *memory = buffer_map(bytes);
	uintptr_t start = (uintptr_t)memory;
	bool known;

	if (!memory)
		return 0;
	if (bytes >= LARGE)
		madvise(memory, bytes, MADV_HUGEPAGE);
	pthread_mutex_lock(&lock);
	known =
	    remember((struct buffer){ .start = start, .end = start + bytes });
	pthread_mutex_unlock(&lock);
	if (known)
		return start;
	munmap(memory, bytes);
	return 0;
}

void *
buffer_new(size_t size, uint32_t offset)
{
	size_t bytes = (offset + size + page_mask()) & ~page_mask();
	uintptr_t start = reuse(size, offset, bytes);

	if (start == 0)
		start = fresh(bytes);
	return start != 0 ? (void *)(start + offset) : NULL;
}

bool
buffer_lend(uintptr_t start, uintptr_t end)
{
	bool known;

	pthread_mutex_lock(&lock);
	known = remember((struct buffer){ start, end, true, false });
	pthread_mutex_unlock(&lock);
	return known;
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
	bool lent = buffer->lent, whole = false;

	if (end > last)
		return KERN_INVALID_ADDRESS;
	if (start > buffer->start) {
		buffer->end = start;
		buffer->part = true;
		if (end < last &&
		    !remember((struct buffer){ end, last, lent, true })) {
			buffer->end = last;
			return KERN_RESOURCE_SHORTAGE;
		}
	} else if (end < last) {
		buffer->start = end;
		buffer->part = true;
	} else {
		whole = !buffer->part;
		tdelete(buffer, &buffers, compare);
		free(buffer);
	}
	if (lent)
		window_return(start, end);
	else if (!whole || !keep(start, end))
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
	while (kept_count-- > 0)
		munmap((void *)kept[kept_count].start,
		    kept[kept_count].end - kept[kept_count].start);
	kept_count = 0;
	pthread_mutex_init(&lock, NULL);
}
