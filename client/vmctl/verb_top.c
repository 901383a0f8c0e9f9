/*
 * vmctl top: tasks and what they do, again and again
 *
 *      12:00:00  4 tasks, 2 connections, 6 of 262144 pages
 *      13042 calls/s, 6 faults/s, 2 of them copied, 4 zero
 *
 *       TASK PARENT     PID  KIND    VSIZE   RSIZE  CALLS/S FAULTS/S   COW/S  COMMAND
 *
 * On a terminal the screen is drawn anew; elsewhere, or with -n, it is lines.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef VMD_CURSES
#include <curses.h>
#endif

#include <mach/mach.h>

#include "client/vmctl/atlas.h"
#include "client/vmctl/run.h"
#include "client/vmctl/verb.h"
#include "client/vmctl/view.h"
#include "client/vmd.h"
#include "common/cleanup.h"

/* One look at everything. */
struct look {
	struct atlas atlas;
	struct vmd_statistics statistics;
	struct vmd_counters counters;
	uint64_t calls; /* of all routines */
	double at;      /* seconds */
};

struct top {
	const struct verb *verb;
	double seconds; /* between two looks */
	uint64_t times; /* that are to be shown; 0: until it is left */
	enum { BY_CALLS, BY_MEMORY, BY_FAULTS, BY_NUMBER } order;
};

static kern_return_t
look(struct look *look)
{
	static struct vmd_routine_count counts[512];
	size_t count = ARRAY_SIZE(counts);
	struct timespec now;
	kern_return_t kr = atlas_init(&look->atlas, ATLAS_NO_REGIONS, false);

	if (kr == KERN_SUCCESS)
		kr = vmd_statistics(&look->statistics);
	if (kr == KERN_SUCCESS)
		kr = vmd_counters(&look->counters, counts, &count);
	if (kr != KERN_SUCCESS)
		return kr;
	look->calls = 0;
	for (size_t i = 0; i < count; i++)
		look->calls += counts[i].calls;
	clock_gettime(CLOCK_MONOTONIC, &now);
	look->at = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	return KERN_SUCCESS;
}

/* --- Lines ------------------------------------------------------------ */

struct row {
	const struct atlas_task *task;
	uint64_t resident;         /* bytes */
	double calls, faults, cow; /* a second */
};

/* How rows are compared: qsort() hands nothing on. */
static int order_now;

static int
descending(double a, double b)
{
	return a > b ? -1 : a < b;
}

static int
compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int by = 0;

	if (order_now == BY_CALLS)
		by = descending(x->calls, y->calls);
	else if (order_now == BY_MEMORY)
		by = descending((double)x->resident, (double)y->resident);
	else if (order_now == BY_FAULTS)
		by = descending(x->faults, y->faults);
	if (by != 0)
		return by;
	return x->task->info.number < y->task->info.number ? -1 : 1;
}

static double
rate(uint64_t before, uint64_t now, double seconds)
{
	return now > before ? (double)(now - before) / seconds : 0;
}

/* In bytes; that is asked with one call. */
static uint64_t
resident_of(const struct atlas_task *task)
{
	mach_task_basic_info_data_t info = { .resident_size = 0 };
	mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
	task_t port;

	if (vmd_task_read(task->info.number, &port) != KERN_SUCCESS)
		return 0;
	task_info(port, MACH_TASK_BASIC_INFO, (task_info_t)&info, &count);
	mach_port_deallocate(mach_task_self(), port);
	return info.resident_size;
}

/* Of a task that was not there before: nothing. The one call that the last look
 * made is not counted. */
static struct row
row_of(const struct look *before, const struct atlas_task *task, double seconds)
{
	const struct atlas_task *old =
	    atlas_find(&before->atlas, task->info.number);
	struct row row = { .task = task };

	row.resident = resident_of(task);
	if (!old)
		return row;
	row.calls = rate(old->info.calls + 1, task->info.calls, seconds);
	row.faults = rate(old->info.faults, task->info.faults, seconds);
	row.cow = rate(old->info.cow_faults, task->info.cow_faults, seconds);
	return row;
}

static void
print_head(FILE *out, const struct look *before, const struct look *now,
    double seconds)
{
	const struct vmd_counters *a = &before->counters, *b = &now->counters;
	time_t seconds_now = time(NULL);
	struct tm local;
	char text[16];

	localtime_r(&seconds_now, &local);
	strftime(text, sizeof(text), "%H:%M:%S", &local);
	fprintf(out,
	    "%s  %" PRIu64 " tasks, %" PRIu64 " connections, %" PRIu64
	    " of %" PRIu64 " pages\n",
	    text, now->statistics.tasks, now->statistics.connections,
	    now->statistics.pages_used, now->statistics.pages);
	fprintf(out,
	    "%.0f calls/s, %.0f faults/s: %.0f zero, %.0f copied on write\n\n",
	    rate(before->calls, now->calls, seconds),
	    rate(a->faults, b->faults, seconds),
	    rate(a->zero_fills, b->zero_fills, seconds),
	    rate(a->cow_faults, b->cow_faults, seconds));
	fprintf(out, "%6s %6s %7s  %-5s %7s %7s %8s %8s %7s  %s\n", "TASK",
	    "PARENT", "PID", "KIND", "VSIZE", "RSIZE", "CALLS/S", "FAULTS/S",
	    "COW/S", "COMMAND");
}

static void
print_row(FILE *out, const struct row *row)
{
	const struct vmd_task *info = &row->task->info;
	char parent[24] = "-";

	if (info->parent != 0)
		snprintf(parent, sizeof(parent), "%" PRIu64, info->parent);
	fprintf(out,
	    "%6" PRIu64 " %6s %7" PRId32
	    "  %-5s %7s %7s %8.0f %8.0f %7.0f  %s\n",
	    info->number, parent, info->pid, info->personality,
	    view_size(info->virtual_size).text, view_size(row->resident).text,
	    row->calls, row->faults, row->cow, row->task->command);
}

static void
print_look(FILE *out, const struct top *top, const struct look *before,
    const struct look *now)
{
	double seconds = MAX(now->at - before->at, 0.001);
	size_t count = 0;
	_cleanup_(freep) struct row *rows =
	    calloc(now->atlas.count + 1, sizeof(*rows));

	print_head(out, before, now, seconds);
	if (!rows)
		return;
	for (size_t i = 0; i < now->atlas.count; i++)
		if (now->atlas.tasks[i].info.pid != getpid())
			rows[count++] =
			    row_of(before, &now->atlas.tasks[i], seconds);
	order_now = top->order;
	qsort(rows, count, sizeof(*rows), compare);
	for (size_t i = 0; i < count; i++)
		print_row(out, &rows[i]);
}

/* --- Screens ---------------------------------------------------------- */

#ifdef VMD_CURSES
static void
draw(const char *text)
{
	const char *line = text;

	erase();
	for (int y = 0; y < LINES - 1 && *line; y++) {
		int length = (int)strcspn(line, "\n");

		if (y == 3)
			attron(A_REVERSE);
		mvaddnstr(y, 0, line, MIN(length, COLS));
		if (y == 3)
			attroff(A_REVERSE);
		line += length + (line[length] == '\n');
	}
	mvaddnstr(LINES - 1, 0,
	    "by: c calls, m memory, f faults, n number; q leaves", COLS);
	refresh();
}

/* A key, within the time. False: it is to be left. */
static bool
take_key(struct top *top)
{
	timeout((int)(top->seconds * 1000));
	switch (getch()) {
	case 'q':
		return false;
	case 'c':
		top->order = BY_CALLS;
		break;
	case 'm':
		top->order = BY_MEMORY;
		break;
	case 'f':
		top->order = BY_FAULTS;
		break;
	case 'n':
		top->order = BY_NUMBER;
		break;
	default:
		break;
	}
	return true;
}
#endif

static bool
is_screen(const struct top *top)
{
#ifdef VMD_CURSES
	return top->times == 0 && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
#else
	(void)top;
	return false;
#endif
}

static bool
wait_for_next(struct top *top, bool screen)
{
#ifdef VMD_CURSES
	if (screen)
		return take_key(top);
#else
	(void)screen;
#endif
	usleep((useconds_t)(top->seconds * 1e6));
	return true;
}

static void
show(const struct top *top, const struct look *before, const struct look *now,
    bool screen)
{
	_cleanup_(freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	print_look(out, top, before, now);
	fclose(out);
#ifdef VMD_CURSES
	if (screen) {
		draw(text);
		return;
	}
#endif
	(void)screen;
	puts(text);
	fflush(stdout);
}

static kern_return_t
go_on(struct top *top, bool screen)
{
	struct look looks[2] = { 0 };
	kern_return_t kr = look(&looks[0]);
	bool more = kr == KERN_SUCCESS;

	for (uint64_t i = 0; more; i++) {
		struct look *before = &looks[i % 2], *now = &looks[(i + 1) % 2];

		if (screen && i == 0)
			show(top, before, before, screen);
		more = wait_for_next(top, screen);
		atlas_deinit(&now->atlas);
		*now = (struct look){ 0 };
		kr = more ? look(now) : kr;
		more = more && kr == KERN_SUCCESS;
		if (more)
			show(top, before, now, screen);
		more = more && (top->times == 0 || i + 1 < top->times);
	}
	atlas_deinit(&looks[0].atlas);
	atlas_deinit(&looks[1].atlas);
	return kr;
}

/* --- The verb --------------------------------------------------------- */

static int
parse(struct top *top, int argc, char **argv)
{
	static const struct option names[] = {
		{ "count", required_argument, NULL, 'n' },
		{ "delay", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	char *end;
	int key;

	optind = 0;
	while ((key = getopt_long(argc, argv, ":n:d:", names, NULL)) != -1) {
		if (key == 'n') {
			top->times = strtoull(optarg, &end, 10);
			if (*end != '\0' || top->times == 0)
				return verb_misused(top->verb,
				    "'%s' is no count", optarg);
		} else if (key == 'd') {
			top->seconds = strtod(optarg, &end);
			if (*end != '\0' ||
			    !(top->seconds >= 0.1 && top->seconds <= 3600))
				return verb_misused(top->verb,
				    "'%s': seconds, from 0.1 to 3600", optarg);
		} else {
			return verb_misused(top->verb, "%s: no such option",
			    argv[optind - 1]);
		}
	}
	if (optind < argc)
		return verb_misused(top->verb, "'%s': no argument is wanted",
		    argv[optind]);
	return EXIT_SUCCESS;
}

int
verb_top(const struct verb *verb, int argc, char **argv)
{
	struct top top = { .verb = verb, .seconds = 1 };
	int status = parse(&top, argc, argv);
	kern_return_t kr;
	bool screen;

	if (status != EXIT_SUCCESS)
		return status;
	screen = is_screen(&top);
#ifdef VMD_CURSES
	if (screen) {
		initscr();
		cbreak();
		noecho();
		curs_set(0);
	}
#endif
	kr = go_on(&top, screen);
#ifdef VMD_CURSES
	if (screen)
		endwin();
#endif
	return kr == KERN_SUCCESS ? EXIT_SUCCESS : verb_failed(verb, kr);
}
