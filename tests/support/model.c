#include "tests/support/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

/* --- Rules ------------------------------------------------------------- */

struct model_rules {
	const char *name;
	vm_address_t lowest; /* address of a map */

	/* vm_allocate */
	bool any_flag_is_anywhere;
	bool lowest_gap; /* is where anywhere is */

	/* vm_deallocate, vm_protect, vm_inherit */
	bool ranges_are_modulo; /* 2^64: no range at all, or a strange one */
	bool deallocate_holes;
	bool deallocate_inside_only; /* beyond the map: nothing, and succeed */
	bool protect_holes;
	bool inherit_holes;
	vm_prot_t protect_bit; /* beyond VM_PROT_ALL */

	/* vm_read, vm_write, vm_copy */
	bool read_is_limited; /* to less than 4 GiB, whatever is there */
	bool read_keeps_offset;
	bool write_whole_pages;
	bool copy_whole_pages;
	bool small_says_address; /* whatever the matter is */

	kern_return_t no_region;
};

static const struct model_rules rules[] = {
	{
	    .name = "osf",
	    .lowest = VM_MIN_ADDRESS,
	    .lowest_gap = true,
	    .read_is_limited = true,
	    .copy_whole_pages = true,
	    .no_region = KERN_INVALID_ADDRESS,
	},
	{
	    .name = "xnu",
	    .lowest = VM_MIN_ADDRESS,
	    .lowest_gap = true,
	    .deallocate_holes = true,
	    .deallocate_inside_only = true,
	    .inherit_holes = true,
	    .read_is_limited = true,
	    .small_says_address = true,
	    .no_region = KERN_INVALID_ADDRESS,
	},
	{
	    .name = "gnu",
	    .lowest = 0,
	    .any_flag_is_anywhere = true,
	    .ranges_are_modulo = true,
	    .deallocate_holes = true,
	    .protect_holes = true,
	    .inherit_holes = true,
	    .protect_bit = 0x10,
	    .read_keeps_offset = true,
	    .write_whole_pages = true,
	    .copy_whole_pages = true,
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

/* What asks for more than this is not simulated, and refused as unknown; so is
 * VM_PROT_COPY. */
static const int allocate_flags = VM_FLAGS_ANYWHERE | VM_FLAGS_OVERWRITE |
				  VM_FLAGS_4GB_CHUNK | VM_FLAGS_RANDOM_ADDR |
				  VM_FLAGS_NO_CACHE | (int)VM_FLAGS_ALIAS_MASK;

/* --- Pages ------------------------------------------------------------- */

static vm_address_t
down(vm_address_t address)
{
	return address & ~(vm_address_t)(MODEL_PAGE - 1);
}

/* 0, past the last page. */
static vm_address_t
up(vm_address_t address)
{
	return down(address + MODEL_PAGE - 1);
}

static bool
wraps(vm_address_t address, vm_size_t size)
{
	return address + size < address;
}

/* ... or does once its end is rounded up. */
static bool
wraps_rounded(vm_address_t address, vm_size_t size)
{
	return wraps(address, size) || (size > 0 && up(address + size) == 0);
}

struct model_page *
model_page_at(struct model_task *task, vm_address_t address)
{
	struct model_page *page;

	if (address >= MODEL_END)
		return NULL;
	page = &task->pages[address / MODEL_PAGE];
	return page->storage ? page : NULL;
}

bool
model_page_is_shared(const struct model_page *page)
{
	return page->storage->pages > 1;
}

static struct model_storage *
storage_new(const uint8_t *bytes)
{
	struct model_storage *storage = calloc(1, sizeof(*storage));

	assert(storage);
	if (bytes)
		memcpy(storage->bytes, bytes, sizeof(storage->bytes));
	storage->pages = 1;
	return storage;
}

static void
page_remove(struct model_page *page)
{
	if (page->storage && --page->storage->pages == 0)
		free(page->storage);
	page->storage = NULL;
}

static void
page_allocate(struct model_page *page)
{
	*page = (struct model_page){
		.storage = storage_new(NULL),
		.protection = VM_PROT_DEFAULT,
		.max_protection = VM_PROT_ALL,
		.inheritance = VM_INHERIT_DEFAULT,
	};
}

/* The place of an address that is a page's, or of the nearest there is: pages
 * of a range are from that of its start to that of its end. */
static struct model_page *
slot(struct model_task *task, vm_address_t address)
{
	return task->pages + MIN(address, MODEL_END) / MODEL_PAGE;
}

void
model_task_start(struct model_task *task, const struct model_rules *of)
{
	*task = (struct model_task){ .alive = true, .rules = of };
}

void
model_task_end(struct model_task *task)
{
	for (size_t i = 0; i < MODEL_PAGES; i++)
		page_remove(&task->pages[i]);
	task->alive = false;
}

vm_size_t
model_size(const struct model_task *task)
{
	vm_size_t size = 0;

	for (size_t i = 0; i < MODEL_PAGES; i++)
		size += task->pages[i].storage ? MODEL_PAGE : 0;
	return size;
}

/* In the order of addresses: the first thing that is wrong. */
static kern_return_t
check(struct model_task *task, vm_address_t start, vm_address_t end,
    vm_prot_t access)
{
	for (start = down(start); start < end; start += MODEL_PAGE) {
		const struct model_page *page = model_page_at(task, start);

		if (!page)
			return KERN_INVALID_ADDRESS;
		if ((page->protection & access) != access)
			return KERN_PROTECTION_FAILURE;
	}
	return KERN_SUCCESS;
}

/* --- vm_allocate ------------------------------------------------------- */

static bool
is_free(struct model_task *task, vm_address_t start, vm_address_t end)
{
	struct model_page *page = slot(task, start);

	while (page < slot(task, end) && !page->storage)
		page++;
	return page >= slot(task, end);
}

/* Pages are there in the model only if all of them are in it. */
static void
allocate(struct model_task *task, vm_address_t start, vm_address_t end,
    bool *outside)
{
	struct model_page *page;

	*outside = end > MODEL_END;
	for (page = slot(task, start); page < slot(task, end); page++) {
		page_remove(page);
		if (!*outside)
			page_allocate(page);
	}
}

static kern_return_t
allocate_anywhere(struct model_task *task, vm_address_t *address,
    vm_size_t size, bool *exact, bool *outside)
{
	vm_address_t start = task->rules->lowest;

	if (size == 0)
		return KERN_INVALID_ARGUMENT;
	while (start < MODEL_END &&
	       (wraps(start, size) || !is_free(task, start, start + size)))
		start += MODEL_PAGE;
	if (size > VM_MAX_ADDRESS - start)
		return KERN_NO_SPACE;
	*exact = task->rules->lowest_gap;
	*address = start;
	if (*exact)
		allocate(task, start, start + size, outside);
	return KERN_SUCCESS;
}

static kern_return_t
allocate_fixed(struct model_task *task, vm_address_t *address, vm_size_t size,
    bool overwrite, bool *outside)
{
	vm_address_t start = down(*address);

	if (size == 0)
		return KERN_INVALID_ARGUMENT;
	if (start < task->rules->lowest || start > VM_MAX_ADDRESS ||
	    size > VM_MAX_ADDRESS - start)
		return KERN_INVALID_ADDRESS;
	if (!overwrite && !is_free(task, start, start + size))
		return KERN_NO_SPACE;
	*address = start;
	allocate(task, start, start + size, outside);
	return KERN_SUCCESS;
}

kern_return_t
model_allocate(struct model_task *task, vm_address_t *address, vm_size_t size,
    int flags, bool *exact, bool *outside)
{
	bool any = task->rules && task->rules->any_flag_is_anywhere;

	*outside = false;
	*exact = true;
	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (!any && (flags & ~allocate_flags))
		return KERN_INVALID_ARGUMENT;
	if (size == 0) {
		*address = 0;
		return KERN_SUCCESS;
	}
	if (any ? flags != 0 : (flags & VM_FLAGS_ANYWHERE) != 0)
		return allocate_anywhere(task, address, up(size), exact,
		    outside);
	return allocate_fixed(task, address, up(size),
	    (flags & VM_FLAGS_OVERWRITE) != 0, outside);
}

bool
model_allocate_at(struct model_task *task, vm_address_t address, vm_size_t size,
    bool *outside)
{
	vm_address_t end = address + up(size);

	if (address != down(address) || address < task->rules->lowest ||
	    end > VM_MAX_ADDRESS || !is_free(task, address, end))
		return false;
	allocate(task, address, end, outside);
	return true;
}

/* --- vm_deallocate, vm_protect, vm_inherit ----------------------------- */

/* Pages that bytes are in; from end on they are none. */
struct range {
	vm_address_t start;
	vm_address_t end;
};

/*
 * => false: the call does no more, and answers *kr
 * => rounded: what it answers if the end rounds up to 2^64
 */
static bool
take_range(struct model_task *task, vm_address_t address, vm_size_t size,
    kern_return_t rounded, struct range *range, kern_return_t *kr)
{
	*range = (struct range){ down(address), up(address + size) };
	*kr = KERN_SUCCESS;
	if (task->rules->ranges_are_modulo)
		return true;
	if (size == 0)
		return false;
	if (wraps(address, size))
		*kr = KERN_INVALID_ARGUMENT;
	else if (range->end == 0)
		*kr = rounded;
	return *kr == KERN_SUCCESS && range->end != 0;
}

static bool
is_inside(const struct model_task *task, struct range range)
{
	return range.start >= task->rules->lowest &&
	       range.end <= VM_MAX_ADDRESS;
}

kern_return_t
model_deallocate(struct model_task *task, vm_address_t address, vm_size_t size)
{
	struct range range;
	struct model_page *page;
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (size == 0)
		return KERN_SUCCESS;
	if (!take_range(task, address, size, KERN_SUCCESS, &range, &kr))
		return kr;
	if (task->rules->deallocate_inside_only && !is_inside(task, range))
		return KERN_SUCCESS;
	if (!task->rules->deallocate_holes)
		kr = check(task, range.start, range.end, VM_PROT_NONE);
	if (kr != KERN_SUCCESS)
		return kr;
	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++)
		page_remove(page);
	return KERN_SUCCESS;
}

static kern_return_t
check_maximum(struct model_task *task, struct range range, vm_prot_t protection)
{
	for (vm_address_t at = range.start; at < range.end; at += MODEL_PAGE) {
		const struct model_page *page = model_page_at(task, at);

		if (!page && !task->rules->protect_holes)
			return KERN_INVALID_ADDRESS;
		if (page && (protection & ~page->max_protection))
			return KERN_PROTECTION_FAILURE;
		if (at >= MODEL_END)
			break;
	}
	return KERN_SUCCESS;
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
	struct range range;
	struct model_page *page;
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (protection & ~(VM_PROT_ALL | task->rules->protect_bit))
		return KERN_INVALID_ARGUMENT;
	if (!take_range(task, address, size, KERN_INVALID_ADDRESS, &range, &kr))
		return kr;
	if (!task->rules->protect_holes && !is_inside(task, range))
		return KERN_INVALID_ADDRESS;
	kr = check_maximum(task, range, protection & VM_PROT_ALL);
	if (kr != KERN_SUCCESS)
		return kr;
	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++)
		if (page->storage)
			page_protect(page, set_maximum, protection);
	return KERN_SUCCESS;
}

kern_return_t
model_inherit(struct model_task *task, vm_address_t address, vm_size_t size,
    vm_inherit_t inheritance)
{
	struct range range;
	struct model_page *page;
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (inheritance > VM_INHERIT_LAST_VALID)
		return KERN_INVALID_ARGUMENT;
	if (!take_range(task, address, size, KERN_INVALID_ARGUMENT, &range,
		&kr))
		return kr;
	if (!task->rules->inherit_holes)
		kr = check(task, range.start, range.end, VM_PROT_NONE);
	if (kr != KERN_SUCCESS)
		return kr;
	for (page = slot(task, range.start); page < slot(task, range.end);
	     page++)
		if (page->storage)
			page->inheritance = inheritance;
	return KERN_SUCCESS;
}

/* --- vm_read, vm_write, vm_copy ---------------------------------------- */

static kern_return_t
check_access(struct model_task *task, vm_address_t address, vm_size_t size,
    vm_prot_t access)
{
	kern_return_t kr;

	if (wraps_rounded(address, size))
		return KERN_INVALID_ADDRESS;
	kr = check(task, address, address + size, access);
	if (kr == KERN_PROTECTION_FAILURE && task->rules->small_says_address &&
	    size < 2 * MODEL_PAGE)
		return KERN_INVALID_ADDRESS;
	return kr;
}

/* Of a range that is all there. */
static void
move(struct model_task *task, vm_address_t address, uint8_t *bytes,
    vm_size_t size, bool to_task)
{
	while (size > 0) {
		size_t offset = address % MODEL_PAGE;
		size_t n = MIN(size, MODEL_PAGE - offset);
		uint8_t *at =
		    model_page_at(task, address)->storage->bytes + offset;

		memcpy(to_task ? at : bytes, to_task ? bytes : at, n);
		address += n;
		bytes += n;
		size -= n;
	}
}

kern_return_t
model_read_overwrite(struct model_task *task, vm_address_t address,
    vm_size_t size, uint8_t *bytes)
{
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (size == 0)
		return KERN_SUCCESS;
	kr = check_access(task, address, size, VM_PROT_READ);
	if (kr == KERN_SUCCESS)
		move(task, address, bytes, size, false);
	return kr;
}

kern_return_t
model_read(struct model_task *task, vm_address_t address, vm_size_t size,
    uint8_t *bytes)
{
	if (task->alive && task->rules->read_is_limited && size > UINT32_MAX)
		return KERN_INVALID_ARGUMENT;
	return model_read_overwrite(task, address, size, bytes);
}

vm_size_t
model_read_offset(const struct model_task *task, vm_address_t address,
    vm_size_t size)
{
	bool kept = task->rules->read_keeps_offset || size >= 2 * MODEL_PAGE;

	return kept ? address % MODEL_PAGE : 0;
}

kern_return_t
model_write(struct model_task *task, vm_address_t address, const uint8_t *bytes,
    vm_size_t size, bool aligned)
{
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (size == 0)
		return KERN_SUCCESS;
	if (task->rules->write_whole_pages &&
	    (!aligned || (address | size) % MODEL_PAGE != 0))
		return KERN_INVALID_ARGUMENT;
	kr = check_access(task, address, size, VM_PROT_WRITE);
	if (kr == KERN_SUCCESS)
		move(task, address, (uint8_t *)(uintptr_t)bytes, size, true);
	return kr;
}

kern_return_t
model_copy(struct model_task *task, vm_address_t source, vm_size_t size,
    vm_address_t destination)
{
	static uint8_t bytes[MODEL_PAGES * MODEL_PAGE];
	kern_return_t kr;

	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (size == 0)
		return KERN_SUCCESS;
	kr = model_read_overwrite(task, source, size, bytes);
	if (kr != KERN_SUCCESS)
		return kr;
	if (task->rules->copy_whole_pages &&
	    (source | size | destination) % MODEL_PAGE != 0)
		return KERN_INVALID_ARGUMENT;
	kr = check_access(task, destination, size, VM_PROT_WRITE);
	if (kr == KERN_SUCCESS)
		move(task, destination, bytes, size, true);
	return kr;
}

/* --- vm_region, task_create -------------------------------------------- */

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

static void
page_inherit(struct model_page *child, const struct model_page *parent)
{
	if (!parent->storage || parent->inheritance == VM_INHERIT_NONE)
		return;
	*child = *parent;
	if (parent->inheritance == VM_INHERIT_SHARE)
		child->storage->pages++;
	else
		child->storage = storage_new(parent->storage->bytes);
}

kern_return_t
model_create(struct model_task *parent, bool inherit, struct model_task *child)
{
	if (!parent->alive)
		return MACH_SEND_INVALID_DEST;
	model_task_start(child, parent->rules);
	for (size_t i = 0; inherit && i < MODEL_PAGES; i++)
		page_inherit(&child->pages[i], &parent->pages[i]);
	return KERN_SUCCESS;
}
