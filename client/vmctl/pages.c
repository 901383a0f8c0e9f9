#include "client/vmctl/pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/vm_page_size.h>

#include "client/vmctl/json.h"
#include "client/vmd.h"
#include "common/cleanup.h"

enum {
	PAGES_MOST = 1 << 16,
	LINE = 64,
};

enum mark { MARK_NONE = '.', MARK_OWN = '#', MARK_SAME = '=', MARK_MORE = '+' };

static const char letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* A range of a task, and what is there. */
struct view {
	task_t task;
	uint64_t address;
	uint64_t size;
	struct vmd_page *pages;
	size_t count;
};

static void
view_deinit(struct view *view)
{
	free(view->pages);
}

static bool
view_get(struct run *run, struct view *view)
{
	uint64_t from = view->address & ~vm_kernel_page_mask;
	uint64_t end = view->address + view->size;
	uint64_t most =
	    (end - from + vm_kernel_page_mask) >> vm_kernel_page_shift;

	if (end < view->address || most > PAGES_MOST)
		return run_fail(run, "more than %d pages", PAGES_MOST);
	view->pages = calloc(most + 1, sizeof(*view->pages));
	if (!view->pages)
		return run_fail(run, "out of memory");
	while (view->count < most) {
		size_t count = most - view->count;
		uint64_t at = from + (view->count << vm_kernel_page_shift);
		kern_return_t kr = vmd_pages(view->task, at, end - at,
		    view->pages + view->count, &count);

		if (kr != KERN_SUCCESS)
			return run_fail_call(run, "vmd_pages", kr);
		view->count += count;
	}
	return true;
}

/* --- Letters ---------------------------------------------------------- */

/* A page of the view, and where it is in it. */
struct place {
	uint32_t frame;
	size_t i;
};

static int
compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

/* Of each page, the first of the view that has its frame. */
static void
find_first(const struct view *view, struct place *places, size_t *first)
{
	for (size_t i = 0; i < view->count; i++)
		places[i] = (struct place){ view->pages[i].frame, i };
	qsort(places, view->count, sizeof(*places), compare);
	for (size_t i = 0; i < view->count; i++)
		first[places[i].i] =
		    i > 0 && places[i].frame == places[i - 1].frame
			? first[places[i - 1].i]
			: places[i].i;
}

/* Have both one frame there? */
static bool
is_same(const struct view *view, const struct view *other, size_t i)
{
	return i < other->count && view->pages[i].frame != 0 &&
	       view->pages[i].frame == other->pages[i].frame;
}

/* A frame is in several places if it is counted more than once, or seen again.
 */
static void
mark_pages(const struct view *view, const struct view *other,
    const size_t *first, char *marks)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct vmd_page *page = &view->pages[i];

		if (page->frame == 0)
			marks[i] = MARK_NONE;
		else if (is_same(view, other, i))
			marks[i] = MARK_SAME;
		else
			marks[i] = page->refs > 1 ? MARK_MORE : MARK_OWN;
		if (marks[i] == MARK_OWN && first[i] < i)
			marks[i] = MARK_MORE;
		if (marks[i] == MARK_MORE && marks[first[i]] == MARK_OWN)
			marks[first[i]] = MARK_MORE;
	}
}

/* A letter for each frame that is in several places. */
static void
letter_pages(const struct view *view, const size_t *first, char *marks)
{
	size_t next = 0;

	for (size_t i = 0; i < view->count; i++) {
		if (marks[i] != MARK_MORE)
			continue;
		if (first[i] < i && marks[first[i]] != MARK_SAME)
			marks[i] = marks[first[i]];
		else if (next < strlen(letters))
			marks[i] = letters[next++];
	}
}

/* --- Shown ------------------------------------------------------------ */

/* Of the marks that are there. */
static void
print_legend(const char *marks)
{
	static const struct {
		const char *marks;
		const char *text;
	} legend[] = {
		{ ".", ". never written" },
		{ "#", "# a frame of its own" },
		{ letters, "a letter: a frame in several places" },
		{ "+", "+ so, and no letter is left" },
		{ "=", "= one frame in both tasks" },
	};
	const char *between = "";

	fputs("  (", stdout);
	for (size_t i = 0; i < ARRAY_SIZE(legend); i++) {
		if (!strpbrk(marks, legend[i].marks))
			continue;
		printf("%s%s", between, legend[i].text);
		between = "; ";
	}
	puts(")");
}

static void
print_marks(const struct view *view, const char *marks)
{
	uint64_t from = view->address & ~vm_kernel_page_mask;

	for (size_t i = 0; i < view->count; i += LINE)
		printf("  %#8" PRIx64 "  %.*s\n",
		    from + (i << vm_kernel_page_shift), LINE, marks + i);
	if (view->count > 0)
		print_legend(marks);
}

static void
put_pages(struct json *json, const char *key, const struct view *view)
{
	json_open_list(json, key);
	for (size_t i = 0; i < view->count; i++) {
		json_open_object(json, NULL);
		json_put_number(json, "frame", view->pages[i].frame);
		json_put_number(json, "refs", view->pages[i].refs);
		json_close(json);
	}
	json_close(json);
}

static void
put_views(const struct command *command, const struct view *view,
    const struct view *other)
{
	struct json *json = json_begin(command);

	json_put_number(json, "address", view->address & ~vm_page_mask);
	put_pages(json, "pages", view);
	if (other)
		put_pages(json, "with", other);
	json_end(json);
}

bool
pages_show(struct run *run, const struct argument *argument)
{
	bool two = argument[3].given;
	_cleanup_(view_deinit) struct view view = {
		.task = (task_t)argument[0].value.number,
		.address = argument[1].value.number,
		.size = argument[2].value.number,
	};
	_cleanup_(view_deinit) struct view other = {
		.task = (task_t)argument[4].value.number,
		.address = argument[argument[5].given ? 5 : 1].value.number,
		.size = view.size,
	};
	_cleanup_(freep) struct place *places = NULL;
	_cleanup_(freep) size_t *first = NULL;
	_cleanup_(freep) char *marks = NULL;

	if (!view_get(run, &view) || (two && !view_get(run, &other)))
		return false;
	if (run->json) {
		put_views(run->command, &view, two ? &other : NULL);
		return true;
	}
	places = calloc(view.count + 1, sizeof(*places));
	first = calloc(view.count + 1, sizeof(*first));
	marks = calloc(view.count + 1, 1);
	if (!places || !first || !marks)
		return run_fail(run, "out of memory");
	find_first(&view, places, first);
	mark_pages(&view, &other, first, marks);
	letter_pages(&view, first, marks);
	print_marks(&view, marks);
	return true;
}
