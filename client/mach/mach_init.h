/* The ports a program has from the start. */
#ifndef MACH_MACH_INIT_H
#define MACH_MACH_INIT_H

#include <mach/mach_host.h> /* host_page_size */
#include <mach/mach_types.h>
#include <mach/vm_page_size.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * mach_task_self: the program's own simulated task.
 *
 * => always the same name; no reference is added, none is to be given up
 *
 * Source: OSF manual page mach_task_self.
 */
extern mach_port_t mach_task_self_;
#define mach_task_self() mach_task_self_
#define current_task()   mach_task_self()

/*
 * mach_host_self: a send right to the host.
 *
 * => each call adds a user reference; mach_port_deallocate() gives one up
 *
 * Source: OSF manual page mach_host_self.
 */
mach_port_t mach_host_self(void);

/*
 * bootstrap_port: the registry of names; <servers/bootstrap.h>.
 *
 * => always the same name, until a program sets the variable to another
 */
extern mach_port_t bootstrap_port;

#ifdef __cplusplus
}
#endif

/* What mach_ports_register has at which place. */
#define NAME_SERVER_SLOT      0
#define ENVIRONMENT_SLOT      1
#define SERVICE_SLOT          2
#define MACH_PORTS_SLOTS_USED 3

#endif
