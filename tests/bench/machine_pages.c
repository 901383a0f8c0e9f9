/*
 * New pages: how long they take, and what they take beside themselves
 *
 * Beside them is what the system does for the same: a page of a process's own
 * memory, touched for the first time; several at once; or as a huge page.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/contest.h"
#include "tests/bench/house.h"
#include "tests/bench/linux.h"
#include "tests/bench/machine.h"

static const uint64_t source = UINT64_C(1) << 40;
static struct machine machine;

/* --- New pages --------------------------------------------------------- */

enum { TOUCHED = 256 }; /* at once */

static char *anonymous;

/* What is written next has no memory behind it yet; warm: idle frames have. */
static void
prepare_new(void *warm)
{
	machine_deallocate(&machine, source, TOUCHED * PAGE);
	machine_reap(&machine);
	while (!warm && vm_page_pool_trim(&machine.vm.pages, 0))
		continue;
	machine_allocate(&machine, source, TOUCHED * PAGE, VM_PROT_DEFAULT);
}

static void
touch_new(void *nothing)
{
	(void)nothing;
	for (uint64_t i = 0; i < TOUCHED; i++)
		*(char *)vm_page_data(&machine.vm.pages,
		    machine_touch(&machine, source + i * PAGE)) = 1;
}

static void
prepare_anonymous(void *nothing)
{
	(void)nothing;
	bench_must(madvise(anonymous, TOUCHED * PAGE, MADV_DONTNEED) == 0,
	    "madvise");
}

static void
touch_anonymous(void *nothing)
{
	(void)nothing;
	for (uint64_t i = 0; i < TOUCHED; i++)
		((volatile char *)anonymous)[i * PAGE] = 1;
}

static void
clear_page(void *nothing)
{
	(void)nothing;
	for (uint64_t i = 0; i < TOUCHED; i++)
		memset(anonymous + i * PAGE, 0, PAGE);
	__asm__ volatile("" ::: "memory");
}

static void
measure_new(void *nothing)
{
	struct contest contest = { .count = 0 };
	bool yes = true;

	(void)nothing;
	machine_start(&machine, 64 * MEGA);
	machine_allocate(&machine, source, TOUCHED * PAGE, VM_PROT_DEFAULT);
	anonymous = linux_map(TOUCHED * PAGE);
	contest_add(&contest, "vmd-cold", touch_new, NULL)->prepare =
	    prepare_new;
	contest_add(&contest, "vmd", touch_new, &yes)->prepare = prepare_new;
	contest_add(&contest, "linux", touch_anonymous, NULL)->prepare =
	    prepare_anonymous;
	contest_add(&contest, "memset", clear_page, NULL);
	bench_turns(contest.of, contest.count, 100);
	for (size_t i = 0; i < contest.count; i++)
		bench_row_each("new-page", contest.of[i].who, TOUCHED, TOUCHED,
		    &contest.of[i].samples);
	contest_end(&contest);
	machine_stop(&machine);
}

/* --- How the system gives memory --------------------------------------- */

enum { LARGE = 2 << 20, AT_ONCE = 16 };

/* An area of which a large page after the other is touched, all of it new. */
struct area {
	char *memory;
	uint64_t size;
	uint64_t at;
};

static void
area_init(struct area *area, int advice)
{
	char *memory;

	area->size = bench_quick ? 4 * LARGE : 256 * MEGA;
	area->at = 0;
	memory = linux_map(area->size + LARGE);
	memory += LARGE - (uintptr_t)memory % LARGE;
	area->memory = memory;
	madvise(memory, area->size, advice);
}

static void
prepare_area(void *context)
{
	struct area *area = context;

	area->at += LARGE;
	if (area->at < area->size)
		return;
	madvise(area->memory, area->size, MADV_DONTNEED);
	area->at = 0;
}

static void
touch_area(void *context)
{
	struct area *area = context;

	for (uint64_t i = 0; i < LARGE; i += PAGE)
		((volatile char *)area->memory)[area->at + i] = 1;
}

static void
populate_area(void *context)
{
	struct area *area = context;

	for (uint64_t i = 0; i < LARGE; i += AT_ONCE * PAGE)
		madvise(area->memory + area->at + i, AT_ONCE * PAGE,
		    MADV_POPULATE_WRITE);
	touch_area(area);
}

static void
measure_system(void *nothing)
{
	struct contest contest = { .count = 0 };
	struct area small, together, large;

	(void)nothing;
	area_init(&small, MADV_NOHUGEPAGE);
	area_init(&together, MADV_NOHUGEPAGE);
	area_init(&large, MADV_HUGEPAGE);
	contest_add(&contest, "linux", touch_area, &small)->prepare =
	    prepare_area;
	contest_add(&contest, "linux-16", populate_area, &together)->prepare =
	    prepare_area;
	contest_add(&contest, "linux-huge", touch_area, &large)->prepare =
	    prepare_area;
	contest_run(&contest, "new-memory", LARGE, 256);
}

/* --- Memory beyond the pages ------------------------------------------- */

/* Bytes of the system's tables that say where a process's pages are. */
static uint64_t
page_tables(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	uint64_t kib = 0;
	char line[128];

	while (file && kib == 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmPTE: %" SCNu64, &kib) != 1)
			kib = 0;
	if (file)
		fclose(file);
	return kib * 1024;
}

static void
measure_footprint(void *most)
{
	uint64_t size = *(uint64_t *)most, pages = size / PAGE;
	uint64_t before, tables;
	char *memory;

	machine_start(&machine, size + 64 * MEGA);
	machine_allocate(&machine, source, size, VM_PROT_DEFAULT);
	tables = page_tables();
	before = house_resident(getpid());
	for (uint64_t at = 0; at < size; at += PAGE)
		*(char *)vm_page_data(&machine.vm.pages,
		    machine_touch(&machine, source + at)) = 1;
	bench_number("page-memory", "vmd", pages, "bytes",
	    ((double)(house_resident(getpid()) - before) - (double)size) /
		(double)pages);
	bench_number("page-tables", "vmd", pages, "bytes",
	    (double)(page_tables() - tables) / (double)pages);
	machine_stop(&machine);

	memory = linux_map(size);
	tables = page_tables();
	for (uint64_t at = 0; at < size; at += PAGE)
		memory[at] = 1;
	bench_number("page-tables", "linux", pages, "bytes",
	    (double)(page_tables() - tables) / (double)pages);
}

void
machine_measure_pages(uint64_t most)
{
	bench_apart(measure_new, NULL);
	bench_apart(measure_system, NULL);
	bench_apart(measure_footprint, &most);
}
