#include "client/vmctl/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"

enum {
	BUFFER = 128 * 1024, /* bytes; a head has fewer */
	PATIENCE = 60,       /* seconds */
};

const char *
wire_open(struct wire *wire, const struct sockaddr_un *address)
{
	struct timeval patience = { .tv_sec = PATIENCE };

	*wire = (struct wire){ .buffer = malloc(BUFFER) };
	wire->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!wire->buffer || wire->fd < 0 ||
	    connect(wire->fd, (const struct sockaddr *)address,
		sizeof(*address)) < 0)
		return strerror(errno);
	setsockopt(wire->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	return NULL;
}

void
wire_close(struct wire *wire)
{
	if (wire->fd >= 0)
		close(wire->fd);
	free(steal(&wire->buffer));
	wire->fd = -1;
}

void
wire_finish(struct wire *wire)
{
	shutdown(wire->fd, SHUT_WR);
	while (recv(wire->fd, wire->buffer, BUFFER, 0) > 0)
		;
}

bool
wire_send(struct wire *wire, const void *bytes, size_t size)
{
	const char *from = bytes;

	while (size > 0) {
		ssize_t n = send(wire->fd, from, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		from += n;
		size -= (size_t)n;
	}
	return true;
}

static bool
receive(struct wire *wire)
{
	ssize_t n;

	if (wire->start > 0) {
		wire->end -= wire->start;
		memmove(wire->buffer, wire->buffer + wire->start, wire->end);
		wire->start = 0;
	}
	do
		n = recv(wire->fd, wire->buffer + wire->end, BUFFER - wire->end,
		    0);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		wire->end += (size_t)n;
	return n > 0;
}

const uint8_t *
wire_take(struct wire *wire, size_t size)
{
	while (wire->end - wire->start < size)
		if (!receive(wire))
			return NULL;
	wire->start += size;
	return wire->buffer + wire->start - size;
}

bool
wire_message(struct wire *wire, struct msg *msg)
{
	int size;

	while ((size = msg_parse(msg, MSG_REPLY, wire->buffer + wire->start,
		    wire->end - wire->start)) == 0)
		if (!receive(wire))
			return false;
	if (size > 0)
		wire->start += (size_t)size;
	return size > 0;
}

const uint8_t *
wire_data(struct wire *wire, uint64_t most, size_t *size)
{
	if (wire->start == wire->end && !receive(wire))
		return NULL;
	*size = (size_t)MIN(most, (uint64_t)(wire->end - wire->start));
	wire->start += *size;
	return wire->buffer + wire->start - *size;
}

bool
wire_waits(struct wire *wire, int milliseconds)
{
	struct pollfd wanted = { .fd = wire->fd, .events = POLLIN };

	return wire->end > wire->start || poll(&wanted, 1, milliseconds) > 0;
}
