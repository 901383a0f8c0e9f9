/*
 * Binding: operands find the parameters that they are for
 *
 * All that can be wrong with a command is found here, before anything runs; but
 * for what is known only when variables have their values.
 */
#pragma once

#include <stdbool.h>

#include "client/vmctl/arena.h"
#include "client/show/complaint.h"
#include "client/vmctl/operand.h"
#include "client/vmctl/parameter.h"
#include "client/vmctl/variable.h"

struct binding {
	const char *command;
	const struct parameters *parameters;
	const struct variables *variables;
	struct arena *arena;
	struct complaint *complaint;
};

/*
 * Sets the parameter of each operand.
 *
 * => operands without a name take the parameters in their order; bytes take
 *    the next that is for bytes
 * => false: the complaint says what is wrong, and what the right form is
 */
bool operands_bind(struct operands *operands, const struct binding *binding);

/* The parameter that one more operand would be for: the one of that name, or,
 * without a name, the next for such as it is. NULL: none. */
const struct parameter *operands_next(struct operands *operands,
    const struct binding *binding, const struct operand *next,
    const char *name);
