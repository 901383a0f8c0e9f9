/*
 * What a program asks the kernel for without a message: its first ports, and
 * messages
 *
 * mach_task_self() and mach_host_self() are among them for GNU Mach.
 */
#ifndef MACH_MACH_TRAPS_H
#define MACH_MACH_TRAPS_H

#include <mach/mach_init.h>
#include <mach/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * mach_msg: receives a message, which is a notification here (<mach/notify.h>).
 *
 * => msg: room for rcv_size bytes: the message, and a trailer of
 *    MACH_MSG_TRAILER_MINIMUM_SIZE behind it
 * => option: MACH_RCV_MSG, and
 *    MACH_RCV_TIMEOUT: waits for `timeout` milliseconds at the most
 *    MACH_RCV_LARGE: a message that is too large is kept, and its size told
 *    MACH_RCV_INTERRUPT: gives up when a signal comes, if it is this thread that
 *    reads from the daemon
 * => rcv_name: of a receive right
 * => MACH_RCV_TIMED_OUT, MACH_RCV_INTERRUPTED
 * => MACH_RCV_TOO_LARGE: rcv_size is too little; without MACH_RCV_LARGE the
 *    message is gone
 * => MACH_RCV_INVALID_NAME: the name does not receive, or there is no daemon
 * => MACH_RCV_PORT_DIED: the right went, or the daemon, while it waited
 * => MACH_SEND_INVALID_DEST: MACH_SEND_MSG; tasks send none to each other here
 *
 * Source: OSF manual page mach_msg.
 */
mach_msg_return_t mach_msg(mach_msg_header_t *msg, mach_msg_option_t option,
    mach_msg_size_t send_size, mach_msg_size_t rcv_size,
    mach_port_name_t rcv_name, mach_msg_timeout_t timeout,
    mach_port_name_t notify);

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
