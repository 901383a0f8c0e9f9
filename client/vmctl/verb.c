#include "client/vmctl/verb.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/message.h>
#include <mach/mig_errors.h>

#include "client/show/constants.h"
#include "client/vmctl/json.h"
#include "client/vmctl/run.h"
#include "common/cleanup.h"

static void
put_verb(struct json *json, const struct verb *verb)
{
	json_open_object(json, NULL);
	json_put_text(json, "name", verb->name);
	json_put_text(json, "form", verb->form);
	json_put_text(json, "what", verb->what);
	json_put_boolean(json, "json", verb->has_json);
	json_close(json);
}

/* NULL: all of them. */
static void
print_json(const struct verb *help, const struct verb *about)
{
	struct json *json = json_begin_verb(help->name);

	json_open_list(json, "verbs");
	for (size_t i = 0; verb_at(i); i++)
		if (!about || verb_at(i) == about)
			put_verb(json, verb_at(i));
	json_close(json);
	json_end(json);
}

static int
help(const struct verb *verb, int argc, char **argv)
{
	const struct verb *about = argc == 2 ? verb_find(argv[1]) : NULL;

	if (argc > 2)
		return verb_misused(verb, "one verb at a time");
	if (argc == 2 && !about)
		return verb_misused(verb, "there is no verb '%s'", argv[1]);
	if (verb_json)
		print_json(verb, about);
	else if (about)
		printf("usage: %s [options] %s %s\n\n%s\n",
		    program_invocation_short_name, about->name, about->form,
		    about->what);
	else
		verbs_print();
	return EXIT_SUCCESS;
}

static const struct verb verbs[] = {
	{ "completion", "bash|zsh|fish", "prints how a shell completes words",
	    verb_completion, false },
	{ "help", "[VERB]", "tells what a verb does, or of all", help, true },
	{ "inject",
	    "ROUTINE|@ADDRESS [--nth N|--from N] CODE|--delay MS PROGRAM "
	    "[ARGUMENT...]",
	    "runs a program whose calls fail on request", verb_inject, false },
	{ "map",
	    "[--summary|--pages|--svg|--html] [--delta SECONDS] TASK|--all "
	    "[ADDRESS]",
	    "shows a task's regions, or pages, or a picture of them", verb_map,
	    true },
	{ "monitor", "[-n COUNT] [--pcap FILE]",
	    "prints all calls, as they are made", verb_monitor, true },
	{ "record", "FILE COMMAND [ARG...]",
	    "runs a program, and keeps all that it and the daemon say",
	    verb_record, false },
	{ "replay", "[--personality NAME] FILE",
	    "asks again what was recorded, and tells which answers differ",
	    verb_replay, true },
	{ "stats", "", "prints what the daemon counts, for Prometheus",
	    verb_stats, true },
	{ "tasks", "", "lists all tasks", verb_tasks, true },
	{ "top", "[-n COUNT] [-d SECONDS]",
	    "shows tasks and what they do, live", verb_top, true },
	{ "tree", "", "shows which tasks share memory with whom", verb_tree,
	    true },
};

bool verb_json;

int
verb_run(const struct verb *verb, int argc, char **argv)
{
	if (verb_json && !verb->has_json)
		return verb_misused(verb, "--json: it prints none");
	return verb->run(verb, argc, argv);
}

const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

const struct verb *
verb_at(size_t i)
{
	return i < ARRAY_SIZE(verbs) ? &verbs[i] : NULL;
}

void
verbs_print(void)
{
	enum { NAME = 10, FORM = 21 };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		const struct verb *verb = &verbs[i];
		bool fits = strlen(verb->form) <= FORM;

		printf("  %-*s %-*s", NAME, verb->name, FORM, verb->form);
		if (!fits)
			printf("\n%*s", 2 + NAME + 1 + FORM, "");
		printf(" %s\n", verb->what);
	}
}

int
verb_misused(const struct verb *verb, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s %s: ", program_invocation_short_name, verb->name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\nusage: %s [options] %s %s\n",
	    program_invocation_short_name, verb->name, verb->form);
	return EXIT_USAGE;
}

int
verb_failed(const struct verb *verb, kern_return_t code)
{
	if (code == MACH_SEND_INVALID_DEST || code == MIG_SERVER_DIED) {
		fprintf(stderr, "%s %s: there is no daemon\n",
		    program_invocation_short_name, verb->name);
		return EXIT_NO_DAEMON;
	}
	fprintf(stderr, "%s %s: %s\n", program_invocation_short_name,
	    verb->name,
	    code == KERN_NO_ACCESS ? "only root and the daemon's own user may "
				     "look at all tasks"
				   : code_name(code));
	return EXIT_UNEXPECTED;
}
