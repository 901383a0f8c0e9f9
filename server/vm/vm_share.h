/*
 * Shares: which parts of an object have more than one mapping
 *
 * A range tree of counts, kept by each object. A part that is not in it has one
 * mapping at the most. Three mappings of one object,
 *
 *      parent   |=====================|
 *      child    |=====================|
 *      child's child     |====|
 *
 *      shares   [  1     ][ 2 ][   1  ]     others, beside the first
 *
 * When a mapping goes, those parts of it that are in no share were seen by
 * nobody else, and their pages can be freed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/vm/range_tree.h"

struct vm_machine;

struct vm_share {
	struct range range; /* bytes of the object */
	uint32_t others;    /* mappings beside the first: at least 1 */
};

/* One mapping more of [start, end). */
void vm_share_add(struct vm_machine *vm, struct range_tree *shares,
    uint64_t start, uint64_t end);

/* One mapping less. `gone` is called, in order, for those parts that nobody
 * maps now. */
typedef void vm_share_gone(void *context, uint64_t start, uint64_t end);

void vm_share_drop(struct vm_machine *vm, struct range_tree *shares,
    uint64_t start, uint64_t end, vm_share_gone *gone, void *context);

/*
 * Is what lies at an offset mapped more than once?
 *
 * => *start, *end: a part that has the offset in it; it is narrowed to what is
 *    shared alike
 */
bool vm_share_at(const struct range_tree *shares, uint64_t offset,
    uint64_t *start, uint64_t *end);

/* Mappings beside the first of what lies at an offset. */
uint32_t vm_share_others(const struct range_tree *shares, uint64_t offset);

/* Forgets all. */
void vm_share_clear(struct vm_machine *vm, struct range_tree *shares);
