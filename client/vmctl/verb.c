#include "client/vmctl/verb.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	{ "help", "[VERB]", "tells what a verb does, or of all", help },
};

const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

void
verbs_print(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-9s %-22s %s\n", verbs[i].name, verbs[i].form,
		    verbs[i].what);
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
