/*
 * vmctl replay: asks a daemon again what was recorded
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/vmctl/json.h"
#include "client/vmctl/replay.h"
#include "client/vmctl/run.h"
#include "client/vmctl/verb.h"
#include "common/cleanup.h"

static const char *const personalities[] = { NULL, "osf", "xnu", "gnu" };

/* 0: there is none of the name. */
static uint32_t
personality_of(const char *name)
{
	for (uint32_t i = 1; i < ARRAY_SIZE(personalities); i++)
		if (strcmp(personalities[i], name) == 0)
			return i;
	return 0;
}

static int
fail(const struct verb *verb, const char *path,
    const struct complaint *complaint, int status)
{
	fprintf(stderr, "%s %s: %s%s%s\n", program_invocation_short_name,
	    verb->name, path ? path : "", path ? ": " : "", complaint->text);
	return status;
}

/* --- What is told ----------------------------------------------------- */

/* A line on a terminal, while it lasts. */
static bool progress_is_shown;

static void
clear_progress(void)
{
	if (progress_is_shown)
		fputs("\r\033[K", stderr);
	progress_is_shown = false;
}

static void
show_progress(const struct replay *replay)
{
	enum { EVERY = 4096 };

	if (replay->calls % EVERY != 0 || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%" PRIu64 " calls, %" PRIu64 " differences",
	    replay->calls, replay->differing);
	progress_is_shown = true;
}

static void
print_difference(const struct replay_difference *difference)
{
	clear_progress();
	printf("%" PRIu32, difference->connection);
	if (difference->number != 0)
		printf(".%" PRIu32, difference->number);
	printf(" %s: %s\n", difference->what, difference->how);
}

static void
put_difference(const struct replay_difference *difference)
{
	struct json *json = json_begin_verb("replay");

	clear_progress();
	json_put_number(json, "connection", difference->connection);
	if (difference->number != 0)
		json_put_number(json, "number", difference->number);
	json_put_text(json, "what", difference->what);
	json_put_text(json, "difference", difference->how);
	json_end(json);
}

static void
print_end(const struct verb *verb, const struct replay *replay)
{
	struct json *json;

	if (!verb_json) {
		printf("calls: %" PRIu64 ", differences: %" PRIu64 "\n",
		    replay->calls, replay->differing);
		return;
	}
	json = json_begin_verb(verb->name);
	json_put_number(json, "calls", replay->calls);
	json_put_number(json, "differences", replay->differing);
	json_end(json);
}

/* --- Playing ---------------------------------------------------------- */

static int
play(const struct verb *verb, const char *path, uint32_t personality)
{
	struct recording recording;
	struct replay replay = {
		.recording = &recording,
		.personality = personality,
		.tell = verb_json ? put_difference : print_difference,
		.went_on = show_progress,
	};
	struct complaint complaint;
	int status = EXIT_SUCCESS;

	if (!recording_read(&recording, path, &complaint))
		status = fail(verb, path, &complaint, EXIT_USAGE);
	else if (!replay_run(&replay, &complaint))
		status = fail(verb, NULL, &complaint, EXIT_NO_DAEMON);
	recording_deinit(&recording);
	clear_progress();
	if (status != EXIT_SUCCESS)
		return status;
	print_end(verb, &replay);
	return replay.differing > 0 ? EXIT_UNEXPECTED : EXIT_SUCCESS;
}

int
verb_replay(const struct verb *verb, int argc, char **argv)
{
	static const struct option names[] = {
		{ "personality", required_argument, NULL, 'p' },
		{ 0 },
	};
	const char *name = getenv("VMD_PERSONALITY");
	uint32_t personality = 0;
	int key;

	optind = 0;
	opterr = 0;
	while ((key = getopt_long(argc, argv, ":", names, NULL)) != -1) {
		if (key == ':')
			return verb_misused(verb, "%s: an argument is missing",
			    argv[optind - 1]);
		if (key != 'p')
			return verb_misused(verb, "%s: no such option",
			    argv[optind - 1]);
		name = optarg;
	}
	if (name) {
		personality = personality_of(name);
		if (personality == 0)
			return verb_misused(verb,
			    "personality '%s': osf, xnu or gnu", name);
	}
	if (optind != argc - 1)
		return verb_misused(verb, "one file is wanted");
	return play(verb, argv[optind], personality);
}
