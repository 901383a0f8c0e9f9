/*
 * The model: what calls do to a range of pages
 *
 * vm_deallocate, vm_protect, vm_inherit.
 */
#include "tests/support/model_inside.h"

/* --- Ranges ------------------------------------------------------------ */

bool
model_take_range(vm_address_t address, vm_size_t size,
    const struct range_rule *rule, struct range *range, kern_return_t *kr)
{
	*range = (struct range){ down(address), up(address + size) };
	*kr = KERN_SUCCESS;
	if (size == 0)
		return false;
	if (wraps(address, size))
		*kr = rule->wraps;
	else if (range->end == 0)
		*kr = rule->rounded;
	return *kr == KERN_SUCCESS && range->end != 0;
}

/* The same; some personalities let ranges wrap around, and take what it is. */
static bool
take_range_or_modulo(const struct model_task *task, vm_address_t address,
    vm_size_t size, const struct range_rule *rule, struct range *range,
    kern_return_t *kr)
{
	if (!task->rules->ranges_are_modulo)
		return model_take_range(address, size, rule, range, kr);
	*range = (struct range){ down(address), up(address + size) };
	*kr = KERN_SUCCESS;
	return true;
}

bool
model_is_inside(const struct model_task *task, struct range range)
{
	return range.start >= task->rules->lowest &&
	       range.end <= VM_MAX_ADDRESS;
}

kern_return_t
model_check(struct model_task *task, vm_address_t start, vm_address_t end,
    vm_prot_t access)
{
	for (start = down(start); start < end; start += MODEL_PAGE) {
		const struct model_page *page = model_page_at(task, start);

		if (!page)
			return KERN_INVALID_ADDRESS;
		if (!permits(page->protection, access) ||
		    (page->permanent && (access & VM_PROT_WRITE)))
			return KERN_PROTECTION_FAILURE;
	}
	return KERN_SUCCESS;
}

/* --- vm_deallocate ----------------------------------------------------- */

/* What is permanent stays, but nobody gets at it; whether it stays wired is
 * nowhere said. */
static void
page_deallocate(struct model_page *page)
{
	if (!page->permanent) {
		model_page_remove(page);
		return;
	}
	page->protection = page->max_protection = VM_PROT_NONE;
	if (page->wired > 0)
		page->wired = MODEL_UNKNOWN;
}

kern_return_t
model_deallocate(struct model_task *task, vm_address_t address, vm_size_t size)
{
	static const struct range_rule rule = { .wraps =
						    KERN_INVALID_ARGUMENT };
	struct range range;
	struct model_page *page;
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (size == 0)
		return KERN_SUCCESS;
	if (!take_range_or_modulo(task, address, size, &rule, &range, &kr))
		return kr;
	if (task->rules->deallocate_inside_only &&
	    !model_is_inside(task, range))
		return KERN_SUCCESS;
	if (!task->rules->deallocate_holes)
		kr = model_check(task, range.start, range.end, VM_PROT_NONE);
	if (kr != KERN_SUCCESS)
		return kr;
	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++)
		if (page->storage)
			page_deallocate(page);
	return KERN_SUCCESS;
}

/* --- vm_protect -------------------------------------------------------- */

static kern_return_t
check_maximum(struct model_task *task, struct range range, vm_prot_t protection)
{
	for (vm_address_t at = range.start; at < range.end; at += MODEL_PAGE) {
		const struct model_page *page = model_page_at(task, at);

		if (!page && !task->rules->protect_holes)
			return KERN_INVALID_ADDRESS;
		if (page && !permits(page->max_protection, protection))
			return KERN_PROTECTION_FAILURE;
		if (at >= MODEL_END)
			break;
	}
	return KERN_SUCCESS;
}

/* May the range be mapped once more, copied, over itself? */
static kern_return_t
check_copy(struct model_task *task, struct range range)
{
	kern_return_t kr = KERN_SUCCESS;

	for (vm_address_t at = range.start; at < range.end; at += MODEL_PAGE) {
		const struct model_page *page = model_page_at(task, at);

		if (!page)
			return KERN_INVALID_ADDRESS;
		if (!permits(page->max_protection, VM_PROT_READ))
			return KERN_PROTECTION_FAILURE;
		if (page->permanent)
			kr = KERN_NO_SPACE;
	}
	return kr;
}

static void
page_copy(struct model_page *page, vm_prot_t protection)
{
	struct model_storage *storage = model_storage_copy(page->storage);

	model_storage_drop(page->storage);
	page->storage = storage;
	page->max_protection |= VM_PROT_WRITE | protection;
	page->inheritance = VM_INHERIT_COPY;
	page->behavior = MODEL_UNKNOWN;
	page->wired = 0;
}

static void
page_protect(struct model_page *page, bool set_maximum, vm_prot_t protection)
{
	if (set_maximum) {
		page->max_protection = protection;
		page->protection &= protection;
	} else {
		page->protection = protection;
	}
}

kern_return_t
model_protect(struct model_task *task, vm_address_t address, vm_size_t size,
    bool set_maximum, vm_prot_t protection)
{
	static const struct range_rule rule = { KERN_INVALID_ARGUMENT,
		KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS };
	vm_prot_t copies = protection & task->rules->protect_copies;
	struct range range;
	struct model_page *page;
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	protection &= ~copies;
	if (!permits(VM_PROT_ALL | task->rules->protect_keeps, protection))
		return KERN_INVALID_ARGUMENT;
	if (!take_range_or_modulo(task, address, size, &rule, &range, &kr))
		return kr;
	if (!task->rules->protect_holes && !model_is_inside(task, range))
		return rule.outside;
	kr = copies ? check_copy(task, range)
		    : check_maximum(task, range, protection & VM_PROT_ALL);
	if (kr != KERN_SUCCESS)
		return kr;
	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++)
		if (page->storage) {
			if (copies)
				page_copy(page, protection);
			page_protect(page, set_maximum, protection);
		}
	return KERN_SUCCESS;
}

/* --- vm_inherit -------------------------------------------------------- */

kern_return_t
model_inherit(struct model_task *task, vm_address_t address, vm_size_t size,
    vm_inherit_t inheritance)
{
	static const struct range_rule rule = { KERN_INVALID_ARGUMENT,
		KERN_INVALID_ARGUMENT, KERN_SUCCESS };
	struct range range;
	struct model_page *page;
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (inheritance > VM_INHERIT_LAST_VALID)
		return KERN_INVALID_ARGUMENT;
	if (!take_range_or_modulo(task, address, size, &rule, &range, &kr))
		return kr;
	if (!task->rules->inherit_holes)
		kr = model_check(task, range.start, range.end, VM_PROT_NONE);
	if (kr != KERN_SUCCESS)
		return kr;
	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++)
		if (page->storage)
			page->inheritance = inheritance;
	return KERN_SUCCESS;
}
