/*
 * The characters of a script, and the words they make
 *
 * Commands end with their line, at a `;`, or where a comment begins.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "client/vmctl/arena.h"
#include "client/show/complaint.h"
#include "client/show/value.h"

struct scan {
	const char *at;
	const char *end;
	unsigned line; /* from 1 on */
	struct arena *arena;
	struct complaint *complaint;
};

/* The character there, or behind it; -1: the script is at its end. */
int scan_peek(const struct scan *scan);
int scan_peek_next(const struct scan *scan);

/* Is it this one? Then it is taken. */
bool scan_take(struct scan *scan, char c);

void scan_blanks(struct scan *scan);
bool scan_is_blank(const struct scan *scan);

/* Is the command at its end? */
bool scan_is_end(const struct scan *scan);

/* Goes to the next command that is not empty. False: there is none. */
bool scan_next_command(struct scan *scan);

/* Goes to the end of the line. */
void scan_skip_line(struct scan *scan);

/* A name: letters, digits and `_`; and what else may be in a command's. NULL:
 * there is none. */
char *scan_name(struct scan *scan);
char *scan_command_name(struct scan *scan);

/* What is there up to a blank, or the command's end. */
char *scan_word(struct scan *scan);

/*
 * What follows complain of what they cannot take, and return false then.
 *
 * => scan_number: decimal or 0x..., with one of the units K, M, G and T or none
 * => scan_string: in quotes, with the escapes \n \t \r \0 \" \\ and \xHH
 */
bool scan_number(struct scan *scan, struct value *value);
bool scan_string(struct scan *scan, const char **bytes, size_t *size);

/* Complains of the character that is there. */
bool scan_unexpected(struct scan *scan);
