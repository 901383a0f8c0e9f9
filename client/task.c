#include <mach/task.h>

#include <assert.h>
#include <string.h>

#include "client/buffer.h"
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

/* Gives the caller so many ints of a structure. False: there is no room, which
 * the daemon is to refuse. */
static bool
put(task_info_t info, mach_msg_type_number_t *count, const void *from,
    mach_msg_type_number_t ints)
{
	if (*count < ints)
		return false;
	memcpy(info, from, ints * sizeof(natural_t));
	*count = ints;
	return true;
}

static bool
put_basic_info(task_flavor_t flavor, const TaskBasicInfo *from,
    task_info_t info, mach_msg_type_number_t *count)
{
	struct task_basic_info_32 narrow;
	struct task_basic_info_64 wide;
	struct mach_task_basic_info mach;

	switch (flavor) {
	case TASK_BASIC_INFO_32:
	case TASK_BASIC2_INFO_32:
		narrow = narrow_info(from);
		return put(info, count, &narrow, TASK_BASIC_INFO_32_COUNT);
	case MACH_TASK_BASIC_INFO:
		mach = mach_info(from);
		return put(info, count, &mach, MACH_TASK_BASIC_INFO_COUNT);
	default:
		wide = wide_info(from);
		return put(info, count, &wide, TASK_BASIC_INFO_64_COUNT);
	}
}

/* A counter of 31 bits stops at its end. */
static integer_t
narrow(uint64_t count)
{
	return (integer_t)MIN(count, (uint64_t)INT32_MAX);
}

static struct task_events_info
events_info(const TaskEventsInfo *from)
{
	return (struct task_events_info){
		.faults = narrow(from->faults),
		.pageins = narrow(from->pageins),
		.cow_faults = narrow(from->cow_faults),
		.messages_sent = narrow(from->messages_sent),
		.messages_received = narrow(from->messages_received),
		.syscalls_mach = narrow(from->messages_received),
	};
}

static struct task_vm_info
vm_info(const TaskVmInfo *from)
{
	return (struct task_vm_info){
		.virtual_size = from->virtual_size,
		.region_count = (integer_t)from->region_count,
		.page_size = (integer_t)from->page_size,
		.resident_size = from->resident_size,
		.resident_size_peak = from->resident_size_peak,
		.internal = from->internal,
		.internal_peak = from->internal_peak,
		.purgeable_volatile_pmap = from->purgeable_volatile_pmap,
		.purgeable_volatile_resident =
		    from->purgeable_volatile_resident,
		.purgeable_volatile_virtual = from->purgeable_volatile_virtual,
		.phys_footprint = from->phys_footprint,
		.min_address = from->min_address,
		.max_address = from->max_address,
		.limit_bytes_remaining = from->limit_bytes_remaining,
	};
}

/* The largest revision that there is room for. */
static mach_msg_type_number_t
vm_info_count(mach_msg_type_number_t room)
{
	static const mach_msg_type_number_t revisions[] = {
		TASK_VM_INFO_REV7_COUNT,
		TASK_VM_INFO_REV6_COUNT,
		TASK_VM_INFO_REV5_COUNT,
		TASK_VM_INFO_REV4_COUNT,
		TASK_VM_INFO_REV3_COUNT,
		TASK_VM_INFO_REV2_COUNT,
		TASK_VM_INFO_REV1_COUNT,
	};

	for (size_t i = 0; i < ARRAY_SIZE(revisions); i++)
		if (room >= revisions[i])
			return revisions[i];
	return TASK_VM_INFO_REV0_COUNT;
}

/* The one that a reply to this flavour has. */
static TaskInfoReply__InfoCase
info_case(task_flavor_t flavor)
{
	switch (flavor) {
	case TASK_EVENTS_INFO:
		return TASK_INFO_REPLY__INFO_EVENTS_INFO;
	case TASK_VM_INFO:
	case TASK_VM_INFO_PURGEABLE:
		return TASK_INFO_REPLY__INFO_VM_INFO;
	default:
		return TASK_INFO_REPLY__INFO_BASIC_INFO;
	}
}

/* The structure that the flavour has. False: the reply has another one, or
 * there is no room. */
static bool
put_info(task_flavor_t flavor, const TaskInfoReply *out, task_info_t info,
    mach_msg_type_number_t *count)
{
	struct task_events_info events;
	struct task_vm_info vm;

	if (out->info_case != info_case(flavor))
		return false;
	switch (out->info_case) {
	case TASK_INFO_REPLY__INFO_EVENTS_INFO:
		events = events_info(out->events_info);
		return put(info, count, &events, TASK_EVENTS_INFO_COUNT);
	case TASK_INFO_REPLY__INFO_VM_INFO:
		vm = vm_info(out->vm_info);
		return put(info, count, &vm, vm_info_count(*count));
	default:
		return put_basic_info(flavor, out->basic_info, info, count);
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
	if (kr == KERN_SUCCESS && !put_info(flavor, out, info, info_count))
		return MIG_TYPE_ERROR;
	return kr;
}

CALL(task_suspend, TaskSuspend)

kern_return_t
task_suspend(task_t target_task)
{
	_cleanup_(task_suspend_freep) TaskSuspendReply *out = NULL;
	TaskSuspendRequest in = TASK_SUSPEND_REQUEST__INIT;
	struct call call = { .id = TASK_ID(task_suspend), .port = target_task };

	return call_task_suspend(&call, &in, &out);
}

CALL(task_resume, TaskResume)

kern_return_t
task_resume(task_t target_task)
{
	_cleanup_(task_resume_freep) TaskResumeReply *out = NULL;
	TaskResumeRequest in = TASK_RESUME_REQUEST__INIT;
	struct call call = { .id = TASK_ID(task_resume), .port = target_task };

	return call_task_resume(&call, &in, &out);
}

/* --- Ports of a task --------------------------------------------------- */

CALL(task_get_special_port, TaskGetSpecialPort)

kern_return_t
task_get_special_port(task_inspect_t task, int which_port,
    mach_port_t *special_port)
{
	_cleanup_(task_get_special_port_freep) TaskGetSpecialPortReply *out =
	    NULL;
	TaskGetSpecialPortRequest in = TASK_GET_SPECIAL_PORT_REQUEST__INIT;
	struct call call = {
		.id = TASK_ID(task_get_special_port),
		.port = task,
	};
	kern_return_t kr;

	in.which_port = which_port;

	kr = call_task_get_special_port(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*special_port = out->special_port;
	return kr;
}

CALL(task_set_special_port, TaskSetSpecialPort)

kern_return_t
task_set_special_port(task_t task, int which_port, mach_port_t special_port)
{
	_cleanup_(task_set_special_port_freep) TaskSetSpecialPortReply *out =
	    NULL;
	TaskSetSpecialPortRequest in = TASK_SET_SPECIAL_PORT_REQUEST__INIT;
	struct call call = {
		.id = TASK_ID(task_set_special_port),
		.port = task,
	};

	in.which_port = which_port;
	in.special_port = special_port;

	return call_task_set_special_port(&call, &in, &out);
}

CALL(mach_ports_register, MachPortsRegister)

kern_return_t
mach_ports_register(task_t target_task, mach_port_array_t init_port_set,
    mach_msg_type_number_t init_port_set_count)
{
	_cleanup_(mach_ports_register_freep) MachPortsRegisterReply *out = NULL;
	MachPortsRegisterRequest in = MACH_PORTS_REGISTER_REQUEST__INIT;
	struct call call = {
		.id = TASK_ID(mach_ports_register),
		.port = target_task,
	};

	in.n_init_port_set = init_port_set_count;
	in.init_port_set = init_port_set;

	return call_mach_ports_register(&call, &in, &out);
}

CALL(mach_ports_lookup, MachPortsLookup)

kern_return_t
mach_ports_lookup(task_t target_task, mach_port_array_t *init_port_set,
    mach_msg_type_number_t *init_port_set_count)
{
	_cleanup_(mach_ports_lookup_freep) MachPortsLookupReply *out = NULL;
	MachPortsLookupRequest in = MACH_PORTS_LOOKUP_REQUEST__INIT;
	struct call call = {
		.id = TASK_ID(mach_ports_lookup),
		.port = target_task,
	};
	kern_return_t kr;

	kr = call_mach_ports_lookup(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		kr = buffer_array(out->init_port_set, out->n_init_port_set,
		    init_port_set);
	if (kr == KERN_SUCCESS)
		*init_port_set_count =
		    (mach_msg_type_number_t)out->n_init_port_set;
	return kr;
}
