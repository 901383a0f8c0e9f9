#include <mach/task.h>

#include <assert.h>
#include <string.h>

#include "client/call.h"

CALL(task_create, TaskCreate)

/* Ledgers count nothing here. */
kern_return_t
task_create(task_t parent_task, ledger_array_t ledgers,
    mach_msg_type_number_t ledgers_count, boolean_t inherit_memory,
    task_t *child_task)
{
	_cleanup_(task_create_freep) TaskCreateReply *out = NULL;
	TaskCreateRequest in = TASK_CREATE_REQUEST__INIT;
	struct call call = { .id = TASK_ID(task_create), .port = parent_task };
	kern_return_t kr;

	(void)ledgers, (void)ledgers_count;
	in.inherit_memory = inherit_memory != FALSE;

	kr = call_task_create(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*child_task = out->child_task;
	return kr;
}

CALL(task_terminate, TaskTerminate)

kern_return_t
task_terminate(task_t target_task)
{
	_cleanup_(task_terminate_freep) TaskTerminateReply *out = NULL;
	TaskTerminateRequest in = TASK_TERMINATE_REQUEST__INIT;
	struct call call = {
		.id = TASK_ID(task_terminate),
		.port = target_task,
	};

	return call_task_terminate(&call, &in, &out);
}

static time_value_t
time_of(const TimeValue *from)
{
	return (time_value_t){
		.seconds = from->seconds,
		.microseconds = from->microseconds,
	};
}

static struct task_basic_info_32
narrow_info(const TaskBasicInfo *from)
{
	return (struct task_basic_info_32){
		.suspend_count = from->suspend_count,
		.virtual_size = (natural_t)from->virtual_size,
		.resident_size = (natural_t)from->resident_size,
		.user_time = time_of(from->user_time),
		.system_time = time_of(from->system_time),
		.policy = from->policy,
	};
}

static struct task_basic_info_64
wide_info(const TaskBasicInfo *from)
{
	return (struct task_basic_info_64){
		.suspend_count = from->suspend_count,
		.virtual_size = from->virtual_size,
		.resident_size = from->resident_size,
		.user_time = time_of(from->user_time),
		.system_time = time_of(from->system_time),
		.policy = from->policy,
	};
}

static struct mach_task_basic_info
mach_info(const TaskBasicInfo *from)
{
	return (struct mach_task_basic_info){
		.virtual_size = from->virtual_size,
		.resident_size = from->resident_size,
		.resident_size_max = from->resident_size_max,
		.user_time = time_of(from->user_time),
		.system_time = time_of(from->system_time),
		.policy = from->policy,
		.suspend_count = from->suspend_count,
	};
}

/* The structure that the flavour has: the ints it takes. */
static mach_msg_type_number_t
fill_info(task_flavor_t flavor, const TaskBasicInfo *from, task_info_t info)
{
	struct task_basic_info_32 narrow;
	struct task_basic_info_64 wide;
	struct mach_task_basic_info mach;

	switch (flavor) {
	case TASK_BASIC_INFO_32:
	case TASK_BASIC2_INFO_32:
		narrow = narrow_info(from);
		memcpy(info, &narrow, sizeof(narrow));
		return TASK_BASIC_INFO_32_COUNT;
	case MACH_TASK_BASIC_INFO:
		mach = mach_info(from);
		memcpy(info, &mach, sizeof(mach));
		return MACH_TASK_BASIC_INFO_COUNT;
	default:
		wide = wide_info(from);
		memcpy(info, &wide, sizeof(wide));
		return TASK_BASIC_INFO_64_COUNT;
	}
}

CALL(task_info, TaskInfo)

kern_return_t
task_info(task_name_t target_task, task_flavor_t flavor, task_info_t info,
    mach_msg_type_number_t *info_count)
{
	_cleanup_(task_info_freep) TaskInfoReply *out = NULL;
	TaskInfoRequest in = TASK_INFO_REQUEST__INIT;
	struct call call = { .id = TASK_ID(task_info), .port = target_task };
	kern_return_t kr;

	in.flavor = flavor;
	in.has_info_count = true;
	in.info_count = *info_count;

	kr = call_task_info(&call, &in, &out);
	if (kr == KERN_SUCCESS &&
	    out->info_case != TASK_INFO_REPLY__INFO_BASIC_INFO)
		return MIG_TYPE_ERROR;
	if (kr == KERN_SUCCESS)
		*info_count = fill_info(flavor, out->basic_info, info);
	return kr;
}
