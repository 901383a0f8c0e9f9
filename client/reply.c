#include "client/reply.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "client/call.h"
#include "client/message.h"
#include "client/queue.h"
#include "client/session.h"
#include "client/window.h"
#include "common/cleanup.h"
#include "common/msg.h"
#include "proto/flat.h"

void
reply_answer(struct call *call, kern_return_t code)
{
	call->code = code;
	call->answered = true;
	session_wake(&call->waiter);
}

void
reply_expect_less(struct session *session, const struct call *call)
{
	if (call_may_bring_message(call) && session->expected > 0)
		session->expected--;
}

/* --- Bodies ------------------------------------------------------------ */

static size_t
room_next(const struct reply_room *room)
{
	return (room->used + _Alignof(max_align_t) - 1) &
	       ~(_Alignof(max_align_t) - 1);
}

/* protobuf-c's memory: of the room, as long as there is some. */
static void *
room_alloc(void *data, size_t size)
{
	struct reply_room *room = data;
	size_t start = room_next(room);

	if (size > sizeof(room->bytes) || start > sizeof(room->bytes) - size) {
		room->spilled = true;
		return malloc(size);
	}
	room->used = start + size;
	return room->bytes + start;
}

static void
room_free(void *data, void *memory)
{
	struct reply_room *room = data;
	uintptr_t at = (uintptr_t)memory, start = (uintptr_t)room->bytes;

	if (at < start || at >= start + sizeof(room->bytes))
		free(memory);
}

static ProtobufCMessage *
unpack_general(const ProtobufCMessageDescriptor *reply, const struct msg *msg,
    struct reply_room *room)
{
	ProtobufCAllocator allocator = { room_alloc, room_free, room };

	return protobuf_c_message_unpack(reply, room ? &allocator : NULL,
	    msg->body_size, msg->body);
}

/* NULL: the reply is of another shape. */
static ProtobufCMessage *
unpack(const ProtobufCMessageDescriptor *reply, const struct msg *msg,
    struct reply_room *room)
{
	size_t size = reply->sizeof_message;
	ProtobufCMessage *message;

	if (!room)
		message = malloc(size);
	else
		message =
		    size <= sizeof(room->bytes) ? (void *)room->bytes : NULL;
	if (message && flat_unpack(reply, msg->body, msg->body_size, message))
		return message;
	if (!room)
		free(message);
	return unpack_general(reply, msg, room);
}

struct reply_room *
reply_room_init(struct reply_room *room)
{
	room->used = 0;
	room->spilled = false;
	return room;
}

void
reply_free(ProtobufCMessage *message, struct reply_room *room)
{
	ProtobufCAllocator allocator = { room_alloc, room_free, room };

	if (room->spilled)
		protobuf_c_message_free_unpacked(message, &allocator);
	reply_room_init(room);
}

/* --- Bytes ------------------------------------------------------------- */

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

/* --- Replies ----------------------------------------------------------- */

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

/* Reads the data of a reply, of which the descriptors lie in the input, which
 * goes on being read into. */
static bool
take_data(struct session *session, struct call *call, const struct msg *msg)
{
	uint8_t
	    descriptors[MSG_DESCRIPTORS_MAX * sizeof(struct msg_descriptor)];
	struct msg kept = *msg;

	memcpy(descriptors, msg->descriptors,
	    msg->descriptor_count * sizeof(struct msg_descriptor));
	kept.descriptors = descriptors;
	return read_all_data(session, call, &kept);
}

/* Takes a reply, all of it, for the call that it is for. */
static bool
take_reply(struct session *session, struct call *call, const struct msg *msg,
    size_t size)
{
	if (msg->id != call->id + MIG_REPLY_DELTA ||
	    msg->local != MACH_PORT_NULL || msg->remote != call->token)
		return false;
	call->code = msg->code;
	if (call->code == KERN_SUCCESS)
		call->message = unpack(call->reply, msg, call->room);
	session->input_start += size;
	return msg->descriptor_count == 0 || take_data(session, call, msg);
}

/* Hands a reply to the call that it is for. Without data that takes no time, and
 * is done with the lock held. */
static bool
hand_to_call(struct session *session, struct call *call, const struct msg *msg,
    size_t size)
{
	bool taken;

	session->at = call;
	if (msg->descriptor_count > 0)
		pthread_mutex_unlock(&session->lock);
	taken = take_reply(session, call, msg, size);
	if (msg->descriptor_count > 0)
		pthread_mutex_lock(&session->lock);
	session->at = NULL;
	if (!taken)
		return false;
	TAILQ_REMOVE(&session->calls, call, link);
	if (call->code != KERN_SUCCESS)
		reply_expect_less(session, call);
	else if (call->done)
		call->done(session, call->in);
	reply_answer(call, call->code);
	return true;
}

/* Up to `most` replies to a batch, the first and those that are in the input
 * already. How many there were; 0: the first is wrong. Without the lock. */
static uint64_t
take_replies(struct session *session, struct queue_place *at, uint64_t most,
    struct msg *msg, size_t first)
{
	struct reply_room room;
	struct call call = { .room = reply_room_init(&room) };
	int size = (int)first;
	uint64_t n = 0;

	while (size > 0 && msg->kind == MSG_REPLY) {
		struct queue_entry *entry = queue_expect(at, &call);

		if (!take_reply(session, &call, msg, (size_t)size))
			return 0;
		queue_answer(entry, &call);
		if (++n == most)
			break;
		size = msg_parse(msg, MSG_REPLY,
		    session->input + session->input_start,
		    session->input_end - session->input_start);
	}
	return n;
}

static bool
hand_to_batch(struct session *session, struct call *batch,
    const struct msg *msg, size_t size)
{
	struct queue_place at = queue_start(batch);
	uint64_t most = batch->count, n;
	struct msg next = *msg;

	pthread_mutex_unlock(&session->lock);
	n = take_replies(session, &at, most, &next, size);
	pthread_mutex_lock(&session->lock);
	if (n > 0)
		queue_stop(session, batch, &at, n);
	return n > 0;
}

/* A reply, which is for whoever is first. */
static bool
hand_on(struct session *session, const struct msg *msg, size_t size)
{
	struct call *call = TAILQ_FIRST(&session->calls);

	if (!call)
		return false;
	return call->queue ? hand_to_batch(session, call, msg, size)
			   : hand_to_call(session, call, msg, size);
}

/* --- Messages ---------------------------------------------------------- */

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

/* Waits for something to read. 0, -ETIMEDOUT or -EINTR. It is done even if there
 * is no end: to sleep in poll() and then to read takes a seventh less of a call
 * than to sleep in recv(), whose waking Linux treats as one that may wait. */
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

/* The next message of the connection, which lies at the start of the input: its
 * size, or as reply_read(). */
static int
next_message(struct session *session, struct msg *msg,
    const struct timespec *deadline, bool interruptible)
{
	for (;;) {
		int size = msg_parse(msg, MSG_REPLY,
		    session->input + session->input_start,
		    session->input_end - session->input_start);
		int r;

		if (size != 0)
			return size > 0 ? size : -EPIPE;
		r = wait_for_input(session, deadline, interruptible);
		if (r < 0)
			return r;
		if (!read_input(session))
			return -EPIPE;
	}
}

int
reply_read(struct session *session, const struct timespec *deadline,
    bool interruptible)
{
	struct msg msg;
	bool wanted = true;
	int size;

	session->reading = true;
	pthread_mutex_unlock(&session->lock);
	size = next_message(session, &msg, deadline, interruptible);
	pthread_mutex_lock(&session->lock);
	if (size > 0 && msg.kind == MSG_NOTICE) {
		session->input_start += (size_t)size;
		wanted = message_came(session, &msg);
	} else if (size > 0) {
		wanted = hand_on(session, &msg, (size_t)size);
	}
	session->reading = false;
	if (!wanted)
		size = -EPIPE;
	if (size == -EPIPE)
		session_die(session);
	return MIN(size, 0);
}

void
reply_pass_on(struct session *session)
{
	if (session->reading)
		return;
	if (!TAILQ_EMPTY(&session->waiters))
		session_wake(TAILQ_FIRST(&session->waiters));
	else
		receivers_wake(session);
}
