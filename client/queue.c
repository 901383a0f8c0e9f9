#include "client/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <mach/message.h>

#include "client/debug.h"
#include "client/debug_call.h"
#include "client/inject.h"
#include "client/memory.h"
#include "client/reply.h"
#include "client/request.h"
#include "client/session.h"
#include "client/vmd.h"
#include "common/cleanup.h"

enum {
	CHUNK = 64, /* entries */
	OUT_BYTES = 32 * 1024,
	REQUEST_MOST = 1024, /* bytes of a request without data */
	TOKEN_MASK = 0xffffff,
};

struct queue_entry {
	uint64_t tag;
	const struct call_routine *routine;
	int id;
	uint32_t token;
	kern_return_t code;
	bool settled;
	struct call_outs outs;
};

struct queue_chunk {
	struct queue_chunk *next;
	struct queue_entry entries[CHUNK];
};

struct vmd_queue {
	uint64_t generation; /* session::generation */

	/* Of who owns the queue. */
	struct queue_place head, sent, tail;
	struct queue_chunk *oldest, *spare;
	size_t count;    /* not collected */
	size_t unsent;   /* requests in `out` */
	size_t awaited;  /* sent, and not in `answered` yet */
	size_t answered; /* and not collected */
	bool died;
	uint32_t last_token;
	size_t out_size;
	uint8_t *out;

	/* Of all, with the session's lock. */
	struct queue_place next;
	TAILQ_HEAD(, call) spare_batches;
	size_t came;   /* answers that the owner does not know of */
	size_t wanted; /* it waits for so many */
	bool over;     /* no more will come */
	struct waiter waiter;
};

/* --- Entries ----------------------------------------------------------- */

static struct queue_entry *
entry_at(struct queue_place *at)
{
	if (at->i == CHUNK)
		*at = (struct queue_place){ at->chunk->next, 0 };
	return &at->chunk->entries[at->i];
}

static struct queue_entry *
step(struct queue_place *at)
{
	struct queue_entry *entry = entry_at(at);

	at->i++;
	return entry;
}

static bool
add_chunk(struct vmd_queue *queue)
{
	struct queue_chunk *chunk = queue->spare;

	if (chunk)
		queue->spare = chunk->next;
	else
		chunk = malloc(sizeof(*chunk));
	if (!chunk)
		return false;
	chunk->next = NULL;
	if (queue->tail.chunk)
		queue->tail.chunk->next = chunk;
	else
		queue->oldest = chunk;
	queue->tail = (struct queue_place){ chunk, 0 };
	return true;
}

/* Chunks that nobody looks at any more. The caller holds the session's lock, or
 * nothing is awaited. */
static void
spare_chunks(struct vmd_queue *queue)
{
	while (queue->oldest != queue->head.chunk &&
	       queue->oldest != queue->next.chunk) {
		struct queue_chunk *chunk = queue->oldest;

		queue->oldest = chunk->next;
		chunk->next = queue->spare;
		queue->spare = chunk;
	}
}

static void
free_chunks(struct queue_chunk *chunk)
{
	while (chunk) {
		struct queue_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

/* --- The queue --------------------------------------------------------- */

/* Does it belong to the process that this one was forked from? */
static bool
is_strange(const struct vmd_queue *queue)
{
	return queue->generation != session_get()->generation;
}

static void
free_queue(struct vmd_queue *queue)
{
	struct call *batch;

	while ((batch = TAILQ_FIRST(&queue->spare_batches))) {
		TAILQ_REMOVE(&queue->spare_batches, batch, link);
		free(batch);
	}
	free_chunks(queue->oldest);
	free_chunks(queue->spare);
	free(queue->out);
	free(queue);
}

vmd_queue_t *
vmd_queue_create(void)
{
	struct vmd_queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return NULL;
	queue->generation = session_get()->generation;
	queue->waiter = (struct waiter)WAITER_INIT;
	TAILQ_INIT(&queue->spare_batches);
	queue->out = malloc(OUT_BYTES);
	if (!queue->out || !add_chunk(queue)) {
		free_queue(queue);
		return NULL;
	}
	queue->head = queue->next = queue->sent = queue->tail;
	return queue;
}

/* --- Sending ----------------------------------------------------------- */

/* What was not sent will not be. */
static void
settle_unsent(struct vmd_queue *queue, kern_return_t code)
{
	while (queue->unsent > 0) {
		struct queue_entry *entry = step(&queue->sent);

		if (entry->settled)
			continue;
		entry->settled = true;
		entry->code = code;
		queue->unsent--;
	}
	queue->out_size = 0;
}

/* The batch that is to be answered last, if it is of this queue, or a new one
 * behind it; NULL: no memory. */
static struct call *
last_batch(struct session *session, struct vmd_queue *queue)
{
	struct call *batch = TAILQ_LAST(&session->calls, call_queue);

	if (batch && batch->queue == queue)
		return batch;
	batch = TAILQ_FIRST(&queue->spare_batches);
	if (batch)
		TAILQ_REMOVE(&queue->spare_batches, batch, link);
	else
		batch = calloc(1, sizeof(*batch));
	if (!batch)
		return NULL;
	batch->queue = queue;
	batch->count = 0;
	TAILQ_INSERT_TAIL(&session->calls, batch, link);
	session->batches++;
	return batch;
}

/* Expects answers to all that was not sent. Both locks are held, and `lock` is
 * not any more. */
static bool
expect_answers(struct session *session, struct vmd_queue *queue)
{
	struct call *batch;

	spare_chunks(queue);
	batch = last_batch(session, queue);
	if (batch)
		batch->count += queue->unsent;
	session->crowded = true;
	pthread_mutex_unlock(&session->lock);
	return batch != NULL;
}

/* Sends all requests, and the data of the last one. A connection that takes not
 * all of them is at its end: who reads will find out. */
static kern_return_t
send_out(struct vmd_queue *queue, const void *data, size_t data_size)
{
	kern_return_t kr = KERN_SUCCESS;
	struct session *session;

	if (queue->unsent == 0)
		return KERN_SUCCESS;
	session = session_send(&kr);
	if (session && !expect_answers(session, queue)) {
		session_sent(session);
		kr = MACH_SEND_NO_BUFFER;
	}
	if (kr != KERN_SUCCESS) {
		settle_unsent(queue, kr);
		return kr;
	}
	if (request_send(session, queue->out, queue->out_size, data,
		data_size) < 0) {
		pthread_mutex_lock(&session->lock);
		session_doom(session);
		pthread_mutex_unlock(&session->lock);
		kr = MIG_SERVER_DIED;
	}
	session_sent(session);
	queue->awaited += queue->unsent;
	queue->unsent = queue->out_size = 0;
	queue->sent = queue->tail;
	return kr;
}

static kern_return_t
put_request(struct vmd_queue *queue, struct call *call)
{
	enum { DATA_MOST = OUT_BYTES - REQUEST_MOST };
	size_t here = call->data_size <= DATA_MOST ? call->data_size : 0;
	uint8_t *to;
	int size;

	if (!call_has_port(call))
		return MACH_SEND_INVALID_DEST;
	if (!memory_is_readable(call->data, call->data_size))
		return MACH_SEND_INVALID_MEMORY;
	if (OUT_BYTES - queue->out_size < REQUEST_MOST + here)
		send_out(queue, NULL, 0);
	to = queue->out + queue->out_size;
	size = request_write(call, &to, REQUEST_MOST);
	if (size < 0)
		return request_error(size);
	assert(to == queue->out + queue->out_size);
	if (here > 0)
		memcpy(to + size, call->data, here);
	queue->out_size += (size_t)size + here;
	return KERN_SUCCESS;
}

/* A free entry; NULL: *code says why. */
static struct queue_entry *
new_entry(struct vmd_queue *queue, kern_return_t *code)
{
	*code = MACH_SEND_INVALID_DEST;
	if (is_strange(queue))
		return NULL;
	*code = MACH_SEND_NO_BUFFER;
	if (queue->count == VMD_QUEUE_MOST ||
	    (queue->tail.i == CHUNK && !add_chunk(queue)))
		return NULL;
	*code = KERN_SUCCESS;
	return &queue->tail.chunk->entries[queue->tail.i];
}

kern_return_t
queue_settled(const struct via *via, kern_return_t code)
{
	struct vmd_queue *queue = via->queue;
	kern_return_t kr;
	struct queue_entry *entry = new_entry(queue, &kr);

	if (!entry)
		return kr;
	entry->tag = via->tag;
	entry->settled = true;
	entry->code = code;
	queue->tail.i++;
	queue->count++;
	return KERN_SUCCESS;
}

static kern_return_t
queue_untold(const struct via *via, const struct call_routine *routine,
    struct call *call, const struct call_outs *outs)
{
	struct vmd_queue *queue = via->queue;
	kern_return_t kr;
	struct queue_entry *entry = new_entry(queue, &kr);

	if (!entry)
		return kr;
	if (inject_wants() && inject_fails(call, &kr))
		return queue_settled(via, kr);
	call->token = (++queue->last_token & TOKEN_MASK) + 1;
	kr = put_request(queue, call);
	if (kr != KERN_SUCCESS)
		return queue_settled(via, kr);
	*entry = (struct queue_entry){
		.tag = via->tag,
		.routine = routine,
		.id = call->id,
		.token = call->token,
		.outs = *outs,
	};
	queue->tail.i++;
	queue->count++;
	queue->unsent++;
	if (call->data_size > OUT_BYTES - REQUEST_MOST)
		send_out(queue, call->data, call->data_size);
	return KERN_SUCCESS;
}

kern_return_t
queue_call(const struct via *via, const struct call_routine *routine,
    struct call *call, const struct call_outs *outs)
{
	kern_return_t kr = queue_untold(via, routine, call, outs);

	if (debug_wants(DEBUG_CALLS))
		debug_call_queued(call, via->tag, kr);
	return kr;
}

kern_return_t
vmd_queue_flush(vmd_queue_t *queue)
{
	return is_strange(queue) ? MACH_SEND_INVALID_DEST
				 : send_out(queue, NULL, 0);
}

/* --- Answers ----------------------------------------------------------- */

struct queue_place
queue_start(const struct call *batch)
{
	return batch->queue->next;
}

struct queue_entry *
queue_expect(struct queue_place *at, struct call *call)
{
	struct queue_entry *entry = step(at);

	while (entry->settled)
		entry = step(at);
	call->id = entry->id;
	call->token = entry->token;
	call->reply = entry->routine->reply;
	call->place = entry->routine->place;
	call->context = &entry->outs;
	call->message = NULL;
	return entry;
}

void
queue_answer(struct queue_entry *entry, struct call *call)
{
	entry->code = call_finish(entry->routine, call, &entry->outs);
}

/* It stands among the session's calls no longer. */
static void
end_batch(struct session *session, struct call *batch)
{
	TAILQ_REMOVE(&session->calls, batch, link);
	session->batches--;
	TAILQ_INSERT_HEAD(&batch->queue->spare_batches, batch, link);
}

void
queue_stop(struct session *session, struct call *batch,
    const struct queue_place *at, uint64_t count)
{
	struct vmd_queue *queue = batch->queue;

	queue->next = *at;
	queue->came += count;
	batch->count -= count;
	if (batch->count == 0)
		end_batch(session, batch);
	if (queue->came >= queue->wanted)
		session_wake(&queue->waiter);
}

void
queue_die(struct session *session, struct call *batch)
{
	batch->queue->over = true;
	end_batch(session, batch);
	session_wake(&batch->queue->waiter);
}

/* --- Collecting -------------------------------------------------------- */

/* Waits for so many more answers. */
static void
wait_for(struct vmd_queue *queue, size_t wanted)
{
	struct session *session = session_get();

	pthread_mutex_lock(&session->lock);
	queue->wanted = wanted;
	while (queue->came < wanted && !queue->over) {
		if (session->reading)
			session_wait(session, &queue->waiter);
		else
			reply_read(session, NULL, false);
	}
	queue->answered += queue->came;
	queue->awaited -= queue->came;
	queue->came = 0;
	queue->died = queue->over;
	if (queue->died)
		queue->awaited = 0;
	reply_pass_on(session);
	pthread_mutex_unlock(&session->lock);
}

/* The first result. False: it is not there yet. */
static bool
take(struct vmd_queue *queue, struct vmd_result *result)
{
	struct queue_entry *entry = entry_at(&queue->head);

	*result = (struct vmd_result){ entry->tag, entry->code };
	if (!entry->settled && queue->answered > 0)
		queue->answered--;
	else if (!entry->settled && queue->died)
		result->code = MIG_SERVER_DIED;
	else if (!entry->settled)
		return false;
	queue->head.i++;
	queue->count--;
	if (debug_wants(DEBUG_CALLS))
		debug_call_collected(result->tag, result->code);
	return true;
}

kern_return_t
vmd_queue_collect(vmd_queue_t *queue, struct vmd_result *results, size_t count,
    size_t *collected)
{
	size_t wanted = MIN(count, queue->count), n = 0;

	*collected = 0;
	if (is_strange(queue))
		return MACH_SEND_INVALID_DEST;
	send_out(queue, NULL, 0);
	while (n < wanted) {
		if (take(queue, &results[n]))
			n++;
		else
			wait_for(queue, MIN(wanted - n, queue->awaited));
	}
	if (queue->awaited == 0) {
		queue->next = queue->sent = queue->tail;
		spare_chunks(queue);
	}
	*collected = n;
	return KERN_SUCCESS;
}

size_t
vmd_queue_count(const vmd_queue_t *queue)
{
	return is_strange(queue) ? 0 : queue->count;
}

void
vmd_queue_destroy(vmd_queue_t *queue)
{
	if (!queue)
		return;
	if (!is_strange(queue) && queue->awaited > 0)
		wait_for(queue, queue->awaited);
	free_queue(queue);
}
