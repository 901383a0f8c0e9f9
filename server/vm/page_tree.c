#include "server/vm/page_tree.h"

#include <assert.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "server/vm/vm_account.h"
#include "server/vm/vm_frame.h"
#include "server/vm/vm_machine.h"

/*
 * A node of level n has 64^n pages below each slot, and is found in a tree at
 * each multiple of 64^(n+1) pages.
 */
static uint64_t
slot_span(unsigned level)
{
	return UINT64_C(1) << (PAGE_TREE_BITS * level);
}

static uint64_t
node_span(unsigned level)
{
	return UINT64_C(1) << (PAGE_TREE_BITS * (level + 1));
}

static unsigned
slot_index(uint64_t page, unsigned level)
{
	return (page >> (PAGE_TREE_BITS * level)) & (PAGE_TREE_SLOTS - 1);
}

static uint64_t
tree_span(const struct page_tree *tree)
{
	return tree->root != 0 ? node_span(tree->height - 1) : 0;
}

static struct page_node *
node_at(const struct vm_machine *vm, uint32_t number)
{
	return vm_zone_at(&vm->nodes, number);
}

/* The node of `level` that has the page below it; 0: there is none. */
static uint32_t
find_node(const struct vm_machine *vm, const struct page_tree *tree,
    uint64_t page, unsigned level)
{
	uint32_t number = tree->root;

	if (page >= tree_span(tree) || level >= tree->height)
		return 0;
	for (unsigned l = tree->height - 1; l > level && number != 0; l--)
		number = node_at(vm, number)->slot[slot_index(page, l)];
	return number;
}

uint32_t
page_tree_lookup(const struct vm_machine *vm, const struct page_tree *tree,
    uint64_t page)
{
	uint32_t leaf = find_node(vm, tree, page, 0);

	return leaf != 0 ? node_at(vm, leaf)->slot[slot_index(page, 0)] : 0;
}

uint32_t
page_tree_refs(const struct vm_machine *vm, const struct page_tree *tree,
    uint64_t page)
{
	uint32_t number = tree->root, others = 0;

	if (page >= tree_span(tree))
		return 0;
	for (unsigned l = tree->height; l-- > 0 && number != 0;) {
		const struct page_node *node = node_at(vm, number);

		others += node->refs - 1;
		number = node->slot[slot_index(page, l)];
	}
	return number != 0 ? vm->pages.refs[number] + others : 0;
}

uint64_t
page_tree_next(const struct vm_machine *vm, const struct page_tree *tree,
    uint64_t page, uint64_t end)
{
	while (page < MIN(end, tree_span(tree))) {
		uint32_t number = tree->root;
		unsigned l = tree->height;

		while (l > 0 && number != 0) {
			l--;
			number = node_at(vm, number)->slot[slot_index(page, l)];
		}
		if (number != 0)
			return page;
		page = (page | (slot_span(l) - 1)) + 1;
	}
	return end;
}

uint32_t
page_tree_lookup_owned(const struct vm_machine *vm,
    const struct page_tree *tree, uint64_t page)
{
	uint32_t number = tree->root;

	if (page >= tree_span(tree))
		return 0;
	for (unsigned l = tree->height; l-- > 0 && number != 0;) {
		const struct page_node *node = node_at(vm, number);

		if (node->refs > 1)
			return 0;
		number = node->slot[slot_index(page, l)];
	}
	return number != 0 && vm->pages.refs[number] == 1 ? number : 0;
}

/* Pages with a frame of [start, end) below a node that begins at base. */
static uint64_t
count_below(const struct vm_machine *vm, const struct page_node *node,
    uint64_t base, uint64_t start, uint64_t end)
{
	uint64_t span = slot_span(node->level), pages = 0;
	uint64_t at = MAX(start, base) & ~(span - 1);

	if (start <= base && base + node_span(node->level) <= end)
		return node->pages;
	for (; at < MIN(end, base + node_span(node->level)); at += span) {
		uint32_t below = node->slot[slot_index(at, node->level)];

		if (below == 0)
			continue;
		pages += node->level > 0 ? count_below(vm, node_at(vm, below),
					       at, start, end)
					 : 1;
	}
	return pages;
}

uint64_t
page_tree_count(const struct vm_machine *vm, const struct page_tree *tree,
    uint64_t page, uint64_t count)
{
	if (page >= tree_span(tree))
		return 0;
	return count_below(vm, node_at(vm, tree->root), 0, page, page + count);
}

/* The same, of what no other tree has. */
static uint64_t
count_owned_below(const struct vm_machine *vm, const struct page_node *node,
    uint64_t base, uint64_t start, uint64_t end)
{
	uint64_t span = slot_span(node->level), pages = 0;
	uint64_t at = MAX(start, base) & ~(span - 1);

	if (node->refs > 1)
		return 0;
	for (; at < MIN(end, base + node_span(node->level)); at += span) {
		uint32_t below = node->slot[slot_index(at, node->level)];

		if (below == 0)
			continue;
		pages += node->level > 0
			     ? count_owned_below(vm, node_at(vm, below), at,
				   start, end)
			     : vm->pages.refs[below] == 1;
	}
	return pages;
}

uint64_t
page_tree_count_owned(const struct vm_machine *vm, const struct page_tree *tree,
    uint64_t page, uint64_t count)
{
	if (page >= tree_span(tree))
		return 0;
	return count_owned_below(vm, node_at(vm, tree->root), 0, page,
	    page + count);
}

struct page_tree
page_tree_snapshot(struct vm_machine *vm, const struct page_tree *tree)
{
	if (tree->root != 0)
		node_at(vm, tree->root)->refs++;
	return *tree;
}

static void
drop_node(struct vm_machine *vm, uint32_t number)
{
	struct page_node *node = node_at(vm, number);

	if (--node->refs > 0)
		return;
	node->pages = vm->dead_nodes;
	vm->dead_nodes = number;
}

void
page_tree_drop(struct vm_machine *vm, struct page_tree *tree)
{
	if (tree->root != 0)
		drop_node(vm, tree->root);
	*tree = (struct page_tree){ 0 };
}

static void
free_node(struct vm_machine *vm, uint32_t number)
{
	vm_account_give(vm, node_at(vm, number)->account, VM_RESOURCE_NODES);
	vm_zone_give(&vm->nodes, number);
}

bool
page_tree_reap(struct vm_machine *vm, uint32_t nodes)
{
	while (vm->dead_nodes != 0 && nodes-- > 0) {
		uint32_t number = vm->dead_nodes;
		struct page_node *node = node_at(vm, number);

		vm->dead_nodes = (uint32_t)node->pages;
		for (unsigned i = 0; i < PAGE_TREE_SLOTS; i++) {
			if (node->slot[i] == 0)
				continue;
			if (node->level > 0)
				drop_node(vm, node->slot[i]);
			else
				vm_frame_unref(vm, node->slot[i]);
		}
		free_node(vm, number);
	}
	return vm->dead_nodes != 0;
}

static struct page_node *
new_node(struct vm_machine *vm, unsigned level, uint32_t *number)
{
	struct page_node *node;

	*number = vm_zone_take(&vm->nodes);
	assert(*number != 0);
	node = node_at(vm, *number);
	*node = (struct page_node){
		.refs = 1,
		.level = (uint16_t)level,
		.account =
		    vm_account_charge(vm, vm->account, VM_RESOURCE_NODES),
	};
	return node;
}

/* The node of a slot, made if there is none and copied if it is shared, so
 * that its slots may be changed. */
static struct page_node *
own_node(struct vm_machine *vm, uint32_t *slot, unsigned level)
{
	struct page_node *node, *copy;
	uint16_t account;

	if (*slot == 0)
		return new_node(vm, level, slot);
	node = node_at(vm, *slot);
	if (node->refs == 1)
		return node;
	copy = new_node(vm, level, slot);
	account = copy->account;
	*copy = *node;
	copy->refs = 1;
	copy->account = account;
	node->refs--;
	for (unsigned i = 0; i < PAGE_TREE_SLOTS; i++) {
		if (copy->slot[i] == 0)
			continue;
		if (level > 0)
			node_at(vm, copy->slot[i])->refs++;
		else
			vm_page_ref(&vm->pages, copy->slot[i]);
	}
	return copy;
}

/* Levels on top, until the tree can have the page. */
static void
grow(struct vm_machine *vm, struct page_tree *tree, uint64_t page)
{
	assert(page < PAGE_TREE_SPAN);

	if (tree->root == 0)
		tree->height = 1;
	for (; page >= node_span(tree->height - 1); tree->height++) {
		struct page_node *node;
		uint32_t below = tree->root;

		if (below == 0)
			continue;
		node = new_node(vm, tree->height, &tree->root);
		node->slot[0] = below;
		node->pages = node_at(vm, below)->pages;
	}
}

void
page_tree_insert(struct vm_machine *vm, struct page_tree *tree, uint64_t page,
    uint32_t frame)
{
	struct page_node *path[PAGE_TREE_HEIGHT];
	uint32_t *slot = &tree->root;

	grow(vm, tree, page);
	for (unsigned l = tree->height; l-- > 0;) {
		path[l] = own_node(vm, slot, l);
		slot = &path[l]->slot[slot_index(page, l)];
	}
	if (*slot != 0) {
		vm_frame_unref(vm, *slot);
	} else {
		for (unsigned l = 0; l < tree->height; l++)
			path[l]->pages++;
	}
	*slot = frame;
}

/* The nodes that so many pages lie below, at the most, and their path. */
uint64_t
page_tree_own_cost(uint64_t count)
{
	uint64_t nodes = PAGE_TREE_PATH;

	for (unsigned l = 0; l < PAGE_TREE_HEIGHT; l++)
		nodes += (count >> (PAGE_TREE_BITS * (l + 1))) + 2;
	return nodes;
}

void
page_tree_own(struct vm_machine *vm, struct page_tree *tree, uint64_t page,
    uint64_t count)
{
	uint64_t end = page + count;

	for (page = page_tree_next(vm, tree, page, end); page < end;
	     page = page_tree_next(vm, tree, page + 1, end))
		if (page_tree_lookup_owned(vm, tree, page) == 0)
			page_tree_insert(vm, tree, page,
			    vm_frame_copy(vm,
				page_tree_lookup(vm, tree, page)));
}

/*
 * Grafts. The walk goes down the target, over the nodes that the range
 * touches; page p of it is to hold what page p + delta of the source holds
 * (modulo 2^64, for delta may be negative).
 */
struct graft {
	struct vm_machine *vm;
	const struct page_tree *source;
	uint64_t start; /* of the range in the target, in pages */
	uint64_t end;
	uint64_t delta;
};

/* Has the source nothing for a node's worth of target pages? They may lie
 * across two nodes there. */
static bool
source_is_empty(const struct graft *graft, uint64_t base, unsigned level)
{
	uint64_t first = base + graft->delta;
	uint64_t last = first + node_span(level) - 1;

	if (level >= graft->source->height)
		return graft->source->root == 0 ||
		       (first >= node_span(level) && last >= node_span(level) &&
			   first <= last);
	return find_node(graft->vm, graft->source, first, level) == 0 &&
	       find_node(graft->vm, graft->source, last, level) == 0;
}

/* The node of the source that stands for a whole node of the target; 0: it
 * must be put together from parts. */
static uint32_t
source_node(const struct graft *graft, uint64_t base, unsigned level)
{
	if ((graft->delta & (node_span(level) - 1)) != 0)
		return 0;
	return find_node(graft->vm, graft->source, base + graft->delta, level);
}

static bool
covers(const struct graft *graft, uint64_t base, uint64_t span)
{
	return graft->start <= base && base + span <= graft->end;
}

/* What a node becomes. It holds the caller's reference, and so does the
 * result; 0 is the node with nothing in it. */
static uint32_t graft_node(struct graft *graft, uint32_t number, unsigned level,
    uint64_t base);

static uint64_t
pages_below(const struct graft *graft, uint32_t number, unsigned level)
{
	if (number == 0)
		return 0;
	return level > 0 ? node_at(graft->vm, number)->pages : 1;
}

static void
graft_leaf(struct graft *graft, struct page_node *leaf, uint64_t base)
{
	uint64_t page = MAX(graft->start, base);
	uint64_t end = MIN(graft->end, base + PAGE_TREE_SLOTS);
	struct vm_page_pool *pool = &graft->vm->pages;
	uint32_t from = 0;

	for (uint64_t first = page; page < end; page++) {
		uint64_t there = page + graft->delta;
		unsigned i = slot_index(page, 0);
		uint32_t frame = 0, old = leaf->slot[i];

		if (page == first || slot_index(there, 0) == 0)
			from = find_node(graft->vm, graft->source, there, 0);
		if (from != 0)
			frame = node_at(graft->vm, from)
				    ->slot[slot_index(there, 0)];
		if (frame == old)
			continue;
		if (frame != 0)
			vm_page_ref(pool, frame);
		leaf->pages += (frame != 0) - (uint64_t)(old != 0);
		leaf->slot[i] = frame;
		if (old != 0)
			vm_frame_unref(graft->vm, old);
	}
}

static void
graft_inner(struct graft *graft, struct page_node *node, uint64_t base)
{
	unsigned below = node->level - 1;
	uint64_t span = slot_span(node->level);
	uint64_t child = MAX(graft->start, base) & ~(span - 1);

	for (; child < MIN(graft->end, base + node_span(node->level));
	     child += span) {
		uint32_t *slot = &node->slot[slot_index(child, node->level)];

		node->pages -= pages_below(graft, *slot, node->level);
		*slot = graft_node(graft, *slot, below, child);
		node->pages += pages_below(graft, *slot, node->level);
	}
}

static uint32_t
graft_node(struct graft *graft, uint32_t number, unsigned level, uint64_t base)
{
	bool empty = source_is_empty(graft, base, level);
	struct page_node *node;

	if (covers(graft, base, node_span(level))) {
		uint32_t from = source_node(graft, base, level);

		if (from == number && number != 0)
			return number;
		if (number != 0)
			drop_node(graft->vm, number);
		number = 0;
		if (from != 0) {
			node_at(graft->vm, from)->refs++;
			return from;
		}
	}
	if (number == 0 && empty)
		return 0;
	node = own_node(graft->vm, &number, level);
	if (level > 0)
		graft_inner(graft, node, base);
	else
		graft_leaf(graft, node, base);
	if (node->pages > 0)
		return number;
	free_node(graft->vm, number);
	return 0;
}

/*
 * Nodes that graft_node() can take: its own, if it is not linked or empty, and
 * those below. A node at an edge of the range is always counted, even if there
 * is nothing to be copied now: another graft may link a shared one there.
 */
static uint64_t
cost_of_node(const struct graft *graft, unsigned level, uint64_t base)
{
	uint64_t span = slot_span(level), cost = 1;
	uint64_t child = MAX(graft->start, base) & ~(span - 1);

	if (covers(graft, base, node_span(level)) &&
	    (source_node(graft, base, level) != 0 ||
		source_is_empty(graft, base, level)))
		return 0;
	if (level == 0)
		return cost;
	for (; child < MIN(graft->end, base + node_span(level)); child += span)
		cost += cost_of_node(graft, level - 1, child);
	return cost;
}

/* Nothing can be cleared beyond the end of the tree. */
static struct graft
graft_init(const struct vm_machine *vm, const struct page_tree *tree,
    uint64_t to, const struct page_tree *source, uint64_t from, uint64_t count)
{
	uint64_t end = to + count;

	assert(end >= to && end <= PAGE_TREE_SPAN);

	if (source->root == 0)
		end = MIN(end, tree_span(tree));
	return (struct graft){
		.vm = (struct vm_machine *)(uintptr_t)vm,
		.source = source,
		.start = to,
		.end = end,
		.delta = from - to,
	};
}

uint64_t
page_tree_graft_cost(const struct vm_machine *vm, const struct page_tree *tree,
    uint64_t to, const struct page_tree *source, uint64_t from, uint64_t count)
{
	struct graft graft = graft_init(vm, tree, to, source, from, count);
	unsigned level = 0;

	if (graft.start >= graft.end)
		return 0;
	while (graft.end > node_span(level))
		level++;
	if (level + 1 < tree->height)
		level = tree->height - 1;
	return PAGE_TREE_HEIGHT + cost_of_node(&graft, level, 0);
}

void
page_tree_graft(struct vm_machine *vm, struct page_tree *tree, uint64_t to,
    const struct page_tree *source, uint64_t from, uint64_t count)
{
	struct graft graft = graft_init(vm, tree, to, source, from, count);

	if (graft.start >= graft.end)
		return;
	grow(vm, tree, graft.end - 1);
	tree->root = graft_node(&graft, tree->root, tree->height - 1, 0);
	if (tree->root == 0)
		tree->height = 0;
}

/* Nodes to be copied of a node and those below it, when [start, end) of it is
 * cleared; shared: another tree has it by a node above. */
static uint64_t
clear_cost_below(const struct vm_machine *vm, uint32_t number, uint64_t base,
    uint64_t start, uint64_t end, bool shared)
{
	const struct page_node *node = node_at(vm, number);
	uint64_t span = slot_span(node->level), cost;
	uint64_t last = base + node_span(node->level);

	if (number == 0 || (start <= base && last <= end))
		return 0;
	shared = shared || node->refs > 1;
	cost = shared;
	if (node->level == 0)
		return cost;
	start = MAX(start, base);
	end = MIN(end, last);
	base = start & ~(span - 1);
	last = (end - 1) & ~(span - 1);
	cost += clear_cost_below(vm, node->slot[slot_index(base, node->level)],
	    base, start, end, shared);
	if (last != base)
		cost += clear_cost_below(vm,
		    node->slot[slot_index(last, node->level)], last, start, end,
		    shared);
	return cost;
}

uint64_t
page_tree_clear_cost(const struct vm_machine *vm, const struct page_tree *tree,
    uint64_t page, uint64_t count)
{
	uint64_t end = MIN(page + count, tree_span(tree));

	if (page >= end)
		return 0;
	return clear_cost_below(vm, tree->root, 0, page, end, false);
}

void
page_tree_clear(struct vm_machine *vm, struct page_tree *tree, uint64_t page,
    uint64_t count)
{
	static const struct page_tree nothing;

	page_tree_graft(vm, tree, page, &nothing, 0, count);
}
