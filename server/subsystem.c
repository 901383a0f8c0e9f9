#include "server/subsystem.h"

#include <assert.h>
#include <stddef.h>

#include <mach/mig_errors.h>

#include "common/cleanup.h"

enum { ROUTINES = 512 };

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
static const int takers[] = {
	VM_MAP_ID(vm_write),
	MACH_VM_ID(mach_vm_write),
};

/* All of them, a subsystem's together, in the order of subsystems. */
static struct routine routines[ROUTINES];
static struct routine_count counts[ROUTINES];
static const struct routine *firsts[ARRAY_SIZE(subsystems)];

static bool
has_id(const struct subsystem *subsystem, int id)
{
	return id >= subsystem->base && (unsigned)(id - subsystem->base) <
					    subsystem->descriptor->n_methods;
}

/* --- The table --------------------------------------------------------- */

/* The registry's routines, which share ids with host_priv's, are no exceptions. */
static void
set_exceptions(struct routine *routine, int id)
{
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (exceptions[i].id == id) {
			routine->kind = exceptions[i].kind;
			routine->other_kind = exceptions[i].other_kind;
		}
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		if (looks[i].id == id)
			routine->look = looks[i].kind;
	for (size_t i = 0; i < ARRAY_SIZE(takers); i++)
		if (takers[i] == id)
			routine->takes_data = true;
}

static void
set_routine(struct routine *routine, const struct subsystem *subsystem,
    unsigned index)
{
	*routine = (struct routine){
		.service = subsystem->service,
		.method = &subsystem->descriptor->methods[index],
		.index = index,
		.kind = subsystem->kind,
		.look = PORT_NONE,
		.other_kind = subsystem->other_kind,
		.count = &counts[routine - routines],
	};
	if (subsystem->kind != PORT_BOOTSTRAP)
		set_exceptions(routine, subsystem->base + (int)index);
}

void
subsystems_init(void)
{
	struct routine *routine = routines;

	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
		unsigned count = subsystems[i].descriptor->n_methods;

		assert(routine + count <= routines + ROUTINES);
		firsts[i] = routine;
		for (unsigned index = 0; index < count; index++)
			set_routine(routine++, &subsystems[i], index);
	}
}

/* --- Looking up -------------------------------------------------------- */

bool
subsystem_may_be_registry(int id)
{
	return id >= BOOTSTRAP_BASE && (unsigned)(id - BOOTSTRAP_BASE) <
					   MAX(bootstrap__descriptor.n_methods,
					       host_priv__descriptor.n_methods);
}

const struct routine *
subsystem_routine(int id, bool registry)
{
	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
		const struct subsystem *s = &subsystems[i];

		if (has_id(s, id) &&
		    (s->base != BOOTSTRAP_BASE ||
			(s->kind == PORT_BOOTSTRAP) == registry))
			return &firsts[i][id - s->base];
	}
	return NULL;
}

const struct routine *
subsystem_routine_at(size_t i, int *id)
{
	for (size_t s = 0; s < ARRAY_SIZE(subsystems); s++) {
		size_t count = subsystems[s].descriptor->n_methods;

		if (i < count) {
			*id = subsystems[s].base + (int)i;
			return &firsts[s][i];
		}
		i -= count;
	}
	return NULL;
}
