/*
 * Mappings: vm_map, vm_remap, and memory entries
 *
 * All three carry parts of objects: out of a map or an entry, shared or copied,
 * and into a map or an entry. What is taken out is held by a list; when a later
 * step refuses, the list lets go of it, and nothing has changed.
 */
#include <mach/memory_object_types.h>
#include <mach/vm_statistics.h>

#include "common/cleanup.h"
#include "server/connection.h"
#include "server/vm/memory_entry.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "server/vm/vm_upkeep.h"
#include "server/vm_user.h"

static const uint32_t return_data =
    VM_FLAGS_RETURN_DATA_ADDR | VM_FLAGS_RETURN_4K_DATA_ADDR;

/* What each takes. */
static const uint32_t map_flags = (VM_FLAGS_USER_MAP & ~VM_FLAGS_TPRO) |
				  VM_FLAGS_RESILIENT_CODESIGN |
				  VM_FLAGS_RESILIENT_MEDIA;
static const uint32_t remap_flags = VM_FLAGS_USER_REMAP | VM_FLAGS_ALIAS_MASK;

/* And what a mapping of an entry that is a copy, or shared. */
static const uint32_t parts_flags =
    VM_FLAGS_FIXED | VM_FLAGS_ANYWHERE | VM_FLAGS_OVERWRITE |
    VM_FLAGS_RETURN_DATA_ADDR | VM_FLAGS_RETURN_4K_DATA_ADDR |
    VM_FLAGS_ALIAS_MASK;

/* Of all parts of a list. The tag stays each part's own if it is 0. */
static void
set_attributes(struct vm_mappings *list, struct vm_attributes attributes)
{
	for (struct vm_mapping *it = list->first; it;
	     it = vm_mapping_next(list->vm, it))
		it->attributes = attributes;
}

/* --- vm_map ------------------------------------------------------------ */

/* What is asked of the protections, with masks taken apart. */
struct rights {
	vm_prot_t current;
	vm_prot_t maximum;
	bool current_is_mask; /* as much of it as there can be */
	bool maximum_is_mask;
};

static bool
take_rights(const struct task *task, const VmMapRequest *in,
    struct rights *rights)
{
	bool loose = task->personality->map_is_loose;
	vm_prot_t allowed = VM_PROT_ALL | (loose ? 0 : VM_PROT_IS_MASK);

	if (((in->cur_protection | in->max_protection) & ~allowed) ||
	    in->inheritance > VM_INHERIT_NONE)
		return false;
	*rights = (struct rights){
		.current = in->cur_protection & VM_PROT_ALL,
		.maximum = in->max_protection & VM_PROT_ALL,
		.current_is_mask = in->cur_protection & VM_PROT_IS_MASK,
		.maximum_is_mask = in->max_protection & VM_PROT_IS_MASK,
	};
	if (!loose)
		rights->current &= rights->maximum;
	return true;
}

/* Holds the rights against those of an entry. */
static bool
limit_rights(struct rights *rights, const struct memory_entry *entry)
{
	if (rights->maximum_is_mask)
		rights->maximum &= entry->protection;
	if (rights->current_is_mask)
		rights->current &= entry->protection;
	return !((rights->maximum | rights->current) & ~entry->protection);
}

/* The bytes [*offset, *offset + *size) of an entry, to be mapped in whole
 * pages; *data: where in the first of them the caller's begin. */
static kern_return_t
take_part(const struct task *task, const struct memory_entry *entry,
    uint32_t flags, uint64_t *offset, uint64_t *size, uint64_t *data)
{
	uint64_t mask = task->map->page_mask;
	uint64_t first = *offset + (flags & return_data ? entry->data : 0);
	uint64_t end = first + *size;
	bool parts = entry->kind != MEMORY_ENTRY_OBJECT;

	if (first < *offset || end < first || end > entry->parts.size)
		return KERN_INVALID_ARGUMENT;
	if (parts && (flags & ~parts_flags))
		return KERN_INVALID_ARGUMENT;
	if ((first & mask) && !parts && !(flags & return_data))
		return KERN_INVALID_ARGUMENT;
	*data = flags & return_data ? first & mask : 0;
	*offset = vm_trunc_page(first, mask);
	*size = vm_round_page(*data + *size, mask);
	*size = MIN(*size, entry->parts.size - *offset);
	if (parts && task->personality->entry_is_mapped_whole) {
		*offset = 0;
		*size = entry->parts.size;
	}
	return KERN_SUCCESS;
}

static kern_return_t
map_entry(struct request *request, const VmMapRequest *in,
    const struct memory_entry *entry, struct vm_map_where *where,
    struct rights *rights, uint64_t *address)
{
	_cleanup_(vm_mappings_clear) struct vm_mappings list = {
		.vm = request->vm,
	};
	struct task *task = request->task;
	struct vm_attributes attributes = vm_user_attributes(task, in->flags);
	bool copy = in->copy || entry->kind == MEMORY_ENTRY_COPY;
	uint64_t offset = in->offset, size = in->size, data;
	kern_return_t kr;

	if (!limit_rights(rights, entry))
		return KERN_INVALID_RIGHT;
	kr = take_part(task, entry, (uint32_t)in->flags, &offset, &size, &data);
	if (kr == KERN_SUCCESS)
		kr = vm_mappings_part(&list, &entry->parts, offset, size,
		    copy ? VM_MAPPING_COPY : VM_MAPPING_SHARE);
	if (kr != KERN_SUCCESS)
		return kr;
	attributes.protection = (uint8_t)rights->current;
	attributes.max_protection = (uint8_t)rights->maximum;
	attributes.inheritance = (uint8_t)in->inheritance;
	set_attributes(&list, attributes);
	kr = vm_user_enter(task, where, &list);
	*address = where->address + data;
	return kr;
}

static kern_return_t
map_zeros(struct request *request, const VmMapRequest *in,
    struct vm_map_where *where, const struct rights *rights, uint64_t *address)
{
	struct task *task = request->task;
	struct vm_attributes attributes = vm_user_attributes(task, in->flags);
	kern_return_t kr;

	attributes.protection = (uint8_t)rights->current;
	attributes.max_protection = (uint8_t)rights->maximum;
	attributes.inheritance = (uint8_t)in->inheritance;
	kr = vm_user_enter_zeros(task, in->flags, where,
	    vm_round_page(in->size, task->map->page_mask), attributes);
	*address = where->address;
	return kr;
}

/* Is there something to map, and does it not pass the last address? */
static bool
has_size(const struct task *task, const VmMapRequest *in)
{
	uint64_t mask = task->map->page_mask;
	struct vm_range range;
	bool fixed = !(in->flags & VM_FLAGS_ANYWHERE);

	if (fixed && !task->personality->map_is_loose &&
	    vm_range_init(&range, in->address, in->size, mask) != VM_RANGE_OK)
		return false;
	return vm_round_page(in->size, mask) != 0;
}

ROUTINE_ELSEWHERE(vm_map, VmMap)
{
	struct task *task = request->task;
	bool loose = task->personality->map_is_loose;
	struct vm_map_where where =
	    vm_user_where(task, in->flags, in->address, in->mask);
	struct rights rights;
	struct port *port;

	if (!loose && ((uint32_t)in->flags & ~map_flags))
		return KERN_INVALID_ARGUMENT;
	if (!take_rights(task, in, &rights))
		return KERN_INVALID_ARGUMENT;
	if (!has_size(task, in))
		return KERN_INVALID_ARGUMENT;
	if (loose && where.place == VM_MAP_ANYWHERE)
		where.address = 0;
	if (in->object == MACH_PORT_NULL)
		return map_zeros(request, in, &where, &rights, &out->address);

	request->vm->events.lookups++;
	port = request_port(request, in->object);
	if (!port || port->kind != PORT_MEMORY_ENTRY)
		return task->personality->map_object;
	request->vm->events.hits++;
	return map_entry(request, in, port->entry, &where, &rights,
	    &out->address);
}

/* --- vm_remap ---------------------------------------------------------- */

struct remap {
	struct task *source;
	struct vm_range range; /* of the source */
	uint64_t data;         /* where in its first page it was to begin */
};

static kern_return_t
take_remap(struct request *request, const VmRemapRequest *in,
    struct remap *remap)
{
	struct task *source = in->copy
				  ? request_task_read(request, in->src_task)
				  : request_task(request, in->src_task);

	if (((uint32_t)in->flags & ~remap_flags) || !source ||
	    in->inheritance > VM_INHERIT_NONE)
		return KERN_INVALID_ARGUMENT;
	if (vm_range_init(&remap->range, in->src_address, in->size,
		source->map->page_mask) != VM_RANGE_OK)
		return KERN_INVALID_ARGUMENT;
	remap->source = source;
	remap->data = in->flags & VM_FLAGS_RETURN_DATA_ADDR
			  ? in->src_address & source->map->page_mask
			  : 0;
	return KERN_SUCCESS;
}

/* What all of a list has; and what of it is made of this mapping. */
static void
take_attributes(struct vm_mappings *list, const VmRemapRequest *in,
    VmRemapReply *out)
{
	out->cur_protection = out->max_protection = VM_PROT_ALL;
	for (struct vm_mapping *it = list->first; it;
	     it = vm_mapping_next(list->vm, it)) {
		it->attributes.inheritance = (uint8_t)in->inheritance;
		if (in->flags & (int)VM_FLAGS_ALIAS_MASK)
			VM_GET_FLAGS_ALIAS(in->flags, it->attributes.tag);
		out->cur_protection &= it->attributes.protection;
		out->max_protection &= it->attributes.max_protection;
	}
}

/* current, maximum: what all of the source must have. */
static kern_return_t
do_remap(struct request *request, const VmRemapRequest *in, VmRemapReply *out,
    vm_prot_t current, vm_prot_t maximum)
{
	_cleanup_(vm_mappings_clear) struct vm_mappings list = {
		.vm = request->vm,
	};
	struct vm_map_where where = vm_user_where(request->task, in->flags,
	    in->target_address, in->mask);
	struct remap remap;
	kern_return_t kr;

	kr = take_remap(request, in, &remap);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = vm_map_check(remap.source->map, remap.range, current,
	    maximum | (in->copy ? VM_PROT_READ : VM_PROT_NONE));
	if (kr == KERN_SUCCESS)
		kr = vm_mappings_extract(&list, remap.source->map, remap.range,
		    in->copy ? VM_MAPPING_COPY : VM_MAPPING_SHARE);
	if (kr != KERN_SUCCESS)
		return kr;
	take_attributes(&list, in, out);
	kr = vm_user_enter(request->task, &where, &list);
	out->target_address = where.address + remap.data;
	return kr;
}

ROUTINE_ELSEWHERE(vm_remap, VmRemap)
{
	return do_remap(request, in, out, VM_PROT_NONE, VM_PROT_NONE);
}

ROUTINE_ELSEWHERE(vm_remap_new, VmRemap)
{
	const vm_prot_t both = VM_PROT_WRITE | VM_PROT_EXECUTE;
	struct remap remap;
	kern_return_t kr;

	kr = take_remap(request, in, &remap);
	if (kr != KERN_SUCCESS)
		return kr;
	if (((in->cur_protection | in->max_protection) & ~VM_PROT_ALL) ||
	    (in->cur_protection & ~in->max_protection))
		return KERN_INVALID_ARGUMENT;
	if ((in->max_protection & both) == both)
		return KERN_PROTECTION_FAILURE;
	return do_remap(request, in, out, in->cur_protection,
	    in->max_protection);
}

/* --- Memory entries ---------------------------------------------------- */

/* Gives the caller a right to the entry, which is taken over. */
static kern_return_t
give_entry(struct request *request, struct memory_entry **entry,
    mach_port_name_t *name)
{
	_cleanup_(port_unrefp) struct port *port = port_new_entry(*entry);

	if (!port)
		return KERN_RESOURCE_SHORTAGE;
	steal(entry);
	return port_space_insert(&request->connection->space, port, name);
}

static kern_return_t
give_handle(struct request *request, struct memory_entry **entry, uint64_t size,
    MachMakeMemoryEntryReply *out)
{
	out->size = size;
	return give_entry(request, entry, &out->object_handle);
}

/* An entry of zeros. */
static kern_return_t
create_zeros(struct vm_machine *vm, uint64_t size, int permission,
    struct memory_entry **out)
{
	_cleanup_(memory_entry_freep) struct memory_entry *entry =
	    memory_entry_new(vm);
	struct vm_object *object =
	    entry ? vm_mappings_zeros(&entry->parts, size) : NULL;

	if (!object)
		return KERN_RESOURCE_SHORTAGE;
	if (permission & MAP_MEM_PURGABLE) {
		if (!vm_upkeep_of(vm, object))
			return KERN_RESOURCE_SHORTAGE;
		vm_upkeep_make_purgable(object);
	}
	entry->protection = permission & VM_PROT_ALL;
	*out = steal(&entry);
	return KERN_SUCCESS;
}

static kern_return_t
make_new(struct request *request, const MachMakeMemoryEntryRequest *in,
    MachMakeMemoryEntryReply *out)
{
	_cleanup_(memory_entry_freep) struct memory_entry *entry = NULL;
	struct vm_range range;
	kern_return_t kr;

	if (in->permission & (MAP_MEM_USE_DATA_ADDR | MAP_MEM_4K_DATA_ADDR))
		return KERN_INVALID_ARGUMENT;
	if (in->size == 0) {
		out->size = 0;
		out->object_handle = MACH_PORT_NULL;
		return KERN_SUCCESS;
	}
	if (vm_range_init(&range, in->offset, in->size, VM_PAGE_MASK) !=
	    VM_RANGE_OK)
		return KERN_INVALID_ARGUMENT;
	if (vm_range_pages(range) > UINT32_MAX)
		return KERN_FAILURE;
	if ((in->permission & MAP_MEM_PURGABLE) &&
	    !(in->permission & VM_PROT_WRITE))
		return KERN_INVALID_ARGUMENT;
	kr = create_zeros(request->vm, vm_range_size(range), in->permission,
	    &entry);
	if (kr != KERN_SUCCESS)
		return kr;
	return give_handle(request, &entry, vm_range_size(range), out);
}

/* What all of a range may be, but not less than is asked unless that is a
 * mask. */
static kern_return_t
limit_share(const struct vm_map *map, struct vm_range range, int permission,
    vm_prot_t *protection)
{
	const struct vm_map_entry *entry;

	*protection = permission & VM_PROT_ALL;
	if (!(permission & VM_PROT_IS_MASK))
		return vm_map_check(map, range, *protection, *protection);
	vm_map_for_each_entry(entry, map, range)
		*protection &= entry->attributes.protection &
			       entry->attributes.max_protection;
	return *protection != VM_PROT_NONE ? KERN_SUCCESS
					   : KERN_PROTECTION_FAILURE;
}

/* Does the next entry go on in the same object? */
static bool
goes_on(const struct vm_map_entry *entry)
{
	const struct vm_map_entry *next = vm_map_entry_next(entry);

	return next && entry->object && next->object == entry->object &&
	       next->range.start == entry->range.end &&
	       next->offset == vm_map_entry_offset(entry, entry->range.end);
}

/* How far a range goes without coming to another object. One that begins in a
 * hole stays as it is. */
static struct vm_range
first_object(const struct vm_map *map, struct vm_range range)
{
	const struct vm_map_entry *entry = vm_map_lookup(map, range.start);

	if (!entry || entry->range.start > range.start)
		return range;
	while (entry->range.end < range.end && goes_on(entry))
		entry = vm_map_entry_next(entry);
	range.end = MIN(range.end, entry->range.end);
	return range;
}

/* A copy of what is mapped in a range. */
static kern_return_t
copy_parts(struct vm_map *map, struct vm_range range, int permission,
    struct memory_entry *entry)
{
	kern_return_t kr = vm_map_check(map, range, VM_PROT_READ, VM_PROT_NONE);

	if (kr != KERN_SUCCESS)
		return kr;
	entry->kind = MEMORY_ENTRY_COPY;
	entry->protection = permission & VM_PROT_ALL;
	return vm_mappings_extract(&entry->parts, map, range, VM_MAPPING_COPY);
}

/* What is mapped in a range, itself. */
static kern_return_t
share_parts(struct vm_map *map, struct vm_range range, int permission,
    struct memory_entry *entry)
{
	kern_return_t kr = vm_map_check(map, range, VM_PROT_NONE, VM_PROT_NONE);

	if (kr == KERN_SUCCESS)
		kr = limit_share(map, range, permission, &entry->protection);
	if (kr != KERN_SUCCESS)
		return kr;
	if (permission & MAP_MEM_VM_SHARE)
		entry->kind = MEMORY_ENTRY_SHARE;
	return vm_mappings_extract(&entry->parts, map, range, VM_MAPPING_SHARE);
}

/* Is the parent what the call would make? */
static bool
is_same(const struct memory_entry *a, const struct memory_entry *b)
{
	const struct vm_mapping *x = a->parts.first, *y = b->parts.first;

	return x && y && !x->next && !y->next && x->object == y->object &&
	       x->offset == y->offset && x->size == y->size &&
	       a->protection == b->protection && a->kind == b->kind;
}

static kern_return_t
make_of_map(struct request *request, const MachMakeMemoryEntryRequest *in,
    struct port *parent, MachMakeMemoryEntryReply *out)
{
	_cleanup_(memory_entry_freep) struct memory_entry *entry = NULL;
	struct vm_range range;
	struct vm_map *map;
	kern_return_t kr;

	if (in->size == 0)
		return KERN_INVALID_ARGUMENT;
	if (!request->task)
		return KERN_INVALID_TASK;
	map = request->task->map;
	if (vm_range_init(&range, in->offset, in->size, map->page_mask) !=
	    VM_RANGE_OK)
		return KERN_INVALID_ARGUMENT;
	entry = memory_entry_new(request->vm);
	if (!entry)
		return KERN_RESOURCE_SHORTAGE;
	if (in->permission & MAP_MEM_VM_COPY) {
		kr = copy_parts(map, range, in->permission, entry);
	} else {
		if (request->task->personality->entry_ends_early &&
		    !(in->permission & MAP_MEM_VM_SHARE))
			range = first_object(map, range);
		kr = share_parts(map, range, in->permission, entry);
	}
	if (kr != KERN_SUCCESS)
		return kr;
	if (in->permission & (MAP_MEM_USE_DATA_ADDR | MAP_MEM_4K_DATA_ADDR))
		entry->data = in->offset & map->page_mask;
	out->size = vm_range_size(range) - entry->data;
	if ((in->permission & MAP_MEM_NAMED_REUSE) && parent &&
	    is_same(entry, parent->entry))
		return port_space_insert(&request->connection->space, parent,
		    &out->object_handle);
	return give_handle(request, &entry, out->size, out);
}

/* Part of another entry. */
static kern_return_t
make_of_entry(struct request *request, const MachMakeMemoryEntryRequest *in,
    const struct memory_entry *parent, MachMakeMemoryEntryReply *out)
{
	_cleanup_(memory_entry_freep) struct memory_entry *entry = NULL;
	bool data =
	    in->permission & (MAP_MEM_USE_DATA_ADDR | MAP_MEM_4K_DATA_ADDR);
	uint64_t offset = in->offset + (data ? parent->data : 0);
	vm_prot_t protection = in->permission & VM_PROT_ALL;
	struct vm_range range;
	kern_return_t kr;

	if (offset < in->offset ||
	    vm_range_init(&range, offset, in->size, VM_PAGE_MASK) !=
		VM_RANGE_OK ||
	    range.end > parent->parts.size)
		return KERN_INVALID_ARGUMENT;
	if (in->permission & VM_PROT_IS_MASK)
		protection &= parent->protection;
	if (protection & ~parent->protection)
		return KERN_PROTECTION_FAILURE;
	entry = memory_entry_new(request->vm);
	if (!entry)
		return KERN_RESOURCE_SHORTAGE;
	kr = vm_mappings_part(&entry->parts, &parent->parts, range.start,
	    vm_range_size(range), VM_MAPPING_SHARE);
	if (kr != KERN_SUCCESS)
		return kr;
	entry->protection = protection;
	entry->data = data ? offset - range.start : 0;
	return give_handle(request, &entry, vm_range_size(range) - entry->data,
	    out);
}

/* How memory is cached makes no difference here: it is checked, and forgotten. */
static kern_return_t
make_caching(const MachMakeMemoryEntryRequest *in,
    const struct memory_entry *parent, MachMakeMemoryEntryReply *out)
{
	if (in->offset + in->size < in->offset ||
	    (in->permission & (MAP_MEM_USE_DATA_ADDR | MAP_MEM_4K_DATA_ADDR)) ||
	    !parent || parent->kind != MEMORY_ENTRY_OBJECT)
		return KERN_INVALID_ARGUMENT;
	if (GET_MAP_MEM(in->permission) != MAP_MEM_NOOP &&
	    !(parent->protection & VM_PROT_WRITE))
		return KERN_INVALID_RIGHT;
	out->size = in->size;
	out->object_handle = MACH_PORT_NULL;
	return KERN_SUCCESS;
}

ROUTINE_ELSEWHERE(mach_make_memory_entry, MachMakeMemoryEntry)
{
	struct port *port = in->has_parent_entry
				? request_port(request, in->parent_entry)
				: NULL;
	struct port *parent =
	    port && port->kind == PORT_MEMORY_ENTRY ? port : NULL;
	const int share = MAP_MEM_VM_SHARE | MAP_MEM_NAMED_REUSE;

	if (in->permission & MAP_MEM_FLAGS_MASK & ~MAP_MEM_FLAGS_USER)
		return KERN_INVALID_VALUE;
	if (parent && parent->entry->kind != MEMORY_ENTRY_OBJECT)
		return KERN_INVALID_ARGUMENT;
	if (in->permission & MAP_MEM_ONLY)
		return make_caching(in, parent ? parent->entry : NULL, out);
	if (in->permission & MAP_MEM_NAMED_CREATE)
		return make_new(request, in, out);
	if ((in->permission & MAP_MEM_VM_COPY) || !parent ||
	    (in->permission & share))
		return make_of_map(request, in, parent, out);
	return make_of_entry(request, in, parent->entry, out);
}

ROUTINE_ELSEWHERE(mach_memory_object_memory_entry, MachMemoryObjectMemoryEntry)
{
	_cleanup_(memory_entry_freep) struct memory_entry *entry = NULL;
	uint64_t size = vm_round_page(in->size, VM_PAGE_MASK);
	kern_return_t kr;

	if (!in->internal || in->pager != MACH_PORT_NULL || size == 0)
		return KERN_INVALID_ARGUMENT;
	kr = create_zeros(request->vm, size, in->permission & VM_PROT_ALL,
	    &entry);
	if (kr != KERN_SUCCESS)
		return kr;
	return give_entry(request, &entry, &out->entry_handle);
}
