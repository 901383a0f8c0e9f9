/*
 * Copies: vm_copy(), and what the first write after one costs
 *
 *      source  ▪▪▪▪▪▪▪▪     all pages, up to 1 GiB; beyond, as many, spread
 *                 │ vm_copy
 *      place   ▪▪▪▪▪▪▪▪     alike: so many pages behind a multiple of a power
 *                           of two as the source; or shifted, a page further
 *
 * Before each copy a byte of the source is written, so that there is something
 * to be copied. fork() and mremap() have as many pages resident, 4 KiB each.
 */
#include <mach/mach.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/calls.h"
#include "tests/bench/contest.h"
#include "tests/bench/house.h"
#include "tests/bench/linux.h"
#include "tests/bench/peer.h"

#define PAGE UINT64_C(4096)
#define MEGA (UINT64_C(1) << 20)
#define GIGA (UINT64_C(1) << 30)

static uint64_t size; /* of what is copied now */
static uint64_t resident_most;
static vm_address_t source, place;
static struct peer peer;

static void
poke(vm_address_t address)
{
	char byte = (char)bench_any(256);

	call_must(vm_write(mach_task_self(), address, (vm_offset_t)&byte, 1),
	    "vm_write");
}

/* --- Regions ----------------------------------------------------------- */

static uint64_t
resident(void)
{
	return MIN(size, resident_most);
}

static vm_address_t
any_page(vm_address_t region)
{
	uint64_t step = size / resident();

	return region + bench_any(resident() / PAGE) * step * PAGE;
}

/* All of it, or every so-many-th page. */
static void
fill(vm_address_t region)
{
	static char bytes[4 << 20];
	uint64_t step = size / resident();
	uint64_t piece = step > 1 ? PAGE : MIN(size, sizeof(bytes));

	memset(bytes, 1, sizeof(bytes));
	for (uint64_t at = 0; at < size; at += piece * step)
		call_must(vm_write(mach_task_self(), region + at,
			      (vm_offset_t)bytes,
			      (mach_msg_type_number_t)piece),
		    "vm_write");
}

/* Where source and place agree modulo whatever matters, and a page beyond. */
static void
lay_out(void)
{
	vm_address_t base = UINT64_C(1) << 40;

	source = base;
	place = base + 4 * MAX(size, GIGA);
	call_must(vm_allocate(mach_task_self(), &source, size, VM_FLAGS_FIXED),
	    "vm_allocate");
	call_must(vm_allocate(mach_task_self(), &place, size + PAGE,
		      VM_FLAGS_FIXED),
	    "vm_allocate");
	fill(source);
}

static void
clear_up(void)
{
	call_must(vm_deallocate(mach_task_self(), source, size),
	    "vm_deallocate");
	call_must(vm_deallocate(mach_task_self(), place, size + PAGE),
	    "vm_deallocate");
}

/* --- The copy ---------------------------------------------------------- */

static void
change_source(void *nothing)
{
	(void)nothing;
	poke(any_page(source));
}

static void
copy_to(vm_address_t to)
{
	call_must(vm_copy(mach_task_self(), source, size, to), "vm_copy");
}

static void
copy_alike(void *nothing)
{
	(void)nothing;
	copy_to(place);
}

static void
copy_shifted(void *nothing)
{
	(void)nothing;
	copy_to(place + PAGE);
}

static size_t
least(void)
{
	return size >= GIGA ? 5 : size >= 64 * MEGA ? 20 : 50;
}

static void
null_call(void *nothing)
{
	(void)nothing;
	call_must(vm_protect(mach_task_self(), 0, 0, FALSE, VM_PROT_READ),
	    "vm_protect");
}

/* What one takes longer than another: nothing, if that cannot be told. */
static void
tell_difference(const char *name, struct contender *of, struct contender *less)
{
	double more = bench_difference(of, less, least());

	bench_number(name, of->who, size, "ns", MAX(more, 0.0));
}

/* The first two are the copy and a call that does nothing. */
static void
measure_against(const char *name, const char *alone, void (*copy)(void *),
    bool moves)
{
	struct contest contest = { .count = 0 };

	contest_add(&contest, "vmd", copy, NULL)->prepare = change_source;
	contest_add(&contest, "vmd-null", null_call, NULL)->prepare =
	    change_source;
	contest_add(&contest, "fork", linux_fork, NULL)->prepare = linux_reap;
	if (size == resident())
		contest_add(&contest, "memcpy", linux_copy, NULL);
	if (moves)
		contest_add(&contest, "mremap", linux_move, NULL)->prepare =
		    linux_prepare_move;
	contest_measure(&contest, name, size, least());
	tell_difference(alone, &contest.of[0], &contest.of[1]);
	for (size_t i = 2; i < contest.count; i++)
		bench_row(alone, contest.of[i].who, size,
		    &contest.of[i].samples);
	contest_end(&contest);
}

static void
measure_copy(void)
{
	linux_start(size, resident());
	measure_against("copy", "copy-alone", copy_alike, true);
	measure_against("copy-shifted", "copy-shifted-alone", copy_shifted,
	    false);
	bench_number("resident", "vmd", size, "bytes", (double)resident());
}

/* --- The first write after it ------------------------------------------ */

static vm_address_t victim;

static void
prepare_write(void *copies)
{
	if (copies)
		copy_to(place);
	else
		poke(any_page(place));
	victim = any_page(place);
	if (!copies)
		poke(victim);
}

static void
write_victim(void *nothing)
{
	(void)nothing;
	poke(victim);
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
	contest_add(&contest, "fork", linux_write, &yes)->prepare =
	    linux_prepare_write;
	contest_add(&contest, "fork-again", linux_write, NULL)->prepare =
	    linux_prepare_write;
	contest_measure(&contest, "write-after", size, least());
	for (size_t i = 0; i < contest.count; i += 2)
		tell_difference("first-write", &contest.of[i],
		    &contest.of[i + 1]);
	contest_end(&contest);
	linux_stop();
}

/* --- Copies of copies -------------------------------------------------- */

enum { LINK = 64 * 4096, LINKS_MOST = 1000 };

static vm_address_t chain;
static uint64_t links;

static vm_address_t
link_at(uint64_t i)
{
	return chain + i * LINK;
}

static void
copy_link(uint64_t i)
{
	call_must(vm_copy(mach_task_self(), link_at(i - 1), LINK, link_at(i)),
	    "vm_copy");
}

/* Each link is a copy of the one before, with a page of its own. */
static void
lengthen(uint64_t to)
{
	for (; links < to; links++) {
		copy_link(links + 1);
		poke(link_at(links + 1) + bench_any(LINK / PAGE) * PAGE);
	}
}

static void
look(vm_address_t link)
{
	vm_size_t got;
	char byte;

	call_must(vm_read_overwrite(mach_task_self(),
		      link + bench_any(LINK / PAGE) * PAGE, 1,
		      (vm_address_t)&byte, &got),
	    "vm_read_overwrite");
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

static void
recopy(void *last)
{
	copy_link(last ? links : 1);
	victim = link_at(last ? links : 1) + bench_any(LINK / PAGE) * PAGE;
}

static void
measure_links(void)
{
	struct contest contest = { .count = 0 };
	bool yes = true;

	contest_add(&contest, "vmd", look_last, NULL);
	contest_add(&contest, "vmd-first", look_first, NULL);
	contest_add(&contest, "socket", peer_ping, &peer);
	contest_run(&contest, "chain-read", links, 100);
	contest_add(&contest, "vmd", write_victim, &yes)->prepare = recopy;
	contest_add(&contest, "socket", peer_ping, &peer);
	contest_run(&contest, "chain-write", links, 100);
}

static void
measure_chain(void)
{
	call_must(vm_allocate(mach_task_self(), &chain, (LINKS_MOST + 1) * LINK,
		      VM_FLAGS_ANYWHERE),
	    "vm_allocate");
	size = LINK;
	fill(chain);
	for (uint64_t count = 1; count <= LINKS_MOST; count *= 10) {
		lengthen(count);
		measure_links();
	}
	call_must(vm_deallocate(mach_task_self(), chain,
		      (LINKS_MOST + 1) * LINK),
	    "vm_deallocate");
}

int
main(int argc, char **argv)
{
	bench_begin(argc, argv, "copy");
	resident_most = bench_quick ? 4 * MEGA : GIGA;
	while (resident_most > 4 * MEGA && resident_most > bench_memory() / 8)
		resident_most /= 4;
	bench_remark("copy: %u MiB are resident at the most",
	    (unsigned)(resident_most / MEGA));
	house_start(bench_quick ? "64M" : "4G", NULL);
	peer_start(&peer, 0);
	measure_chain();
	for (size = PAGE; size <= (bench_quick ? 64 * MEGA : 16 * GIGA);
	     size *= bench_quick ? 64 : 4) {
		lay_out();
		measure_copy();
		measure_first_write();
		clear_up();
	}
	peer_stop(&peer);
	house_stop();
	return 0;
}
