/*
 * vmctl top: tasks and what they do, again and again
 *
 * On a terminal the screen is drawn anew; elsewhere, or with -n, it is lines. As
 * JSON each look is one.
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

#include "client/vmctl/report.h"
#include "client/vmctl/run.h"
#include "client/vmctl/verb.h"
#include "common/cleanup.h"

struct top {
	const struct verb *verb;
	double seconds; /* between two looks */
	uint64_t times; /* that are to be shown; 0: until it is left */
	enum report_order order;
};

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
	return !verb_json && top->times == 0 && isatty(STDOUT_FILENO) &&
	       isatty(STDIN_FILENO);
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
print_or_draw(const struct report *report, bool screen)
{
	_cleanup_(freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	report_print(out, report);
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

static void
show(const struct top *top, const struct look *before, const struct look *now,
    bool screen)
{
	struct report report;

	if (!report_init(&report, top->order, before, now))
		return;
	if (verb_json)
		report_put(top->verb->name, &report);
	else
		print_or_draw(&report, screen);
	report_deinit(&report);
}

static kern_return_t
go_on(struct top *top, bool screen)
{
	struct look looks[2] = { 0 };
	kern_return_t kr = look_init(&looks[0]);
	bool more = kr == KERN_SUCCESS;

	for (uint64_t i = 0; more; i++) {
		struct look *before = &looks[i % 2], *now = &looks[(i + 1) % 2];

		if (screen && i == 0)
			show(top, before, before, screen);
		more = wait_for_next(top, screen);
		look_deinit(now);
		*now = (struct look){ 0 };
		kr = more ? look_init(now) : kr;
		more = more && kr == KERN_SUCCESS;
		if (more)
			show(top, before, now, screen);
		more = more && (top->times == 0 || i + 1 < top->times);
	}
	look_deinit(&looks[0]);
	look_deinit(&looks[1]);
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
