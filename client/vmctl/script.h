/*
 * Scripts: a text becomes commands
 *
 *      [print] [NAME =] COMMAND OPERAND... [expect CODE]
 *
 * All of a script is understood, and checked, before any of it runs; or a line,
 * of what a person types.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include <mach/kern_return.h>

#include "client/vmctl/arena.h"
#include "client/vmctl/operand.h"
#include "client/vmctl/parameter.h"
#include "client/vmctl/call.h"
#include "client/vmctl/variable.h"

struct own_command;

struct command {
	TAILQ_ENTRY(command) link; /* script::commands */
	unsigned line;
	const char *name;
	const struct own_command *own; /* NULL: it is a routine */
	struct routine routine;
	struct parameters parameters;
	struct operands operands;
	bool prints;           /* its reply */
	struct variable *kept; /* where the reply goes, or NULL */
	kern_return_t code;    /* that is expected */
};

struct script {
	const char *name;   /* for messages; NULL: a person types it */
	struct arena arena; /* of what is to be run */
	struct arena lasting;
	struct variables variables;
	TAILQ_HEAD(, command) commands;
};

/*
 * Understands `size` bytes of text.
 *
 * => false: what is wrong was written to standard error, a line for each
 *    command, up to a bound
 * => script_deinit() is due in any case
 */
bool script_init(struct script *script, const char *name, const char *text,
    size_t size);
void script_deinit(struct script *script);

/*
 * ... or piece by piece, each of which has run before the next comes.
 *
 * => script_start: an empty one; script_deinit() is due
 * => script_add: a line, or more of them, of which `line` is the first's
 *    number; false as above, and none of the piece is to run
 * => script_forget: the commands, but not what the variables hold
 */
void script_start(struct script *script, const char *name);
bool script_add(struct script *script, const char *text, size_t size,
    unsigned line);
void script_forget(struct script *script);

/* Where something is wrong, and with which command, on standard error. */
void script_locate(const struct script *script, const struct command *command);

/* Does it take a daemon? */
bool script_calls(const struct script *script);
