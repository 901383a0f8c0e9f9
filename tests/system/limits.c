/*
 * Scale: a million regions in one task, and 64 GiB of memory with little in it
 *
 * What is right is asserted; how long it took is printed, as comments.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum {
	REGIONS = 1000000,
	THREADS = 4,
};

#define GIB  ((vm_size_t)1 << 30)
#define FROM ((vm_address_t)0x100000000)
#define TO   ((vm_address_t)0x200000000000)

static task_t task;
static struct vmd_statistics before;

static struct vmd_statistics
statistics(void)
{
	struct vmd_statistics now;

	succeeds(vmd_statistics(&now));
	return now;
}

void
test_setup(void)
{
	daemon_start("--memory", "1G", NULL);
	task = new_task();
	before = statistics();
}

void
test_teardown(void)
{
	daemon_stop();
}

/* --- Time -------------------------------------------------------------- */

static double started;

static double
now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static void
start_clock(void)
{
	started = now();
}

static void
print_time(const char *what)
{
	printf("# %s: %.3f ms\n", what, now() - started);
	fflush(stdout);
	start_clock();
}

/* What was let go of is freed in slices: until all of it is. */
static void
wait_until_nothing_is_left(void)
{
	struct vmd_statistics seen;

	do {
		seen = statistics();
	} while (seen.entries_used > before.entries_used ||
		 seen.objects_used > before.objects_used ||
		 seen.nodes_used > before.nodes_used ||
		 seen.pages_used > before.pages_used ||
		 seen.tasks > before.tasks);
}

/* --- A million regions ------------------------------------------------- */

/* Every second page of a share of them may be read only. How many could not be
 * made so. */
static void *
protect_a_share(void *number)
{
	vm_size_t share = REGIONS / THREADS;
	vm_size_t first = (uintptr_t)number * share;
	uintptr_t failed = 0;

	for (vm_size_t i = first; i < first + share; i += 2)
		failed += vm_protect(task, FROM + i * PAGE, PAGE, FALSE,
			      VM_PROT_READ) != KERN_SUCCESS;
	return (void *)failed;
}

static void
make_regions(void)
{
	pthread_t threads[THREADS];

	allocate_at(task, FROM, (vm_size_t)REGIONS * PAGE);
	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
				     protect_a_share, (void *)i),
		    0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		ck_assert_ptr_null(failed);
	}
}

/* A thousand of them, here and there, are one page each, as they were made. */
static void
regions_are_there(task_t of)
{
	for (vm_size_t n = 0; n < 1000; n++) {
		vm_size_t i = n * 7919 * 127 % REGIONS;
		mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
		struct vm_region_basic_info_64 info;
		vm_address_t at = FROM + i * PAGE + n;
		vm_size_t size;
		mach_port_t name;

		succeeds(vm_region_64(of, &at, &size, VM_REGION_BASIC_INFO_64,
		    (vm_region_info_t)&info, &count, &name));
		ck_assert_uint_eq(at, FROM + i * PAGE);
		ck_assert_uint_eq(size, PAGE);
		ck_assert_int_eq(info.protection,
		    i % 2 == 0 ? VM_PROT_READ : VM_PROT_DEFAULT);
	}
}

/* Pages that are marked: every 1,001st that may be written. */
static void
mark_pages(void)
{
	for (vm_size_t i = 1; i < REGIONS; i += 2002)
		write_pattern(task, FROM + i * PAGE, PAGE, (unsigned)i);
}

static void
marks_are_at(task_t of, vm_address_t at)
{
	for (vm_size_t i = 1; i < REGIONS; i += 2002) {
		pattern_is(of, at + i * PAGE, PAGE, (unsigned)i);
		bytes_are(of, at + (i - 1) * PAGE, PAGE, 0);
	}
}

static void
copy_them(void)
{
	const vm_size_t size = (vm_size_t)REGIONS * PAGE;
	uint64_t frames;

	mark_pages();
	allocate_at(task, TO, size);
	frames = statistics().pages_used;
	start_clock();
	succeeds(vm_copy(task, FROM, size, TO));
	print_time("vm_copy of a million regions");
	ck_assert_uint_eq(statistics().pages_used, frames);
	marks_are_at(task, TO);
}

static task_t
inherit_them(void)
{
	task_t child;

	start_clock();
	child = child_of(task);
	print_time("task_create of them all");
	regions_are_there(child);
	marks_are_at(child, FROM);
	fill(child, FROM + PAGE, PAGE, 'c');
	pattern_is(task, FROM + PAGE, PAGE, 1);
	return child;
}

static void
protect_them(void)
{
	const vm_size_t size = (vm_size_t)REGIONS * PAGE;

	start_clock();
	answers(vm_protect(task, FROM, size + PAGE, FALSE, VM_PROT_NONE),
	    KERN_INVALID_ADDRESS);
	print_time("vm_protect that fails at the end of a million");
	regions_are_there(task);
	start_clock();
	succeeds(vm_protect(task, FROM, size, FALSE, VM_PROT_DEFAULT));
	print_time("vm_protect of them all, which makes them one");
}

TEST(a_task_may_have_a_million_regions)
{
	const vm_size_t size = (vm_size_t)REGIONS * PAGE;
	task_t child;

	start_clock();
	make_regions();
	print_time("a million regions made by half a million calls");
	ck_assert_uint_ge(statistics().entries_used, REGIONS);
	start_clock();
	regions_are_there(task);
	print_time("vm_region of 1,000");
	copy_them();
	child = inherit_them();
	protect_them();
	regions_are_there(child);

	start_clock();
	succeeds(vm_deallocate(task, FROM, size));
	succeeds(vm_deallocate(task, TO, size));
	end_task(child);
	print_time("vm_deallocate, and task_terminate of the child");
	wait_until_nothing_is_left();
	print_time("... until all was freed");
}

/* --- 64 GiB ------------------------------------------------------------ */

enum { STEP = 16 << 20 };

static void
sparse_pages_are(task_t of, vm_address_t at, vm_size_t size)
{
	for (vm_size_t i = 0; i < size; i += 16 * (vm_size_t)STEP) {
		pattern_is(of, at + i, PAGE, (unsigned)(i / STEP));
		bytes_are(of, at + i + PAGE, PAGE, 0);
	}
}

static const vm_size_t size_64 = 64 * GIB;

static uint64_t
make_sparse_memory(void)
{
	start_clock();
	allocate_at(task, FROM, size_64);
	print_time("vm_allocate of 64 GiB");
	for (vm_size_t i = 0; i < size_64; i += STEP)
		write_pattern(task, FROM + i, PAGE, (unsigned)(i / STEP));
	print_time("a page written every 16 MiB");
	ck_assert_uint_eq(statistics().pages_used, size_64 / STEP);
	return size_64 / STEP;
}

static void
copy_it_a_page_further(void)
{
	start_clock();
	succeeds(vm_copy(task, FROM, size_64 - PAGE, FROM + PAGE));
	print_time("vm_copy of 64 GiB onto itself, a page further");
	pattern_is(task, FROM + PAGE, PAGE, 0);
	bytes_are(task, FROM + 2 * PAGE, PAGE, 0);
	pattern_is(task, FROM + 16 * (vm_size_t)STEP + PAGE, PAGE, 16);
}

TEST(a_task_may_have_64_gibibytes_with_little_in_them)
{
	uint64_t frames = make_sparse_memory();
	task_t child;

	allocate_at(task, TO, size_64);
	start_clock();
	succeeds(vm_copy(task, FROM, size_64, TO));
	print_time("vm_copy of 64 GiB");
	ck_assert_uint_eq(statistics().pages_used, frames);
	sparse_pages_are(task, TO, size_64);

	start_clock();
	child = child_of(task);
	print_time("task_create of 128 GiB");
	ck_assert_uint_eq(statistics().pages_used, frames);
	fill(child, FROM, PAGE, 'c');
	fill(task, FROM + STEP, 1, 'p');
	ck_assert_uint_eq(statistics().pages_used, frames + 2);
	pattern_is(task, FROM, PAGE, 0);
	pattern_is(child, FROM + STEP, PAGE, 1);
	sparse_pages_are(child, TO, size_64);
	copy_it_a_page_further();

	start_clock();
	succeeds(vm_deallocate(task, FROM, size_64));
	print_time("vm_deallocate of 64 GiB");
	sparse_pages_are(task, TO, size_64);
	start_clock();
	end_task(child);
	succeeds(vm_deallocate(task, TO, size_64));
	print_time("... and of the rest");
	wait_until_nothing_is_left();
	print_time("... until all was freed");
}
