/*
 * Who is at the other end of a connection
 *
 * The system says so, of who made the connection; messages say nothing about
 * it.
 */
#pragma once

#include <stdbool.h>

#include <sys/types.h>

struct peer {
	int fd; /* the connection */
	uid_t uid;
	gid_t gid;
	pid_t pid;       /* 0: it is not to be seen from here */
	bool privileged; /* root, or the daemon's own user */
};

/* False: the system does not know. */
bool peer_init(struct peer *peer, int fd);

/* Is it one of the group's? */
bool peer_is_in(const struct peer *peer, gid_t group);
