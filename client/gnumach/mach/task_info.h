/* What task_info tells about a task, as GNU Mach has it. */
#ifndef GNUMACH_TASK_INFO_H
#define GNUMACH_TASK_INFO_H

#pragma GCC system_header /* for include_next */
#define task_basic_info         task_basic_info_by_width
#define task_basic_info_t       task_basic_info_by_width_t
#define task_basic_info_data_t  task_basic_info_by_width_data_t
#define task_events_info        task_events_info_by_width
#define task_events_info_t      task_events_info_by_width_t
#define task_events_info_data_t task_events_info_by_width_data_t
#include_next <mach/task_info.h>
#undef task_basic_info
#undef task_basic_info_t
#undef task_basic_info_data_t
#undef task_events_info
#undef task_events_info_t
#undef task_events_info_data_t
#undef TASK_ABSOLUTETIME_INFO
#undef TASK_BASIC_INFO
#undef TASK_BASIC_INFO_COUNT
#undef TASK_EVENTS_INFO_COUNT

#define TASK_BASIC_INFO 1

struct task_basic_info {
	integer_t suspend_count;
	integer_t base_priority;
	vm_size_t virtual_size;     /* bytes */
	vm_size_t resident_size;    /* bytes */
	rpc_time_value_t user_time; /* a simulated task runs nothing */
	rpc_time_value_t system_time;
	rpc_time_value_t creation_time;
	time_value64_t user_time64;
	time_value64_t system_time64;
	time_value64_t creation_time64;
};

typedef struct task_basic_info *task_basic_info_t;
typedef struct task_basic_info task_basic_info_data_t;

#define TASK_BASIC_INFO_COUNT                                                  \
	((mach_msg_type_number_t)(sizeof(task_basic_info_data_t) /             \
				  sizeof(integer_t)))

/* TASK_EVENTS_INFO. */
struct task_events_info {
	unsigned long faults;
	unsigned long zero_fills;
	unsigned long reactivations;
	unsigned long pageins;
	unsigned long cow_faults;
	unsigned long messages_sent;
	unsigned long messages_received;
};

typedef struct task_events_info *task_events_info_t;
typedef struct task_events_info task_events_info_data_t;

#define TASK_EVENTS_INFO_COUNT                                                 \
	((mach_msg_type_number_t)(sizeof(task_events_info_data_t) /            \
				  sizeof(integer_t)))

#endif
