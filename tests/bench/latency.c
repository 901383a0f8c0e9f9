/*
 * Latency: what a call costs that does nothing
 *
 * The null call is a vm_protect() of no bytes: packed, served, answered and
 * unpacked as any other. Alone it is made through libvmd, and many at once by a
 * queue of its; beside that, and for many clients, they are frames made
 * beforehand, as are the yardsticks'.
 */
#include <mach/mach.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "common/msg.h"
#include "proto/routine.h"
#include "tests/attack/wire.h"
#include "tests/bench/bench.h"
#include "tests/bench/contest.h"
#include "tests/bench/crowd.h"
#include "tests/bench/house.h"
#include "tests/bench/peer.h"
#include "tests/bench/rival.h"

enum { REPLY = 28, DEPTH_MOST = 256, CLIENTS_MOST = 512 };

enum { DESCRIPTORS = 5 }; /* of a client of each, at the most */

static struct company company;

/* --- One call ---------------------------------------------------------- */

static void
null_call(void *nothing)
{
	(void)nothing;
	if (vm_protect(mach_task_self(), 0, 0, FALSE, VM_PROT_READ) !=
	    KERN_SUCCESS)
		bench_fail("vm_protect of nothing fails");
}

static void
measure_null(struct peer *peer)
{
	struct contest contest = { .count = 0 };

	contest_add(&contest, "vmd", null_call, NULL);
	contest_add(&contest, "socket", peer_ping, peer);
	for (size_t i = 0; i < company.count; i++)
		if (company.rivals[i]->ping)
			contest_add(&contest, company.rivals[i]->who,
			    company.rivals[i]->ping, NULL);
	bench_compare("null", 0, contest.of, contest.count, 100);
	if (!bench_pin(BENCH_SECOND)) {
		bench_remark("null-apart: there is one CPU only");
		return;
	}
	bench_compare("null-apart", 0, contest.of, contest.count, 100);
	bench_pin(BENCH_FIRST);
}

/* --- Many calls of one client ------------------------------------------ */

/* Null calls in a row. */
struct frames {
	int fd;
	uint64_t count;
	size_t size; /* bytes of one */
	uint8_t asks[DEPTH_MOST * 64];
	uint8_t answers[DEPTH_MOST * REPLY];
};

static size_t
null_frame(uint8_t *to)
{
	VmProtectRequest in;

	vm_protect_request__init(&in);
	in.new_protection = VM_PROT_READ;
	return wire_pack(to, VM_MAP_ID(vm_protect), MSG_TASK_SELF, &in.base, 0);
}

static int
greet(void)
{
	int fd = wire_greet();

	bench_must(fd >= 0, "a connection by hand");
	return fd;
}

static void
frames_init(struct frames *frames, int fd)
{
	frames->fd = fd;
	for (size_t i = 0; i < DEPTH_MOST; i++) {
		uint8_t *to = frames->asks + i * frames->size;

		frames->size = null_frame(to);
	}
}

static void
frames_step(void *context)
{
	struct frames *frames = context;

	peer_put(frames->fd, frames->asks, frames->count * frames->size);
	peer_get(frames->fd, frames->answers, frames->count * REPLY);
}

/* What was answered last. */
static void
frames_check(const struct frames *frames)
{
	for (size_t i = 0; i < frames->count; i++) {
		struct msg msg;

		if (msg_parse(&msg, MSG_REPLY, frames->answers + i * REPLY,
			REPLY) != REPLY ||
		    msg.code != KERN_SUCCESS)
			bench_fail("a null call by hand fails");
	}
}

/* The same through libvmd: so many are queued, and collected. */
struct queued {
	vmd_queue_t *queue;
	uint64_t count;
};

static void
queued_step(void *context)
{
	struct queued *queued = context;
	struct vmd_result results[DEPTH_MOST];
	size_t n = 0;

	for (uint64_t i = 0; i < queued->count; i++)
		vmd_queue_vm_protect(queued->queue, i, mach_task_self(), 0, 0,
		    FALSE, VM_PROT_READ);
	vmd_queue_collect(queued->queue, results, queued->count, &n);
	if (n != queued->count || results[n - 1].code != KERN_SUCCESS)
		bench_fail("a queued null call fails");
}

struct pings {
	struct peer *peer;
	uint64_t count;
};

/* As many bytes as so many pings have, at once. */
static void
pings_step(void *context)
{
	struct pings *pings = context;

	peer_call(pings->peer, (pings->count - 1) * PEER_PING,
	    pings->count * PEER_PING);
}

/* A ping is one call, whatever the depth: what they would take one by one. */
static void
measure_depth(const char *name, uint64_t depth, struct frames *frames,
    struct peer *peer)
{
	struct queued queued = { vmd_queue_create(), depth };
	struct pings pings = { peer, depth };
	struct contest contest = { .count = 0 };

	bench_must(queued.queue != NULL, "vmd_queue_create");
	frames->count = depth;
	contest_add(&contest, "vmd", queued_step, &queued);
	contest_add(&contest, "vmd-frames", frames_step, frames);
	contest_add(&contest, "socket", pings_step, &pings);
	contest_add(&contest, "ping", peer_ping, peer);
	for (size_t i = 0; i < company.count; i++)
		if (company.rivals[i]->pipeline)
			contest_add(&contest, company.rivals[i]->who,
			    company.rivals[i]->pipeline, &depth);
	for (size_t i = 0; i < contest.count; i++)
		if (contest.of[i].step != peer_ping)
			contest.of[i].each = depth;
	contest_run(&contest, name, depth, 100);
	frames_check(frames);
	vmd_queue_destroy(queued.queue);
}

static void
measure_pipeline(struct peer *peer)
{
	static struct frames frames;

	frames_init(&frames, greet());
	for (uint64_t depth = 1; depth <= DEPTH_MOST;
	     depth *= bench_quick ? 8 : 2)
		measure_depth("pipeline", depth, &frames, peer);
	if (bench_pin(BENCH_SECOND))
		for (uint64_t depth = 1; depth <= DEPTH_MOST; depth *= 4)
			measure_depth("pipeline-apart", depth, &frames, peer);
	bench_pin(BENCH_FIRST);
	close(frames.fd);
}

/* --- Many clients ------------------------------------------------------ */

static void
measure_clients(size_t count)
{
	struct crowd crowds[2 + RIVALS];
	struct contest contest = { .count = 0 };
	uint8_t ask[WIRE_REQUEST];
	size_t crowd_count;

	crowd_init(&crowds[0], count, greet, ask, null_frame(ask), REPLY);
	contest_add(&contest, "vmd", crowd_step, &crowds[0]);
	crowd_of_peers(&crowds[1], count);
	contest_add(&contest, "socket", crowd_step, &crowds[1]);
	for (size_t i = 0; i < company.count; i++) {
		const struct rival *rival = company.rivals[i];

		if (!rival->connect)
			continue;
		crowd_init(&crowds[contest.count], count, rival->connect,
		    rival->ask, strlen(rival->ask), rival->answered);
		contest_add(&contest, rival->who, crowd_step,
		    &crowds[contest.count]);
	}
	crowd_count = contest.count;
	for (size_t i = 0; i < crowd_count; i++)
		contest.of[i].each = count;
	contest_run(&contest, "clients", count, 20);
	for (size_t i = 0; i < crowd_count; i++)
		crowd_deinit(&crowds[i]);
}

int
main(int argc, char **argv)
{
	struct peer peer;
	size_t most;

	bench_begin(argc, argv, "latency");
	house_start("64M", NULL);
	peer_start(&peer, DEPTH_MOST * PEER_PING);
	company_start(&company, 0);
	measure_null(&peer);
	measure_pipeline(&peer);
	most = MIN(bench_quick ? 64 : CLIENTS_MOST,
	    bench_descriptors() / DESCRIPTORS);
	for (size_t count = 1; count <= most; count *= bench_quick ? 8 : 2)
		measure_clients(count);
	company_stop(&company);
	peer_stop(&peer);
	house_stop();
	return 0;
}
