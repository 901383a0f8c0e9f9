#include <mach/gnumach.h>

#include <string.h>

#include <mach/vm_page_size.h>

#include "client/buffer.h"
#include "client/call.h"

CALL(vm_statistics, VmStatistics)

/* A counter of 31 bits stops at its end. */
static integer_t
narrow(uint64_t count)
{
	return (integer_t)MIN(count, (uint64_t)INT32_MAX);
}

kern_return_t
vm_statistics(vm_map_t target_task, struct gnumach_vm_statistics *statistics)
{
	_cleanup_(vm_statistics_freep) VmStatisticsReply *out = NULL;
	VmStatisticsRequest in = VM_STATISTICS_REQUEST__INIT;
	struct call call = {
		.id = MACH_ID(vm_statistics),
		.port = target_task,
	};
	kern_return_t kr;

	kr = call_vm_statistics(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*statistics = (struct gnumach_vm_statistics){
			.pagesize = narrow(out->pagesize),
			.free_count = narrow(out->free_count),
			.active_count = narrow(out->active_count),
			.inactive_count = narrow(out->inactive_count),
			.wire_count = narrow(out->wire_count),
			.zero_fill_count = narrow(out->zero_fill_count),
			.reactivations = narrow(out->reactivations),
			.pageins = narrow(out->pageins),
			.pageouts = narrow(out->pageouts),
			.faults = narrow(out->faults),
			.cow_faults = narrow(out->cow_faults),
			.lookups = narrow(out->lookups),
			.hits = narrow(out->hits),
		};
	return kr;
}

CALL(vm_cache_statistics, VmCacheStatistics)

kern_return_t
vm_cache_statistics(vm_map_t target_task,
    vm_cache_statistics_data_t *statistics)
{
	_cleanup_(vm_cache_statistics_freep) VmCacheStatisticsReply *out = NULL;
	VmCacheStatisticsRequest in = VM_CACHE_STATISTICS_REQUEST__INIT;
	struct call call = {
		.id = GNUMACH_ID(vm_cache_statistics),
		.port = target_task,
	};
	kern_return_t kr;

	kr = call_vm_cache_statistics(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*statistics = (vm_cache_statistics_data_t){
			.cache_object_count = narrow(out->cache_object_count),
			.cache_count = narrow(out->cache_count),
		};
	return kr;
}

CALL(vm_wire_all, VmWireAll)

kern_return_t
vm_wire_all(mach_port_t host, vm_map_t task, vm_wire_t flags)
{
	_cleanup_(vm_wire_all_freep) VmWireAllReply *out = NULL;
	VmWireAllRequest in = VM_WIRE_ALL_REQUEST__INIT;
	struct call call = { .id = GNUMACH_ID(vm_wire_all), .port = host };

	in.task = task;
	in.flags = flags;

	return call_vm_wire_all(&call, &in, &out);
}

CALL(vm_pages_phys, VmPagesPhys)

/* One part of a list of pages, at its place in the array. */
static kern_return_t
pages_part(struct call *call, VmPagesPhysRequest *in,
    rpc_phys_addr_array_t pages, vm_size_t *told)
{
	_cleanup_(vm_pages_phys_freep) VmPagesPhysReply *out = NULL;
	kern_return_t kr;

	kr = call_vm_pages_phys(call, in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	if (out->n_page == 0 || out->n_page > in->size / vm_kernel_page_size)
		return MIG_TYPE_ERROR;
	memcpy(pages, out->page, out->n_page * sizeof(*pages));
	*told = out->n_page;
	return KERN_SUCCESS;
}

static kern_return_t
pages_all(mach_port_t host, VmPagesPhysRequest *in, rpc_phys_addr_array_t pages)
{
	kern_return_t kr = KERN_SUCCESS;
	vm_size_t told;

	do {
		struct call call = {
			.id = GNUMACH_ID(vm_pages_phys),
			.port = host,
		};

		kr = pages_part(&call, in, pages, &told);
		if (kr != KERN_SUCCESS)
			break;
		pages += told;
		in->address += told * vm_kernel_page_size;
		in->size -= told * vm_kernel_page_size;
	} while (in->size > 0);
	return kr;
}

kern_return_t
vm_pages_phys(mach_port_t host, vm_map_t task, vm_address_t address,
    vm_size_t size, rpc_phys_addr_array_t *pages,
    mach_msg_type_number_t *pages_count)
{
	_cleanup_(vm_pages_phys_freep) VmPagesPhysReply *none = NULL;
	VmPagesPhysRequest in = VM_PAGES_PHYS_REQUEST__INIT;
	struct call call = { .id = GNUMACH_ID(vm_pages_phys), .port = host };
	vm_size_t count = size / vm_kernel_page_size;
	rpc_phys_addr_array_t array = *pages;
	kern_return_t kr;

	in.task = task;
	in.address = address;
	in.size = size;
	if (count == 0 || size % vm_kernel_page_size != 0) {
		kr = call_vm_pages_phys(&call, &in, &none);
		if (kr == KERN_SUCCESS)
			*pages_count = 0;
		return kr;
	}
	if (count > UINT32_MAX)
		return KERN_INVALID_ARGUMENT;
	if (count > *pages_count)
		array = buffer_new(count * sizeof(*array), 0);
	if (!array)
		return KERN_NO_SPACE;
	kr = pages_all(host, &in, array);
	if (kr == KERN_SUCCESS) {
		*pages = array;
		*pages_count = (mach_msg_type_number_t)count;
	} else if (array != *pages) {
		buffer_free((uintptr_t)array, count * sizeof(*array));
	}
	return kr;
}

CALL(vm_set_size_limit, VmSetSizeLimit)

kern_return_t
vm_set_size_limit(mach_port_t host, vm_map_t map, vm_size_t current_limit,
    vm_size_t max_limit)
{
	_cleanup_(vm_set_size_limit_freep) VmSetSizeLimitReply *out = NULL;
	VmSetSizeLimitRequest in = VM_SET_SIZE_LIMIT_REQUEST__INIT;
	struct call call = {
		.id = GNUMACH_ID(vm_set_size_limit),
		.port = host,
	};

	in.map = map;
	in.current_limit = current_limit;
	in.max_limit = max_limit;

	return call_vm_set_size_limit(&call, &in, &out);
}

CALL(vm_get_size_limit, VmGetSizeLimit)

kern_return_t
vm_get_size_limit(vm_map_t map, vm_size_t *current_limit, vm_size_t *max_limit)
{
	_cleanup_(vm_get_size_limit_freep) VmGetSizeLimitReply *out = NULL;
	VmGetSizeLimitRequest in = VM_GET_SIZE_LIMIT_REQUEST__INIT;
	struct call call = { .id = GNUMACH_ID(vm_get_size_limit), .port = map };
	kern_return_t kr;

	kr = call_vm_get_size_limit(&call, &in, &out);
	if (kr == KERN_SUCCESS) {
		*current_limit = out->current_limit;
		*max_limit = out->max_limit;
	}
	return kr;
}
