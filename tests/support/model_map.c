/*
 * The model: vm_allocate, vm_map, vm_remap
 */
#include "common/cleanup.h"
#include "tests/support/model_inside.h"

/* What asks for more than this is refused as unknown. */
static const int allocate_flags = VM_FLAGS_USER_ALLOCATE;
static const int map_flags = VM_FLAGS_USER_MAP;
static const int remap_flags = VM_FLAGS_USER_REMAP | (int)VM_FLAGS_ALIAS_MASK;

/* ... for memory entries that are a copy of, or share, parts of a map. */
static const int map_part_flags =
    VM_FLAGS_ANYWHERE | VM_FLAGS_OVERWRITE | VM_FLAGS_RETURN_DATA_ADDR |
    VM_FLAGS_RETURN_4K_DATA_ADDR | (int)VM_FLAGS_ALIAS_MASK;

/* --- vm_allocate, vm_map ----------------------------------------------- */

/* Zeros, of a kind that the flags have more to say of. */
static bool
enter_fresh(struct model_task *task, const struct model_place *place, int flags,
    struct model_page like)
{
	bool says = !task->rules->any_flag_is_anywhere;
	bool purgable = says && (flags & VM_FLAGS_PURGABLE);

	like.permanent = says && (flags & VM_FLAGS_PERMANENT);
	return model_enter_zeros(task, place, &like,
	    purgable ? model_purgable_new() : NULL);
}

static bool
is_anywhere(const struct model_task *task, int flags)
{
	return task->rules->any_flag_is_anywhere
		   ? flags != 0
		   : (flags & VM_FLAGS_ANYWHERE) != 0;
}

static bool
is_overwrite(const struct model_task *task, int flags)
{
	return !task->rules->any_flag_is_anywhere &&
	       (flags & VM_FLAGS_OVERWRITE);
}

/* The address of a byte rather than of its page. */
static bool
returns_data(const struct model_task *task, int flags)
{
	return !task->rules->any_flag_is_anywhere &&
	       (flags & VM_FLAGS_RETURN_DATA_ADDR);
}

kern_return_t
model_allocate(struct model_task *task, vm_address_t *address, vm_size_t size,
    int flags, bool *outside)
{
	static const struct model_page like = {
		.protection = VM_PROT_DEFAULT,
		.max_protection = VM_PROT_ALL,
		.inheritance = VM_INHERIT_DEFAULT,
	};
	struct model_place place = { .size = up(size), .counts = true };
	kern_return_t kr;

	*outside = false;
	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if (!task->rules->any_flag_is_anywhere && (flags & ~allocate_flags))
		return KERN_INVALID_ARGUMENT;
	if (size == 0) {
		*address = 0;
		return KERN_SUCCESS;
	}
	if (place.size == 0)
		return KERN_INVALID_ARGUMENT;
	place.anywhere = is_anywhere(task, flags);
	place.overwrite = is_overwrite(task, flags);
	place.address = place.anywhere ? 0 : *address;
	kr = model_find_place(task, &place);
	if (kr != KERN_SUCCESS)
		return kr;
	*address = place.address;
	*outside = enter_fresh(task, &place, flags, like);
	return KERN_SUCCESS;
}

/* What the entry's protection leaves, or whether it forbids it. */
static kern_return_t
check_right(const struct model_entry *entry, struct model_mapping *mapping)
{
	vm_prot_t *wanted[] = { &mapping->max_protection,
		&mapping->protection };

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (*wanted[i] & VM_PROT_IS_MASK)
			*wanted[i] &= entry->protection;
		if (!permits(entry->protection, *wanted[i]))
			return KERN_INVALID_RIGHT;
	}
	return KERN_SUCCESS;
}

static kern_return_t
check_entry(const struct model_task *task, struct model_mapping *mapping)
{
	const struct model_entry *entry = mapping->entry;
	bool data = returns_data(task, mapping->flags);
	kern_return_t kr;

	if (!entry)
		return task->rules->no_object;
	kr = check_right(entry, mapping);
	if (kr != KERN_SUCCESS)
		return kr;
	if (wraps(mapping->offset, mapping->size) ||
	    mapping->offset + mapping->size > entry->size)
		return KERN_INVALID_ARGUMENT;
	if (entry->kind == MODEL_ENTRY_OBJECT)
		return mapping->offset % MODEL_PAGE == 0 || data
			   ? KERN_SUCCESS
			   : KERN_INVALID_ARGUMENT;
	return task->rules->any_flag_is_anywhere ||
		       (mapping->flags & ~map_part_flags) == 0
		   ? KERN_SUCCESS
		   : KERN_INVALID_ARGUMENT;
}

/* Pages of the entry, like `like`. */
static bool
enter_entry(struct model_task *task, const struct model_place *place,
    const struct model_mapping *mapping, struct model_page like)
{
	struct model_storage *const *storage =
	    &mapping->entry->pages[mapping->offset / MODEL_PAGE];
	bool copy = mapping->copy || mapping->entry->kind == MODEL_ENTRY_COPY;
	struct model_page pages[MODEL_PAGES];

	for (size_t i = 0; i < place->size / MODEL_PAGE; i++) {
		pages[i] = like;
		pages[i].storage = copy ? model_storage_copy(storage[i])
					: model_storage_hold(storage[i]);
	}
	return model_enter(task, place, pages);
}

/* Is all of the entry mapped, whatever is asked for? */
static bool
is_whole(const struct model_task *task, const struct model_mapping *mapping)
{
	return !mapping->anonymous && task->rules->map_whole_parts &&
	       mapping->entry->kind != MODEL_ENTRY_OBJECT;
}

static kern_return_t
map(struct model_task *task, struct model_mapping *mapping)
{
	struct model_page like = {
		.protection = mapping->protection & ~VM_PROT_IS_MASK,
		.max_protection = mapping->max_protection & ~VM_PROT_IS_MASK,
		.inheritance = mapping->inheritance,
		.permanent = !task->rules->any_flag_is_anywhere &&
			     (mapping->flags & VM_FLAGS_PERMANENT),
	};
	struct model_place place = {
		.address = mapping->address,
		.size = up(mapping->size),
		.mask = mapping->mask,
		.anywhere = is_anywhere(task, mapping->flags),
		.overwrite = is_overwrite(task, mapping->flags),
		.counts = like.max_protection != VM_PROT_NONE,
	};
	vm_size_t data = 0;
	kern_return_t kr;

	if (place.anywhere && !task->rules->map_from_hint)
		place.address = 0;
	if (!mapping->anonymous) {
		data = mapping->offset % MODEL_PAGE;
		place.size = up(data + mapping->size);
	}
	if (is_whole(task, mapping)) {
		mapping->offset = 0;
		place.size = mapping->entry->size;
	}
	kr = model_find_place(task, &place);
	if (kr != KERN_SUCCESS)
		return kr;
	if (mapping->anonymous)
		mapping->outside =
		    enter_fresh(task, &place, mapping->flags, like);
	else
		mapping->outside = enter_entry(task, &place, mapping, like);
	mapping->address = place.address;
	if (returns_data(task, mapping->flags))
		mapping->address += data;
	mapping->size = place.size;
	return KERN_SUCCESS;
}

kern_return_t
model_map(struct model_task *task, struct model_mapping *mapping)
{
	const struct model_rules *rules = task->rules;
	vm_prot_t bits, mask;
	kern_return_t kr;

	mapping->outside = false;
	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	bits = VM_PROT_ALL | rules->map_bits;
	if (!rules->any_flag_is_anywhere && (mapping->flags & ~map_flags))
		return KERN_INVALID_ARGUMENT;
	if (!permits(bits, mapping->protection | mapping->max_protection) ||
	    mapping->inheritance > VM_INHERIT_LAST_VALID)
		return KERN_INVALID_ARGUMENT;
	if (up(mapping->size) == 0)
		return KERN_INVALID_ARGUMENT;
	if (rules->map_wraps && !is_anywhere(task, mapping->flags) &&
	    wraps_rounded(mapping->address, mapping->size))
		return rules->map_wraps;
	mask = mapping->protection & VM_PROT_IS_MASK;
	if (rules->map_to_maximum)
		mapping->protection &= mapping->max_protection;
	mapping->protection |= mask;
	kr = mapping->anonymous ? KERN_SUCCESS : check_entry(task, mapping);
	return kr == KERN_SUCCESS ? map(task, mapping) : kr;
}

/* --- vm_remap ---------------------------------------------------------- */

static kern_return_t
check_wants(const struct model_remapping *remapping)
{
	vm_prot_t both = VM_PROT_WRITE | VM_PROT_EXECUTE;

	if (!permits(VM_PROT_ALL, remapping->protection) ||
	    !permits(VM_PROT_ALL, remapping->max_protection) ||
	    !permits(remapping->max_protection, remapping->protection))
		return KERN_INVALID_ARGUMENT;
	if (permits(remapping->max_protection, both))
		return KERN_PROTECTION_FAILURE;
	return KERN_SUCCESS;
}

static kern_return_t
check_source(const struct model_remapping *remapping, struct range range)
{
	for (; range.start < range.end; range.start += MODEL_PAGE) {
		const struct model_page *page =
		    model_page_at(remapping->source, range.start);

		if (!page)
			return KERN_INVALID_ADDRESS;
		if (remapping->copy &&
		    !permits(page->max_protection, VM_PROT_READ))
			return KERN_PROTECTION_FAILURE;
		if (remapping->wants &&
		    (!permits(page->protection, remapping->protection) ||
			!permits(page->max_protection,
			    remapping->max_protection)))
			return KERN_PROTECTION_FAILURE;
	}
	return KERN_SUCCESS;
}

/* Pages of the source, on their way. */
static void
extract(struct model_remapping *remapping, struct range range,
    struct model_page *pages)
{
	const struct model_page *page;

	remapping->protection = remapping->max_protection = VM_PROT_ALL;
	for (page = slot(remapping->source, range.start);
	     page < slot(remapping->source, range.end); page++) {
		remapping->protection &= page->protection;
		remapping->max_protection &= page->max_protection;
		*pages++ = (struct model_page){
			.storage = remapping->copy
				       ? model_storage_copy(page->storage)
				       : model_storage_hold(page->storage),
			.protection = page->protection,
			.max_protection = page->max_protection,
			.inheritance = remapping->inheritance,
			.behavior = MODEL_UNKNOWN,
		};
	}
}

static kern_return_t
remap(struct model_task *task, struct model_remapping *remapping,
    struct range range)
{
	struct model_place place = {
		.address = remapping->address,
		.size = range.end - range.start,
		.mask = remapping->mask,
		.anywhere = is_anywhere(task, remapping->flags),
		.overwrite = is_overwrite(task, remapping->flags),
		.counts = true,
	};
	struct model_page pages[MODEL_PAGES];
	kern_return_t kr = model_find_place(task, &place);

	if (kr != KERN_SUCCESS)
		return kr;
	extract(remapping, range, pages);
	remapping->outside = model_enter(task, &place, pages);
	remapping->address = place.address;
	if (remapping->flags & VM_FLAGS_RETURN_DATA_ADDR)
		remapping->address += remapping->source_address % MODEL_PAGE;
	remapping->size = place.size;
	return KERN_SUCCESS;
}

kern_return_t
model_remap(struct model_task *task, struct model_remapping *remapping)
{
	vm_address_t from = remapping->source_address;
	vm_size_t size = remapping->size;
	struct range range = { down(from), up(from + size) };
	kern_return_t kr = KERN_SUCCESS;

	remapping->outside = false;
	if (!task->alive)
		return MACH_SEND_INVALID_DEST;
	if ((remapping->flags & ~remap_flags) || !remapping->source->alive ||
	    remapping->inheritance > VM_INHERIT_LAST_VALID || size == 0 ||
	    wraps_rounded(from, size))
		return KERN_INVALID_ARGUMENT;
	if (remapping->wants)
		kr = check_wants(remapping);
	if (kr == KERN_SUCCESS)
		kr = check_source(remapping, range);
	return kr == KERN_SUCCESS ? remap(task, remapping, range) : kr;
}
