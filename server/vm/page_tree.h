/*
 * Page trees
 *
 * Which frame backs which page of an object: a radix tree of 64 slots a node
 * whose nodes are shared until somebody writes. A snapshot is one more
 * reference to the root; the first write after it copies the path from the
 * root to the slot:
 *
 *      tree A ──► root ──► inner ──► leaf [ 0 1 2 3 ]
 *      tree B ───────┘  (after B writes page 1)
 *      tree B ──► root' ─► inner' ─► leaf' [ 0 1' 2 3 ]
 *
 * Frames 0, 2 and 3 are now held twice, so nobody writes them in place.
 * page_tree_insert() and page_tree_graft() alone replace slots.
 *
 * A graft lets a range of one tree hold what a range of another holds. Where
 * both lie alike in the spans of nodes, whole subtrees are linked; where they
 * do not, slots are:
 *
 *      from   [ 0 . . . . . . . | . . . . . . . . | . . . ]
 *      to         [ . . . . 0 . | . . . . . . . . | . . . . ]    linked
 *      to           [ . . 0 . . . | . . . . . . . . | . . . ]    by slots
 *
 * A node counts its references and the pages under it. A slot of 0 is a page,
 * or a whole range of pages, that nobody wrote; a node with no page is not
 * kept. Nodes that nobody refers to any more wait on the machine's list of the
 * dead, and are freed in slices by page_tree_reap(), for a large tree has many.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct vm_machine;

enum {
	PAGE_TREE_BITS = 6,
	PAGE_TREE_SLOTS = 1 << PAGE_TREE_BITS,
	PAGE_TREE_HEIGHT = 6, /* levels at most: 2^36 pages, 256 TiB */
	/* Nodes that one insertion can take: the levels the tree grows by, and
	 * the path. */
	PAGE_TREE_PATH = 2 * PAGE_TREE_HEIGHT,
};

/* Pages a tree can have. */
#define PAGE_TREE_SPAN (UINT64_C(1) << (PAGE_TREE_BITS * PAGE_TREE_HEIGHT))

struct page_tree {
	uint32_t root;   /* a node; 0: no pages */
	uint32_t height; /* levels of nodes */
};

struct page_node {
	uint32_t refs;
	uint16_t level;   /* 0: slots are frames; else nodes of level - 1 */
	uint16_t account; /* that it is charged to */
	uint64_t pages;   /* slots with a frame below; of the dead: the next */
	uint32_t slot[PAGE_TREE_SLOTS];
};

/* A copy of the tree that costs one reference. */
struct page_tree page_tree_snapshot(struct vm_machine *vm,
    const struct page_tree *tree);

/* Empties the tree. What it alone referred to is dead. */
void page_tree_drop(struct vm_machine *vm, struct page_tree *tree);

/* How many of the pages from `page` on have a frame. */
uint64_t page_tree_count(const struct vm_machine *vm,
    const struct page_tree *tree, uint64_t page, uint64_t count);

/* How many of those this tree alone has. */
uint64_t page_tree_count_owned(const struct vm_machine *vm,
    const struct page_tree *tree, uint64_t page, uint64_t count);

/* The frame of a page; 0: nobody wrote it. */
uint32_t page_tree_lookup(const struct vm_machine *vm,
    const struct page_tree *tree, uint64_t page);

/* How many places have the frame of a page, whether by slots of their own or by
 * nodes that they share; at least so many. 0: there is no frame. */
uint32_t page_tree_refs(const struct vm_machine *vm,
    const struct page_tree *tree, uint64_t page);

/* The first page from `page` on, below `end`, that has a frame; else `end`. */
uint64_t page_tree_next(const struct vm_machine *vm,
    const struct page_tree *tree, uint64_t page, uint64_t end);

/* The frame of a page if this tree alone has it, so that it may be written in
 * place; else 0. */
uint32_t page_tree_lookup_owned(const struct vm_machine *vm,
    const struct page_tree *tree, uint64_t page);

/*
 * Puts a frame into a slot, and lets go of the one that was there.
 *
 * => takes over the caller's reference to `frame`, which is not 0
 * => page is below PAGE_TREE_SPAN
 * => the caller has seen to PAGE_TREE_PATH nodes: this cannot fail
 */
void page_tree_insert(struct vm_machine *vm, struct page_tree *tree,
    uint64_t page, uint32_t frame);

/*
 * Lets [to, to + count) of `tree` hold what [from, from + count) of `source`
 * holds, which is not copied but shared.
 *
 * => source may be empty, which clears the range; it is not `tree` itself, but
 *    may be a snapshot of it
 * => page_tree_graft_cost: how many nodes that can take at the most. With so
 *    many at hand page_tree_graft cannot fail. Costs of several grafts into
 *    ranges apart add up, whatever subtrees they share.
 */
uint64_t page_tree_graft_cost(const struct vm_machine *vm,
    const struct page_tree *tree, uint64_t to, const struct page_tree *source,
    uint64_t from, uint64_t count);
void page_tree_graft(struct vm_machine *vm, struct page_tree *tree, uint64_t to,
    const struct page_tree *source, uint64_t from, uint64_t count);

/*
 * page_tree_graft of nothing.
 *
 * => page_tree_clear_cost: how many nodes that takes: those at the ends of the
 *    range that other trees have, too. PAGE_TREE_PATH at the most
 */
uint64_t page_tree_clear_cost(const struct vm_machine *vm,
    const struct page_tree *tree, uint64_t page, uint64_t count);
void page_tree_clear(struct vm_machine *vm, struct page_tree *tree,
    uint64_t page, uint64_t count);

/*
 * Gives the tree frames of its own, copies, for those pages that others have,
 * too.
 *
 * => the caller has seen to a frame for each, and to page_tree_own_cost() nodes
 */
uint64_t page_tree_own_cost(uint64_t count);
void page_tree_own(struct vm_machine *vm, struct page_tree *tree, uint64_t page,
    uint64_t count);

/* Frees up to `nodes` dead nodes, and their frames. True: there are more. */
bool page_tree_reap(struct vm_machine *vm, uint32_t nodes);
