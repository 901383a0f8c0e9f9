#include <mach/host_priv.h>

#include "client/call.h"
#include "client/host_stub.h"
#include "client/vm_stub.h"

kern_return_t
host_priv_statistics(host_priv_t host_priv, host_flavor_t flavor,
    host_info_t info, mach_msg_type_number_t *info_count)
{
	return host_stub_statistics(HOST_PRIV_ID(host_priv_statistics),
	    host_priv, flavor, info, info_count);
}

kern_return_t
vm_wire(host_priv_t host_priv, vm_map_t task, vm_address_t address,
    vm_size_t size, vm_prot_t desired_access)
{
	return vm_stub_wire(HOST_PRIV_ID(vm_wire), host_priv, task, address,
	    size, desired_access);
}

kern_return_t
mach_vm_wire(host_priv_t host_priv, vm_map_t task, mach_vm_address_t address,
    mach_vm_size_t size, vm_prot_t desired_access)
{
	return vm_stub_wire(HOST_PRIV_ID(mach_vm_wire), host_priv, task,
	    address, size, desired_access);
}

CALL(host_get_special_port, HostGetSpecialPort)

kern_return_t
host_get_special_port(host_priv_t host_priv, int node, int which,
    mach_port_t *port)
{
	_cleanup_(host_get_special_port_freep) HostGetSpecialPortReply *out =
	    NULL;
	HostGetSpecialPortRequest in = HOST_GET_SPECIAL_PORT_REQUEST__INIT;
	struct call call = {
		.id = HOST_PRIV_ID(host_get_special_port),
		.port = host_priv,
	};
	kern_return_t kr;

	in.node = node;
	in.which = which;

	kr = call_host_get_special_port(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*port = out->port;
	return kr;
}
