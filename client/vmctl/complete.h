/*
 * What may stand where a line ends
 *
 *      vm_pro|                          vm_protect
 *      vm_protect $self $a 4K FALSE |   ALL COPY DEFAULT ... $a $self
 *      vm_read $self $region.|          $region.address $region.size ...
 *      vm_write $self $a @/etc/ho|      @/etc/hostname @/etc/hosts
 *
 * The line is understood as far as it goes by what understands scripts, so that
 * an operand's constants are those of its parameter.
 */
#pragma once

#include <stddef.h>

#include "client/vmctl/arena.h"
#include "client/vmctl/parameter.h"
#include "client/vmctl/script.h"

struct choices {
	struct arena *arena;
	const char **list; /* in order, and each once */
	size_t count;
	size_t room;
	size_t
	    typed; /* bytes before the line's end that they are in place of */
	const char *command;          /* that the line has so far, or NULL */
	struct parameters parameters; /* the command's */
	const struct parameter
	    *expected; /* the one at the line's end, or NULL */
};

/* => `size` bytes of line are those before the cursor
 * => what is returned is the arena's, and the script's */
void complete(const struct script *script, const char *line, size_t size,
    struct arena *arena, struct choices *choices);

/* How many bytes all of them begin with. */
size_t choices_common(const struct choices *choices);
