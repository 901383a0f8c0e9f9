/*
 * The host: the routines of mach_host.proto and host_priv.proto
 *
 * The simulated machine has one processor, of the kind that the daemon runs on,
 * and as much memory as the daemon was given.
 */
#include <mach/host_info.h>
#include <mach/host_special_ports.h>
#include <mach/machine.h>

#include "server/connection.h"
#include "server/request.h"
#include "server/server.h"
#include "server/vm/vm_page.h"
#include "server/vm/vm_upkeep.h"
#include "server/vm_user.h"

ROUTINE(MachHost, host_page_size, HostPageSize)
{
	out->out_page_size = VM_PAGE_SIZE;
	return KERN_SUCCESS;
}

/* --- What it is -------------------------------------------------------- */

enum {
	HOST_BASIC_INFO_OLD_COUNT = 5, /* the ints up to cpu_subtype */
#if defined(__aarch64__)
	CPU_TYPE = CPU_TYPE_ARM64,
	CPU_SUBTYPE = CPU_SUBTYPE_ARM64_ALL,
#elif defined(__x86_64__)
	CPU_TYPE = CPU_TYPE_X86_64,
	CPU_SUBTYPE = CPU_SUBTYPE_X86_64_ALL,
#else
	CPU_TYPE = CPU_TYPE_ANY,
	CPU_SUBTYPE = CPU_SUBTYPE_ANY,
#endif
};

ROUTINE(MachHost, host_info, HostInfo)
{
	if (in->flavor != HOST_BASIC_INFO)
		return KERN_INVALID_ARGUMENT;
	if (in->has_info_count && in->info_count < HOST_BASIC_INFO_OLD_COUNT)
		return KERN_FAILURE;
	out->max_cpus = 1;
	out->avail_cpus = 1;
	out->memory_size = (uint64_t)request->vm->pages.limit << VM_PAGE_SHIFT;
	out->cpu_type = CPU_TYPE;
	out->cpu_subtype = CPU_SUBTYPE;
	out->cpu_threadtype = CPU_THREADTYPE_NONE;
	out->physical_cpu = 1;
	out->physical_cpu_max = 1;
	out->logical_cpu = 1;
	out->logical_cpu_max = 1;
	return KERN_SUCCESS;
}

ROUTINE(MachHost, host_kernel_version, HostKernelVersion)
{
	static char version[] = "Mach VM (vmd " VMD_VERSION ")";

	static_assert(sizeof(version) <= KERNEL_VERSION_MAX, "it fits");
	out->kernel_version = version;
	return KERN_SUCCESS;
}

/* Ports of its own the kernel has no more than these two. */
ROUTINE(HostPriv, host_get_special_port, HostGetSpecialPort)
{
	struct connection *connection = request->connection;
	struct server *server = connection->server;

	if (in->which == HOST_PORT)
		return connection_give(connection, server->host, &out->port);
	if (in->which == HOST_PRIV_PORT && connection_is_privileged(connection))
		return connection_give(connection, server->host_priv,
		    &out->port);
	return KERN_INVALID_ARGUMENT;
}

/* --- What it has counted ----------------------------------------------- */

/* What is in use and not wired is active. Nothing is paged, in or out. */
static kern_return_t
tell_counters(const struct request *request, HostStatisticsReply *out)
{
	const struct vm_machine *vm = request->vm;

	out->free_count = vm_page_left(&vm->pages);
	out->wire_count = vm_machine_wired(vm);
	out->active_count = vm->pages.used - out->wire_count;
	out->internal_page_count = vm->pages.used;
	out->purgeable_count = vm_machine_volatile(vm);
	out->faults = vm->events.faults;
	out->zero_fill_count = vm->events.zero_fills;
	out->cow_faults = vm->events.cow_faults;
	out->lookups = vm->events.lookups;
	out->hits = vm->events.hits;
	out->purges = vm->events.purges;
	return KERN_SUCCESS;
}

static bool
has_room(const HostStatisticsRequest *in, uint32_t count)
{
	return !in->has_info_count || in->info_count >= count;
}

ROUTINE(MachHost, host_statistics, HostStatistics)
{
	if (in->has_flavor && in->flavor != HOST_VM_INFO)
		return KERN_INVALID_ARGUMENT;
	if (!has_room(in, HOST_VM_INFO_REV0_COUNT))
		return KERN_FAILURE;
	return tell_counters(request, out);
}

/* What it does not know itself it asks host_statistics. */
ROUTINE(MachHost, host_statistics64, HostStatistics)
{
	if (in->has_flavor && in->flavor != HOST_VM_INFO64)
		return host_statistics_routine(request, in, out);
	if (!has_room(in, HOST_VM_INFO64_REV0_COUNT))
		return KERN_FAILURE;
	return tell_counters(request, out);
}

ROUTINE_SERVED_BY(HostPriv, host_priv_statistics, host_statistics,
    HostStatistics)

/* --- The services ------------------------------------------------------ */

ROUTINE_SERVED_BY(MachHost, mach_memory_object_memory_entry,
    mach_memory_object_memory_entry, MachMemoryObjectMemoryEntry)
ABSENT(MachHost, skip_204)
ABSENT(MachHost, skip_205)
ABSENT(MachHost, skip_206)
ABSENT(MachHost, skip_207)
ABSENT(MachHost, skip_208)
ABSENT(MachHost, skip_209)
ABSENT(MachHost, skip_210)
ABSENT(MachHost, skip_211)
ABSENT(MachHost, skip_212)
ABSENT(MachHost, skip_213)
ABSENT(MachHost, skip_214)
ROUTINE_SERVED_BY(MachHost, mach_memory_object_memory_entry_64,
    mach_memory_object_memory_entry, MachMemoryObjectMemoryEntry)
ABSENT(MachHost, skip_217)
ABSENT(MachHost, skip_218)

MachHost_Service mach_host_service = MACH_HOST__INIT(serve_);

ABSENT(HostPriv, skip_400)
ABSENT(HostPriv, skip_401)
ABSENT(HostPriv, skip_403)
ROUTINE_SERVED_BY(HostPriv, vm_wire, vm_wire, VmWire)
ABSENT(HostPriv, skip_405)
ABSENT(HostPriv, skip_406)
ABSENT(HostPriv, skip_407)
ABSENT(HostPriv, skip_408)
ABSENT(HostPriv, skip_409)
ABSENT(HostPriv, skip_410)
ABSENT(HostPriv, skip_411)
ABSENT(HostPriv, skip_413)
ABSENT(HostPriv, skip_414)
ABSENT(HostPriv, skip_415)
ABSENT(HostPriv, skip_416)
ABSENT(HostPriv, skip_417)
ROUTINE_SERVED_BY(HostPriv, mach_vm_wire, vm_wire, VmWire)

HostPriv_Service host_priv_service = HOST_PRIV__INIT(serve_);
