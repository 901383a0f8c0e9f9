#include "server/monitor.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "server/connection.h"
#include "server/peer.h"
#include "server/server.h"

/* The number of the next call. */
static uint64_t next_number = 1;

enum { SECONDS_KEPT = 5 }; /* without being asked */

struct monitor {
	uint64_t asked_at;
	struct monitor_call calls[MONITOR_CALLS];
};

static uint64_t
microseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

bool
monitor_watch(struct server *server)
{
	if (!server->monitor)
		server->monitor = calloc(1, sizeof(*server->monitor));
	if (!server->monitor)
		return false;
	server->monitor->asked_at = microseconds(CLOCK_MONOTONIC);
	return true;
}

static void
keep(struct monitor_body *to, const uint8_t *bytes, size_t size)
{
	to->size = (uint32_t)size;
	to->kept = (uint32_t)MIN(size, sizeof(to->bytes));
	if (to->kept > 0)
		memcpy(to->bytes, bytes, to->kept);
}

void
monitor_begin(struct call *call)
{
	struct monitor_call *told = &call->told;

	told->began = microseconds(CLOCK_REALTIME);
	told->sent = msg_data_size(&call->msg);
	told->id = call->msg.id;
	told->port = call->msg.remote;
	keep(&told->in, call->msg.body, call->msg.body_size);
}

static void
add(struct monitor *monitor, const struct monitor_call *told)
{
	struct monitor_call *at = &monitor->calls[next_number % MONITOR_CALLS];

	*at = *told;
	at->number = next_number++;
}

void
monitor_end(struct server *server, struct call *call, kern_return_t code,
    const uint8_t *body, size_t size, uint64_t data)
{
	struct monitor_call *told = &call->told;
	uint64_t now = microseconds(CLOCK_MONOTONIC);
	struct peer peer = { .pid = 0 };

	if (now - server->monitor->asked_at > SECONDS_KEPT * 1000000) {
		server->monitor = monitor_free(server->monitor);
		return;
	}
	if (told->began == 0)
		return;
	peer_init(&peer, call->connection->fd);
	told->pid = peer.pid;
	told->uid = peer.uid;
	told->took = microseconds(CLOCK_REALTIME) - told->began;
	told->code = code;
	told->got = data;
	keep(&told->out, body, size);
	add(server->monitor, told);
}

uint64_t
monitor_next(void)
{
	return next_number;
}

const struct monitor_call *
monitor_from(const struct monitor *monitor, uint64_t number)
{
	uint64_t first =
	    next_number > MONITOR_CALLS ? next_number - MONITOR_CALLS : 1;
	const struct monitor_call *call;

	for (number = MAX(number, first); number < next_number; number++) {
		call = &monitor->calls[number % MONITOR_CALLS];
		if (call->number == number)
			return call;
	}
	return NULL;
}

struct monitor *
monitor_free(struct monitor *monitor)
{
	free(monitor);
	return NULL;
}
