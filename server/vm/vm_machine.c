#include "server/vm/vm_machine.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	vm_zone_prefer_large_pages(&vm->entries);
	vm_zone_prefer_large_pages(&vm->ranges);
	return true;
}

int
vm_machine_init(struct vm_machine *vm, uint64_t memory, uint32_t entries)
{
	memset(vm, 0, sizeof(*vm));
	LIST_INIT(&vm->maps);
	LIST_INIT(&vm->dead_maps);
	LIST_INIT(&vm->upkeeps);
	TAILQ_INIT(&vm->volatiles);
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

static struct vm_reserve
left_of(const struct vm_machine *vm)
{
	return (struct vm_reserve){
		.pages = vm_page_left(&vm->pages),
		.nodes = vm_zone_left(&vm->nodes),
		.entries = vm_zone_left(&vm->entries),
		.mappings = vm_zone_left(&vm->mappings),
		.pieces = vm_zone_left(&vm->pieces),
	};
}

/* Would the account have more than it may, if it took so much of what is left?
 */
static bool
passes(const struct vm_account *account, enum vm_resource what, uint64_t more,
    uint64_t left)
{
	return account && account->used.of[what] + more >
			      vm_account_allowed(account, what, left);
}

/* What is asked of the machine, and for whom. */
struct asked {
	struct vm_reserve reserve;
	struct vm_account *takes;   /* NULL: nobody's */
	struct vm_account *entries; /* who takes those */
};

static const struct vm_account *
taker(const struct asked *asked, enum vm_resource what)
{
	return what == VM_RESOURCE_ENTRIES ? asked->entries : asked->takes;
}

/* Of what there is too little, the first; VM_RESOURCES: of nothing. */
static enum vm_resource
lacking(const struct vm_machine *vm, const struct asked *asked)
{
	struct vm_reserve left = left_of(vm);
	enum vm_resource what;

	for (what = 0; what < VM_RESOURCES; what++) {
		uint64_t more = asked->reserve.of[what];

		if (more > 0 &&
		    (more > left.of[what] ||
			passes(taker(asked, what), what, more, left.of[what])))
			break;
	}
	return what;
}

/* Would all be there if nobody else had frames and nodes? */
static bool
is_purge_of_use(const struct vm_machine *vm, const struct asked *asked)
{
	const uint64_t all[] = { vm->pages.limit, vm->nodes.limit };
	struct asked rest = *asked;

	static_assert(VM_RESOURCE_PAGES == 0 && VM_RESOURCE_NODES == 1,
	    "the first two");
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		uint64_t own = asked->takes ? asked->takes->used.of[i] : 0;
		uint64_t more = rest.reserve.of[i];

		if (more > 0 &&
		    (more > all[i] - own ||
			passes(asked->takes, i, more, all[i] - own)))
			return false;
		rest.reserve.of[i] = 0;
	}
	return lacking(vm, &rest) == VM_RESOURCES;
}

static void
note_refusal(struct vm_machine *vm, const struct asked *asked,
    enum vm_resource what)
{
	const struct vm_account *account = taker(asked, what);
	uint64_t left = left_of(vm).of[what];

	if (!passes(account, what, asked->reserve.of[what], left))
		return;
	vm->refused = (struct vm_refusal){
		.happened = true,
		.account = account->number,
		.what = what,
		.used = account->used.of[what],
		.allowed = vm_account_allowed(account, what, left),
	};
}

bool
vm_machine_has_for(struct vm_machine *vm, struct vm_account *entries,
    struct vm_reserve reserve)
{
	enum { SLICE = 256 };
	struct asked asked = { reserve, vm->account, entries };
	enum vm_resource what = lacking(vm, &asked);
	bool more = true;

	while (what != VM_RESOURCES && more) {
		more = vm_machine_reap(vm, SLICE);
		what = lacking(vm, &asked);
	}
	if (what == VM_RESOURCES)
		return true;
	vm->wanting = is_purge_of_use(vm, &asked);
	note_refusal(vm, &asked, what);
	return false;
}

bool
vm_machine_has(struct vm_machine *vm, struct vm_reserve reserve)
{
	return vm_machine_has_for(vm, NULL, reserve);
}

bool
vm_machine_spares_nodes(struct vm_machine *vm, uint64_t nodes)
{
	struct vm_reserve reserve = { .nodes = nodes + vm->kept_nodes };
	struct asked asked = { reserve, vm->account, NULL };

	return nodes == 0 || lacking(vm, &asked) == VM_RESOURCES;
}

bool
vm_machine_make_room(struct vm_machine *vm, struct vm_reserve reserve)
{
	bool has;

	while (!(has = vm_machine_has(vm, reserve)))
		if (!vm->wanting || !vm_upkeep_purge(vm))
			break;
	vm->wanting = false;
	return has;
}

bool
vm_machine_reap(struct vm_machine *vm, uint32_t steps)
{
	while (steps > 0 && !LIST_EMPTY(&vm->dead_maps)) {
		struct vm_map *map = LIST_FIRST(&vm->dead_maps);

		if (vm_map_reap(map, &steps))
			return true;
		LIST_REMOVE(map, link);
		vm_account_drop(vm, map->account);
		free(map);
	}
	return page_tree_reap(vm, steps) || !LIST_EMPTY(&vm->dead_maps);
}
