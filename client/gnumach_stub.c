#include "client/gnumach_stub.h"

#include <assert.h>
#include <string.h>

#include <mach/mach.h>

#include "client/call.h"

kern_return_t
gnumach_vm_region(vm_map_t target_task, vm_address_t *address, vm_size_t *size,
    vm_prot_t *protection, vm_prot_t *max_protection, vm_inherit_t *inheritance,
    boolean_t *is_shared, mach_port_t *object_name, vm_offset_t *offset)
{
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	struct vm_region_basic_info_64 info;
	kern_return_t kr;

	kr = vm_region_64(target_task, address, size, VM_REGION_BASIC_INFO_64,
	    (vm_region_info_t)&info, &count, object_name);
	if (kr == KERN_SUCCESS) {
		*protection = info.protection;
		*max_protection = info.max_protection;
		*inheritance = info.inheritance;
		*is_shared = info.shared;
		*offset = info.offset;
	}
	return kr;
}

kern_return_t
gnumach_task_create(task_t parent_task, boolean_t inherit_memory,
    task_t *child_task)
{
	return task_create(parent_task, NULL, 0, inherit_memory, child_task);
}

/* Structures of GNU Mach's, which gnumach/mach has under their own names. */
struct gnumach_time {
	long seconds;
	integer_t microseconds;
};
struct gnumach_task_basic_info {
	integer_t suspend_count;
	integer_t base_priority;
	vm_size_t virtual_size;
	vm_size_t resident_size;
	struct gnumach_time times[3];
	int64_t times64[6];
};
struct gnumach_task_events_info {
	unsigned long faults;
	unsigned long zero_fills;
	unsigned long reactivations;
	unsigned long pageins;
	unsigned long cow_faults;
	unsigned long messages_sent;
	unsigned long messages_received;
};
struct gnumach_host_basic_info {
	integer_t max_cpus;
	integer_t avail_cpus;
	vm_size_t memory_size;
	cpu_type_t cpu_type;
	cpu_subtype_t cpu_subtype;
};

static_assert(sizeof(struct gnumach_task_events_info) == 56 &&
		  sizeof(struct gnumach_host_basic_info) == 24,
    "the widths of a machine of 64 bits");

/* Gives the caller a structure, if there is room for it. */
static bool
put(integer_t *info, mach_msg_type_number_t *count, const void *from,
    size_t size)
{
	if (*count < size / sizeof(*info))
		return false;
	memcpy(info, from, size);
	*count = (mach_msg_type_number_t)(size / sizeof(*info));
	return true;
}

static kern_return_t
basic_info(task_t task, task_info_t info, mach_msg_type_number_t *info_count)
{
	mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
	struct gnumach_task_basic_info basic = { 0 };
	struct mach_task_basic_info from;
	kern_return_t kr;

	kr = task_info(task, MACH_TASK_BASIC_INFO, (task_info_t)&from, &count);
	if (kr != KERN_SUCCESS)
		return kr;
	basic.suspend_count = from.suspend_count;
	basic.virtual_size = from.virtual_size;
	basic.resident_size = from.resident_size;
	return put(info, info_count, &basic, sizeof(basic))
		   ? KERN_SUCCESS
		   : KERN_INVALID_ARGUMENT;
}

CALL(task_info, TaskInfo)

static kern_return_t
events_info(task_t task, task_info_t info, mach_msg_type_number_t *info_count)
{
	_cleanup_(task_info_freep) TaskInfoReply *out = NULL;
	TaskInfoRequest in = TASK_INFO_REQUEST__INIT;
	struct call call = { .id = TASK_ID(task_info), .port = task };
	struct gnumach_task_events_info events = { 0 };
	kern_return_t kr;

	in.flavor = TASK_EVENTS_INFO;

	kr = call_task_info(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	if (out->info_case != TASK_INFO_REPLY__INFO_EVENTS_INFO)
		return MIG_TYPE_ERROR;
	events.faults = out->events_info->faults;
	events.zero_fills = out->events_info->zero_fills;
	events.pageins = out->events_info->pageins;
	events.cow_faults = out->events_info->cow_faults;
	events.messages_sent = out->events_info->messages_sent;
	events.messages_received = out->events_info->messages_received;
	return put(info, info_count, &events, sizeof(events))
		   ? KERN_SUCCESS
		   : KERN_INVALID_ARGUMENT;
}

kern_return_t
gnumach_task_info(task_t target_task, int flavor, task_info_t info,
    mach_msg_type_number_t *info_count)
{
	enum { GNUMACH_BASIC_INFO = 1 };

	if (flavor == GNUMACH_BASIC_INFO)
		return basic_info(target_task, info, info_count);
	if (flavor == TASK_EVENTS_INFO)
		return events_info(target_task, info, info_count);
	return KERN_INVALID_ARGUMENT;
}

kern_return_t
gnumach_host_info(mach_port_t host, int flavor, host_info_t info,
    mach_msg_type_number_t *info_count)
{
	mach_msg_type_number_t count = HOST_BASIC_INFO_COUNT;
	struct gnumach_host_basic_info basic;
	struct host_basic_info from;
	kern_return_t kr;

	if (flavor != HOST_BASIC_INFO)
		return KERN_INVALID_ARGUMENT;
	kr = host_info(host, HOST_BASIC_INFO, (host_info_t)&from, &count);
	if (kr != KERN_SUCCESS)
		return kr;
	basic = (struct gnumach_host_basic_info){
		.max_cpus = from.max_cpus,
		.avail_cpus = from.avail_cpus,
		.memory_size = from.max_mem,
		.cpu_type = from.cpu_type,
		.cpu_subtype = from.cpu_subtype,
	};
	return put(info, info_count, &basic, sizeof(basic)) ? KERN_SUCCESS
							    : KERN_FAILURE;
}
