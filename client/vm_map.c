#include <mach/vm_map.h>

#include "client/call.h"
#include "client/vm_stub.h"
#include "proto/routine.h"

kern_return_t
vm_allocate(vm_map_t target_task, vm_address_t *address, vm_size_t size,
    int flags)
{
	return vm_stub_allocate(NULL, VM_MAP_ID(vm_allocate), target_task,
	    address, size, flags);
}

kern_return_t
vm_deallocate(vm_map_t target_task, vm_address_t address, vm_size_t size)
{
	return vm_stub_deallocate(NULL, VM_MAP_ID(vm_deallocate), target_task,
	    address, size);
}

kern_return_t
vm_protect(vm_map_t target_task, vm_address_t address, vm_size_t size,
    boolean_t set_maximum, vm_prot_t new_protection)
{
	return vm_stub_protect(NULL, VM_MAP_ID(vm_protect), target_task,
	    address, size, set_maximum, new_protection);
}

kern_return_t
vm_inherit(vm_map_t target_task, vm_address_t address, vm_size_t size,
    vm_inherit_t new_inheritance)
{
	return vm_stub_inherit(NULL, VM_MAP_ID(vm_inherit), target_task,
	    address, size, new_inheritance);
}

kern_return_t
vm_read(vm_map_read_t target_task, vm_address_t address, vm_size_t size,
    vm_offset_t *data, mach_msg_type_number_t *data_count)
{
	return vm_stub_read(VM_MAP_ID(vm_read), target_task, address, size,
	    data, data_count);
}

kern_return_t
vm_read_list(vm_map_read_t target_task, vm_read_entry_t data_list,
    natural_t count)
{
	return vm_stub_read_list(VM_MAP_ID(vm_read_list), target_task,
	    data_list, count);
}

kern_return_t
vm_write(vm_map_t target_task, vm_address_t address, vm_offset_t data,
    mach_msg_type_number_t data_count)
{
	return vm_stub_write(NULL, VM_MAP_ID(vm_write), target_task, address,
	    data, data_count);
}

kern_return_t
vm_copy(vm_map_t target_task, vm_address_t source_address, vm_size_t size,
    vm_address_t dest_address)
{
	return vm_stub_copy(NULL, VM_MAP_ID(vm_copy), target_task,
	    source_address, size, dest_address);
}

kern_return_t
vm_read_overwrite(vm_map_read_t target_task, vm_address_t address,
    vm_size_t size, vm_address_t data, vm_size_t *outsize)
{
	return vm_stub_read_overwrite(NULL, VM_MAP_ID(vm_read_overwrite),
	    target_task, address, size, data, outsize);
}

kern_return_t
vm_region(vm_map_read_t target_task, vm_address_t *address, vm_size_t *size,
    vm_region_flavor_t flavor, vm_region_info_t info,
    mach_msg_type_number_t *info_count, mach_port_t *object_name)
{
	return vm_stub_region(NULL, VM_MAP_ID(vm_region), false, target_task,
	    address, size, flavor, info, info_count, object_name);
}

kern_return_t
vm_region_64(vm_map_read_t target_task, vm_address_t *address, vm_size_t *size,
    vm_region_flavor_t flavor, vm_region_info_t info,
    mach_msg_type_number_t *info_count, mach_port_t *object_name)
{
	return vm_stub_region(NULL, VM_MAP_ID(vm_region_64), true, target_task,
	    address, size, flavor, info, info_count, object_name);
}

kern_return_t
vm_msync(vm_map_t target_task, vm_address_t address, vm_size_t size,
    vm_sync_t sync_flags)
{
	return vm_stub_msync(NULL, VM_MAP_ID(vm_msync), target_task, address,
	    size, sync_flags);
}

kern_return_t
vm_behavior_set(vm_map_t target_task, vm_address_t address, vm_size_t size,
    vm_behavior_t new_behavior)
{
	return vm_stub_behavior_set(NULL, VM_MAP_ID(vm_behavior_set),
	    target_task, address, size, new_behavior);
}

kern_return_t
vm_map(vm_map_t target_task, vm_address_t *address, vm_size_t size,
    vm_address_t mask, int flags, mem_entry_name_port_t object,
    vm_offset_t offset, boolean_t copy, vm_prot_t cur_protection,
    vm_prot_t max_protection, vm_inherit_t inheritance)
{
	const struct vm_stub_object from = { object, offset, copy };
	const struct vm_stub_rights rights = {
		cur_protection,
		max_protection,
		inheritance,
	};

	return vm_stub_map(NULL, VM_MAP_ID(vm_map), target_task, address, size,
	    mask, flags, &from, &rights);
}

kern_return_t
vm_map_64(vm_map_t target_task, vm_address_t *address, vm_size_t size,
    vm_address_t mask, int flags, mem_entry_name_port_t object,
    memory_object_offset_t offset, boolean_t copy, vm_prot_t cur_protection,
    vm_prot_t max_protection, vm_inherit_t inheritance)
{
	const struct vm_stub_object from = { object, offset, copy };
	const struct vm_stub_rights rights = {
		cur_protection,
		max_protection,
		inheritance,
	};

	return vm_stub_map(NULL, VM_MAP_ID(vm_map_64), target_task, address,
	    size, mask, flags, &from, &rights);
}

kern_return_t
vm_machine_attribute(vm_map_t target_task, vm_address_t address, vm_size_t size,
    vm_machine_attribute_t attribute, vm_machine_attribute_val_t *value)
{
	return vm_stub_machine_attribute(VM_MAP_ID(vm_machine_attribute),
	    target_task, address, size, attribute, value);
}

kern_return_t
vm_remap(vm_map_t target_task, vm_address_t *target_address, vm_size_t size,
    vm_address_t mask, int flags, vm_map_t src_task, vm_address_t src_address,
    boolean_t copy, vm_prot_t *cur_protection, vm_prot_t *max_protection,
    vm_inherit_t inheritance)
{
	const struct vm_stub_source source = { src_task, src_address, copy };
	const struct vm_stub_rights rights = { VM_PROT_NONE, VM_PROT_NONE,
		inheritance };

	return vm_stub_remap(NULL, VM_MAP_ID(vm_remap), target_task,
	    target_address, size, mask, flags, &source, &rights, cur_protection,
	    max_protection);
}

kern_return_t
vm_remap_new(vm_map_t target_task, vm_address_t *target_address, vm_size_t size,
    vm_address_t mask, int flags, vm_map_read_t src_task,
    vm_address_t src_address, boolean_t copy, vm_prot_t *cur_protection,
    vm_prot_t *max_protection, vm_inherit_t inheritance)
{
	const struct vm_stub_source source = { src_task, src_address, copy };
	const struct vm_stub_rights rights = { *cur_protection, *max_protection,
		inheritance };

	return vm_stub_remap(NULL, VM_MAP_ID(vm_remap_new), target_task,
	    target_address, size, mask, flags, &source, &rights, cur_protection,
	    max_protection);
}

CALL(task_wire, TaskWire)

kern_return_t
task_wire(vm_map_t target_task, boolean_t must_wire)
{
	_cleanup_(task_wire_freep) TaskWireReply *out = NULL;
	TaskWireRequest in = TASK_WIRE_REQUEST__INIT;
	struct call call = { .id = VM_MAP_ID(task_wire), .port = target_task };

	in.must_wire = must_wire != FALSE;

	return call_task_wire(&call, &in, &out);
}

kern_return_t
mach_make_memory_entry(vm_map_t target_task, vm_size_t *size,
    vm_offset_t offset, vm_prot_t permission,
    mem_entry_name_port_t *object_handle, mem_entry_name_port_t parent_entry)
{
	return vm_stub_make_memory_entry(VM_MAP_ID(mach_make_memory_entry),
	    target_task, size, offset, permission, object_handle, parent_entry);
}

kern_return_t
mach_make_memory_entry_64(vm_map_t target_task, memory_object_size_t *size,
    memory_object_offset_t offset, vm_prot_t permission,
    mach_port_t *object_handle, mem_entry_name_port_t parent_entry)
{
	vm_size_t bytes = *size;
	kern_return_t kr;

	kr = vm_stub_make_memory_entry(VM_MAP_ID(mach_make_memory_entry_64),
	    target_task, &bytes, offset, permission, object_handle,
	    parent_entry);
	if (kr == KERN_SUCCESS)
		*size = bytes;
	return kr;
}

kern_return_t
vm_map_page_query(vm_map_t target_map, vm_offset_t offset,
    integer_t *disposition, integer_t *ref_count)
{
	return vm_stub_page_query(VM_MAP_ID(vm_map_page_query), target_map,
	    offset, disposition, ref_count);
}

kern_return_t
vm_region_recurse(vm_map_read_t target_task, vm_address_t *address,
    vm_size_t *size, natural_t *nesting_depth, vm_region_recurse_info_t info,
    mach_msg_type_number_t *info_count)
{
	return vm_stub_region_recurse(VM_MAP_ID(vm_region_recurse), false,
	    target_task, address, size, nesting_depth, info, info_count);
}

kern_return_t
vm_region_recurse_64(vm_map_read_t target_task, vm_address_t *address,
    vm_size_t *size, natural_t *nesting_depth, vm_region_recurse_info_t info,
    mach_msg_type_number_t *info_count)
{
	return vm_stub_region_recurse(VM_MAP_ID(vm_region_recurse_64), true,
	    target_task, address, size, nesting_depth, info, info_count);
}

kern_return_t
vm_purgable_control(vm_map_t target_task, vm_address_t address,
    vm_purgable_t control, int *state)
{
	return vm_stub_purgable_control(VM_MAP_ID(vm_purgable_control),
	    target_task, address, control, state);
}

CALL(vm_map_exec_lockdown, VmMapExecLockdown)

kern_return_t
vm_map_exec_lockdown(vm_map_t target_task)
{
	_cleanup_(vm_map_exec_lockdown_freep) VmMapExecLockdownReply *out =
	    NULL;
	VmMapExecLockdownRequest in = VM_MAP_EXEC_LOCKDOWN_REQUEST__INIT;
	struct call call = { .id = VM_MAP_ID(vm_map_exec_lockdown),
		.port = target_task };

	return call_vm_map_exec_lockdown(&call, &in, &out);
}

CALL(vm_map_debug, VmMapDebug)

static kern_return_t
debug(int id, vm_map_read_t task, vm_address_t address)
{
	_cleanup_(vm_map_debug_freep) VmMapDebugReply *out = NULL;
	VmMapDebugRequest in = VM_MAP_DEBUG_REQUEST__INIT;
	struct call call = { .id = id, .port = task };

	in.address = address;

	return call_vm_map_debug(&call, &in, &out);
}

kern_return_t
mach_vm_region_info(vm_map_read_t task, vm_address_t address,
    vm_info_region_t *region, vm_info_object_array_t *objects,
    mach_msg_type_number_t *objects_count)
{
	(void)region, (void)objects, (void)objects_count;
	return debug(VM_MAP_ID(mach_vm_region_info), task, address);
}

kern_return_t
mach_vm_region_info_64(vm_map_read_t task, vm_address_t address,
    vm_info_region_64_t *region, vm_info_object_array_t *objects,
    mach_msg_type_number_t *objects_count)
{
	(void)region, (void)objects, (void)objects_count;
	return debug(VM_MAP_ID(mach_vm_region_info_64), task, address);
}

kern_return_t
vm_mapped_pages_info(vm_map_read_t task, page_address_array_t *pages,
    mach_msg_type_number_t *pages_count)
{
	(void)pages, (void)pages_count;
	return debug(VM_MAP_ID(vm_mapped_pages_info), task, 0);
}
