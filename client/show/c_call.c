#include "client/show/c_call.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "client/show/constants.h"
#include "client/show/message.h"
#include "client/show/routine.h"

enum {
	BYTES_SHOWN = 32,
	LIST_SHOWN = 16,
};

/* What comes before an argument. */
struct list {
	FILE *out;
	const struct c_call *call;
	const char *between;
};

static void
next(struct list *list)
{
	fputs(list->between, list->out);
	list->between = ", ";
}

/* --- Bytes ------------------------------------------------------------ */

static void
print_byte(FILE *out, unsigned char byte)
{
	static const char names[] = "ntr\"\\";
	static const char bytes[] = "\n\t\r\"\\";
	const char *name = byte ? strchr(bytes, byte) : NULL;

	if (name)
		fprintf(out, "\\%c", names[name - bytes]);
	else if (byte < ' ' || byte > '~')
		fprintf(out, "\\%03o", byte);
	else
		fputc(byte, out);
}

static void
print_text(FILE *out, const void *bytes, uint64_t size)
{
	const unsigned char *at = bytes;

	fputc('"', out);
	for (uint64_t i = 0; i < MIN(size, (uint64_t)BYTES_SHOWN); i++)
		print_byte(out, at[i]);
	fputs(size > BYTES_SHOWN ? "\"..." : "\"", out);
}

/* As a pointer to them, and their count. */
static void
print_data(FILE *out, const struct c_data *data)
{
	if (data->bytes)
		print_text(out, data->bytes, data->size);
	else
		fputs("...", out);
	fprintf(out, ", %#" PRIx64, data->size);
}

/* --- Fields ----------------------------------------------------------- */

static bool
names_task(const char *name)
{
	size_t length = strlen(name), end = strlen("task");

	return length >= end && strcmp(name + length - end, "task") == 0;
}

static void
print_port(FILE *out, const struct c_call *call, uint64_t port)
{
	if (port == 0)
		fputs("MACH_PORT_NULL", out);
	else if (port == call->self)
		fputs("mach_task_self()", out);
	else
		fprintf(out, "%#" PRIx64, port);
}

static void print_members(FILE *out, const struct c_call *call,
    const ProtobufCMessage *message);

static void
print_one(FILE *out, const struct c_call *call, const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, size_t i)
{
	struct value value;
	struct text text;

	switch (field_kind(field)) {
	case FIELD_NUMBER:
		value = message_number(message, field, i);
		if (names_task(field->name))
			print_port(out, call, value.number);
		else if (strcmp(field->name, "info_count") == 0)
			fprintf(out, "%" PRIu64, value.number);
		else
			value_print_c(out, value);
		break;
	case FIELD_BYTES:
		text = message_bytes(message, field, i);
		print_text(out, text.bytes, text.size);
		break;
	case FIELD_MESSAGE:
		fputc('{', out);
		print_members(out, call, message_part(message, field, i));
		fputc('}', out);
		break;
	case FIELD_OTHER:
		fputc('?', out);
		break;
	}
}

static void
print_field(FILE *out, const struct c_call *call,
    const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	size_t count = message_length(message, field);

	if (field->label != PROTOBUF_C_LABEL_REPEATED) {
		print_one(out, call, message, field, 0);
		return;
	}
	fputc('{', out);
	for (size_t i = 0; i < MIN(count, (size_t)LIST_SHOWN); i++) {
		fputs(i > 0 ? ", " : "", out);
		print_one(out, call, message, field, i);
	}
	fputs(count > LIST_SHOWN ? ", ...}" : "}", out);
}

/* As of a structure: protection=VM_PROT_READ, ... */
static void
print_members(FILE *out, const struct c_call *call,
    const ProtobufCMessage *message)
{
	const char *between = "";

	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field =
		    &message->descriptor->fields[i];

		if (!message_has(message, field))
			continue;
		fprintf(out, "%s%s=", between, field->name);
		print_field(out, call, message, field);
		between = ", ";
	}
}

/* --- Arguments -------------------------------------------------------- */

/* What the call makes of an argument; NULL: nothing. */
static const ProtobufCFieldDescriptor *
same_field(const ProtobufCMessageDescriptor *shape, const char *name)
{
	for (unsigned i = 0; i < message_fields(shape); i++)
		if (strcmp(shape->fields[i].name, name) == 0)
			return &shape->fields[i];
	return NULL;
}

/* Where data lay in their page is nobody's argument. */
static bool
is_argument(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field)
{
	return message_has(message, field) &&
	       strcmp(field->name, "data_offset") != 0;
}

static void
print_given(struct list *list, const ProtobufCMessageDescriptor *reply)
{
	const struct c_call *call = list->call;
	const ProtobufCMessageDescriptor *shape = call->in->descriptor;

	for (unsigned i = 0; i < message_fields(shape); i++) {
		const ProtobufCFieldDescriptor *field = &shape->fields[i];
		const ProtobufCFieldDescriptor *made =
		    same_field(reply, field->name);

		if (!is_argument(call->in, field))
			continue;
		next(list);
		fputs(made ? "[" : "", list->out);
		print_field(list->out, call, call->in, field);
		if (made && call->out && message_has(call->out, made)) {
			fputs(" => ", list->out);
			print_field(list->out, call, call->out, made);
		}
		fputs(made ? "]" : "", list->out);
	}
}

static void
print_made(struct list *list)
{
	const struct c_call *call = list->call;
	const ProtobufCMessageDescriptor *shape = call->out->descriptor;

	for (unsigned i = 0; i < message_fields(shape); i++) {
		const ProtobufCFieldDescriptor *field = &shape->fields[i];

		if (!message_has(call->out, field) ||
		    same_field(call->in->descriptor, field->name))
			continue;
		next(list);
		fprintf(list->out, "[=> %s ", field->name);
		print_field(list->out, call, call->out, field);
		fputc(']', list->out);
	}
}

void
c_call_print(FILE *out, const struct c_call *call)
{
	struct list list = { out, call, "" };
	struct routine routine;

	if (!routine_by_id(call->id, call->in ? call->in->descriptor : NULL,
		&routine)) {
		fprintf(out, "routine_%d(", call->id);
	} else {
		fprintf(out, "%s(", routine.name);
		if (routine.port) {
			next(&list);
			print_port(out, call, call->port);
		}
		if (call->in) {
			print_given(&list, routine.reply);
		} else {
			next(&list);
			fputs("...", out);
		}
	}
	if (call->sent.size > 0) {
		next(&list);
		print_data(out, &call->sent);
	}
	if (call->in && call->out)
		print_made(&list);
	if (call->got.size > 0) {
		next(&list);
		fputs("[=> ", out);
		print_data(out, &call->got);
		fputc(']', out);
	}
	fputc(')', out);
}

void
c_code_print(FILE *out, kern_return_t code)
{
	fprintf(out, "= %s", code_name(code));
}
