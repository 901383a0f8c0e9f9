/*
 * Range trees
 *
 * An ordered set of ranges that do not overlap, with the largest gap known
 * below each node: a B+tree of 32 slots a node. It answers in O(log n) where an
 * address lies, what comes next, and where the lowest gap of a size is.
 *
 * A slot tells the first address below it, the last, and the largest gap in
 * between, so a node is judged from its own slots alone:
 *
 *                    start  end  gap
 *      inner node  [ 1000  5000 1000 ][ 8000  9000 0 ]
 *                      │                   └──► ...
 *      leaf        [ 1000  2000 0 ][ 3000  5000 0 ]        0: one range
 *
 * Ranges live in records of their users', who embed a struct range as the first
 * member. They never move, and are linked in order. Few ranges need no nodes:
 * the list will do.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/vm/vm_zone.h"

struct range {
	uint64_t start;
	uint64_t end; /* exclusive, above start */
	struct range *prev;
	struct range *next;
};

enum {
	RANGE_TREE_SLOTS = 32,
	RANGE_TREE_HEIGHT = 8, /* levels at most: beyond any zone's limit */
	RANGE_TREE_LIST = 4,   /* ranges that need no node */
};

/* What a search reads stands first, and side by side. */
struct range_node {
	uint64_t end[RANGE_TREE_SLOTS]; /* UINT64_MAX where no slot is */
	union {
		struct range *range[RANGE_TREE_SLOTS];
		struct range_node *node[RANGE_TREE_SLOTS];
	};
	uint64_t start[RANGE_TREE_SLOTS];
	uint64_t gap[RANGE_TREE_SLOTS];
	uint32_t count;
	uint32_t level; /* 0: slots are ranges */
} __attribute__((aligned(64)));

/* Nodes that are enough for so many ranges, in trees of whatever number and
 * past: small neighbours are joined, and few ranges take none. */
#define RANGE_TREE_NODES(ranges) ((ranges) / 2 + 64)

/* All zeros is an empty tree. */
struct range_tree {
	struct range_node *root; /* NULL: a list of few */
	struct range *first;
	struct range *last;
	uint64_t count;
};

/* The range that has the address in it, or else the first one above; NULL:
 * there is none. */
struct range *range_tree_find(const struct range_tree *tree, uint64_t address);

/*
 * => range->start and range->end are set, and overlap no range of the tree; no
 *    range has the last address
 * => prev: the range before it; NULL: it is the first
 * => nodes: the zone of struct range_node. Made with RANGE_TREE_NODES of all
 *    ranges that there can be, it does not run out
 */
void range_tree_insert(struct range_tree *tree, struct vm_zone *nodes,
    struct range *range, struct range *prev);

void range_tree_remove(struct range_tree *tree, struct vm_zone *nodes,
    struct range *range);

/* Moves the ends of a range, not past its neighbours. */
void range_tree_resize(struct range_tree *tree, struct range *range,
    uint64_t start, uint64_t end);

/*
 * The lowest place for `size` bytes in [low, high) that no range touches.
 *
 * => *start has no bit of `mask` set; mask is 2^k - 1
 * => false: there is none
 */
bool range_tree_find_gap(const struct range_tree *tree, uint64_t low,
    uint64_t high, uint64_t size, uint64_t mask, uint64_t *start);

/*
 * The same, in slices: it looks at so many slots and no more.
 *
 * => *more: it has not looked at all yet; *low is where it is to go on
 */
bool range_tree_find_gap_from(const struct range_tree *tree, uint64_t *low,
    uint64_t high, uint64_t size, uint64_t mask, bool *more, uint64_t *start);

/* Are nodes, links and gaps as they should be? NULL, or what is wrong. */
const char *range_tree_check(const struct range_tree *tree);
