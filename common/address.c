#include "common/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
address_set(struct sockaddr_un *address, const char *path)
{
	if (path[0] == '\0')
		return -EINVAL;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path, path, strlen(path));
	return 0;
}

int
address_default(struct sockaddr_un *address, bool *standard)
{
	const char *path = getenv("VMD_SOCKET");
	const char *folder = getenv("XDG_RUNTIME_DIR");
	char text[sizeof(address->sun_path) + 1];
	int n;

	if (standard)
		*standard = !path;
	if (path)
		return address_set(address, path);
	if (geteuid() == 0)
		return address_set(address, "/run/vmd/vmd.sock");
	if (!folder || folder[0] == '\0')
		return -ENOENT;
	n = snprintf(text, sizeof(text), "%s/vmd/vmd.sock", folder);
	if (n < 0 || (size_t)n >= sizeof(text))
		return -ENAMETOOLONG;
	return address_set(address, text);
}

const char *
address_error(int error)
{
	switch (error) {
	case -ENOENT:
		return "$XDG_RUNTIME_DIR is not set: say which socket with "
		       "--socket or $VMD_SOCKET";
	case -ENAMETOOLONG:
		return "the socket's path is too long: at most 107 bytes";
	case -EINVAL:
		return "the socket's path is empty";
	default:
		return strerror(-error);
	}
}
