#include "client/vmctl/view.h"

#include <inttypes.h>

#include <mach/vm_page_size.h>

#include "common/cleanup.h"

enum { LINE = 64 };

static const struct {
	char mark;
	const char *colour; /* SGR */
	const char *words;
} kinds[] = {
	[ATLAS_ZERO] = { '.', "2", ". zero: nobody wrote it" },
	[ATLAS_PRIVATE] = { 'p', "34", "p private" },
	[ATLAS_COW] = { 'c', "33", "c copied on write: others have it, too" },
	[ATLAS_SHARED] = { 's', "32", "s shared" },
	[ATLAS_WIRED] = { 'w', "35", "w private and wired" },
	[ATLAS_UNKNOWN] = { '?', "0", "? not looked at: too many" },
};

static void
print_line(FILE *out, const enum atlas_kind *line, size_t count, bool colours)
{
	for (size_t i = 0; i < count; i++) {
		bool first = i == 0 || line[i] != line[i - 1];
		bool last = i + 1 == count || line[i] != line[i + 1];

		if (colours && first)
			fprintf(out, "\033[%sm", kinds[line[i]].colour);
		fputc(kinds[line[i]].mark, out);
		if (colours && last)
			fputs("\033[0m", out);
	}
	fputc('\n', out);
}

/* Lines like the one before are left out. */
static void
print_grid(FILE *out, const struct atlas *atlas,
    const struct atlas_region *region, bool colours, bool *seen)
{
	size_t pages = (size_t)(atlas_size(region) >> vm_kernel_page_shift);
	enum atlas_kind line[LINE], before[LINE];
	bool alike = false;

	for (size_t at = 0; at < pages; at += LINE) {
		size_t count = MIN(pages - at, (size_t)LINE);
		bool again = at > 0 && count == LINE && at + count < pages;

		for (size_t i = 0; i < count; i++) {
			line[i] = atlas_kind(atlas, region, at + i);
			again = again && line[i] == before[i];
			before[i] = line[i];
			seen[line[i]] = true;
		}
		if (!again) {
			fprintf(out, "  %#12" PRIx64 "  ",
			    region->start + (at << vm_kernel_page_shift));
			print_line(out, line, count, colours);
		} else if (!alike) {
			fprintf(out, "  %12s  ...\n", "");
		}
		alike = again;
	}
}

void
view_pages(FILE *out, const struct atlas *atlas, const struct atlas_task *task,
    bool colours)
{
	bool seen[ARRAY_SIZE(kinds)] = { false };

	view_title(out, task);
	fputs(task->count > 0 ? "\n" : ": nothing is mapped\n", out);
	for (size_t i = 0; i < task->count; i++)
		print_grid(out, atlas, &task->regions[i], colours, seen);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (seen[i])
			fprintf(out, "  %s\n", kinds[i].words);
}
