#include "server/vm/vm_upkeep.h"

#include <assert.h>
#include <stdlib.h>

#include <mach/vm_purgable.h>

#include "common/cleanup.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_share.h"

struct vm_upkeep *
vm_upkeep_of(struct vm_machine *vm, struct vm_object *object)
{
	struct vm_upkeep *upkeep = object->upkeep;

	if (upkeep)
		return upkeep;
	upkeep = calloc(1, sizeof(*upkeep));
	if (!upkeep)
		return NULL;
	upkeep->object = object;
	object->upkeep = upkeep;
	LIST_INSERT_HEAD(&vm->upkeeps, upkeep, link);
	return upkeep;
}

/* Bytes of [start, end) that are wired. */
static uint64_t
wired_bytes(const struct range_tree *wires, uint64_t start, uint64_t end)
{
	const struct range *wire = range_tree_find(wires, start);
	uint64_t bytes = 0;

	for (; wire && wire->start < end; wire = wire->next)
		bytes += MIN(wire->end, end) - MAX(wire->start, start);
	return bytes;
}

static bool
is_waiting(const struct vm_upkeep *upkeep)
{
	return (upkeep->state & VM_PURGABLE_STATE_MASK) == VM_PURGABLE_VOLATILE;
}

static void dequeue(struct vm_machine *vm, struct vm_upkeep *upkeep);

void
vm_upkeep_free(struct vm_machine *vm, struct vm_upkeep *upkeep)
{
	if (!upkeep)
		return;
	if (is_waiting(upkeep))
		dequeue(vm, upkeep);
	vm->wired -= wired_bytes(&upkeep->wires, 0, UINT64_MAX);
	vm_share_clear(vm, &upkeep->wires);
	LIST_REMOVE(upkeep, link);
	upkeep->object->upkeep = NULL;
	free(upkeep);
}

/* --- Wiring ------------------------------------------------------------ */

void
vm_upkeep_wire(struct vm_machine *vm, struct vm_object *object, uint64_t start,
    uint64_t end)
{
	assert(object->upkeep);
	vm->wired -= wired_bytes(&object->upkeep->wires, start, end);
	vm_share_add(vm, &object->upkeep->wires, start, end);
	vm->wired += end - start;
}

static void
nothing_is_gone(void *context, uint64_t start, uint64_t end)
{
	(void)context, (void)start, (void)end;
}

void
vm_upkeep_unwire(struct vm_machine *vm, struct vm_object *object,
    uint64_t start, uint64_t end)
{
	struct range_tree *wires = &object->upkeep->wires;

	vm->wired -= wired_bytes(wires, start, end);
	vm_share_drop(vm, wires, start, end, nothing_is_gone, NULL);
	vm->wired += wired_bytes(wires, start, end);
}

bool
vm_upkeep_wired(const struct vm_object *object, uint64_t start, uint64_t *end)
{
	uint64_t low = start;

	return object && object->upkeep &&
	       vm_share_at(&object->upkeep->wires, start, &low, end);
}

uint64_t
vm_machine_wired(const struct vm_machine *vm)
{
	return vm->wired >> VM_PAGE_SHIFT;
}

/* --- Purging ----------------------------------------------------------- */

bool
vm_upkeep_purgable(const struct vm_object *object)
{
	return object && object->upkeep && object->upkeep->purgable;
}

void
vm_upkeep_make_purgable(struct vm_object *object)
{
	object->upkeep->purgable = true;
}

int
vm_upkeep_state(const struct vm_object *object)
{
	return object->upkeep->state & VM_PURGABLE_STATE_MASK;
}

static uint64_t
resident(const struct vm_machine *vm, const struct vm_object *object)
{
	return page_tree_count(vm, &object->pages, 0, PAGE_TREE_SPAN);
}

/* Lets go of all pages but the wired ones. */
static void
empty(struct vm_machine *vm, struct vm_object *object)
{
	const uint64_t all = (PAGE_TREE_SPAN - object->phase) << VM_PAGE_SHIFT;
	const struct range *wire = object->upkeep->wires.first;
	uint64_t at = 0;

	vm->events.purges += resident(vm, object);
	if (!wire) {
		page_tree_drop(vm, &object->pages);
		return;
	}
	for (; wire; wire = wire->next) {
		vm_object_clear(vm, object, at, wire->start);
		at = wire->end;
	}
	vm_object_clear(vm, object, at, all);
	vm->events.purges -= resident(vm, object);
}

/* Which queue a state puts an object into: what is obsolete goes first, then
 * the groups in turn. */
static unsigned
rank(int state)
{
	if (state & VM_PURGABLE_ORDERING_OBSOLETE)
		return 0;
	return 1 + (unsigned)((state & VM_VOLATILE_GROUP_MASK) >>
			      VM_VOLATILE_GROUP_SHIFT);
}

static bool
goes_first(int state)
{
	return (state & VM_VOLATILE_ORDER_MASK) ==
		   VM_VOLATILE_MAKE_FIRST_IN_GROUP ||
	       (state & VM_PURGABLE_BEHAVIOR_MASK) == VM_PURGABLE_BEHAVIOR_LIFO;
}

static void
enqueue(struct vm_machine *vm, struct vm_upkeep *upkeep)
{
	struct vm_volatiles *queue = &vm->volatiles[rank(upkeep->state)];

	upkeep->volatile_pages = resident(vm, upkeep->object);
	vm->volatile_pages += upkeep->volatile_pages;
	if (goes_first(upkeep->state))
		TAILQ_INSERT_HEAD(queue, upkeep, turn);
	else
		TAILQ_INSERT_TAIL(queue, upkeep, turn);
}

static void
dequeue(struct vm_machine *vm, struct vm_upkeep *upkeep)
{
	TAILQ_REMOVE(&vm->volatiles[rank(upkeep->state)], upkeep, turn);
	vm->volatile_pages -= upkeep->volatile_pages;
}

void
vm_upkeep_set_state(struct vm_machine *vm, struct vm_object *object, int *state)
{
	struct vm_upkeep *upkeep = object->upkeep;
	int old = vm_upkeep_state(object), wanted = *state;
	int new = wanted &VM_PURGABLE_STATE_MASK;

	*state = old;
	if (is_waiting(upkeep))
		dequeue(vm, upkeep);
	if (new == VM_PURGABLE_EMPTY)
		empty(vm, object);
	else if (new == VM_PURGABLE_VOLATILE && old == VM_PURGABLE_EMPTY)
		new = VM_PURGABLE_EMPTY;
	upkeep->state = new == VM_PURGABLE_VOLATILE ? wanted : new;
	if (new == VM_PURGABLE_VOLATILE)
		enqueue(vm, upkeep);
}

bool
vm_upkeep_purge(struct vm_machine *vm)
{
	struct vm_upkeep *upkeep = NULL;
	int state = VM_PURGABLE_EMPTY;

	for (unsigned i = 0; i < VM_VOLATILE_RANKS && !upkeep; i++)
		upkeep = TAILQ_FIRST(&vm->volatiles[i]);
	if (!upkeep)
		return false;
	vm_upkeep_set_state(vm, upkeep->object, &state);
	return true;
}

uint64_t
vm_machine_volatile(const struct vm_machine *vm)
{
	return vm->volatile_pages;
}
