#include "tests/fuzz/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "server/server.h"
#include "tests/fuzz/must.h"

enum {
	SERVER = 1000, /* descriptors: of the server's ends, */
	CLIENT = 2000, /* and of the library's */
	TURNS = 100000,
};

static struct wire wires[WIRES];

struct server *fuzz_wire_server;
void (*fuzz_wire_waited)(int milliseconds);

/* --- Bytes ------------------------------------------------------------- */

static void
bytes_put(struct fuzz_wire_bytes *to, const void *bytes, size_t size)
{
	if (to->start == to->end)
		to->start = to->end = 0;
	if (size > to->room - to->end) {
		to->room = 2 * to->room + size;
		to->bytes = realloc(to->bytes, to->room);
		MUST(to->bytes);
	}
	if (size > 0)
		memcpy(to->bytes + to->end, bytes, size);
	to->end += size;
}

static size_t
bytes_take(struct fuzz_wire_bytes *from, void *to, size_t size)
{
	size = MIN(size, from->end - from->start);
	if (size > 0)
		memcpy(to, from->bytes + from->start, size);
	from->start += size;
	return size;
}

static bool
bytes_are_there(const struct fuzz_wire_bytes *bytes)
{
	return bytes->start < bytes->end;
}

/* --- A client's end ---------------------------------------------------- */

struct wire *
fuzz_wire_open(struct server *server)
{
	struct wire *wire = wires;

	while (wire < wires + WIRES && wire->used)
		wire++;
	MUST(wire < wires + WIRES);
	wire->used = true;
	wire->uid = geteuid();
	wire->ended = wire->gone = false;
	wire->most = wire->enough = SIZE_MAX;
	wire->taken = 0;
	wire->in.start = wire->in.end = 0;
	wire->out.start = wire->out.end = 0;
	/* Who has come too often is hung up on. */
	wire->connection = NULL;
	if (connection_new(server, SERVER + (int)(wire - wires)) == 0)
		wire->connection = LIST_FIRST(&server->connections);
	return wire;
}

void
fuzz_wire_put(struct wire *wire, const void *bytes, size_t size)
{
	bytes_put(&wire->in, bytes, size);
}

void
fuzz_wire_end(struct wire *wire)
{
	wire->ended = true;
}

size_t
fuzz_wire_take(struct wire *wire, void *to, size_t size)
{
	size = bytes_take(&wire->out, to, size);
	wire->taken += size;
	return size;
}

void
fuzz_wire_close(struct wire *wire)
{
	wire->ended = wire->gone = true;
}

static void
drop_passed(struct wire *wire)
{
	if (wire->passed > 0)
		close(wire->passed);
	wire->passed = 0;
}

void
fuzz_wire_forget(void)
{
	for (size_t i = 0; i < WIRES; i++) {
		MUST(!wires[i].connection);
		drop_passed(&wires[i]);
		wires[i].used = false;
	}
}

/* --- The loop ---------------------------------------------------------- */

static bool
can_receive(const struct wire *wire)
{
	return wire->connection &&
	       (bytes_are_there(&wire->in) || wire->ended) &&
	       ev_is_active(&wire->connection->readable);
}

static bool
can_send(const struct wire *wire)
{
	return wire->connection &&
	       (wire->gone || wire->out.end - wire->out.start < wire->enough) &&
	       ev_is_active(&wire->connection->writable);
}

bool
fuzz_wire_turn(struct server *server)
{
	bool work = !TAILQ_EMPTY(&server->busy) || ev_is_active(&server->awake);

	for (struct wire *wire = wires; wire < wires + WIRES; wire++) {
		if (can_receive(wire)) {
			ev_invoke(server->loop, &wire->connection->readable,
			    EV_READ);
			work = true;
		}
		if (can_send(wire)) {
			ev_invoke(server->loop, &wire->connection->writable,
			    EV_WRITE);
			work = true;
		}
	}
	ev_invoke(server->loop, &server->turn, EV_PREPARE);
	return work;
}

/* --- The system, as the server knows it -------------------------------- */

int __real_close(int fd);
int __real_socket(int domain, int type, int protocol);
int __wrap_close(int fd);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_shutdown(int fd, int how);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_getsockopt(int fd, int level, int name, void *value,
    socklen_t *size);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_recv(int fd, void *to, size_t size, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);

static struct wire *
fuzz_wire_of(int fd)
{
	struct wire *wire = &wires[fd % SERVER];

	MUST(fd >= SERVER && fd % SERVER < WIRES && wire->used);
	return wire;
}

static ssize_t
fail(int error)
{
	errno = error;
	return -1;
}

static ssize_t
put_parts(struct fuzz_wire_bytes *to, const struct msghdr *message, size_t room)
{
	size_t all = 0;

	for (size_t i = 0; i < message->msg_iovlen && all < room; i++) {
		const struct iovec *part = &message->msg_iov[i];
		size_t n = MIN(part->iov_len, room - all);

		bytes_put(to, part->iov_base, n);
		all += n;
	}
	return (ssize_t)all;
}

static ssize_t
server_sends(struct wire *wire, const struct msghdr *message)
{
	size_t full = wire->out.end - wire->out.start;
	int fd;

	if (wire->gone)
		return fail(EPIPE);
	if (full >= wire->enough)
		return fail(EAGAIN);
	if (message->msg_controllen > 0) {
		drop_passed(wire);
		memcpy(&fd, CMSG_DATA((struct cmsghdr *)message->msg_control),
		    sizeof(fd));
		wire->passed = dup(fd);
	}
	return put_parts(&wire->out, message, wire->enough - full);
}

static ssize_t
server_receives(struct wire *wire, const struct iovec *parts, size_t count)
{
	size_t all = 0, n = 1;

	if (!bytes_are_there(&wire->in))
		return wire->ended ? 0 : fail(EAGAIN);
	for (size_t i = 0; i < count && n > 0; i++) {
		n = bytes_take(&wire->in, parts[i].iov_base,
		    MIN(parts[i].iov_len, wire->most - all));
		all += n;
	}
	return (ssize_t)all;
}

/* The library waits. */
static ssize_t
client_receives(struct wire *wire, void *to, size_t size)
{
	int turns = 0;

	while (!bytes_are_there(&wire->out) && wire->connection) {
		MUST(fuzz_wire_turn(fuzz_wire_server));
		MUST(++turns < TURNS);
	}
	return (ssize_t)fuzz_wire_take(wire, to, size);
}

int
__wrap_socket(int domain, int type, int protocol)
{
	if (!fuzz_wire_server)
		return __real_socket(domain, type, protocol);
	return CLIENT + (int)(fuzz_wire_open(fuzz_wire_server) - wires);
}

int
__wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
	(void)fd, (void)address, (void)size;
	return 0;
}

int
__wrap_shutdown(int fd, int how)
{
	(void)how;
	fuzz_wire_close(fuzz_wire_of(fd));
	return 0;
}

int
__wrap_close(int fd)
{
	if (fd < SERVER)
		return __real_close(fd);
	if (fd < CLIENT)
		fuzz_wire_of(fd)->connection = NULL;
	else
		fuzz_wire_close(fuzz_wire_of(fd));
	return 0;
}

/* The library waits for so long, and knows it by its clock. */
int
__wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	const struct wire *wire = fuzz_wire_of(fds->fd);

	MUST(count == 1);
	while (!bytes_are_there(&wire->out) && wire->connection &&
	       fuzz_wire_turn(fuzz_wire_server))
		continue;
	if (bytes_are_there(&wire->out) || !wire->connection || timeout < 0) {
		fds->revents = POLLIN;
		return 1;
	}
	fuzz_wire_waited(timeout);
	return 0;
}

/* Who is at the other end is in no further group. */
int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	struct ucred peer = { .pid = 1, .uid = fuzz_wire_of(fd)->uid };

	MUST(level == SOL_SOCKET);
	if (name == SO_PEERGROUPS) {
		*size = 0;
		return 0;
	}
	MUST(name == SO_PEERCRED && *size == sizeof(peer));
	memcpy(value, &peer, sizeof(peer));
	return 0;
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	(void)flags;
	if (fd < CLIENT)
		return server_sends(fuzz_wire_of(fd), message);
	if (!fuzz_wire_of(fd)->connection)
		return fail(EPIPE);
	return put_parts(&fuzz_wire_of(fd)->in, message, SIZE_MAX);
}

ssize_t
__wrap_send(int fd, const void *bytes, size_t size, int flags)
{
	struct iovec part = { (void *)(uintptr_t)bytes, size };

	return __wrap_sendmsg(fd,
	    &(struct msghdr){ .msg_iov = &part, .msg_iovlen = 1 }, flags);
}

ssize_t
__wrap_recv(int fd, void *to, size_t size, int flags)
{
	struct iovec part = { to, size };

	(void)flags;
	if (fd < CLIENT)
		return server_receives(fuzz_wire_of(fd), &part, 1);
	return client_receives(fuzz_wire_of(fd), to, size);
}

/* With the descriptor, if one goes along. */
static ssize_t
client_receives_passed(struct wire *wire, struct msghdr *message)
{
	struct cmsghdr *header = message->msg_control;
	ssize_t n = client_receives(wire, message->msg_iov->iov_base,
	    message->msg_iov->iov_len);

	message->msg_controllen = 0;
	if (wire->passed == 0)
		return n;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &wire->passed, sizeof(int));
	message->msg_controllen = CMSG_SPACE(sizeof(int));
	wire->passed = 0;
	return n;
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	(void)flags;
	if (fd < CLIENT)
		return server_receives(fuzz_wire_of(fd), message->msg_iov,
		    message->msg_iovlen);
	return client_receives_passed(fuzz_wire_of(fd), message);
}
