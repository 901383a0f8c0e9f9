/*
 * A guard behind every page: a thousand calls that nobody waits for
 *
 *	cc queue.c $(pkg-config --cflags --libs vmd) -o queue
 *	vmd --run ./queue
 *
 * To protect each of a thousand pages takes a thousand calls. Made one by one,
 * the program waits for each. Queued, they are sent together, the daemon answers
 * them together, and what became of each is asked for at the end.
 */
#include <mach/mach.h>
#include <stdio.h>
#include <stdlib.h>
#include <vmd.h>

enum { PAGE = 4096, GUARDS = 1000 };

static void
check(kern_return_t kr, const char *what)
{
	if (kr == KERN_SUCCESS)
		return;
	mach_error(what, kr);
	exit(EXIT_FAILURE);
}

/* Every second page may not be touched. */
static void
queue_guards(vmd_queue_t *queue, vm_address_t start)
{
	for (uint64_t i = 0; i < GUARDS; i++)
		check(vmd_queue_vm_protect(queue, i, mach_task_self(),
			  start + (2 * i + 1) * PAGE, PAGE, FALSE,
			  VM_PROT_NONE),
		    "vmd_queue_vm_protect");
}

/* What became of them. */
static size_t
count_failures(vmd_queue_t *queue)
{
	struct vmd_result results[64];
	size_t failures = 0, n;

	do {
		check(vmd_queue_collect(queue, results, 64, &n),
		    "vmd_queue_collect");
		for (size_t i = 0; i < n; i++)
			failures += results[i].code != KERN_SUCCESS;
	} while (n > 0);
	return failures;
}

int
main(void)
{
	vmd_queue_t *queue = vmd_queue_create();
	vm_address_t start = 0;
	char byte = 'x';
	size_t failures;
	kern_return_t kr;

	if (!queue)
		return EXIT_FAILURE;
	check(vm_allocate(mach_task_self(), &start,
		  (vm_size_t)2 * GUARDS * PAGE, VM_FLAGS_ANYWHERE),
	    "vm_allocate");
	queue_guards(queue, start);
	printf("%zu calls are queued\n", vmd_queue_count(queue));
	failures = count_failures(queue);
	vmd_queue_destroy(queue);
	printf("%d are done, %zu have failed\n", GUARDS, failures);

	check(vm_write(mach_task_self(), start + 14 * PAGE, (vm_offset_t)&byte,
		  1),
	    "vm_write to a page");
	kr = vm_write(mach_task_self(), start + 15 * PAGE, (vm_offset_t)&byte,
	    1);
	printf("a page can be written; the guard behind it: %s\n",
	    mach_error_string(kr));
	return failures > 0 || kr != KERN_PROTECTION_FAILURE;
}
