#include "tests/bench/rival.h"

#include "common/cleanup.h"
#include "tests/bench/bench.h"

static const struct {
	const char *who;
	const char *packages;      /* of Debian's, which it takes */
	const struct rival *rival; /* NULL: its library was not there */
} known[RIVALS] = {
#ifdef BENCH_REDIS
	{ "redis", "redis-server libhiredis-dev", &redis },
#else
	{ "redis", "redis-server libhiredis-dev", NULL },
#endif
#ifdef BENCH_NBD
	{ "nbd", "nbdkit libnbd-dev", &nbd },
#else
	{ "nbd", "nbdkit libnbd-dev", NULL },
#endif
#ifdef BENCH_LMDB
	{ "lmdb", "liblmdb-dev", &lmdb },
#else
	{ "lmdb", "liblmdb-dev", NULL },
#endif
};

void
company_start(struct company *company, uint64_t size)
{
	company->count = 0;
	for (size_t i = 0; i < RIVALS; i++) {
		const struct rival *rival = known[i].rival;

		if (rival && rival->start(MIN(size, rival->most)))
			company->rivals[company->count++] = rival;
		else
			bench_remark("%s is not installed: apt-get install %s",
			    known[i].who, known[i].packages);
	}
}

void
company_stop(struct company *company)
{
	for (size_t i = 0; i < company->count; i++)
		company->rivals[i]->stop();
	company->count = 0;
}
