/*
 * Limits: what one user may have
 *
 * A table says what each is called, what it counts and what it is at first. What
 * an operator says is text, here or in a configuration file:
 *
 *      tasks = 100      so many              memory = 4G      so many bytes
 *      memory = 25%     of what the          memory = unlimited
 *                       daemon has in all
 *
 * What is left unsaid stays as it was. limits_resolve() makes numbers of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum limit {
	LIMIT_CONNECTIONS,
	LIMIT_CONNECTION_RATE,  /* a second, sustained */
	LIMIT_CONNECTION_BURST, /* at once, after a rest */
	LIMIT_TASKS,
	LIMIT_TASK_ENTRIES, /* of the map of one task */
	LIMIT_ENTRIES,      /* of all of the user's tasks */
	LIMIT_MEMORY,       /* bytes of frames */
	LIMIT_NODES,        /* of page trees */
	LIMIT_MAPPINGS,     /* on their way, or held by memory entries */
	LIMIT_PIECES,       /* of memory in transit */
	LIMIT_RIGHTS,       /* names that port spaces have room for */
	LIMIT_INPUT,        /* bytes of requests that wait */
	LIMIT_OUTPUT,       /* bytes of replies that wait, without memory */
	LIMIT_REQUESTS,     /* whose replies were not sent yet */
	LIMIT_WINDOWS,      /* connections that have one */
	LIMIT_TOTAL_CONNECTIONS, /* of all users: the daemon's own */
	LIMITS,
};

#define LIMIT_NONE UINT64_MAX

struct limits {
	uint64_t of[LIMITS]; /* LIMIT_NONE: unlimited */
};

/* What was said of one. */
struct limit_said {
	unsigned line; /* of a file, where; 1, if there is none. 0: nothing */
	bool percent;
	uint64_t amount; /* LIMIT_NONE: unlimited */
};

struct limits_said {
	struct limit_said of[LIMITS];
};

/* NULL: there is no such limit. */
const char *limit_name(enum limit limit);

/* LIMITS: no limit is called so. The name need not be terminated. */
enum limit limit_by_name(const char *name, size_t size);

/* Is it for all users together? */
bool limit_is_total(enum limit limit);

/*
 * A value, as "100", "4G", "25%" or "unlimited".
 *
 * => the text need not be terminated
 * => false: it is none; up to `room` bytes of what would be are in `allowed`
 */
bool limit_parse(enum limit limit, const char *text, size_t size,
    struct limit_said *said, char *allowed, size_t room);

/* What each is if nobody says otherwise. */
void limits_default(struct limits_said *said);

/* What is said over what was said before. */
void limits_overlay(struct limits_said *said, const struct limits_said *over);

/*
 * Numbers.
 *
 * => total: what the daemon has in all, of those that there may be percents of
 * => what was not said is unlimited
 */
void limits_resolve(const struct limits_said *said, const struct limits *total,
    struct limits *limits);
