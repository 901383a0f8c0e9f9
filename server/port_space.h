/*
 * The names that a connection has for ports
 *
 * A connection has a space of names, meaningless on any other: a name is a slot
 * of the space and the generation of the slot, so that one that was given back
 * does not soon mean another thing: of the free slots the one that has been free
 * for longest is taken, and all of them 256 times before a name comes again.
 *
 *      name 0x203 = slot 2, generation 3
 *                     │
 *      space [   ][ right ][ right ][   ]        user references: counted
 *                     │        └─────────► (dead)
 *                     └──► port ──► task
 *
 * A name stands for send rights, for the receive right, for both, or is dead. A
 * right that arrives again arrives under the same name, with a user reference
 * more: a space has one name for a port at the most.
 *
 *      receive   urefs   port
 *      no        1..     ──►    send rights
 *      yes       0       ──►    the receive right
 *      yes       1..     ──►    both
 *      no        1..     NULL   a dead name
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
struct port_request;
struct user;

struct port_right {
	struct port *port; /* NULL: a dead name */
	struct port_space *space;
	LIST_ENTRY(port_right) link; /* port::rights */
	mach_port_name_t name;
	uint32_t urefs; /* of send rights, or of the dead name */
	bool receive;
	struct port_request *request; /* for its death; NULL: none */
};

struct port_slot {
	struct port_right *right; /* NULL: none */
	uint32_t next_free;       /* the one that was freed later; 0: none */
	uint32_t prev_free;
	bool free; /* no right, and for anybody */
	uint8_t generation;
};

struct port_space {
	struct port_slot *slots; /* 0 is never used; 1 and 2 wait for theirs */
	uint32_t size;
	uint32_t free; /* first of the free; 0: none */
	uint32_t last_free;

	TAILQ_HEAD(, port_request) messages; /* for its receive rights */
	uint32_t request_count;              /* messages included */
	void (*message_came)(struct port_space *space); /* NULL: nobody cares */

	struct user *user; /* whom slots are charged to; NULL: nobody */
	uint32_t charged;
};

void port_space_init(struct port_space *space);
void port_space_deinit(struct port_space *space);

/* The same in slices of `steps` rights and slots. True: there are more. */
bool port_space_reap(struct port_space *space, uint32_t *steps);

/*
 * A send right to the port: its name gets one user reference more.
 *
 * => the port is not dead
 * => *name: a new one, or that which the space has already
 * => KERN_RESOURCE_SHORTAGE, KERN_UREFS_OVERFLOW
 */
kern_return_t port_space_insert(struct port_space *space, struct port *port,
    mach_port_name_t *name);

/* The same for the first right to the task that the space belongs to, whose
 * name is MSG_TASK_SELF; and to the registry, which has MSG_BOOTSTRAP. */
kern_return_t port_space_insert_self(struct port_space *space,
    struct port *port);
kern_return_t port_space_insert_bootstrap(struct port_space *space,
    struct port *port);

/*
 * A new right: to receive, from a new port of kind PORT_QUEUE; or a dead name.
 *
 * => right: MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_DEAD_NAME
 * => *name: the name that it is to have, neither null nor dead: as
 *    port_right_rename(); MACH_PORT_NULL: any, that it becomes
 * => KERN_RESOURCE_SHORTAGE
 */
kern_return_t port_space_allocate(struct port_space *space,
    mach_port_right_t right, mach_port_name_t *name);

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
 * => there is one at least, or delta is positive
 * => KERN_INVALID_VALUE: so many there are not; KERN_UREFS_OVERFLOW
 */
kern_return_t port_right_modify(struct port_right *right, int32_t delta);

/*
 * A send right out of a receive right: a user reference more, and one in the
 * make-send count.
 *
 * => KERN_UREFS_OVERFLOW
 */
kern_return_t port_right_make_send(struct port_right *right);

/* All user references, and the receive right: the port dies. */
void port_right_destroy(struct port_right *right);

/*
 * Gives a right another name, with all its user references.
 *
 * => the name is neither null nor dead
 * => KERN_NAME_EXISTS: it is a right's; also of this one
 * => KERN_NO_SPACE: there can be no such name: its slot is not, or has another,
 *    or lies 65,536 slots and more behind all that there are
 * => KERN_RESOURCE_SHORTAGE
 */
kern_return_t port_right_rename(struct port_right *right,
    mach_port_name_t name);

/* The port has died: the name becomes a dead one, or is free if it was the
 * receive right's only. */
void port_right_die(struct port_right *right);

/* inline helpers */

/* A send right, to a port that is alive? */
static inline bool
port_right_sends(const struct port_right *right)
{
	return right->port && right->urefs > 0;
}
