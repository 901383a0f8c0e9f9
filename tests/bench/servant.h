/*
 * A server of a benchmark's own, on a socket in a folder of its own
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct servant {
	pid_t pid;   /* 0: there is none */
	pid_t owner; /* who has started it */
	bool quiet;  /* what it complains of is nobody's business */
	char folder[80];
	char path[96]; /* of the socket */
};

/* Makes the folder, in $TMPDIR or /tmp, and a name for the socket: arguments
 * want it. */
void servant_prepare(struct servant *servant);

/*
 * Starts the program, which is looked for in $PATH, on the caller's CPU, and
 * waits until it listens.
 *
 * => it ends when the process does that has started it, at the latest
 * => false: it cannot be found, or has ended; nothing is left of it
 */
bool servant_start(struct servant *servant, const char *program,
    const char *const *arguments);

/* Ends it. Another process than the one that has started it leaves it alone. */
void servant_stop(struct servant *servant);

/* A socket connected to it; -1: nobody listens. */
int servant_connect(const struct servant *servant);
