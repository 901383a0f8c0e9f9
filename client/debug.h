/*
 * What a program's author wants to be told: $VMD_DEBUG
 *
 * Words with commas between them. It is read once, and only then is it said, on
 * standard error, that a word means nothing.
 */
#pragma once

#include <stdbool.h>

enum debug {
	DEBUG_GUARD =
	    1 << 0, /* a buffer that was given back cannot be touched */
};

bool debug_wants(enum debug what);
