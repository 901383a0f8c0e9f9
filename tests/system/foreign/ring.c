/*
 * A program from outside: it knows Mach, and nothing of vmd
 *
 * A message goes round a ring of pages, each of which copies the one before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/mach.h>

#define PAGES 16

static void
check(kern_return_t kr, const char *what)
{
	if (kr != KERN_SUCCESS) {
		mach_error(what, kr);
		exit(1);
	}
}

/* How many regions there are in the task, and how many bytes. */
static unsigned
walk(task_t task, vm_size_t *total)
{
	vm_region_basic_info_data_64_t info;
	mach_msg_type_number_t count;
	vm_address_t address = 0;
	mach_port_t object;
	vm_size_t size;
	unsigned regions = 0;

	for (*total = 0;; address += size, *total += size, regions++) {
		count = VM_REGION_BASIC_INFO_COUNT_64;
		if (vm_region_64(task, &address, &size, VM_REGION_BASIC_INFO_64,
			(vm_region_info_t)&info, &count,
			&object) != KERN_SUCCESS)
			return regions;
	}
}

int
main(void)
{
	static const char message[] = "round and round";
	task_t self = mach_task_self();
	vm_size_t page = vm_page_size, total;
	mach_msg_type_number_t count;
	vm_address_t ring = 0;
	vm_offset_t data;
	unsigned regions;

	check(vm_allocate(self, &ring, PAGES * page, TRUE), "vm_allocate");
	check(vm_write(self, ring, (vm_offset_t)message, sizeof(message)),
	    "vm_write");
	for (unsigned i = 0; i + 1 < PAGES; i++)
		check(vm_copy(self, ring + i * page, page,
			  ring + (i + 1) * page),
		    "vm_copy");
	check(vm_write(self, ring, (vm_offset_t) "gone", 5), "vm_write");
	check(vm_copy(self, ring + (PAGES - 1) * page, page, ring), "vm_copy");

	check(vm_read(self, ring, page, &data, &count), "vm_read");
	if (count != page || strcmp((const char *)data, message) != 0)
		return 1;
	check(vm_deallocate(self, data, count), "vm_deallocate");
	regions = walk(self, &total);
	if (regions != 1 || total != PAGES * page)
		return 1;
	check(vm_deallocate(self, ring, total), "vm_deallocate");
	if (vm_read(self, ring, page, &data, &count) != KERN_INVALID_ADDRESS)
		return 1;
	printf("%s: %s\n", message, mach_error_string(KERN_SUCCESS));
	return 0;
}
