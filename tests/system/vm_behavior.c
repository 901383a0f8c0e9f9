/* vm_behavior_set: what a task means to do with its memory. */
#include "tests/support/test.h"

#include <mach/mach_vm.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define DEFAULT    VM_BEHAVIOR_DEFAULT
#define RANDOM     VM_BEHAVIOR_RANDOM
#define SEQUENTIAL VM_BEHAVIOR_SEQUENTIAL
#define BACKWARDS  VM_BEHAVIOR_RSEQNTL
#define WILLNEED   VM_BEHAVIOR_WILLNEED
#define DONTNEED   VM_BEHAVIOR_DONTNEED
#define FREE       VM_BEHAVIOR_FREE
#define WIPE       VM_BEHAVIOR_ZERO_WIRED_PAGES
#define REUSABLE   VM_BEHAVIOR_REUSABLE
#define REUSE      VM_BEHAVIOR_REUSE
#define CAN_REUSE  VM_BEHAVIOR_CAN_REUSE
#define PAGEOUT    VM_BEHAVIOR_PAGEOUT
#define ZERO       VM_BEHAVIOR_ZERO
#define TOP        (-(vm_address_t)PAGE)
#define LAST       (-(vm_address_t)1)
#define END        ((vm_address_t)VM_MAX_ADDRESS)

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

typedef kern_return_t spelling(task_t target, vm_address_t address,
    vm_size_t size, vm_behavior_t behavior);

static kern_return_t
wide(task_t target, vm_address_t address, vm_size_t size,
    vm_behavior_t behavior)
{
	return mach_vm_behavior_set(target, address, size, behavior);
}

static spelling *const spellings[] = { vm_behavior_set, wide };

/* A page's, as vm_region tells. -1: nothing is mapped there. */
static int
behavior_at(vm_address_t address)
{
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	struct vm_region_basic_info_64 info;
	vm_address_t at = address;
	vm_size_t size;
	mach_port_t name;

	if (vm_region_64(task, &at, &size, VM_REGION_BASIC_INFO_64,
		(vm_region_info_t)&info, &count, &name) != KERN_SUCCESS ||
	    at > address)
		return -1;
	return info.behavior;
}

/* A digit a page; `.` is a hole. */
static void
behaviors_are(const char *digits)
{
	for (size_t i = 0; digits[i] != '\0'; i++)
		ck_assert_int_eq(behavior_at(0x10000 + i * PAGE),
		    digits[i] == '.' ? -1 : digits[i] - '0');
}

/* --- What is refused --------------------------------------------------- */

#define GOOD    ALL_SAY(KERN_SUCCESS)
#define BAD     ALL_SAY(KERN_INVALID_ARGUMENT)
#define HOLE    ALL_SAY(KERN_INVALID_ADDRESS)
#define REFUSED ALL_SAY(KERN_PROTECTION_FAILURE)
#define OUTSIDE ALL_SAY(KERN_NO_SPACE)
#define PAGE_0  SAY(KERN_NO_SPACE, KERN_NO_SPACE, KERN_INVALID_ADDRESS)

/*
 * In a task that has
 *
 *      10000-12000 rw-     12000-13000 r--     13000-14000 rwx
 *      (a hole)            15000-16000 rw-, shared
 */
static const struct row {
	vm_address_t address;
	vm_size_t size;
	vm_behavior_t behavior;
	kern_return_t codes[PERSONALITIES];
	const char *why;
} rows[] = {
	{ 0x10000, PAGE, -1, BAD, "no behaviour" },
	{ 0x10000, PAGE, ZERO + 1, BAD, "none yet" },
	{ 0x10000, 0, ZERO + 1, BAD, "... of no bytes" },
	{ 0x14000, PAGE, 99, BAD, "... of a hole" },
	{ LAST, LAST, 99, BAD, "... of what wraps" },
	{ 0x10000, PAGE, PAGEOUT, BAD, "of kernels for debugging" },

	{ 0x10000, 0, RANDOM, GOOD, "no bytes" },
	{ 0x14000, 0, RANDOM, GOOD, "none of a hole" },
	{ 0x12000, 0, ZERO, GOOD, "none to write" },
	{ LAST, 0, RANDOM, GOOD, "none at the end" },

	{ TOP, PAGE, RANDOM, BAD, "its end is 2^64" },
	{ 0x10000, LAST, ZERO, BAD, "it wraps" },
	{ TOP, PAGE - 1, RANDOM, OUTSIDE, "... rounded" },
	{ END, PAGE, RANDOM, OUTSIDE, "outside" },
	{ END - PAGE, PAGE + 1, WILLNEED, OUTSIDE, "half of it" },
	{ 0, PAGE, RANDOM, PAGE_0, "the first page" },
	{ END, PAGE, ZERO, OUTSIDE, "outside, to be written" },

	{ 0x14000, PAGE, DEFAULT, HOLE, "a hole" },
	{ 0x14000, 1, RANDOM, HOLE, "a byte of one" },
	{ 0x10000, 5 * PAGE, SEQUENTIAL, HOLE, "one at the end" },
	{ 0x13fff, 2, BACKWARDS, HOLE, "its byte at the end" },
	{ 0xffff, 2, RANDOM, HOLE, "at the start" },
	{ 0x10000, 6 * PAGE, RANDOM, HOLE, "in the middle" },
	{ 0x14000, PAGE, WILLNEED, HOLE, "that will be needed" },
	{ 0x10000, 5 * PAGE, WILLNEED, HOLE, "... at the end" },
	{ 0x10000, 5 * PAGE, DONTNEED, HOLE, "... not" },
	{ 0x14000, PAGE, FREE, HOLE, "that is free" },
	{ 0xf000, 2 * PAGE, FREE, HOLE, "... first" },
	{ 0x14000, PAGE, WIPE, HOLE, "to be wiped" },
	{ 0x14000, PAGE, ZERO, HOLE, "to be zeros" },
	{ 0x11000, 2 * PAGE, WIPE, REFUSED, "not to be written" },
	{ 0x12000, PAGE, ZERO, REFUSED, "... as zeros" },
	{ 0x12000, 3 * PAGE, ZERO, REFUSED, "... before the hole" },
	{ 0x13000, PAGE, ZERO, REFUSED, "what may be executed" },
	{ 0x13000, 2 * PAGE, ZERO, REFUSED, "... before the hole" },

	{ 0x14000, PAGE, REUSABLE, HOLE, "a hole to be reused" },
	{ 0x14000, PAGE, REUSE, HOLE, "... again" },
	{ 0x14000, PAGE, CAN_REUSE, HOLE, "... if it can" },
	{ 0x12000, PAGE, REUSABLE, HOLE, "what is not to be written" },
	{ 0x15000, PAGE, REUSABLE, HOLE, "what is shared" },
	{ 0x15000, PAGE, REUSE, HOLE, "... again" },
	{ 0x15000, PAGE, CAN_REUSE, HOLE, "... if it can" },
};

static void
rows_hold(enum personality personality)
{
	task_t other = new_task();

	task = new_task();
	draw(task, 0x10000, "abcd.f");
	protect(task, 0x12000, PAGE, VM_PROT_READ);
	protect(task, 0x13000, PAGE, VM_PROT_ALL);
	share_at(other, 0x10000, PAGE, task, 0x15000);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i / 2];

		code_is(spellings[i % 2](task, row->address, row->size,
			    row->behavior),
		    row->codes[personality], row->why);
		behaviors_are("0000.0");
		pages_are(task, 0x10000, "abcd.f");
	}
}

TEST(vm_behavior_set_refuses_what_the_table_says_and_changes_nothing)
{
	in_each_personality(rows_hold);
}

TEST(a_port_that_is_no_task_s_has_no_behaviour)
{
	mach_port_t host = mach_host_self();

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		answers(spellings[i](host, 0, 0, RANDOM),
		    KERN_INVALID_ARGUMENT);
		answers(spellings[i](MACH_PORT_NULL, 0, 0, 99),
		    MACH_SEND_INVALID_DEST);
	}
}

/* --- What is noted ----------------------------------------------------- */

TEST(four_behaviours_are_noted_of_whole_pages_and_told)
{
	draw(task, 0x10000, "abcdef");
	succeeds(vm_behavior_set(task, 0x11000, PAGE, RANDOM));
	succeeds(vm_behavior_set(task, 0x12fff, 2, SEQUENTIAL));
	succeeds(mach_vm_behavior_set(task, 0x14001, 1, BACKWARDS));
	behaviors_are("012230");
	pages_are(task, 0x10000, "abcdef");
	succeeds(vm_behavior_set(task, 0x10000, 6 * PAGE, DEFAULT));
	behaviors_are("000000");
	regions_are(task, "10000-16000 rw-/rwx copy");
}

TEST(advice_is_not_noted)
{
	static const vm_behavior_t advice[] = { WILLNEED, DONTNEED, REUSE,
		CAN_REUSE, WIPE };

	draw(task, 0x10000, "ab");
	succeeds(vm_behavior_set(task, 0x10000, PAGE, RANDOM));
	for (size_t i = 0; i < ARRAY_SIZE(advice); i++) {
		succeeds(vm_behavior_set(task, 0x10000, 2 * PAGE, advice[i]));
		behaviors_are("10");
		pages_are(task, 0x10000, "ab");
	}
}

TEST(a_behaviour_is_handed_on_and_goes_with_the_memory)
{
	task_t parent = task;

	draw(task, 0x10000, "ab");
	succeeds(vm_behavior_set(task, 0x11000, PAGE, SEQUENTIAL));
	task = child_of(parent);
	behaviors_are("02");
	succeeds(vm_behavior_set(task, 0x10000, PAGE, RANDOM));
	behaviors_are("12");
	task = parent;
	behaviors_are("02");
	succeeds(vm_deallocate(task, 0x11000, PAGE));
	draw(task, 0x11000, "c");
	behaviors_are("00");
}

/* --- What is done ------------------------------------------------------ */

TEST(what_is_free_is_let_go_of_up_to_the_first_hole)
{
	struct vmd_statistics before, after;

	draw(task, 0x10000, "abcd.f");
	succeeds(vmd_statistics(&before));
	succeeds(vm_behavior_set(task, 0x10fff, 2, FREE));
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.pages_used, before.pages_used - 2);
	pages_are(task, 0x10000, "00cd.f");
	answers(vm_behavior_set(task, 0x13000, 3 * PAGE, FREE),
	    KERN_INVALID_ADDRESS);
	pages_are(task, 0x10000, "00c0.f");
	fill(task, 0x10000, PAGE, 'z');
	pages_are(task, 0x10000, "z0c0.f");
}

TEST(what_others_see_or_is_wired_is_not_let_go_of)
{
	draw(task, 0x10000, "ab");
	draw(task, 0x20000, "cd");
	share_at(new_task(), 0x10000, 2 * PAGE, task, 0x10000);
	succeeds(vm_wire(privileged_host(), task, 0x20000, PAGE, VM_PROT_READ));
	succeeds(vm_behavior_set(task, 0x10000, 2 * PAGE, FREE));
	succeeds(vm_behavior_set(task, 0x20000, 2 * PAGE, FREE));
	pages_are(task, 0x10000, "ab");
	pages_are(task, 0x20000, "c0");
}

TEST(reusable_pages_hold_what_they_held_or_zeros_until_they_are_written)
{
	draw(task, 0x10000, "aa");
	succeeds(vm_behavior_set(task, 0x10000, 2 * PAGE, CAN_REUSE));
	succeeds(vm_behavior_set(task, 0x10000, 2 * PAGE, REUSABLE));
	succeeds(vm_behavior_set(task, 0x10000, 2 * PAGE, REUSE));
	for (unsigned i = 0; i < 2 * PAGE; i += PAGE) {
		char byte = 'x';
		vm_size_t count;

		succeeds(vm_read_overwrite(task, 0x10000 + i, 1,
		    (vm_address_t)&byte, &count));
		ck_assert(byte == 'a' || byte == 0);
		bytes_are(task, 0x10000 + i, PAGE, byte);
	}
	fill(task, 0x10000, 2 * PAGE, 'b');
	pages_are(task, 0x10000, "bb");
}

TEST(what_is_to_be_zero_is_so_for_all_who_share_it_and_no_copy)
{
	task_t other = new_task(), child;

	draw(task, 0x10000, "abcd");
	share_at(other, 0x10000, 4 * PAGE, task, 0x10000);
	child = child_of(task);
	succeeds(vm_behavior_set(task, 0x10fff, 2, ZERO));
	succeeds(mach_vm_behavior_set(other, 0x13000, PAGE, ZERO));
	pages_are(task, 0x10000, "00c0");
	pages_are(other, 0x10000, "00c0");
	pages_are(child, 0x10000, "abcd");
	fill(other, 0x10000, PAGE, 'z');
	pages_are(task, 0x10000, "z0c0");
}

TEST(wired_memory_can_be_zero_and_stays_wired)
{
	struct vmd_statistics before, after;

	draw(task, 0x10000, "abc");
	succeeds(vm_wire(privileged_host(), task, 0x11000, PAGE, VM_PROT_READ));
	succeeds(vmd_statistics(&before));
	succeeds(vm_behavior_set(task, 0x10000, 3 * PAGE, ZERO));
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.pages_used, before.pages_used - 2);
	pages_are(task, 0x10000, "000");
	fill(task, 0x11000, PAGE, 'z');
	pages_are(task, 0x10000, "0z0");
}
