/*
 * Calls: a round trip to the daemon
 *
 * A thread writes its request and waits. Of those who wait, one reads for all:
 * each reply goes to the call that is first in the queue, for the daemon
 * answers in order. When the reader has its own, another one goes on. Those who
 * wait for messages (message.h) wait and read likewise.
 *
 * Data of a reply are read straight to where the call wants them.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <time.h>

#include <protobuf-c/protobuf-c.h>

#include <mach/kern_return.h>
#include <mach/mig_errors.h>
#include <mach/port.h>

#include "common/cleanup.h"
#include "proto/routine.h"

struct session;

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

	/* Of call.c. */
	TAILQ_ENTRY(call) link; /* session::calls */
	pthread_cond_t wake;
	uint32_t token;
	bool answered;
	kern_return_t code;
	uint8_t *body;
	size_t body_size;
	uint8_t small[256]; /* body, most often */
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
 * Reads one message, for whoever it is, and hands it on. The caller holds the
 * session's lock, which is let go of meanwhile; nobody is reading.
 *
 * => deadline: CLOCK_MONOTONIC, for the start of the message; NULL: none
 * => 0; or -ETIMEDOUT; or -EINTR, if a signal came and there is nothing to read;
 *    or -EPIPE: the session is at its end
 */
int call_read(struct session *session, const struct timespec *deadline,
    bool interruptible);

/* Nobody is reading: lets another one go on, if one waits. The caller holds the
 * session's lock. */
void call_pass_on(struct session *session);

/* The call has its answer. The caller holds the session's lock. */
void call_answer(struct call *call, kern_return_t code);

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
