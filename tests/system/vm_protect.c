/* vm_protect: current and maximum protection, and what stands in the way. */
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

/* --- What is refused --------------------------------------------------- */

#define TOP     (-(vm_size_t)PAGE)
#define LAST    (-(vm_size_t)1)
#define GOOD    ALL_SAY(KERN_SUCCESS)
#define BAD     ALL_SAY(KERN_INVALID_ARGUMENT)
#define REFUSED ALL_SAY(KERN_PROTECTION_FAILURE)
#define HOLE    SAY(KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS, KERN_SUCCESS)
#define WRAPS   SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT, KERN_SUCCESS)
/* A hole before what is refused; gnu does not see it. */
#define HOLE_FIRST                                                             \
	SAY(KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS, KERN_PROTECTION_FAILURE)
#define NOTIFY SAY(KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS, KERN_SUCCESS)

/*
 * In a task that has
 *
 *      10000-12000 rw-/rwx     12000-13000 r--/r--
 *      (a hole)                14000-15000 rw-/rwx
 *
 * where what is asked for is none of what is there.
 */
static const struct row {
	vm_address_t address;
	vm_size_t size;
	vm_prot_t protection;
	kern_return_t codes[PERSONALITIES];
	const char *why;
} rows[] = {
	/* What is no protection is told first, whatever the range. */
	{ 0x10000, PAGE, 8, BAD, "a bit that is none" },
	{ 0x10000, 0, 8, BAD, "... of no bytes" },
	{ 0x13000, PAGE, 32, BAD, "... of a hole" },
	{ TOP, 2 * PAGE, -1, BAD, "... of a range that wraps" },
	{ 0x12000, PAGE, VM_PROT_DEFAULT | 0x40, BAD, "... beyond maximum" },

	{ 0x10000, 0, VM_PROT_ALL, GOOD, "no bytes" },
	{ 0x12000, 0, VM_PROT_ALL, GOOD, "no bytes, beyond the maximum" },
	{ 0x13000, 0, VM_PROT_ALL, GOOD, "no bytes of a hole" },
	{ TOP, 0, VM_PROT_ALL, GOOD, "no bytes at the last page" },

	{ 0x12000, PAGE, VM_PROT_DEFAULT, REFUSED, "beyond the maximum" },
	{ 0x12000, 1, VM_PROT_EXECUTE, REFUSED, "a byte, beyond it" },
	{ 0x10000, 3 * PAGE, VM_PROT_DEFAULT, REFUSED, "its end is" },
	{ 0x11fff, 2, VM_PROT_ALL, REFUSED, "its last byte is" },
	{ 0x12000, 2 * PAGE, VM_PROT_ALL, REFUSED, "refused, then a hole" },
	{ 0x11000, 4 * PAGE, VM_PROT_ALL, REFUSED, "... in the middle" },

	{ 0xf000, 4 * PAGE, VM_PROT_ALL, HOLE_FIRST, "a hole, then refused" },
	{ 0x70000, 2 * PAGE, VM_PROT_ALL, HOLE, "holes" },
	{ 0x70000, 1, VM_PROT_READ, HOLE, "a byte of a hole" },
	{ VM_MAX_ADDRESS, PAGE, VM_PROT_READ, HOLE, "outside the map" },
	{ VM_MAX_ADDRESS - PAGE, 2 * PAGE, VM_PROT_READ, HOLE, "half so" },

	{ TOP, PAGE - 1, VM_PROT_READ, HOLE, "its end rounds up to 2^64" },
	{ 0x14000, LAST - 0x14000, VM_PROT_READ, HOLE, "a long one, too" },
	{ TOP, PAGE, VM_PROT_READ, WRAPS, "its end is 2^64" },
	{ TOP, 2 * PAGE, VM_PROT_READ, WRAPS, "it wraps around" },
	{ 0x11000, LAST, VM_PROT_READ, WRAPS, "it comes back to its start" },
	{ 0x11000, TOP, VM_PROT_ALL, WRAPS, "it comes back before it" },

	{ 0x70000, PAGE, 0x10, NOTIFY, "to be copied; or for old pagers" },
};

static const char picture[] = "10000-12000 rw-/rwx copy\n"
			      "12000-13000 r--/r-- copy\n"
			      "14000-15000 rw-/rwx copy";

static void
draw_the_picture(void)
{
	task = new_task();
	draw(task, 0x10000, "abc.d");
	succeeds(vm_protect(task, 0x12000, PAGE, TRUE, VM_PROT_READ));
	regions_are(task, picture);
}

static void
row_holds(const struct row *row, boolean_t set_maximum,
    enum personality personality)
{
	draw_the_picture();
	code_is(vm_protect(task, row->address, row->size, set_maximum,
		    row->protection),
	    row->codes[personality], row->why);
	regions_are(task, picture);
	pages_are(task, 0x10000, "abc.d");
	end_task(task);
}

static void
rows_hold(enum personality personality)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		row_holds(&rows[i], FALSE, personality);
		row_holds(&rows[i], TRUE, personality);
	}
}

TEST(vm_protect_refuses_what_the_table_says_and_changes_nothing)
{
	in_each_personality(rows_hold);
}

TEST(whatever_is_within_the_maximum_may_be_had_and_nothing_else)
{
	for (vm_prot_t maximum = 0; maximum <= VM_PROT_ALL; maximum++) {
		task = new_task();
		draw(task, 0x10000, "a");
		succeeds(vm_protect(task, 0x10000, PAGE, TRUE, maximum));
		for (vm_prot_t p = 0; p <= VM_PROT_ALL; p++)
			answers(vm_protect(task, 0x10000, PAGE, FALSE, p),
			    p & ~maximum ? KERN_PROTECTION_FAILURE
					 : KERN_SUCCESS);
	}
}

TEST(a_maximum_can_be_lowered_and_never_raised)
{
	draw(task, 0x10000, "a");

	succeeds(vm_protect(task, 0x10000, PAGE, TRUE, VM_PROT_DEFAULT));
	regions_are(task, "10000-11000 rw-/rw- copy");
	succeeds(vm_protect(task, 0x10000, PAGE, TRUE, VM_PROT_DEFAULT));
	answers(vm_protect(task, 0x10000, PAGE, TRUE, VM_PROT_ALL),
	    KERN_PROTECTION_FAILURE);
	answers(vm_protect(task, 0x10000, PAGE, TRUE, VM_PROT_EXECUTE),
	    KERN_PROTECTION_FAILURE);
	regions_are(task, "10000-11000 rw-/rw- copy");
	succeeds(vm_protect(task, 0x10000, PAGE, TRUE, VM_PROT_READ));
	regions_are(task, "10000-11000 r--/r-- copy");
	succeeds(vm_protect(task, 0x10000, PAGE, TRUE, VM_PROT_NONE));
	regions_are(task, "10000-11000 ---/--- copy");
	answers(vm_protect(task, 0x10000, PAGE, FALSE, VM_PROT_READ),
	    KERN_PROTECTION_FAILURE);
}

TEST(a_maximum_takes_from_the_current_protection_and_adds_nothing)
{
	static const char seen[] = "10000-11000 ---/--x copy\n"
				   "11000-12000 r--/r-x copy\n"
				   "12000-13000 rw-/rwx copy";

	draw(task, 0x10000, "abc");

	succeeds(vm_protect(task, 0x10000, PAGE, TRUE, VM_PROT_EXECUTE));
	succeeds(
	    vm_protect(task, 0x11000, PAGE, 2, VM_PROT_READ | VM_PROT_EXECUTE));

	regions_are(task, seen);
}

static void
holes_are_skipped(enum personality personality)
{
	(void)personality;
	task = new_task();
	draw(task, 0x10000, "a.c");

	succeeds(vm_protect(task, 0xf000, 8 * PAGE, FALSE, VM_PROT_READ));
	regions_are(task, "10000-11000 r--/rwx copy\n"
			  "12000-13000 r--/rwx copy");
	succeeds(vm_protect(task, 0, VM_MAX_ADDRESS + PAGE, FALSE, 0));
	regions_are(task, "10000-11000 ---/rwx copy\n"
			  "12000-13000 ---/rwx copy");
}

TEST(as_gnu_holes_are_skipped)
{
	in_personality(GNU, holes_are_skipped);
}

static void
size_0_has_a_page(enum personality personality)
{
	(void)personality;
	task = new_task();
	draw(task, 0x10000, "ab");

	succeeds(vm_protect(task, 0x10000, 0, FALSE, VM_PROT_READ));
	regions_are(task, "10000-12000 rw-/rwx copy");
	succeeds(vm_protect(task, 0x11800, 0, FALSE, VM_PROT_READ));
	regions_are(task, "10000-11000 rw-/rwx copy\n"
			  "11000-12000 r--/rwx copy");
}

TEST(as_gnu_no_bytes_within_a_page_are_that_page)
{
	in_personality(GNU, size_0_has_a_page);
}

static void
a_bit_is_kept(enum personality personality)
{
	(void)personality;
	task = new_task();
	draw(task, 0x10000, "ab");

	succeeds(vm_protect(task, 0x10000, PAGE, FALSE, VM_PROT_DEFAULT | 16));
	regions_are(task, "10000-11000 rw-+0x10/rwx copy\n"
			  "11000-12000 rw-/rwx copy");
	succeeds(vm_protect(task, 0x10000, PAGE, TRUE, 16));
	regions_are(task, "10000-11000 ---+0x10/---+0x10 copy\n"
			  "11000-12000 rw-/rwx copy");
}

TEST(as_gnu_a_bit_of_old_pagers_is_kept_and_not_held_against_the_maximum)
{
	in_personality(GNU, a_bit_is_kept);
}

/* --- What it does ------------------------------------------------------ */

TEST(each_page_that_a_byte_is_in_is_protected)
{
	static const struct {
		vm_address_t address;
		vm_size_t size;
		const char *pages;
	} ranges[] = {
		{ 0x11000, PAGE, "a-cdef" },
		{ 0x11000, 1, "a-cdef" },
		{ 0x11fff, 1, "a-cdef" },
		{ 0x11fff, 2, "a--def" },
		{ 0x11001, PAGE, "a--def" },
		{ 0x10fff, 2 * PAGE + 2, "----ef" },
		{ 0x10000, 6 * PAGE, "------" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		task = new_task();
		draw(task, 0x10000, "abcdef");
		succeeds(vm_protect(task, ranges[i].address, ranges[i].size,
		    FALSE, VM_PROT_NONE));
		pages_are(task, 0x10000, ranges[i].pages);
	}
}

TEST(protecting_the_middle_of_a_region_splits_it_in_three)
{
	draw(task, 0x10000, "abcdef");

	protect(task, 0x12000, 2 * PAGE, VM_PROT_READ);
	regions_are(task, "10000-12000 rw-/rwx copy\n"
			  "12000-14000 r--/rwx copy\n"
			  "14000-16000 rw-/rwx copy");
	protect(task, 0x10000, 6 * PAGE, VM_PROT_ALL);
	regions_are(task, "10000-16000 rwx/rwx copy");
	pages_are(task, 0x10000, "abcdef");
}

/* What each protection permits, by what can be done. */
TEST(only_what_is_permitted_can_be_done)
{
	draw(task, 0x10000, "a");
	draw(task, 0x20000, "b");

	for (vm_prot_t p = 0; p <= VM_PROT_ALL; p++) {
		kern_return_t read =
		    p & VM_PROT_READ ? KERN_SUCCESS : KERN_PROTECTION_FAILURE;
		kern_return_t write =
		    p & VM_PROT_WRITE ? KERN_SUCCESS : KERN_PROTECTION_FAILURE;
		char bytes[PAGE] = { 'a' };
		vm_size_t size;

		protect(task, 0x10000, PAGE, p);
		answers(vm_read_overwrite(task, 0x10000, PAGE,
			    (vm_address_t)bytes, &size),
		    read);
		answers(vm_write(task, 0x10000, (vm_offset_t)bytes, PAGE),
		    write);
		answers(vm_copy(task, 0x10000, PAGE, 0x20000), read);
		answers(vm_copy(task, 0x20000, PAGE, 0x10000), write);
	}
}

TEST(what_may_not_be_touched_keeps_its_bytes)
{
	draw(task, 0x10000, "ab");

	protect(task, 0x10000, 2 * PAGE, VM_PROT_NONE);
	pages_are(task, 0x10000, "--");
	protect(task, 0x10000, 2 * PAGE, VM_PROT_READ);

	pages_are(task, 0x10000, "ab");
}

TEST(a_protection_is_each_task_s_own_even_of_shared_memory)
{
	task_t child;

	draw(task, 0x10000, "ab");
	inherit(task, 0x10000, 2 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);

	protect(child, 0x10000, PAGE, VM_PROT_READ);
	succeeds(vm_protect(task, 0x11000, PAGE, TRUE, VM_PROT_READ));

	regions_are(task, "10000-11000 rw-/rwx share shared\n"
			  "11000-12000 r--/r-- share shared");
	regions_are(child, "10000-11000 r--/rwx share shared\n"
			   "11000-12000 rw-/rwx share shared");
	fill(task, 0x10000, PAGE, 'c');
	fill(child, 0x11000, PAGE, 'd');
	pages_are(task, 0x10000, "cd");
	pages_are(child, 0x10000, "cd");
}

TEST(a_child_has_the_protections_and_what_lies_under_them)
{
	task_t child;

	draw(task, 0x10000, "abc");
	protect(task, 0x10000, PAGE, VM_PROT_NONE);
	succeeds(vm_protect(task, 0x11000, PAGE, TRUE, VM_PROT_READ));
	child = child_of(task);

	regions_are(child, "10000-11000 ---/rwx copy\n"
			   "11000-12000 r--/r-- copy\n"
			   "12000-13000 rw-/rwx copy");
	protect(child, 0x10000, PAGE, VM_PROT_READ);
	pages_are(child, 0x10000, "abc");
	pages_are(task, 0x10000, "-bc");
	answers(vm_protect(child, 0x11000, PAGE, FALSE, VM_PROT_DEFAULT),
	    KERN_PROTECTION_FAILURE);
}
