/*
 * Random calls, each held against a model of what it must answer
 *
 *	model SEED COUNT PERSONALITY
 *
 * Up to four tasks and eight memory entries; addresses in the tasks' lowest 64
 * pages, most of them at the start of a page or a byte beside it, and some at
 * the ends of what there is. After each call its code and what it gave back are
 * compared; after some of those that failed and every now and then all of
 * memory is, with what may be done with it. The model is tests/support/model.h.
 *
 * Calls whose effect nobody has laid down are not made: what becomes of a page
 * that is wired and may be purged, say, or of an address where sums wrap around
 * before there is anything to add them up for.
 *
 * Prints `ok seed 7: 20000 calls`, or what is different and the last calls, and
 * exits with 1. The same three words give the same calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mach/gnumach.h>
#include <mach/host_priv.h>

#include "client/vmd.h"
#include "tests/system/model_run.h"

enum {
	COMPARE_EVERY = 50,
};

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

static void
call_something(void)
{
	uint64_t weights = 0, n;
	size_t i = 0;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		weights += kinds[k].weight;
	for (n = chance(weights); n >= kinds[i].weight; i++)
		n -= kinds[i].weight;
	kinds[i].call();
}

/* --- What is left ------------------------------------------------------ */

static struct vmd_statistics
statistics(void)
{
	struct vmd_statistics now;

	agree("the code of vmd_statistics", vmd_statistics(&now), KERN_SUCCESS);
	return now;
}

static bool
is_as_before(const struct vmd_statistics *before)
{
	struct vmd_statistics now = statistics();

	return now.pages_used == before->pages_used &&
	       now.nodes_used == before->nodes_used &&
	       now.entries_used == before->entries_used &&
	       now.objects_used == before->objects_used &&
	       now.tasks == before->tasks;
}

/* The daemon frees in slices: it is given a while. */
static void
expect_nothing_left(const struct vmd_statistics *before)
{
	for (int i = 0; i < 1000; i++) {
		if (is_as_before(before))
			return;
		usleep(1000);
	}
	differ("something is left in the daemon");
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

/* --- A run ------------------------------------------------------------- */

static void
run(unsigned long count)
{
	struct vmd_statistics before = statistics();
	unsigned long compared = 0;
	vm_size_t limit, limit_max;

	agree("the code of vm_get_size_limit",
	    vm_get_size_limit(mach_task_self(), &limit, &limit_max),
	    KERN_SUCCESS);
	for (size_t i = 0; i < TASKS; i++) {
		model_task_start(&tasks[i], rules, limit);
		tasks[i].alive = i == 0;
	}
	ports[0] = mach_task_self();
	agree("the code of host_get_host_priv_port",
	    host_get_host_priv_port(mach_host_self(), &privileged_host),
	    KERN_SUCCESS);
	compare_all(); /* the task is made by its first call */
	before = statistics();
	while (calls < count) {
		call_something();
		if (calls >= compared + COMPARE_EVERY) {
			compare_all();
			compared = calls;
		}
	}
	compare_all();
	end_tasks();
	end_entries();
	expect_nothing_left(&before);
}

int
main(int argc, char **argv)
{
	unsigned long seed;

	rules = argc == 4 ? model_rules_of(argv[3]) : NULL;
	if (!rules) {
		fputs("usage: model SEED COUNT PERSONALITY\n", stderr);
		return 2;
	}
	is_gnu = strcmp(argv[3], "gnu") == 0;
	seed = strtoul(argv[1], NULL, 0);
	chance_start(seed);
	tell_start(seed);
	setenv("VMD_PERSONALITY", argv[3], 1);
	run(strtoul(argv[2], NULL, 0));
	printf("ok seed %lu: %lu calls\n", seed, calls);
	return EXIT_SUCCESS;
}
