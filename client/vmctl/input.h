/*
 * Lines that a person types
 *
 * On a terminal that can do it, they are edited, remembered from one session to
 * the next, and completed with Tab; on any other they are just read.
 */
#pragma once

#include <stddef.h>

#include "client/vmctl/script.h"

struct input;

/* => the script is what lines are completed for, and outlives the input
 * => NULL: no memory */
struct input *input_open(const struct script *script);
void input_close(struct input *input);

/* The next one, without its end, until the one after it. NULL: there are no
 * more. */
const char *input_line(struct input *input, size_t *size);
