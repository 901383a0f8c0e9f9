/*
 * Port names: the routines of mach_port.proto
 *
 * Connections have names, tasks have none but through them: a connection's own
 * task has the names of its connection, and all others' spaces are empty, and
 * stay so. There are send rights and dead names. Nobody has a receive right:
 * what asks for one is KERN_INVALID_RIGHT.
 */
#include "server/connection.h"
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

	return space ? port_space_lookup(space, name) : NULL;
}

static mach_port_type_t
type_of(const struct port_right *right)
{
	return right->port ? MACH_PORT_TYPE_SEND : MACH_PORT_TYPE_DEAD_NAME;
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
		types[out->n_type++] = type_of(right);
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
	out->ptype = type_of(right);
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
	if (type_of(right) == MACH_PORT_TYPE(in->right))
		out->refs = right->urefs;
	return KERN_SUCCESS;
}

/* --- Giving up --------------------------------------------------------- */

ROUTINE(MachPort, mach_port_deallocate, MachPortDeallocate)
{
	struct port_right *right = find(request, in->name);

	if (!MACH_PORT_VALID(in->name))
		return KERN_SUCCESS;
	if (!right)
		return KERN_INVALID_NAME;
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

ROUTINE(MachPort, mach_port_mod_refs, MachPortModRefs)
{
	struct port_right *right = find(request, in->name);

	if (!is_right(in->right))
		return KERN_INVALID_VALUE;
	if (!MACH_PORT_VALID(in->name) && is_send_right(in->right))
		return KERN_SUCCESS;
	if (!right)
		return KERN_INVALID_NAME;
	if (type_of(right) != MACH_PORT_TYPE(in->right))
		return KERN_INVALID_RIGHT;
	return port_right_modify(right, in->delta);
}

/* --- Into a space, and out of it --------------------------------------- */

/* What takes a send right, from who has one. */
static bool
takes_send_right(uint32_t disposition)
{
	return disposition == MACH_MSG_TYPE_MOVE_SEND ||
	       disposition == MACH_MSG_TYPE_COPY_SEND;
}

/*
 * The right to be inserted is the task's own, under whatever name, for it is
 * the caller's. A space has one name for a port, so there are two things to be
 * done: another user reference, and another name.
 */
static kern_return_t
insert(struct port_right *right, mach_port_name_t name, uint32_t disposition)
{
	bool moves = disposition == MACH_MSG_TYPE_MOVE_SEND;

	if (name == right->name)
		return moves ? KERN_SUCCESS : port_right_modify(right, 1);
	if (port_space_lookup(right->space, name))
		return KERN_NAME_EXISTS;
	if (!moves || right->urefs > 1)
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
	if (!takes_send_right(in->poly_poly))
		return KERN_INVALID_RIGHT;
	if (!space_of(request))
		return KERN_NO_SPACE;
	return insert(right, in->name, in->poly_poly);
}

/* The task that a right is moved from is the one that it is moved to. */
ROUTINE(MachPort, mach_port_extract_right, MachPortExtractRight)
{
	struct port_right *right = find(request, in->name);
	kern_return_t kr = KERN_SUCCESS;

	if (!MACH_MSG_TYPE_PORT_ANY(in->msgt_name))
		return KERN_INVALID_VALUE;
	if (!right)
		return KERN_INVALID_NAME;
	if (!right->port || !takes_send_right(in->msgt_name))
		return KERN_INVALID_RIGHT;
	if (in->msgt_name == MACH_MSG_TYPE_COPY_SEND)
		kr = port_right_modify(right, 1);
	out->poly = right->name;
	out->poly_poly = MACH_MSG_TYPE_PORT_SEND;
	return kr;
}

/* --- The service ------------------------------------------------------- */

ABSENT(MachPort, skip_3202)
ABSENT(MachPort, skip_3203)
ABSENT(MachPort, skip_3204)
ABSENT(MachPort, skip_3209)
ABSENT(MachPort, skip_3210)
ABSENT(MachPort, skip_3211)
ABSENT(MachPort, skip_3212)
ABSENT(MachPort, skip_3213)

MachPort_Service mach_port_service = MACH_PORT__INIT(serve_);
