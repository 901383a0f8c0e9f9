/*
 * Tasks: the routines of task.proto
 */
#include <mach/policy.h>
#include <mach/task_info.h>

#include "server/connection.h"
#include "server/request.h"
#include "server/vm/task.h"
#include "server/vm/vm_map.h"

ROUTINE(Task, task_create, TaskCreate)
{
	_cleanup_(task_unrefp) struct task *task = NULL;
	_cleanup_(port_unrefp) struct port *port = NULL;
	kern_return_t kr;

	kr = task_fork(request->task, in->inherit_memory, &task);
	if (kr != KERN_SUCCESS)
		return kr;
	port = port_new(PORT_TASK, task);
	if (!port)
		return KERN_RESOURCE_SHORTAGE;
	steal(&task);
	return port_space_insert(&request->connection->space, port,
	    &out->child_task);
}

ROUTINE(Task, task_terminate, TaskTerminate)
{
	port_destroy(request->port);
	return KERN_SUCCESS;
}

static uint32_t
count_of_flavor(uint32_t flavor)
{
	switch (flavor) {
	case TASK_BASIC_INFO_32:
	case TASK_BASIC2_INFO_32:
		return TASK_BASIC_INFO_32_COUNT;
	case TASK_BASIC_INFO_64:
	case TASK_BASIC_INFO_64_2:
		return TASK_BASIC_INFO_64_COUNT;
	case MACH_TASK_BASIC_INFO:
		return MACH_TASK_BASIC_INFO_COUNT;
	default:
		return UINT32_MAX;
	}
}

ROUTINE(Task, task_info, TaskInfo)
{
	static TaskBasicInfo info;
	static TimeValue none;
	const struct task *task = request->task;

	if (count_of_flavor(in->flavor) == UINT32_MAX ||
	    (in->has_info_count &&
		in->info_count < count_of_flavor(in->flavor)))
		return KERN_INVALID_ARGUMENT;

	time_value__init(&none);
	task_basic_info__init(&info);
	info.suspend_count = (int32_t)task->suspend_count;
	info.virtual_size = task->map->size;
	info.resident_size = vm_map_resident(task->map) << VM_PAGE_SHIFT;
	info.resident_size_max = info.resident_size;
	info.user_time = &none;
	info.system_time = &none;
	info.policy = POLICY_TIMESHARE;
	out->info_case = TASK_INFO_REPLY__INFO_BASIC_INFO;
	out->basic_info = &info;
	return KERN_SUCCESS;
}

ABSENT(Task, task_threads)
ABSENT(Task, mach_ports_register)
ABSENT(Task, mach_ports_lookup)
ABSENT(Task, task_set_info)
ABSENT(Task, task_suspend)
ABSENT(Task, task_resume)
ABSENT(Task, task_get_special_port)
ABSENT(Task, task_set_special_port)

Task_Service task_service = TASK__INIT(serve_);
