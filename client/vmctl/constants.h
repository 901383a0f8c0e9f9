/*
 * Mach's constants, by name
 *
 * Names are written in capitals or not.
 */
#pragma once

#include <stdbool.h>

#include <mach/kern_return.h>

#include "client/vmctl/complaint.h"
#include "client/vmctl/value.h"

/*
 * A constant's value.
 *
 * => the whole name, or what comes behind VM_PROT_, VM_INHERIT_ or VM_FLAGS_:
 *    of these the one that goes with the meaning, else any that has the name
 * => false: there is none, or more than one
 */
bool constant_find(const char *name, enum meaning meaning, struct value *value,
    struct complaint *complaint);

/* A code's number; KERN_ may be left out. False: there is none. */
bool code_find(const char *name, kern_return_t *code);

/* A code's name, or its number; the latter until the next one. */
const char *code_name(kern_return_t code);
