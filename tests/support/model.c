#include "tests/support/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/support/model_inside.h"

/* --- Rules ------------------------------------------------------------- */

static const struct model_rules rules[] = {
	{
	    .name = "osf",
	    .lowest = VM_MIN_ADDRESS,
	    .map_from_hint = true,
	    .map_to_maximum = true,
	    .map_bits = VM_PROT_IS_MASK,
	    .map_wraps = KERN_INVALID_ARGUMENT,
	    .no_object = KERN_INVALID_OBJECT,
	    .protect_copies = VM_PROT_COPY,
	    .read_is_limited = true,
	    .copy_whole_pages = true,
	    .wire_nests = true,
	    .wire_hole = KERN_INVALID_ADDRESS,
	    .wire_protection = KERN_PROTECTION_FAILURE,
	    .no_region = KERN_INVALID_ADDRESS,
	},
	{
	    .name = "xnu",
	    .lowest = VM_MIN_ADDRESS,
	    .map_from_hint = true,
	    .map_to_maximum = true,
	    .map_whole_parts = true,
	    .map_bits = VM_PROT_IS_MASK,
	    .map_wraps = KERN_INVALID_ARGUMENT,
	    .no_object = KERN_INVALID_OBJECT,
	    .deallocate_holes = true,
	    .deallocate_inside_only = true,
	    .inherit_holes = true,
	    .protect_copies = VM_PROT_COPY,
	    .read_is_limited = true,
	    .small_says_address = true,
	    .wire_nests = true,
	    .wire_hole = KERN_INVALID_ADDRESS,
	    .wire_protection = KERN_PROTECTION_FAILURE,
	    .entries_end_early = true,
	    .no_region = KERN_INVALID_ADDRESS,
	},
	{
	    .name = "gnu",
	    .lowest = 0,
	    .any_flag_is_anywhere = true,
	    .no_object = KERN_INVALID_ARGUMENT,
	    .ranges_are_modulo = true,
	    .deallocate_holes = true,
	    .protect_holes = true,
	    .inherit_holes = true,
	    .protect_keeps = 0x10,
	    .read_keeps_offset = true,
	    .write_whole_pages = true,
	    .copy_whole_pages = true,
	    .wire_is_for_all = true,
	    .wire_hole = KERN_NO_SPACE,
	    .wire_protection = KERN_NO_SPACE,
	    .no_msync = true,
	    .no_region = KERN_NO_SPACE,
	},
};

const struct model_rules *
model_rules_of(const char *personality)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (strcmp(rules[i].name, personality) == 0)
			return &rules[i];
	return NULL;
}

bool
model_entries_end_early(const struct model_rules *of)
{
	return of->entries_end_early;
}

/* --- Bytes ------------------------------------------------------------- */

struct model_storages model_storages = LIST_HEAD_INITIALIZER(model_storages);

struct model_storage *
model_storage_new(const uint8_t *bytes)
{
	struct model_storage *storage = calloc(1, sizeof(*storage));

	assert(storage);
	if (bytes)
		memcpy(storage->bytes, bytes, sizeof(storage->bytes));
	storage->holders = 1;
	storage->plain = true;
	LIST_INSERT_HEAD(&model_storages, storage, link);
	return storage;
}

struct model_storage *
model_storage_hold(struct model_storage *storage)
{
	storage->holders++;
	storage->plain = false;
	return storage;
}

void
model_storage_drop(struct model_storage *storage)
{
	struct model_purgable *purgable;

	if (!storage || --storage->holders > 0)
		return;
	purgable = storage->purgable;
	if (purgable && --purgable->pages == 0)
		free(purgable);
	LIST_REMOVE(storage, link);
	free(storage);
}

struct model_storage *
model_storage_copy(struct model_storage *storage)
{
	struct model_storage *copy = model_storage_new(storage->bytes);

	storage->plain = copy->plain = false;
	return copy;
}

void
model_settle(struct model_page *page, bool zeros)
{
	if (zeros)
		memset(page->storage->bytes, 0, MODEL_PAGE);
	page->storage->unsettled = false;
}

/* --- Purgeable memory -------------------------------------------------- */

struct model_purgable *
model_purgable_new(void)
{
	struct model_purgable *purgable = calloc(1, sizeof(*purgable));

	assert(purgable);
	return purgable;
}

void
model_storage_make_purgable(struct model_storage *storage,
    struct model_purgable *purgable)
{
	storage->purgable = purgable;
	purgable->pages++;
}

/* --- Tasks and pages --------------------------------------------------- */

struct model_page *
slot(struct model_task *task, vm_address_t address)
{
	return task->pages + MIN(address, MODEL_END) / MODEL_PAGE;
}

struct model_page *
model_page_at(struct model_task *task, vm_address_t address)
{
	struct model_page *page = slot(task, address);

	return address < MODEL_END && page->storage ? page : NULL;
}

bool
model_page_is_shared(const struct model_page *page)
{
	return page->storage->holders > 1;
}

void
model_page_remove(struct model_page *page)
{
	model_storage_drop(page->storage);
	page->storage = NULL;
}

vm_size_t
model_size(const struct model_task *task)
{
	vm_size_t size = 0;

	for (size_t i = 0; i < MODEL_PAGES; i++)
		size += task->pages[i].storage ? MODEL_PAGE : 0;
	return size;
}

void
model_task_start(struct model_task *task, const struct model_rules *of,
    vm_size_t limit)
{
	*task = (struct model_task){
		.alive = true,
		.rules = of,
		.limit = limit,
	};
}

void
model_task_end(struct model_task *task)
{
	for (size_t i = 0; i < MODEL_PAGES; i++)
		model_page_remove(&task->pages[i]);
	task->alive = false;
}

static void
page_inherit(struct model_page *child, const struct model_page *parent)
{
	if (!parent->storage || parent->inheritance == VM_INHERIT_NONE)
		return;
	*child = *parent;
	child->wired = 0;
	child->permanent = false;
	if (parent->inheritance == VM_INHERIT_SHARE)
		model_storage_hold(child->storage);
	else
		child->storage = model_storage_copy(parent->storage);
}

kern_return_t
model_create(struct model_task *parent, bool inherit, struct model_task *child)
{
	if (!parent->alive)
		return MACH_SEND_INVALID_DEST;
	model_task_start(child, parent->rules, parent->limit);
	for (size_t i = 0; inherit && i < MODEL_PAGES; i++)
		page_inherit(&child->pages[i], &parent->pages[i]);
	return KERN_SUCCESS;
}

kern_return_t
model_region(struct model_task *task, vm_address_t *address)
{
	struct model_page *page = slot(task, *address);

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	while (page < task->pages + MODEL_PAGES && !page->storage)
		page++;
	if (page == task->pages + MODEL_PAGES)
		return task->rules->no_region;
	*address = (vm_address_t)(page - task->pages) * MODEL_PAGE;
	return KERN_SUCCESS;
}
