#include "server/port_space.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/msg.h"
#include "server/port.h"

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

void
port_right_die(struct port_right *right)
{
	struct port *port = right->port;

	LIST_REMOVE(right, link);
	right->port = NULL;
	port_unref(port);
}

void
port_space_init(struct port_space *space)
{
	*space = (struct port_space){ 0 };
}

/* From the end. */
bool
port_space_reap(struct port_space *space, uint32_t *steps)
{
	for (; *steps > 0 && space->size > 0;
	     *steps -= 1 + MIN(port_work(), *steps - 1)) {
		struct port_right *right = space->slots[--space->size].right;

		if (!right)
			continue;
		if (right->port)
			port_right_die(right);
		free(right);
	}
	if (space->size > 0)
		return true;
	free(space->slots);
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

static void
slot_give(struct port_space *space, uint32_t i)
{
	struct port_slot *slot = &space->slots[i];

	slot->right = NULL;
	slot->free = true;
	slot->prev_free = 0;
	slot->next_free = space->free;
	if (space->free != 0)
		space->slots[space->free].prev_free = i;
	space->free = i;
}

static void
slot_take(struct port_space *space, uint32_t i, struct port_right *right)
{
	struct port_slot *slot = &space->slots[i];

	if (slot->prev_free != 0)
		space->slots[slot->prev_free].next_free = slot->next_free;
	else if (slot->free)
		space->free = slot->next_free;
	if (slot->next_free != 0)
		space->slots[slot->next_free].prev_free = slot->prev_free;
	slot->prev_free = slot->next_free = 0;
	slot->free = false;
	slot->right = right;
	right->name = name_of(space, i);
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

/* A new right, in a slot that has none. */
static bool
insert_at(struct port_space *space, uint32_t i, struct port *port)
{
	struct port_right *right = calloc(1, sizeof(*right));

	assert(!port_is_dead(port));
	if (!right)
		return false;
	right->space = space;
	right->urefs = 1;
	right->port = port;
	port_ref(port);
	LIST_INSERT_HEAD(&port->rights, right, link);
	slot_take(space, i, right);
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
	if (space->free == 0 && !space_grow(space))
		return KERN_RESOURCE_SHORTAGE;
	i = space->free;
	if (!insert_at(space, i, port))
		return KERN_RESOURCE_SHORTAGE;
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

void
port_right_destroy(struct port_right *right)
{
	struct port_space *space = right->space;
	uint32_t i = right->name >> GENERATION_BITS;

	if (right->port)
		port_right_die(right);
	free(right);
	slot_give(space, i);
	space->slots[i].generation++;
}

kern_return_t
port_right_modify(struct port_right *right, int32_t delta)
{
	int64_t urefs = (int64_t)right->urefs + delta;

	if (urefs < 0)
		return KERN_INVALID_VALUE;
	if (urefs > UREFS_MOST)
		return KERN_UREFS_OVERFLOW;
	right->urefs = (uint32_t)urefs;
	if (urefs == 0)
		port_right_destroy(right);
	return KERN_SUCCESS;
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
	uint32_t from = right->name >> GENERATION_BITS;
	uint32_t to = name >> GENERATION_BITS;

	if (port_space_lookup(space, name))
		return KERN_NAME_EXISTS;
	if (to >= SLOTS_MOST)
		return KERN_NO_SPACE;
	while (to >= space->size)
		if (!space_grow(space))
			return KERN_RESOURCE_SHORTAGE;
	if (to != from && !space->slots[to].free)
		return KERN_NO_SPACE;
	slot_give(space, from);
	space->slots[from].generation++;
	space->slots[to].generation = (uint8_t)name;
	slot_take(space, to, right);
	return KERN_SUCCESS;
}
