/*
 * Calls under way
 *
 * A call runs on a fiber. Most end at once. One that takes long pauses when its
 * share of the loop's time is over, and goes on in the connection's next turn:
 *
 *      connection's turn ──► runs ──► pauses      (others' turns)
 *                        ──► runs ──► ends: its reply is queued
 *
 * A connection has one call under way at the most, and takes no other request
 * meanwhile: replies come in the order of requests. While a call has paused,
 * nobody else uses the tasks it is for: who wants to waits, without having
 * begun.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/msg.h"
#include "server/request.h"
#include "server/vm/vm_machine.h"

struct connection;
struct fiber;
struct server;

enum {
	/* What the body of one request, and a reply, may unpack to. */
	CALL_ARENA = 256 * 1024,
	CALL_PORTS = 8, /* that a routine is handed, and their tasks' */
};

/* A body: its size, and as many bytes as there is room for. */
struct monitor_body {
	uint32_t size;
	uint32_t kept;
	uint8_t bytes[240];
};

/* What who watches is told of a call: monitor.h. */
struct monitor_call {
	uint64_t number;
	uint64_t began; /* microseconds since 1970; 0: nobody watched */
	uint64_t took;  /* microseconds */
	uint64_t sent;  /* bytes of data */
	uint64_t got;
	pid_t pid;
	uid_t uid;
	int id;
	mach_port_name_t port;
	kern_return_t code;
	struct monitor_body in, out;
};

struct call {
	struct server *server;
	struct connection *connection;
	struct msg msg; /* its body is gone once the call has paused */
	struct vm_map_copy *data;
	bool refused; /* there was no memory for its data */
	struct request request;

	struct fiber *fiber; /* if it has paused */
	bool waiting;        /* for others, who are to end first */
	bool paused;         /* at some time, with its ports in hand */
	struct port *ports[CALL_PORTS];
	unsigned port_count;

	struct monitor_call told;
	struct request_out out[MSG_DESCRIPTORS_MAX];
	uint8_t arena[CALL_ARENA];
};

/*
 * Serves a request, until its reply is queued or it pauses.
 *
 * => data: what came with it, or NULL; taken over
 * => refused: it came with data that there was no memory for
 * => the call, if it has paused; else NULL
 */
struct call *call_start(struct connection *connection, const struct msg *msg,
    struct vm_map_copy *data, bool refused);

/* Has a call go on that does not wait. When it has ended it is no more, and its
 * connection knows. */
void call_resume(struct call *call);

/*
 * For the machine, now and then, in the midst of a call: pauses it if its time
 * is over. The context is the server.
 */
void call_tick(void *context);

/*
 * From inside of a call: waits until another one that has paused has ended, if
 * there is any at work.
 *
 * => nothing that the call knows of others holds any more
 */
void call_wait(struct call *call);

/* Has any call paused, but to wait? */
bool call_is_any_at_work(const struct server *server);

/* A port that the routine is handed: it stays while the call is under way, and
 * so does the task. */
void call_use(struct call *call, struct port *port);
