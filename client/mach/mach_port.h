/* Calls on a task's port names. Codes that any may answer: <mach/vm_map.h>. */
#ifndef MACH_MACH_PORT_H
#define MACH_MACH_PORT_H

#include <mach/mach_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * mach_port_deallocate: gives up one user reference to a right.
 *
 * => with the last reference the name is gone, and so is a task to which nobody
 *    has a right any more
 * => MACH_PORT_NULL and MACH_PORT_DEAD are KERN_SUCCESS
 * => KERN_INVALID_NAME: the task has no such name
 * => KERN_INVALID_RIGHT: the name stands for a receive right or a port set only
 * => KERN_INVALID_TASK: the port is no task's
 *
 * Source: OSF manual page mach_port_deallocate.
 */
kern_return_t mach_port_deallocate(ipc_space_t task, mach_port_name_t name);

#ifdef __cplusplus
}
#endif

#endif
