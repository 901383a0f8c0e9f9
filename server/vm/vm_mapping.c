#include "server/vm/vm_mapping.h"

#include <assert.h>

#include "server/vm/vm_account.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_object.h"

static struct vm_mapping *
append(struct vm_mappings *list, const struct vm_mapping *part)
{
	struct vm_mapping *mapping = vm_zone_alloc(&list->vm->mappings);

	assert(mapping);
	*mapping = *part;
	mapping->next = NULL;
	mapping->account = vm_account_charge(list->vm, list->vm->account,
	    VM_RESOURCE_MAPPINGS);
	mapping->attributes.wired = 0;
	mapping->attributes.flags &= (uint8_t)~VM_ENTRY_PERMANENT;
	*(list->last ? &list->last->next : &list->first) = mapping;
	list->last = mapping;
	list->size += mapping->size;
	return mapping;
}

/* What one part takes. all: it is all that there is of its object. */
static struct vm_reserve
cost_of(struct vm_machine *vm, const struct vm_mapping *part, bool all,
    enum vm_mapping_how how)
{
	struct vm_reserve cost = { 0 };

	if (how == VM_MAPPING_COPY && part->object &&
	    (!all || part->object->upkeep))
		cost = vm_object_copy_cost(vm, part->object, part->offset,
		    part->offset + part->size);
	cost.mappings = 1;
	return cost;
}

/* Is there what was reckoned with? Others may have changed what they share. */
static bool
still_has(struct vm_machine *vm, const struct vm_mapping *part, bool all,
    enum vm_mapping_how how, uint64_t pauses)
{
	if (vm->pauses == pauses || how == VM_MAPPING_SHARE || !part->object ||
	    vm_object_is_alone(part->object))
		return true;
	return vm_machine_has(vm, cost_of(vm, part, all, how));
}

/* Adds a part, with its object shared or copied. */
static void
add(struct vm_mappings *list, const struct vm_mapping *part, bool all,
    enum vm_mapping_how how, struct vm_object_copier *copier)
{
	uint64_t end = part->offset + part->size;
	struct vm_mapping *mapping = append(list, part);

	if (!part->object)
		return;
	if (how == VM_MAPPING_SHARE)
		vm_object_share(list->vm, part->object, part->offset, end);
	else
		mapping->object = vm_object_copy(list->vm, copier, part->object,
		    part->offset, end, all);
}

/* --- Of a map ---------------------------------------------------------- */

/* What a range has of an entry. True: that is all there is of the object. */
static bool
part_of_entry(const struct vm_map_entry *entry, struct vm_range range,
    struct vm_mapping *part)
{
	struct vm_range common =
	    vm_range_common(vm_map_entry_range(entry), range);

	*part = (struct vm_mapping){
		.object = entry->object,
		.offset = vm_map_entry_offset(entry, common.start),
		.size = vm_range_size(common),
		.attributes = entry->attributes,
	};
	return part->object && part->object->refs == 1 &&
	       part->size == vm_range_size(vm_map_entry_range(entry));
}

kern_return_t
vm_mappings_extract(struct vm_mappings *list, struct vm_map *map,
    struct vm_range range, enum vm_mapping_how how)
{
	struct vm_object_copier copier = { 0 };
	struct vm_reserve reserve = { 0 };
	uint64_t pauses = map->vm->pauses;
	struct vm_map_entry *entry;
	struct vm_mapping part;
	bool all;

	vm_map_for_each_entry(entry, map, range) {
		all = part_of_entry(entry, range, &part);
		vm_reserve_add(&reserve, cost_of(map->vm, &part, all, how));
	}
	if (!vm_machine_has(map->vm, reserve))
		return KERN_RESOURCE_SHORTAGE;
	vm_map_for_each_entry(entry, map, range) {
		if (how == VM_MAPPING_SHARE)
			vm_map_entry_object(map, entry, UINT64_MAX);
		all = part_of_entry(entry, range, &part);
		if (!still_has(map->vm, &part, all, how, pauses))
			return KERN_RESOURCE_SHORTAGE;
		add(list, &part, all, how, &copier);
	}
	return KERN_SUCCESS;
}

/* --- Of another list --------------------------------------------------- */

/* What [start, end) has of a part that begins at `at`; false: nothing. */
static bool
part_of_part(const struct vm_mapping *from, uint64_t at, uint64_t start,
    uint64_t end, struct vm_mapping *part)
{
	struct vm_range common =
	    vm_range_common((struct vm_range){ at, at + from->size },
		(struct vm_range){ start, end });

	*part = *from;
	part->offset += common.start - at;
	part->size = vm_range_size(common);
	return part->size > 0;
}

static bool
is_all(const struct vm_mapping *from, const struct vm_mapping *part)
{
	return part->object && part->object->refs == 1 &&
	       part->size == from->size;
}

kern_return_t
vm_mappings_part(struct vm_mappings *list, const struct vm_mappings *from,
    uint64_t offset, uint64_t size, enum vm_mapping_how how)
{
	struct vm_object_copier copier = { 0 };
	struct vm_machine *vm = list->vm;
	struct vm_reserve reserve = { 0 };
	uint64_t pauses = vm->pauses;
	const struct vm_mapping *it;
	struct vm_mapping part;
	uint64_t at = 0;

	for (it = from->first; it; at += it->size, it = vm_mapping_next(vm, it))
		if (part_of_part(it, at, offset, offset + size, &part))
			vm_reserve_add(&reserve,
			    cost_of(vm, &part, is_all(it, &part), how));
	if (!vm_machine_has(vm, reserve))
		return KERN_RESOURCE_SHORTAGE;
	for (at = 0, it = from->first; it;
	     at += it->size, it = vm_mapping_next(vm, it)) {
		if (!part_of_part(it, at, offset, offset + size, &part))
			continue;
		if (!still_has(vm, &part, is_all(it, &part), how, pauses))
			return KERN_RESOURCE_SHORTAGE;
		add(list, &part, is_all(it, &part), how, &copier);
	}
	return KERN_SUCCESS;
}

struct vm_object *
vm_mappings_zeros(struct vm_mappings *list, uint64_t size)
{
	struct vm_reserve reserve = { .mappings = 1 };
	struct vm_mapping part = { .size = size };

	if (!vm_machine_has(list->vm, reserve))
		return NULL;
	part.object = vm_object_new(list->vm, 0);
	append(list, &part);
	return part.object;
}

/* --- Their end --------------------------------------------------------- */

void
vm_mappings_forget(struct vm_mappings *list)
{
	struct vm_mapping *it;

	for (it = list->first; it; it = vm_mapping_next(list->vm, it))
		it->object = NULL;
	vm_mappings_clear(list);
}

void
vm_mappings_clear(struct vm_mappings *list)
{
	struct vm_machine *vm = list->vm;

	if (list->first) {
		list->last->next = vm->dead_mappings;
		vm->dead_mappings = list->first;
	}
	*list = (struct vm_mappings){ .vm = vm };
}

/* What that takes is taken by who had it, whoever has it done. */
bool
vm_mappings_reap(struct vm_machine *vm, uint32_t *steps)
{
	struct vm_account *account = vm->account;
	struct vm_mapping *it;

	for (; *steps > 0 && (it = vm->dead_mappings); --*steps) {
		vm->dead_mappings = it->next;
		vm->account = vm_account_at(vm, it->account);
		if (it->object)
			vm_object_unmap(vm, it->object, it->offset,
			    it->offset + it->size);
		vm_account_give(vm, it->account, VM_RESOURCE_MAPPINGS);
		vm_zone_free(&vm->mappings, it);
	}
	vm->account = account;
	return vm->dead_mappings != NULL;
}
