#include "server/vm/task.h"

#include <assert.h>
#include <stdlib.h>

#include <mach/vm_param.h>

#include "server/vm/personality.h"
#include "server/vm/vm_map.h"

kern_return_t
task_new_sized(struct vm_machine *vm, const struct personality *personality,
    uint64_t page_size, struct task **out)
{
	_cleanup_(task_unrefp) struct task *task = calloc(1, sizeof(*task));

	if (!task)
		return KERN_RESOURCE_SHORTAGE;
	task->refs = 1;
	task->personality = personality;
	task->map =
	    vm_map_new(vm, personality->min_address, VM_MAX_ADDRESS, page_size);
	if (!task->map)
		return KERN_RESOURCE_SHORTAGE;
	task->map->loose = personality->map_is_loose;
	*out = steal(&task);
	return KERN_SUCCESS;
}

kern_return_t
task_new(struct vm_machine *vm, const struct personality *personality,
    struct task **out)
{
	return task_new_sized(vm, personality, VM_PAGE_SIZE, out);
}

/* What a child's map has of its parent's, with its memory or without. */
static void
inherit_rules(struct vm_map *child, const struct vm_map *parent)
{
	child->limit = parent->limit;
	child->limit_max = parent->limit_max;
	child->no_new_exec = parent->no_new_exec;
	child->entries_limit = parent->entries_limit;
}

kern_return_t
task_fork(struct task *parent, bool inherit, struct task **out)
{
	_cleanup_(task_unrefp) struct task *task = NULL;
	struct vm_map *map = parent->map;
	kern_return_t kr;

	kr = task_new_sized(map->vm, parent->personality, map->page_mask + 1,
	    &task);
	if (kr == KERN_SUCCESS)
		inherit_rules(task->map, map);
	if (kr == KERN_SUCCESS && inherit)
		kr = vm_map_fork(map, task->map);
	if (kr == KERN_SUCCESS)
		*out = steal(&task);
	return kr;
}

void
task_ref(struct task *task)
{
	assert(task->refs < UINT32_MAX);
	task->refs++;
}

struct task *
task_unref(struct task *task)
{
	if (!task || --task->refs > 0)
		return NULL;
	task_terminate(task);
	free(task);
	return NULL;
}

void
task_terminate(struct task *task)
{
	task->map = vm_map_free(task->map);
}
