/*
 * The verbs that look: tasks, tree, map
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/show/constants.h"
#include "client/vmctl/atlas.h"
#include "client/vmctl/run.h"
#include "client/vmctl/verb.h"
#include "client/vmctl/view.h"
#include "common/cleanup.h"

static int
take_atlas(const struct verb *verb, struct atlas *atlas, uint64_t only,
    bool pages)
{
	kern_return_t kr = atlas_init(atlas, only, pages);

	return kr == KERN_SUCCESS ? EXIT_SUCCESS : verb_failed(verb, kr);
}

int
verb_tasks(const struct verb *verb, int argc, char **argv)
{
	_cleanup_(atlas_deinit) struct atlas atlas = { .tasks = NULL };
	int status;

	if (argc > 1)
		return verb_misused(verb, "'%s': no argument is wanted",
		    argv[1]);
	status = take_atlas(verb, &atlas, 0, false);
	if (status == EXIT_SUCCESS && verb_json)
		view_json(verb->name, &atlas, NULL, VIEW_JSON_TASKS);
	else if (status == EXIT_SUCCESS)
		view_tasks(stdout, &atlas);
	return status;
}

int
verb_tree(const struct verb *verb, int argc, char **argv)
{
	_cleanup_(atlas_deinit) struct atlas atlas = { .tasks = NULL };
	int status;

	if (argc > 1)
		return verb_misused(verb, "'%s': no argument is wanted",
		    argv[1]);
	status = take_atlas(verb, &atlas, 0, true);
	if (status == EXIT_SUCCESS && verb_json)
		view_json(verb->name, &atlas, NULL, VIEW_JSON_COMMON);
	else if (status == EXIT_SUCCESS)
		view_tree(stdout, &atlas);
	return status;
}

/* --- map -------------------------------------------------------------- */

struct map {
	const struct verb *verb;
	enum { TABLE, SUMMARY, PAGES, SVG, HTML } form;
	bool all;
	uint64_t task;
	bool has_address;
	uint64_t address;
	unsigned delta; /* seconds; 0: none */
};

static bool
to_number(const char *text, uint64_t *number)
{
	char *end;

	*number = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && *end == '\0';
}

static bool
parse_form(struct map *map, int key)
{
	static const struct {
		int key, form;
	} forms[] = { { 's', SUMMARY }, { 'p', PAGES }, { 'g', SVG },
		{ 'h', HTML } };

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].key == key) {
			map->form = forms[i].form;
			return true;
		}
	return false;
}

static int
parse_options(struct map *map, int argc, char **argv)
{
	static const struct option names[] = {
		{ "summary", no_argument, NULL, 's' },
		{ "pages", no_argument, NULL, 'p' },
		{ "svg", no_argument, NULL, 'g' },
		{ "html", no_argument, NULL, 'h' },
		{ "all", no_argument, NULL, 'a' },
		{ "delta", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t seconds;
	int key;

	optind = 0;
	while ((key = getopt_long(argc, argv, ":", names, NULL)) != -1) {
		if (parse_form(map, key))
			continue;
		if (key == 'a')
			map->all = true;
		else if (key == ':')
			return verb_misused(map->verb,
			    "%s: an argument is missing", argv[optind - 1]);
		else if (key != 'd')
			return verb_misused(map->verb, "%s: no such option",
			    argv[optind - 1]);
		else if (!to_number(optarg, &seconds) || seconds == 0 ||
			 seconds > 86400)
			return verb_misused(map->verb,
			    "--delta '%s': seconds, from 1 to 86400", optarg);
		else
			map->delta = (unsigned)seconds;
	}
	return EXIT_SUCCESS;
}

static int
parse(struct map *map, int argc, char **argv)
{
	int status = parse_options(map, argc, argv);

	if (status != EXIT_SUCCESS)
		return status;
	if (map->all && optind < argc)
		return verb_misused(map->verb, "'%s': --all takes no task",
		    argv[optind]);
	if (!map->all && optind == argc)
		return verb_misused(map->verb,
		    "which task? the verb tasks tells their numbers");
	if (!map->all && !to_number(argv[optind], &map->task))
		return verb_misused(map->verb, "'%s' is no task's number",
		    argv[optind]);
	optind += !map->all;
	if (optind < argc && !to_number(argv[optind], &map->address))
		return verb_misused(map->verb, "'%s' is no address",
		    argv[optind]);
	map->has_address = optind < argc;
	if (optind + 1 < argc)
		return verb_misused(map->verb, "'%s' is too much",
		    argv[optind + 1]);
	if (verb_json && (map->form == SVG || map->form == HTML))
		return verb_misused(map->verb, "a picture is no JSON");
	if (map->all && map->delta > 0)
		return verb_misused(map->verb, "--delta is of one task");
	return EXIT_SUCCESS;
}

static void
show_task(const struct map *map, const struct atlas *atlas,
    const struct atlas_task *task)
{
	bool colours =
	    isatty(STDOUT_FILENO) && !getenv("NO_COLOR") &&
	    strcmp(getenv("TERM") ? getenv("TERM") : "dumb", "dumb") != 0;

	if (map->has_address) {
		view_address(stdout, task, map->address);
	} else if (map->form == PAGES) {
		view_pages(stdout, atlas, task, colours);
	} else if (map->form == SUMMARY) {
		view_summary(stdout, task);
	} else {
		view_regions(stdout, task);
		if (task->count > 0) {
			putchar('\n');
			view_summary(stdout, task);
		}
	}
}

static int
fail_task(const struct map *map)
{
	fprintf(stderr,
	    "%s map: there is no task %" PRIu64
	    "; the verb tasks tells which there are\n",
	    program_invocation_short_name, map->task);
	return EXIT_UNEXPECTED;
}

static int
show_delta(const struct map *map, const struct atlas_task *before)
{
	_cleanup_(atlas_deinit) struct atlas atlas = { .tasks = NULL };
	const struct atlas_task *after;
	int status;

	sleep(map->delta);
	status = take_atlas(map->verb, &atlas, map->task, false);
	if (status != EXIT_SUCCESS)
		return status;
	after = atlas_find(&atlas, map->task);
	if (!after)
		return fail_task(map);
	if (verb_json)
		view_json_delta(map->verb->name, before, after);
	else if (!view_delta(stdout, before, after))
		printf("nothing has changed in %u second%s\n", map->delta,
		    map->delta == 1 ? "" : "s");
	return EXIT_SUCCESS;
}

static void
show_json(const struct map *map, const struct atlas *atlas,
    const struct atlas_task *task)
{
	if (map->has_address)
		view_json_address(map->verb->name, task, map->address);
	else
		view_json(map->verb->name, atlas, task,
		    map->form == SUMMARY ? VIEW_JSON_SUMS : VIEW_JSON_REGIONS);
}

int
verb_map(const struct verb *verb, int argc, char **argv)
{
	_cleanup_(atlas_deinit) struct atlas atlas = { .tasks = NULL };
	struct map map = { .verb = verb };
	const struct atlas_task *task = NULL;
	int status = parse(&map, argc, argv);

	if (status == EXIT_SUCCESS)
		status = take_atlas(verb, &atlas, map.task,
		    map.form == PAGES || map.form == SVG || map.form == HTML);
	if (status != EXIT_SUCCESS)
		return status;
	if (!map.all && !(task = atlas_find(&atlas, map.task)))
		return fail_task(&map);
	if (map.delta > 0)
		return show_delta(&map, task);
	if (verb_json)
		show_json(&map, &atlas, task);
	else if (map.form == SVG)
		view_svg(stdout, &atlas, task);
	else if (map.form == HTML)
		view_html(stdout, &atlas, task);
	else if (task)
		show_task(&map, &atlas, task);
	else
		for (size_t i = 0; i < atlas.count; i++) {
			if (i > 0)
				putchar('\n');
			show_task(&map, &atlas, &atlas.tasks[i]);
		}
	return EXIT_SUCCESS;
}
