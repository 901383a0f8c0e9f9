/*
 * --run: one command, with a daemon of its own
 */
#pragma once

#include <sys/types.h>

#include <ev.h>

struct server;

struct command {
	pid_t pid;
	ev_child child;
	struct server *server;
	int status; /* to exit with, once it has ended */
};

/* A new folder for the socket, that nobody else may enter. 0 or -errno. */
int command_folder(char *path, size_t size);

/*
 * Starts the command with $VMD_SOCKET set; when it ends, the server stops.
 *
 * => status: the command's own; 128 and the signal that killed it; 127: there
 *    is no such command; 126: it cannot be run
 * => 0 or -errno
 */
int command_start(struct command *command, struct server *server,
    char *const *arguments, const char *socket);
