/*
 * Mach's constants, by name
 *
 * Names are written in capitals or not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <mach/kern_return.h>

#include "client/show/complaint.h"
#include "client/show/value.h"

/*
 * A constant's value.
 *
 * => what comes behind VM_PROT_, VM_INHERIT_, VM_FLAGS_ and so on, according to
 *    the meaning; or a whole name. If the meaning has no constants of its own,
 *    any prefix may be left off
 * => false: there is none, or more than one
 */
bool constant_find(const char *name, enum meaning meaning, struct value *value,
    struct complaint *complaint);

/* Shows a number of some meaning by name, without the prefix: `RANDOM`,
 * `PRESENT|DIRTY`. False: it has none, and nothing is shown. */
bool constant_print(FILE *out, struct value value);

/* ... the name of such a number, if it has a single one; or NULL. */
const char *constant_name(struct value value);

/* As a C program has it: `VM_PROT_READ|VM_PROT_WRITE`, `VM_INHERIT_COPY`. False:
 * it has no name there, and nothing is shown. */
bool constant_print_c(FILE *out, struct value value);

/* What the names of a meaning's constants begin with; NULL: it has none. */
const char *constants_prefix(enum meaning meaning);

/* Every constant that a meaning has: its whole name, and what of it is behind
 * the prefix. */
void constants_each(enum meaning meaning,
    void (*take)(void *context, const char *whole, const char *name),
    void *context);

/* A code's number; KERN_ may be left out. False: there is none. */
bool code_find(const char *name, kern_return_t *code);

/* A code's name, or its number; the latter until the next one. */
const char *code_name(kern_return_t code);

/* The i'th code that has a name, and the name; NULL: there are no more. */
const char *code_at(size_t i, kern_return_t *code);

/* The same of constants: whole names. */
const char *constant_at(size_t i, uint64_t *number);
