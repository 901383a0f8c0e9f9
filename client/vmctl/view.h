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

/* What is not as it was. False: everything is. */
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

/* As JSON: with the task's regions, or of all (NULL), and what they share. */
enum view_json_parts {
	VIEW_JSON_TASKS = 0,
	VIEW_JSON_REGIONS = 1,
	VIEW_JSON_COMMON = 2,
};
void view_json(const char *verb, const struct atlas *atlas,
    const struct atlas_task *only, enum view_json_parts parts);

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
