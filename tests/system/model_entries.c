/*
 * The model test: memory entries
 */
#include <stdio.h>

#include <mach/mach_vm.h>

#include "tests/system/model_run.h"

struct entry *
some_entry(void)
{
	struct entry *entry = &entries[chance(ENTRIES)];

	for (size_t n = 0; n < ENTRIES && entry->port == MACH_PORT_NULL; n++)
		entry = &entries[(size_t)(entry - entries + 1) % ENTRIES];
	return entry->port == MACH_PORT_NULL ? NULL : entry;
}

size_t
entry_number(const struct entry *entry)
{
	return (size_t)(entry - entries);
}

void
release_entry(struct entry *entry)
{
	tell("mach_port_deallocate(mach_task_self(), e%zu)",
	    entry_number(entry));
	judge(0, mach_port_deallocate(mach_task_self(), entry->port),
	    KERN_SUCCESS);
	model_entry_end(&entry->model);
	entry->port = MACH_PORT_NULL;
}

void
call_release_entry(void)
{
	struct entry *entry = some_entry();

	if (entry)
		release_entry(entry);
}

/* A place for one more; one is made if need be. */
static struct entry *
free_entry(void)
{
	for (size_t i = 0; i < ENTRIES; i++)
		if (entries[i].port == MACH_PORT_NULL)
			return &entries[i];
	release_entry(&entries[chance(ENTRIES)]);
	return free_entry();
}

/* A permission, and what is made with it. */
static vm_prot_t
some_permission(void)
{
	static const vm_prot_t usual[] = { VM_PROT_ALL, VM_PROT_ALL,
		VM_PROT_DEFAULT, VM_PROT_READ };
	static const vm_prot_t kinds[] = { 0, 0, MAP_MEM_VM_SHARE,
		MAP_MEM_VM_SHARE, MAP_MEM_VM_COPY, MAP_MEM_VM_COPY,
		MAP_MEM_NAMED_CREATE, MAP_MEM_NAMED_CREATE | MAP_MEM_PURGABLE };
	static const vm_prot_t unknown[] = { 0x100, 0x200, 0x400, 0x800,
		0x1000 };
	vm_prot_t permission = one_of(kinds);

	if (!(permission & (MAP_MEM_VM_COPY | MAP_MEM_NAMED_CREATE)) &&
	    one_in(4))
		permission |= VM_PROT_IS_MASK;
	if ((permission & MAP_MEM_NAMED_CREATE) && one_in(24))
		permission |= MAP_MEM_USE_DATA_ADDR;
	if (one_in(32))
		permission |= one_of(unknown);
	return permission | (one_in(8) ? (vm_prot_t)chance(8) : one_of(usual));
}

/* What mach_make_memory_entry is given. */
struct making {
	size_t task;
	uint64_t size;
	uint64_t offset;
	vm_prot_t permission;
	struct entry *parent;
	mach_port_t no_parent; /* what is given instead */
};

static struct making
some_making(void)
{
	struct making making = {
		.task = some_task(),
		.permission = some_permission(),
		.parent = one_in(4) ? some_entry() : NULL,
		.no_parent = one_in(16) ? ports[0] : MACH_PORT_NULL,
	};

	if (making.parent &&
	    !(making.permission & (MAP_MEM_VM_COPY | MAP_MEM_VM_SHARE)))
		making.offset =
		    beside(chance(making.parent->model.count) * PAGE);
	else
		making.offset = some_place(making.task);
	making.size = some_size(making.offset);
	if (making.size == 0) {
		making.offset &= ~(uint64_t)(PAGE - 1);
		making.permission &= ~MAP_MEM_USE_DATA_ADDR;
	}
	return making;
}

static kern_return_t
make(const struct making *making, uint64_t *size, mach_port_t *handle)
{
	mach_port_t parent =
	    making->parent ? making->parent->port : making->no_parent;
	memory_object_size_t wide = *size;
	vm_size_t narrow = *size;
	kern_return_t kr;

	if (one_in(2)) {
		kr = mach_make_memory_entry_64(ports[making->task], &wide,
		    making->offset, making->permission, handle, parent);
		*size = wide;
	} else {
		kr = mach_make_memory_entry(ports[making->task], &narrow,
		    making->offset, making->permission, handle, parent);
		*size = narrow;
	}
	return kr;
}

static kern_return_t
make_in_model(const struct making *making, uint64_t *size, struct entry *entry)
{
	return model_make_entry(&tasks[making->task], size, making->offset,
	    making->permission, making->parent ? &making->parent->model : NULL,
	    &entry->model);
}

/* In some personalities an entry that shares a range may end where the machine
 * finds it convenient. */
static bool
may_end_early(const struct making *making)
{
	return model_entries_end_early(rules) && !making->parent &&
	       !(making->permission &
		   (MAP_MEM_NAMED_CREATE | MAP_MEM_VM_COPY | MAP_MEM_VM_SHARE));
}

/* Then it is as if less had been asked for: so much that it comes out as it
 * did, if there is such a size. */
static void
shorten(struct making *making, kern_return_t seen, uint64_t seen_size,
    struct entry *entry)
{
	uint64_t end = making->offset + making->size;
	uint64_t at = (making->offset | (PAGE - 1)) + 1;

	for (; at < end && at < MODEL_END; at += PAGE) {
		struct making less = *making;
		uint64_t size = less.size = at - less.offset;
		kern_return_t kr = make_in_model(&less, &size, entry);

		if (kr == KERN_SUCCESS)
			model_entry_end(&entry->model);
		if (kr == seen && (kr != KERN_SUCCESS || size == seen_size)) {
			*making = less;
			return;
		}
	}
}

static void
tell_making(const struct making *making, const struct entry *entry)
{
	char parent[16];

	if (making->parent)
		snprintf(parent, sizeof(parent), "e%zu",
		    entry_number(making->parent));
	else
		snprintf(parent, sizeof(parent), "%s",
		    making->no_parent ? "t0" : "MACH_PORT_NULL");
	tell("mach_make_memory_entry_64(t%zu, &(%#llx), %#llx, %#x, &e%zu, %s)",
	    making->task, (unsigned long long)making->size,
	    (unsigned long long)making->offset, (unsigned)making->permission,
	    entry_number(entry), parent);
}

/* One that is larger than what is modelled does not stay. */
static void
keep_entry(struct entry *entry, mach_port_t handle)
{
	entry->port = handle;
	if (entry->model.count == 0 && handle != MACH_PORT_NULL)
		release_entry(entry);
}

void
call_make_entry(void)
{
	struct entry *entry = free_entry();
	struct making making = some_making();
	uint64_t seen = making.size, expected = seen, size;
	mach_port_t handle = CANARY;
	kern_return_t kr, code;

	tell_making(&making, entry);
	code = make(&making, &seen, &handle);
	if (may_end_early(&making))
		shorten(&making, code, seen, entry);
	size = making.size;
	kr = make_in_model(&making, &size, entry);
	if (kr == KERN_SUCCESS)
		expected = size;
	judge(making.task, code, kr);
	agree("the size", seen, expected);
	if (kr != KERN_SUCCESS)
		agree("the handle", handle, CANARY);
	else if (entry->model.size == 0)
		agree("the handle", handle, MACH_PORT_NULL);
	else
		keep_entry(entry, handle);
}
