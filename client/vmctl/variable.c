#include "client/vmctl/variable.h"

#include <string.h>

#include <mach/mach_init.h>

#include "client/show/constants.h"
#include "client/show/message.h"
#include "common/cleanup.h"

/* Where flags have the tag. */
enum { TAG_SHIFT = 24 };

static bool
get_self(struct value *value, struct complaint *complaint)
{
	(void)complaint;
	*value = (struct value){ mach_task_self(), MEANING_HEX };
	return true;
}

static bool
get_host(struct value *value, struct complaint *complaint)
{
	static mach_port_t host;

	if (host == MACH_PORT_NULL)
		host = mach_host_self();
	*value = (struct value){ host, MEANING_HEX };
	return host != MACH_PORT_NULL ||
	       complain(complaint, "$host: the daemon gives no host");
}

static bool
get_bootstrap(struct value *value, struct complaint *complaint)
{
	(void)complaint;
	*value = (struct value){ bootstrap_port, MEANING_HEX };
	return true;
}

static bool
get_null(struct value *value, struct complaint *complaint)
{
	(void)complaint;
	*value = (struct value){ 0, MEANING_NONE };
	return true;
}

static const struct {
	const char *name;
	bool (*get)(struct value *value, struct complaint *complaint);
} builtins[] = {
	{ "self", get_self },
	{ "host", get_host },
	{ "bootstrap", get_bootstrap },
	{ "null", get_null },
};

static struct variable *
find(const struct variables *variables, const char *name)
{
	struct variable *variable;

	LIST_FOREACH(variable, variables, link)
		if (strcmp(variable->name, name) == 0)
			return variable;
	return NULL;
}

static struct variable *
add(struct variables *variables, const char *name, struct arena *arena)
{
	struct variable *variable = arena_alloc(arena, sizeof(*variable));

	variable->name = arena_text(arena, name, strlen(name));
	LIST_INSERT_HEAD(variables, variable, link);
	return variable;
}

void
variables_init(struct variables *variables, struct arena *arena)
{
	LIST_INIT(variables);
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
		add(variables, builtins[i].name, arena)->builtin =
		    builtins[i].get;
}

void
variables_deinit(struct variables *variables)
{
	struct variable *variable;

	LIST_FOREACH(variable, variables, link)
		variable_set(variable, NULL);
}

void
variables_settle(struct variables *variables)
{
	struct variable *variable, *next;

	for (variable = LIST_FIRST(variables); variable; variable = next) {
		next = LIST_NEXT(variable, link);
		if (variable->builtin)
			continue;
		if (!variable->reply) {
			LIST_REMOVE(variable, link);
			continue;
		}
		variable->shape = variable->reply->descriptor;
		variable->vague = false;
	}
}

bool
variable_add(struct variables *variables, const char *name, struct arena *arena,
    struct variable **variable, struct complaint *complaint)
{
	*variable = find(variables, name);
	if (!*variable)
		*variable = add(variables, name, arena);
	if ((*variable)->builtin)
		return complain(complaint, "$%s is there from the start", name);
	return true;
}

void
variable_set(struct variable *variable, ProtobufCMessage *reply)
{
	message_free(variable->reply);
	variable->reply = reply;
}

/* --- Sums ------------------------------------------------------------- */

static bool
bind_variable(struct term *term, const struct variables *variables,
    struct complaint *complaint)
{
	struct complaint why;
	const struct variable *variable = find(variables, term->name);

	term->variable = variable;
	if (!variable)
		return complain(complaint, "no variable $" WORD, term->name);
	if (variable->vague)
		return true;
	if (variable->builtin)
		return !term->field ||
		       complain(complaint, "$%s has no fields", term->name);
	if (!message_could_have(variable->shape, term->field, &why))
		return complain(complaint, "$" WORD ": %s", term->name,
		    why.text);
	return true;
}

bool
terms_bind(struct terms *terms, enum meaning meaning,
    const struct variables *variables, struct complaint *complaint)
{
	struct term *term;

	TAILQ_FOREACH(term, terms, link) {
		bool bound = true;

		if (term->kind == TERM_VARIABLE)
			bound = bind_variable(term, variables, complaint);
		else if (term->kind == TERM_CONSTANT)
			bound = constant_find(term->name,
			    term->is_tag ? MEANING_TAG : meaning, &term->value,
			    complaint);
		if (!bound)
			return false;
	}
	return true;
}

bool
terms_are_constant(const struct terms *terms)
{
	const struct term *term;

	TAILQ_FOREACH(term, terms, link)
		if (term->kind == TERM_VARIABLE)
			return false;
	return true;
}

static bool
term_value(const struct term *term, struct value *value,
    struct complaint *complaint)
{
	const struct variable *variable = term->variable;
	struct complaint why;

	if (term->kind != TERM_VARIABLE) {
		*value = term->value;
		if (term->is_tag)
			*value = (struct value){ value->number << TAG_SHIFT,
				MEANING_FLAGS };
		return true;
	}
	if (variable->builtin)
		return variable->builtin(value, complaint);
	if (!variable->reply)
		return complain(complaint,
		    "$" WORD " is not set: its call has failed", term->name);
	return message_get(variable->reply, term->field, value, &why) ||
	       complain(complaint, "$" WORD ": %s", term->name, why.text);
}

bool
terms_value(const struct terms *terms, struct value *value,
    struct complaint *complaint)
{
	const struct term *term;

	*value = (struct value){ 0, MEANING_NONE };
	TAILQ_FOREACH(term, terms, link) {
		struct value part = { 0, MEANING_NONE };

		if (!term_value(term, &part, complaint))
			return false;
		if (value->meaning == MEANING_NONE)
			value->meaning = part.meaning;
		if (term->sign == '|')
			value->number |= part.number;
		else if (term->sign == '-')
			value->number -= part.number;
		else
			value->number += part.number;
	}
	return true;
}
