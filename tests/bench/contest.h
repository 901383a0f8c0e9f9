/*
 * A contest: contenders put together one by one, and measured
 */
#pragma once

#include <inttypes.h>

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

/* bench_turns() and bench_rows() of those who are in it. */
static inline void
contest_measure(struct contest *contest, const char *name, uint64_t parameter,
    size_t least)
{
	bench_progress("%s %" PRIu64, name, parameter);
	bench_turns(contest->of, contest->count, least);
	bench_rows(name, parameter, contest->of, contest->count);
}

/* It is empty again. */
static inline void
contest_end(struct contest *contest)
{
	bench_turns_done(contest->of, contest->count);
	contest->count = 0;
}

/* Both. */
static inline void
contest_run(struct contest *contest, const char *name, uint64_t parameter,
    size_t least)
{
	contest_measure(contest, name, parameter, least);
	contest_end(contest);
}
