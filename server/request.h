/*
 * Requests, and routines in the shape MIG gives them: arguments in, results
 * out, a kern_return_t back.
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#include "common/msg.h"
#include "proto/routine.h"

struct connection;
struct port;
struct task;
struct vm_machine;
struct vm_map_copy;

/* Data to go with a reply. */
struct request_out {
	struct vm_map_copy *copy;
	uint32_t offset; /* where in its page the first byte is to lie */
};

struct request {
	struct connection *connection;
	struct vm_machine *vm;
	const struct msg *msg;
	const ProtobufCMethodDescriptor *method;
	struct port *port;        /* whom it is for; NULL: nobody */
	struct task *task;        /* if that is a task */
	struct vm_map_copy *data; /* that came with it, or NULL */
	kern_return_t code;
	uint32_t out_count; /* data that go with the reply, at most
			       MSG_DESCRIPTORS_MAX */
	struct request_out *out;
};

/* A closure for all replies: `data` is the request. */
void request_reply(const ProtobufCMessage *out, void *data);

/* Data to go with the reply, behind those before. Takes over the copy. */
void request_put(struct request *request, struct vm_map_copy *copy,
    uint32_t offset);

/*
 * ROUTINE(VmMap, vm_copy, VmCopy) { ... } serves a routine of a service:
 * `request` is the request, `in` its body, `out` the reply's, and what is
 * returned its code.
 */
#define ROUTINE(Service, name, Name)                                           \
	static kern_return_t name##_routine(struct request *request,           \
	    const Name##Request *in, Name##Reply *out);                        \
	ROUTINE_SERVED_BY(Service, name, name, Name)                           \
	static kern_return_t name##_routine(struct request *request            \
	    __attribute__((unused)),                                           \
	    const Name##Request *in __attribute__((unused)),                   \
	    Name##Reply *out __attribute__((unused)))

/* The same routine under a further name, of another service. */
#define ROUTINE_SERVED_BY(Service, name, routine, Name)                        \
	static void serve_##name(Service##_Service *service,                   \
	    const Name##Request *in, Name##Reply_Closure reply, void *data)    \
	{                                                                      \
		struct request *request = data;                                \
		Name##Reply out;                                               \
		(void)service;                                                 \
		protobuf_c_message_init(request->method->output, &out);        \
		request->code = routine##_routine(request, in, &out);          \
		reply(&out, request);                                          \
	}

/* A routine that keeps its place and is not served. dispatch() answers it. */
#define ABSENT(Service, name)                                                  \
	static void serve_##name(Service##_Service *service, const Absent *in, \
	    Absent_Closure reply, void *data)                                  \
	{                                                                      \
		(void)service, (void)in, (void)reply, (void)data;              \
		abort();                                                       \
	}

/* Each in the file of its routines: vm_user.c, task_user.c and so on. */
extern VmMap_Service vm_map_service;
extern MachVm_Service mach_vm_service;
extern Task_Service task_service;
extern MachHost_Service mach_host_service;
extern HostPriv_Service host_priv_service;
extern MachPort_Service mach_port_service;
extern Vmd_Service vmd_service;
