/* vm_deallocate: which pages go, and what is refused. */
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

#define TOP   (-(vm_size_t)PAGE)
#define LAST  (-(vm_size_t)1)
#define GOOD  ALL_SAY(KERN_SUCCESS)
#define HOLE  SAY(KERN_INVALID_ADDRESS, KERN_SUCCESS, KERN_SUCCESS)
#define WRAPS SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT, KERN_SUCCESS)

/* In a task whose pages from 10000 on are abcd.fgh: what is left of them where
 * the call succeeds. */
static const struct row {
	vm_address_t address;
	vm_size_t size;
	kern_return_t codes[PERSONALITIES];
	const char *left;
	const char *why;
} rows[] = {
	{ 0x10000, PAGE, GOOD, ".bcd.fgh", "a page" },
	{ 0x11000, 2 * PAGE, GOOD, "a..d.fgh", "pages in the middle" },
	{ 0x10000, 4 * PAGE, GOOD, ".....fgh", "a whole region" },

	/* Each page that a byte of the range is in. */
	{ 0x11000, 1, GOOD, "a.cd.fgh", "a byte" },
	{ 0x11fff, 1, GOOD, "a.cd.fgh", "the last byte of a page" },
	{ 0x11fff, 2, GOOD, "a..d.fgh", "bytes of two pages" },
	{ 0x11001, PAGE, GOOD, "a..d.fgh", "a page, from its middle on" },
	{ 0x10fff, PAGE + 2, GOOD, "...d.fgh", "bytes of three pages" },

	/* Nothing. */
	{ 0x11000, 0, GOOD, "abcd.fgh", "no bytes" },
	{ 0x11800, 0, GOOD, "abcd.fgh", "no bytes, within a page" },
	{ 0x70000, 0, GOOD, "abcd.fgh", "no bytes of a hole" },
	{ VM_MAX_ADDRESS, 0, GOOD, "abcd.fgh", "no bytes outside" },
	{ LAST, 0, GOOD, "abcd.fgh", "no bytes at the last address" },

	/* Holes. */
	{ 0x14000, PAGE, HOLE, "abcd.fgh", "a hole" },
	{ 0x70000, 8 * PAGE, HOLE, "abcd.fgh", "holes" },
	{ 0x13000, 3 * PAGE, HOLE, "abc...gh", "a hole in the middle" },
	{ 0x17000, 2 * PAGE, HOLE, "abcd.fg.", "a hole at the end" },
	{ 0xf000, 2 * PAGE, HOLE, ".bcd.fgh", "a hole at the start" },
	{ 0x13fff, 2, HOLE, "abc..fgh", "a byte of a hole" },

	/* The ends of the address space. */
	{ VM_MAX_ADDRESS, PAGE, HOLE, "abcd.fgh", "outside the map" },
	{ TOP, PAGE - 1, GOOD, "abcd.fgh", "its end rounds up to 2^64" },
	{ 0x10000, TOP - 0x10000 + 1, GOOD, "abcd.fgh", "a long one, too" },
	{ TOP, PAGE, WRAPS, "abcd.fgh", "its end is 2^64" },
	{ TOP, 2 * PAGE, WRAPS, "abcd.fgh", "it wraps around" },
	{ 0x11000, LAST, WRAPS, "abcd.fgh", "it comes back to its start" },
	{ 0x11000, TOP, WRAPS, "abcd.fgh", "it comes back before it" },
};

static void
row_holds(const struct row *row, enum personality personality)
{
	kern_return_t expected = row->codes[personality], code;

	task = new_task();
	draw(task, 0x10000, "abcd.fgh");
	code = vm_deallocate(task, row->address, row->size);
	code_is(code, expected, row->why);
	pages_are(task, 0x10000, code == KERN_SUCCESS ? row->left : "abcd.fgh");
	end_task(task);
}

static void
rows_hold(enum personality personality)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		row_holds(&rows[i], personality);
}

TEST(vm_deallocate_does_what_the_table_says)
{
	in_each_personality(rows_hold);
}

static void
everything_goes(enum personality personality)
{
	(void)personality;
	task = new_task();
	draw(task, 0x10000, "ab.d");
	draw(task, VM_MAX_ADDRESS - PAGE, "z");

	succeeds(vm_deallocate(task, 0, VM_MAX_ADDRESS + PAGE));

	regions_are(task, "");
}

TEST(as_gnu_a_range_is_cut_to_what_the_map_has)
{
	in_personality(GNU, everything_goes);
}

TEST(the_rest_of_a_region_keeps_its_bytes_and_attributes)
{
	draw(task, 0x10000, "abcdef");
	protect(task, 0x10000, 6 * PAGE, VM_PROT_READ);
	inherit(task, 0x10000, 6 * PAGE, VM_INHERIT_NONE);

	succeeds(vm_deallocate(task, 0x12000, 2 * PAGE));

	pages_are(task, 0x10000, "ab..ef");
	regions_are(task, "10000-12000 r--/rwx none\n"
			  "14000-16000 r--/rwx none");
}

TEST(no_protection_keeps_memory_from_being_given_back)
{
	draw(task, 0x10000, "abc");
	protect(task, 0x10000, PAGE, VM_PROT_NONE);
	succeeds(vm_protect(task, 0x11000, PAGE, TRUE, VM_PROT_NONE));
	protect(task, 0x12000, PAGE, VM_PROT_READ);

	succeeds(vm_deallocate(task, 0x10000, 3 * PAGE));

	regions_are(task, "");
}

TEST(regions_that_differ_go_at_once)
{
	draw(task, 0x10000, "abcdef");
	protect(task, 0x11000, PAGE, VM_PROT_READ);
	inherit(task, 0x13000, PAGE, VM_INHERIT_SHARE);

	succeeds(vm_deallocate(task, 0x10800, 4 * PAGE));

	pages_are(task, 0x10000, ".....f");
}

TEST(what_was_shared_stays_with_those_who_share_it)
{
	task_t child;

	draw(task, 0x10000, "ab");
	inherit(task, 0x10000, 2 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);

	succeeds(vm_deallocate(task, 0x10000, 2 * PAGE));

	pages_are(task, 0x10000, "..");
	pages_are(child, 0x10000, "ab");
	draw(task, 0x10000, "cd");
	pages_are(child, 0x10000, "ab");
}

TEST(frames_and_entries_are_free_again)
{
	struct vmd_statistics before, after;

	allocate_at(task, 0x8000, PAGE);
	succeeds(vmd_statistics(&before));
	draw(task, 0x10000, "abcdefgh");
	protect(task, 0x12000, PAGE, VM_PROT_READ);
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.pages_used, before.pages_used + 8);

	succeeds(vm_deallocate(task, 0x10000, 8 * PAGE));

	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.pages_used, before.pages_used);
	ck_assert_uint_eq(after.nodes_used, before.nodes_used);
	ck_assert_uint_eq(after.entries_used, before.entries_used);
	ck_assert_uint_eq(after.objects_used, before.objects_used);
}

TEST(one_page_at_a_time_or_all_at_once_is_the_same)
{
	draw(task, 0x10000, "abcdefgh");
	for (int i = 0; i < 8; i++)
		succeeds(vm_deallocate(task,
		    0x10000 + (vm_address_t)(i * 5 % 8) * PAGE, PAGE));

	regions_are(task, "");
	allocate_at(task, 0x10000, 8 * PAGE);
	pages_are(task, 0x10000, "00000000");
}
