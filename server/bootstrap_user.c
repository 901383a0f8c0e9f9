/*
 * Names for ports: the routines of bootstrap.proto, and those of vmd.proto that
 * are about names
 *
 * Whose names are meant, and who may have what is behind them, is decided by
 * who the system says is at the other end of the connection; registry.h.
 */
#include "server/bootstrap_user.h"

#include <servers/bootstrap_defs.h>

#include "common/cleanup.h"
#include "server/connection.h"
#include "server/peer.h"
#include "server/registry.h"
#include "server/server.h"

enum {
	/* Names looked at for one reply, and told in it: what fits a body, and
	 * is done at once. */
	NAMES_TOLD = 256,
	NAME_SIZE = BOOTSTRAP_MAX_NAME_LEN + 3, /* as a field */
};

static_assert((NAMES_TOLD + 1) * (NAME_SIZE + 64) < MSG_BODY_MAX, "a body");

static struct registry *
registry_of(const struct request *request)
{
	return &request->connection->server->registry;
}

static bool
find_peer(const struct request *request, struct peer *peer)
{
	return peer_init(peer, request->connection->fd);
}

static struct text
text_of(const ProtobufCBinaryData *name)
{
	return (struct text){ (const char *)name->data, name->len };
}

static ProtobufCBinaryData
field_of(struct text text)
{
	return (ProtobufCBinaryData){
		.len = text.size,
		.data = (uint8_t *)(uintptr_t)text.bytes,
	};
}

/* The caller, and the name that it speaks of. */
static kern_return_t
understand(const struct request *request, const ProtobufCBinaryData *name,
    struct peer *peer, struct text *text)
{
	*text = text_of(name);
	if (!find_peer(request, peer))
		return KERN_FAILURE;
	return registry_takes(*text) ? KERN_SUCCESS : KERN_INVALID_ARGUMENT;
}

/* --- Registering ------------------------------------------------------- */

static kern_return_t
unregister(struct registry *registry, uid_t uid, struct text text)
{
	struct registry_name *name = registry_find(registry, uid, text);

	if (!name)
		return BOOTSTRAP_UNKNOWN_SERVICE;
	registry_remove(name);
	return KERN_SUCCESS;
}

ROUTINE(Bootstrap, bootstrap_register, BootstrapRegister)
{
	_cleanup_(port_unrefp) struct port *port = NULL;
	struct registry *registry = registry_of(request);
	struct text text;
	struct peer peer;
	kern_return_t kr;

	kr = connection_take(request->connection, in->service_port, &port);
	if (kr == KERN_SUCCESS)
		kr = understand(request, &in->service_name, &peer, &text);
	if (kr != KERN_SUCCESS)
		return kr;
	if (!port)
		return unregister(registry, peer.uid, text);
	if (port_is_dead(port))
		return KERN_INVALID_CAPABILITY;
	return registry_add(registry, peer.uid, peer.gid, text, port);
}

/* A new port, and a name for it that nobody has yet. */
ROUTINE(Bootstrap, bootstrap_check_in, BootstrapCheckIn)
{
	struct registry *registry = registry_of(request);
	struct port_space *space = &request->connection->space;
	struct port_right *right;
	struct text text;
	struct peer peer;
	kern_return_t kr = understand(request, &in->service_name, &peer, &text);

	if (kr != KERN_SUCCESS)
		return kr;
	if (registry_find(registry, peer.uid, text))
		return BOOTSTRAP_SERVICE_ACTIVE;
	out->service_port = MACH_PORT_NULL;
	kr = port_space_allocate(space, MACH_PORT_RIGHT_RECEIVE,
	    &out->service_port);
	if (kr != KERN_SUCCESS)
		return kr;
	right = port_space_lookup(space, out->service_port);
	kr = registry_add(registry, peer.uid, peer.gid, text, right->port);
	if (kr != KERN_SUCCESS)
		port_right_destroy(right);
	return kr;
}

/* --- Looking up -------------------------------------------------------- */

static kern_return_t
look_up(const struct request *request, const ProtobufCBinaryData *name,
    mach_port_name_t *port)
{
	struct registry_name *found;
	struct text text;
	struct peer peer;
	kern_return_t kr = understand(request, name, &peer, &text);

	if (kr != KERN_SUCCESS)
		return kr;
	found = registry_look_up(registry_of(request), &peer, text);
	if (!found)
		return BOOTSTRAP_UNKNOWN_SERVICE;
	return connection_give(request->connection, found->port, port);
}

ROUTINE(Bootstrap, bootstrap_look_up, BootstrapLookUp)
{
	return look_up(request, &in->service_name, &out->service_port);
}

/* What a call that fails has given is taken back. */
static void
take_back(const struct request *request, const uint32_t *names, size_t count)
{
	struct port_space *space = &request->connection->space;

	for (size_t i = 0; i < count; i++)
		if (MACH_PORT_VALID(names[i]))
			port_right_release(port_space_lookup(space, names[i]));
}

ROUTINE(Bootstrap, bootstrap_look_up_array, BootstrapLookUpArray)
{
	static uint32_t ports[BOOTSTRAP_MAX_LOOKUP_COUNT];

	if (in->n_service_names > ARRAY_SIZE(ports))
		return BOOTSTRAP_BAD_COUNT;
	out->all_services_known = true;
	out->service_ports = ports;
	for (size_t i = 0; i < in->n_service_names; i++) {
		kern_return_t kr =
		    look_up(request, &in->service_names[i], &ports[i]);

		if (kr == BOOTSTRAP_UNKNOWN_SERVICE) {
			ports[i] = MACH_PORT_NULL;
			out->all_services_known = false;
		} else if (kr != KERN_SUCCESS) {
			take_back(request, ports, i);
			return kr;
		}
	}
	out->n_service_ports = in->n_service_names;
	return KERN_SUCCESS;
}

/* --- Asking ------------------------------------------------------------ */

ROUTINE(Bootstrap, bootstrap_status, BootstrapStatus)
{
	struct text text;
	struct peer peer;
	kern_return_t kr = understand(request, &in->service_name, &peer, &text);

	if (kr != KERN_SUCCESS)
		return kr;
	if (!registry_look_up(registry_of(request), &peer, text))
		return BOOTSTRAP_UNKNOWN_SERVICE;
	out->service_active = BOOTSTRAP_STATUS_ACTIVE;
	return KERN_SUCCESS;
}

/* --- Telling ----------------------------------------------------------- */

/* Over names, as far as one reply goes. */
struct walk {
	const struct registry_name *name; /* the next one; NULL: no more */
	struct text last;                 /* the last one, and whose it is */
	uid_t owner;
	size_t looked_at;
};

/* From the first name behind one of a user's, that need not be there. */
static struct walk
walk_from(const struct registry *registry, uid_t owner,
    const ProtobufCBinaryData *behind)
{
	struct text text = text_of(behind);

	return (struct walk){
		.name = registry_behind(registry, owner, text),
		.last = text,
		.owner = owner,
	};
}

static const struct registry_name *
walk_on(struct walk *walk)
{
	const struct registry_name *name = walk->name;

	walk->name = registry_next(name);
	walk->last = name->text;
	walk->owner = name->user->uid;
	walk->looked_at++;
	return name;
}

static bool
walk_is_among(const struct walk *walk, uid_t owner)
{
	return walk->name && walk->name->user->uid == owner;
}

/* What bootstrap_look_up() would find: the names of one of those who are looked
 * in, as far as a reply goes; and where to go on. */
ROUTINE(Bootstrap, bootstrap_info, BootstrapInfo)
{
	static ProtobufCBinaryData names[NAMES_TOLD];
	static int32_t active[NAMES_TOLD];
	const struct registry *registry = registry_of(request);
	uid_t path[REGISTRY_SEARCHED];
	size_t count, i = 0;
	struct walk walk;
	struct peer peer;

	if (!find_peer(request, &peer))
		return KERN_FAILURE;
	count = registry_search_path(&peer, path);
	while (in->has_owner && i < count && path[i] != in->owner)
		i++;
	if (i == count)
		return KERN_SUCCESS;
	out->service_names = names;
	out->service_active = active;
	walk = walk_from(registry, path[i], &in->behind);
	while (walk_is_among(&walk, path[i]) && walk.looked_at < NAMES_TOLD) {
		const struct registry_name *name = walk_on(&walk);

		if (registry_look_up(registry, &peer, name->text) != name)
			continue;
		names[out->n_service_names++] = field_of(name->text);
		active[out->n_service_active++] = BOOTSTRAP_STATUS_ACTIVE;
	}
	out->has_next_owner = out->has_next_behind = true;
	if (walk_is_among(&walk, path[i])) {
		out->next_owner = path[i];
		out->next_behind = field_of(walk.last);
	} else if (i + 1 < count) {
		out->next_owner = path[i + 1];
	} else {
		out->has_next_owner = out->has_next_behind = false;
	}
	return KERN_SUCCESS;
}

static const char *
kind_of(const struct port *port)
{
	switch (port->kind) {
	case PORT_TASK_NAME:
		return "task name";
	case PORT_TASK_INSPECT:
		return "task inspect";
	case PORT_TASK_READ:
		return "task read";
	case PORT_TASK:
		return "task";
	case PORT_HOST:
		return "host";
	case PORT_HOST_PRIV:
		return "privileged host";
	case PORT_MEMORY_ENTRY:
		return "memory entry";
	case PORT_QUEUE:
		return "port";
	case PORT_BOOTSTRAP:
		return "bootstrap";
	case PORT_NONE:
	case PORT_ANY:
		break;
	}
	return "";
}

static void
tell(const struct registry_name *name, VmdName *told)
{
	vmd_name__init(told);
	told->name = field_of(name->text);
	told->owner = name->user->uid;
	told->group = name->group;
	told->mode = name->mode;
	told->kind = (char *)(uintptr_t)kind_of(name->port);
}

ROUTINE_ELSEWHERE(vmd_names, VmdNames)
{
	static VmdName told[NAMES_TOLD], *names[NAMES_TOLD];
	struct walk walk =
	    walk_from(registry_of(request), in->owner, &in->behind);
	struct peer peer;

	if (!find_peer(request, &peer))
		return KERN_FAILURE;
	out->names = names;
	while (walk.name && walk.looked_at < NAMES_TOLD) {
		const struct registry_name *name = walk_on(&walk);
		size_t i = out->n_names;

		if (!registry_may_look_up(name, &peer))
			continue;
		names[i] = &told[i];
		tell(name, names[i]);
		out->n_names++;
	}
	if (!walk.name)
		return KERN_SUCCESS;
	out->has_next_owner = out->has_next_behind = true;
	out->next_owner = walk.owner;
	out->next_behind = field_of(walk.last);
	return KERN_SUCCESS;
}

/* --- Names of others --------------------------------------------------- */

/* A name, and who asks for it. */
struct asked {
	struct peer peer;
	uid_t owner;
	struct registry_name *name; /* NULL: there is none */
};

/* owner: NULL: it is the caller's. */
static kern_return_t
ask(const struct request *request, const ProtobufCBinaryData *name,
    const uint32_t *owner, struct asked *asked)
{
	struct text text;
	kern_return_t kr = understand(request, name, &asked->peer, &text);

	if (kr != KERN_SUCCESS)
		return kr;
	asked->owner = owner ? *owner : asked->peer.uid;
	asked->name = registry_find(registry_of(request), asked->owner, text);
	return KERN_SUCCESS;
}

/* The same, of one who would change it. */
static kern_return_t
ask_to_change(const struct request *request, const ProtobufCBinaryData *name,
    const uint32_t *owner, struct asked *asked)
{
	kern_return_t kr = ask(request, name, owner, asked);

	if (kr != KERN_SUCCESS)
		return kr;
	if (!asked->peer.privileged && asked->owner != asked->peer.uid)
		return BOOTSTRAP_NOT_PRIVILEGED;
	return asked->name ? KERN_SUCCESS : BOOTSTRAP_UNKNOWN_SERVICE;
}

ROUTINE_ELSEWHERE(vmd_look_up, VmdLookUp)
{
	struct asked asked;
	kern_return_t kr =
	    ask(request, &in->name, in->has_owner ? &in->owner : NULL, &asked);

	if (kr != KERN_SUCCESS)
		return kr;
	if (!asked.name || !registry_may_look_up(asked.name, &asked.peer))
		return BOOTSTRAP_UNKNOWN_SERVICE;
	return connection_give(request->connection, asked.name->port,
	    &out->port);
}

/* Only the owner can be refused; the rest is done behind it. */
ROUTINE_ELSEWHERE(vmd_name_set, VmdNameSet)
{
	struct asked asked;
	kern_return_t kr = ask_to_change(request, &in->name,
	    in->has_owner ? &in->owner : NULL, &asked);

	if (kr != KERN_SUCCESS)
		return kr;
	if (in->has_mode && (in->mode & ~(uint32_t)REGISTRY_ALL))
		return KERN_INVALID_ARGUMENT;
	if (in->has_new_owner && !asked.peer.privileged &&
	    in->new_owner != asked.owner)
		return BOOTSTRAP_NOT_PRIVILEGED;
	if (in->has_new_owner)
		kr = registry_move(registry_of(request), asked.name,
		    in->new_owner);
	if (kr != KERN_SUCCESS)
		return kr;
	if (in->has_group)
		asked.name->group = in->group;
	if (in->has_mode)
		asked.name->mode = in->mode;
	return KERN_SUCCESS;
}

ROUTINE_ELSEWHERE(vmd_name_remove, VmdNameRemove)
{
	struct asked asked;
	kern_return_t kr = ask_to_change(request, &in->name,
	    in->has_owner ? &in->owner : NULL, &asked);

	if (kr == KERN_SUCCESS)
		registry_remove(asked.name);
	return kr;
}

/* --- The service ------------------------------------------------------- */

ABSENT(Bootstrap, skip_400)
ABSENT(Bootstrap, skip_401)
ABSENT(Bootstrap, skip_406)
ABSENT(Bootstrap, skip_409)
ABSENT(Bootstrap, skip_410)

Bootstrap_Service bootstrap_service = BOOTSTRAP__INIT(serve_);
