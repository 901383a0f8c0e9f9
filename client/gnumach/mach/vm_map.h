/* Calls on a task's memory. vm_region has a result for each thing it tells. */
#ifndef GNUMACH_VM_MAP_H
#define GNUMACH_VM_MAP_H

#pragma GCC system_header /* for include_next */
#define vm_region vm_region_by_flavor
#include_next <mach/vm_map.h>
#undef vm_region

#ifdef __cplusplus
extern "C" {
#endif

/*
 * vm_region: the region an address is in, or else the next one above.
 *
 * => *address in: any; out: the region's first address
 * => *object_name: MACH_PORT_NULL
 * => KERN_NO_SPACE: there is none; of a task that is not `gnu`,
 *    KERN_INVALID_ADDRESS
 *
 * Source: gnumach vm/vm_user.c.
 */
kern_return_t vm_region(vm_task_t target_task, vm_address_t *address,
    vm_size_t *size, vm_prot_t *protection, vm_prot_t *max_protection,
    vm_inherit_t *inheritance, boolean_t *is_shared, mach_port_t *object_name,
    vm_offset_t *offset) __asm__("gnumach_vm_region");

#ifdef __cplusplus
}
#endif

#endif
