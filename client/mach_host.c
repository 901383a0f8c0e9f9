#include <mach/mach_host.h>

#include <stdint.h>
#include <string.h>

#include "client/call.h"
#include "client/host_stub.h"

CALL(host_page_size, HostPageSize)

kern_return_t
host_page_size(host_t host, vm_size_t *page_size)
{
	_cleanup_(host_page_size_freep) HostPageSizeReply *out = NULL;
	HostPageSizeRequest in = HOST_PAGE_SIZE_REQUEST__INIT;
	struct call call = { .id = MACH_HOST_ID(host_page_size), .port = host };
	kern_return_t kr;

	kr = call_host_page_size(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*page_size = out->out_page_size;
	return kr;
}

CALL(host_info, HostInfo)

/* As many ints as there is room for. */
static void
put(host_info_t info, mach_msg_type_number_t *count, const void *from,
    mach_msg_type_number_t most)
{
	*count = MIN(*count, most);
	memcpy(info, from, *count * sizeof(natural_t));
}

static struct host_basic_info
basic_info(const HostInfoReply *from)
{
	return (struct host_basic_info){
		.max_cpus = (integer_t)from->max_cpus,
		.avail_cpus = (integer_t)from->avail_cpus,
		.memory_size =
		    (natural_t)MIN(from->memory_size, (uint64_t)INT32_MAX + 1),
		.cpu_type = from->cpu_type,
		.cpu_subtype = from->cpu_subtype,
		.cpu_threadtype = from->cpu_threadtype,
		.physical_cpu = (integer_t)from->physical_cpu,
		.physical_cpu_max = (integer_t)from->physical_cpu_max,
		.logical_cpu = (integer_t)from->logical_cpu,
		.logical_cpu_max = (integer_t)from->logical_cpu_max,
		.max_mem = from->memory_size,
	};
}

kern_return_t
host_info(host_t host, host_flavor_t flavor, host_info_t info,
    mach_msg_type_number_t *info_count)
{
	enum { COUNT_OLD = 5 };
	_cleanup_(host_info_freep) HostInfoReply *out = NULL;
	HostInfoRequest in = HOST_INFO_REQUEST__INIT;
	struct call call = { .id = MACH_HOST_ID(host_info), .port = host };
	struct host_basic_info basic;
	kern_return_t kr;

	in.has_flavor = in.has_info_count = true;
	in.flavor = flavor;
	in.info_count = *info_count;

	kr = call_host_info(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	basic = basic_info(out);
	put(info, info_count, &basic,
	    *info_count >= HOST_BASIC_INFO_COUNT ? HOST_BASIC_INFO_COUNT
						 : COUNT_OLD);
	return KERN_SUCCESS;
}

CALL(host_kernel_version, HostKernelVersion)

kern_return_t
host_kernel_version(host_t host, kernel_version_t kernel_version)
{
	_cleanup_(host_kernel_version_freep) HostKernelVersionReply *out = NULL;
	HostKernelVersionRequest in = HOST_KERNEL_VERSION_REQUEST__INIT;
	struct call call = {
		.id = MACH_HOST_ID(host_kernel_version),
		.port = host,
	};
	kern_return_t kr;

	kr = call_host_kernel_version(&call, &in, &out);
	if (kr == KERN_SUCCESS &&
	    strlen(out->kernel_version) >= sizeof(kernel_version_t))
		return MIG_ARRAY_TOO_LARGE;
	if (kr == KERN_SUCCESS)
		strcpy(kernel_version, out->kernel_version);
	return kr;
}

/* --- Statistics -------------------------------------------------------- */

CALL(host_statistics, HostStatistics)

/* A counter of 32 bits stops at its end. */
static natural_t
narrow(uint64_t count)
{
	return (natural_t)MIN(count, (uint64_t)UINT32_MAX);
}

static void
put_statistics(const HostStatisticsReply *from, host_info_t info,
    mach_msg_type_number_t *count)
{
	struct vm_statistics statistics = {
		.free_count = narrow(from->free_count),
		.active_count = narrow(from->active_count),
		.inactive_count = narrow(from->inactive_count),
		.wire_count = narrow(from->wire_count),
		.zero_fill_count = narrow(from->zero_fill_count),
		.reactivations = narrow(from->reactivations),
		.pageins = narrow(from->pageins),
		.pageouts = narrow(from->pageouts),
		.faults = narrow(from->faults),
		.cow_faults = narrow(from->cow_faults),
		.lookups = narrow(from->lookups),
		.hits = narrow(from->hits),
		.purgeable_count = narrow(from->purgeable_count),
		.purges = narrow(from->purges),
	};

	put(info, count, &statistics,
	    *count >= HOST_VM_INFO_REV2_COUNT   ? HOST_VM_INFO_REV2_COUNT
	    : *count >= HOST_VM_INFO_REV1_COUNT ? HOST_VM_INFO_REV1_COUNT
						: HOST_VM_INFO_REV0_COUNT);
}

static void
put_statistics64(const HostStatisticsReply *from, host_info64_t info,
    mach_msg_type_number_t *count)
{
	struct vm_statistics64 statistics = {
		.free_count = narrow(from->free_count),
		.active_count = narrow(from->active_count),
		.inactive_count = narrow(from->inactive_count),
		.wire_count = narrow(from->wire_count),
		.zero_fill_count = from->zero_fill_count,
		.reactivations = from->reactivations,
		.pageins = from->pageins,
		.pageouts = from->pageouts,
		.faults = from->faults,
		.cow_faults = from->cow_faults,
		.lookups = from->lookups,
		.hits = from->hits,
		.purges = from->purges,
		.purgeable_count = narrow(from->purgeable_count),
		.internal_page_count = narrow(from->internal_page_count),
	};

	put(info, count, &statistics,
	    *count >= HOST_VM_INFO64_REV1_COUNT ? HOST_VM_INFO64_REV1_COUNT
						: HOST_VM_INFO64_REV0_COUNT);
}

kern_return_t
host_stub_statistics(int id, host_t host, host_flavor_t flavor,
    host_info_t info, mach_msg_type_number_t *info_count)
{
	_cleanup_(host_statistics_freep) HostStatisticsReply *out = NULL;
	HostStatisticsRequest in = HOST_STATISTICS_REQUEST__INIT;
	struct call call = { .id = id, .port = host };
	kern_return_t kr;

	in.has_flavor = in.has_info_count = true;
	in.flavor = flavor;
	in.info_count = *info_count;

	kr = call_host_statistics(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	if (flavor == HOST_VM_INFO64)
		put_statistics64(out, info, info_count);
	else
		put_statistics(out, info, info_count);
	return KERN_SUCCESS;
}

kern_return_t
host_statistics(host_priv_t host, host_flavor_t flavor, host_info_t info,
    mach_msg_type_number_t *info_count)
{
	return host_stub_statistics(MACH_HOST_ID(host_statistics), host, flavor,
	    info, info_count);
}

kern_return_t
host_statistics64(host_t host, host_flavor_t flavor, host_info64_t info,
    mach_msg_type_number_t *info_count)
{
	return host_stub_statistics(MACH_HOST_ID(host_statistics64), host,
	    flavor, info, info_count);
}

/* --- Memory entries ---------------------------------------------------- */

CALL(mach_memory_object_memory_entry, MachMemoryObjectMemoryEntry)

static kern_return_t
memory_entry(int id, host_t host, boolean_t internal, uint64_t size,
    vm_prot_t permission, memory_object_t pager, mach_port_t *entry_handle)
{
	_cleanup_(mach_memory_object_memory_entry_freep)
	    MachMemoryObjectMemoryEntryReply *out = NULL;
	MachMemoryObjectMemoryEntryRequest in =
	    MACH_MEMORY_OBJECT_MEMORY_ENTRY_REQUEST__INIT;
	struct call call = { .id = id, .port = host };
	kern_return_t kr;

	in.internal = internal != FALSE;
	in.size = size;
	in.permission = permission;
	in.has_pager = true;
	in.pager = pager;

	kr = call_mach_memory_object_memory_entry(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*entry_handle = out->entry_handle;
	return kr;
}

kern_return_t
mach_memory_object_memory_entry(host_t host, boolean_t internal, vm_size_t size,
    vm_prot_t permission, memory_object_t pager, mach_port_t *entry_handle)
{
	return memory_entry(MACH_HOST_ID(mach_memory_object_memory_entry), host,
	    internal, size, permission, pager, entry_handle);
}

kern_return_t
mach_memory_object_memory_entry_64(host_t host, boolean_t internal,
    memory_object_size_t size, vm_prot_t permission, memory_object_t pager,
    mach_port_t *entry_handle)
{
	return memory_entry(MACH_HOST_ID(mach_memory_object_memory_entry_64),
	    host, internal, size, permission, pager, entry_handle);
}
