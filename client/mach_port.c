#include <mach/mach_port.h>

#include "client/call.h"

CALL(mach_port_deallocate, MachPortDeallocate)

kern_return_t
mach_port_deallocate(ipc_space_t task, mach_port_name_t name)
{
	_cleanup_(mach_port_deallocate_freep) MachPortDeallocateReply *out =
	    NULL;
	MachPortDeallocateRequest in = MACH_PORT_DEALLOCATE_REQUEST__INIT;
	struct call call = {
		.id = MACH_PORT_ID(mach_port_deallocate),
		.port = task,
	};

	in.name = name;

	return call_mach_port_deallocate(&call, &in, &out);
}
