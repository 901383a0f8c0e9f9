/*
 * Options of the command: a table, which --help and completions tell of
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum option_takes {
	TAKES_NOTHING,
	TAKES_COMMANDS,
	TAKES_FILE,
	TAKES_PERSONALITY,
};

/* Those that have no letter. */
enum option_key {
	OPTION_SOCKET = 1000,
	OPTION_PERSONALITY,
	OPTION_JSON,
	OPTION_VERSION,
};

struct vmctl_option {
	const char *name; /* long; or NULL */
	int key;          /* its letter, or one of the above */
	enum option_takes takes;
	const char *argument; /* as it is called, or NULL */
	const char *what;     /* it does, in lines */
};

/* The i'th; NULL: there are no more. */
const struct vmctl_option *option_at(size_t i);

bool option_has_letter(const struct vmctl_option *option);

/* As getopt_long() does: the next option's key, '?' or ':'; -1: none is left. */
int options_next(int argc, char **argv);

/* All of them, for --help. */
void options_print(FILE *out);
