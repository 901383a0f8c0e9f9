#include "server/port_space.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <mach/notify.h>

#include "common/cleanup.h"
#include "common/msg.h"
#include "server/port.h"
#include "server/port_notify.h"
#include "server/user.h"

enum {
	GENERATION_BITS = 8,
	GENERATION_FIRST = 3,
	SLOT_SELF = 1,
	SLOT_BOOTSTRAP = 2,
	SLOTS_FIRST = 8,
	SLOTS_AT_ONCE = 8192,  /* more, */
	SLOTS_TOO_FAR = 65536, /* or so many, if a name is asked for */
	SLOTS_MOST = 1 << 20,
	UREFS_MOST = 65534, /* as Mach's */
};

static_assert((SLOT_SELF << GENERATION_BITS | GENERATION_FIRST) ==
		  MSG_TASK_SELF,
    "the name that a connection knows its own task by");
static_assert((SLOT_BOOTSTRAP << GENERATION_BITS | GENERATION_FIRST) ==
		  MSG_BOOTSTRAP,
    "and the registry");

void
port_space_init(struct port_space *space)
{
	*space = (struct port_space){ 0 };
	TAILQ_INIT(&space->messages);
}

/* From the end. Requests go with the receive rights that they are made from. */
bool
port_space_reap(struct port_space *space, uint32_t *steps)
{
	for (; *steps > 0 && space->size > 0;
	     *steps -= 1 + MIN(port_work(), *steps - 1)) {
		struct port_right *right = space->slots[--space->size].right;

		if (right)
			port_right_destroy(right);
	}
	if (space->size > 0)
		return true;
	assert(space->request_count == 0);
	free(space->slots);
	user_discharge(space->user, LIMIT_RIGHTS, space->charged);
	*space = (struct port_space){ 0 };
	return false;
}

void
port_space_deinit(struct port_space *space)
{
	uint32_t steps = UINT32_MAX;

	port_space_reap(space, &steps);
}

/* --- Slots ------------------------------------------------------------- */

static mach_port_name_t
name_of(const struct port_space *space, uint32_t slot)
{
	return slot << GENERATION_BITS | space->slots[slot].generation;
}

/* Behind all that are free. */
static void
slot_give(struct port_space *space, uint32_t i)
{
	struct port_slot *slot = &space->slots[i];

	slot->right = NULL;
	slot->free = true;
	slot->next_free = 0;
	slot->prev_free = space->last_free;
	if (space->last_free != 0)
		space->slots[space->last_free].next_free = i;
	else
		space->free = i;
	space->last_free = i;
}

static void
slot_unlink(struct port_space *space, uint32_t i)
{
	struct port_slot *slot = &space->slots[i];

	if (!slot->free)
		return;
	if (slot->prev_free != 0)
		space->slots[slot->prev_free].next_free = slot->next_free;
	else
		space->free = slot->next_free;
	if (slot->next_free != 0)
		space->slots[slot->next_free].prev_free = slot->prev_free;
	else
		space->last_free = slot->prev_free;
	slot->free = false;
}

static void
slot_take(struct port_space *space, uint32_t i, struct port_right *right)
{
	slot_unlink(space, i);
	space->slots[i].right = right;
	right->name = name_of(space, i);
}

/* How many slots there will be: twice as many, if that is not too much for one
 * call, or as many as need be; but near
 * to the user's limit no more than half of what is left, for there may be other
 * spaces. 0: so many may not be. */
static uint32_t
size_to_grow_to(const struct port_space *space, uint32_t least)
{
	uint64_t left = user_left(space->user, LIMIT_RIGHTS) / 2;
	uint32_t size = MAX(space->size, (uint32_t)SLOTS_FIRST / 2);

	if (least > SLOTS_MOST)
		return 0;
	least = MAX(least, (uint32_t)SLOTS_FIRST);
	do
		size = MIN(size + MIN(size, (uint32_t)SLOTS_AT_ONCE),
		    (uint32_t)SLOTS_MOST);
	while (size < least);
	if (size - space->size > left)
		size = MAX(least, space->size + (uint32_t)left);
	return size;
}

/* More slots, `least` in all, the lowest free first. */
static bool
space_grow(struct port_space *space, uint32_t least)
{
	uint32_t first = MAX(space->size, SLOT_BOOTSTRAP + 1);
	uint32_t size = size_to_grow_to(space, least);
	struct port_slot *slots;

	if (size == 0 ||
	    !user_charge(space->user, LIMIT_RIGHTS, size - space->size))
		return false;
	slots = realloc(space->slots, size * sizeof(*slots));
	if (!slots) {
		user_discharge(space->user, LIMIT_RIGHTS, size - space->size);
		return false;
	}
	space->charged += size - space->size;
	space->slots = slots;
	memset(slots + space->size, 0, (size - space->size) * sizeof(*slots));
	space->size = size;
	for (uint32_t i = first; i < size; i++) {
		slots[i].generation = GENERATION_FIRST;
		slot_give(space, i);
	}
	return true;
}

/* --- Rights ------------------------------------------------------------ */

/* The right that a space has to the port already. Either has few most often: it
 * is looked for on both sides at once, as long as both go on. */
static struct port_right *
find_right(const struct port_space *space, const struct port *port)
{
	struct port_right *right = LIST_FIRST(&port->rights);

	for (uint32_t i = 0; right && i < space->size; i++) {
		const struct port_slot *slot = &space->slots[i];

		if (slot->right && slot->right->port == port)
			return slot->right;
		if (right->space == space)
			return right;
		right = LIST_NEXT(right, link);
	}
	return NULL;
}

/* Chooses a slot: any that is free, or that of the name. It may be `own`, a slot
 * that will be free. */
static kern_return_t
choose_slot(struct port_space *space, mach_port_name_t name, uint32_t own,
    uint32_t *slot)
{
	uint32_t i = name >> GENERATION_BITS;

	if (name == MACH_PORT_NULL) {
		if (space->free == 0 && !space_grow(space, space->size + 1))
			return KERN_RESOURCE_SHORTAGE;
		*slot = space->free;
		return KERN_SUCCESS;
	}
	if (port_space_lookup(space, name))
		return KERN_NAME_EXISTS;
	if (i >= SLOTS_MOST || i >= space->size + SLOTS_TOO_FAR)
		return KERN_NO_SPACE;
	if (i >= space->size && !space_grow(space, i + 1))
		return KERN_RESOURCE_SHORTAGE;
	if (!space->slots[i].free && (i == 0 || i != own))
		return KERN_NO_SPACE;
	*slot = i;
	return KERN_SUCCESS;
}

/* A new right in a slot that has none, of which the caller says what it is.
 * NULL: no memory. */
static struct port_right *
right_new(struct port_space *space, uint32_t i)
{
	struct port_right *right = calloc(1, sizeof(*right));

	if (!right)
		return NULL;
	right->space = space;
	slot_take(space, i, right);
	return right;
}

/* Its slot's generation is as the name wants it. */
static void
set_name(struct port_right *right, mach_port_name_t name)
{
	struct port_space *space = right->space;

	space->slots[name >> GENERATION_BITS].generation = (uint8_t)name;
	right->name = name;
}

/* It has one reference to the port, which the caller gives it. */
static void
set_port(struct port_right *right, struct port *port)
{
	right->port = port;
	LIST_INSERT_HEAD(&port->rights, right, link);
}

static bool
insert_at(struct port_space *space, uint32_t i, struct port *port)
{
	struct port_right *right = right_new(space, i);

	assert(!port_is_dead(port));
	if (!right)
		return false;
	right->urefs = 1;
	port_ref(port);
	set_port(right, port);
	return true;
}

kern_return_t
port_space_insert(struct port_space *space, struct port *port,
    mach_port_name_t *name)
{
	struct port_right *right = find_right(space, port);
	kern_return_t kr = KERN_SUCCESS;
	uint32_t i;

	if (right) {
		kr = port_right_modify(right, 1);
		if (kr == KERN_SUCCESS)
			*name = right->name;
		return kr;
	}
	kr = choose_slot(space, MACH_PORT_NULL, 0, &i);
	if (kr != KERN_SUCCESS)
		return kr;
	if (!insert_at(space, i, port))
		return KERN_RESOURCE_SHORTAGE;
	*name = name_of(space, i);
	return KERN_SUCCESS;
}

/* Into a slot that waits for it. */
static kern_return_t
insert_known(struct port_space *space, uint32_t slot, struct port *port)
{
	if (slot >= space->size && !space_grow(space, slot + 1))
		return KERN_RESOURCE_SHORTAGE;
	space->slots[slot].generation = GENERATION_FIRST;
	return insert_at(space, slot, port) ? KERN_SUCCESS
					    : KERN_RESOURCE_SHORTAGE;
}

kern_return_t
port_space_insert_self(struct port_space *space, struct port *port)
{
	return insert_known(space, SLOT_SELF, port);
}

kern_return_t
port_space_insert_bootstrap(struct port_space *space, struct port *port)
{
	return insert_known(space, SLOT_BOOTSTRAP, port);
}

kern_return_t
port_space_allocate(struct port_space *space, mach_port_right_t kind,
    mach_port_name_t *name)
{
	_cleanup_(port_unrefp) struct port *port = NULL;
	struct port_right *right;
	kern_return_t kr;
	uint32_t i;

	kr = choose_slot(space, *name, 0, &i);
	if (kr != KERN_SUCCESS)
		return kr;
	if (kind == MACH_PORT_RIGHT_RECEIVE) {
		port = port_new(PORT_QUEUE, NULL);
		if (!port)
			return KERN_RESOURCE_SHORTAGE;
	}
	right = right_new(space, i);
	if (!right)
		return KERN_RESOURCE_SHORTAGE;
	if (*name != MACH_PORT_NULL)
		set_name(right, *name);
	*name = right->name;
	if (!port) {
		right->urefs = 1;
		return KERN_SUCCESS;
	}
	right->receive = true;
	port->receiver = right;
	set_port(right, steal(&port));
	return KERN_SUCCESS;
}

struct port_right *
port_space_lookup(const struct port_space *space, mach_port_name_t name)
{
	uint32_t i = name >> GENERATION_BITS;
	struct port_right *right;

	if (i >= space->size)
		return NULL;
	right = space->slots[i].right;
	return right && right->name == name ? right : NULL;
}

struct port_right *
port_space_next(const struct port_space *space, uint32_t *at)
{
	while (*at < space->size) {
		struct port_right *right = space->slots[(*at)++].right;

		if (right)
			return right;
	}
	return NULL;
}

static void
right_free(struct port_right *right)
{
	struct port_space *space = right->space;
	uint32_t i = right->name >> GENERATION_BITS;

	port_request_send(&right->request, MACH_NOTIFY_PORT_DELETED,
	    right->name);
	free(right);
	slot_give(space, i);
	space->slots[i].generation++;
}

/* Neither sends nor receives any more. */
static void
right_leave(struct port_right *right)
{
	struct port *port = steal(&right->port);
	bool receive = right->receive;

	LIST_REMOVE(right, link);
	right->receive = false;
	if (receive)
		port_unref(port);
	if (right->urefs > 0)
		port_unref(port);
}

/* One who is told of it has a reference more, so that nobody gives up the name
 * before the message is read. */
void
port_right_die(struct port_right *right)
{
	right_leave(right);
	if (right->urefs == 0) {
		right_free(right);
		return;
	}
	if (right->request && right->urefs < UREFS_MOST)
		right->urefs++;
	port_request_send(&right->request, MACH_NOTIFY_DEAD_NAME, right->name);
}

void
port_right_destroy(struct port_right *right)
{
	bool receives_only = right->receive && right->urefs == 0;

	port_request_send(&right->request, MACH_NOTIFY_PORT_DELETED,
	    right->name);
	if (right->receive)
		port_destroy(right->port);
	if (receives_only)
		return;
	if (right->port)
		right_leave(right);
	right_free(right);
}

kern_return_t
port_right_modify(struct port_right *right, int32_t delta)
{
	int64_t urefs = (int64_t)right->urefs + delta;
	bool sent = right->urefs > 0;

	if (urefs < 0)
		return KERN_INVALID_VALUE;
	if (urefs > UREFS_MOST)
		return KERN_UREFS_OVERFLOW;
	if (urefs == 0 && !right->receive) {
		port_right_destroy(right);
		return KERN_SUCCESS;
	}
	right->urefs = (uint32_t)urefs;
	if (!sent && urefs > 0)
		port_ref(right->port);
	if (sent && urefs == 0)
		port_unref(right->port);
	return KERN_SUCCESS;
}

kern_return_t
port_right_make_send(struct port_right *right)
{
	kern_return_t kr;

	assert(right->receive);
	kr = port_right_modify(right, 1);
	if (kr == KERN_SUCCESS)
		right->port->mscount++;
	return kr;
}

void
port_right_release(struct port_right *right)
{
	port_right_modify(right, -1);
}

kern_return_t
port_right_rename(struct port_right *right, mach_port_name_t name)
{
	struct port_space *space = right->space;
	uint32_t from = right->name >> GENERATION_BITS, to;
	kern_return_t kr = choose_slot(space, name, from, &to);

	if (kr != KERN_SUCCESS)
		return kr;
	slot_give(space, from);
	space->slots[from].generation++;
	slot_take(space, to, right);
	set_name(right, name);
	return KERN_SUCCESS;
}
