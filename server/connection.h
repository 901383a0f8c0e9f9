/*
 * Connections
 *
 * What comes in is read into the server's one buffer, and taken apart there:
 * only a message that is not whole is kept. Large data are read into frames of
 * their own, past the buffer.
 *
 *      socket ──► input [ msg ][ msg ][ msg with data │ data.. ]
 *                                              ...data ──► vm_map_copy
 *
 * What goes out is a queue of chunks: bytes, or memory in transit, which is
 * written straight from its frames. While the queue is long nothing more is
 * read from this connection: it holds up nobody but itself.
 *
 * A connection that has something to do waits in the server's queue for its
 * turn. In a turn it reads once, and serves what came, or goes on with a call
 * that has paused, until its share of time is over.
 *
 * What waits is also counted for the user of the connection, and all of the
 * user's connections pause while that is too much (user.h). One that has begun
 * with a message, for which room was reserved, may go on with it.
 *
 * Who has begun to say something is to go on with it, and who has asked is to
 * take the answers: a connection that moves too little for too long is closed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <ev.h>

#include "common/msg.h"
#include "server/port.h"
#include "server/port_space.h"

struct call;
struct personality;
struct server;
struct user;
struct vm_map_copy;
struct window;

/* Bytes, or a copy, to be sent. */
struct connection_chunk {
	TAILQ_ENTRY(connection_chunk) link; /* connection::out */
	struct vm_map_copy *copy;           /* NULL: bytes */
	uint64_t start;                     /* sent so far */
	uint64_t size;
	size_t room;      /* for bytes */
	int fd;           /* to go with the first of them; -1: none */
	uint32_t replies; /* that end in it */
	uint8_t bytes[];
};

struct connection {
	struct server *server;
	LIST_ENTRY(connection) link;
	TAILQ_ENTRY(connection) busy_link;
	bool busy;    /* on user::busy: it has something to do */
	bool ended;   /* nothing more is read; closed once all is sent */
	bool lost;    /* to be closed as soon as nobody is at work on it */
	bool starved; /* the system had no memory to read or send with */

	TAILQ_ENTRY(connection) slow_link;
	bool slow;      /* on server::slow: it has begun, and is not done */
	uint64_t moved; /* bytes in and out, */
	double since;   /* since then */

	TAILQ_ENTRY(connection) told_link;
	bool told;         /* on server::told: there are messages for it */
	struct user *user; /* whoever is at the other end */
	TAILQ_ENTRY(connection) paused_link;
	bool paused;       /* on user::paused: too much of the user's waits */
	size_t reserved;   /* of the user's input: what is kept, or to come */
	uint32_t requests; /* whose replies were not sent yet */

	int fd;
	ev_io readable;
	ev_io writable;

	bool welcome; /* both hellos were said */
	const struct personality *personality;
	uint32_t page_size; /* of its task, in bytes */
	struct port_space space;
	struct port *self; /* the connection's own task; NULL: not used yet */
	bool self_made;
	bool bootstrap_made; /* a right to the registry, at first use */

	uint8_t *rest; /* input not taken apart yet */
	size_t rest_size;
	bool more;         /* it is a message at least, maybe */
	struct call *call; /* under way, and paused; NULL: none */

	uint8_t *head; /* a message whose data are still coming */
	size_t head_size;
	struct vm_map_copy *data; /* so far; NULL: there was no memory */
	uint64_t data_left;

	TAILQ_HEAD(connection_chunks, connection_chunk) out;
	uint64_t out_size; /* bytes in the queue */
	struct window *window; /* NULL: it has not asked for one */
};

/* Takes over the descriptor, also on failure. 0 or -errno; -EDQUOT: its user may
 * not have one more, and was told so. */
int connection_new(struct server *server, int fd);

/*
 * Hangs up. What it has is let go of, tasks included: by and by, if that is
 * much.
 *
 * => no call is under way
 */
void connection_free(struct connection *connection);

/* Frees rights of those who are gone. True: there are more. */
bool connections_reap(struct server *server, uint32_t *steps);

/* It has something to do: it is to have a turn. */
void connection_wake(struct connection *connection);

/* The turn of a connection, the first of the busy. It goes off the list, and
 * maybe back to its end. */
void connection_turn(struct connection *connection);

/* The system may have memory again: what was stopped for want of it goes on. */
void connection_retry(struct connection *connection);

/* Is it to be closed, at `now`, for having moved so little? Then it is. */
void connection_judge(struct connection *connection, double now);

/* Queues the messages that there are for its receive rights, as many as are
 * good at once. It goes off the list of who is told something. */
void connection_deliver(struct connection *connection);

/*
 * Room for `size` bytes at the end of the queue, to be filled at once. NULL: no
 * memory; the connection is lost.
 */
uint8_t *connection_put(struct connection *connection, size_t size);

/*
 * A descriptor goes with the first byte that is put next. Taken over in any case.
 * It is not sent if the system takes no more of them on their way.
 */
void connection_put_fd(struct connection *connection, int fd);

/* Queues memory behind it. Takes over the copy in any case. */
void connection_put_copy(struct connection *connection,
    struct vm_map_copy *copy);

/* A request has come; and its reply was queued, all of it. */
void connection_asked(struct connection *connection);
void connection_replied(struct connection *connection);

/* Its user has less that waits: it goes on, if that is enough. */
void connection_resume(struct connection *connection);

/* Bytes of the daemon's own memory that its queue takes. */
uint64_t connection_output(const struct connection *connection);

/* May whoever is at the other end have the privileged host port? Root may, and
 * the daemon's own user. */
bool connection_is_privileged(const struct connection *connection);

/*
 * The port that a name means.
 *
 * => the connection's own task is made when it is first named, and so is its
 *    right to the registry
 * => KERN_SUCCESS; MACH_SEND_INVALID_DEST: the name means nothing, is dead, or
 *    only receives; KERN_RESOURCE_SHORTAGE
 */
kern_return_t connection_port(struct connection *connection,
    mach_port_name_t name, struct port **port);

/*
 * The port that an argument names, for one who keeps it.
 *
 * => *port: with a reference for the caller; NULL if the name is null; a dead
 *    port if it is dead
 * => MACH_SEND_INVALID_RIGHT: the name means nothing, or only receives;
 *    KERN_RESOURCE_SHORTAGE
 */
kern_return_t connection_take(struct connection *connection,
    mach_port_name_t name, struct port **port);

/* Enters a task that the connection has made on the roster, before anybody has
 * its port. parent: its port, or NULL. KERN_RESOURCE_SHORTAGE: no memory. */
kern_return_t connection_enter(const struct connection *connection,
    struct port *task, const struct port *parent);

/*
 * A right to a port, to go with a reply.
 *
 * => port: NULL: none; it may be dead; the registry has its known name, also if
 *    that was not used yet
 * => KERN_RESOURCE_SHORTAGE, KERN_UREFS_OVERFLOW
 */
kern_return_t connection_give(struct connection *connection, struct port *port,
    mach_port_name_t *name);

/*
 * For connection.c, of connection_output.c.
 *
 * => connection_flush: sends what the socket takes now, but not without end
 * => connection_drop_output: what was to be sent never will be
 * => connection_forget: so many replies were sent, or never will be
 * => connection_starves: was it the system that was short of memory? Then the
 *    connection is to be tried again
 */
void connection_flush(struct connection *connection);
void connection_drop_output(struct connection *connection);
void connection_forget(struct connection *connection, uint32_t count);
bool connection_starves(struct connection *connection, int error);
