#include "client/vmctl/colour.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
is_coloured(FILE *file)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return !(no && *no) && terminal && strcmp(terminal, "dumb") != 0 &&
	       fileno(file) >= 0 && isatty(fileno(file));
}

const char *
colour_on(FILE *file, enum colour colour)
{
	static const char *const codes[] = {
		[COLOUR_ERROR] = "\033[1;31m",
		[COLOUR_PROMPT] = "\033[1m",
		[COLOUR_DIM] = "\033[2m",
		[COLOUR_NAME] = "\033[1m",
	};

	return is_coloured(file) ? codes[colour] : "";
}

const char *
colour_off(FILE *file)
{
	return is_coloured(file) ? "\033[0m" : "";
}
