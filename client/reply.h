/*
 * Replies: what comes from the daemon, and whom it is for
 *
 * Of those who wait, one reads for all: each reply goes to the call that is
 * first in the session's queue, for the daemon answers in order. When the reader
 * has its own, another one goes on. Those who wait for messages (message.h) wait
 * and read likewise.
 *
 * A body is unpacked where it lies in the input, into room that its caller has.
 * Data of a reply are read straight to where the call wants them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <protobuf-c/protobuf-c.h>

#include <mach/kern_return.h>

struct call;
struct session;

/* Memory for one reply. It is enough for most; the others take some more. */
struct reply_room {
	size_t used;
	bool spilled;
	_Alignas(max_align_t) uint8_t bytes[512];
};

struct reply_room *reply_room_init(struct reply_room *room);

/* A message that is in the room is needed no longer. */
void reply_free(ProtobufCMessage *message, struct reply_room *room);

/*
 * Reads one message, for whoever it is, and hands it on. The caller holds the
 * session's lock, which is let go of meanwhile; nobody is reading.
 *
 * => deadline: CLOCK_MONOTONIC, for the start of the message; NULL: none
 * => 0; or -ETIMEDOUT; or -EINTR, if a signal came and there is nothing to read;
 *    or -EPIPE: the session is at its end
 */
int reply_read(struct session *session, const struct timespec *deadline,
    bool interruptible);

/* Nobody is reading: lets another one go on, if one waits. The caller holds the
 * session's lock. */
void reply_pass_on(struct session *session);

/* The call has its answer. The caller holds the session's lock. */
void reply_answer(struct call *call, kern_return_t code);

/* It has failed, and nothing comes of it, unless it has come already: from a
 * daemon that lies. The caller holds the session's lock. */
void reply_expect_less(struct session *session, const struct call *call);
