#include "tests/bench/rival.h"

#include "common/cleanup.h"
#include "tests/bench/bench.h"

const struct rival *const rivals[RIVALS] = { &redis, &nbd, &lmdb };

void
company_start(struct company *company, uint64_t size)
{
	company->count = 0;
	for (size_t i = 0; i < RIVALS; i++) {
		const struct rival *rival = rivals[i];

		if (rival->start(MIN(size, rival->most)))
			company->rivals[company->count++] = rival;
		else
			bench_remark("%s is not installed: apt-get install %s",
			    rival->who, rival->packages);
	}
}

void
company_stop(struct company *company)
{
	for (size_t i = 0; i < company->count; i++)
		company->rivals[i]->stop();
	company->count = 0;
}
