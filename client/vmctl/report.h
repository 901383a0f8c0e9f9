/*
 * Reports of `vmctl top`: what was there between two looks
 *
 *      12:00:00  4 tasks, 2 connections, 6 of 262144 pages
 *      13042 calls/s, 6 faults/s: 4 zero, 2 copied on write
 *
 *       TASK PARENT     PID  KIND    VSIZE   RSIZE  CALLS/S FAULTS/S   COW/S  COMMAND
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <mach/kern_return.h>

#include "client/vmctl/atlas.h"
#include "client/vmd.h"

/* One look at everything. */
struct look {
	struct atlas atlas;
	struct vmd_statistics statistics;
	struct vmd_counters counters;
	uint64_t calls; /* of all routines */
	double at;      /* seconds */
};

/* Looks. Whatever is returned, look_deinit() is due. */
kern_return_t look_init(struct look *look);
void look_deinit(struct look *look);

enum report_order { BY_CALLS, BY_MEMORY, BY_FAULTS, BY_NUMBER };

/* vmctl itself is left out. */
struct report {
	const struct look *now;
	double seconds;
	double calls, faults, zero_fills, cow; /* a second */
	struct report_row *rows;
	size_t count;
};

/* => false: there is no memory for it */
bool report_init(struct report *report, enum report_order order,
    const struct look *before, const struct look *now);
void report_deinit(struct report *report);

/* As lines. */
void report_print(FILE *out, const struct report *report);

/* As a line of JSON, on standard output. */
void report_put(const char *verb, const struct report *report);
