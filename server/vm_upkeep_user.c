/*
 * Upkeep: wiring, advice, and memory that may be purged
 */
#include <mach/vm_attributes.h>
#include <mach/vm_behavior.h>
#include <mach/vm_purgable.h>
#include <mach/vm_sync.h>
#include <mach/vm_wire.h>

#include "server/connection.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "server/vm/vm_map_region.h"
#include "server/vm/vm_map_upkeep.h"
#include "server/vm/vm_upkeep.h"
#include "server/vm_user.h"

/* --- Advice ------------------------------------------------------------ */

ROUTINE_ELSEWHERE(vm_msync, VmMsync)
{
	const vm_sync_t both = VM_SYNC_ASYNCHRONOUS | VM_SYNC_SYNCHRONOUS;
	struct task *task = request->task;
	enum vm_range_kind kind;
	struct vm_range range;
	bool whole;

	if ((in->sync_flags & both) == both)
		return KERN_INVALID_ARGUMENT;
	if (!task)
		return request->connection->personality->no_msync
			   ? KERN_INVALID_ARGUMENT
			   : KERN_INVALID_TASK;
	kind =
	    vm_range_init(&range, in->address, in->size, task->map->page_mask);
	if (task->personality->no_msync)
		return range.start == range.end ? KERN_SUCCESS
						: KERN_INVALID_ARGUMENT;
	if (kind == VM_RANGE_EMPTY)
		return KERN_SUCCESS;
	if (kind != VM_RANGE_OK)
		return KERN_INVALID_ADDRESS;
	whole = vm_map_check(task->map, range, VM_PROT_NONE, VM_PROT_NONE) ==
		KERN_SUCCESS;
	if (in->sync_flags & VM_SYNC_KILLPAGES)
		vm_map_kill_pages(task->map, range);
	if ((in->sync_flags & VM_SYNC_CONTIGUOUS) && !whole)
		return KERN_INVALID_ADDRESS;
	return KERN_SUCCESS;
}

/* Is all of it private, and may it be written? Else it cannot be reused. */
static bool
is_reusable(const struct vm_map *map, struct vm_range range)
{
	struct vm_range at = range;
	struct vm_map_region region;

	if (vm_map_check(map, range, VM_PROT_WRITE, VM_PROT_NONE) !=
	    KERN_SUCCESS)
		return false;
	for (; at.start < range.end; at.start = region.range.end) {
		if (!vm_map_region(map, at.start, &region) || region.shared)
			return false;
		vm_machine_tick(map->vm, 1);
	}
	return true;
}

static kern_return_t
set_behavior(struct vm_map *map, struct vm_range range, int behavior)
{
	switch (behavior) {
	case VM_BEHAVIOR_WILLNEED:
	case VM_BEHAVIOR_DONTNEED:
		return vm_map_check(map, range, VM_PROT_NONE, VM_PROT_NONE);
	case VM_BEHAVIOR_FREE:
		return vm_map_kill_pages(map, range) ? KERN_SUCCESS
						     : KERN_INVALID_ADDRESS;
	case VM_BEHAVIOR_REUSABLE:
	case VM_BEHAVIOR_REUSE:
	case VM_BEHAVIOR_CAN_REUSE:
		if (!is_reusable(map, range))
			return KERN_INVALID_ADDRESS;
		if (behavior == VM_BEHAVIOR_REUSABLE)
			vm_map_kill_pages(map, range);
		return KERN_SUCCESS;
	case VM_BEHAVIOR_PAGEOUT:
		return KERN_INVALID_ARGUMENT;
	case VM_BEHAVIOR_ZERO:
		return vm_map_zero(map, range);
	case VM_BEHAVIOR_ZERO_WIRED_PAGES:
		return vm_map_check(map, range, VM_PROT_WRITE, VM_PROT_NONE);
	default:
		return vm_map_behavior(map, range, VM_PROT_NONE, behavior);
	}
}

ROUTINE_ELSEWHERE(vm_behavior_set, VmBehaviorSet)
{
	static const struct range_rule rule = {
		.wraps = KERN_INVALID_ARGUMENT,
		.round_wraps = KERN_NO_SPACE,
		.beyond = KERN_NO_SPACE,
	};
	struct vm_map *map = request->task->map;
	struct vm_range range;
	kern_return_t kr;

	if (in->new_behavior < VM_BEHAVIOR_DEFAULT ||
	    in->new_behavior > VM_BEHAVIOR_LAST_VALID)
		return KERN_INVALID_ARGUMENT;
	if (!range_rule_apply(&rule, map, in->address, in->size, &range, &kr))
		return kr;
	return set_behavior(map, range, in->new_behavior);
}

/* What a machine's caches could be asked for. There are none: what is flushed
 * is in memory, and caching is on. */
static kern_return_t
set_attribute(const struct vm_map *map, struct vm_range range,
    const VmMachineAttributeRequest *in, VmMachineAttributeReply *out)
{
	out->value = in->value;
	if (in->attribute != MATTR_CACHE)
		return KERN_INVALID_ARGUMENT;
	switch (in->value) {
	case MATTR_VAL_GET:
		out->value = MATTR_VAL_ON;
		return KERN_SUCCESS;
	case MATTR_VAL_OFF:
	case MATTR_VAL_ON:
		return KERN_SUCCESS;
	case MATTR_VAL_CACHE_FLUSH:
	case MATTR_VAL_DCACHE_FLUSH:
	case MATTR_VAL_ICACHE_FLUSH:
	case MATTR_VAL_CACHE_SYNC:
		return vm_map_check(map, range, VM_PROT_NONE, VM_PROT_NONE) ==
			       KERN_SUCCESS
			   ? KERN_SUCCESS
			   : KERN_FAILURE;
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

ROUTINE_ELSEWHERE(vm_machine_attribute, VmMachineAttribute)
{
	const struct task *task = request->task;
	struct vm_range range;
	kern_return_t kr;

	out->value = in->value;
	if (!range_rule_apply(&task->personality->attribute, task->map,
		in->address, in->size, &range, &kr))
		return task->personality->no_attributes && kr == KERN_SUCCESS
			   ? KERN_INVALID_ADDRESS
			   : kr;
	if (task->personality->no_attributes)
		return KERN_INVALID_ADDRESS;
	return set_attribute(task->map, range, in, out);
}

ROUTINE_ELSEWHERE(vm_map_exec_lockdown, VmMapExecLockdown)
{
	request->task->map->no_new_exec = true;
	return KERN_SUCCESS;
}

/* --- Wiring ------------------------------------------------------------ */

ROUTINE_ELSEWHERE(task_wire, TaskWire)
{
	return KERN_NOT_SUPPORTED;
}

/* GNU Mach has one code for all that it refuses. */
static kern_return_t
wire_code(const struct personality *personality, kern_return_t kr)
{
	bool refused =
	    kr == KERN_INVALID_ADDRESS || kr == KERN_PROTECTION_FAILURE;

	return refused && personality->wire_refuses != KERN_SUCCESS
		   ? personality->wire_refuses
		   : kr;
}

/* Who has the privileged port may wire anything; a plain one is worth little,
 * or nothing. */
static kern_return_t
check_wirer(const struct request *request, const struct task *task,
    uint64_t size)
{
	if (request->port->kind == PORT_HOST_PRIV)
		return KERN_SUCCESS;
	if (size > task->personality->wire_plain ||
	    vm_map_wired(task->map) + size > task->personality->wire_plain)
		return KERN_NO_ACCESS;
	return KERN_SUCCESS;
}

/* GNU Mach wants all of the range to be there, xnu its beginning. */
static kern_return_t
unwire(const struct task *task, struct vm_range range)
{
	const struct personality *personality = task->personality;
	kern_return_t kr = KERN_SUCCESS;

	if (personality->wire_refuses != KERN_SUCCESS)
		kr = vm_map_check(task->map, range, VM_PROT_NONE, VM_PROT_NONE);
	if (kr == KERN_SUCCESS)
		kr = vm_map_unwire(task->map, range, !personality->wire_nests,
		    VM_MAP_HOLES_REFUSE);
	return wire_code(personality, kr);
}

/*
 * GNU Mach takes what comes out modulo 2^64, and of an empty range looks at its
 * beginning.
 */
static bool
take_unchecked(const struct task *task, const VmWireRequest *in,
    struct vm_range *range, kern_return_t *kr)
{
	struct vm_range first;

	vm_range_init(range, in->address, in->size, task->map->page_mask);
	first = (struct vm_range){ range->start, range->start + 1 };
	*kr = task->personality->wire_refuses;
	if (range->start == range->end &&
	    vm_map_check(task->map, first, VM_PROT_NONE, VM_PROT_NONE) ==
		KERN_SUCCESS)
		*kr = KERN_SUCCESS;
	return range->start < range->end;
}

/* The range to be wired; or false, and *kr is the answer. */
static bool
take_wire(const struct task *task, const VmWireRequest *in,
    struct vm_range *range, kern_return_t *kr)
{
	static const struct range_rule rule = {
		.wraps = KERN_INVALID_ARGUMENT,
		.round_wraps = KERN_INVALID_ARGUMENT,
		.beyond = KERN_INVALID_ADDRESS,
	};

	if (task->personality->wire_refuses != KERN_SUCCESS)
		return take_unchecked(task, in, range, kr);
	return range_rule_apply(&rule, task->map, in->address, in->size, range,
	    kr);
}

ROUTINE_ELSEWHERE(vm_wire, VmWire)
{
	struct task *task = request_task(request, in->task);
	const struct personality *personality;
	struct vm_range range;
	kern_return_t kr;

	if (request->port->kind != PORT_HOST_PRIV &&
	    !(task && task->personality->wire_plain > 0))
		return KERN_INVALID_HOST;
	if (!task)
		return KERN_INVALID_TASK;
	personality = task->personality;
	if (in->desired_access & ~VM_PROT_ALL)
		return KERN_INVALID_ARGUMENT;
	if (!take_wire(task, in, &range, &kr))
		return kr;
	if (in->desired_access == VM_PROT_NONE)
		return unwire(task, range);
	kr = check_wirer(request, task, vm_range_size(range));
	if (kr == KERN_SUCCESS)
		kr = vm_map_wire(task->map, range, in->desired_access,
		    personality->wire_nests, VM_MAP_HOLES_REFUSE);
	return wire_code(personality, kr);
}

ROUTINE_ELSEWHERE(vm_wire_all, VmWireAll)
{
	struct task *task = request_task(request, in->task);
	struct vm_range all;

	if (!task)
		return KERN_INVALID_TASK;
	if (in->flags & ~(uint32_t)VM_WIRE_ALL)
		return KERN_INVALID_ARGUMENT;
	all = (struct vm_range){ task->map->min, task->map->max };
	if (in->flags & VM_WIRE_CURRENT) {
		kern_return_t kr = vm_map_wire(task->map, all, VM_PROT_NONE,
		    false, VM_MAP_HOLES_IGNORE);

		if (kr != KERN_SUCCESS)
			return kr;
	}
	if (in->flags == VM_WIRE_NONE)
		vm_map_unwire(task->map, all, true, VM_MAP_HOLES_IGNORE);
	task->map->wire_future = in->flags & VM_WIRE_FUTURE;
	return KERN_SUCCESS;
}

/* --- Purging ----------------------------------------------------------- */

/* What may be said of a state. */
enum {
	STATE_BITS = VM_PURGABLE_STATE_MASK | VM_VOLATILE_ORDER_MASK |
		     VM_PURGABLE_ORDERING_MASK | VM_PURGABLE_BEHAVIOR_MASK |
		     VM_VOLATILE_GROUP_MASK | VM_PURGABLE_DEBUG_MASK |
		     VM_PURGABLE_NO_AGING_MASK,
};

static kern_return_t
control_object(struct request *request, struct vm_map_entry *entry,
    const VmPurgableControlRequest *in, VmPurgableControlReply *out)
{
	struct vm_object *object = entry->object;

	if (in->control == VM_PURGABLE_SET_STATE &&
	    !(entry->attributes.protection & VM_PROT_WRITE))
		return KERN_PROTECTION_FAILURE;
	if (!vm_upkeep_purgable(object) ||
	    (in->control == VM_PURGABLE_SET_STATE &&
		(in->state & VM_PURGABLE_STATE_MASK) == VM_PURGABLE_DENY))
		return KERN_INVALID_ARGUMENT;
	out->state = in->state;
	if (in->control == VM_PURGABLE_GET_STATE)
		out->state = vm_upkeep_state(object);
	else
		vm_upkeep_set_state(request->vm, object, &out->state);
	return KERN_SUCCESS;
}

ROUTINE_ELSEWHERE(vm_purgable_control, VmPurgableControl)
{
	struct vm_map_entry *entry;

	out->state = in->state;
	switch (in->control) {
	case VM_PURGABLE_PURGE_ALL:
		while (vm_upkeep_purge(request->vm))
			continue;
		return KERN_SUCCESS;
	case VM_PURGABLE_SET_STATE:
		if (in->state & ~STATE_BITS)
			return KERN_INVALID_ARGUMENT;
		break;
	case VM_PURGABLE_GET_STATE:
		break;
	default:
		return KERN_INVALID_ARGUMENT;
	}
	entry = vm_map_lookup(request->task->map, in->address);
	if (!entry || entry->range.start > in->address)
		return KERN_INVALID_ADDRESS;
	return control_object(request, entry, in, out);
}
