/*
 * Names for ports, so that programs share them: Mach's bootstrap server
 *
 * Each user has names of their own. A program registers a port under one; those
 * of the same user look it up. What is registered, and what belongs to it, lives
 * on when the program that registered it has ended.
 *
 * A name is UTF-8 without control characters, of 1 to 127 bytes; any other is
 * KERN_INVALID_ARGUMENT. Whose program one is says the system. What bootstrap has
 * no call for, as names of other users, is in <vmd.h>.
 *
 * => bp: bootstrap_port, or what task_get_bootstrap_port() gives
 * => any call: the codes of <mach/vm_map.h>
 *
 * Source: the headers of the same name.
 */
#ifndef SERVERS_BOOTSTRAP_H
#define SERVERS_BOOTSTRAP_H

#include <mach/mach_init.h>
#include <mach/mach_types.h>
#include <servers/bootstrap_defs.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * bootstrap_register: gives a port a name of the caller's user.
 *
 * => service_port: any port that the caller has a send right to, which it keeps:
 *    a task, a memory entry, ...; MACH_PORT_NULL: the name goes
 * => the name goes, too, when the port dies
 * => only programs of the same user may look it up; vmd_name_set() changes that
 * => BOOTSTRAP_NAME_IN_USE: the user has such a name already
 * => BOOTSTRAP_UNKNOWN_SERVICE: there is no such name that could go
 * => BOOTSTRAP_NO_MEMORY: no memory, or the user has too many names
 * => MACH_SEND_INVALID_RIGHT: the port is none; KERN_INVALID_CAPABILITY: it is
 *    dead
 */
kern_return_t bootstrap_register(mach_port_t bp, const char *service_name,
    mach_port_t service_port);

/*
 * bootstrap_check_in: makes a port, and gives it a name of the caller's user.
 *
 * => *service_port: the right to receive from it. Others find send rights under
 *    the name, until the receive right goes, and the name with it
 * => BOOTSTRAP_SERVICE_ACTIVE: the user has such a name already
 * => BOOTSTRAP_NO_MEMORY: as bootstrap_register()
 */
kern_return_t bootstrap_check_in(mach_port_t bp, const char *service_name,
    mach_port_t *service_port);

/*
 * bootstrap_look_up: the port that has a name.
 *
 * => it is looked for among the names of the caller's user, then those of the
 *    daemon's, then root's: what is found no other user has put there
 * => *service_port: a send right, with a user reference more
 * => BOOTSTRAP_UNKNOWN_SERVICE: there is none that the caller may look up
 */
kern_return_t bootstrap_look_up(mach_port_t bp, const char *service_name,
    mach_port_t *service_port);

/*
 * bootstrap_look_up_array: the same for several at once.
 *
 * => *service_ports: memory as vm_read() gives, to be given back so; a port that
 *    is not known is MACH_PORT_NULL in it; NULL if nothing was asked
 * => BOOTSTRAP_BAD_COUNT: more than BOOTSTRAP_MAX_LOOKUP_COUNT
 */
kern_return_t bootstrap_look_up_array(mach_port_t bp,
    name_array_t service_names, mach_msg_type_number_t service_names_count,
    mach_port_array_t *service_ports,
    mach_msg_type_number_t *service_ports_count, boolean_t *all_services_known);

/*
 * bootstrap_status: is anybody behind the name?
 *
 * => *service_active: BOOTSTRAP_STATUS_ACTIVE
 * => BOOTSTRAP_UNKNOWN_SERVICE: as bootstrap_look_up()
 */
kern_return_t bootstrap_status(mach_port_t bp, const char *service_name,
    bootstrap_status_t *service_active);

/*
 * bootstrap_info: all names that bootstrap_look_up() finds.
 *
 * => three arrays, of as many elements, in memory as vm_read() gives; NULL if
 *    there are none
 * => server_names: empty, all of them: there are no servers
 * => a name that comes while they are told may be missing
 */
kern_return_t bootstrap_info(mach_port_t bp, name_array_t *service_names,
    mach_msg_type_number_t *service_names_count, name_array_t *server_names,
    mach_msg_type_number_t *server_names_count,
    bootstrap_status_array_t *service_active,
    mach_msg_type_number_t *service_active_count);

/* bootstrap_strerror: a code of one of these calls, in words. */
const char *bootstrap_strerror(kern_return_t code);

#ifdef __cplusplus
}
#endif

#endif
