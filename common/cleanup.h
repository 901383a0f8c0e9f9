/*
 * Small things the compiler does for us
 *
 * _cleanup_(foo_freep) on the line that declares a pointer gives the object an
 * owner: whatever way the function is left, foo_free() runs. steal() hands the
 * object on, in the last line, when everything has gone well.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* Defines foo_freep(), for _cleanup_, out of foo_free(). */
#define DEFINE_CLEANUP(type, function)                                         \
	static inline void function##p(type *p)                                \
	{                                                                      \
		if (*p)                                                        \
			function(*p);                                          \
	}

/* For memory of malloc's. */
static inline void
freep(void *p)
{
	free(*(void **)p);
}

#define steal(p)                                                               \
	(__extension__({                                                       \
		__typeof__(*(p)) steal_ = *(p);                                \
		*(p) = NULL;                                                   \
		steal_;                                                        \
	}))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The structure that `pointer` is the member `member` of. */
#define container_of(pointer, type, member)                                    \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
