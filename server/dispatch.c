#include "server/dispatch.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/mig_errors.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "server/connection.h"
#include "server/port.h"
#include "server/request.h"
#include "server/server.h"
#include "server/vm/task.h"
#include "server/vm/vm_check.h"
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

/* Routines that take data. */
static bool
takes_data(int id)
{
	return id == VM_MAP_ID(vm_write) || id == MACH_VM_ID(mach_vm_write);
}

static const struct subsystem *
find_subsystem(int id)
{
	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
		const struct subsystem *s = &subsystems[i];

		if (id >= s->base &&
		    (unsigned)(id - s->base) < s->descriptor->n_methods)
			return s;
	}
	return NULL;
}

/* Whom the routine is for. Anything, if there is no such routine. */
static struct exception
destination_of(const struct subsystem *subsystem, int id)
{
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (exceptions[i].id == id)
			return exceptions[i];
	if (!subsystem)
		return (struct exception){ id, PORT_TASK, MIG_BAD_ID };
	return (struct exception){ id, subsystem->kind, subsystem->other_kind };
}

/* An allocator that takes from the server's arena and gives nothing back. What
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

/* Has the routine done. Its reply is queued by request_reply(). */
static void
invoke(struct request *request, const struct subsystem *subsystem,
    unsigned index)
{
	struct server *server = request->connection->server;
	struct arena arena = {
		.allocator = { arena_alloc, arena_free, NULL },
		.at = server->arena,
		.left = SERVER_ARENA,
	};
	ProtobufCMessage *in;

	arena.allocator.allocator_data = &arena;
	in = protobuf_c_message_unpack(request->method->input, &arena.allocator,
	    request->msg->body_size, request->msg->body);
	if (!in || (request->data && !takes_data(request->msg->id))) {
		request->code = MIG_BAD_ARGUMENTS;
		request_reply(NULL, request);
		return;
	}
	subsystem->service->invoke(subsystem->service, index, in, request_reply,
	    request);
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
	if (!port_serves_as(request->port, destination.kind))
		return destination.other_kind;
	request->task = request->port->task;
	if (request->task)
		request->task->calls++;
	return KERN_SUCCESS;
}

static void
serve(struct request *request, bool refused)
{
	int id = request->msg->id;
	const struct subsystem *subsystem = find_subsystem(id);
	unsigned index = subsystem ? (unsigned)(id - subsystem->base) : 0;

	request->code = resolve(request, subsystem);
	if (request->code == KERN_SUCCESS && subsystem)
		request->method = &subsystem->descriptor->methods[index];
	if (request->code == KERN_SUCCESS &&
	    (!subsystem || request->method->input == &absent__descriptor))
		request->code = MIG_BAD_ID;
	if (request->code == KERN_SUCCESS && refused)
		request->code = KERN_RESOURCE_SHORTAGE;
	if (request->code != KERN_SUCCESS)
		request_reply(NULL, request);
	else
		invoke(request, subsystem, index);
}

/* With --check: a machine that is wrong is not let go on. */
static void
check(struct server *server, const struct request *request)
{
	const char *complaint = vm_check(&server->vm);

	if (!complaint)
		return;
	log_error("after message %d: %s", request->msg->id, complaint);
	abort();
}

void
dispatch(struct connection *connection, const struct msg *msg,
    struct vm_map_copy *data, bool refused)
{
	enum { STEPS = 256 }; /* what most calls let go of is freed at once */
	struct server *server = connection->server;
	struct request request = {
		.connection = connection,
		.vm = &server->vm,
		.msg = msg,
		.data = data,
		.out = server->out,
	};

	serve(&request, refused);
	vm_map_copy_free(request.data);
	if (vm_machine_reap(&server->vm, STEPS))
		server_wake(server);
	if (server->check)
		check(server, &request);
}

struct port *
request_port(struct request *request, mach_port_name_t name)
{
	struct port *port = NULL;

	connection_port(request->connection, name, &port);
	return port;
}

struct task *
request_task(struct request *request, mach_port_name_t name)
{
	struct port *port = request_port(request, name);

	return port ? port->task : NULL;
}

void
request_put(struct request *request, struct vm_map_copy *copy, uint32_t offset)
{
	assert(request->out_count < MSG_DESCRIPTORS_MAX);
	request->out[request->out_count++] =
	    (struct request_out){ copy, offset };
}

bool
request_again(struct request *request)
{
	struct vm_machine *vm = request->vm;
	bool again = request->code == KERN_RESOURCE_SHORTAGE && vm->wanting &&
		     vm_upkeep_purge(vm);

	vm->wanting = false;
	for (; again && request->out_count > 0; request->out_count--)
		vm_map_copy_free(request->out[request->out_count - 1].copy);
	return again;
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
