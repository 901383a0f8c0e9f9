#include "server/vm/vm_map_upkeep.h"

#include <mach/vm_behavior.h>

#include "server/vm/vm_fault.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_share.h"
#include "server/vm/vm_upkeep.h"

/* --- Wiring ------------------------------------------------------------ */

enum { WIRED_MOST = UINT16_MAX };

/* What it takes to give every page of a part of an entry a frame of its own. */
static struct vm_reserve
wire_cost(const struct vm_map *map, const struct vm_map_entry *entry,
    struct vm_range range)
{
	struct vm_range part =
	    vm_range_common(vm_map_entry_range(entry), range);
	const struct vm_object *object = entry->object;
	struct vm_reserve cost = { .pages = vm_range_pages(part) };

	if (object)
		cost.pages -= vm_object_count_owned(map->vm, object,
		    vm_object_page(object,
			vm_map_entry_offset(entry, part.start)),
		    cost.pages);
	if (cost.pages > 0)
		cost.nodes = page_tree_own_cost(vm_range_pages(part));
	return cost;
}

/* Sees to all that wiring a range can lack. */
static kern_return_t
prepare_wire(struct vm_map *map, struct vm_range range)
{
	struct vm_reserve reserve = { .entries = 2 };
	struct vm_map_entry *entry;

	vm_map_for_each_entry(entry, map, range) {
		if (entry->attributes.wired == WIRED_MOST)
			return KERN_FAILURE;
		vm_reserve_add(&reserve, wire_cost(map, entry, range));
	}
	if (!vm_map_has(map, reserve))
		return KERN_RESOURCE_SHORTAGE;
	vm_map_for_each_entry(entry, map, range)
		if (!vm_upkeep_of(map->vm,
			vm_map_entry_object(map, entry, UINT64_MAX)))
			return KERN_RESOURCE_SHORTAGE;
	return KERN_SUCCESS;
}

/* What was reckoned with when there had been `pauses` may be no more if others
 * share it: then it is refused. It pauses only if nobody does, so that whoever
 * shares what is wired finds its frames there. */
static bool
wire_entry(struct vm_map *map, struct vm_map_entry *entry, uint64_t pauses)
{
	uint64_t pages = vm_range_pages(vm_map_entry_range(entry));
	struct vm_reserve most = {
		.pages = pages,
		.nodes = page_tree_own_cost(pages),
	};
	bool alone = vm_object_is_alone(entry->object);
	uint64_t at;

	if (!alone && !vm_machine_still_has(map->vm, most, pauses))
		return false;
	vm_upkeep_wire(map->vm, entry->object, entry->offset,
	    vm_map_entry_offset(entry, entry->range.end));
	for (at = entry->range.start; at < entry->range.end;
	     at += VM_PAGE_SIZE) {
		vm_fault(map, entry, at, VM_PROT_WRITE);
		if (alone)
			vm_machine_tick(map->vm, VM_MACHINE_PAGE);
	}
	return true;
}

static void
unwire_frames(struct vm_map *map, struct vm_map_entry *entry)
{
	vm_upkeep_unwire(map->vm, entry->object, entry->offset,
	    vm_map_entry_offset(entry, entry->range.end));
}

/* Gives all that is not wired yet its frames, or nothing. That is counted only
 * when all have them: what is not, here, is what was done here. */
static kern_return_t
wire_entries(struct vm_map *map, struct vm_range range)
{
	uint64_t pauses = map->vm->pauses;
	struct vm_map_entry *entry, *refused = NULL;

	vm_map_for_each_entry(entry, map, range)
		if (entry->attributes.wired == 0 &&
		    !wire_entry(map, entry, pauses)) {
			refused = entry;
			break;
		}
	if (!refused)
		return KERN_SUCCESS;
	vm_map_for_each_entry(entry, map, range) {
		if (entry == refused)
			break;
		if (entry->attributes.wired == 0)
			unwire_frames(map, entry);
	}
	return KERN_RESOURCE_SHORTAGE;
}

kern_return_t
vm_map_wire(struct vm_map *map, struct vm_range range, vm_prot_t access,
    bool nests, enum vm_map_holes holes)
{
	struct vm_map_entry *entry;
	kern_return_t kr = KERN_SUCCESS;

	if (holes == VM_MAP_HOLES_REFUSE)
		kr = vm_map_check(map, range, access, VM_PROT_NONE);
	if (kr == KERN_SUCCESS)
		kr = prepare_wire(map, range);
	if (kr != KERN_SUCCESS)
		return kr;
	vm_map_clip(map, range);
	kr = wire_entries(map, range);
	if (kr == KERN_SUCCESS)
		vm_map_for_each_entry(entry, map, range)
			if (nests || entry->attributes.wired == 0)
				entry->attributes.wired++;
	vm_map_simplify(map, range);
	return kr;
}

static void
unwire_entry(struct vm_map *map, struct vm_map_entry *entry, bool all)
{
	uint16_t *wired = &entry->attributes.wired;

	if (*wired == 0)
		return;
	*wired = all ? 0 : *wired - 1;
	if (*wired == 0)
		unwire_frames(map, entry);
}

kern_return_t
vm_map_unwire(struct vm_map *map, struct vm_range range, bool all,
    enum vm_map_holes holes)
{
	struct vm_reserve reserve = { .entries = vm_map_clip_cost(map, range) };
	struct vm_map_entry *entry = vm_map_lookup(map, range.start);

	if (holes == VM_MAP_HOLES_REFUSE &&
	    (!entry || entry->range.start > range.start))
		return KERN_INVALID_ADDRESS;
	if (!vm_map_has(map, reserve))
		return KERN_RESOURCE_SHORTAGE;
	vm_map_clip(map, range);
	vm_map_for_each_entry(entry, map, range)
		unwire_entry(map, entry, all);
	vm_map_simplify(map, range);
	return KERN_SUCCESS;
}

uint64_t
vm_map_wired(const struct vm_map *map)
{
	struct vm_range all = { map->min, map->max };
	const struct vm_map_entry *entry;
	uint64_t bytes = 0;

	vm_map_for_each_entry(entry, map, all)
		if (entry->attributes.wired > 0)
			bytes += vm_range_size(vm_map_entry_range(entry));
	return bytes;
}

/* --- Letting go of contents -------------------------------------------- */

/*
 * Clears [start, end) of an object, but for what is wired. If all of it is to
 * read as zeros then, what is wired is set to zeros.
 *
 * => all: the caller has seen to the nodes; else it was advice, and what there
 *    are no nodes for stays
 */
static void
clear_object(struct vm_machine *vm, struct vm_object *object, uint64_t start,
    uint64_t end, bool all)
{
	uint64_t next, at;

	for (; start < end; start = next) {
		next = end;
		if (!vm_upkeep_wired(object, start, &next)) {
			if (all)
				page_tree_clear(vm, &object->pages,
				    vm_object_page(object, start),
				    (next - start) >> VM_PAGE_SHIFT);
			else
				vm_object_clear(vm, object, start, next);
			continue;
		}
		for (at = start; all && at < next; at += VM_PAGE_SIZE) {
			vm_page_zero(&vm->pages,
			    page_tree_lookup_owned(vm, &object->pages,
				vm_object_page(object, at)));
			if (vm_object_is_alone(object))
				vm_machine_tick(vm, 1);
		}
	}
}

static void
clear_entry(struct vm_map *map, struct vm_map_entry *entry,
    struct vm_range range)
{
	struct vm_range part =
	    vm_range_common(vm_map_entry_range(entry), range);

	if (entry->object)
		clear_object(map->vm, entry->object,
		    vm_map_entry_offset(entry, part.start),
		    vm_map_entry_offset(entry, part.end), true);
}

/* Lets go of what nobody sees through another mapping, and is not wired. */
static void
kill_entry(struct vm_map *map, struct vm_map_entry *entry,
    struct vm_range range)
{
	struct vm_range part =
	    vm_range_common(vm_map_entry_range(entry), range);
	uint64_t at = vm_map_entry_offset(entry, part.start), next;
	uint64_t end = vm_map_entry_offset(entry, part.end);

	for (; entry->object && at < end; at = next) {
		uint64_t low = at;

		next = end;
		if (!vm_share_at(&entry->object->shares, at, &low, &next))
			clear_object(map->vm, entry->object, at, next, false);
		vm_machine_tick(map->vm, 1);
	}
}

bool
vm_map_kill_pages(struct vm_map *map, struct vm_range range)
{
	struct vm_map_entry *entry;
	uint64_t at = range.start;

	vm_map_for_each_entry(entry, map, range) {
		if (entry->range.start > at)
			return false;
		kill_entry(map, entry, range);
		at = entry->range.end;
	}
	return at >= range.end;
}

/* Refuses as vm_map_check() does, and what may be executed. */
static kern_return_t
check_zero(const struct vm_map *map, struct vm_range range)
{
	const struct vm_map_entry *entry;
	struct vm_range before = range;

	vm_map_for_each_entry(entry, map, range) {
		if (!(entry->attributes.protection & VM_PROT_EXECUTE))
			continue;
		before.end = entry->range.start;
		if (before.end > range.start &&
		    vm_map_check(map, before, VM_PROT_WRITE, VM_PROT_NONE) !=
			KERN_SUCCESS)
			break;
		return KERN_PROTECTION_FAILURE;
	}
	return vm_map_check(map, range, VM_PROT_WRITE, VM_PROT_NONE);
}

/* Nodes that the clearing of an entry takes, at the most: so many for each run
 * of pages. */
static uint64_t
zero_cost(const struct vm_map_entry *entry)
{
	uint64_t runs = 1;

	if (entry->object && entry->object->upkeep)
		runs += 1 + entry->object->upkeep->wires.count;
	return runs * PAGE_TREE_PATH;
}

kern_return_t
vm_map_zero(struct vm_map *map, struct vm_range range)
{
	struct vm_reserve reserve = { 0 }, part = { 0 };
	struct vm_machine *vm = map->vm;
	uint64_t pauses = vm->pauses;
	struct vm_map_entry *entry;
	kern_return_t kr;

	vm_map_for_each_entry(entry, map, range)
		reserve.nodes += zero_cost(entry);
	kr = check_zero(map, range);
	if (kr != KERN_SUCCESS)
		return kr;
	if (!vm_machine_has(vm, reserve))
		return KERN_RESOURCE_SHORTAGE;
	vm_map_for_each_entry(entry, map, range) {
		part.nodes = zero_cost(entry);
		if (!vm_machine_still_has(vm, part, pauses))
			return KERN_RESOURCE_SHORTAGE;
		clear_entry(map, entry, range);
	}
	return KERN_SUCCESS;
}

kern_return_t
vm_map_behavior(struct vm_map *map, struct vm_range range, vm_prot_t access,
    int behavior)
{
	struct vm_reserve reserve = { .entries = 2 };
	struct vm_map_entry *entry;
	kern_return_t kr;

	kr = vm_map_check(map, range, access, VM_PROT_NONE);
	if (kr != KERN_SUCCESS)
		return kr;
	if (!vm_map_has(map, reserve))
		return KERN_RESOURCE_SHORTAGE;
	vm_map_clip(map, range);
	vm_map_for_each_entry(entry, map, range)
		entry->attributes.behavior = (uint8_t)behavior;
	vm_map_simplify(map, range);
	return KERN_SUCCESS;
}
