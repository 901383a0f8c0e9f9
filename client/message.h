/*
 * Messages that come without having been asked for at that moment: notifications
 *
 * Whoever reads from the daemon keeps them with the session, in order, until
 * somebody receives from the right that they are for. Who waits for one waits as
 * calls do (call.h), and may be the one who reads for all.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <mach/message.h>
#include <mach/port.h>

struct msg;
struct session;

struct message {
	TAILQ_ENTRY(message) link; /* session::messages */
	mach_port_name_t name;     /* of the receive right */
	mach_msg_id_t id;          /* MACH_NOTIFY_ */
	uint32_t value;            /* the name it tells of, or a count */
};

/* A thread that wants one. */
struct receiver {
	TAILQ_ENTRY(receiver) link; /* session::receivers */
	pthread_cond_t wake;
	mach_port_name_t name;
	bool died; /* the right is gone */
};

/* Keeps a message. False: it is none that was to come, or there is no memory.
 * The caller holds the session's lock. */
bool message_came(struct session *session, const struct msg *msg);

/* How many wait for a right. */
uint32_t message_count(mach_port_name_t name);

/* All of them. */
void messages_free(struct session *session);

/*
 * What a call has done with a name. The caller holds the session's lock, and
 * nothing was read from the daemon since.
 *
 * => message_right_died: it does not receive any more: messages for it are gone,
 *    and who waits for one waits no longer
 * => message_right_renamed: messages for it are for another name
 */
void message_right_died(struct session *session, mach_port_name_t name);
void message_right_renamed(struct session *session, mach_port_name_t from,
    mach_port_name_t to);

/* All who wait look again. The caller holds the session's lock. */
void receivers_wake(struct session *session);
