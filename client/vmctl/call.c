#include "client/vmctl/call.h"

#include <stdlib.h>
#include <string.h>

#include <mach/vm_page_size.h>

#include "client/call.h"
#include "client/show/message.h"

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
	return (uint32_t)(address.number & vm_kernel_page_mask);
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
