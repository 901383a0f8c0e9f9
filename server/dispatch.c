#include "server/dispatch.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/mig_errors.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "server/call.h"
#include "server/connection.h"
#include "server/port.h"
#include "server/request.h"
#include "server/server.h"
#include "server/vm/task.h"
#include "server/vm/vm_map.h"
#include "server/vm/vm_map_copy.h"
#include "server/vm/vm_upkeep.h"

/* Mach's subsystems: whom their routines are for, and what they say if it is
 * somebody else. */
static const struct subsystem {
	int base;
	const ProtobufCServiceDescriptor *descriptor;
	ProtobufCService *service;
	enum port_kind kind;
	kern_return_t other_kind;
} subsystems[] = {
	{ VM_MAP_BASE, &vm_map__descriptor, &vm_map_service.base, PORT_TASK,
	    KERN_INVALID_ARGUMENT },
	{ MACH_VM_BASE, &mach_vm__descriptor, &mach_vm_service.base, PORT_TASK,
	    KERN_INVALID_ARGUMENT },
	{ TASK_BASE, &task__descriptor, &task_service.base, PORT_TASK,
	    KERN_INVALID_ARGUMENT },
	{ MACH_PORT_BASE, &mach_port__descriptor, &mach_port_service.base,
	    PORT_TASK, KERN_INVALID_TASK },
	{ MACH_HOST_BASE, &mach_host__descriptor, &mach_host_service.base,
	    PORT_HOST, KERN_INVALID_ARGUMENT },
	{ HOST_PRIV_BASE, &host_priv__descriptor, &host_priv_service.base,
	    PORT_HOST, KERN_INVALID_HOST },
	{ BOOTSTRAP_BASE, &bootstrap__descriptor, &bootstrap_service.base,
	    PORT_BOOTSTRAP, KERN_INVALID_ARGUMENT },
	{ MACH_BASE, &mach__descriptor, &mach_service.base, PORT_TASK,
	    KERN_INVALID_ARGUMENT },
	{ GNUMACH_BASE, &gnumach__descriptor, &gnumach_service.base, PORT_HOST,
	    KERN_INVALID_HOST },
	{ VMD_BASE, &vmd__descriptor, &vmd_service.base, PORT_NONE,
	    KERN_INVALID_ARGUMENT },
};

/* Routines of which that is not so. */
static const struct exception {
	int id;
	enum port_kind kind;
	kern_return_t other_kind;
} exceptions[] = {
	{ TASK_ID(task_create), PORT_TASK, KERN_INVALID_TASK },
	{ MACH_HOST_ID(mach_memory_object_memory_entry), PORT_HOST,
	    KERN_INVALID_HOST },
	{ MACH_HOST_ID(mach_memory_object_memory_entry_64), PORT_HOST,
	    KERN_INVALID_HOST },
	{ MACH_HOST_ID(host_statistics), PORT_HOST, KERN_INVALID_HOST },
	{ MACH_HOST_ID(host_statistics64), PORT_HOST, KERN_INVALID_HOST },
	{ HOST_PRIV_ID(host_priv_statistics), PORT_HOST_PRIV,
	    KERN_INVALID_HOST },
	{ HOST_PRIV_ID(host_get_special_port), PORT_HOST,
	    KERN_INVALID_ARGUMENT },
	{ GNUMACH_ID(vm_cache_statistics), PORT_TASK, KERN_INVALID_ARGUMENT },
	{ GNUMACH_ID(vm_wire_all), PORT_HOST_PRIV, KERN_INVALID_HOST },
	{ GNUMACH_ID(vm_pages_phys), PORT_HOST_PRIV, KERN_INVALID_HOST },
	{ GNUMACH_ID(vm_set_size_limit), PORT_ANY, KERN_INVALID_HOST },
	{ GNUMACH_ID(vm_get_size_limit), PORT_TASK, KERN_INVALID_TASK },
	{ VM_MAP_ID(vm_msync), PORT_ANY, KERN_INVALID_TASK },
	{ MACH_VM_ID(mach_vm_msync), PORT_ANY, KERN_INVALID_TASK },
	{ VM_MAP_ID(mach_make_memory_entry), PORT_ANY, KERN_INVALID_TASK },
	{ VM_MAP_ID(mach_make_memory_entry_64), PORT_ANY, KERN_INVALID_TASK },
	{ MACH_VM_ID(_mach_make_memory_entry), PORT_ANY, KERN_INVALID_TASK },
	{ VMD_ID(vmd_pages), PORT_TASK, KERN_INVALID_TASK },
};

/* Routines for tasks that only look, and what of a task's ports will do. All
 * others want the control port. Source: xnu's vm_map_read_t and its like. */
static const struct look {
	int id;
	enum port_kind kind;
} looks[] = {
	{ TASK_ID(task_info), PORT_TASK_NAME }, /* it looks at the port */
	{ TASK_ID(task_get_special_port), PORT_TASK_NAME }, /* so does it */
	{ MACH_ID(vm_statistics), PORT_TASK_INSPECT },
	{ GNUMACH_ID(vm_cache_statistics), PORT_TASK_INSPECT },
	{ GNUMACH_ID(vm_get_size_limit), PORT_TASK_INSPECT },
	{ VM_MAP_ID(vm_region), PORT_TASK_READ },
	{ VM_MAP_ID(vm_region_64), PORT_TASK_READ },
	{ MACH_VM_ID(mach_vm_region), PORT_TASK_READ },
	{ VM_MAP_ID(vm_region_recurse), PORT_TASK_READ },
	{ VM_MAP_ID(vm_region_recurse_64), PORT_TASK_READ },
	{ MACH_VM_ID(mach_vm_region_recurse), PORT_TASK_READ },
	{ VM_MAP_ID(mach_vm_region_info), PORT_TASK_READ },
	{ VM_MAP_ID(mach_vm_region_info_64), PORT_TASK_READ },
	{ VM_MAP_ID(vm_mapped_pages_info), PORT_TASK_READ },
	{ VM_MAP_ID(vm_map_page_query), PORT_TASK_READ },
	{ MACH_VM_ID(mach_vm_page_query), PORT_TASK_READ },
	{ MACH_VM_ID(mach_vm_page_info), PORT_TASK_READ },
	{ MACH_VM_ID(mach_vm_page_range_query), PORT_TASK_READ },
	{ VMD_ID(vmd_pages), PORT_TASK_READ },
	{ VM_MAP_ID(vm_read), PORT_TASK_READ },
	{ MACH_VM_ID(mach_vm_read), PORT_TASK_READ },
	{ VM_MAP_ID(vm_read_list), PORT_TASK_READ },
	{ MACH_VM_ID(mach_vm_read_list), PORT_TASK_READ },
	{ VM_MAP_ID(vm_read_overwrite), PORT_TASK_READ },
	{ MACH_VM_ID(mach_vm_read_overwrite), PORT_TASK_READ },
};

/* Routines that take data. */
static bool
takes_data(int id)
{
	return id == VM_MAP_ID(vm_write) || id == MACH_VM_ID(mach_vm_write);
}

static bool
has_id(const struct subsystem *subsystem, int id)
{
	return id >= subsystem->base && (unsigned)(id - subsystem->base) <
					    subsystem->descriptor->n_methods;
}

/* Is that the registry, or will it be when the name is used? */
static bool
is_registry(const struct connection *connection, mach_port_name_t name)
{
	const struct port_right *right;

	if (name == MSG_BOOTSTRAP && !connection->bootstrap_made)
		return true;
	right = port_space_lookup(&connection->space, name);
	return right && right->port && right->port->kind == PORT_BOOTSTRAP;
}

/* The registry's ids are host_priv's, too: whom the request is for tells. */
static const struct subsystem *
find_subsystem(const struct connection *connection, const struct msg *msg)
{
	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
		const struct subsystem *s = &subsystems[i];

		if (has_id(s, msg->id) &&
		    (s->base != BOOTSTRAP_BASE ||
			(s->kind == PORT_BOOTSTRAP) ==
			    is_registry(connection, msg->remote)))
			return s;
	}
	return NULL;
}

/* Whom the routine is for. Anything, if there is no such routine. */
static struct exception
destination_of(const struct subsystem *subsystem, int id)
{
	/* Those with its ids are host_priv's. */
	bool has_none = subsystem && subsystem->kind == PORT_BOOTSTRAP;

	for (size_t i = 0; !has_none && i < ARRAY_SIZE(exceptions); i++)
		if (exceptions[i].id == id)
			return exceptions[i];
	if (!subsystem)
		return (struct exception){ id, PORT_TASK, MIG_BAD_ID };
	return (struct exception){ id, subsystem->kind, subsystem->other_kind };
}

/* The task of a port that can do as much; NULL: it is none of a task's, or can
 * do less. */
static struct task *
task_of(const struct port *port, enum port_kind least)
{
	return port_is_task(port) && port->kind >= least ? port->task : NULL;
}

/* Will a lesser port of a task do? */
static bool
is_enough(const struct port *port, int id)
{
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		if (looks[i].id == id)
			return port_is_task(port) &&
			       port->kind >= looks[i].kind;
	return false;
}

/* An allocator that takes from the call's arena and gives nothing back. What
 * a body unpacks to is thereby bounded. */
struct arena {
	ProtobufCAllocator allocator;
	uint8_t *at;
	size_t left;
};

static void *
arena_alloc(void *data, size_t size)
{
	struct arena *arena = data;
	void *at = arena->at;

	if (size > arena->left)
		return NULL;
	size = MIN((size + 15) & ~(size_t)15, arena->left);
	arena->at += size;
	arena->left -= size;
	return at;
}

static void
arena_free(void *data, void *memory)
{
	(void)data, (void)memory;
}

/* The body, unpacked; NULL: it is none of that routine's. */
static ProtobufCMessage *
unpack(struct call *call)
{
	struct request *request = &call->request;
	struct arena arena = {
		.allocator = { arena_alloc, arena_free, NULL },
		.at = call->arena,
		.left = CALL_ARENA,
	};
	ProtobufCMessage *in;

	arena.allocator.allocator_data = &arena;
	in = protobuf_c_message_unpack(request->method->input, &arena.allocator,
	    call->msg.body_size, call->msg.body);
	if (request->data && !takes_data(call->msg.id))
		return NULL;
	request->space = arena.at;
	request->space_left = arena.left;
	return in;
}

/* What is to be said before the routine is looked at. */
static kern_return_t
resolve(struct request *request, const struct subsystem *subsystem)
{
	struct exception destination =
	    destination_of(subsystem, request->msg->id);
	kern_return_t kr;

	if (destination.kind == PORT_NONE)
		return KERN_SUCCESS;
	kr = connection_port(request->connection, request->msg->remote,
	    &request->port);
	if (kr != KERN_SUCCESS || !subsystem)
		return kr;
	if (!port_serves_as(request->port, destination.kind) &&
	    !is_enough(request->port, request->msg->id))
		return destination.other_kind;
	request->task = destination.kind == PORT_ANY
			    ? task_of(request->port, PORT_TASK)
			    : request->port->task;
	return KERN_SUCCESS;
}

/* Is somebody who has paused at work on a task? */
static bool
is_busy(const struct task *task)
{
	return task && task->map->busy;
}

/* Waits until nobody is at work on the task that the request is for. It is
 * looked for again then: there may be none any more. */
static void
wait_for_task(struct request *request)
{
	while (request->code == KERN_SUCCESS && is_busy(request->task)) {
		call_wait(request->call);
		request->code = resolve(request,
		    find_subsystem(request->connection, request->msg));
	}
	if (request->code == KERN_SUCCESS && request->port)
		call_use(request->call, request->port);
}

/* Has the routine done. Its reply is queued by request_reply(). */
static void
invoke(struct request *request, const struct subsystem *subsystem)
{
	unsigned index = (unsigned)(request->msg->id - subsystem->base);
	ProtobufCMessage *in = unpack(request->call);

	if (!in)
		request->code = MIG_BAD_ARGUMENTS;
	else
		wait_for_task(request);
	if (request->code != KERN_SUCCESS) {
		request_reply(NULL, request);
		return;
	}
	if (request->task)
		request->task->calls++;
	subsystem->service->invoke(subsystem->service, index, in, request_reply,
	    request);
}

void
dispatch(struct call *call)
{
	struct request *request = &call->request;
	int id = call->msg.id;
	const struct subsystem *subsystem =
	    find_subsystem(call->connection, &call->msg);
	unsigned index = subsystem ? (unsigned)(id - subsystem->base) : 0;

	*request = (struct request){
		.call = call,
		.connection = call->connection,
		.vm = &call->server->vm,
		.msg = &call->msg,
		.data = call->data,
		.out = call->out,
	};
	request->code = resolve(request, subsystem);
	if (request->code == KERN_SUCCESS && subsystem)
		request->method = &subsystem->descriptor->methods[index];
	if (request->code == KERN_SUCCESS &&
	    (!subsystem || request->method->input == &absent__descriptor))
		request->code = MIG_BAD_ID;
	if (request->code == KERN_SUCCESS && call->refused)
		request->code = KERN_RESOURCE_SHORTAGE;
	if (request->code != KERN_SUCCESS)
		request_reply(NULL, request);
	else
		invoke(request, subsystem);
}

void
dispatch_refuse(struct connection *connection, const struct msg *msg)
{
	struct request request = {
		.connection = connection,
		.msg = msg,
		.code = KERN_RESOURCE_SHORTAGE,
	};

	request_reply(NULL, &request);
}

struct port *
request_port(struct request *request, mach_port_name_t name)
{
	struct port *port = NULL;

	connection_port(request->connection, name, &port);
	if (!port)
		return NULL;
	if (is_busy(port->task)) {
		request->busy = true;
		return NULL;
	}
	call_use(request->call, port);
	return port;
}

struct task *
request_task(struct request *request, mach_port_name_t name)
{
	struct port *port = request_port(request, name);

	return port ? task_of(port, PORT_TASK) : NULL;
}

struct task *
request_task_read(struct request *request, mach_port_name_t name)
{
	struct port *port = request_port(request, name);

	return port ? task_of(port, PORT_TASK_READ) : NULL;
}

void *
request_alloc(struct request *request, size_t size)
{
	void *space = request->space;

	size = (size + 15) & ~(size_t)15;
	if (size > request->space_left)
		return NULL;
	request->space += size;
	request->space_left -= size;
	return space;
}

void
request_put(struct request *request, struct vm_map_copy *copy, uint32_t offset)
{
	assert(request->out_count < MSG_DESCRIPTORS_MAX);
	request->out[request->out_count++] =
	    (struct request_out){ copy, offset };
}

static void
drop_out(struct request *request)
{
	for (; request->out_count > 0; request->out_count--)
		vm_map_copy_free(request->out[request->out_count - 1].copy);
}

/* Frees what is dead, and lets others have their turns meanwhile. */
static void
reap_all(struct vm_machine *vm)
{
	enum { SLICE = 64 };

	while (vm_machine_reap(vm, SLICE))
		vm_machine_tick(vm, SLICE);
}

/* Has there come more room for a request that was refused? */
static bool
make_room(struct request *request)
{
	struct vm_machine *vm = request->vm;

	if (request->code != KERN_RESOURCE_SHORTAGE)
		return false;
	if (vm->waiting) {
		reap_all(vm);
		return true;
	}
	return vm->wanting && vm_upkeep_purge(vm);
}

bool
request_again(struct request *request)
{
	bool busy = request->busy, again = busy || make_room(request);

	if (!again)
		return false;
	drop_out(request);
	request->busy = false;
	request->code = KERN_SUCCESS;
	if (busy) {
		call_wait(request->call);
		request->code = resolve(request,
		    find_subsystem(request->connection, request->msg));
		wait_for_task(request);
	}
	vm_machine_begin(request->vm, request->vm->account);
	return request->code == KERN_SUCCESS;
}

void
request_reply(const ProtobufCMessage *out, void *data)
{
	struct request *request = data;
	struct msg_descriptor descriptors[MSG_DESCRIPTORS_MAX];
	bool success = request->code == KERN_SUCCESS;
	struct msg reply = {
		.kind = MSG_REPLY,
		.id = (int)((unsigned)request->msg->id + MIG_REPLY_DELTA),
		.remote = request->msg->local,
		.code = request->code,
		.descriptor_count = success ? request->out_count : 0,
		.descriptors = descriptors,
		.body_size =
		    success ? protobuf_c_message_get_packed_size(out) : 0,
	};
	size_t head = msg_head_size(&reply);
	uint8_t *to;

	for (uint32_t i = 0; i < reply.descriptor_count; i++)
		descriptors[i] = (struct msg_descriptor){
			.type = MACH_MSG_OOL_DESCRIPTOR,
			.offset = request->out[i].offset,
			.size = request->out[i].copy->size,
		};
	assert(reply.body_size <= MSG_BODY_MAX);
	to = connection_put(request->connection, head + reply.body_size);
	if (to) {
		msg_write_head(&reply, to);
		if (success)
			protobuf_c_message_pack(out, to + head);
	}
	for (uint32_t i = 0; i < request->out_count; i++) {
		if (success && to)
			connection_put_copy(request->connection,
			    request->out[i].copy);
		else
			vm_map_copy_free(request->out[i].copy);
	}
}
