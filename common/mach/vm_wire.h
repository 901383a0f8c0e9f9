/* What GNU Mach's vm_wire_all wires. */
#ifndef MACH_VM_WIRE_H
#define MACH_VM_WIRE_H

typedef int vm_wire_t;

#define VM_WIRE_NONE    0 /* nothing: unwires all there is */
#define VM_WIRE_CURRENT 1 /* what is mapped now */
#define VM_WIRE_FUTURE  2 /* what will be */
#define VM_WIRE_ALL     (VM_WIRE_CURRENT | VM_WIRE_FUTURE)

#endif
