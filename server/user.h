/*
 * Users: who may have how much
 *
 * Whoever connects is somebody, and all connections of one user id have one
 * allowance together. What memory is made of is charged to the user's account
 * in the machine (vm_account.h), the rest here.
 *
 *      connection ─┐
 *      connection ─┼─► user 1000 ──► account ◄── frames, nodes, entries
 *      connection ─┘      │                 ◄── maps: the user's tasks
 *                         └ used: connections, rights, bytes that wait
 *
 * Of some a user is refused more than the limit; of what waits, nothing more is
 * read until less of it does. Of all that the daemon has so much of and no more,
 * a user has at most half of what is free and the user's own together. Root and
 * the daemon's own user have no limits, but for those that are said of them.
 *
 * A user that has nothing any more is remembered as long as what it did counts:
 * how fast it connected, what was logged. One that has left something with
 * others, as memory that they share, is remembered as long as that is there.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "server/config.h"
#include "server/limit.h"
#include "server/vm/vm_machine.h"

struct connection;
struct task;
struct vm_account;
struct vm_map;

enum { USERS_BUCKETS = 256 };

/* When a refusal was logged. */
struct user_told {
	bool told;
	bool fell; /* use has fallen by a quarter since */
	uint64_t at;
};

struct user {
	struct users *users;
	LIST_ENTRY(user) link; /* users::buckets */
	uid_t uid;
	bool exempt;   /* no limits but those said of it, and no share */
	uint64_t refs; /* connections */
	struct vm_account *account;
	struct limits limits;
	uint64_t used[LIMITS]; /* of what the account has not */
	double tokens;         /* connections that it may make now */
	uint64_t tokens_at;
	struct user_told told[LIMITS];
	bool any_told; /* of the account's, whose use has not fallen since */
	uint64_t counted[LIMITS]; /* for users_check() */

	TAILQ_HEAD(user_busy, connection) busy; /* that have something to do */
	uint32_t busy_count;
	TAILQ_ENTRY(user) busy_link; /* server::busy, while there are any */
	uint32_t calls;              /* that have paused */

	TAILQ_HEAD(user_paused, connection) paused; /* not read for now */
	uint64_t paused_count;
	uint64_t resume_count; /* of those that may have to go on */
	bool resumed;          /* on users::resumed: there are some */
	TAILQ_ENTRY(user) resumed_link;
	TAILQ_ENTRY(user) idle_link; /* while there are no refs */
};

struct users {
	struct vm_machine *vm;
	struct config config;
	struct limits_said asked; /* on the command line */
	struct limits total;      /* what the daemon has in all */
	uid_t own;
	uint64_t connections;
	uint64_t connections_most; /* of all users */
	struct user_told told;     /* that there are too many of those */
	LIST_HEAD(users_bucket, user) buckets[USERS_BUCKETS];
	TAILQ_HEAD(users_idle, user) idle; /* the longest first */
	TAILQ_HEAD(users_resumed, user) resumed;
	uint64_t (*clock)(void); /* nanoseconds */
};

/* => connections: that there are descriptors for */
void users_init(struct users *users, struct vm_machine *vm,
    uint64_t connections);

/*
 * Everybody goes: all connections did, and what is dead was reaped.
 *
 * => false: somebody has something left, which the log has
 */
bool users_deinit(struct users *users);

/*
 * Limits change. Nobody loses what is there already.
 *
 * => config: taken over; it is empty then
 * => asked: over what is said of all users, and under what is said of one
 */
void users_configure(struct users *users, struct config *config,
    const struct limits_said *asked);

/*
 * A connection of the user's, with a reference.
 *
 * => NULL: it may not have one more, which the log has; or no memory
 */
struct user *users_admit(struct users *users, uid_t uid);

/* The connection has ended: the reference goes. NULL is nobody. */
void user_leave(struct user *user);

/* Of those there are, the one with this uid, or the next above; or NULL. */
struct user *users_next(struct users *users, uid_t uid);

/*
 * So much more of something, if the user may have it. What is refused is logged.
 *
 * => user: NULL: nobody's; there is no limit
 */
bool user_charge(struct user *user, enum limit limit, uint64_t amount);

/* How much more there may be. */
uint64_t user_left(const struct user *user, enum limit limit);

/* => user_pause: the connection is on no such list; user_resume: it is */
void user_pause(struct user *user, struct connection *connection);
void user_resume(struct user *user, struct connection *connection);

/* One that was paused, and may be able to go on: it is to be resumed, and may be
 * paused again. NULL: none. */
struct connection *users_next_paused(struct users *users);

/*
 * May the user have one task more?
 *
 * => parent: whose memory it inherits; NULL: none
 * => what is dead is freed if need be
 */
bool user_may_fork(struct user *user, const struct vm_map *parent);

/* A new task is the user's: its map gets the limit of its entries. */
void user_own(const struct user *user, struct task *task);

/* May the user have the privileged host port? Root may, and the daemon's own. */
bool user_is_privileged(const struct user *user);

/* A call, or what comes before it, was refused memory: logs that if it was by a
 * limit. */
void users_refused(struct users *users);

/* Use, and what may be used, as things are; LIMIT_NONE: no limit. */
uint64_t user_used(const struct user *user, enum limit limit);
uint64_t user_allowed(const struct user *user, enum limit limit);

/* What the inline functions below have others do: so much of something is used
 * that it is logged; less is; less is of what the account has, perhaps. */
void user_note_full(struct user *user, enum limit limit);
void user_note_less(struct user *user, enum limit limit);
void user_note_falls(struct user *user);

/* inline helpers */

static inline bool
user_is_full(const struct user *user, enum limit limit)
{
	return user->used[limit] >= user->limits.of[limit];
}

/* As user_charge(), for what cannot be refused: user_is_full() says when to
 * stop. */
static inline void
user_add(struct user *user, enum limit limit, uint64_t amount)
{
	if (!user)
		return;
	user->used[limit] += amount;
	if (user_is_full(user, limit))
		user_note_full(user, limit);
}

/* So much less. */
static inline void
user_discharge(struct user *user, enum limit limit, uint64_t amount)
{
	if (!user)
		return;
	assert(user->used[limit] >= amount);
	user->used[limit] -= amount;
	if (user->told[limit].told || user->paused_count > 0)
		user_note_less(user, limit);
}

/* Does so little wait that more may be done for the user: served, or read? A
 * connection for which that is not so is paused, until it is resumed. */
static inline bool
user_may_be_served(const struct user *user)
{
	return !user_is_full(user, LIMIT_OUTPUT) &&
	       !user_is_full(user, LIMIT_REQUESTS);
}

/* => begun: it is more of a message for which room is reserved */
static inline bool
user_may_be_read(const struct user *user, bool begun)
{
	return user_may_be_served(user) &&
	       (begun || !user_is_full(user, LIMIT_INPUT));
}

/* What is taken from now on is for this user. Refusals so far are forgotten. */
static inline void
user_act(struct users *users, struct user *user)
{
	users->vm->account = user->account;
	users->vm->refused.happened = false;
	if (user->any_told)
		user_note_falls(user);
}
