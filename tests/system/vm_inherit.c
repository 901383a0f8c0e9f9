/* vm_inherit: what a child gets, and what is refused. Trees of tasks are in
 * task.c. */
#include "tests/support/test.h"

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
#define BAD   ALL_SAY(KERN_INVALID_ARGUMENT)
#define HOLE  SAY(KERN_INVALID_ADDRESS, KERN_SUCCESS, KERN_SUCCESS)
#define WRAPS SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT, KERN_SUCCESS)

/* In a task whose pages from 10000 on are abcd.fgh, all to be copied. What a
 * child made after a call that succeeds has of them. */
static const struct row {
	vm_address_t address;
	vm_size_t size;
	vm_inherit_t inheritance;
	kern_return_t codes[PERSONALITIES];
	const char *inherited;
	const char *why;
} rows[] = {
	{ 0x10000, PAGE, VM_INHERIT_NONE, GOOD, ".bcd.fgh", "a page" },
	{ 0x11000, 2 * PAGE, VM_INHERIT_NONE, GOOD, "a..d.fgh", "two" },
	{ 0x11fff, 2, VM_INHERIT_NONE, GOOD, "a..d.fgh", "bytes of two" },
	{ 0x11001, PAGE, VM_INHERIT_NONE, GOOD, "a..d.fgh", "from a middle" },
	{ 0x11800, 1, VM_INHERIT_NONE, GOOD, "a.cd.fgh", "a byte" },

	/* A value that is none is told first. */
	{ 0x11000, PAGE, VM_INHERIT_DONATE_COPY, BAD, NULL, "a donation" },
	{ 0x11000, PAGE, 4, BAD, NULL, "no such value" },
	{ 0x11000, 0, 77, BAD, NULL, "no such value, no bytes" },
	{ 0x70000, PAGE, 77, BAD, NULL, "no such value, for a hole" },
	{ 0x11000, TOP, (vm_inherit_t)-1, BAD, NULL, "... and it wraps" },

	{ 0x11000, 0, VM_INHERIT_NONE, GOOD, "abcd.fgh", "no bytes" },
	{ 0x70000, 0, VM_INHERIT_NONE, GOOD, "abcd.fgh", "... of a hole" },
	{ VM_MAX_ADDRESS, 0, VM_INHERIT_NONE, GOOD, "abcd.fgh", "outside" },

	{ 0x14000, PAGE, VM_INHERIT_NONE, HOLE, "abcd.fgh", "a hole" },
	{ 0x13000, 3 * PAGE, VM_INHERIT_NONE, HOLE, "abc...gh",
	    "a hole in the middle" },
	{ 0x17000, 2 * PAGE, VM_INHERIT_NONE, HOLE, "abcd.fg.",
	    "a hole at the end" },
	{ 0xf000, 2 * PAGE, VM_INHERIT_NONE, HOLE, ".bcd.fgh",
	    "a hole at the start" },
	{ VM_MAX_ADDRESS, PAGE, VM_INHERIT_NONE, HOLE, "abcd.fgh",
	    "outside the map" },
	{ 0x17000, VM_MAX_ADDRESS, VM_INHERIT_NONE, HOLE, "abcd.fg.",
	    "its end is outside" },

	{ TOP, PAGE, VM_INHERIT_NONE, WRAPS, "abcd.fgh", "its end is 2^64" },
	{ TOP, PAGE - 1, VM_INHERIT_NONE, WRAPS, "abcd.fgh", "rounded, it is" },
	{ TOP, 2 * PAGE, VM_INHERIT_NONE, WRAPS, "abcd.fgh", "it wraps" },
	{ 0x11000, LAST, VM_INHERIT_NONE, WRAPS, "abcd.fgh",
	    "it comes back to its start" },
	{ 0x11000, TOP, VM_INHERIT_NONE, WRAPS, "abcd.fgh",
	    "it comes back before it" },
};

static void
row_holds(const struct row *row, enum personality personality)
{
	kern_return_t expected = row->codes[personality], code;
	uint64_t before;

	task = new_task();
	draw(task, 0x10000, "abcd.fgh");
	before = digest(task);
	code = vm_inherit(task, row->address, row->size, row->inheritance);
	code_is(code, expected, row->why);
	if (code == KERN_SUCCESS)
		pages_are(child_of(task), 0x10000, row->inherited);
	else
		ck_assert_msg(digest(task) == before, "%s: changed something",
		    row->why);
	pages_are(task, 0x10000, "abcd.fgh");
}

static void
rows_hold(enum personality personality)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		row_holds(&rows[i], personality);
}

TEST(vm_inherit_does_what_the_table_says)
{
	in_each_personality(rows_hold);
}

static void
size_0_has_a_page(enum personality personality)
{
	(void)personality;
	task = new_task();
	draw(task, 0x10000, "ab");

	succeeds(vm_inherit(task, 0x10000, 0, VM_INHERIT_NONE));
	regions_are(task, "10000-12000 rw-/rwx copy");
	succeeds(vm_inherit(task, 0x11800, 0, VM_INHERIT_NONE));
	regions_are(task, "10000-11000 rw-/rwx copy\n"
			  "11000-12000 rw-/rwx none");
}

TEST(as_gnu_no_bytes_within_a_page_are_that_page)
{
	in_personality(GNU, size_0_has_a_page);
}

TEST(an_inheritance_is_a_property_of_pages_not_of_tasks)
{
	draw(task, 0x10000, "abcdef");

	inherit(task, 0x11000, PAGE, VM_INHERIT_SHARE);
	inherit(task, 0x13000, 2 * PAGE, VM_INHERIT_NONE);
	regions_are(task, "10000-11000 rw-/rwx copy\n"
			  "11000-12000 rw-/rwx share\n"
			  "12000-13000 rw-/rwx copy\n"
			  "13000-15000 rw-/rwx none\n"
			  "15000-16000 rw-/rwx copy");
	inherit(task, 0x10000, 6 * PAGE, VM_INHERIT_COPY);
	regions_are(task, "10000-16000 rw-/rwx copy");
}

TEST(the_last_one_set_before_the_child_is_made_counts)
{
	task_t child;

	draw(task, 0x10000, "a");
	inherit(task, 0x10000, PAGE, VM_INHERIT_NONE);
	inherit(task, 0x10000, PAGE, VM_INHERIT_SHARE);
	child = child_of(task);
	inherit(task, 0x10000, PAGE, VM_INHERIT_NONE);

	fill(child, 0x10000, PAGE, 'b');
	pages_are(task, 0x10000, "b");
	regions_are(child, "10000-11000 rw-/rwx share shared");
	regions_are(task, "10000-11000 rw-/rwx none shared");
}

TEST(it_is_set_whatever_the_protection)
{
	draw(task, 0x10000, "ab");
	protect(task, 0x10000, PAGE, VM_PROT_NONE);
	succeeds(vm_protect(task, 0x11000, PAGE, TRUE, VM_PROT_NONE));

	inherit(task, 0x10000, 2 * PAGE, VM_INHERIT_SHARE);

	regions_are(task, "10000-11000 ---/rwx share\n"
			  "11000-12000 ---/--- share");
}

TEST(memory_is_shared_by_pages_only_that_were_to_be)
{
	task_t child;

	draw(task, 0x10000, "abcd");
	inherit(task, 0x11000, PAGE, VM_INHERIT_SHARE);
	inherit(task, 0x12000, PAGE, VM_INHERIT_NONE);
	child = child_of(task);

	fill(task, 0x10000, 2 * PAGE, 'p');
	fill(child, 0x13000, PAGE, 'q');

	pages_are(child, 0x10000, "ap.q");
	pages_are(task, 0x10000, "ppcd");
}
