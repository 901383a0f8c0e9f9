/*
 * Colour, where a person looks at it
 *
 * => nothing is told by colour alone
 * => there is none if the file is no terminal, if $NO_COLOR is set and not
 *    empty, and on a terminal that is dumb
 */
#pragma once

#include <stdio.h>

enum colour {
	COLOUR_ERROR,  /* something is wrong */
	COLOUR_PROMPT, /* it is one's turn */
	COLOUR_DIM,    /* what repeats, as where bytes are */
	COLOUR_NAME,   /* what one may write */
};

/* What switches a colour on in a file, and all of them off; or "". */
const char *colour_on(FILE *file, enum colour colour);
const char *colour_off(FILE *file);
