#include "client/vmctl/options.h"

#include <getopt.h>
#include <string.h>

#include "common/cleanup.h"

static const struct vmctl_option table[] = {
	{ NULL, 'c', TAKES_COMMANDS, "TEXT",
	    "the commands themselves; prints what calls reply" },
	{ "keep-going", 'k', TAKES_NOTHING, NULL,
	    "goes on when something else than what was expected\n"
	    "comes" },
	{ "json", OPTION_JSON, TAKES_NOTHING, NULL,
	    "what would be printed, as JSON: a line for each call\n"
	    "and command" },
	{ "socket", OPTION_SOCKET, TAKES_FILE, "PATH",
	    "the daemon's socket; else $VMD_SOCKET; else\n"
	    "/run/vmd/vmd.sock for root, and for others\n"
	    "$XDG_RUNTIME_DIR/vmd/vmd.sock" },
	{ "personality", OPTION_PERSONALITY, TAKES_PERSONALITY, "NAME",
	    "whose answers: osf, xnu or gnu; else\n"
	    "$VMD_PERSONALITY; else the daemon's choice" },
	{ "help", 'h', TAKES_NOTHING, NULL, "prints this" },
	{ "version", OPTION_VERSION, TAKES_NOTHING, NULL,
	    "prints the version" },
};

const struct vmctl_option *
option_at(size_t i)
{
	return i < ARRAY_SIZE(table) ? &table[i] : NULL;
}

bool
option_has_letter(const struct vmctl_option *option)
{
	return option->key < OPTION_SOCKET;
}

int
options_next(int argc, char **argv)
{
	struct option names[ARRAY_SIZE(table) + 1] = { 0 };
	char letters[2 * ARRAY_SIZE(table) + 3] = "+:", *letter = letters + 2;
	struct option *name = names;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct vmctl_option *option = &table[i];

		if (option_has_letter(option)) {
			*letter++ = (char)option->key;
			if (option->argument)
				*letter++ = ':';
		}
		if (option->name)
			*name++ = (struct option){
				.name = option->name,
				.has_arg = option->argument ? required_argument
							    : no_argument,
				.val = option->key,
			};
	}
	return getopt_long(argc, argv, letters, names, NULL);
}

/* --- Told ------------------------------------------------------------- */

enum { INDENT = 20 };

/* As it is written. Returns how many characters that took. */
static int
print_form(FILE *out, const struct vmctl_option *option)
{
	int width = 0;

	if (option_has_letter(option))
		width += fprintf(out, "-%c%s", option->key,
		    option->name ? ", " : "");
	if (option->name)
		width += fprintf(out, "--%s", option->name);
	if (option->argument)
		width += fprintf(out, " %s", option->argument);
	return width;
}

void
options_print(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const char *at = table[i].what;

		fputs("  ", out);
		fprintf(out, "%*s", INDENT - print_form(out, &table[i]), "");
		for (; *at != '\0'; at++) {
			putc(*at, out);
			if (*at == '\n')
				fprintf(out, "%*s", 2 + INDENT, "");
		}
		putc('\n', out);
	}
}
