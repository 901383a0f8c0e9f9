#include <servers/bootstrap.h>

#include <stdlib.h>
#include <string.h>

#include <mach/mach_error.h>

#include "client/buffer.h"
#include "client/call.h"
#include "client/name.h"

/* --- One name ---------------------------------------------------------- */

CALL(bootstrap_register, BootstrapRegister)

kern_return_t
bootstrap_register(mach_port_t bp, const char *service_name,
    mach_port_t service_port)
{
	_cleanup_(bootstrap_register_freep) BootstrapRegisterReply *out = NULL;
	BootstrapRegisterRequest in = BOOTSTRAP_REGISTER_REQUEST__INIT;
	struct call call = {
		.id = BOOTSTRAP_ID(bootstrap_register),
		.port = bp,
	};

	in.service_name = name_field(service_name);
	in.service_port = service_port;

	return call_bootstrap_register(&call, &in, &out);
}

CALL(bootstrap_look_up, BootstrapLookUp)

kern_return_t
bootstrap_look_up(mach_port_t bp, const char *service_name,
    mach_port_t *service_port)
{
	_cleanup_(bootstrap_look_up_freep) BootstrapLookUpReply *out = NULL;
	BootstrapLookUpRequest in = BOOTSTRAP_LOOK_UP_REQUEST__INIT;
	struct call call = {
		.id = BOOTSTRAP_ID(bootstrap_look_up),
		.port = bp,
	};
	kern_return_t kr;

	in.service_name = name_field(service_name);

	kr = call_bootstrap_look_up(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*service_port = out->service_port;
	return kr;
}

CALL(bootstrap_status, BootstrapStatus)

kern_return_t
bootstrap_status(mach_port_t bp, const char *service_name,
    bootstrap_status_t *service_active)
{
	_cleanup_(bootstrap_status_freep) BootstrapStatusReply *out = NULL;
	BootstrapStatusRequest in = BOOTSTRAP_STATUS_REQUEST__INIT;
	struct call call = {
		.id = BOOTSTRAP_ID(bootstrap_status),
		.port = bp,
	};
	kern_return_t kr;

	in.service_name = name_field(service_name);

	kr = call_bootstrap_status(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*service_active = out->service_active;
	return kr;
}

CALL(bootstrap_check_in, BootstrapCheckIn)

kern_return_t
bootstrap_check_in(mach_port_t bp, const char *service_name,
    mach_port_t *service_port)
{
	_cleanup_(bootstrap_check_in_freep) BootstrapCheckInReply *out = NULL;
	BootstrapCheckInRequest in = BOOTSTRAP_CHECK_IN_REQUEST__INIT;
	struct call call = {
		.id = BOOTSTRAP_ID(bootstrap_check_in),
		.port = bp,
	};
	kern_return_t kr;

	in.service_name = name_field(service_name);

	kr = call_bootstrap_check_in(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*service_port = out->service_port;
	return kr;
}

/* --- Several ----------------------------------------------------------- */

CALL(bootstrap_look_up_array, BootstrapLookUpArray)

kern_return_t
bootstrap_look_up_array(mach_port_t bp, name_array_t service_names,
    mach_msg_type_number_t service_names_count,
    mach_port_array_t *service_ports,
    mach_msg_type_number_t *service_ports_count, boolean_t *all_services_known)
{
	_cleanup_(bootstrap_look_up_array_freep)
	    BootstrapLookUpArrayReply *out = NULL;
	BootstrapLookUpArrayRequest in = BOOTSTRAP_LOOK_UP_ARRAY_REQUEST__INIT;
	struct call call = {
		.id = BOOTSTRAP_ID(bootstrap_look_up_array),
		.port = bp,
	};
	ProtobufCBinaryData names[BOOTSTRAP_MAX_LOOKUP_COUNT];
	kern_return_t kr;

	if (service_names_count > ARRAY_SIZE(names))
		return BOOTSTRAP_BAD_COUNT;
	for (size_t i = 0; i < service_names_count; i++)
		names[i] = name_field(service_names[i]);
	in.n_service_names = service_names_count;
	in.service_names = names;

	kr = call_bootstrap_look_up_array(&call, &in, &out);
	if (kr == KERN_SUCCESS && out->n_service_ports != service_names_count)
		kr = MIG_TYPE_ERROR;
	if (kr == KERN_SUCCESS)
		kr = buffer_array(out->service_ports, out->n_service_ports,
		    service_ports);
	if (kr != KERN_SUCCESS)
		return kr;
	*service_ports_count = service_names_count;
	*all_services_known = out->all_services_known;
	return KERN_SUCCESS;
}

/* --- All --------------------------------------------------------------- */

enum { REPLIES_MOST = 4096 };

/* What is told of so far. */
struct info {
	name_array_t names;
	bootstrap_status_array_t active;
	size_t count;
	size_t room;
};

static void
info_deinit(struct info *info)
{
	free(info->names);
	free(info->active);
}

static kern_return_t
info_make_room(struct info *info, size_t more)
{
	size_t room = MAX(info->room * 2, info->count + more);
	name_array_t names;
	bootstrap_status_array_t active;

	if (info->room - info->count >= more)
		return KERN_SUCCESS;
	names = reallocarray(info->names, room, sizeof(*names));
	if (!names)
		return KERN_NO_SPACE;
	info->names = names;
	active = reallocarray(info->active, room, sizeof(*active));
	if (!active)
		return KERN_NO_SPACE;
	info->active = active;
	info->room = room;
	return KERN_SUCCESS;
}

static kern_return_t
info_add(struct info *info, const BootstrapInfoReply *reply)
{
	kern_return_t kr = info_make_room(info, reply->n_service_names);

	if (reply->n_service_active != reply->n_service_names)
		return MIG_TYPE_ERROR;
	for (size_t i = 0; kr == KERN_SUCCESS && i < reply->n_service_names;
	     i++) {
		if (!name_read(&reply->service_names[i],
			info->names[info->count]))
			return MIG_TYPE_ERROR;
		info->active[info->count++] = reply->service_active[i];
	}
	return kr;
}

CALL(bootstrap_info, BootstrapInfo)

static kern_return_t
info_get(mach_port_t bp, struct info *info)
{
	_cleanup_(bootstrap_info_freep) BootstrapInfoReply *before = NULL;
	BootstrapInfoRequest in = BOOTSTRAP_INFO_REQUEST__INIT;

	for (unsigned i = 0; i < REPLIES_MOST; i++) {
		struct call call = {
			.id = BOOTSTRAP_ID(bootstrap_info),
			.port = bp,
		};
		BootstrapInfoReply *out;
		kern_return_t kr = call_bootstrap_info(&call, &in, &out);

		if (before)
			bootstrap_info_free(before);
		before = out;
		if (kr == KERN_SUCCESS)
			kr = info_add(info, out);
		if (kr != KERN_SUCCESS)
			return kr;
		if (!out->has_next_owner)
			return KERN_SUCCESS;
		in.has_owner = in.has_behind = true;
		in.owner = out->next_owner;
		in.behind = out->next_behind;
	}
	return MIG_ARRAY_TOO_LARGE;
}

/* Memory for the caller, out of our own. NULL for nothing. */
static kern_return_t
hand_out(const void *from, size_t size, void **to)
{
	void *buffer = size > 0 ? buffer_new(size, 0) : NULL;

	if (size > 0 && !buffer)
		return KERN_NO_SPACE;
	if (size > 0 && from)
		memcpy(buffer, from, size);
	*to = buffer;
	return KERN_SUCCESS;
}

enum { NAMES, SERVERS, ACTIVE, ARRAYS };

kern_return_t
bootstrap_info(mach_port_t bp, name_array_t *service_names,
    mach_msg_type_number_t *service_names_count, name_array_t *server_names,
    mach_msg_type_number_t *server_names_count,
    bootstrap_status_array_t *service_active,
    mach_msg_type_number_t *service_active_count)
{
	_cleanup_(info_deinit) struct info info = { NULL, NULL, 0, 0 };
	size_t sizes[ARRAYS];
	void *arrays[ARRAYS] = { NULL };
	kern_return_t kr = info_get(bp, &info);

	sizes[NAMES] = sizes[SERVERS] = info.count * sizeof(*info.names);
	sizes[ACTIVE] = info.count * sizeof(*info.active);
	if (kr == KERN_SUCCESS)
		kr = hand_out(info.names, sizes[NAMES], &arrays[NAMES]);
	if (kr == KERN_SUCCESS)
		kr = hand_out(NULL, sizes[SERVERS], &arrays[SERVERS]);
	if (kr == KERN_SUCCESS)
		kr = hand_out(info.active, sizes[ACTIVE], &arrays[ACTIVE]);
	for (int i = 0; kr != KERN_SUCCESS && i < ARRAYS; i++)
		if (arrays[i])
			buffer_free((uintptr_t)arrays[i], sizes[i]);
	if (kr != KERN_SUCCESS)
		return kr;
	*service_names = arrays[NAMES];
	*server_names = arrays[SERVERS];
	*service_active = arrays[ACTIVE];
	*service_names_count = *server_names_count = *service_active_count =
	    (mach_msg_type_number_t)info.count;
	return KERN_SUCCESS;
}

/* --- Codes ------------------------------------------------------------- */

const char *
bootstrap_strerror(kern_return_t code)
{
	static const char *const words[] = {
		"(bootstrap) not privileged",
		"(bootstrap) name in use",
		"(bootstrap) unknown service",
		"(bootstrap) service active",
		"(bootstrap) bad count",
		"(bootstrap) no memory, or too many names",
	};
	const int first = BOOTSTRAP_NOT_PRIVILEGED;

	if (code >= first && code < first + (int)ARRAY_SIZE(words))
		return words[code - first];
	return mach_error_string(code);
}
