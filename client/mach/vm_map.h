/*
 * Calls on a task's memory
 *
 * The task is named by a send right, target_task. Addresses are the task's own,
 * not the calling program's; sizes are bytes. A range of bytes stands for all
 * the pages it touches where a call works on pages. What a call gives back is
 * written on KERN_SUCCESS only.
 *
 * Beside the codes that stand with a call, each may answer
 *
 * => MACH_SEND_INVALID_DEST: the port is null or dead, the task is terminated,
 *    or there is no daemon to ask
 * => MIG_SERVER_DIED: the daemon went away after it was asked
 * => KERN_INVALID_ARGUMENT: the port is no task's
 * => KERN_RESOURCE_SHORTAGE: a limit of the daemon's is reached
 *
 * and nothing has changed then. The codes are those of a task of the `osf`
 * personality, which is the default. Others answer as their kernels do.
 */
#ifndef MACH_VM_MAP_H
#define MACH_VM_MAP_H

#include <mach/mach_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * vm_allocate: fresh memory, which reads as zeros.
 *
 * => flags: VM_FLAGS_ of <mach/vm_statistics.h>, or the classic boolean
 *    `anywhere`; a tag from VM_MAKE_TAG() may be added
 * => *address in: with VM_FLAGS_FIXED where, rounded down to a page
 * => *address out: where the memory is; 0 for a size of 0, which maps nothing
 * => size is rounded up to pages
 * => the memory may be read and written, later perhaps executed, and is copied
 *    to children
 * => KERN_INVALID_ADDRESS: the place is not within the map
 * => KERN_NO_SPACE: something is mapped there, or no gap is large enough
 * => KERN_INVALID_ARGUMENT: unknown flags, or size rounds up to 2^64
 *
 * Source: OSF manual page vm_allocate.
 */
kern_return_t vm_allocate(vm_map_t target_task, vm_address_t *address,
    vm_size_t size, int flags);

/*
 * vm_deallocate: gives memory back; its addresses become free.
 *
 * => works on whole pages: those that any byte of the range is in
 * => with mach_task_self() it also takes what vm_read() gave to this program
 * => KERN_INVALID_ADDRESS: there is a hole in the range; nothing is freed
 * => KERN_INVALID_ARGUMENT: the range wraps around
 *
 * Source: OSF manual page vm_deallocate.
 */
kern_return_t vm_deallocate(vm_map_t target_task, vm_address_t address,
    vm_size_t size);

/*
 * vm_protect: sets what the task may do with memory.
 *
 * => works on whole pages
 * => set_maximum: new_protection becomes the maximum, and what the current
 *    protection has beyond it is lost; otherwise it becomes the current one
 * => KERN_PROTECTION_FAILURE: more is asked for than the maximum permits
 * => KERN_INVALID_ADDRESS: there is a hole in the range
 * => of these two, the one met at the lower address; nothing changes
 * => KERN_INVALID_ARGUMENT: unknown bits, or the range wraps around
 *
 * Source: OSF manual page vm_protect.
 */
kern_return_t vm_protect(vm_map_t target_task, vm_address_t address,
    vm_size_t size, boolean_t set_maximum, vm_prot_t new_protection);

/*
 * vm_inherit: sets what children made from now on get of memory.
 *
 * => works on whole pages
 * => new_inheritance: VM_INHERIT_SHARE, VM_INHERIT_COPY or VM_INHERIT_NONE
 * => KERN_INVALID_ADDRESS: there is a hole in the range; nothing changes
 * => KERN_INVALID_ARGUMENT: another value, or the range wraps around
 *
 * Source: OSF manual page vm_inherit.
 */
kern_return_t vm_inherit(vm_map_t target_task, vm_address_t address,
    vm_size_t size, vm_inherit_t new_inheritance);

/*
 * vm_read: a copy of the task's memory, in memory of the calling program.
 *
 * => *data is a pointer, *data_count says how many bytes; a size of 0 gives 0
 *    and 0
 * => the memory is the caller's, until
 *    vm_deallocate(mach_task_self(), *data, *data_count)
 * => from two pages on *data has the same offset in its page as address, below
 *    it is the start of a page
 * => KERN_INVALID_ADDRESS: there is a hole in the range, or it wraps around
 * => KERN_PROTECTION_FAILURE: part of it may not be read
 * => KERN_INVALID_ARGUMENT: size is 4 GiB or more
 *
 * Source: OSF manual page vm_read.
 */
kern_return_t vm_read(vm_map_read_t target_task, vm_address_t address,
    vm_size_t size, vm_offset_t *data, mach_msg_type_number_t *data_count);

/*
 * vm_read_list: vm_read for up to VM_MAP_ENTRY_MAX ranges, each by itself.
 *
 * => count: how many entries of data_list are ranges to read
 * => an entry's address becomes a pointer, as vm_read gives it; what could not
 *    be read becomes 0, 0
 * => the answer is that for the last range that is not empty: an earlier one
 *    may have failed all the same
 * => KERN_INVALID_ARGUMENT: count is larger; no entry is touched
 *
 * Source: xnu osfmk/vm/vm_user.c.
 */
kern_return_t vm_read_list(vm_map_read_t target_task, vm_read_entry_t data_list,
    natural_t count);

/*
 * vm_read_overwrite: copies the task's memory over memory of the caller's.
 *
 * => data: a pointer to at least size bytes of the calling program
 * => *outsize: bytes copied, which is size
 * => KERN_INVALID_ADDRESS: there is a hole in the range, it wraps around, or
 *    data does not point at memory
 * => KERN_PROTECTION_FAILURE: part of the range may not be read
 *
 * Source: OSF manual page vm_read_overwrite.
 */
kern_return_t vm_read_overwrite(vm_map_read_t target_task, vm_address_t address,
    vm_size_t size, vm_address_t data, vm_size_t *outsize);

/*
 * vm_write: copies bytes of the calling program over the task's memory.
 *
 * => data: a pointer to data_count bytes; neither it nor address need be at the
 *    start of a page
 * => all or nothing is written
 * => MACH_SEND_INVALID_MEMORY: the bytes at data cannot be read
 * => KERN_INVALID_ADDRESS: there is a hole in the range, or it wraps around
 * => KERN_PROTECTION_FAILURE: part of it may not be written
 *
 * Source: OSF manual page vm_write.
 */
kern_return_t vm_write(vm_map_t target_task, vm_address_t address,
    vm_offset_t data, mach_msg_type_number_t data_count);

/*
 * vm_copy: copies memory within the task, as vm_read and vm_write would.
 *
 * => source, size and destination are multiples of the page size
 * => the two ranges may overlap: the destination gets what the source held
 *    before the call
 * => all or nothing is copied; protection and inheritance stay as they are
 * => KERN_INVALID_ADDRESS: there is a hole in a range, or it wraps around
 * => KERN_PROTECTION_FAILURE: the source may not be read, or the destination
 *    not be written
 * => KERN_INVALID_ARGUMENT: something is no multiple of the page size
 * => the source is judged first, then alignment, then the destination; a size
 *    of 0 is KERN_SUCCESS whatever the addresses
 *
 * Source: OSF manual page vm_copy.
 */
kern_return_t vm_copy(vm_map_t target_task, vm_address_t source_address,
    vm_size_t size, vm_address_t dest_address);

/*
 * vm_region: the region an address is in, or else the next one above.
 *
 * => *address in: any; out: the region's first address
 * => *size: of the whole region
 * => flavor: VM_REGION_ of <mach/vm_region.h>; info points to its structure
 * => *info_count in: how many 32-bit words info has room for; out: how many
 *    were written
 * => *object_name: MACH_PORT_NULL
 * => KERN_INVALID_ADDRESS: there is no region at or above the address
 * => KERN_INVALID_ARGUMENT: unknown flavor, or too little room
 *
 * Source: OSF manual page vm_region.
 */
kern_return_t vm_region(vm_map_read_t target_task, vm_address_t *address,
    vm_size_t *size, vm_region_flavor_t flavor, vm_region_info_t info,
    mach_msg_type_number_t *info_count, mach_port_t *object_name);

/*
 * vm_region_64: vm_region, but VM_REGION_BASIC_INFO stands for
 * VM_REGION_BASIC_INFO_64.
 *
 * Source: xnu osfmk/vm/vm_user.c.
 */
kern_return_t vm_region_64(vm_map_read_t target_task, vm_address_t *address,
    vm_size_t *size, vm_region_flavor_t flavor, vm_region_info_t info,
    mach_msg_type_number_t *info_count, mach_port_t *object_name);

#ifdef __cplusplus
}
#endif

#endif
