/*
 * The model test: chance that is the same for the same seed
 */
#include "tests/system/model_run.h"

static uint64_t state;

void
chance_start(unsigned long seed)
{
	state = seed * 1000003;
}

uint64_t
chance(uint64_t below)
{
	uint64_t x = state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (x ^ (x >> 31)) % below;
}

bool
one_in(uint64_t n)
{
	return chance(n) == 0;
}
