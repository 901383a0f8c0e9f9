#include "client/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <mach/message.h>

#include "client/debug.h"
#include "client/debug_call.h"
#include "client/inject.h"
#include "client/memory.h"
#include "client/queue.h"
#include "client/reply.h"
#include "client/request.h"
#include "client/session.h"
#include "common/msg.h"

enum {
	/* The system takes so much of a message at once, or nothing. */
	DATA_AT_ONCE = 16 * 1024,
};

bool
call_may_bring_message(const struct call *call)
{
	return call->id == MACH_PORT_ID(mach_port_request_notification);
}

/* The caller holds `sending`. */
static int
send_request(struct session *session, const struct call *call)
{
	uint8_t small[1024], *bytes = small;
	int r = request_write(call, &bytes, sizeof(small));

	if (r >= 0)
		r = request_send(session, bytes, (size_t)r, call->data,
		    call->data_size);
	if (bytes != small)
		free(bytes);
	return r;
}

/* It was not sent, or not all of it, and is not to be answered. A daemon that
 * lies may have begun to answer it nevertheless: that ends the session, and who
 * reads is waited for. */
static void
withdraw(struct session *session, struct call *call, int r)
{
	if (r == -EPIPE || session->at == call)
		session_doom(session);
	while (session->at == call)
		session_wait(session, &call->waiter);
	if (call->answered)
		return;
	TAILQ_REMOVE(&session->calls, call, link);
	reply_expect_less(session, call);
	reply_pass_on(session);
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
	call->token = ++session->last_token;
	session->expected += call_may_bring_message(call);
	TAILQ_INSERT_TAIL(&session->calls, call, link);
	pthread_mutex_unlock(&session->lock);

	r = send_request(session, call);

	if (r < 0) {
		pthread_mutex_lock(&session->lock);
		withdraw(session, call, r);
		pthread_mutex_unlock(&session->lock);
	}
	session_sent(session);
	*out = session;
	return request_error(r);
}

static void
wait_for_answer(struct session *session, struct call *call)
{
	pthread_mutex_lock(&session->lock);
	while (!call->answered) {
		if (session->reading)
			session_wait(session, &call->waiter);
		else
			reply_read(session, NULL, false);
	}
	reply_pass_on(session);
	pthread_mutex_unlock(&session->lock);
}

static kern_return_t
make_untold(struct call *call)
{
	struct session *session = NULL;
	kern_return_t kr;

	if (!call_has_port(call))
		return MACH_SEND_INVALID_DEST;
	if (call->data_size > DATA_AT_ONCE &&
	    !memory_is_readable(call->data, call->data_size))
		return MACH_SEND_INVALID_MEMORY;
	call->waiter = (struct waiter)WAITER_INIT;
	call->answered = false;
	kr = ask(call, &session);
	if (kr != KERN_SUCCESS)
		return kr;
	wait_for_answer(session, call);
	if (call->code == KERN_SUCCESS && !call->message)
		return MIG_TYPE_ERROR;
	return call->code;
}

/* ... unless it is to fail. */
static kern_return_t
make_or_fail(struct call *call)
{
	kern_return_t kr;

	if (inject_wants() && inject_fails(call, &kr))
		return kr;
	return make_untold(call);
}

/* Makes it, with its reply in call->message, if any: whatever the answer is. */
static kern_return_t
make(struct call *call)
{
	struct debug_call told;
	kern_return_t kr;

	if (!debug_wants(DEBUG_CALLS))
		return make_or_fail(call);
	debug_call_begin(&told, call);
	kr = make_or_fail(call);
	debug_call_end(&told, call, kr);
	return kr;
}

kern_return_t
call_make(struct call *call, const ProtobufCMessageDescriptor *reply,
    ProtobufCMessage **out)
{
	kern_return_t kr;

	call->reply = reply;
	call->room = NULL;
	call->message = NULL;
	kr = make(call);
	*out = NULL;
	if (kr == KERN_SUCCESS)
		*out = call->message;
	else if (call->message)
		protobuf_c_message_free_unpacked(call->message, NULL);
	return kr;
}

kern_return_t
call_finish(const struct call_routine *routine, struct call *call,
    struct call_outs *outs)
{
	kern_return_t kr = call->code;

	if (kr == KERN_SUCCESS && !call->message)
		kr = MIG_TYPE_ERROR;
	if (kr == KERN_SUCCESS && routine->finish)
		kr = routine->finish(outs, call->message);
	if (call->message)
		reply_free(call->message, call->room);
	return kr;
}

kern_return_t
call_routine(const struct via *via, const struct call_routine *routine,
    struct call *call, const struct call_outs *outs)
{
	struct call_outs here = *outs;
	struct reply_room room;

	if (via)
		return queue_call(via, routine, call, outs);
	call->reply = routine->reply;
	call->place = routine->place;
	call->context = &here;
	call->room = reply_room_init(&room);
	call->message = NULL;
	call->code = make(call);
	return call_finish(routine, call, &here);
}

kern_return_t
call_settled(const struct via *via, const struct call *call, kern_return_t code)
{
	if (debug_wants(DEBUG_CALLS))
		debug_call_settled(call, code);
	return via ? queue_settled(via, code) : code;
}
