#include "client/vmctl/parameter.h"

#include "client/show/message.h"

bool
parameter_takes(const struct parameter *parameter, uint64_t number,
    struct complaint *complaint)
{
	if (parameter->kind == PARAMETER_PORT && number > UINT32_MAX)
		return complain(complaint, "%s is a port, and has 32 bits",
		    parameter->name);
	return !parameter->field ||
	       field_takes(parameter->field, number, complaint);
}

/* --- Of a message ----------------------------------------------------- */

static enum parameter_kind
kind_of_field(const ProtobufCFieldDescriptor *field)
{
	if (field->label == PROTOBUF_C_LABEL_REPEATED ||
	    field_kind(field) == FIELD_MESSAGE)
		return PARAMETER_LIST;
	return field_kind(field) == FIELD_BYTES ? PARAMETER_BYTES
						: PARAMETER_NUMBER;
}

static struct parameter
parameter_of(const ProtobufCMessageDescriptor *shape,
    const ProtobufCFieldDescriptor *field)
{
	bool optional = field->label == PROTOBUF_C_LABEL_OPTIONAL;

	return (struct parameter){
		.name = field->name,
		.kind = kind_of_field(field),
		.need = optional ? NEED_NEVER : NEED_ALWAYS,
		.meaning = meaning_of(shape->short_name, field->name),
		.field = field,
	};
}

struct parameter *
parameters_of(const ProtobufCMessageDescriptor *shape, size_t before,
    size_t behind, struct arena *arena, struct parameters *parameters)
{
	unsigned fields = message_fields(shape);
	size_t count = before + fields + behind;
	struct parameter *list = arena_alloc(arena, count * sizeof(*list));

	for (unsigned i = 0; i < fields; i++)
		list[before + i] = parameter_of(shape, &shape->fields[i]);
	*parameters = (struct parameters){ list, count };
	return list;
}

void
parameters_of_element(const struct parameter *list, struct arena *arena,
    struct parameters *parameters)
{
	const ProtobufCFieldDescriptor *field = list->field;
	struct parameter *only;

	if (field_kind(field) == FIELD_MESSAGE) {
		parameters_of(field->descriptor, 0, 0, arena, parameters);
		return;
	}
	only = arena_alloc(arena, sizeof(*only));
	*only = *list;
	only->need = NEED_ALWAYS;
	only->kind = field_kind(field) == FIELD_BYTES ? PARAMETER_BYTES
						      : PARAMETER_NUMBER;
	*parameters = (struct parameters){ only, 1 };
}

/* --- Explained -------------------------------------------------------- */

/* A list is shown by what an element of it is. */
static void
print_name(FILE *out, const struct parameter *parameter)
{
	const ProtobufCFieldDescriptor *field = parameter->field;
	const ProtobufCMessageDescriptor *shape;

	fputs(parameter->name, out);
	if (parameter->kind != PARAMETER_LIST)
		return;
	fputc('[', out);
	if (field_kind(field) == FIELD_MESSAGE) {
		shape = field->descriptor;
		for (unsigned i = 0; i < shape->n_fields; i++)
			fprintf(out, "%s%s", i > 0 ? " " : "",
			    shape->fields[i].name);
	}
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		fputs(field_kind(field) == FIELD_MESSAGE ? ", ..." : "...",
		    out);
	fputc(']', out);
}

static void
close_brackets(FILE *out, unsigned *open)
{
	for (; *open > 0; (*open)--)
		fputc(']', out);
}

void
parameters_print(FILE *out, const char *command,
    const struct parameters *parameters)
{
	unsigned open = 0;

	fputs(command, out);
	for (size_t i = 0; i < parameters->count; i++) {
		const struct parameter *parameter = &parameters->list[i];

		if (parameter->need == NEED_HIDDEN)
			continue;
		if (parameter->need == NEED_ALWAYS)
			close_brackets(out, &open);
		fputc(' ', out);
		if (parameter->need == NEED_NEVER) {
			fputc('[', out);
			open++;
		}
		print_name(out, parameter);
		if (parameter->need == NEED_ANY_NUMBER)
			fputs(" ...", out);
	}
	close_brackets(out, &open);
}
