#include "server/vm/vm_map_region.h"

#include <mach/vm_region.h>

#include "common/cleanup.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_share.h"

/* The object that an entry has as far as anybody can tell: one that was made for
 * nothing is none. */
static const struct vm_object *
object_of(const struct vm_map_entry *entry)
{
	const struct vm_object *object = entry->object;

	return object && vm_object_is_idle(object) ? NULL : object;
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

static uint8_t
share_mode(const struct vm_map_region *region,
    const struct vm_map_residency *residency)
{
	if (region->entry->attributes.flags & VM_ENTRY_LARGE)
		return SM_LARGE_PAGE;
	if (!object_of(region->entry))
		return SM_EMPTY;
	if (region->shared)
		return SM_TRUESHARED;
	return residency->owned < residency->resident ? SM_COW : SM_PRIVATE;
}

void
vm_map_region_measure(const struct vm_map *map,
    const struct vm_map_region *region, struct vm_map_residency *residency)
{
	const struct vm_object *object = object_of(region->entry);
	uint64_t offset, page, pages = vm_range_pages(region->range);

	*residency = (struct vm_map_residency){ 0 };
	if (object) {
		offset =
		    vm_map_entry_offset(region->entry, region->range.start);
		page = vm_object_page(object, offset);
		residency->resident =
		    page_tree_count(map->vm, &object->pages, page, pages);
		residency->owned =
		    vm_object_count_owned(map->vm, object, page, pages);
		residency->ref_count =
		    1 + vm_share_others(&object->shares, offset);
		residency->object_id =
		    vm_zone_number(&map->vm->objects, object);
	}
	residency->share_mode = share_mode(region, residency);
	residency->shadow_depth =
	    residency->share_mode == SM_COW && residency->owned > 0;
}

struct vm_map_page
vm_map_page(const struct vm_map *map, uint64_t address)
{
	const struct vm_map_entry *entry = vm_map_lookup(map, address);
	struct vm_map_page page = { 0 };
	const struct vm_object *object;
	uint64_t at;

	if (!entry || entry->range.start > address)
		return page;
	page.mapped = true;
	page.offset =
	    vm_map_entry_offset(entry, vm_trunc_page(address, VM_PAGE_MASK));
	object = entry->object;
	if (!object)
		return page;
	at = vm_object_page(object, page.offset);
	page.frame = page_tree_lookup(map->vm, &object->pages, at);
	page.refs = page_tree_refs(map->vm, &object->pages, at);
	page.ref_count = 1 + vm_share_others(&object->shares, page.offset);
	page.object_id = vm_zone_number(&map->vm->objects, object);
	return page;
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
