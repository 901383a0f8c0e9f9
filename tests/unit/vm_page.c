/* Frames: counted, recycled warm, given back cold, and clean when they should
 * be. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "server/vm/vm_page.h"
#include "server/vm/vm_zone.h"

enum { FRAMES = 4000 };

static struct vm_page_pool pool;

void
test_setup(void)
{
	ck_assert(vm_page_pool_init(&pool, FRAMES * VM_PAGE_SIZE));
}

void
test_teardown(void)
{
	ck_assert_uint_eq(pool.used, 0);
	vm_page_pool_deinit(&pool);
}

static bool
is_zero(uint32_t frame)
{
	static const char zeros[VM_PAGE_SIZE];

	return memcmp(vm_page_data(&pool, frame), zeros, sizeof(zeros)) == 0;
}

static uint32_t
dirty(void)
{
	uint32_t frame = vm_page_alloc(&pool);

	ck_assert_uint_ne(frame, 0);
	memset(vm_page_data(&pool, frame), 'x', VM_PAGE_SIZE);
	return frame;
}

TEST(there_are_as_many_frames_as_memory_has)
{
	for (unsigned i = 0; i < FRAMES; i++)
		ck_assert_uint_ne(vm_page_alloc(&pool), 0);
	ck_assert_uint_eq(vm_page_alloc(&pool), 0);
	ck_assert_uint_eq(vm_page_alloc_zeroed(&pool), 0);
	for (uint32_t frame = 1; frame <= FRAMES; frame++)
		vm_page_unref(&pool, frame);
}

TEST(the_frame_that_came_back_last_goes_out_first)
{
	uint32_t a = dirty(), b = dirty();

	vm_page_unref(&pool, a);
	vm_page_unref(&pool, b);
	ck_assert_uint_eq(vm_page_alloc(&pool), b);
	ck_assert_uint_eq(vm_page_alloc(&pool), a);
	vm_page_unref(&pool, a);
	vm_page_unref(&pool, b);
}

static bool
is_there(uint32_t frame)
{
	unsigned char there[1];

	ck_assert_int_eq(mincore(vm_page_data(&pool, frame), 1, there), 0);
	return there[0] & 1;
}

/* Up to the end of those that were never used, or that went back. */
TEST(frames_get_their_memory_several_at_once_and_in_order)
{
	if (madvise(vm_page_data(&pool, FRAMES), VM_PAGE_SIZE,
		MADV_POPULATE_WRITE) < 0)
		return;
	for (uint32_t frame = 1; frame <= 16; frame++) {
		ck_assert_uint_eq(vm_page_alloc_zeroed(&pool), frame);
		ck_assert(is_zero(frame) && is_there(16) && !is_there(17));
	}
	for (uint32_t frame = 17; frame <= FRAMES; frame++)
		ck_assert_uint_eq(dirty(), frame);
	for (uint32_t frame = 1; frame <= FRAMES; frame++)
		vm_page_unref(&pool, frame);
	while (vm_page_pool_trim(&pool, 0))
		continue;
	ck_assert(!is_there(pool.cold) && !is_there(pool.cold + 15));
	for (uint32_t i = 0; i < FRAMES; i++)
		ck_assert(is_zero(vm_page_alloc_zeroed(&pool)));
	ck_assert_uint_eq(vm_page_alloc(&pool), 0);
	for (uint32_t frame = 1; frame <= FRAMES; frame++)
		vm_page_unref(&pool, frame);
}

TEST(a_frame_is_free_when_the_last_reference_goes)
{
	uint32_t a = dirty();

	vm_page_ref(&pool, a);
	vm_page_unref(&pool, a);
	ck_assert_uint_eq(pool.used, 1);
	vm_page_unref(&pool, a);
	ck_assert_uint_eq(pool.used, 0);
}

TEST(a_zeroed_frame_shows_nothing_of_its_last_owner)
{
	uint32_t a = dirty();

	vm_page_unref(&pool, a);
	ck_assert_uint_eq(vm_page_alloc_zeroed(&pool), a);
	ck_assert(is_zero(a));
	vm_page_unref(&pool, a);
}

TEST(frame_none_reads_as_zeros)
{
	ck_assert(is_zero(0));
}

static void
idle_frames_go_back(void)
{
	uint32_t frame = 0;

	for (unsigned i = 0; i < FRAMES; i++)
		dirty();
	for (frame = 1; frame <= FRAMES; frame++)
		vm_page_unref(&pool, frame);
	while (vm_page_pool_trim(&pool, 100))
		continue;

	ck_assert_uint_eq(pool.warm_count, 100);
	ck_assert(!is_there(pool.cold));
	for (unsigned i = 0; i < FRAMES; i++)
		ck_assert(is_zero(vm_page_alloc_zeroed(&pool)));
	for (frame = 1; frame <= FRAMES; frame++)
		vm_page_unref(&pool, frame);
}

TEST(idle_frames_go_back_to_the_system_and_come_out_clean)
{
	idle_frames_go_back();
}

/* Where a few megabytes may be locked, and the system takes such back. */
TEST(so_do_those_that_are_locked)
{
	if (vm_page_pool_lock(&pool) &&
	    madvise(vm_page_data(&pool, 0), VM_PAGE_SIZE,
		MADV_DONTNEED_LOCKED) == 0)
		idle_frames_go_back();
}

TEST(a_zone_gives_numbers_that_stay_and_knows_which_are_used)
{
	struct vm_zone zone;
	uint8_t *used;

	ck_assert(vm_zone_init(&zone, 24, 3));
	ck_assert_uint_eq(vm_zone_take(&zone), 1);
	ck_assert_uint_eq(vm_zone_take(&zone), 2);
	ck_assert_ptr_eq(vm_zone_alloc(&zone), vm_zone_at(&zone, 3));
	ck_assert_uint_eq(vm_zone_take(&zone), 0);
	ck_assert_uint_eq(vm_zone_left(&zone), 0);
	vm_zone_give(&zone, 2);

	used = vm_zone_census(&zone);
	ck_assert(!used[0] && used[1] && !used[2] && used[3]);
	free(used);
	ck_assert_uint_eq(vm_zone_take(&zone), 2);
	vm_zone_deinit(&zone);
}
