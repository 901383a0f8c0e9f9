#include "server/peer.h"

#include <sys/socket.h>
#include <unistd.h>

enum { GROUPS_MOST = 65536 }; /* the system's own limit */

bool
peer_init(struct peer *peer, int fd)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return false;
	*peer = (struct peer){
		.fd = fd,
		.uid = credentials.uid,
		.gid = credentials.gid,
		.pid = credentials.pid,
		.privileged =
		    credentials.uid == 0 || credentials.uid == geteuid(),
	};
	return true;
}

bool
peer_is_in(const struct peer *peer, gid_t group)
{
	static gid_t groups[GROUPS_MOST];
	socklen_t size = sizeof(groups);

	if (peer->gid == group)
		return true;
	if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}
