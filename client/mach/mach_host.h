/* Calls on the host. */
#ifndef MACH_MACH_HOST_H
#define MACH_MACH_HOST_H

#include <mach/mach_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * host_page_size: how many bytes a page of simulated memory has.
 *
 * => host: mach_host_self()
 * => KERN_INVALID_ARGUMENT: host is null
 *
 * Source: OSF manual page host_page_size.
 */
kern_return_t host_page_size(host_t host, vm_size_t *page_size);

#ifdef __cplusplus
}
#endif

#endif
