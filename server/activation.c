#include "server/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_FD = 3 };

static bool
is_number(const char *name, long number)
{
	const char *text = getenv(name);
	char *end;

	return text && text[0] >= '0' && text[0] <= '9' &&
	       strtol(text, &end, 10) == number && *end == '\0';
}

static bool
option_is(int fd, int option, int wanted)
{
	socklen_t size = sizeof(int);
	int value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 &&
	       value == wanted;
}

/* Has it a path? One without has no folder and no mode to protect it. */
static bool
has_path(int fd, struct sockaddr_un *address)
{
	socklen_t size = sizeof(*address);

	memset(address, 0, sizeof(*address));
	return getsockname(fd, (struct sockaddr *)address, &size) == 0 &&
	       size <= sizeof(*address) && address->sun_path[0] != '\0' &&
	       address->sun_path[sizeof(address->sun_path) - 1] == '\0';
}

static int
take_over(int fd, struct sockaddr_un *address)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || !option_is(fd, SO_DOMAIN, AF_UNIX) ||
	    !option_is(fd, SO_TYPE, SOCK_STREAM) ||
	    !option_is(fd, SO_ACCEPTCONN, 1) || !has_path(fd, address))
		return -EINVAL;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return fd;
}

int
activation_socket(struct sockaddr_un *address)
{
	bool ours = is_number("LISTEN_PID", getpid());
	bool one = is_number("LISTEN_FDS", 1);

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!ours)
		return -ENOENT;
	return one ? take_over(FIRST_FD, address) : -EINVAL;
}
