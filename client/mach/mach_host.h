/* Calls on the host. */
#ifndef MACH_MACH_HOST_H
#define MACH_MACH_HOST_H

#include <mach/host_info.h>
#include <mach/mach_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * host_page_size: how many bytes a page of simulated memory has.
 *
 * => host: mach_host_self()
 * => KERN_INVALID_ARGUMENT: host is no host
 *
 * Source: OSF manual page host_page_size.
 */
kern_return_t host_page_size(host_t host, vm_size_t *page_size);

/*
 * host_info: what the simulated machine is.
 *
 * => flavor: HOST_BASIC_INFO, a struct host_basic_info
 * => *info_count in: how many 32-bit words info has room for, at least the 5
 *    that there once were; out: how many were written
 * => KERN_INVALID_ARGUMENT: another flavour, or host is no host
 * => KERN_FAILURE: too little room
 *
 * Source: OSF manual page host_info.
 */
kern_return_t host_info(host_t host, host_flavor_t flavor, host_info_t info,
    mach_msg_type_number_t *info_count);

/* host_kernel_version: a line of text, and its end.
 *
 * Source: OSF manual page host_kernel_version. */
kern_return_t host_kernel_version(host_t host, kernel_version_t kernel_version);

/*
 * host_statistics: what has become of the machine's memory.
 *
 * => flavor: HOST_VM_INFO, a struct vm_statistics of the revision that there is
 *    room for; host_statistics64: HOST_VM_INFO64, a struct vm_statistics64
 * => KERN_INVALID_HOST: host is no host
 * => KERN_INVALID_ARGUMENT: another flavour
 * => KERN_FAILURE: too little room
 *
 * Source: xnu osfmk/kern/host.c.
 */
kern_return_t host_statistics(host_priv_t host, host_flavor_t flavor,
    host_info_t info, mach_msg_type_number_t *info_count);
kern_return_t host_statistics64(host_t host, host_flavor_t flavor,
    host_info64_t info, mach_msg_type_number_t *info_count);

/*
 * mach_memory_object_memory_entry: an entry of fresh memory.
 *
 * => internal: TRUE, and pager MACH_PORT_NULL: there are no pagers
 * => *entry_handle: as mach_make_memory_entry()
 * => KERN_INVALID_ARGUMENT: otherwise, or size 0
 *
 * Source: xnu osfmk/vm/vm_user.c.
 */
kern_return_t mach_memory_object_memory_entry(host_t host, boolean_t internal,
    vm_size_t size, vm_prot_t permission, memory_object_t pager,
    mach_port_t *entry_handle);
kern_return_t mach_memory_object_memory_entry_64(host_t host,
    boolean_t internal, memory_object_size_t size, vm_prot_t permission,
    memory_object_t pager, mach_port_t *entry_handle);

#ifdef __cplusplus
}
#endif

#endif
