/*
 * Queues of calls: the inside of vmd_queue_t (client/vmd.h)
 *
 *      chunks   ──► [ collected │ answered │ sent │ not sent ] ──► free
 *                               ▲          ▲      ▲          ▲
 *                             head       next   sent       tail
 *
 * An entry is what is left of a call once its request is written: where what it
 * tells goes, and its code. Requests are gathered in a buffer, and sent together.
 * What is sent stands among the session's calls as one call, a batch, with the
 * count of its answers. Who reads for all fills the entries: no entry is touched
 * by two threads, and none moves.
 *
 * A call that need not be sent, as one to a null port, has an entry that is
 * settled: nobody waits for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>

#include "client/call.h"

struct session;
struct vmd_queue;

/* Where in a queue. */
struct queue_place {
	struct queue_chunk *chunk;
	unsigned i;
};

/*
 * Queues a call, or one that has its answer.
 *
 * => KERN_SUCCESS: it is, and nothing but its outs is needed any more
 * => MACH_SEND_NO_BUFFER: there is no memory, or the queue is full
 * => MACH_SEND_INVALID_DEST: the queue is another process's
 */
kern_return_t queue_call(const struct via *via,
    const struct call_routine *routine, struct call *call,
    const struct call_outs *outs);
kern_return_t queue_settled(const struct via *via, kern_return_t code);

/*
 * For who reads: a batch is answered, from queue_start() to queue_stop(), and
 * without a lock between. Both take the caller holding the session's lock.
 *
 * => queue_expect: the next call, for its reply to be taken
 * => queue_answer: that was taken
 * => queue_stop: count: how many
 * => queue_die: there will be no more
 */
struct queue_place queue_start(const struct call *batch);
struct queue_entry *queue_expect(struct queue_place *at, struct call *call);
void queue_answer(struct queue_entry *entry, struct call *call);
void queue_stop(struct session *session, struct call *batch,
    const struct queue_place *at, uint64_t count);
void queue_die(struct session *session, struct call *batch);
