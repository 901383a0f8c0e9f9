#include "client/show/routine.h"

#include "common/cleanup.h"
#include "proto/routine.h"

/* Whom the routines of a service are for. */
static const struct {
	int base;
	const ProtobufCServiceDescriptor *descriptor;
	const char *port;
} services[] = {
	{ MACH_HOST_BASE, &mach_host__descriptor, "host" },
	{ HOST_PRIV_BASE, &host_priv__descriptor, "host" },
	{ BOOTSTRAP_BASE, &bootstrap__descriptor, "bootstrap" },
	{ MACH_PORT_BASE, &mach_port__descriptor, "task" },
	{ TASK_BASE, &task__descriptor, "task" },
	{ VM_MAP_BASE, &vm_map__descriptor, "task" },
	{ MACH_VM_BASE, &mach_vm__descriptor, "task" },
	{ MACH_BASE, &mach__descriptor, "task" },
	{ GNUMACH_BASE, &gnumach__descriptor, "host" },
	{ VMD_BASE, &vmd__descriptor, NULL },
};

/* Routines of which that is not so. */
static const struct {
	int id;
	const char *port;
} exceptions[] = {
	{ GNUMACH_ID(vm_cache_statistics), "task" },
	{ GNUMACH_ID(vm_get_size_limit), "task" },
	{ VMD_ID(vmd_pages), "task" },
};

static struct routine
routine_of(size_t service, size_t index)
{
	const ProtobufCMethodDescriptor *method =
	    &services[service].descriptor->methods[index];
	struct routine routine = {
		.name = method->name,
		.id = services[service].base + (int)index,
		.port = services[service].port,
		.request = method->input,
		.reply = method->output,
	};

	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (exceptions[i].id == routine.id)
			routine.port = exceptions[i].port;
	return routine;
}

bool
routine_find(const char *name, struct routine *routine)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		const ProtobufCServiceDescriptor *service =
		    services[i].descriptor;
		const ProtobufCMethodDescriptor *method =
		    protobuf_c_service_descriptor_get_method_by_name(service,
			name);

		if (!method)
			continue;
		*routine = routine_of(i, (size_t)(method - service->methods));
		return true;
	}
	return false;
}

bool
routine_at(size_t i, struct routine *routine)
{
	for (size_t service = 0; service < ARRAY_SIZE(services); service++) {
		size_t count = services[service].descriptor->n_methods;

		if (i < count) {
			*routine = routine_of(service, i);
			return true;
		}
		i -= count;
	}
	return false;
}

bool
routine_is_absent(const struct routine *routine)
{
	return routine->request == &absent__descriptor;
}

bool
routine_by_id(int id, const ProtobufCMessageDescriptor *request,
    struct routine *routine)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		int index = id - services[i].base;

		if (index < 0 ||
		    (unsigned)index >= services[i].descriptor->n_methods)
			continue;
		*routine = routine_of(i, (size_t)index);
		if (!request || request == routine->request)
			return true;
	}
	return false;
}
