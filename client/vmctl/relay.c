#include "client/vmctl/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mach/mig_errors.h>

#include "client/vmctl/capture.h"
#include "common/cleanup.h"
#include "common/msg.h"
#include "proto/routine.h"

enum {
	BUFFER = 128 * 1024, /* bytes; a head has fewer */
	REFUSED_MOST = 16,   /* that wait for replies to earlier requests */
};

struct buffer {
	uint8_t bytes[BUFFER];
	size_t start, end;
};

/* One direction. */
struct way {
	int from, to;
	enum capture_direction direction;
	struct buffer in, out;
	struct capture_head message; /* whose data are on their way */
	uint64_t data_left;
	uint32_t count; /* requests, or replies */
	bool is_greeted;
	bool is_at_end; /* no more comes in */
	bool is_shut;   /* ... and all went out */
	bool is_deaf;   /* nobody takes it any more */
};

/* A request that the daemon does not see. */
struct refused {
	uint32_t number;
	mach_port_t local;
	mach_msg_id_t id;
};

struct relay {
	FILE *capture;
	uint32_t number;
	struct way there, back;
	struct refused refused[REFUSED_MOST];
	unsigned refused_count;
};

/* --- Buffers ---------------------------------------------------------- */

static size_t
filled(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

/* Room behind what it has. */
static size_t
room(struct buffer *buffer)
{
	if (buffer->start > 0) {
		memmove(buffer->bytes, buffer->bytes + buffer->start,
		    filled(buffer));
		buffer->end -= buffer->start;
		buffer->start = 0;
	}
	return BUFFER - buffer->end;
}

static void
add(struct buffer *buffer, const void *bytes, size_t size)
{
	memcpy(buffer->bytes + buffer->end, bytes, size);
	buffer->end += size;
}

/* --- Capturing -------------------------------------------------------- */

/* Moves what was understood from one side to the other, and captures it: so
 * many bytes of a message, and of its data. */
static void
pass(struct relay *relay, struct way *way, enum capture_what what, size_t size,
    size_t data_size)
{
	const uint8_t *bytes = way->in.bytes + way->in.start;
	struct capture_head *head = &way->message;

	head->what = (uint8_t)what;
	head->size = (uint32_t)size;
	head->data_size = (uint32_t)data_size;
	way->data_left -= data_size;
	head->flags &= CAPTURE_OWN;
	if (way->data_left > 0)
		head->flags |= CAPTURE_MORE;
	capture_write(relay->capture, head, bytes, bytes + size);
	head->at += data_size;
	if (!(head->flags & CAPTURE_OWN))
		add(&way->out, bytes, size + data_size);
	way->in.start += size + data_size;
}

static void
begin_message(const struct relay *relay, struct way *way, uint32_t number)
{
	way->message = (struct capture_head){
		.version = CAPTURE_VERSION,
		.direction = (uint8_t)way->direction,
		.connection = relay->number,
		.number = number,
	};
}

static void
capture_end(const struct relay *relay)
{
	struct capture_head head = {
		.version = CAPTURE_VERSION,
		.what = CAPTURE_END,
		.connection = relay->number,
	};

	capture_write(relay->capture, &head, NULL, NULL);
}

/* --- Refusing --------------------------------------------------------- */

static void
refuse(struct relay *relay, const struct msg *msg)
{
	struct way *way = &relay->there;

	relay->refused[relay->refused_count++] = (struct refused){
		.number = way->message.number,
		.local = msg->local,
		.id = msg->id,
	};
	way->message.flags = CAPTURE_OWN;
}

/* Answers the first that was refused, if all before it are answered. */
static bool
answer_refused(struct relay *relay)
{
	const struct refused *first = &relay->refused[0];
	struct way *way = &relay->back;
	uint8_t reply[sizeof(mach_msg_header_t) + sizeof(kern_return_t)];
	struct msg msg = {
		.kind = MSG_REPLY,
		.id = first->id + MIG_REPLY_DELTA,
		.remote = first->local,
		.code = MIG_BAD_ID,
	};

	if (relay->refused_count == 0 || first->number != way->count + 1 ||
	    way->data_left > 0 || !way->is_greeted ||
	    room(&way->out) < sizeof(reply))
		return false;
	msg_write_head(&msg, reply);
	begin_message(relay, way, ++way->count);
	way->message.what = CAPTURE_MESSAGE;
	way->message.flags = CAPTURE_OWN;
	way->message.size = sizeof(reply);
	capture_write(relay->capture, &way->message, reply, NULL);
	add(&way->out, reply, sizeof(reply));
	memmove(relay->refused, relay->refused + 1,
	    --relay->refused_count * sizeof(*first));
	return true;
}

/* --- Passing on ------------------------------------------------------- */

/* Each step returns 1: something went on; 0: more must come, or go, first;
 * -EBADMSG: that is no message. */

static int
step_hello(struct relay *relay, struct way *way)
{
	size_t size = way->direction == CAPTURE_TO_DAEMON
			  ? sizeof(struct msg_hello)
			  : sizeof(struct msg_welcome);

	if (filled(&way->in) < size)
		return 0;
	begin_message(relay, way, 0);
	pass(relay, way, CAPTURE_HELLO, size, 0);
	way->is_greeted = true;
	return 1;
}

static int
step_data(struct relay *relay, struct way *way)
{
	uint64_t size = MIN(filled(&way->in), room(&way->out));

	size = MIN(size, way->data_left);
	if (size == 0)
		return 0;
	pass(relay, way, CAPTURE_DATUM, 0, (size_t)MIN(size, CAPTURE_DATA));
	return 1;
}

/* The head of a message and as many of its data as are there. */
static int
step_message(struct relay *relay, struct way *way)
{
	bool is_request = way->direction == CAPTURE_TO_DAEMON;
	struct msg msg;
	uint64_t data;
	int size;

	if (is_request && relay->refused_count == REFUSED_MOST)
		return 0;
	size = msg_parse(&msg, is_request ? MSG_REQUEST : MSG_REPLY,
	    way->in.bytes + way->in.start, filled(&way->in));
	if (size <= 0 || room(&way->out) < (size_t)size)
		return MIN(size, 0);
	begin_message(relay, way, msg.kind == MSG_NOTICE ? 0 : ++way->count);
	if (is_request && msg.id == VMD_ID(vmd_window) &&
	    msg.descriptor_count == 0)
		refuse(relay, &msg);
	way->data_left = msg_data_size(&msg);
	data = MIN(filled(&way->in), room(&way->out)) - (size_t)size;
	data = MIN(data, way->data_left);
	pass(relay, way, CAPTURE_MESSAGE, (size_t)size,
	    (size_t)MIN(data, CAPTURE_DATA));
	return 1;
}

static int
step(struct relay *relay, struct way *way)
{
	if (!way->is_greeted)
		return step_hello(relay, way);
	if (way->data_left > 0)
		return step_data(relay, way);
	if (way == &relay->back && answer_refused(relay))
		return 1;
	return step_message(relay, way);
}

static void
receive(struct way *way)
{
	size_t size = room(&way->in);
	ssize_t n;

	if (way->is_at_end || size == 0)
		return;
	n = recv(way->from, way->in.bytes + way->in.end, size, 0);
	if (n > 0)
		way->in.end += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		way->is_at_end = true;
}

/* Returns whether there is room that was not there. */
static bool
send_on(struct way *way)
{
	struct buffer *out = &way->out;
	size_t size = filled(out);
	ssize_t n = 0;

	if (size > 0 && !way->is_deaf)
		n = send(way->to, out->bytes + out->start, size, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		way->is_deaf = true;
	if (way->is_deaf)
		n = (ssize_t)size;
	if (n > 0)
		out->start += (size_t)n;
	return n > 0;
}

/* Returns as a step does. */
static int
work(struct relay *relay, struct way *way)
{
	int moved = 0, r;

	while ((r = step(relay, way)) > 0)
		moved = 1;
	if (r < 0)
		return r;
	if (send_on(way))
		moved = 1;
	return moved;
}

/* What the other side shall know when all of it is out. */
static void
pass_end(const struct relay *relay, struct way *way)
{
	bool is_held =
	    way == &relay->there && relay->refused_count == REFUSED_MOST;

	if (!way->is_at_end || way->is_shut || filled(&way->out) > 0 || is_held)
		return;
	shutdown(way->to, SHUT_WR);
	way->is_shut = true;
}

bool
relay_work(struct relay *relay)
{
	int there, back;

	receive(&relay->there);
	receive(&relay->back);
	do {
		there = work(relay, &relay->there);
		back = work(relay, &relay->back);
	} while (there > 0 || back > 0);
	if (there < 0 || back < 0)
		return false;
	pass_end(relay, &relay->there);
	pass_end(relay, &relay->back);
	return !relay->back.is_shut;
}

static short
wanted_of(const struct way *in, const struct way *out)
{
	bool reads = !in->is_at_end && filled(&in->in) < BUFFER;
	bool writes = filled(&out->out) > 0;

	return (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
}

void
relay_want(const struct relay *relay, struct pollfd wanted[2])
{
	short client = wanted_of(&relay->there, &relay->back);
	short daemon = wanted_of(&relay->back, &relay->there);

	/* One that nothing is wanted of would wake us all the time if it is
	 * closed. */
	wanted[0] = (struct pollfd){
		.fd = client ? relay->there.from : -1,
		.events = client,
	};
	wanted[1] = (struct pollfd){
		.fd = daemon ? relay->back.from : -1,
		.events = daemon,
	};
}

/* --- Beginning and end ------------------------------------------------ */

struct relay *
relay_new(FILE *capture, uint32_t number, int client, int daemon)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	if (!relay) {
		close(client);
		close(daemon);
		return NULL;
	}
	relay->capture = capture;
	relay->number = number;
	relay->there.from = relay->back.to = client;
	relay->there.to = relay->back.from = daemon;
	relay->there.direction = CAPTURE_TO_DAEMON;
	relay->back.direction = CAPTURE_FROM_DAEMON;
	fcntl(client, F_SETFL, O_NONBLOCK);
	fcntl(daemon, F_SETFL, O_NONBLOCK);
	return relay;
}

void
relay_free(struct relay *relay)
{
	capture_end(relay);
	close(relay->there.from);
	close(relay->there.to);
	free(relay);
}
