#include "client/call.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <mach/message.h>

#include "client/memory.h"
#include "client/message.h"
#include "client/session.h"
#include "client/window.h"
#include "common/msg.h"

enum {
	/* The system takes so much of a message at once, or nothing. */
	DATA_AT_ONCE = 16 * 1024,
};

void
call_answer(struct call *call, kern_return_t code)
{
	call->code = code;
	call->answered = true;
	pthread_cond_signal(&call->wake);
}

/* Is it a request for a notification? */
static bool
may_bring_message(const struct call *call)
{
	return call->id == MACH_PORT_ID(mach_port_request_notification);
}

/* Nothing comes of a call that has failed, unless it has come already: from a
 * daemon that lies. */
static void
expect_less(struct session *session, const struct call *call)
{
	if (may_bring_message(call) && session->expected > 0)
		session->expected--;
}

/* --- Sending ---------------------------------------------------------- */

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

/* 0 or -errno; -EPIPE: some of it may have been sent. */
static int
send_all(int fd, struct iovec *parts, size_t count)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
	bool started = false;

	while (message.msg_iovlen > 0) {
		ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return started ? -EPIPE : -errno;
		started = true;
		advance(&message, (size_t)n);
	}
	return 0;
}

/* Writes the request. The caller holds `sending`. */
static int
send_request(const struct call *call, int fd)
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
		.body_size = protobuf_c_message_get_packed_size(call->in),
	};
	uint8_t small[1024], *bytes = small;
	size_t head = msg_head_size(&msg), size = head + msg.body_size;
	struct iovec parts[2] = {
		{ NULL, size },
		{ (void *)(uintptr_t)call->data, call->data_size },
	};
	int r;

	if (msg.body_size > MSG_BODY_MAX)
		return -EMSGSIZE;
	if (size > sizeof(small))
		bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	msg_write_head(&msg, bytes);
	protobuf_c_message_pack(call->in, bytes + head);
	parts[0].iov_base = bytes;
	r = send_all(fd, parts, call->data_size > 0 ? 2 : 1);
	if (bytes != small)
		free(bytes);
	return r;
}

/* --- Receiving -------------------------------------------------------- */

/* Reads more input, or `size` bytes of data. The bytes read; 0: it is over. */
static size_t
receive(struct session *session, void *to, size_t size)
{
	ssize_t n;

	do {
		n = window_receive(session, to, size);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

static bool
read_input(struct session *session)
{
	size_t left = session->input_end - session->input_start, n;

	memmove(session->input, session->input + session->input_start, left);
	session->input_start = 0;
	session->input_end = left;
	n = receive(session, session->input + left, SESSION_INPUT - left);
	session->input_end += n;
	return n > 0;
}

/* The next `size` bytes of the connection. */
static bool
read_data(struct session *session, uint8_t *to, uint64_t size)
{
	size_t here = MIN(session->input_end - session->input_start, size);
	size_t n;

	memcpy(to, session->input + session->input_start, here);
	session->input_start += here;
	for (to += here, size -= here; size > 0; to += n, size -= n) {
		n = receive(session, to, size);
		if (n == 0)
			return false;
	}
	return true;
}

/* Data that nobody wants, or has room for. */
static bool
skip_data(struct session *session, uint64_t size)
{
	uint8_t nowhere[4096];

	while (size > 0) {
		uint64_t n = MIN(size, sizeof(nowhere));

		if (!read_data(session, nowhere, n))
			return false;
		size -= n;
	}
	return true;
}

/* Of a call that fails no data are kept. */
static bool
read_all_data(struct session *session, struct call *call, const struct msg *msg)
{
	for (uint32_t i = 0; i < msg->descriptor_count; i++) {
		struct msg_descriptor d = msg_descriptor(msg, i);
		void *to = NULL;
		bool there;

		if (call->code == KERN_SUCCESS)
			call->code = call->place ? call->place(call->context, i,
						       d.size, d.offset, &to)
						 : MIG_TYPE_ERROR;
		there = call->code == KERN_SUCCESS
			    ? read_data(session, to, d.size)
			    : skip_data(session, d.size);
		if (!there)
			return false;
	}
	return true;
}

static void
drop_body(struct call *call)
{
	if (call->body != call->small)
		free(call->body);
	call->body = call->small;
}

static bool
keep_body(struct call *call, const struct msg *msg)
{
	call->body_size = msg->body_size;
	call->body = call->small;
	if (msg->body_size > sizeof(call->small))
		call->body = malloc(msg->body_size);
	if (!call->body)
		return false;
	memcpy(call->body, msg->body, msg->body_size);
	return true;
}

/* Takes a reply, all of it, for the call that it is for. */
static bool
take_reply(struct session *session, struct call *call, const struct msg *msg,
    size_t size)
{
	struct msg kept = *msg;
	uint8_t
	    descriptors[MSG_DESCRIPTORS_MAX * sizeof(struct msg_descriptor)];

	if (msg->id != call->id + MIG_REPLY_DELTA ||
	    msg->local != MACH_PORT_NULL || msg->remote != call->token)
		return false;
	call->code = msg->code;
	if (!keep_body(call, msg))
		return false;
	session->input_start += size;
	/* They lie in the input, which goes on being read into. */
	if (msg->descriptor_count > 0)
		memcpy(descriptors, msg->descriptors,
		    msg->descriptor_count * sizeof(struct msg_descriptor));
	kept.descriptors = descriptors;
	return read_all_data(session, call, &kept);
}

/* A reply, which is for whoever is first. */
static bool
hand_on(struct session *session, const struct msg *msg, size_t size)
{
	struct call *call;
	bool taken;

	pthread_mutex_lock(&session->lock);
	call = session->at = TAILQ_FIRST(&session->calls);
	pthread_mutex_unlock(&session->lock);
	taken = call && take_reply(session, call, msg, size);
	pthread_mutex_lock(&session->lock);
	session->at = NULL;
	if (!taken) {
		pthread_mutex_unlock(&session->lock);
		return false;
	}
	TAILQ_REMOVE(&session->calls, call, link);
	if (call->code != KERN_SUCCESS)
		expect_less(session, call);
	else if (call->done)
		call->done(session, call->in);
	call_answer(call, call->code);
	pthread_mutex_unlock(&session->lock);
	return true;
}

/* Milliseconds from now, and one more; 0: it is over; -1: there is no end. */
static int
left_until(const struct timespec *deadline)
{
	struct timespec now;
	int64_t left;

	if (!deadline)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (int64_t)(deadline->tv_sec - now.tv_sec) * 1000000000 +
	       deadline->tv_nsec - now.tv_nsec;
	return left <= 0 ? 0 : (int)MIN(left / 1000000 + 1, INT64_C(1000000));
}

/* Waits for something to read. 0, -ETIMEDOUT or -EINTR. */
static int
wait_for_input(const struct session *session, const struct timespec *deadline,
    bool interruptible)
{
	struct pollfd poll_fd = { .fd = session->fd, .events = POLLIN };
	int left, n;

	do {
		left = left_until(deadline);
		n = poll(&poll_fd, 1, left);
		if (n < 0 && errno == EINTR && interruptible)
			return -EINTR;
	} while (n < 0 || (n == 0 && left != 0));
	return n > 0 ? 0 : -ETIMEDOUT;
}

static int
read_message(struct session *session, const struct timespec *deadline,
    bool interruptible)
{
	const uint8_t *bytes;
	struct msg msg;
	int size, r;

	for (;;) {
		bytes = session->input + session->input_start;
		size = msg_parse(&msg, MSG_REPLY, bytes,
		    session->input_end - session->input_start);
		if (size != 0)
			break;
		r = deadline || interruptible
			? wait_for_input(session, deadline, interruptible)
			: 0;
		if (r < 0)
			return r;
		if (!read_input(session))
			return -EPIPE;
	}
	if (size < 0)
		return -EPIPE;
	if (msg.kind == MSG_REPLY)
		return hand_on(session, &msg, (size_t)size) ? 0 : -EPIPE;
	session->input_start += (size_t)size;
	return message_came(session, &msg) ? 0 : -EPIPE;
}

int
call_read(struct session *session, const struct timespec *deadline,
    bool interruptible)
{
	int r;

	session->reading = true;
	pthread_mutex_unlock(&session->lock);
	r = read_message(session, deadline, interruptible);
	pthread_mutex_lock(&session->lock);
	session->reading = false;
	if (r == -EPIPE)
		session_die(session);
	return r;
}

void
call_pass_on(struct session *session)
{
	if (session->reading)
		return;
	if (!TAILQ_EMPTY(&session->calls))
		pthread_cond_signal(&TAILQ_FIRST(&session->calls)->wake);
	else
		receivers_wake(session);
}

/* --- Both ------------------------------------------------------------- */

/* It was not sent, or not all of it, and is not to be answered. A daemon that
 * lies may have begun to answer it nevertheless: that ends the session, and who
 * reads is waited for. */
static void
withdraw(struct session *session, struct call *call, int r)
{
	if (r == -EPIPE || session->at == call)
		session_doom(session);
	while (session->at == call)
		pthread_cond_wait(&call->wake, &session->lock);
	if (call->answered) {
		drop_body(call);
		return;
	}
	TAILQ_REMOVE(&session->calls, call, link);
	expect_less(session, call);
	call_pass_on(session);
}

/* Sends the request and queues up for the reply. */
static kern_return_t
ask(struct call *call, struct session **out)
{
	kern_return_t kr;
	struct session *session = session_send(&kr);
	int r;

	if (!session)
		return kr;
	pthread_mutex_lock(&session->lock);
	call->token = ++session->last_token;
	session->expected += may_bring_message(call);
	TAILQ_INSERT_TAIL(&session->calls, call, link);
	pthread_mutex_unlock(&session->lock);

	r = send_request(call, session->fd);

	pthread_mutex_lock(&session->lock);
	if (r < 0)
		withdraw(session, call, r);
	pthread_mutex_unlock(&session->lock);
	session_sent(session);
	*out = session;
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

static void
wait_for_answer(struct session *session, struct call *call)
{
	pthread_mutex_lock(&session->lock);
	while (!call->answered) {
		if (session->reading)
			pthread_cond_wait(&call->wake, &session->lock);
		else
			call_read(session, NULL, false);
	}
	call_pass_on(session);
	pthread_mutex_unlock(&session->lock);
}

/* The reply, if it is one. */
static kern_return_t
unpack(struct call *call, const ProtobufCMessageDescriptor *reply,
    ProtobufCMessage **out)
{
	if (call->code == KERN_SUCCESS)
		*out = protobuf_c_message_unpack(reply, NULL, call->body_size,
		    call->body);
	drop_body(call);
	return call->code == KERN_SUCCESS && !*out ? MIG_TYPE_ERROR
						   : call->code;
}

kern_return_t
call_make(struct call *call, const ProtobufCMessageDescriptor *reply,
    ProtobufCMessage **out)
{
	struct session *session = NULL;
	kern_return_t kr;

	*out = NULL;
	if (!call->portless && !MACH_PORT_VALID(call->port))
		return MACH_SEND_INVALID_DEST;
	if (call->data_size > DATA_AT_ONCE &&
	    !memory_is_readable(call->data, call->data_size))
		return MACH_SEND_INVALID_MEMORY;
	pthread_cond_init(&call->wake, NULL);
	call->answered = false;
	call->body = call->small;
	kr = ask(call, &session);
	if (kr == KERN_SUCCESS) {
		wait_for_answer(session, call);
		kr = unpack(call, reply, out);
	}
	pthread_cond_destroy(&call->wake);
	return kr;
}
