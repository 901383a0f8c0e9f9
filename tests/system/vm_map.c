/* vm_map of zeros: where they go, and what they may be. Of memory entries:
 * vm_map_entry.c. */
#include "tests/support/test.h"

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/mapping.h"
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

		all_say(task, row->address, &asked, row->codes[personality],
		    row->why);
	}
	pages_are(task, 0x10000, "ab..c");
}

TEST(vm_map_refuses_what_the_table_says_and_changes_nothing)
{
	in_each_personality(rows_hold);
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
