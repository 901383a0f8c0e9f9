/*
 * Upkeep: what few objects need
 *
 * Which parts of an object are wired, and whether it may be purged. Most
 * objects have none of it, and no record of it.
 *
 * Wired memory has a frame of its own for each page, always: whoever copies it
 * copies bytes, and whoever overwrites it writes in place. So a write to it
 * needs nothing that could be lacking.
 *
 * A purgeable object is in one of three states. One that is volatile waits in a
 * queue, and is emptied when its frames are wanted elsewhere:
 *
 *      nonvolatile ──► volatile ──► (purged) empty
 *           ▲             │                    │
 *           └─────────────┴────────────────────┘
 *
 * Source: Mach's vm_wire; xnu vm_purgeable.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "server/vm/range_tree.h"

struct vm_machine;
struct vm_object;

struct vm_upkeep {
	LIST_ENTRY(vm_upkeep) link; /* vm_machine::upkeeps */
	struct vm_object *object;
	struct range_tree wires; /* struct vm_share: wired mappings */

	bool purgable;
	int state;                   /* as vm_purgable_control has it */
	TAILQ_ENTRY(vm_upkeep) turn; /* vm_machine::volatiles, if volatile */
	uint64_t volatile_pages;     /* resident when it became so */
};

/* The object's record, made if there is none. NULL: no memory. */
struct vm_upkeep *vm_upkeep_of(struct vm_machine *vm, struct vm_object *object);

/* With its object. */
void vm_upkeep_free(struct vm_machine *vm, struct vm_upkeep *upkeep);

/* One wired mapping more, or less, of [start, end). More: of an object that has
 * the record. */
void vm_upkeep_wire(struct vm_machine *vm, struct vm_object *object,
    uint64_t start, uint64_t end);
void vm_upkeep_unwire(struct vm_machine *vm, struct vm_object *object,
    uint64_t start, uint64_t end);

/* Is what lies at `start` wired? [start, *end) is narrowed to what is alike. */
bool vm_upkeep_wired(const struct vm_object *object, uint64_t start,
    uint64_t *end);

/* May the object be purged, now or later? */
bool vm_upkeep_purgable(const struct vm_object *object);

/* It may, from now on: an object that has the record. */
void vm_upkeep_make_purgable(struct vm_object *object);

/* VM_PURGABLE_NONVOLATILE, _VOLATILE or _EMPTY, of a purgeable object. */
int vm_upkeep_state(const struct vm_object *object);

/*
 * Sets the state of a purgeable object: VM_PURGABLE_ and its like.
 *
 * => the state before, in *state. One that is empty and is made volatile stays
 *    empty
 */
void vm_upkeep_set_state(struct vm_machine *vm, struct vm_object *object,
    int *state);

/* Empties the object that is first in the queue. False: there is none. */
bool vm_upkeep_purge(struct vm_machine *vm);

/* Pages: wired, each counted once; and resident in volatile objects, when they
 * became so. */
uint64_t vm_machine_wired(const struct vm_machine *vm);
uint64_t vm_machine_volatile(const struct vm_machine *vm);
