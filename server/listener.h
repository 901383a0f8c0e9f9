/*
 * The daemon's socket, and the lock beside it
 *
 * vmd.sock is bound only while vmd.sock.lock is held, so a socket without its
 * lock is a dead daemon's, and is replaced; a live one's is not.
 *
 * One that the service manager handed over is the manager's, and has no lock.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct listener {
	struct sockaddr_un address;
	char lock_path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
	bool lent; /* by the service manager: nothing is to be removed */
	int lock;  /* -1: none */
	int fd;    /* -1: none, or handed on */
};

/*
 * Listens at the address, for those whom the mode and the group (-1: the
 * daemon's own) let in. Nobody else can have connected before.
 *
 * => the folder is a safe one (folder.h)
 * => 0 or -errno; -EADDRINUSE: another daemon has it; -EEXIST: something that
 *    is no socket is there
 */
int listener_open(struct listener *listener, const struct sockaddr_un *address,
    mode_t mode, gid_t group);

/* Listens at a socket that was handed over. */
void listener_lend(struct listener *listener, int fd,
    const struct sockaddr_un *address);

/* Removes the socket and the lock, if they are its own. */
void listener_close(struct listener *listener);
