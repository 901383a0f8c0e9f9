/*
 * What came out of a scene, and whether it is what was promised
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/attack/house.h"

struct scene;

struct outcome {
	struct stock before, after;
	uint64_t memory_before, memory_peak, memory_after; /* bytes */
	int64_t longest;  /* microseconds that anything held the loop */
	double processor; /* the part of the time that it had one, of that when
			     it wanted one, while it was attacked */
	double settled;   /* seconds until all was given back; -1: it was not */
	char check[256];  /* what vmd_check said; empty: all is well */
	bool prepared;    /* the attackers were, all of them */
	bool patient;     /* the daemon does not know how to be impatient */
	bool ended_well;
};

/* Once, before anybody is forked. */
void judge_prepare(void);

void judge_heading(void);

enum verdict {
	KEPT_ALL, /* all promises */
	TOO_LATE, /* all but those that go by the clock, */
	BROKE_SOME,
};

/* Prints a row, or lines of the test anything protocol: those only if it was not
 * too late, or is the last try. */
enum verdict judge(const struct scene *scene, const struct outcome *outcome,
    bool tap, bool last);

/* One such line. why: NULL: nothing to be said. */
void judge_tap(bool good, const char *scene, const char *what, const char *why);
void judge_plan(void);
