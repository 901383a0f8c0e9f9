/*
 * Views: an atlas as text and as pictures
 *
 * Colours are a terminal's only, and never the only thing that tells two apart.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/vmctl/atlas.h"

/* A line a task. */
void view_tasks(FILE *out, const struct atlas *atlas);

/* Tasks below those that made them, and what they share with whom. */
void view_tree(FILE *out, const struct atlas *atlas);

/* A task's regions, and their sums by type, as vmmap(1) has them. */
void view_regions(FILE *out, const struct atlas_task *task);
void view_summary(FILE *out, const struct atlas_task *task);

/* The region that an address is in, or the gap, and its neighbours. */
void view_address(FILE *out, const struct atlas_task *task, uint64_t address);

/* What is not as it was. False: everything is as it was. */
bool view_delta(FILE *out, const struct atlas_task *before,
    const struct atlas_task *after);

/* A character a page; colours: with those of a terminal. */
void view_pages(FILE *out, const struct atlas *atlas,
    const struct atlas_task *task, bool colours);

/* A picture, that needs nothing else: of one task, or of all (NULL). */
void view_svg(FILE *out, const struct atlas *atlas,
    const struct atlas_task *task);
void view_html(FILE *out, const struct atlas *atlas,
    const struct atlas_task *task);

/* Bytes of regions that have the same type. */
struct view_sum {
	const char *type; /* NULL: none has */
	uint64_t size, resident, dirty, swapped;
	size_t count;
};
struct view_sums {
	struct view_sum of[256]; /* by tag */
	struct view_sum total;
};
void view_sums(struct view_sums *sums, const struct atlas_task *task);

/* Where an address is: in a region, or in a gap (at: NULL), and what is next to
 * that. A gap without an end ends at UINT64_MAX. */
struct view_spot {
	const struct atlas_region *below, *at, *above;
	uint64_t start, end;
};
struct view_spot view_spot(const struct atlas_task *task, uint64_t address);

/* One change after the other, from {before, after}: the region as it was, or
 * NULL, and as it is, or NULL. False: there are no more. */
struct view_delta {
	const struct atlas_task *before, *after;
	size_t i, j;
};
struct view_change {
	const struct atlas_region *old, *new;
};
bool view_next_change(struct view_delta *delta, struct view_change *change);

/* As JSON, of one task, or of all (NULL): with regions or their sums, and what
 * tasks share. */
enum view_json_parts {
	VIEW_JSON_TASKS = 0,
	VIEW_JSON_REGIONS = 1,
	VIEW_JSON_COMMON = 2,
	VIEW_JSON_SUMS = 4,
};
void view_json(const char *verb, const struct atlas *atlas,
    const struct atlas_task *only, enum view_json_parts parts);
void view_json_address(const char *verb, const struct atlas_task *task,
    uint64_t address);
void view_json_delta(const char *verb, const struct atlas_task *before,
    const struct atlas_task *after);

/* The members that tell of a task. */
struct json;
void view_json_task(struct json *json, const struct atlas_task *task);

/* What two tasks have in common, in pages. */
struct view_common {
	uint64_t shared; /* of memory that both map */
	uint64_t cow;    /* that both have until one writes */
};
struct view_common view_common(const struct atlas_task *a,
    const struct atlas_task *b);

/* Bytes as `16K`, `1.5M`. */
struct view_size {
	char text[16];
};
struct view_size view_size(uint64_t bytes);

/* `task 2 (pid 1234, demo), osf` */
void view_title(FILE *out, const struct atlas_task *task);
