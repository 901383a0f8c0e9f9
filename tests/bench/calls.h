/*
 * Mach's calls, in a benchmark: they must succeed
 */
#pragma once

#include <mach/mach_error.h>

#include "tests/bench/bench.h"

static inline void
call_must(kern_return_t kr, const char *what)
{
	if (kr != KERN_SUCCESS)
		bench_fail("%s: %s", what, mach_error_string(kr));
}
