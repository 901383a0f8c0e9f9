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
	struct call *at;   /* whose reply is being read; NULL: nobody's */
	uint64_t expected; /* messages that may still come */
	bool reading;      /* one of those who wait reads for all */
	uint8_t *input;    /* what was read and not taken apart yet */
	size_t input_start;
	size_t input_end;
};

enum { SESSION_INPUT = 128 * 1024 };

/*
 * The session, open, with `sending` held; it is let go of by session_sent().
 *
 * => NULL: *code is what the call answers: MACH_SEND_INVALID_DEST, there is no
 *    daemon; KERN_RESOURCE_SHORTAGE, it takes no more connections of this user
 */
struct session *session_send(kern_return_t *code);
void session_sent(struct session *session);

/* The session, in whatever state it is. */
struct session *session_get(void);

/*
 * The connection can be used no more. The caller holds `lock`.
 *
 * => session_doom: who reads will find out, and has yet to
 * => session_die: nobody reads any more; all who wait are told
 */
void session_doom(struct session *session);
void session_die(struct session *session);
