#include "client/vm_stub.h"

#include <assert.h>
#include <string.h>

#include <mach/mach_init.h>
#include <mach/vm_page_size.h>

#include "client/buffer.h"
#include "client/call.h"
#include "client/memory.h"
#include "client/window.h"

static_assert(sizeof(vm_address_t) == sizeof(mach_vm_address_t) &&
		  sizeof(struct vm_read_entry) ==
		      sizeof(struct mach_vm_read_entry),
    "both spellings have one shape");

static const struct call_outs nothing;

static kern_return_t
finish_allocate(struct call_outs *outs, const ProtobufCMessage *reply)
{
	vm_address_t *address = outs->to[0];

	*address = ((const VmAllocateReply *)reply)->address;
	return KERN_SUCCESS;
}

kern_return_t
vm_stub_allocate(const struct via *via, int id, vm_map_t task,
    vm_address_t *address, vm_size_t size, int flags)
{
	static const struct call_routine routine = {
		.reply = &vm_allocate_reply__descriptor,
		.finish = finish_allocate,
	};
	const struct call_outs outs = { .to = { address } };
	VmAllocateRequest in = VM_ALLOCATE_REQUEST__INIT;
	struct call call = { .id = id, .port = task, .in = &in.base };

	in.address = *address;
	in.size = size;
	in.flags = flags;

	return call_routine(via, &routine, &call, &outs);
}

kern_return_t
vm_stub_deallocate(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_size_t size)
{
	static const struct call_routine routine = {
		.reply = &vm_deallocate_reply__descriptor,
	};
	VmDeallocateRequest in = VM_DEALLOCATE_REQUEST__INIT;
	struct call call = { .id = id, .port = task, .in = &in.base };

	in.address = address;
	in.size = size;
	if (task == mach_task_self() && buffer_has(address))
		return call_settled(via, &call, buffer_free(address, size));

	return call_routine(via, &routine, &call, &nothing);
}

kern_return_t
vm_stub_protect(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_size_t size, boolean_t set_maximum,
    vm_prot_t new_protection)
{
	static const struct call_routine routine = {
		.reply = &vm_protect_reply__descriptor,
	};
	VmProtectRequest in = VM_PROTECT_REQUEST__INIT;
	struct call call = { .id = id, .port = task, .in = &in.base };

	in.address = address;
	in.size = size;
	in.set_maximum = set_maximum != FALSE;
	in.new_protection = new_protection;

	return call_routine(via, &routine, &call, &nothing);
}

kern_return_t
vm_stub_inherit(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_inherit_t new_inheritance)
{
	static const struct call_routine routine = {
		.reply = &vm_inherit_reply__descriptor,
	};
	VmInheritRequest in = VM_INHERIT_REQUEST__INIT;
	struct call call = { .id = id, .port = task, .in = &in.base };

	in.address = address;
	in.size = size;
	in.new_inheritance = new_inheritance;

	return call_routine(via, &routine, &call, &nothing);
}

/* Data that come into buffers of their own, one for each part. The parts are
 * the ranges that were asked for, in order, but for some. */
struct buffers {
	const struct vm_read_entry *next, *end; /* that may come */
	void *memory[VM_MAP_ENTRY_MAX];
	uint64_t size[VM_MAP_ENTRY_MAX];
	uint32_t count;
};

/* Does the next part have the size of one that may come? */
static bool
was_asked_for(struct buffers *buffers, uint64_t size)
{
	while (buffers->next < buffers->end)
		if (buffers->next++->size == size)
			return size > 0;
	return false;
}

static kern_return_t
place_in_buffer(void *context, uint32_t i, uint64_t size, uint32_t offset,
    void **to)
{
	struct buffers *buffers = context;

	assert(i == buffers->count);
	if (!was_asked_for(buffers, size))
		return MIG_TYPE_ERROR;
	*to = buffer_new(size, offset & vm_kernel_page_mask);
	if (!*to)
		return KERN_NO_SPACE;
	buffers->memory[i] = *to;
	buffers->size[i] = size;
	buffers->count = i + 1;
	return KERN_SUCCESS;
}

/* Those of a call that has failed after all. */
static void
buffers_drop(struct buffers *buffers)
{
	for (uint32_t i = 0; i < buffers->count; i++)
		buffer_free((uintptr_t)buffers->memory[i], buffers->size[i]);
}

/* What the window has, or the first of it: lent, or copied. */
static kern_return_t
take_from_window(struct window_place *place, struct buffers *buffers,
    uint64_t size, const VmReadReply *out, uint32_t offset)
{
	uint32_t rest = out->has_rest ? out->rest : 0;
	kern_return_t kr;
	void *to;

	if (!place->memory || buffers->count > 0 ||
	    out->window_size != MIN(size, (uint64_t)place->room))
		return MIG_TYPE_ERROR;
	if (place->lend && window_lend(place, size)) {
		buffers->memory[0] = place->memory;
		place->memory = NULL;
		buffers->size[0] = size;
		buffers->count = 1;
		return KERN_SUCCESS;
	}
	kr = place_in_buffer(buffers, 0, size, offset, &to);
	if (kr == KERN_SUCCESS)
		return window_copy(place, to, size, out->window_size, rest);
	window_forget_rest(rest);
	return kr;
}

CALL(vm_read, VmRead)

kern_return_t
vm_stub_read(int id, vm_map_t task, vm_address_t address, vm_size_t size,
    vm_offset_t *data, mach_msg_type_number_t *data_count)
{
	_cleanup_(vm_read_freep) VmReadReply *out = NULL;
	VmReadRequest in = VM_READ_REQUEST__INIT;
	const struct vm_read_entry wanted = { address, size };
	const uint32_t offset = (uint32_t)(address & vm_page_mask);
	struct window_place place = { 0 };
	struct buffers buffers;
	struct call call = {
		.id = id,
		.port = task,
		.place = place_in_buffer,
		.context = &buffers,
	};
	kern_return_t kr;

	buffers.next = &wanted;
	buffers.end = &wanted + 1;
	buffers.count = 0;
	in.address = address;
	in.size = size;
	if (size >= WINDOW_LENT_LEAST && size <= UINT32_MAX)
		in.has_window_at = in.has_window_room =
		    window_take(&place, size, offset, true);
	in.window_at = place.at;
	in.window_room = place.room;

	kr = call_vm_read(&call, &in, &out);
	if (kr == KERN_SUCCESS && out->has_window_size)
		kr = take_from_window(&place, &buffers, size, out, offset);
	window_give(&place);
	if (kr == KERN_SUCCESS &&
	    (buffers.count != (size > 0) || size > UINT32_MAX))
		kr = MIG_TYPE_ERROR;
	if (kr != KERN_SUCCESS) {
		buffers_drop(&buffers);
		return kr;
	}
	*data = size > 0 ? (vm_offset_t)buffers.memory[0] : 0;
	*data_count = (mach_msg_type_number_t)size;
	return KERN_SUCCESS;
}

CALL(vm_read_list, VmReadList)

/* Of data there is a part for each entry that could be read. Are they those
 * that the reply tells? */
static bool
parts_are_right(const struct vm_read_entry *data_list, natural_t count,
    const VmReadListReply *out, const struct buffers *buffers)
{
	uint32_t part = 0;

	if (out->n_size != count)
		return false;
	for (natural_t i = 0; i < count; i++) {
		if (out->size[i] == 0)
			continue;
		if (out->size[i] != data_list[i].size ||
		    part == buffers->count ||
		    out->size[i] != buffers->size[part++])
			return false;
	}
	return part == buffers->count;
}

/* What was read takes the place of what was asked for. */
static void
fill_list(struct vm_read_entry *data_list, natural_t count,
    const VmReadListReply *out, const struct buffers *buffers)
{
	uint32_t part = 0;

	for (natural_t i = 0; i < count; i++) {
		data_list[i].size = out->size[i];
		data_list[i].address = 0;
		if (data_list[i].size > 0)
			data_list[i].address =
			    (vm_address_t)buffers->memory[part++];
	}
}

kern_return_t
vm_stub_read_list(int id, vm_map_t task, struct vm_read_entry *data_list,
    natural_t count)
{
	_cleanup_(vm_read_list_freep) VmReadListReply *out = NULL;
	VmReadListRequest in = VM_READ_LIST_REQUEST__INIT;
	VmReadEntry entries[VM_MAP_ENTRY_MAX], *list[VM_MAP_ENTRY_MAX];
	struct buffers buffers;
	struct call call = {
		.id = id,
		.port = task,
		.place = place_in_buffer,
		.context = &buffers,
	};
	kern_return_t kr;

	if (!MACH_PORT_VALID(task))
		return MACH_SEND_INVALID_DEST;
	if (count > VM_MAP_ENTRY_MAX)
		return KERN_INVALID_ARGUMENT;
	buffers.next = data_list;
	buffers.end = data_list + count;
	buffers.count = 0;
	in.n_data_list = count;
	in.data_list = list;
	for (natural_t i = 0; i < count; i++) {
		vm_read_entry__init(&entries[i]);
		entries[i].address = data_list[i].address;
		entries[i].size = data_list[i].size;
		list[i] = &entries[i];
	}

	kr = call_vm_read_list(&call, &in, &out);
	if (kr == KERN_SUCCESS &&
	    !parts_are_right(data_list, count, out, &buffers))
		kr = MIG_TYPE_ERROR;
	if (kr == KERN_SUCCESS)
		fill_list(data_list, count, out, &buffers);
	else
		buffers_drop(&buffers);
	return kr;
}

kern_return_t
vm_stub_write(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_offset_t data, mach_msg_type_number_t data_count)
{
	static const struct call_routine routine = {
		.reply = &vm_write_reply__descriptor,
	};
	VmWriteRequest in = VM_WRITE_REQUEST__INIT;
	struct call call = {
		.id = id,
		.port = task,
		.in = &in.base,
		.data = (const void *)data,
		.data_size = data_count,
		.data_offset = (uint32_t)(address & vm_page_mask),
	};

	in.address = address;
	in.has_data_offset = true;
	in.data_offset = (uint32_t)(data & vm_page_mask);

	return call_routine(via, &routine, &call, &nothing);
}

kern_return_t
vm_stub_copy(const struct via *via, int id, vm_map_t task,
    vm_address_t source_address, vm_size_t size, vm_address_t dest_address)
{
	static const struct call_routine routine = {
		.reply = &vm_copy_reply__descriptor,
	};
	VmCopyRequest in = VM_COPY_REQUEST__INIT;
	struct call call = { .id = id, .port = task, .in = &in.base };

	in.source_address = source_address;
	in.size = size;
	in.dest_address = dest_address;

	return call_routine(via, &routine, &call, &nothing);
}

/* --- vm_read_overwrite ------------------------------------------------- */

enum { OUTSIZE, DATA }; /* of its outs */

static kern_return_t
place_at_destination(void *context, uint32_t i, uint64_t size, uint32_t offset,
    void **to)
{
	struct call_outs *outs = context;

	(void)offset;
	if (i > 0 || size != outs->size)
		return MIG_TYPE_ERROR;
	if (!memory_is_writable(outs->to[DATA], size))
		return KERN_INVALID_ADDRESS;
	outs->reached = true;
	*to = outs->to[DATA];
	return KERN_SUCCESS;
}

static kern_return_t
finish_read_overwrite(struct call_outs *outs, const ProtobufCMessage *reply)
{
	const VmReadOverwriteReply *out = (const VmReadOverwriteReply *)reply;
	vm_size_t *outsize = outs->to[OUTSIZE];

	if (out->outsize != outs->size || outs->reached != (outs->size > 0))
		return MIG_TYPE_ERROR;
	*outsize = outs->size;
	return KERN_SUCCESS;
}

static kern_return_t
copy_from_window(struct window_place *place, struct call_outs *outs,
    const VmReadOverwriteReply *out)
{
	uint32_t rest = out->has_rest ? out->rest : 0;
	void *to;
	kern_return_t kr;

	if (!place->memory || outs->reached ||
	    out->window_size != MIN(outs->size, (uint64_t)place->room))
		return MIG_TYPE_ERROR;
	kr = place_at_destination(outs, 0, outs->size, 0, &to);
	if (kr == KERN_SUCCESS)
		return window_copy(place, to, outs->size, out->window_size,
		    rest);
	window_forget_rest(rest);
	return kr;
}

CALL(vm_read_overwrite, VmReadOverwrite)

/* Makes the call, by the window if there is one. */
static kern_return_t
read_by_window(struct call *call, VmReadOverwriteRequest *in,
    struct call_outs *outs)
{
	_cleanup_(vm_read_overwrite_freep) VmReadOverwriteReply *out = NULL;
	struct window_place place = { 0 };
	kern_return_t kr;

	call->place = place_at_destination;
	call->context = outs;
	in->has_window_at = in->has_window_room =
	    window_take(&place, in->size, 0, false);
	in->window_at = place.at;
	in->window_room = place.room;

	kr = call_vm_read_overwrite(call, in, &out);
	if (kr == KERN_SUCCESS && out->has_window_size)
		kr = copy_from_window(&place, outs, out);
	window_give(&place);
	return kr == KERN_SUCCESS ? finish_read_overwrite(outs, &out->base)
				  : kr;
}

kern_return_t
vm_stub_read_overwrite(const struct via *via, int id, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_address_t data, vm_size_t *outsize)
{
	static const struct call_routine routine = {
		.reply = &vm_read_overwrite_reply__descriptor,
		.place = place_at_destination,
		.finish = finish_read_overwrite,
	};
	struct call_outs outs = {
		.to = { [OUTSIZE] = outsize, [DATA] = (void *)data },
		.size = size,
	};
	VmReadOverwriteRequest in = VM_READ_OVERWRITE_REQUEST__INIT;
	struct call call = { .id = id, .port = task, .in = &in.base };

	in.address = address;
	in.size = size;

	if (!via && size >= WINDOW_COPIED_LEAST)
		return read_by_window(&call, &in, &outs);
	return call_routine(via, &routine, &call, &outs);
}
