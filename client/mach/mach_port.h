/* Calls on a task's port names. Codes that any may answer: <mach/vm_map.h>. */
#ifndef MACH_MACH_PORT_H
#define MACH_MACH_PORT_H

#include <mach/mach_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * mach_port_allocate: makes a new right.
 *
 * => right: MACH_PORT_RIGHT_RECEIVE: to receive from a new port, to which there
 *    are no send rights yet; MACH_PORT_RIGHT_DEAD_NAME: a dead name
 * => *name: the caller's name for it
 * => KERN_INVALID_VALUE: another right; port sets are not simulated
 * => KERN_NO_SPACE: the task can have no names
 *
 * Source: OSF manual page mach_port_allocate.
 */
kern_return_t mach_port_allocate(ipc_space_t task, mach_port_right_t right,
    mach_port_name_t *name);

/*
 * mach_port_allocate_name: the same, under a name that the caller chooses.
 *
 * => KERN_INVALID_VALUE: also if the name is null or dead
 * => KERN_NAME_EXISTS: it stands for something already
 * => KERN_NO_SPACE: there can be no such name
 *
 * Source: OSF manual page mach_port_allocate_name.
 */
kern_return_t mach_port_allocate_name(ipc_space_t task, mach_port_right_t right,
    mach_port_name_t name);

/*
 * mach_port_rename: gives a name's rights another name.
 *
 * => KERN_INVALID_VALUE: new_name is null or dead
 * => KERN_INVALID_NAME: the task has no name old_name
 * => KERN_NAME_EXISTS, KERN_NO_SPACE: as mach_port_allocate_name()
 *
 * Source: OSF manual page mach_port_rename.
 */
kern_return_t mach_port_rename(ipc_space_t task, mach_port_name_t old_name,
    mach_port_name_t new_name);

/*
 * mach_port_request_notification: has the caller told, once, what becomes of a
 * port. mach_msg() receives what it is told.
 *
 * => msgid: MACH_NOTIFY_DEAD_NAME: that the name has died; it has a user
 *    reference more then. MACH_NOTIFY_NO_SENDERS: that there is no send right to
 *    the port that the name receives from
 * => sync: with MACH_NOTIFY_NO_SENDERS: if there is none now, it is told at once
 *    if the make-send count is not less. With MACH_NOTIFY_DEAD_NAME: if the name
 *    is dead now, it is told at once if sync is not 0
 * => notify: a receive right of the caller's, with MACH_MSG_TYPE_MAKE_SEND_ONCE;
 *    MACH_PORT_NULL: what was asked before is withdrawn
 * => *previous: MACH_PORT_NULL. The request that stood before is told
 *    MACH_NOTIFY_SEND_ONCE
 * => one that is told otherwise: if the name is freed first,
 *    MACH_NOTIFY_PORT_DELETED; if the receive right goes, MACH_NOTIFY_SEND_ONCE
 * => KERN_INVALID_VALUE: another msgid
 * => KERN_INVALID_NAME: the task has no such name
 * => KERN_INVALID_RIGHT: MACH_NOTIFY_NO_SENDERS, and the name does not receive
 * => KERN_INVALID_ARGUMENT: MACH_NOTIFY_DEAD_NAME, the name is dead, and sync 0
 *    or notify null
 * => KERN_INVALID_CAPABILITY: notify is dead
 * => MACH_SEND_INVALID_RIGHT: notify does not receive, or another disposition
 *
 * Source: OSF manual page mach_port_request_notification.
 */
kern_return_t mach_port_request_notification(ipc_space_t task,
    mach_port_name_t name, mach_msg_id_t msgid, mach_port_mscount_t sync,
    mach_port_t notify, mach_msg_type_name_t notify_poly,
    mach_port_t *previous);

/*
 * mach_port_get_attributes: tells about a receive right.
 *
 * => flavor: MACH_PORT_RECEIVE_STATUS; port_info_out points to a
 *    mach_port_status_t
 * => *port_info_out_count in: how many 32-bit words it has room for; out: how
 *    many were written
 * => KERN_INVALID_ARGUMENT: another flavor
 * => KERN_INVALID_NAME, KERN_INVALID_RIGHT: the name does not receive
 * => KERN_FAILURE: too little room
 *
 * Source: OSF manual page mach_port_get_receive_status.
 */
kern_return_t mach_port_get_attributes(ipc_space_t task, mach_port_name_t name,
    mach_port_flavor_t flavor, mach_port_info_t port_info_out,
    mach_msg_type_number_t *port_info_out_count);

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

/*
 * mach_port_names: all names of a task, and what each stands for.
 *
 * => *names, *types: arrays, the caller's until it gives them back, as what
 *    vm_read() gives; NULL if there are no names
 * => *names_count, *types_count: how many they have, the same
 *
 * Source: OSF manual page mach_port_names.
 */
kern_return_t mach_port_names(ipc_space_t task, mach_port_name_array_t *names,
    mach_msg_type_number_t *names_count, mach_port_type_array_t *types,
    mach_msg_type_number_t *types_count);

/*
 * mach_port_type: what a name stands for.
 *
 * => *ptype: MACH_PORT_TYPE_ of <mach/port.h>
 * => KERN_INVALID_NAME: the task has no such name
 *
 * Source: OSF manual page mach_port_type.
 */
kern_return_t mach_port_type(ipc_space_t task, mach_port_name_t name,
    mach_port_type_t *ptype);

/*
 * mach_port_destroy: gives up all rights under a name, and the name.
 *
 * => KERN_INVALID_NAME: the task has no such name
 *
 * Source: OSF manual page mach_port_destroy.
 */
kern_return_t mach_port_destroy(ipc_space_t task, mach_port_name_t name);

/*
 * mach_port_get_refs: how many user references a name has to a kind of right.
 *
 * => right: MACH_PORT_RIGHT_; *refs: 0, if it has that name for another kind
 * => KERN_INVALID_VALUE: there is no such kind
 * => KERN_INVALID_NAME: the task has no such name
 *
 * Source: OSF manual page mach_port_get_refs.
 */
kern_return_t mach_port_get_refs(ipc_space_t task, mach_port_name_t name,
    mach_port_right_t right, mach_port_urefs_t *refs);

/*
 * mach_port_mod_refs: adds to them, or takes away.
 *
 * => KERN_INVALID_VALUE: there is no such kind, or there are fewer
 * => KERN_INVALID_NAME: the task has no such name
 * => KERN_INVALID_RIGHT: the name stands for another kind
 * => KERN_UREFS_OVERFLOW: there would be too many
 *
 * Source: OSF manual page mach_port_mod_refs.
 */
kern_return_t mach_port_mod_refs(ipc_space_t task, mach_port_name_t name,
    mach_port_right_t right, mach_port_delta_t delta);

/*
 * mach_port_insert_right: gives a task a right of the caller's, under a name.
 *
 * => poly: the caller's name for it; poly_poly: MACH_MSG_TYPE_COPY_SEND or
 *    MOVE_SEND of a send right, MAKE_SEND of a receive right
 * => KERN_INVALID_VALUE: the name is null or dead, or there is no such type
 * => KERN_INVALID_CAPABILITY: poly is null or dead
 * => KERN_NAME_EXISTS: the name stands for something else
 * => KERN_RIGHT_EXISTS: the task has the right under another name
 * => KERN_UREFS_OVERFLOW, KERN_NO_SPACE
 *
 * Source: OSF manual page mach_port_insert_right.
 */
kern_return_t mach_port_insert_right(ipc_space_t task, mach_port_name_t name,
    mach_port_t poly, mach_msg_type_name_t poly_poly);

/*
 * mach_port_extract_right: gets a right of a task's.
 *
 * => *poly: the caller's name for it
 * => KERN_INVALID_VALUE: there is no such type
 * => KERN_INVALID_NAME: the task has no such name
 * => KERN_INVALID_RIGHT: what it stands for is not of that type
 *
 * Source: OSF manual page mach_port_extract_right.
 */
kern_return_t mach_port_extract_right(ipc_space_t task, mach_port_name_t name,
    mach_msg_type_name_t msgt_name, mach_port_t *poly,
    mach_msg_type_name_t *poly_poly);

#ifdef __cplusplus
}
#endif

#endif
