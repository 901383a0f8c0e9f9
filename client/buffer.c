#include "client/buffer.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mach/vm_param.h>

#include "client/debug.h"
#include "client/memory.h"
#include "client/window.h"

enum {
	LARGE = 4 * 1024 * 1024, /* bytes from which on large pages pay */
	SMALL = 64 * 1024,       /* up to which what is given back is kept, */
	KEPT_MOST = 16,          /* and so many of them */
	ORIGIN_MOST = 16,
};

struct buffer {
	uintptr_t start; /* whole pages */
	uintptr_t end;
	bool lent;             /* it lies in the window */
	bool part;             /* some of it was given back */
	struct origin *origin; /* NULL: nobody wants to know */
};

/* Who had it made: return addresses, the innermost first. */
struct origin {
	int count;
	void *frames[ORIGIN_MOST];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *buffers; /* by address; none overlap */

/* Small ones that were given back, the last of them last, with what they hold: to
 * use one again takes less than to give its memory to the system, to have other,
 * and that cleared. */
static struct buffer *kept[KEPT_MOST];
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

static struct origin *
find_origin(void)
{
	struct origin *origin = NULL;

	if (debug_wants(DEBUG_LEAKS))
		origin = calloc(1, sizeof(*origin));
	if (origin)
		origin->count = backtrace(origin->frames, ORIGIN_MOST);
	return origin;
}

static void
forget(struct buffer *buffer)
{
	free(buffer->origin);
	free(buffer);
}

static bool
remember(struct buffer *buffer)
{
	buffer->origin = find_origin();
	return tsearch(buffer, &buffers, compare) != NULL;
}

/* Remembers pages of their own. */
static bool
add(struct buffer pages)
{
	struct buffer *buffer = malloc(sizeof(*buffer));

	if (!buffer)
		return false;
	*buffer = pages;
	if (remember(buffer))
		return true;
	forget(buffer);
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

/* Nobody has it any more. */
static void
discard(struct buffer *buffer)
{
	munmap((void *)buffer->start, buffer->end - buffer->start);
	forget(buffer);
}

/* If there are enough of them, the oldest goes. */
static bool
keep(struct buffer *buffer)
{
	if (buffer->part || buffer->end - buffer->start > SMALL ||
	    !memory_can_tell() || debug_wants(DEBUG_GUARD | DEBUG_LEAKS))
		return false;
	if (kept_count == KEPT_MOST) {
		discard(kept[0]);
		memmove(&kept[0], &kept[1], --kept_count * sizeof(*kept));
	}
	kept[kept_count++] = buffer;
	return true;
}

/* The program may have protected what it has given back. */
static struct buffer *
reuse(size_t bytes)
{
	struct buffer *buffer;
	unsigned i = kept_count;

	while (i > 0 && kept[i - 1]->end - kept[i - 1]->start != bytes)
		i--;
	if (i == 0)
		return NULL;
	buffer = kept[i - 1];
	kept_count--;
	memmove(&kept[i - 1], &kept[i], (kept_count + 1 - i) * sizeof(*kept));
	if (memory_is_writable((void *)buffer->start, bytes))
		return buffer;
	discard(buffer);
	return NULL;
}

static struct buffer *
fresh(size_t bytes)
{
	struct buffer *buffer = calloc(1, sizeof(*buffer));
	void *memory = buffer ? buffer_map(bytes) : NULL;

	if (!memory) {
		free(buffer);
		return NULL;
	}
	if (bytes >= LARGE)
		madvise(memory, bytes, MADV_HUGEPAGE);
	buffer->start = (uintptr_t)memory;
	buffer->end = buffer->start + bytes;
	return buffer;
}

/* Nothing is in it but zeros where the caller writes nothing. */
void *
buffer_new(size_t size, uint32_t offset)
{
	size_t bytes = (offset + size + page_mask()) & ~page_mask();
	struct buffer *buffer;
	uint8_t *memory = NULL;

	pthread_mutex_lock(&lock);
	buffer = reuse(bytes);
	if (!buffer)
		buffer = fresh(bytes);
	if (buffer && remember(buffer))
		memory = (uint8_t *)buffer->start;
	else if (buffer)
		discard(buffer);
	pthread_mutex_unlock(&lock);
	if (!memory)
		return NULL;
	memset(memory, 0, offset);
	memset(memory + offset + size, 0, bytes - offset - size);
	return memory + offset;
}

bool
buffer_lend(uintptr_t start, uintptr_t end)
{
	bool known;

	pthread_mutex_lock(&lock);
	known =
	    add((struct buffer){ .start = start, .end = end, .lent = true });
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
	bool lent = buffer->lent;

	if (end > last)
		return KERN_INVALID_ADDRESS;
	if (start > buffer->start) {
		buffer->end = start;
		buffer->part = true;
		if (end < last && !add((struct buffer){ .start = end,
				      .end = last,
				      .lent = lent,
				      .part = true })) {
			buffer->end = last;
			return KERN_RESOURCE_SHORTAGE;
		}
	} else if (end < last) {
		buffer->start = end;
		buffer->part = true;
	} else {
		tdelete(buffer, &buffers, compare);
		if (!lent && keep(buffer))
			return KERN_SUCCESS;
		forget(buffer);
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
	while (kept_count > 0)
		discard(kept[--kept_count]);
	pthread_mutex_init(&lock, NULL);
}

/* --- Leaks -------------------------------------------------------------- */

struct leaks {
	size_t count;
	size_t bytes;
};

static void
count_leak(const void *node, VISIT visit, void *closure)
{
	const struct buffer *buffer = *(struct buffer *const *)node;
	struct leaks *leaks = closure;

	if (visit != postorder && visit != leaf)
		return;
	leaks->count++;
	leaks->bytes += buffer->end - buffer->start;
}

/* What an address belongs to: the program, or a library. */
static const void *
object_of(const void *address)
{
	Dl_info info;

	return dladdr(address, &info) != 0 ? info.dli_fbase : NULL;
}

/* The frames that are not libvmd's own, if it is a library. */
static void
tell_origin(const struct origin *origin)
{
	const void *entry = (const void *)getauxval(AT_ENTRY);
	const void *own = object_of(&buffers);
	int i = 0;

	if (own != object_of(entry))
		while (i < origin->count && object_of(origin->frames[i]) == own)
			i++;
	backtrace_symbols_fd(origin->frames + i, origin->count - i,
	    STDERR_FILENO);
}

static void
tell_leak(const void *node, VISIT visit, void *closure)
{
	const struct buffer *buffer = *(struct buffer *const *)node;
	struct debug_line line;

	(void)closure;
	if (visit != postorder && visit != leaf)
		return;
	debug_line_begin(&line);
	if (line.out)
		fprintf(line.out, "leaks:   %zu bytes at %#zx, from",
		    buffer->end - buffer->start, buffer->start);
	debug_line_end(&line);
	if (buffer->origin)
		tell_origin(buffer->origin);
}

void
buffers_tell_leaks(void)
{
	struct leaks leaks = { 0, 0 };
	struct debug_line line;

	pthread_mutex_lock(&lock);
	twalk_r(buffers, count_leak, &leaks);
	if (leaks.count > 0) {
		debug_line_begin(&line);
		if (line.out)
			fprintf(line.out,
			    "leaks: memory of vm_read and its like, never "
			    "deallocated: %zu bytes in %zu buffer%s",
			    leaks.bytes, leaks.count,
			    leaks.count == 1 ? "" : "s");
		debug_line_end(&line);
		twalk_r(buffers, tell_leak, NULL);
	}
	pthread_mutex_unlock(&lock);
}
