/*
 * Latency: what a call costs that does nothing
 *
 * The null call is a vm_protect() of no bytes: through libvmd, packed, served,
 * answered and unpacked as any other.
 */
#include <mach/mach.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "tests/bench/bench.h"
#include "tests/bench/house.h"
#include "tests/bench/peer.h"

static void
null_call(void *context)
{
	(void)context;
	if (vm_protect(mach_task_self(), 0, 0, FALSE, VM_PROT_READ) !=
	    KERN_SUCCESS)
		bench_fail("vm_protect of nothing fails");
}

static void
measure_null(void)
{
	struct peer peer;
	struct contender contenders[] = {
		{ .who = "vmd", .step = null_call },
		{ .who = "socket", .step = peer_ping, .context = &peer },
	};

	house_start("64M", NULL);
	peer_start(&peer, 0);
	bench_compare("null", 0, contenders, ARRAY_SIZE(contenders), 100);
	peer_stop(&peer);
	house_stop();
}

int
main(int argc, char **argv)
{
	bench_begin(argc, argv, "latency");
	measure_null();
	return 0;
}
