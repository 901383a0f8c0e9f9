/*
 * The daemon: a machine, a loop, and those who are connected
 *
 * One loop serves all. Who has something to say, or to be done, queues up among
 * the busy: connections behind their user. In each turn of the loop every user
 * there has a share of its time, and so has every connection of it, however many
 * the others have; when the share is over a call pauses, and further requests
 * wait. What calls have let go of is freed at the end of a turn, in slices, too.
 *
 *      events ──► user 1000 [ ][ ][ ] ──► a share ──► reap ──► events
 *             ──► user 1001 [ ]       ──► a share ┘
 *                       ◄── who has more to do ──┘
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <ev.h>

#include "server/connection.h"
#include "server/registry.h"
#include "server/user.h"
#include "server/vm/vm_machine.h"

struct call;
struct monitor;
struct personality;
struct port;

enum {
	/* Bytes read at once: two of the largest requests without data. */
	SERVER_INPUT = 160 * 1024,

	SERVER_SLICE = 500,   /* microseconds that a share has at the most */
	SERVER_PATIENCE = 10, /* seconds */

	/* Bytes of a page of a task that has large ones. */
	SERVER_LARGE_PAGE = 16 * 1024,
};

struct server {
	struct ev_loop *loop;
	struct vm_machine vm;
	struct users users;
	const char *config_path; /* NULL: no file */
	bool config_optional;
	struct limits_said limits_asked;
	const struct personality *personality; /* if a hello asks for none */
	uint32_t page_size; /* bytes, the same */
	struct port *host;
	struct port *host_priv; /* the same, for the privileged */
	struct registry registry;
	bool check; /* everything, after every call */

	int fd; /* that connections are accepted from; -1: none */
	ev_io accept;
	ev_timer again; /* the system had no descriptor or no memory left */
	ev_signal terminate;
	ev_signal interrupt;
	ev_signal hangup; /* the configuration is read again */
	ev_prepare turn;  /* at the end of each */
	ev_idle awake;    /* keeps the loop from waiting while there is work */
	ev_timer trim;    /* idle frames go back to the system */

	LIST_HEAD(, connection) connections;
	LIST_HEAD(, connection) gone; /* those whose rights are to be freed */
	uint64_t connection_count;
	uint32_t window_count; /* of all connections */
	TAILQ_HEAD(busy_users, user) busy; /* whose connections are */
	uint32_t busy_count;
	TAILQ_HEAD(slow_connections, connection) slow;
	ev_timer judge;                /* those who are slow */
	double patience;               /* seconds that somebody may be */
	TAILQ_HEAD(, connection) told; /* there are messages for them */

	uint8_t *input; /* SERVER_INPUT bytes, for who is read now */
	struct connection_chunk *spare; /* an empty one, or NULL */

	struct monitor *monitor; /* NULL: nobody watches */
	struct call *call;       /* that is running; NULL: none */
	struct call *spare_call; /* unused; or NULL */
	uint32_t paused;         /* calls that have, */
	uint32_t waiting;        /* and those of them that wait for others */
	bool closing;            /* calls do not pause any more */
	uint32_t slice;          /* microseconds of a share at the most */
	uint64_t over;           /* when the share is, in microseconds */
	uint64_t longest;    /* microseconds that anything took; told once */
	uint64_t ran;        /* microseconds that the loop has, */
	uint32_t short_ones; /* so many short turns ago */
};

/*
 * => memory in bytes
 * => fd: a listening socket, that the server takes over
 * => 0 or -errno
 */
int server_init(struct server *server, uint64_t memory, int fd,
    const struct personality *personality);

/* Microseconds of a share at the most. 0: a call pauses whenever it can. */
void server_set_slice(struct server *server, uint32_t slice);

/*
 * Limits, from a file and from the command line. SIGHUP has the file read again;
 * if it is wrong then, what was said before holds.
 *
 * => path: stays the caller's; NULL: there is no file
 * => optional: it need not be there
 * => false: the file is wrong, which the log has
 */
bool server_configure(struct server *server, const char *path, bool optional,
    const struct limits_said *asked);

/* Until a signal ends it, or server_stop(). */
void server_run(struct server *server);
void server_stop(struct server *server);

/*
 * Hangs up on everybody and frees everything.
 *
 * => false: something was lost on the way, which the log has
 */
bool server_deinit(struct server *server);

/* There is something to be done in the next turn. */
void server_wake(struct server *server);

/* Is the share of the one who has his turn over? */
bool server_is_over(const struct server *server);

/* Somebody is slow, and is to be judged one day. */
void server_watch_slow(struct server *server);

/* The system was short of something: it is asked again in a while. */
void server_retry_later(struct server *server);
