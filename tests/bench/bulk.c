/*
 * Bulk: bytes to a task's memory, and back
 *
 * What is measured is what a program does: it has vm_read()'s memory and gives
 * it back, its bytes are where vm_write() finds them. All sizes begin at the
 * start of a page, there and here. The bare socket brings as many bytes, into
 * the same memory each time; memcpy() is what moving them takes at all.
 */
#include <mach/mach.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/calls.h"
#include "tests/bench/contest.h"
#include "tests/bench/house.h"
#include "tests/bench/peer.h"
#include "tests/bench/rival.h"

#define LEAST UINT64_C(64)
#define MOST  (UINT64_C(1) << 30)

static uint64_t size; /* that is measured now: the context of most steps */
static vm_address_t there;
static char *here, *aside; /* memory of so many bytes as are ever moved */
static struct peer peer;
static struct company company;

/* --- Steps ------------------------------------------------------------- */

static void
read_it(void *nothing)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	(void)nothing;
	call_must(vm_read(mach_task_self(), there, size, &data, &count),
	    "vm_read");
	call_must(vm_deallocate(mach_task_self(), data, count),
	    "vm_deallocate");
}

static void
read_overwrite(void *nothing)
{
	vm_size_t got;

	(void)nothing;
	call_must(vm_read_overwrite(mach_task_self(), there, size,
		      (vm_address_t)here, &got),
	    "vm_read_overwrite");
}

static void
write_it(void *nothing)
{
	(void)nothing;
	call_must(vm_write(mach_task_self(), there, (vm_offset_t)here,
		      (mach_msg_type_number_t)size),
	    "vm_write");
}

static void
receive(void *nothing)
{
	(void)nothing;
	peer_call(&peer, 0, size);
}

static void
send_it(void *nothing)
{
	(void)nothing;
	peer_call(&peer, size, PEER_PING);
}

static void
copy(void *nothing)
{
	(void)nothing;
	memcpy(aside, here, size);
	__asm__ volatile("" ::: "memory");
}

/* --- Contests ---------------------------------------------------------- */

/* Samples at the least: few of what takes long. */
static size_t
least(void)
{
	return size >= 256 << 20 ? 3 : size >= 1 << 20 ? 20 : 100;
}

static void
add_rivals(struct contest *contest, bool writes)
{
	for (size_t i = 0; i < company.count; i++) {
		const struct rival *rival = company.rivals[i];

		if (size <= rival->most)
			contest_add(contest, rival->who,
			    writes ? rival->write : rival->read, &size);
	}
}

/* Writes first: then there is something to be read. */
static void
measure(const char *write_name, const char *read_name)
{
	struct contest contest = { .count = 0 };

	contest_add(&contest, "vmd", write_it, NULL);
	contest_add(&contest, "socket", send_it, NULL);
	contest_add(&contest, "memcpy", copy, NULL);
	add_rivals(&contest, true);
	contest_run(&contest, write_name, size, least());

	contest_add(&contest, "vmd", read_it, NULL);
	contest_add(&contest, "socket", receive, NULL);
	contest_add(&contest, "memcpy", copy, NULL);
	add_rivals(&contest, false);
	contest_run(&contest, read_name, size, least());
}

static void
measure_overwrite(void)
{
	struct contest contest = { .count = 0 };

	contest_add(&contest, "vmd", read_overwrite, NULL);
	contest_add(&contest, "socket", receive, NULL);
	contest_add(&contest, "memcpy", copy, NULL);
	contest_run(&contest, "read-overwrite", size, least());
}

/* --- The arena --------------------------------------------------------- */

/* The largest size: memory for it is wanted a dozen times. */
static uint64_t
most(void)
{
	uint64_t room = bench_memory() / 12;
	uint64_t largest = LEAST;

	while (largest * 4 <= MIN(bench_quick ? MOST >> 10 : MOST, room))
		largest *= 4;
	if (largest < MOST)
		bench_remark("bulk: sizes end at %llu bytes",
		    (unsigned long long)largest);
	return largest;
}

int
main(int argc, char **argv)
{
	uint64_t largest;

	bench_begin(argc, argv, "bulk");
	largest = most();
	house_start(bench_quick ? "64M" : "4G", NULL);
	peer_start(&peer, largest);
	company_start(&company, largest);
	here = peer_memory(largest);
	aside = peer_memory(largest);
	call_must(vm_allocate(mach_task_self(), &there, largest,
		      VM_FLAGS_ANYWHERE),
	    "vm_allocate");
	for (size = LEAST; size <= largest; size *= bench_quick ? 64 : 4) {
		measure("write", "read");
		measure_overwrite();
	}
	if (bench_pin(BENCH_SECOND))
		for (size = 4096; size <= MIN(largest, UINT64_C(64) << 20);
		     size *= 16)
			measure("write-apart", "read-apart");
	bench_pin(BENCH_FIRST);
	company_stop(&company);
	peer_stop(&peer);
	house_stop();
	return 0;
}
