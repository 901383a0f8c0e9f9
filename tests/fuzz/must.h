/*
 * What must hold, in any build; what a target is called by; and chance
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define MUST(condition)                                                        \
	do {                                                                   \
		if (!(condition))                                              \
			must_fail(__FILE__, __LINE__, #condition);             \
	} while (0)

static inline void __attribute__((noreturn))
must_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: it must hold that %s\n", file, line, condition);
	abort();
}

/* libFuzzer's, and for it. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t room,
    unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size,
    const uint8_t *b, size_t b_size, uint8_t *to, size_t room, unsigned seed);

/* Chance, the same for the same seed. */
struct chance {
	uint64_t state; /* not 0 */
};

static inline struct chance
chance_of(uint64_t seed)
{
	return (struct chance){ seed * 0x9e3779b97f4a7c15 | 1 };
}

static inline uint64_t
chance_any(struct chance *chance)
{
	uint64_t x = chance->state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	chance->state = x;
	return x * 0x2545f4914f6cdd1d;
}

/* One of 0 to n - 1. */
static inline uint32_t
chance_below(struct chance *chance, uint32_t n)
{
	return (uint32_t)((chance_any(chance) >> 32) * n >> 32);
}
