/*
 * A contest: contenders put together one by one, and measured
 */
#pragma once

#include "common/cleanup.h"
#include "tests/bench/bench.h"

enum { CONTENDERS = 12 };

struct contest {
	struct contender of[CONTENDERS];
	size_t count;
};

static inline struct contender *
contest_add(struct contest *contest, const char *who, void (*step)(void *),
    void *context)
{
	struct contender *contender = &contest->of[contest->count++];

	if (contest->count > ARRAY_SIZE(contest->of))
		bench_fail("too many contenders");
	*contender = (struct contender){
		.who = who,
		.step = step,
		.context = context,
	};
	return contender;
}

/* bench_compare() of those who are in it, and it is empty again. */
static inline void
contest_run(struct contest *contest, const char *name, uint64_t parameter,
    size_t least)
{
	bench_compare(name, parameter, contest->of, contest->count, least);
	contest->count = 0;
}
