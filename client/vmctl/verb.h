/*
 * Verbs: `vmctl VERB ...`, what is seen or done without a script
 *
 * A table: each has a file of its own, verb_NAME.c, and parses its own options.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <mach/kern_return.h>

struct verb {
	const char *name;
	const char *form; /* its arguments, as they are to be written */
	const char *what; /* it does, in a line */
	/* argv[0] is the name. Returns the exit status, as enum exit in run.h. */
	int (*run)(const struct verb *verb, int argc, char **argv);
	bool has_json; /* it heeds verb_json */
};

int verb_completion(const struct verb *verb, int argc, char **argv);
int verb_inject(const struct verb *verb, int argc, char **argv);
int verb_map(const struct verb *verb, int argc, char **argv);
int verb_monitor(const struct verb *verb, int argc, char **argv);
int verb_record(const struct verb *verb, int argc, char **argv);
int verb_replay(const struct verb *verb, int argc, char **argv);
int verb_stats(const struct verb *verb, int argc, char **argv);
int verb_tasks(const struct verb *verb, int argc, char **argv);
int verb_top(const struct verb *verb, int argc, char **argv);
int verb_tree(const struct verb *verb, int argc, char **argv);

/* Is JSON wanted? main() says so. */
extern bool verb_json;

/* Runs it; refuses if JSON is wanted, and it has none. */
int verb_run(const struct verb *verb, int argc, char **argv);

/* NULL: there is none. */
const struct verb *verb_find(const char *name);

/* The i'th; NULL: there are no more. */
const struct verb *verb_at(size_t i);

/* All of them, a line each. */
void verbs_print(void);

/* Tells on standard error what is wrong, and the right form. Returns
 * EXIT_USAGE. */
int verb_misused(const struct verb *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Tells on standard error what the daemon has answered. Returns the exit
 * status. */
int verb_failed(const struct verb *verb, kern_return_t code);
