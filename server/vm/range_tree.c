#include "server/vm/range_tree.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "common/cleanup.h"

/*
 * The first slot that ends above the address; the node's count if none does.
 * The last slots of the cache lines tell which line it is in. All lines are
 * fetched side by side, and with them those of what they lead to: halving would
 * wait for one after the other.
 */
static uint32_t
find_slot(const struct range_node *node, uint64_t address)
{
	enum { LINE = 64 / sizeof(node->end[0]) };
	uint32_t line = 0, below;

	__builtin_prefetch(&node->end[RANGE_TREE_SLOTS - LINE]);
	for (uint32_t i = 0; i < RANGE_TREE_SLOTS; i += LINE)
		__builtin_prefetch(&node->node[i]);
	for (uint32_t i = LINE - 1; i < RANGE_TREE_SLOTS - 1; i += LINE)
		line += node->end[i] <= address;
	below = line * LINE;
	for (uint32_t i = 0; i < LINE; i++)
		below += node->end[line * LINE + i] <= address;
	return below;
}

struct range *
range_tree_find(const struct range_tree *tree, uint64_t address)
{
	const struct range_node *node = tree->root;
	struct range *range = tree->first;

	if (!node) {
		while (range && range->end <= address)
			range = range->next;
		return range;
	}
	if (tree->last->end <= address)
		return NULL;
	for (uint32_t level = node->level; level > 0; level--)
		node = node->node[find_slot(node, address)];
	return node->range[find_slot(node, address)];
}

static uint64_t
largest_gap(const struct range_node *node)
{
	uint64_t gap = node->gap[0];

	for (uint32_t i = 1; i < node->count; i++) {
		gap = MAX(gap, node->gap[i]);
		gap = MAX(gap, node->start[i] - node->end[i - 1]);
	}
	return gap;
}

/* Tells slot i of a node what is below it. */
static void
set_slot(struct range_node *node, uint32_t i)
{
	if (node->level > 0) {
		const struct range_node *below = node->node[i];

		node->start[i] = below->start[0];
		node->end[i] = below->end[below->count - 1];
		node->gap[i] = largest_gap(below);
	} else {
		node->start[i] = node->range[i]->start;
		node->end[i] = node->range[i]->end;
		node->gap[i] = 0;
	}
}

/* The same. False: it knew. */
static bool
update_slot(struct range_node *node, uint32_t i)
{
	uint64_t start = node->start[i], end = node->end[i], gap = node->gap[i];

	set_slot(node, i);
	return node->start[i] != start || node->end[i] != end ||
	       node->gap[i] != gap;
}

/* The same, when it is known what gap there may be below now, or may be no more:
 * to look at all of them takes longest. */
static bool
update_slot_by(struct range_node *node, uint32_t i, uint64_t gained,
    uint64_t lost)
{
	const struct range_node *below = node->node[i];
	uint64_t start = node->start[i], end = node->end[i], gap = node->gap[i];

	if (lost > 0 && lost == gap)
		return update_slot(node, i);
	node->start[i] = below->start[0];
	node->end[i] = below->end[below->count - 1];
	node->gap[i] = MAX(gap, gained);
	return node->start[i] != start || node->end[i] != end ||
	       node->gap[i] != gap;
}

/* A range has been put somewhere below, and is linked. */
static bool
update_inserted(struct range_node *node, uint32_t i, const struct range *range)
{
	const struct range_node *below = node->node[i];
	bool first = range->start == below->start[0];
	bool last = range->end == below->end[below->count - 1];
	uint64_t before = first ? 0 : range->start - range->prev->end;
	uint64_t behind = last ? 0 : range->next->start - range->end;
	uint64_t lost = 0;

	if (!first && !last)
		lost = range->next->start - range->prev->end;
	return update_slot_by(node, i, MAX(before, behind), lost);
}

/* A range, which is still linked, has been taken away somewhere below, where
 * others are. */
static bool
update_removed(struct range_node *node, uint32_t i, const struct range *range)
{
	if (range->start == node->start[i])
		return update_slot_by(node, i, 0,
		    range->next->start - range->end);
	if (range->end == node->end[i])
		return update_slot_by(node, i, 0,
		    range->start - range->prev->end);
	return update_slot_by(node, i, range->next->start - range->prev->end,
	    0);
}

static void
move_slots(struct range_node *to, uint32_t t, const struct range_node *from,
    uint32_t f, uint32_t count)
{
	memmove(to->start + t, from->start + f, count * sizeof(to->start[0]));
	memmove(to->end + t, from->end + f, count * sizeof(to->end[0]));
	memmove(to->gap + t, from->gap + f, count * sizeof(to->gap[0]));
	memmove(to->node + t, from->node + f, count * sizeof(to->node[0]));
}

static void
open_slot(struct range_node *node, uint32_t i, void *below)
{
	move_slots(node, i + 1, node, i, node->count - i);
	node->count++;
	node->node[i] = below;
	set_slot(node, i);
}

static void
close_slot(struct range_node *node, uint32_t i)
{
	node->count--;
	move_slots(node, i, node, i + 1, node->count - i);
	node->end[node->count] = UINT64_MAX;
}

static struct range_node *
new_node(struct vm_zone *nodes, uint32_t level)
{
	struct range_node *node = vm_zone_alloc(nodes);

	assert(node);
	memset(node->end, 0xff, sizeof(node->end));
	node->count = 0;
	node->level = level;
	return node;
}

/* Makes room in a full node for a slot at i. What comes in order at the end
 * fills nodes to the brim. */
static struct range_node *
split(struct vm_zone *nodes, struct range_node *node, uint32_t i)
{
	struct range_node *right = new_node(nodes, node->level);
	uint32_t keep = i == node->count ? node->count : node->count / 2;

	move_slots(right, 0, node, keep, node->count - keep);
	right->count = node->count - keep;
	memset(node->end + keep, 0xff, right->count * sizeof(node->end[0]));
	node->count = keep;
	return right;
}

/* Puts a slot into a node. Returns the node's new right neighbour, if it had to
 * be split, or NULL. */
static struct range_node *
insert_slot(struct vm_zone *nodes, struct range_node *node, uint32_t i,
    void *below)
{
	struct range_node *right = NULL;

	if (node->count == RANGE_TREE_SLOTS)
		right = split(nodes, node, i);
	if (right && (i > node->count || right->count == 0))
		open_slot(right, i - node->count, below);
	else
		open_slot(node, i, below);
	return right;
}

/* The same, somewhere below a node. *changed: slots above may have to be told. */
static struct range_node *
insert_below(struct vm_zone *nodes, struct range_node *node,
    struct range *range, bool *changed)
{
	uint32_t i = find_slot(node, range->start);
	struct range_node *right;

	if (node->level == 0)
		return insert_slot(nodes, node, i, range);
	if (i == node->count)
		i--;
	right = insert_below(nodes, node->node[i], range, changed);
	if (right)
		update_slot(node, i);
	else if (*changed)
		*changed = update_inserted(node, i, range);
	return right ? insert_slot(nodes, node, i + 1, right) : NULL;
}

static void
link_range(struct range_tree *tree, struct range *range, struct range *prev)
{
	range->prev = prev;
	range->next = prev ? prev->next : tree->first;
	assert(!range->prev || range->prev->end <= range->start);
	assert(!range->next || range->end <= range->next->start);
	*(range->prev ? &range->prev->next : &tree->first) = range;
	*(range->next ? &range->next->prev : &tree->last) = range;
	tree->count++;
}

static void
unlink_range(struct range_tree *tree, struct range *range)
{
	*(range->prev ? &range->prev->next : &tree->first) = range->next;
	*(range->next ? &range->next->prev : &tree->last) = range->prev;
	range->prev = range->next = NULL;
	tree->count--;
}

static void
insert_node(struct range_tree *tree, struct vm_zone *nodes, struct range *range)
{
	struct range_node *right, *root;
	bool changed = true;

	right = insert_below(nodes, tree->root, range, &changed);
	if (!right)
		return;
	root = new_node(nodes, tree->root->level + 1);
	open_slot(root, 0, tree->root);
	open_slot(root, 1, right);
	tree->root = root;
}

void
range_tree_insert(struct range_tree *tree, struct vm_zone *nodes,
    struct range *range, struct range *prev)
{
	link_range(tree, range, prev);
	if (tree->root) {
		insert_node(tree, nodes, range);
	} else if (tree->count > RANGE_TREE_LIST) {
		tree->root = new_node(nodes, 0);
		for (range = tree->first; range; range = range->next)
			insert_node(tree, nodes, range);
	}
}

/* A node that has become small joins a neighbour that has room for it. */
static void
join(struct vm_zone *nodes, struct range_node *node, uint32_t i)
{
	struct range_node *left, *right;

	if (node->node[i]->count >= RANGE_TREE_SLOTS / 4 || node->count < 2)
		return;
	if (i == node->count - 1)
		i--;
	left = node->node[i];
	right = node->node[i + 1];
	if (left->count + right->count > RANGE_TREE_SLOTS * 3 / 4)
		return;
	move_slots(left, left->count, right, 0, right->count);
	left->count += right->count;
	vm_zone_free(nodes, right);
	close_slot(node, i + 1);
	update_slot(node, i);
}

static void
remove_below(struct vm_zone *nodes, struct range_node *node,
    const struct range *range, bool *changed)
{
	uint32_t i = find_slot(node, range->start);

	if (node->level == 0) {
		assert(node->range[i] == range);
		close_slot(node, i);
		return;
	}
	remove_below(nodes, node->node[i], range, changed);
	if (node->node[i]->count == 0) {
		vm_zone_free(nodes, node->node[i]);
		close_slot(node, i);
	} else if (*changed) {
		*changed = update_removed(node, i, range);
	}
	if (i < node->count)
		join(nodes, node, i);
}

/* Is the root no help any more? */
static bool
root_is_idle(const struct range_node *root)
{
	if (root->level > 0)
		return root->count == 1;
	return root->count <= RANGE_TREE_LIST / 2;
}

void
range_tree_remove(struct range_tree *tree, struct vm_zone *nodes,
    struct range *range)
{
	struct range_node *root = tree->root;
	bool changed = true;

	if (root)
		remove_below(nodes, root, range, &changed);
	unlink_range(tree, range);
	while (root && root_is_idle(root)) {
		tree->root = root->level > 0 ? root->node[0] : NULL;
		vm_zone_free(nodes, root);
		root = tree->root;
	}
}

void
range_tree_resize(struct range_tree *tree, struct range *range, uint64_t start,
    uint64_t end)
{
	struct range_node *path[RANGE_TREE_HEIGHT];
	uint32_t slot[RANGE_TREE_HEIGHT];
	struct range_node *node = tree->root;
	uint32_t height = node ? node->level + 1 : 0;

	assert(start < end);
	assert(!range->prev || range->prev->end <= start);
	assert(!range->next || end <= range->next->start);

	for (uint32_t l = height; l-- > 0; node = node->node[slot[l]]) {
		path[l] = node;
		slot[l] = find_slot(node, range->start);
	}
	range->start = start;
	range->end = end;
	for (uint32_t l = 0; l < height; l++)
		update_slot(path[l], slot[l]);
}

struct gap {
	uint64_t low;
	uint64_t high;
	uint64_t size;
	uint64_t mask;
	uint32_t steps; /* until it is tired */
	bool tired;     /* everything below `low` has been looked at */
	uint64_t start; /* out */
};

/* Does it fit between two addresses? */
static bool
fits(struct gap *gap, uint64_t from, uint64_t to)
{
	uint64_t start = MAX(from, gap->low);

	to = MIN(to, gap->high);
	if (start > UINT64_MAX - gap->mask)
		return false;
	start = (start + gap->mask) & ~gap->mask;
	if (start >= to || to - start < gap->size)
		return false;
	gap->start = start;
	return true;
}

/* Looks between the slots of a node, and into those that may have room. */
static bool
fits_below(struct gap *gap, const struct range_node *node)
{
	for (uint32_t i = find_slot(node, gap->low); i < node->count; i++) {
		if (gap->steps-- == 0) {
			gap->tired = true;
			if (i > 0)
				gap->low = MAX(gap->low, node->end[i - 1]);
			return false;
		}
		if (i > 0 && node->start[i] - node->end[i - 1] >= gap->size &&
		    fits(gap, node->end[i - 1], node->start[i]))
			return true;
		if (node->gap[i] >= gap->size && fits_below(gap, node->node[i]))
			return true;
		if (gap->tired)
			return false;
		if (node->end[i] >= gap->high)
			return false;
	}
	return false;
}

static bool
fits_in_list(struct gap *gap, const struct range_tree *tree)
{
	for (const struct range *r = tree->first; r && r->next; r = r->next)
		if (fits(gap, r->end, r->next->start))
			return true;
	return false;
}

bool
range_tree_find_gap_from(const struct range_tree *tree, uint64_t *low,
    uint64_t high, uint64_t size, uint64_t mask, bool *more, uint64_t *start)
{
	enum { STEPS = 1024 };
	struct gap gap = { *low, high, size, mask, STEPS, false, 0 };
	bool found;

	if (tree->count == 0)
		found = fits(&gap, *low, high);
	else
		found = fits(&gap, *low, tree->first->start) ||
			(tree->root ? fits_below(&gap, tree->root)
				    : fits_in_list(&gap, tree)) ||
			(!gap.tired && fits(&gap, tree->last->end, high));
	if (found)
		*start = gap.start;
	*more = gap.tired;
	*low = gap.low;
	return found;
}

bool
range_tree_find_gap(const struct range_tree *tree, uint64_t low, uint64_t high,
    uint64_t size, uint64_t mask, uint64_t *start)
{
	bool more = true, found = false;

	while (more && !found)
		found = range_tree_find_gap_from(tree, &low, high, size, mask,
		    &more, start);
	return found;
}

static const char *
check_list(const struct range_tree *tree)
{
	const struct range *prev = NULL;
	uint64_t count = 0;

	for (const struct range *r = tree->first; r; prev = r, r = r->next) {
		if (r->start >= r->end)
			return "a range is empty";
		if (r->prev != prev)
			return "a range is linked to another before it";
		if (prev && prev->end > r->start)
			return "two ranges overlap";
		count++;
	}
	if (tree->last != prev)
		return "the last range is another";
	return count == tree->count ? NULL : "the count is wrong";
}

/* *at runs through the list meanwhile. */
static const char *
check_node(const struct range_node *node, const struct range **at)
{
	struct range_node told = *node;

	if (node->count == 0 || node->count > RANGE_TREE_SLOTS)
		return "a node is empty or overfull";
	for (uint32_t i = 0; i < node->count; i++) {
		const char *wrong = NULL;

		if (node->level > 0) {
			if (node->node[i]->level != node->level - 1)
				return "a node is on another level";
			wrong = check_node(node->node[i], at);
		} else if (*at && *at == node->range[i]) {
			*at = (*at)->next;
		} else {
			wrong = "the tree has another order than the list";
		}
		if (wrong)
			return wrong;
		update_slot(&told, i);
		if (told.start[i] != node->start[i] ||
		    told.end[i] != node->end[i] || told.gap[i] != node->gap[i])
			return "a slot tells other ends or another gap";
	}
	return NULL;
}

const char *
range_tree_check(const struct range_tree *tree)
{
	const struct range *at = tree->first;
	const char *wrong = check_list(tree);

	if (wrong)
		return wrong;
	if (!tree->root)
		return tree->count <= RANGE_TREE_LIST
			   ? NULL
			   : "many ranges have no node";
	wrong = check_node(tree->root, &at);
	return !wrong && at ? "the list has more than the tree" : wrong;
}
