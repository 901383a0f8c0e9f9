/*
 * Variables: the replies that a script keeps, and four that are there
 *
 *      $self        the task that the daemon gives to a connection
 *      $host        the host; asked for when it is first used
 *      $bootstrap   the registry of names
 *      $null        0
 */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

#include <protobuf-c/protobuf-c.h>

#include "client/vmctl/arena.h"
#include "client/show/complaint.h"
#include "client/vmctl/operand.h"
#include "client/show/value.h"

struct variable {
	LIST_ENTRY(variable) link; /* struct variables */
	const char *name;
	bool (*builtin)(struct value *value, struct complaint *complaint);
	const ProtobufCMessageDescriptor *shape; /* of what it will hold */
	bool vague;              /* what it will hold is not known */
	ProtobufCMessage *reply; /* NULL: its call has failed */
};

LIST_HEAD(variables, variable);

/* The four. */
void variables_init(struct variables *variables, struct arena *arena);
void variables_deinit(struct variables *variables);

/* What they were to hold is known again from what they do: who holds nothing is
 * none any more. */
void variables_settle(struct variables *variables);

/* One to be set; its name is copied. False: that is one of the four. */
bool variable_add(struct variables *variables, const char *name,
    struct arena *arena, struct variable **variable,
    struct complaint *complaint);

/* Holds this reply from now on, or none. Takes it over. */
void variable_set(struct variable *variable, ProtobufCMessage *reply);

/*
 * Finds the variables and constants of a sum: what is there so far is what it
 * may use. The meaning says which constants are meant.
 */
bool terms_bind(struct terms *terms, enum meaning meaning,
    const struct variables *variables, struct complaint *complaint);

/* Is it the same whenever it is asked? */
bool terms_are_constant(const struct terms *terms);

bool terms_value(const struct terms *terms, struct value *value,
    struct complaint *complaint);
