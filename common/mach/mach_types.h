/*
 * The kernel's objects, each of them a port to a program
 *
 * All these types are port names, and C does not tell one from another: they
 * say in a prototype which kind of port a call is for.
 */
#ifndef MACH_MACH_TYPES_H
#define MACH_MACH_TYPES_H

#include <stdint.h>

#include <mach/host_info.h>
#include <mach/host_special_ports.h>
#include <mach/machine.h>
#include <mach/machine/vm_types.h>
#include <mach/memory_object_types.h>
#include <mach/message.h>
#include <mach/policy.h>
#include <mach/port.h>
#include <mach/std_types.h>
#include <mach/task_info.h>
#include <mach/task_special_ports.h>
#include <mach/time_value.h>
#include <mach/vm_attributes.h>
#include <mach/vm_behavior.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <mach/vm_purgable.h>
#include <mach/vm_region.h>
#include <mach/vm_statistics.h>
#include <mach/vm_sync.h>
#include <mach/vm_types.h>

typedef mach_port_t task_t;
typedef mach_port_t task_name_t;
typedef mach_port_t task_policy_set_t;
typedef mach_port_t task_policy_get_t;
typedef mach_port_t task_inspect_t;
typedef mach_port_t task_read_t;
typedef mach_port_t task_suspension_token_t;
typedef mach_port_t thread_t;
typedef mach_port_t thread_act_t;
typedef mach_port_t thread_inspect_t;
typedef mach_port_t thread_read_t;
typedef mach_port_t ipc_space_t;
typedef mach_port_t ipc_space_read_t;
typedef mach_port_t ipc_space_inspect_t;
typedef mach_port_t host_t;
typedef mach_port_t host_priv_t;
typedef mach_port_t host_security_t;
typedef mach_port_t processor_t;
typedef mach_port_t processor_set_t;
typedef mach_port_t processor_set_control_t;
typedef mach_port_t processor_set_name_t;
typedef mach_port_t semaphore_t;
typedef mach_port_t lock_set_t;
typedef mach_port_t ledger_t;
typedef mach_port_t alarm_t;
typedef mach_port_t clock_serv_t;
typedef mach_port_t clock_ctrl_t;
typedef mach_port_t clock_reply_t;
typedef mach_port_t bootstrap_t;
typedef mach_port_t mem_entry_name_port_t;
typedef mach_port_t exception_handler_t;
typedef mach_port_t vm_task_entry_t;

typedef task_t *task_array_t;
typedef thread_t *thread_array_t;
typedef thread_act_t *thread_act_array_t;
typedef processor_t *processor_array_t;
typedef processor_set_t *processor_set_array_t;
typedef processor_set_t *processor_set_name_array_t;
typedef ledger_t *ledger_array_t;
typedef exception_handler_t *exception_handler_array_t;

/* What OSF called some of them. */
typedef task_t task_port_t;
typedef task_array_t task_port_array_t;
typedef thread_t thread_port_t;
typedef thread_array_t thread_port_array_t;
typedef ipc_space_t ipc_space_port_t;
typedef host_t host_name_t;
typedef host_t host_name_port_t;
typedef ledger_t ledger_port_t;
typedef ledger_array_t ledger_port_array_t;

#define TASK_NULL              ((task_t)0)
#define TASK_NAME_NULL         ((task_name_t)0)
#define TASK_INSPECT_NULL      ((task_inspect_t)0)
#define TASK_READ_NULL         ((task_read_t)0)
#define THREAD_NULL            ((thread_t)0)
#define THREAD_INSPECT_NULL    ((thread_inspect_t)0)
#define THREAD_READ_NULL       ((thread_read_t)0)
#define THR_ACT_NULL           ((thread_act_t)0)
#define IPC_SPACE_NULL         ((ipc_space_t)0)
#define IPC_SPACE_READ_NULL    ((ipc_space_read_t)0)
#define IPC_SPACE_INSPECT_NULL ((ipc_space_inspect_t)0)
#define HOST_NULL              ((host_t)0)
#define HOST_PRIV_NULL         ((host_priv_t)0)
#define HOST_SECURITY_NULL     ((host_security_t)0)
#define PROCESSOR_NULL         ((processor_t)0)
#define PROCESSOR_SET_NULL     ((processor_set_t)0)
#define SEMAPHORE_NULL         ((semaphore_t)0)
#define LOCK_SET_NULL          ((lock_set_t)0)
#define LEDGER_NULL            ((ledger_t)0)
#define ALARM_NULL             ((alarm_t)0)
#define CLOCK_NULL             ((clock_serv_t)0)

typedef natural_t ledger_item_t;
#define LEDGER_ITEM_INFINITY ((ledger_item_t)~0u)

/* What kernels built for debugging tell of a map. No vmd does. */
typedef struct vm_info_region {
	natural_t vir_start;
	natural_t vir_end;
	natural_t vir_object;
	natural_t vir_offset;
	boolean_t vir_needs_copy;
	vm_prot_t vir_protection;
	vm_prot_t vir_max_protection;
	vm_inherit_t vir_inheritance;
	natural_t vir_wired_count;
	natural_t vir_user_wired_count;
} vm_info_region_t;

typedef struct vm_info_region_64 {
	natural_t vir_start;
	natural_t vir_end;
	natural_t vir_object;
	memory_object_offset_t vir_offset;
	boolean_t vir_needs_copy;
	vm_prot_t vir_protection;
	vm_prot_t vir_max_protection;
	vm_inherit_t vir_inheritance;
	natural_t vir_wired_count;
	natural_t vir_user_wired_count;
} vm_info_region_64_t;

typedef struct vm_info_object *vm_info_object_array_t;
typedef vm_offset_t *page_address_array_t;

#endif
