/*
 * The model test: its tasks and entries, and a call at a time on them
 */
#include <stdlib.h>
#include <string.h>

#include <mach/gnumach.h>
#include <mach/host_priv.h>

#include "tests/system/model_run.h"

struct model_task tasks[TASKS];
task_t ports[TASKS];
struct entry entries[ENTRIES];

const struct model_rules *rules;
bool is_gnu;
host_priv_t privileged_host;

uint8_t expected_bytes[MODEL_PAGES * PAGE];
uint8_t seen_bytes[MODEL_PAGES * PAGE] __attribute__((aligned(PAGE)));

static const struct {
	void (*call)(void);
	unsigned weight;
} kinds[] = {
	{ call_allocate, 12 },
	{ call_map, 12 },
	{ call_remap, 12 },
	{ call_make_entry, 7 },
	{ call_release_entry, 2 },
	{ call_deallocate, 8 },
	{ call_protect, 12 },
	{ call_inherit, 8 },
	{ call_wire, 8 },
	{ call_behavior_set, 6 },
	{ call_msync, 3 },
	{ call_purgable_control, 6 },
	{ call_read, 6 },
	{ call_read_overwrite, 4 },
	{ call_read_list, 3 },
	{ call_write, 14 },
	{ call_copy, 16 },
	{ call_region, 5 },
	{ call_task_create, 6 },
	{ call_task_terminate, 3 },
	{ call_task_info, 3 },
};

void
play_call(void)
{
	uint64_t weights = 0, n;
	size_t i = 0;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		weights += kinds[k].weight;
	for (n = chance(weights); n >= kinds[i].weight; i++)
		n -= kinds[i].weight;
	kinds[i].call();
}

/* --- Beginning and end ------------------------------------------------- */

bool
play_as(const char *personality)
{
	rules = model_rules_of(personality);
	is_gnu = strcmp(personality, "gnu") == 0;
	return rules && setenv("VMD_PERSONALITY", personality, 1) == 0;
}

void
play_start(void)
{
	vm_size_t limit, limit_max;

	calls = 0;
	agree("the code of vm_get_size_limit",
	    vm_get_size_limit(mach_task_self(), &limit, &limit_max),
	    KERN_SUCCESS);
	for (size_t i = 0; i < TASKS; i++) {
		model_task_start(&tasks[i], rules, limit);
		tasks[i].alive = i == 0;
		ports[i] = MACH_PORT_NULL;
	}
	ports[0] = mach_task_self();
	agree("the code of host_get_host_priv_port",
	    host_get_host_priv_port(mach_host_self(), &privileged_host),
	    KERN_SUCCESS);
}

/* One's own task is t0; it is emptied, not ended. */
static void
end_tasks(void)
{
	vm_address_t at;

	for (size_t i = 1; i < TASKS; i++) {
		if (tasks[i].alive)
			task_terminate(ports[i]);
		model_task_end(&tasks[i]);
		free_place();
	}
	for (at = 0; model_region(&tasks[0], &at) == KERN_SUCCESS; at += PAGE)
		agree("the code of vm_deallocate at the end",
		    vm_deallocate(ports[0], at, PAGE), KERN_SUCCESS);
	model_task_end(&tasks[0]);
}

static void
end_entries(void)
{
	for (size_t i = 0; i < ENTRIES; i++)
		if (entries[i].port != MACH_PORT_NULL)
			release_entry(&entries[i]);
}

void
play_end(void)
{
	end_tasks();
	end_entries();
}
