/*
 * Stubs of virtual memory, for both spellings
 *
 * On a machine of 64 bits vm_copy and mach_vm_copy have the same arguments and
 * do the same, under two ids. vm_map.c, mach_vm.c and queue_vm.c name the ids;
 * the contracts stand in <mach/vm_map.h>. `via`: the call is to be queued.
 */
#pragma once

#include <stdbool.h>

#include <mach/mach_types.h>

struct via;

kern_return_t vm_stub_allocate(const struct via *via, int id, vm_map_t task,
    vm_address_t *address, vm_size_t size, int flags);
kern_return_t vm_stub_deallocate(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_size_t size);
kern_return_t vm_stub_protect(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_size_t size, boolean_t set_maximum,
    vm_prot_t new_protection);
kern_return_t vm_stub_inherit(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_inherit_t new_inheritance);
kern_return_t vm_stub_read(int id, vm_map_t task, vm_address_t address,
    vm_size_t size, vm_offset_t *data, mach_msg_type_number_t *data_count);
kern_return_t vm_stub_read_list(int id, vm_map_t task,
    struct vm_read_entry *data_list, natural_t count);
kern_return_t vm_stub_write(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_offset_t data, mach_msg_type_number_t data_count);
kern_return_t vm_stub_copy(const struct via *via, int id, vm_map_t task,
    vm_address_t source_address, vm_size_t size, vm_address_t dest_address);
kern_return_t vm_stub_read_overwrite(const struct via *via, int id,
    vm_map_t task, vm_address_t address, vm_size_t size, vm_address_t data,
    vm_size_t *outsize);

/* `wide`: the narrow flavour means the wide one. */
kern_return_t vm_stub_region(const struct via *via, int id, bool wide,
    vm_map_t task, vm_address_t *address, vm_size_t *size,
    vm_region_flavor_t flavor, vm_region_info_t info,
    mach_msg_type_number_t *info_count, mach_port_t *object_name);

/* `wide`: the structure is one of those of 64 bits. */
kern_return_t vm_stub_region_recurse(int id, bool wide, vm_map_t task,
    vm_address_t *address, vm_size_t *size, natural_t *nesting_depth,
    vm_region_recurse_info_t info, mach_msg_type_number_t *info_count);

/* A query of pages under way. */
struct vm_stub_pages {
	vm_address_t address;
	vm_size_t size;
	int *dispositions;
	vm_size_t room; /* ints that are left there */
	vm_size_t told; /* in the last reply */
};

kern_return_t vm_stub_page_query(int id, vm_map_t task, vm_offset_t offset,
    integer_t *disposition, integer_t *ref_count);
kern_return_t vm_stub_page_info(int id, vm_map_t task, vm_address_t address,
    vm_page_info_flavor_t flavor, vm_page_info_t info,
    mach_msg_type_number_t *info_count);
kern_return_t vm_stub_page_range_query(int id, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_address_t dispositions,
    vm_size_t *count);

/* Arguments of vm_map and vm_remap that belong together. */
struct vm_stub_object {
	mem_entry_name_port_t port;
	vm_offset_t offset;
	boolean_t copy;
};
struct vm_stub_source {
	vm_map_t task;
	vm_address_t address;
	boolean_t copy;
};
struct vm_stub_rights {
	vm_prot_t cur_protection;
	vm_prot_t max_protection;
	vm_inherit_t inheritance;
};

kern_return_t vm_stub_map(const struct via *via, int id, vm_map_t task,
    vm_address_t *address, vm_size_t size, vm_address_t mask, int flags,
    const struct vm_stub_object *object, const struct vm_stub_rights *rights);
kern_return_t vm_stub_remap(const struct via *via, int id, vm_map_t task,
    vm_address_t *address, vm_size_t size, vm_address_t mask, int flags,
    const struct vm_stub_source *source, const struct vm_stub_rights *rights,
    vm_prot_t *cur_protection, vm_prot_t *max_protection);
kern_return_t vm_stub_make_memory_entry(int id, vm_map_t task, vm_size_t *size,
    vm_offset_t offset, vm_prot_t permission, mem_entry_name_port_t *handle,
    mem_entry_name_port_t parent);

kern_return_t vm_stub_msync(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_sync_t sync_flags);
kern_return_t vm_stub_behavior_set(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_behavior_t new_behavior);
kern_return_t vm_stub_machine_attribute(int id, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_machine_attribute_t attribute,
    vm_machine_attribute_val_t *value);
kern_return_t vm_stub_purgable_control(int id, vm_map_t task,
    vm_address_t address, vm_purgable_t control, int *state);
kern_return_t vm_stub_wire(int id, host_priv_t host, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_prot_t desired_access);
