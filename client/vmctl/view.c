#include "client/vmctl/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <mach/vm_page_size.h>
#include <mach/vm_prot.h>

#include "client/show/value.h"
#include "common/cleanup.h"

struct view_size
view_size(uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	struct view_size size;
	double n = (double)bytes;
	unsigned unit = 0;

	while (n >= 1024 && unit + 1 < strlen(units)) {
		n /= 1024;
		unit++;
	}
	if (bytes == 0)
		unit = 1;
	snprintf(size.text, sizeof(size.text),
	    n < 10 && n != (double)(unsigned)n ? "%.1f%c" : "%.0f%c", n,
	    units[unit]);
	return size;
}

void
view_title(FILE *out, const struct atlas_task *task)
{
	fprintf(out, "task %" PRIu64, task->info.number);
	if (task->info.pid > 0)
		fprintf(out, " (pid %" PRId32 "%s%s)", task->info.pid,
		    task->command[0] ? ", " : "", task->command);
	fprintf(out, ", %s", task->info.personality);
}

static uint64_t
resident(const struct atlas_task *task)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < task->count; i++)
		pages += task->regions[i].resident;
	return pages << vm_kernel_page_shift;
}

/* --- Tasks ------------------------------------------------------------ */

void
view_tasks(FILE *out, const struct atlas *atlas)
{
	fprintf(out, "%6s %6s %7s %5s  %-5s %7s %7s %8s %9s %7s  %s\n", "TASK",
	    "PARENT", "PID", "UID", "KIND", "VSIZE", "RSIZE", "CALLS", "FAULTS",
	    "COW", "COMMAND");
	for (size_t i = 0; i < atlas->count; i++) {
		const struct atlas_task *task = &atlas->tasks[i];
		const struct vmd_task *info = &task->info;
		char parent[24] = "-";

		if (info->parent != 0)
			snprintf(parent, sizeof(parent), "%" PRIu64,
			    info->parent);
		fprintf(out,
		    "%6" PRIu64 " %6s %7" PRId32 " %5" PRIu32
		    "  %-5s %7s %7s %8" PRIu64 " %9" PRIu64 " %7" PRIu64
		    "  %s\n",
		    info->number, parent, info->pid, info->uid,
		    info->personality, view_size(info->virtual_size).text,
		    view_size(resident(task)).text, info->calls, info->faults,
		    info->cow_faults, task->command);
	}
}

/* --- Regions ---------------------------------------------------------- */

static void
print_protections(FILE *out, const struct atlas_region *region)
{
	value_print(out,
	    (struct value){ (uint64_t)region->protection, MEANING_PROTECTION });
	fputc('/', out);
	value_print(out, (struct value){ (uint64_t)region->max_protection,
			     MEANING_PROTECTION });
}

static void
print_detail(FILE *out, const struct atlas_region *region)
{
	fputs("  inherit ", out);
	value_print(out,
	    (struct value){ region->inheritance, MEANING_INHERITANCE });
	if (region->wired > 0)
		fprintf(out, ", wired");
	if (region->wired > 1)
		fprintf(out, " %u times", region->wired);
	if (region->object != 0)
		fprintf(out, ", object %#x", region->object);
	fputc('\n', out);
}

static void
print_region(FILE *out, const struct atlas_region *region)
{
	char range[48];

	snprintf(range, sizeof(range), "%#" PRIx64 "-%#" PRIx64, region->start,
	    region->end);
	fprintf(out, "%-15.15s %-25s %6s %6s %6s %6s  ", atlas_type(region),
	    range, view_size(atlas_size(region)).text,
	    view_size(region->resident << vm_kernel_page_shift).text,
	    view_size(region->dirty << vm_kernel_page_shift).text,
	    view_size(region->swapped << vm_kernel_page_shift).text);
	print_protections(out, region);
	fprintf(out, "  SM=%s", atlas_sharing(region));
	print_detail(out, region);
}

static void
print_head(FILE *out)
{
	fprintf(out, "%-15s %-25s %6s %6s %6s %6s  %-7s  %-6s  %s\n", "TYPE",
	    "START-END", "VSIZE", "RSDNT", "DIRTY", "SWAP", "PRT/MAX", "SHRMOD",
	    "DETAIL");
}

void
view_regions(FILE *out, const struct atlas_task *task)
{
	view_title(out, task);
	if (task->count == 0) {
		fputs(": nothing is mapped\n", out);
		return;
	}
	fputs("\n\n", out);
	print_head(out);
	for (size_t i = 0; i < task->count; i++)
		print_region(out, &task->regions[i]);
}

static void
add(struct view_sum *sum, const struct atlas_region *region)
{
	sum->size += atlas_size(region);
	sum->resident += region->resident << vm_kernel_page_shift;
	sum->dirty += region->dirty << vm_kernel_page_shift;
	sum->swapped += region->swapped << vm_kernel_page_shift;
	sum->count++;
}

void
view_sums(struct view_sums *sums, const struct atlas_task *task)
{
	*sums = (struct view_sums){ .total = { .type = "TOTAL" } };
	for (size_t i = 0; i < task->count; i++) {
		const struct atlas_region *region = &task->regions[i];
		struct view_sum *sum =
		    &sums->of[region->tag % ARRAY_SIZE(sums->of)];

		sum->type = atlas_type(region);
		add(sum, region);
		add(&sums->total, region);
	}
}

static void
print_sum(FILE *out, const struct view_sum *sum)
{
	fprintf(out, "%-25s %6s %6s %6s %6s %8zu\n", sum->type,
	    view_size(sum->size).text, view_size(sum->resident).text,
	    view_size(sum->dirty).text, view_size(sum->swapped).text,
	    sum->count);
}

void
view_summary(FILE *out, const struct atlas_task *task)
{
	struct view_sums sums;

	view_sums(&sums, task);
	fprintf(out, "%-25s %6s %6s %6s %6s %8s\n", "REGION TYPE", "VSIZE",
	    "RSDNT", "DIRTY", "SWAP", "REGIONS");
	for (size_t i = 0; i < ARRAY_SIZE(sums.of); i++)
		if (sums.of[i].type)
			print_sum(out, &sums.of[i]);
	print_sum(out, &sums.total);
}

/* --- One address ------------------------------------------------------ */

struct view_spot
view_spot(const struct atlas_task *task, uint64_t address)
{
	struct view_spot spot = { .end = UINT64_MAX };
	size_t i = 0;

	while (i < task->count && task->regions[i].end <= address)
		i++;
	if (i > 0) {
		spot.below = &task->regions[i - 1];
		spot.start = spot.below->end;
	}
	if (i < task->count && task->regions[i].start <= address) {
		spot.at = &task->regions[i++];
		spot.start = spot.at->start;
		spot.end = spot.at->end;
	}
	if (i < task->count)
		spot.above = &task->regions[i];
	if (spot.above && !spot.at)
		spot.end = spot.above->start;
	return spot;
}

static void
print_gap(FILE *out, uint64_t start, uint64_t end)
{
	char range[48];

	if (end == UINT64_MAX)
		snprintf(range, sizeof(range), "%#" PRIx64 "-", start);
	else
		snprintf(range, sizeof(range), "%#" PRIx64 "-%#" PRIx64, start,
		    end);
	fprintf(out, "%-15s %s\n", "(gap)", range);
}

static void
print_neighbour(FILE *out, const struct atlas_region *region)
{
	if (!region)
		return;
	fputs("     ", out);
	print_region(out, region);
}

void
view_address(FILE *out, const struct atlas_task *task, uint64_t address)
{
	struct view_spot spot = view_spot(task, address);

	view_title(out, task);
	fprintf(out, ": %#" PRIx64 "\n\n     ", address);
	print_head(out);
	print_neighbour(out, spot.below);
	fputs("---> ", out);
	if (spot.at)
		print_region(out, spot.at);
	else
		print_gap(out, spot.start, spot.end);
	print_neighbour(out, spot.above);
}

/* --- What has changed ------------------------------------------------- */

static bool
is_same(const struct atlas_region *a, const struct atlas_region *b)
{
	return a->start == b->start && a->end == b->end &&
	       a->protection == b->protection &&
	       a->max_protection == b->max_protection &&
	       a->inheritance == b->inheritance && a->shared == b->shared &&
	       a->wired == b->wired && a->tag == b->tag &&
	       a->share_mode == b->share_mode && a->resident == b->resident;
}

bool
view_next_change(struct view_delta *delta, struct view_change *change)
{
	const struct atlas_task *before = delta->before, *after = delta->after;

	while (delta->i < before->count || delta->j < after->count) {
		const struct atlas_region *old =
		    delta->i < before->count ? &before->regions[delta->i]
					     : NULL;
		const struct atlas_region *new =
		    delta->j < after->count ? &after->regions[delta->j] : NULL;

		if (old && new && old->start != new->start) {
			if (old->start < new->start)
				new = NULL;
			else
				old = NULL;
		}
		delta->i += old != NULL;
		delta->j += new != NULL;
		*change = (struct view_change){ old, new };
		if (!old || !new || !is_same(old, new))
			return true;
	}
	return false;
}

static void
print_change(FILE *out, char sign, const struct atlas_region *region)
{
	if (!region)
		return;
	fprintf(out, "%c ", sign);
	print_region(out, region);
}

bool
view_delta(FILE *out, const struct atlas_task *before,
    const struct atlas_task *after)
{
	struct view_delta delta = { .before = before, .after = after };
	struct view_change change;
	bool any = false;

	for (; view_next_change(&delta, &change); any = true) {
		print_change(out, '-', change.old);
		print_change(out, '+', change.new);
	}
	return any;
}
