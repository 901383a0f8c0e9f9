#include <mach/mach_vm.h>

#include "client/call.h"
#include "client/vm_stub.h"
#include "proto/routine.h"

kern_return_t
mach_vm_allocate(vm_map_t target_task, mach_vm_address_t *address,
    mach_vm_size_t size, int flags)
{
	return vm_stub_allocate(NULL, MACH_VM_ID(mach_vm_allocate), target_task,
	    address, size, flags);
}

kern_return_t
mach_vm_deallocate(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size)
{
	return vm_stub_deallocate(NULL, MACH_VM_ID(mach_vm_deallocate),
	    target_task, address, size);
}

kern_return_t
mach_vm_protect(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, boolean_t set_maximum, vm_prot_t new_protection)
{
	return vm_stub_protect(NULL, MACH_VM_ID(mach_vm_protect), target_task,
	    address, size, set_maximum, new_protection);
}

kern_return_t
mach_vm_inherit(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, vm_inherit_t new_inheritance)
{
	return vm_stub_inherit(NULL, MACH_VM_ID(mach_vm_inherit), target_task,
	    address, size, new_inheritance);
}

kern_return_t
mach_vm_read(vm_map_read_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, vm_offset_t *data, mach_msg_type_number_t *data_count)
{
	return vm_stub_read(MACH_VM_ID(mach_vm_read), target_task, address,
	    size, data, data_count);
}

kern_return_t
mach_vm_read_list(vm_map_read_t target_task, mach_vm_read_entry_t data_list,
    natural_t count)
{
	return vm_stub_read_list(MACH_VM_ID(mach_vm_read_list), target_task,
	    (struct vm_read_entry *)data_list, count);
}

kern_return_t
mach_vm_write(vm_map_t target_task, mach_vm_address_t address, vm_offset_t data,
    mach_msg_type_number_t data_count)
{
	return vm_stub_write(NULL, MACH_VM_ID(mach_vm_write), target_task,
	    address, data, data_count);
}

kern_return_t
mach_vm_copy(vm_map_t target_task, mach_vm_address_t source_address,
    mach_vm_size_t size, mach_vm_address_t dest_address)
{
	return vm_stub_copy(NULL, MACH_VM_ID(mach_vm_copy), target_task,
	    source_address, size, dest_address);
}

kern_return_t
mach_vm_read_overwrite(vm_map_read_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, mach_vm_address_t data, mach_vm_size_t *outsize)
{
	return vm_stub_read_overwrite(NULL, MACH_VM_ID(mach_vm_read_overwrite),
	    target_task, address, size, data, outsize);
}

kern_return_t
mach_vm_region(vm_map_read_t target_task, mach_vm_address_t *address,
    mach_vm_size_t *size, vm_region_flavor_t flavor, vm_region_info_t info,
    mach_msg_type_number_t *info_count, mach_port_t *object_name)
{
	return vm_stub_region(NULL, MACH_VM_ID(mach_vm_region), true,
	    target_task, address, size, flavor, info, info_count, object_name);
}

kern_return_t
mach_vm_msync(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, vm_sync_t sync_flags)
{
	return vm_stub_msync(NULL, MACH_VM_ID(mach_vm_msync), target_task,
	    address, size, sync_flags);
}

kern_return_t
mach_vm_behavior_set(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, vm_behavior_t new_behavior)
{
	return vm_stub_behavior_set(NULL, MACH_VM_ID(mach_vm_behavior_set),
	    target_task, address, size, new_behavior);
}

kern_return_t
mach_vm_map(vm_map_t target_task, mach_vm_address_t *address,
    mach_vm_size_t size, mach_vm_offset_t mask, int flags,
    mem_entry_name_port_t object, memory_object_offset_t offset, boolean_t copy,
    vm_prot_t cur_protection, vm_prot_t max_protection,
    vm_inherit_t inheritance)
{
	const struct vm_stub_object from = { object, offset, copy };
	const struct vm_stub_rights rights = {
		cur_protection,
		max_protection,
		inheritance,
	};

	return vm_stub_map(NULL, MACH_VM_ID(mach_vm_map), target_task, address,
	    size, mask, flags, &from, &rights);
}

kern_return_t
mach_vm_machine_attribute(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, vm_machine_attribute_t attribute,
    vm_machine_attribute_val_t *value)
{
	return vm_stub_machine_attribute(MACH_VM_ID(mach_vm_machine_attribute),
	    target_task, address, size, attribute, value);
}

kern_return_t
mach_vm_remap(vm_map_t target_task, mach_vm_address_t *target_address,
    mach_vm_size_t size, mach_vm_offset_t mask, int flags, vm_map_t src_task,
    mach_vm_address_t src_address, boolean_t copy, vm_prot_t *cur_protection,
    vm_prot_t *max_protection, vm_inherit_t inheritance)
{
	const struct vm_stub_source source = { src_task, src_address, copy };
	const struct vm_stub_rights rights = { VM_PROT_NONE, VM_PROT_NONE,
		inheritance };

	return vm_stub_remap(NULL, MACH_VM_ID(mach_vm_remap), target_task,
	    target_address, size, mask, flags, &source, &rights, cur_protection,
	    max_protection);
}

kern_return_t
mach_vm_remap_new(vm_map_t target_task, mach_vm_address_t *target_address,
    mach_vm_size_t size, mach_vm_offset_t mask, int flags,
    vm_map_read_t src_task, mach_vm_address_t src_address, boolean_t copy,
    vm_prot_t *cur_protection, vm_prot_t *max_protection,
    vm_inherit_t inheritance)
{
	const struct vm_stub_source source = { src_task, src_address, copy };
	const struct vm_stub_rights rights = { *cur_protection, *max_protection,
		inheritance };

	return vm_stub_remap(NULL, MACH_VM_ID(mach_vm_remap_new), target_task,
	    target_address, size, mask, flags, &source, &rights, cur_protection,
	    max_protection);
}

kern_return_t
mach_vm_page_query(vm_map_read_t target_map, mach_vm_offset_t offset,
    integer_t *disposition, integer_t *ref_count)
{
	return vm_stub_page_query(MACH_VM_ID(mach_vm_page_query), target_map,
	    offset, disposition, ref_count);
}

kern_return_t
mach_vm_region_recurse(vm_map_read_t target_task, mach_vm_address_t *address,
    mach_vm_size_t *size, natural_t *nesting_depth,
    vm_region_recurse_info_t info, mach_msg_type_number_t *info_count)
{
	return vm_stub_region_recurse(MACH_VM_ID(mach_vm_region_recurse), true,
	    target_task, address, size, nesting_depth, info, info_count);
}

kern_return_t
_mach_make_memory_entry(vm_map_t target_task, memory_object_size_t *size,
    memory_object_offset_t offset, vm_prot_t permission,
    mem_entry_name_port_t *object_handle, mem_entry_name_port_t parent_handle)
{
	vm_size_t bytes = *size;
	kern_return_t kr;

	kr = vm_stub_make_memory_entry(MACH_VM_ID(_mach_make_memory_entry),
	    target_task, &bytes, offset, permission, object_handle,
	    parent_handle);
	if (kr == KERN_SUCCESS)
		*size = bytes;
	return kr;
}

kern_return_t
mach_vm_purgable_control(vm_map_t target_task, mach_vm_address_t address,
    vm_purgable_t control, int *state)
{
	return vm_stub_purgable_control(MACH_VM_ID(mach_vm_purgable_control),
	    target_task, address, control, state);
}

kern_return_t
mach_vm_page_info(vm_map_read_t target_task, mach_vm_address_t address,
    vm_page_info_flavor_t flavor, vm_page_info_t info,
    mach_msg_type_number_t *info_count)
{
	return vm_stub_page_info(MACH_VM_ID(mach_vm_page_info), target_task,
	    address, flavor, info, info_count);
}

kern_return_t
mach_vm_page_range_query(vm_map_read_t target_map, mach_vm_offset_t address,
    mach_vm_size_t size, mach_vm_address_t dispositions,
    mach_vm_size_t *dispositions_count)
{
	return vm_stub_page_range_query(MACH_VM_ID(mach_vm_page_range_query),
	    target_map, address, size, dispositions, dispositions_count);
}
