/*
 * An arena: the memory of a script, given back all at once
 *
 * When the system has no memory left, the program ends.
 */
#pragma once

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t left; /* bytes, of the first */
};

/* Zeroed, and aligned for anything. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy, with a NUL behind it. */
char *arena_text(struct arena *arena, const char *start, size_t length);

void arena_deinit(struct arena *arena);
