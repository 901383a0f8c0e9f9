/*
 * Calls to be queued: the routines of <mach/vm_map.h>, by way of a queue
 */
#include <mach/vm_map.h>

#include "client/call.h"
#include "client/vm_stub.h"
#include "client/vmd.h"
#include "proto/routine.h"

kern_return_t
vmd_queue_vm_allocate(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t *address, vm_size_t size, int flags)
{
	const struct via via = { queue, tag };

	return vm_stub_allocate(&via, VM_MAP_ID(vm_allocate), task, address,
	    size, flags);
}

kern_return_t
vmd_queue_vm_deallocate(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t address, vm_size_t size)
{
	const struct via via = { queue, tag };

	return vm_stub_deallocate(&via, VM_MAP_ID(vm_deallocate), task, address,
	    size);
}

kern_return_t
vmd_queue_vm_protect(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t address, vm_size_t size, boolean_t set_maximum,
    vm_prot_t new_protection)
{
	const struct via via = { queue, tag };

	return vm_stub_protect(&via, VM_MAP_ID(vm_protect), task, address, size,
	    set_maximum, new_protection);
}

kern_return_t
vmd_queue_vm_inherit(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_inherit_t new_inheritance)
{
	const struct via via = { queue, tag };

	return vm_stub_inherit(&via, VM_MAP_ID(vm_inherit), task, address, size,
	    new_inheritance);
}

kern_return_t
vmd_queue_vm_copy(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t source_address, vm_size_t size, vm_address_t dest_address)
{
	const struct via via = { queue, tag };

	return vm_stub_copy(&via, VM_MAP_ID(vm_copy), task, source_address,
	    size, dest_address);
}

kern_return_t
vmd_queue_vm_write(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t address, vm_offset_t data, mach_msg_type_number_t data_count)
{
	const struct via via = { queue, tag };

	return vm_stub_write(&via, VM_MAP_ID(vm_write), task, address, data,
	    data_count);
}

kern_return_t
vmd_queue_vm_read_overwrite(vmd_queue_t *queue, uint64_t tag,
    vm_map_read_t task, vm_address_t address, vm_size_t size, vm_address_t data,
    vm_size_t *outsize)
{
	const struct via via = { queue, tag };

	return vm_stub_read_overwrite(&via, VM_MAP_ID(vm_read_overwrite), task,
	    address, size, data, outsize);
}

kern_return_t
vmd_queue_vm_region(vmd_queue_t *queue, uint64_t tag, vm_map_read_t task,
    vm_address_t *address, vm_size_t *size, vm_region_flavor_t flavor,
    vm_region_info_t info, mach_msg_type_number_t *info_count,
    mach_port_t *object_name)
{
	const struct via via = { queue, tag };

	return vm_stub_region(&via, VM_MAP_ID(vm_region), false, task, address,
	    size, flavor, info, info_count, object_name);
}

kern_return_t
vmd_queue_vm_region_64(vmd_queue_t *queue, uint64_t tag, vm_map_read_t task,
    vm_address_t *address, vm_size_t *size, vm_region_flavor_t flavor,
    vm_region_info_t info, mach_msg_type_number_t *info_count,
    mach_port_t *object_name)
{
	const struct via via = { queue, tag };

	return vm_stub_region(&via, VM_MAP_ID(vm_region_64), true, task,
	    address, size, flavor, info, info_count, object_name);
}

kern_return_t
vmd_queue_vm_remap(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t *target_address, vm_size_t size, vm_address_t mask, int flags,
    vm_map_t src_task, vm_address_t src_address, boolean_t copy,
    vm_prot_t *cur_protection, vm_prot_t *max_protection,
    vm_inherit_t inheritance)
{
	const struct via via = { queue, tag };
	const struct vm_stub_source source = { src_task, src_address, copy };
	const struct vm_stub_rights rights = { VM_PROT_NONE, VM_PROT_NONE,
		inheritance };

	return vm_stub_remap(&via, VM_MAP_ID(vm_remap), task, target_address,
	    size, mask, flags, &source, &rights, cur_protection,
	    max_protection);
}

kern_return_t
vmd_queue_vm_map(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t *address, vm_size_t size, vm_address_t mask, int flags,
    mem_entry_name_port_t object, vm_offset_t offset, boolean_t copy,
    vm_prot_t cur_protection, vm_prot_t max_protection,
    vm_inherit_t inheritance)
{
	const struct via via = { queue, tag };
	const struct vm_stub_object from = { object, offset, copy };
	const struct vm_stub_rights rights = {
		cur_protection,
		max_protection,
		inheritance,
	};

	return vm_stub_map(&via, VM_MAP_ID(vm_map), task, address, size, mask,
	    flags, &from, &rights);
}

kern_return_t
vmd_queue_vm_msync(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_sync_t sync_flags)
{
	const struct via via = { queue, tag };

	return vm_stub_msync(&via, VM_MAP_ID(vm_msync), task, address, size,
	    sync_flags);
}

kern_return_t
vmd_queue_vm_behavior_set(vmd_queue_t *queue, uint64_t tag, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_behavior_t new_behavior)
{
	const struct via via = { queue, tag };

	return vm_stub_behavior_set(&via, VM_MAP_ID(vm_behavior_set), task,
	    address, size, new_behavior);
}
