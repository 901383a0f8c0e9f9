/* What host_info tells, as GNU Mach has it. */
#ifndef GNUMACH_HOST_INFO_H
#define GNUMACH_HOST_INFO_H

#pragma GCC system_header /* for include_next */
#define host_basic_info        host_basic_info_by_width
#define host_basic_info_t      host_basic_info_by_width_t
#define host_basic_info_data_t host_basic_info_by_width_data_t
#include_next <mach/host_info.h>
#undef host_basic_info
#undef host_basic_info_t
#undef host_basic_info_data_t
#undef HOST_BASIC_INFO_COUNT
#undef HOST_RESOURCE_SIZES
#undef HOST_LOAD_INFO

#define HOST_PROCESSOR_SLOTS 2
#define HOST_LOAD_INFO       4 /* of host_info, here */

/* HOST_BASIC_INFO. */
struct host_basic_info {
	integer_t max_cpus;
	integer_t avail_cpus;
	vm_size_t memory_size; /* bytes */
	cpu_type_t cpu_type;
	cpu_subtype_t cpu_subtype;
};

typedef struct host_basic_info *host_basic_info_t;
typedef struct host_basic_info host_basic_info_data_t;

#define HOST_BASIC_INFO_COUNT                                                  \
	((mach_msg_type_number_t)(sizeof(host_basic_info_data_t) /             \
				  sizeof(integer_t)))

#endif
