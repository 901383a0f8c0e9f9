/*
 * Stubs of upkeep: advice, wiring, memory that may be purged
 */
#include "client/call.h"
#include "client/vm_stub.h"

static const struct call_outs nothing;

kern_return_t
vm_stub_msync(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_sync_t sync_flags)
{
	static const struct call_routine routine = {
		.reply = &vm_msync_reply__descriptor,
	};
	VmMsyncRequest in = VM_MSYNC_REQUEST__INIT;
	struct call call = { .id = id, .port = task, .in = &in.base };

	in.address = address;
	in.size = size;
	in.sync_flags = sync_flags;

	return call_routine(via, &routine, &call, &nothing);
}

kern_return_t
vm_stub_behavior_set(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_behavior_t new_behavior)
{
	static const struct call_routine routine = {
		.reply = &vm_behavior_set_reply__descriptor,
	};
	VmBehaviorSetRequest in = VM_BEHAVIOR_SET_REQUEST__INIT;
	struct call call = { .id = id, .port = task, .in = &in.base };

	in.address = address;
	in.size = size;
	in.new_behavior = new_behavior;

	return call_routine(via, &routine, &call, &nothing);
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
