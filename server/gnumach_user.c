/*
 * What GNU Mach has beside the others: the routines of gnumach.proto
 */
#include "common/cleanup.h"
#include "server/port.h"
#include "server/request.h"
#include "server/vm/task.h"
#include "server/vm/vm_map_region.h"
#include "server/vm/vm_upkeep.h"
#include "server/vm_user.h"

/* Pages that vm_pages_phys tells of in one reply: what fits a body, a page
 * having ten bytes there at the most. */
enum { PAGES_TOLD = 4096 };

static_assert(PAGES_TOLD * 10 + 16 <= MSG_BODY_MAX, "a body");

/* --- Counters ---------------------------------------------------------- */

ROUTINE(Mach, vm_statistics, VmStatistics)
{
	const struct vm_machine *vm = request->vm;

	out->pagesize = VM_PAGE_SIZE;
	out->free_count = vm_page_left(&vm->pages);
	out->wire_count = vm_machine_wired(vm);
	out->active_count = vm->pages.used - out->wire_count;
	out->zero_fill_count = vm->events.zero_fills;
	out->faults = vm->events.faults;
	out->cow_faults = vm->events.cow_faults;
	out->lookups = vm->events.lookups;
	out->hits = vm->events.hits;
	return KERN_SUCCESS;
}

/* Zeros: memory goes with the last who refers to it, and is never kept for the
 * case that somebody asks for it again. */
ROUTINE(Gnumach, vm_cache_statistics, VmCacheStatistics)
{
	return KERN_SUCCESS;
}

/* --- Frames ------------------------------------------------------------ */

/* A frame's address is its number, in pages. */
ROUTINE(Gnumach, vm_pages_phys, VmPagesPhys)
{
	static uint64_t pages[PAGES_TOLD];
	const struct task *task = request_task_read(request, in->task);
	enum vm_range_kind kind;
	struct vm_range range;

	if (!task)
		return KERN_INVALID_TASK;
	kind =
	    vm_range_init(&range, in->address, in->size, task->map->page_mask);
	if (((in->address | in->size) & task->map->page_mask) != 0 ||
	    (kind != VM_RANGE_OK && kind != VM_RANGE_EMPTY))
		return KERN_INVALID_ARGUMENT;
	out->page = pages;
	out->n_page = MIN(vm_range_pages(range), (uint64_t)PAGES_TOLD);
	for (size_t i = 0; i < out->n_page; i++) {
		uint64_t address = range.start + (i << VM_PAGE_SHIFT);
		uint64_t frame = vm_map_page(task->map, address).frame;

		pages[i] = frame << VM_PAGE_SHIFT;
	}
	return KERN_SUCCESS;
}

/* --- Limits ------------------------------------------------------------ */

ROUTINE(Gnumach, vm_set_size_limit, VmSetSizeLimit)
{
	struct task *task = request_task(request, in->map);

	if (in->current_limit > in->max_limit)
		return KERN_INVALID_ARGUMENT;
	if (!task)
		return KERN_INVALID_TASK;
	if (!port_serves_as(request->port, PORT_HOST))
		return KERN_INVALID_HOST;
	if (in->max_limit > task->map->limit_max &&
	    request->port->kind != PORT_HOST_PRIV)
		return KERN_NO_ACCESS;
	task->map->limit = in->current_limit;
	task->map->limit_max = in->max_limit;
	return KERN_SUCCESS;
}

ROUTINE(Gnumach, vm_get_size_limit, VmGetSizeLimit)
{
	out->current_limit = request->task->map->limit;
	out->max_limit = request->task->map->limit_max;
	return KERN_SUCCESS;
}

/* --- The services ------------------------------------------------------ */

Mach_Service mach_service = MACH__INIT(serve_);

ABSENT(Gnumach, skip_4201)
ABSENT(Gnumach, skip_4202)
ABSENT(Gnumach, skip_4203)
ABSENT(Gnumach, skip_4204)
ABSENT(Gnumach, skip_4205)
ABSENT(Gnumach, skip_4206)
ROUTINE_SERVED_BY(Gnumach, vm_wire_all, vm_wire_all, VmWireAll)
ABSENT(Gnumach, skip_4208)
ABSENT(Gnumach, skip_4209)
ABSENT(Gnumach, skip_4210)
ABSENT(Gnumach, skip_4211)
ABSENT(Gnumach, skip_4213)
ABSENT(Gnumach, skip_4214)

Gnumach_Service gnumach_service = GNUMACH__INIT(serve_);
