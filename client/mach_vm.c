#include <mach/mach_vm.h>

#include "client/call.h"
#include "client/vm_stub.h"
#include "proto/routine.h"

kern_return_t
mach_vm_allocate(vm_map_t target_task, mach_vm_address_t *address,
    mach_vm_size_t size, int flags)
{
	return vm_stub_allocate(MACH_VM_ID(mach_vm_allocate), target_task,
	    address, size, flags);
}

kern_return_t
mach_vm_deallocate(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size)
{
	return vm_stub_deallocate(MACH_VM_ID(mach_vm_deallocate), target_task,
	    address, size);
}

kern_return_t
mach_vm_protect(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, boolean_t set_maximum, vm_prot_t new_protection)
{
	return vm_stub_protect(MACH_VM_ID(mach_vm_protect), target_task,
	    address, size, set_maximum, new_protection);
}

kern_return_t
mach_vm_inherit(vm_map_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, vm_inherit_t new_inheritance)
{
	return vm_stub_inherit(MACH_VM_ID(mach_vm_inherit), target_task,
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
	return vm_stub_write(MACH_VM_ID(mach_vm_write), target_task, address,
	    data, data_count);
}

kern_return_t
mach_vm_copy(vm_map_t target_task, mach_vm_address_t source_address,
    mach_vm_size_t size, mach_vm_address_t dest_address)
{
	return vm_stub_copy(MACH_VM_ID(mach_vm_copy), target_task,
	    source_address, size, dest_address);
}

kern_return_t
mach_vm_read_overwrite(vm_map_read_t target_task, mach_vm_address_t address,
    mach_vm_size_t size, mach_vm_address_t data, mach_vm_size_t *outsize)
{
	return vm_stub_read_overwrite(MACH_VM_ID(mach_vm_read_overwrite),
	    target_task, address, size, data, outsize);
}

kern_return_t
mach_vm_region(vm_map_read_t target_task, mach_vm_address_t *address,
    mach_vm_size_t *size, vm_region_flavor_t flavor, vm_region_info_t info,
    mach_msg_type_number_t *info_count, mach_port_t *object_name)
{
	return vm_stub_region(MACH_VM_ID(mach_vm_region), true, target_task,
	    address, size, flavor, info, info_count, object_name);
}
