/*
 * Stubs of virtual memory, for both spellings
 *
 * On a machine of 64 bits vm_copy and mach_vm_copy have the same arguments and
 * do the same, under two ids. vm_map.c and mach_vm.c name the ids; the
 * contracts stand in <mach/vm_map.h>.
 */
#pragma once

#include <stdbool.h>

#include <mach/mach_types.h>

kern_return_t vm_stub_allocate(int id, vm_map_t task, vm_address_t *address,
    vm_size_t size, int flags);
kern_return_t vm_stub_deallocate(int id, vm_map_t task, vm_address_t address,
    vm_size_t size);
kern_return_t vm_stub_protect(int id, vm_map_t task, vm_address_t address,
    vm_size_t size, boolean_t set_maximum, vm_prot_t new_protection);
kern_return_t vm_stub_inherit(int id, vm_map_t task, vm_address_t address,
    vm_size_t size, vm_inherit_t new_inheritance);
kern_return_t vm_stub_read(int id, vm_map_t task, vm_address_t address,
    vm_size_t size, vm_offset_t *data, mach_msg_type_number_t *data_count);
kern_return_t vm_stub_read_list(int id, vm_map_t task,
    struct vm_read_entry *data_list, natural_t count);
kern_return_t vm_stub_write(int id, vm_map_t task, vm_address_t address,
    vm_offset_t data, mach_msg_type_number_t data_count);
kern_return_t vm_stub_copy(int id, vm_map_t task, vm_address_t source_address,
    vm_size_t size, vm_address_t dest_address);
kern_return_t vm_stub_read_overwrite(int id, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_address_t data,
    vm_size_t *outsize);

/* `wide`: the narrow flavour means the wide one. */
kern_return_t vm_stub_region(int id, bool wide, vm_map_t task,
    vm_address_t *address, vm_size_t *size, vm_region_flavor_t flavor,
    vm_region_info_t info, mach_msg_type_number_t *info_count,
    mach_port_t *object_name);
