/*
 * Ports that a program asks the kernel for, without a message
 *
 * mach_task_self() and mach_host_self() are among them for GNU Mach.
 */
#ifndef MACH_MACH_TRAPS_H
#define MACH_MACH_TRAPS_H

#include <mach/mach_init.h>

#ifdef __cplusplus
extern "C" {
#endif

/* task_self_trap: mach_task_self(), as a function. */
static inline mach_port_name_t
task_self_trap(void)
{
	return mach_task_self();
}

/* host_self_trap: mach_host_self(). */
static inline mach_port_name_t
host_self_trap(void)
{
	return mach_host_self();
}

#ifdef __cplusplus
}
#endif

#endif
