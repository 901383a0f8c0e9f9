/*
 * The model: memory entries
 */
#include "common/cleanup.h"
#include "tests/support/model_inside.h"

/* Their pages are counted with 32 bits. */
static const uint64_t most_pages = UINT32_MAX;

/* Pages that bytes are in; an empty range has none. */
static struct range
pages_of(uint64_t offset, uint64_t size)
{
	return (struct range){ down(offset), up(offset + size) };
}

static kern_return_t
create(uint64_t *size, uint64_t offset, vm_prot_t permission,
    struct model_entry *entry)
{
	struct range range = pages_of(offset, *size);
	struct model_purgable *purgable = NULL;

	if (*size == 0) {
		*entry = (struct model_entry){ 0 };
		return KERN_SUCCESS;
	}
	if (wraps_rounded(offset, *size) ||
	    (permission & (MAP_MEM_USE_DATA_ADDR | MAP_MEM_4K_DATA_ADDR)))
		return KERN_INVALID_ARGUMENT;
	if ((range.end - range.start) / MODEL_PAGE > most_pages)
		return KERN_FAILURE;
	if ((permission & MAP_MEM_PURGABLE) && !(permission & VM_PROT_WRITE))
		return KERN_INVALID_ARGUMENT;
	*entry = (struct model_entry){ .size = range.end - range.start };
	*size = entry->size;
	if (*size > MODEL_END)
		return KERN_SUCCESS;
	if (permission & MAP_MEM_PURGABLE)
		purgable = model_purgable_new();
	for (; entry->count < *size / MODEL_PAGE; entry->count++) {
		struct model_storage *storage = model_storage_new(NULL);

		storage->plain = false;
		if (purgable)
			model_storage_make_purgable(storage, purgable);
		entry->pages[entry->count] = storage;
	}
	return KERN_SUCCESS;
}

/* Of pages that are all there, and are more than none. */
static void
take_pages(struct model_task *task, struct range range,
    enum model_entry_kind kind, struct model_entry *entry)
{
	struct model_page *page;

	*entry = (struct model_entry){ .kind = kind };
	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++)
		entry->pages[entry->count++] =
		    kind == MODEL_ENTRY_COPY
			? model_storage_copy(page->storage)
			: model_storage_hold(page->storage);
	entry->size = range.end - range.start;
}

static kern_return_t
copy(struct model_task *task, struct range range, struct model_entry *entry)
{
	kern_return_t kr =
	    model_check(task, range.start, range.end, VM_PROT_READ);

	if (kr == KERN_SUCCESS)
		take_pages(task, range, MODEL_ENTRY_COPY, entry);
	return kr;
}

/* What all pages of a range may be, now and ever. */
static vm_prot_t
common_protection(struct model_task *task, struct range range)
{
	vm_prot_t common = VM_PROT_ALL;
	const struct model_page *page;

	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++)
		common &= page->protection & page->max_protection;
	return common;
}

static kern_return_t
share(struct model_task *task, struct range range, vm_prot_t permission,
    vm_prot_t *protection, struct model_entry *entry)
{
	bool is_mask = (permission & VM_PROT_IS_MASK) != 0;
	vm_prot_t common;
	kern_return_t kr;

	kr = model_check(task, range.start, range.end, VM_PROT_NONE);
	if (kr != KERN_SUCCESS)
		return kr;
	common = common_protection(task, range);
	if (is_mask)
		*protection &= common;
	if (!permits(common, *protection) ||
	    (is_mask && *protection == VM_PROT_NONE))
		return KERN_PROTECTION_FAILURE;
	take_pages(task, range,
	    permission & MAP_MEM_VM_SHARE ? MODEL_ENTRY_SHARE
					  : MODEL_ENTRY_OBJECT,
	    entry);
	return KERN_SUCCESS;
}

/* Part of another entry. */
static kern_return_t
divide(const struct model_entry *parent, struct range range,
    vm_prot_t permission, vm_prot_t *protection, struct model_entry *entry)
{
	if (range.end > parent->size)
		return KERN_INVALID_ARGUMENT;
	if (permission & VM_PROT_IS_MASK)
		*protection &= parent->protection;
	if (!permits(parent->protection, *protection))
		return KERN_PROTECTION_FAILURE;
	*entry = (struct model_entry){ .size = range.end - range.start };
	for (; range.start < range.end; range.start += MODEL_PAGE)
		entry->pages[entry->count++] =
		    model_storage_hold(parent->pages[range.start / MODEL_PAGE]);
	return KERN_SUCCESS;
}

static kern_return_t
make_of_range(struct model_task *task, uint64_t *size, uint64_t offset,
    vm_prot_t permission, vm_prot_t *protection,
    const struct model_entry *parent, struct model_entry *entry)
{
	struct range range = pages_of(offset, *size);
	kern_return_t kr;

	if (*size == 0 || wraps_rounded(offset, *size))
		return KERN_INVALID_ARGUMENT;
	if (permission & MAP_MEM_VM_COPY)
		kr = copy(task, range, entry);
	else if ((permission & MAP_MEM_VM_SHARE) || !parent)
		kr = share(task, range, permission, protection, entry);
	else
		kr = divide(parent, range, permission, protection, entry);
	if (kr == KERN_SUCCESS)
		*size = entry->size;
	return kr;
}

kern_return_t
model_make_entry(struct model_task *task, uint64_t *size, uint64_t offset,
    vm_prot_t permission, const struct model_entry *parent,
    struct model_entry *entry)
{
	vm_prot_t protection = permission & VM_PROT_ALL;
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (permission & MAP_MEM_FLAGS_MASK & ~MAP_MEM_FLAGS_USER)
		return KERN_INVALID_VALUE;
	if (parent && parent->kind != MODEL_ENTRY_OBJECT)
		return KERN_INVALID_ARGUMENT;
	if (permission & MAP_MEM_NAMED_CREATE)
		kr = create(size, offset, permission, entry);
	else
		kr = make_of_range(task, size, offset, permission, &protection,
		    parent, entry);
	if (kr == KERN_SUCCESS)
		entry->protection = protection;
	return kr;
}

void
model_entry_end(struct model_entry *entry)
{
	for (size_t i = 0; i < entry->count; i++)
		model_storage_drop(entry->pages[i]);
	*entry = (struct model_entry){ 0 };
}
