/*
 * Objects: the identity of memory
 *
 * Two entries that map one object share memory: what is written through one is
 * read through the other. Memory is copied by grafting pages from one object's
 * tree into another's. There are no shadow objects: a copy of a copy is as flat
 * as the first.
 *
 *      entry ───┐                 entry ──► object B ─┐
 *      entry ───┴──► object A ──► page tree    page tree
 *                                     └──── nodes, frames ────┘   a copy
 *
 * Offsets into an object are bytes from its start. Its pages begin at `phase`
 * in its tree, so that memory of the same address, modulo the span of a node,
 * or a copy and its source, lie alike in their trees and can share subtrees.
 *
 * A part of an object that is mapped nowhere has no pages.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/vm/page_tree.h"
#include "server/vm/range_tree.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_page.h"

struct vm_upkeep;

struct vm_object {
	uint32_t refs;  /* entries and mappings that map it */
	uint32_t phase; /* where offset 0 lies in the tree, in pages */
	struct page_tree pages;
	struct range_tree shares; /* struct vm_share */
	bool shared; /* it was, once: there may be others who map it */
	struct vm_upkeep *upkeep; /* NULL: nothing is wired or purgeable */
};

/*
 * The phase that makes `pages` pages lie like those of another tree from page
 * `like` on: equal modulo the largest span of a node that is not larger.
 */
uint32_t vm_object_phase(uint64_t like, uint64_t pages);

/* An object of zeros, with one reference. There is always room for one to each
 * entry and piece. */
struct vm_object *vm_object_new(struct vm_machine *vm, uint32_t phase);

/* One entry more that maps a part of it that others map, too. */
void vm_object_share(struct vm_machine *vm, struct vm_object *object,
    uint64_t start, uint64_t end);

/* One entry more, by clipping: both together map what one did. */
void vm_object_ref(struct vm_object *object);

/* One entry less, whose part another one maps now. */
void vm_object_unref(struct vm_machine *vm, struct vm_object *object);

/*
 * Lets go of the pages of [start, end), if it can.
 *
 * => it takes nodes, PAGE_TREE_PATH at the most, and only where another tree
 *    has the nodes at an end of the range, too. If vm->account may not have
 *    them, the pages stay until the object goes
 */
void vm_object_clear(struct vm_machine *vm, struct vm_object *object,
    uint64_t start, uint64_t end);

/*
 * An entry that mapped [start, end) goes. Pages that nobody else maps are let
 * go of, as above, and the object with the last entry.
 */
void vm_object_unmap(struct vm_machine *vm, struct vm_object *object,
    uint64_t start, uint64_t end);

/*
 * Lets [start, end) of the object, with what is wired as frames of its own, be
 * in a tree that is empty there, at the same pages.
 *
 * => the caller has seen to what vm_object_copy_cost() says: it cannot fail
 * => may pause, if nobody else can change the object
 */
struct vm_reserve vm_object_copy_cost(struct vm_machine *vm,
    const struct vm_object *object, uint64_t start, uint64_t end);
void vm_object_copy_pages(struct vm_machine *vm, struct page_tree *to,
    const struct vm_object *object, uint64_t start, uint64_t end);

/*
 * Copies of objects, part by part. Parts of one object that follow each other
 * become parts of one copy, so that they can be joined again.
 *
 * => all: there is no other part; the whole tree is a snapshot
 * => the offset of the part is the same in the copy, which has one reference
 *    more, for the caller
 */
struct vm_object_copier {
	const struct vm_object *from; /* the last one copied */
	struct vm_object *to;         /* its copy */
	uint64_t end;                 /* of the last part */
};

struct vm_object *vm_object_copy(struct vm_machine *vm,
    struct vm_object_copier *copier, const struct vm_object *object,
    uint64_t start, uint64_t end, bool all);

/* Can nobody come by its pages but the one map, or list, that has it? */
bool vm_object_is_alone(const struct vm_object *object);

/* How many of its pages, from `page` of its tree on, it alone has. May pause. */
uint64_t vm_object_count_owned(struct vm_machine *vm,
    const struct vm_object *object, uint64_t page, uint64_t count);

/* inline helpers */

/* Where in the object's tree an offset lies. */
static inline uint64_t
vm_object_page(const struct vm_object *object, uint64_t offset)
{
	return object->phase + (offset >> VM_PAGE_SHIFT);
}

/* Is it as good as none: of one entry, and nobody has written it? */
static inline bool
vm_object_is_idle(const struct vm_object *object)
{
	return object->refs == 1 && object->pages.root == 0 &&
	       object->shares.count == 0 && !object->upkeep;
}
