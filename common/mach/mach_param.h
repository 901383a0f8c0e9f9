/* Limits. */
#ifndef MACH_MACH_PARAM_H
#define MACH_MACH_PARAM_H

#define TASK_PORT_REGISTER_MAX 3 /* ports that mach_ports_register keeps */

#endif
