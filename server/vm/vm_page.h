/*
 * Page frames
 *
 * All memory that tasks have lies in one arena of 4 KiB frames. A frame has a
 * number of 31 bits, from 1 on, and a count of those who refer to it: slots of
 * page trees. One with more than one reference is immutable. Number 0 is no
 * frame: memory that nobody wrote, which reads as zeros (and may be read: it
 * names a frame of zeros that is never written).
 *
 *      refs[]   1    2    free──►6   1    free──►0  ...      4 bytes a frame
 *      owners[] 0    3    -          3    -         ...      2 bytes a frame
 *      arena  [ 1 ][ 2 ][ 3       ][ 4 ][ 5       ] ...      reserved, and
 *                                                            taken as used
 *
 * Free frames are of three kinds: warm, with memory behind them and somebody's
 * bytes in it, which are given out first, the last one back before the others;
 * cold, whose memory went back to the system; fresh, never used. The last two
 * are zero already. A few of them, side by side, are made ready together: those
 * that are given out next.
 *
 * To whom a frame is charged is noted here for others (vm_frame.h).
 *
 * No count can wrap: only page trees refer to frames, and there are fewer
 * slots in all trees than 2^31 (vm_machine.h).
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	VM_PAGE_SHIFT = 12,
	VM_PAGE_SIZE = 1 << VM_PAGE_SHIFT,
	VM_PAGE_MASK = VM_PAGE_SIZE - 1,
};

#define VM_PAGE_FREE 0x80000000u /* in refs[]: a link of a free list */

struct vm_page_pool {
	uint8_t *arena;
	uint32_t *refs;
	uint16_t *owners; /* accounts, of frames that are used */
	uint32_t limit;   /* frames there may be */
	uint32_t fresh;   /* first frame never used, nor made ready */
	uint32_t used;
	uint64_t taken; /* ever */
	uint32_t warm;  /* first of the warm free frames; 0: none */
	uint32_t warm_count;
	uint32_t cold;      /* first of the cold ones */
	uint32_t ready;     /* first of those that have been made ready, */
	uint32_t ready_end; /* up to here */
};

/* => bytes: how much memory there is, at least a frame
 * => false: the system has no such range of addresses */
bool vm_page_pool_init(struct vm_page_pool *pool, uint64_t bytes);
void vm_page_pool_deinit(struct vm_page_pool *pool);

/*
 * Keeps the frames in memory, and their bytes from being swapped. None is taken
 * from the system before it is used. (They are never in a core dump.)
 *
 * => false: errno says why; ENOMEM and EPERM: RLIMIT_MEMLOCK is below the size
 *    of the arena
 */
bool vm_page_pool_lock(struct vm_page_pool *pool);

/*
 * A frame with one reference; 0: none is left.
 *
 * => vm_page_alloc: with somebody's bytes in it, so the caller overwrites the
 *    whole of it before anyone can read it
 * => vm_page_alloc_zeroed: of zeros
 * => vm_page_copy: of the bytes of another one
 */
uint32_t vm_page_alloc(struct vm_page_pool *pool);
uint32_t vm_page_alloc_zeroed(struct vm_page_pool *pool);
uint32_t vm_page_copy(struct vm_page_pool *pool, uint32_t frame);

/* Nobody refers to the frame any more. For vm_page_unref(). */
void vm_page_free(struct vm_page_pool *pool, uint32_t frame);

/*
 * Gives the memory of idle frames back to the system, in one batch, but keeps
 * `keep` of them, and the few that are ready. True: there is more to give.
 */
bool vm_page_pool_trim(struct vm_page_pool *pool, uint32_t keep);

/* inline helpers */

static inline uint32_t
vm_page_left(const struct vm_page_pool *pool)
{
	return pool->limit - pool->used;
}

static inline void *
vm_page_data(const struct vm_page_pool *pool, uint32_t frame)
{
	return pool->arena + ((uint64_t)frame << VM_PAGE_SHIFT);
}

static inline void
vm_page_zero(const struct vm_page_pool *pool, uint32_t frame)
{
	memset(vm_page_data(pool, frame), 0, VM_PAGE_SIZE);
}

static inline void
vm_page_ref(struct vm_page_pool *pool, uint32_t frame)
{
	assert(pool->refs[frame] < VM_PAGE_FREE - 1);
	pool->refs[frame]++;
}

static inline void
vm_page_unref(struct vm_page_pool *pool, uint32_t frame)
{
	assert(pool->refs[frame] > 0 && pool->refs[frame] < VM_PAGE_FREE);
	if (--pool->refs[frame] == 0)
		vm_page_free(pool, frame);
}
