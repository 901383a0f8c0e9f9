/*
 * Beside: what a client's calls take while others have the daemon busy
 *
 *      this process   null call, null call, null call ...
 *      others         vm_read_overwrite of 1 GiB, again and again; or vm_copy
 *                     of 1 GiB, shifted by a page, of what has changed
 *
 * The daemon and this process are on the first CPU; the others on the second,
 * or on the same. With the yardstick as many others have a bare socket each, and
 * the calls are pings over one. No others: idle.
 */
#include <mach/mach.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/bench/bench.h"
#include "tests/bench/calls.h"
#include "tests/bench/house.h"
#include "tests/bench/peer.h"

#define PAGE UINT64_C(4096)

enum { OTHERS_MOST = 2 };

enum { LASTS = 2000, LASTS_QUICK = 50 }; /* milliseconds */

static const unsigned others[] = { 0, 1, OTHERS_MOST };

static uint64_t size; /* of what each of the others has */

/* Shared with the others: how often they have done it. */
static volatile uint64_t *rounds;

/* --- The others -------------------------------------------------------- */

/* A region of a task that is the caller's own. */
static vm_address_t
filled(uint64_t room)
{
	static char bytes[4 << 20];
	vm_address_t region;

	memset(bytes, 1, sizeof(bytes));
	call_must(vm_allocate(mach_task_self(), &region, room,
		      VM_FLAGS_ANYWHERE),
	    "vm_allocate");
	for (uint64_t at = 0; at < size; at += sizeof(bytes))
		call_must(vm_write(mach_task_self(), region + at,
			      (vm_offset_t)bytes, sizeof(bytes)),
		    "vm_write");
	return region;
}

static void
read_on(unsigned me)
{
	vm_address_t region = filled(size);
	void *memory = peer_memory(size);

	for (;; rounds[me]++) {
		vm_size_t got;

		call_must(vm_read_overwrite(mach_task_self(), region, size,
			      (vm_address_t)memory, &got),
		    "vm_read_overwrite");
	}
}

static void
copy_on(unsigned me)
{
	vm_address_t region = filled(2 * size + 2 * PAGE);

	for (;; rounds[me]++) {
		char byte = (char)rounds[me];

		call_must(vm_write(mach_task_self(),
			      region + rounds[me] * PAGE % size,
			      (vm_offset_t)&byte, 1),
		    "vm_write");
		call_must(vm_copy(mach_task_self(), region, size,
			      region + size + PAGE),
		    "vm_copy");
	}
}

static void
stream_on(unsigned me)
{
	struct peer peer;

	bench_pin(BENCH_FIRST);
	peer_start(&peer, size);
	bench_pin(BENCH_SECOND);
	for (;; rounds[me]++)
		peer_call(&peer, 0, size);
}

/* As stream_on(), all on one CPU. */
static void
stream_here(unsigned me)
{
	struct peer peer;

	peer_start(&peer, size);
	for (;; rounds[me]++)
		peer_call(&peer, 0, size);
}

static pid_t
start_other(void (*of)(unsigned me), unsigned me, enum bench_cpu cpu)
{
	pid_t pid;

	rounds[me] = 0;
	pid = fork();
	bench_must(pid >= 0, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		bench_pin(cpu);
		of(me);
	}
	return pid;
}

/* --- The calls --------------------------------------------------------- */

struct way {
	const char *who;
	void (*other)(unsigned me);
	void (*call)(void *context);
	void *context;
};

static void
null_call(void *nothing)
{
	(void)nothing;
	call_must(vm_protect(mach_task_self(), 0, 0, FALSE, VM_PROT_READ),
	    "vm_protect");
}

/* All have done it once, and are in the midst of it. */
static void
wait_until_busy(unsigned count, const pid_t *pids)
{
	for (unsigned i = 0; i < count; i++)
		while (rounds[i] < 1) {
			if (waitpid(pids[i], NULL, WNOHANG) != 0)
				bench_fail("one of the others has ended");
			usleep(1000);
		}
}

/* For a while: calls, one after the other. */
static void
call_on(const struct way *way, struct samples *samples)
{
	uint64_t now = bench_now();
	uint64_t end =
	    now + (bench_quick ? LASTS_QUICK : LASTS) * UINT64_C(1000000);

	while (now < end) {
		uint64_t start = now;

		way->call(way->context);
		now = bench_now();
		samples_add(samples, now - start);
	}
}

static void
measure_way(const struct way *way, unsigned count, enum bench_cpu cpu,
    struct samples *samples)
{
	pid_t pids[OTHERS_MOST];

	for (unsigned i = 0; i < count; i++)
		pids[i] = start_other(way->other, i, cpu);
	wait_until_busy(count, pids);
	call_on(way, samples);
	for (unsigned i = 0; i < count; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

static void
measure(const char *name, const struct way *ways, size_t count,
    enum bench_cpu cpu)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		bench_progress("%s %u", name, others[i]);
		for (size_t j = 0; j < count; j++) {
			struct samples samples = { 0 };

			measure_way(&ways[j], others[i], cpu, &samples);
			bench_row(name, ways[j].who, others[i], &samples);
			samples_deinit(&samples);
		}
	}
}

static void
measure_all(struct peer *peer)
{
	const struct way reads[] = {
		{ "vmd", read_on, null_call, NULL },
		{ "socket", stream_on, peer_ping, peer },
	};
	const struct way reads_one[] = {
		{ "vmd", read_on, null_call, NULL },
		{ "socket", stream_here, peer_ping, peer },
	};
	const struct way copies[] = { { "vmd", copy_on, null_call, NULL } };
	bool two = bench_pin(BENCH_SECOND);

	bench_pin(BENCH_FIRST);
	if (!two)
		bench_remark("beside: there is one CPU only");
	if (two)
		measure("reads", reads, ARRAY_SIZE(reads), BENCH_SECOND);
	measure("reads-one", reads_one, ARRAY_SIZE(reads_one), BENCH_FIRST);
	if (two)
		measure("copies", copies, ARRAY_SIZE(copies), BENCH_SECOND);
	measure("copies-one", copies, ARRAY_SIZE(copies), BENCH_FIRST);
}

int
main(int argc, char **argv)
{
	struct peer peer;

	bench_begin(argc, argv, "beside");
	size = bench_quick ? 16 << 20 : 1 << 30;
	while (size > 16 << 20 && size > bench_memory() / 14)
		size /= 2;
	if (size < 1 << 30)
		bench_remark("beside: the others have %u MiB each",
		    (unsigned)(size >> 20));
	rounds = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bench_must(rounds != MAP_FAILED, "mmap");
	house_start(bench_quick ? "256M" : "6G", NULL);
	peer_start(&peer, 0);
	measure_all(&peer);
	peer_stop(&peer);
	house_stop();
	return 0;
}
