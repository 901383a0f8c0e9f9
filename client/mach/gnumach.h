/*
 * What GNU Mach has beside the others
 *
 * Codes that any call may answer: <mach/vm_map.h>.
 */
#ifndef MACH_GNUMACH_H
#define MACH_GNUMACH_H

#include <stdint.h>

#include <mach/mach_types.h>
#include <mach/vm_wire.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t rpc_phys_addr_t;
typedef rpc_phys_addr_t *rpc_phys_addr_array_t;

/* GNU Mach's statistics; others have theirs in <mach/vm_statistics.h>. */
struct gnumach_vm_statistics {
	integer_t pagesize; /* bytes; counts are pages, or times */
	integer_t free_count;
	integer_t active_count;
	integer_t inactive_count;
	integer_t wire_count;
	integer_t zero_fill_count;
	integer_t reactivations;
	integer_t pageins;
	integer_t pageouts;
	integer_t faults;
	integer_t cow_faults;
	integer_t lookups;
	integer_t hits;
};

struct vm_cache_statistics {
	integer_t cache_object_count; /* objects kept without a mapping: none */
	integer_t cache_count;        /* and their pages: none */
	integer_t active_tmp_count;   /* the pages of a pager: none */
	integer_t inactive_tmp_count;
	integer_t active_perm_count;
	integer_t inactive_perm_count;
	integer_t dirty_count;
	integer_t laundry_count;
	integer_t writeback_count;
	integer_t slab_count;
	integer_t slab_reclaim_count;
};

typedef struct vm_cache_statistics *vm_cache_statistics_t;
typedef struct vm_cache_statistics vm_cache_statistics_data_t;

/* vm_statistics: what has become of the machine's memory.
 *
 * Source: OSF manual page vm_statistics. */
kern_return_t vm_statistics(vm_map_t target_task,
    struct gnumach_vm_statistics *statistics);

/* vm_cache_statistics: what is kept of objects that nobody maps: nothing. */
kern_return_t vm_cache_statistics(vm_map_t target_task,
    vm_cache_statistics_data_t *statistics);

/*
 * vm_wire_all: wires all that a task has, or will have.
 *
 * => host: the privileged port
 * => flags: VM_WIRE_CURRENT, VM_WIRE_FUTURE; VM_WIRE_NONE unwires all
 * => KERN_INVALID_HOST, KERN_INVALID_TASK: a port is another
 * => KERN_INVALID_ARGUMENT: unknown flags
 *
 * Source: gnumach vm/vm_user.c.
 */
kern_return_t vm_wire_all(mach_port_t host, vm_map_t task, vm_wire_t flags);

/*
 * vm_pages_phys: which frame each page of a range has.
 *
 * => host: the privileged port
 * => address, size: multiples of the page size
 * => *pages in: room for *pages_count; out: the same, or, if it is too small,
 *    memory that the caller gives back as what vm_read() gives. 0: no frame
 * => KERN_INVALID_HOST, KERN_INVALID_TASK: a port is another
 * => KERN_INVALID_ARGUMENT: the range is not of whole pages
 *
 * Source: gnumach vm/vm_user.c.
 */
kern_return_t vm_pages_phys(mach_port_t host, vm_map_t task,
    vm_address_t address, vm_size_t size, rpc_phys_addr_array_t *pages,
    mach_msg_type_number_t *pages_count);

/*
 * vm_set_size_limit: how many bytes a task may map, but for what it can never
 * use; vm_get_size_limit tells.
 *
 * => host: a host's port, to raise max_limit the privileged one
 * => what is mapped stays, whatever the limit
 * => KERN_INVALID_ARGUMENT: current_limit is more than max_limit
 * => KERN_INVALID_TASK, KERN_INVALID_HOST: a port is another
 * => KERN_NO_ACCESS: max_limit would be raised
 *
 * Source: gnumach vm/vm_user.c.
 */
kern_return_t vm_set_size_limit(mach_port_t host, vm_map_t map,
    vm_size_t current_limit, vm_size_t max_limit);
kern_return_t vm_get_size_limit(vm_map_t map, vm_size_t *current_limit,
    vm_size_t *max_limit);

#ifdef __cplusplus
}
#endif

#endif
