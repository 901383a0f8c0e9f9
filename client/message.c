#include "client/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mach/mach_port.h>
#include <mach/mach_traps.h>
#include <mach/notify.h>

#include "client/reply.h"
#include "client/session.h"
#include "common/msg.h"
#include "proto/routine.h"

/* --- What comes -------------------------------------------------------- */

/* The number that the body has; 0: it has none. False: it is another body. */
static bool
read_value(const struct msg *msg, uint32_t *value)
{
	MachNotifyPortDeletedRequest *deleted;
	MachNotifyNoSendersRequest *senders;
	MachNotifyDeadNameRequest *dead;
	ProtobufCMessage *body;
	unsigned index = (unsigned)msg->id - NOTIFY_BASE;

	if (index >= notify__descriptor.n_methods)
		return false;
	body =
	    protobuf_c_message_unpack(notify__descriptor.methods[index].input,
		NULL, msg->body_size, msg->body);
	if (!body)
		return false;
	switch (msg->id) {
	case NOTIFY_ID(mach_notify_port_deleted):
		deleted = (MachNotifyPortDeletedRequest *)body;
		*value = deleted->name;
		break;
	case NOTIFY_ID(mach_notify_no_senders):
		senders = (MachNotifyNoSendersRequest *)body;
		*value = senders->mscount;
		break;
	case NOTIFY_ID(mach_notify_dead_name):
		dead = (MachNotifyDeadNameRequest *)body;
		*value = dead->name;
		break;
	default:
		*value = 0;
	}
	protobuf_c_message_free_unpacked(body, NULL);
	return notify__descriptor.methods[index].input != &absent__descriptor;
}

bool
message_came(struct session *session, const struct msg *msg)
{
	struct message *message;
	uint32_t value;

	if (session->expected == 0 || !read_value(msg, &value))
		return false;
	message = malloc(sizeof(*message));
	if (!message)
		return false;
	*message = (struct message){
		.name = msg->local,
		.id = msg->id,
		.value = value,
	};
	session->expected--;
	TAILQ_INSERT_TAIL(&session->messages, message, link);
	receivers_wake(session);
	return true;
}

static void
drop(struct session *session, struct message *message)
{
	TAILQ_REMOVE(&session->messages, message, link);
	free(message);
}

void
messages_free(struct session *session)
{
	while (!TAILQ_EMPTY(&session->messages))
		drop(session, TAILQ_FIRST(&session->messages));
}

/* The first for a right; NULL: there is none. */
static struct message *
find_message(const struct session *session, mach_port_name_t name)
{
	struct message *message;

	TAILQ_FOREACH(message, &session->messages, link)
		if (message->name == name)
			return message;
	return NULL;
}

uint32_t
message_count(mach_port_name_t name)
{
	struct session *session = session_get();
	const struct message *message;
	uint32_t count = 0;

	pthread_mutex_lock(&session->lock);
	TAILQ_FOREACH(message, &session->messages, link)
		count += message->name == name;
	pthread_mutex_unlock(&session->lock);
	return count;
}

void
receivers_wake(struct session *session)
{
	struct receiver *receiver;

	TAILQ_FOREACH(receiver, &session->receivers, link)
		pthread_cond_signal(&receiver->wake);
}

/* --- What becomes of a right ------------------------------------------- */

void
message_right_died(struct session *session, mach_port_name_t name)
{
	struct receiver *receiver;
	struct message *message;

	while ((message = find_message(session, name)))
		drop(session, message);
	TAILQ_FOREACH(receiver, &session->receivers, link)
		if (receiver->name == name)
			receiver->died = true;
	receivers_wake(session);
}

void
message_right_renamed(struct session *session, mach_port_name_t from,
    mach_port_name_t to)
{
	struct receiver *receiver;
	struct message *message;

	TAILQ_FOREACH(message, &session->messages, link)
		if (message->name == from)
			message->name = to;
	TAILQ_FOREACH(receiver, &session->receivers, link)
		if (receiver->name == from)
			receiver->name = to;
	receivers_wake(session);
}

/* --- Receiving --------------------------------------------------------- */

/* What mach_msg() was asked. */
struct wanted {
	mach_msg_option_t option;
	mach_msg_header_t *buffer;
	mach_msg_size_t room;
	const struct timespec *deadline; /* NULL: none */
};

/* A notification as it lies in memory. */
union notification {
	mach_msg_header_t header;
	mach_port_deleted_notification_t deleted;
	mach_no_senders_notification_t senders;
	mach_send_once_notification_t once;
	mach_dead_name_notification_t dead;
};

static const NDR_record_t ndr = {
	.mig_vers = NDR_PROTOCOL_2_0,
	.int_rep = NDR_INT_LITTLE_ENDIAN,
	.char_rep = NDR_CHAR_ASCII,
	.float_rep = NDR_FLOAT_IEEE,
};

/* Returns its size, without the trailer, which is all zeros. */
static mach_msg_size_t
lay_out(const struct message *message, union notification *out)
{
	mach_msg_size_t size = offsetof(mach_dead_name_notification_t, trailer);

	memset(out, 0, sizeof(*out));
	if (message->id == MACH_NOTIFY_SEND_ONCE) {
		size = offsetof(mach_send_once_notification_t, trailer);
	} else {
		out->dead.NDR = ndr;
		out->dead.not_port = message->value;
	}
	out->header = (mach_msg_header_t){
		.msgh_bits = MACH_MSGH_BITS(0, MACH_MSG_TYPE_PORT_SEND_ONCE),
		.msgh_size = size,
		.msgh_remote_port = MACH_PORT_NULL,
		.msgh_local_port = message->name,
		.msgh_id = message->id,
	};
	return size;
}

static_assert(offsetof(mach_dead_name_notification_t, not_port) ==
		      offsetof(mach_port_deleted_notification_t, not_port) &&
		  offsetof(mach_dead_name_notification_t, not_port) ==
		      offsetof(mach_no_senders_notification_t, not_count),
    "the number lies in the same place");

/* Gives the message to who wants it. It is gone, unless it is too large and was
 * to be kept then. */
static mach_msg_return_t
take_out(struct session *session, struct message *message,
    const struct wanted *wanted)
{
	const mach_msg_trailer_t trailer = {
		MACH_MSG_TRAILER_FORMAT_0,
		MACH_MSG_TRAILER_MINIMUM_SIZE,
	};
	union notification out;
	mach_msg_size_t size = lay_out(message, &out);
	bool fits = wanted->room >= size + sizeof(trailer);

	if (fits || !(wanted->option & MACH_RCV_LARGE))
		drop(session, message);
	else if (wanted->room >= sizeof(out.header))
		memcpy(wanted->buffer, &out.header, sizeof(out.header));
	if (!fits)
		return MACH_RCV_TOO_LARGE;
	memcpy(wanted->buffer, &out, size);
	memcpy((uint8_t *)wanted->buffer + size, &trailer, sizeof(trailer));
	return MACH_MSG_SUCCESS;
}

/* Waits for whoever reads, or reads. 0, or as reply_read(). */
static int
wait_once(struct session *session, struct receiver *receiver,
    const struct wanted *wanted)
{
	if (!session->reading)
		return reply_read(session, wanted->deadline,
		    wanted->option & MACH_RCV_INTERRUPT);
	if (!wanted->deadline) {
		pthread_cond_wait(&receiver->wake, &session->lock);
		return 0;
	}
	return -pthread_cond_timedwait(&receiver->wake, &session->lock,
	    wanted->deadline);
}

static mach_msg_return_t
wait_for_message(struct session *session, struct receiver *receiver,
    const struct wanted *wanted)
{
	struct message *message;
	int r = 0;

	while (!(message = find_message(session, receiver->name))) {
		if (receiver->died || session->state != SESSION_OPEN)
			return MACH_RCV_PORT_DIED;
		if (r == -ETIMEDOUT)
			return MACH_RCV_TIMED_OUT;
		if (r == -EINTR)
			return MACH_RCV_INTERRUPTED;
		r = wait_once(session, receiver, wanted);
	}
	return take_out(session, message, wanted);
}

/* Asks the daemon, which has said by then what it had to say before. */
static bool
receives(struct session *session, mach_port_name_t name)
{
	mach_port_type_t type = MACH_PORT_TYPE_NONE;

	pthread_mutex_unlock(&session->lock);
	mach_port_type(mach_task_self(), name, &type);
	pthread_mutex_lock(&session->lock);
	return type & MACH_PORT_TYPE_RECEIVE;
}

/* Who may destroy the right meanwhile finds the receiver on the list. */
static mach_msg_return_t
receive(struct session *session, mach_port_name_t name,
    const struct wanted *wanted)
{
	struct receiver receiver = { .name = name };
	pthread_condattr_t monotonic;
	mach_msg_return_t mr = MACH_RCV_INVALID_NAME;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&receiver.wake, &monotonic);
	pthread_condattr_destroy(&monotonic);

	pthread_mutex_lock(&session->lock);
	TAILQ_INSERT_TAIL(&session->receivers, &receiver, link);
	if (find_message(session, name) || receives(session, name))
		mr = wait_for_message(session, &receiver, wanted);
	TAILQ_REMOVE(&session->receivers, &receiver, link);
	reply_pass_on(session);
	pthread_mutex_unlock(&session->lock);
	pthread_cond_destroy(&receiver.wake);
	return mr;
}

static struct timespec
after(mach_msg_timeout_t milliseconds)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += milliseconds / 1000;
	at.tv_nsec += milliseconds % 1000 * 1000000L;
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	return at;
}

/* Nobody takes messages but the daemon, which takes calls. */
mach_msg_return_t
mach_msg(mach_msg_header_t *msg, mach_msg_option_t option,
    mach_msg_size_t send_size, mach_msg_size_t rcv_size,
    mach_port_name_t rcv_name, mach_msg_timeout_t timeout,
    mach_port_name_t notify)
{
	struct timespec deadline = after(timeout);
	struct wanted wanted = {
		.option = option,
		.buffer = msg,
		.room = rcv_size,
		.deadline = option & MACH_RCV_TIMEOUT ? &deadline : NULL,
	};

	(void)send_size, (void)notify;
	if (option & MACH_SEND_MSG)
		return MACH_SEND_INVALID_DEST;
	if (!(option & MACH_RCV_MSG))
		return MACH_MSG_SUCCESS;
	if (!MACH_PORT_VALID(rcv_name))
		return MACH_RCV_INVALID_NAME;
	return receive(session_get(), rcv_name, &wanted);
}
