/*
 * Calls: a round trip to the daemon
 *
 * A thread writes its request and waits, or reads (reply.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <protobuf-c/protobuf-c.h>

#include <mach/kern_return.h>
#include <mach/mig_errors.h>
#include <mach/port.h>

#include "client/session.h"
#include "common/cleanup.h"
#include "proto/routine.h"

struct reply_room;
struct vmd_queue;

/* Where what a routine tells goes, as its stub knows. */
struct call_outs {
	void *to[5];
	uint64_t size; /* of what there is room for */
	int flavor;
	bool reached; /* the data came */
};

/*
 * Where data that come with a reply are to go.
 *
 * => called for each part, in order, until one is refused; not at all if the
 *    reply says that the call has failed
 * => i: of several, which; size in bytes; offset: where in its page the first
 *    byte is to lie, if that can be chosen
 * => KERN_SUCCESS, and *to has room for them; else what the call answers
 */
typedef kern_return_t call_place(void *context, uint32_t i, uint64_t size,
    uint32_t offset, void **to);

/* What a call that has succeeded means for the session: before anything else is
 * read from the daemon, and with the session's lock held. */
typedef void call_done(struct session *session, const ProtobufCMessage *in);

/*
 * A routine whose calls may be queued. What it tells is written when the reply
 * is there: by then the stub has returned, perhaps.
 *
 * => finish: the reply says KERN_SUCCESS; it is of the type `reply`. What it
 *    returns is what the call answers. NULL: there is nothing to write.
 */
struct call_routine {
	const ProtobufCMessageDescriptor *reply;
	call_place *place; /* NULL: no data are expected; context: the outs */
	kern_return_t (
	    *finish)(struct call_outs *outs, const ProtobufCMessage *reply);
};

/* Of which queue a call is to be one, and what it is called there. */
struct via {
	struct vmd_queue *queue; /* queue.h */
	uint64_t tag;
};

struct call {
	int id;
	mach_port_t port; /* whom it is for */
	bool portless;    /* nobody: a trap */
	const ProtobufCMessage *in;
	const void *data; /* goes along, and need not be readable */
	uint64_t data_size;
	uint32_t data_offset;
	call_done *done;   /* NULL: nothing */
	call_place *place; /* NULL: no data are expected */
	void *context;

	/* Of call.c and reply.c. */
	TAILQ_ENTRY(call) link; /* session::calls */
	struct waiter waiter;
	const ProtobufCMessageDescriptor *reply;
	struct reply_room *room; /* NULL: it is to have memory of its own */
	ProtobufCMessage *message;
	struct vmd_queue *queue; /* it is a batch (queue.h); NULL: it is none */
	uint64_t count;          /* of a batch: answers that are to come */
	uint32_t token;
	bool answered;
	kern_return_t code;
};

/*
 * Makes the call.
 *
 * => *out, on KERN_SUCCESS: the reply, of the type `reply`; the caller's, to be
 *    freed with protobuf_c_message_free_unpacked()
 * => MACH_SEND_INVALID_DEST: the port is null or dead, or there is no daemon
 * => MACH_SEND_INVALID_MEMORY: the data cannot be read
 * => MIG_SERVER_DIED: the daemon went away after it was asked
 * => MIG_TYPE_ERROR: the reply is of another shape
 */
kern_return_t call_make(struct call *call,
    const ProtobufCMessageDescriptor *reply, ProtobufCMessage **out);

/*
 * Makes the call, or queues it.
 *
 * => via: NULL: makes it; returns as call_make() does, or what `finish` says
 * => else KERN_SUCCESS: it is queued, and what `call` points to is not needed any
 *    more; or why it cannot be
 */
kern_return_t call_routine(const struct via *via,
    const struct call_routine *routine, struct call *call,
    const struct call_outs *outs);

/* A call that needs no daemon, and has its answer: answers it, or queues it. */
kern_return_t call_settled(const struct via *via, const struct call *call,
    kern_return_t code);

/* What becomes of a call that is answered. Its message is gone. */
kern_return_t call_finish(const struct call_routine *routine, struct call *call,
    struct call_outs *outs);

/* Has it somebody to go to? */
static inline bool
call_has_port(const struct call *call)
{
	return call->portless || MACH_PORT_VALID(call->port);
}

/* Is it a request for a notification? */
bool call_may_bring_message(const struct call *call);

/* CALL(vm_copy, VmCopy) defines call_vm_copy(), typed both ways, and
 * vm_copy_free(), for _cleanup_. */
#define CALL(name, Name)                                                       \
	static inline void name##_free(Name##Reply *out)                       \
	{                                                                      \
		name##_reply__free_unpacked(out, NULL);                        \
	}                                                                      \
	DEFINE_CLEANUP(Name##Reply *, name##_free)                             \
	static kern_return_t call_##name(struct call *call,                    \
	    const Name##Request *in, Name##Reply **out)                        \
	{                                                                      \
		ProtobufCMessage *reply = NULL;                                \
		kern_return_t kr;                                              \
		call->in = &in->base;                                          \
		kr = call_make(call, &name##_reply__descriptor, &reply);       \
		*out = (Name##Reply *)reply;                                   \
		return kr;                                                     \
	}
