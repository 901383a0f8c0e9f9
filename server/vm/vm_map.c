#include "server/vm/vm_map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/probe.h"
#include "server/vm/vm_account.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_mapping.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_upkeep.h"

struct vm_map *
vm_map_new(struct vm_machine *vm, uint64_t min, uint64_t max,
    uint64_t page_size)
{
	struct vm_map *map = calloc(1, sizeof(*map));

	assert(page_size % VM_PAGE_SIZE == 0);

	if (!map)
		return NULL;
	map->vm = vm;
	map->min = vm_round_page(min, page_size - 1);
	map->max = max;
	map->page_mask = page_size - 1;
	map->limit = map->limit_max = map->entries_limit = UINT64_MAX;
	map->random = vm->seed + vm->maps_made++;
	map->account = vm->account;
	vm_account_hold(map->account);
	LIST_INSERT_HEAD(&vm->maps, map, link);
	vm->map_count++;
	return map;
}

struct vm_map *
vm_map_free(struct vm_map *map)
{
	if (!map)
		return NULL;
	LIST_REMOVE(map, link);
	map->vm->map_count--;
	LIST_INSERT_HEAD(&map->vm->dead_maps, map, link);
	return NULL;
}

bool
vm_map_has(struct vm_map *map, struct vm_reserve reserve)
{
	struct vm_machine *vm = map->vm;

	if (reserve.entries > 0 &&
	    map->entries.count + reserve.entries > map->entries_limit) {
		vm->wanting = false;
		vm->refused = (struct vm_refusal){
			.happened = true,
			.one_map = true,
			.account = map->account ? map->account->number : 0,
			.what = VM_RESOURCE_ENTRIES,
			.used = map->entries.count,
			.allowed = map->entries_limit,
		};
		return false;
	}
	return vm_machine_has_for(vm, map->account, reserve);
}

struct vm_map_entry *
vm_map_lookup(const struct vm_map *map, uint64_t address)
{
	return (struct vm_map_entry *)range_tree_find(&map->entries, address);
}

struct vm_object *
vm_map_entry_object(struct vm_map *map, struct vm_map_entry *entry,
    uint64_t like)
{
	if (entry->object)
		return entry->object;
	if (like == UINT64_MAX)
		like = entry->range.start >> VM_PAGE_SHIFT;
	entry->offset = 0;
	entry->object = vm_object_new(map->vm,
	    vm_object_phase(like, vm_range_pages(vm_map_entry_range(entry))));
	return entry->object;
}

/* A new entry, behind another one; NULL: the first. */
static struct vm_map_entry *
entry_insert(struct vm_map *map, struct vm_map_entry *prev,
    struct vm_range range, struct vm_object *object, uint64_t offset,
    struct vm_attributes attributes)
{
	struct vm_map_entry *entry = vm_zone_alloc(&map->vm->entries);

	assert(entry);
	vm_account_charge(map->vm, map->account, VM_RESOURCE_ENTRIES);
	*entry = (struct vm_map_entry){
		.range = { .start = range.start, .end = range.end },
		.object = object,
		.offset = offset,
		.attributes = attributes,
	};
	range_tree_insert(&map->entries, &map->vm->ranges, &entry->range,
	    prev ? &prev->range : NULL);
	return entry;
}

static void
entry_delete(struct vm_map *map, struct vm_map_entry *entry)
{
	range_tree_remove(&map->entries, &map->vm->ranges, &entry->range);
	vm_zone_free(&map->vm->entries, entry);
	vm_account_give(map->vm, map->account ? map->account->number : 0,
	    VM_RESOURCE_ENTRIES);
}

/* Splits the entry in two at the address, if it lies inside. */
static void
entry_clip(struct vm_map *map, struct vm_map_entry *entry, uint64_t address)
{
	struct vm_range right;

	if (!entry || address <= entry->range.start ||
	    entry->range.end <= address)
		return;
	PROBE2(clip, map, address);
	right = (struct vm_range){ address, entry->range.end };
	range_tree_resize(&map->entries, &entry->range, entry->range.start,
	    address);
	if (entry->object)
		vm_object_ref(entry->object);
	entry_insert(map, entry, right, entry->object,
	    vm_map_entry_offset(entry, address), entry->attributes);
}

static bool
is_inside(const struct vm_map *map, uint64_t address)
{
	const struct vm_map_entry *entry = vm_map_lookup(map, address);

	return entry && entry->range.start < address;
}

uint64_t
vm_map_clip_cost(const struct vm_map *map, struct vm_range range)
{
	return (uint64_t)is_inside(map, range.start) +
	       is_inside(map, range.end);
}

void
vm_map_clip(struct vm_map *map, struct vm_range range)
{
	entry_clip(map, vm_map_lookup(map, range.start), range.start);
	entry_clip(map, vm_map_lookup(map, range.end), range.end);
}

/* Does one entry alone map the object? */
static bool
object_is_private(const struct vm_object *object)
{
	return object->refs == 1;
}

static bool
same_attributes(struct vm_attributes a, struct vm_attributes b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* Does a private object read as zeros there, where it was not mapped? What may
 * be purged is all of its own. */
static bool
is_zero(struct vm_map *map, const struct vm_object *object, uint64_t offset,
    uint64_t size)
{
	return object_is_private(object) && !vm_upkeep_purgable(object) &&
	       page_tree_count(map->vm, &object->pages,
		   vm_object_page(object, offset), size >> VM_PAGE_SHIFT) == 0;
}

/* May the entry grow by zeros, at its end? */
static bool
entry_can_grow(struct vm_map *map, const struct vm_map_entry *entry,
    uint64_t size)
{
	return !entry->object ||
	       is_zero(map, entry->object,
		   vm_map_entry_offset(entry, entry->range.end), size);
}

/* Do two entries, side by side, map what one could? */
static bool
entry_can_join(struct vm_map *map, const struct vm_map_entry *left,
    const struct vm_map_entry *right)
{
	uint64_t size = vm_range_size(vm_map_entry_range(left));

	if (left->range.end != right->range.start ||
	    !same_attributes(left->attributes, right->attributes))
		return false;
	if (!right->object)
		return entry_can_grow(map, left,
		    vm_range_size(vm_map_entry_range(right)));
	if (!left->object)
		return right->offset >= size &&
		       is_zero(map, right->object, right->offset - size, size);
	return left->object == right->object &&
	       left->offset + size == right->offset;
}

/* Joins an entry with the next one, if they can be. */
static bool
entry_join(struct vm_map *map, struct vm_map_entry *left)
{
	struct vm_map_entry *right = vm_map_entry_next(left);
	uint64_t size = vm_range_size(vm_map_entry_range(left));
	uint64_t end;

	if (!right || !entry_can_join(map, left, right))
		return false;
	end = right->range.end;
	if (!left->object && right->object) {
		left->object = right->object;
		left->offset = right->offset - size;
	} else if (right->object) {
		vm_object_unref(map->vm, right->object);
	}
	entry_delete(map, right);
	range_tree_resize(&map->entries, &left->range, left->range.start, end);
	return true;
}

/* Joins what can be joined, from an entry on to the one behind `end`. */
static void
simplify_from(struct vm_map *map, struct vm_map_entry *entry, uint64_t end)
{
	while (entry && entry->range.start < end) {
		if (!entry_join(map, entry))
			entry = vm_map_entry_next(entry);
		vm_machine_tick(map->vm, 1);
	}
}

void
vm_map_simplify(struct vm_map *map, struct vm_range range)
{
	simplify_from(map,
	    vm_map_lookup(map, range.start > 0 ? range.start - 1 : 0),
	    range.end);
}

kern_return_t
vm_map_check(const struct vm_map *map, struct vm_range range,
    vm_prot_t protection, vm_prot_t max_protection)
{
	const struct vm_map_entry *entry;
	uint64_t at = range.start;

	vm_map_for_each_entry(entry, map, range) {
		if (entry->range.start > at)
			return KERN_INVALID_ADDRESS;
		if ((protection & ~entry->attributes.protection) != 0 ||
		    (max_protection & ~entry->attributes.max_protection) != 0)
			return KERN_PROTECTION_FAILURE;
		at = entry->range.end;
	}
	return at >= range.end ? KERN_SUCCESS : KERN_INVALID_ADDRESS;
}

/* Is every address of a range mapped? */
static bool
is_mapped(const struct vm_map *map, struct vm_range range)
{
	return vm_map_check(map, range, VM_PROT_NONE, VM_PROT_NONE) ==
	       KERN_SUCCESS;
}

/* So many bytes more with these attributes; or less, modulo 2^64. */
static void
account(struct vm_map *map, struct vm_attributes attributes, uint64_t size)
{
	map->size += size;
	if (attributes.max_protection == VM_PROT_NONE)
		map->size_none += size;
}

/* Cuts part of an entry out of the map. */
static void
entry_cut(struct vm_map *map, struct vm_map_entry *entry, struct vm_range range)
{
	struct vm_range part =
	    vm_range_common(vm_map_entry_range(entry), range);
	uint64_t offset = vm_map_entry_offset(entry, part.start);
	struct vm_object *object = entry->object;

	account(map, entry->attributes, -vm_range_size(part));
	if (entry->attributes.wired > 0)
		vm_upkeep_unwire(map->vm, object, offset,
		    offset + vm_range_size(part));
	entry_clip(map, entry,
	    part.start > entry->range.start ? part.end : entry->range.start);
	if (object &&
	    vm_range_size(part) != vm_range_size(vm_map_entry_range(entry)))
		vm_object_ref(object);
	if (part.start > entry->range.start) {
		range_tree_resize(&map->entries, &entry->range,
		    entry->range.start, part.start);
	} else if (part.end < entry->range.end) {
		entry->offset = vm_map_entry_offset(entry, part.end);
		range_tree_resize(&map->entries, &entry->range, part.end,
		    entry->range.end);
	} else {
		entry_delete(map, entry);
	}
	if (object)
		vm_object_unmap(map->vm, object, offset,
		    offset + vm_range_size(part));
}

static bool
is_permanent(const struct vm_map_entry *entry)
{
	return entry->attributes.flags & VM_ENTRY_PERMANENT;
}

static bool
has_permanent(const struct vm_map *map, struct vm_range range)
{
	const struct vm_map_entry *entry;

	if (!map->has_permanent)
		return false;
	vm_map_for_each_entry(entry, map, range)
		if (is_permanent(entry))
			return true;
	return false;
}

/* Sets the maximum of an entry, which takes its protection with it. */
static void
set_maximum(struct vm_map *map, struct vm_map_entry *entry,
    vm_prot_t max_protection)
{
	struct vm_attributes *attributes = &entry->attributes;
	uint64_t size = vm_range_size(vm_map_entry_range(entry));

	account(map, *attributes, -size);
	attributes->max_protection = (uint8_t)max_protection;
	attributes->protection &= (uint8_t)max_protection;
	account(map, *attributes, size);
}

/* What is cut of an entry at once, at the end of a part of it: an object may be
 * shared in very many parts. */
static struct vm_range
last_to_cut(const struct vm_map_entry *entry, struct vm_range part)
{
	enum { PARTS = 64 };
	uint64_t start = vm_map_entry_offset(entry, part.start);
	uint64_t end = vm_map_entry_offset(entry, part.end);
	const struct range *share;

	if (!entry->object || entry->object->shares.count <= PARTS)
		return part;
	share = range_tree_find(&entry->object->shares, end - 1);
	for (int i = 0; i < PARTS && share && share->start > start; i++)
		share = share->prev;
	if (share && share->start > start && share->start < end)
		part.start += share->start - start;
	return part;
}

/* Cuts a part of an entry out of the map, bit by bit. */
static void
cut_part(struct vm_map *map, struct vm_map_entry *entry, struct vm_range part)
{
	struct vm_range last;

	do {
		last = last_to_cut(entry, part);
		entry_cut(map, entry, last);
		part.end = last.start;
		vm_machine_tick(map->vm, 1);
	} while (part.start < part.end);
}

static void
remove_range(struct vm_map *map, struct vm_range range)
{
	struct vm_map_entry *entry, *next;

	for (entry = vm_map_lookup(map, range.start);
	     entry && entry->range.start < range.end; entry = next) {
		next = vm_map_entry_next(entry);
		if (is_permanent(entry))
			set_maximum(map, entry, VM_PROT_NONE);
		else
			cut_part(map, entry,
			    vm_range_common(vm_map_entry_range(entry), range));
	}
}

/* Does a range lie inside of one entry, so that cutting it out takes one? */
static bool
is_inside_entry(const struct vm_map *map, struct vm_range range)
{
	const struct vm_map_entry *entry = vm_map_lookup(map, range.start);

	return entry && entry->range.start < range.start &&
	       range.end < entry->range.end;
}

kern_return_t
vm_map_remove(struct vm_map *map, struct vm_range range,
    enum vm_map_holes holes)
{
	bool permanent = has_permanent(map, range);
	struct vm_reserve reserve = {
		.entries = permanent ? 2 : is_inside_entry(map, range),
	};

	if (holes == VM_MAP_HOLES_REFUSE && !is_mapped(map, range))
		return KERN_INVALID_ADDRESS;
	if (!vm_map_has(map, reserve))
		return KERN_RESOURCE_SHORTAGE;
	if (permanent)
		vm_map_clip(map, range);
	remove_range(map, range);
	return KERN_SUCCESS;
}

/* Takes a mask apart: which bits align, and which address is the bound. False:
 * there are holes in it. */
static bool
split_mask(uint64_t mask, uint64_t *low, uint64_t *bound)
{
	uint64_t high;

	*low = mask & (mask ^ (mask + 1));
	high = mask - *low;
	if (high == 0)
		return true;
	*bound = MIN(*bound, high & -high);
	return high == -(high & -high);
}

/* The lowest one from an address on. */
static bool
find_gap_from(struct vm_map *map, uint64_t at, uint64_t high, uint64_t size,
    uint64_t mask, uint64_t *start)
{
	enum { STEPS = 64 };
	bool found = false, more = true;

	while (!found && more) {
		found = range_tree_find_gap_from(&map->entries, &at, high, size,
		    mask, &more, start);
		if (more)
			vm_machine_tick(map->vm, STEPS);
	}
	return found;
}

/* Source: Steele, Lea and Flood's SplitMix. */
static uint64_t
next_random(struct vm_map *map)
{
	uint64_t z = map->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static kern_return_t
find_gap(struct vm_map *map, const struct vm_map_where *where, uint64_t size,
    struct vm_range *range)
{
	uint64_t at = MAX(where->address, map->min), low, high = map->max;
	bool found = false;

	if (!split_mask(where->mask, &low, &high))
		return KERN_NO_SPACE;
	low |= map->page_mask;
	if (map->vm->seed != 0 && at < high && size < high - at)
		found = find_gap_from(map, at + next_random(map) % (high - at),
		    high, size, low, &range->start);
	if (!found)
		found = find_gap_from(map, at, high, size, low, &range->start);
	range->end = range->start + size;
	return found ? KERN_SUCCESS : KERN_NO_SPACE;
}

/* Where something new is to go. */
static kern_return_t
find_place(struct vm_map *map, const struct vm_map_where *where, uint64_t size,
    struct vm_range *range)
{
	uint64_t address = where->address;
	struct vm_map_entry *entry;

	if (where->place == VM_MAP_ANYWHERE)
		return find_gap(map, where, size, range);
	if (address & where->mask)
		return KERN_NO_SPACE;
	if (address < map->min || address >= map->max ||
	    size > map->max - address)
		return KERN_INVALID_ADDRESS;
	*range = (struct vm_range){ address, address + size };
	if (where->place == VM_MAP_OVERWRITE)
		return has_permanent(map, *range) ? KERN_NO_SPACE
						  : KERN_SUCCESS;
	entry = vm_map_lookup(map, address);
	return entry && entry->range.start < range->end ? KERN_NO_SPACE
							: KERN_SUCCESS;
}

/* The entry before an address that no entry has; NULL: there is none. */
static struct vm_map_entry *
entry_before(const struct vm_map *map, uint64_t address)
{
	struct vm_map_entry *next = vm_map_lookup(map, address);

	return (
	    struct vm_map_entry *)(next ? next->range.prev : map->entries.last);
}

/* Can new memory in a range be more of the entry before it? */
static bool
entry_can_take(struct vm_map *map, const struct vm_map_entry *entry,
    struct vm_range range, struct vm_attributes attributes)
{
	return entry && entry->range.end == range.start &&
	       same_attributes(entry->attributes, attributes) &&
	       entry_can_grow(map, entry, vm_range_size(range));
}

/* Bytes of a range that the map's limit counts. */
static uint64_t
counted_size(const struct vm_map *map, struct vm_range range)
{
	const struct vm_map_entry *entry;
	uint64_t size = 0;

	vm_map_for_each_entry(entry, map, range)
		if (entry->attributes.max_protection != VM_PROT_NONE)
			size += vm_range_size(
			    vm_range_common(range, vm_map_entry_range(entry)));
	return size;
}

/* May a list be mapped, in place of what is in the range? */
static kern_return_t
check_list(const struct vm_map *map, const struct vm_map_where *where,
    struct vm_range range, const struct vm_mapping *list)
{
	uint64_t size = map->size - map->size_none;

	if (map->limit != UINT64_MAX)
		size -= counted_size(map, range);
	for (; list; list = vm_mapping_next(map->vm, list)) {
		if (list->attributes.max_protection != VM_PROT_NONE)
			size += list->size;
		if (map->no_new_exec && !where->again &&
		    (list->attributes.protection & VM_PROT_EXECUTE))
			return KERN_PROTECTION_FAILURE;
	}
	return size > map->limit ? KERN_NO_SPACE : KERN_SUCCESS;
}

/* Maps one part behind an entry, as more of it if it can be. */
static struct vm_map_entry *
enter_part(struct vm_map *map, struct vm_map_entry *prev, uint64_t start,
    const struct vm_mapping *part)
{
	struct vm_range range = { start, start + part->size };

	account(map, part->attributes, part->size);
	if (!part->object &&
	    entry_can_take(map, prev, range, part->attributes)) {
		range_tree_resize(&map->entries, &prev->range,
		    prev->range.start, range.end);
		return prev;
	}
	if (part->attributes.flags & VM_ENTRY_PERMANENT)
		map->has_permanent = true;
	return entry_insert(map, prev, range, part->object, part->offset,
	    part->attributes);
}

kern_return_t
vm_map_enter_list(struct vm_map *map, struct vm_map_where *where,
    const struct vm_mapping *list)
{
	struct vm_reserve reserve = {
		.entries = where->place == VM_MAP_OVERWRITE, /* to be cut */
	};
	struct vm_map_entry *entry, *before;
	const struct vm_mapping *part;
	struct vm_range range;
	uint64_t size = 0;
	kern_return_t kr;

	for (part = list; part; part = vm_mapping_next(map->vm, part)) {
		reserve.entries++;
		size += part->size;
	}
	assert(size > 0 && (where->address & map->page_mask) == 0);
	if ((size & map->page_mask) != 0)
		return KERN_INVALID_ARGUMENT;

	kr = find_place(map, where, size, &range);
	if (kr == KERN_SUCCESS)
		kr = check_list(map, where, range, list);
	if (kr != KERN_SUCCESS)
		return kr;
	if (!vm_map_has(map, reserve))
		return KERN_RESOURCE_SHORTAGE;

	if (where->place == VM_MAP_OVERWRITE)
		remove_range(map, range);
	entry = before = entry_before(map, range.start);
	where->address = range.start;
	for (part = list; part; part = vm_mapping_next(map->vm, part)) {
		entry = enter_part(map, entry, range.start, part);
		range.start += part->size;
	}
	simplify_from(map,
	    before ? before : (struct vm_map_entry *)map->entries.first,
	    range.end);
	return KERN_SUCCESS;
}

kern_return_t
vm_map_enter(struct vm_map *map, uint64_t *address, uint64_t size,
    enum vm_map_place place, struct vm_attributes attributes)
{
	struct vm_map_where where = { .place = place, .address = *address };
	struct vm_mapping zeros = { .size = size, .attributes = attributes };
	kern_return_t kr;

	kr = vm_map_enter_list(map, &where, &zeros);
	*address = where.address;
	return kr;
}

/* Refuses a hole, or what would be more than a maximum: the first in order. */
static kern_return_t
check_protect(struct vm_map *map, struct vm_range range, vm_prot_t protection,
    bool executable, enum vm_map_holes holes)
{
	struct vm_map_entry *entry;
	uint64_t at = range.start;

	vm_map_for_each_entry(entry, map, range) {
		if (entry->range.start > at && holes == VM_MAP_HOLES_REFUSE)
			return KERN_INVALID_ADDRESS;
		if (protection & ~entry->attributes.max_protection)
			return KERN_PROTECTION_FAILURE;
		if (map->no_new_exec && executable &&
		    !(entry->attributes.protection & VM_PROT_EXECUTE))
			return KERN_PROTECTION_FAILURE;
		at = entry->range.end;
	}
	if (at < range.end && holes == VM_MAP_HOLES_REFUSE)
		return KERN_INVALID_ADDRESS;
	return KERN_SUCCESS;
}

kern_return_t
vm_map_protect(struct vm_map *map, struct vm_range range, bool maximum,
    vm_prot_t protection, vm_prot_t free, enum vm_map_holes holes)
{
	struct vm_reserve reserve = { .entries = 2 };
	struct vm_map_entry *entry;
	kern_return_t kr;

	kr = check_protect(map, range, protection & ~free,
	    !maximum && (protection & VM_PROT_EXECUTE), holes);
	if (kr != KERN_SUCCESS)
		return kr;
	if (!vm_map_has(map, reserve))
		return KERN_RESOURCE_SHORTAGE;

	vm_map_clip(map, range);
	vm_map_for_each_entry(entry, map, range) {
		if (maximum)
			set_maximum(map, entry, protection);
		else
			entry->attributes.protection = (uint8_t)protection;
	}
	vm_map_simplify(map, range);
	return KERN_SUCCESS;
}

kern_return_t
vm_map_inherit(struct vm_map *map, struct vm_range range,
    vm_inherit_t inheritance, enum vm_map_holes holes)
{
	struct vm_reserve reserve = { .entries = 2 };
	struct vm_map_entry *entry;

	if (holes == VM_MAP_HOLES_REFUSE && !is_mapped(map, range))
		return KERN_INVALID_ADDRESS;
	if (!vm_map_has(map, reserve))
		return KERN_RESOURCE_SHORTAGE;

	vm_map_clip(map, range);
	vm_map_for_each_entry(entry, map, range)
		entry->attributes.inheritance = (uint8_t)inheritance;
	vm_map_simplify(map, range);
	return KERN_SUCCESS;
}

/* Does an entry map all that there is of its object? */
static bool
entry_sees_all(const struct vm_map_entry *entry)
{
	return object_is_private(entry->object);
}

/* Has nobody else a way to what the entry maps? */
static bool
entry_is_alone(const struct vm_map_entry *entry)
{
	return !entry->object || vm_object_is_alone(entry->object);
}

static struct vm_reserve
fork_cost(struct vm_map *parent, const struct vm_map_entry *entry)
{
	const struct vm_object *object = entry->object;
	struct vm_reserve cost = { 0 };

	if (object && entry->attributes.inheritance == VM_INHERIT_COPY &&
	    (object->upkeep || !entry_sees_all(entry)))
		cost = vm_object_copy_cost(parent->vm, object, entry->offset,
		    vm_map_entry_offset(entry, entry->range.end));
	cost.entries = 1;
	return cost;
}

static void
fork_entry(struct vm_map *child, struct vm_object_copier *copier,
    struct vm_map *parent, struct vm_map_entry *entry)
{
	struct vm_attributes attributes = entry->attributes;
	struct vm_range range = vm_map_entry_range(entry);
	uint64_t size = vm_range_size(range);
	struct vm_object *object = NULL;

	if (attributes.inheritance == VM_INHERIT_SHARE) {
		object = vm_map_entry_object(parent, entry, UINT64_MAX);
		vm_object_share(parent->vm, object, entry->offset,
		    entry->offset + size);
	} else if (entry->object) {
		object = vm_object_copy(parent->vm, copier, entry->object,
		    entry->offset, entry->offset + size, entry_sees_all(entry));
	}
	attributes.wired = 0;
	attributes.flags &= (uint8_t)~VM_ENTRY_PERMANENT;
	entry_insert(child, (struct vm_map_entry *)child->entries.last, range,
	    object, entry->offset, attributes);
	account(child, attributes, size);
}

kern_return_t
vm_map_fork(struct vm_map *parent, struct vm_map *child)
{
	struct vm_range all = { parent->min, parent->max };
	struct vm_object_copier copier = { 0 };
	struct vm_machine *vm = parent->vm;
	struct vm_reserve reserve = { 0 };
	uint64_t pauses = vm->pauses;
	struct vm_map_entry *entry;

	vm_map_for_each_entry(entry, parent, all)
		if (entry->attributes.inheritance != VM_INHERIT_NONE)
			vm_reserve_add(&reserve, fork_cost(parent, entry));
	if (!vm_map_has(child, reserve))
		return KERN_RESOURCE_SHORTAGE;
	vm_map_for_each_entry(entry, parent, all) {
		if (entry->attributes.inheritance == VM_INHERIT_NONE)
			continue;
		if (!entry_is_alone(entry) && vm->pauses != pauses &&
		    !vm_map_has(child, fork_cost(parent, entry)))
			return KERN_RESOURCE_SHORTAGE;
		fork_entry(child, &copier, parent, entry);
	}
	return KERN_SUCCESS;
}

/* What that takes is taken by the map's account, whoever has it done. */
bool
vm_map_reap(struct vm_map *map, uint32_t *steps)
{
	struct vm_account *account = map->vm->account;

	map->vm->account = map->account;
	while (map->entries.last && *steps > 0) {
		struct vm_map_entry *entry =
		    (struct vm_map_entry *)map->entries.last;

		entry_cut(map, entry,
		    last_to_cut(entry, vm_map_entry_range(entry)));
		--*steps;
	}
	map->vm->account = account;
	return map->entries.last != NULL;
}
