#include "server/user_check.h"

#include <stdio.h>
#include <string.h>

#include "server/server.h"
#include "server/user.h"
#include "server/vm/vm_account.h"
#include "server/vm/vm_map.h"

static struct user *
next_user(struct users *users, unsigned *bucket, struct user *user)
{
	user = user ? LIST_NEXT(user, link) : LIST_FIRST(&users->buckets[0]);
	while (!user && ++*bucket < USERS_BUCKETS)
		user = LIST_FIRST(&users->buckets[*bucket]);
	return user;
}

static void
count_connection(const struct connection *connection)
{
	uint64_t *counted = connection->user->counted;

	counted[LIMIT_CONNECTIONS]++;
	counted[LIMIT_RIGHTS] += connection->space.charged;
	counted[LIMIT_INPUT] += connection->reserved;
	counted[LIMIT_OUTPUT] += connection_output(connection);
	counted[LIMIT_REQUESTS] += connection->requests;
	counted[LIMIT_WINDOWS] += connection->window != NULL;
}

static const char *
check_connection(const struct connection *connection)
{
	const struct connection_chunk *chunk;
	uint32_t replies = 0;

	count_connection(connection);
	if (connection->space.charged < connection->space.size)
		return "a port space has more slots than its user has rights";
	TAILQ_FOREACH(chunk, &connection->out, link)
		replies += chunk->replies;
	if (replies > connection->requests)
		return "a connection has more replies than requests";
	if (connection->reserved < connection->rest_size)
		return "a connection keeps more input than is its user's";
	return NULL;
}

static const char *
check_user(struct user *user)
{
	static const enum limit recounted[] = { LIMIT_CONNECTIONS, LIMIT_RIGHTS,
		LIMIT_INPUT, LIMIT_OUTPUT, LIMIT_REQUESTS, LIMIT_WINDOWS };
	const struct connection *connection;
	uint64_t paused = 0;

	for (size_t i = 0; i < ARRAY_SIZE(recounted); i++)
		if (user->used[recounted[i]] != user->counted[recounted[i]])
			return limit_name(recounted[i]);
	if (user->refs != user->counted[LIMIT_CONNECTIONS])
		return "references";
	if (user->account->maps != user->counted[LIMIT_TASKS])
		return limit_name(LIMIT_TASKS);
	TAILQ_FOREACH(connection, &user->paused, paused_link)
		paused++;
	return paused != user->paused_count ? "paused connections" : NULL;
}

/* Of maps, also of those that are dead. */
static void
count_tasks(struct users *users)
{
	const struct vm_map *map;
	struct user *user = NULL;
	unsigned bucket = 0;

	while ((user = next_user(users, &bucket, user))) {
		memset(user->counted, 0, sizeof(user->counted));
		LIST_FOREACH(map, &users->vm->maps, link)
			user->counted[LIMIT_TASKS] +=
			    map->account == user->account;
		LIST_FOREACH(map, &users->vm->dead_maps, link)
			user->counted[LIMIT_TASKS] +=
			    map->account == user->account;
	}
}

const char *
users_check(struct server *server)
{
	static char complaint[128];
	struct users *users = &server->users;
	const struct connection *connection;
	const char *what = NULL;
	struct user *user = NULL;
	uint64_t connections = 0;
	unsigned bucket = 0;

	count_tasks(users);
	LIST_FOREACH(connection, &server->connections, link)
		if (!what)
			what = check_connection(connection);
	if (what)
		return what;
	LIST_FOREACH(connection, &server->gone, link)
		count_connection(connection);
	while ((user = next_user(users, &bucket, user))) {
		what = check_user(user);
		connections += user->counted[LIMIT_CONNECTIONS];
		if (!what)
			continue;
		snprintf(complaint, sizeof(complaint),
		    "uid %u: %s are not as charged", (unsigned)user->uid, what);
		return complaint;
	}
	return connections != users->connections
		   ? "users and connections differ"
		   : NULL;
}
