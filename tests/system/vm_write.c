/* vm_write: which bytes change, and what is refused. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

static task_t task;

/* At the start of a page, as gnu wants it. */
static uint8_t bytes[16 * PAGE] __attribute__((aligned(PAGE)));

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
#define ADDRESS ALL_SAY(KERN_INVALID_ADDRESS)
#define REFUSED ALL_SAY(KERN_PROTECTION_FAILURE)
/* Less than two pages: xnu knows but one error. */
#define SMALL                                                                  \
	SAY(KERN_PROTECTION_FAILURE, KERN_INVALID_ADDRESS,                     \
	    KERN_PROTECTION_FAILURE)
/* gnu takes whole pages only, and says so before it looks at them. */
#define BYTES SAY(KERN_SUCCESS, KERN_SUCCESS, KERN_INVALID_ARGUMENT)
#define BYTES_ADDRESS                                                          \
	SAY(KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS, KERN_INVALID_ARGUMENT)
#define BYTES_SMALL                                                            \
	SAY(KERN_PROTECTION_FAILURE, KERN_INVALID_ADDRESS,                     \
	    KERN_INVALID_ARGUMENT)
#define BYTES_REFUSED                                                          \
	SAY(KERN_PROTECTION_FAILURE, KERN_PROTECTION_FAILURE,                  \
	    KERN_INVALID_ARGUMENT)

/* In a task whose pages from 10000 on are abc.defgh, of which d, e and f may
 * not be written. */
static const struct row {
	vm_address_t address;
	mach_msg_type_number_t count;
	kern_return_t codes[PERSONALITIES];
	const char *why;
} rows[] = {
	{ 0x10000, PAGE, GOOD, "a page" },
	{ 0x10000, 3 * PAGE, GOOD, "pages" },
	{ 0x10000, 1, BYTES, "a byte" },
	{ 0x10001, PAGE, BYTES, "a page's worth, from within a page" },
	{ 0x10fff, 2, BYTES, "bytes of two pages" },
	{ 0x10001, 3 * PAGE - 2, BYTES, "all but the first and last byte" },
	{ 0x10000, 2 * PAGE + 1, BYTES, "pages, and a byte" },

	{ 0x10000, 0, GOOD, "no bytes" },
	{ 0x10001, 0, GOOD, "no bytes, within a page" },
	{ 0x13000, 0, GOOD, "no bytes to a hole" },
	{ 0x14000, 0, GOOD, "no bytes that may not be written" },
	{ LAST, 0, GOOD, "no bytes to the last address" },

	{ 0x13000, PAGE, ADDRESS, "a hole" },
	{ 0x12000, 2 * PAGE, ADDRESS, "a hole at the end" },
	{ 0xf000, 2 * PAGE, ADDRESS, "a hole at the start" },
	{ 0x13000, 1, BYTES_ADDRESS, "a byte to a hole" },
	{ 0x12fff, 2, BYTES_ADDRESS, "a byte beyond the end" },
	{ 0, PAGE, ADDRESS, "page 0" },
	{ VM_MAX_ADDRESS, PAGE, ADDRESS, "outside the map" },

	{ 0x14000, PAGE, SMALL, "a read-only page" },
	{ 0x14000, 1, BYTES_SMALL, "a byte of it" },
	{ 0x14fff, 2 * PAGE - 1, BYTES_SMALL, "just less than two pages" },
	{ 0x14000, 2 * PAGE, REFUSED, "pages that may not be written" },
	{ 0x16000, 2 * PAGE, REFUSED, "the first may not" },
	{ 0x14001, 2 * PAGE, BYTES_REFUSED, "pages' worth, within" },

	/* At the lowest address. */
	{ 0x12000, 4 * PAGE, ADDRESS, "a hole, then read-only" },
	{ 0x13000, 2 * PAGE, ADDRESS, "a hole at once, then read-only" },
	{ 0x16000, 4 * PAGE, REFUSED, "read-only, then a hole" },

	/* The ends of the address space. */
	{ TOP, PAGE, ADDRESS, "its end is 2^64" },
	{ TOP, 2 * PAGE, ADDRESS, "it wraps around" },
	{ LAST, 1, BYTES_ADDRESS, "the last byte" },
};

static void
draw_the_scene(void)
{
	task = new_task();
	draw(task, 0x10000, "abc.defgh");
	protect(task, 0x14000, PAGE, VM_PROT_READ);
	protect(task, 0x15000, PAGE, VM_PROT_READ | VM_PROT_EXECUTE);
	protect(task, 0x16000, PAGE, VM_PROT_READ);
}

/* The three pages at 10000, after `count` bytes were written. */
static void
three_pages_are(vm_address_t address, mach_msg_type_number_t count)
{
	uint8_t seen[3 * PAGE], expected[3 * PAGE];
	vm_size_t size;

	for (size_t i = 0; i < sizeof(expected); i++)
		expected[i] = (uint8_t)('a' + i / PAGE);
	memcpy(expected + (address - 0x10000), bytes, count);
	succeeds(vm_read_overwrite(task, 0x10000, sizeof(seen),
	    (vm_address_t)seen, &size));
	ck_assert_mem_eq(seen, expected, sizeof(seen));
}

static void
row_holds(const struct row *row, enum personality personality)
{
	kern_return_t expected = row->codes[personality];
	uint64_t before;

	draw_the_scene();
	before = digest(task);
	code_is(vm_write(task, row->address, (vm_offset_t)bytes, row->count),
	    expected, row->why);
	if (expected == KERN_SUCCESS && row->count > 0)
		three_pages_are(row->address, row->count);
	else
		ck_assert_msg(digest(task) == before, "%s: changed something",
		    row->why);
	pages_are(task, 0x13000, ".defgh.");
	end_task(task);
}

static void
rows_hold(enum personality personality)
{
	fill_pattern(bytes, sizeof(bytes), 7);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		row_holds(&rows[i], personality);
}

TEST(vm_write_does_what_the_table_says)
{
	in_each_personality(rows_hold);
}

static void
bytes_must_be_a_page(enum personality personality)
{
	(void)personality;
	task = new_task();
	draw(task, 0x10000, "aa");

	answers(vm_write(task, 0x10000, (vm_offset_t)bytes + 1, PAGE),
	    KERN_INVALID_ARGUMENT);
	answers(vm_write(task, 0x70000, (vm_offset_t)bytes + 1, PAGE),
	    KERN_INVALID_ARGUMENT);
	succeeds(vm_write(task, 0x70000, (vm_offset_t)bytes + 1, 0));
	pages_are(task, 0x10000, "aa");
}

TEST(as_gnu_the_caller_s_bytes_must_start_a_page)
{
	in_personality(GNU, bytes_must_be_a_page);
}

TEST(what_fails_late_has_written_nothing)
{
	enum { SIZE = 16 * PAGE };

	fill_pattern(bytes, sizeof(bytes), 1);
	allocate_at(task, 0x10000, SIZE);
	fill(task, 0x10000, SIZE, 'a');
	protect(task, 0x10000 + SIZE - PAGE, PAGE, VM_PROT_READ);

	answers(vm_write(task, 0x10000, (vm_offset_t)bytes, SIZE),
	    KERN_PROTECTION_FAILURE);
	answers(vm_write(task, 0x10001, (vm_offset_t)bytes, SIZE),
	    KERN_PROTECTION_FAILURE);
	succeeds(vm_deallocate(task, 0x10000 + SIZE - PAGE, PAGE));
	answers(vm_write(task, 0x10000, (vm_offset_t)bytes, SIZE),
	    KERN_INVALID_ADDRESS);

	bytes_are(task, 0x10000, SIZE - PAGE, 'a');
}

/* --- Which bytes change ------------------------------------------------ */

static void
write_is_memcpy(size_t offset, vm_address_t to, mach_msg_type_number_t count)
{
	static uint8_t seen[8 * PAGE], expected[8 * PAGE];
	vm_size_t size;

	memset(expected, 'z', sizeof(expected));
	memcpy(expected + to, bytes + offset, count);
	fill(task, 0x10000, sizeof(expected), 'z');

	succeeds(
	    vm_write(task, 0x10000 + to, (vm_offset_t)bytes + offset, count));

	succeeds(vm_read_overwrite(task, 0x10000, sizeof(seen),
	    (vm_address_t)seen, &size));
	ck_assert_msg(memcmp(seen, expected, sizeof(seen)) == 0,
	    "%u bytes from %zu to %zu", count, offset, to);
}

TEST(any_bytes_go_anywhere_as_with_memcpy)
{
	static const vm_size_t places[] = { 0, 1, 64, 2048, 4088, 4095, 4096,
		4097, 8191, 8192 };
	static const mach_msg_type_number_t counts[] = { 1, 2, 8, 2049, 4095,
		4096, 4097, 8192, 8193, 16384, 20479 };

	fill_pattern(bytes, sizeof(bytes), 2);
	allocate_at(task, 0x10000, 8 * PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		for (size_t j = 0; j < ARRAY_SIZE(places); j++)
			for (size_t k = 0; k < ARRAY_SIZE(counts); k++)
				write_is_memcpy(places[i], places[j],
				    counts[k]);
}

TEST(what_was_read_and_is_written_back_is_as_before)
{
	mach_msg_type_number_t count;
	vm_offset_t data;
	uint64_t before;

	draw(task, 0x10000, "abcdefgh");
	write_pattern(task, 0x10123, 5 * PAGE, 3);
	before = digest(task);

	succeeds(vm_read(task, 0x10777, 4 * PAGE, &data, &count));
	succeeds(vm_write(task, 0x10777, data, count));
	succeeds(vm_deallocate(mach_task_self(), data, count));

	ck_assert_uint_eq(digest(task), before);
}

TEST(the_bytes_are_those_of_the_call_whatever_they_become_later)
{
	memset(bytes, 'a', sizeof(bytes));
	allocate_at(task, 0x10000, sizeof(bytes));

	succeeds(vm_write(task, 0x10000, (vm_offset_t)bytes, sizeof(bytes)));
	memset(bytes, 'b', sizeof(bytes));

	bytes_are(task, 0x10000, sizeof(bytes), 'a');
}

TEST(many_megabytes_are_written_by_one_call)
{
	const vm_size_t size = 48 << 20;
	uint8_t *much = malloc(size + 1);

	ck_assert_ptr_nonnull(much);
	fill_pattern(much, size + 1, 4);
	allocate_at(task, 0x100000, size + PAGE);

	succeeds(vm_write(task, 0x100001, (vm_offset_t)much,
	    (mach_msg_type_number_t)size));

	pattern_is(task, 0x100001, size, 4);
	bytes_are(task, 0x100000, 1, 0);
	bytes_are(task, 0x100001 + size, PAGE - 1, 0);
	free(much);
}

/* --- Whose memory changes ---------------------------------------------- */

TEST(shared_memory_that_is_written_is_seen_by_all_who_share_it)
{
	task_t child;

	draw(task, 0x10000, "ab");
	inherit(task, 0x10000, 2 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);

	fill(child, 0x10000, PAGE, 'c');
	fill(task, 0x11800, PAGE / 2, 'b');
	fill(task, 0x11000, PAGE / 2, 'd');

	pages_are(task, 0x10000, "c?");
	pages_are(child, 0x10000, "c?");
	bytes_are(child, 0x11000, PAGE / 2, 'd');
	bytes_are(child, 0x11800, PAGE / 2, 'b');
}

TEST(shared_memory_that_nobody_had_touched_is_shared_all_the_same)
{
	task_t child;

	allocate_at(task, 0x10000, 2 * PAGE);
	inherit(task, 0x10000, 2 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);

	fill(child, 0x11000, PAGE, 'c');
	fill(task, 0x10000, PAGE, 'p');

	pages_are(task, 0x10000, "pc");
	pages_are(child, 0x10000, "pc");
}

TEST(copied_memory_that_is_written_changes_on_one_side_only)
{
	task_t child;

	draw(task, 0x10000, "abc");
	child = child_of(task);

	fill(child, 0x10000, PAGE, 'x');
	fill(task, 0x11000, 1, 'y');

	pages_are(task, 0x10000, "a?c");
	pages_are(child, 0x10000, "xbc");
}

TEST(writing_a_page_again_takes_no_further_frame)
{
	struct vmd_statistics before, after;

	draw(task, 0x10000, "ab");
	succeeds(vmd_statistics(&before));
	for (int i = 0; i < 100; i++) {
		fill(task, 0x10000, 2 * PAGE, (char)('a' + i % 26));
		fill(task, 0x10800, PAGE, (char)('a' + i % 26));
	}
	succeeds(vmd_statistics(&after));

	ck_assert_uint_eq(after.pages_used, before.pages_used);
}
