/*
 * Integers that have a name in Mach
 *
 * natural_t and integer_t are 32 bits on every machine. vm_* follow the
 * machine's word, mach_vm_* and vm_map_* are 64 bits everywhere.
 */
#ifndef MACH_MACHINE_VM_TYPES_H
#define MACH_MACHINE_VM_TYPES_H

#include <stdint.h>

typedef uint32_t natural_t;
typedef int32_t integer_t;

typedef uintptr_t vm_offset_t;
typedef uintptr_t vm_size_t;

typedef uint64_t mach_vm_address_t;
typedef uint64_t mach_vm_offset_t;
typedef uint64_t mach_vm_size_t;

typedef uint64_t vm_map_offset_t;
typedef uint64_t vm_map_address_t;
typedef uint64_t vm_map_size_t;

typedef uintptr_t mach_port_context_t;

#endif
