#include "server/vm/vm_page.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "common/undefined.h"

enum {
	TRIM_BATCH = 1024, /* frames: 4 MiB */
	READY_AT_ONCE = 16,
};

static void *
reserve(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory != MAP_FAILED ? memory : NULL;
}

static size_t
arena_bytes(const struct vm_page_pool *pool)
{
	return ((size_t)pool->limit + 1) << VM_PAGE_SHIFT;
}

static size_t
refs_bytes(const struct vm_page_pool *pool)
{
	return ((size_t)pool->limit + 1) * sizeof(*pool->refs);
}

static size_t
owners_bytes(const struct vm_page_pool *pool)
{
	return ((size_t)pool->limit + 1) * sizeof(*pool->owners);
}

bool
vm_page_pool_init(struct vm_page_pool *pool, uint64_t bytes)
{
	uint64_t frames = bytes >> VM_PAGE_SHIFT;

	assert(frames > 0 && frames < VM_PAGE_FREE - 1);

	memset(pool, 0, sizeof(*pool));
	pool->limit = (uint32_t)frames;
	pool->fresh = 1;
	pool->arena = reserve(arena_bytes(pool));
	pool->refs = reserve(refs_bytes(pool));
	pool->owners = reserve(owners_bytes(pool));
	if (!pool->arena || !pool->refs || !pool->owners) {
		vm_page_pool_deinit(pool);
		return false;
	}
	madvise(pool->arena, arena_bytes(pool), MADV_DONTDUMP);
	return true;
}

bool
vm_page_pool_lock(struct vm_page_pool *pool)
{
	return mlock2(pool->arena, arena_bytes(pool), MLOCK_ONFAULT) == 0;
}

void
vm_page_pool_deinit(struct vm_page_pool *pool)
{
	if (pool->arena)
		munmap(pool->arena, arena_bytes(pool));
	if (pool->refs)
		munmap(pool->refs, refs_bytes(pool));
	if (pool->owners)
		munmap(pool->owners, owners_bytes(pool));
	pool->arena = NULL;
	pool->refs = NULL;
	pool->owners = NULL;
}

static uint32_t
pop(struct vm_page_pool *pool, uint32_t *list)
{
	uint32_t frame = *list;

	*list = pool->refs[frame] & ~VM_PAGE_FREE;
	return frame;
}

static void
push(struct vm_page_pool *pool, uint32_t *list, uint32_t frame)
{
	pool->refs[frame] = VM_PAGE_FREE | *list;
	*list = frame;
}

/* The first of cold frames side by side, or else of fresh ones. Returns how
 * many there are, up to READY_AT_ONCE. */
static uint32_t
take_run(struct vm_page_pool *pool, uint32_t *first)
{
	uint32_t count = 1;

	if (pool->cold == 0) {
		*first = pool->fresh;
		count =
		    MIN((uint32_t)READY_AT_ONCE, pool->limit - pool->fresh + 1);
		pool->fresh += count;
		return count;
	}
	*first = pop(pool, &pool->cold);
	for (; count < READY_AT_ONCE && pool->cold == *first + count; count++)
		pop(pool, &pool->cold);
	return count;
}

/*
 * The system gives memory for several frames at once: one by one, as they are
 * touched, takes half as long again. If it does not want to, they have it when
 * they are touched.
 */
static void
make_ready(struct vm_page_pool *pool)
{
	uint32_t first, count = take_run(pool, &first);

	if (count > 1)
		madvise(vm_page_data(pool, first),
		    (size_t)count << VM_PAGE_SHIFT, MADV_POPULATE_WRITE);
	for (uint32_t i = 0; i < count; i++)
		pool->refs[first + i] = VM_PAGE_FREE;
	pool->ready = first;
	pool->ready_end = first + count;
}

/* *zero says whether the frame is of zeros already. */
static uint32_t
take(struct vm_page_pool *pool, bool *zero)
{
	uint32_t frame;

	if (pool->used == pool->limit)
		return 0;
	*zero = pool->warm == 0;
	if (pool->warm != 0) {
		frame = pop(pool, &pool->warm);
		pool->warm_count--;
	} else {
		if (pool->ready == pool->ready_end)
			make_ready(pool);
		frame = pool->ready++;
	}
	pool->refs[frame] = 1;
	pool->used++;
	pool->taken++;
	MEMORY_UNDEFINED(vm_page_data(pool, frame), VM_PAGE_SIZE);
	return frame;
}

uint32_t
vm_page_alloc(struct vm_page_pool *pool)
{
	bool zero;

	return take(pool, &zero);
}

uint32_t
vm_page_alloc_zeroed(struct vm_page_pool *pool)
{
	bool zero = true;
	uint32_t frame = take(pool, &zero);

	if (!zero)
		memset(vm_page_data(pool, frame), 0, VM_PAGE_SIZE);
	else if (frame != 0)
		MEMORY_DEFINED(vm_page_data(pool, frame), VM_PAGE_SIZE);
	return frame;
}

uint32_t
vm_page_copy(struct vm_page_pool *pool, uint32_t from)
{
	uint32_t frame = vm_page_alloc(pool);

	if (frame != 0)
		memcpy(vm_page_data(pool, frame), vm_page_data(pool, from),
		    VM_PAGE_SIZE);
	return frame;
}

void
vm_page_free(struct vm_page_pool *pool, uint32_t frame)
{
	assert(frame != 0 && frame < pool->fresh && pool->used > 0);

	push(pool, &pool->warm, frame);
	pool->warm_count++;
	pool->used--;
}

static int
compare_frames(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Systems before Linux 5.18 take back only what is not locked. */
static bool
discard(void *memory, size_t bytes)
{
	return madvise(memory, bytes, MADV_DONTNEED_LOCKED) == 0 ||
	       madvise(memory, bytes, MADV_DONTNEED) == 0;
}

/* Frames side by side go back in one call. One that the system would not take
 * is still of somebody's bytes, and stays warm. */
static bool
give_back(struct vm_page_pool *pool, const uint32_t *frames, uint32_t count)
{
	bool given = discard(vm_page_data(pool, frames[0]),
	    (size_t)count << VM_PAGE_SHIFT);

	for (uint32_t i = count; i-- > 0;)
		push(pool, given ? &pool->cold : &pool->warm, frames[i]);
	if (!given)
		pool->warm_count += count;
	return given;
}

bool
vm_page_pool_trim(struct vm_page_pool *pool, uint32_t keep)
{
	static uint32_t batch[TRIM_BATCH];
	uint32_t count = 0, run;
	bool given = false;

	while (count < TRIM_BATCH && pool->warm_count > keep) {
		batch[count++] = pop(pool, &pool->warm);
		pool->warm_count--;
	}
	qsort(batch, count, sizeof(batch[0]), compare_frames);
	for (uint32_t first = 0; first < count; first += run) {
		run = 1;
		while (first + run < count &&
		       batch[first + run] == batch[first] + run)
			run++;
		if (give_back(pool, batch + first, run))
			given = true;
	}
	return given && pool->warm_count > keep;
}
