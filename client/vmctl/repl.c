#include "client/vmctl/repl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/session.h"
#include "client/vmctl/commands.h"
#include "client/vmctl/input.h"
#include "client/vmctl/verb.h"
#include "common/cleanup.h"

static const char blanks[] = " \t\r";

DEFINE_CLEANUP(struct input *, input_close)

/* `exit` and `quit`, alone. */
static bool
is_ending(const char *line, size_t size)
{
	static const char *const words[] = { "exit", "quit" };
	size_t before = strspn(line, blanks),
	       length = strcspn(line + before, " \t\r\n");

	if (before + length + strspn(line + before + length, blanks) < size)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (length == strlen(words[i]) &&
		    memcmp(line + before, words[i], length) == 0)
			return true;
	return false;
}

/* --- Verbs ------------------------------------------------------------ */

/* A verb's arguments, as a line has them. Returns how many; behind them is a
 * NULL. */
static int
split(char *line, char **words, int most)
{
	char *rest, *word = strtok_r(line, blanks, &rest);
	int count = 0;

	for (; word && count < most; word = strtok_r(NULL, blanks, &rest))
		words[count++] = word;
	words[count] = NULL;
	return count;
}

/* Does the line begin with a verb that is no command of a script? Then it is
 * run. */
static bool
run_verb(const char *line, size_t size)
{
	enum { WORDS_MOST = 16 };
	_cleanup_(freep) char *copy = strndup(line, size);
	char *words[WORDS_MOST + 1];
	int count = copy ? split(copy, words, WORDS_MOST) : 0;
	const struct verb *verb = NULL;

	if (count > 0 && !own_command_find(words[0]))
		verb = verb_find(words[0]);
	if (!verb)
		return false;
	verb_run(verb, count, words);
	return true;
}

/* --- Lines ------------------------------------------------------------ */

static void
run_line(struct run *run, const char *line, size_t size)
{
	run->failures = 0;
	if (run_verb(line, size))
		return;
	if (script_add(run->script, line, size, 1))
		run_script(run);
	script_forget(run->script);
}

static bool
is_lost(const struct run *run)
{
	return run->is_lost || session_get()->state == SESSION_DEAD;
}

int
repl(struct run *run)
{
	_cleanup_(input_closep) struct input *input = input_open(run->script);
	const char *line;
	size_t size;

	if (!input) {
		fprintf(stderr, "%s: out of memory\n",
		    program_invocation_short_name);
		return EXIT_FAILURE;
	}
	puts("`help` and `list` tell what there is, `help NAME` what it takes; "
	     "Ctrl-D ends.");
	while (!is_lost(run)) {
		line = input_line(input, &size);
		if (!line) {
			putchar('\n');
			break;
		}
		if (is_ending(line, size))
			break;
		run_line(run, line, size);
	}
	return is_lost(run) ? EXIT_NO_DAEMON : EXIT_SUCCESS;
}
