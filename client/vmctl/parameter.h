/*
 * Parameters: what a command takes
 *
 * A routine's are the fields of its request, behind the port that it is for; a
 * command's of vmctl's own stand in a table. Both are explained, and checked,
 * in the same way: bind.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <protobuf-c/protobuf-c.h>

#include "client/vmctl/arena.h"
#include "client/show/complaint.h"
#include "client/show/value.h"

enum parameter_kind {
	PARAMETER_NUMBER,
	PARAMETER_PORT,  /* a number of 32 bits */
	PARAMETER_PAIR,  /* two numbers, as rw-/rwx */
	PARAMETER_BYTES, /* a field's; without a field, data */
	PARAMETER_LIST,
	PARAMETER_WORD,    /* anything, as it is written */
	PARAMETER_KEYWORD, /* its own name */
	PARAMETER_ANY,     /* a number or bytes */
};

enum parameter_need {
	NEED_ALWAYS,
	NEED_NEVER,
	NEED_WITH_LAST,  /* if the one before is given */
	NEED_ANY_NUMBER, /* the last only */
	NEED_HIDDEN,     /* never, and it is not told */
};

struct parameter {
	const char *name;
	enum parameter_kind kind;
	enum parameter_need need;
	enum meaning meaning;
	const ProtobufCFieldDescriptor *field; /* of a request, or NULL */
};

struct parameters {
	const struct parameter *list;
	size_t count;
};

/* Is it a number that the parameter takes? */
bool parameter_takes(const struct parameter *parameter, uint64_t number,
    struct complaint *complaint);

/* Is it TRUE or FALSE? */
bool parameter_is_boolean(const struct parameter *parameter);

/* Room for those of a shape's fields, behind `before` others and before
 * `behind`; the fields are filled in. */
struct parameter *parameters_of(const ProtobufCMessageDescriptor *shape,
    size_t before, size_t behind, struct arena *arena,
    struct parameters *parameters);

/* Of an element of a list: the fields of a message, or a number or string. */
void parameters_of_element(const struct parameter *list, struct arena *arena,
    struct parameters *parameters);

/* The command with its parameters: `vm_copy task source_address size ...`. */
void parameters_print(FILE *out, const char *command,
    const struct parameters *parameters);

/* A line for each: what it is, and what it counts. */
void parameters_explain(FILE *out, const struct parameters *parameters);
