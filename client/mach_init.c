/*
 * What a program has from the start. Nothing here takes a daemon but the host's
 * port.
 */
#include <mach/mach_init.h>

#include <stdlib.h>
#include <string.h>

#include "client/call.h"
#include "client/page_size.h"
#include "common/msg.h"

enum { PAGE_BITS = 12 };

mach_port_t mach_task_self_ = MSG_TASK_SELF;
mach_port_t bootstrap_port = MSG_BOOTSTRAP;

/* Those of the program's own task: as the daemon's, or as $VMD_PAGE_SIZE says. */
vm_size_t vm_page_size = 1 << PAGE_BITS;
vm_size_t vm_page_mask = (1 << PAGE_BITS) - 1;
int vm_page_shift = PAGE_BITS;

vm_size_t vm_kernel_page_size = 1 << PAGE_BITS;
vm_size_t vm_kernel_page_mask = (1 << PAGE_BITS) - 1;
int vm_kernel_page_shift = PAGE_BITS;

/* Before main(): a program may look at them without having made a call. */
__attribute__((constructor)) static void
set_page_size(void)
{
	uint32_t size = page_size_wanted();

	if (size != 0 && size != UINT32_MAX)
		page_size_set(size);
}

/* As `16K` or `16384`. */
uint32_t
page_size_wanted(void)
{
	const char *text = secure_getenv("VMD_PAGE_SIZE");
	char *end;
	unsigned long size;

	if (!text || *text == '\0')
		return 0;
	size = strtoul(text, &end, 10);
	if (strcmp(end, "K") == 0)
		size *= 1024;
	else if (*end != '\0')
		size = 0;
	return size >= 1 << PAGE_BITS && size <= PAGE_SIZE_MOST &&
		       (size & (size - 1)) == 0
		   ? (uint32_t)size
		   : UINT32_MAX;
}

void
page_size_set(uint32_t size)
{
	vm_page_size = size;
	vm_page_mask = size - 1;
	vm_page_shift = __builtin_ctz(size);
}

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
