/*
 * A recorder: a socket of its own, before the daemon's
 *
 *      program ──► recorder ──► daemon
 *                     │
 *                     └──► capture
 *
 * Whoever connects to it gets a connection to the daemon, which is passed on and
 * captured: relay.h. The socket is in a folder that only its user may enter, and
 * goes with the recorder.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <sys/un.h>

TAILQ_HEAD(recorded_connections, recorded_connection);

struct recorder {
	FILE *capture;
	struct sockaddr_un daemon;
	struct sockaddr_un own; /* what programs are to connect to */
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int listener;
	struct recorded_connections connections;
	unsigned count; /* of connections that are there */
	uint32_t last;  /* connection's number */
};

/* Is there a daemon? NULL: yes, and its address is in the recorder; or why not,
 * for people. */
const char *recorder_find(struct recorder *recorder);

/* Listens. NULL: it does; or why not. */
const char *recorder_open(struct recorder *recorder, FILE *capture);

/* Hangs up all, and removes the folder. */
void recorder_close(struct recorder *recorder);

/*
 * Records until a process, a child, has ended, and what it sent is passed on.
 *
 * => signals: a signalfd that has SIGCHLD, and signals to hand on to it
 * => returns the child's status, as of waitpid(2)
 */
int recorder_run(struct recorder *recorder, pid_t child, int signals);
