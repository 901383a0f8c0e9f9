/*
 * What the files of routines on memory have in common
 *
 *      vm_user.c         vm_allocate to vm_copy; the tables of services
 *      vm_map_user.c     vm_map, vm_remap, memory entries
 *      vm_region_user.c  vm_region, and looking at pages
 *      vm_upkeep_user.c  wiring, advice, purging
 */
#pragma once

#include "server/request.h"
#include "server/vm/vm_map.h"

struct task;
struct vm_mappings;

/* Where `flags` want it, from an address of any bytes. */
struct vm_map_where vm_user_where(const struct task *task, int flags,
    uint64_t address, uint64_t mask);

/* Attributes of fresh memory, but for what `flags` say of them. */
struct vm_attributes vm_user_attributes(const struct task *task, int flags);

/*
 * Maps a list, and wires it in a task whose memory is to be. On success the
 * list is empty.
 *
 * => as vm_map_enter_list(); KERN_RESOURCE_SHORTAGE: there are no frames
 */
kern_return_t vm_user_enter(struct task *task, struct vm_map_where *where,
    struct vm_mappings *list);

/*
 * Maps fresh memory, of the kind that `flags` want.
 *
 * => size: bytes, a multiple of the page size and not 0
 * => as vm_user_enter(); KERN_INVALID_ARGUMENT: flags that do not go together,
 *    or large pages where none can be
 */
kern_return_t vm_user_enter_zeros(struct task *task, int flags,
    struct vm_map_where *where, uint64_t size, struct vm_attributes attributes);

ROUTINE_DECLARED(vm_map, VmMap)
ROUTINE_DECLARED(vm_remap, VmRemap)
ROUTINE_DECLARED(vm_remap_new, VmRemap)
ROUTINE_DECLARED(mach_make_memory_entry, MachMakeMemoryEntry)
ROUTINE_DECLARED(mach_memory_object_memory_entry, MachMemoryObjectMemoryEntry)

ROUTINE_DECLARED(vm_region, VmRegion)
ROUTINE_DECLARED(vm_region_64, VmRegion)
ROUTINE_DECLARED(vm_region_recurse, VmRegionRecurse)
ROUTINE_DECLARED(vm_region_recurse_64, VmRegionRecurse)
ROUTINE_DECLARED(vm_map_page_query, VmMapPageQuery)
ROUTINE_DECLARED(mach_vm_page_info, VmPageInfo)
ROUTINE_DECLARED(mach_vm_page_range_query, VmPageRangeQuery)
ROUTINE_DECLARED(vm_map_debug, VmMapDebug)

ROUTINE_DECLARED(vm_msync, VmMsync)
ROUTINE_DECLARED(vm_behavior_set, VmBehaviorSet)
ROUTINE_DECLARED(vm_machine_attribute, VmMachineAttribute)
ROUTINE_DECLARED(task_wire, TaskWire)
ROUTINE_DECLARED(vm_purgable_control, VmPurgableControl)
ROUTINE_DECLARED(vm_map_exec_lockdown, VmMapExecLockdown)
ROUTINE_DECLARED(vm_wire, VmWire)
ROUTINE_DECLARED(vm_wire_all, VmWireAll)
