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

#ifdef __cplusplus
}
#endif

#endif
