#include "client/vmctl/arena.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

enum { BLOCK = 64 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t size;
	max_align_t memory[];
};

static void
add_block(struct arena *arena, size_t size)
{
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (!block) {
		fprintf(stderr, "%s: out of memory\n",
		    program_invocation_short_name);
		exit(EXIT_FAILURE);
	}
	block->next = arena->blocks;
	block->size = size;
	arena->blocks = block;
	arena->left = size;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	const size_t mask = sizeof(max_align_t) - 1;
	struct arena_block *block;

	size = (size + mask) & ~mask;
	if (size > arena->left)
		add_block(arena, MAX(size, BLOCK));
	block = arena->blocks;
	arena->left -= size;
	return (char *)block->memory + (block->size - arena->left - size);
}

char *
arena_text(struct arena *arena, const char *start, size_t length)
{
	char *text = arena_alloc(arena, length + 1);

	memcpy(text, start, length);
	return text;
}

void
arena_deinit(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	arena->left = 0;
}
