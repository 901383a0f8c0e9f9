/*
 * Mappings on their way from one map to another
 *
 * What entries of a map map, taken out of it: parts of objects, side by side,
 * each with its attributes. It is what vm_remap carries from one task to
 * another, and what a memory entry holds.
 *
 *      map      |  entry  |entry|   entry   |
 *                    \       \     |
 *      list         [ part ][part][part]         each has its object
 *
 * A part that is shared is one more mapping of its object: what is written
 * through it is seen through the entry. A part that is a copy has an object of
 * its own, with what the entry's held.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>

#include "common/cleanup.h"
#include "server/vm/vm_map.h"

struct vm_machine;
struct vm_object;

struct vm_mapping {
	struct vm_mapping *next;
	struct vm_object *object; /* NULL: zeros, which nobody shares */
	uint64_t offset;          /* in the object, in bytes */
	uint64_t size;            /* bytes, whole pages */
	struct vm_attributes attributes;
	uint16_t account; /* that it is charged to */
};

struct vm_mappings {
	struct vm_machine *vm;
	struct vm_mapping *first;
	struct vm_mapping *last;
	uint64_t size; /* bytes of all of them */
};

enum vm_mapping_how { VM_MAPPING_SHARE, VM_MAPPING_COPY };

/*
 * What a range of a map holds, at the end of the list.
 *
 * => the range is not empty, and mapped all of it: vm_map_check()
 * => nothing is wired in the list, nor permanent
 * => KERN_RESOURCE_SHORTAGE: the list is to be cleared
 */
kern_return_t vm_mappings_extract(struct vm_mappings *list, struct vm_map *map,
    struct vm_range range, enum vm_mapping_how how);

/* The same, of the bytes [offset, offset + size) of another list, which has
 * them. */
kern_return_t vm_mappings_part(struct vm_mappings *list,
    const struct vm_mappings *from, uint64_t offset, uint64_t size,
    enum vm_mapping_how how);

/* A new object of zeros, of whole pages, at the end of the list. NULL: there is
 * no room for one. */
struct vm_object *vm_mappings_zeros(struct vm_mappings *list, uint64_t size);

/* Lets go of all, in the end: what lists had is dead, and is freed by
 * vm_machine_reap(). */
void vm_mappings_clear(struct vm_mappings *list);
bool vm_mappings_reap(struct vm_machine *vm, uint32_t *steps);

/* Forgets all, for others have taken it over. */
void vm_mappings_forget(struct vm_mappings *list);

/* The one behind it. May pause between the two. */
static inline struct vm_mapping *
vm_mapping_next(struct vm_machine *vm, const struct vm_mapping *mapping)
{
	vm_machine_tick(vm, 1);
	return mapping->next;
}
