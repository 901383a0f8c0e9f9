/*
 * Port names: the routines of mach_port.proto
 *
 * Connections have names, tasks have none but through them: a connection's own
 * task has the names of its connection, and all others' spaces are empty, and
 * stay so. A receive right stays in the space that it was made in; send-once
 * rights are in requests for notifications, and have no names; port sets there
 * are none.
 */
#include <mach/notify.h>

#include "server/connection.h"
#include "server/port_notify.h"
#include "server/request.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"

/* Names that mach_port_names tells of: what fits a body, a name having four
 * bytes there and a type three. */
enum { NAMES_TOLD = 8192 };

static_assert(NAMES_TOLD * (4 + 3) + 16 <= MSG_BODY_MAX, "a body");

/* The names of a task; NULL: it has none. */
static struct port_space *
space_of(const struct request *request)
{
	struct connection *connection = request->connection;

	return request->port == connection->self ? &connection->space : NULL;
}

/* The right that the task has under a name; NULL: none. */
static struct port_right *
find(const struct request *request, mach_port_name_t name)
{
	struct port_space *space = space_of(request);
	struct port *known;

	if (name == MSG_BOOTSTRAP)
		connection_port(request->connection, name, &known);
	return space ? port_space_lookup(space, name) : NULL;
}

static mach_port_type_t
type_of(const struct port_right *right)
{
	mach_port_type_t type = MACH_PORT_TYPE_NONE;

	if (!right->port)
		type |= MACH_PORT_TYPE_DEAD_NAME;
	else if (right->urefs > 0)
		type |= MACH_PORT_TYPE_SEND;
	if (right->receive)
		type |= MACH_PORT_TYPE_RECEIVE;
	return type;
}

static mach_port_type_t
told_type_of(const struct port_right *right)
{
	return type_of(right) | (right->request ? MACH_PORT_TYPE_DNREQUEST : 0);
}

static bool
has_right(const struct port_right *right, uint32_t kind)
{
	return type_of(right) & MACH_PORT_TYPE(kind);
}

static bool
is_right(uint32_t right)
{
	return right <= MACH_PORT_RIGHT_DEAD_NAME;
}

/* Rights that null and dead names are good for, as far as calls can tell. */
static bool
is_send_right(uint32_t right)
{
	return right == MACH_PORT_RIGHT_SEND ||
	       right == MACH_PORT_RIGHT_SEND_ONCE;
}

/* --- What there is ----------------------------------------------------- */

ROUTINE(MachPort, mach_port_names, MachPortNames)
{
	static uint32_t names[NAMES_TOLD], types[NAMES_TOLD];
	struct port_space *space = space_of(request);
	struct port_right *right;
	uint32_t at = 0;

	out->name = names;
	out->type = types;
	while (space && (right = port_space_next(space, &at))) {
		if (out->n_name == NAMES_TOLD)
			return KERN_RESOURCE_SHORTAGE;
		names[out->n_name++] = right->name;
		types[out->n_type++] = told_type_of(right);
	}
	return KERN_SUCCESS;
}

ROUTINE(MachPort, mach_port_type, MachPortType)
{
	const struct port_right *right = find(request, in->name);

	if (in->name == MACH_PORT_DEAD &&
	    !request->task->personality->dead_is_no_name) {
		out->ptype = MACH_PORT_TYPE_DEAD_NAME;
		return KERN_SUCCESS;
	}
	if (!right)
		return KERN_INVALID_NAME;
	out->ptype = told_type_of(right);
	return KERN_SUCCESS;
}

ROUTINE(MachPort, mach_port_get_refs, MachPortGetRefs)
{
	const struct port_right *right = find(request, in->name);

	if (!is_right(in->right))
		return KERN_INVALID_VALUE;
	if (!MACH_PORT_VALID(in->name) && is_send_right(in->right) &&
	    !request->task->personality->dead_is_no_name) {
		out->refs = 1;
		return KERN_SUCCESS;
	}
	if (!right)
		return KERN_INVALID_NAME;
	if (has_right(right, in->right))
		out->refs =
		    in->right == MACH_PORT_RIGHT_RECEIVE ? 1 : right->urefs;
	return KERN_SUCCESS;
}

/* Messages wait in the client. */
ROUTINE(MachPort, mach_port_get_attributes, MachPortGetAttributes)
{
	const struct port_right *right = find(request, in->name);

	if (in->flavor != MACH_PORT_RECEIVE_STATUS)
		return KERN_INVALID_ARGUMENT;
	if (!right)
		return KERN_INVALID_NAME;
	if (!right->receive)
		return KERN_INVALID_RIGHT;
	out->mscount = right->port->mscount;
	out->srights = port_has_senders(right->port);
	out->nsrequest = right->port->no_senders != NULL;
	return KERN_SUCCESS;
}

/* --- Making ------------------------------------------------------------ */

static kern_return_t
allocate(const struct request *request, uint32_t right, mach_port_name_t *name)
{
	struct port_space *space = space_of(request);

	if (right != MACH_PORT_RIGHT_RECEIVE &&
	    right != MACH_PORT_RIGHT_DEAD_NAME)
		return KERN_INVALID_VALUE;
	return space ? port_space_allocate(space, right, name) : KERN_NO_SPACE;
}

ROUTINE(MachPort, mach_port_allocate, MachPortAllocate)
{
	out->name = MACH_PORT_NULL;
	return allocate(request, in->right, &out->name);
}

ROUTINE(MachPort, mach_port_allocate_name, MachPortAllocateName)
{
	mach_port_name_t name = in->name;

	if (!MACH_PORT_VALID(name))
		return KERN_INVALID_VALUE;
	return allocate(request, in->right, &name);
}

ROUTINE(MachPort, mach_port_rename, MachPortRename)
{
	struct port_right *right = find(request, in->old_name);

	if (!MACH_PORT_VALID(in->new_name))
		return KERN_INVALID_VALUE;
	if (!right)
		return KERN_INVALID_NAME;
	return port_right_rename(right, in->new_name);
}

/* --- Giving up --------------------------------------------------------- */

ROUTINE(MachPort, mach_port_deallocate, MachPortDeallocate)
{
	struct port_right *right = find(request, in->name);

	if (!MACH_PORT_VALID(in->name))
		return KERN_SUCCESS;
	if (!right)
		return KERN_INVALID_NAME;
	if (right->urefs == 0)
		return KERN_INVALID_RIGHT;
	port_right_release(right);
	return KERN_SUCCESS;
}

ROUTINE(MachPort, mach_port_destroy, MachPortDestroy)
{
	struct port_right *right = find(request, in->name);

	if (!MACH_PORT_VALID(in->name))
		return KERN_SUCCESS;
	if (!right)
		return KERN_INVALID_NAME;
	port_right_destroy(right);
	return KERN_SUCCESS;
}

/* Of a receive right there is one. */
static kern_return_t
modify_receive(struct port_right *right, int32_t delta)
{
	if (delta != 0 && delta != -1)
		return KERN_INVALID_VALUE;
	if (delta == -1)
		port_destroy(right->port);
	return KERN_SUCCESS;
}

ROUTINE(MachPort, mach_port_mod_refs, MachPortModRefs)
{
	struct port_right *right = find(request, in->name);

	if (!is_right(in->right))
		return KERN_INVALID_VALUE;
	if (!MACH_PORT_VALID(in->name) && is_send_right(in->right))
		return KERN_SUCCESS;
	if (!right)
		return KERN_INVALID_NAME;
	if (!has_right(right, in->right))
		return KERN_INVALID_RIGHT;
	if (in->right == MACH_PORT_RIGHT_RECEIVE)
		return modify_receive(right, in->delta);
	return port_right_modify(right, in->delta);
}

/* --- Into a space, and out of it --------------------------------------- */

/* Can a send right be had so, out of what there is? */
static bool
gives_send_right(const struct port_right *right, uint32_t disposition)
{
	switch (disposition) {
	case MACH_MSG_TYPE_MOVE_SEND:
	case MACH_MSG_TYPE_COPY_SEND:
		return port_right_sends(right);
	case MACH_MSG_TYPE_MAKE_SEND:
		return right->receive;
	default:
		return false;
	}
}

/* A right is taken from the task that it is given to. */
static kern_return_t
give_again(struct port_right *right, uint32_t disposition)
{
	switch (disposition) {
	case MACH_MSG_TYPE_COPY_SEND:
		return port_right_modify(right, 1);
	case MACH_MSG_TYPE_MAKE_SEND:
		return port_right_make_send(right);
	default:
		return KERN_SUCCESS;
	}
}

/*
 * The right to be inserted is the task's own, under whatever name, for it is
 * the caller's. A space has one name for a port, so there are two things to be
 * done: another user reference, and another name.
 */
static kern_return_t
insert(struct port_right *right, mach_port_name_t name, uint32_t disposition)
{
	if (name == right->name)
		return give_again(right, disposition);
	if (port_space_lookup(right->space, name))
		return KERN_NAME_EXISTS;
	if (disposition != MACH_MSG_TYPE_MOVE_SEND || right->urefs > 1 ||
	    right->receive)
		return KERN_RIGHT_EXISTS;
	return port_right_rename(right, name);
}

ROUTINE(MachPort, mach_port_insert_right, MachPortInsertRight)
{
	struct port_right *right =
	    port_space_lookup(&request->connection->space, in->poly);

	if (!MACH_PORT_VALID(in->name) ||
	    !MACH_MSG_TYPE_PORT_ANY(in->poly_poly))
		return KERN_INVALID_VALUE;
	if (!right || !right->port)
		return KERN_INVALID_CAPABILITY;
	if (!gives_send_right(right, in->poly_poly))
		return KERN_INVALID_RIGHT;
	if (!space_of(request))
		return KERN_NO_SPACE;
	return insert(right, in->name, in->poly_poly);
}

ROUTINE(MachPort, mach_port_extract_right, MachPortExtractRight)
{
	struct port_right *right = find(request, in->name);

	if (!MACH_MSG_TYPE_PORT_ANY(in->msgt_name))
		return KERN_INVALID_VALUE;
	if (!right)
		return KERN_INVALID_NAME;
	if (!gives_send_right(right, in->msgt_name))
		return KERN_INVALID_RIGHT;
	out->poly = right->name;
	out->poly_poly = MACH_MSG_TYPE_PORT_SEND;
	return give_again(right, in->msgt_name);
}

/* --- Notifications ----------------------------------------------------- */

/* The port that is to be told; NULL: nobody, and what was asked is withdrawn. */
static kern_return_t
find_notify(const struct request *request,
    const MachPortRequestNotificationRequest *in, struct port **notify)
{
	const struct port_right *right =
	    port_space_lookup(&request->connection->space, in->notify);

	*notify = NULL;
	if (in->notify == MACH_PORT_NULL)
		return KERN_SUCCESS;
	if (in->notify == MACH_PORT_DEAD || (right && !right->port))
		return KERN_INVALID_CAPABILITY;
	if (!right || !right->receive ||
	    in->notify_poly != MACH_MSG_TYPE_MAKE_SEND_ONCE)
		return MACH_SEND_INVALID_RIGHT;
	*notify = right->port;
	return KERN_SUCCESS;
}

/* Instead of what was asked before. */
static kern_return_t
ask(struct port *notify, struct port_request **place)
{
	if (notify)
		return port_request_new(notify, place);
	port_request_send(place, MACH_NOTIFY_SEND_ONCE, 0);
	return KERN_SUCCESS;
}

/* The name is dead already: it is told at once, if that was wanted. */
static kern_return_t
tell_of_dead_name(struct port_right *right, struct port *notify, bool wanted)
{
	struct port_request *now = NULL;
	kern_return_t kr;

	if (!wanted || !notify)
		return KERN_INVALID_ARGUMENT;
	kr = port_request_new(notify, &now);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = port_right_modify(right, 1);
	if (kr == KERN_SUCCESS)
		port_request_send(&now, MACH_NOTIFY_DEAD_NAME, right->name);
	else
		port_request_free(now);
	return kr;
}

static kern_return_t
ask_for_no_senders(struct port *port, struct port *notify, uint32_t sync)
{
	kern_return_t kr = ask(notify, &port->no_senders);

	if (kr == KERN_SUCCESS && !port_has_senders(port) &&
	    port->mscount >= sync)
		port_request_send(&port->no_senders, MACH_NOTIFY_NO_SENDERS,
		    port->mscount);
	return kr;
}

ROUTINE(MachPort, mach_port_request_notification, MachPortRequestNotification)
{
	struct port_right *right = find(request, in->name);
	struct port *notify;
	kern_return_t kr = find_notify(request, in, &notify);

	if (kr != KERN_SUCCESS)
		return kr;
	out->previous = MACH_PORT_NULL;
	if (in->msgid != MACH_NOTIFY_DEAD_NAME &&
	    in->msgid != MACH_NOTIFY_NO_SENDERS)
		return KERN_INVALID_VALUE;
	if (!right)
		return KERN_INVALID_NAME;
	if (in->msgid == MACH_NOTIFY_DEAD_NAME)
		return right->port
			   ? ask(notify, &right->request)
			   : tell_of_dead_name(right, notify, in->sync != 0);
	if (!right->receive)
		return KERN_INVALID_RIGHT;
	return ask_for_no_senders(right->port, notify, in->sync);
}

/* --- The service ------------------------------------------------------- */

ABSENT(MachPort, skip_3209)
ABSENT(MachPort, skip_3210)
ABSENT(MachPort, skip_3211)
ABSENT(MachPort, skip_3212)
ABSENT(MachPort, skip_3216)

MachPort_Service mach_port_service = MACH_PORT__INIT(serve_);
