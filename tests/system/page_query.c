/* What is told of pages: vm_map_page_query, mach_vm_page_info, and
 * mach_vm_page_range_query. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <mach/mach_vm.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define LAST (-(vm_address_t)1)

enum { ROOM = 32, WORD = 0x5a5a5a5a };

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

/* --- A page ------------------------------------------------------------ */

enum {
	WRITTEN = VM_PAGE_QUERY_PAGE_PRESENT | VM_PAGE_QUERY_PAGE_REF |
		  VM_PAGE_QUERY_PAGE_DIRTY,
	COPIED = VM_PAGE_QUERY_PAGE_COPIED,
};

static void
page_is(task_t of, vm_address_t address, int disposition, int mappings)
{
	mach_msg_type_number_t count = VM_PAGE_INFO_BASIC_COUNT;
	struct vm_page_info_basic info;
	int seen = -1, refs = -1;

	succeeds(vm_map_page_query(of, address, &seen, &refs));
	ck_assert_int_eq(seen, disposition);
	ck_assert_int_eq(refs, mappings);
	succeeds(mach_vm_page_query(of, address, &seen, &refs));
	ck_assert_int_eq(seen, disposition);
	ck_assert_int_eq(refs, mappings);
	succeeds(mach_vm_page_info(of, address, VM_PAGE_INFO_BASIC,
	    (vm_page_info_t)&info, &count));
	ck_assert_uint_eq(count, VM_PAGE_INFO_BASIC_COUNT);
	ck_assert_int_eq(info.disposition, disposition);
	ck_assert_int_eq(info.ref_count, mappings);
	ck_assert_int_eq(info.depth, 0);
}

TEST(a_page_is_present_when_it_was_written_and_copied_while_another_has_it)
{
	task_t child;

	draw(task, 0x10000, "a.c");
	allocate_at(task, 0x20000, PAGE);
	page_is(task, 0x10000, WRITTEN, 1);
	page_is(task, 0x10fff, WRITTEN, 1);
	page_is(task, 0x11000, 0, 0);
	page_is(task, 0x20000, 0, 0);
	page_is(task, LAST, 0, 0);
	child = child_of(task);
	page_is(task, 0x10000, WRITTEN | COPIED, 1);
	page_is(child, 0x10000, WRITTEN | COPIED, 1);
	fill(child, 0x10000, 1, 'x');
	page_is(task, 0x10000, WRITTEN, 1);
	page_is(child, 0x10000, WRITTEN, 1);
	page_is(child, 0x12000, WRITTEN | COPIED, 1);
	share_at(task, 0x30000, PAGE, child, 0x12000);
	page_is(task, 0x30000, WRITTEN | COPIED, 2);
	page_is(child, 0x12000, WRITTEN | COPIED, 2);
}

TEST(page_info_tells_the_object_and_where_in_it_the_page_is)
{
	mach_port_t entry = new_entry(4 * PAGE, VM_PROT_DEFAULT);
	mach_msg_type_number_t count = VM_PAGE_INFO_BASIC_COUNT;
	struct vm_page_info_basic a, b;
	vm_address_t at = 0x20000;

	map_at(task, 0x10000, 4 * PAGE, entry);
	succeeds(vm_map(task, &at, PAGE, 0, 0, entry, 3 * PAGE, FALSE,
	    VM_PROT_READ, VM_PROT_READ, VM_INHERIT_NONE));
	succeeds(mach_vm_page_info(task, 0x13123, VM_PAGE_INFO_BASIC,
	    (vm_page_info_t)&a, &count));
	succeeds(mach_vm_page_info(task, 0x20fff, VM_PAGE_INFO_BASIC,
	    (vm_page_info_t)&b, &count));
	ck_assert_uint_ne(a.object_id, 0);
	ck_assert_uint_eq(a.object_id, b.object_id);
	ck_assert_uint_eq(a.offset, b.offset);
	ck_assert_uint_eq(a.offset % PAGE, 0);
	succeeds(mach_vm_page_info(task, 0x10000, VM_PAGE_INFO_BASIC,
	    (vm_page_info_t)&b, &count));
	ck_assert_uint_eq(a.offset, b.offset + 3 * PAGE);
}

TEST(page_info_knows_one_flavour_and_two_sizes)
{
	for (int flavor = 0; flavor < 3; flavor++) {
		for (unsigned room = 0; room < 12; room++) {
			bool good = flavor == 1 && (room == 7 || room == 8);
			mach_msg_type_number_t count = room;
			int info[ROOM];

			for (unsigned i = 0; i < ROOM; i++)
				info[i] = WORD;
			answers(mach_vm_page_info(task, 0, flavor, info,
				    &count),
			    good ? KERN_SUCCESS : KERN_INVALID_ARGUMENT);
			ck_assert_uint_eq(count, room);
			for (unsigned i = good ? room : 0; i < ROOM; i++)
				ck_assert_int_eq(info[i], WORD);
		}
	}
}

/* --- Ranges ------------------------------------------------------------ */

static void
range_is(vm_address_t address, vm_size_t size, mach_vm_size_t room,
    kern_return_t code, const char *pages)
{
	size_t told = strlen(pages);
	mach_vm_size_t count = room;
	int seen[16];

	for (unsigned i = 0; i < ARRAY_SIZE(seen); i++)
		seen[i] = WORD;
	answers(mach_vm_page_range_query(task, address, size,
		    (mach_vm_address_t)(uintptr_t)seen, &count),
	    code);
	ck_assert_uint_eq(count, code == KERN_SUCCESS ? told : room);
	for (size_t i = 0; i < told; i++)
		ck_assert_int_eq(seen[i], pages[i] == 'a' ? WRITTEN
					  : pages[i] == 'c'
					      ? (int)WRITTEN | COPIED
					      : 0);
	for (size_t i = told; i < ARRAY_SIZE(seen); i++)
		ck_assert_int_eq(seen[i], WORD);
}

TEST(a_range_query_tells_of_all_pages_that_the_bytes_touch)
{
	draw(task, 0x10000, "ab.0c");
	allocate_at(task, 0x20000, PAGE);
	copy_at(task, 0x20000 + PAGE, PAGE, task, 0x10000);

	range_is(0x10000, 5 * PAGE, 16, KERN_SUCCESS, "ca.0a");
	range_is(0x10fff, 2, 16, KERN_SUCCESS, "ca");
	range_is(0x10800, PAGE, 16, KERN_SUCCESS, "ca");
	range_is(0xf000, 3 * PAGE, 16, KERN_SUCCESS, ".ca");
	range_is(0x10000, 5 * PAGE, 3, KERN_SUCCESS, "ca.");
	range_is(0x10000, 5 * PAGE, 0, KERN_SUCCESS, "");
	range_is(0x10000, 0, 16, KERN_SUCCESS, "");
	range_is(0x20000, 2 * PAGE, 16, KERN_SUCCESS, "0c");
	range_is(VM_MAX_ADDRESS, 2 * PAGE, 16, KERN_SUCCESS, "..");
	range_is(LAST - PAGE, 2 * PAGE, 16, KERN_INVALID_ADDRESS, "");
	range_is(LAST, 1, 16, KERN_INVALID_ADDRESS, "");
	range_is(LAST - 1, 1, 16, KERN_INVALID_ADDRESS, "");
	range_is(LAST, 1, 0, KERN_SUCCESS, "");
	range_is(0x10000, PAGE, UINT64_MAX / 2, KERN_INVALID_ARGUMENT, "");
}

TEST(a_range_query_may_be_long)
{
	enum { PAGES = 20000 };
	_cleanup_(freep) int *seen = calloc(PAGES, sizeof(*seen));
	mach_vm_size_t count = PAGES;

	allocate_at(task, 0x1000000, PAGES * PAGE);
	for (vm_address_t i = 0; i < PAGES; i += 97)
		fill(task, 0x1000000 + i * PAGE, 1, 'a');
	succeeds(mach_vm_page_range_query(task, 0x1000000, PAGES * PAGE,
	    (mach_vm_address_t)(uintptr_t)seen, &count));
	ck_assert_uint_eq(count, PAGES);
	for (int i = 0; i < PAGES; i++)
		if (seen[i] != (i % 97 ? 0 : WRITTEN))
			ck_abort_msg("page %d: %#x", i, (unsigned)seen[i]);
}

TEST(dispositions_cannot_be_written_where_there_is_no_memory)
{
	void *none =
	    mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mach_vm_size_t count = 4;

	draw(task, 0x10000, "ab");
	answers(mach_vm_page_range_query(task, 0x10000, 2 * PAGE,
		    (mach_vm_address_t)(uintptr_t)none, &count),
	    KERN_INVALID_ADDRESS);
	ck_assert_uint_eq(count, 4);
	munmap(none, PAGE);
}

TEST(a_port_that_is_no_task_s_has_no_pages)
{
	mach_port_t host = mach_host_self();
	mach_msg_type_number_t count = 8;
	mach_vm_size_t told = 1;
	int a = WORD, b = WORD;
	int info[ROOM];

	answers(vm_map_page_query(host, 0, &a, &b), KERN_INVALID_ARGUMENT);
	answers(mach_vm_page_query(host, 0, &a, &b), KERN_INVALID_ARGUMENT);
	answers(mach_vm_page_info(host, 0, 1, info, &count),
	    KERN_INVALID_ARGUMENT);
	answers(mach_vm_page_range_query(host, 0, PAGE,
		    (mach_vm_address_t)(uintptr_t)info, &told),
	    KERN_INVALID_ARGUMENT);
	answers(vm_map_page_query(MACH_PORT_NULL, 0, &a, &b),
	    MACH_SEND_INVALID_DEST);
	ck_assert_int_eq(a, WORD);
	ck_assert_int_eq(b, WORD);
}
