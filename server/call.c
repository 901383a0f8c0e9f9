#include "server/call.h"

#include <assert.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/undefined.h"
#include "server/connection.h"
#include "server/dispatch.h"
#include "server/fiber.h"
#include "server/port.h"
#include "server/server.h"
#include "server/user.h"
#include "server/user_check.h"
#include "server/vm/task.h"
#include "server/vm/vm_check.h"
#include "server/vm/vm_map.h"
#include "server/vm/vm_map_copy.h"

/* --- Pausing ----------------------------------------------------------- */

/* The tasks that the call is for are its own while it has paused. */
static void
set_busy(struct call *call, bool busy)
{
	for (unsigned i = 0; i < call->port_count; i++) {
		struct task *task = call->ports[i]->task;

		if (task && task->map)
			task->map->busy = busy;
	}
}

/* Ports stay, whoever lets go of them meanwhile. */
static void
hold_ports(struct call *call)
{
	if (call->paused)
		return;
	call->paused = true;
	for (unsigned i = 0; i < call->port_count; i++)
		port_ref(call->ports[i]);
}

static void
leave(struct call *call)
{
	struct server *server = call->server;
	struct vm_suspended suspended = vm_machine_suspend(&server->vm);

	struct user *user = call->connection->user;

	server->call = NULL;
	server->paused++;
	user->calls++;
	fiber_pause();
	user->calls--;
	server->paused--;
	server->call = call;
	vm_machine_resume(&server->vm, suspended);
}

void
call_tick(void *context)
{
	struct server *server = context;
	struct call *call = server->call;

	if (!call || server->closing || !server_is_over(server))
		return;
	hold_ports(call);
	set_busy(call, true);
	leave(call);
	set_busy(call, false);
}

void
call_use(struct call *call, struct port *port)
{
	for (unsigned i = 0; i < call->port_count; i++)
		if (call->ports[i] == port)
			return;
	assert(call->port_count < CALL_PORTS);
	call->ports[call->port_count++] = port;
	if (call->paused)
		port_ref(port);
	if (port->control)
		call_use(call, port->control);
}

static void
let_go_of_ports(struct call *call)
{
	for (unsigned i = 0; call->paused && i < call->port_count; i++)
		port_unref(call->ports[i]);
	call->port_count = 0;
	call->paused = false;
}

/* --- Waiting ----------------------------------------------------------- */

void
call_wait(struct call *call)
{
	struct server *server = call->server;

	let_go_of_ports(call);
	if (!call_is_any_at_work(server))
		return;
	call->waiting = true;
	server->waiting++;
	leave(call);
	assert(!call->waiting);
}

bool
call_is_any_at_work(const struct server *server)
{
	return server->paused > server->waiting;
}

/* Somebody is done: those who wait look again. */
static void
wake_all(struct server *server)
{
	struct connection *connection;

	if (server->waiting == 0)
		return;
	LIST_FOREACH(connection, &server->connections, link)
		if (connection->call && connection->call->waiting) {
			connection->call->waiting = false;
			server->waiting--;
			connection_wake(connection);
		}
}

/* --- A call's life ----------------------------------------------------- */

/* One to be used: most often the server's spare one. */
static struct call *
call_new(struct connection *connection, const struct msg *msg,
    struct vm_map_copy *data, bool refused)
{
	struct server *server = connection->server;
	struct call *call = steal(&server->spare_call);

	if (!call)
		call = malloc(sizeof(*call));
	if (!call)
		return NULL;
	MEMORY_UNDEFINED(call, sizeof(*call));
	call->server = server;
	call->connection = connection;
	call->msg = *msg;
	call->data = data;
	call->refused = refused;
	call->fiber = NULL;
	call->waiting = call->paused = false;
	call->port_count = 0;
	return call;
}

/* With --check: a machine that is wrong is not let go on. */
static void
check(struct call *call)
{
	struct server *server = call->server;
	const char *complaint = NULL;

	if (server->check && !call_is_any_at_work(server))
		complaint = vm_check(&server->vm);
	if (server->check && !complaint)
		complaint = registry_check(&server->registry);
	if (server->check && !complaint)
		complaint = users_check(server);
	if (!complaint)
		return;
	log_error("after message %d: %s", call->msg.id, complaint);
	abort();
}

static void
call_end(struct call *call)
{
	enum { STEPS = 256 }; /* what most calls let go of is freed at once */
	struct server *server = call->server;
	uint32_t steps = STEPS;

	server->call = NULL;
	call->connection->call = NULL;
	let_go_of_ports(call);
	vm_map_copy_free(steal(&call->data));
	if (ports_reap(&steps) || vm_machine_reap(&server->vm, steps))
		server_wake(server);
	check(call);
	if (!server->spare_call)
		server->spare_call = call;
	else
		free(call);
}

static void
run(void *context)
{
	struct call *call = context;

	struct connection *connection = call->connection;
	struct server *server = call->server;

	server->call = call;
	vm_machine_begin(&server->vm, connection->user->account);
	dispatch(call);
	if (call->request.code != KERN_SUCCESS)
		users_refused(&server->users);
	connection_replied(connection);
}

struct call *
call_start(struct connection *connection, const struct msg *msg,
    struct vm_map_copy *data, bool refused)
{
	struct call *call = call_new(connection, msg, data, refused);

	connection_asked(connection);
	if (!call || !fiber_start(run, call, &call->fiber)) {
		dispatch_refuse(connection, msg);
		connection_replied(connection);
		if (call)
			call_end(call);
		else
			vm_map_copy_free(data);
		return NULL;
	}
	if (call->fiber)
		return call;
	call_end(call);
	return NULL;
}

void
call_resume(struct call *call)
{
	struct server *server = call->server;

	if (!fiber_resume(call->fiber))
		return;
	call_end(call);
	wake_all(server);
}
