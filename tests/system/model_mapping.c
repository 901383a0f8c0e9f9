/*
 * The model test: vm_map, vm_remap
 */
#include <stdio.h>

#include <mach/mach_vm.h>

#include "tests/system/model_run.h"

/* --- vm_map ------------------------------------------------------------ */

static int
some_map_flags(size_t i, bool anonymous)
{
	static const int flags[] = { VM_FLAGS_FIXED, VM_FLAGS_FIXED,
		VM_FLAGS_OVERWRITE, VM_FLAGS_OVERWRITE, VM_FLAGS_ANYWHERE,
		VM_FLAGS_ANYWHERE };
	static const int wrong[] = { 0x100, 0x800, 0x2000, 0x8000, 0x80000 };
	int chosen = one_of(flags);

	if (is_gnu)
		return chosen;
	if (one_in(32))
		chosen |= one_of(wrong);
	if (one_in(12))
		chosen |= VM_MAKE_TAG(VM_MEMORY_STACK);
	if (one_in(8) && anonymous)
		chosen |= VM_FLAGS_PURGABLE;
	if (one_in(8) && !anonymous)
		chosen |= VM_FLAGS_RETURN_DATA_ADDR;
	if (one_in(24) && i > 0)
		chosen |= VM_FLAGS_PERMANENT;
	return chosen;
}

/* What is mapped: an entry, nothing, or what is neither. */
struct object {
	mach_port_t port;
	const struct entry *entry;
	const char *name;
};

static struct object
some_object(void)
{
	const struct entry *entry = one_in(3) ? NULL : some_entry();

	if (entry)
		return (struct object){ entry->port, entry, "e" };
	if (one_in(16))
		return (struct object){ ports[0], NULL, "t0" };
	return (struct object){ MACH_PORT_NULL, NULL, "MACH_PORT_NULL" };
}

/* A range of an entry, most often one that there is. */
static void
choose_part(struct model_mapping *mapping, const struct entry *entry)
{
	size_t first = one_in(2) ? 0 : chance(entry->model.count);
	size_t pages = entry->model.count - first;

	mapping->entry = &entry->model;
	mapping->offset = beside(first * PAGE);
	mapping->size =
	    one_in(2) ? pages * PAGE : beside((1 + chance(pages)) * PAGE);
	if (one_in(24))
		mapping->offset = some_address();
	if (one_in(24))
		mapping->size = some_size(mapping->offset);
	/* What of a part of a map begins within a page, and how far it goes,
	 * is not said unless the caller is told where. */
	if (entry->model.kind != MODEL_ENTRY_OBJECT &&
	    !(mapping->flags & VM_FLAGS_RETURN_DATA_ADDR))
		mapping->offset &= ~(uint64_t)(PAGE - 1);
	if (one_in(2)) {
		mapping->protection = entry->model.protection & 3;
		mapping->max_protection = entry->model.protection;
	}
}

static struct model_mapping
some_mapping(size_t i, const struct object *object)
{
	struct model_mapping mapping = {
		.address = some_address(),
		.mask = some_mask(),
		.flags = some_map_flags(i, object->port == MACH_PORT_NULL),
		.anonymous = object->port == MACH_PORT_NULL,
		.copy = one_in(3),
		.protection = some_protection(),
		.max_protection = one_in(2) ? VM_PROT_ALL : some_protection(),
		.inheritance = some_inheritance(),
	};

	mapping.size = some_size(mapping.address);
	if (object->entry)
		choose_part(&mapping, object->entry);
	if (one_in(is_gnu ? 32 : 8))
		mapping.protection |= VM_PROT_IS_MASK;
	if (one_in(is_gnu ? 32 : 8))
		mapping.max_protection |= VM_PROT_IS_MASK;
	/* Close to the end of all addresses only what is anonymous, and whole
	 * pages: how far others reach there is nowhere said. */
	if (mapping.address > VM_MAX_ADDRESS + PAGE)
		mapping.address = mapping.anonymous
				      ? mapping.address & -(vm_address_t)PAGE
				      : some_near_address();
	if (mapping.flags & VM_FLAGS_PERMANENT) {
		mapping.flags &= ~VM_FLAGS_ANYWHERE;
		mapping.address = some_near_address();
		mapping.size = MIN(mapping.size, 5 * PAGE);
	}
	return mapping;
}

static kern_return_t
map(size_t i, const struct model_mapping *m, mach_port_t object,
    vm_address_t *address)
{
	mach_vm_address_t wide = *address;
	kern_return_t kr;

	switch (chance(3)) {
	case 0:
		return vm_map(ports[i], address, m->size, m->mask, m->flags,
		    object, m->offset, m->copy, m->protection,
		    m->max_protection, m->inheritance);
	case 1:
		return vm_map_64(ports[i], address, m->size, m->mask, m->flags,
		    object, m->offset, m->copy, m->protection,
		    m->max_protection, m->inheritance);
	default:
		kr = mach_vm_map(ports[i], &wide, m->size, m->mask, m->flags,
		    object, m->offset, m->copy, m->protection,
		    m->max_protection, m->inheritance);
		*address = wide;
		return kr;
	}
}

void
call_map(void)
{
	size_t i = some_task();
	struct object object = some_object();
	struct model_mapping m = some_mapping(i, &object), given = m;
	vm_address_t seen = m.address;
	kern_return_t kr;

	if (object.entry)
		tell("vm_map(t%zu, &(%#zx), %#zx, %#zx, %#x, e%zu, %#llx, %d, "
		     "%#x, %#x, %u)",
		    i, m.address, m.size, m.mask, (unsigned)m.flags,
		    entry_number(object.entry), (unsigned long long)m.offset,
		    m.copy, (unsigned)m.protection, (unsigned)m.max_protection,
		    m.inheritance);
	else
		tell("vm_map(t%zu, &(%#zx), %#zx, %#zx, %#x, %s, %#llx, %d, "
		     "%#x, %#x, %u)",
		    i, m.address, m.size, m.mask, (unsigned)m.flags,
		    object.name, (unsigned long long)m.offset, m.copy,
		    (unsigned)m.protection, (unsigned)m.max_protection,
		    m.inheritance);
	kr = model_map(&tasks[i], &m);
	judge(i, map(i, &given, object.port, &seen), kr);
	agree("the address", seen, m.address);
	if (kr == KERN_SUCCESS)
		undo_outside(i, seen & ~(vm_address_t)(PAGE - 1), m.size,
		    m.outside);
}

/* --- vm_remap ---------------------------------------------------------- */

static int
some_remap_flags(void)
{
	static const int flags[] = { VM_FLAGS_FIXED, VM_FLAGS_OVERWRITE,
		VM_FLAGS_OVERWRITE, VM_FLAGS_ANYWHERE,
		VM_FLAGS_RETURN_DATA_ADDR | VM_FLAGS_OVERWRITE,
		VM_FLAGS_RETURN_DATA_ADDR | VM_FLAGS_ANYWHERE };
	static const int wrong[] = { 0x2, 0x4, 0x10, 0x80, 0x100, 0x800, 0x2000,
		0x8000, 0x80000 };

	if (is_gnu)
		return (int)chance(2);
	if (one_in(32))
		return one_of(wrong) | one_of(flags);
	return one_of(flags);
}

static struct model_remapping
some_remapping(size_t i, size_t from)
{
	struct model_remapping remapping = {
		.address = some_address(),
		.mask = some_mask(),
		.flags = some_remap_flags(),
		.source = &tasks[from],
		.source_address = some_place(from),
		.copy = one_in(2),
		.wants = one_in(4),
		.protection = VM_PROT_NONE,
		.max_protection = VM_PROT_NONE,
		.inheritance = some_inheritance(),
	};

	remapping.size = some_size(remapping.source_address);
	if (i == from && one_in(2))
		remapping.address =
		    remapping.source_address + (chance(7) - 3) * PAGE;
	if (remapping.address > VM_MAX_ADDRESS + PAGE)
		remapping.address = some_near_address();
	if (remapping.wants) {
		remapping.max_protection =
		    one_in(2) ? some_protection() : (vm_prot_t)chance(4);
		remapping.protection =
		    one_in(4) ? some_protection()
			      : remapping.max_protection & (vm_prot_t)chance(8);
	}
	return remapping;
}

static kern_return_t
remap(size_t i, size_t from, const struct model_remapping *r,
    vm_address_t *address, vm_prot_t *protection, vm_prot_t *max_protection)
{
	mach_vm_address_t wide = *address;
	bool is_wide = one_in(2);
	kern_return_t kr;

	if (!is_wide)
		return (r->wants ? vm_remap_new : vm_remap)(ports[i], address,
		    r->size, r->mask, r->flags, ports[from], r->source_address,
		    r->copy, protection, max_protection, r->inheritance);
	kr = (r->wants ? mach_vm_remap_new : mach_vm_remap)(ports[i], &wide,
	    r->size, r->mask, r->flags, ports[from], r->source_address, r->copy,
	    protection, max_protection, r->inheritance);
	*address = wide;
	return kr;
}

void
call_remap(void)
{
	size_t i = some_task(), from = one_in(2) ? i : some_task();
	struct model_remapping r = some_remapping(i, from), given = r;
	vm_prot_t protection = r.wants ? r.protection : CANARY;
	vm_prot_t max_protection = r.wants ? r.max_protection : CANARY;
	vm_address_t seen = r.address;
	kern_return_t kr;

	tell("vm_remap%s(t%zu, &(%#zx), %#zx, %#zx, %#x, t%zu, %#zx, %d, "
	     "&(%#x), &(%#x), %u)",
	    r.wants ? "_new" : "", i, r.address, r.size, r.mask,
	    (unsigned)r.flags, from, r.source_address, r.copy,
	    (unsigned)protection, (unsigned)max_protection, r.inheritance);
	kr = model_remap(&tasks[i], &r);
	if (kr != KERN_SUCCESS && !r.wants)
		r.protection = r.max_protection = CANARY;
	judge(i, remap(i, from, &given, &seen, &protection, &max_protection),
	    kr);
	agree("the address", seen, r.address);
	agree("cur_protection", protection, r.protection);
	agree("max_protection", max_protection, r.max_protection);
	if (kr == KERN_SUCCESS)
		undo_outside(i, seen & ~(vm_address_t)(PAGE - 1), r.size,
		    r.outside);
}
