#include "server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

/* Is the lock that was opened still the one at its path? Who removes it does so
 * while holding it. */
static bool
is_current(const struct listener *listener)
{
	struct stat held, there;

	return fstat(listener->lock, &held) == 0 &&
	       stat(listener->lock_path, &there) == 0 &&
	       held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

static int
take_lock(struct listener *listener)
{
	for (;;) {
		listener->lock = open(listener->lock_path,
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (listener->lock < 0)
			return -errno;
		if (flock(listener->lock, LOCK_EX | LOCK_NB) < 0)
			return errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
		if (is_current(listener))
			return 0;
		close(listener->lock);
	}
}

/* With the lock held, a socket that is there is a dead daemon's. */
static int
remove_dead(const char *path)
{
	struct stat there;

	if (lstat(path, &there) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(there.st_mode))
		return -EEXIST;
	return unlink(path) < 0 ? -errno : 0;
}

/* Those who connect cannot pass descriptors: nobody takes them, and to close one
 * may take as long as its maker wants. Linux has this since 6.16. */
static void
refuse_descriptors(int fd)
{
	enum { PASS_RIGHTS = 83 }; /* SO_PASSRIGHTS */
	int no = 0;

	setsockopt(fd, SOL_SOCKET, PASS_RIGHTS, &no, sizeof(no));
}

/* Its own user's at first: nobody listens yet, and nobody else writes the
 * folder. */
static int
bind_socket(struct listener *listener, mode_t mode, gid_t group)
{
	const struct sockaddr *address =
	    (const struct sockaddr *)&listener->address;
	const char *path = listener->address.sun_path;
	mode_t mask;
	int r;

	listener->fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0)
		return -errno;
	refuse_descriptors(listener->fd);
	mask = umask(0177);
	r = bind(listener->fd, address, sizeof(listener->address));
	umask(mask);
	if (r < 0)
		return -errno;
	if (chown(path, (uid_t)-1, group) < 0 || chmod(path, mode) < 0 ||
	    listen(listener->fd, BACKLOG) < 0) {
		r = -errno;
		unlink(path);
	}
	return r;
}

int
listener_open(struct listener *listener, const struct sockaddr_un *address,
    mode_t mode, gid_t group)
{
	int r;

	listener->address = *address;
	listener->lent = false;
	listener->fd = listener->lock = -1;
	snprintf(listener->lock_path, sizeof(listener->lock_path), "%s.lock",
	    address->sun_path);
	r = take_lock(listener);
	if (r == 0)
		r = remove_dead(address->sun_path);
	if (r == 0)
		r = bind_socket(listener, mode, group);
	if (r == 0)
		return 0;
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->lock >= 0)
		close(listener->lock);
	return r;
}

void
listener_lend(struct listener *listener, int fd,
    const struct sockaddr_un *address)
{
	*listener = (struct listener){
		.address = *address,
		.lent = true,
		.lock = -1,
		.fd = fd,
	};
}

void
listener_close(struct listener *listener)
{
	if (!listener->lent) {
		unlink(listener->address.sun_path);
		unlink(listener->lock_path);
		close(listener->lock);
	}
	if (listener->fd >= 0)
		close(listener->fd);
}
