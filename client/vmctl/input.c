#include "client/vmctl/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/vmctl/colour.h"
#include "client/vmctl/edit.h"

struct input {
	struct edit *edit; /* NULL: lines are just read */
	char *line;
	size_t room;
};

struct input *
input_open(const struct script *script)
{
	struct input *input = calloc(1, sizeof(*input));
	const char *terminal = getenv("TERM");

	if (!input)
		return NULL;
	if (isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0)
		input->edit = edit_open(script);
	return input;
}

void
input_close(struct input *input)
{
	if (input->edit)
		edit_close(input->edit);
	free(input->line);
	free(input);
}

/* The prompt is no part of what is printed. */
static const char *
read_line(struct input *input, size_t *size)
{
	ssize_t n;

	fprintf(stderr, "%svmd> %s", colour_on(stderr, COLOUR_PROMPT),
	    colour_off(stderr));
	fflush(stderr);
	n = getline(&input->line, &input->room, stdin);
	if (n < 0)
		return NULL;
	*size = (size_t)n;
	return input->line;
}

const char *
input_line(struct input *input, size_t *size)
{
	const char *line;

	fflush(stdout);
	line =
	    input->edit ? edit_line(input->edit, size) : read_line(input, size);
	while (line && *size > 0 && line[*size - 1] == '\n')
		--*size;
	return line;
}
