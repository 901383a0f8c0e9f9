/*
 * Calls on tasks
 *
 * A task here is an address space and a set of ports; it runs nothing. Codes
 * that any call may answer: see <mach/vm_map.h>.
 */
#ifndef MACH_TASK_H
#define MACH_TASK_H

#include <mach/mach_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * task_create: makes a child task.
 *
 * => ledgers, ledgers_count: not looked at; NULL and 0 will do
 * => inherit_memory: the child gets of the parent's memory what vm_inherit has
 *    set for each page; otherwise its memory is empty
 * => *child_task: a send right to it. The task lives while there is one
 * => KERN_INVALID_TASK: parent_task is a port, but no task's
 *
 * Source: OSF manual page task_create.
 */
kern_return_t task_create(task_t parent_task, ledger_array_t ledgers,
    mach_msg_type_number_t ledgers_count, boolean_t inherit_memory,
    task_t *child_task);

/*
 * task_terminate: ends a task.
 *
 * => its memory and rights are gone; all names of it are dead names from now on
 *    (MACH_SEND_INVALID_DEST)
 *
 * Source: OSF manual page task_terminate.
 */
kern_return_t task_terminate(task_t target_task);

/*
 * task_info: tells about a task.
 *
 * => flavor: TASK_ or MACH_TASK_ of <mach/task_info.h>; info points to its
 *    structure
 * => *info_count in: how many 32-bit words info has room for; out: how many
 *    were written
 * => KERN_INVALID_ARGUMENT: unknown flavor, or too little room
 *
 * Source: OSF manual page task_info.
 */
kern_return_t task_info(task_name_t target_task, task_flavor_t flavor,
    task_info_t info, mach_msg_type_number_t *info_count);

/*
 * task_suspend, task_resume: count how often a task is to stand still.
 *
 * => a simulated task runs nothing: task_info tells the count, and calls on it
 *    are served all the same
 * => resumed more often than suspended: KERN_SUCCESS, and nothing happens
 *
 * Source: OSF manual pages task_suspend, task_resume.
 */
kern_return_t task_suspend(task_t target_task);
kern_return_t task_resume(task_t target_task);

/*
 * task_get_special_port: a port that a task was given to know.
 *
 * => which_port: TASK_..._PORT of <mach/task_special_ports.h>
 * => *special_port: a send right; MACH_PORT_NULL: there is none
 * => KERN_INVALID_ARGUMENT: there is no such port
 *
 * Source: OSF manual page task_get_special_port.
 */
kern_return_t task_get_special_port(task_inspect_t task, int which_port,
    mach_port_t *special_port);

/*
 * task_set_special_port: gives it to the task, and to children made from now
 * on.
 *
 * => KERN_INVALID_ARGUMENT: there is no such port, or it cannot be set
 *
 * Source: OSF manual page task_set_special_port.
 */
kern_return_t task_set_special_port(task_t task, int which_port,
    mach_port_t special_port);

/*
 * mach_ports_register: has a task, and children made from now on, hold ports.
 *
 * => init_port_set: up to TASK_PORT_REGISTER_MAX rights; the others are gone
 * => KERN_INVALID_ARGUMENT: more than that, or what is no right
 *
 * Source: OSF manual page mach_ports_register.
 */
kern_return_t mach_ports_register(task_t target_task,
    mach_port_array_t init_port_set,
    mach_msg_type_number_t init_port_set_count);

/*
 * mach_ports_lookup: send rights to those ports, in their order.
 *
 * => *init_port_set: TASK_PORT_REGISTER_MAX names, MACH_PORT_NULL where there is
 *    none; memory that the caller gives back as what vm_read() gives
 *
 * Source: OSF manual page mach_ports_lookup.
 */
kern_return_t mach_ports_lookup(task_t target_task,
    mach_port_array_t *init_port_set,
    mach_msg_type_number_t *init_port_set_count);

#ifdef __cplusplus
}
#endif

#endif
