/*
 * Redis, through hiredis: a value is a string
 */
#include "tests/bench/rival.h"

#include <hiredis.h>

#include "tests/bench/bench.h"
#include "tests/bench/peer.h"
#include "tests/bench/servant.h"

static struct servant servant = { .quiet = true };
static redisContext *context;
static void *memory;
static uint64_t memory_size;

/* An answer, of the type that it must have. */
static void
take(redisReply *reply, int type)
{
	if (!reply || reply->type != type)
		bench_fail("redis: %s", reply ? reply->str : context->errstr);
	freeReplyObject(reply);
}

static void
ping(void *nothing)
{
	(void)nothing;
	take(redisCommand(context, "PING"), REDIS_REPLY_STATUS);
}

static void
pipeline(void *depth)
{
	uint64_t count = *(uint64_t *)depth;

	for (uint64_t i = 0; i < count; i++)
		redisAppendCommand(context, "PING");
	for (uint64_t i = 0; i < count; i++) {
		void *reply = NULL;

		redisGetReply(context, &reply);
		take(reply, REDIS_REPLY_STATUS);
	}
}

static int
connect_to_it(void)
{
	int fd = servant_connect(&servant);

	bench_must(fd >= 0, "redis");
	return fd;
}

static void
get(void *size)
{
	(void)size;
	take(redisCommand(context, "GET value"), REDIS_REPLY_STRING);
}

static void
set(void *size)
{
	take(redisCommand(context, "SET value %b", memory,
		 (size_t) * (uint64_t *)size),
	    REDIS_REPLY_STATUS);
}

static bool
start(uint64_t size)
{
	const char *arguments[] = { "redis-server", "--port", "0",
		"--unixsocket", servant.path, "--save", "", "--appendonly",
		"no", "--dir", servant.folder, NULL };

	servant_prepare(&servant);
	if (!servant_start(&servant, arguments[0], arguments))
		return false;
	context = redisConnectUnix(servant.path);
	if (!context || context->err)
		bench_fail("redis: cannot connect");
	memory_size = size > 0 ? size : 1;
	memory = peer_memory(memory_size);
	return true;
}

static void
stop(void)
{
	redisFree(context);
	servant_stop(&servant);
	peer_memory_free(memory, memory_size);
}

const struct rival redis = {
	.who = "redis",
	.most = 256 << 20,
	.start = start,
	.stop = stop,
	.connect = connect_to_it,
	.ask = "PING\r\n",
	.answered = sizeof("+PONG\r\n") - 1,
	.ping = ping,
	.pipeline = pipeline,
	.read = get,
	.write = set,
};
