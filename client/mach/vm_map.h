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

/*
 * vm_msync: writes memory back to where it came from, or lets go of it.
 *
 * => sync_flags: VM_SYNC_ of <mach/vm_sync.h>. All memory here is anonymous:
 *    only VM_SYNC_KILLPAGES does something, which is to let go of the pages up
 *    to the first hole. They read as zeros then; shared and wired ones stay
 * => KERN_INVALID_ADDRESS: the range wraps around; or there is a hole in it,
 *    and VM_SYNC_CONTIGUOUS is set: what was to be done was done
 * => KERN_INVALID_ARGUMENT: VM_SYNC_SYNCHRONOUS and _ASYNCHRONOUS at once
 *
 * Source: OSF manual page vm_msync; xnu osfmk/vm/vm_map.c.
 */
kern_return_t vm_msync(vm_map_t target_task, vm_address_t address,
    vm_size_t size, vm_sync_t sync_flags);

/*
 * vm_behavior_set: says how memory will be used.
 *
 * => new_behavior: VM_BEHAVIOR_ of <mach/vm_behavior.h>. DEFAULT to RSEQNTL are
 *    noted, and vm_region tells; FREE and REUSABLE let go of the pages; ZERO
 *    makes them zeros; the others change nothing
 * => KERN_INVALID_ADDRESS: there is a hole; or what is to be reused is shared,
 *    or cannot be written
 * => KERN_PROTECTION_FAILURE: ZERO wants memory that may be written and not
 *    executed, ZERO_WIRED_PAGES such as may be written
 * => KERN_NO_SPACE: part of the range lies outside the map
 * => KERN_INVALID_ARGUMENT: another behaviour, or PAGEOUT, or the range wraps
 *
 * Source: OSF manual page vm_behavior_set; xnu osfmk/vm/vm_map.c.
 */
kern_return_t vm_behavior_set(vm_map_t target_task, vm_address_t address,
    vm_size_t size, vm_behavior_t new_behavior);

/*
 * vm_map: maps zeros, or the memory of an entry.
 *
 * => *address in: where, or from where on; out: where the memory is
 * => size is rounded up to pages
 * => mask: bits that the address is not to have: low ones align it, high ones
 *    are a bound
 * => flags: VM_FLAGS_ of <mach/vm_statistics.h>, and a tag
 * => object: MACH_PORT_NULL, or an entry from mach_make_memory_entry();
 *    offset: into it, in bytes
 * => copy: the memory is a copy, and private; else it is the entry's own, seen
 *    by all who map it
 * => cur_protection is cut down to max_protection; VM_PROT_IS_MASK in one means
 *    as much of it as the entry permits
 * => KERN_INVALID_ARGUMENT: unknown bits or inheritance, size 0, or more than
 *    the entry has
 * => KERN_INVALID_OBJECT: object is no memory entry
 * => KERN_INVALID_RIGHT: max_protection or cur_protection is more than the
 *    entry permits
 * => KERN_NO_SPACE, KERN_INVALID_ADDRESS: as vm_allocate()
 *
 * Source: OSF manual page vm_map; xnu osfmk/vm/vm_map.c.
 */
kern_return_t vm_map(vm_map_t target_task, vm_address_t *address,
    vm_size_t size, vm_address_t mask, int flags, mem_entry_name_port_t object,
    vm_offset_t offset, boolean_t copy, vm_prot_t cur_protection,
    vm_prot_t max_protection, vm_inherit_t inheritance);
kern_return_t vm_map_64(vm_map_t target_task, vm_address_t *address,
    vm_size_t size, vm_address_t mask, int flags, mem_entry_name_port_t object,
    memory_object_offset_t offset, boolean_t copy, vm_prot_t cur_protection,
    vm_prot_t max_protection, vm_inherit_t inheritance);

/*
 * vm_machine_attribute: asks something of the machine's caches.
 *
 * => attribute: MATTR_CACHE; *value in: MATTR_VAL_ of <mach/vm_attributes.h>;
 *    out: MATTR_VAL_ON for MATTR_VAL_GET
 * => KERN_INVALID_ARGUMENT: another attribute or value, or the range wraps
 * => KERN_INVALID_ADDRESS: part of the range lies outside the map
 * => KERN_FAILURE: something is to be flushed, and there is a hole
 *
 * Source: OSF manual page vm_machine_attribute.
 */
kern_return_t vm_machine_attribute(vm_map_t target_task, vm_address_t address,
    vm_size_t size, vm_machine_attribute_t attribute,
    vm_machine_attribute_val_t *value);

/*
 * vm_remap: maps memory of a task a second time, into the same or another.
 *
 * => *target_address, size, mask, flags: as vm_map(); the memory is that of all
 *    pages that the source's bytes touch. With VM_FLAGS_RETURN_DATA_ADDR the
 *    address out has the source's offset in its page
 * => copy: the memory is a copy; else it is the same, seen through both
 * => protections stay; *cur_protection, *max_protection: what all of it has
 * => KERN_INVALID_ADDRESS: there is a hole in the source
 * => KERN_PROTECTION_FAILURE: what is to be copied may never be read
 * => KERN_INVALID_ARGUMENT: unknown flags or inheritance, size 0, the range
 *    wraps, or src_task is no task
 * => KERN_NO_SPACE: as vm_map()
 *
 * Source: OSF manual page vm_remap; xnu osfmk/vm/vm_map.c.
 */
kern_return_t vm_remap(vm_map_t target_task, vm_address_t *target_address,
    vm_size_t size, vm_address_t mask, int flags, vm_map_t src_task,
    vm_address_t src_address, boolean_t copy, vm_prot_t *cur_protection,
    vm_prot_t *max_protection, vm_inherit_t inheritance);

/*
 * vm_remap_new: vm_remap, of memory that has certain rights.
 *
 * => *cur_protection, *max_protection in: what all of it must have
 * => KERN_PROTECTION_FAILURE: some of it has not; or both VM_PROT_WRITE and
 *    VM_PROT_EXECUTE are asked for
 * => KERN_INVALID_ARGUMENT: more is asked for than the maximum, or unknown bits
 *
 * Source: xnu osfmk/vm/vm_map.c.
 */
kern_return_t vm_remap_new(vm_map_t target_task, vm_address_t *target_address,
    vm_size_t size, vm_address_t mask, int flags, vm_map_read_t src_task,
    vm_address_t src_address, boolean_t copy, vm_prot_t *cur_protection,
    vm_prot_t *max_protection, vm_inherit_t inheritance);

/* task_wire: KERN_NOT_SUPPORTED, as xnu says. vm_wire_all() does it. */
kern_return_t task_wire(vm_map_t target_task, boolean_t must_wire);

/*
 * mach_make_memory_entry: a port for memory, to be mapped with vm_map().
 *
 * => *size in: bytes; out: bytes that the entry has
 * => offset: an address of the task, or an offset into parent_entry
 * => permission: what mappings may have, and MAP_MEM_ flags of
 *    <mach/memory_object_types.h>: MAP_MEM_NAMED_CREATE, fresh memory;
 *    MAP_MEM_VM_COPY, a copy of the range; MAP_MEM_VM_SHARE or none, the range
 *    itself; VM_PROT_IS_MASK, as much of the protection as there can be
 * => *object_handle: a send right. The memory stays while there is a right, or
 *    a mapping: mach_port_deallocate() gives it up
 * => KERN_INVALID_VALUE: unknown flags
 * => KERN_INVALID_ADDRESS: there is a hole in the range
 * => KERN_PROTECTION_FAILURE: the memory, or the parent, has less protection
 *    than is asked for
 * => KERN_INVALID_ARGUMENT: size 0 of something that is not created, the range
 *    wraps or is more than the parent has, or flags that do not go together
 *
 * Source: xnu osfmk/vm/vm_user.c.
 */
kern_return_t mach_make_memory_entry(vm_map_t target_task, vm_size_t *size,
    vm_offset_t offset, vm_prot_t permission,
    mem_entry_name_port_t *object_handle, mem_entry_name_port_t parent_entry);
kern_return_t mach_make_memory_entry_64(vm_map_t target_task,
    memory_object_size_t *size, memory_object_offset_t offset,
    vm_prot_t permission, mach_port_t *object_handle,
    mem_entry_name_port_t parent_entry);

/*
 * vm_map_page_query: what has become of a page.
 *
 * => *disposition: VM_PAGE_QUERY_PAGE_ of <mach/vm_statistics.h>; 0: nobody
 *    wrote it, or nothing is mapped there
 * => *ref_count: mappings of it
 *
 * Source: xnu osfmk/vm/vm_map.c.
 */
kern_return_t vm_map_page_query(vm_map_t target_map, vm_offset_t offset,
    integer_t *disposition, integer_t *ref_count);

/*
 * vm_region_recurse: the region an address is in, as debuggers want it.
 *
 * => *address, *size, *info_count: as vm_region()
 * => *nesting_depth out: 0, for there are no submaps
 * => info: a struct vm_region_submap_info
 * => KERN_INVALID_ADDRESS: there is no region at or above the address
 * => KERN_INVALID_ARGUMENT: too little room
 *
 * Source: xnu osfmk/vm/vm_map.c.
 */
kern_return_t vm_region_recurse(vm_map_read_t target_task,
    vm_address_t *address, vm_size_t *size, natural_t *nesting_depth,
    vm_region_recurse_info_t info, mach_msg_type_number_t *info_count);

/* vm_region_recurse_64: the same; info: a struct vm_region_submap_info_64, of
 * the revision that there is room for, or vm_region_submap_short_info_64. */
kern_return_t vm_region_recurse_64(vm_map_read_t target_task,
    vm_address_t *address, vm_size_t *size, natural_t *nesting_depth,
    vm_region_recurse_info_t info, mach_msg_type_number_t *info_count);

/*
 * vm_purgable_control: says whether memory may be lost when memory is short.
 *
 * => the memory comes from VM_FLAGS_PURGABLE, or MAP_MEM_PURGABLE
 * => control: VM_PURGABLE_SET_STATE, whose *state out is the state before; or
 *    _GET_STATE; or _PURGE_ALL, of all tasks. States: <mach/vm_purgable.h>
 * => VM_PURGABLE_EMPTY from it: the contents were lost, and are zeros
 * => KERN_INVALID_ADDRESS: nothing is mapped there
 * => KERN_PROTECTION_FAILURE: it may not be written
 * => KERN_INVALID_ARGUMENT: another control or state, or other memory
 *
 * Source: xnu osfmk/vm/vm_map.c.
 */
kern_return_t vm_purgable_control(vm_map_t target_task, vm_address_t address,
    vm_purgable_t control, int *state);

/* vm_map_exec_lockdown: nothing of the task's memory becomes executable any
 * more: that is KERN_PROTECTION_FAILURE. Children inherit it.
 *
 * Source: xnu osfmk/vm/vm_map.c. */
kern_return_t vm_map_exec_lockdown(vm_map_t target_task);

/* What kernels built for debugging tell of a map. Others, and vmd, answer
 * KERN_FAILURE, and write nothing.
 *
 * Source: xnu osfmk/vm/vm_debug.c. */
kern_return_t mach_vm_region_info(vm_map_read_t task, vm_address_t address,
    vm_info_region_t *region, vm_info_object_array_t *objects,
    mach_msg_type_number_t *objects_count);
kern_return_t mach_vm_region_info_64(vm_map_read_t task, vm_address_t address,
    vm_info_region_64_t *region, vm_info_object_array_t *objects,
    mach_msg_type_number_t *objects_count);
kern_return_t vm_mapped_pages_info(vm_map_read_t task,
    page_address_array_t *pages, mach_msg_type_number_t *pages_count);

#ifdef __cplusplus
}
#endif

#endif
