#include "client/debug.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

static const struct {
	const char *word;
	enum debug what;
} words[] = {
	{ "guard", DEBUG_GUARD },
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
