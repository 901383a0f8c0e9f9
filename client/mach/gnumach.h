/*
 * What GNU Mach has beside the others
 *
 * Codes that any call may answer: <mach/vm_map.h>.
 */
#ifndef MACH_GNUMACH_H
#define MACH_GNUMACH_H

#include <stdint.h>

#include <mach/gnumach_statistics.h>
#include <mach/mach_types.h>
#include <mach/vm_cache_statistics.h>
#include <mach/vm_wire.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t rpc_phys_addr_t;
typedef rpc_phys_addr_t *rpc_phys_addr_array_t;

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
