/*
 * The model test: calls on tasks, and what vm_region tells
 */
#include <string.h>

#include "tests/system/model_run.h"

/* --- vm_region --------------------------------------------------------- */

/* As the two calls have it: flavour 10 is what it says in the first only. */
static kern_return_t
region_needs(bool wide, vm_region_flavor_t flavor, mach_msg_type_number_t *need)
{
	if (flavor == VM_REGION_BASIC_INFO_64 ||
	    (wide && flavor == VM_REGION_BASIC_INFO))
		*need = VM_REGION_BASIC_INFO_COUNT_64;
	else if (flavor == VM_REGION_BASIC_INFO)
		*need = VM_REGION_BASIC_INFO_COUNT;
	else
		return KERN_INVALID_ARGUMENT;
	return KERN_SUCCESS;
}

/* Both structures as one of 64 bits. */
static void
check_info(size_t i, vm_address_t address, vm_size_t size, const int *words,
    mach_msg_type_number_t count)
{
	struct vm_region_basic_info_64 wide;
	struct vm_region_basic_info narrow;

	if (count == VM_REGION_BASIC_INFO_COUNT_64) {
		memcpy(&wide, words, sizeof(wide));
	} else {
		memcpy(&narrow, words, sizeof(narrow));
		wide = (struct vm_region_basic_info_64){
			.protection = narrow.protection,
			.max_protection = narrow.max_protection,
			.inheritance = narrow.inheritance,
			.shared = narrow.shared,
			.reserved = narrow.reserved,
			.behavior = narrow.behavior,
			.user_wired_count = narrow.user_wired_count,
		};
	}
	compare_region(i, address, size, &wide);
}

void
call_region(void)
{
	size_t i = some_task();
	bool wide = one_in(2);
	vm_region_flavor_t flavor =
	    one_in(16) ? 0 : VM_REGION_BASIC_INFO_64 + (int)chance(2);
	mach_msg_type_number_t given = (mach_msg_type_number_t)(6 + chance(8));
	mach_msg_type_number_t count = given, need = 0;
	vm_address_t address = some_address(), seen = address, next = address;
	vm_size_t size = CANARY;
	mach_port_t name = CANARY;
	int words[16];
	kern_return_t kr, code;

	for (size_t k = 0; k < ARRAY_SIZE(words); k++)
		words[k] = CANARY;
	tell("vm_region%s(t%zu, &(%#zx), &size, %d, info, &(%u), &name)",
	    wide ? "_64" : "", i, address, flavor, given);
	kr = region_needs(wide, flavor, &need);
	if (kr == KERN_SUCCESS && given < need)
		kr = KERN_INVALID_ARGUMENT;
	if (!tasks[i].alive)
		kr = MACH_SEND_INVALID_DEST;
	if (kr == KERN_SUCCESS)
		kr = model_region(&tasks[i], &next);
	code = (wide ? vm_region_64 : vm_region)(ports[i], &seen, &size, flavor,
	    words, &count, &name);
	judge(i, code, kr);
	agree("count", count, kr == KERN_SUCCESS ? need : given);
	agree("the word behind info", words[kr == KERN_SUCCESS ? need : 0],
	    CANARY);
	agree("object_name", name, kr == KERN_SUCCESS ? 0 : CANARY);
	if (kr != KERN_SUCCESS) {
		agree("the address", seen, address);
		agree("the size", size, CANARY);
		return;
	}
	if (seen > next || size <= next - seen)
		differ("a region of %#zx bytes at %#zx", size, seen);
	check_info(i, seen, size, words, count);
}

/* --- task_create, task_terminate --------------------------------------- */

size_t
free_place(void)
{
	for (size_t i = 0; i < TASKS; i++) {
		if (tasks[i].alive)
			continue;
		if (ports[i] != MACH_PORT_NULL)
			agree("the code of mach_port_deallocate",
			    mach_port_deallocate(mach_task_self(), ports[i]),
			    KERN_SUCCESS);
		ports[i] = MACH_PORT_NULL;
		return i;
	}
	return TASKS;
}

void
call_task_create(void)
{
	size_t parent = some_task(), child = free_place();
	bool inherit = !one_in(6);
	task_t port = CANARY;
	kern_return_t kr, code;

	if (child == TASKS)
		return;
	tell("task_create(t%zu, NULL, 0, %d, &t%zu)", parent, inherit, child);
	kr = model_create(&tasks[parent], inherit, &tasks[child]);
	code = task_create(ports[parent], NULL, 0, inherit, &port);
	if (code == KERN_SUCCESS)
		ports[child] = port;
	else
		agree("child_task", port, CANARY);
	judge(parent, code, kr);
}

/* Ends a task but our own: its name is dead then, or gone. */
void
call_task_terminate(void)
{
	size_t i = 1 + chance(TASKS - 1);
	bool by_name = tasks[i].alive && one_in(3);
	kern_return_t kr =
	    tasks[i].alive ? KERN_SUCCESS : MACH_SEND_INVALID_DEST;

	model_task_end(&tasks[i]);
	if (by_name) {
		tell("mach_port_deallocate(mach_task_self(), t%zu)", i);
		judge(i, mach_port_deallocate(mach_task_self(), ports[i]),
		    KERN_SUCCESS);
		ports[i] = MACH_PORT_NULL;
	} else {
		tell("task_terminate(t%zu)", i);
		judge(i, task_terminate(ports[i]), kr);
	}
}

/* --- task_info --------------------------------------------------------- */

/* Where a flavour has the size, in words. */
static const struct {
	task_flavor_t flavor;
	mach_msg_type_number_t need;
	size_t virtual_size;
} infos[] = {
	{ TASK_BASIC_INFO_32, TASK_BASIC_INFO_32_COUNT, 1 },
	{ TASK_BASIC_INFO_64, TASK_BASIC_INFO_64_COUNT, 1 },
	{ MACH_TASK_BASIC_INFO, MACH_TASK_BASIC_INFO_COUNT, 0 },
	{ 99, UINT32_MAX, 0 },
};

void
call_task_info(void)
{
	size_t i = some_task(), f = chance(ARRAY_SIZE(infos));
	mach_msg_type_number_t given = (mach_msg_type_number_t)(4 + chance(12));
	mach_msg_type_number_t count = given;
	integer_t words[32];
	kern_return_t kr = KERN_SUCCESS;
	uint32_t size;

	memset(words, 0, sizeof(words));
	tell("task_info(t%zu, %u, info, &(%u))", i, infos[f].flavor, given);
	if (given < infos[f].need)
		kr = KERN_INVALID_ARGUMENT;
	if (!tasks[i].alive)
		kr = MACH_SEND_INVALID_DEST;
	judge(i, task_info(ports[i], infos[f].flavor, words, &count), kr);
	agree("count", count, kr == KERN_SUCCESS ? infos[f].need : given);
	memcpy(&size, &words[infos[f].virtual_size], sizeof(size));
	agree("virtual_size", size,
	    kr == KERN_SUCCESS ? model_size(&tasks[i]) : 0);
}
