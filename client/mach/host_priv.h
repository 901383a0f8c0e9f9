/*
 * Calls that take the host's privileged port, and how to come by it
 *
 * host_get_host_priv_port() gives it to those whom the daemon trusts: root, and
 * its own user. Codes that any call may answer: <mach/vm_map.h>.
 */
#ifndef MACH_HOST_PRIV_H
#define MACH_HOST_PRIV_H

#include <mach/host_info.h>
#include <mach/host_special_ports.h>
#include <mach/mach_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* host_priv_statistics: host_statistics(), asked of the privileged port. */
kern_return_t host_priv_statistics(host_priv_t host_priv, host_flavor_t flavor,
    host_info_t info, mach_msg_type_number_t *info_count);

/*
 * vm_wire: gives all pages of a range frames of their own, for as long as they
 * are wired.
 *
 * => works on whole pages; desired_access: what the memory must allow, or
 *    VM_PROT_NONE, which takes one wiring back
 * => wirings are counted; memory that is deallocated loses them
 * => KERN_INVALID_HOST: host_priv is not the privileged port
 * => KERN_INVALID_TASK: task is none
 * => KERN_INVALID_ADDRESS: there is a hole in the range
 * => KERN_PROTECTION_FAILURE: some of it does not allow the access
 * => KERN_INVALID_ARGUMENT: unknown bits, or the range wraps around
 * => KERN_FAILURE: something is wired 65,535 times already
 *
 * Source: OSF manual page vm_wire; xnu osfmk/vm/vm_user.c.
 */
kern_return_t vm_wire(host_priv_t host_priv, vm_map_t task,
    vm_address_t address, vm_size_t size, vm_prot_t desired_access);
kern_return_t mach_vm_wire(host_priv_t host_priv, vm_map_t task,
    mach_vm_address_t address, mach_vm_size_t size, vm_prot_t desired_access);

/*
 * host_get_special_port: a send right to a port of the host.
 *
 * => node: HOST_LOCAL_NODE; which: HOST_PORT or HOST_PRIV_PORT
 * => a plain host port will do for those who may have the privileged one
 * => KERN_INVALID_ARGUMENT: another port, or the caller may not have it
 *
 * Source: OSF manual page host_get_special_port.
 */
kern_return_t host_get_special_port(host_priv_t host_priv, int node, int which,
    mach_port_t *port);

#ifdef __cplusplus
}
#endif

#endif
