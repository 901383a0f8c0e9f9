/* Scheduling policies: task_info() reports one, nothing here is scheduled. */
#ifndef MACH_POLICY_H
#define MACH_POLICY_H

#include <mach/machine/vm_types.h>

typedef int policy_t;
typedef integer_t *policy_info_t;
typedef integer_t *policy_base_t;
typedef integer_t *policy_limit_t;

#define POLICY_NULL      0
#define POLICY_TIMESHARE 1
#define POLICY_RR        2
#define POLICY_FIFO      4

#endif
