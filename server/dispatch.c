#include "server/dispatch.h"

#include <assert.h>
#include <stdint.h>

#include <mach/mig_errors.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/probe.h"
#include "proto/flat.h"
#include "server/call.h"
#include "server/connection.h"
#include "server/monitor.h"
#include "server/port.h"
#include "server/request.h"
#include "server/subsystem.h"
#include "server/server.h"
#include "server/vm/task.h"
#include "server/vm/vm_map.h"
#include "server/vm/vm_map_copy.h"
#include "server/vm/vm_upkeep.h"

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

/* The task of a port that can do as much; NULL: it is none of a task's, or can
 * do less. */
static struct task *
task_of(const struct port *port, enum port_kind least)
{
	return port_is_task(port) && port->kind >= least ? port->task : NULL;
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

/* What is not flat. */
static ProtobufCMessage *
unpack_other(struct arena *arena, const struct call *call)
{
	arena->allocator =
	    (ProtobufCAllocator){ arena_alloc, arena_free, arena };
	return protobuf_c_message_unpack(call->request.routine->method->input,
	    &arena->allocator, call->msg.body_size, call->msg.body);
}

/* The body, unpacked; NULL: it is none of that routine's. */
static ProtobufCMessage *
unpack(struct call *call)
{
	struct request *request = &call->request;
	const ProtobufCMessageDescriptor *input =
	    request->routine->method->input;
	struct arena arena = { .at = call->arena, .left = CALL_ARENA };
	ProtobufCMessage *in;

	if (request->data && !request->routine->takes_data)
		return NULL;
	in = arena_alloc(&arena, input->sizeof_message);
	if (!flat_unpack(input, call->msg.body, call->msg.body_size, in))
		in = unpack_other(&arena, call);
	request->space = arena.at;
	request->space_left = arena.left;
	return in;
}

/* The registry's ids are host_priv's, too: whom the request is for tells. */
static const struct routine *
find_routine(const struct request *request)
{
	int id = request->msg->id;

	return subsystem_routine(id,
	    subsystem_may_be_registry(id) &&
		is_registry(request->connection, request->msg->remote));
}

/* Will the port do? */
static bool
is_for(const struct routine *routine, const struct port *port)
{
	return port_serves_as(port, routine->kind) ||
	       (routine->look != PORT_NONE && port_is_task(port) &&
		   port->kind >= routine->look);
}

/* What is to be said before the routine is looked at. */
static kern_return_t
resolve(struct request *request)
{
	const struct routine *routine = request->routine;
	kern_return_t kr;

	if (routine && routine->kind == PORT_NONE)
		return KERN_SUCCESS;
	kr = connection_port(request->connection, request->msg->remote,
	    &request->port);
	if (kr != KERN_SUCCESS || !routine)
		return kr;
	if (!is_for(routine, request->port))
		return routine->other_kind;
	request->task = routine->kind == PORT_ANY
			    ? task_of(request->port, PORT_TASK)
			    : request->port->task;
	return KERN_SUCCESS;
}

/* Once more: there may be none any more. */
static kern_return_t
resolve_again(struct request *request)
{
	request->routine = find_routine(request);
	return resolve(request);
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
		request->code = resolve_again(request);
	}
	if (request->code == KERN_SUCCESS && request->port)
		call_use(request->call, request->port);
}

/* Has the routine done. Its reply is queued by request_reply(). */
static void
invoke(struct request *request)
{
	const struct routine *routine = request->routine;
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
	routine->service->invoke(routine->service, routine->index, in,
	    request_reply, request);
}

void
dispatch(struct call *call)
{
	struct request *request = &call->request;

	*request = (struct request){
		.call = call,
		.connection = call->connection,
		.vm = &call->server->vm,
		.msg = &call->msg,
		.data = call->data,
		.out = call->out,
	};
	call->told.began = 0;
	if (call->server->monitor)
		monitor_begin(call);
	request->code = resolve_again(request);
	if (request->code == KERN_SUCCESS && !request->routine)
		request->code = MIG_BAD_ID;
	if (request->code == KERN_SUCCESS &&
	    request->routine->method->input == &absent__descriptor)
		request->code = MIG_BAD_ID;
	if (request->code == KERN_SUCCESS && call->refused)
		request->code = KERN_RESOURCE_SHORTAGE;
	if (request->code != KERN_SUCCESS)
		request_reply(NULL, request);
	else
		invoke(request);
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
request_begin(const struct request *request, void *out)
{
	protobuf_c_message_init(request->routine->method->output, out);
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
		request->code = resolve_again(request);
		wait_for_task(request);
	}
	vm_machine_begin(request->vm, request->vm->account);
	return request->code == KERN_SUCCESS;
}

static size_t
body_size(const ProtobufCMessage *body, bool *flat)
{
	size_t size = flat_size(body);

	*flat = size != SIZE_MAX;
	return *flat ? size : protobuf_c_message_get_packed_size(body);
}

static void
body_pack(const ProtobufCMessage *body, bool flat, uint8_t *to)
{
	if (flat)
		flat_pack(body, to);
	else
		protobuf_c_message_pack(body, to);
}

/* Counts it, and tells who watches. */
static void
note(const struct request *request, const struct msg *reply,
    const uint8_t *body)
{
	struct server *server = request->connection->server;

	PROBE3(call, request->msg->id, request->msg->remote, request->code);
	if (request->routine) {
		request->routine->count->calls++;
		request->routine->count->failed +=
		    request->code != KERN_SUCCESS;
	}
	if (server->monitor && request->call)
		monitor_end(server, request->call, request->code, body,
		    body ? reply->body_size : 0, msg_data_size(reply));
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
	};
	size_t head = msg_head_size(&reply);
	bool flat = false;
	uint8_t *to;

	if (success)
		reply.body_size = body_size(out, &flat);

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
			body_pack(out, flat, to + head);
	}
	note(request, &reply, to ? to + head : NULL);
	for (uint32_t i = 0; i < request->out_count; i++) {
		if (success && to)
			connection_put_copy(request->connection,
			    request->out[i].copy);
		else
			vm_map_copy_free(request->out[i].copy);
	}
}
