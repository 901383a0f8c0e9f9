/*
 * The daemon as a program: run to its end, or until it is stopped
 *
 * It is the one in $VMD, and has the arguments and the environment that a test
 * gives it. daemon.h has it more simply, for those who only want to be served.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum { ARGUMENTS_MOST = 16 };

struct arguments {
	const char *list[ARGUMENTS_MOST];
};

#define WITH(...)  ((struct arguments){ { "vmd", __VA_ARGS__ } })
#define QUIET(...) WITH("--log-level", "warning", __VA_ARGS__)

struct result {
	int status; /* as waitpid() has it */
	char out[4096];
	char err[4096];
};

/* Finds it, around the tests of a file. Each has so many seconds, and a folder of
 * its own, in which it may leave nothing. */
void program_open(unsigned patience);
void program_close(void);

extern char folder[], path[64]; /* of a socket there */

/* Becomes it. */
void program_execute(const struct arguments *arguments)
    __attribute__((noreturn));

/* Runs it to its end, with this in its environment or user first. */
struct result program_run(struct arguments arguments, void (*prepare)(void));

/* It ended by itself, with that status. */
void status_is(const struct result *result, int status);

/* Starts it, and waits until it serves there. */
pid_t program_start(struct arguments arguments, const char *at,
    void (*prepare)(void));

/* Sends it a signal: it must end with 0. */
void program_stop(pid_t pid, int number);

/* Does a daemon answer there? */
bool is_served(const char *at);

/* In a process that has a connection of its own: its asserts end the test. */
void as_client_of(const char *socket_path, void (*body)(void));
