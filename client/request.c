#include "client/request.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <mach/message.h>

#include "client/call.h"
#include "client/reply.h"
#include "client/session.h"
#include "common/msg.h"
#include "proto/flat.h"

/* --- Writing ----------------------------------------------------------- */

/* Writes what does not lie in the room there is, or not flat in it. */
static int
write_general(struct msg *msg, const ProtobufCMessage *in, uint8_t **to,
    size_t room)
{
	size_t head = msg_head_size(msg), size;

	msg->body_size = protobuf_c_message_get_packed_size(in);
	if (msg->body_size > MSG_BODY_MAX)
		return -EMSGSIZE;
	size = head + msg->body_size;
	if (size > room)
		*to = malloc(size);
	if (!*to)
		return -ENOMEM;
	msg_write_head(msg, *to);
	protobuf_c_message_pack(in, *to + head);
	return (int)size;
}

int
request_write(const struct call *call, uint8_t **to, size_t room)
{
	struct msg_descriptor descriptor = {
		.type = MACH_MSG_OOL_DESCRIPTOR,
		.offset = call->data_offset,
		.size = call->data_size,
	};
	struct msg msg = {
		.kind = MSG_REQUEST,
		.id = call->id,
		.remote = call->port,
		.local = call->token,
		.descriptor_count = call->data_size > 0,
		.descriptors = &descriptor,
	};
	size_t head = msg_head_size(&msg);

	assert(room >= head);
	msg.body_size = flat_write(call->in, *to + head, room - head);
	if (msg.body_size == SIZE_MAX)
		return write_general(&msg, call->in, to, room);
	msg_write_head(&msg, *to);
	return (int)(head + msg.body_size);
}

/* --- Sending ----------------------------------------------------------- */

/* Reads one message, if nobody else does. Whether it did. */
static bool
read_one(struct session *session)
{
	bool mine;

	pthread_mutex_lock(&session->lock);
	mine = !session->reading && session->state == SESSION_OPEN;
	if (mine)
		reply_read(session, NULL, false);
	reply_pass_on(session);
	pthread_mutex_unlock(&session->lock);
	return mine;
}

/* Waits until more can be sent. Meanwhile somebody has to read, or the daemon
 * would take nothing more: this thread, if no other does. Who reads now may have
 * its answer and go, so it is looked after again soon. */
static void
wait_for_room(struct session *session)
{
	struct pollfd poll_fd = {
		.fd = session->fd,
		.events = POLLIN | POLLOUT,
	};

	while (poll(&poll_fd, 1, 1000) <= 0 || !(poll_fd.revents & POLLOUT)) {
		if (!(poll_fd.revents & POLLIN) || read_one(session))
			continue;
		poll_fd.events = POLLOUT;
		if (poll(&poll_fd, 1, 1) > 0)
			return;
		poll_fd.events = POLLIN | POLLOUT;
	}
}

/* Steps over what was sent. */
static void
advance(struct msghdr *message, size_t size)
{
	while (size > 0) {
		struct iovec *part = message->msg_iov;

		if (size < part->iov_len) {
			part->iov_base = (char *)part->iov_base + size;
			part->iov_len -= size;
			return;
		}
		size -= part->iov_len;
		message->msg_iov++;
		message->msg_iovlen--;
	}
}

static ssize_t
send_some(const struct session *session, const struct msghdr *message)
{
	const struct iovec *part = message->msg_iov;
	int flags = MSG_NOSIGNAL | (session->crowded ? MSG_DONTWAIT : 0);

	if (message->msg_iovlen == 1)
		return send(session->fd, part->iov_base, part->iov_len, flags);
	return sendmsg(session->fd, message, flags);
}

int
request_send(struct session *session, const uint8_t *bytes, size_t size,
    const void *data, size_t data_size)
{
	struct iovec parts[] = {
		{ (void *)(uintptr_t)bytes, size },
		{ (void *)(uintptr_t)data, data_size },
	};
	struct msghdr message = {
		.msg_iov = parts,
		.msg_iovlen = data_size > 0 ? 2 : 1,
	};
	bool started = false;

	while (message.msg_iovlen > 0) {
		ssize_t n = send_some(session, &message);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			wait_for_room(session);
			continue;
		}
		if (n < 0)
			return started ? -EPIPE : -errno;
		started = true;
		advance(&message, (size_t)n);
	}
	return 0;
}

kern_return_t
request_error(int r)
{
	switch (r) {
	case 0:
		return KERN_SUCCESS;
	case -EFAULT:
		return MACH_SEND_INVALID_MEMORY;
	case -EMSGSIZE:
		return MACH_SEND_TOO_LARGE;
	case -ENOMEM:
		return MACH_SEND_NO_BUFFER;
	default:
		return MACH_SEND_INVALID_DEST;
	}
}
