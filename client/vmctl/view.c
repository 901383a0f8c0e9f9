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

struct sum {
	uint64_t size, resident, dirty, swapped;
	size_t count;
};

static void
add(struct sum *sum, const struct atlas_region *region)
{
	sum->size += atlas_size(region);
	sum->resident += region->resident << vm_kernel_page_shift;
	sum->dirty += region->dirty << vm_kernel_page_shift;
	sum->swapped += region->swapped << vm_kernel_page_shift;
	sum->count++;
}

static void
print_sum(FILE *out, const char *type, const struct sum *sum)
{
	fprintf(out, "%-25s %6s %6s %6s %6s %8zu\n", type,
	    view_size(sum->size).text, view_size(sum->resident).text,
	    view_size(sum->dirty).text, view_size(sum->swapped).text,
	    sum->count);
}

/* By tag, in the order of tags. */
void
view_summary(FILE *out, const struct atlas_task *task)
{
	enum { TAGS = 256 };
	struct sum sums[TAGS] = { 0 }, total = { 0 };
	const struct atlas_region *example[TAGS] = { NULL };

	for (size_t i = 0; i < task->count; i++) {
		const struct atlas_region *region = &task->regions[i];

		add(&sums[region->tag % TAGS], region);
		add(&total, region);
		example[region->tag % TAGS] = region;
	}
	fprintf(out, "%-25s %6s %6s %6s %6s %8s\n", "REGION TYPE", "VSIZE",
	    "RSDNT", "DIRTY", "SWAP", "REGIONS");
	for (size_t i = 0; i < TAGS; i++)
		if (example[i])
			print_sum(out, atlas_type(example[i]), &sums[i]);
	print_sum(out, "TOTAL", &total);
}

/* --- One address ------------------------------------------------------ */

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

void
view_address(FILE *out, const struct atlas_task *task, uint64_t address)
{
	const struct atlas_region *region = NULL;
	uint64_t gap = 0;
	size_t i = 0;

	while (i < task->count && task->regions[i].end <= address)
		i++;
	view_title(out, task);
	fprintf(out, ": %#" PRIx64 "\n\n     ", address);
	print_head(out);
	if (i > 0) {
		fputs("     ", out);
		print_region(out, &task->regions[i - 1]);
		gap = task->regions[i - 1].end;
	}
	if (i < task->count)
		region = &task->regions[i];
	fputs("---> ", out);
	if (!region || region->start > address)
		print_gap(out, gap, region ? region->start : UINT64_MAX);
	else
		print_region(out, &task->regions[i++]);
	if (i < task->count) {
		fputs("     ", out);
		print_region(out, &task->regions[i]);
	}
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

static void
print_change(FILE *out, char sign, const struct atlas_region *region)
{
	fprintf(out, "%c ", sign);
	print_region(out, region);
}

bool
view_delta(FILE *out, const struct atlas_task *before,
    const struct atlas_task *after)
{
	size_t i = 0, j = 0;
	bool any = false;

	while (i < before->count || j < after->count) {
		const struct atlas_region *old =
		    i < before->count ? &before->regions[i] : NULL;
		const struct atlas_region *new =
		    j < after->count ? &after->regions[j] : NULL;

		if (old && new &&is_same(old, new)) {
			i++, j++;
			continue;
		}
		any = true;
		if (old && (!new || old->start <= new->start)) {
			print_change(out, '-', old);
			i++;
		}
		if (new && (!old || new->start <= old->start)) {
			print_change(out, '+', new);
			j++;
		}
	}
	return any;
}
