/*
 * vmctl inject: runs a program whose calls fail on request
 *
 *      vmctl inject vm_remap --nth 3 KERN_NO_SPACE ./test
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/inject.h"
#include "client/show/complaint.h"
#include "client/vmctl/run.h"
#include "client/vmctl/verb.h"
#include "common/cleanup.h"

enum {
	EXIT_CANNOT_RUN = 126, /* as shells have it */
	EXIT_NO_PROGRAM = 127,
};

struct wish {
	const char *whom;
	const char *nth;
	const char *delay;
	const char *code;
	bool from;
};

/* The program is what is left, and has options of its own. */
static int
parse(struct wish *wish, int argc, char **argv)
{
	int i = 1;

	if (i < argc)
		wish->whom = argv[i++];
	for (; i < argc && argv[i][0] == '-'; i++) {
		const char **value =
		    strcmp(argv[i], "--nth") == 0     ? &wish->nth
		    : strcmp(argv[i], "--from") == 0  ? &wish->nth
		    : strcmp(argv[i], "--delay") == 0 ? &wish->delay
						      : NULL;

		if (!value || i + 1 == argc)
			return -1;
		wish->from |= strcmp(argv[i], "--from") == 0;
		*value = argv[++i];
	}
	if (!wish->delay && i < argc)
		wish->code = argv[i++];
	return i < argc ? i : -1;
}

/* Behind the rules that there are already. */
static bool
add_rule(const struct wish *wish, struct complaint *complaint)
{
	const char *before = getenv("VMD_INJECT");
	char rule[256], all[4096];

	snprintf(rule, sizeof(rule), "%s%s%s%s=%s%s", wish->whom,
	    wish->nth ? "#" : "", wish->nth ? wish->nth : "",
	    wish->from ? "+" : "", wish->delay ? "delay:" : "",
	    wish->delay ? wish->delay : wish->code);
	if (!inject_check(rule, complaint))
		return false;
	if ((size_t)snprintf(all, sizeof(all), "%s%s%s", before ? before : "",
		before ? ";" : "", rule) >= sizeof(all))
		return complain(complaint, "too many rules");
	return setenv("VMD_INJECT", all, 1) == 0 ||
	       complain(complaint, "%s", strerror(errno));
}

int
verb_inject(const struct verb *verb, int argc, char **argv)
{
	struct wish wish = { NULL, NULL, NULL, NULL, false };
	struct complaint complaint;
	int program = parse(&wish, argc, argv);

	if (program < 0)
		return verb_misused(verb,
		    "a routine, what becomes of it, and a program are wanted");
	if (!add_rule(&wish, &complaint))
		return verb_misused(verb, "%s", complaint.text);
	execvp(argv[program], argv + program);
	fprintf(stderr, "%s inject: cannot run '%s': %s\n",
	    program_invocation_short_name, argv[program], strerror(errno));
	return errno == ENOENT ? EXIT_NO_PROGRAM : EXIT_CANNOT_RUN;
}
