/*
 * A program written for GNU Mach: its headers, its spellings, its codes
 *
 * It walks its memory, forks a task, maps, wires, sets limits and looks at the
 * counters. Exits 0 if all was as there. It is C99, C11 and C++.
 */
#include <mach.h>
#include <mach/gnumach.h>
#include <mach/mach_param.h>
#include <mach/vm_cache_statistics.h>
#include <mach/vm_statistics.h>
#include <mach/vm_wire.h>
#include <mach_error.h>
#include <mach_init.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The widths that GNU Mach has on a machine of 64 bits. */
#define SIZE(name, bytes)                                                      \
	typedef char name##_size[sizeof(struct name) == (bytes) ? 1 : -1]
#define AT(name, member, bytes)                                                \
	typedef char                                                           \
	    name##_##member[offsetof(struct name, member) == (bytes) ? 1 : -1]

SIZE(vm_statistics, 52);
AT(vm_statistics, free_count, 4);
AT(vm_statistics, hits, 48);
SIZE(vm_cache_statistics, 44);
SIZE(task_events_info, 56);
SIZE(task_basic_info, 120);
AT(task_basic_info, base_priority, 4);
AT(task_basic_info, virtual_size, 8);
AT(task_basic_info, resident_size, 16);
AT(task_basic_info, user_time, 24);
AT(task_basic_info, creation_time, 56);
AT(task_basic_info, user_time64, 72);
AT(task_basic_info, creation_time64, 104);
SIZE(host_basic_info, 24);
AT(host_basic_info, memory_size, 8);
AT(host_basic_info, cpu_subtype, 20);

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

/* `anywhere` is a boolean, and the maximum no bound. */
static void
map(task_t task)
{
	vm_address_t fixed = 0x20000000, anywhere = 0;
	vm_machine_attribute_val_t value = MATTR_VAL_GET;

	expect(vm_map(task, &fixed, vm_page_size, 0, FALSE, MACH_PORT_NULL, 0,
		   FALSE, VM_PROT_ALL, VM_PROT_READ, VM_INHERIT_COPY),
	    KERN_SUCCESS, "vm_map");
	holds(fixed == 0x20000000, "where it is");
	expect(vm_map(task, &anywhere, vm_page_size, 0, TRUE, MACH_PORT_NULL, 0,
		   FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_NONE),
	    KERN_SUCCESS, "vm_map anywhere");
	expect(vm_map(task, &anywhere, vm_page_size, 0, TRUE, task, 0, FALSE,
		   VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_NONE),
	    KERN_INVALID_ARGUMENT, "vm_map of what is no object");
	expect(vm_machine_attribute(task, fixed, vm_page_size, MATTR_CACHE,
		   &value),
	    KERN_INVALID_ADDRESS, "vm_machine_attribute");
	expect(vm_deallocate(task, fixed, vm_page_size), KERN_SUCCESS,
	    "vm_deallocate");
	expect(vm_deallocate(task, anywhere, vm_page_size), KERN_SUCCESS,
	    "vm_deallocate");
}

static void
limit(task_t task)
{
	vm_size_t current, most;
	vm_address_t address = 0;

	expect(vm_set_size_limit(mach_host_self(), task, 5 * vm_page_size,
		   6 * vm_page_size),
	    KERN_SUCCESS, "vm_set_size_limit");
	expect(vm_get_size_limit(task, &current, &most), KERN_SUCCESS,
	    "vm_get_size_limit");
	holds(current == 5 * vm_page_size && most == 6 * vm_page_size,
	    "the limits");
	expect(vm_allocate(task, &address, 2 * vm_page_size, TRUE),
	    KERN_NO_SPACE, "vm_allocate beyond the limit");
	expect(vm_set_size_limit(mach_host_self(), task, current,
		   7 * vm_page_size),
	    KERN_NO_ACCESS, "vm_set_size_limit above the maximum");
}

static void
look_at_frames(task_t task, vm_address_t address)
{
	rpc_phys_addr_t pages[4];
	rpc_phys_addr_array_t array = pages;
	mach_msg_type_number_t count = 4;
	mach_port_t priv = MACH_PORT_NULL;

	expect(vm_wire_all(mach_host_self(), task, VM_WIRE_ALL),
	    KERN_INVALID_HOST, "vm_wire_all with a plain host port");
	expect(host_get_host_priv_port(mach_host_self(), &priv), KERN_SUCCESS,
	    "host_get_host_priv_port");
	expect(vm_pages_phys(priv, task, address, 4 * vm_page_size, &array,
		   &count),
	    KERN_SUCCESS, "vm_pages_phys");
	holds(array == pages && count == 4 && pages[0] != 0 && pages[1] == 0,
	    "the frames");
	expect(vm_wire_all(priv, task, VM_WIRE_CURRENT), KERN_SUCCESS,
	    "vm_wire_all");
	expect(vm_pages_phys(priv, task, address, 4 * vm_page_size, &array,
		   &count),
	    KERN_SUCCESS, "vm_pages_phys");
	holds(pages[1] != 0 && pages[3] != 0, "frames of wired memory");
	expect(vm_wire_all(priv, task, VM_WIRE_NONE), KERN_SUCCESS,
	    "vm_wire_all of nothing");
}

static void
look_at_ports(task_t task)
{
	mach_port_array_t array = NULL;
	mach_msg_type_number_t count = 0;
	mach_port_t port;

	expect(task_set_exception_port(task, mach_host_self()), KERN_SUCCESS,
	    "task_set_exception_port");
	expect(task_get_exception_port(task, &port), KERN_SUCCESS,
	    "task_get_exception_port");
	holds(port == mach_host_self(), "the port");
	expect(mach_ports_lookup(task, &array, &count), KERN_SUCCESS,
	    "mach_ports_lookup");
	holds(count == TASK_PORT_REGISTER_MAX && count == 4, "how many");
	expect(vm_deallocate(mach_task_self(), (vm_address_t)array,
		   count * sizeof(*array)),
	    KERN_SUCCESS, "vm_deallocate of the array");
}

static void
use_host(void)
{
	struct host_basic_info host;
	struct vm_statistics statistics;
	vm_cache_statistics_data_t cache;
	kernel_version_t version;
	mach_msg_type_number_t count = HOST_BASIC_INFO_COUNT;

	expect(host_info(mach_host_self(), HOST_BASIC_INFO, (host_info_t)&host,
		   &count),
	    KERN_SUCCESS, "host_info");
	holds(count == 6 && host.memory_size > 0, "what it tells");
	expect(vm_statistics(mach_task_self(), &statistics), KERN_SUCCESS,
	    "vm_statistics");
	holds((vm_size_t)statistics.pagesize == vm_page_size, "the page size");
	expect(vm_cache_statistics(mach_task_self(), &cache), KERN_SUCCESS,
	    "vm_cache_statistics");
	holds(cache.cache_object_count == 0, "what it tells");
	expect(host_get_kernel_version(mach_host_self(), version), KERN_SUCCESS,
	    "host_get_kernel_version");
	holds(version[0] != '\0', "the version");
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
	map(task);
	look_at_frames(task, address);
	look_at_ports(task);
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
	limit(task);
	use_host();
	holds(KERN_WRITE_PROTECTION_FAILURE == 24 && KERN_TERMINATED == 26 &&
		  KERN_TIMEDOUT == 27 && KERN_INTERRUPTED == 28,
	    "the codes");
	return failed;
}
