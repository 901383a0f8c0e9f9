#include "server/port.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/msg.h"
#include "server/vm/task.h"

enum {
	GENERATION_BITS = 8,
	GENERATION_FIRST = 3,
	SLOT_SELF = 1,
	SLOTS_FIRST = 8,
	SLOTS_MOST = 1 << 20,
	UREFS_MOST = 65534, /* as Mach's */
};

static_assert((SLOT_SELF << GENERATION_BITS | GENERATION_FIRST) ==
		  MSG_TASK_SELF,
    "the name that a connection knows its own task by");

struct port *
port_new(enum port_kind kind, struct task *task)
{
	struct port *port = calloc(1, sizeof(*port));

	if (!port)
		return NULL;
	port->kind = kind;
	port->refs = 1;
	port->task = task;
	LIST_INIT(&port->rights);
	return port;
}

void
port_ref(struct port *port)
{
	assert(port->refs < UINT32_MAX);
	port->refs++;
}

struct port *
port_unref(struct port *port)
{
	if (!port || --port->refs > 0)
		return NULL;
	task_unref(port->task);
	free(port);
	return NULL;
}

static void
right_die(struct port_right *right)
{
	struct port *port = right->port;

	LIST_REMOVE(right, link);
	right->port = NULL;
	port_unref(port);
}

void
port_destroy(struct port *port)
{
	struct task *task = port->task;

	port_ref(port);
	while (!LIST_EMPTY(&port->rights))
		right_die(LIST_FIRST(&port->rights));
	port->task = NULL;
	if (task) {
		task_terminate(task);
		task_unref(task);
	}
	port_unref(port);
}

void
port_space_init(struct port_space *space)
{
	*space = (struct port_space){ 0 };
}

void
port_space_deinit(struct port_space *space)
{
	for (uint32_t i = 0; i < space->size; i++) {
		struct port_right *right = space->slots[i].right;

		if (!right)
			continue;
		if (right->port)
			right_die(right);
		free(right);
	}
	free(space->slots);
	*space = (struct port_space){ 0 };
}

static mach_port_name_t
name_of(const struct port_space *space, uint32_t slot)
{
	return slot << GENERATION_BITS | space->slots[slot].generation;
}

/* More slots, the lowest free first. */
static bool
space_grow(struct port_space *space)
{
	uint32_t first = MAX(space->size, SLOT_SELF + 1);
	uint32_t size = MAX(space->size * 2, (uint32_t)SLOTS_FIRST);
	struct port_slot *slots;

	if (size > SLOTS_MOST)
		return false;
	slots = realloc(space->slots, size * sizeof(*slots));
	if (!slots)
		return false;
	space->slots = slots;
	memset(slots + space->size, 0, (size - space->size) * sizeof(*slots));
	space->size = size;
	for (uint32_t i = size; i-- > first;) {
		slots[i].generation = GENERATION_FIRST;
		slots[i].next_free = space->free;
		space->free = i;
	}
	return true;
}

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

/* A new right, in a slot that is free and on no list. */
static bool
insert_at(struct port_space *space, uint32_t i, struct port *port)
{
	struct port_right *right = calloc(1, sizeof(*right));

	if (!right)
		return false;
	right->name = name_of(space, i);
	right->space = space;
	right->urefs = 1;
	right->port = port;
	port_ref(port);
	LIST_INSERT_HEAD(&port->rights, right, link);
	space->slots[i].right = right;
	return true;
}

kern_return_t
port_space_insert(struct port_space *space, struct port *port,
    mach_port_name_t *name)
{
	struct port_right *right = find_right(space, port);
	uint32_t i, next;

	if (right) {
		if (right->urefs == UREFS_MOST)
			return KERN_UREFS_OVERFLOW;
		right->urefs++;
		*name = right->name;
		return KERN_SUCCESS;
	}
	if (space->free == 0 && !space_grow(space))
		return KERN_RESOURCE_SHORTAGE;
	i = space->free;
	next = space->slots[i].next_free;
	if (!insert_at(space, i, port))
		return KERN_RESOURCE_SHORTAGE;
	space->free = next;
	*name = name_of(space, i);
	return KERN_SUCCESS;
}

kern_return_t
port_space_insert_self(struct port_space *space, struct port *port)
{
	if (space->size == 0 && !space_grow(space))
		return KERN_RESOURCE_SHORTAGE;
	space->slots[SLOT_SELF].generation = GENERATION_FIRST;
	return insert_at(space, SLOT_SELF, port) ? KERN_SUCCESS
						 : KERN_RESOURCE_SHORTAGE;
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

void
port_right_release(struct port_right *right)
{
	struct port_space *space = right->space;
	uint32_t i = right->name >> GENERATION_BITS;
	struct port_slot *slot = &space->slots[i];

	if (--right->urefs > 0)
		return;
	if (right->port)
		right_die(right);
	free(right);
	slot->right = NULL;
	slot->generation++;
	slot->next_free = space->free;
	space->free = i;
}
