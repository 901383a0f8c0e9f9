#include "server/vm/vm_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <mach/vm_purgable.h>

#include "server/vm/personality.h"
#include "server/vm/vm_account.h"
#include "server/vm/vm_claim.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_map.h"
#include "server/vm/vm_map_copy.h"
#include "server/vm/vm_mapping.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_share.h"
#include "server/vm/vm_upkeep.h"

/* What a walk over everything has counted so far. */
struct census {
	struct vm_machine *vm;
	uint8_t *entries; /* in use, by number; those met become 0 */
	uint8_t *objects;
	uint8_t *pieces;
	uint8_t *mappings;
	uint8_t *shares;
	uint32_t *object_refs;
	uint32_t *node_refs;
	uint32_t *frame_refs;
	uint8_t *accounts;       /* in use, by number */
	struct vm_reserve *held; /* by account */
	uint32_t *maps;          /* by account */
	uint64_t ranges;         /* nodes of range trees */
	struct vm_claims claims; /* to objects */
	struct vm_claims wires;
};

static char complaint[200];

static const char *complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static const char *
complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(complaint, sizeof(complaint), format, arguments);
	va_end(arguments);
	return complaint;
}

static void
census_free(struct census *census)
{
	free(census->entries);
	free(census->objects);
	free(census->pieces);
	free(census->mappings);
	free(census->shares);
	vm_claims_free(&census->claims);
	vm_claims_free(&census->wires);
	free(census->object_refs);
	free(census->node_refs);
	free(census->frame_refs);
	free(census->accounts);
	free(census->held);
	free(census->maps);
}

static const char *
census_start(struct census *census, struct vm_machine *vm)
{
	census->vm = vm;
	census->entries = vm_zone_census(&vm->entries);
	census->objects = vm_zone_census(&vm->objects);
	census->pieces = vm_zone_census(&vm->pieces);
	census->mappings = vm_zone_census(&vm->mappings);
	census->shares = vm_zone_census(&vm->shares);
	census->object_refs = calloc(vm->objects.fresh, sizeof(uint32_t));
	census->node_refs = calloc(vm->nodes.fresh, sizeof(uint32_t));
	census->frame_refs = calloc(vm->pages.fresh, sizeof(uint32_t));
	census->accounts = vm_zone_census(&vm->accounts);
	census->held = calloc(vm->accounts.fresh, sizeof(struct vm_reserve));
	census->maps = calloc(vm->accounts.fresh, sizeof(uint32_t));
	if (!census->entries || !census->objects || !census->pieces ||
	    !census->mappings || !census->shares || !census->object_refs ||
	    !census->node_refs || !census->frame_refs || !census->accounts ||
	    !census->held || !census->maps)
		return complain("there is no memory to check with");
	census->accounts[0] = 1;
	return NULL;
}

/* One more that an account has. */
static const char *
tally(struct census *census, uint16_t account, enum vm_resource what)
{
	if (account >= census->vm->accounts.fresh || !census->accounts[account])
		return complain("%s are charged to account %u, which is not",
		    vm_resource_name(what), account);
	census->held[account].of[what]++;
	return NULL;
}

static const char *
check_account(const struct census *census, uint16_t number)
{
	const struct vm_account *account = vm_account_at(census->vm, number);

	for (enum vm_resource what = 0; what < VM_RESOURCES; what++)
		if (census->held[number].of[what] != account->used.of[what])
			return complain("account %u has %" PRIu64
					" %s, and says %" PRIu64,
			    number, census->held[number].of[what],
			    vm_resource_name(what), account->used.of[what]);
	if (census->maps[number] != account->maps)
		return complain("account %u has %u maps, and says %u", number,
		    census->maps[number], account->maps);
	return account->number == number
		   ? NULL
		   : complain("account %u has another number", number);
}

static const char *
check_accounts(const struct census *census)
{
	const char *wrong = NULL;

	for (uint32_t n = 0; n < census->vm->accounts.fresh && !wrong; n++)
		if (census->accounts[n])
			wrong = check_account(census, (uint16_t)n);
	return wrong;
}

/* One reference more to a node. Its slots count once, at the first. */
static const char *
count_node(struct census *census, uint32_t number, uint32_t level)
{
	struct vm_machine *vm = census->vm;
	struct page_node *node = vm_zone_at(&vm->nodes, number);
	const char *wrong = NULL;
	uint64_t pages = 0;

	if (number >= vm->nodes.fresh || node->level != level)
		return complain("node %u is on no level", number);
	if (census->node_refs[number]++ > 0)
		return NULL;
	wrong = tally(census, node->account, VM_RESOURCE_NODES);
	for (unsigned i = 0; i < PAGE_TREE_SLOTS && !wrong; i++) {
		uint32_t below = node->slot[i];

		if (below == 0)
			continue;
		if (level == 0) {
			if (below >= vm->pages.fresh)
				return complain("there is no frame %u", below);
			if (census->frame_refs[below]++ == 0)
				wrong = tally(census, vm->pages.owners[below],
				    VM_RESOURCE_PAGES);
			pages++;
			continue;
		}
		wrong = count_node(census, below, level - 1);
		pages +=
		    ((struct page_node *)vm_zone_at(&vm->nodes, below))->pages;
	}
	if (!wrong && pages != node->pages)
		wrong =
		    complain("node %u has %" PRIu64 " pages, and says %" PRIu64,
			number, pages, node->pages);
	if (!wrong && pages == 0)
		wrong = complain("node %u has no pages", number);
	return wrong;
}

static const char *
count_tree(struct census *census, const struct page_tree *tree)
{
	if (tree->root == 0)
		return NULL;
	return count_node(census, tree->root, tree->height - 1);
}

static uint64_t
nodes_of(const struct range_node *node)
{
	uint64_t nodes = node != NULL;

	for (uint32_t i = 0; node && node->level > 0 && i < node->count; i++)
		nodes += nodes_of(node->node[i]);
	return nodes;
}

static const char *
count_range_tree(struct census *census, const struct range_tree *tree)
{
	const char *wrong = range_tree_check(tree);

	census->ranges += nodes_of(tree->root);
	return wrong ? complain("range tree: %s", wrong) : NULL;
}

static bool
bits_are_within(const struct vm_map *map, struct vm_attributes a)
{
	return (map->loose ||
		   (a.protection & ~a.max_protection & VM_PROT_ALL) == 0) &&
	       a.inheritance <= VM_INHERIT_NONE;
}

/* One reference more to an object, for a part of it. */
static const char *
claim(struct census *census, const struct vm_object *object, uint64_t offset,
    uint64_t size, bool wired)
{
	uint64_t end = offset + size;

	census->object_refs[vm_zone_number(&census->vm->objects, object)]++;
	if (!vm_claims_add(&census->claims, object, offset, end) ||
	    (wired && !vm_claims_add(&census->wires, object, offset, end)))
		return complain("there is no memory to check with");
	return NULL;
}

static const char *
check_claims(struct census *census)
{
	const struct vm_object *wrong =
	    vm_claims_compare(&census->claims, false);
	const struct vm_object *wired = vm_claims_compare(&census->wires, true);

	if (wrong)
		return complain("object %u is shared otherwise than it says",
		    vm_zone_number(&census->vm->objects, wrong));
	if (wired)
		return complain("object %u is wired otherwise than it says",
		    vm_zone_number(&census->vm->objects, wired));
	return NULL;
}

static bool
is_volatile(const struct vm_upkeep *upkeep)
{
	return upkeep->purgable &&
	       vm_upkeep_state(upkeep->object) == VM_PURGABLE_VOLATILE;
}

/* Does what is volatile wait in the queue, and nothing else? */
static const char *
check_volatiles(const struct vm_machine *vm)
{
	const struct vm_upkeep *upkeep;
	uint32_t all = 0, waiting = 0;

	LIST_FOREACH(upkeep, &vm->upkeeps, link)
		all += vm_upkeep_state(upkeep->object) == VM_PURGABLE_VOLATILE;
	for (unsigned i = 0; i < VM_VOLATILE_RANKS; i++)
		TAILQ_FOREACH(upkeep, &vm->volatiles[i], turn) {
			waiting++;
			if (!is_volatile(upkeep))
				return complain("what waits to be purged is "
						"not volatile");
		}
	return all == waiting ? NULL
			      : complain("%u objects are volatile, and %u wait",
				    all, waiting);
}

/* What is wired has a frame of its own for each page. */
static const char *
check_wired(const struct census *census, const struct vm_map_entry *entry)
{
	const struct vm_object *object = entry->object;
	uint64_t pages = vm_range_pages(vm_map_entry_range(entry));
	uint64_t at = entry->offset, end, last = at + (pages << VM_PAGE_SHIFT);

	if (entry->attributes.wired == 0)
		return NULL;
	for (; object && at < last; at = end) {
		end = last;
		if (!vm_upkeep_wired(object, at, &end))
			break;
	}
	if (at < last)
		return complain("entry at %#" PRIx64 " is wired in no object",
		    entry->range.start);
	if (page_tree_count_owned(census->vm, &object->pages,
		vm_object_page(object, entry->offset), pages) < pages)
		return complain("entry at %#" PRIx64
				" is wired, and pages are not its own",
		    entry->range.start);
	return NULL;
}

static uint16_t
map_account(const struct vm_map *map)
{
	return map->account ? map->account->number : 0;
}

static const char *
check_entry(struct census *census, const struct vm_map *map,
    const struct vm_map_entry *entry)
{
	struct vm_machine *vm = census->vm;
	uint64_t start = entry->range.start, end = entry->range.end;
	uint32_t number = vm_zone_number(&vm->entries, entry);
	const char *wrong;

	if (!census->entries[number])
		return complain("entry at %#" PRIx64 " is free or in two maps",
		    start);
	census->entries[number] = 0;
	wrong = tally(census, map_account(map), VM_RESOURCE_ENTRIES);
	if (wrong)
		return wrong;
	if (start < map->min || end > map->max)
		return complain("entry at %#" PRIx64 " is outside its map",
		    start);
	if ((start | end) & map->page_mask)
		return complain("entry at %#" PRIx64 " is not aligned", start);
	if (!bits_are_within(map, entry->attributes))
		return complain("entry at %#" PRIx64
				" has more protection than its maximum",
		    start);
	if (!entry->object)
		return check_wired(census, entry);
	if (entry->offset & VM_PAGE_MASK)
		return complain("entry at %#" PRIx64 " has a ragged offset",
		    start);
	wrong = claim(census, entry->object, entry->offset, end - start,
	    entry->attributes.wired > 0);
	return wrong ? wrong : check_wired(census, entry);
}

static const char *
check_map(struct census *census, const struct vm_map *map)
{
	const struct range *range;
	const char *wrong = count_range_tree(census, &map->entries);
	uint64_t size = 0, none = 0;

	if (map->account)
		census->maps[map->account->number]++;
	for (range = map->entries.first; range && !wrong; range = range->next) {
		const struct vm_map_entry *entry =
		    (const struct vm_map_entry *)range;

		wrong = check_entry(census, map, entry);
		size += range->end - range->start;
		if (entry->attributes.max_protection == VM_PROT_NONE)
			none += range->end - range->start;
	}
	if (!wrong && size != map->size)
		wrong =
		    complain("a map says its size is %" PRIu64 ", not %" PRIu64,
			map->size, size);
	if (!wrong && none != map->size_none)
		wrong = complain("a map says that %" PRIu64
				 " bytes are out of reach, not %" PRIu64,
		    map->size_none, none);
	return wrong;
}

static const char *
check_mapping(struct census *census, uint32_t number)
{
	struct vm_machine *vm = census->vm;
	const struct vm_mapping *mapping = vm_zone_at(&vm->mappings, number);
	const char *wrong =
	    tally(census, mapping->account, VM_RESOURCE_MAPPINGS);

	if (wrong)
		return wrong;
	if ((mapping->offset | mapping->size) & VM_PAGE_MASK)
		return complain("mapping %u is not aligned", number);
	return mapping->object ? claim(census, mapping->object, mapping->offset,
				     mapping->size, false)
			       : NULL;
}

/* The shares of an object, or its wires. */
static const char *
check_shares(struct census *census, const struct range_tree *shares)
{
	const char *wrong = count_range_tree(census, shares);
	struct range *range;

	for (range = shares->first; range && !wrong; range = range->next) {
		struct vm_share *share = (struct vm_share *)range;

		census->shares[vm_zone_number(&census->vm->shares, share)] = 0;
		if (share->others == 0)
			wrong = complain("a share has nobody");
	}
	return wrong;
}

static const char *
check_object(struct census *census, uint32_t number)
{
	struct vm_object *object = vm_zone_at(&census->vm->objects, number);
	const char *wrong = check_shares(census, &object->shares);

	if (!wrong && object->upkeep)
		wrong = check_shares(census, &object->upkeep->wires);
	if (!wrong && object->upkeep && object->upkeep->object != object)
		wrong = complain("object %u has the record of another", number);
	if (!wrong && census->object_refs[number] != object->refs)
		wrong = complain("object %u has %u references, and says %u",
		    number, census->object_refs[number], object->refs);
	return wrong ? wrong : count_tree(census, &object->pages);
}

static const char *
check_piece(struct census *census, uint32_t number)
{
	const struct vm_map_copy_piece *piece =
	    vm_zone_at(&census->vm->pieces, number);

	const char *wrong = tally(census, piece->account, VM_RESOURCE_PIECES);

	census->pieces[number] = 0;
	return wrong ? wrong : count_tree(census, &piece->pages);
}

typedef const char *check_one(struct census *census, uint32_t number);

/* Every record of a zone that is in use. */
static const char *
check_zone(struct census *census, const struct vm_zone *zone,
    const uint8_t *used, check_one *check)
{
	const char *wrong = NULL;

	for (uint32_t n = 1; n < zone->fresh && !wrong; n++)
		if (used[n])
			wrong = check(census, n);
	return wrong;
}

static const char *
check_lost(const struct vm_zone *zone, const uint8_t *used, const char *what)
{
	for (uint32_t n = 1; n < zone->fresh; n++)
		if (used[n])
			return complain("%s %u is lost", what, n);
	return NULL;
}

static const char *
check_nodes(const struct census *census)
{
	const struct vm_machine *vm = census->vm;
	uint32_t used = 0;

	for (uint32_t n = 1; n < vm->nodes.fresh; n++) {
		const struct page_node *node = vm_zone_at(&vm->nodes, n);

		if (census->node_refs[n] == 0)
			continue;
		used++;
		if (node->refs != census->node_refs[n])
			return complain("node %u has %u references, and says "
					"%u",
			    n, census->node_refs[n], node->refs);
	}
	if (used != vm->nodes.used)
		return complain("%u nodes are lost", vm->nodes.used - used);
	return NULL;
}

static const char *
check_frames(const struct census *census)
{
	const struct vm_page_pool *pages = &census->vm->pages;
	uint32_t used = 0;

	for (uint32_t n = 1; n < pages->fresh; n++) {
		uint32_t refs = census->frame_refs[n];

		used += refs > 0;
		if (refs > 0 ? pages->refs[n] != refs
			     : pages->refs[n] < VM_PAGE_FREE)
			return complain("frame %u has %u references, and says "
					"%#x",
			    n, refs, pages->refs[n]);
	}
	if (used != pages->used)
		return complain("%u frames are lost", pages->used - used);
	return NULL;
}

static const char *
check_all(struct census *census)
{
	struct vm_machine *vm = census->vm;
	const struct vm_map *map;
	const char *wrong = NULL;

	LIST_FOREACH(map, &vm->maps, link)
		if (!wrong)
			wrong = check_map(census, map);
	if (!wrong)
		wrong = check_lost(&vm->entries, census->entries, "entry");
	if (!wrong)
		wrong = check_zone(census, &vm->mappings, census->mappings,
		    check_mapping);
	if (!wrong)
		wrong = check_zone(census, &vm->objects, census->objects,
		    check_object);
	if (!wrong)
		wrong = check_claims(census);
	if (!wrong)
		wrong = check_volatiles(vm);
	if (!wrong)
		wrong = check_lost(&vm->shares, census->shares, "share");
	if (!wrong)
		wrong = check_zone(census, &vm->pieces, census->pieces,
		    check_piece);
	if (!wrong)
		wrong = check_nodes(census);
	if (!wrong)
		wrong = check_frames(census);
	if (!wrong)
		wrong = check_accounts(census);
	if (!wrong && census->ranges != vm->ranges.used)
		wrong = complain("nodes of range trees are lost");
	return wrong;
}

const char *
vm_check(struct vm_machine *vm)
{
	struct census census = { 0 };
	void (*pause)(void *) = vm->pause;
	const char *wrong;

	vm->pause = NULL;
	while (vm_machine_reap(vm, UINT32_MAX))
		continue;
	wrong = census_start(&census, vm);
	if (!wrong)
		wrong = check_all(&census);
	census_free(&census);
	vm->pause = pause;
	return wrong;
}
