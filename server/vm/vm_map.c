#include "server/vm/vm_map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server/vm/vm_machine.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_share.h"

struct vm_map *
vm_map_new(struct vm_machine *vm, uint64_t min, uint64_t max,
    uint64_t page_size)
{
	struct vm_map *map = calloc(1, sizeof(*map));

	assert(page_size % VM_PAGE_SIZE == 0);

	if (!map)
		return NULL;
	map->vm = vm;
	map->min = min;
	map->max = max;
	map->page_mask = page_size - 1;
	LIST_INSERT_HEAD(&vm->maps, map, link);
	return map;
}

struct vm_map *
vm_map_free(struct vm_map *map)
{
	if (!map)
		return NULL;
	LIST_REMOVE(map, link);
	LIST_INSERT_HEAD(&map->vm->dead_maps, map, link);
	return NULL;
}

struct vm_map_entry *
vm_map_lookup(const struct vm_map *map, uint64_t address)
{
	return (struct vm_map_entry *)range_tree_find(&map->entries, address);
}

bool
vm_map_region(const struct vm_map *map, uint64_t address,
    struct vm_map_region *region)
{
	struct vm_map_entry *entry = vm_map_lookup(map, address);
	uint64_t start, end;

	if (!entry)
		return false;
	*region = (struct vm_map_region){
		.entry = entry,
		.range = vm_map_entry_range(entry),
	};
	if (!entry->object)
		return true;
	address = MAX(address, entry->range.start);
	start = entry->offset;
	end = vm_map_entry_offset(entry, entry->range.end);
	region->shared = vm_share_at(&entry->object->shares,
	    vm_map_entry_offset(entry, address), &start, &end);
	region->range.start += start - entry->offset;
	region->range.end = region->range.start + (end - start);
	return true;
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
}

/* Splits the entry in two at the address, if it lies inside. */
static void
entry_clip(struct vm_map *map, struct vm_map_entry *entry, uint64_t address)
{
	struct vm_range right;

	if (!entry || address <= entry->range.start ||
	    entry->range.end <= address)
		return;
	right = (struct vm_range){ address, entry->range.end };
	range_tree_resize(&map->entries, &entry->range, entry->range.start,
	    address);
	if (entry->object)
		vm_object_ref(entry->object);
	entry_insert(map, entry, right, entry->object,
	    vm_map_entry_offset(entry, address), entry->attributes);
}

static void
clip_range(struct vm_map *map, struct vm_range range)
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

/* Does a private object read as zeros there, where it was not mapped? */
static bool
is_zero(struct vm_map *map, const struct vm_object *object, uint64_t offset,
    uint64_t size)
{
	return object_is_private(object) &&
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

/* Joins what can be joined, from the entry before a range to the one behind. */
static void
simplify_range(struct vm_map *map, struct vm_range range)
{
	struct vm_map_entry *entry =
	    vm_map_lookup(map, range.start > 0 ? range.start - 1 : 0);

	while (entry && entry->range.start < range.end)
		if (!entry_join(map, entry))
			entry = vm_map_entry_next(entry);
}

/* Is every address of a range mapped? */
static bool
is_mapped(const struct vm_map *map, struct vm_range range)
{
	const struct vm_map_entry *entry;
	uint64_t at = range.start;

	vm_map_for_each_entry(entry, map, range) {
		if (entry->range.start > at)
			return false;
		at = entry->range.end;
	}
	return at >= range.end;
}

/* Cuts part of an entry out of the map. */
static void
entry_cut(struct vm_map *map, struct vm_map_entry *entry, struct vm_range range)
{
	struct vm_range part =
	    vm_range_common(vm_map_entry_range(entry), range);
	uint64_t offset = vm_map_entry_offset(entry, part.start);
	struct vm_object *object = entry->object;

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
	map->size -= vm_range_size(part);
}

static void
remove_range(struct vm_map *map, struct vm_range range)
{
	struct vm_map_entry *entry, *next;

	for (entry = vm_map_lookup(map, range.start);
	     entry && entry->range.start < range.end; entry = next) {
		next = vm_map_entry_next(entry);
		entry_cut(map, entry, range);
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
	struct vm_reserve reserve = {
		.entries = is_inside_entry(map, range),
	};

	if (holes == VM_MAP_HOLES_REFUSE && !is_mapped(map, range))
		return KERN_INVALID_ADDRESS;
	if (!vm_machine_has(map->vm, reserve))
		return KERN_RESOURCE_SHORTAGE;
	remove_range(map, range);
	return KERN_SUCCESS;
}

/* Where a new entry is to go. */
static kern_return_t
find_place(struct vm_map *map, uint64_t address, uint64_t size,
    enum vm_map_place place, struct vm_range *range)
{
	struct vm_map_entry *entry;

	if (place == VM_MAP_ANYWHERE) {
		if (!range_tree_find_gap(&map->entries, MAX(address, map->min),
			map->max, size, map->page_mask, &address))
			return KERN_NO_SPACE;
		*range = (struct vm_range){ address, address + size };
		return KERN_SUCCESS;
	}
	if (address < map->min || address >= map->max ||
	    size > map->max - address)
		return KERN_INVALID_ADDRESS;
	*range = (struct vm_range){ address, address + size };
	entry = vm_map_lookup(map, address);
	if (place == VM_MAP_FIXED && entry && entry->range.start < range->end)
		return KERN_NO_SPACE;
	return KERN_SUCCESS;
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

kern_return_t
vm_map_enter(struct vm_map *map, uint64_t *address, uint64_t size,
    enum vm_map_place place, struct vm_attributes attributes)
{
	struct vm_reserve reserve = { .entries = 2 };
	struct vm_map_entry *entry;
	struct vm_range range;
	kern_return_t kr;

	assert(size > 0 && ((*address | size) & map->page_mask) == 0);

	kr = find_place(map, *address, size, place, &range);
	if (kr != KERN_SUCCESS)
		return kr;
	if (!vm_machine_has(map->vm, reserve))
		return KERN_RESOURCE_SHORTAGE;

	if (place == VM_MAP_OVERWRITE)
		remove_range(map, range);
	entry = entry_before(map, range.start);
	if (entry_can_take(map, entry, range, attributes))
		range_tree_resize(&map->entries, &entry->range,
		    entry->range.start, range.end);
	else
		entry = entry_insert(map, entry, range, NULL, 0, attributes);
	map->size += size;
	entry_join(map, entry);
	*address = range.start;
	return KERN_SUCCESS;
}

/* Refuses a hole, or what would be more than a maximum: the first in order. */
static kern_return_t
check_protect(struct vm_map *map, struct vm_range range, vm_prot_t protection,
    enum vm_map_holes holes)
{
	struct vm_map_entry *entry;
	uint64_t at = range.start;

	vm_map_for_each_entry(entry, map, range) {
		if (entry->range.start > at && holes == VM_MAP_HOLES_REFUSE)
			return KERN_INVALID_ADDRESS;
		if (protection & ~entry->attributes.max_protection)
			return KERN_PROTECTION_FAILURE;
		at = entry->range.end;
	}
	if (at < range.end && holes == VM_MAP_HOLES_REFUSE)
		return KERN_INVALID_ADDRESS;
	return KERN_SUCCESS;
}

kern_return_t
vm_map_protect(struct vm_map *map, struct vm_range range, bool set_maximum,
    vm_prot_t protection, vm_prot_t free, enum vm_map_holes holes)
{
	struct vm_reserve reserve = { .entries = 2 };
	struct vm_map_entry *entry;
	kern_return_t kr;

	kr = check_protect(map, range, protection & ~free, holes);
	if (kr != KERN_SUCCESS)
		return kr;
	if (!vm_machine_has(map->vm, reserve))
		return KERN_RESOURCE_SHORTAGE;

	clip_range(map, range);
	vm_map_for_each_entry(entry, map, range) {
		struct vm_attributes *a = &entry->attributes;

		if (set_maximum)
			a->max_protection = (uint8_t)protection;
		a->protection = set_maximum ? a->protection & protection
					    : (uint8_t)protection;
	}
	simplify_range(map, range);
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
	if (!vm_machine_has(map->vm, reserve))
		return KERN_RESOURCE_SHORTAGE;

	clip_range(map, range);
	vm_map_for_each_entry(entry, map, range)
		entry->attributes.inheritance = (uint8_t)inheritance;
	simplify_range(map, range);
	return KERN_SUCCESS;
}

/*
 * Inheritance. Entries that map one object, in a row, become entries of the
 * child that map one object, too, into which each grafts what it sees.
 */
struct fork {
	struct vm_map *child;
	const struct vm_object *from; /* the last one copied */
	struct vm_object *to;         /* its copy */
};

/* Does the entry map all that the object has? */
static bool
entry_sees_all(const struct vm_map_entry *entry)
{
	return object_is_private(entry->object);
}

static uint64_t
fork_cost(const struct vm_map *parent, const struct vm_map_entry *entry)
{
	static const struct page_tree empty;
	const struct vm_object *object = entry->object;
	uint64_t page, pages;

	if (!object || entry->attributes.inheritance != VM_INHERIT_COPY ||
	    entry_sees_all(entry))
		return 0;
	page = vm_object_page(object, entry->offset);
	pages = vm_range_pages(vm_map_entry_range(entry));
	return page_tree_graft_cost(parent->vm, &empty, page, &object->pages,
	    page, pages);
}

static struct vm_object *
fork_copy(struct fork *fork, const struct vm_map_entry *entry)
{
	struct vm_machine *vm = fork->child->vm;
	const struct vm_object *object = entry->object;
	uint64_t page = vm_object_page(object, entry->offset);

	if (fork->from == object) {
		vm_object_ref(fork->to);
	} else {
		fork->from = object;
		fork->to = vm_object_new(vm, object->phase);
	}
	if (entry_sees_all(entry))
		fork->to->pages = page_tree_snapshot(vm, &object->pages);
	else
		page_tree_graft(vm, &fork->to->pages, page, &object->pages,
		    page, vm_range_pages(vm_map_entry_range(entry)));
	return fork->to;
}

static void
fork_entry(struct fork *fork, struct vm_map *parent, struct vm_map_entry *entry)
{
	struct vm_range range = vm_map_entry_range(entry);
	struct vm_object *object = NULL;

	if (entry->attributes.inheritance == VM_INHERIT_SHARE) {
		object = vm_map_entry_object(parent, entry, UINT64_MAX);
		vm_object_share(parent->vm, object, entry->offset,
		    entry->offset + vm_range_size(range));
	} else if (entry->object) {
		object = fork_copy(fork, entry);
	}
	entry_insert(fork->child,
	    (struct vm_map_entry *)fork->child->entries.last, range, object,
	    entry->offset, entry->attributes);
	fork->child->size += vm_range_size(range);
}

kern_return_t
vm_map_fork(struct vm_map *parent, struct vm_map *child)
{
	struct vm_range all = { parent->min, parent->max };
	struct fork fork = { .child = child };
	struct vm_reserve reserve = { 0 };
	struct vm_map_entry *entry;

	vm_map_for_each_entry(entry, parent, all) {
		if (entry->attributes.inheritance == VM_INHERIT_NONE)
			continue;
		reserve.entries++;
		reserve.nodes += fork_cost(parent, entry);
	}
	if (!vm_machine_has(parent->vm, reserve))
		return KERN_RESOURCE_SHORTAGE;
	vm_map_for_each_entry(entry, parent, all)
		if (entry->attributes.inheritance != VM_INHERIT_NONE)
			fork_entry(&fork, parent, entry);
	return KERN_SUCCESS;
}

uint64_t
vm_map_resident(const struct vm_map *map)
{
	struct vm_range all = { map->min, map->max };
	const struct vm_map_entry *entry;
	uint64_t pages = 0;

	vm_map_for_each_entry(entry, map, all) {
		struct vm_object *object = entry->object;

		if (object)
			pages += page_tree_count(map->vm, &object->pages,
			    vm_object_page(object, entry->offset),
			    vm_range_pages(vm_map_entry_range(entry)));
	}
	return pages;
}

bool
vm_map_reap(struct vm_map *map, uint32_t *steps)
{
	while (map->entries.last && *steps > 0) {
		struct vm_map_entry *entry =
		    (struct vm_map_entry *)map->entries.last;

		entry_cut(map, entry, vm_map_entry_range(entry));
		--*steps;
	}
	return map->entries.last != NULL;
}
