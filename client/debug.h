/*
 * What a program's author wants to be told: $VMD_DEBUG
 *
 * Words with commas between them. It is read once, and only then is it said, on
 * standard error, that a word means nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum debug {
	DEBUG_CALLS = 1 << 0, /* each is told */
	DEBUG_GUARD =
	    1 << 1, /* a buffer that was given back cannot be touched */
	DEBUG_LEAKS = 1 << 2, /* at the end: what was not given back */
};

bool debug_wants(enum debug what);

/* From here on not. */
void debug_forget(enum debug what);

/*
 * A line of what is told: `[PROCESS] ...`, on standard error, in one piece. What
 * errno was before it is behind it.
 *
 * => line->out: where it is written to, without the line's end; NULL: no memory
 */
struct debug_line {
	FILE *out;
	char *text;
	size_t size;
	int saved_errno;
};

void debug_line_begin(struct debug_line *line);
void debug_line_end(struct debug_line *line);
