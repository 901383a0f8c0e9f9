/*
 * Port names: the routines of mach_port.proto
 */
#include "server/connection.h"
#include "server/request.h"

/* The names of a task. Only a connection's own task has any. */
static struct port_space *
space_of(struct request *request)
{
	struct connection *connection = request->connection;

	return request->port == connection->self ? &connection->space : NULL;
}

ROUTINE(MachPort, mach_port_deallocate, MachPortDeallocate)
{
	struct port_space *space = space_of(request);
	struct port_right *right;

	if (!MACH_PORT_VALID(in->name))
		return KERN_SUCCESS;
	right = space ? port_space_lookup(space, in->name) : NULL;
	if (!right)
		return KERN_INVALID_NAME;
	port_right_release(right);
	return KERN_SUCCESS;
}

ABSENT(MachPort, mach_port_names)
ABSENT(MachPort, mach_port_type)
ABSENT(MachPort, mach_port_rename)
ABSENT(MachPort, mach_port_allocate_name)
ABSENT(MachPort, mach_port_allocate)
ABSENT(MachPort, mach_port_destroy)
ABSENT(MachPort, mach_port_get_refs)
ABSENT(MachPort, mach_port_mod_refs)
ABSENT(MachPort, mach_port_peek)
ABSENT(MachPort, mach_port_set_mscount)
ABSENT(MachPort, mach_port_get_set_status)
ABSENT(MachPort, mach_port_move_member)
ABSENT(MachPort, mach_port_request_notification)
ABSENT(MachPort, mach_port_insert_right)
ABSENT(MachPort, mach_port_extract_right)

MachPort_Service mach_port_service = MACH_PORT__INIT(serve_);
