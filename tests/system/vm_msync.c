/* vm_msync: memory is written back, which nothing of it needs, or let go of. */
#include "tests/support/test.h"

#include <mach/mach_vm.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define ASYNC      VM_SYNC_ASYNCHRONOUS
#define SYNC       VM_SYNC_SYNCHRONOUS
#define INVALIDATE VM_SYNC_INVALIDATE
#define KILL       VM_SYNC_KILLPAGES
#define DEACTIVATE VM_SYNC_DEACTIVATE
#define CONTIGUOUS VM_SYNC_CONTIGUOUS
#define REUSABLE   VM_SYNC_REUSABLEPAGES
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
    vm_size_t size, vm_sync_t flags);

static kern_return_t
wide(task_t target, vm_address_t address, vm_size_t size, vm_sync_t flags)
{
	return mach_vm_msync(target, address, size, flags);
}

static spelling *const spellings[] = { vm_msync, wide };

/* --- What it answers --------------------------------------------------- */

#define GOOD SAY(KERN_SUCCESS, KERN_SUCCESS, KERN_INVALID_ARGUMENT)
#define NONE ALL_SAY(KERN_SUCCESS)
#define BAD  ALL_SAY(KERN_INVALID_ARGUMENT)
#define HOLE                                                                   \
	SAY(KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS, KERN_INVALID_ARGUMENT)

/* Rounded, and modulo 2^64, which is what gnu looks at. */
#define NOTHING SAY(KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS, KERN_SUCCESS)

/* Of 10000-12000 and 13000-15000, "ab.de", what is left of their pages. */
static const struct row {
	vm_address_t address;
	vm_size_t size;
	vm_sync_t flags;
	kern_return_t codes[PERSONALITIES];
	const char *pages;
	const char *why;
} rows[] = {
	{ 0x10000, PAGE, ASYNC | SYNC, BAD, "ab.de", "both" },
	{ 0x70000, PAGE, ASYNC | SYNC | KILL, BAD, "ab.de", "... of a hole" },
	{ LAST, LAST, ASYNC | SYNC, BAD, "ab.de", "... that wraps" },

	{ 0x10000, 0, KILL, NONE, "ab.de", "no bytes" },
	{ 0x10800, 0, KILL, GOOD, "ab.de", "none within a page" },
	{ 0x70000, 0, CONTIGUOUS, NONE, "ab.de", "none of a hole" },
	{ LAST, 0, SYNC, GOOD, "ab.de", "none at the end" },

	{ 0x10000, TOP, ASYNC, HOLE, "ab.de", "it wraps" },
	{ 0x10000, LAST, SYNC, NOTHING, "ab.de", "... to nothing" },
	{ TOP, PAGE, KILL, HOLE, "ab.de", "its end is 2^64" },
	{ TOP, PAGE - 1, SYNC, HOLE, "ab.de", "... rounded" },

	{ 0x10000, 2 * PAGE, 0, GOOD, "ab.de", "nothing to be done" },
	{ 0x10000, 5 * PAGE, ASYNC, GOOD, "ab.de", "over a hole" },
	{ 0x10000, 5 * PAGE, SYNC, GOOD, "ab.de", "... at once" },
	{ 0xf000, 9 * PAGE, SYNC | INVALIDATE, GOOD, "ab.de", "... and out" },
	{ 0x10000, 5 * PAGE, DEACTIVATE, GOOD, "ab.de", "it ages" },
	{ 0x10000, 5 * PAGE, SYNC | CONTIGUOUS, HOLE, "ab.de", "in one" },
	{ 0x10000, 2 * PAGE, SYNC | CONTIGUOUS, GOOD, "ab.de", "it is" },
	{ 0x11fff, 2, CONTIGUOUS, HOLE, "ab.de", "a byte is not" },
	{ 0x70000, PAGE, CONTIGUOUS, HOLE, "ab.de", "nor is a hole" },
	{ 0x70000, PAGE, KILL, GOOD, "ab.de", "nothing to kill" },
	{ END, PAGE, SYNC, GOOD, "ab.de", "outside" },
	{ END, PAGE, SYNC | CONTIGUOUS, HOLE, "ab.de", "... in one" },
};

static void
rows_hold(enum personality personality)
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i / 2];

		task = new_task();
		draw(task, 0x10000, "ab.de");
		code_is(spellings[i % 2](task, row->address, row->size,
			    row->flags),
		    row->codes[personality], row->why);
		pages_are(task, 0x10000, row->pages);
	}
}

TEST(vm_msync_answers_what_the_table_says_and_changes_nothing)
{
	in_each_personality(rows_hold);
}

TEST(both_flags_are_refused_before_the_port_is_looked_at)
{
	mach_port_t host = mach_host_self(), dead = new_task();

	succeeds(task_terminate(dead));
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		spelling *call = spellings[i];

		answers(call(host, 0, 0, ASYNC | SYNC), KERN_INVALID_ARGUMENT);
		answers(call(host, 0, 0, SYNC), KERN_INVALID_TASK);
		answers(call(host, 0x10000, PAGE, ASYNC), KERN_INVALID_TASK);
		answers(call(dead, 0, PAGE, SYNC), MACH_SEND_INVALID_DEST);
		answers(call(MACH_PORT_NULL, 0, PAGE, SYNC),
		    MACH_SEND_INVALID_DEST);
	}
}

/* --- Killing pages ----------------------------------------------------- */

TEST(pages_are_killed_up_to_the_first_hole)
{
	static const struct {
		vm_address_t address;
		vm_size_t size;
		vm_sync_t flags;
		kern_return_t code;
		const char *pages;
	} kills[] = {
		{ 0x10000, PAGE, KILL, KERN_SUCCESS, "0bc.e" },
		{ 0x10fff, 2, KILL, KERN_SUCCESS, "00c.e" },
		{ 0x10800, PAGE, KILL | SYNC, KERN_SUCCESS, "00c.e" },
		{ 0x11000, 4 * PAGE, KILL, KERN_SUCCESS, "a00.e" },
		{ 0x10000, 5 * PAGE, KILL | CONTIGUOUS, KERN_INVALID_ADDRESS,
		    "000.e" },
		{ 0xf000, 6 * PAGE, KILL, KERN_SUCCESS, "abc.e" },
		{ 0xf000, 6 * PAGE, KILL | CONTIGUOUS, KERN_INVALID_ADDRESS,
		    "abc.e" },
		{ 0x13000, 2 * PAGE, KILL, KERN_SUCCESS, "abc.e" },
		{ 0x14000, PAGE, KILL | CONTIGUOUS, KERN_SUCCESS, "abc.0" },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(kills); i++) {
		task = new_task();
		draw(task, 0x10000, "abc.e");
		answers(spellings[i % 2](task, kills[i / 2].address,
			    kills[i / 2].size, kills[i / 2].flags),
		    kills[i / 2].code);
		pages_are(task, 0x10000, kills[i / 2].pages);
	}
}

TEST(killed_pages_are_zeros_with_no_frame_and_can_be_written_again)
{
	struct vmd_statistics before, after;

	draw(task, 0x10000, "abcd");
	succeeds(vmd_statistics(&before));
	succeeds(vm_msync(task, 0x11000, 2 * PAGE, KILL));
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.pages_used, before.pages_used - 2);
	regions_are(task, "10000-14000 rw-/rwx copy");
	fill(task, 0x12000, PAGE, 'z');
	pages_are(task, 0x10000, "a0zd");
}

TEST(a_copy_of_killed_pages_is_kept)
{
	task_t child;

	draw(task, 0x10000, "ab");
	draw(task, 0x20000, "00");
	succeeds(vm_copy(task, 0x10000, 2 * PAGE, 0x20000));
	child = child_of(task);
	succeeds(vm_msync(task, 0x10000, 2 * PAGE, KILL));
	pages_are(task, 0x10000, "00");
	pages_are(task, 0x20000, "ab");
	pages_are(child, 0x10000, "ab");
	succeeds(vm_msync(child, 0x10000, PAGE, KILL));
	pages_are(child, 0x10000, "0b");
	pages_are(child, 0x20000, "ab");
}

TEST(what_others_see_is_not_killed)
{
	mach_port_t entry;

	draw(task, 0x10000, "ab");
	draw(task, 0x20000, "cd");
	draw(task, 0x30000, "e");
	share_at(task, 0x50000, 2 * PAGE, task, 0x10000);
	entry = entry_of(task, 0x20000, 2 * PAGE, VM_PROT_DEFAULT);
	succeeds(vm_msync(task, 0x10000, 2 * PAGE, KILL));
	succeeds(vm_msync(task, 0x20000, 2 * PAGE, KILL));
	pages_are(task, 0x10000, "ab");
	pages_are(task, 0x20000, "cd");
	succeeds(vm_deallocate(task, 0x50000, 2 * PAGE));
	let_go(entry);
	succeeds(vm_msync(task, 0x10000, 2 * PAGE, KILL));
	succeeds(vm_msync(task, 0x20000, PAGE, KILL));
	pages_are(task, 0x10000, "00");
	pages_are(task, 0x20000, "0d");
}

TEST(of_memory_that_others_see_a_part_of_the_rest_is_killed)
{
	draw(task, 0x10000, "abcdef");
	share_at(new_task(), 0x50000, 2 * PAGE, task, 0x12000);
	succeeds(vm_msync(task, 0x10000, 6 * PAGE, KILL));
	pages_are(task, 0x10000, "00cd00");
}

TEST(what_is_wired_is_not_killed)
{
	mach_port_t host = privileged_host();

	draw(task, 0x10000, "abc");
	succeeds(vm_wire(host, task, 0x11000, PAGE, VM_PROT_READ));
	succeeds(vm_msync(task, 0x10000, 3 * PAGE, KILL | CONTIGUOUS));
	pages_are(task, 0x10000, "0b0");
	succeeds(vm_wire(host, task, 0x11000, PAGE, VM_PROT_NONE));
	succeeds(vm_msync(task, 0x10000, 3 * PAGE, KILL));
	pages_are(task, 0x10000, "000");
}

TEST(other_flags_kill_nothing)
{
	for (vm_sync_t flags = 0; flags < 0x80; flags++) {
		if ((flags & KILL) || (~flags & (SYNC | ASYNC)) == 0)
			continue;
		if (flags & REUSABLE)
			continue;
		succeeds(vm_allocate(task, &(vm_address_t){ 0x10000 }, PAGE,
		    VM_FLAGS_OVERWRITE));
		fill(task, 0x10000, PAGE, 'a');
		succeeds(vm_msync(task, 0x10000, PAGE, flags));
		pages_are(task, 0x10000, "a");
	}
}
