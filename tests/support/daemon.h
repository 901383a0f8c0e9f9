/*
 * A daemon of a test's own, on a socket in a folder of its own
 *
 * The program is the one in $VMD. $VMD_SOCKET names the socket from then on, so
 * that libvmd finds it.
 */
#pragma once

#include <sys/types.h>

/* Starts it with these arguments beside --socket, up to a NULL, and waits until
 * it listens. */
void daemon_start(const char *argument, ...) __attribute__((sentinel));

/*
 * Has the daemon check itself, ends it with SIGTERM, and fails the test unless
 * it exits with 0: it does not if anything was lost. Call it when the test has
 * let go of what it made, or not: a daemon frees what its clients leave.
 */
void daemon_stop(void);

/* What a test needs that is about the daemon itself. */
pid_t daemon_pid(void);
const char *daemon_socket(void);

/* What a daemon leaves that was killed. */
void daemon_remove_leftovers(void);

/* A socket connected to the daemon, before any hello. */
int daemon_connect(void);
