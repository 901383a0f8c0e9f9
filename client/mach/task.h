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

#ifdef __cplusplus
}
#endif

#endif
