/* vm_allocate: where memory is to be had, and what it is like. */
#include "tests/support/test.h"

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

static task_t task;

void
test_setup(void)
{
	daemon_start("--check", NULL);
	task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

/* --- What is refused --------------------------------------------------- */

#define TOP      (-(vm_size_t)PAGE)
#define LAST     (-(vm_size_t)1)
#define EMPTY    ALL_SAY(KERN_SUCCESS)
#define ADDRESS  ALL_SAY(KERN_INVALID_ADDRESS)
#define SPACE    ALL_SAY(KERN_NO_SPACE)
#define ARGUMENT ALL_SAY(KERN_INVALID_ARGUMENT)
#define BAD_FLAGS                                                              \
	SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT, KERN_SUCCESS)

enum { UNKNOWN = 0x20 | 0x800 | 0x100000 };

/* In a task that has 10000-14000. An address of 0 on success is what a size of
 * 0 gives. */
static const struct row {
	vm_address_t address;
	vm_size_t size;
	int flags;
	kern_return_t codes[PERSONALITIES];
	const char *why;
} rows[] = {
	/* Flags are looked at first, and then whether there is a size. */
	{ 0x20000, PAGE, UNKNOWN, BAD_FLAGS, "unknown flags" },
	{ 0x20000, 0, UNKNOWN, BAD_FLAGS, "unknown flags, no size" },
	{ 0x10000, PAGE, UNKNOWN, BAD_FLAGS, "unknown flags, taken" },
	{ 0x20000, 0, VM_FLAGS_FIXED, EMPTY, "no size" },
	{ 0x10000, 0, VM_FLAGS_FIXED, EMPTY, "no size, taken" },
	{ 0x20001, 0, VM_FLAGS_FIXED, EMPTY, "no size, unaligned" },
	{ VM_MAX_ADDRESS, 0, VM_FLAGS_FIXED, EMPTY, "no size, outside" },
	{ LAST, 0, VM_FLAGS_FIXED, EMPTY, "no size, at the last address" },
	{ 0x20000, 0, VM_FLAGS_ANYWHERE, EMPTY, "no size, anywhere" },

	/* A place of one's own choice. */
	{ 0x10000, PAGE, VM_FLAGS_FIXED, SPACE, "the start is taken" },
	{ 0x13000, 2 * PAGE, VM_FLAGS_FIXED, SPACE, "the first page is" },
	{ 0xf000, 2 * PAGE, VM_FLAGS_FIXED, SPACE, "the last page is" },
	{ 0xf000, 6 * PAGE, VM_FLAGS_FIXED, SPACE, "the middle is" },
	{ 0x10fff, 1, VM_FLAGS_FIXED, SPACE, "its page is" },
	{ 0xffff, PAGE + 1, VM_FLAGS_FIXED, SPACE, "the rounded end is" },
	{ VM_MAX_ADDRESS, PAGE, VM_FLAGS_FIXED, ADDRESS, "outside" },
	{ VM_MAX_ADDRESS - PAGE, 2 * PAGE, VM_FLAGS_FIXED, ADDRESS,
	    "half outside" },
	{ TOP, PAGE, VM_FLAGS_FIXED, ADDRESS, "the last page there is" },
	{ TOP, 2 * PAGE, VM_FLAGS_FIXED, ADDRESS, "wraps around" },
	{ 0x20000, TOP, VM_FLAGS_FIXED, ADDRESS, "wraps around, too" },
	{ 0x20000, VM_MAX_ADDRESS, VM_FLAGS_FIXED, ADDRESS, "too large" },
	{ 0x10000, VM_MAX_ADDRESS, VM_FLAGS_FIXED, ADDRESS,
	    "too large, and taken" },
	{ 0x20000, LAST, VM_FLAGS_FIXED, ARGUMENT, "rounds up to 2^64" },
	{ 0x20000, TOP + 1, VM_FLAGS_FIXED, ARGUMENT, "just so" },

	/* vmd's. */
	{ 0x20000, LAST, VM_FLAGS_ANYWHERE, ARGUMENT, "rounds up to 2^64" },
	{ 0x20000, TOP + 1, VM_FLAGS_ANYWHERE, ARGUMENT, "just so" },
	{ 0x20000, TOP, VM_FLAGS_ANYWHERE, SPACE, "larger than any map" },
	{ 0x20000, VM_MAX_ADDRESS + PAGE, VM_FLAGS_ANYWHERE, SPACE,
	    "larger than the map" },
	{ 0x20000, VM_MAX_ADDRESS - 0x13000, VM_FLAGS_ANYWHERE, SPACE,
	    "larger than the largest gap" },
};

static void
row_holds(const struct row *row, enum personality personality)
{
	kern_return_t expected = row->codes[personality], code;
	vm_address_t address = row->address;

	task = new_task();
	draw(task, 0x10000, "abcd");
	code = vm_allocate(task, &address, row->size, row->flags);
	code_is(code, expected, row->why);
	if (code != KERN_SUCCESS)
		ck_assert_uint_eq(address, row->address);
	else if (row->size == 0)
		ck_assert_uint_eq(address, 0);
	if (code != KERN_SUCCESS || row->size == 0)
		regions_are(task, "10000-14000 rw-/rwx copy");
	pages_are(task, 0x10000, "abcd");
	end_task(task);
}

static void
rows_hold(enum personality personality)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		row_holds(&rows[i], personality);
}

TEST(vm_allocate_refuses_what_the_table_says)
{
	in_each_personality(rows_hold);
}

static void
page_0_is_refused(enum personality personality)
{
	vm_address_t address = 0;

	(void)personality;
	task = new_task();
	answers(vm_allocate(task, &address, PAGE, VM_FLAGS_FIXED),
	    KERN_INVALID_ADDRESS);
	address = PAGE - 1;
	answers(vm_allocate(task, &address, PAGE, VM_FLAGS_FIXED),
	    KERN_INVALID_ADDRESS);
	ck_assert_uint_eq(address, PAGE - 1);
	regions_are(task, "");
}

TEST(page_0_is_no_memory)
{
	in_personality(OSF, page_0_is_refused);
	in_personality(XNU, page_0_is_refused);
}

/* --- A place of one's own choice --------------------------------------- */

TEST(a_fixed_address_is_rounded_down_and_the_size_up)
{
	static const struct {
		vm_address_t address;
		vm_size_t size;
		const char *picture;
	} places[] = {
		{ 0x10000, PAGE, "10000-11000 rw-/rwx copy" },
		{ 0x10001, PAGE, "10000-11000 rw-/rwx copy" },
		{ 0x10fff, PAGE, "10000-11000 rw-/rwx copy" },
		{ 0x10fff, PAGE + 1, "10000-12000 rw-/rwx copy" },
		{ 0x10fff, 2, "10000-11000 rw-/rwx copy" },
		{ 0x10000, 1, "10000-11000 rw-/rwx copy" },
		{ 0x10000, 2 * PAGE - 1, "10000-12000 rw-/rwx copy" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		vm_address_t address = places[i].address;

		task = new_task();
		succeeds(vm_allocate(task, &address, places[i].size,
		    VM_FLAGS_FIXED));
		ck_assert_uint_eq(address, 0x10000);
		regions_are(task, places[i].picture);
	}
}

TEST(the_first_and_the_last_page_of_the_map_can_be_had)
{
	allocate_at(task, VM_MIN_ADDRESS, PAGE);
	allocate_at(task, VM_MAX_ADDRESS - PAGE, PAGE);

	regions_are(task, "1000-2000 rw-/rwx copy\n"
			  "4ffffffff000-500000000000 rw-/rwx copy");
}

TEST(gaps_between_regions_can_be_filled_exactly)
{
	draw(task, 0x10000, "a..b");

	allocate_at(task, 0x11000, 2 * PAGE);

	pages_are(task, 0x10000, "a00b");
	regions_are(task, "10000-14000 rw-/rwx copy");
}

TEST(the_classic_boolean_is_a_flag)
{
	vm_address_t address = 0x40000;

	succeeds(vm_allocate(task, &address, PAGE, FALSE));
	ck_assert_uint_eq(address, 0x40000);
	succeeds(vm_allocate(task, &address, PAGE, TRUE));
	ck_assert_uint_eq(address, VM_MIN_ADDRESS);
}

/* --- Anywhere ---------------------------------------------------------- */

TEST(anywhere_is_the_lowest_gap_whatever_address_is_given)
{
	static const vm_address_t given[] = { 0, 0x70000, 0x70001, LAST };

	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		vm_address_t address = given[i];

		succeeds(vm_allocate(task, &address, PAGE, VM_FLAGS_ANYWHERE));
		ck_assert_uint_eq(address, VM_MIN_ADDRESS + i * PAGE);
	}
}

TEST(anywhere_skips_gaps_that_are_too_small)
{
	draw(task, 0x1000, "a..b...c");

	ck_assert_uint_eq(allocate(task, 3 * PAGE), 0x5000);
	ck_assert_uint_eq(allocate(task, 3 * PAGE), 0x9000);
	ck_assert_uint_eq(allocate(task, PAGE + 1), 0x2000);
	pages_are(task, 0x1000, "a00b000c000.");
}

static void
places_are_free(enum personality personality)
{
	vm_address_t seen[64];

	(void)personality;
	task = new_task();
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		seen[i] = allocate(task, (1 + i % 3) * PAGE);
		ck_assert_uint_eq(seen[i] % PAGE, 0);
		bytes_are(task, seen[i], (1 + i % 3) * PAGE, 0);
		write_pattern(task, seen[i], PAGE, (unsigned)i);
	}
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		pattern_is(task, seen[i], PAGE, (unsigned)i);
}

TEST(anywhere_is_free_and_a_page_s_start_in_each_personality)
{
	in_each_personality(places_are_free);
}

static void
flags_mean_anywhere(enum personality personality)
{
	static const int flags[] = { 2, 0x20, 0x4000, 0x100000, -1 };

	(void)personality;
	task = new_task();
	draw(task, 0x10000, "a");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		vm_address_t address = 0x10000;

		succeeds(vm_allocate(task, &address, PAGE, flags[i]));
		ck_assert_uint_ne(address, 0x10000);
	}
	pages_are(task, 0x10000, "a");
}

TEST(as_gnu_any_flag_means_anywhere)
{
	in_personality(GNU, flags_mean_anywhere);
}

/* --- Over what is there ------------------------------------------------ */

TEST(overwriting_gives_fresh_memory_in_place_of_the_old)
{
	vm_address_t address = 0x11000;

	draw(task, 0x10000, "abcd");
	protect(task, 0x12000, PAGE, VM_PROT_READ);
	inherit(task, 0x12000, PAGE, VM_INHERIT_NONE);

	succeeds(vm_allocate(task, &address, 2 * PAGE,
	    VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE));

	ck_assert_uint_eq(address, 0x11000);
	pages_are(task, 0x10000, "a00d");
	regions_are(task, "10000-14000 rw-/rwx copy");
}

TEST(overwriting_takes_holes_and_memory_alike)
{
	vm_address_t address = 0xf001;

	draw(task, 0x10000, "ab.d");

	succeeds(vm_allocate(task, &address, 6 * PAGE, VM_FLAGS_OVERWRITE));

	ck_assert_uint_eq(address, 0xf000);
	pages_are(task, 0xe000, ".000000.");
}

TEST(overwriting_does_not_help_outside_the_map)
{
	vm_address_t address = VM_MAX_ADDRESS - PAGE;

	draw(task, VM_MAX_ADDRESS - PAGE, "a");
	answers(vm_allocate(task, &address, 2 * PAGE, VM_FLAGS_OVERWRITE),
	    KERN_INVALID_ADDRESS);

	ck_assert_uint_eq(address, VM_MAX_ADDRESS - PAGE);
	pages_are(task, VM_MAX_ADDRESS - PAGE, "a");
}

TEST(overwriting_leaves_those_who_shared_the_memory_what_they_had)
{
	vm_address_t address = 0x10000;
	task_t child;

	draw(task, 0x10000, "ab");
	inherit(task, 0x10000, 2 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);

	succeeds(vm_allocate(task, &address, PAGE, VM_FLAGS_OVERWRITE));

	pages_are(task, 0x10000, "0b");
	pages_are(child, 0x10000, "ab");
	fill(child, 0x11000, PAGE, 'c');
	pages_are(task, 0x10000, "0c");
}

TEST(overwriting_is_meant_for_fixed_places_only)
{
	vm_address_t address = 0x1000;

	draw(task, 0x1000, "a");

	succeeds(vm_allocate(task, &address, PAGE,
	    VM_FLAGS_ANYWHERE | VM_FLAGS_OVERWRITE));

	ck_assert_uint_eq(address, 0x2000);
	pages_are(task, 0x1000, "a0");
}

/* --- What it is like --------------------------------------------------- */

TEST(fresh_memory_reads_as_zeros_and_takes_no_frames)
{
	struct vmd_statistics before, after;

	succeeds(vmd_statistics(&before));
	allocate_at(task, 0x10000, 1 << 30);
	bytes_are(task, 0x10000, 16 * PAGE, 0);
	bytes_are(task, 0x10000 + (1 << 30) - PAGE, PAGE, 0);
	succeeds(vmd_statistics(&after));

	ck_assert_uint_eq(after.pages_used, before.pages_used);
	regions_are(task, "10000-40010000 rw-/rwx copy");
}

TEST(memory_is_zero_again_where_earlier_memory_was)
{
	draw(task, 0x10000, "abc");
	succeeds(vm_deallocate(task, 0x10000, 3 * PAGE));

	allocate_at(task, 0x10000, 3 * PAGE);

	pages_are(task, 0x10000, "000");
}

TEST(a_tag_changes_nothing_that_vm_region_tells)
{
	vm_address_t address = 0x10000;

	succeeds(
	    vm_allocate(task, &address, PAGE, VM_MAKE_TAG(VM_MEMORY_STACK)));
	address = 0x11000;
	succeeds(vm_allocate(task, &address, PAGE,
	    VM_MAKE_TAG(VM_MEMORY_APPLICATION_SPECIFIC_16)));
	address = 0;
	succeeds(vm_allocate(task, &address, PAGE,
	    VM_MAKE_TAG(VM_MEMORY_MALLOC) | VM_FLAGS_ANYWHERE));

	ck_assert_uint_eq(address, VM_MIN_ADDRESS);
	regions_are(task, "1000-2000 rw-/rwx copy\n"
			  "10000-12000 rw-/rwx copy");
}

TEST(tasks_have_addresses_of_their_own)
{
	task_t other = new_task();

	draw(task, 0x10000, "a");
	draw(other, 0x10000, "b");

	pages_are(task, 0x10000, "a");
	pages_are(other, 0x10000, "b");
}

TEST(nearly_all_of_a_map_can_be_had_in_one_piece)
{
	vm_size_t most = VM_MAX_ADDRESS - VM_MIN_ADDRESS - PAGE;

	ck_assert_uint_eq(allocate(task, most), VM_MIN_ADDRESS);
	ck_assert_uint_eq(allocate(task, PAGE), VM_MAX_ADDRESS - PAGE);
	fill(task, VM_MIN_ADDRESS + most - PAGE, PAGE, 'z');
	pages_are(task, VM_MAX_ADDRESS - 2 * PAGE, "z0");
	succeeds(vm_deallocate(task, VM_MIN_ADDRESS, most + PAGE));
}
