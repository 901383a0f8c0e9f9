/*
 * In fish: conditions that say what is before the cursor, and a line a word
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/vmctl/completion.h"
#include "common/cleanup.h"

static const char functions[] =
    "# The verb before the cursor; fails if there is none.\n"
    "function __NAME_verb\n"
    "\tset -l words (commandline -opc)\n"
    "\tset -l takes 0\n"
    "\tset -e words[1]\n"
    "\tfor word in $words\n"
    "\t\tif test $takes = 1\n"
    "\t\t\tset takes 0\n"
    "\t\telse if contains -- $word $__NAME_taking\n"
    "\t\t\tset takes 1\n"
    "\t\telse if not string match -q -- '-*' $word\n"
    "\t\t\techo $word\n"
    "\t\t\treturn 0\n"
    "\t\tend\n"
    "\tend\n"
    "\treturn 1\n"
    "end\n"
    "\n"
    "function __NAME_first\n"
    "\tnot __NAME_verb >/dev/null\n"
    "end\n"
    "\n"
    "function __NAME_after\n"
    "\tcontains -- $argv[1] (__NAME_verb)\n"
    "end\n"
    "\n"
    "# The last word of a text in quotes.\n"
    "function __NAME_text\n"
    "\tset -l text (string replace -r '^[\\'\"]' '' -- (commandline -ct))\n"
    "\tset -l head (string match -r '^.*[\\s;]' -- \"$text\")\n"
    "\tfor command in $__NAME_commands\n"
    "\t\techo -- \"$head$command\"\n"
    "\tend\n"
    "end\n";

static void
print_command(const char *name, const char *operands)
{
	printf(" \\\n\t%s\\t", name);
	completion_quote_fish(operands);
}

/* Of which verb a word is that is printed; NULL: it is a verb. */
static const struct verb *of;

static void
print_word(const char *word, const char *about)
{
	printf("complete -c %s -n ", program_invocation_short_name);
	if (of) {
		completion_text("'__NAME_after ");
		printf("%s' -a ", of->name);
	} else {
		completion_text("__NAME_first -a ");
	}
	completion_quote_fish(word);
	if (*about != '\0') {
		fputs(" -d ", stdout);
		completion_quote_fish(about);
	}
	putchar('\n');
}

static void
print_option(const struct vmctl_option *option)
{
	static const char *const kinds[] = {
		[TAKES_NOTHING] = "",
		[TAKES_COMMANDS] = " -x -a '(__NAME_text)'",
		[TAKES_FILE] = " -r -F",
		[TAKES_PERSONALITY] = " -x -a '" PERSONALITIES "'",
	};
	_cleanup_(freep) char *brief = completion_brief(option);

	printf("complete -c %s -n ", program_invocation_short_name);
	completion_text("__NAME_first");
	if (option_has_letter(option))
		printf(" -s %c", option->key);
	if (option->name)
		printf(" -l %s", option->name);
	completion_text(kinds[option->takes]);
	fputs(" -d ", stdout);
	completion_quote_fish(brief ? brief : "");
	putchar('\n');
}

static void
print_verbs(void)
{
	const char *name = program_invocation_short_name;
	const struct verb *verb;

	of = NULL;
	completion_verbs(print_word);
	for (size_t i = 0; (verb = verb_at(i)); i++) {
		of = verb;
		completion_arguments(verb, print_word);
		if (completion_takes_file(verb)) {
			printf("complete -c %s -F -n ", name);
			completion_text("'__NAME_after ");
			printf("%s'\n", verb->name);
		}
	}
}

void
completion_fish(void)
{
	const char *name = program_invocation_short_name;
	const struct vmctl_option *option;

	completion_text("\nset -g __NAME_taking");
	for (size_t i = 0; (option = option_at(i)); i++)
		if (option->takes != TAKES_NOTHING)
			completion_spellings(option, " ", "");
	completion_text("\nset -g __NAME_commands");
	completion_commands(print_command);
	puts("\n");
	completion_text(functions);
	printf("\ncomplete -c %s -f\ncomplete -c %s -F -n ", name, name);
	completion_text("__NAME_first\n");
	for (size_t i = 0; (option = option_at(i)); i++)
		print_option(option);
	print_verbs();
}
