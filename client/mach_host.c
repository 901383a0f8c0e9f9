#include <mach/mach_host.h>

#include "client/call.h"

CALL(host_page_size, HostPageSize)

kern_return_t
host_page_size(host_t host, vm_size_t *page_size)
{
	_cleanup_(host_page_size_freep) HostPageSizeReply *out = NULL;
	HostPageSizeRequest in = HOST_PAGE_SIZE_REQUEST__INIT;
	struct call call = { .id = MACH_HOST_ID(host_page_size), .port = host };
	kern_return_t kr;

	kr = call_host_page_size(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*page_size = out->out_page_size;
	return kr;
}
