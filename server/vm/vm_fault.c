#include "server/vm/vm_fault.h"

#include <assert.h>
#include <string.h>

#include "server/vm/vm_machine.h"
#include "server/vm/vm_object.h"

static uint32_t
copy_on_write(struct vm_page_pool *pages, uint32_t old)
{
	uint32_t frame = vm_page_alloc(pages);

	memcpy(vm_page_data(pages, frame), vm_page_data(pages, old),
	    VM_PAGE_SIZE);
	return frame;
}

uint32_t
vm_fault(struct vm_map *map, struct vm_map_entry *entry, uint64_t address,
    vm_prot_t access)
{
	struct vm_machine *vm = map->vm;
	struct vm_object *object = entry->object;
	uint32_t frame = 0, old;
	uint64_t page;

	if (!object && !(access & VM_PROT_WRITE))
		return 0;
	object = vm_map_entry_object(map, entry, UINT64_MAX);
	page = vm_object_page(object, vm_map_entry_offset(entry, address));
	if (!(access & VM_PROT_WRITE))
		return page_tree_lookup(vm, &object->pages, page);

	frame = page_tree_lookup_owned(vm, &object->pages, page);
	if (frame != 0)
		return frame;
	old = page_tree_lookup(vm, &object->pages, page);
	frame = old != 0 ? copy_on_write(&vm->pages, old)
			 : vm_page_alloc_zeroed(&vm->pages);
	assert(frame != 0);
	page_tree_insert(vm, &object->pages, page, frame);
	return frame;
}
