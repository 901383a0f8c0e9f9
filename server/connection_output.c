#include "server/connection.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/undefined.h"
#include "server/server.h"
#include "server/user.h"
#include "server/vm/vm_map_copy.h"

enum {
	CHUNK_BYTES = 96 * 1024,    /* of small replies gathered */
	PARTS = 256,                /* of one sendmsg */
	SEND_AT_ONCE = 1024 * 1024, /* bytes, in a turn */
	DATA_AT_ONCE = 256 * 1024,  /* of a copy, in one sendmsg: what a socket
					takes, and a bit more */
	REAP_STEPS = 64,            /* of what was sent, at once */
};

static_assert((int)CHUNK_BYTES > MSG_BODY_MAX + 8192, "a reply fits");

static struct connection_chunk *
chunk_new(size_t room)
{
	struct connection_chunk *chunk = malloc(sizeof(*chunk) + room);

	if (!chunk)
		return NULL;
	*chunk = (struct connection_chunk){ .room = room, .fd = -1 };
	return chunk;
}

static void
chunk_free(struct connection_chunk *chunk)
{
	vm_map_copy_free(chunk->copy);
	if (chunk->fd >= 0)
		close(chunk->fd);
	free(chunk);
}

/* What a chunk takes of the daemon's memory. */
static uint64_t
chunk_cost(const struct connection_chunk *chunk)
{
	return sizeof(*chunk) + chunk->room;
}

uint64_t
connection_output(const struct connection *connection)
{
	const struct connection_chunk *chunk;
	uint64_t cost = 0;

	TAILQ_FOREACH(chunk, &connection->out, link)
		cost += chunk_cost(chunk);
	return cost;
}

static void
queue(struct connection *connection, struct connection_chunk *chunk)
{
	TAILQ_INSERT_TAIL(&connection->out, chunk, link);
	user_add(connection->user, LIMIT_OUTPUT, chunk_cost(chunk));
}

/* Replies that were sent, or never will be. */
void
connection_forget(struct connection *connection, uint32_t count)
{
	connection->requests -= count;
	user_discharge(connection->user, LIMIT_REQUESTS, count);
}

void
connection_asked(struct connection *connection)
{
	connection->requests++;
	user_add(connection->user, LIMIT_REQUESTS, 1);
}

void
connection_replied(struct connection *connection)
{
	struct connection_chunk *last =
	    TAILQ_LAST(&connection->out, connection_chunks);

	if (connection->lost || !last)
		connection_forget(connection, 1);
	else
		last->replies++;
}

/* A chunk for small replies: most often the server's spare one. */
static struct connection_chunk *
chunk_for_bytes(struct connection *connection)
{
	struct server *server = connection->server;
	struct connection_chunk *chunk = steal(&server->spare);

	if (!chunk)
		chunk = chunk_new(CHUNK_BYTES);
	if (chunk)
		queue(connection, chunk);
	return chunk;
}

/* One that was sent. */
static void
chunk_done(struct connection *connection, struct connection_chunk *chunk)
{
	struct server *server = connection->server;

	TAILQ_REMOVE(&connection->out, chunk, link);
	user_discharge(connection->user, LIMIT_OUTPUT, chunk_cost(chunk));
	connection_forget(connection, chunk->replies);
	if (!server->spare && chunk->room == CHUNK_BYTES && chunk->fd < 0) {
		*chunk = (struct connection_chunk){
			.room = CHUNK_BYTES,
			.fd = -1,
		};
		MEMORY_UNDEFINED(chunk->bytes, CHUNK_BYTES);
		server->spare = chunk;
	} else {
		chunk_free(chunk);
		if (vm_machine_reap(&server->vm, REAP_STEPS))
			server_wake(server);
	}
}

uint8_t *
connection_put(struct connection *connection, size_t size)
{
	struct connection_chunk *chunk =
	    TAILQ_LAST(&connection->out, connection_chunks);
	uint8_t *to;

	if (!chunk || chunk->copy || chunk->room - chunk->size < size)
		chunk = chunk_for_bytes(connection);
	if (!chunk) {
		connection->lost = true;
		return NULL;
	}
	to = chunk->bytes + chunk->size;
	chunk->size += size;
	connection->out_size += size;
	return to;
}

void
connection_put_fd(struct connection *connection, int fd)
{
	struct connection_chunk *chunk = chunk_for_bytes(connection);

	if (chunk) {
		chunk->fd = fd;
		return;
	}
	close(fd);
	connection->lost = true;
}

void
connection_put_copy(struct connection *connection, struct vm_map_copy *copy)
{
	struct connection_chunk *chunk = chunk_new(0);

	if (!chunk) {
		vm_map_copy_free(copy);
		connection->lost = true;
		return;
	}
	chunk->copy = copy;
	chunk->size = copy->size;
	connection->out_size += copy->size;
	queue(connection, chunk);
}

/* What is next to be sent of a chunk. */
static int
chunk_parts(struct connection_chunk *chunk, struct iovec *parts, int count)
{
	if (chunk->copy)
		return vm_map_copy_parts(chunk->copy, chunk->start,
		    DATA_AT_ONCE, parts, count);
	if (count == 0)
		return 0;
	parts[0].iov_base = chunk->bytes + chunk->start;
	parts[0].iov_len = chunk->size - chunk->start;
	return 1;
}

static int
gather(struct connection *connection, struct iovec *parts)
{
	struct connection_chunk *chunk;
	int used = 0;

	TAILQ_FOREACH(chunk, &connection->out, link) {
		size_t bytes = 0;
		int first = used;

		if (chunk->fd >= 0 && used > 0)
			break;
		used += chunk_parts(chunk, parts + used, PARTS - used);
		for (int i = first; i < used; i++)
			bytes += parts[i].iov_len;
		if (bytes < chunk->size - chunk->start)
			break;
	}
	return used;
}

static void
sent(struct connection *connection, uint64_t size)
{
	connection->out_size -= size;
	while (size > 0) {
		struct connection_chunk *chunk = TAILQ_FIRST(&connection->out);
		uint64_t n = MIN(size, chunk->size - chunk->start);

		chunk->start += n;
		size -= n;
		if (chunk->start == chunk->size)
			chunk_done(connection, chunk);
	}
}

/* A large chunk that waits with little in it would be a waste. */
static void
shrink(struct connection *connection, struct connection_chunk *chunk)
{
	size_t left = chunk->size - chunk->start;
	struct connection_chunk *small;

	if (chunk->copy || left > chunk->room / 2)
		return;
	small = chunk_new(left);
	if (!small)
		return;
	small->size = left;
	small->replies = chunk->replies;
	small->fd = chunk->fd;
	chunk->replies = 0;
	chunk->fd = -1;
	memcpy(small->bytes, chunk->bytes + chunk->start, left);
	TAILQ_INSERT_BEFORE(chunk, small, link);
	user_add(connection->user, LIMIT_OUTPUT, chunk_cost(small));
	chunk_done(connection, chunk);
}

/* All between were filled, or are small. */
static void
shrink_ends(struct connection *connection)
{
	shrink(connection, TAILQ_FIRST(&connection->out));
	shrink(connection, TAILQ_LAST(&connection->out, connection_chunks));
}

/* It is the system that is short of memory. */
bool
connection_starves(struct connection *connection, int error)
{
	if (error != ENOMEM && error != ENOBUFS)
		return false;
	connection->starved = true;
	server_retry_later(connection->server);
	return true;
}

/* One part is most often all there is, and takes less time alone. */
static ssize_t
send_parts(int fd, struct iovec *parts, size_t count)
{
	const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };

	if (count == 1)
		return send(fd, parts->iov_base, parts->iov_len, flags);
	return sendmsg(fd, &message, flags);
}

/* The same, with a descriptor. If too many are on their way already it stays. */
static ssize_t
send_with_fd(int socket, struct iovec *parts, size_t count, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr message = {
		.msg_iov = parts,
		.msg_iovlen = count,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ssize_t n;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	n = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	return n < 0 && errno == ETOOMANYREFS
		   ? send_parts(socket, parts, count)
		   : n;
}

/* Sends what is first in the queue. */
static ssize_t
send_some(struct connection *connection)
{
	struct connection_chunk *first = TAILQ_FIRST(&connection->out);
	struct iovec parts[PARTS];
	size_t count = (size_t)gather(connection, parts);
	ssize_t n;

	if (first->fd < 0)
		return send_parts(connection->fd, parts, count);
	n = send_with_fd(connection->fd, parts, count, first->fd);
	if (n > 0) {
		close(first->fd);
		first->fd = -1;
	}
	return n;
}

/* Sends what the socket takes now, but not without end. */
void
connection_flush(struct connection *connection)
{
	uint64_t done = 0;
	ssize_t n;

	while (connection->out_size > 0 && done < SEND_AT_ONCE &&
	       !connection->lost) {
		n = send_some(connection);
		if (n > 0) {
			sent(connection, (uint64_t)n);
			done += (uint64_t)n;
			connection->moved += (uint64_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			shrink_ends(connection);
			return;
		} else if (n < 0 && connection_starves(connection, errno)) {
			return;
		} else if (n < 0 && errno != EINTR) {
			log_debug("a connection is gone: %s", strerror(errno));
			connection->lost = true;
		}
	}
}

void
connection_drop_output(struct connection *connection)
{
	while (!TAILQ_EMPTY(&connection->out))
		chunk_done(connection, TAILQ_FIRST(&connection->out));
	connection_forget(connection, connection->requests);
}
