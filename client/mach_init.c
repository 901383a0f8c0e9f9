/*
 * What a program has from the start. Nothing here takes a daemon but the host's
 * port.
 */
#include <mach/mach_init.h>

#include "client/call.h"
#include "common/msg.h"

enum { PAGE_BITS = 12 };

mach_port_t mach_task_self_ = MSG_TASK_SELF;
mach_port_t bootstrap_port = MSG_BOOTSTRAP;

vm_size_t vm_page_size = 1 << PAGE_BITS;
vm_size_t vm_page_mask = (1 << PAGE_BITS) - 1;
int vm_page_shift = PAGE_BITS;

vm_size_t vm_kernel_page_size = 1 << PAGE_BITS;
vm_size_t vm_kernel_page_mask = (1 << PAGE_BITS) - 1;
int vm_kernel_page_shift = PAGE_BITS;

CALL(host_self_trap, HostSelfTrap)

mach_port_t
mach_host_self(void)
{
	_cleanup_(host_self_trap_freep) HostSelfTrapReply *out = NULL;
	HostSelfTrapRequest in = HOST_SELF_TRAP_REQUEST__INIT;
	struct call call = { .id = VMD_ID(host_self_trap), .portless = true };

	if (call_host_self_trap(&call, &in, &out) != KERN_SUCCESS)
		return MACH_PORT_NULL;
	return out->host;
}
