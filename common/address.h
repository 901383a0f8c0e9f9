/*
 * Where the daemon's socket is
 */
#pragma once

#include <stdbool.h>
#include <sys/un.h>

/*
 * The socket that is meant if nobody says: $VMD_SOCKET; else that of the system
 * for root, /run/vmd/vmd.sock; else that of the session,
 * $XDG_RUNTIME_DIR/vmd/vmd.sock.
 *
 * => -ENOENT: $XDG_RUNTIME_DIR is not set; -ENAMETOOLONG: see address_set
 * => *standard, if wanted: it was not $VMD_SOCKET that said so
 */
int address_default(struct sockaddr_un *address, bool *standard);

/*
 * => -ENAMETOOLONG: a socket's path has fewer than 108 bytes; -EINVAL: it is
 *    empty
 */
int address_set(struct sockaddr_un *address, const char *path);

/* What address_default() or address_set() meant, for people. */
const char *address_error(int error);
