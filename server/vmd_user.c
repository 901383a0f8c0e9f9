/*
 * What Mach has no message for: the routines of vmd.proto
 */
#include "common/cleanup.h"
#include "server/bootstrap_user.h"
#include "server/call.h"
#include "server/connection.h"
#include "server/monitor.h"
#include "server/request.h"
#include "server/roster.h"
#include "server/server.h"
#include "server/subsystem.h"
#include "server/user.h"
#include "server/user_check.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "server/vm/vm_check.h"
#include "server/vm/vm_map_region.h"
#include "server/window.h"

/* What one reply tells of at the most: what fits a body. */
enum {
	PAGES_TOLD = 4096,
	TASKS_TOLD = 256,
	ROUTINES_TOLD = 512,
	CALLS_TOLD = 64,
};

ROUTINE(Vmd, host_self_trap, HostSelfTrap)
{
	struct connection *connection = request->connection;

	return port_space_insert(&connection->space, connection->server->host,
	    &out->host);
}

ROUTINE(Vmd, vmd_statistics, VmdStatistics)
{
	const struct vm_machine *vm = request->vm;
	struct server *server = request->connection->server;

	out->page_size = VM_PAGE_SIZE;
	out->pages = vm->pages.limit;
	out->pages_used = vm->pages.used;
	out->nodes_used = vm->nodes.used;
	out->entries_used = vm->entries.used;
	out->objects_used = vm->objects.used;
	out->tasks = vm->map_count;
	out->connections = server->connection_count;
	out->longest = server->longest;
	if (connection_is_privileged(request->connection))
		server->longest = 0;
	return KERN_SUCCESS;
}

ROUTINE(Vmd, vmd_pages, VmdPages)
{
	static uint32_t frames[PAGES_TOLD], refs[PAGES_TOLD];
	const struct vm_map *map = request->task->map;
	struct vm_range range;

	if (vm_range_init(&range, in->address, in->size, map->page_mask) !=
	    VM_RANGE_OK)
		return KERN_INVALID_ARGUMENT;
	out->address = range.start;
	out->n_frame = MIN(vm_range_pages(range), (uint64_t)PAGES_TOLD);
	out->n_refs = out->n_frame;
	out->frame = frames;
	out->refs = refs;
	for (size_t i = 0; i < out->n_frame; i++) {
		struct vm_map_page page =
		    vm_map_page(map, range.start + (i << VM_PAGE_SHIFT));

		frames[i] = page.frame;
		refs[i] = page.refs;
	}
	return KERN_SUCCESS;
}

ROUTINE(Vmd, vmd_check, VmdCheck)
{
	static char none[] = "";
	const char *complaint;

	if (!connection_is_privileged(request->connection))
		return KERN_NO_ACCESS;
	while (call_is_any_at_work(request->connection->server))
		call_wait(request->call);
	complaint = vm_check(request->vm);
	if (!complaint)
		complaint = users_check(request->connection->server);

	if (!complaint)
		complaint =
		    registry_check(&request->connection->server->registry);
	out->complaint = complaint ? (char *)(uintptr_t)complaint : none;
	return KERN_SUCCESS;
}

/* --- Limits ------------------------------------------------------------- */

/* Those of others are for the privileged. NULL: *code says why not. */
static struct user *
find_user(const struct connection *connection, const VmdLimitsRequest *in,
    kern_return_t *code)
{
	struct user *user = connection->user;

	if (!in->has_uid || in->uid == user->uid)
		return user;
	*code = KERN_NO_ACCESS;
	if (!connection_is_privileged(connection))
		return NULL;
	*code = KERN_INVALID_ARGUMENT;
	return users_next(&connection->server->users, in->uid);
}

ROUTINE(Vmd, vmd_limits, VmdLimits)
{
	static VmdLimit limits[LIMITS], *list[LIMITS];
	kern_return_t kr = KERN_SUCCESS;
	const struct user *user = find_user(request->connection, in, &kr);

	if (!user)
		return kr;
	for (unsigned i = 0; i < LIMITS; i++) {
		enum limit limit = (enum limit)i;

		vmd_limit__init(&limits[i]);
		limits[i].name = (char *)(uintptr_t)limit_name(limit);
		limits[i].used = user_used(user, limit);
		limits[i].allowed = user_allowed(user, limit);
		list[i] = &limits[i];
	}
	out->uid = user->uid;
	out->n_limit = LIMITS;
	out->limit = list;
	return KERN_SUCCESS;
}

/* --- Names -------------------------------------------------------------- */

ROUTINE_SERVED_BY(Vmd, vmd_look_up, vmd_look_up, VmdLookUp)
ROUTINE_SERVED_BY(Vmd, vmd_name_set, vmd_name_set, VmdNameSet)
ROUTINE_SERVED_BY(Vmd, vmd_name_remove, vmd_name_remove, VmdNameRemove)
ROUTINE_SERVED_BY(Vmd, vmd_names, vmd_names, VmdNames)

/* --- Windows ----------------------------------------------------------- */

ROUTINE(Vmd, vmd_window, VmdWindow)
{
	kern_return_t kr;
	int fd;

	kr = window_new(request->connection, &fd);
	if (kr != KERN_SUCCESS)
		return kr;
	connection_put_fd(request->connection, fd);
	out->size = MSG_WINDOW_SIZE;
	return KERN_SUCCESS;
}

ROUTINE(Vmd, vmd_window_next, VmdWindowNext)
{
	struct window_place place = { true, in->window_at, in->window_room };

	return window_next(request->connection->window, place, in->rest,
	    &out->window_size);
}

/* --- Tasks -------------------------------------------------------------- */

/* A task that has ended is on no roster. */
static void
tell_task(const struct roster_entry *entry, VmdTask *out)
{
	const struct task *task = entry->port->task;
	const struct vm_map *map = task->map;

	vmd_task__init(out);
	out->number = entry->number;
	out->parent = entry->parent;
	out->pid = (uint32_t)entry->pid;
	out->uid = entry->uid;
	out->personality = (char *)(uintptr_t)task->personality->name;
	out->virtual_size = map->size;
	out->entries = map->entries.count;
	out->calls = task->calls;
	out->faults = map->events.faults;
	out->zero_fills = map->events.zero_fills;
	out->cow_faults = map->events.cow_faults;
}

ROUTINE(Vmd, vmd_tasks, VmdTasks)
{
	static VmdTask tasks[TASKS_TOLD], *list[TASKS_TOLD];
	const struct roster_entry *entry;

	if (!connection_is_privileged(request->connection))
		return KERN_NO_ACCESS;
	entry = roster_from(in->has_number ? in->number : 0);
	for (; entry && out->n_tasks < TASKS_TOLD;
	     entry = TAILQ_NEXT(entry, link)) {
		tell_task(entry, &tasks[out->n_tasks]);
		list[out->n_tasks] = &tasks[out->n_tasks];
		out->n_tasks++;
	}
	out->tasks = list;
	return KERN_SUCCESS;
}

ROUTINE(Vmd, vmd_task_read, VmdTaskRead)
{
	_cleanup_(port_unrefp) struct port *port = NULL;
	const struct roster_entry *entry;

	if (!connection_is_privileged(request->connection))
		return KERN_NO_ACCESS;
	entry = roster_from(in->number);
	if (!entry || entry->number != in->number)
		return KERN_INVALID_ARGUMENT;
	port = port_of_task(entry->port, PORT_TASK_READ);
	if (!port)
		return KERN_RESOURCE_SHORTAGE;
	return port_space_insert(&request->connection->space, port, &out->task);
}

/* --- Calls -------------------------------------------------------------- */

ROUTINE(Vmd, vmd_counters, VmdCounters)
{
	static VmdRoutineCount counts[ROUTINES_TOLD], *list[ROUTINES_TOLD];
	const struct vm_events *events = &request->vm->events;
	const struct routine *routine;
	int id;

	out->faults = events->faults;
	out->zero_fills = events->zero_fills;
	out->cow_faults = events->cow_faults;
	out->purges = events->purges;
	out->routines = list;
	for (size_t i = 0; (routine = subsystem_routine_at(i, &id)); i++) {
		VmdRoutineCount *count = &counts[out->n_routines];

		if (routine->count->calls == 0 ||
		    out->n_routines == ROUTINES_TOLD)
			continue;
		vmd_routine_count__init(count);
		count->id = id;
		count->calls = routine->count->calls;
		count->failed = routine->count->failed;
		list[out->n_routines++] = count;
	}
	return KERN_SUCCESS;
}

static ProtobufCBinaryData
body_of(const struct monitor_body *body)
{
	return (ProtobufCBinaryData){
		.len = body->kept == body->size ? body->size : 0,
		.data = (uint8_t *)(uintptr_t)body->bytes,
	};
}

static void
tell_call(const struct monitor_call *call, VmdCall *out)
{
	vmd_call__init(out);
	out->number = call->number;
	out->began = call->began;
	out->took = call->took;
	out->pid = (uint32_t)call->pid;
	out->uid = call->uid;
	out->id = call->id;
	out->port = call->port;
	out->code = call->code;
	out->sent = call->sent;
	out->got = call->got;
	out->request = body_of(&call->in);
	out->reply = body_of(&call->out);
}

ROUTINE(Vmd, vmd_monitor, VmdMonitor)
{
	static VmdCall calls[CALLS_TOLD], *list[CALLS_TOLD];
	struct server *server = request->connection->server;
	const struct monitor_call *call;

	if (!connection_is_privileged(request->connection))
		return KERN_NO_ACCESS;
	if (!monitor_watch(server))
		return KERN_RESOURCE_SHORTAGE;
	request->call->told.began = 0; /* who watches is not watched */
	out->calls = list;
	out->next = in->has_number ? in->number : monitor_next();
	while (in->has_number && out->n_calls < CALLS_TOLD &&
	       (call = monitor_from(server->monitor, out->next))) {
		tell_call(call, &calls[out->n_calls]);
		list[out->n_calls] = &calls[out->n_calls];
		out->n_calls++;
		out->next = call->number + 1;
	}
	return KERN_SUCCESS;
}

Vmd_Service vmd_service = VMD__INIT(serve_);
