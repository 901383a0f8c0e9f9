/*
 * Requests, and routines in the shape MIG gives them: arguments in, results
 * out, a kern_return_t back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/msg.h"
#include "proto/routine.h"

struct call;
struct connection;
struct port;
struct routine;
struct task;
struct vm_machine;
struct vm_map_copy;

/* Data to go with a reply. */
struct request_out {
	struct vm_map_copy *copy;
	uint32_t offset; /* where in its page the first byte is to lie */
};

struct request {
	struct call *call;
	struct connection *connection;
	struct vm_machine *vm;
	const struct msg *msg;
	const struct routine *routine;
	struct port *port;        /* whom it is for; NULL: nobody */
	struct task *task;        /* if that is a task */
	struct vm_map_copy *data; /* that came with it, or NULL */
	bool busy; /* a task that it asked for is: the routine is done again */
	kern_return_t code;
	uint8_t *space; /* for results, if the routine may pause with them */
	size_t space_left;
	uint32_t out_count; /* data that go with the reply, at most
			       MSG_DESCRIPTORS_MAX */
	struct request_out *out;
};

/*
 * The port that an argument names, and the task that has it: of a right that
 * the caller has. Neither gives the caller a reference, but both stay until the
 * call ends. To be asked for before anything is changed.
 *
 * => NULL: the name is null, dead or unknown; or it is no task's; or somebody
 *    who has paused is at work on it, and whatever the routine answers now, it
 *    is done again
 */
struct port *request_port(struct request *request, mach_port_name_t name);
struct task *request_task(struct request *request, mach_port_name_t name);

/* The same for a routine that only reads the task's memory: a read port will
 * do. */
struct task *request_task_read(struct request *request, mach_port_name_t name);

/* Memory for results, as long as the call. Those that are made after the last
 * step of the routine that may pause can be static. NULL: there is none left. */
void *request_alloc(struct request *request, size_t size);

/* The reply's body, with nothing in it yet. */
void request_begin(const struct request *request, void *out);

/* A closure for all replies: `data` is the request. */
void request_reply(const ProtobufCMessage *out, void *data);

/* Data to go with the reply, behind those before. Takes over the copy. */
void request_put(struct request *request, struct vm_map_copy *copy,
    uint32_t offset);

/*
 * Should the routine be done once more? A call that was refused for want of
 * frames has changed nothing: what is dead is freed, or memory that may be
 * purged is, and it is made again. So is one that met a task in use.
 */
bool request_again(struct request *request);

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
		do {                                                           \
			request_begin(request, &out);                          \
			request->code = routine##_routine(request, in, &out);  \
		} while (request_again(request));                              \
		reply(&out, request);                                          \
	}

/* A routine of a service whose table stands in another file: there
 * ROUTINE_DECLARED is, and ROUTINE_SERVED_BY. */
#define ROUTINE_DECLARED(name, Name)                                           \
	kern_return_t name##_routine(struct request *request,                  \
	    const Name##Request *in, Name##Reply *out);
#define ROUTINE_ELSEWHERE(name, Name)                                          \
	kern_return_t name##_routine(struct request *request                   \
	    __attribute__((unused)),                                           \
	    const Name##Request *in __attribute__((unused)),                   \
	    Name##Reply *out __attribute__((unused)))

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
extern Mach_Service mach_service;
extern Gnumach_Service gnumach_service;
extern MachVm_Service mach_vm_service;
extern Task_Service task_service;
extern MachHost_Service mach_host_service;
extern HostPriv_Service host_priv_service;
extern Bootstrap_Service bootstrap_service;
extern MachPort_Service mach_port_service;
extern Vmd_Service vmd_service;
