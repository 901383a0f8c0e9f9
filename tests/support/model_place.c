/*
 * The model: places for memory
 */
#include <stdlib.h>

#include "common/cleanup.h"
#include "tests/support/model_inside.h"

/* --- Places ------------------------------------------------------------ */

/* The lowest start of a page, at or above, that has no bit of the mask; 0:
 * there is none. */
static vm_address_t
next_start(vm_address_t address, vm_address_t mask)
{
	vm_address_t bits;

	mask |= MODEL_PAGE - 1;
	while ((bits = address & mask) != 0) {
		vm_address_t lowest = bits & -bits;

		address = (address & -lowest) + lowest;
		if (address == 0)
			break;
	}
	return address;
}

static bool
is_free(struct model_task *task, vm_address_t start, vm_address_t end)
{
	struct model_page *page = slot(task, start);

	while (page < slot(task, end) && !page->storage)
		page++;
	return page >= slot(task, end);
}

static bool
is_permanent(struct model_task *task, vm_address_t start, vm_address_t end)
{
	struct model_page *page;

	for (page = slot(task, start); page < slot(task, end); page++)
		if (page->storage && page->permanent)
			return true;
	return false;
}

/* From where on there is nothing for a mask: its high bits, if they go on to
 * the highest, are bits that all of the memory is below. 0: it is none of
 * those that there may be. */
static vm_address_t
end_for_mask(vm_address_t mask)
{
	vm_address_t high = mask & (mask + 1), lowest = high & -high;

	if (high == 0)
		return VM_MAX_ADDRESS;
	return high + lowest == 0 ? MIN(lowest, VM_MAX_ADDRESS) : 0;
}

static kern_return_t
find_anywhere(struct model_task *task, struct model_place *place)
{
	vm_address_t end = end_for_mask(place->mask);
	vm_address_t at = MAX(down(place->address), task->rules->lowest);

	for (;; at += MODEL_PAGE) {
		vm_address_t from = at;

		at = next_start(from, place->mask);
		if (at < from || at > end || place->size > end - at)
			return KERN_NO_SPACE;
		if (is_free(task, at, at + place->size))
			break;
	}
	place->address = at;
	return KERN_SUCCESS;
}

static kern_return_t
find_fixed(struct model_task *task, struct model_place *place)
{
	vm_address_t start = down(place->address), end = start + place->size;

	if (start & place->mask)
		return KERN_NO_SPACE;
	if (start < task->rules->lowest || start > VM_MAX_ADDRESS ||
	    place->size > VM_MAX_ADDRESS - start)
		return KERN_INVALID_ADDRESS;
	if (place->overwrite ? is_permanent(task, start, end)
			     : !is_free(task, start, end))
		return KERN_NO_SPACE;
	place->address = start;
	return KERN_SUCCESS;
}

/* Bytes that the limit is for: not those that nobody will ever get at. */
static vm_size_t
counted_size(const struct model_task *task)
{
	vm_size_t size = 0;

	for (size_t i = 0; i < MODEL_PAGES; i++)
		if (task->pages[i].storage && task->pages[i].max_protection)
			size += MODEL_PAGE;
	return size;
}

kern_return_t
model_find_place(struct model_task *task, struct model_place *place)
{
	kern_return_t kr = place->anywhere ? find_anywhere(task, place)
					   : find_fixed(task, place);

	if (kr == KERN_SUCCESS && place->counts &&
	    place->size > task->limit - counted_size(task))
		return KERN_NO_SPACE;
	return kr;
}

/* --- Putting memory there ---------------------------------------------- */

bool
model_enter(struct model_task *task, const struct model_place *place,
    const struct model_page *pages)
{
	vm_address_t end = place->address + place->size;
	struct model_page *page;

	for (page = slot(task, place->address); page < slot(task, end); page++)
		model_page_remove(page);
	if (end <= MODEL_END) {
		for (page = slot(task, place->address); page < slot(task, end);
		     page++)
			*page = *pages++;
		return false;
	}
	for (vm_size_t i = 0; i < place->size / MODEL_PAGE; i++)
		model_storage_drop(pages[i].storage);
	return true;
}

bool
model_enter_zeros(struct model_task *task, const struct model_place *place,
    const struct model_page *like, struct model_purgable *purgable)
{
	vm_address_t end = place->address + place->size;
	struct model_page *page;

	for (page = slot(task, place->address); page < slot(task, end);
	     page++) {
		model_page_remove(page);
		if (end > MODEL_END)
			continue;
		*page = *like;
		page->storage = model_storage_new(NULL);
		if (purgable)
			model_storage_make_purgable(page->storage, purgable);
	}
	if (end > MODEL_END)
		free(purgable);
	return end > MODEL_END;
}
