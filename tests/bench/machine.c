/*
 * The machine: copies, and first writes after them
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

#include <string.h>
#include <sys/mman.h>

#include "server/vm/vm_fault.h"
#include "tests/bench/bench.h"
#include "tests/bench/contest.h"
#include "tests/bench/linux.h"

static struct machine machine;
static uint64_t size; /* of what is measured now */
static uint64_t source, place;

static uint64_t
any_page(uint64_t region)
{
	return region + bench_any(size / PAGE) * PAGE;
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
	uint64_t at = link + bench_any(LINK / PAGE) * PAGE;

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
		    link_at(links + 1) + bench_any(LINK / PAGE) * PAGE);
	}
}

static void
recopy(void *nothing)
{
	(void)nothing;
	machine_reap(&machine);
	machine_copy(&machine, link_at(links - 1), LINK, link_at(links));
	victim = link_at(links) + bench_any(LINK / PAGE) * PAGE;
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
	for (size = 4 * MEGA; size <= most; size *= 16)
		bench_apart(measure_range, NULL);
	machine_measure_pages(most);
	machine_measure_entries(bench_quick ? 1000 : 1000000);
	return 0;
}
