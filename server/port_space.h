/*
 * The names that a connection has for ports
 *
 * A connection has a space of names, meaningless on any other: a name is a slot
 * of the space and the generation of the slot, so that one that was given back
 * does not soon mean another thing.
 *
 *      name 0x203 = slot 2, generation 3
 *                     │
 *      space [   ][ right ][ right ][   ]        user references: counted
 *                     │        └─────────► (dead)
 *                     └──► port ──► task
 *
 * All rights are send rights, or dead names. A right that arrives again arrives
 * under the same name, with a user reference more: a space has one name for a
 * port at the most.
 *
 * Source: Mach 3 Kernel Principles, 4; Mach's ipc_space, ipc_entry, ipc_right.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <mach/kern_return.h>
#include <mach/port.h>

struct port;

struct port_right {
	struct port *port; /* NULL: a dead name */
	struct port_space *space;
	LIST_ENTRY(port_right) link; /* port::rights */
	mach_port_name_t name;
	uint32_t urefs; /* at least 1 */
};

struct port_slot {
	struct port_right *right; /* NULL: none */
	uint32_t next_free;       /* of the free, both; 0: none */
	uint32_t prev_free;
	bool free; /* no right, and for anybody */
	uint8_t generation;
};

struct port_space {
	struct port_slot *slots; /* 0 is never used; 1 waits for the own task */
	uint32_t size;
	uint32_t free; /* first of the free; 0: none */
};

void port_space_init(struct port_space *space);
void port_space_deinit(struct port_space *space);

/* The same in slices of `steps` rights and slots. True: there are more. */
bool port_space_reap(struct port_space *space, uint32_t *steps);

/*
 * A right to the port: its name gets one user reference more.
 *
 * => the port is not dead
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

/*
 * The rights of a space, in the order of slots: the one at slot *at, or the
 * next one. *at is set to the slot behind it. NULL: there is none.
 */
struct port_right *port_space_next(const struct port_space *space,
    uint32_t *at);

/* One user reference less; with the last one the name is free. */
void port_right_release(struct port_right *right);

/*
 * So many user references more; fewer, if delta is negative.
 *
 * => KERN_INVALID_VALUE: so many there are not; KERN_UREFS_OVERFLOW
 */
kern_return_t port_right_modify(struct port_right *right, int32_t delta);

/* All user references. */
void port_right_destroy(struct port_right *right);

/*
 * Gives a right another name, with all its user references.
 *
 * => the name is neither null nor dead
 * => KERN_NAME_EXISTS: it is a right's; also of this one
 * => KERN_NO_SPACE: there can be no such name: its slot is not, or has another
 * => KERN_RESOURCE_SHORTAGE
 */
kern_return_t port_right_rename(struct port_right *right,
    mach_port_name_t name);

/* The port has died: the name becomes a dead one. */
void port_right_die(struct port_right *right);
