/*
 * vmctl completion bash|zsh|fish: prints how that shell completes our words
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/vmctl/completion.h"
#include "client/vmctl/verb.h"
#include "common/cleanup.h"

static const struct {
	const char *name;
	void (*print)(void);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

int
verb_completion(const struct verb *verb, int argc, char **argv)
{
	const char *name = program_invocation_short_name;

	if (argc != 2)
		return verb_misused(verb, "for which shell?");
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (strcmp(shells[i].name, argv[1]) != 0)
			continue;
		if (shells[i].print == completion_zsh)
			printf("#compdef %s\n", name);
		printf("# Made by `%s completion %s`.\n", name, argv[1]);
		shells[i].print();
		return EXIT_SUCCESS;
	}
	return verb_misused(verb, "'%s' is none of them", argv[1]);
}
