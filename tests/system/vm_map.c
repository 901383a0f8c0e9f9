/* vm_map: zeros and memory entries, where they go and what they may be. */
#include "tests/support/test.h"

#include <mach/mach_vm.h>

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

/* --- Three spellings --------------------------------------------------- */

/* What vm_map is asked, but for the task and the address. */
struct asked {
	vm_size_t size;
	vm_address_t mask;
	int flags;
	mem_entry_name_port_t object;
	vm_offset_t offset;
	boolean_t copy;
	vm_prot_t current;
	vm_prot_t maximum;
	vm_inherit_t inheritance;
};

static kern_return_t
classic(task_t where, vm_address_t *address, const struct asked *a)
{
	return vm_map(where, address, a->size, a->mask, a->flags, a->object,
	    a->offset, a->copy, a->current, a->maximum, a->inheritance);
}

static kern_return_t
with_64(task_t where, vm_address_t *address, const struct asked *a)
{
	return vm_map_64(where, address, a->size, a->mask, a->flags, a->object,
	    a->offset, a->copy, a->current, a->maximum, a->inheritance);
}

static kern_return_t
wide(task_t where, vm_address_t *address, const struct asked *a)
{
	mach_vm_address_t at = *address;
	kern_return_t kr;

	kr = mach_vm_map(where, &at, a->size, a->mask, a->flags, a->object,
	    a->offset, a->copy, a->current, a->maximum, a->inheritance);
	*address = at;
	return kr;
}

typedef kern_return_t spelling(task_t where, vm_address_t *address,
    const struct asked *asked);

static spelling *const spellings[] = { classic, with_64, wide };

/* Each must say so, and if it is a refusal change nothing. */
static void
all_say(vm_address_t address, const struct asked *asked, kern_return_t code,
    const char *why)
{
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		uint64_t before = digest(task);
		vm_address_t at = address;

		code_is(spellings[i](task, &at, asked), code, why);
		if (code == KERN_SUCCESS) {
			succeeds(vm_deallocate(task, at, asked->size));
			continue;
		}
		ck_assert_uint_eq(at, address);
		ck_assert_uint_eq(digest(task), before);
	}
}

/* Zeros, at an address or from there on, with nothing special about them. */
static const struct asked zeros = {
	.size = PAGE,
	.current = VM_PROT_DEFAULT,
	.maximum = VM_PROT_ALL,
	.inheritance = VM_INHERIT_COPY,
};

/* --- What is refused --------------------------------------------------- */

#define ANY      VM_FLAGS_ANYWHERE
#define RW       VM_PROT_DEFAULT
#define RWX      VM_PROT_ALL
#define COPY     VM_INHERIT_COPY
#define TOP      (-(vm_address_t)PAGE)
#define LAST     (-(vm_address_t)1)
#define END      ((vm_address_t)VM_MAX_ADDRESS)
#define GOOD     ALL_SAY(KERN_SUCCESS)
#define BAD      ALL_SAY(KERN_INVALID_ARGUMENT)
#define OUTSIDE  ALL_SAY(KERN_INVALID_ADDRESS)
#define NO_SPACE ALL_SAY(KERN_NO_SPACE)
/* Whatever is not zero means anywhere to gnu. */
#define FLAGS SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT, KERN_SUCCESS)
/* It has a page at 0, and looks everywhere whatever the address. */
#define PAGE_0 SAY(KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS, KERN_SUCCESS)
#define HINT   SAY(KERN_NO_SPACE, KERN_NO_SPACE, KERN_SUCCESS)
#define MASKS  SAY(KERN_SUCCESS, KERN_SUCCESS, KERN_INVALID_ARGUMENT)
#define WRAPS                                                                  \
	SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT, KERN_INVALID_ADDRESS)

/* In a task that has 10000-12000 and 14000-15000. */
static const struct row {
	vm_address_t address;
	vm_size_t size;
	vm_address_t mask;
	int flags;
	vm_prot_t current, maximum;
	vm_inherit_t inheritance;
	kern_return_t codes[PERSONALITIES];
	const char *why;
} rows[] = {
	{ 0x20000, PAGE, 0, 0x100, RW, RWX, COPY, FLAGS, "an unknown flag" },
	{ 0x20000, PAGE, 0, 0x2000, RW, RWX, COPY, FLAGS, "another" },
	{ 0x20000, PAGE, 0, 0x80000, RW, RWX, COPY, FLAGS, "a higher one" },
	{ 0x20000, 0, 0, 0x100, RW, RWX, COPY, BAD, "... and no bytes" },
	{ 0x10000, PAGE, 0, 0x100, RW, RWX, COPY, FLAGS, "... and no room" },

	{ 0x20000, PAGE, 0, 0, 8, RWX, COPY, BAD, "a bit of no protection" },
	{ 0x20000, PAGE, 0, 0, RW, 8, COPY, BAD, "... in the maximum" },
	{ 0x20000, PAGE, 0, 0, 16, RWX, COPY, BAD, "a bit of vm_protect" },
	{ 0x20000, PAGE, 0, 0, -1, RWX, COPY, BAD, "all bits" },
	{ 0x20000, PAGE, 0, 0, RW, -1, COPY, BAD, "... in the maximum" },
	{ 0x20000, PAGE, 0, 0, RW | 0x40, RWX, COPY, MASKS, "a mask" },
	{ 0x10000, PAGE, 0, 0, 8, RWX, COPY, BAD, "a bit, and no room" },
	{ 0x20000, PAGE, 0, 0, RW, RWX, 3, BAD, "no inheritance" },
	{ 0x20000, PAGE, 0, 0, RW, RWX, UINT32_MAX, BAD, "none at all" },
	{ 0x10000, PAGE, 0, 0, RW, RWX, 3, BAD, "none, and no room" },

	{ 0x20000, 0, 0, 0, RW, RWX, COPY, BAD, "no bytes" },
	{ 0x10000, 0, 0, 0, RW, RWX, COPY, BAD, "no bytes where some are" },
	{ END, 0, 0, 0, RW, RWX, COPY, BAD, "no bytes at the end" },
	{ 0, 0, 0, ANY, RW, RWX, COPY, BAD, "no bytes anywhere" },
	{ 0x20000, LAST, 0, 0, RW, RWX, COPY, BAD, "rounds up to none" },
	{ 0x20000, TOP + 1, 0, 0, RW, RWX, COPY, BAD, "so does this" },
	{ 0, LAST, 0, ANY, RW, RWX, COPY, BAD, "... anywhere" },

	{ 0x20000, TOP, 0, 0, RW, RWX, COPY, WRAPS, "the end wraps" },
	{ TOP, PAGE, 0, 0, RW, RWX, COPY, WRAPS, "the end is 2^64" },
	{ TOP, PAGE - 1, 0, 0, RW, RWX, COPY, WRAPS, "... rounded" },
	{ END, PAGE, 0, 0, RW, RWX, COPY, OUTSIDE, "behind the map" },
	{ END - PAGE, 2 * PAGE, 0, 0, RW, RWX, COPY, OUTSIDE, "half" },
	{ 0, PAGE, 0, 0, RW, RWX, COPY, PAGE_0, "the first page" },
	{ PAGE - 1, 1, 0, 0, RW, RWX, COPY, PAGE_0, "its last byte" },

	{ 0x10000, PAGE, 0, 0, RW, RWX, COPY, NO_SPACE, "taken" },
	{ 0x11fff, 1, 0, 0, RW, RWX, COPY, NO_SPACE, "a byte that is" },
	{ 0x11000, 2 * PAGE, 0, 0, RW, RWX, COPY, NO_SPACE, "the start is" },
	{ 0x13000, PAGE + 1, 0, 0, RW, RWX, COPY, NO_SPACE, "the end is" },
	{ 0xf000, 8 * PAGE, 0, 0, RW, RWX, COPY, NO_SPACE, "the middle is" },

	{ 0x21000, PAGE, 0xffff, 0, RW, RWX, COPY, NO_SPACE, "not aligned" },
	{ 0x20000, PAGE, 0xff000, 0, RW, RWX, COPY, NO_SPACE, "a bit of it" },
	{ 0x20000, PAGE, LAST, 0, RW, RWX, COPY, NO_SPACE, "a full mask" },
	{ 0, PAGE, LAST, ANY, RW, RWX, COPY, HINT, "... anywhere" },
	{ 0, PAGE, 0xf0f000, ANY, RW, RWX, COPY, NO_SPACE, "one with holes" },
	{ 0, END, 0, ANY, RW, RWX, COPY, NO_SPACE, "more than there is" },
	{ 0, TOP, 0, ANY, RW, RWX, COPY, NO_SPACE, "much more" },
	{ END, PAGE, 0, ANY, RW, RWX, COPY, HINT, "from the end on" },
	{ LAST, PAGE, 0, ANY, RW, RWX, COPY, HINT, "from the last byte on" },
	{ END - PAGE, 2 * PAGE, 0, ANY, RW, RWX, COPY, HINT,
	    "more than from there on" },
};

static void
rows_hold(enum personality personality)
{
	task = new_task();
	draw(task, 0x10000, "ab..c");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct asked asked = {
			.size = row->size,
			.mask = row->mask,
			.flags = row->flags,
			.current = row->current,
			.maximum = row->maximum,
			.inheritance = row->inheritance,
		};

		all_say(row->address, &asked, row->codes[personality],
		    row->why);
	}
	pages_are(task, 0x10000, "ab..c");
}

TEST(vm_map_refuses_what_the_table_says_and_changes_nothing)
{
	in_each_personality(rows_hold);
}

static void
no_objects(enum personality personality)
{
	kern_return_t code =
	    personality == GNU ? KERN_INVALID_ARGUMENT : KERN_INVALID_OBJECT;
	mach_port_t gone = new_entry(PAGE, RW), dead = new_task();
	const mach_port_t ports[] = { mach_host_self(), task, dead, gone,
		MACH_PORT_DEAD, 0x12345 };
	struct asked asked;

	task = new_task();
	draw(task, 0x10000, "a");
	succeeds(task_terminate(dead));
	let_go(gone);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		asked = zeros;
		asked.object = ports[i];
		all_say(0x20000, &asked, code, "no entry");
		all_say(0x10000, &asked, code, "no entry, and no room");
		asked.current = 8;
		all_say(0x20000, &asked, KERN_INVALID_ARGUMENT, "a bit");
		asked = zeros;
		asked.object = ports[i];
		asked.size = 0;
		all_say(0x20000, &asked, KERN_INVALID_ARGUMENT, "no bytes");
	}
}

TEST(a_port_that_is_no_entry_is_no_object)
{
	in_each_personality(no_objects);
}

/* --- Zeros ------------------------------------------------------------- */

TEST(fresh_memory_has_the_attributes_asked_for)
{
	static const char picture[] = "10000-12000 ---/--- none\n"
				      "12000-13000 r--/rw- share\n"
				      "13000-14000 rwx/rwx copy";
	struct asked asked = { .size = 2 * PAGE, .inheritance = 2 };
	vm_address_t at = 0x10000;

	succeeds(classic(task, &at, &asked));
	at = 0x12fff;
	asked = (struct asked){ 1, .current = 1, .maximum = 3 };
	succeeds(with_64(task, &at, &asked));
	ck_assert_uint_eq(at, 0x12000);
	at = 0x13000;
	asked = (struct asked){ PAGE, .current = 7, .maximum = 7,
		.inheritance = 1 };
	succeeds(wide(task, &at, &asked));

	regions_are(task, picture);
	pages_are(task, 0x10000, "--00.");
}

static void
beyond_the_maximum(enum personality personality)
{
	static const kern_return_t written[] =
	    SAY(KERN_PROTECTION_FAILURE, KERN_INVALID_ADDRESS, KERN_SUCCESS);
	static _Alignas(PAGE) const char page[PAGE];
	struct asked asked = zeros;
	vm_address_t at = 0x10000;

	task = new_task();
	asked.current = VM_PROT_ALL;
	asked.maximum = VM_PROT_READ;
	succeeds(classic(task, &at, &asked));
	regions_are(task, personality == GNU ? "10000-11000 rwx/r-- copy"
					     : "10000-11000 r--/r-- copy");
	answers(vm_write(task, at, (vm_offset_t)page, PAGE),
	    written[personality]);
}

TEST(the_current_protection_is_cut_down_to_the_maximum_but_by_gnu)
{
	in_each_personality(beyond_the_maximum);
}

TEST(offset_and_copy_mean_nothing_where_there_is_no_object)
{
	struct asked asked = zeros;
	vm_address_t at = 0x10000;
	task_t child;

	asked.offset = 0x123;
	asked.copy = TRUE;
	succeeds(classic(task, &at, &asked));
	inherit(task, at, PAGE, VM_INHERIT_SHARE);
	child = child_of(task);
	fill(child, at, PAGE, 'c');
	pages_are(task, 0x10000, "c");
}

static void
from_the_hint_on(enum personality personality)
{
	struct asked asked = zeros;
	vm_address_t at = 0x10fff, low;

	task = new_task();
	draw(task, 0x10000, "ab..c");
	asked.flags = ANY;
	succeeds(classic(task, &at, &asked));
	if (personality != GNU)
		ck_assert_uint_eq(at, 0x12000);
	asked.size = 2 * PAGE;
	at = 0x13000;
	succeeds(classic(task, &at, &asked));
	if (personality != GNU)
		ck_assert_uint_eq(at, 0x15000);
	at = low = 0x700000001;
	succeeds(classic(task, &at, &asked));
	if (personality != GNU)
		ck_assert_uint_eq(at, low - 1);
	else
		ck_assert_uint_lt(at, low);
}

TEST(anywhere_is_the_lowest_gap_above_the_address_which_gnu_ignores)
{
	in_each_personality(from_the_hint_on);
}

TEST(low_bits_of_a_mask_align_and_high_ones_bound)
{
	const vm_address_t high = -((vm_address_t)1 << 39);
	struct asked asked = zeros;

	draw(task, 0x10000, "a");
	asked.flags = ANY;
	for (unsigned bits = 0; bits < 40; bits++) {
		vm_address_t low = ((vm_address_t)1 << bits) - 1;
		vm_address_t at = 0x10000;

		asked.mask = low;
		succeeds(classic(task, &at, &asked));
		ck_assert_uint_eq(at & (low | (PAGE - 1)), 0);
		ck_assert_uint_gt(at, 0x10000);
		succeeds(vm_deallocate(task, at, PAGE));

		asked.mask = high | low;
		at = 0x10000;
		if (bits == 39) {
			answers(classic(task, &at, &asked), KERN_NO_SPACE);
			break;
		}
		succeeds(classic(task, &at, &asked));
		ck_assert_uint_eq(at & asked.mask, 0);
		succeeds(vm_deallocate(task, at, PAGE));
	}
}

TEST(what_is_overwritten_goes_and_its_neighbours_stay)
{
	struct asked asked = zeros;
	vm_address_t at = 0x11000;
	task_t child;

	draw(task, 0x10000, "abc.e");
	inherit(task, 0x10000, 3 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);
	asked.size = 3 * PAGE;
	asked.flags = VM_FLAGS_OVERWRITE;
	asked.maximum = VM_PROT_DEFAULT;
	succeeds(classic(task, &at, &asked));

	pages_are(task, 0x10000, "a000e");
	pages_are(child, 0x10000, "abc.e");
	regions_are(task, "10000-11000 rw-/rwx share shared\n"
			  "11000-14000 rw-/rw- copy\n"
			  "14000-15000 rw-/rwx copy");
}

/* --- Entries ----------------------------------------------------------- */

/* Of memory that has these pages, and had a task of its own. */
static mem_entry_name_port_t
drawn_entry(const char *pages, vm_size_t count, vm_prot_t permission)
{
	mem_entry_name_port_t entry;
	task_t source = new_task();

	draw(source, 0x10000, pages);
	protect(source, 0x10000, count * PAGE, VM_PROT_ALL);
	entry = entry_of(source, 0x10000, count * PAGE, permission);
	end_task(source);
	return entry;
}

static void
rights_are_judged(enum personality personality)
{
	struct asked asked = zeros;

	task = new_task();
	for (vm_prot_t p = 1; p <= RWX; p++) {
		asked.object = drawn_entry("a", 1, p);
		for (vm_prot_t both = 0; both < 64; both++) {
			kern_return_t code = KERN_SUCCESS;

			asked.current = both & RWX;
			asked.maximum = both >> 3;
			if (personality != GNU)
				asked.current &= asked.maximum;
			if ((asked.current | asked.maximum) & ~p)
				code = KERN_INVALID_RIGHT;
			asked.current = both & RWX;
			asked.copy = both % 2;
			all_say(0x20000, &asked, code, "rights of an entry");
		}
		let_go(asked.object);
	}
}

TEST(no_mapping_has_more_rights_than_the_entry)
{
	in_each_personality(rights_are_judged);
}

TEST(a_mask_asks_for_what_the_entry_permits)
{
	static const struct {
		vm_prot_t permission, current, maximum;
		const char *picture;
	} masks[] = {
		{ 1, RWX | 0x40, RWX | 0x40,
		    "20000-21000 r--/r-- copy shared" },
		{ 3, RWX | 0x40, RWX | 0x40,
		    "20000-21000 rw-/rw- copy shared" },
		{ 3, VM_PROT_READ, RWX | 0x40,
		    "20000-21000 r--/rw- copy shared" },
		{ 5, RW | 0x40, RWX | 0x40, "20000-21000 r--/r-x copy shared" },
		{ 4, RW | 0x40, RW | 0x40, "20000-21000 ---/--- copy shared" },
	};
	struct asked asked = zeros;
	vm_address_t at = 0x20000;

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		task = new_task();
		asked.object = drawn_entry("a", 1, masks[i].permission);
		asked.current = masks[i].current;
		asked.maximum = masks[i].maximum;
		succeeds(classic(task, &at, &asked));
		regions_are(task, masks[i].picture);
	}
	asked.object = drawn_entry("a", 1, VM_PROT_READ);
	asked.current = RW | VM_PROT_IS_MASK;
	asked.maximum = RW;
	all_say(0x30000, &asked, KERN_INVALID_RIGHT, "the maximum is no mask");
}

/* Of an entry of three pages, that may be read only: what comes first. */
static const struct part {
	vm_offset_t offset;
	vm_size_t size;
	vm_address_t address;
	vm_prot_t maximum;
	kern_return_t code;
	const char *why;
} parts[] = {
	{ 0, 3 * PAGE, 0x20000, 1, KERN_SUCCESS, "all of it" },
	{ 0x1000, 2 * PAGE, 0x20000, 1, KERN_SUCCESS, "its end" },
	{ 0x2000, 1, 0x20000, 1, KERN_SUCCESS, "a byte" },
	{ 0x2000, PAGE, 0x20000, 1, KERN_SUCCESS, "a page" },
	{ 0, 3 * PAGE + 1, 0x20000, 1, KERN_INVALID_ARGUMENT, "a byte more" },
	{ 0x1000, 3 * PAGE, 0x20000, 1, KERN_INVALID_ARGUMENT, "a page" },
	{ 0x3000, 1, 0x20000, 1, KERN_INVALID_ARGUMENT, "behind it" },
	{ LAST, 2, 0x20000, 1, KERN_INVALID_ARGUMENT, "it wraps" },
	{ TOP, 2 * PAGE, 0x20000, 1, KERN_INVALID_ARGUMENT, "in pages" },
	{ 1, 1, 0x20000, 1, KERN_INVALID_ARGUMENT, "within a page" },
	{ 0x3000, 1, 0x10000, 1, KERN_INVALID_ARGUMENT, "... no room" },
	{ 0x3000, 1, 0x20000, 3, KERN_INVALID_RIGHT, "... not permitted" },
	{ 1, 1, 0x10000, 7, KERN_INVALID_RIGHT, "... nor room" },
	{ 0, PAGE, 0x10000, 7, KERN_INVALID_RIGHT, "no room" },
	{ 0, PAGE, 0x10000, 1, KERN_NO_SPACE, "no room alone" },
	{ 0, 2 * PAGE, 0xf000, 1, KERN_NO_SPACE, "half of it" },
	{ 0, PAGE, END, 1, KERN_INVALID_ADDRESS, "outside" },
};

static void
parts_are_judged(enum personality personality)
{
	struct asked asked = zeros;

	(void)personality;
	task = new_task();
	draw(task, 0x10000, "t");
	asked.object = drawn_entry("abc", 3, VM_PROT_READ);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		asked.size = parts[i].size;
		asked.offset = parts[i].offset;
		asked.current = VM_PROT_READ;
		asked.maximum = parts[i].maximum;
		all_say(parts[i].address, &asked, parts[i].code, parts[i].why);
	}
}

TEST(rights_are_told_before_the_range_and_that_before_the_place)
{
	in_each_personality(parts_are_judged);
}

TEST(an_offset_is_where_in_the_entry_the_memory_begins)
{
	struct asked asked = zeros;
	vm_address_t at = 0x20000;

	asked.object = drawn_entry("abcdef", 6, RWX);
	for (unsigned i = 0; i < 6; i++) {
		asked.size = (6 - i) * PAGE;
		asked.offset = i * PAGE;
		succeeds(spellings[i % 3](task, &at, &asked));
		at += 0x10000;
	}
	for (unsigned i = 0; i < 6; i++)
		pages_are(task, 0x20000 + i * 0x10000, &"abcdef"[i]);
	fill(task, 0x70000, PAGE, 'z');
	for (unsigned i = 0; i < 6; i++)
		pages_are(task, 0x20000 + (5 - i) * 0x10000 + i * PAGE, "z");
}

TEST(the_address_of_data_within_a_page_is_returned_if_asked_for)
{
	struct asked asked = zeros;
	vm_address_t at = 0x20000;

	asked.object = drawn_entry("abc", 3, RWX);
	asked.offset = 0x1ffe;
	asked.size = 4;
	asked.flags = VM_FLAGS_RETURN_DATA_ADDR;
	succeeds(classic(task, &at, &asked));
	ck_assert_uint_eq(at, 0x20ffe);
	pages_are(task, 0x1f000, ".bc.");
	bytes_are(task, at, 2, 'b');
	bytes_are(task, at + 2, 2, 'c');
}

TEST(a_copy_is_as_the_entry_was_and_all_others_are_the_entry)
{
	mem_entry_name_port_t entry = drawn_entry("abc", 3, RWX);
	struct asked asked = zeros;
	vm_address_t at = 0x20000;
	task_t other = new_task();

	map_at(task, 0x10000, 3 * PAGE, entry);
	map_at(other, 0x10000, 3 * PAGE, entry);
	asked.object = entry;
	asked.size = 3 * PAGE;
	asked.copy = TRUE;
	succeeds(classic(task, &at, &asked));
	fill(other, 0x11000, PAGE, 'o');
	pages_are(task, 0x10000, "aoc");
	pages_are(task, 0x20000, "abc");
	fill(task, 0x22000, PAGE, 'z');
	pages_are(task, 0x20000, "abz");
	pages_are(other, 0x10000, "aoc");
	regions_are(task, "10000-13000 rw-/rw- copy shared\n"
			  "20000-23000 rw-/rwx copy");
}

TEST(what_is_mapped_outlives_the_port)
{
	mem_entry_name_port_t entry = drawn_entry("ab", 2, RWX);
	task_t other = new_task();

	map_at(task, 0x10000, 2 * PAGE, entry);
	map_at(other, 0x30000, 2 * PAGE, entry);
	let_go(entry);
	fill(task, 0x11000, PAGE, 't');
	pages_are(other, 0x30000, "at");
	end_task(task);
	pages_are(other, 0x30000, "at");
	regions_are(other, "30000-32000 rw-/rw- copy");
}
