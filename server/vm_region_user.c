/*
 * Looking: vm_region in all its flavours, and queries of pages
 */
#include <mach/vm_region.h>
#include <mach/vm_statistics.h>

#include "common/cleanup.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "server/vm/vm_map_region.h"
#include "server/vm_user.h"

/* --- vm_region --------------------------------------------------------- */

static uint32_t
count_of_flavor(int flavor)
{
	switch (flavor) {
	case VM_REGION_BASIC_INFO:
		return VM_REGION_BASIC_INFO_COUNT;
	case VM_REGION_BASIC_INFO_64:
		return VM_REGION_BASIC_INFO_COUNT_64;
	case VM_REGION_EXTENDED_INFO__legacy:
		return VM_REGION_EXTENDED_INFO_COUNT__legacy;
	case VM_REGION_EXTENDED_INFO:
		return VM_REGION_EXTENDED_INFO_COUNT;
	case VM_REGION_TOP_INFO:
		return VM_REGION_TOP_INFO_COUNT;
	default:
		return UINT32_MAX;
	}
}

/* Counts of pages have 32 bits. */
static uint32_t
narrow(uint64_t count)
{
	return (uint32_t)MIN(count, (uint64_t)UINT32_MAX);
}

static void
put_basic_info(const struct vm_map_region *region, VmRegionReply *out)
{
	static VmRegionBasicInfo info;
	const struct vm_attributes *attributes = &region->entry->attributes;

	vm_region_basic_info__init(&info);
	info.protection = attributes->protection;
	info.max_protection = attributes->max_protection;
	info.inheritance = attributes->inheritance;
	info.shared = region->shared;
	info.offset = vm_map_entry_offset(region->entry, region->range.start);
	info.behavior = attributes->behavior;
	info.user_wired_count = attributes->wired;
	out->info_case = VM_REGION_REPLY__INFO_BASIC_INFO;
	out->basic_info = &info;
}

/* Private pages of what was shared copy-on-write. */
static uint32_t
now_private(const struct vm_map_residency *residency)
{
	return residency->share_mode == SM_COW ? narrow(residency->owned) : 0;
}

static void
put_extended_info(const struct vm_map *map, const struct vm_map_region *region,
    VmRegionReply *out)
{
	static VmRegionExtendedInfo info;
	struct vm_map_residency residency;

	vm_map_region_measure(map, region, &residency);
	vm_region_extended_info__init(&info);
	info.protection = region->entry->attributes.protection;
	info.user_tag = region->entry->attributes.tag;
	info.pages_resident = info.pages_dirtied = narrow(residency.resident);
	info.pages_shared_now_private = now_private(&residency);
	info.ref_count = residency.ref_count;
	info.shadow_depth = residency.shadow_depth;
	info.share_mode = residency.share_mode;
	out->info_case = VM_REGION_REPLY__INFO_EXTENDED_INFO;
	out->extended_info = &info;
}

static void
put_top_info(const struct vm_map *map, const struct vm_map_region *region,
    VmRegionReply *out)
{
	static VmRegionTopInfo info;
	struct vm_map_residency residency;
	uint64_t private;

	vm_map_region_measure(map, region, &residency);
	private = region->shared ? 0 : residency.owned;
	vm_region_top_info__init(&info);
	info.obj_id = residency.object_id;
	info.ref_count = residency.ref_count;
	info.private_pages_resident = narrow(private);
	info.shared_pages_resident = narrow(residency.resident - private);
	info.share_mode = residency.share_mode;
	out->info_case = VM_REGION_REPLY__INFO_TOP_INFO;
	out->top_info = &info;
}

/* `wide`: the narrow flavour means the wide one. */
static kern_return_t
region(struct request *request, const VmRegionRequest *in, VmRegionReply *out,
    bool wide)
{
	const struct vm_map *map = request->task->map;
	int flavor = in->has_flavor ? in->flavor : VM_REGION_BASIC_INFO_64;
	struct vm_map_region found;

	if (count_of_flavor(flavor) == UINT32_MAX ||
	    (in->has_info_count &&
		in->info_count <
		    count_of_flavor(wide && flavor == VM_REGION_BASIC_INFO
					? VM_REGION_BASIC_INFO_64
					: flavor)))
		return KERN_INVALID_ARGUMENT;
	if (!vm_map_region(map, in->address, &found))
		return request->task->personality->region_end;

	out->address = found.range.start;
	out->size = vm_range_size(found.range);
	if (flavor == VM_REGION_TOP_INFO)
		put_top_info(map, &found, out);
	else if (flavor == VM_REGION_EXTENDED_INFO ||
		 flavor == VM_REGION_EXTENDED_INFO__legacy)
		put_extended_info(map, &found, out);
	else
		put_basic_info(&found, out);
	return KERN_SUCCESS;
}

ROUTINE_ELSEWHERE(vm_region, VmRegion)
{
	return region(request, in, out, false);
}

ROUTINE_ELSEWHERE(vm_region_64, VmRegion)
{
	return region(request, in, out, true);
}

/* --- vm_region_recurse ------------------------------------------------- */

static void
fill_submap_info(const struct vm_map *map, const struct vm_map_region *region,
    VmRegionSubmapInfo *info)
{
	const struct vm_attributes *attributes = &region->entry->attributes;
	struct vm_map_residency residency;

	vm_map_region_measure(map, region, &residency);
	vm_region_submap_info__init(info);
	info->protection = attributes->protection;
	info->max_protection = attributes->max_protection;
	info->inheritance = attributes->inheritance;
	info->offset = vm_map_entry_offset(region->entry, region->range.start);
	info->user_tag = attributes->tag;
	info->pages_resident = info->pages_dirtied = narrow(residency.resident);
	info->pages_shared_now_private = now_private(&residency);
	info->ref_count = residency.ref_count;
	info->shadow_depth = residency.shadow_depth;
	info->share_mode = residency.share_mode;
	info->behavior = attributes->behavior;
	info->object_id = residency.object_id;
	info->user_wired_count = attributes->wired;
}

/* There are no submaps: whatever depth may be gone to, it is 0. */
static kern_return_t
recurse(struct request *request, const VmRegionRecurseRequest *in,
    VmRegionRecurseReply *out, uint32_t least)
{
	static VmRegionSubmapInfo info;
	const struct vm_map *map = request->task->map;
	struct vm_map_region found;

	if (in->has_info_count && in->info_count < least)
		return KERN_INVALID_ARGUMENT;
	if (!vm_map_region(map, in->address, &found))
		return KERN_INVALID_ADDRESS;
	out->address = found.range.start;
	out->size = vm_range_size(found.range);
	fill_submap_info(map, &found, &info);
	out->info = &info;
	return KERN_SUCCESS;
}

ROUTINE_ELSEWHERE(vm_region_recurse, VmRegionRecurse)
{
	return recurse(request, in, out, VM_REGION_SUBMAP_INFO_COUNT);
}

ROUTINE_ELSEWHERE(vm_region_recurse_64, VmRegionRecurse)
{
	return recurse(request, in, out, VM_REGION_SUBMAP_SHORT_INFO_COUNT_64);
}

/* --- Pages ------------------------------------------------------------- */

/* Whoever writes a page makes it dirty, and a page that nobody wrote has no
 * frame. */
static int
disposition(const struct vm_map_page *page)
{
	if (page->frame == 0)
		return 0;
	return VM_PAGE_QUERY_PAGE_PRESENT | VM_PAGE_QUERY_PAGE_REF |
	       VM_PAGE_QUERY_PAGE_DIRTY |
	       (page->refs > 1 ? VM_PAGE_QUERY_PAGE_COPIED : 0);
}

ROUTINE_ELSEWHERE(vm_map_page_query, VmMapPageQuery)
{
	struct vm_map_page page = vm_map_page(request->task->map, in->offset);

	out->disposition = disposition(&page);
	out->ref_count = (int)page.ref_count;
	return KERN_SUCCESS;
}

ROUTINE_ELSEWHERE(mach_vm_page_info, VmPageInfo)
{
	enum { COUNT_WITHOUT_PAD = VM_PAGE_INFO_BASIC_COUNT - 1 };
	struct vm_map_page page = vm_map_page(request->task->map, in->address);

	if (in->has_flavor && in->flavor != VM_PAGE_INFO_BASIC)
		return KERN_INVALID_ARGUMENT;
	if (in->has_info_count && in->info_count != VM_PAGE_INFO_BASIC_COUNT &&
	    in->info_count != COUNT_WITHOUT_PAD)
		return KERN_INVALID_ARGUMENT;
	out->disposition = disposition(&page);
	out->ref_count = (int)page.ref_count;
	out->object_id = page.object_id;
	out->offset = page.offset;
	return KERN_SUCCESS;
}

ROUTINE_ELSEWHERE(mach_vm_page_range_query, VmPageRangeQuery)
{
	enum { PAGES_TOLD = 4096 };
	static int32_t dispositions[PAGES_TOLD];
	const struct vm_map *map = request->task->map;
	uint64_t pages = PAGES_TOLD;
	struct vm_range range;

	if (in->has_dispositions_count)
		pages = MIN(pages, (uint64_t)in->dispositions_count);
	switch (vm_range_init(&range, in->address, in->size, map->page_mask)) {
	case VM_RANGE_OK:
		break;
	case VM_RANGE_EMPTY:
		return KERN_SUCCESS;
	default:
		return pages > 0 ? KERN_INVALID_ADDRESS : KERN_SUCCESS;
	}
	out->n_disposition = MIN(pages, vm_range_pages(range));
	out->disposition = dispositions;
	for (size_t i = 0; i < out->n_disposition; i++) {
		struct vm_map_page page =
		    vm_map_page(map, range.start + (i << VM_PAGE_SHIFT));

		dispositions[i] = disposition(&page);
	}
	return KERN_SUCCESS;
}

/* What only kernels built for debugging tell. */
ROUTINE_ELSEWHERE(vm_map_debug, VmMapDebug)
{
	return KERN_FAILURE;
}
