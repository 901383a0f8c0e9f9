/*
 * The registry: names for ports, so that programs share on purpose
 *
 * Each user has names of their own, as each has a bootstrap port under launchd:
 *
 *      uid 0     "console" ──► port
 *      uid 1000  "console" ──► port              another one
 *                "scratch" ──► port ──► task     group 50, mode 0440
 *
 * Nobody gives names to another, so what a program finds under a name it looks
 * up was put there by its own user, by the daemon's, or by root. Another's has
 * to be asked for by the uid, and its mode says who may.
 *
 * A name has a reference to its port: what is registered lives on when the
 * program that made it has gone. When the port dies its names go.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include <mach/kern_return.h>

#include "common/text.h"

struct peer;
struct port;

enum {
	/* Who may look a name up: bits of a mode, as a file's. */
	REGISTRY_OWNER = 0400,
	REGISTRY_GROUP = 0040,
	REGISTRY_OTHERS = 0004,
	REGISTRY_ALL = REGISTRY_OWNER | REGISTRY_GROUP | REGISTRY_OTHERS,

	LIMIT_NAMES = 4096, /* of one user */
};

struct registry_user {
	LIST_ENTRY(registry_user) link; /* registry::users */
	uid_t uid;
	struct registry_name **names; /* by their bytes */
	size_t count;                 /* at least 1 */
	size_t room;
};

struct registry_name {
	LIST_ENTRY(registry_name) link; /* port::names */
	struct registry_user *user;
	struct port *port; /* not dead; a reference */
	gid_t group;
	mode_t mode;
	struct text text;
	char bytes[];
};

struct registry {
	struct port *port;                /* that calls on it are for */
	LIST_HEAD(, registry_user) users; /* by uid */
	size_t limit;                     /* names of one user */
};

/* False: no memory. */
bool registry_init(struct registry *registry);
void registry_deinit(struct registry *registry);

/* Is it UTF-8 without control characters, neither empty nor too long? */
bool registry_takes(struct text text);

/* --- Names ------------------------------------------------------------- */

/*
 * Gives a port a name, that only its owner may look up.
 *
 * => port: not dead; the name gets a reference
 * => BOOTSTRAP_NAME_IN_USE: the user has such a name already
 * => BOOTSTRAP_NO_MEMORY; also if the user has too many
 */
kern_return_t registry_add(struct registry *registry, uid_t uid, gid_t group,
    struct text text, struct port *port);

void registry_remove(struct registry_name *name);

/* Gives a name to another user. As registry_add(). */
kern_return_t registry_move(struct registry *registry,
    struct registry_name *name, uid_t uid);

/* --- Asking ------------------------------------------------------------ */

/* NULL: the user has no such name. */
struct registry_name *registry_find(const struct registry *registry, uid_t uid,
    struct text text);

/*
 * Those that are looked in for a name, in turn: the peer's own, the daemon's
 * user's, and root's.
 *
 * => returns how many there are
 */
enum { REGISTRY_SEARCHED = 3 };
size_t registry_search_path(const struct peer *peer,
    uid_t path[REGISTRY_SEARCHED]);

/* The first that the peer may look up, on that way. NULL: none. */
struct registry_name *registry_look_up(const struct registry *registry,
    const struct peer *peer, struct text text);

/* By the mode; who is privileged may in any case. */
bool registry_may_look_up(const struct registry_name *name,
    const struct peer *peer);

/*
 * The first name behind one that need not be there: of the user, or of those
 * behind. NULL: there is none.
 */
struct registry_name *registry_behind(const struct registry *registry,
    uid_t uid, struct text text);
struct registry_name *registry_next(const struct registry_name *name);

/* What does not hold that must; NULL: all is well. */
const char *registry_check(const struct registry *registry);
