#include "server/registry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <servers/bootstrap_defs.h>

#include "common/cleanup.h"
#include "server/peer.h"
#include "server/port.h"

enum { ROOM_FIRST = 8 };

bool
registry_init(struct registry *registry)
{
	registry->port = port_new(PORT_BOOTSTRAP, NULL);
	registry->limit = LIMIT_NAMES;
	LIST_INIT(&registry->users);
	return registry->port != NULL;
}

void
registry_deinit(struct registry *registry)
{
	struct registry_user *user;

	while ((user = LIST_FIRST(&registry->users)))
		registry_remove(user->names[user->count - 1]);
	registry->port = port_unref(registry->port);
}

bool
registry_takes(struct text text)
{
	return text.size > 0 && text.size < BOOTSTRAP_MAX_NAME_LEN &&
	       text_is_plain(text);
}

/* --- Users ------------------------------------------------------------- */

/* The user; or, if there is none, the one it would stand behind, or NULL. */
static struct registry_user *
user_up_to(const struct registry *registry, uid_t uid)
{
	struct registry_user *user, *last = NULL;

	LIST_FOREACH(user, &registry->users, link) {
		if (user->uid > uid)
			break;
		last = user;
	}
	return last;
}

static struct registry_user *
find_user(const struct registry *registry, uid_t uid)
{
	struct registry_user *user = user_up_to(registry, uid);

	return user && user->uid == uid ? user : NULL;
}

static struct registry_user *
user_of(struct registry *registry, uid_t uid)
{
	struct registry_user *before = user_up_to(registry, uid), *user;

	if (before && before->uid == uid)
		return before;
	user = calloc(1, sizeof(*user));
	if (!user)
		return NULL;
	user->uid = uid;
	if (before)
		LIST_INSERT_AFTER(before, user, link);
	else
		LIST_INSERT_HEAD(&registry->users, user, link);
	return user;
}

/* A user without names is none. */
static void
user_settle(struct registry_user *user)
{
	if (user->count > 0)
		return;
	LIST_REMOVE(user, link);
	free(user->names);
	free(user);
}

/* Where the name is among the user's, or would be. */
static size_t
place_of(const struct registry_user *user, struct text text)
{
	size_t first = 0, end = user->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (text_compare(user->names[middle]->text, text) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static bool
has_at(const struct registry_user *user, size_t i, struct text text)
{
	return i < user->count && text_compare(user->names[i]->text, text) == 0;
}

static kern_return_t
make_room(struct registry_user *user, size_t limit)
{
	size_t room = MAX(user->room * 2, (size_t)ROOM_FIRST);
	struct registry_name **names;

	if (user->count >= limit)
		return BOOTSTRAP_NO_MEMORY;
	if (user->count < user->room)
		return KERN_SUCCESS;
	names = realloc(user->names, room * sizeof(struct registry_name *));
	if (!names)
		return BOOTSTRAP_NO_MEMORY;
	user->names = names;
	user->room = room;
	return KERN_SUCCESS;
}

static void
put(struct registry_user *user, struct registry_name *name)
{
	size_t i = place_of(user, name->text);
	struct registry_name **at = &user->names[i];

	assert(user->count < user->room);
	memmove(at + 1, at,
	    (user->count++ - i) * sizeof(struct registry_name *));
	*at = name;
	name->user = user;
}

static void
take(struct registry_name *name)
{
	struct registry_user *user = name->user;
	size_t i = place_of(user, name->text);
	struct registry_name **at = &user->names[i];

	assert(*at == name);
	memmove(at, at + 1,
	    (--user->count - i) * sizeof(struct registry_name *));
	user_settle(user);
}

/* --- Names ------------------------------------------------------------- */

static struct registry_name *
name_new(struct text text, gid_t group, struct port *port)
{
	struct registry_name *name = calloc(1, sizeof(*name) + text.size);

	if (!name)
		return NULL;
	memcpy(name->bytes, text.bytes, text.size);
	name->text = (struct text){ name->bytes, text.size };
	name->group = group;
	name->mode = REGISTRY_OWNER;
	name->port = port;
	port_ref(port);
	LIST_INSERT_HEAD(&port->names, name, link);
	return name;
}

/* The user, with room for a name that it does not have. */
static kern_return_t
reserve(struct registry *registry, uid_t uid, struct text text,
    struct registry_user **user)
{
	kern_return_t kr;

	*user = user_of(registry, uid);
	if (!*user)
		return BOOTSTRAP_NO_MEMORY;
	if (has_at(*user, place_of(*user, text), text))
		return BOOTSTRAP_NAME_IN_USE;
	kr = make_room(*user, registry->limit);
	if (kr != KERN_SUCCESS)
		user_settle(*user);
	return kr;
}

kern_return_t
registry_add(struct registry *registry, uid_t uid, gid_t group,
    struct text text, struct port *port)
{
	struct registry_user *user;
	struct registry_name *name;
	kern_return_t kr = reserve(registry, uid, text, &user);

	assert(registry_takes(text) && !port_is_dead(port));
	if (kr != KERN_SUCCESS)
		return kr;
	name = name_new(text, group, port);
	if (name)
		put(user, name);
	else
		user_settle(user);
	return name ? KERN_SUCCESS : BOOTSTRAP_NO_MEMORY;
}

void
registry_remove(struct registry_name *name)
{
	take(name);
	LIST_REMOVE(name, link);
	port_unref(name->port);
	free(name);
}

kern_return_t
registry_move(struct registry *registry, struct registry_name *name, uid_t uid)
{
	struct registry_user *user;
	kern_return_t kr;

	if (name->user->uid == uid)
		return KERN_SUCCESS;
	kr = reserve(registry, uid, name->text, &user);
	if (kr != KERN_SUCCESS)
		return kr;
	take(name);
	put(user, name);
	return KERN_SUCCESS;
}

/* --- Asking ------------------------------------------------------------ */

struct registry_name *
registry_find(const struct registry *registry, uid_t uid, struct text text)
{
	const struct registry_user *user = find_user(registry, uid);
	size_t i;

	if (!user)
		return NULL;
	i = place_of(user, text);
	return has_at(user, i, text) ? user->names[i] : NULL;
}

size_t
registry_search_path(const struct peer *peer, uid_t path[REGISTRY_SEARCHED])
{
	const uid_t all[] = { peer->uid, geteuid(), 0 };
	size_t count = 0;

	static_assert(ARRAY_SIZE(all) == REGISTRY_SEARCHED, "so many");
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		bool twice = false;

		for (size_t j = 0; j < count; j++)
			twice |= path[j] == all[i];
		if (!twice)
			path[count++] = all[i];
	}
	return count;
}

struct registry_name *
registry_look_up(const struct registry *registry, const struct peer *peer,
    struct text text)
{
	uid_t path[REGISTRY_SEARCHED];
	size_t count = registry_search_path(peer, path);

	for (size_t i = 0; i < count; i++) {
		struct registry_name *name =
		    registry_find(registry, path[i], text);

		if (name && registry_may_look_up(name, peer))
			return name;
	}
	return NULL;
}

bool
registry_may_look_up(const struct registry_name *name, const struct peer *peer)
{
	if (peer->privileged)
		return true;
	if (peer->uid == name->user->uid)
		return name->mode & REGISTRY_OWNER;
	if (peer_is_in(peer, name->group))
		return name->mode & REGISTRY_GROUP;
	return name->mode & REGISTRY_OTHERS;
}

struct registry_name *
registry_behind(const struct registry *registry, uid_t uid, struct text text)
{
	const struct registry_user *user = user_up_to(registry, uid);
	size_t i;

	if (user && user->uid == uid) {
		i = place_of(user, text);
		i += has_at(user, i, text);
		if (i < user->count)
			return user->names[i];
	}
	user = user ? LIST_NEXT(user, link) : LIST_FIRST(&registry->users);
	return user ? user->names[0] : NULL;
}

struct registry_name *
registry_next(const struct registry_name *name)
{
	const struct registry_user *user = name->user;
	size_t i = place_of(user, name->text) + 1;

	if (i < user->count)
		return user->names[i];
	user = LIST_NEXT(user, link);
	return user ? user->names[0] : NULL;
}

/* --- Checking ---------------------------------------------------------- */

static const char *
check_name(const struct registry_user *user, size_t i)
{
	const struct registry_name *name = user->names[i];

	if (name->user != user)
		return "registry: a name is another user's";
	if (i > 0 && text_compare(user->names[i - 1]->text, name->text) >= 0)
		return "registry: names are out of order";
	if (port_is_dead(name->port))
		return "registry: a name's port is dead";
	if (!registry_takes(name->text) || (name->mode & ~(mode_t)REGISTRY_ALL))
		return "registry: a name is none";
	return NULL;
}

const char *
registry_check(const struct registry *registry)
{
	const struct registry_user *user, *last = NULL;
	const char *complaint = NULL;

	LIST_FOREACH(user, &registry->users, link) {
		if (last && last->uid >= user->uid)
			return "registry: users are out of order";
		if (user->count == 0 || user->count > user->room)
			return "registry: a user's names are miscounted";
		for (size_t i = 0; i < user->count && !complaint; i++)
			complaint = check_name(user, i);
		if (complaint)
			return complaint;
		last = user;
	}
	return NULL;
}
