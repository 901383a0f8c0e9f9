#include "server/connection.h"

#include "common/cleanup.h"
#include "common/msg.h"
#include "server/peer.h"
#include "server/roster.h"
#include "server/server.h"
#include "server/user.h"
#include "server/vm/task.h"

bool
connection_is_privileged(const struct connection *connection)
{
	return user_is_privileged(connection->user);
}

kern_return_t
connection_enter(const struct connection *connection, struct port *task,
    const struct port *parent)
{
	struct peer peer;

	if (peer_init(&peer, connection->fd) &&
	    roster_add(task, parent, peer.uid, peer.pid))
		return KERN_SUCCESS;
	return KERN_RESOURCE_SHORTAGE;
}

/* The connection's own task, under the name that it has from the start. */
static kern_return_t
make_self(struct connection *connection)
{
	_cleanup_(task_unrefp) struct task *task = NULL;
	kern_return_t kr;

	if (!user_may_fork(connection->user, NULL))
		return KERN_RESOURCE_SHORTAGE;
	kr = task_new_sized(&connection->server->vm, connection->personality,
	    connection->page_size, &task);
	if (kr != KERN_SUCCESS)
		return kr;
	user_own(connection->user, task);
	connection->self = port_new(PORT_TASK, task);
	if (!connection->self)
		return KERN_RESOURCE_SHORTAGE;
	steal(&task);
	kr = connection_enter(connection, connection->self, NULL);
	if (kr == KERN_SUCCESS)
		kr = port_space_insert_self(&connection->space,
		    connection->self);
	if (kr != KERN_SUCCESS)
		connection->self = port_unref(connection->self);
	return kr;
}

kern_return_t
connection_port(struct connection *connection, mach_port_name_t name,
    struct port **port)
{
	struct port_right *right;
	kern_return_t kr;

	if (name == MSG_TASK_SELF && !connection->self_made) {
		kr = make_self(connection);
		if (kr != KERN_SUCCESS)
			return kr;
		connection->self_made = true;
	}
	if (name == MSG_BOOTSTRAP && !connection->bootstrap_made) {
		kr = port_space_insert_bootstrap(&connection->space,
		    connection->server->registry.port);
		if (kr != KERN_SUCCESS)
			return kr;
		connection->bootstrap_made = true;
	}
	right = port_space_lookup(&connection->space, name);
	if (!right || !port_right_sends(right))
		return MACH_SEND_INVALID_DEST;
	*port = right->port;
	return KERN_SUCCESS;
}

kern_return_t
connection_take(struct connection *connection, mach_port_name_t name,
    struct port **port)
{
	const struct port_right *right;
	kern_return_t kr;

	*port = NULL;
	if (name == MACH_PORT_NULL)
		return KERN_SUCCESS;
	kr = connection_port(connection, name, port);
	if (kr == KERN_SUCCESS)
		port_ref(*port);
	if (kr != MACH_SEND_INVALID_DEST)
		return kr;
	right = port_space_lookup(&connection->space, name);
	if (name != MACH_PORT_DEAD && (!right || right->port))
		return MACH_SEND_INVALID_RIGHT;
	*port = port_new(PORT_TASK, NULL);
	return *port ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
}

kern_return_t
connection_give(struct connection *connection, struct port *port,
    mach_port_name_t *name)
{
	struct port *known;
	kern_return_t kr = KERN_SUCCESS;

	if (port && port->kind == PORT_BOOTSTRAP)
		kr = connection_port(connection, MSG_BOOTSTRAP, &known);
	if (kr == KERN_RESOURCE_SHORTAGE)
		return kr;
	if (port && !port_is_dead(port))
		return port_space_insert(&connection->space, port, name);
	*name = port ? MACH_PORT_DEAD : MACH_PORT_NULL;
	return KERN_SUCCESS;
}
