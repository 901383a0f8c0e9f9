/*
 * Views as JSON: one document each
 *
 *      {"verb":"tasks","tasks":[{"number":1,"parent":0,...}]}
 *
 * Members are called as the .proto has them, where it has them; sizes are bytes,
 * and pages are counted. A page is its frame: 0, nobody wrote it.
 */
#include "client/vmctl/view.h"

#include <mach/vm_page_size.h>

#include "client/vmctl/json.h"
#include "common/cleanup.h"

void
view_json_task(struct json *json, const struct atlas_task *task)
{
	const struct vmd_task *info = &task->info;

	json_put_number(json, "number", info->number);
	json_put_number(json, "parent", info->parent);
	json_put_signed(json, "pid", info->pid);
	json_put_number(json, "uid", info->uid);
	json_put_text(json, "command", task->command);
	json_put_text(json, "personality", info->personality);
	json_put_number(json, "virtual_size", info->virtual_size);
	json_put_number(json, "entries", info->entries);
	json_put_number(json, "calls", info->calls);
	json_put_number(json, "faults", info->faults);
	json_put_number(json, "zero_fills", info->zero_fills);
	json_put_number(json, "cow_faults", info->cow_faults);
}

/* NULL: there is none. */
static void
put_region(struct json *json, const char *key,
    const struct atlas_region *region)
{
	if (!region) {
		json_put_null(json, key);
		return;
	}
	json_open_object(json, key);
	json_put_number(json, "address", region->start);
	json_put_number(json, "size", atlas_size(region));
	json_put_signed(json, "protection", region->protection);
	json_put_signed(json, "max_protection", region->max_protection);
	json_put_number(json, "inheritance", region->inheritance);
	json_put_boolean(json, "shared", region->shared);
	json_put_number(json, "user_wired_count", region->wired);
	json_put_number(json, "user_tag", region->tag);
	json_put_number(json, "share_mode", region->share_mode);
	json_put_number(json, "obj_id", region->object);
	json_put_number(json, "pages_resident", region->resident);
	json_put_number(json, "pages_dirtied", region->dirty);
	json_put_number(json, "pages_swapped_out", region->swapped);
	if (region->page_count > 0) {
		json_open_list(json, "pages");
		for (size_t i = 0; i < region->page_count; i++)
			json_put_number(json, NULL, region->pages[i].frame);
		json_close(json);
	}
	json_close(json);
}

static void
put_regions(struct json *json, const struct atlas_task *task)
{
	json_open_list(json, "regions");
	for (size_t i = 0; i < task->count; i++)
		put_region(json, NULL, &task->regions[i]);
	json_close(json);
}

static void
put_sum(struct json *json, const char *key, const struct view_sum *sum)
{
	json_open_object(json, key);
	json_put_text(json, "type", sum->type);
	json_put_number(json, "size", sum->size);
	json_put_number(json, "resident", sum->resident);
	json_put_number(json, "dirty", sum->dirty);
	json_put_number(json, "swapped", sum->swapped);
	json_put_number(json, "regions", sum->count);
	json_close(json);
}

static void
put_sums(struct json *json, const struct atlas_task *task)
{
	struct view_sums sums;

	view_sums(&sums, task);
	json_open_list(json, "types");
	for (size_t i = 0; i < ARRAY_SIZE(sums.of); i++)
		if (sums.of[i].type)
			put_sum(json, NULL, &sums.of[i]);
	json_close(json);
	put_sum(json, "total", &sums.total);
}

static void
put_common(struct json *json, const struct atlas *atlas,
    const struct atlas_task *task)
{
	json_open_list(json, "with");
	for (size_t i = 0; i < atlas->count; i++) {
		const struct atlas_task *other = &atlas->tasks[i];
		struct view_common common;

		if (other == task)
			continue;
		common = view_common(task, other);
		if (common.shared == 0 && common.cow == 0)
			continue;
		json_open_object(json, NULL);
		json_put_number(json, "number", other->info.number);
		json_put_number(json, "pages_shared", common.shared);
		json_put_number(json, "pages_copy_on_write", common.cow);
		json_close(json);
	}
	json_close(json);
}

void
view_json(const char *verb, const struct atlas *atlas,
    const struct atlas_task *only, enum view_json_parts parts)
{
	struct json *json = json_begin_verb(verb);

	json_open_list(json, "tasks");
	for (size_t i = 0; i < atlas->count; i++) {
		const struct atlas_task *task = &atlas->tasks[i];

		if (only && task != only)
			continue;
		json_open_object(json, NULL);
		view_json_task(json, task);
		if (parts & VIEW_JSON_REGIONS)
			put_regions(json, task);
		if (parts & VIEW_JSON_SUMS)
			put_sums(json, task);
		if (parts & VIEW_JSON_COMMON)
			put_common(json, atlas, task);
		json_close(json);
	}
	json_close(json);
	json_end(json);
}

void
view_json_address(const char *verb, const struct atlas_task *task,
    uint64_t address)
{
	struct view_spot spot = view_spot(task, address);
	struct json *json = json_begin_verb(verb);

	view_json_task(json, task);
	json_put_number(json, "address", address);
	json_put_number(json, "start", spot.start);
	json_put_number(json, "end", spot.end);
	put_region(json, "below", spot.below);
	put_region(json, "at", spot.at);
	put_region(json, "above", spot.above);
	json_end(json);
}

void
view_json_delta(const char *verb, const struct atlas_task *before,
    const struct atlas_task *after)
{
	struct view_delta delta = { .before = before, .after = after };
	struct view_change change;
	struct json *json = json_begin_verb(verb);

	view_json_task(json, after);
	json_open_list(json, "changes");
	while (view_next_change(&delta, &change)) {
		json_open_object(json, NULL);
		put_region(json, "old", change.old);
		put_region(json, "new", change.new);
		json_close(json);
	}
	json_close(json);
	json_end(json);
}
