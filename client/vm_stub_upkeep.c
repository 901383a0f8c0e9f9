/*
 * Stubs of upkeep: advice, wiring, memory that may be purged
 */
#include "client/call.h"
#include "client/vm_stub.h"

CALL(vm_msync, VmMsync)

kern_return_t
vm_stub_msync(int id, vm_map_t task, vm_address_t address, vm_size_t size,
    vm_sync_t sync_flags)
{
	_cleanup_(vm_msync_freep) VmMsyncReply *out = NULL;
	VmMsyncRequest in = VM_MSYNC_REQUEST__INIT;
	struct call call = { .id = id, .port = task };

	in.address = address;
	in.size = size;
	in.sync_flags = sync_flags;

	return call_vm_msync(&call, &in, &out);
}

CALL(vm_behavior_set, VmBehaviorSet)

kern_return_t
vm_stub_behavior_set(int id, vm_map_t task, vm_address_t address,
    vm_size_t size, vm_behavior_t new_behavior)
{
	_cleanup_(vm_behavior_set_freep) VmBehaviorSetReply *out = NULL;
	VmBehaviorSetRequest in = VM_BEHAVIOR_SET_REQUEST__INIT;
	struct call call = { .id = id, .port = task };

	in.address = address;
	in.size = size;
	in.new_behavior = new_behavior;

	return call_vm_behavior_set(&call, &in, &out);
}

CALL(vm_machine_attribute, VmMachineAttribute)

kern_return_t
vm_stub_machine_attribute(int id, vm_map_t task, vm_address_t address,
    vm_size_t size, vm_machine_attribute_t attribute,
    vm_machine_attribute_val_t *value)
{
	_cleanup_(vm_machine_attribute_freep) VmMachineAttributeReply *out =
	    NULL;
	VmMachineAttributeRequest in = VM_MACHINE_ATTRIBUTE_REQUEST__INIT;
	struct call call = { .id = id, .port = task };
	kern_return_t kr;

	in.address = address;
	in.size = size;
	in.attribute = attribute;
	in.value = *value;

	kr = call_vm_machine_attribute(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*value = out->value;
	return kr;
}

CALL(vm_purgable_control, VmPurgableControl)

kern_return_t
vm_stub_purgable_control(int id, vm_map_t task, vm_address_t address,
    vm_purgable_t control, int *state)
{
	_cleanup_(vm_purgable_control_freep) VmPurgableControlReply *out = NULL;
	VmPurgableControlRequest in = VM_PURGABLE_CONTROL_REQUEST__INIT;
	struct call call = { .id = id, .port = task };
	kern_return_t kr;

	in.address = address;
	in.control = control;
	in.state = *state;

	kr = call_vm_purgable_control(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*state = out->state;
	return kr;
}

CALL(vm_wire, VmWire)

kern_return_t
vm_stub_wire(int id, host_priv_t host, vm_map_t task, vm_address_t address,
    vm_size_t size, vm_prot_t desired_access)
{
	_cleanup_(vm_wire_freep) VmWireReply *out = NULL;
	VmWireRequest in = VM_WIRE_REQUEST__INIT;
	struct call call = { .id = id, .port = host };

	in.task = task;
	in.address = address;
	in.size = size;
	in.desired_access = desired_access;

	return call_vm_wire(&call, &in, &out);
}
