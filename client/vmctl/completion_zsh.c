/*
 * In zsh: _arguments knows what is before the cursor
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/vmctl/completion.h"
#include "common/cleanup.h"

static const char end[] =
    "# A file of $fpath is the function; one that is sourced makes it known.\n"
    "if [[ $funcstack[1] == _NAME ]]; then\n"
    "\t_NAME \"$@\"\n"
    "else\n";

/* 'NAME:ABOUT', as _describe has it. */
static void
print_described(const char *name, const char *about)
{
	fputs("\t\t", stdout);
	completion_quote(name);
	if (*about != '\0') {
		putchar(':');
		completion_quote(about);
	}
	putchar('\n');
}

static void
print_word(const char *word, const char *about)
{
	(void)about;
	printf(" %s", word);
}

/* Behind compset the text of -c is a command line of its own. */
static void
print_commands(void)
{
	completion_text("\n_NAME_text()\n{\n\tlocal -a commands=(\n");
	completion_commands(print_described);
	puts("\t)\n\n\tcompset -q\n"
	     "\t_describe -t commands command commands\n}");
}

/* As '(-k --keep-going)'{-k,--keep-going}'[about]:argument:action'. */
static void
print_option(const struct vmctl_option *option)
{
	static const char *const actions[] = {
		[TAKES_COMMANDS] = ":commands:_NAME_text",
		[TAKES_FILE] = ":file:_files",
		[TAKES_PERSONALITY] = ":personality:(" PERSONALITIES ")",
		[TAKES_NOTHING] = "",
	};
	_cleanup_(freep) char *brief = completion_brief(option);

	fputs("\t    ", stdout);
	if (option_has_letter(option) && option->name)
		printf("'(-%c --%s)'{-%c,--%s}", option->key, option->name,
		    option->key, option->name);
	else if (option->name)
		printf("--%s%s", option->name,
		    option->takes == TAKES_NOTHING ? "" : "=");
	else
		printf("-%c", option->key);
	printf("'['");
	completion_quote(brief ? brief : "");
	printf("']");
	completion_text(actions[option->takes]);
	puts("' \\");
}

static void
print_first(void)
{
	const struct vmctl_option *option;

	completion_text("\n_NAME()\n{\n"
			"\tlocal curcontext=$curcontext state\n"
			"\tlocal -A opt_args\n"
			"\tlocal -a verbs=(\n");
	completion_verbs(print_described);
	puts("\t)\n\n\t_arguments -C -S -A '-*' \\");
	for (size_t i = 0; (option = option_at(i)); i++)
		print_option(option);
	puts("\t    '1: :->first' '*:: :->after'\n"
	     "\tcase $state in\n"
	     "\tfirst)\n"
	     "\t\t_describe -t verbs verb verbs\n"
	     "\t\t_files\n"
	     "\t\t;;");
}

static void
print_after(void)
{
	const struct verb *verb;

	puts("\tafter)\n\t\tcase $words[1] in");
	for (size_t i = 0; (verb = verb_at(i)); i++) {
		printf("\t\t%s)\n\t\t\tcompadd --", verb->name);
		completion_arguments(verb, print_word);
		putchar('\n');
		if (completion_takes_file(verb))
			puts("\t\t\t_files");
		puts("\t\t\t;;");
	}
	puts("\t\tesac\n\t\t;;\n\tesac\n}\n");
}

void
completion_zsh(void)
{
	print_commands();
	print_first();
	print_after();
	completion_text(end);
	completion_text("\tcompdef _NAME ");
	printf("%s\nfi\n", program_invocation_short_name);
}
