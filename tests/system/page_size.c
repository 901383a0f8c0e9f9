/*
 * Tasks whose pages are of 16 KiB: as their clients want, or their daemon
 *
 * $VMD_PAGE_SIZE is read before main(), and here by what a child makes of it.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <servers/bootstrap.h>

#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum { LARGE = 16 * 1024 };

void
test_setup(void)
{
	daemon_start("--check", "--page-size", "16K", NULL);
	succeeds(vm_deallocate(mach_task_self(), 0, 0));
}

void
test_teardown(void)
{
	daemon_stop();
}

static vm_address_t
allocate_any(task_t task, vm_size_t size)
{
	vm_address_t address = 0;

	succeeds(vm_allocate(task, &address, size, TRUE));
	return address;
}

static vm_size_t
region_size(task_t task, vm_address_t address)
{
	vm_region_basic_info_data_64_t info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	vm_address_t at = address;
	mach_port_t object;
	vm_size_t size;

	succeeds(vm_region_64(task, &at, &size, VM_REGION_BASIC_INFO_64,
	    (vm_region_info_t)&info, &count, &object));
	ck_assert_uint_eq(at, address);
	return size;
}

TEST(the_first_call_tells_a_program_how_large_its_pages_are)
{
	ck_assert_uint_eq(vm_page_size, LARGE);
	ck_assert_uint_eq(vm_page_mask, LARGE - 1);
	ck_assert_int_eq(vm_page_shift, 14);
	ck_assert_uint_eq(vm_kernel_page_size, 4096);
}

TEST(addresses_and_sizes_are_of_whole_large_pages)
{
	vm_address_t address = allocate_any(mach_task_self(), 1), more;

	ck_assert_uint_eq(address % LARGE, 0);
	ck_assert_uint_ge(address, LARGE);
	ck_assert_uint_eq(region_size(mach_task_self(), address), LARGE);
	more = allocate_any(mach_task_self(), LARGE + 1);
	ck_assert_uint_eq(more, address + LARGE);
	more = address + 0x1000;
	answers(vm_allocate(mach_task_self(), &more, 0x1000, FALSE),
	    KERN_NO_SPACE);
	succeeds(vm_deallocate(mach_task_self(), address + 0x3000, 1));
	more = address;
	succeeds(vm_allocate(mach_task_self(), &more, 1, FALSE));
}

TEST(protection_and_inheritance_change_for_a_whole_large_page)
{
	vm_address_t address = allocate_any(mach_task_self(), 3 * LARGE);

	succeeds(vm_protect(mach_task_self(), address + LARGE + 1, 1, FALSE,
	    VM_PROT_READ));
	ck_assert_uint_eq(region_size(mach_task_self(), address), LARGE);
	ck_assert_uint_eq(region_size(mach_task_self(), address + LARGE),
	    LARGE);
	answers(vm_write(mach_task_self(), address + 2 * LARGE - 1,
		    (vm_offset_t) "x", 1),
	    KERN_PROTECTION_FAILURE);
	succeeds(vm_write(mach_task_self(), address + 2 * LARGE,
	    (vm_offset_t) "x", 1));
}

TEST(a_child_s_pages_are_as_large)
{
	vm_address_t address = allocate_any(mach_task_self(), LARGE);
	task_t child;

	succeeds(vm_write(mach_task_self(), address + 0x2345,
	    (vm_offset_t) "abc", 3));
	succeeds(task_create(mach_task_self(), NULL, 0, TRUE, &child));
	ck_assert_uint_eq(region_size(child, address), LARGE);
	ck_assert_uint_eq(allocate_any(child, 1) % LARGE, 0);
}

TEST(bytes_go_anywhere_within_large_pages)
{
	vm_address_t address = allocate_any(mach_task_self(), 4 * LARGE);
	mach_msg_type_number_t count;
	vm_offset_t data;

	succeeds(vm_write(mach_task_self(), address + 0x3ffe,
	    (vm_offset_t) "abcd", 4));
	succeeds(
	    vm_copy(mach_task_self(), address, 2 * LARGE, address + 2 * LARGE));
	succeeds(vm_read(mach_task_self(), address + 2 * LARGE + 0x3ffe, 4,
	    &data, &count));
	ck_assert_int_eq(memcmp((char *)data, "abcd", 4), 0);
	succeeds(vm_deallocate(mach_task_self(), data, count));
	succeeds(vm_read(mach_task_self(), address + 0x1ffe, 3 * LARGE, &data,
	    &count));
	ck_assert_int_eq(memcmp((char *)data + 0x2000, "abcd", 4), 0);
	succeeds(vm_deallocate(mach_task_self(), data, count));
}

/* Has the call: the task of another client, whose pages are of 4 KiB. */
static void
in_a_client_of_small_pages(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setenv("VMD_PAGE_SIZE", "4096", 1);
		body();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void
find_pages_small(void)
{
	vm_address_t address = allocate_any(mach_task_self(), 1);

	ck_assert_uint_eq(vm_page_size, 4096);
	ck_assert_uint_eq(region_size(mach_task_self(), address), 4096);
}

TEST(a_client_that_wants_small_ones_has_them)
{
	in_a_client_of_small_pages(find_pages_small);
}

/* A page of 4 KiB cannot be a page there; four can. */
static void
map_into_large_pages(void)
{
	vm_address_t address = allocate_any(mach_task_self(), LARGE), to = 0;
	vm_prot_t now, most;
	mach_port_t large;

	succeeds(vm_write(mach_task_self(), address, (vm_offset_t) "x", 1));
	succeeds(bootstrap_look_up(bootstrap_port, "large", &large));
	answers(vm_remap(large, &to, 0x1000, 0, TRUE, mach_task_self(), address,
		    FALSE, &now, &most, VM_INHERIT_COPY),
	    KERN_INVALID_ARGUMENT);
	succeeds(vm_remap(large, &to, LARGE, 0, TRUE, mach_task_self(), address,
	    FALSE, &now, &most, VM_INHERIT_COPY));
	ck_assert_uint_eq(to % LARGE, 0);
}

TEST(memory_of_small_pages_is_mapped_where_large_ones_are_if_it_fills_them)
{
	static char name[] = "large";

	succeeds(bootstrap_register(bootstrap_port, name, mach_task_self()));
	in_a_client_of_small_pages(map_into_large_pages);
}

static void
are_refused(void)
{
	vm_address_t address = 0;

	setenv("VMD_PAGE_SIZE", "8192", 1);
	answers(vm_allocate(mach_task_self(), &address, 1, TRUE),
	    MACH_SEND_INVALID_DEST);
}

TEST(sizes_that_there_are_not_are_refused)
{
	in_a_client_of_small_pages(are_refused);
}
