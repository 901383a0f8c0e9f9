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
#include <unistd.h>

#include "client/vmd.h"
#include "tests/system/model_run.h"

enum {
	COMPARE_EVERY = 50,
};

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

/* --- A run ------------------------------------------------------------- */

static void
run(unsigned long count)
{
	struct vmd_statistics before = statistics();
	unsigned long compared = 0;

	play_start();
	compare_all(); /* the task is made by its first call */
	before = statistics();
	while (calls < count) {
		play_call();
		if (calls >= compared + COMPARE_EVERY) {
			compare_all();
			compared = calls;
		}
	}
	compare_all();
	play_end();
	expect_nothing_left(&before);
}

int
main(int argc, char **argv)
{
	unsigned long seed;

	if (argc != 4 || !play_as(argv[3])) {
		fputs("usage: model SEED COUNT PERSONALITY\n", stderr);
		return 2;
	}
	seed = strtoul(argv[1], NULL, 0);
	chance_start(seed);
	tell_start(seed);
	run(strtoul(argv[2], NULL, 0));
	printf("ok seed %lu: %lu calls\n", seed, calls);
	return EXIT_SUCCESS;
}
