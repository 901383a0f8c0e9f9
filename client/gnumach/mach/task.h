/* Calls on tasks. task_create has no ledgers, task_info GNU Mach's flavours. */
#ifndef GNUMACH_TASK_H
#define GNUMACH_TASK_H

#pragma GCC system_header /* for include_next */
#define task_create task_create_with_ledgers
#define task_info   task_info_by_flavor
#include_next <mach/task.h>
#undef task_create
#undef task_info

#ifdef __cplusplus
extern "C" {
#endif

/* task_create: a child with an empty map, or with what it inherits.
 *
 * Source: gnumach kern/task.c. */
kern_return_t task_create(task_t parent_task, boolean_t inherit_memory,
    task_t *child_task) __asm__("gnumach_task_create");

/* task_info: tells about a task.
 *
 * => flavor: TASK_BASIC_INFO or TASK_EVENTS_INFO
 * => KERN_INVALID_ARGUMENT: another, or too little room
 *
 * Source: gnumach kern/task.c. */
kern_return_t task_info(task_t target_task, int flavor, task_info_t info,
    mach_msg_type_number_t *info_count) __asm__("gnumach_task_info");

#ifdef __cplusplus
}
#endif

#endif
