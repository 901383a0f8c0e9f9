#include "client/debug.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

static const struct {
	const char *word;
	enum debug what;
} words[] = {
	{ "1", DEBUG_CALLS },
	{ "calls", DEBUG_CALLS },
	{ "guard", DEBUG_GUARD },
	{ "leaks", DEBUG_LEAKS },
};

static unsigned wanted;

static void
want(const char *word, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].word) == size &&
		    memcmp(words[i].word, word, size) == 0) {
			wanted |= words[i].what;
			return;
		}
	fprintf(stderr,
	    "libvmd: VMD_DEBUG: '%.*s' means nothing; known:", (int)size, word);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		fprintf(stderr, "%s %s", i > 0 ? "," : "", words[i].word);
	fputc('\n', stderr);
}

static void
read_words(void)
{
	const char *at = secure_getenv("VMD_DEBUG");

	while (at && *at != '\0') {
		size_t size = strcspn(at, ",");

		if (size > 0)
			want(at, size);
		at += size + (at[size] == ',');
	}
}

bool
debug_wants(enum debug what)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, read_words);
	return (wanted & what) != 0;
}

void
debug_forget(enum debug what)
{
	wanted &= ~(unsigned)what;
}

/* --- Lines ------------------------------------------------------------ */

void
debug_line_begin(struct debug_line *line)
{
	*line = (struct debug_line){ .saved_errno = errno };
	line->out = open_memstream(&line->text, &line->size);
	if (line->out)
		fprintf(line->out, "[%d] ", (int)getpid());
}

static void
write_all(const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(STDERR_FILENO, text, size);

		if (n < 0)
			return;
		text += n;
		size -= (size_t)n;
	}
}

void
debug_line_end(struct debug_line *line)
{
	if (line->out) {
		fputc('\n', line->out);
		if (fclose(line->out) == 0)
			write_all(line->text, line->size);
	}
	free(line->text);
	errno = line->saved_errno;
}
