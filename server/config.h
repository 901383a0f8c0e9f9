/*
 * The configuration file
 *
 * Lines: a limit and its value, of every user before the first section, and of
 * one user behind its head.
 *
 *      # for everybody
 *      tasks  = 1000
 *      memory = 25%
 *
 *      [user alice]
 *      memory = 4G
 *
 * config_parse() knows bytes only: no file, no log, no list of users. All that
 * is wrong is told, each with its line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/cleanup.h"
#include "server/limit.h"

enum {
	CONFIG_LINE_MOST = 512,         /* bytes of a line */
	CONFIG_USERS_MOST = 1024,       /* sections */
	CONFIG_SIZE_MOST = 1024 * 1024, /* bytes of a file */
	CONFIG_COMPLAINT_MOST = 256,    /* bytes of what is told */
};

struct config_user {
	uid_t uid;
	unsigned line;
	struct limits_said limits;
};

struct config {
	struct limits_said limits; /* of every user */
	struct config_user *users;
	size_t user_count;
};

/* Whom config_parse() asks, and tells. */
struct config_reader {
	/* False: nobody is called so. */
	bool (*find_user)(const char *name, uid_t *uid);
	void (*complain)(const struct config_reader *reader, unsigned line,
	    const char *what);
	void *context; /* for complain() */
};

/* Nothing is said. */
void config_init(struct config *config);
void config_deinit(struct config *config);

DEFINE_CLEANUP(struct config *, config_deinit)

/*
 * => config: initialised; it is filled if all is right, else as it was
 * => false: something was complained of
 */
bool config_parse(struct config *config, const struct config_reader *reader,
    const void *bytes, size_t size);

/* What was said of a user; NULL: nothing of this one. */
const struct limits_said *config_find(const struct config *config, uid_t uid);

/*
 * config_parse() of a file, with the users of the system.
 *
 * => path: also what each complaint begins with
 * => optional: that there is no such file is as if it were empty
 * => complain: is given "FILE:LINE: what", or "FILE: what"
 */
bool config_read(struct config *config, const char *path, bool optional,
    void (*complain)(const char *text));
