/*
 * Calls that GNU Mach has under the name of another
 *
 * The headers in gnumach/ declare them by GNU Mach's names, and these as what
 * the linker is to look for.
 */
#pragma once

#include <mach/host_info.h>
#include <mach/mach_types.h>
#include <mach/task_info.h>

kern_return_t gnumach_vm_region(vm_map_t target_task, vm_address_t *address,
    vm_size_t *size, vm_prot_t *protection, vm_prot_t *max_protection,
    vm_inherit_t *inheritance, boolean_t *is_shared, mach_port_t *object_name,
    vm_offset_t *offset);
kern_return_t gnumach_task_create(task_t parent_task, boolean_t inherit_memory,
    task_t *child_task);
kern_return_t gnumach_task_info(task_t target_task, int flavor,
    task_info_t info, mach_msg_type_number_t *info_count);
kern_return_t gnumach_host_info(mach_port_t host, int flavor, host_info_t info,
    mach_msg_type_number_t *info_count);
