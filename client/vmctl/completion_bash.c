/*
 * In bash: a function that finds out what is before the cursor, and tables
 *
 * Nothing here may need the package bash-completion.
 */
#include <errno.h>
#include <stdio.h>

#include "client/vmctl/completion.h"

static const char functions[] =
    "# Those that begin like the word at the cursor.\n"
    "_NAME_words()\n"
    "{\n"
    "\tmapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
    "}\n"
    "\n"
    "_NAME_files()\n"
    "{\n"
    "\tcompopt -o filenames 2>/dev/null\n"
    "\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "}\n"
    "\n"
    "# The last word of a text in quotes. One that is complete comes with\n"
    "# its operands, too, so that the quotes stay open.\n"
    "_NAME_text()\n"
    "{\n"
    "\tlocal tail=${cur##*[[:space:]\\;\\'\\\"]} word\n"
    "\tlocal head=${cur%\"$tail\"} names=${!_NAME_commands[*]}\n"
    "\tlocal -a found\n"
    "\n"
    "\tmapfile -t found < <(compgen -W \"$names\" -- \"$tail\")\n"
    "\t[[ ${#found[@]} -eq 1 ]] &&\n"
    "\t    found+=(\"${found[0]} ${_NAME_commands[${found[0]}]}\")\n"
    "\tfor word in \"${found[@]}\"; do\n"
    "\t\tCOMPREPLY+=(\"${head#[\\'\\\"]}$word\")\n"
    "\tdone\n"
    "\tcompopt -o nospace 2>/dev/null\n"
    "}\n"
    "\n"
    "# What is before the cursor? Of --socket=x bash makes three words.\n"
    "_NAME()\n"
    "{\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} takes='' verb='' word\n"
    "\n"
    "\tCOMPREPLY=()\n"
    "\t[[ $cur == = ]] && cur=''\n"
    "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
    "\t\tif [[ -n $takes ]]; then\n"
    "\t\t\t[[ $word == = ]] || takes=''\n"
    "\t\telif [[ \" $_NAME_taking \" == *\" $word \"* ]]; then\n"
    "\t\t\ttakes=$word\n"
    "\t\telif [[ $word != -* ]]; then\n"
    "\t\t\tverb=$word\n"
    "\t\t\tbreak\n"
    "\t\tfi\n"
    "\tdone\n"
    "\tif [[ -n $takes ]]; then\n"
    "\t\t_NAME_argument \"$takes\"\n"
    "\telif [[ -n $verb ]]; then\n"
    "\t\t_NAME_after \"$verb\"\n"
    "\telse\n"
    "\t\t_NAME_words \"$_NAME_options $_NAME_verbs\"\n"
    "\t\t_NAME_files\n"
    "\tfi\n"
    "}\n";

static void
print_word(const char *word, const char *about)
{
	(void)about;
	printf(" %s", word);
}

static void
print_command(const char *name, const char *operands)
{
	printf("\t[%s]=", name);
	completion_quote(operands);
	putchar('\n');
}

static void
print_words(void)
{
	const struct vmctl_option *option;

	completion_text("\n_NAME_options='");
	for (size_t i = 0; (option = option_at(i)); i++)
		completion_spellings(option, " ", "");
	completion_text("'\n_NAME_taking='");
	for (size_t i = 0; (option = option_at(i)); i++)
		if (option->takes != TAKES_NOTHING)
			completion_spellings(option, " ", "");
	completion_text("'\n_NAME_verbs='");
	completion_verbs(print_word);
	completion_text("'\ndeclare -gA _NAME_commands=(\n");
	completion_commands(print_command);
	puts(")");
}

/* What an option's argument is. */
static void
print_argument(void)
{
	static const char *const kinds[] = {
		[TAKES_COMMANDS] = ") _NAME_text ;;\n",
		[TAKES_FILE] = ") _NAME_files ;;\n",
		[TAKES_PERSONALITY] = ") _NAME_words '" PERSONALITIES "' ;;\n",
	};
	const struct vmctl_option *option;

	completion_text("\n_NAME_argument()\n{\n\tcase $1 in\n");
	for (size_t i = 0; (option = option_at(i)); i++)
		if (option->takes != TAKES_NOTHING)
			completion_spellings(option, "\t",
			    kinds[option->takes]);
	puts("\tesac\n}");
}

/* What a verb has behind it. */
static void
print_after(void)
{
	const struct verb *verb;

	completion_text("\n_NAME_after()\n{\n\tcase $1 in\n");
	for (size_t i = 0; (verb = verb_at(i)); i++) {
		printf("\t%s)\n", verb->name);
		completion_text("\t\t_NAME_words '");
		completion_arguments(verb, print_word);
		puts("'");
		if (completion_takes_file(verb))
			completion_text("\t\t_NAME_files\n");
		puts("\t\t;;");
	}
	puts("\tesac\n}");
}

void
completion_bash(void)
{
	print_words();
	print_argument();
	print_after();
	putchar('\n');
	completion_text(functions);
	completion_text("\ncomplete -F _NAME ");
	puts(program_invocation_short_name);
}
