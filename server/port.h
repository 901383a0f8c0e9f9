/*
 * Ports
 *
 * A port stands for a task, for the host, for a memory entry, or for the registry
 * of names; or a client made it, to be told something (port_notify.h).
 * Connections have names for ports (port_space.h). Tasks hold some, too, without a
 * name: their special ports, and those registered with them. So does the registry,
 * under names for all to look up (registry.h).
 *
 *      name ──► port A ──► task            port C ──► task
 *                  │                         ▲ │
 *                  └ holds ──► port B ──► task └ holds
 *                                          (nobody comes by it: it goes)
 *
 * A port lives as long as there is a right to it, or it is registered, or a task
 * holds it that somebody could ask for it: whom a right or a name leads to, over
 * however many tasks. A task that holds itself is not kept by that, nor are two
 * that hold each other: with the last right that leads to them they go. What a
 * port stands for goes with it.
 *
 * A task has up to four ports, of which each can do what those before it can:
 *
 *      name < inspect < read < control
 *
 * A right to one of the first three keeps nothing alive: with the control port
 * they die.
 *
 * When a task is terminated its port dies: all rights to it become dead names,
 * and it lets go of what it holds. Others may go on holding a port that is
 * dead. A port that a client made dies with the receive right to it, which
 * never leaves the space that it was made in.
 *
 * References are send rights, but for that of the receive right: when it is the
 * last one left, nobody can send any more.
 *
 * Source: Mach 3 Kernel Principles, 4; Mach's ipc_port, itk_space_inherit.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <mach/kern_return.h>

#include "common/cleanup.h"

struct memory_entry;
struct port_request;
struct port_right;
struct registry_name;
struct roster_entry;
struct task;

enum port_kind {
	PORT_NONE,         /* no port at all: the routine has no destination */
	PORT_ANY,          /* any will do: the routine looks at it */
	PORT_TASK_NAME,    /* says who it is */
	PORT_TASK_INSPECT, /* may look at it, */
	PORT_TASK_READ,    /* and read its memory */
	PORT_TASK,         /* may do what it likes with it */
	PORT_HOST,
	PORT_HOST_PRIV, /* serves as a plain one, too */
	PORT_MEMORY_ENTRY,
	PORT_QUEUE,     /* a client has the receive right */
	PORT_BOOTSTRAP, /* the registry of names */
};

enum { PORT_FLAVORS = PORT_TASK - PORT_TASK_NAME }; /* but for PORT_TASK */

/* Ports that a task may hold: places, whose meaning is others'. */
enum { PORT_HOLDS = 16 };

struct port_hold {
	struct port *port;          /* NULL: none */
	struct port *holder;        /* a task's; NULL: nothing was ever set */
	LIST_ENTRY(port_hold) link; /* port::holds */
};

struct port {
	enum port_kind kind;
	uint32_t refs;        /* those of holders are among them */
	struct task *task;    /* of the four for tasks; NULL: dead */
	struct port *control; /* of three of them: the fourth */
	struct port *flavors[PORT_FLAVORS]; /* of that: the three, or NULL */
	struct memory_entry *entry;         /* of PORT_MEMORY_ENTRY */
	struct port_right *receiver;        /* of PORT_QUEUE; NULL: dead */
	uint32_t mscount; /* of PORT_QUEUE: make-send count; it may wrap */
	struct port_request *no_senders;    /* asked for, or NULL */
	LIST_HEAD(, port_request) requests; /* that it is to be told */
	LIST_HEAD(, port_right) rights;
	LIST_HEAD(, registry_name) names; /* that it is registered under */
	LIST_HEAD(, port_hold) holds;     /* of it, by tasks */
	uint32_t hold_count;
	struct port_hold *held; /* by its task: PORT_HOLDS; NULL: none yet */
	struct roster_entry *on_roster; /* a task's control port; or NULL */

	bool dropped; /* while port_unref() is at work */
	bool seen;
	STAILQ_ENTRY(port) drop_link;
	STAILQ_ENTRY(port) seen_link;
};

/* A port with one reference, of the caller's. It takes over the caller's
 * reference to the task, or the entry, on success. NULL: no memory. */
struct port *port_new(enum port_kind kind, struct task *task);
struct port *port_new_entry(struct memory_entry *entry);
void port_ref(struct port *port);

/*
 * A lesser port of a task, of which any port is given: the same each time, as
 * long as there is a reference to it. The caller gets one. NULL: no memory.
 */
struct port *port_of_task(struct port *port, enum port_kind kind);

/* Returns NULL. What goes with the last one goes by and by: ports_reap(). */
struct port *port_unref(struct port *port);

DEFINE_CLEANUP(struct port *, port_unref)

/*
 * Finds out, of so many that somebody has let go of, whether anybody has them
 * still, and frees them if not. True: there are more.
 */
bool ports_reap(uint32_t *steps);

/* How many ports were looked at, to find out who is still to be reached, since
 * this was last asked: for who is not to let go of too many at once. */
uint32_t port_work(void);

/* The port dies: rights to it become dead names, it is registered no more, and it
 * holds nothing more. A task is terminated. The receive right is gone, and its
 * name unless that has send rights, too. */
void port_destroy(struct port *port);

/*
 * Has a task hold a port, in place of what it held there.
 *
 * => port: NULL: none. It gets a reference
 * => KERN_RESOURCE_SHORTAGE
 */
kern_return_t port_hold(struct port *task, unsigned place, struct port *port);

/* False: nothing was ever set there. *port: without a reference for the caller;
 * NULL: none; it may be dead. */
bool port_held(const struct port *task, unsigned place, struct port **port);

/* inline helpers */

/* Will it do where one of this kind is wanted? */
static inline bool
port_serves_as(const struct port *port, enum port_kind kind)
{
	return kind == PORT_ANY || port->kind == kind ||
	       (kind == PORT_HOST && port->kind == PORT_HOST_PRIV);
}

static inline bool
port_is_task(const struct port *port)
{
	return port->kind >= PORT_TASK_NAME && port->kind <= PORT_TASK;
}

static inline bool
port_is_dead(const struct port *port)
{
	return (port_is_task(port) && !port->task) ||
	       (port->kind == PORT_QUEUE && !port->receiver);
}

/* Can anybody send to a port of a client's, beside who receives? */
static inline bool
port_has_senders(const struct port *port)
{
	return port->refs > (port->receiver ? 1 : 0);
}
