/*
 * Stubs of mappings: vm_map, vm_remap, memory entries
 */
#include "client/call.h"
#include "client/vm_stub.h"

static kern_return_t
finish_map(struct call_outs *outs, const ProtobufCMessage *reply)
{
	vm_address_t *address = outs->to[0];

	*address = ((const VmMapReply *)reply)->address;
	return KERN_SUCCESS;
}

kern_return_t
vm_stub_map(const struct via *via, int id, vm_map_t task, vm_address_t *address,
    vm_size_t size, vm_address_t mask, int flags,
    const struct vm_stub_object *object, const struct vm_stub_rights *rights)
{
	static const struct call_routine routine = {
		.reply = &vm_map_reply__descriptor,
		.finish = finish_map,
	};
	const struct call_outs outs = { .to = { address } };
	VmMapRequest in = VM_MAP_REQUEST__INIT;
	struct call call = { .id = id, .port = task, .in = &in.base };

	in.address = *address;
	in.size = size;
	in.mask = mask;
	in.flags = flags;
	in.has_object = in.has_offset = in.has_copy = true;
	in.object = object->port;
	in.offset = object->offset;
	in.copy = object->copy != FALSE;
	in.has_cur_protection = in.has_max_protection = true;
	in.has_inheritance = true;
	in.cur_protection = rights->cur_protection;
	in.max_protection = rights->max_protection;
	in.inheritance = rights->inheritance;

	return call_routine(via, &routine, &call, &outs);
}

static kern_return_t
finish_remap(struct call_outs *outs, const ProtobufCMessage *reply)
{
	const VmRemapReply *out = (const VmRemapReply *)reply;
	vm_address_t *address = outs->to[0];
	vm_prot_t *cur_protection = outs->to[1], *max_protection = outs->to[2];

	*address = out->target_address;
	*cur_protection = out->cur_protection;
	*max_protection = out->max_protection;
	return KERN_SUCCESS;
}

kern_return_t
vm_stub_remap(const struct via *via, int id, vm_map_t task,
    vm_address_t *address, vm_size_t size, vm_address_t mask, int flags,
    const struct vm_stub_source *source, const struct vm_stub_rights *rights,
    vm_prot_t *cur_protection, vm_prot_t *max_protection)
{
	static const struct call_routine routine = {
		.reply = &vm_remap_reply__descriptor,
		.finish = finish_remap,
	};
	const struct call_outs outs = {
		.to = { address, cur_protection, max_protection },
	};
	VmRemapRequest in = VM_REMAP_REQUEST__INIT;
	struct call call = { .id = id, .port = task, .in = &in.base };

	in.target_address = *address;
	in.size = size;
	in.mask = mask;
	in.flags = flags;
	in.src_task = source->task;
	in.src_address = source->address;
	in.copy = source->copy != FALSE;
	in.has_cur_protection = in.has_max_protection = true;
	in.has_inheritance = true;
	in.cur_protection = rights->cur_protection;
	in.max_protection = rights->max_protection;
	in.inheritance = rights->inheritance;

	return call_routine(via, &routine, &call, &outs);
}

CALL(mach_make_memory_entry, MachMakeMemoryEntry)

kern_return_t
vm_stub_make_memory_entry(int id, vm_map_t task, vm_size_t *size,
    vm_offset_t offset, vm_prot_t permission, mem_entry_name_port_t *handle,
    mem_entry_name_port_t parent)
{
	_cleanup_(mach_make_memory_entry_freep) MachMakeMemoryEntryReply *out =
	    NULL;
	MachMakeMemoryEntryRequest in = MACH_MAKE_MEMORY_ENTRY_REQUEST__INIT;
	struct call call = { .id = id, .port = task };
	kern_return_t kr;

	in.size = *size;
	in.offset = offset;
	in.permission = permission;
	in.has_parent_entry = true;
	in.parent_entry = parent;

	kr = call_mach_make_memory_entry(&call, &in, &out);
	if (kr == KERN_SUCCESS) {
		*size = out->size;
		*handle = out->object_handle;
	}
	return kr;
}
