/*
 * Complaints: what is wrong, in one line for people
 *
 * Whoever finds it writes it; whoever knows the place puts that before it.
 */
#pragma once

#include <stdbool.h>

struct complaint {
	char text[1024];
};

/* Returns false, as its caller most often does next. */
bool complain(struct complaint *complaint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Words of a script may be of any length: as many bytes of one as a line can
 * do with, for a format. */
#define WORD "%.60s"
