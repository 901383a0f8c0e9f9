/*
 * Pictures: a panel a task, a row of squares for every sixteen pages
 *
 *      task 1                       task 2, child of 1
 *      0x1000  rw-/rwx  COW         0x1000  rw-/rwx  COW
 *      [a][b][ ][ ]                 [a][ ][ ][ ]
 *
 * A letter is a frame that is in several places. Colours say what the kinds of
 * pages are; so do patterns of the squares' borders, and words below.
 */
#include "client/vmctl/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <mach/vm_page_size.h>

#include "client/show/value.h"
#include "common/cleanup.h"

enum {
	ACROSS = 16, /* pages in a row */
	CELL = 18,
	ROW = CELL + 2,
	TEXT = 20,  /* height of a line */
	LABEL = 96, /* width of an address */
	EDGE = 16,
	PANEL = EDGE + LABEL + ACROSS * (CELL + 1) + EDGE,
	PANELS = 3,     /* side by side */
	ROWS_MOST = 64, /* of a region */
};

static const struct {
	const char *fill;
	const char *stroke;
	const char *dash;
	const char *words;
} kinds[] = {
	[ATLAS_ZERO] = { "#ffffff", "#b0b0b0", "2 2", "zero: nobody wrote it" },
	[ATLAS_PRIVATE] = { "#a9cdf5", "#2b6cb0", "none", "private" },
	[ATLAS_COW] = { "#fbd38d", "#c05621", "4 2",
	    "copied on write: one page until somebody writes" },
	[ATLAS_SHARED] = { "#a8e0b0", "#276749", "none",
	    "shared: a write is seen by all" },
	[ATLAS_WIRED] = { "#d6bcfa", "#553c9a", "none", "private and wired" },
	[ATLAS_UNKNOWN] = { "#e2e8f0", "#718096", "1 3", "not looked at" },
};

struct picture {
	FILE *out;
	const struct atlas *atlas;
	uint32_t letters[52]; /* frames */
	unsigned letter_count;
	bool seen[ARRAY_SIZE(kinds)];
};

/* --- Letters ---------------------------------------------------------- */

/* 0: it is in one place, or there is no letter left. */
static char
letter_of(struct picture *picture, uint32_t frame)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (atlas_places(picture->atlas, frame) < 2)
		return 0;
	for (unsigned i = 0; i < picture->letter_count; i++)
		if (picture->letters[i] == frame)
			return letters[i];
	if (picture->letter_count == ARRAY_SIZE(picture->letters))
		return '+';
	picture->letters[picture->letter_count] = frame;
	return letters[picture->letter_count++];
}

/* --- Text ------------------------------------------------------------- */

static void
put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		const char *name = *text == '<'   ? "&lt;"
				   : *text == '>' ? "&gt;"
				   : *text == '&' ? "&amp;"
				   : *text == '"' ? "&quot;"
						  : NULL;

		if (name)
			fputs(name, out);
		else
			fputc(*text < ' ' && *text > 0 && *text != '\n' ? '?'
									: *text,
			    out);
	}
}

static void
put_text(FILE *out, unsigned x, unsigned y, const char *class, const char *text)
{
	fprintf(out, "<text x=\"%u\" y=\"%u\" class=\"%s\">", x, y, class);
	put_escaped(out, text);
	fputs("</text>\n", out);
}

/* --- Squares ---------------------------------------------------------- */

static void
put_square(FILE *out, unsigned x, unsigned y, enum atlas_kind kind)
{
	fprintf(out,
	    "<rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" rx=\"2\" "
	    "fill=\"%s\" stroke=\"%s\" stroke-dasharray=\"%s\">",
	    x, y, CELL - 1, CELL - 1, kinds[kind].fill, kinds[kind].stroke,
	    kinds[kind].dash);
}

static void
put_page(struct picture *picture, unsigned x, unsigned y,
    const struct atlas_region *region, size_t i)
{
	enum atlas_kind kind = atlas_kind(picture->atlas, region, i);
	uint32_t frame = i < region->page_count ? region->pages[i].frame : 0;
	char letter[2] = { letter_of(picture, frame), '\0' };

	picture->seen[kind] = true;
	put_square(picture->out, x, y, kind);
	fprintf(picture->out, "<title>%#" PRIx64 ": ",
	    region->start + ((uint64_t)i << vm_kernel_page_shift));
	put_escaped(picture->out, kinds[kind].words);
	if (frame != 0)
		fprintf(picture->out, ", frame %" PRIu32, frame);
	fputs("</title></rect>\n", picture->out);
	if (letter[0])
		put_text(picture->out, x + CELL / 2, y + CELL - 5, "letter",
		    letter);
}

/* --- Regions ---------------------------------------------------------- */

static size_t
pages_of(const struct atlas_region *region)
{
	return (size_t)(atlas_size(region) >> vm_kernel_page_shift);
}

/* Has a row a page that somebody wrote, or the row before one? */
static bool
row_is_shown(const struct picture *picture, const struct atlas_region *region,
    size_t row)
{
	size_t from = row * ACROSS, end = MIN(from + ACROSS, pages_of(region));

	if (row == 0)
		return true;
	if (row >= ROWS_MOST)
		return false;
	for (size_t i = from; i < end; i++)
		if (atlas_kind(picture->atlas, region, i) != ATLAS_ZERO)
			return true;
	return false;
}

static size_t
row_count(const struct atlas_region *region)
{
	return (pages_of(region) + ACROSS - 1) / ACROSS;
}

static unsigned
region_height(const struct picture *picture, const struct atlas_region *region)
{
	unsigned height = TEXT + 6;
	size_t left = 0;

	for (size_t row = 0; row < row_count(region); row++)
		if (row_is_shown(picture, region, row))
			height += ROW;
		else
			left++;
	return height + (left > 0 ? TEXT : 0);
}

static void
put_region_title(struct picture *picture, unsigned x, unsigned y,
    const struct atlas_region *region)
{
	char text[160];
	_cleanup_(freep) char *attributes = NULL;
	size_t size;
	FILE *out = open_memstream(&attributes, &size);

	if (!out)
		return;
	value_print(out,
	    (struct value){ (uint64_t)region->protection, MEANING_PROTECTION });
	fputc('/', out);
	value_print(out, (struct value){ (uint64_t)region->max_protection,
			     MEANING_PROTECTION });
	fputs("  inherit ", out);
	value_print(out,
	    (struct value){ region->inheritance, MEANING_INHERITANCE });
	fclose(out);
	snprintf(text, sizeof(text), "%s  %s  %s",
	    view_size(atlas_size(region)).text, attributes,
	    region->tag ? atlas_type(region) : "");
	put_text(picture->out, x + LABEL, y + TEXT - 6, "detail", text);
}

static void
put_rows(struct picture *picture, unsigned x, unsigned *y,
    const struct atlas_region *region)
{
	size_t left = 0;
	char text[64];

	for (size_t row = 0; row < row_count(region); row++) {
		size_t from = row * ACROSS;
		size_t end = MIN(from + ACROSS, pages_of(region));

		if (!row_is_shown(picture, region, row)) {
			left += end - from;
			continue;
		}
		snprintf(text, sizeof(text), "%#" PRIx64,
		    region->start + ((uint64_t)from << vm_kernel_page_shift));
		put_text(picture->out, x, *y + CELL - 5, "address", text);
		for (size_t i = from; i < end; i++)
			put_page(picture,
			    x + LABEL + (unsigned)(i - from) * (CELL + 1), *y,
			    region, i);
		*y += ROW;
	}
	if (left == 0)
		return;
	snprintf(text, sizeof(text), "and %zu pages more", left);
	put_text(picture->out, x + LABEL, *y + TEXT - 6, "detail", text);
	*y += TEXT;
}

/* --- Panels ----------------------------------------------------------- */

static unsigned
panel_height(const struct picture *picture, const struct atlas_task *task)
{
	unsigned height = EDGE + TEXT + EDGE;

	if (task->count == 0)
		height += TEXT;
	for (size_t i = 0; i < task->count; i++)
		height += region_height(picture, &task->regions[i]);
	return height;
}

static void
put_panel(struct picture *picture, unsigned x, unsigned y, unsigned height,
    const struct atlas_task *task)
{
	char text[128], parent[40] = "";

	fprintf(picture->out,
	    "<rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%u\" rx=\"6\" "
	    "fill=\"#fafafa\" stroke=\"#d0d0d0\"/>\n",
	    x, y, PANEL - 8, height - 8);
	if (task->info.parent != 0)
		snprintf(parent, sizeof(parent), ", child of %" PRIu64,
		    task->info.parent);
	snprintf(text, sizeof(text), "task %" PRIu64 "%s (%s)",
	    task->info.number, parent, task->info.personality);
	y += EDGE;
	put_text(picture->out, x + EDGE / 2, y + TEXT - 8, "task", text);
	y += TEXT;
	if (task->count == 0)
		put_text(picture->out, x + EDGE / 2, y + TEXT - 6, "detail",
		    "nothing is mapped");
	for (size_t i = 0; i < task->count; i++) {
		put_region_title(picture, x + EDGE / 2, y, &task->regions[i]);
		y += TEXT;
		put_rows(picture, x + EDGE / 2, &y, &task->regions[i]);
		y += 6;
	}
}

/* --- The picture ------------------------------------------------------ */

static const char style[] =
    "<style>text{font-family:ui-sans-serif,system-ui,sans-serif;"
    "fill:#1a202c}"
    ".task{font-size:15px;font-weight:600}"
    ".detail{font-size:12px;fill:#4a5568;white-space:pre}"
    ".address{font-size:12px;font-family:ui-monospace,monospace}"
    ".letter{font-size:12px;font-weight:600;text-anchor:middle}"
    "</style>\n";

static void
put_legend(struct picture *picture, unsigned y)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!picture->seen[i])
			continue;
		put_square(picture->out, EDGE, y, (enum atlas_kind)i);
		fputs("</rect>\n", picture->out);
		put_text(picture->out, EDGE + CELL + 8, y + CELL - 5, "detail",
		    kinds[i].words);
		y += ROW;
	}
	if (picture->letter_count > 0)
		put_text(picture->out, EDGE, y + CELL - 5, "detail",
		    "a letter: one frame, wherever it stands");
}

/* The tasks that are shown: one, or all. */
struct choice {
	const struct atlas_task *first;
	size_t count;
};

static struct choice
choose(const struct atlas *atlas, const struct atlas_task *task)
{
	return task ? (struct choice){ task, 1 }
		    : (struct choice){ atlas->tasks, atlas->count };
}

/* Of the panels that begin at one and stand side by side. */
static unsigned
band_height(const struct picture *picture, const struct choice *choice,
    size_t from)
{
	unsigned height = 0;

	for (size_t i = from; i < MIN(from + PANELS, choice->count); i++)
		height = MAX(height, panel_height(picture, &choice->first[i]));
	return height;
}

void
view_svg(FILE *out, const struct atlas *atlas, const struct atlas_task *task)
{
	struct picture picture = { .out = out, .atlas = atlas };
	struct choice choice = choose(atlas, task);
	unsigned height = EDGE / 2, y = EDGE / 2;
	unsigned width =
	    PANEL * (unsigned)MIN(MAX(choice.count, (size_t)1), (size_t)PANELS);

	for (size_t i = 0; i < choice.count; i += PANELS)
		height += band_height(&picture, &choice, i);
	height += ROW * (ARRAY_SIZE(kinds) + 1) + EDGE;
	fprintf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" "
	    "height=\"%u\" viewBox=\"0 0 %u %u\">\n"
	    "<title>Pages of simulated Mach tasks</title>\n%s"
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
	    width + EDGE / 2, height, width + EDGE / 2, height, style);
	for (size_t i = 0; i < choice.count; i += PANELS) {
		unsigned band = band_height(&picture, &choice, i);

		for (size_t k = i; k < MIN(i + PANELS, choice.count); k++)
			put_panel(&picture,
			    EDGE / 2 + (unsigned)(k - i) * PANEL, y, band,
			    &choice.first[k]);
		y += band;
	}
	put_legend(&picture, y + EDGE / 2);
	fputs("</svg>\n", out);
}

void
view_html(FILE *out, const struct atlas *atlas, const struct atlas_task *task)
{
	struct choice choice = choose(atlas, task);
	_cleanup_(freep) char *text = NULL;
	size_t size;
	FILE *table = open_memstream(&text, &size);

	fputs("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
	      "<title>vmd: memory of simulated Mach tasks</title>\n"
	      "<style>body{font-family:ui-sans-serif,system-ui,sans-serif;"
	      "margin:2em;color:#1a202c}pre{font-size:13px;"
	      "background:#fafafa;padding:1em;overflow:auto}</style>\n"
	      "<h1>Memory of simulated Mach tasks</h1>\n",
	    out);
	view_svg(out, atlas, task);
	if (table) {
		for (size_t i = 0; i < choice.count; i++) {
			view_regions(table, &choice.first[i]);
			fputc('\n', table);
		}
		fclose(table);
		fputs("<h2>Regions</h2>\n<pre>", out);
		put_escaped(out, text);
		fputs("</pre>\n", out);
	}
	fputs("</html>\n", out);
}
