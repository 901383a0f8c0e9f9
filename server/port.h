/*
 * Ports, and the names that a connection has for them
 *
 * A port stands for a task, or for the host. A connection has a space of names,
 * meaningless on any other: a name is a slot of the space and the generation of
 * the slot, so that one that was given back does not soon mean another thing.
 *
 *      name 0x203 = slot 2, generation 3
 *                     │
 *      space [   ][ right ][ right ][   ]        user references: counted
 *                     │        └─────────► (dead)
 *                     └──► port ──► task
 *
 * A right that arrives again arrives under the same name, with a user reference
 * more. When a task is terminated its port dies, and all rights to it become
 * dead names. A port lives as long as there is a right to it, and its task as
 * long as the port.
 *
 * Source: Mach 3 Kernel Principles, 4; Mach's ipc_space, ipc_entry, ipc_right.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <mach/kern_return.h>
#include <mach/port.h>

#include "common/cleanup.h"

struct task;

enum port_kind {
	PORT_NONE, /* no port at all: the routine has no destination */
	PORT_TASK,
	PORT_HOST,
};

struct port {
	enum port_kind kind;
	uint32_t refs;
	struct task *task; /* of PORT_TASK; NULL: dead */
	LIST_HEAD(, port_right) rights;
};

struct port_right {
	struct port *port; /* NULL: a dead name */
	struct port_space *space;
	LIST_ENTRY(port_right) link; /* port::rights */
	mach_port_name_t name;
	uint32_t urefs; /* at least 1 */
};

struct port_slot {
	struct port_right *right; /* NULL: free */
	uint32_t next_free;       /* of the free; 0: none */
	uint8_t generation;
};

struct port_space {
	struct port_slot *slots; /* 0 is never used; 1 waits for the own task */
	uint32_t size;
	uint32_t free; /* first of the free; 0: none */
};

/* A port with one reference, of the caller's. Of a task: it takes over the
 * caller's reference to it, on success. NULL: no memory. */
struct port *port_new(enum port_kind kind, struct task *task);
void port_ref(struct port *port);
struct port *port_unref(struct port *port);

DEFINE_CLEANUP(struct port *, port_unref)

/* The port dies: rights to it become dead names. A task is terminated. */
void port_destroy(struct port *port);

void port_space_init(struct port_space *space);
void port_space_deinit(struct port_space *space);

/*
 * A right to the port: its name gets one user reference more.
 *
 * => *name: a new one, or that which the space has already
 * => KERN_RESOURCE_SHORTAGE, KERN_UREFS_OVERFLOW
 */
kern_return_t port_space_insert(struct port_space *space, struct port *port,
    mach_port_name_t *name);

/* The same for the first right to the task that the space belongs to, whose
 * name is MSG_TASK_SELF. */
kern_return_t port_space_insert_self(struct port_space *space,
    struct port *port);

/* NULL: the name means nothing. */
struct port_right *port_space_lookup(const struct port_space *space,
    mach_port_name_t name);

/* One user reference less; with the last one the name is free. */
void port_right_release(struct port_right *right);
