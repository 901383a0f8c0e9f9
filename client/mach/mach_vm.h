/*
 * Calls on a task's memory, with addresses and sizes of 64 bits
 *
 * Each does what its namesake in <mach/vm_map.h> does, where the contracts are,
 * and answers the same, whatever the calling program's word is. Pointers to the
 * program's own memory (vm_read's result, vm_write's data) keep their types.
 */
#ifndef MACH_MACH_VM_H
#define MACH_MACH_VM_H

#include <mach/mach_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * mach_vm_allocate: fresh memory.
 *
 * => flags, *address, size, codes: see vm_allocate
 *
 * Source: OSF manual page vm_allocate; xnu osfmk/mach/mach_vm.defs.
 */
kern_return_t mach_vm_allocate(vm_map_t target, mach_vm_address_t *address,
    mach_vm_size_t size, int flags);

/*
 * mach_vm_deallocate: gives memory back.
 *
 * => with mach_task_self() also what mach_vm_read gave; see vm_deallocate
 *
 * Source: OSF manual page vm_deallocate; xnu osfmk/mach/mach_vm.defs.
 */
kern_return_t mach_vm_deallocate(vm_map_t target, mach_vm_address_t address,
    mach_vm_size_t size);

/*
 * mach_vm_protect: sets current or maximum protection; see vm_protect.
 *
 * Source: OSF manual page vm_protect; xnu osfmk/mach/mach_vm.defs.
 */
kern_return_t mach_vm_protect(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, boolean_t set_maximum, vm_prot_t new_protection);

/*
 * mach_vm_inherit: sets what children get; see vm_inherit.
 *
 * Source: OSF manual page vm_inherit; xnu osfmk/mach/mach_vm.defs.
 */
kern_return_t mach_vm_inherit(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, vm_inherit_t new_inheritance);

/*
 * mach_vm_read: a copy of memory, in memory of the calling program.
 *
 * => *data_count has 32 bits here too: KERN_INVALID_ARGUMENT from 4 GiB on
 * => the rest: see vm_read
 *
 * Source: OSF manual page vm_read; xnu osfmk/mach/mach_vm.defs.
 */
kern_return_t mach_vm_read(vm_map_read_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, vm_offset_t *data, mach_msg_type_number_t *data_count);

/*
 * mach_vm_read_list: reads several ranges; see vm_read_list.
 *
 * Source: xnu osfmk/mach/mach_vm.defs.
 */
kern_return_t mach_vm_read_list(vm_map_read_t target_task,
    mach_vm_read_entry_t data_list, natural_t count);

/*
 * mach_vm_read_overwrite: copies memory over memory of the caller's.
 *
 * => data: a pointer of the calling program's; see vm_read_overwrite
 *
 * Source: OSF manual page vm_read_overwrite; xnu osfmk/mach/mach_vm.defs.
 */
kern_return_t mach_vm_read_overwrite(vm_map_read_t target_task,
    mach_vm_address_t address, mach_vm_size_t size, mach_vm_address_t data,
    mach_vm_size_t *outsize);

/*
 * mach_vm_write: copies bytes of the caller's over memory; see vm_write.
 *
 * Source: OSF manual page vm_write; xnu osfmk/mach/mach_vm.defs.
 */
kern_return_t mach_vm_write(vm_map_t target_task, mach_vm_address_t address,
    vm_offset_t data, mach_msg_type_number_t data_count);

/*
 * mach_vm_copy: copies memory within the task; see vm_copy.
 *
 * Source: OSF manual page vm_copy; xnu osfmk/mach/mach_vm.defs.
 */
kern_return_t mach_vm_copy(vm_map_t target_task,
    mach_vm_address_t source_address, mach_vm_size_t size,
    mach_vm_address_t dest_address);

/*
 * mach_vm_region: the region at or above an address; see vm_region_64.
 *
 * Source: OSF manual page vm_region; xnu osfmk/mach/mach_vm.defs.
 */
kern_return_t mach_vm_region(vm_map_read_t target_task,
    mach_vm_address_t *address, mach_vm_size_t *size, vm_region_flavor_t flavor,
    vm_region_info_t info, mach_msg_type_number_t *info_count,
    mach_port_t *object_name);

/*
 * The others are those of <mach/vm_map.h> without mach_ before their names;
 * mach_vm_region_recurse is vm_region_recurse_64, _mach_make_memory_entry is
 * mach_make_memory_entry_64, and mach_vm_page_query is vm_map_page_query.
 *
 * Source: xnu osfmk/mach/mach_vm.defs.
 */
kern_return_t mach_vm_msync(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, vm_sync_t sync_flags);
kern_return_t mach_vm_behavior_set(vm_map_t target_task,
    mach_vm_address_t address, mach_vm_size_t size, vm_behavior_t new_behavior);
kern_return_t mach_vm_map(vm_map_t target_task, mach_vm_address_t *address,
    mach_vm_size_t size, mach_vm_offset_t mask, int flags,
    mem_entry_name_port_t object, memory_object_offset_t offset, boolean_t copy,
    vm_prot_t cur_protection, vm_prot_t max_protection,
    vm_inherit_t inheritance);
kern_return_t mach_vm_machine_attribute(vm_map_t target_task,
    mach_vm_address_t address, mach_vm_size_t size,
    vm_machine_attribute_t attribute, vm_machine_attribute_val_t *value);
kern_return_t mach_vm_remap(vm_map_t target_task,
    mach_vm_address_t *target_address, mach_vm_size_t size,
    mach_vm_offset_t mask, int flags, vm_map_t src_task,
    mach_vm_address_t src_address, boolean_t copy, vm_prot_t *cur_protection,
    vm_prot_t *max_protection, vm_inherit_t inheritance);
kern_return_t mach_vm_remap_new(vm_map_t target_task,
    mach_vm_address_t *target_address, mach_vm_size_t size,
    mach_vm_offset_t mask, int flags, vm_map_read_t src_task,
    mach_vm_address_t src_address, boolean_t copy, vm_prot_t *cur_protection,
    vm_prot_t *max_protection, vm_inherit_t inheritance);
kern_return_t mach_vm_page_query(vm_map_read_t target_map,
    mach_vm_offset_t offset, integer_t *disposition, integer_t *ref_count);
kern_return_t mach_vm_region_recurse(vm_map_read_t target_task,
    mach_vm_address_t *address, mach_vm_size_t *size, natural_t *nesting_depth,
    vm_region_recurse_info_t info, mach_msg_type_number_t *info_count);
kern_return_t _mach_make_memory_entry(vm_map_t target_task,
    memory_object_size_t *size, memory_object_offset_t offset,
    vm_prot_t permission, mem_entry_name_port_t *object_handle,
    mem_entry_name_port_t parent_handle);
kern_return_t mach_vm_purgable_control(vm_map_t target_task,
    mach_vm_address_t address, vm_purgable_t control, int *state);

/*
 * mach_vm_page_info: what has become of a page, and where its object has it.
 *
 * => info: a struct vm_page_info_basic; flavor: VM_PAGE_INFO_BASIC
 * => nothing is mapped there: all zeros
 * => KERN_INVALID_ARGUMENT: another flavour or size
 *
 * Source: xnu osfmk/vm/vm_user.c.
 */
kern_return_t mach_vm_page_info(vm_map_read_t target_task,
    mach_vm_address_t address, vm_page_info_flavor_t flavor,
    vm_page_info_t info, mach_msg_type_number_t *info_count);

/*
 * mach_vm_page_range_query: the dispositions of all pages of a range.
 *
 * => dispositions: an array of int of the calling program, a page each
 * => *dispositions_count in: room, in ints; out: pages told of
 * => KERN_INVALID_ADDRESS: the range wraps around, or the array cannot be
 *    written
 *
 * Source: xnu osfmk/vm/vm_user.c.
 */
kern_return_t mach_vm_page_range_query(vm_map_read_t target_map,
    mach_vm_offset_t address, mach_vm_size_t size,
    mach_vm_address_t dispositions, mach_vm_size_t *dispositions_count);

#ifdef __cplusplus
}
#endif

#endif
