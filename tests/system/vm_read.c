/* vm_read, vm_read_overwrite and vm_read_list: what comes, where to, and what
 * is refused. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

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

static void
give_back(vm_offset_t data, vm_size_t size)
{
	succeeds(vm_deallocate(mach_task_self(), data, size));
}

/* --- What is refused --------------------------------------------------- */

#define TOP     (-(vm_size_t)PAGE)
#define LAST    (-(vm_size_t)1)
#define FOUR_G  ((vm_size_t)1 << 32)
#define GOOD    ALL_SAY(KERN_SUCCESS)
#define ADDRESS ALL_SAY(KERN_INVALID_ADDRESS)
#define REFUSED ALL_SAY(KERN_PROTECTION_FAILURE)
/* Less than two pages: xnu knows but one error. */
#define SMALL                                                                  \
	SAY(KERN_PROTECTION_FAILURE, KERN_INVALID_ADDRESS,                     \
	    KERN_PROTECTION_FAILURE)

/* In a task whose pages from 10000 on are abc.---h. */
static const struct row {
	vm_address_t address;
	vm_size_t size;
	kern_return_t codes[PERSONALITIES];
	const char *why;
} rows[] = {
	{ 0x10000, PAGE, GOOD, "a page" },
	{ 0x10000, 3 * PAGE, GOOD, "pages" },
	{ 0x10001, 1, GOOD, "a byte" },
	{ 0x10fff, 2, GOOD, "bytes of two pages" },
	{ 0x10123, PAGE, GOOD, "a page's worth, from within a page" },
	{ 0x10123, 2 * PAGE, GOOD, "more, from within a page" },
	{ 0x10001, 3 * PAGE - 2, GOOD, "all but the first and last byte" },
	{ 0x12fff, 1, GOOD, "the last byte" },

	{ 0x10000, 0, GOOD, "no bytes" },
	{ 0x10001, 0, GOOD, "no bytes, within a page" },
	{ 0x13000, 0, GOOD, "no bytes of a hole" },
	{ 0x14000, 0, GOOD, "no bytes that may not be read" },
	{ VM_MAX_ADDRESS, 0, GOOD, "no bytes outside the map" },
	{ LAST, 0, GOOD, "no bytes at the last address" },

	{ 0x13000, 1, ADDRESS, "a byte of a hole" },
	{ 0x13000, PAGE, ADDRESS, "a hole" },
	{ 0x12fff, 2, ADDRESS, "a byte beyond the end" },
	{ 0x10000, 3 * PAGE + 1, ADDRESS, "pages, and a byte" },
	{ 0xffff, 2, ADDRESS, "a byte before the start" },
	{ 0, 1, ADDRESS, "address 0" },
	{ VM_MAX_ADDRESS, PAGE, ADDRESS, "outside the map" },
	{ VM_MAX_ADDRESS - 1, 1, ADDRESS, "its last byte" },

	{ 0x14000, 1, SMALL, "a byte that may not be read" },
	{ 0x14000, PAGE, SMALL, "a page" },
	{ 0x14fff, 2 * PAGE - 1, SMALL, "just less than two" },
	{ 0x14000, 2 * PAGE, REFUSED, "pages that may not be read" },
	{ 0x15000, 3 * PAGE, REFUSED, "the first of them may not" },

	/* At the lowest address. */
	{ 0x12000, 4 * PAGE, ADDRESS, "a hole, then unreadable" },
	{ 0x13000, 2 * PAGE, ADDRESS, "a hole, then unreadable" },
	{ 0x16000, 3 * PAGE, REFUSED, "unreadable, then a hole" },

	/* The ends of the address space. */
	{ TOP, PAGE, ADDRESS, "its end is 2^64" },
	{ TOP, 2 * PAGE, ADDRESS, "it wraps around" },
	{ LAST, 1, ADDRESS, "the last byte" },
};

/* Of vm_read only: a count has 32 bits. */
static const struct row large_rows[] = {
#define LARGE                                                                  \
	SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT, KERN_INVALID_ADDRESS)
	{ 0x10000, FOUR_G, LARGE, "4 GiB" },
	{ 0x70000, FOUR_G, LARGE, "4 GiB of a hole" },
	{ 0x10000, TOP, LARGE, "more than fits" },
	{ 0x10000, LAST, LARGE, "more than there is" },
#undef LARGE
	{ 0x10000, FOUR_G - 1, ADDRESS, "a byte less than 4 GiB" },
};

static uint8_t contents[3 * PAGE];

static void
draw_the_scene(void)
{
	task = new_task();
	draw(task, 0x10000, "abc.xxxh");
	write_pattern(task, 0x10000, sizeof(contents), 5);
	fill_pattern(contents, sizeof(contents), 5);
	protect(task, 0x14000, PAGE, VM_PROT_NONE);
	protect(task, 0x15000, PAGE, VM_PROT_WRITE);
	protect(task, 0x16000, PAGE, VM_PROT_EXECUTE);
}

/* Where in its page the first byte lies. */
static vm_offset_t
offset_of(const struct row *row, enum personality personality)
{
	if (personality == GNU || row->size >= 2 * PAGE)
		return row->address % PAGE;
	return 0;
}

static void
read_row_holds(const struct row *row, enum personality personality)
{
	kern_return_t expected = row->codes[personality];
	mach_msg_type_number_t count = (mach_msg_type_number_t)CANARY;
	vm_offset_t data = CANARY;

	code_is(vm_read(task, row->address, row->size, &data, &count), expected,
	    row->why);
	if (expected != KERN_SUCCESS) {
		ck_assert_uint_eq(data, CANARY);
		ck_assert_uint_eq(count, (mach_msg_type_number_t)CANARY);
		return;
	}
	ck_assert_uint_eq(count, row->size);
	if (row->size == 0) {
		ck_assert_uint_eq(data, 0);
		return;
	}
	ck_assert_msg(data % PAGE == offset_of(row, personality), "%s: at %#zx",
	    row->why, data);
	ck_assert_mem_eq((void *)data, contents + (row->address - 0x10000),
	    row->size);
	give_back(data, count);
}

static void
read_rows_hold(enum personality personality)
{
	draw_the_scene();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		read_row_holds(&rows[i], personality);
	for (size_t i = 0; i < ARRAY_SIZE(large_rows); i++)
		read_row_holds(&large_rows[i], personality);
}

TEST(vm_read_does_what_the_table_says)
{
	in_each_personality(read_rows_hold);
}

static void
overwrite_row_holds(const struct row *row, enum personality personality)
{
	kern_return_t expected = row->codes[personality];
	uint8_t bytes[3 * PAGE + 2], untouched[sizeof(bytes)];
	vm_size_t size = CANARY;

	memset(bytes, 0x5a, sizeof(bytes));
	memset(untouched, 0x5a, sizeof(bytes));
	code_is(vm_read_overwrite(task, row->address, row->size,
		    (vm_address_t)bytes + 1, &size),
	    expected, row->why);
	if (expected != KERN_SUCCESS) {
		ck_assert_uint_eq(size, CANARY);
		ck_assert_mem_eq(bytes, untouched, sizeof(bytes));
		return;
	}
	ck_assert_uint_eq(size, row->size);
	if (row->size > 0)
		memcpy(untouched + 1, contents + (row->address - 0x10000),
		    row->size);
	ck_assert_mem_eq(bytes, untouched, sizeof(bytes));
}

static void
overwrite_rows_hold(enum personality personality)
{
	draw_the_scene();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		overwrite_row_holds(&rows[i], personality);
}

TEST(vm_read_overwrite_does_what_the_table_says)
{
	in_each_personality(overwrite_rows_hold);
}

static void
sizes_have_no_limit(enum personality personality)
{
	uint8_t byte = 0x5a;
	vm_size_t size = CANARY;

	(void)personality;
	draw_the_scene();
	answers(vm_read_overwrite(task, 0x10000, FOUR_G, (vm_address_t)&byte,
		    &size),
	    KERN_INVALID_ADDRESS);
	answers(vm_read_overwrite(task, 0x10000, LAST, (vm_address_t)&byte,
		    &size),
	    KERN_INVALID_ADDRESS);
	answers(vm_read_overwrite(task, 0x15000, FOUR_G, (vm_address_t)&byte,
		    &size),
	    KERN_PROTECTION_FAILURE);
	answers(vm_read_overwrite(task, 0x15000, LAST - 0x15000,
		    (vm_address_t)&byte, &size),
	    KERN_INVALID_ADDRESS); /* its end rounds up to 2^64 */
	ck_assert_uint_eq(size, CANARY);
	ck_assert_uint_eq(byte, 0x5a);
}

TEST(vm_read_overwrite_judges_what_is_there_not_how_much)
{
	in_each_personality(sizes_have_no_limit);
}

/* --- What comes -------------------------------------------------------- */

TEST(what_was_read_is_a_copy_of_then)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	draw(task, 0x10000, "ab");
	succeeds(vm_read(task, 0x10000, 2 * PAGE, &data, &count));

	fill(task, 0x10000, 2 * PAGE, 'z');
	ck_assert_int_eq(*(char *)data, 'a');
	ck_assert_int_eq(*(char *)(data + PAGE), 'b');
	memset((void *)data, 'y', count);
	pages_are(task, 0x10000, "zz");
	give_back(data, count);
}

TEST(what_was_read_outlives_the_memory_and_the_task)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	draw(task, 0x10000, "ab");
	succeeds(vm_read(task, 0x10000, 2 * PAGE, &data, &count));
	succeeds(vm_deallocate(task, 0x10000, 2 * PAGE));
	end_task(task);

	ck_assert_int_eq(*(char *)(data + PAGE), 'b');
	give_back(data, count);
}

TEST(pages_never_touched_read_as_zeros)
{
	vm_size_t size = 64 << 20;
	mach_msg_type_number_t count;
	vm_offset_t data;

	allocate_at(task, 0x10000, size);
	fill(task, 0x10000 + size / 2, PAGE, 'm');
	succeeds(vm_read(task, 0x10000, size, &data, &count));

	ck_assert_uint_eq(count, size);
	for (vm_size_t i = 0; i < size; i += PAGE)
		ck_assert_int_eq(*(char *)(data + i), i == size / 2 ? 'm' : 0);
	give_back(data, count);
}

TEST(a_read_goes_across_regions_that_differ)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	draw(task, 0x10000, "abcd");
	protect(task, 0x11000, PAGE, VM_PROT_READ);
	inherit(task, 0x12000, PAGE, VM_INHERIT_NONE);
	succeeds(vm_read(task, 0x10800, 3 * PAGE, &data, &count));

	ck_assert_int_eq(*(char *)data, 'a');
	ck_assert_int_eq(*(char *)(data + 0x7ff), 'a');
	ck_assert_int_eq(*(char *)(data + 0x800), 'b');
	ck_assert_int_eq(*(char *)(data + 0x1800), 'c');
	ck_assert_int_eq(*(char *)(data + 0x2fff), 'd');
	give_back(data, count);
}

TEST(each_read_has_memory_of_its_own)
{
	vm_offset_t data[32];
	mach_msg_type_number_t count;

	draw(task, 0x10000, "a");
	for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
		succeeds(vm_read(task, 0x10000, 100, &data[i], &count));
		*(char *)data[i] = (char)i;
	}
	for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
		ck_assert_int_eq(*(char *)data[i], (char)i);
		give_back(data[i], 100);
	}
}

/* --- Lists ------------------------------------------------------------- */

static void
entry_is(const struct vm_read_entry *entry, vm_size_t size, char byte)
{
	ck_assert_uint_eq(entry->size, size);
	if (size == 0) {
		ck_assert_uint_eq(entry->address, 0);
		return;
	}
	ck_assert_int_eq(*(char *)entry->address, byte);
	ck_assert_int_eq(*(char *)(entry->address + size - 1), byte);
	give_back(entry->address, size);
}

TEST(a_list_is_read_range_by_range)
{
	vm_read_entry_t list = {
		{ 0x10000, PAGE },
		{ 0x11fff, 1 },
		{ 0x12010, 2 * PAGE - 0x20 },
		{ 0, 0 },
		{ 0x10800, 10 },
		{ 0x7777, 0x7777 },
	};

	draw(task, 0x10000, "abcc");
	succeeds(vm_read_list(task, list, 5));

	entry_is(&list[0], PAGE, 'a');
	entry_is(&list[1], 1, 'b');
	ck_assert_uint_eq(list[2].address % PAGE, 0);
	entry_is(&list[2], 2 * PAGE - 0x20, 'c');
	entry_is(&list[3], 0, 0);
	entry_is(&list[4], 10, 'a');
	ck_assert_uint_eq(list[5].address, 0x7777);
	ck_assert_uint_eq(list[5].size, 0x7777);
}

TEST(in_a_list_too_two_pages_keep_their_offset)
{
	vm_read_entry_t list = { { 0x10123, 2 * PAGE }, { 0x10123, PAGE } };

	draw(task, 0x10000, "aaa");
	succeeds(vm_read_list(task, list, 2));

	ck_assert_uint_eq(list[0].address % PAGE, 0x123);
	ck_assert_uint_eq(list[1].address % PAGE, 0);
	entry_is(&list[0], 2 * PAGE, 'a');
	entry_is(&list[1], PAGE, 'a');
}

TEST(a_list_goes_on_after_a_range_that_fails_and_the_last_one_tells)
{
	vm_read_entry_t list = {
		{ 0x10000, PAGE },
		{ 0x11000, PAGE },
		{ 0x12000, PAGE },
		{ 0x13000, PAGE },
		{ 0x70000, 0 },
	};

	draw(task, 0x10000, "a.cd");
	protect(task, 0x12000, PAGE, VM_PROT_NONE);
	succeeds(vm_read_list(task, list, 5));

	entry_is(&list[0], PAGE, 'a');
	entry_is(&list[1], 0, 0);
	entry_is(&list[2], 0, 0);
	entry_is(&list[3], PAGE, 'd');
	entry_is(&list[4], 0, 0);
}

static void
list_answers(vm_address_t last, vm_size_t size, kern_return_t expected)
{
	vm_read_entry_t list = { { 0x10000, PAGE }, { last, size },
		{ 0x10000, 0 } };

	answers(vm_read_list(task, list, 3), expected);
	ck_assert_uint_eq(list[0].address, 0x10000);
	ck_assert_uint_eq(list[0].size, PAGE);
	ck_assert_uint_eq(list[1].address, last);
	ck_assert_uint_eq(list[1].size, size);
}

TEST(a_list_whose_last_range_fails_is_left_as_it_was)
{
	draw(task, 0x10000, "a.c");
	protect(task, 0x12000, PAGE, VM_PROT_NONE);

	list_answers(0x11000, PAGE, KERN_INVALID_ADDRESS);
	list_answers(0x12000, PAGE, KERN_PROTECTION_FAILURE);
	list_answers(0x10000, FOUR_G, KERN_INVALID_ARGUMENT);
	list_answers(TOP, 2 * PAGE, KERN_INVALID_ADDRESS);
}

TEST(a_list_has_256_ranges_at_most)
{
	static struct vm_read_entry list[VM_MAP_ENTRY_MAX + 1];

	draw(task, 0x10000, "abcdefgh");
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		list[i] =
		    (struct vm_read_entry){ 0x10000 + i % 8 * PAGE, 1 + i };

	answers(vm_read_list(task, list, VM_MAP_ENTRY_MAX + 1),
	    KERN_INVALID_ARGUMENT);
	answers(vm_read_list(task, list, UINT32_MAX), KERN_INVALID_ARGUMENT);
	ck_assert_uint_eq(list[0].address, 0x10000);
	succeeds(vm_read_list(task, list, VM_MAP_ENTRY_MAX));

	for (size_t i = 0; i < VM_MAP_ENTRY_MAX; i++)
		entry_is(&list[i], 1 + i, (char)('a' + i % 8));
	ck_assert_uint_eq(list[VM_MAP_ENTRY_MAX].size, VM_MAP_ENTRY_MAX + 1);
}

TEST(a_list_of_none_is_read_at_once)
{
	vm_read_entry_t list = { { 0x70000, PAGE } };

	succeeds(vm_read_list(task, list, 0));

	ck_assert_uint_eq(list[0].address, 0x70000);
	ck_assert_uint_eq(list[0].size, PAGE);
}

TEST(a_long_list_of_large_ranges_is_read)
{
	enum { RANGES = 64 };
	const vm_size_t size = 1 << 20;
	vm_read_entry_t list;

	allocate_at(task, 0x10000, size);
	write_pattern(task, 0x10000, size, 9);
	for (size_t i = 0; i < RANGES; i++)
		list[i] = (struct vm_read_entry){ 0x10000 + i * 0x1234,
			size - i * 0x1234 };
	succeeds(vm_read_list(task, list, RANGES));

	for (size_t i = 0; i < RANGES; i++) {
		_cleanup_(freep) uint8_t *all = malloc(size);

		fill_pattern(all, size, 9);
		ck_assert_uint_eq(list[i].size, size - i * 0x1234);
		ck_assert_mem_eq((void *)list[i].address, all + i * 0x1234,
		    list[i].size);
		give_back(list[i].address, list[i].size);
	}
}
