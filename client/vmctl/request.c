#include "client/vmctl/request.h"

#include "client/show/message.h"
#include "client/vmctl/operand.h"
#include "client/vmctl/parameter.h"

static bool fill(ProtobufCMessage *message, const struct operand *operand,
    struct complaint *complaint);

static bool
no_memory(struct complaint *complaint)
{
	return complain(complaint, "out of memory");
}

static bool
fill_number(ProtobufCMessage *message, const struct operand *operand,
    struct complaint *complaint)
{
	const ProtobufCFieldDescriptor *field = operand->parameter->field;
	struct value value;

	return terms_value(&operand->terms, &value, complaint) &&
	       field_takes(field, value.number, complaint) &&
	       (message_put_number(message, field, value.number) ||
		   no_memory(complaint));
}

static bool
fill_bytes(ProtobufCMessage *message, const struct operand *operand,
    struct complaint *complaint)
{
	size_t size;
	_cleanup_(freep) char *bytes = operand_bytes(operand, &size);

	return (bytes && message_put_bytes(message, operand->parameter->field,
			     bytes, size)) ||
	       no_memory(complaint);
}

static bool
fill_all(ProtobufCMessage *message, const struct operands *operands,
    struct complaint *complaint)
{
	const struct operand *operand;

	TAILQ_FOREACH(operand, operands, link)
		if (!fill(message, operand, complaint))
			return false;
	return true;
}

/* The elements are messages, or they are put into the list as they are. */
static bool
fill_list(ProtobufCMessage *message, const struct operand *operand,
    struct complaint *complaint)
{
	const ProtobufCFieldDescriptor *field = operand->parameter->field;
	const struct element *element;

	TAILQ_FOREACH(element, &operand->elements, link) {
		_cleanup_(message_freep) ProtobufCMessage *part = NULL;

		if (field_kind(field) != FIELD_MESSAGE) {
			if (!fill_all(message, &element->operands, complaint))
				return false;
			continue;
		}
		part = message_new(field->descriptor);
		if (!part)
			return no_memory(complaint);
		if (!fill_all(part, &element->operands, complaint))
			return false;
		if (!message_put_message(message, field, steal(&part)))
			return no_memory(complaint);
	}
	return true;
}

static bool
fill(ProtobufCMessage *message, const struct operand *operand,
    struct complaint *complaint)
{
	switch (operand->kind) {
	case OPERAND_NUMBER:
		return fill_number(message, operand, complaint);
	case OPERAND_BYTES:
		return fill_bytes(message, operand, complaint);
	case OPERAND_LIST:
		return fill_list(message, operand, complaint);
	}
	return false;
}

/* What is no field. */
static bool
take_port(struct request *request, const struct operand *operand,
    struct complaint *complaint)
{
	struct value value;

	if (!terms_value(&operand->terms, &value, complaint) ||
	    !parameter_takes(operand->parameter, value.number, complaint))
		return false;
	request->port = (mach_port_t)value.number;
	return true;
}

static bool
take_data(struct request *request, const struct operand *operand,
    struct complaint *complaint)
{
	request->data = operand_bytes(operand, &request->data_size);
	return request->data || no_memory(complaint);
}

bool
request_make(const struct command *command, struct request *request,
    struct complaint *complaint)
{
	const struct operand *operand;
	bool made = true;

	*request = (struct request){
		.message = message_new(command->routine.request),
	};
	if (!request->message)
		return no_memory(complaint);
	TAILQ_FOREACH(operand, &command->operands, link) {
		if (operand->parameter->kind == PARAMETER_PORT)
			made = take_port(request, operand, complaint);
		else if (!operand->parameter->field)
			made = take_data(request, operand, complaint);
		else
			made = fill(request->message, operand, complaint);
		if (!made)
			return false;
	}
	return true;
}
