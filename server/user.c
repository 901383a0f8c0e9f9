#include "server/user.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/probe.h"
#include "server/connection.h"
#include "server/vm/task.h"
#include "server/vm/vm_account.h"
#include "server/vm/vm_map.h"

#define SECOND UINT64_C(1000000000)

/* A refusal is told again after so long; and if use has fallen meanwhile, after
 * this: a client that goes up and down cannot fill the log. */
static const uint64_t TELL_AGAIN = 10 * SECOND;
static const uint64_t TELL_NO_SOONER = SECOND;

/* Idle ones looked at for each that is admitted: more than one, so that they go
 * faster than they come. */
enum { SETTLED_AT_ONCE = 4 };

static uint64_t
monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* --- What is the machine's --------------------------------------------- */

/* VM_RESOURCES: it is not. */
static enum vm_resource
resource_of(enum limit limit)
{
	switch (limit) {
	case LIMIT_MEMORY:
		return VM_RESOURCE_PAGES;
	case LIMIT_NODES:
		return VM_RESOURCE_NODES;
	case LIMIT_ENTRIES:
		return VM_RESOURCE_ENTRIES;
	case LIMIT_MAPPINGS:
		return VM_RESOURCE_MAPPINGS;
	case LIMIT_PIECES:
		return VM_RESOURCE_PIECES;
	default:
		return VM_RESOURCES;
	}
}

static enum limit
limit_of(enum vm_resource what)
{
	unsigned limit = 0;

	while (resource_of((enum limit)limit) != what)
		limit++;
	return (enum limit)limit;
}

static uint64_t
left_of(const struct vm_machine *vm, enum vm_resource what)
{
	const struct vm_zone *const zones[VM_RESOURCES] = {
		[VM_RESOURCE_NODES] = &vm->nodes,
		[VM_RESOURCE_ENTRIES] = &vm->entries,
		[VM_RESOURCE_MAPPINGS] = &vm->mappings,
		[VM_RESOURCE_PIECES] = &vm->pieces,
	};

	return what == VM_RESOURCE_PAGES ? vm_page_left(&vm->pages)
					 : vm_zone_left(zones[what]);
}

/* Frames are bytes to who reads of them. */
static uint64_t
shown(enum limit limit, uint64_t amount)
{
	if (limit != LIMIT_MEMORY || amount == LIMIT_NONE)
		return amount;
	return amount << VM_PAGE_SHIFT;
}

/* What is said of every user. */
static void
say_all(const struct users *users, struct limits_said *said)
{
	limits_default(said);
	limits_overlay(said, &users->config.limits);
	limits_overlay(said, &users->asked);
}

static void
set_total(struct users *users)
{
	struct limits_said said;
	struct limits limits;

	say_all(users, &said);
	limits_resolve(&said, &users->total, &limits);
	users->connections_most = MIN(limits.of[LIMIT_TOTAL_CONNECTIONS],
	    users->total.of[LIMIT_TOTAL_CONNECTIONS]);
}

static void
set_limits(struct user *user)
{
	struct users *users = user->users;
	const struct limits_said *own = config_find(&users->config, user->uid);
	struct limits_said said = { 0 };
	struct vm_map *map;

	if (!user->exempt)
		say_all(users, &said);
	if (own)
		limits_overlay(&said, own);
	limits_resolve(&said, &users->total, &user->limits);
	for (unsigned i = 0; i < LIMITS; i++) {
		enum vm_resource what = resource_of((enum limit)i);
		uint64_t most = user->limits.of[i];

		if (what == VM_RESOURCE_PAGES && most != LIMIT_NONE)
			most >>= VM_PAGE_SHIFT;
		if (what != VM_RESOURCES)
			user->account->limit.of[what] = most;
	}
	LIST_FOREACH(map, &users->vm->maps, link)
		if (map->account == user->account)
			map->entries_limit =
			    user->limits.of[LIMIT_TASK_ENTRIES];
}

/* --- What is used, and what may be ------------------------------------- */

/* Connections that may be made now. */
static double
tokens_now(const struct user *user)
{
	uint64_t now = user->users->clock();
	double rate = (double)user->limits.of[LIMIT_CONNECTION_RATE];
	double burst = (double)user->limits.of[LIMIT_CONNECTION_BURST];
	double more = (double)(now - user->tokens_at) / SECOND * rate;

	return MIN(user->tokens + more, burst);
}

static uint64_t
most_entries(const struct user *user)
{
	const struct vm_map *map;
	uint64_t most = 0;

	LIST_FOREACH(map, &user->users->vm->maps, link)
		if (map->account == user->account)
			most = MAX(most, (uint64_t)map->entries.count);
	return most;
}

/* Of what may be done at once, what has been done lately. */
static uint64_t
used_burst(const struct user *user)
{
	uint64_t burst = user->limits.of[LIMIT_CONNECTION_BURST];
	double tokens = tokens_now(user);

	return tokens >= (double)burst ? 0 : burst - (uint64_t)tokens;
}

uint64_t
user_used(const struct user *user, enum limit limit)
{
	enum vm_resource what = resource_of(limit);

	if (what != VM_RESOURCES)
		return shown(limit, user->account->used.of[what]);
	switch (limit) {
	case LIMIT_TASKS:
		return user->account->maps;
	case LIMIT_TASK_ENTRIES:
		return most_entries(user);
	case LIMIT_CONNECTION_BURST:
		return used_burst(user);
	case LIMIT_TOTAL_CONNECTIONS:
		return user->users->connections;
	default:
		return user->used[limit];
	}
}

/* Half of what is free and one's own together. */
static uint64_t
allowed_connections(const struct user *user)
{
	const struct users *users = user->users;
	uint64_t used = user->used[LIMIT_CONNECTIONS];
	uint64_t total = users->connections_most;
	uint64_t left = total - MIN(total, users->connections);
	uint64_t most = user->limits.of[LIMIT_CONNECTIONS];

	return user->exempt ? most : MIN(most, (used + left) / 2);
}

uint64_t
user_allowed(const struct user *user, enum limit limit)
{
	const struct vm_machine *vm = user->users->vm;
	enum vm_resource what = resource_of(limit);

	if (what != VM_RESOURCES)
		return shown(limit,
		    vm_account_allowed(user->account, what, left_of(vm, what)));
	switch (limit) {
	case LIMIT_CONNECTIONS:
		return allowed_connections(user);
	case LIMIT_TOTAL_CONNECTIONS:
		return user->users->connections_most;
	default:
		return user->limits.of[limit];
	}
}

uint64_t
user_left(const struct user *user, enum limit limit)
{
	uint64_t most, used;

	if (!user)
		return LIMIT_NONE;
	most = user_allowed(user, limit);
	used = user_used(user, limit);
	return most - MIN(most, used);
}

/* --- Refusals ---------------------------------------------------------- */

/* Is it time to tell? */
static bool
may_tell(const struct users *users, struct user_told *told)
{
	uint64_t now = users->clock();

	if (told->told &&
	    now - told->at < (told->fell ? TELL_NO_SOONER : TELL_AGAIN))
		return false;
	*told = (struct user_told){ .told = true, .at = now };
	return true;
}

static void
refuse(struct user *user, enum limit limit, uint64_t used, uint64_t allowed)
{
	PROBE3(limit, user->uid, used, allowed);
	if (resource_of(limit) != VM_RESOURCES)
		user->any_told = true;
	if (may_tell(user->users, &user->told[limit]))
		log_warning("uid %" PRIu32 ": %s: %" PRIu64 " used, %" PRIu64
			    " allowed",
		    user->uid, limit_name(limit), used, allowed);
}

static bool
has_fallen(uint64_t used, uint64_t allowed)
{
	return used <= allowed - allowed / 4;
}

static void
note_fall(struct user *user, enum limit limit)
{
	struct user_told *told = &user->told[limit];

	if (told->told && !told->fell)
		told->fell = has_fallen(user_used(user, limit),
		    user_allowed(user, limit));
}

/* The account tells nobody when something is given back. */
void
user_note_falls(struct user *user)
{
	bool any = false;

	for (unsigned i = 0; i < LIMITS; i++) {
		if (resource_of((enum limit)i) == VM_RESOURCES)
			continue;
		note_fall(user, (enum limit)i);
		any = any || (user->told[i].told && !user->told[i].fell);
	}
	user->any_told = any;
}

static bool
is_told_recently(const struct user *user)
{
	uint64_t now = user->users->clock();

	for (unsigned i = 0; i < LIMITS; i++)
		if (user->told[i].told && now - user->told[i].at < TELL_AGAIN)
			return true;
	return false;
}

/* --- Charging ---------------------------------------------------------- */

bool
user_charge(struct user *user, enum limit limit, uint64_t amount)
{
	if (!user)
		return true;
	if (user_left(user, limit) < amount) {
		refuse(user, limit, user_used(user, limit),
		    user_allowed(user, limit));
		return false;
	}
	user->used[limit] += amount;
	return true;
}

void
user_note_full(struct user *user, enum limit limit)
{
	refuse(user, limit, user->used[limit], user->limits.of[limit]);
}

/* All who are paused now have a try. */
static void
try_paused(struct user *user)
{
	struct users *users = user->users;

	user->resume_count = user->paused_count;
	if (user->resumed || user->resume_count == 0)
		return;
	user->resumed = true;
	TAILQ_INSERT_TAIL(&users->resumed, user, resumed_link);
}

static void
forget_resumed(struct user *user)
{
	if (user->resumed)
		TAILQ_REMOVE(&user->users->resumed, user, resumed_link);
	user->resumed = false;
}

void
user_pause(struct user *user, struct connection *connection)
{
	TAILQ_INSERT_TAIL(&user->paused, connection, paused_link);
	user->paused_count++;
}

void
user_resume(struct user *user, struct connection *connection)
{
	TAILQ_REMOVE(&user->paused, connection, paused_link);
	user->paused_count--;
}

struct connection *
users_next_paused(struct users *users)
{
	struct user *user;

	while ((user = TAILQ_FIRST(&users->resumed))) {
		if (user->resume_count > 0 && user->paused_count > 0) {
			user->resume_count--;
			return TAILQ_FIRST(&user->paused);
		}
		forget_resumed(user);
	}
	return NULL;
}

void
user_note_less(struct user *user, enum limit limit)
{
	note_fall(user, limit);
	if (user->paused_count > 0 && user_may_be_served(user))
		try_paused(user);
}

/* --- Tasks ------------------------------------------------------------- */

bool
user_may_fork(struct user *user, const struct vm_map *parent)
{
	enum { SLICE = 64 };
	uint64_t most = user->limits.of[LIMIT_TASKS];
	uint64_t entries = parent ? parent->entries.count : 0;
	bool more = true;

	note_fall(user, LIMIT_TASKS);
	note_fall(user, LIMIT_TASK_ENTRIES);
	if (entries > user->limits.of[LIMIT_TASK_ENTRIES]) {
		refuse(user, LIMIT_TASK_ENTRIES, entries,
		    user->limits.of[LIMIT_TASK_ENTRIES]);
		return false;
	}
	while (user->account->maps >= most && more) {
		more = vm_machine_reap(user->users->vm, SLICE);
		vm_machine_tick(user->users->vm, SLICE);
	}
	if (user->account->maps < most)
		return true;
	refuse(user, LIMIT_TASKS, user->account->maps, most);
	return false;
}

void
user_own(const struct user *user, struct task *task)
{
	task->map->entries_limit = user->limits.of[LIMIT_TASK_ENTRIES];
}

static struct user *
find_by_account(struct users *users, uint16_t number)
{
	struct user *user;

	for (unsigned i = 0; i < USERS_BUCKETS; i++)
		LIST_FOREACH(user, &users->buckets[i], link)
			if (user->account->number == number)
				return user;
	return NULL;
}

void
users_refused(struct users *users)
{
	const struct vm_refusal *refused = &users->vm->refused;
	struct user *user;
	enum limit limit;

	if (!refused->happened)
		return;
	users->vm->refused.happened = false;
	user = find_by_account(users, refused->account);
	if (!user)
		return;
	limit = refused->one_map ? LIMIT_TASK_ENTRIES : limit_of(refused->what);
	refuse(user, limit, shown(limit, refused->used),
	    shown(limit, refused->allowed));
}

/* --- Users ------------------------------------------------------------- */

bool
user_is_privileged(const struct user *user)
{
	return user->uid == 0 || user->uid == user->users->own;
}

static struct users_bucket *
bucket_of(struct users *users, uid_t uid)
{
	return &users->buckets[uid % USERS_BUCKETS];
}

static struct user *
find(struct users *users, uid_t uid)
{
	struct user *user;

	LIST_FOREACH(user, bucket_of(users, uid), link)
		if (user->uid == uid)
			return user;
	return NULL;
}

static void
user_free(struct user *user)
{
	struct users *users = user->users;

	assert(user->refs == 0 && TAILQ_EMPTY(&user->paused));
	assert(TAILQ_EMPTY(&user->busy) && user->calls == 0);
	if (users->vm->account == user->account)
		users->vm->account = NULL;
	forget_resumed(user);
	TAILQ_REMOVE(&users->idle, user, idle_link);
	LIST_REMOVE(user, link);
	vm_account_release(users->vm, user->account);
	free(user);
}

/* Is nothing charged to it? */
static bool
has_nothing(const struct user *user)
{
	uint64_t used = user->account->maps;

	for (unsigned i = 0; i < VM_RESOURCES; i++)
		used += user->account->used.of[i];
	for (unsigned i = 0; i < LIMITS; i++)
		used += user->used[i];
	return used == 0;
}

static void
refill(struct user *user)
{
	user->tokens = tokens_now(user);
	user->tokens_at = user->users->clock();
}

/* Does it make no difference whether it is remembered? */
static bool
is_forgettable(struct user *user)
{
	refill(user);
	return has_nothing(user) && !is_told_recently(user) &&
	       user->tokens >= (double)user->limits.of[LIMIT_CONNECTION_BURST];
}

/* Forgets some who are idle. `hard`: all whose account somebody could use. */
static void
settle(struct users *users, bool hard)
{
	struct user *last = TAILQ_LAST(&users->idle, users_idle);
	struct user *user = NULL;

	for (unsigned n = 0; user != last && (hard || n < SETTLED_AT_ONCE);
	     n++) {
		user = TAILQ_FIRST(&users->idle);
		TAILQ_REMOVE(&users->idle, user, idle_link);
		TAILQ_INSERT_TAIL(&users->idle, user, idle_link);
		if (hard ? has_nothing(user) : is_forgettable(user)) {
			bool was_last = user == last;

			user_free(user);
			if (was_last)
				return;
		}
	}
}

static struct user *
user_new(struct users *users, uid_t uid)
{
	struct user *user = calloc(1, sizeof(*user));

	if (!user)
		return NULL;
	user->account = vm_account_new(users->vm);
	if (!user->account) {
		settle(users, true);
		user->account = vm_account_new(users->vm);
	}
	if (!user->account) {
		free(user);
		return NULL;
	}
	user->users = users;
	user->uid = uid;
	user->exempt = user_is_privileged(user);
	user->account->fair = !user->exempt;
	TAILQ_INIT(&user->busy);
	TAILQ_INIT(&user->paused);
	set_limits(user);
	user->tokens = (double)user->limits.of[LIMIT_CONNECTION_BURST];
	user->tokens_at = users->clock();
	LIST_INSERT_HEAD(bucket_of(users, uid), user, link);
	TAILQ_INSERT_TAIL(&users->idle, user, idle_link);
	return user;
}

/* For all, for this user, and for now. */
static bool
may_connect(struct user *user)
{
	struct users *users = user->users;
	uint64_t total = users->connections_most;

	if (users->connections >= total) {
		if (may_tell(users, &users->told))
			log_warning("connections: %" PRIu64 " used, %" PRIu64
				    " allowed to all users",
			    users->connections, total);
		return false;
	}
	refill(user);
	if (user->tokens < 1) {
		refuse(user, LIMIT_CONNECTION_RATE,
		    user->limits.of[LIMIT_CONNECTION_RATE],
		    user->limits.of[LIMIT_CONNECTION_RATE]);
		return false;
	}
	return user_charge(user, LIMIT_CONNECTIONS, 1);
}

struct user *
users_admit(struct users *users, uid_t uid)
{
	struct user *user;

	settle(users, false);
	user = find(users, uid);
	if (!user)
		user = user_new(users, uid);
	if (!user || !may_connect(user))
		return NULL;
	user->tokens -= 1;
	users->connections++;
	if (user->refs++ == 0)
		TAILQ_REMOVE(&users->idle, user, idle_link);
	return user;
}

void
user_leave(struct user *user)
{
	if (!user)
		return;
	user_discharge(user, LIMIT_CONNECTIONS, 1);
	user->users->connections--;
	if (--user->refs == 0)
		TAILQ_INSERT_TAIL(&user->users->idle, user, idle_link);
}

struct user *
users_next(struct users *users, uid_t uid)
{
	struct user *next = NULL, *user;

	for (unsigned i = 0; i < USERS_BUCKETS; i++)
		LIST_FOREACH(user, &users->buckets[i], link)
			if (user->uid >= uid &&
			    (!next || user->uid < next->uid))
				next = user;
	return next;
}

/* --- All of them ------------------------------------------------------- */

void
users_init(struct users *users, struct vm_machine *vm, uint64_t connections)
{
	*users = (struct users){
		.vm = vm,
		.own = geteuid(),
		.clock = monotonic,
	};
	for (unsigned i = 0; i < LIMITS; i++)
		users->total.of[i] = LIMIT_NONE;
	users->total.of[LIMIT_MEMORY] = (uint64_t)vm->pages.limit
					<< VM_PAGE_SHIFT;
	users->total.of[LIMIT_NODES] = vm->nodes.limit;
	users->total.of[LIMIT_ENTRIES] = vm->entries.limit;
	users->total.of[LIMIT_MAPPINGS] = vm->mappings.limit;
	users->total.of[LIMIT_PIECES] = vm->pieces.limit;
	users->total.of[LIMIT_CONNECTIONS] = connections;
	users->total.of[LIMIT_TOTAL_CONNECTIONS] = connections;
	for (unsigned i = 0; i < USERS_BUCKETS; i++)
		LIST_INIT(&users->buckets[i]);
	TAILQ_INIT(&users->idle);
	TAILQ_INIT(&users->resumed);
	set_total(users);
}

/* With everybody gone, each counter is back at 0. */
static bool
is_empty(const struct user *user)
{
	if (has_nothing(user))
		return true;
	for (unsigned i = 0; i < LIMITS; i++)
		if (i != LIMIT_TOTAL_CONNECTIONS &&
		    i != LIMIT_CONNECTION_BURST &&
		    user_used(user, (enum limit)i) > 0)
			log_error("at the end, uid %" PRIu32 ": %s: %" PRIu64
				  " left over",
			    user->uid, limit_name((enum limit)i),
			    user_used(user, (enum limit)i));
	return false;
}

bool
users_deinit(struct users *users)
{
	bool empty = true;
	struct user *user;

	for (unsigned i = 0; i < USERS_BUCKETS; i++)
		LIST_FOREACH(user, &users->buckets[i], link)
			empty = is_empty(user) && empty;
	if (users->connections > 0)
		log_error("at the end, left over: %" PRIu64 " connections",
		    users->connections);
	empty = empty && users->connections == 0;
	while (!TAILQ_EMPTY(&users->idle))
		user_free(TAILQ_FIRST(&users->idle));
	config_deinit(&users->config);
	return empty;
}

void
users_configure(struct users *users, struct config *config,
    const struct limits_said *asked)
{
	struct user *user;

	config_deinit(&users->config);
	users->config = *config;
	users->asked = *asked;
	config_init(config);
	set_total(users);
	for (unsigned i = 0; i < USERS_BUCKETS; i++)
		LIST_FOREACH(user, &users->buckets[i], link) {
			set_limits(user);
			refill(user);
			try_paused(user);
		}
}
