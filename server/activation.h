/*
 * A socket that the service manager listens at, and hands over
 *
 *      $LISTEN_PID    for whom: this process, or it is somebody else's
 *      $LISTEN_FDS    how many: descriptors 3, 4 ...
 *
 * Source: sd_listen_fds(3).
 */
#pragma once

#include <sys/un.h>

/*
 * Takes the socket over. It is closed by exec then, does not block, and the
 * environment does not speak of it any more.
 *
 * => the descriptor, and *address where it listens
 * => -ENOENT: none was handed over
 * => -EINVAL: it is not exactly one, that listens for streams at a path
 */
int activation_socket(struct sockaddr_un *address);
