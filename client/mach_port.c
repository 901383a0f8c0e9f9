#include <mach/mach_port.h>

#include <string.h>

#include "client/buffer.h"
#include "client/call.h"
#include "client/message.h"

CALL(mach_port_deallocate, MachPortDeallocate)

kern_return_t
mach_port_deallocate(ipc_space_t task, mach_port_name_t name)
{
	_cleanup_(mach_port_deallocate_freep) MachPortDeallocateReply *out =
	    NULL;
	MachPortDeallocateRequest in = MACH_PORT_DEALLOCATE_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_deallocate),
		.port = task,
	};

	in.name = name;

	return call_mach_port_deallocate(&call, &in, &out);
}

CALL(mach_port_names, MachPortNames)

kern_return_t
mach_port_names(ipc_space_t task, mach_port_name_array_t *names,
    mach_msg_type_number_t *names_count, mach_port_type_array_t *types,
    mach_msg_type_number_t *types_count)
{
	_cleanup_(mach_port_names_freep) MachPortNamesReply *out = NULL;
	MachPortNamesRequest in = MACH_PORT_NAMES_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_names),
		.port = task,
	};
	mach_port_name_array_t first;
	kern_return_t kr;

	kr = call_mach_port_names(&call, &in, &out);
	if (kr == KERN_SUCCESS && out->n_name != out->n_type)
		return MIG_TYPE_ERROR;
	if (kr == KERN_SUCCESS)
		kr = buffer_array(out->name, out->n_name, &first);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = buffer_array(out->type, out->n_type, types);
	if (kr != KERN_SUCCESS) {
		buffer_free((uintptr_t)first, out->n_name * sizeof(*first));
		return kr;
	}
	*names = first;
	*names_count = (mach_msg_type_number_t)out->n_name;
	*types_count = (mach_msg_type_number_t)out->n_type;
	return KERN_SUCCESS;
}

CALL(mach_port_type, MachPortType)

kern_return_t
mach_port_type(ipc_space_t task, mach_port_name_t name, mach_port_type_t *ptype)
{
	_cleanup_(mach_port_type_freep) MachPortTypeReply *out = NULL;
	MachPortTypeRequest in = MACH_PORT_TYPE_REQUEST__INIT;
	struct call call = { .id = MACH_PORT_ID(mach_port_type), .port = task };
	kern_return_t kr;

	in.name = name;

	kr = call_mach_port_type(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*ptype = out->ptype;
	return kr;
}

CALL(mach_port_destroy, MachPortDestroy)

static void
on_destroyed(struct session *session, const ProtobufCMessage *message)
{
	const MachPortDestroyRequest *in = (const void *)message;

	message_right_died(session, in->name);
}

kern_return_t
mach_port_destroy(ipc_space_t task, mach_port_name_t name)
{
	_cleanup_(mach_port_destroy_freep) MachPortDestroyReply *out = NULL;
	MachPortDestroyRequest in = MACH_PORT_DESTROY_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_destroy),
		.port = task,
		.done = on_destroyed,
	};

	in.name = name;

	return call_mach_port_destroy(&call, &in, &out);
}

CALL(mach_port_get_refs, MachPortGetRefs)

kern_return_t
mach_port_get_refs(ipc_space_t task, mach_port_name_t name,
    mach_port_right_t right, mach_port_urefs_t *refs)
{
	_cleanup_(mach_port_get_refs_freep) MachPortGetRefsReply *out = NULL;
	MachPortGetRefsRequest in = MACH_PORT_GET_REFS_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_get_refs),
		.port = task,
	};
	kern_return_t kr;

	in.name = name;
	in.right = right;

	kr = call_mach_port_get_refs(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*refs = out->refs;
	return kr;
}

CALL(mach_port_mod_refs, MachPortModRefs)

static void
on_modified(struct session *session, const ProtobufCMessage *message)
{
	const MachPortModRefsRequest *in = (const void *)message;

	if (in->right == MACH_PORT_RIGHT_RECEIVE && in->delta < 0)
		message_right_died(session, in->name);
}

kern_return_t
mach_port_mod_refs(ipc_space_t task, mach_port_name_t name,
    mach_port_right_t right, mach_port_delta_t delta)
{
	_cleanup_(mach_port_mod_refs_freep) MachPortModRefsReply *out = NULL;
	MachPortModRefsRequest in = MACH_PORT_MOD_REFS_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_mod_refs),
		.port = task,
		.done = on_modified,
	};

	in.name = name;
	in.right = right;
	in.delta = delta;

	return call_mach_port_mod_refs(&call, &in, &out);
}

CALL(mach_port_insert_right, MachPortInsertRight)

kern_return_t
mach_port_insert_right(ipc_space_t task, mach_port_name_t name,
    mach_port_t poly, mach_msg_type_name_t poly_poly)
{
	_cleanup_(mach_port_insert_right_freep) MachPortInsertRightReply *out =
	    NULL;
	MachPortInsertRightRequest in = MACH_PORT_INSERT_RIGHT_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_insert_right),
		.port = task,
	};

	in.name = name;
	in.poly = poly;
	in.poly_poly = poly_poly;

	return call_mach_port_insert_right(&call, &in, &out);
}

CALL(mach_port_extract_right, MachPortExtractRight)

kern_return_t
mach_port_extract_right(ipc_space_t task, mach_port_name_t name,
    mach_msg_type_name_t msgt_name, mach_port_t *poly,
    mach_msg_type_name_t *poly_poly)
{
	_cleanup_(mach_port_extract_right_freep)
	    MachPortExtractRightReply *out = NULL;
	MachPortExtractRightRequest in = MACH_PORT_EXTRACT_RIGHT_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_extract_right),
		.port = task,
	};
	kern_return_t kr;

	in.name = name;
	in.msgt_name = msgt_name;

	kr = call_mach_port_extract_right(&call, &in, &out);
	if (kr == KERN_SUCCESS) {
		*poly = out->poly;
		*poly_poly = out->poly_poly;
	}
	return kr;
}

CALL(mach_port_allocate, MachPortAllocate)

kern_return_t
mach_port_allocate(ipc_space_t task, mach_port_right_t right,
    mach_port_name_t *name)
{
	_cleanup_(mach_port_allocate_freep) MachPortAllocateReply *out = NULL;
	MachPortAllocateRequest in = MACH_PORT_ALLOCATE_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_allocate),
		.port = task,
	};
	kern_return_t kr;

	in.right = right;

	kr = call_mach_port_allocate(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*name = out->name;
	return kr;
}

CALL(mach_port_allocate_name, MachPortAllocateName)

kern_return_t
mach_port_allocate_name(ipc_space_t task, mach_port_right_t right,
    mach_port_name_t name)
{
	_cleanup_(mach_port_allocate_name_freep)
	    MachPortAllocateNameReply *out = NULL;
	MachPortAllocateNameRequest in = MACH_PORT_ALLOCATE_NAME_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_allocate_name),
		.port = task,
	};

	in.right = right;
	in.name = name;

	return call_mach_port_allocate_name(&call, &in, &out);
}

CALL(mach_port_rename, MachPortRename)

static void
on_renamed(struct session *session, const ProtobufCMessage *message)
{
	const MachPortRenameRequest *in = (const void *)message;

	message_right_renamed(session, in->old_name, in->new_name);
}

kern_return_t
mach_port_rename(ipc_space_t task, mach_port_name_t old_name,
    mach_port_name_t new_name)
{
	_cleanup_(mach_port_rename_freep) MachPortRenameReply *out = NULL;
	MachPortRenameRequest in = MACH_PORT_RENAME_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_rename),
		.port = task,
		.done = on_renamed,
	};

	in.old_name = old_name;
	in.new_name = new_name;

	return call_mach_port_rename(&call, &in, &out);
}

CALL(mach_port_request_notification, MachPortRequestNotification)

kern_return_t
mach_port_request_notification(ipc_space_t task, mach_port_name_t name,
    mach_msg_id_t msgid, mach_port_mscount_t sync, mach_port_t notify,
    mach_msg_type_name_t notify_poly, mach_port_t *previous)
{
	_cleanup_(mach_port_request_notification_freep)
	    MachPortRequestNotificationReply *out = NULL;
	MachPortRequestNotificationRequest in =
	    MACH_PORT_REQUEST_NOTIFICATION_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_request_notification),
		.port = task,
	};
	kern_return_t kr;

	in.name = name;
	in.msgid = msgid;
	in.sync = sync;
	in.notify = notify;
	in.notify_poly = notify_poly;

	kr = call_mach_port_request_notification(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*previous = out->previous;
	return kr;
}

CALL(mach_port_get_attributes, MachPortGetAttributes)

/* Messages wait in this library, as many as there are. */
kern_return_t
mach_port_get_attributes(ipc_space_t task, mach_port_name_t name,
    mach_port_flavor_t flavor, mach_port_info_t port_info_out,
    mach_msg_type_number_t *port_info_out_count)
{
	_cleanup_(mach_port_get_attributes_freep)
	    MachPortGetAttributesReply *out = NULL;
	MachPortGetAttributesRequest in =
	    MACH_PORT_GET_ATTRIBUTES_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_get_attributes),
		.port = task,
	};
	mach_port_status_t status = { .mps_qlimit = MACH_PORT_QLIMIT_MAX };
	kern_return_t kr;

	in.name = name;
	in.flavor = flavor;

	kr = call_mach_port_get_attributes(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	if (*port_info_out_count < MACH_PORT_RECEIVE_STATUS_COUNT)
		return KERN_FAILURE;
	status.mps_mscount = out->mscount;
	status.mps_srights = out->srights;
	status.mps_nsrequest = out->nsrequest;
	status.mps_msgcount = message_count(name);
	memcpy(port_info_out, &status, sizeof(status));
	*port_info_out_count = MACH_PORT_RECEIVE_STATUS_COUNT;
	return KERN_SUCCESS;
}
