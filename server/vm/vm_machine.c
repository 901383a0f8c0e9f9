#include "server/vm/vm_machine.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "server/vm/vm_account.h"
#include "server/vm/vm_map.h"
#include "server/vm/vm_map_copy.h"
#include "server/vm/vm_mapping.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_share.h"
#include "server/vm/vm_upkeep.h"

/*
 * Limits that are the same whatever the memory. References to frames and nodes
 * are slots of nodes, objects and pieces: fewer than a count can hold.
 */
enum {
	NODES_MOST = (1 << 25) - (1 << 20),
	ENTRIES_MOST = 1 << 24,
	PIECES_MOST = 1 << 22,
	MAPPINGS_MOST = 1 << 22,
	OBJECTS_MOST = ENTRIES_MOST + PIECES_MOST + MAPPINGS_MOST,
	SHARES_MOST = 4 * (ENTRIES_MOST + MAPPINGS_MOST) + 8,
	RANGES_MOST = RANGE_TREE_NODES(ENTRIES_MOST + SHARES_MOST),
	ACCOUNTS_MOST = UINT16_MAX,
};

static_assert((uint64_t)NODES_MOST * PAGE_TREE_SLOTS + OBJECTS_MOST +
		      PIECES_MOST <
		  VM_PAGE_FREE,
    "references to a frame or a node cannot wrap");

/* At the worst every page has a leaf of its own. */
static uint32_t
nodes_for(const struct vm_page_pool *pages)
{
	enum { NODES_LEAST = 65536 };

	return (uint32_t)MIN((uint64_t)pages->limit + NODES_LEAST,
	    (uint64_t)NODES_MOST);
}

static bool
init_zones(struct vm_machine *vm, uint32_t entries)
{
	if (!vm_zone_init(&vm->nodes, sizeof(struct page_node),
		nodes_for(&vm->pages)) ||
	    !vm_zone_init(&vm->objects, sizeof(struct vm_object),
		OBJECTS_MOST) ||
	    !vm_zone_init(&vm->entries, sizeof(struct vm_map_entry), entries) ||
	    !vm_zone_init(&vm->pieces, sizeof(struct vm_map_copy_piece),
		PIECES_MOST) ||
	    !vm_zone_init(&vm->mappings, sizeof(struct vm_mapping),
		MAPPINGS_MOST) ||
	    !vm_zone_init(&vm->shares, sizeof(struct vm_share), SHARES_MOST) ||
	    !vm_zone_init(&vm->ranges, sizeof(struct range_node),
		RANGES_MOST) ||
	    !vm_zone_init(&vm->accounts, sizeof(struct vm_account),
		ACCOUNTS_MOST))
		return false;
	vm_account_init_nobody(vm);
	vm->entries.large = vm->ranges.large = true;
	return true;
}

int
vm_machine_init(struct vm_machine *vm, uint64_t memory, uint32_t entries)
{
	memset(vm, 0, sizeof(*vm));
	LIST_INIT(&vm->maps);
	LIST_INIT(&vm->dead_maps);
	LIST_INIT(&vm->upkeeps);
	for (unsigned i = 0; i < VM_VOLATILE_RANKS; i++)
		TAILQ_INIT(&vm->volatiles[i]);
	if (entries == 0 || entries > ENTRIES_MOST)
		entries = ENTRIES_MOST;
	if (!vm_page_pool_init(&vm->pages, memory) ||
	    !init_zones(vm, entries)) {
		vm_machine_deinit(vm);
		return -ENOMEM;
	}
	return 0;
}

void
vm_machine_deinit(struct vm_machine *vm)
{
	assert(LIST_EMPTY(&vm->maps));

	while (vm_machine_reap(vm, UINT32_MAX))
		continue;
	assert(vm->entries.used == 0 && vm->objects.used == 0);
	assert(vm->mappings.used == 0 && LIST_EMPTY(&vm->upkeeps));
	assert(vm->nodes.used == 0 && vm->pages.used == 0);
	assert(vm->accounts.used == 0);

	vm_zone_deinit(&vm->accounts);
	vm_zone_deinit(&vm->ranges);
	vm_zone_deinit(&vm->shares);
	vm_zone_deinit(&vm->mappings);
	vm_zone_deinit(&vm->pieces);
	vm_zone_deinit(&vm->entries);
	vm_zone_deinit(&vm->objects);
	vm_zone_deinit(&vm->nodes);
	vm_page_pool_deinit(&vm->pages);
}

void
vm_machine_pause(struct vm_machine *vm)
{
	vm->ticks = vm->ticks_most;
	if (vm->pause)
		vm->pause(vm->pause_context);
}

bool
vm_machine_trim(struct vm_machine *vm, uint32_t frames)
{
	struct vm_zone *zones[] = { &vm->nodes, &vm->objects, &vm->entries,
		&vm->pieces, &vm->mappings, &vm->shares, &vm->ranges };
	bool more = vm_page_pool_trim(&vm->pages, frames);

	for (unsigned i = 0; i < ARRAY_SIZE(zones); i++)
		if (vm_zone_trim(zones[i]))
			more = true;
	return more;
}

/* --- What is dead ------------------------------------------------------ */

static bool
is_clean(const struct vm_machine *vm)
{
	return LIST_EMPTY(&vm->dead_maps) && !vm->dead_mappings &&
	       !vm->dead_pieces && vm->dead_nodes == 0;
}

/* Maps, from the end of each. False: there are no steps left. */
static bool
reap_maps(struct vm_machine *vm, uint32_t *steps)
{
	struct vm_map *map;

	while (*steps > 0 && (map = LIST_FIRST(&vm->dead_maps))) {
		if (vm_map_reap(map, steps))
			return false;
		LIST_REMOVE(map, link);
		vm_account_drop(vm, map->account);
		free(map);
	}
	return LIST_EMPTY(&vm->dead_maps);
}

bool
vm_machine_reap(struct vm_machine *vm, uint32_t steps)
{
	if (is_clean(vm))
		return false;
	return !reap_maps(vm, &steps) || vm_mappings_reap(vm, &steps) ||
	       vm_map_copy_reap(vm, &steps) || page_tree_reap(vm, steps);
}
