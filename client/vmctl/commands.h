/*
 * Commands of vmctl's own: a table
 *
 * They look at tasks as a whole, or talk to whoever reads; what changes memory
 * is a routine.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "client/vmctl/parameter.h"
#include "client/vmctl/run.h"
#include "client/show/value.h"

/* What a command was given for a parameter. */
struct argument {
	bool given;
	struct value value;
	struct value other;            /* of a pair */
	const struct operand *operand; /* the last one */
};

/* => returns false if it has failed, which run_fail() has told */
typedef bool command_function(struct run *run, const struct argument *argument);

struct own_command {
	const char *name;
	const char *what; /* it does */
	struct parameters parameters;
	command_function *function;
	bool takes_text; /* words, as they are written */
	bool calls;      /* the daemon */
};

enum { ARGUMENTS_MOST = 6 };

/* NULL: there is none. */
const struct own_command *own_command_find(const char *name);

/* The i'th; NULL: there are no more. */
const struct own_command *own_command_at(size_t i);
