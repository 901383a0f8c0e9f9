/* Addresses, and the ports by which an address space is reached. */
#ifndef MACH_VM_TYPES_H
#define MACH_VM_TYPES_H

#include <stdint.h>

#include <mach/machine/vm_types.h>
#include <mach/port.h>

typedef vm_offset_t pointer_t;
typedef vm_offset_t vm_address_t;

typedef uint64_t addr64_t;
typedef uint32_t reg64_t;
typedef uint32_t ppnum_t; /* a physical page's number */
#define PPNUM_MAX UINT32_MAX

/* A task and its map are reached by the same port. */
typedef mach_port_t vm_map_t;
typedef mach_port_t vm_map_read_t;
typedef mach_port_t vm_map_inspect_t;
typedef mach_port_t vm_task_t; /* vm_map_t in the manual pages of OSF */
typedef mach_port_t vm_named_entry_t;
typedef mach_port_t upl_t;

#define VM_MAP_NULL         ((vm_map_t)0)
#define VM_MAP_INSPECT_NULL ((vm_map_inspect_t)0)
#define VM_MAP_READ_NULL    ((vm_map_read_t)0)
#define VM_NAMED_ENTRY_NULL ((vm_named_entry_t)0)
#define UPL_NULL            ((upl_t)0)

typedef uint64_t vm_object_offset_t;
typedef uint64_t vm_object_size_t;

#endif
