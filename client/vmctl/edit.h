/*
 * A line editor, with a history and completion
 *
 * What it remembers is in $XDG_STATE_HOME/vmctl_history, for its user alone.
 * Where vmctl is built without libedit, there is no editor.
 */
#pragma once

#include <stddef.h>

#include "client/vmctl/script.h"

struct edit;

#ifdef VMCTL_EDIT

/* NULL: there can be none. */
struct edit *edit_open(const struct script *script);
void edit_close(struct edit *edit);

/* As input_line(). */
const char *edit_line(struct edit *edit, size_t *size);

#else

static inline struct edit *
edit_open(const struct script *script)
{
	(void)script;
	return NULL;
}

static inline void
edit_close(struct edit *edit)
{
	(void)edit;
}

static inline const char *
edit_line(struct edit *edit, size_t *size)
{
	(void)edit, (void)size;
	return NULL;
}

#endif
