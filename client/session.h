/*
 * The session: this process's one connection to the daemon
 *
 * Made by the first call, shared by all threads, and left behind by fork(): a
 * child's first call makes its own. A daemon that has gone away stays away, for
 * the names that the program holds meant something on that connection only.
 *
 * Messages for receive rights are kept here until somebody receives them. The
 * daemon may send one for each request for a notification, and no more.
 *
 * Two locks, taken in this order: `sending` is held by who writes a message,
 * `lock` guards the rest. Nobody holds `lock` while waiting for the daemon.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <mach/kern_return.h>

struct call;
struct message;
struct receiver;

/* A thread that waits until something is answered, while another one reads. */
struct waiter {
	TAILQ_ENTRY(waiter) link; /* session::waiters */
	pthread_cond_t wake;
	bool waiting;
};

#define WAITER_INIT { .wake = PTHREAD_COND_INITIALIZER }

enum session_state {
	SESSION_NONE, /* no call was made yet, or none got through */
	SESSION_OPEN,
	SESSION_DEAD, /* the daemon has gone away */
};

struct session {
	pthread_mutex_t sending;
	pthread_mutex_t lock;
	enum session_state state;
	int fd;
	int passed; /* a descriptor that came from the daemon; -1: none */
	uint32_t last_token;
	TAILQ_HEAD(call_queue, call)
	calls;                          /* asked and not answered, in order */
	TAILQ_HEAD(, message) messages; /* that nobody has received, in order */
	TAILQ_HEAD(, receiver) receivers;
	TAILQ_HEAD(, waiter) waiters; /* for answers; any may read */
	uint64_t batches;  /* of queued calls, that are among `calls` */
	bool crowded;      /* who sends may find no room; with `sending` */
	struct call *at;   /* whose reply is being read; NULL: nobody's */
	uint64_t expected; /* messages that may still come */
	uint64_t generation; /* of processes, by fork() */
	bool reading;      /* one of those who wait reads for all */
	uint8_t *input;    /* what was read and not taken apart yet */
	size_t input_start;
	size_t input_end;
};

enum { SESSION_INPUT = 128 * 1024 };

/*
 * The session, open, with both locks held. Who sends lets go of `lock` before,
 * and of `sending` by session_sent().
 *
 * => NULL: *code is what the call answers: MACH_SEND_INVALID_DEST, there is no
 *    daemon; KERN_RESOURCE_SHORTAGE, it takes no more connections of this user
 */
struct session *session_send(kern_return_t *code);
void session_sent(struct session *session);

/* Makes the session, which its first call does otherwise. As session_send(). */
kern_return_t session_connect(void);

/* The session, in whatever state it is. */
struct session *session_get(void);

/* Waits to be woken. The caller holds `lock`, which is let go of meanwhile. */
void session_wait(struct session *session, struct waiter *waiter);

/* Wakes it, if it waits. The caller holds `lock`. */
void session_wake(struct waiter *waiter);

/*
 * The connection can be used no more. The caller holds `lock`.
 *
 * => session_doom: who reads will find out, and has yet to
 * => session_die: nobody reads any more; all who wait are told
 */
void session_doom(struct session *session);
void session_die(struct session *session);
