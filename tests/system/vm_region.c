/* vm_region and vm_region_64: which region, and what is told of it. */
#include "tests/support/test.h"

#include <string.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define WIDE         VM_REGION_BASIC_INFO_64
#define NARROW       VM_REGION_BASIC_INFO
#define WIDE_WORDS   VM_REGION_BASIC_INFO_COUNT_64
#define NARROW_WORDS VM_REGION_BASIC_INFO_COUNT
#define TOP          (-(vm_address_t)PAGE)
#define LAST         (-(vm_address_t)1)

typedef kern_return_t region_call(vm_map_read_t, vm_address_t *, vm_size_t *,
    vm_region_flavor_t, vm_region_info_t, mach_msg_type_number_t *,
    mach_port_t *);

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

/* --- Which region ------------------------------------------------------ */

static void
region_at_is(vm_address_t address, vm_address_t start, vm_address_t end)
{
	struct vm_region_basic_info_64 info;
	mach_msg_type_number_t count = WIDE_WORDS;
	vm_size_t size = 0;
	mach_port_t name;

	succeeds(vm_region_64(task, &address, &size, WIDE,
	    (vm_region_info_t)&info, &count, &name));
	ck_assert_uint_eq(address, start);
	ck_assert_uint_eq(address + size, end);
	ck_assert_uint_eq(count, WIDE_WORDS);
	ck_assert_uint_eq(name, MACH_PORT_NULL);
}

TEST(it_is_the_one_an_address_is_in_or_else_the_next_above)
{
	draw(task, 0x10000, "ab..c");
	protect(task, 0x11000, PAGE, VM_PROT_READ);

	region_at_is(0, 0x10000, 0x11000);
	region_at_is(0xffff, 0x10000, 0x11000);
	region_at_is(0x10000, 0x10000, 0x11000);
	region_at_is(0x10fff, 0x10000, 0x11000);
	region_at_is(0x11000, 0x11000, 0x12000);
	region_at_is(0x11001, 0x11000, 0x12000);
	region_at_is(0x12000, 0x14000, 0x15000);
	region_at_is(0x13fff, 0x14000, 0x15000);
	region_at_is(0x14800, 0x14000, 0x15000);
}

TEST(its_size_is_the_whole_region_s_not_that_of_the_rest)
{
	allocate_at(task, 0x10000, 8 * PAGE);

	region_at_is(0x17fff, 0x10000, 0x18000);
}

TEST(the_last_page_of_the_map_is_a_region_like_any)
{
	draw(task, VM_MAX_ADDRESS - PAGE, "a");

	region_at_is(0, VM_MAX_ADDRESS - PAGE, VM_MAX_ADDRESS);
	region_at_is(VM_MAX_ADDRESS - 1, VM_MAX_ADDRESS - PAGE, VM_MAX_ADDRESS);
}

static void
nothing_is_told(region_call *call, vm_address_t address,
    vm_region_flavor_t flavor, mach_msg_type_number_t room,
    kern_return_t expected)
{
	mach_msg_type_number_t count = room;
	vm_address_t at = address;
	vm_size_t size = CANARY;
	mach_port_t name = (mach_port_t)CANARY;
	int words[16], untouched[16];

	memset(words, 0x5a, sizeof(words));
	memset(untouched, 0x5a, sizeof(untouched));
	answers(call(task, &at, &size, flavor, words, &count, &name), expected);
	ck_assert_uint_eq(at, address);
	ck_assert_uint_eq(size, CANARY);
	ck_assert_uint_eq(count, room);
	ck_assert_uint_eq(name, (mach_port_t)CANARY);
	ck_assert_mem_eq(words, untouched, sizeof(words));
}

static void
the_walk_ends(enum personality personality)
{
	kern_return_t end =
	    personality == GNU ? KERN_NO_SPACE : KERN_INVALID_ADDRESS;

	task = new_task();
	nothing_is_told(vm_region_64, 0, WIDE, WIDE_WORDS, end);
	nothing_is_told(vm_region_64, 0x10001, WIDE, WIDE_WORDS, end);
	draw(task, 0x10000, "ab");
	nothing_is_told(vm_region_64, 0x12000, WIDE, WIDE_WORDS, end);
	nothing_is_told(vm_region, 0x12000, NARROW, NARROW_WORDS, end);
	nothing_is_told(vm_region_64, VM_MAX_ADDRESS, WIDE, WIDE_WORDS, end);
	nothing_is_told(vm_region_64, TOP, WIDE, WIDE_WORDS, end);
	nothing_is_told(vm_region_64, LAST, WIDE, WIDE_WORDS, end);
}

TEST(above_the_last_region_there_is_nothing_and_nothing_is_written)
{
	in_each_personality(the_walk_ends);
}

TEST(a_walk_sees_all_that_is_mapped_once_and_ends)
{
	enum { REGIONS = 200 };
	vm_address_t at = 0;
	vm_size_t seen = 0;

	for (vm_address_t i = 0; i < REGIONS; i++) {
		allocate_at(task, 0x10000 + i * 2 * PAGE, PAGE);
		if (i % 3 == 0)
			allocate_at(task, 0x11000 + i * 2 * PAGE, PAGE);
		protect(task, 0x10000 + i * 2 * PAGE, PAGE, (vm_prot_t)(i % 8));
	}
	for (int steps = 0;; steps++) {
		struct vm_region_basic_info_64 info;
		mach_msg_type_number_t count = WIDE_WORDS;
		vm_address_t start = at;
		vm_size_t size;
		mach_port_t name;

		ck_assert_int_le(steps, 2 * REGIONS);
		if (vm_region_64(task, &start, &size, WIDE,
			(vm_region_info_t)&info, &count, &name) != KERN_SUCCESS)
			break;
		ck_assert_uint_ge(start, at);
		ck_assert_uint_gt(size, 0);
		seen += size;
		at = start + size;
	}

	ck_assert_uint_eq(seen, (REGIONS + (REGIONS + 2) / 3) * PAGE);
}

/* --- Flavours ---------------------------------------------------------- */

TEST(what_flavours_there_are_and_how_much_room_they_need)
{
	static const struct {
		region_call *call;
		vm_region_flavor_t flavor;
		mach_msg_type_number_t room;
	} refused[] = {
		{ vm_region, WIDE, WIDE_WORDS - 1 },
		{ vm_region, WIDE, 0 },
		{ vm_region, NARROW, NARROW_WORDS - 1 },
		{ vm_region, NARROW, 0 },
		{ vm_region, 0, 16 },
		{ vm_region, 8, 16 },
		{ vm_region, 99, 16 },
		{ vm_region, -1, 16 },
		{ vm_region_64, WIDE, WIDE_WORDS - 1 },
		{ vm_region_64, NARROW, NARROW_WORDS },
		{ vm_region_64, NARROW, 0 },
		{ vm_region_64, 99, 16 },
	};

	draw(task, 0x10000, "a");
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		nothing_is_told(refused[i].call, 0x10000, refused[i].flavor,
		    refused[i].room, KERN_INVALID_ARGUMENT);
		nothing_is_told(refused[i].call, 0x70000, refused[i].flavor,
		    refused[i].room, KERN_INVALID_ARGUMENT);
	}
}

/* Calls with room for more than is told. */
static void
words_told_are(region_call *call, vm_region_flavor_t flavor, int *words,
    mach_msg_type_number_t expected)
{
	mach_msg_type_number_t count = 16;
	vm_address_t at = 0;
	vm_size_t size;
	mach_port_t name;

	memset(words, 0x5a, 16 * sizeof(*words));
	succeeds(call(task, &at, &size, flavor, words, &count, &name));
	ck_assert_uint_eq(count, expected);
	ck_assert_uint_eq(at, 0x10000);
	for (mach_msg_type_number_t i = expected; i < 16; i++)
		ck_assert_int_eq(words[i], 0x5a5a5a5a);
}

TEST(no_more_words_are_written_than_the_count_tells)
{
	int words[16];

	draw(task, 0x10000, "a");

	words_told_are(vm_region, WIDE, words, WIDE_WORDS);
	words_told_are(vm_region, NARROW, words, NARROW_WORDS);
	words_told_are(vm_region_64, WIDE, words, WIDE_WORDS);
	words_told_are(vm_region_64, NARROW, words, WIDE_WORDS);
}

TEST(both_flavours_tell_the_same)
{
	struct vm_region_basic_info_64 wide;
	struct vm_region_basic_info narrow;
	int words[16];

	draw(task, 0x10000, "a");
	succeeds(vm_protect(task, 0x10000, PAGE, TRUE, VM_PROT_DEFAULT));
	protect(task, 0x10000, PAGE, VM_PROT_READ);
	inherit(task, 0x10000, PAGE, VM_INHERIT_NONE);
	words_told_are(vm_region, WIDE, words, WIDE_WORDS);
	memcpy(&wide, words, sizeof(wide));
	words_told_are(vm_region, NARROW, words, NARROW_WORDS);
	memcpy(&narrow, words, sizeof(narrow));

	ck_assert_int_eq(wide.protection, VM_PROT_READ);
	ck_assert_int_eq(wide.max_protection, VM_PROT_DEFAULT);
	ck_assert_uint_eq(wide.inheritance, VM_INHERIT_NONE);
	ck_assert_int_eq((int)wide.shared, FALSE);
	ck_assert_int_eq((int)wide.reserved, FALSE);
	ck_assert_int_eq(wide.behavior, VM_BEHAVIOR_DEFAULT);
	ck_assert_uint_eq(wide.user_wired_count, 0);
	ck_assert_int_eq(narrow.protection, wide.protection);
	ck_assert_int_eq(narrow.max_protection, wide.max_protection);
	ck_assert_uint_eq(narrow.inheritance, wide.inheritance);
	ck_assert_int_eq((int)narrow.shared, (int)wide.shared);
	ck_assert_int_eq((int)narrow.reserved, (int)wide.reserved);
	ck_assert_uint_eq(narrow.offset, (uint32_t)wide.offset);
	ck_assert_int_eq(narrow.behavior, wide.behavior);
	ck_assert_uint_eq(narrow.user_wired_count, wide.user_wired_count);
}

/* --- What is told ------------------------------------------------------ */

TEST(neighbours_that_look_alike_are_told_as_one)
{
	draw(task, 0x10000, "abcd");
	protect(task, 0x11000, PAGE, VM_PROT_READ);
	protect(task, 0x11000, PAGE, VM_PROT_DEFAULT);

	regions_are(task, "10000-14000 rw-/rwx copy");
}

TEST(a_call_that_fails_leaves_no_cut_behind_that_can_be_told)
{
	draw(task, 0x10000, "abc");

	answers(vm_protect(task, 0x11000, 4 * PAGE, FALSE, VM_PROT_READ),
	    KERN_INVALID_ADDRESS);
	answers(vm_inherit(task, 0x11000, 4 * PAGE, VM_INHERIT_NONE),
	    KERN_INVALID_ADDRESS);
	answers(vm_deallocate(task, 0x11000, 4 * PAGE), KERN_INVALID_ADDRESS);
	answers(vm_copy(task, 0x10000, 2 * PAGE, 0x12000),
	    KERN_INVALID_ADDRESS);

	region_at_is(0x10000, 0x10000, 0x13000);
}

TEST(memory_is_told_as_shared_while_another_task_has_it)
{
	task_t child, grandchild;

	draw(task, 0x10000, "ab");
	inherit(task, 0x10000, PAGE, VM_INHERIT_SHARE);
	regions_are(task, "10000-11000 rw-/rwx share\n"
			  "11000-12000 rw-/rwx copy");
	child = child_of(task);
	grandchild = child_of(child);
	regions_are(task, "10000-11000 rw-/rwx share shared\n"
			  "11000-12000 rw-/rwx copy");
	regions_are(grandchild, "10000-11000 rw-/rwx share shared\n"
				"11000-12000 rw-/rwx copy");

	end_task(child);
	regions_are(task, "10000-11000 rw-/rwx share shared\n"
			  "11000-12000 rw-/rwx copy");
	succeeds(vm_deallocate(grandchild, 0x10000, PAGE));
	regions_are(task, "10000-11000 rw-/rwx share\n"
			  "11000-12000 rw-/rwx copy");
}

TEST(a_copy_is_not_told_as_shared)
{
	task_t child;

	draw(task, 0x10000, "ab");
	draw(task, 0x20000, "00");
	succeeds(vm_copy(task, 0x10000, 2 * PAGE, 0x20000));
	child = child_of(task);

	regions_are(task, "10000-12000 rw-/rwx copy\n"
			  "20000-22000 rw-/rwx copy");
	regions_are(child, "10000-12000 rw-/rwx copy\n"
			   "20000-22000 rw-/rwx copy");
}
