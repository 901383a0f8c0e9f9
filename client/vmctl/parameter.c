#include "client/vmctl/parameter.h"

#include <string.h>

#include "client/show/constants.h"
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

bool
parameter_is_boolean(const struct parameter *parameter)
{
	return parameter->meaning == MEANING_BOOLEAN ||
	       (parameter->field &&
		   parameter->field->type == PROTOBUF_C_TYPE_BOOL);
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
print_elements(FILE *out, const struct parameter *parameter)
{
	const ProtobufCFieldDescriptor *field = parameter->field;
	const ProtobufCMessageDescriptor *shape;

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
print_name(FILE *out, const struct parameter *parameter)
{
	fputs(parameter->name, out);
	if (parameter->kind == PARAMETER_LIST)
		print_elements(out, parameter);
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

/* --- One by one ------------------------------------------------------- */

/* What a number is that has no constants: by how the name ends. */
static const struct {
	const char *suffix;
	const char *what;
} units[] = {
	{ "address", "an address" },
	{ "size", "bytes" },
	{ "size_max", "bytes" },
	{ "size_limit", "bytes" },
	{ "offset", "bytes" },
	{ "mask", "the bits that are to be 0 in an address" },
	{ "pages", "pages" },
	{ "info_count", "words of 32 bits" },
	{ "task", "a port" },
	{ "host", "a port" },
	{ "port", "a port" },
	{ "port_set", "a port" },
	{ "object", "a port" },
	{ "handle", "a port" },
	{ "entry", "a port" },
};

/* NULL: just a number. */
static const char *
unit_of(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t end = strlen(units[i].suffix);

		if (length >= end &&
		    strcmp(name + length - end, units[i].suffix) == 0)
			return units[i].what;
	}
	return NULL;
}

static void
explain_number(FILE *out, const struct parameter *parameter)
{
	const char *unit = unit_of(parameter->name);
	const char *prefix = constants_prefix(parameter->meaning);

	if (parameter_is_boolean(parameter)) {
		fputs("TRUE or FALSE", out);
		return;
	}
	fputs("a number", out);
	if (parameter->field)
		fprintf(out, " of %d bits",
		    field_is_long(parameter->field) ? 64 : 32);
	if (prefix)
		fprintf(out, ": %s...", prefix);
	if (parameter->meaning == MEANING_PROTECTION)
		fputs(", or as rw-", out);
	if (!prefix && unit)
		fprintf(out, ": %s", unit);
}

static void
explain(FILE *out, const struct parameter *parameter)
{
	static const char *const kinds[] = {
		[PARAMETER_PORT] = "a port",
		[PARAMETER_PAIR] = "two, as rw-/rwx",
		[PARAMETER_BYTES] = "bytes: a string, or @file",
		[PARAMETER_LIST] = "a list: ",
		[PARAMETER_WORD] = "a word",
		[PARAMETER_KEYWORD] = "the word itself",
		[PARAMETER_ANY] = "numbers and strings",
	};

	if (parameter->kind == PARAMETER_NUMBER)
		explain_number(out, parameter);
	else
		fputs(kinds[parameter->kind], out);
	if (parameter->kind == PARAMETER_LIST)
		print_elements(out, parameter);
	if (parameter->need == NEED_NEVER)
		fputs("; may be left out", out);
	if (parameter->need == NEED_WITH_LAST)
		fputs("; with the one before", out);
}

void
parameters_explain(FILE *out, const struct parameters *parameters)
{
	int width = 0;

	for (size_t i = 0; i < parameters->count; i++)
		if (parameters->list[i].need != NEED_HIDDEN)
			width =
			    MAX(width, (int)strlen(parameters->list[i].name));
	for (size_t i = 0; i < parameters->count; i++) {
		const struct parameter *parameter = &parameters->list[i];

		if (parameter->need == NEED_HIDDEN)
			continue;
		fprintf(out, "  %-*s  ", width, parameter->name);
		explain(out, parameter);
		fputc('\n', out);
	}
}
