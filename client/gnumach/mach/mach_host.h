/* Calls on the host; vm_wire and its like are among them. */
#ifndef GNUMACH_MACH_HOST_H
#define GNUMACH_MACH_HOST_H

#pragma GCC system_header /* for include_next */
#define host_info host_info_by_flavor
#include_next <mach/mach_host.h>
#undef host_info

#include <mach/host_priv.h>

#ifdef __cplusplus
extern "C" {
#endif

/* host_info: what the simulated machine is.
 *
 * => flavor: HOST_BASIC_INFO
 * => KERN_INVALID_ARGUMENT: another; KERN_FAILURE: too little room
 *
 * Source: gnumach kern/host.c. */
kern_return_t host_info(mach_port_t host, int flavor, host_info_t info,
    mach_msg_type_number_t *info_count) __asm__("gnumach_host_info");

/* host_get_kernel_version: a line of text, and its end.
 *
 * Source: gnumach kern/host.c. */
kern_return_t host_get_kernel_version(mach_port_t host,
    kernel_version_t kernel_version) __asm__("host_kernel_version");

#ifdef __cplusplus
}
#endif

#endif
