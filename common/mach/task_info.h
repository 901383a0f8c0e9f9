/*
 * What task_info tells about a task, by flavour
 *
 * Sizes are bytes. A count is in 32-bit words, as in <mach/vm_region.h>.
 */
#ifndef MACH_TASK_INFO_H
#define MACH_TASK_INFO_H

#include <stdint.h>

#include <mach/machine/vm_types.h>
#include <mach/message.h>
#include <mach/policy.h>
#include <mach/time_value.h>
#include <mach/vm_statistics.h>

typedef natural_t task_flavor_t;
typedef integer_t *task_info_t;

#define TASK_INFO_MAX (1024)
typedef integer_t task_info_data_t[TASK_INFO_MAX];

#pragma pack(push, 4)

/* The basics, in 32 bits. */
#define TASK_BASIC_INFO_32  4
#define TASK_BASIC2_INFO_32 6

struct task_basic_info_32 {
	integer_t suspend_count;
	natural_t virtual_size;
	natural_t resident_size;
	time_value_t user_time;
	time_value_t system_time;
	policy_t policy;
};

typedef struct task_basic_info_32 *task_basic_info_32_t;
typedef struct task_basic_info_32 task_basic_info_32_data_t;

#define TASK_BASIC_INFO_32_COUNT                                               \
	((mach_msg_type_number_t)(sizeof(task_basic_info_32_data_t) /          \
				  sizeof(natural_t)))

/* ... in 64. */
#define TASK_BASIC_INFO_64 5

struct task_basic_info_64 {
	integer_t suspend_count;
	mach_vm_size_t virtual_size;
	mach_vm_size_t resident_size;
	time_value_t user_time;
	time_value_t system_time;
	policy_t policy;
};

typedef struct task_basic_info_64 *task_basic_info_64_t;
typedef struct task_basic_info_64 task_basic_info_64_data_t;

#define TASK_BASIC_INFO_64_COUNT                                               \
	((mach_msg_type_number_t)(sizeof(task_basic_info_64_data_t) /          \
				  sizeof(natural_t)))

/* ... under the number that macOS gives them on arm64. */
#define TASK_BASIC_INFO_64_2 18

struct task_basic_info_64_2 {
	integer_t suspend_count;
	mach_vm_size_t virtual_size;
	mach_vm_size_t resident_size;
	time_value_t user_time;
	time_value_t system_time;
	policy_t policy;
};

typedef struct task_basic_info_64_2 *task_basic_info_64_2_t;
typedef struct task_basic_info_64_2 task_basic_info_64_2_data_t;

#define TASK_BASIC_INFO_64_2_COUNT                                             \
	((mach_msg_type_number_t)(sizeof(task_basic_info_64_2_data_t) /        \
				  sizeof(natural_t)))

/* ... and in the machine's word. */
#if UINTPTR_MAX == 0xffffffffu
#define TASK_BASIC_INFO TASK_BASIC_INFO_32
#else
#define TASK_BASIC_INFO TASK_BASIC_INFO_64
#endif

struct task_basic_info {
	integer_t suspend_count;
	vm_size_t virtual_size;
	vm_size_t resident_size;
	time_value_t user_time;
	time_value_t system_time;
	policy_t policy;
};

typedef struct task_basic_info *task_basic_info_t;
typedef struct task_basic_info task_basic_info_data_t;

#define TASK_BASIC_INFO_COUNT                                                  \
	((mach_msg_type_number_t)(sizeof(task_basic_info_data_t) /             \
				  sizeof(natural_t)))

/* The basics for new programs: 64 bits everywhere. */
#define MACH_TASK_BASIC_INFO 20

struct mach_task_basic_info {
	mach_vm_size_t virtual_size;
	mach_vm_size_t resident_size;
	mach_vm_size_t resident_size_max;
	time_value_t user_time;
	time_value_t system_time;
	policy_t policy;
	integer_t suspend_count;
};

typedef struct mach_task_basic_info *mach_task_basic_info_t;
typedef struct mach_task_basic_info mach_task_basic_info_data_t;

#define MACH_TASK_BASIC_INFO_COUNT                                             \
	((mach_msg_type_number_t)(sizeof(mach_task_basic_info_data_t) /        \
				  sizeof(natural_t)))

/* Counters since the task was made. */
#define TASK_EVENTS_INFO 2

struct task_events_info {
	integer_t faults;
	integer_t pageins;
	integer_t cow_faults;
	integer_t messages_sent;
	integer_t messages_received;
	integer_t syscalls_mach;
	integer_t syscalls_unix;
	integer_t csw;
};

typedef struct task_events_info *task_events_info_t;
typedef struct task_events_info task_events_info_data_t;

#define TASK_EVENTS_INFO_COUNT                                                 \
	((mach_msg_type_number_t)(sizeof(task_events_info_data_t) /            \
				  sizeof(natural_t)))

/* Times; a simulated task runs nothing. */
#define TASK_THREAD_TIMES_INFO 3

struct task_thread_times_info {
	time_value_t user_time;
	time_value_t system_time;
};

typedef struct task_thread_times_info *task_thread_times_info_t;
typedef struct task_thread_times_info task_thread_times_info_data_t;

#define TASK_THREAD_TIMES_INFO_COUNT                                           \
	((mach_msg_type_number_t)(sizeof(task_thread_times_info_data_t) /      \
				  sizeof(natural_t)))

#define TASK_ABSOLUTETIME_INFO 1 /* GNU Mach and OSF: the basics */

struct task_absolutetime_info {
	uint64_t total_user;
	uint64_t total_system;
	uint64_t threads_user;
	uint64_t threads_system;
};

typedef struct task_absolutetime_info *task_absolutetime_info_t;
typedef struct task_absolutetime_info task_absolutetime_info_data_t;

#define TASK_ABSOLUTETIME_INFO_COUNT                                           \
	((mach_msg_type_number_t)(sizeof(task_absolutetime_info_data_t) /      \
				  sizeof(natural_t)))

/* Memory in detail. It has grown seven times; the count tells the version. */
#define TASK_VM_INFO           22
#define TASK_VM_INFO_PURGEABLE 23

struct task_vm_info {
	mach_vm_size_t virtual_size;
	integer_t region_count;
	integer_t page_size;
	mach_vm_size_t resident_size;
	mach_vm_size_t resident_size_peak;
	mach_vm_size_t device;
	mach_vm_size_t device_peak;
	mach_vm_size_t internal;
	mach_vm_size_t internal_peak;
	mach_vm_size_t external;
	mach_vm_size_t external_peak;
	mach_vm_size_t reusable;
	mach_vm_size_t reusable_peak;
	mach_vm_size_t purgeable_volatile_pmap;
	mach_vm_size_t purgeable_volatile_resident;
	mach_vm_size_t purgeable_volatile_virtual;
	mach_vm_size_t compressed;
	mach_vm_size_t compressed_peak;
	mach_vm_size_t compressed_lifetime;
	/* REV1 */
	mach_vm_size_t phys_footprint;
	/* REV2 */
	mach_vm_address_t min_address;
	mach_vm_address_t max_address;
	/* REV3 */
	int64_t ledger_phys_footprint_peak;
	int64_t ledger_purgeable_nonvolatile;
	int64_t ledger_purgeable_novolatile_compressed;
	int64_t ledger_purgeable_volatile;
	int64_t ledger_purgeable_volatile_compressed;
	int64_t ledger_tag_network_nonvolatile;
	int64_t ledger_tag_network_nonvolatile_compressed;
	int64_t ledger_tag_network_volatile;
	int64_t ledger_tag_network_volatile_compressed;
	int64_t ledger_tag_media_footprint;
	int64_t ledger_tag_media_footprint_compressed;
	int64_t ledger_tag_media_nofootprint;
	int64_t ledger_tag_media_nofootprint_compressed;
	int64_t ledger_tag_graphics_footprint;
	int64_t ledger_tag_graphics_footprint_compressed;
	int64_t ledger_tag_graphics_nofootprint;
	int64_t ledger_tag_graphics_nofootprint_compressed;
	int64_t ledger_tag_neural_footprint;
	int64_t ledger_tag_neural_footprint_compressed;
	int64_t ledger_tag_neural_nofootprint;
	int64_t ledger_tag_neural_nofootprint_compressed;
	/* REV4 */
	uint64_t limit_bytes_remaining;
	/* REV5 */
	integer_t decompressions;
	/* REV6 */
	int64_t ledger_swapins;
	/* REV7 */
	int64_t ledger_tag_neural_nofootprint_total;
	int64_t ledger_tag_neural_nofootprint_peak;
};

typedef struct task_vm_info *task_vm_info_t;
typedef struct task_vm_info task_vm_info_data_t;

#define TASK_VM_INFO_COUNT                                                     \
	((mach_msg_type_number_t)(sizeof(task_vm_info_data_t) /                \
				  sizeof(natural_t)))
#define TASK_VM_INFO_REV7_COUNT TASK_VM_INFO_COUNT
#define TASK_VM_INFO_REV6_COUNT                                                \
	((mach_msg_type_number_t)(TASK_VM_INFO_REV7_COUNT - 4))
#define TASK_VM_INFO_REV5_COUNT                                                \
	((mach_msg_type_number_t)(TASK_VM_INFO_REV6_COUNT - 2))
#define TASK_VM_INFO_REV4_COUNT                                                \
	((mach_msg_type_number_t)(TASK_VM_INFO_REV5_COUNT - 1))
#define TASK_VM_INFO_REV3_COUNT                                                \
	((mach_msg_type_number_t)(TASK_VM_INFO_REV4_COUNT - 2))
#define TASK_VM_INFO_REV2_COUNT                                                \
	((mach_msg_type_number_t)(TASK_VM_INFO_REV3_COUNT - 42))
#define TASK_VM_INFO_REV1_COUNT                                                \
	((mach_msg_type_number_t)(TASK_VM_INFO_REV2_COUNT - 4))
#define TASK_VM_INFO_REV0_COUNT                                                \
	((mach_msg_type_number_t)(TASK_VM_INFO_REV1_COUNT - 2))

#pragma pack(pop)

#endif
