/* vm_remap and vm_remap_new: memory mapped a second time, shared or copied. */
#include "tests/support/test.h"

#include <mach/mach_vm.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

static task_t task, source;

void
test_setup(void)
{
	daemon_start("--check", NULL);
	task = new_task();
	source = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

/* --- Four spellings ---------------------------------------------------- */

/* What is asked, but for the target's address and the protections. */
struct asked {
	vm_size_t size;
	vm_address_t mask;
	int flags;
	vm_address_t from;
	boolean_t copy;
	vm_inherit_t inheritance;
};

typedef kern_return_t spelling(vm_address_t *address, const struct asked *asked,
    task_t from, vm_prot_t *current, vm_prot_t *maximum);

static kern_return_t
classic(vm_address_t *address, const struct asked *a, task_t from,
    vm_prot_t *current, vm_prot_t *maximum)
{
	return vm_remap(task, address, a->size, a->mask, a->flags, from,
	    a->from, a->copy, current, maximum, a->inheritance);
}

static kern_return_t
wide(vm_address_t *address, const struct asked *a, task_t from,
    vm_prot_t *current, vm_prot_t *maximum)
{
	mach_vm_address_t at = *address;
	kern_return_t kr;

	kr = mach_vm_remap(task, &at, a->size, a->mask, a->flags, from, a->from,
	    a->copy, current, maximum, a->inheritance);
	*address = at;
	return kr;
}

static kern_return_t
new_classic(vm_address_t *address, const struct asked *a, task_t from,
    vm_prot_t *current, vm_prot_t *maximum)
{
	return vm_remap_new(task, address, a->size, a->mask, a->flags, from,
	    a->from, a->copy, current, maximum, a->inheritance);
}

static kern_return_t
new_wide(vm_address_t *address, const struct asked *a, task_t from,
    vm_prot_t *current, vm_prot_t *maximum)
{
	mach_vm_address_t at = *address;
	kern_return_t kr;

	kr = mach_vm_remap_new(task, &at, a->size, a->mask, a->flags, from,
	    a->from, a->copy, current, maximum, a->inheritance);
	*address = at;
	return kr;
}

/* The last two want rights: none here. */
static spelling *const spellings[] = { classic, wide, new_classic, new_wide };

/* A refusal changes neither task, and no argument. */
static void
all_say(vm_address_t address, const struct asked *asked, task_t from,
    kern_return_t code, const char *why)
{
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		uint64_t before = digest(task), there = digest(source);
		vm_prot_t current = VM_PROT_NONE, maximum = VM_PROT_NONE;
		vm_address_t at = address;

		code_is(spellings[i](&at, asked, from, &current, &maximum),
		    code, why);
		if (code == KERN_SUCCESS) {
			succeeds(vm_deallocate(task, at, asked->size));
			continue;
		}
		ck_assert_uint_eq(at, address);
		ck_assert_int_eq(current, VM_PROT_NONE);
		ck_assert_int_eq(maximum, VM_PROT_NONE);
		ck_assert_uint_eq(digest(task), before);
		ck_assert_uint_eq(digest(source), there);
	}
}

/* --- What is refused --------------------------------------------------- */

#define ANY        VM_FLAGS_ANYWHERE
#define TOP        (-(vm_address_t)PAGE)
#define LAST       (-(vm_address_t)1)
#define END        ((vm_address_t)VM_MAX_ADDRESS)
#define BAD        ALL_SAY(KERN_INVALID_ARGUMENT)
#define GOOD       ALL_SAY(KERN_SUCCESS)
#define HOLE       ALL_SAY(KERN_INVALID_ADDRESS)
#define OUTSIDE    ALL_SAY(KERN_INVALID_ADDRESS)
#define NO_SPACE   ALL_SAY(KERN_NO_SPACE)
#define UNREADABLE ALL_SAY(KERN_PROTECTION_FAILURE)
/* The first page is part of its maps. */
#define AT_0   SAY(KERN_NO_SPACE, KERN_NO_SPACE, KERN_SUCCESS)
#define PAGE_0 SAY(KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS, KERN_SUCCESS)

/*
 * Into a task that has 10000-12000, from one that has
 *
 *      20000-22000 rw-/rwx     23000-24000 ---/-w-     24000-25000 ---/rwx
 */
static const struct row {
	vm_address_t address;
	vm_size_t size;
	vm_address_t mask;
	int flags;
	vm_address_t from;
	boolean_t copy;
	vm_inherit_t inheritance;
	kern_return_t codes[PERSONALITIES];
	const char *why;
} rows[] = {
	{ 0x40000, PAGE, 0, 0x2, 0x20000, 0, 1, BAD, "purgeable" },
	{ 0x40000, PAGE, 0, 0x4, 0x20000, 0, 1, BAD, "in chunks" },
	{ 0x40000, PAGE, 0, 0x10, 0x20000, 0, 1, BAD, "not cached" },
	{ 0x40000, PAGE, 0, 0x80, 0x20000, 0, 1, BAD, "permanent" },
	{ 0x40000, PAGE, 0, 0x100, 0x20000, 0, 1, BAD, "unknown" },
	{ 0x40000, PAGE, 0, 0x20000, 0x20000, 0, 1, BAD, "large pages" },
	{ 0x10000, PAGE, 0, 0x100, 0x22000, 0, 1, BAD, "... and the rest" },
	{ 0x40000, PAGE, 0, 0, 0x20000, 0, 3, BAD, "no inheritance" },
	{ 0x10000, PAGE, 0, 0, 0x22000, 0, 99, BAD, "... and the rest" },
	{ 0x40000, 0, 0, 0, 0x20000, 0, 1, BAD, "no bytes" },
	{ 0x40000, 0, 0, 0, 0x22000, 0, 1, BAD, "no bytes of a hole" },
	{ 0x40000, 0, 0, ANY, 0x20000, 1, 1, BAD, "none anywhere" },
	{ 0x40000, LAST, 0, 0, 0x20000, 0, 1, BAD, "the source wraps" },
	{ 0x40000, PAGE, 0, ANY, TOP, 0, 1, BAD, "its end is 2^64" },
	{ 0x40000, PAGE - 1, 0, ANY, TOP, 0, 1, BAD, "... rounded" },

	{ 0x40000, PAGE, 0, 0, 0x22000, 0, 1, HOLE, "a hole" },
	{ 0x40000, 1, 0, 0, 0x1ffff, 0, 1, HOLE, "a byte of one" },
	{ 0x40000, 2 * PAGE, 0, 0, 0x1f000, 0, 1, HOLE, "at the start" },
	{ 0x40000, 3 * PAGE, 0, 0, 0x20000, 0, 1, HOLE, "at the end" },
	{ 0x40000, PAGE, 0, 0, 0x21001, 0, 1, HOLE, "a byte of it" },
	{ 0x40000, 4 * PAGE, 0, 0, 0x20000, 0, 1, HOLE, "in the middle" },
	{ 0x40000, PAGE, 0, 0, END, 0, 1, HOLE, "outside" },
	{ 0x40000, PAGE, 0, 0, 0x22000, 1, 1, HOLE, "to be copied" },
	{ 0x10000, PAGE, 0, 0, 0x22000, 0, 1, HOLE, "and no room" },
	{ END, PAGE, 0, 0, 0x22000, 0, 1, HOLE, "and no such place" },

	{ 0x40000, PAGE, 0, 0, 0x23000, 1, 1, UNREADABLE, "never read" },
	{ 0x10000, PAGE, 0, 0, 0x23000, 1, 1, UNREADABLE, "and no room" },
	{ 0x40000, 2 * PAGE, 0, 0, 0x23000, 1, 1, UNREADABLE, "half" },
	{ 0x40000, PAGE, 0, 0, 0x23000, 0, 1, GOOD, "it can be shared" },
	{ 0x40000, PAGE, 0, 0, 0x24000, 1, 1, GOOD, "the maximum counts" },

	{ 0x10000, PAGE, 0, 0, 0x20000, 0, 1, NO_SPACE, "taken" },
	{ 0x11fff, 1, 0, 0, 0x20000, 0, 1, NO_SPACE, "its last byte is" },
	{ 0xf000, 2 * PAGE, 0, 0, 0x20000, 0, 1, NO_SPACE, "its end is" },
	{ 0xf000, PAGE, 0, 0, 0x20001, 0, 1, NO_SPACE, "of two pages" },
	{ 0x41000, PAGE, 0xffff, 0, 0x20000, 0, 1, NO_SPACE, "a mask" },
	{ 0, PAGE, LAST, ANY, 0x20000, 0, 1, AT_0, "a full one" },
	{ END, PAGE, 0, 0, 0x20000, 0, 1, OUTSIDE, "behind the map" },
	{ END - PAGE, 2 * PAGE, 0, 0, 0x20000, 0, 1, OUTSIDE, "half" },
	{ 0, PAGE, 0, 0, 0x20000, 0, 1, PAGE_0, "the first page" },
};

static void
draw_both(void)
{
	task = new_task();
	source = new_task();
	draw(task, 0x10000, "tu");
	draw(source, 0x20000, "ab.cd");
	protect(source, 0x23000, 2 * PAGE, VM_PROT_NONE);
	succeeds(vm_protect(source, 0x23000, PAGE, TRUE, VM_PROT_WRITE));
}

static void
rows_hold(enum personality personality)
{
	draw_both();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct asked asked = {
			.size = row->size,
			.mask = row->mask,
			.flags = row->flags,
			.from = row->from,
			.copy = row->copy,
			.inheritance = row->inheritance,
		};

		all_say(row->address, &asked, source, row->codes[personality],
		    row->why);
	}
	pages_are(task, 0x10000, "tu");
	pages_are(source, 0x20000, "ab.--");
}

TEST(vm_remap_refuses_what_the_table_says_and_changes_nothing)
{
	in_each_personality(rows_hold);
}

TEST(what_it_is_remapped_from_must_be_a_task)
{
	const mach_port_t ports[] = { MACH_PORT_NULL, MACH_PORT_DEAD, 0x12345,
		mach_host_self(), new_entry(PAGE, VM_PROT_ALL), new_task() };
	struct asked asked = { PAGE, .from = 0x20000, .inheritance = 1 };

	draw_both();
	succeeds(task_terminate(ports[ARRAY_SIZE(ports) - 1]));
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		all_say(0x40000, &asked, ports[i], KERN_INVALID_ARGUMENT,
		    "no task");
}

static void
rights_hold(enum personality personality)
{
	static const struct {
		vm_prot_t current, maximum;
		vm_size_t size;
		kern_return_t code;
		const char *why;
	} rights[] = {
		{ 0, 0, 2 * PAGE, KERN_SUCCESS, "none" },
		{ 1, 1, 2 * PAGE, KERN_SUCCESS, "those of all" },
		{ 1, 3, 2 * PAGE, KERN_SUCCESS, "... and more, later" },
		{ 3, 3, PAGE, KERN_SUCCESS, "those of the first" },
		{ 1, 5, PAGE, KERN_SUCCESS, "what it could have" },
		{ 3, 3, 2 * PAGE, KERN_PROTECTION_FAILURE, "too many" },
		{ 1, 5, 2 * PAGE, KERN_PROTECTION_FAILURE, "... later" },
		{ 4, 5, PAGE, KERN_PROTECTION_FAILURE, "not now" },
		{ 1, 7, PAGE, KERN_PROTECTION_FAILURE, "two that exclude" },
		{ 0, 6, PAGE, KERN_PROTECTION_FAILURE, "just those" },
		{ 3, 1, PAGE, KERN_INVALID_ARGUMENT, "more than the maximum" },
		{ 8, 8, PAGE, KERN_INVALID_ARGUMENT, "unknown ones" },
		{ 1, -1, PAGE, KERN_INVALID_ARGUMENT, "all bits" },
	};

	(void)personality;
	task = new_task();
	source = new_task();
	draw(source, 0x20000, "ab");
	protect(source, 0x21000, PAGE, VM_PROT_READ);
	succeeds(vm_protect(source, 0x21000, PAGE, TRUE, VM_PROT_DEFAULT));
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rights); i++) {
		spelling *call = spellings[2 + i % 2];
		vm_prot_t current = rights[i / 2].current;
		vm_prot_t maximum = rights[i / 2].maximum;
		struct asked asked = { rights[i / 2].size, .from = 0x20000,
			.inheritance = 1 };
		vm_address_t at = 0x40000;

		code_is(call(&at, &asked, source, &current, &maximum),
		    rights[i / 2].code, rights[i / 2].why);
		if (rights[i / 2].code == KERN_SUCCESS) {
			ck_assert_int_eq(rights[i / 2].current & ~current, 0);
			ck_assert_int_eq(rights[i / 2].maximum & ~maximum, 0);
			succeeds(vm_deallocate(task, at, asked.size));
			continue;
		}
		ck_assert_int_eq(current, rights[i / 2].current);
		ck_assert_int_eq(maximum, rights[i / 2].maximum);
		regions_are(task, "");
	}
}

TEST(vm_remap_new_wants_rights_of_all_of_it)
{
	in_each_personality(rights_hold);
}

/* --- What it does ------------------------------------------------------ */

TEST(what_is_shared_is_one_memory_under_two_addresses)
{
	draw(source, 0x20000, "abc");
	share_at(task, 0x50000, 3 * PAGE, source, 0x20000);
	share_at(source, 0x90000, 2 * PAGE, source, 0x21000);

	fill(task, 0x51000, PAGE, 't');
	pages_are(source, 0x20000, "atc");
	pages_are(source, 0x90000, "tc");
	fill(source, 0x91000, PAGE, 's');
	pages_are(task, 0x50000, "ats");
	fill(source, 0x21ffe, 4, 'x');
	bytes_are(task, 0x51ffe, 4, 'x');
	bytes_are(source, 0x90ffe, 4, 'x');
}

TEST(what_nobody_wrote_is_shared_too)
{
	draw(source, 0x20000, "000");
	share_at(task, 0x50000, 3 * PAGE, source, 0x20000);
	fill(source, 0x20000, PAGE, 's');
	fill(task, 0x52000, PAGE, 't');
	pages_are(source, 0x20000, "s0t");
	pages_are(task, 0x50000, "s0t");
}

TEST(sharing_a_copy_does_not_share_what_it_was_copied_from)
{
	task_t child;

	draw(source, 0x20000, "abc");
	child = child_of(source);
	share_at(task, 0x50000, 3 * PAGE, child, 0x20000);
	fill(task, 0x50000, PAGE, 't');
	fill(child, 0x21000, PAGE, 'c');
	fill(source, 0x22000, PAGE, 's');
	pages_are(task, 0x50000, "tcc");
	pages_are(child, 0x20000, "tcc");
	pages_are(source, 0x20000, "abs");
}

TEST(what_is_copied_is_as_it_was_and_nobody_else_s)
{
	draw(source, 0x20000, "abc");
	inherit(source, 0x20000, 3 * PAGE, VM_INHERIT_SHARE);
	copy_at(task, 0x50000, 3 * PAGE, source, 0x20000);
	copy_at(source, 0x90000, 3 * PAGE, source, 0x20000);

	fill(source, 0x20000, PAGE, 's');
	fill(task, 0x51000, PAGE, 't');
	fill(source, 0x92000, PAGE, 'u');
	pages_are(source, 0x20000, "sbc");
	pages_are(task, 0x50000, "atc");
	pages_are(source, 0x90000, "abu");
	regions_are(task, "50000-53000 rw-/rwx copy");
	end_task(source);
	pages_are(task, 0x50000, "atc");
}

TEST(protections_stay_and_inheritance_is_the_argument)
{
	static const char picture[] = "50000-51000 rw-/rwx none shared\n"
				      "51000-52000 r--/rw- none shared\n"
				      "52000-53000 ---/rwx none shared";
	struct asked asked = { 3 * PAGE, .from = 0x20000, .inheritance = 2 };
	vm_prot_t current = -1, maximum = -1;
	vm_address_t at = 0x50000;

	draw(source, 0x20000, "abc");
	inherit(source, 0x20000, PAGE, VM_INHERIT_SHARE);
	protect(source, 0x21000, PAGE, VM_PROT_READ);
	succeeds(vm_protect(source, 0x21000, PAGE, TRUE, VM_PROT_DEFAULT));
	protect(source, 0x22000, PAGE, VM_PROT_NONE);
	succeeds(classic(&at, &asked, source, &current, &maximum));

	ck_assert_int_eq(current, VM_PROT_NONE);
	ck_assert_int_eq(maximum, VM_PROT_DEFAULT);
	regions_are(task, picture);
	asked.size = 2 * PAGE;
	at = 0x60000;
	succeeds(wide(&at, &asked, source, &current, &maximum));
	ck_assert_int_eq(current, VM_PROT_READ);
	ck_assert_int_eq(maximum, VM_PROT_DEFAULT);
	protect(task, 0x60000, PAGE, VM_PROT_ALL);
	answers(vm_protect(task, 0x61000, PAGE, FALSE, VM_PROT_ALL),
	    KERN_PROTECTION_FAILURE);
}

TEST(all_pages_that_the_bytes_touch_are_mapped)
{
	static const struct {
		vm_address_t from;
		vm_size_t size;
		const char *pages;
	} ranges[] = {
		{ 0x20000, 1, "a..." },
		{ 0x20fff, 1, "a..." },
		{ 0x20fff, 2, "ab.." },
		{ 0x20800, PAGE, "ab.." },
		{ 0x21001, 2 * PAGE, "bcd." },
		{ 0x22000, 2 * PAGE, "cd.." },
	};

	draw(source, 0x20000, "abcd");
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct asked asked = { ranges[i].size, .from = ranges[i].from,
			.inheritance = 1 };
		vm_prot_t current = 0, maximum = 0;
		vm_address_t at = 0x50123;

		task = new_task();
		succeeds(classic(&at, &asked, source, &current, &maximum));
		ck_assert_uint_eq(at, 0x50000);
		pages_are(task, at, ranges[i].pages);
		asked.flags = VM_FLAGS_RETURN_DATA_ADDR;
		at = 0x60123;
		succeeds(wide(&at, &asked, source, &current, &maximum));
		ck_assert_uint_eq(at, 0x60000 + (ranges[i].from & (PAGE - 1)));
		pages_are(task, 0x60000, ranges[i].pages);
	}
}

TEST(anywhere_means_from_the_address_on_and_as_the_mask_says)
{
	struct asked asked = { 2 * PAGE, 0, ANY, 0x20000, FALSE, 1 };
	vm_prot_t current, maximum;
	vm_address_t at = 0x11000;

	draw(source, 0x20000, "ab");
	draw(task, 0x10000, "t.tt");
	succeeds(classic(&at, &asked, source, &current, &maximum));
	ck_assert_uint_eq(at, 0x14000);
	asked.mask = 0xffff;
	at = 0x11000;
	succeeds(classic(&at, &asked, source, &current, &maximum));
	ck_assert_uint_eq(at, 0x20000);
	pages_are(task, 0x10000, "t.ttab");
	pages_are(task, 0x20000, "ab");
	at = END;
	answers(classic(&at, &asked, source, &current, &maximum),
	    KERN_NO_SPACE);
}

TEST(memory_may_be_remapped_over_itself)
{
	struct asked asked = { 3 * PAGE, 0, VM_FLAGS_OVERWRITE, 0x10000, FALSE,
		1 };
	vm_prot_t current, maximum;
	vm_address_t at = 0x11000;

	draw(task, 0x10000, "abcdef");
	succeeds(classic(&at, &asked, task, &current, &maximum));
	pages_are(task, 0x10000, "aabcef");
	fill(task, 0x11000, PAGE, 'z');
	pages_are(task, 0x10000, "zzbcef");

	draw(task, 0x20000, "abcdef");
	asked.from = 0x21000;
	asked.copy = TRUE;
	at = 0x20000;
	succeeds(classic(&at, &asked, task, &current, &maximum));
	pages_are(task, 0x20000, "bcddef");
	fill(task, 0x22000, PAGE, 'z');
	pages_are(task, 0x20000, "bczdef");
}

TEST(what_is_overwritten_is_lost_here_and_nowhere_else)
{
	struct asked asked = { 2 * PAGE, 0, VM_FLAGS_OVERWRITE, 0x20000, FALSE,
		1 };
	vm_prot_t current, maximum;
	vm_address_t at = 0x11000;
	task_t child;

	draw(source, 0x20000, "ab");
	draw(task, 0x10000, "tuvw");
	inherit(task, 0x10000, 4 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);
	succeeds(classic(&at, &asked, source, &current, &maximum));
	pages_are(task, 0x10000, "tabw");
	pages_are(child, 0x10000, "tuvw");
	fill(child, 0x11000, PAGE, 'c');
	pages_are(task, 0x10000, "tabw");
}
