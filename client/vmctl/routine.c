#include "client/vmctl/routine.h"

#include <stdlib.h>
#include <string.h>

#include <mach/vm_page_size.h>

#include "client/call.h"
#include "client/vmctl/message.h"

/* Whom the routines of a service are for. */
static const struct {
	int base;
	const ProtobufCServiceDescriptor *descriptor;
	const char *port;
} services[] = {
	{ MACH_HOST_BASE, &mach_host__descriptor, "host" },
	{ HOST_PRIV_BASE, &host_priv__descriptor, "host" },
	{ BOOTSTRAP_BASE, &bootstrap__descriptor, "bootstrap" },
	{ MACH_PORT_BASE, &mach_port__descriptor, "task" },
	{ TASK_BASE, &task__descriptor, "task" },
	{ VM_MAP_BASE, &vm_map__descriptor, "task" },
	{ MACH_VM_BASE, &mach_vm__descriptor, "task" },
	{ MACH_BASE, &mach__descriptor, "task" },
	{ GNUMACH_BASE, &gnumach__descriptor, "host" },
	{ VMD_BASE, &vmd__descriptor, NULL },
};

/* Routines of which that is not so. */
static const struct {
	int id;
	const char *port;
} exceptions[] = {
	{ GNUMACH_ID(vm_cache_statistics), "task" },
	{ GNUMACH_ID(vm_get_size_limit), "task" },
	{ VMD_ID(vmd_pages), "task" },
};

static struct routine
routine_of(size_t service, size_t index)
{
	const ProtobufCMethodDescriptor *method =
	    &services[service].descriptor->methods[index];
	struct routine routine = {
		.name = method->name,
		.id = services[service].base + (int)index,
		.port = services[service].port,
		.request = method->input,
		.reply = method->output,
	};

	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (exceptions[i].id == routine.id)
			routine.port = exceptions[i].port;
	return routine;
}

bool
routine_find(const char *name, struct routine *routine)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		const ProtobufCServiceDescriptor *service =
		    services[i].descriptor;
		const ProtobufCMethodDescriptor *method =
		    protobuf_c_service_descriptor_get_method_by_name(service,
			name);

		if (!method)
			continue;
		*routine = routine_of(i, (size_t)(method - service->methods));
		return true;
	}
	return false;
}

bool
routine_at(size_t i, struct routine *routine)
{
	for (size_t service = 0; service < ARRAY_SIZE(services); service++) {
		size_t count = services[service].descriptor->n_methods;

		if (i < count) {
			*routine = routine_of(service, i);
			return true;
		}
		i -= count;
	}
	return false;
}

bool
routine_is_absent(const struct routine *routine)
{
	return routine->request == &absent__descriptor;
}

/* --- Parameters ------------------------------------------------------- */

/* Data go with a request that tells where they lay; others may be sent some,
 * and will refuse them. */
static bool
takes_data(const struct routine *routine)
{
	return protobuf_c_message_descriptor_get_field_by_name(routine->request,
		   "data_offset") != NULL;
}

void
routine_parameters(const struct routine *routine, struct arena *arena,
    struct parameters *parameters)
{
	size_t ports = routine->port ? 1 : 0;
	struct parameter *list =
	    parameters_of(routine->request, ports, 1, arena, parameters);

	if (routine->port)
		list[0] = (struct parameter){
			.name = routine->port,
			.kind = PARAMETER_PORT,
			.meaning = MEANING_HEX,
		};
	list[parameters->count - 1] = (struct parameter){
		.name = "data",
		.kind = PARAMETER_BYTES,
		.need = takes_data(routine) ? NEED_ALWAYS : NEED_HIDDEN,
	};
}

/* --- Calls ------------------------------------------------------------ */

void
request_deinit(struct request *request)
{
	message_free(request->message);
	free(request->data);
}

void
reply_deinit(struct reply *reply)
{
	message_free(reply->message);
	for (size_t i = 0; i < reply->part_count; i++)
		free(reply->parts[i].bytes);
	free(reply->parts);
}

static kern_return_t
place_in_reply(void *context, uint32_t i, uint64_t size, uint32_t offset,
    void **to)
{
	struct reply *reply = context;
	struct reply_part *parts = reallocarray(reply->parts,
	    reply->part_count + 1, sizeof(*reply->parts));

	(void)i, (void)offset;
	if (!parts)
		return KERN_NO_SPACE;
	reply->parts = parts;
	*to = malloc(MAX(size, 1));
	if (!*to)
		return KERN_NO_SPACE;
	parts[reply->part_count++] = (struct reply_part){ *to, size };
	return KERN_SUCCESS;
}

/* Data that begin in their page where they will lie can be moved page by page.
 */
static uint32_t
offset_of(const ProtobufCMessage *request)
{
	struct complaint none;
	struct value address;

	if (!message_get(request, "address", &address, &none))
		return 0;
	return (uint32_t)(address.number & vm_page_mask);
}

void
routine_call(const struct routine *routine, const struct request *request,
    struct reply *reply)
{
	struct call call = {
		.id = routine->id,
		.port = request->port,
		.portless = !routine->port,
		.in = request->message,
		.data = request->data,
		.data_size = request->data_size,
		.data_offset = offset_of(request->message),
		.place = place_in_reply,
		.context = reply,
	};

	*reply = (struct reply){ .code = KERN_SUCCESS };
	reply->code = call_make(&call, routine->reply, &reply->message);
}
