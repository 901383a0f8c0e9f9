#include "client/vmctl/bind.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/message.h"

static bool refuse(const struct binding *binding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What is wrong, and the right form behind it. Returns false. */
static bool
refuse(const struct binding *binding, const char *format, ...)
{
	char text[256], *usage = NULL;
	size_t size;
	va_list arguments;
	FILE *out = open_memstream(&usage, &size);

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (out) {
		parameters_print(out, binding->command, binding->parameters);
		fclose(out);
	}
	complain(binding->complaint, "%s: %s", text, usage ? usage : "");
	free(usage);
	return false;
}

/* --- Counts ----------------------------------------------------------- */

struct count {
	size_t least;
	size_t most;
};

static struct count
count_of(const struct parameters *parameters)
{
	struct count count = { 0, 0 };

	for (size_t i = 0; i < parameters->count; i++) {
		enum parameter_need need = parameters->list[i].need;

		count.least += need == NEED_ALWAYS;
		count.most += need != NEED_HIDDEN;
	}
	return count;
}

static size_t
count_given(const struct operands *operands)
{
	const struct operand *operand;
	size_t given = 0;

	TAILQ_FOREACH(operand, operands, link)
		given++;
	return given;
}

static bool
refuse_count(const struct binding *binding, const struct operands *operands)
{
	struct count count = count_of(binding->parameters);
	size_t given = count_given(operands);
	const char *s = given == 1 ? "" : "s";

	if (count.least < count.most)
		return refuse(binding, "%zu operand%s, wanted %zu to %zu",
		    given, s, count.least, count.most);
	return refuse(binding, "%zu operand%s, wanted %zu", given, s,
	    count.least);
}

/* --- Parameters of operands ------------------------------------------- */

static const struct parameter *
by_name(const struct parameters *parameters, const char *name)
{
	for (size_t i = 0; i < parameters->count; i++)
		if (strcmp(parameters->list[i].name, name) == 0)
			return &parameters->list[i];
	return NULL;
}

static bool
is_given(const struct operands *operands, const struct parameter *parameter)
{
	const struct operand *operand;

	TAILQ_FOREACH(operand, operands, link)
		if (operand->parameter == parameter)
			return true;
	return false;
}

/* Would the next operand go there, if it is of that kind? */
static bool
is_next(const struct operand *operand, const struct parameter *parameter)
{
	if (operand->kind == OPERAND_BYTES)
		return parameter->kind == PARAMETER_BYTES ||
		       parameter->kind == PARAMETER_ANY;
	return parameter->need != NEED_HIDDEN;
}

static const struct parameter *
by_place(const struct parameters *parameters, const struct operands *operands,
    const struct operand *operand)
{
	for (size_t i = 0; i < parameters->count; i++) {
		const struct parameter *parameter = &parameters->list[i];

		if (is_next(operand, parameter) &&
		    (parameter->need == NEED_ANY_NUMBER ||
			!is_given(operands, parameter)))
			return parameter;
	}
	return NULL;
}

static bool
find_parameter(const struct binding *binding, const struct operands *operands,
    struct operand *operand)
{
	const struct parameters *parameters = binding->parameters;
	const struct parameter *parameter;

	if (!operand->name) {
		parameter = by_place(parameters, operands, operand);
		if (!parameter && operand->kind == OPERAND_BYTES)
			return refuse(binding, "no bytes are wanted");
		operand->parameter = parameter;
		return parameter || refuse_count(binding, operands);
	}
	parameter = by_name(parameters, operand->name);
	if (!parameter)
		return refuse(binding, "no operand '" WORD "'", operand->name);
	if (is_given(operands, parameter))
		return refuse(binding, "'" WORD "' is given twice",
		    operand->name);
	operand->parameter = parameter;
	return true;
}

static bool
refuse_missing(const struct binding *binding, const struct operands *operands,
    const struct parameter *parameter)
{
	const struct operand *operand;
	bool named = false;

	TAILQ_FOREACH(operand, operands, link)
		named |= operand->name != NULL;
	if (!named &&
	    count_given(operands) < count_of(binding->parameters).least)
		return refuse_count(binding, operands);
	return refuse(binding, "'%s' is missing", parameter->name);
}

static bool
check_all_given(const struct binding *binding, const struct operands *operands)
{
	const struct parameters *parameters = binding->parameters;
	bool last = false;

	for (size_t i = 0; i < parameters->count; i++) {
		const struct parameter *parameter = &parameters->list[i];
		enum parameter_need need = parameter->need;
		bool given = is_given(operands, parameter);

		if (!given &&
		    (need == NEED_ALWAYS || (need == NEED_WITH_LAST && last)))
			return refuse_missing(binding, operands, parameter);
		last = given;
	}
	return true;
}

/* --- What they may be ------------------------------------------------ */

static bool
bind_number(const struct binding *binding, struct operand *operand)
{
	const struct parameter *parameter = operand->parameter;
	struct value value;

	if (!terms_bind(&operand->terms, parameter->meaning, binding->variables,
		binding->complaint))
		return false;
	if (!terms_are_constant(&operand->terms))
		return true;
	return terms_value(&operand->terms, &value, binding->complaint) &&
	       parameter_takes(parameter, value.number, binding->complaint);
}

static bool
bind_pair(const struct binding *binding, struct operand *operand)
{
	if (!operand->other)
		return refuse(binding, "'" WORD "' is no pair", operand->text);
	return terms_bind(&operand->terms, operand->parameter->meaning,
		   binding->variables, binding->complaint) &&
	       terms_bind(&operand->other->terms, operand->parameter->meaning,
		   binding->variables, binding->complaint);
}

/* For the usage of one. */
static const char *
element_name(struct arena *arena, const char *list)
{
	static const char before[] = "an element of ";
	size_t length = strlen(before) + strlen(list) + 2;
	char *name = arena_alloc(arena, length);

	snprintf(name, length, "%s%s:", before, list);
	return name;
}

static bool
bind_list(const struct binding *binding, struct operand *operand)
{
	const ProtobufCFieldDescriptor *field = operand->parameter->field;
	struct parameters parameters;
	struct binding inside = *binding;
	struct element *element;
	size_t count = 0;

	parameters_of_element(operand->parameter, binding->arena, &parameters);
	inside.command = element_name(binding->arena, field->name);
	inside.parameters = &parameters;
	TAILQ_FOREACH(element, &operand->elements, link) {
		count++;
		if (!operands_bind(&element->operands, &inside))
			return false;
	}
	if (field->label != PROTOBUF_C_LABEL_REPEATED && count != 1)
		return refuse(binding, "'" WORD "' has one element",
		    field->name);
	return true;
}

/* Is the operand of the kind that the parameter takes? */
static bool
check_kind(const struct binding *binding, const struct operand *operand)
{
	static const struct {
		const char *wanted;
		bool number, bytes, list;
	} kinds[] = {
		[PARAMETER_NUMBER] = { "a number", true, false, false },
		[PARAMETER_PORT] = { "a port", true, false, false },
		[PARAMETER_PAIR] = { "a pair", true, false, false },
		[PARAMETER_BYTES] = { "a string or @file", false, true, false },
		[PARAMETER_LIST] = { "a list", false, false, true },
		[PARAMETER_WORD] = { "a word", true, false, false },
		[PARAMETER_KEYWORD] = { "a word", true, false, false },
		[PARAMETER_ANY] = { "a number or string", true, true, false },
	};
	const struct parameter *parameter = operand->parameter;

	if (operand->kind == OPERAND_NUMBER  ? kinds[parameter->kind].number
	    : operand->kind == OPERAND_BYTES ? kinds[parameter->kind].bytes
					     : kinds[parameter->kind].list)
		return true;
	return refuse(binding, "'%s' is %s", parameter->name,
	    kinds[parameter->kind].wanted);
}

static bool
bind_operand(const struct binding *binding, struct operand *operand)
{
	const struct parameter *parameter = operand->parameter;

	if (!check_kind(binding, operand))
		return false;
	switch (parameter->kind) {
	case PARAMETER_PAIR:
		return bind_pair(binding, operand);
	case PARAMETER_LIST:
		return bind_list(binding, operand);
	case PARAMETER_KEYWORD:
		return strcmp(operand->text, parameter->name) == 0 ||
		       refuse(binding, "unexpected '" WORD "'", operand->text);
	case PARAMETER_NUMBER:
	case PARAMETER_PORT:
	case PARAMETER_ANY:
		if (operand->other)
			return refuse(binding, "'" WORD "' is a pair",
			    operand->text);
		return bind_number(binding, operand);
	default:
		return true;
	}
}

bool
operands_bind(struct operands *operands, const struct binding *binding)
{
	struct operand *operand;

	TAILQ_FOREACH(operand, operands, link)
		if (!find_parameter(binding, operands, operand))
			return false;
	if (!check_all_given(binding, operands))
		return false;
	TAILQ_FOREACH(operand, operands, link)
		if (!bind_operand(binding, operand))
			return false;
	return true;
}

const struct parameter *
operands_next(struct operands *operands, const struct binding *binding,
    const struct operand *next, const char *name)
{
	struct operand *operand;

	TAILQ_FOREACH(operand, operands, link)
		if (!find_parameter(binding, operands, operand))
			return NULL;
	return name ? by_name(binding->parameters, name)
		    : by_place(binding->parameters, operands, next);
}
