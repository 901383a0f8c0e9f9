/*
 * Message ids, out of the generated services
 *
 * MIG numbers the routines of a subsystem from a base, by position; protobuf-c
 * lays the members of a service out by position, too. A service in the order of
 * Mach's .defs therefore has Mach's ids: VM_MAP_ID(vm_copy) is 3808.
 */
#pragma once

#include <assert.h>
#include <stddef.h>

#include "bootstrap.pb-c.h"
#include "gnumach.pb-c.h"
#include "host_priv.pb-c.h"
#include "mach_host.pb-c.h"
#include "mach_port.pb-c.h"
#include "mach_vm.pb-c.h"
#include "notify.pb-c.h"
#include "task.pb-c.h"
#include "vm_map.pb-c.h"
#include "vmd.pb-c.h"

enum {
	NOTIFY_BASE = 64,
	MACH_HOST_BASE = 200,
	HOST_PRIV_BASE = 400,
	BOOTSTRAP_BASE = 400, /* told apart by whom a request is for */
	MACH_BASE = 2030, /* the part of subsystem 2000 that is served */
	MACH_PORT_BASE = 3200,
	TASK_BASE = 3400,
	VM_MAP_BASE = 3800,
	GNUMACH_BASE = 4200,
	MACH_VM_BASE = 4800,
	VMD_BASE = 9000,
};

/* A reply has its request's id and this. */
enum { MIG_REPLY_DELTA = 100 };

/* The place of a routine in its service, a constant. */
#define ROUTINE_INDEX(Service, routine)                                        \
	((int)((offsetof(Service##_Service, routine) -                         \
		   sizeof(ProtobufCService)) /                                 \
	       sizeof(void (*)(void))))

#define NOTIFY_ID(routine) (NOTIFY_BASE + ROUTINE_INDEX(Notify, routine))
#define MACH_HOST_ID(routine)                                                  \
	(MACH_HOST_BASE + ROUTINE_INDEX(MachHost, routine))
#define HOST_PRIV_ID(routine)                                                  \
	(HOST_PRIV_BASE + ROUTINE_INDEX(HostPriv, routine))
#define BOOTSTRAP_ID(routine)                                                  \
	(BOOTSTRAP_BASE + ROUTINE_INDEX(Bootstrap, routine))
#define MACH_PORT_ID(routine)                                                  \
	(MACH_PORT_BASE + ROUTINE_INDEX(MachPort, routine))
#define MACH_ID(routine)    (MACH_BASE + ROUTINE_INDEX(Mach, routine))
#define TASK_ID(routine)    (TASK_BASE + ROUTINE_INDEX(Task, routine))
#define VM_MAP_ID(routine)  (VM_MAP_BASE + ROUTINE_INDEX(VmMap, routine))
#define GNUMACH_ID(routine) (GNUMACH_BASE + ROUTINE_INDEX(Gnumach, routine))
#define MACH_VM_ID(routine) (MACH_VM_BASE + ROUTINE_INDEX(MachVm, routine))
#define VMD_ID(routine)     (VMD_BASE + ROUTINE_INDEX(Vmd, routine))

/* The first, the last, and some between: a line lost or moved does not compile.
 * Source: Mach's .defs of the same names. */
static_assert(NOTIFY_ID(mach_notify_port_deleted) == 65, "notify.defs");
static_assert(NOTIFY_ID(mach_notify_no_senders) == 70, "notify.defs");
static_assert(NOTIFY_ID(mach_notify_dead_name) == 72, "notify.defs");

static_assert(MACH_HOST_ID(host_info) == 200, "mach_host.defs");
static_assert(MACH_HOST_ID(host_page_size) == 202, "mach_host.defs");
static_assert(MACH_HOST_ID(host_statistics) == 216, "mach_host.defs");
static_assert(MACH_HOST_ID(host_statistics64) == 219, "mach_host.defs");

static_assert(HOST_PRIV_ID(vm_wire) == 404, "host_priv.defs");
static_assert(HOST_PRIV_ID(host_get_special_port) == 412, "host_priv.defs");
static_assert(HOST_PRIV_ID(mach_vm_wire) == 418, "host_priv.defs");

static_assert(BOOTSTRAP_ID(bootstrap_check_in) == 402, "bootstrap.defs");
static_assert(BOOTSTRAP_ID(bootstrap_register) == 403, "bootstrap.defs");
static_assert(BOOTSTRAP_ID(bootstrap_look_up) == 404, "bootstrap.defs");
static_assert(BOOTSTRAP_ID(bootstrap_status) == 407, "bootstrap.defs");
static_assert(BOOTSTRAP_ID(skip_410) == 410, "bootstrap.defs");

static_assert(MACH_PORT_ID(mach_port_names) == 3200, "mach_port.defs");
static_assert(MACH_PORT_ID(mach_port_deallocate) == 3206, "mach_port.defs");
static_assert(MACH_PORT_ID(mach_port_mod_refs) == 3208, "mach_port.defs");
static_assert(MACH_PORT_ID(mach_port_allocate) == 3204, "mach_port.defs");
static_assert(MACH_PORT_ID(mach_port_request_notification) == 3213,
    "mach_port.defs");
static_assert(MACH_PORT_ID(mach_port_extract_right) == 3215, "mach_port.defs");
static_assert(MACH_PORT_ID(mach_port_get_attributes) == 3217, "mach_port.defs");

static_assert(TASK_ID(task_create) == 3400, "task.defs");
static_assert(TASK_ID(task_terminate) == 3401, "task.defs");
static_assert(TASK_ID(task_info) == 3405, "task.defs");
static_assert(TASK_ID(task_set_special_port) == 3410, "task.defs");

static_assert(VM_MAP_ID(vm_region) == 3800, "vm_map.defs");
static_assert(VM_MAP_ID(vm_allocate) == 3801, "vm_map.defs");
static_assert(VM_MAP_ID(vm_write) == 3807, "vm_map.defs");
static_assert(VM_MAP_ID(vm_copy) == 3808, "vm_map.defs");
static_assert(VM_MAP_ID(vm_map) == 3812, "vm_map.defs");
static_assert(VM_MAP_ID(skip_3820) == 3820, "vm_map.defs");
static_assert(VM_MAP_ID(vm_region_64) == 3824, "vm_map.defs");
static_assert(VM_MAP_ID(vm_remap_new) == 3832, "vm_map.defs");

static_assert(MACH_ID(vm_statistics) == 2030, "mach.defs");
static_assert(GNUMACH_ID(vm_cache_statistics) == 4200, "gnumach.defs");
static_assert(GNUMACH_ID(vm_wire_all) == 4207, "gnumach.defs");
static_assert(GNUMACH_ID(vm_pages_phys) == 4212, "gnumach.defs");
static_assert(GNUMACH_ID(vm_get_size_limit) == 4216, "gnumach.defs");

static_assert(MACH_VM_ID(mach_vm_allocate) == 4800, "mach_vm.defs");
static_assert(MACH_VM_ID(mach_vm_copy) == 4807, "mach_vm.defs");
static_assert(MACH_VM_ID(mach_vm_region) == 4816, "mach_vm.defs");
static_assert(MACH_VM_ID(mach_vm_remap_new) == 4821, "mach_vm.defs");
