#include "client/vmd.h"

#include <stdio.h>
#include <string.h>

#include "client/call.h"
#include "client/name.h"

CALL(vmd_statistics, VmdStatistics)

kern_return_t
vmd_statistics(struct vmd_statistics *statistics)
{
	_cleanup_(vmd_statistics_freep) VmdStatisticsReply *out = NULL;
	VmdStatisticsRequest in = VMD_STATISTICS_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_statistics), .portless = true };
	kern_return_t kr;

	kr = call_vmd_statistics(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*statistics = (struct vmd_statistics){
			.page_size = out->page_size,
			.pages = out->pages,
			.pages_used = out->pages_used,
			.nodes_used = out->nodes_used,
			.entries_used = out->entries_used,
			.objects_used = out->objects_used,
			.tasks = out->tasks,
			.connections = out->connections,
			.longest = out->longest,
		};
	return kr;
}

CALL(vmd_pages, VmdPages)

kern_return_t
vmd_pages(task_t task, mach_vm_address_t address, mach_vm_size_t size,
    struct vmd_page *pages, size_t *count)
{
	_cleanup_(vmd_pages_freep) VmdPagesReply *out = NULL;
	VmdPagesRequest in = VMD_PAGES_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_pages), .port = task };
	kern_return_t kr;

	in.address = address;
	in.size = size;

	kr = call_vmd_pages(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	*count = MIN(*count, MIN(out->n_frame, out->n_refs));
	for (size_t i = 0; i < *count; i++)
		pages[i] = (struct vmd_page){ out->frame[i], out->refs[i] };
	return KERN_SUCCESS;
}

CALL(vmd_check, VmdCheck)

kern_return_t
vmd_check(char *complaint, size_t size)
{
	_cleanup_(vmd_check_freep) VmdCheckReply *out = NULL;
	VmdCheckRequest in = VMD_CHECK_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_check), .portless = true };
	kern_return_t kr;

	kr = call_vmd_check(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	if (size > 0)
		snprintf(complaint, size, "%s", out->complaint);
	return out->complaint[0] == '\0' ? KERN_SUCCESS : KERN_FAILURE;
}

/* --- Names ------------------------------------------------------------- */

CALL(vmd_look_up, VmdLookUp)

kern_return_t
vmd_look_up(uint32_t owner, const char *name, mach_port_t *port)
{
	_cleanup_(vmd_look_up_freep) VmdLookUpReply *out = NULL;
	VmdLookUpRequest in = VMD_LOOK_UP_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_look_up), .portless = true };
	kern_return_t kr;

	in.name = name_field(name);
	in.has_owner = owner != VMD_SAME;
	in.owner = owner;

	kr = call_vmd_look_up(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*port = out->port;
	return kr;
}

CALL(vmd_name_set, VmdNameSet)

kern_return_t
vmd_name_set(uint32_t owner, const char *name, uint32_t new_owner,
    uint32_t group, uint32_t mode)
{
	_cleanup_(vmd_name_set_freep) VmdNameSetReply *out = NULL;
	VmdNameSetRequest in = VMD_NAME_SET_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_name_set), .portless = true };

	in.name = name_field(name);
	in.has_owner = owner != VMD_SAME;
	in.owner = owner;
	in.has_new_owner = new_owner != VMD_SAME;
	in.new_owner = new_owner;
	in.has_group = group != VMD_SAME;
	in.group = group;
	in.has_mode = mode != VMD_SAME;
	in.mode = mode;

	return call_vmd_name_set(&call, &in, &out);
}

CALL(vmd_name_remove, VmdNameRemove)

kern_return_t
vmd_name_remove(uint32_t owner, const char *name)
{
	_cleanup_(vmd_name_remove_freep) VmdNameRemoveReply *out = NULL;
	VmdNameRemoveRequest in = VMD_NAME_REMOVE_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_name_remove), .portless = true };

	in.name = name_field(name);
	in.has_owner = owner != VMD_SAME;
	in.owner = owner;

	return call_vmd_name_remove(&call, &in, &out);
}

/* False: it is none. */
static bool
read_name(const VmdName *from, struct vmd_name *to)
{
	*to = (struct vmd_name){
		.owner = from->owner,
		.group = from->group,
		.mode = from->mode,
	};
	snprintf(to->kind, sizeof(to->kind), "%s", from->kind);
	return name_read(&from->name, to->name);
}

static kern_return_t
read_names(const VmdNamesReply *out, struct vmd_name *names, size_t *count)
{
	*count = MIN(*count, out->n_names);
	for (size_t i = 0; i < *count; i++)
		if (!read_name(out->names[i], &names[i]))
			return MIG_TYPE_ERROR;
	return KERN_SUCCESS;
}

CALL(vmd_names, VmdNames)

/* A reply may tell of none, and of where to go on. */
kern_return_t
vmd_names(const struct vmd_name *after, struct vmd_name *names, size_t *count)
{
	enum { REPLIES_MOST = 4096 };
	_cleanup_(vmd_names_freep) VmdNamesReply *before = NULL;
	VmdNamesRequest in = VMD_NAMES_REQUEST__INIT;

	if (after) {
		in.has_owner = in.has_behind = true;
		in.owner = after->owner;
		in.behind = name_field(after->name);
	}
	for (unsigned i = 0; i < REPLIES_MOST; i++) {
		struct call call = {
			.id = VMD_ID(vmd_names),
			.portless = true,
		};
		VmdNamesReply *out;
		kern_return_t kr = call_vmd_names(&call, &in, &out);

		if (before)
			vmd_names_free(before);
		before = out;
		if (kr != KERN_SUCCESS)
			return kr;
		if (out->n_names > 0 || !out->has_next_owner)
			return read_names(out, names, count);
		in.has_owner = in.has_behind = true;
		in.owner = out->next_owner;
		in.behind = out->next_behind;
	}
	return MIG_ARRAY_TOO_LARGE;
}

/* --- Limits ------------------------------------------------------------ */

CALL(vmd_limits, VmdLimits)

kern_return_t
vmd_limits(uint32_t *uid, struct vmd_limit *limits, size_t *count)
{
	_cleanup_(vmd_limits_freep) VmdLimitsReply *out = NULL;
	VmdLimitsRequest in = VMD_LIMITS_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_limits), .portless = true };
	kern_return_t kr;

	in.has_uid = *uid != VMD_UID_SELF;
	in.uid = *uid;

	kr = call_vmd_limits(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	*uid = out->uid;
	*count = MIN(*count, out->n_limit);
	for (size_t i = 0; i < *count; i++) {
		const VmdLimit *from = out->limit[i];

		limits[i].used = from->used;
		limits[i].allowed = from->allowed;
		snprintf(limits[i].name, sizeof(limits[i].name), "%s",
		    from->name);
	}
	return KERN_SUCCESS;
}

/* --- Tasks ------------------------------------------------------------- */

CALL(vmd_tasks, VmdTasks)

static void
read_task(const VmdTask *in, struct vmd_task *task)
{
	*task = (struct vmd_task){
		.number = in->number,
		.parent = in->parent,
		.pid = (int32_t)in->pid,
		.uid = in->uid,
		.virtual_size = in->virtual_size,
		.entries = in->entries,
		.calls = in->calls,
		.faults = in->faults,
		.zero_fills = in->zero_fills,
		.cow_faults = in->cow_faults,
	};
	snprintf(task->personality, sizeof(task->personality), "%s",
	    in->personality);
}

kern_return_t
vmd_tasks(uint64_t number, struct vmd_task *tasks, size_t *count)
{
	_cleanup_(vmd_tasks_freep) VmdTasksReply *out = NULL;
	VmdTasksRequest in = VMD_TASKS_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_tasks), .portless = true };
	kern_return_t kr;

	in.has_number = number != 0;
	in.number = number;

	kr = call_vmd_tasks(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	*count = MIN(*count, out->n_tasks);
	for (size_t i = 0; i < *count; i++)
		read_task(out->tasks[i], &tasks[i]);
	return KERN_SUCCESS;
}

CALL(vmd_task_read, VmdTaskRead)

kern_return_t
vmd_task_read(uint64_t number, task_read_t *task)
{
	_cleanup_(vmd_task_read_freep) VmdTaskReadReply *out = NULL;
	VmdTaskReadRequest in = VMD_TASK_READ_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_task_read), .portless = true };
	kern_return_t kr;

	in.number = number;

	kr = call_vmd_task_read(&call, &in, &out);
	if (kr == KERN_SUCCESS)
		*task = out->task;
	return kr;
}

/* --- Counters ---------------------------------------------------------- */

CALL(vmd_counters, VmdCounters)

kern_return_t
vmd_counters(struct vmd_counters *counters, struct vmd_routine_count *routines,
    size_t *count)
{
	_cleanup_(vmd_counters_freep) VmdCountersReply *out = NULL;
	VmdCountersRequest in = VMD_COUNTERS_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_counters), .portless = true };
	kern_return_t kr;

	kr = call_vmd_counters(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	*counters = (struct vmd_counters){ out->faults, out->zero_fills,
		out->cow_faults, out->purges };
	*count = MIN(*count, out->n_routines);
	for (size_t i = 0; i < *count; i++)
		routines[i] = (struct vmd_routine_count){ out->routines[i]->id,
			out->routines[i]->calls, out->routines[i]->failed };
	return KERN_SUCCESS;
}

/* --- The monitor ------------------------------------------------------- */

CALL(vmd_monitor, VmdMonitor)

/* One that is too long is as if it were not there. */
static uint32_t
read_body(const ProtobufCBinaryData *in, uint8_t to[VMD_CALL_BODY])
{
	if (in->len == 0 || in->len > VMD_CALL_BODY)
		return 0;
	memcpy(to, in->data, in->len);
	return (uint32_t)in->len;
}

static void
read_call(const VmdCall *in, struct vmd_call *call)
{
	*call = (struct vmd_call){
		.number = in->number,
		.began = in->began,
		.took = in->took,
		.pid = (int32_t)in->pid,
		.uid = in->uid,
		.id = in->id,
		.port = in->port,
		.code = in->code,
		.sent = in->sent,
		.got = in->got,
	};
	call->request_size = read_body(&in->request, call->request);
	call->reply_size = read_body(&in->reply, call->reply);
}

kern_return_t
vmd_monitor(uint64_t *number, struct vmd_call *calls, size_t *count)
{
	_cleanup_(vmd_monitor_freep) VmdMonitorReply *out = NULL;
	VmdMonitorRequest in = VMD_MONITOR_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_monitor), .portless = true };
	kern_return_t kr;

	in.has_number = *number != 0;
	in.number = *number;

	kr = call_vmd_monitor(&call, &in, &out);
	if (kr != KERN_SUCCESS)
		return kr;
	*count = MIN(*count, out->n_calls);
	for (size_t i = 0; i < *count; i++)
		read_call(out->calls[i], &calls[i]);
	*number =
	    *count < out->n_calls ? out->calls[*count]->number : out->next;
	return KERN_SUCCESS;
}
