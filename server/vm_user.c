/*
 * Virtual memory: the routines of vm_map.proto, and of mach_vm.proto
 *
 * Each checks its arguments, in Mach's order, makes ranges of whole pages of
 * them, and calls the machine. What personalities answer differently, it asks
 * the task's.
 */
#include <mach/vm_region.h>
#include <mach/vm_statistics.h>

#include "server/request.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "server/vm/vm_map.h"
#include "server/vm/vm_map_copy.h"

/* Flags that vm_allocate takes. What they ask for beside a place and a tag has
 * no meaning here, or is left to vmd to choose. */
enum {
	ALLOCATE_FLAGS = VM_FLAGS_ANYWHERE | VM_FLAGS_OVERWRITE |
			 VM_FLAGS_4GB_CHUNK | VM_FLAGS_RANDOM_ADDR |
			 VM_FLAGS_NO_CACHE | (int)VM_FLAGS_ALIAS_MASK,
};

/* --- Ranges ----------------------------------------------------------- */

static struct vm_range
whole_map(const struct vm_map *map)
{
	return (struct vm_range){ map->min, map->max };
}

/* GNU Mach's: whatever comes out, modulo 2^64. */
static bool
take_unchecked(const struct range_rule *rule, const struct vm_map *map,
    uint64_t address, uint64_t size, struct vm_range *range)
{
	vm_range_init(range, address, size, map->page_mask);
	if ((size == 0 && !rule->empty_is_page) || range->end <= range->start)
		return false;
	*range = vm_range_common(*range, whole_map(map));
	return range->end > range->start;
}

/*
 * The range that a routine is to act on, or, if there is none, *kr is what it
 * says.
 */
static bool
take_range(const struct range_rule *rule, const struct vm_map *map,
    uint64_t address, uint64_t size, struct vm_range *range, kern_return_t *kr)
{
	struct vm_range inside;

	*kr = KERN_SUCCESS;
	if (rule->unchecked)
		return take_unchecked(rule, map, address, size, range);
	switch (vm_range_init(range, address, size, map->page_mask)) {
	case VM_RANGE_EMPTY:
		return false;
	case VM_RANGE_WRAPS:
		*kr = rule->wraps;
		return false;
	case VM_RANGE_ROUND_WRAPS:
		*kr = rule->round_wraps;
		return false;
	case VM_RANGE_OK:
		break;
	}
	inside = vm_range_common(*range, whole_map(map));
	if (!rule->clamps && vm_range_size(inside) < vm_range_size(*range)) {
		*kr = rule->beyond;
		return false;
	}
	*range = inside;
	return inside.end > inside.start;
}

/* Do the bytes, or the end of their last page, pass the last address? */
static bool
wraps(const struct vm_map *map, uint64_t address, uint64_t size)
{
	struct vm_range range;

	return vm_range_init(&range, address, size, map->page_mask) !=
	       VM_RANGE_OK;
}

/* xnu moves little through a buffer of its own, and has but one error then. */
static kern_return_t
told(const struct task *task, uint64_t size, kern_return_t kr)
{
	if (task->personality->small_is_invalid &&
	    kr == KERN_PROTECTION_FAILURE &&
	    size < 2 * (task->map->page_mask + 1))
		return KERN_INVALID_ADDRESS;
	return kr;
}

/* --- Allocation and attributes ---------------------------------------- */

static enum vm_map_place
place_of(const struct personality *personality, int flags)
{
	if (personality->allocate_any_flag)
		return flags != 0 ? VM_MAP_ANYWHERE : VM_MAP_FIXED;
	if (flags & VM_FLAGS_ANYWHERE)
		return VM_MAP_ANYWHERE;
	return flags & VM_FLAGS_OVERWRITE ? VM_MAP_OVERWRITE : VM_MAP_FIXED;
}

static struct vm_attributes
attributes_of(const struct personality *personality, int flags)
{
	struct vm_attributes attributes = {
		.protection = VM_PROT_DEFAULT,
		.max_protection = VM_PROT_ALL,
		.inheritance = VM_INHERIT_DEFAULT,
	};

	if (!personality->allocate_any_flag)
		VM_GET_FLAGS_ALIAS(flags, attributes.tag);
	return attributes;
}

ROUTINE(VmMap, vm_allocate, VmAllocate)
{
	const struct personality *personality = request->task->personality;
	struct vm_map *map = request->task->map;
	enum vm_map_place place = place_of(personality, in->flags);
	uint64_t size = vm_round_page(in->size, map->page_mask);
	uint64_t address = vm_trunc_page(in->address, map->page_mask);
	kern_return_t kr;

	if (!personality->allocate_any_flag && (in->flags & ~ALLOCATE_FLAGS))
		return KERN_INVALID_ARGUMENT;
	if (in->size == 0) {
		out->address = 0;
		return KERN_SUCCESS;
	}
	if (size == 0)
		return KERN_INVALID_ARGUMENT;
	if (place == VM_MAP_ANYWHERE)
		address = 0;

	kr = vm_map_enter(map, &address, size, place,
	    attributes_of(personality, in->flags));
	out->address = address;
	return kr;
}

ROUTINE(VmMap, vm_deallocate, VmDeallocate)
{
	const struct range_rule *rule = &request->task->personality->deallocate;
	struct vm_map *map = request->task->map;
	struct vm_range range;
	kern_return_t kr;

	if (!take_range(rule, map, in->address, in->size, &range, &kr))
		return kr;
	return vm_map_remove(map, range, rule->holes);
}

ROUTINE(VmMap, vm_protect, VmProtect)
{
	const struct personality *personality = request->task->personality;
	struct vm_map *map = request->task->map;
	struct vm_range range;
	kern_return_t kr;

	if (in->new_protection & ~(VM_PROT_ALL | personality->protect_bits))
		return KERN_INVALID_ARGUMENT;
	if (!take_range(&personality->protect, map, in->address, in->size,
		&range, &kr))
		return kr;
	return vm_map_protect(map, range, in->set_maximum, in->new_protection,
	    personality->protect_free, personality->protect.holes);
}

ROUTINE(VmMap, vm_inherit, VmInherit)
{
	const struct range_rule *rule = &request->task->personality->inherit;
	struct vm_map *map = request->task->map;
	struct vm_range range;
	kern_return_t kr;

	if (in->new_inheritance > VM_INHERIT_NONE)
		return KERN_INVALID_ARGUMENT;
	if (!take_range(rule, map, in->address, in->size, &range, &kr))
		return kr;
	return vm_map_inherit(map, range, in->new_inheritance, rule->holes);
}

/* --- Reading and writing ---------------------------------------------- */

static kern_return_t
copyin(struct task *task, uint64_t address, uint64_t size,
    struct vm_map_copy **copy)
{
	kern_return_t kr;

	if (wraps(task->map, address, size))
		return KERN_INVALID_ADDRESS;
	kr = vm_map_copyin(task->map, address, size, copy);
	return told(task, size, kr);
}

static kern_return_t
overwrite(struct task *task, uint64_t address, struct vm_map_copy *copy)
{
	kern_return_t kr;

	if (wraps(task->map, address, copy->size))
		return KERN_INVALID_ADDRESS;
	kr = vm_map_copy_overwrite(task->map, address, copy);
	return told(task, copy->size, kr);
}

/* A count of bytes has 32 bits in a message. */
static bool
is_countable(uint64_t size)
{
	return size <= UINT32_MAX;
}

/* One range of vm_read, to go with the reply. */
static kern_return_t
read_range(struct request *request, uint64_t address, uint64_t size)
{
	const struct personality *personality = request->task->personality;
	_cleanup_(vm_map_copy_freep) struct vm_map_copy *copy = NULL;
	uint64_t page_mask = request->task->map->page_mask;
	uint32_t offset = 0;
	kern_return_t kr;

	if (!is_countable(size) && !personality->read_size_last)
		return KERN_INVALID_ARGUMENT;
	kr = copyin(request->task, address, size, &copy);
	if (kr != KERN_SUCCESS)
		return kr;
	if (!is_countable(size))
		return KERN_INVALID_ARGUMENT;
	if (personality->read_keeps_offset || size >= 2 * (page_mask + 1))
		offset = (uint32_t)(address & page_mask);
	request_put(request, steal(&copy), offset);
	return KERN_SUCCESS;
}

ROUTINE(VmMap, vm_read, VmRead)
{
	if (in->size == 0)
		return KERN_SUCCESS;
	return read_range(request, in->address, in->size);
}

/* Goes on after a failure: the last range tells. */
ROUTINE(VmMap, vm_read_list, VmReadList)
{
	static uint64_t sizes[VM_MAP_ENTRY_MAX];
	kern_return_t kr = KERN_SUCCESS;

	if (in->n_data_list > VM_MAP_ENTRY_MAX)
		return KERN_INVALID_ARGUMENT;
	for (size_t i = 0; i < in->n_data_list; i++) {
		const VmReadEntry *entry = in->data_list[i];

		sizes[i] = 0;
		if (entry->size == 0)
			continue;
		kr = read_range(request, entry->address, entry->size);
		if (kr == KERN_SUCCESS)
			sizes[i] = entry->size;
	}
	out->n_size = in->n_data_list;
	out->size = sizes;
	return kr;
}

ROUTINE(VmMap, vm_read_overwrite, VmReadOverwrite)
{
	struct vm_map_copy *copy;
	kern_return_t kr;

	out->outsize = in->size;
	if (in->size == 0)
		return KERN_SUCCESS;
	kr = copyin(request->task, in->address, in->size, &copy);
	if (kr == KERN_SUCCESS)
		request_put(request, copy, (uint32_t)copy->offset);
	return kr;
}

/* Are all of them whole pages? */
static bool
are_whole_pages(const struct vm_map *map, uint64_t a, uint64_t b, uint64_t c)
{
	return ((a | b | c) & map->page_mask) == 0;
}

ROUTINE(VmMap, vm_write, VmWrite)
{
	struct task *task = request->task;

	if (!request->data)
		return KERN_SUCCESS;
	if (task->personality->write_whole_pages &&
	    !are_whole_pages(task->map, in->address, request->data->size,
		in->has_data_offset ? in->data_offset : 0))
		return KERN_INVALID_ARGUMENT;
	return overwrite(task, in->address, request->data);
}

/*
 * All that can be wrong with the source is told before anything else is looked
 * at; the destination comes last.
 */
ROUTINE(VmMap, vm_copy, VmCopy)
{
	_cleanup_(vm_map_copy_freep) struct vm_map_copy *copy = NULL;
	struct task *task = request->task;
	kern_return_t kr;

	if (in->size == 0)
		return KERN_SUCCESS;
	kr = copyin(task, in->source_address, in->size, &copy);
	if (kr != KERN_SUCCESS)
		return kr;
	if (task->personality->copy_whole_pages &&
	    !are_whole_pages(task->map, in->source_address, in->size,
		in->dest_address))
		return KERN_INVALID_ARGUMENT;
	return overwrite(task, in->dest_address, copy);
}

/* --- Regions ---------------------------------------------------------- */

static uint32_t
count_of_flavor(int flavor)
{
	switch (flavor) {
	case VM_REGION_BASIC_INFO:
		return VM_REGION_BASIC_INFO_COUNT;
	case VM_REGION_BASIC_INFO_64:
		return VM_REGION_BASIC_INFO_COUNT_64;
	default:
		return UINT32_MAX;
	}
}

static void
fill_basic_info(VmRegionBasicInfo *info, const struct vm_map_region *region)
{
	const struct vm_attributes *attributes = &region->entry->attributes;

	vm_region_basic_info__init(info);
	info->protection = attributes->protection;
	info->max_protection = attributes->max_protection;
	info->inheritance = attributes->inheritance;
	info->shared = region->shared;
	info->offset = vm_map_entry_offset(region->entry, region->range.start);
	info->behavior = attributes->behavior;
}

/* `wide`: the narrow flavour means the wide one. */
static kern_return_t
region(struct request *request, const VmRegionRequest *in, VmRegionReply *out,
    bool wide)
{
	static VmRegionBasicInfo info;
	const struct vm_map *map = request->task->map;
	int flavor = in->has_flavor ? in->flavor : VM_REGION_BASIC_INFO_64;
	struct vm_map_region found;

	if (wide && flavor == VM_REGION_BASIC_INFO)
		flavor = VM_REGION_BASIC_INFO_64;
	if (count_of_flavor(flavor) == UINT32_MAX ||
	    (in->has_info_count && in->info_count < count_of_flavor(flavor)))
		return KERN_INVALID_ARGUMENT;
	if (!vm_map_region(map, in->address, &found))
		return request->task->personality->region_end;

	out->address = found.range.start;
	out->size = vm_range_size(found.range);
	fill_basic_info(&info, &found);
	out->info_case = VM_REGION_REPLY__INFO_BASIC_INFO;
	out->basic_info = &info;
	return KERN_SUCCESS;
}

ROUTINE(VmMap, vm_region, VmRegion)
{
	return region(request, in, out, false);
}

ROUTINE(VmMap, vm_region_64, VmRegion)
{
	return region(request, in, out, true);
}

/* --- The services ----------------------------------------------------- */

ABSENT(VmMap, vm_msync)
ABSENT(VmMap, vm_behavior_set)
ABSENT(VmMap, vm_map)
ABSENT(VmMap, vm_machine_attribute)
ABSENT(VmMap, vm_remap)
ABSENT(VmMap, task_wire)
ABSENT(VmMap, mach_make_memory_entry)
ABSENT(VmMap, vm_map_page_query)
ABSENT(VmMap, mach_vm_region_info)
ABSENT(VmMap, vm_mapped_pages_info)
ABSENT(VmMap, skip_3820)
ABSENT(VmMap, vm_region_recurse)
ABSENT(VmMap, vm_region_recurse_64)
ABSENT(VmMap, mach_vm_region_info_64)
ABSENT(VmMap, mach_make_memory_entry_64)
ABSENT(VmMap, vm_map_64)
ABSENT(VmMap, skip_3827)
ABSENT(VmMap, skip_3828)
ABSENT(VmMap, skip_3829)
ABSENT(VmMap, vm_purgable_control)
ABSENT(VmMap, vm_map_exec_lockdown)
ABSENT(VmMap, vm_remap_new)

VmMap_Service vm_map_service = VM_MAP__INIT(serve_);

ROUTINE_SERVED_BY(MachVm, mach_vm_allocate, vm_allocate, VmAllocate)
ROUTINE_SERVED_BY(MachVm, mach_vm_deallocate, vm_deallocate, VmDeallocate)
ROUTINE_SERVED_BY(MachVm, mach_vm_protect, vm_protect, VmProtect)
ROUTINE_SERVED_BY(MachVm, mach_vm_inherit, vm_inherit, VmInherit)
ROUTINE_SERVED_BY(MachVm, mach_vm_read, vm_read, VmRead)
ROUTINE_SERVED_BY(MachVm, mach_vm_read_list, vm_read_list, VmReadList)
ROUTINE_SERVED_BY(MachVm, mach_vm_write, vm_write, VmWrite)
ROUTINE_SERVED_BY(MachVm, mach_vm_copy, vm_copy, VmCopy)
ROUTINE_SERVED_BY(MachVm, mach_vm_read_overwrite, vm_read_overwrite,
    VmReadOverwrite)
ABSENT(MachVm, mach_vm_msync)
ABSENT(MachVm, mach_vm_behavior_set)
ABSENT(MachVm, mach_vm_map)
ABSENT(MachVm, mach_vm_machine_attribute)
ABSENT(MachVm, mach_vm_remap)
ABSENT(MachVm, mach_vm_page_query)
ABSENT(MachVm, mach_vm_region_recurse)
ROUTINE_SERVED_BY(MachVm, mach_vm_region, vm_region_64, VmRegion)
ABSENT(MachVm, _mach_make_memory_entry)
ABSENT(MachVm, mach_vm_purgable_control)
ABSENT(MachVm, mach_vm_page_info)
ABSENT(MachVm, mach_vm_page_range_query)
ABSENT(MachVm, mach_vm_remap_new)

MachVm_Service mach_vm_service = MACH_VM__INIT(serve_);
