#include "server/vm/vm_fault.h"

#include <assert.h>

#include "common/probe.h"
#include "server/vm/vm_frame.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_object.h"

/* A frame of the page's own; old: the one it has, or 0. */
static uint32_t
new_frame(struct vm_map *map, uint32_t old)
{
	struct vm_machine *vm = map->vm;

	if (old != 0) {
		vm->events.cow_faults++;
		map->events.cow_faults++;
		return vm_frame_copy(vm, old);
	}
	vm->events.zero_fills++;
	map->events.zero_fills++;
	return vm_frame_alloc_zeroed(vm);
}

uint32_t
vm_fault(struct vm_map *map, struct vm_map_entry *entry, uint64_t address,
    vm_prot_t access)
{
	struct vm_machine *vm = map->vm;
	struct vm_object *object = entry->object;
	uint32_t frame = 0;
	uint64_t page;

	PROBE3(fault, map, address, access);
	vm->events.faults++;
	map->events.faults++;
	if (!object && !(access & VM_PROT_WRITE))
		return 0;
	object = vm_map_entry_object(map, entry, UINT64_MAX);
	page = vm_object_page(object, vm_map_entry_offset(entry, address));
	if (!(access & VM_PROT_WRITE))
		return page_tree_lookup(vm, &object->pages, page);

	frame = page_tree_lookup_owned(vm, &object->pages, page);
	if (frame != 0)
		return frame;
	frame = new_frame(map, page_tree_lookup(vm, &object->pages, page));
	assert(frame != 0);
	page_tree_insert(vm, &object->pages, page, frame);
	return frame;
}
