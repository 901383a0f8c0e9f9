#include "server/vm/vm_object.h"

#include <assert.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_share.h"
#include "server/vm/vm_upkeep.h"

uint32_t
vm_object_phase(uint64_t like, uint64_t pages)
{
	enum { SPAN_MOST = 4 * PAGE_TREE_BITS }; /* 64 GiB */
	unsigned bits = 0;

	while (bits < SPAN_MOST && pages >> (bits + PAGE_TREE_BITS) > 0)
		bits += PAGE_TREE_BITS;
	return like & ((UINT64_C(1) << bits) - 1);
}

struct vm_object *
vm_object_new(struct vm_machine *vm, uint32_t phase)
{
	struct vm_object *object = vm_zone_alloc(&vm->objects);

	assert(object);
	*object = (struct vm_object){ .refs = 1, .phase = phase };
	return object;
}

void
vm_object_share(struct vm_machine *vm, struct vm_object *object, uint64_t start,
    uint64_t end)
{
	vm_share_add(vm, &object->shares, start, end);
	object->shared = true;
	object->refs++;
}

void
vm_object_ref(struct vm_object *object)
{
	object->refs++;
}

bool
vm_object_is_alone(const struct vm_object *object)
{
	return !object->shared && !vm_upkeep_purgable(object);
}

static void
object_free(struct vm_machine *vm, struct vm_object *object)
{
	vm_upkeep_free(vm, object->upkeep);
	page_tree_drop(vm, &object->pages);
	vm_share_clear(vm, &object->shares);
	vm_zone_free(&vm->objects, object);
}

void
vm_object_unref(struct vm_machine *vm, struct vm_object *object)
{
	assert(object->refs > 0);

	if (--object->refs == 0)
		object_free(vm, object);
}

uint64_t
vm_object_count_owned(struct vm_machine *vm, const struct vm_object *object,
    uint64_t page, uint64_t count)
{
	enum { COUNTED_AT_ONCE = 16384 };
	uint64_t end = page + count, owned = 0, part;

	for (; page < end; page += part) {
		page = page_tree_next(vm, &object->pages, page, end);
		part = MIN(end - page, (uint64_t)COUNTED_AT_ONCE);
		owned += page_tree_count_owned(vm, &object->pages, page, part);
		vm_machine_tick(vm, 64);
	}
	return owned;
}

/* What is taken is spare: none of what the call under way has been promised. */
void
vm_object_clear(struct vm_machine *vm, struct vm_object *object, uint64_t start,
    uint64_t end)
{
	uint64_t page = vm_object_page(object, start);
	uint64_t count = (end - start) >> VM_PAGE_SHIFT;
	uint64_t taken = vm->nodes.taken;

	if (!vm_machine_spares_nodes(vm,
		page_tree_clear_cost(vm, &object->pages, page, count)))
		return;
	page_tree_clear(vm, &object->pages, page, count);
	vm->hold.taken.nodes += vm->nodes.taken - taken;
}

struct part {
	struct vm_machine *vm;
	struct vm_object *object;
};

static void
clear_part(void *context, uint64_t start, uint64_t end)
{
	struct part *part = context;

	vm_object_clear(part->vm, part->object, start, end);
}

void
vm_object_unmap(struct vm_machine *vm, struct vm_object *object, uint64_t start,
    uint64_t end)
{
	struct part part = { vm, object };

	if (object->refs > 1)
		vm_share_drop(vm, &object->shares, start, end, clear_part,
		    &part);
	vm_object_unref(vm, object);
}

/*
 * Copies go part by part, between which they may pause: what is wired is had by
 * its object alone whenever others are about.
 */
enum { COPIED_AT_ONCE = 64 }; /* pages */

/* The part of [start, end) to be copied next: up to *part_end. True: it is
 * wired. */
static bool
next_part(const struct vm_object *object, uint64_t start, uint64_t end,
    uint64_t *part_end)
{
	bool wired;

	*part_end = end;
	wired = vm_upkeep_wired(object, start, part_end);
	if (wired)
		*part_end = MIN(*part_end,
		    start + ((uint64_t)COPIED_AT_ONCE << VM_PAGE_SHIFT));
	return wired;
}

struct vm_reserve
vm_object_copy_cost(struct vm_machine *vm, const struct vm_object *object,
    uint64_t start, uint64_t end)
{
	static const struct page_tree empty;
	struct vm_reserve cost = { 0 };
	uint64_t part_end;

	for (; start < end; start = part_end) {
		bool wired = next_part(object, start, end, &part_end);
		uint64_t count = (part_end - start) >> VM_PAGE_SHIFT;
		uint64_t page = vm_object_page(object, start);

		cost.nodes += page_tree_graft_cost(vm, &empty, page,
		    &object->pages, page, count);
		if (wired) {
			cost.pages += count;
			cost.nodes += page_tree_own_cost(count);
		}
	}
	return cost;
}

void
vm_object_copy_pages(struct vm_machine *vm, struct page_tree *to,
    const struct vm_object *object, uint64_t start, uint64_t end)
{
	uint64_t part_end;

	for (; start < end; start = part_end) {
		bool wired = next_part(object, start, end, &part_end);
		uint64_t count = (part_end - start) >> VM_PAGE_SHIFT;
		uint64_t page = vm_object_page(object, start);

		page_tree_graft(vm, to, page, &object->pages, page, count);
		if (wired)
			page_tree_own(vm, to, page, count);
		if (wired && vm_object_is_alone(object))
			vm_machine_tick(vm, COPIED_AT_ONCE * VM_MACHINE_PAGE);
	}
}

struct vm_object *
vm_object_copy(struct vm_machine *vm, struct vm_object_copier *copier,
    const struct vm_object *object, uint64_t start, uint64_t end, bool all)
{
	if (copier->from == object && copier->end <= start) {
		vm_object_ref(copier->to);
	} else {
		copier->from = object;
		copier->to = vm_object_new(vm, object->phase);
	}
	copier->end = end;
	if (all && !object->upkeep)
		copier->to->pages = page_tree_snapshot(vm, &object->pages);
	else
		vm_object_copy_pages(vm, &copier->to->pages, object, start,
		    end);
	return copier->to;
}
