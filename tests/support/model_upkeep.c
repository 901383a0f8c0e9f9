/*
 * The model: upkeep of memory
 *
 * vm_purgable_control, vm_wire, vm_msync, vm_behavior_set.
 */
#include <string.h>

#include "tests/support/model_inside.h"

/* --- vm_purgable_control ----------------------------------------------- */

/* All pages of it, wherever they are. */
static void
purge(struct model_purgable *purgable)
{
	struct model_storage *storage;

	LIST_FOREACH(storage, &model_storages, link)
		if (storage->purgable == purgable)
			memset(storage->bytes, 0, MODEL_PAGE);
	purgable->state = VM_PURGABLE_EMPTY;
}

static void
purge_volatile(void)
{
	struct model_storage *storage;

	LIST_FOREACH(storage, &model_storages, link)
		if (storage->purgable &&
		    storage->purgable->state == VM_PURGABLE_VOLATILE)
			purge(storage->purgable);
}

static kern_return_t
set_state(struct model_purgable *purgable, int *state)
{
	int before = purgable->state;

	switch (*state & VM_PURGABLE_STATE_MASK) {
	case VM_PURGABLE_NONVOLATILE:
		purgable->state = VM_PURGABLE_NONVOLATILE;
		break;
	case VM_PURGABLE_VOLATILE:
		if (before != VM_PURGABLE_EMPTY)
			purgable->state = VM_PURGABLE_VOLATILE;
		break;
	case VM_PURGABLE_EMPTY:
		purge(purgable);
		break;
	default:
		return KERN_INVALID_ARGUMENT;
	}
	*state = before;
	return KERN_SUCCESS;
}

kern_return_t
model_purgable_control(struct model_task *task, vm_address_t address,
    vm_purgable_t control, int *state)
{
	struct model_page *page = model_page_at(task, address);

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (control < VM_PURGABLE_SET_STATE || control > VM_PURGABLE_PURGE_ALL)
		return KERN_INVALID_ARGUMENT;
	if (control == VM_PURGABLE_PURGE_ALL) {
		purge_volatile();
		return KERN_SUCCESS;
	}
	if (control == VM_PURGABLE_SET_STATE &&
	    (*state & ~VM_PURGABLE_ALL_MASKS))
		return KERN_INVALID_ARGUMENT;
	if (!page)
		return KERN_INVALID_ADDRESS;
	if (control == VM_PURGABLE_SET_STATE &&
	    !permits(page->protection, VM_PROT_WRITE))
		return KERN_PROTECTION_FAILURE;
	if (!page->storage->purgable)
		return KERN_INVALID_ARGUMENT;
	if (control == VM_PURGABLE_SET_STATE)
		return set_state(page->storage->purgable, state);
	*state = page->storage->purgable->state;
	return KERN_SUCCESS;
}

/* --- vm_wire ----------------------------------------------------------- */

static void
page_wire(struct model_page *page, vm_prot_t access, bool nests)
{
	if (access != VM_PROT_NONE)
		page->wired = nests ? page->wired + 1 : 1;
	else if (page->wired > 0)
		page->wired--;
}

/* Where wiring nests, unwiring minds only whether there is something at the
 * start of the range. */
static kern_return_t
check_wire(struct model_task *task, struct range range, vm_prot_t access)
{
	if (access == VM_PROT_NONE && task->rules->wire_nests)
		range.end = range.start + MODEL_PAGE;
	for (; range.start < range.end; range.start += MODEL_PAGE) {
		const struct model_page *page =
		    model_page_at(task, range.start);

		if (!page)
			return task->rules->wire_hole;
		if (!permits(page->protection, access))
			return task->rules->wire_protection;
	}
	return KERN_SUCCESS;
}

/* Where ranges are modulo 2^64, one that is empty is looked at where it
 * begins, and one that is less than that is a hole. */
static bool
take_wire(struct model_task *task, vm_address_t address, vm_size_t size,
    struct range *range, kern_return_t *kr)
{
	static const struct range_rule rule = { KERN_INVALID_ARGUMENT,
		KERN_INVALID_ARGUMENT, KERN_INVALID_ADDRESS };

	if (!task->rules->ranges_are_modulo) {
		if (!model_take_range(address, size, &rule, range, kr))
			return false;
		*kr =
		    model_is_inside(task, *range) ? KERN_SUCCESS : rule.outside;
		return *kr == KERN_SUCCESS;
	}
	*range = (struct range){ down(address), up(address + size) };
	*kr = task->rules->wire_hole;
	if (range->start == range->end && model_page_at(task, range->start))
		*kr = KERN_SUCCESS;
	return range->start < range->end;
}

kern_return_t
model_wire(struct model_task *task, bool privileged, vm_address_t address,
    vm_size_t size, vm_prot_t access)
{
	struct range range;
	struct model_page *page;
	kern_return_t kr;

	if (!task->rules->wire_is_for_all && !privileged)
		return KERN_INVALID_HOST;
	if (!task->alive)
		return KERN_INVALID_TASK;
	if (!permits(VM_PROT_ALL, access))
		return KERN_INVALID_ARGUMENT;
	if (!take_wire(task, address, size, &range, &kr))
		return kr;
	kr = check_wire(task, range, access);
	if (kr != KERN_SUCCESS)
		return kr;
	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++)
		if (page->storage)
			page_wire(page, access, task->rules->wire_nests);
	return KERN_SUCCESS;
}

/* --- vm_msync ---------------------------------------------------------- */

/* What nobody else sees is lost, if it ever was nobody else's: whether what was
 * once shared or copied is, is left to the machine. */
static void
page_kill(struct model_page *page)
{
	struct model_storage *storage = page->storage;

	if (model_page_is_shared(page))
		return;
	if (storage->plain && !storage->purgable && page->wired == 0)
		memset(storage->bytes, 0, MODEL_PAGE);
	else
		storage->unsettled = true;
}

/* Up to the first hole. */
static void
kill_pages(struct model_task *task, struct range range)
{
	struct model_page *page;

	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++) {
		if (!page->storage)
			break;
		page_kill(page);
	}
}

/* A hole is told after the work is done. */
static kern_return_t
sync_range(struct model_task *task, struct range range, bool kills,
    bool contiguous)
{
	if (kills)
		kill_pages(task, range);
	if (!contiguous)
		return KERN_SUCCESS;
	return model_check(task, range.start, range.end, VM_PROT_NONE);
}

kern_return_t
model_msync(struct model_task *task, vm_address_t address, vm_size_t size,
    vm_sync_t flags)
{
	static const struct range_rule rule = { KERN_INVALID_ADDRESS,
		KERN_INVALID_ADDRESS, KERN_SUCCESS };
	struct range range;
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if ((flags & VM_SYNC_ASYNCHRONOUS) && (flags & VM_SYNC_SYNCHRONOUS))
		return KERN_INVALID_ARGUMENT;
	if (task->rules->no_msync)
		return down(address) == up(address + size)
			   ? KERN_SUCCESS
			   : KERN_INVALID_ARGUMENT;
	if (!model_take_range(address, size, &rule, &range, &kr))
		return kr;
	return sync_range(task, range, (flags & VM_SYNC_KILLPAGES) != 0,
	    (flags & VM_SYNC_CONTIGUOUS) != 0);
}

/* --- vm_behavior_set --------------------------------------------------- */

bool
model_may_refuse_to_zero(struct model_task *task, vm_address_t address,
    vm_size_t size)
{
	struct model_page *page;

	if (wraps_rounded(address, size))
		return false;
	for (page = slot(task, down(address));
	     page < slot(task, up(address + size)); page++)
		if (page->storage && !page->storage->plain)
			return true;
	return false;
}

static kern_return_t
check_zero(struct model_task *task, struct range range)
{
	vm_prot_t both = VM_PROT_WRITE | VM_PROT_EXECUTE;

	for (; range.start < range.end; range.start += MODEL_PAGE) {
		const struct model_page *page =
		    model_page_at(task, range.start);

		if (!page)
			return KERN_INVALID_ADDRESS;
		if ((page->protection & both) != VM_PROT_WRITE)
			return KERN_PROTECTION_FAILURE;
	}
	return KERN_SUCCESS;
}

static kern_return_t
zero_range(struct model_task *task, struct range range)
{
	kern_return_t kr = check_zero(task, range);
	struct model_page *page;

	if (kr != KERN_SUCCESS)
		return kr;
	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++)
		memset(page->storage->bytes, 0, MODEL_PAGE);
	return KERN_SUCCESS;
}

static kern_return_t
keep_behavior(struct model_task *task, struct range range, int behavior)
{
	struct model_page *page;
	kern_return_t kr;

	kr = model_check(task, range.start, range.end, VM_PROT_NONE);
	if (kr != KERN_SUCCESS)
		return kr;
	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++)
		page->behavior = behavior;
	return KERN_SUCCESS;
}

static kern_return_t
behave(struct model_task *task, struct range range, vm_behavior_t behavior)
{
	switch (behavior) {
	case VM_BEHAVIOR_WILLNEED:
	case VM_BEHAVIOR_DONTNEED:
		return sync_range(task, range, false, true);
	case VM_BEHAVIOR_FREE:
		return sync_range(task, range, true, true);
	case VM_BEHAVIOR_PAGEOUT:
		return KERN_INVALID_ARGUMENT;
	case VM_BEHAVIOR_ZERO:
		return zero_range(task, range);
	default:
		return keep_behavior(task, range, behavior);
	}
}

kern_return_t
model_behavior_set(struct model_task *task, vm_address_t address,
    vm_size_t size, vm_behavior_t behavior)
{
	static const struct range_rule rule = { KERN_INVALID_ARGUMENT,
		KERN_NO_SPACE, KERN_NO_SPACE };
	struct range range;
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (behavior < 0 || behavior > VM_BEHAVIOR_LAST_VALID)
		return KERN_INVALID_ARGUMENT;
	if (!model_take_range(address, size, &rule, &range, &kr))
		return kr;
	if (!model_is_inside(task, range))
		return rule.outside;
	return behave(task, range, behavior);
}
