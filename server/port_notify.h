/*
 * Notifications: what a client asked to be told about ports
 *
 * A request is a send-once right to a port of the client's, and waits where it
 * was made: with a name, for the port to die; or with a receive right, for the
 * last send right to go. Whatever comes of it, it becomes one message, and it
 * has the memory for it from the start:
 *
 *      name ──► request ──► port ──► its receiver
 *                  │
 *                  │ the port died          MACH_NOTIFY_DEAD_NAME
 *                  │ the name was freed     MACH_NOTIFY_PORT_DELETED
 *                  │ no senders             MACH_NOTIFY_NO_SENDERS
 *                  │ another took its place MACH_NOTIFY_SEND_ONCE
 *                  ▼
 *               messages of the receiver's space ──► socket
 *
 * If the port that is to be told dies first, nothing comes of it. These are the
 * only send-once rights there are.
 *
 * Source: Mach's ipc_notify; OSF manual page mach_port_request_notification.
 */
#pragma once

#include <stdint.h>
#include <sys/queue.h>

#include <mach/kern_return.h>
#include <mach/message.h>

struct port;
struct port_space;

struct port_request {
	struct port *notify;           /* whom to tell; no reference */
	LIST_ENTRY(port_request) link; /* port::requests */
	struct port_request **place;   /* where it waits; NULL: a message */

	/* Of a message. */
	TAILQ_ENTRY(port_request) message_link; /* port_space::messages */
	mach_msg_id_t id;                       /* MACH_NOTIFY_ */
	uint32_t value; /* the name, or the make-send count */
};

/*
 * A request, that waits in *place.
 *
 * => notify: is not dead
 * => one that waits there is told MACH_NOTIFY_SEND_ONCE
 * => KERN_RESOURCE_SHORTAGE
 */
kern_return_t port_request_new(struct port *notify,
    struct port_request **place);

/* Makes the request in *place, if there is one, a message. */
void port_request_send(struct port_request **place, mach_msg_id_t id,
    uint32_t value);

/* The port is to be told nothing any more. */
void port_requests_cancel(struct port *notify);

/* The next message for the receive rights of a space; NULL: there is none. Who
 * has delivered it frees it. */
struct port_request *port_space_message(const struct port_space *space);
void port_request_free(struct port_request *request);
