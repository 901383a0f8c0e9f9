/*
 * A program written for GNU Mach: its headers, its spellings, its codes
 *
 * It walks its memory, forks a task, wires some and looks at the counters.
 * Exits 0 if all was as there.
 */
#include <mach.h>
#include <mach/gnumach.h>
#include <mach/vm_statistics.h>
#include <mach_error.h>
#include <mach_init.h>
#include <stdio.h>
#include <string.h>

/* The widths that GNU Mach has on a machine of 64 bits. */
_Static_assert(sizeof(struct vm_statistics) == 52, "vm_statistics");
_Static_assert(sizeof(struct vm_cache_statistics) == 44, "vm_cache_statistics");
_Static_assert(sizeof(struct task_events_info) == 56, "TASK_EVENTS_INFO");
_Static_assert(sizeof(struct host_basic_info) == 24, "HOST_BASIC_INFO");

static int failed;

static void
expect(kern_return_t kr, kern_return_t wanted, const char *what)
{
	if (kr == wanted)
		return;
	fprintf(stderr, "%s: %s\n", what, mach_error_string(kr));
	failed = 1;
}

static void
holds(int is, const char *what)
{
	if (is)
		return;
	fprintf(stderr, "not so: %s\n", what);
	failed = 1;
}

static void
walk(task_t task, vm_size_t wanted)
{
	vm_address_t address = 0;
	vm_size_t size = 0, all = 0;
	vm_prot_t protection, max_protection;
	vm_inherit_t inheritance;
	boolean_t shared;
	mach_port_t name;
	vm_offset_t offset;
	kern_return_t kr;

	while (
	    (kr = vm_region(task, &address, &size, &protection, &max_protection,
		 &inheritance, &shared, &name, &offset)) == KERN_SUCCESS) {
		holds(max_protection == VM_PROT_ALL && !shared, "a region");
		address += size;
		all += size;
	}
	expect(kr, KERN_NO_SPACE, "the end of the walk");
	holds(all == wanted, "what the walk has seen");
}

static void
look_at(task_t task)
{
	struct task_basic_info basic;
	struct task_events_info events;
	mach_msg_type_number_t count = TASK_BASIC_INFO_COUNT;

	expect(task_info(task, TASK_BASIC_INFO, (task_info_t)&basic, &count),
	    KERN_SUCCESS, "task_info");
	holds(basic.virtual_size == 4 * vm_page_size &&
		  basic.resident_size == vm_page_size &&
		  basic.suspend_count == 0,
	    "what it tells");
	count = TASK_EVENTS_INFO_COUNT;
	expect(task_info(task, TASK_EVENTS_INFO, (task_info_t)&events, &count),
	    KERN_SUCCESS, "task_info of events");
	holds(count == 14 && events.messages_received > 0, "counts of events");
	expect(task_info(task, 20, (task_info_t)&basic, &count),
	    KERN_INVALID_ARGUMENT, "a flavour of another kernel");
}

static void
use_host(void)
{
	struct host_basic_info host;
	struct vm_statistics statistics;
	mach_msg_type_number_t count = HOST_BASIC_INFO_COUNT;

	expect(host_info(mach_host_self(), HOST_BASIC_INFO, (host_info_t)&host,
		   &count),
	    KERN_SUCCESS, "host_info");
	holds(count == 6 && host.memory_size > 0, "what it tells");
	expect(vm_statistics(mach_task_self(), &statistics), KERN_SUCCESS,
	    "vm_statistics");
	holds((vm_size_t)statistics.pagesize == vm_page_size, "the page size");
}

int
main(void)
{
	task_t task, child;
	vm_address_t address = 0x10000000;
	static char page[4096] __attribute__((aligned(4096)));

	memset(page, 'g', sizeof(page));
	expect(task_create(mach_task_self(), FALSE, &task), KERN_SUCCESS,
	    "task_create");
	expect(vm_allocate(task, &address, 4 * vm_page_size, FALSE),
	    KERN_SUCCESS, "vm_allocate");
	expect(vm_write(task, address, (vm_offset_t)page, sizeof(page)),
	    KERN_SUCCESS, "vm_write");
	walk(task, 4 * vm_page_size);
	look_at(task);
	expect(vm_wire(mach_host_self(), task, address, vm_page_size,
		   VM_PROT_READ),
	    KERN_SUCCESS, "vm_wire with a plain host port");
	expect(vm_wire(mach_host_self(), task, address, 16 << 20, VM_PROT_READ),
	    KERN_NO_ACCESS, "vm_wire of more than such a port allows");
	expect(task_create(task, TRUE, &child), KERN_SUCCESS, "task_create");
	walk(child, 4 * vm_page_size);
	expect(vm_deallocate(child, address, vm_page_size), KERN_SUCCESS,
	    "vm_deallocate");
	walk(child, 3 * vm_page_size);
	use_host();
	holds(KERN_TERMINATED == 26 && KERN_INTERRUPTED == 28, "the codes");
	return failed;
}
