/*
 * Tasks: the routines of task.proto
 *
 * Ports that a task holds have their places in its own port (port.h), special
 * ports by their numbers, registered ones behind them:
 *
 *      0        1        2      3      4          ...   12   13   14   15
 *      [      ][ kernel ][ host ][ name ][ bootstrap ]   [ registered      ]
 */
#include <mach/policy.h>
#include <mach/task_info.h>
#include <mach/task_special_ports.h>
#include <mach/vm_purgable.h>

#include "server/connection.h"
#include "server/request.h"
#include "server/server.h"
#include "server/user.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "server/vm/vm_map.h"
#include "server/vm/vm_map_region.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_upkeep.h"

enum {
	REGISTERED = TASK_MAX_SPECIAL_PORT + 1, /* the first place */
	REGISTERED_MOST = 4,
};

static_assert((int)REGISTERED + REGISTERED_MOST <= (int)PORT_HOLDS, "places");

/* All but the kernel port: a child has one of its own. */
static kern_return_t
inherit_ports(struct port *child, const struct port *parent)
{
	kern_return_t kr = KERN_SUCCESS;
	struct port *port;

	for (unsigned i = 0; i < PORT_HOLDS && kr == KERN_SUCCESS; i++)
		if (i != TASK_KERNEL_PORT && port_held(parent, i, &port))
			kr = port_hold(child, i, port);
	return kr;
}

ROUTINE(Task, task_create, TaskCreate)
{
	_cleanup_(task_unrefp) struct task *task = NULL;
	_cleanup_(port_unrefp) struct port *port = NULL;
	struct user *user = request->connection->user;
	kern_return_t kr;

	if (!user_may_fork(user, in->inherit_memory ? request->task->map : NULL))
		return KERN_RESOURCE_SHORTAGE;
	kr = task_fork(request->task, in->inherit_memory, &task);
	if (kr != KERN_SUCCESS)
		return kr;
	user_own(user, task);
	port = port_new(PORT_TASK, task);
	if (!port)
		return KERN_RESOURCE_SHORTAGE;
	steal(&task);
	kr = connection_enter(request->connection, port, request->port);
	if (kr == KERN_SUCCESS)
		kr = inherit_ports(port, request->port);
	if (kr != KERN_SUCCESS)
		return kr;
	return port_space_insert(&request->connection->space, port,
	    &out->child_task);
}

ROUTINE(Task, task_terminate, TaskTerminate)
{
	port_destroy(request->port);
	return KERN_SUCCESS;
}

/* --- Suspending -------------------------------------------------------- */

/* A task runs nothing: it is counted, and that is all. */
ROUTINE(Task, task_suspend, TaskSuspend)
{
	struct task *task = request->task;

	if (task->suspend_count == INT32_MAX)
		return KERN_FAILURE;
	task->suspend_count++;
	return KERN_SUCCESS;
}

ROUTINE(Task, task_resume, TaskResume)
{
	struct task *task = request->task;

	if (task->suspend_count == 0)
		return task->personality->resume_idle;
	task->suspend_count--;
	return KERN_SUCCESS;
}

/* --- Special ports ----------------------------------------------------- */

static bool
is_one_of(int32_t which, uint16_t special_ports)
{
	return which > 0 && which <= TASK_MAX_SPECIAL_PORT &&
	       (special_ports & 1 << which);
}

/* The kind of port that a number stands for; PORT_NONE: another. */
static enum port_kind
flavor_of(int32_t which)
{
	switch (which) {
	case TASK_NAME_PORT:
		return PORT_TASK_NAME;
	case TASK_INSPECT_PORT:
		return PORT_TASK_INSPECT;
	case TASK_READ_PORT:
		return PORT_TASK_READ;
	default:
		return PORT_NONE;
	}
}

static kern_return_t
give_flavor(const struct request *request, enum port_kind kind, uint32_t *name)
{
	_cleanup_(port_unrefp) struct port *port =
	    port_of_task(request->port, kind);

	if (!port)
		return KERN_RESOURCE_SHORTAGE;
	return connection_give(request->connection, port, name);
}

/* What it is while nobody has set it. */
static kern_return_t
give_at_first(const struct request *request, int32_t which, uint32_t *name)
{
	enum port_kind kind = flavor_of(which);
	struct port *port = NULL;

	if (kind != PORT_NONE && request->task->personality->task_flavors)
		return give_flavor(request, kind, name);
	if (which == TASK_KERNEL_PORT)
		port = request->port;
	else if (which == TASK_HOST_PORT)
		port = request->connection->server->host;
	else if (which == TASK_BOOTSTRAP_PORT)
		port = request->connection->server->registry.port;
	return connection_give(request->connection, port, name);
}

/* A lesser port leads to none that can do more, whatever was set. */
ROUTINE(Task, task_get_special_port, TaskGetSpecialPort)
{
	enum port_kind kind = flavor_of(in->which_port);
	struct port *port;

	if (!is_one_of(in->which_port,
		request->task->personality->special_ports))
		return KERN_INVALID_ARGUMENT;
	if (request->port->kind != PORT_TASK)
		return kind != PORT_NONE && kind <= request->port->kind
			   ? give_flavor(request, kind, &out->special_port)
			   : KERN_INVALID_ARGUMENT;
	if (port_held(request->port, (unsigned)in->which_port, &port))
		return connection_give(request->connection, port,
		    &out->special_port);
	return give_at_first(request, in->which_port, &out->special_port);
}

ROUTINE(Task, task_set_special_port, TaskSetSpecialPort)
{
	const struct personality *personality = request->task->personality;
	_cleanup_(port_unrefp) struct port *port = NULL;
	kern_return_t kr;

	kr = connection_take(request->connection, in->special_port, &port);
	if (kr != KERN_SUCCESS)
		return kr;
	if (is_one_of(in->which_port, personality->special_ports_kept))
		return KERN_NO_ACCESS;
	if (!is_one_of(in->which_port, personality->special_ports_set))
		return KERN_INVALID_ARGUMENT;
	return port_hold(request->port, (unsigned)in->which_port, port);
}

/* --- Registered ports -------------------------------------------------- */

static void
unref_all(struct port **ports, size_t count)
{
	for (size_t i = 0; i < count; i++)
		port_unref(ports[i]);
}

/* Only the first can fail, and then nothing has changed. */
static kern_return_t
register_all(struct port *task, struct port **ports)
{
	kern_return_t kr = KERN_SUCCESS;

	for (unsigned i = 0; i < REGISTERED_MOST && kr == KERN_SUCCESS; i++)
		kr = port_hold(task, REGISTERED + i, ports[i]);
	return kr;
}

ROUTINE(Task, mach_ports_register, MachPortsRegister)
{
	struct port *ports[REGISTERED_MOST] = { NULL };
	kern_return_t kr = KERN_SUCCESS;

	if (in->n_init_port_set > request->task->personality->registered_ports)
		return KERN_INVALID_ARGUMENT;
	for (size_t i = 0; i < in->n_init_port_set && kr == KERN_SUCCESS; i++)
		kr = connection_take(request->connection, in->init_port_set[i],
		    &ports[i]);
	if (kr == KERN_SUCCESS)
		kr = register_all(request->port, ports);
	unref_all(ports, REGISTERED_MOST);
	return kr;
}

/* What a call that fails has given is taken back. */
static void
take_back(struct connection *connection, const uint32_t *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (MACH_PORT_VALID(names[i]))
			port_right_release(
			    port_space_lookup(&connection->space, names[i]));
}

ROUTINE(Task, mach_ports_lookup, MachPortsLookup)
{
	static uint32_t names[REGISTERED_MOST];
	struct connection *connection = request->connection;
	unsigned count = request->task->personality->registered_ports;

	for (unsigned i = 0; i < count; i++) {
		struct port *port = NULL;
		kern_return_t kr;

		port_held(request->port, REGISTERED + i, &port);
		kr = connection_give(connection, port, &names[i]);
		if (kr != KERN_SUCCESS) {
			take_back(connection, names, i);
			return kr;
		}
	}
	out->n_init_port_set = count;
	out->init_port_set = names;
	return KERN_SUCCESS;
}

/* --- Information ------------------------------------------------------- */

/* Bytes of the task's memory that have frames. */
static uint64_t
resident_size(struct task *task)
{
	uint64_t pages = vm_map_resident(task->map);

	task->resident_peak = MAX(task->resident_peak, pages);
	return pages << VM_PAGE_SHIFT;
}

static void
tell_basics(struct task *task, TaskInfoReply *out)
{
	static TaskBasicInfo info;
	static TimeValue none;
	uint64_t resident = resident_size(task);

	time_value__init(&none);
	task_basic_info__init(&info);
	info.suspend_count = (int32_t)task->suspend_count;
	info.virtual_size = task->map->size;
	info.resident_size = resident;
	info.resident_size_max = task->resident_peak << VM_PAGE_SHIFT;
	info.user_time = &none;
	info.system_time = &none;
	info.policy = POLICY_TIMESHARE;
	out->info_case = TASK_INFO_REPLY__INFO_BASIC_INFO;
	out->basic_info = &info;
}

/* Messages are the calls on the task, and their answers. */
static void
tell_events(struct task *task, TaskInfoReply *out)
{
	static TaskEventsInfo info;
	const struct vm_events *events = &task->map->events;

	task_events_info__init(&info);
	info.faults = events->faults;
	info.zero_fills = events->zero_fills;
	info.cow_faults = events->cow_faults;
	info.messages_received = task->calls;
	info.messages_sent = task->calls;
	out->info_case = TASK_INFO_REPLY__INFO_EVENTS_INFO;
	out->events_info = &info;
}

static bool
is_volatile(const struct vm_object *object)
{
	return object && object->upkeep && object->upkeep->purgable &&
	       (object->upkeep->state & VM_PURGABLE_STATE_MASK) ==
		   VM_PURGABLE_VOLATILE;
}

/* Bytes that are volatile, and those of them that are resident. */
struct volatile_size {
	uint64_t size;
	uint64_t resident;
};

static struct volatile_size
volatile_size(const struct vm_map *map)
{
	struct vm_range all = { map->min, map->max };
	const struct vm_map_entry *entry;
	struct volatile_size found = { 0 };

	vm_map_for_each_entry(entry, map, all) {
		const struct vm_object *object = entry->object;
		struct vm_range range = vm_map_entry_range(entry);

		if (!is_volatile(object))
			continue;
		found.size += vm_range_size(range);
		found.resident += page_tree_count(map->vm, &object->pages,
				      vm_object_page(object, entry->offset),
				      vm_range_pages(range))
				  << VM_PAGE_SHIFT;
	}
	return found;
}

/* Bytes that the map's limit leaves. 0: there is none. */
static uint64_t
limit_left(const struct vm_map *map)
{
	uint64_t size = map->size - map->size_none;

	if (map->limit == UINT64_MAX || map->limit < size)
		return 0;
	return map->limit - size;
}

/* All memory is internal: there are no pagers. */
static void
tell_memory(struct task *task, TaskInfoReply *out)
{
	static TaskVmInfo info;
	const struct vm_map *map = task->map;
	uint64_t resident = resident_size(task);
	struct volatile_size found = volatile_size(map);

	task_vm_info__init(&info);
	info.virtual_size = map->size;
	info.region_count = (uint32_t)map->entries.count;
	info.page_size = (uint32_t)map->page_mask + 1;
	info.resident_size = resident;
	info.resident_size_peak = task->resident_peak << VM_PAGE_SHIFT;
	info.internal = info.resident_size;
	info.internal_peak = info.resident_size_peak;
	info.purgeable_volatile_virtual = found.size;
	info.purgeable_volatile_resident = found.resident;
	info.purgeable_volatile_pmap = found.resident;
	info.phys_footprint =
	    info.resident_size - info.purgeable_volatile_resident;
	info.min_address = map->min;
	info.max_address = map->max;
	info.limit_bytes_remaining = limit_left(map);
	out->info_case = TASK_INFO_REPLY__INFO_VM_INFO;
	out->vm_info = &info;
}

static const struct flavor {
	uint32_t flavor;
	uint32_t count;      /* ints, at least */
	enum port_kind kind; /* of the task's ports, at least */
	void (*tell)(struct task *task, TaskInfoReply *out);
} flavors[] = {
	{ TASK_BASIC_INFO_32, TASK_BASIC_INFO_32_COUNT, PORT_TASK_NAME,
	    tell_basics },
	{ TASK_BASIC2_INFO_32, TASK_BASIC_INFO_32_COUNT, PORT_TASK_NAME,
	    tell_basics },
	{ TASK_BASIC_INFO_64, TASK_BASIC_INFO_64_COUNT, PORT_TASK_NAME,
	    tell_basics },
	{ TASK_BASIC_INFO_64_2, TASK_BASIC_INFO_64_COUNT, PORT_TASK_NAME,
	    tell_basics },
	{ MACH_TASK_BASIC_INFO, MACH_TASK_BASIC_INFO_COUNT, PORT_TASK_NAME,
	    tell_basics },
	{ TASK_EVENTS_INFO, TASK_EVENTS_INFO_COUNT, PORT_TASK_INSPECT,
	    tell_events },
	{ TASK_VM_INFO, TASK_VM_INFO_REV0_COUNT, PORT_TASK_INSPECT,
	    tell_memory },
	{ TASK_VM_INFO_PURGEABLE, TASK_VM_INFO_REV0_COUNT, PORT_TASK_INSPECT,
	    tell_memory },
};

ROUTINE(Task, task_info, TaskInfo)
{
	for (size_t i = 0; i < ARRAY_SIZE(flavors); i++) {
		const struct flavor *flavor = &flavors[i];

		if (flavor->flavor != in->flavor)
			continue;
		if (in->has_info_count && in->info_count < flavor->count)
			return KERN_INVALID_ARGUMENT;
		if (request->port->kind < flavor->kind)
			return KERN_INVALID_ARGUMENT;
		flavor->tell(request->task, out);
		return KERN_SUCCESS;
	}
	return KERN_INVALID_ARGUMENT;
}

/* --- The service ------------------------------------------------------- */

ABSENT(Task, skip_3402)
ABSENT(Task, skip_3406)

Task_Service task_service = TASK__INIT(serve_);
