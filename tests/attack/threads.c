/*
 * Sixteen threads of one program make calls; the daemon is killed
 *
 * Each is to be told, and soon: none may hang, or be told that it went well.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include <mach/mach.h>

#include "tests/attack/attack.h"
#include "tests/attack/house.h"

enum { THREADS = 16, PAGE = 4096, SOON = 5000 /* milliseconds */ };

static atomic_uint told;
static atomic_ulong calls;
static atomic_int odd; /* a code that nobody expects */

static void
make_calls(vm_address_t at, kern_return_t *kr)
{
	static char bytes[1 << 20];
	vm_offset_t data;
	mach_msg_type_number_t count;

	*kr = vm_write(mach_task_self(), at, (vm_offset_t)bytes, sizeof(bytes));
	if (*kr == KERN_SUCCESS)
		*kr =
		    vm_read(mach_task_self(), at, sizeof(bytes), &data, &count);
	if (*kr == KERN_SUCCESS)
		vm_deallocate(mach_task_self(), data, count);
}

static void *
run(void *context)
{
	vm_address_t at = 0;
	kern_return_t kr;

	(void)context;
	kr = vm_allocate(mach_task_self(), &at, 1 << 20, VM_FLAGS_ANYWHERE);
	while (kr == KERN_SUCCESS) {
		make_calls(at, &kr);
		atomic_fetch_add(&calls, 1);
	}
	if (kr != MIG_SERVER_DIED && kr != MACH_SEND_INVALID_DEST)
		atomic_store(&odd, kr);
	atomic_fetch_add(&told, 1);
	return NULL;
}

const char *
threads_run(void)
{
	static char why[128];
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, run, NULL) != 0)
			return "no thread";
	while (atomic_load(&calls) < 100 && atomic_load(&told) == 0)
		usleep(1000);
	house_burn();
	for (int i = 0; i < SOON && atomic_load(&told) < THREADS; i++)
		usleep(1000);
	if (atomic_load(&told) < THREADS) {
		snprintf(why, sizeof(why), "%u of %d threads hang",
		    THREADS - atomic_load(&told), THREADS);
		return why;
	}
	if (atomic_load(&odd) == 0)
		return NULL;
	snprintf(why, sizeof(why), "a thread is told: %s",
	    mach_error_string(atomic_load(&odd)));
	return why;
}
