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
#include "client/vmctl/run.h"
#include "common/cleanup.h"

static int
help(const struct verb *verb, int argc, char **argv)
{
	const struct verb *about = argc == 2 ? verb_find(argv[1]) : NULL;

	if (argc > 2)
		return verb_misused(verb, "one verb at a time");
	if (argc == 2 && !about)
		return verb_misused(verb, "there is no verb '%s'", argv[1]);
	if (about)
		printf("usage: %s [options] %s %s\n\n%s\n",
		    program_invocation_short_name, about->name, about->form,
		    about->what);
	else
		verbs_print();
	return EXIT_SUCCESS;
}

static const struct verb verbs[] = {
	{ "completion", "bash|zsh|fish", "prints how a shell completes words",
	    verb_completion },
	{ "help", "[VERB]", "tells what a verb does, or of all", help },
	{ "inject",
	    "ROUTINE|@ADDRESS [--nth N|--from N] CODE|--delay MS PROGRAM "
	    "[ARGUMENT...]",
	    "runs a program whose calls fail on request", verb_inject },
	{ "map",
	    "[--summary|--pages|--svg|--html] [--delta SECONDS] TASK|--all "
	    "[ADDRESS]",
	    "shows a task's regions, or pages, or a picture of them",
	    verb_map },
	{ "monitor", "[-n COUNT] [--pcap FILE]",
	    "prints all calls, as they are made", verb_monitor },
	{ "record", "FILE COMMAND [ARG...]",
	    "runs a program, and keeps all that it and the daemon say",
	    verb_record },
	{ "replay", "[--personality NAME] FILE",
	    "asks again what was recorded, and tells which answers differ",
	    verb_replay },
	{ "stats", "", "prints what the daemon counts, for Prometheus",
	    verb_stats },
	{ "tasks", "", "lists all tasks", verb_tasks },
	{ "top", "[-n COUNT] [-d SECONDS]",
	    "shows tasks and what they do, live", verb_top },
	{ "tree", "", "shows which tasks share memory with whom", verb_tree },
};

bool verb_json;

bool
verb_takes_json(const struct verb *verb)
{
	static const char *const names[] = { "map", "monitor", "stats", "tasks",
		"tree" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], verb->name) == 0)
			return true;
	return false;
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
