#include "client/vmctl/view.h"

#include <inttypes.h>
#include <stdlib.h>

#include <mach/vm_page_size.h>

#include "common/cleanup.h"

/* --- What two tasks have in common ------------------------------------ */

static int
compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The frames of a task's regions that are shared, or are not; sorted. */
static uint32_t *
frames_of(const struct atlas_task *task, bool shared, size_t *count)
{
	uint32_t *frames = NULL;
	size_t most = 0;

	*count = 0;
	for (size_t r = 0; r < task->count; r++)
		most += task->regions[r].page_count;
	frames = calloc(most + 1, sizeof(*frames));
	for (size_t r = 0; frames && r < task->count; r++) {
		const struct atlas_region *region = &task->regions[r];

		for (size_t i = 0; i < region->page_count; i++)
			if (region->pages[i].frame != 0 &&
			    region->shared == shared)
				frames[(*count)++] = region->pages[i].frame;
	}
	if (frames)
		qsort(frames, *count, sizeof(*frames), compare);
	return frames;
}

/* How many frames are in both, whatever the number of places. */
static uint64_t
count_common(const struct atlas_task *a, const struct atlas_task *b,
    bool a_shared, bool b_shared)
{
	size_t x_count, y_count, i = 0, j = 0;
	_cleanup_(freep) uint32_t *x = frames_of(a, a_shared, &x_count);
	_cleanup_(freep) uint32_t *y = frames_of(b, b_shared, &y_count);
	uint64_t both = 0;

	while (x && y && i < x_count && j < y_count) {
		uint32_t frame = MIN(x[i], y[j]);

		both += x[i] == y[j];
		while (i < x_count && x[i] == frame)
			i++;
		while (j < y_count && y[j] == frame)
			j++;
	}
	return both;
}

struct view_common
view_common(const struct atlas_task *a, const struct atlas_task *b)
{
	return (struct view_common){
		.shared = count_common(a, b, true, true),
		.cow = count_common(a, b, false, false) +
		       count_common(a, b, true, false) +
		       count_common(a, b, false, true),
	};
}

/* --- The tree --------------------------------------------------------- */

struct branch {
	const struct branch *around;
	bool last;
};

static void
print_branch(FILE *out, const struct branch *branch)
{
	if (!branch)
		return;
	print_branch(out, branch->around);
	fputs(branch->last ? "   " : "│  ", out);
}

static void
print_pages(FILE *out, const char *word, uint64_t pages)
{
	fprintf(out, "%s%" PRIu64 " page%s", word, pages,
	    pages == 1 ? "" : "s");
}

static void
print_task(FILE *out, const struct atlas_task *task)
{
	uint64_t resident = 0;

	for (size_t r = 0; r < task->count; r++)
		resident += task->regions[r].resident;
	view_title(out, task);
	fprintf(out, ": %s mapped", view_size(task->info.virtual_size).text);
	print_pages(out, ", ", resident);
	fputs(" in memory\n", out);
}

/* With those that come before it in the atlas it was told already. */
static void
print_common(FILE *out, const struct atlas *atlas,
    const struct atlas_task *task, const struct branch *branch, bool leaf)
{
	for (const struct atlas_task *other = atlas->tasks;
	     other < atlas->tasks + atlas->count; other++) {
		struct view_common common;

		if (other == task)
			continue;
		common = view_common(task, other);
		if (common.shared == 0 && common.cow == 0)
			continue;
		print_branch(out, branch);
		fputs(leaf ? "     " : "│    ", out);
		fprintf(out, "with task %" PRIu64 ": ", other->info.number);
		if (common.shared > 0)
			print_pages(out, "shares ", common.shared);
		if (common.cow > 0)
			print_pages(out,
			    common.shared > 0 ? ", copy-on-write "
					      : "copy-on-write ",
			    common.cow);
		fputc('\n', out);
	}
}

static const struct atlas_task *
next_child(const struct atlas *atlas, uint64_t parent, size_t *at)
{
	for (; *at < atlas->count; (*at)++) {
		const struct atlas_task *task = &atlas->tasks[*at];
		uint64_t of = task->info.parent;

		if (of != 0 && !atlas_find(atlas, of))
			of = 0;
		if (of == parent) {
			(*at)++;
			return task;
		}
	}
	return NULL;
}

static void
print_children(FILE *out, const struct atlas *atlas, uint64_t parent,
    const struct branch *around)
{
	size_t at = 0;
	const struct atlas_task *task = next_child(atlas, parent, &at), *next;

	for (; task; task = next) {
		struct branch branch = { around, false };
		size_t inner = 0;
		bool leaf = !next_child(atlas, task->info.number, &inner);

		next = next_child(atlas, parent, &at);
		branch.last = !next;
		if (parent != 0) {
			print_branch(out, around);
			fputs(next ? "├─ " : "└─ ", out);
		}
		print_task(out, task);
		print_common(out, atlas, task, parent != 0 ? &branch : NULL,
		    leaf);
		print_children(out, atlas, task->info.number,
		    parent != 0 ? &branch : NULL);
	}
}

void
view_tree(FILE *out, const struct atlas *atlas)
{
	if (atlas->count == 0)
		fputs("no tasks\n", out);
	print_children(out, atlas, 0, NULL);
}
