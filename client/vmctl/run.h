/*
 * A script at work
 *
 * A call must answer what is expected of it. When one does not, that is told,
 * and the script ends; or goes on, if it shall.
 */
#pragma once

#include <stdbool.h>

#include <mach/kern_return.h>

#include "client/vmctl/script.h"

enum {
	EXIT_UNEXPECTED = 1, /* something else than what was expected */
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3,
};

struct run {
	struct script *script;
	bool keeps_going;
	bool prints; /* the reply of each call */
	bool json;   /* ... and all else, as JSON */

	const struct command *command; /* at work */
	unsigned failures;
	bool is_lost; /* the daemon has gone away */
};

/* Runs the script. Returns the exit status. */
int run_script(struct run *run);

/* The command has failed; how, is told on standard error. Returns false. */
bool run_fail(struct run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ... because of a call that it made. */
bool run_fail_call(struct run *run, const char *routine, kern_return_t code);
