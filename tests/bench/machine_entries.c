/*
 * Maps of many entries
 *
 *      entries   |rw|rwx|rw|rwx|rw|rwx| ...        a page each, side by side
 *
 * Neighbours differ in their protection, and stay two entries. A step takes 64
 * of them, at random: it looks them up; or frees them, and maps them anew, at
 * their addresses or anywhere, which is the lowest hole.
 *
 * Linux maps and unmaps single pages of a row of mappings beside it. It has
 * 65,530 at the most, unless somebody allows more.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/vm/vm_fault.h"
#include "server/vm/vm_map_region.h"
#include "tests/bench/bench.h"
#include "tests/bench/contest.h"
#include "tests/bench/house.h"
#include "tests/bench/machine.h"

enum { BATCH = 64, LINUX_MOST = 60000 };

static const uint64_t base = UINT64_C(1) << 40;
static struct machine machine;
static uint64_t entries;
static uint64_t each; /* pages of an entry */
static uint64_t victims[BATCH];
static struct task *child;

static vm_prot_t
protection_of(uint64_t i)
{
	return i % 2 ? VM_PROT_ALL : VM_PROT_DEFAULT;
}

static uint64_t
address_of(uint64_t i)
{
	return base + i * each * PAGE;
}

static void
map_entries(uint64_t count, uint64_t pages)
{
	entries = count;
	each = pages;
	for (uint64_t i = 0; i < count; i++)
		machine_allocate(&machine, address_of(i), pages * PAGE,
		    protection_of(i));
	if (machine.vm.entries.used != count)
		bench_fail("neighbours were joined");
}

static void
fill(uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++)
		*(char *)vm_page_data(&machine.vm.pages,
		    machine_touch(&machine, base + i * PAGE)) = 1;
}

/* --- Steps ------------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* 64 of `most`, each another. */
static void
choose(uint64_t most)
{
	uint64_t stride = most / BATCH;

	for (uint64_t i = 0; i < BATCH; i++)
		victims[i] = i * stride + bench_any(stride);
	qsort(victims, BATCH, sizeof(victims[0]), compare);
	/* In no order. */
	for (uint64_t i = BATCH - 1; i > 0; i--) {
		uint64_t j = bench_any(i + 1), other = victims[j];

		victims[j] = victims[i];
		victims[i] = other;
	}
}

static void
prepare_look(void *nothing)
{
	(void)nothing;
	choose(entries);
}

static void
look_up(void *nothing)
{
	(void)nothing;
	for (int i = 0; i < BATCH; i++)
		if (vm_map_lookup(machine.map, address_of(victims[i]))
			->range.start != address_of(victims[i]))
			bench_fail("another entry was found");
}

/* Places in memory as large as the entries, each of which names the next. */
static uint32_t *places, at_place;
enum { PLACE = sizeof(struct vm_map_entry) / sizeof(uint32_t) };

static void
scatter_places(void)
{
	places = calloc(entries * PLACE, sizeof(*places));
	bench_must(places != NULL, "places");
	madvise(places, entries * PLACE * sizeof(*places), MADV_NOHUGEPAGE);
	for (uint64_t i = 0; i < entries; i++)
		places[i * PLACE] = (uint32_t)i;
	/* One circle of all. */
	for (uint64_t i = entries - 1; i > 0; i--) {
		uint64_t j = bench_any(i);
		uint32_t other = places[j * PLACE];

		places[j * PLACE] = places[i * PLACE];
		places[i * PLACE] = other;
	}
}

static void
go_round(void *nothing)
{
	(void)nothing;
	for (int i = 0; i < BATCH; i++)
		at_place = places[(size_t)at_place * PLACE];
	__asm__ volatile("" ::"r"(at_place));
}

static void
fault(void *nothing)
{
	(void)nothing;
	for (int i = 0; i < BATCH; i++)
		machine_touch(&machine, address_of(victims[i]));
}

static void
tell_region(void *nothing)
{
	struct vm_map_residency residency;
	struct vm_map_region region;

	(void)nothing;
	for (int i = 0; i < BATCH; i++) {
		vm_map_region(machine.map, address_of(victims[i]), &region);
		vm_map_region_measure(machine.map, &region, &residency);
	}
}

/* What the other half of a pair has left as it was not. */
static bool holes;

static void
open_holes(void *nothing)
{
	(void)nothing;
	for (int i = 0; i < BATCH; i++)
		machine_deallocate(&machine, address_of(victims[i]), PAGE);
	holes = true;
}

static void
fill_holes(void *nothing)
{
	(void)nothing;
	for (int i = 0; i < BATCH; i++)
		machine_allocate(&machine, address_of(victims[i]), PAGE,
		    protection_of(victims[i]));
	holes = false;
}

static void
prepare_open(void *nothing)
{
	if (holes)
		fill_holes(nothing);
	choose(entries);
}

static void
prepare_fill(void *nothing)
{
	prepare_open(nothing);
	open_holes(nothing);
}

/* In the order in which they are found. */
static void
prepare_anywhere(void *nothing)
{
	prepare_fill(nothing);
	qsort(victims, BATCH, sizeof(victims[0]), compare);
}

static void
fill_anywhere(void *nothing)
{
	(void)nothing;
	for (int i = 0; i < BATCH; i++) {
		struct vm_attributes attributes = {
			.protection = (uint8_t)protection_of(victims[i]),
			.max_protection = VM_PROT_ALL,
			.inheritance = VM_INHERIT_COPY,
		};
		uint64_t address = base;

		machine_begin(&machine);
		if (vm_map_enter(machine.map, &address, PAGE, VM_MAP_ANYWHERE,
			attributes) != KERN_SUCCESS ||
		    address != address_of(victims[i]))
			bench_fail("a page was not put into the lowest hole");
	}
	holes = false;
}

/* --- The same of Linux ------------------------------------------------- */

static char *row;

static int
linux_protection(uint64_t i)
{
	return i % 2 ? PROT_READ : PROT_READ | PROT_WRITE;
}

static void
linux_map(uint64_t i)
{
	bench_must(mmap(row + i * each * PAGE, each * PAGE, linux_protection(i),
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
		       -1, 0) != MAP_FAILED,
	    "mmap");
}

static void
linux_map_row(void)
{
	row = mmap(NULL, entries * each * PAGE, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	bench_must(row != MAP_FAILED, "mmap");
	for (uint64_t i = 0; i < entries; i++)
		linux_map(i);
}

static void
linux_fill_holes(void *nothing)
{
	(void)nothing;
	for (int i = 0; i < BATCH; i++)
		linux_map(victims[i]);
}

static void
linux_open_holes(void *nothing)
{
	(void)nothing;
	for (int i = 0; i < BATCH; i++)
		munmap(row + victims[i] * PAGE, PAGE);
}

static void
linux_prepare_fill(void *nothing)
{
	choose(entries);
	linux_open_holes(nothing);
}

static bool linux_holes;

static void
linux_prepare_open(void *nothing)
{
	if (linux_holes)
		linux_fill_holes(nothing);
	linux_holes = true;
	choose(entries);
}

/* --- Of many entries in one map ---------------------------------------- */

/* The memory's own yardstick: one place after the other, at random. */
static void
measure_look_up(void)
{
	struct contest contest = { .count = 0 };

	scatter_places();
	contest_add(&contest, "vmd", look_up, NULL)->prepare = prepare_look;
	contest_add(&contest, "memory", go_round, NULL)->prepare = prepare_look;
	bench_progress("look-up %" PRIu64, entries);
	bench_turns(contest.of, contest.count, 100);
	for (size_t i = 0; i < contest.count; i++)
		bench_row_each("look-up", contest.of[i].who, entries, BATCH,
		    &contest.of[i].samples);
	contest_end(&contest);
	free(places);
}

static void
measure(const char *name, void (*prepare)(void *), void (*step)(void *),
    void (*linux_prepare)(void *), void (*linux_step)(void *))
{
	struct contest contest = { .count = 0 };

	bench_progress("%s %" PRIu64, name, entries);
	contest_add(&contest, "vmd", step, NULL)->prepare = prepare;
	if (linux_step && row)
		contest_add(&contest, "linux", linux_step, NULL)->prepare =
		    linux_prepare;
	/* One by one: what one leaves behind, another does not know of. */
	for (size_t i = 0; i < contest.count; i++) {
		bench_turns(&contest.of[i], 1, 100);
		bench_row_each(name, contest.of[i].who, entries, BATCH,
		    &contest.of[i].samples);
		if (holes)
			fill_holes(NULL);
	}
	contest_end(&contest);
}

static void
measure_calls(void *nothing)
{
	(void)nothing;
	machine_start(&machine, 2 * GIGA);
	map_entries(entries, 1);
	if (entries <= LINUX_MOST)
		linux_map_row();
	measure_look_up();
	measure("region", prepare_look, tell_region, NULL, NULL);
	measure("allocate-fixed", prepare_fill, fill_holes, linux_prepare_fill,
	    linux_fill_holes);
	measure("allocate-anywhere", prepare_anywhere, fill_anywhere, NULL,
	    NULL);
	measure("deallocate", prepare_open, open_holes, linux_prepare_open,
	    linux_open_holes);
	if (entries <= 100000) {
		fill(entries);
		measure("fault", prepare_look, fault, NULL, NULL);
	}
	machine_stop(&machine);
}

/* --- What an entry takes ----------------------------------------------- */

static void
measure_footprint(void *nothing)
{
	uint64_t before;

	(void)nothing;
	machine_start(&machine, GIGA);
	before = house_resident(getpid());
	map_entries(entries, 1);
	bench_number("entry-memory", "vmd", entries, "bytes",
	    (double)(house_resident(getpid()) - before) / (double)entries);
	machine_stop(&machine);
}

/* --- Children ---------------------------------------------------------- */

static void
prepare_child(void *nothing)
{
	(void)nothing;
	child = task_unref(child);
	machine_reap(&machine);
	machine_begin(&machine);
}

static void
make_child(void *nothing)
{
	(void)nothing;
	if (task_fork(machine.task, true, &child) != KERN_SUCCESS)
		bench_fail("task_fork");
}

static void
prepare_end(void *nothing)
{
	prepare_child(nothing);
	make_child(nothing);
}

static void
end_child(void *nothing)
{
	(void)nothing;
	child = task_unref(child);
	machine_reap(&machine);
}

static pid_t process;

static void
linux_end_child(void *nothing)
{
	(void)nothing;
	if (process > 0) {
		kill(process, SIGKILL);
		waitpid(process, NULL, 0);
	}
	process = 0;
}

static void
linux_make_child(void *nothing)
{
	(void)nothing;
	process = fork();
	bench_must(process >= 0, "fork");
	if (process == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

/* In a process of its own: its child has all that Linux has, but what belongs
 * to the machine. */
static void
hide_machine(void)
{
	madvise(machine.vm.pages.arena,
	    (size_t)(machine.vm.pages.limit + 1) * PAGE, MADV_DONTFORK);
}

static void
measure_children(const char *name, const char *name_free, uint64_t parameter,
    bool linux_too)
{
	struct contest contest = { .count = 0 };

	contest_add(&contest, "vmd", make_child, NULL)->prepare = prepare_child;
	if (linux_too)
		contest_add(&contest, "fork", linux_make_child, NULL)->prepare =
		    linux_end_child;
	contest_run(&contest, name, parameter, 10);
	linux_end_child(NULL);
	contest_add(&contest, "vmd", end_child, NULL)->prepare = prepare_end;
	contest_run(&contest, name_free, parameter, 10);
	child = task_unref(child);
	machine_reap(&machine);
}

/* A page of each is there. */
static void
measure_fork(void *nothing)
{
	(void)nothing;
	machine_start(&machine, 2 * GIGA);
	map_entries(entries, 1);
	fill(entries);
	hide_machine();
	if (entries <= LINUX_MOST) {
		linux_map_row();
		for (uint64_t i = 0; i < entries; i += 2)
			row[i * PAGE] = 1;
	}
	measure_children("task-create", "task-end", entries, row != NULL);
	machine_stop(&machine);
}

/* 10,000 entries; so many bytes are there. */
static uint64_t resident;

static void
measure_large_fork(void *nothing)
{
	(void)nothing;
	machine_start(&machine, resident + GIGA);
	map_entries(bench_quick ? 1000 : 10000,
	    resident / (bench_quick ? 1000 : 10000) / PAGE);
	fill(entries * each);
	hide_machine();
	measure_children("task-create-resident", "task-end-resident", resident,
	    false);
	machine_stop(&machine);
}

void
machine_measure_entries(uint64_t most)
{
	for (entries = 1000; entries <= most; entries *= 10) {
		bench_apart(measure_calls, NULL);
		bench_apart(measure_footprint, NULL);
	}
	for (entries = 1; entries <= MIN(most, UINT64_C(100000)); entries *= 10)
		bench_apart(measure_fork, NULL);
	resident = bench_quick ? 16 * MEGA : 4 * GIGA;
	while (resident > 16 * MEGA && resident > bench_memory() / 3)
		resident /= 2;
	bench_apart(measure_large_fork, NULL);
}
