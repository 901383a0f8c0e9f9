/*
 * nbdkit's disk in memory, through libnbd: a value is the disk's start
 */
#include "tests/bench/rival.h"

#include <libnbd.h>
#include <stdio.h>

#include "tests/bench/bench.h"
#include "tests/bench/peer.h"
#include "tests/bench/servant.h"

enum { BLOCK = 4096 };

static struct servant servant = { .quiet = true };
static struct nbd_handle *handle;
static void *memory;
static uint64_t memory_size;

static void
must(int result)
{
	if (result < 0)
		bench_fail("nbd: %s", nbd_get_error());
}

static void
ping(void *nothing)
{
	(void)nothing;
	must(nbd_flush(handle, 0));
}

/* Flushes: the least that may be asked of it. */
static void
pipeline(void *depth)
{
	uint64_t count = *(uint64_t *)depth;

	for (uint64_t i = 0; i < count; i++)
		if (nbd_aio_flush(handle, NBD_NULL_COMPLETION, 0) < 0)
			must(-1);
	while (nbd_aio_in_flight(handle) > 0)
		must(nbd_poll(handle, -1));
	for (int64_t cookie;
	     (cookie = nbd_aio_peek_command_completed(handle)) > 0;)
		must(nbd_aio_command_completed(handle, (uint64_t)cookie));
}

static void
pread_it(void *size)
{
	must(nbd_pread(handle, memory, (size_t) * (uint64_t *)size, 0, 0));
}

static void
pwrite_it(void *size)
{
	must(nbd_pwrite(handle, memory, (size_t) * (uint64_t *)size, 0, 0));
}

static bool
start(uint64_t size)
{
	char disk[32];
	const char *arguments[] = { "nbdkit", "--foreground",
		"--exit-with-parent", "--threads", "1", "--unix", servant.path,
		"memory", disk, NULL };

	memory_size = size > BLOCK ? size : BLOCK;
	snprintf(disk, sizeof(disk), "size=%llu",
	    (unsigned long long)memory_size);
	servant_prepare(&servant);
	if (!servant_start(&servant, arguments[0], arguments))
		return false;
	handle = nbd_create();
	if (!handle)
		must(-1);
	must(nbd_connect_unix(handle, servant.path));
	memory = peer_memory(memory_size);
	return true;
}

static void
stop(void)
{
	nbd_shutdown(handle, 0);
	nbd_close(handle);
	servant_stop(&servant);
	peer_memory_free(memory, memory_size);
}

const struct rival nbd = {
	.who = "nbd",
	.most = 64 << 20,
	.start = start,
	.stop = stop,
	.ping = ping,
	.pipeline = pipeline,
	.read = pread_it,
	.write = pwrite_it,
};
