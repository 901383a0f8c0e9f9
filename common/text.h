/* Text that came from somewhere else. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* So many bytes, with no NUL behind them. */
struct text {
	const char *bytes;
	size_t size;
};

/* By their bytes: as strcmp(3). */
int text_compare(struct text a, struct text b);

/*
 * Is it UTF-8, and may it be shown as it is?
 *
 * => control characters may not: those below space, DEL, and U+0080 to U+009F
 *
 * Source: RFC 3629, 4.
 */
bool text_is_plain(struct text text);
