/* Limits, where GNU Mach has others. */
#ifndef GNUMACH_MACH_PARAM_H
#define GNUMACH_MACH_PARAM_H

#pragma GCC system_header /* for include_next */
#include_next <mach/mach_param.h>

#undef TASK_PORT_REGISTER_MAX
#define TASK_PORT_REGISTER_MAX 4

#endif
