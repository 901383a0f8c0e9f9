/*
 * The daemon: a machine, a loop, and those who are connected
 *
 * One loop serves all. A connection that has something to say is read once a
 * turn, and gets a bounded share of it; what it has said beyond that waits on
 * the list of the busy, and has its share in the next turn. What calls have let
 * go of is freed at the end of a turn, in slices, too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <ev.h>

#include "server/connection.h"
#include "server/vm/vm_machine.h"

struct personality;
struct port;
struct request_out;

enum {
	/* Bytes read at once: two of the largest requests without data. */
	SERVER_INPUT = 160 * 1024,
	/* What the body of one request may unpack to. */
	SERVER_ARENA = 256 * 1024,
};

struct server {
	struct ev_loop *loop;
	struct vm_machine vm;
	const struct personality *personality; /* if a hello asks for none */
	struct port *host;
	struct port *host_priv; /* the same, for the privileged */
	bool check;             /* everything, after every call */

	int fd; /* that connections are accepted from; -1: none */
	ev_io accept;
	ev_timer accept_again; /* after the system had no descriptor left */
	ev_signal terminate;
	ev_signal interrupt;
	ev_prepare turn; /* at the end of each */
	ev_idle awake;   /* keeps the loop from waiting while there is work */
	ev_timer trim;   /* idle frames go back to the system */

	LIST_HEAD(, connection) connections;
	uint64_t connection_count;
	TAILQ_HEAD(busy_connections, connection) busy;

	uint8_t *input; /* SERVER_INPUT bytes, for who is read now */
	uint8_t *arena; /* SERVER_ARENA bytes, for who is served now */
	struct connection_chunk *spare; /* an empty one, or NULL */
	struct request_out *out;        /* MSG_DESCRIPTORS_MAX, with a reply */
};

/*
 * => memory in bytes
 * => fd: a listening socket, that the server takes over
 * => 0 or -errno
 */
int server_init(struct server *server, uint64_t memory, int fd,
    const struct personality *personality);

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
