/*
 * Virtual memory: the routines of vm_map.proto, and of mach_vm.proto
 *
 * Each checks its arguments, in Mach's order, makes ranges of whole pages of
 * them, and calls the machine. What personalities answer differently, it asks
 * the task's.
 */
#include <assert.h>

#include <mach/vm_region.h>
#include <mach/vm_statistics.h>

#include "server/connection.h"
#include "server/request.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "server/vm/vm_map_copy.h"
#include "server/vm/vm_map_upkeep.h"
#include "server/vm/vm_mapping.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_upkeep.h"
#include "server/vm_user.h"
#include "server/window.h"

enum { LARGE_PAGE = 2 << 20 };

/* Flags that vm_allocate takes. */
static const uint32_t allocate_flags = VM_FLAGS_USER_ALLOCATE & ~VM_FLAGS_TPRO;

/* --- Ranges ----------------------------------------------------------- */

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

struct vm_map_where
vm_user_where(const struct task *task, int flags, uint64_t address,
    uint64_t mask)
{
	bool any = task->personality->allocate_any_flag
		       ? flags != 0
		       : flags & VM_FLAGS_ANYWHERE;
	struct vm_map_where where = {
		.place = any ? VM_MAP_ANYWHERE : VM_MAP_FIXED,
		.address = vm_trunc_page(address, task->map->page_mask),
		.mask = mask,
	};

	if (!any && (flags & VM_FLAGS_OVERWRITE))
		where.place = VM_MAP_OVERWRITE;
	return where;
}

struct vm_attributes
vm_user_attributes(const struct task *task, int flags)
{
	struct vm_attributes attributes = {
		.protection = VM_PROT_DEFAULT,
		.max_protection = VM_PROT_ALL,
		.inheritance = VM_INHERIT_DEFAULT,
	};

	if (task->personality->allocate_any_flag)
		return attributes;
	VM_GET_FLAGS_ALIAS(flags, attributes.tag);
	if (flags & VM_FLAGS_PERMANENT)
		attributes.flags |= VM_ENTRY_PERMANENT;
	if (flags & VM_FLAGS_NO_CACHE)
		attributes.flags |= VM_ENTRY_NO_CACHE;
	return attributes;
}

/* Sees to all that wiring a list can lack, so that it cannot fail when it is
 * mapped: frames, entries to clip, and a record for each object. */
static bool
prepare_wire(struct vm_map *map, struct vm_mappings *list)
{
	struct vm_reserve reserve = { .entries = 4 };
	struct vm_machine *vm = map->vm;

	for (struct vm_mapping *it = list->first; it;
	     it = vm_mapping_next(vm, it)) {
		uint64_t pages = it->size >> VM_PAGE_SHIFT;

		reserve.entries++;
		reserve.pages += pages;
		reserve.nodes += page_tree_own_cost(pages);
		if (!it->object) {
			it->object = vm_object_new(vm, 0);
			it->offset = 0;
		}
		if (!vm_upkeep_of(vm, it->object))
			return false;
	}
	return vm_map_has(map, reserve);
}

/* It fails only if others have come between, who share it: then it is not
 * mapped either. */
static kern_return_t
wire_new(struct vm_map *map, uint64_t start, uint64_t size)
{
	struct vm_range range = { start, start + size };
	kern_return_t kr =
	    vm_map_wire(map, range, VM_PROT_NONE, false, VM_MAP_HOLES_REFUSE);

	if (kr != KERN_SUCCESS)
		vm_map_remove(map, range, VM_MAP_HOLES_IGNORE);
	return kr;
}

kern_return_t
vm_user_enter(struct task *task, struct vm_map_where *where,
    struct vm_mappings *list)
{
	struct vm_map *map = task->map;
	uint64_t size = list->size;
	kern_return_t kr;

	if (map->wire_future && !prepare_wire(map, list))
		return KERN_RESOURCE_SHORTAGE;
	kr = vm_map_enter_list(map, where, list->first);
	if (kr != KERN_SUCCESS)
		return kr;
	vm_mappings_forget(list);
	if (map->wire_future)
		kr = wire_new(map, where->address, size);
	return kr;
}

/* Memory that may be purged, or is wired from the start, is an object of its
 * own. */
static kern_return_t
enter_object(struct task *task, bool purgable, struct vm_map_where *where,
    uint64_t size, struct vm_attributes attributes)
{
	struct vm_machine *vm = task->map->vm;
	_cleanup_(vm_mappings_clear) struct vm_mappings list = { .vm = vm };
	struct vm_object *object = vm_mappings_zeros(&list, size);

	if (!object || !vm_upkeep_of(vm, object))
		return KERN_RESOURCE_SHORTAGE;
	if (purgable)
		vm_upkeep_make_purgable(object);
	list.first->attributes = attributes;
	return vm_user_enter(task, where, &list);
}

/* Large pages are never handed on. */
static bool
take_large_pages(int flags, struct vm_map_where *where, uint64_t *size,
    struct vm_attributes *attributes)
{
	const uint64_t mask = LARGE_PAGE - 1;
	int kind =
	    (flags & VM_FLAGS_SUPERPAGE_MASK) >> VM_FLAGS_SUPERPAGE_SHIFT;

	if (kind == SUPERPAGE_NONE)
		return true;
	if (kind == SUPERPAGE_SIZE_ANY)
		*size = (*size + mask) & ~mask;
	if (kind > SUPERPAGE_SIZE_2MB || (flags & VM_FLAGS_PURGABLE) ||
	    *size == 0 || (*size & mask) ||
	    (where->place != VM_MAP_ANYWHERE && (where->address & mask)))
		return false;
	where->mask |= mask;
	attributes->inheritance = VM_INHERIT_NONE;
	attributes->flags |= VM_ENTRY_LARGE;
	return true;
}

kern_return_t
vm_user_enter_zeros(struct task *task, int flags, struct vm_map_where *where,
    uint64_t size, struct vm_attributes attributes)
{
	struct vm_mapping zeros = { 0 };

	if (task->personality->allocate_any_flag)
		flags = 0;
	if (!take_large_pages(flags, where, &size, &attributes))
		return KERN_INVALID_ARGUMENT;
	if (task->map->wire_future || (flags & VM_FLAGS_PURGABLE))
		return enter_object(task, flags & VM_FLAGS_PURGABLE, where,
		    size, attributes);
	zeros.size = size;
	zeros.attributes = attributes;
	return vm_map_enter_list(task->map, where, &zeros);
}

ROUTINE(VmMap, vm_allocate, VmAllocate)
{
	struct task *task = request->task;
	struct vm_map_where where =
	    vm_user_where(task, in->flags, in->address, 0);
	uint64_t size = vm_round_page(in->size, task->map->page_mask);
	kern_return_t kr;

	if (!task->personality->allocate_any_flag &&
	    ((uint32_t)in->flags & ~allocate_flags))
		return KERN_INVALID_ARGUMENT;
	if (in->size == 0) {
		out->address = 0;
		return KERN_SUCCESS;
	}
	if (size == 0)
		return KERN_INVALID_ARGUMENT;
	if (where.place == VM_MAP_ANYWHERE)
		where.address = 0;

	kr = vm_user_enter_zeros(task, in->flags, &where, size,
	    vm_user_attributes(task, in->flags));
	out->address = where.address;
	return kr;
}

ROUTINE(VmMap, vm_deallocate, VmDeallocate)
{
	const struct range_rule *rule = &request->task->personality->deallocate;
	struct vm_map *map = request->task->map;
	struct vm_range range;
	kern_return_t kr;

	if (!range_rule_apply(rule, map, in->address, in->size, &range, &kr))
		return kr;
	return vm_map_remove(map, range, rule->holes);
}

/* What a copy may be, which may always be written. */
static void
protect_copy(struct vm_attributes *attributes, bool maximum,
    vm_prot_t protection)
{
	attributes->inheritance = VM_INHERIT_COPY;
	attributes->max_protection |= (uint8_t)(protection | VM_PROT_WRITE);
	if (maximum) {
		attributes->max_protection = (uint8_t)protection;
		attributes->protection &= (uint8_t)protection;
	} else {
		attributes->protection = (uint8_t)protection;
	}
}

/* What is mapped in a range becomes a private copy of it, with this protection
 * or maximum. */
static kern_return_t
replace_by_copy(struct task *task, struct vm_range range, bool maximum,
    vm_prot_t protection)
{
	struct vm_map *map = task->map;
	_cleanup_(vm_mappings_clear) struct vm_mappings list = {
		.vm = map->vm,
	};
	struct vm_map_where where = {
		.place = VM_MAP_OVERWRITE,
		.address = range.start,
		.again = true,
	};
	bool executable = map->no_new_exec && !maximum;
	kern_return_t kr;

	kr = vm_map_check(map, range,
	    executable ? protection & VM_PROT_EXECUTE : VM_PROT_NONE,
	    VM_PROT_READ);
	if (kr == KERN_SUCCESS)
		kr = vm_mappings_extract(&list, map, range, VM_MAPPING_COPY);
	if (kr != KERN_SUCCESS)
		return kr;
	for (struct vm_mapping *it = list.first; it;
	     it = vm_mapping_next(map->vm, it))
		protect_copy(&it->attributes, maximum, protection);
	return vm_user_enter(task, &where, &list);
}

ROUTINE(VmMap, vm_protect, VmProtect)
{
	const struct personality *personality = request->task->personality;
	vm_prot_t protection = in->new_protection;
	struct vm_map *map = request->task->map;
	struct vm_range range;
	kern_return_t kr;

	if (in->new_protection & ~(VM_PROT_ALL | personality->protect_bits))
		return KERN_INVALID_ARGUMENT;
	if (!range_rule_apply(&personality->protect, map, in->address, in->size,
		&range, &kr))
		return kr;
	if (personality->protect_copies && (protection & VM_PROT_COPY))
		return replace_by_copy(request->task, range, in->set_maximum,
		    protection & ~VM_PROT_COPY);
	return vm_map_protect(map, range, in->set_maximum, protection,
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
	if (!range_rule_apply(rule, map, in->address, in->size, &range, &kr))
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

/* One range of vm_read, and where in its page it is to begin. */
static kern_return_t
read_range(struct request *request, uint64_t address, uint64_t size,
    struct vm_map_copy **out, uint32_t *offset)
{
	const struct personality *personality = request->task->personality;
	_cleanup_(vm_map_copy_freep) struct vm_map_copy *copy = NULL;
	uint64_t page_mask = request->task->map->page_mask;
	kern_return_t kr;

	if (!is_countable(size) && !personality->read_size_last)
		return KERN_INVALID_ARGUMENT;
	kr = copyin(request->task, address, size, &copy);
	if (kr != KERN_SUCCESS)
		return kr;
	if (!is_countable(size))
		return KERN_INVALID_ARGUMENT;
	*offset = 0;
	if (personality->read_keeps_offset || size >= 2 * (page_mask + 1))
		*offset = (uint32_t)(address & VM_PAGE_MASK);
	*out = steal(&copy);
	return KERN_SUCCESS;
}

/* Data go by the window if there is room, and else with the reply. Returns the
 * bytes that are in the window; *rest: what others are called, if any are left. */
static uint32_t
put_data(struct request *request, struct vm_map_copy *copy, uint32_t offset,
    struct window_place place, uint32_t *rest)
{
	uint32_t size =
	    window_put(request->connection->window, place, copy, rest);

	if (size == 0)
		request_put(request, copy, offset);
	return size;
}

ROUTINE(VmMap, vm_read, VmRead)
{
	struct window_place place;
	struct vm_map_copy *copy;
	kern_return_t kr;
	uint32_t offset;

	if (in->size == 0)
		return KERN_SUCCESS;
	kr = read_range(request, in->address, in->size, &copy, &offset);
	if (kr != KERN_SUCCESS)
		return kr;
	place = (struct window_place){ in->has_window_at, in->window_at,
		in->window_room };
	out->window_size = put_data(request, copy, offset, place, &out->rest);
	out->has_window_size = out->window_size > 0;
	out->has_rest = out->rest > 0;
	return KERN_SUCCESS;
}

/* Goes on after a failure: the last range tells. */
ROUTINE(VmMap, vm_read_list, VmReadList)
{
	struct vm_map_copy *copy;
	uint32_t offset;
	uint64_t *sizes;
	kern_return_t kr = KERN_SUCCESS;

	if (in->n_data_list > VM_MAP_ENTRY_MAX)
		return KERN_INVALID_ARGUMENT;
	sizes = request_alloc(request, in->n_data_list * sizeof(*sizes));
	if (!sizes)
		return KERN_RESOURCE_SHORTAGE;
	for (size_t i = 0; i < in->n_data_list; i++) {
		const VmReadEntry *entry = in->data_list[i];

		sizes[i] = 0;
		if (entry->size == 0)
			continue;
		kr = read_range(request, entry->address, entry->size, &copy,
		    &offset);
		if (kr != KERN_SUCCESS)
			continue;
		request_put(request, copy, offset);
		sizes[i] = entry->size;
	}
	out->n_size = in->n_data_list;
	out->size = sizes;
	return kr;
}

ROUTINE(VmMap, vm_read_overwrite, VmReadOverwrite)
{
	struct window_place place;
	struct vm_map_copy *copy;
	kern_return_t kr;

	out->outsize = in->size;
	if (in->size == 0)
		return KERN_SUCCESS;
	kr = copyin(request->task, in->address, in->size, &copy);
	if (kr != KERN_SUCCESS)
		return kr;
	place = (struct window_place){ in->has_window_at, in->window_at,
		in->window_room };
	out->window_size = put_data(request, copy, (uint32_t)copy->offset,
	    place, &out->rest);
	out->has_window_size = out->window_size > 0;
	out->has_rest = out->rest > 0;
	return KERN_SUCCESS;
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

/* --- The services ----------------------------------------------------- */

ROUTINE_SERVED_BY(VmMap, vm_region, vm_region, VmRegion)
ROUTINE_SERVED_BY(VmMap, vm_msync, vm_msync, VmMsync)
ROUTINE_SERVED_BY(VmMap, vm_behavior_set, vm_behavior_set, VmBehaviorSet)
ROUTINE_SERVED_BY(VmMap, vm_map, vm_map, VmMap)
ROUTINE_SERVED_BY(VmMap, vm_machine_attribute, vm_machine_attribute,
    VmMachineAttribute)
ROUTINE_SERVED_BY(VmMap, vm_remap, vm_remap, VmRemap)
ROUTINE_SERVED_BY(VmMap, task_wire, task_wire, TaskWire)
ROUTINE_SERVED_BY(VmMap, mach_make_memory_entry, mach_make_memory_entry,
    MachMakeMemoryEntry)
ROUTINE_SERVED_BY(VmMap, vm_map_page_query, vm_map_page_query, VmMapPageQuery)
ROUTINE_SERVED_BY(VmMap, mach_vm_region_info, vm_map_debug, VmMapDebug)
ROUTINE_SERVED_BY(VmMap, vm_mapped_pages_info, vm_map_debug, VmMapDebug)
ABSENT(VmMap, skip_3820)
ROUTINE_SERVED_BY(VmMap, vm_region_recurse, vm_region_recurse, VmRegionRecurse)
ROUTINE_SERVED_BY(VmMap, vm_region_recurse_64, vm_region_recurse_64,
    VmRegionRecurse)
ROUTINE_SERVED_BY(VmMap, mach_vm_region_info_64, vm_map_debug, VmMapDebug)
ROUTINE_SERVED_BY(VmMap, vm_region_64, vm_region_64, VmRegion)
ROUTINE_SERVED_BY(VmMap, mach_make_memory_entry_64, mach_make_memory_entry,
    MachMakeMemoryEntry)
ROUTINE_SERVED_BY(VmMap, vm_map_64, vm_map, VmMap)
ABSENT(VmMap, skip_3827)
ABSENT(VmMap, skip_3828)
ABSENT(VmMap, skip_3829)
ROUTINE_SERVED_BY(VmMap, vm_purgable_control, vm_purgable_control,
    VmPurgableControl)
ROUTINE_SERVED_BY(VmMap, vm_map_exec_lockdown, vm_map_exec_lockdown,
    VmMapExecLockdown)
ROUTINE_SERVED_BY(VmMap, vm_remap_new, vm_remap_new, VmRemap)

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
ROUTINE_SERVED_BY(MachVm, mach_vm_msync, vm_msync, VmMsync)
ROUTINE_SERVED_BY(MachVm, mach_vm_behavior_set, vm_behavior_set, VmBehaviorSet)
ROUTINE_SERVED_BY(MachVm, mach_vm_map, vm_map, VmMap)
ROUTINE_SERVED_BY(MachVm, mach_vm_machine_attribute, vm_machine_attribute,
    VmMachineAttribute)
ROUTINE_SERVED_BY(MachVm, mach_vm_remap, vm_remap, VmRemap)
ROUTINE_SERVED_BY(MachVm, mach_vm_page_query, vm_map_page_query, VmMapPageQuery)
ROUTINE_SERVED_BY(MachVm, mach_vm_region_recurse, vm_region_recurse_64,
    VmRegionRecurse)
ROUTINE_SERVED_BY(MachVm, mach_vm_region, vm_region_64, VmRegion)
ROUTINE_SERVED_BY(MachVm, _mach_make_memory_entry, mach_make_memory_entry,
    MachMakeMemoryEntry)
ROUTINE_SERVED_BY(MachVm, mach_vm_purgable_control, vm_purgable_control,
    VmPurgableControl)
ROUTINE_SERVED_BY(MachVm, mach_vm_page_info, mach_vm_page_info, VmPageInfo)
ROUTINE_SERVED_BY(MachVm, mach_vm_page_range_query, mach_vm_page_range_query,
    VmPageRangeQuery)
ROUTINE_SERVED_BY(MachVm, mach_vm_remap_new, vm_remap_new, VmRemap)

MachVm_Service mach_vm_service = MACH_VM__INIT(serve_);
