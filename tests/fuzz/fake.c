#include "tests/fuzz/fake.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/msg.h"
#include "tests/fuzz/library.h"
#include "tests/fuzz/must.h"

enum { ROOM = 256 * 1024 };

struct fake fake;
void (*fake_answer)(void);

static uint8_t said[ROOM];
static size_t said_start, said_end;
static unsigned calls;

void
fake_start(void)
{
	said_start = said_end = 0;
	if (fake.passes > 0)
		close(fake.passes);
	fake = (struct fake){ .most = SIZE_MAX };
}

void
fake_say(const void *bytes, size_t size)
{
	size = MIN(size, sizeof(said) - said_end);
	if (size > 0)
		memcpy(said + said_end, bytes, size);
	said_end += size;
}

/* The linker's names; mmap() is mmap64() where offsets have 64 bits. */
int __real_socket(int domain, int type, int protocol);
int __real_close(int fd);
void *__real_mmap64(void *at, size_t size, int protection, int flags, int fd,
    off_t offset);
int __real_munmap(void *at, size_t size);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_close(int fd);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd,
    off_t offset);
int __wrap_munmap(void *at, size_t size);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_shutdown(int fd, int how);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_recv(int fd, void *to, size_t size, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);

static bool is_ours[1024];

int
__wrap_socket(int domain, int type, int protocol)
{
	int fd = __real_socket(domain, type, protocol);

	MUST(fd >= 0 && (size_t)fd < ARRAY_SIZE(is_ours));
	is_ours[fd] = true;
	fake.sockets++;
	return fd;
}

int
__wrap_close(int fd)
{
	if (fd >= 0 && (size_t)fd < ARRAY_SIZE(is_ours) && is_ours[fd]) {
		is_ours[fd] = false;
		fake.sockets--;
	}
	return __real_close(fd);
}

void *
__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd,
    off_t offset)
{
	void *memory = __real_mmap64(at, size, protection, flags, fd, offset);

	if (memory != MAP_FAILED && !(flags & MAP_FIXED))
		fake.bytes += (int64_t)size;
	return memory;
}

int
__wrap_munmap(void *at, size_t size)
{
	int r = __real_munmap(at, size);

	if (r == 0)
		fake.bytes -= (int64_t)size;
	return r;
}

int
__wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
	(void)address, (void)size;
	MUST(is_ours[fd]);
	return 0;
}

int
__wrap_shutdown(int fd, int how)
{
	(void)how;
	MUST(is_ours[fd]);
	return 0;
}

int
__wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	MUST(count == 1 && is_ours[fds->fd]);
	if (said_start < said_end || timeout < 0) {
		fds->revents = POLLIN;
		return 1;
	}
	library_waited(timeout);
	return 0;
}

static bool
interrupted(void)
{
	if (fake.interrupt == 0 || ++calls % fake.interrupt != 0)
		return false;
	errno = EINTR;
	return true;
}

ssize_t
__wrap_send(int fd, const void *bytes, size_t size, int flags)
{
	(void)bytes, (void)flags;
	MUST(is_ours[fd]);
	return interrupted() ? -1 : (ssize_t)size;
}

/* Takes all of it: a request. */
ssize_t
__wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	const struct iovec *first = &message->msg_iov[0];
	size_t size = 0;
	struct msg msg;

	(void)flags;
	MUST(is_ours[fd]);
	if (interrupted())
		return -1;
	if (fake.refuses) {
		errno = EPIPE;
		return -1;
	}
	for (size_t i = 0; i < message->msg_iovlen; i++)
		size += message->msg_iov[i].iov_len;
	MUST(msg_parse(&msg, MSG_REQUEST, first->iov_base, first->iov_len) > 0);
	fake.asked = true;
	fake.id = msg.id;
	fake.token = msg.local;
	fake_answer();
	return (ssize_t)size;
}

ssize_t
__wrap_recv(int fd, void *to, size_t size, int flags)
{
	(void)flags;
	MUST(is_ours[fd]);
	if (interrupted())
		return -1;
	size = MIN(size, said_end - said_start);
	size = MIN(size, fake.most);
	if (size > 0)
		memcpy(to, said + said_start, size);
	said_start += size;
	return (ssize_t)size;
}

/* The library makes room for one descriptor. */
static void
pass(struct msghdr *message)
{
	struct cmsghdr *header = message->msg_control;

	MUST(message->msg_controllen >= CMSG_LEN(sizeof(int)));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fake.passes, sizeof(int));
	message->msg_controllen = CMSG_SPACE(sizeof(int));
	fake.passes = 0;
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t n;

	MUST(message->msg_iovlen == 1);
	n = __wrap_recv(fd, message->msg_iov->iov_base,
	    message->msg_iov->iov_len, flags);
	if (n > 0 && fake.passes > 0)
		pass(message);
	else
		message->msg_controllen = 0;
	return n;
}
