#include "client/vmctl/completion.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/vmctl/arena.h"
#include "client/vmctl/call.h"
#include "client/vmctl/commands.h"
#include "common/cleanup.h"

/* --- Commands --------------------------------------------------------- */

static void
print_command(const char *name, const struct parameters *parameters,
    word_printer *print)
{
	_cleanup_(freep) char *form = NULL;
	size_t size;
	FILE *out = open_memstream(&form, &size);

	if (!out)
		return;
	parameters_print(out, name, parameters);
	if (fclose(out) == 0)
		print(name, form + strlen(name) + (form[strlen(name)] == ' '));
}

static void
print_routine(const struct routine *routine, word_printer *print)
{
	struct arena arena = { 0 };
	struct parameters parameters;

	routine_parameters(routine, &arena, &parameters);
	print_command(routine->name, &parameters, print);
	arena_deinit(&arena);
}

void
completion_commands(word_printer *print)
{
	const struct own_command *own;
	struct routine routine;

	for (size_t i = 0; (own = own_command_at(i)); i++)
		print_command(own->name, &own->parameters, print);
	for (size_t i = 0; routine_at(i, &routine); i++)
		if (!routine_is_absent(&routine))
			print_routine(&routine, print);
}

/* --- Verbs ------------------------------------------------------------ */

void
completion_verbs(word_printer *print)
{
	const struct verb *verb;

	for (size_t i = 0; (verb = verb_at(i)); i++)
		print(verb->name, verb->what);
}

/* The next word of a form, or NULL. Goes on behind it. */
static char *
next_word(const char **at)
{
	static const char between[] = " []|.";
	size_t length;
	char *word;

	*at += strspn(*at, between);
	length = strcspn(*at, between);
	word = length > 0 ? strndup(*at, length) : NULL;
	*at += length;
	return word;
}

static bool
is_plain(const char *word)
{
	for (; *word != '\0'; word++)
		if (!islower((unsigned char)*word) && *word != '-')
			return false;
	return true;
}

void
completion_arguments(const struct verb *verb, word_printer *print)
{
	const char *at = verb->form;
	char *word;

	for (; (word = next_word(&at)); free(word))
		if (word[0] == '-' || is_plain(word))
			print(word, "");
		else if (strcmp(word, "VERB") == 0)
			completion_verbs(print);
}

bool
completion_takes_file(const struct verb *verb)
{
	const char *at = verb->form;
	bool found = false;
	char *word;

	for (; (word = next_word(&at)); free(word))
		found |= strcmp(word, "FILE") == 0;
	return found;
}

/* --- Words ------------------------------------------------------------ */

void
completion_spellings(const struct vmctl_option *option, const char *before,
    const char *after)
{
	if (option_has_letter(option)) {
		completion_text(before);
		printf("-%c", option->key);
		completion_text(after);
	}
	if (option->name) {
		completion_text(before);
		printf("--%s", option->name);
		completion_text(after);
	}
}

char *
completion_brief(const struct vmctl_option *option)
{
	char *brief = strndup(option->what, strcspn(option->what, ";"));

	for (char *at = brief; at && *at != '\0'; at++)
		if (*at == '\n')
			*at = ' ';
	return brief;
}

void
completion_quote(const char *text)
{
	putchar('\'');
	for (; *text != '\0'; text++)
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	putchar('\'');
}

void
completion_quote_fish(const char *text)
{
	putchar('\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

void
completion_text(const char *text)
{
	static const char mark[] = "NAME";
	const char *name = program_invocation_short_name;

	while (*text != '\0') {
		if (strncmp(text, mark, strlen(mark)) != 0) {
			putchar(*text++);
			continue;
		}
		for (const char *at = name; *at != '\0'; at++)
			putchar(isalnum((unsigned char)*at) ? *at : '_');
		text += strlen(mark);
	}
}
