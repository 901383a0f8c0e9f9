/*
 * The daemon's socket, and the lock beside it
 *
 * vmd.sock is bound only while vmd.sock.lock is held, so a socket without its
 * lock is a dead daemon's, and is replaced; a live one's is not.
 */
#pragma once

#include <sys/un.h>

struct listener {
	struct sockaddr_un address;
	char lock_path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
	int lock; /* -1: none */
	int fd;   /* -1: none, or handed on */
};

/*
 * Listens at the address, for its own user alone.
 *
 * => 0 or -errno; -EADDRINUSE: another daemon has it; -EEXIST: something that
 *    is no socket is there
 */
int listener_open(struct listener *listener, const struct sockaddr_un *address);

/* Removes the socket and the lock. */
void listener_close(struct listener *listener);
