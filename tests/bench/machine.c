/*
 * The machine: copies, first writes, new pages, and what all that takes
 *
 *      source  ▪▪▪▪▪▪▪▪     all pages, of 4 KiB, up to 1 GiB
 *                 │ vm_copy
 *      place   ▪▪▪▪▪▪▪▪     alike, or a page further: see copy.c
 *
 * Linux does the same beside it with memory of this process, of pages of 4 KiB,
 * too. Each range is measured in a process of its own, so that fork() has no
 * more to do than it must.
 */
#include "tests/bench/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/vm/vm_fault.h"
#include "tests/bench/bench.h"
#include "tests/bench/contest.h"
#include "tests/bench/house.h"
#include "tests/bench/linux.h"

static struct machine machine;
static uint64_t size; /* of what is measured now */
static uint64_t source, place;

static uint64_t
any_page(uint64_t region)
{
	return region + machine_any(size / PAGE) * PAGE;
}

static void
fill(uint64_t region)
{
	for (uint64_t at = region; at < region + size; at += PAGE)
		memset(vm_page_data(&machine.vm.pages,
			   machine_touch(&machine, at)),
		    1, PAGE);
}

/* --- Copies ------------------------------------------------------------ */

static void
change_source(void *nothing)
{
	(void)nothing;
	machine_reap(&machine);
	machine_touch(&machine, any_page(source));
}

static void
copy_alike(void *nothing)
{
	(void)nothing;
	machine_copy(&machine, source, size, place);
}

static void
copy_shifted(void *nothing)
{
	(void)nothing;
	machine_copy(&machine, source, size, place + PAGE);
}

static void
prepare_to_free(void *shift)
{
	change_source(NULL);
	(shift ? copy_shifted : copy_alike)(NULL);
	change_source(NULL);
	(shift ? copy_shifted : copy_alike)(NULL);
}

static void
free_dead(void *nothing)
{
	(void)nothing;
	machine_reap(&machine);
}

static size_t
least(void)
{
	return size >= GIGA ? 10 : 50;
}

static void
measure_copies(void)
{
	struct contest contest = { .count = 0 };
	bool yes = true;

	contest_add(&contest, "vmd", copy_alike, NULL)->prepare = change_source;
	contest_add(&contest, "memcpy", linux_copy, NULL);
	contest_add(&contest, "fork", linux_fork, NULL)->prepare = linux_reap;
	contest_add(&contest, "mremap", linux_move, NULL)->prepare =
	    linux_prepare_move;
	contest_run(&contest, "copy", size, least());
	contest_add(&contest, "vmd", free_dead, NULL)->prepare =
	    prepare_to_free;
	contest_run(&contest, "copy-free", size, least());

	contest_add(&contest, "vmd", copy_shifted, NULL)->prepare =
	    change_source;
	contest_add(&contest, "fork", linux_fork, NULL)->prepare = linux_reap;
	contest_run(&contest, "copy-shifted", size, least());
	contest_add(&contest, "vmd", free_dead, &yes)->prepare =
	    prepare_to_free;
	contest_run(&contest, "copy-shifted-free", size, least());
	linux_reap(NULL);
}

/* --- How long a call goes on before it pauses -------------------------- */

static uint64_t paused_at;
static struct samples slices;

static void
note_pause(void *nothing)
{
	uint64_t now = bench_now();

	(void)nothing;
	samples_add(&slices, now - paused_at);
	paused_at = bench_now();
}

/* The stretches between two ticks that a call may pause at. */
static void
measure_slices(void)
{
	machine.vm.pause = note_pause;
	for (int i = 0; i < 10; i++) {
		change_source(NULL);
		paused_at = bench_now();
		copy_shifted(NULL);
		note_pause(NULL);
	}
	machine.vm.pause = NULL;
	bench_row("copy-shifted-slice", "vmd", size, &slices);
	samples_deinit(&slices);
}

/* --- The first write after a copy -------------------------------------- */

static uint64_t victim;
static char page[4096], *frame;

static void
prepare_write(void *copies)
{
	machine_reap(&machine);
	if (copies) {
		machine_touch(&machine, any_page(source));
		machine_copy(&machine, source, size, place);
	} else {
		machine_touch(&machine, any_page(place));
	}
	victim = any_page(place);
	if (!copies)
		machine_touch(&machine, victim);
}

static void
write_victim(void *nothing)
{
	(void)nothing;
	machine_touch(&machine, victim);
}

/* Of any page of the source, to a place that was used before. */
static void
prepare_page(void *nothing)
{
	(void)nothing;
	frame = vm_page_data(&machine.vm.pages,
	    machine_touch(&machine, any_page(place)));
	frame[4096 - 1]++;
	frame = vm_page_data(&machine.vm.pages,
	    vm_fault(machine.map, vm_map_lookup(machine.map, source),
		any_page(source), VM_PROT_READ));
}

static void
copy_page(void *nothing)
{
	(void)nothing;
	memcpy(page, frame, sizeof(page));
	__asm__ volatile("" ::"r"(page) : "memory");
}

static void
measure_first_write(void)
{
	struct contest contest = { .count = 0 };
	bool yes = true;

	contest_add(&contest, "vmd", write_victim, &yes)->prepare =
	    prepare_write;
	contest_add(&contest, "vmd-again", write_victim, NULL)->prepare =
	    prepare_write;
	contest_add(&contest, "memcpy", copy_page, NULL)->prepare =
	    prepare_page;
	contest_add(&contest, "fork", linux_write, &yes)->prepare =
	    linux_prepare_write;
	contest_add(&contest, "fork-again", linux_write, NULL)->prepare =
	    linux_prepare_write;
	contest_run(&contest, "first-write", size, least());
}

static void
measure_range(void *nothing)
{
	(void)nothing;
	source = UINT64_C(1) << 40;
	place = source + 4 * MAX(size, GIGA);
	machine_start(&machine, size + size / 2 + 64 * MEGA);
	machine_allocate(&machine, source, size, VM_PROT_DEFAULT);
	machine_allocate(&machine, place, size + PAGE, VM_PROT_DEFAULT);
	fill(source);
	/* That fork() need not look at. */
	madvise(machine.vm.pages.arena,
	    (size_t)(machine.vm.pages.limit + 1) * PAGE, MADV_DONTFORK);
	linux_start(size, size);
	measure_copies();
	measure_slices();
	measure_first_write();
	linux_stop();
	machine_stop(&machine);
}

/* --- Copies of copies -------------------------------------------------- */

enum { LINK = 64 * 4096, LINKS_MOST = 1000 };

static uint64_t links;

static uint64_t
link_at(uint64_t i)
{
	return source + i * LINK;
}

static void
look(uint64_t link)
{
	uint64_t at = link + machine_any(LINK / PAGE) * PAGE;

	vm_fault(machine.map, vm_map_lookup(machine.map, at), at, VM_PROT_READ);
}

static void
look_first(void *nothing)
{
	(void)nothing;
	look(link_at(0));
}

static void
look_last(void *nothing)
{
	(void)nothing;
	look(link_at(links));
}

/* Each link is a copy of the one before, with a page of its own. */
static void
lengthen(uint64_t to)
{
	for (; links < to; links++) {
		machine_copy(&machine, link_at(links), LINK,
		    link_at(links + 1));
		machine_touch(&machine,
		    link_at(links + 1) + machine_any(LINK / PAGE) * PAGE);
	}
}

static void
recopy(void *nothing)
{
	(void)nothing;
	machine_reap(&machine);
	machine_copy(&machine, link_at(links - 1), LINK, link_at(links));
	victim = link_at(links) + machine_any(LINK / PAGE) * PAGE;
}

static void
measure_chain(void *nothing)
{
	struct contest contest = { .count = 0 };

	(void)nothing;
	machine_start(&machine, 64 * MEGA);
	size = LINK;
	for (uint64_t i = 0; i <= LINKS_MOST; i++)
		machine_allocate(&machine, link_at(i), LINK,
		    i % 2 ? VM_PROT_DEFAULT : VM_PROT_ALL);
	fill(link_at(0));
	for (uint64_t count = 1; count <= LINKS_MOST; count *= 10) {
		lengthen(count);
		contest_add(&contest, "vmd", look_last, NULL);
		contest_add(&contest, "vmd-first", look_first, NULL);
		contest_run(&contest, "chain-read", links, 100);
		contest_add(&contest, "vmd", write_victim, NULL)->prepare =
		    recopy;
		contest_run(&contest, "chain-write", links, 100);
	}
	machine_stop(&machine);
}

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

static char *
map_anonymous(uint64_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	bench_must(memory != MAP_FAILED, "mmap");
	bench_must(madvise(memory, bytes, MADV_NOHUGEPAGE) == 0, "madvise");
	return memory;
}

static void
measure_new(void *nothing)
{
	struct contest contest = { .count = 0 };
	bool yes = true;

	(void)nothing;
	machine_start(&machine, 64 * MEGA);
	machine_allocate(&machine, source, TOUCHED * PAGE, VM_PROT_DEFAULT);
	anonymous = map_anonymous(TOUCHED * PAGE);
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
	memory = map_anonymous(area->size + LARGE);
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
measure_footprint(void *nothing)
{
	uint64_t before, tables, pages = size / PAGE;
	char *memory;

	(void)nothing;
	machine_start(&machine, size + 64 * MEGA);
	machine_allocate(&machine, source, size, VM_PROT_DEFAULT);
	tables = page_tables();
	before = house_resident(getpid());
	fill(source);
	bench_number("page-memory", "vmd", pages, "bytes",
	    ((double)(house_resident(getpid()) - before) - (double)size) /
		(double)pages);
	bench_number("page-tables", "vmd", pages, "bytes",
	    (double)(page_tables() - tables) / (double)pages);
	machine_stop(&machine);

	memory = map_anonymous(size);
	tables = page_tables();
	for (uint64_t at = 0; at < size; at += PAGE)
		memory[at] = 1;
	bench_number("page-tables", "linux", pages, "bytes",
	    (double)(page_tables() - tables) / (double)pages);
}

int
main(int argc, char **argv)
{
	uint64_t most = GIGA;

	bench_begin(argc, argv, "machine");
	while (most > 4 * MEGA && most > bench_memory() / 4)
		most /= 4;
	if (bench_quick)
		most = 4 * MEGA;
	source = UINT64_C(1) << 40;
	bench_apart(measure_chain, NULL);
	bench_apart(measure_new, NULL);
	bench_apart(measure_system, NULL);
	for (size = 4 * MEGA; size <= most; size *= 16)
		bench_apart(measure_range, NULL);
	size = most;
	bench_apart(measure_footprint, NULL);
	machine_measure_entries(bench_quick ? 1000 : 1000000);
	return 0;
}
