/* <mach/vm_map.h> by its old name. */
#ifndef MACH_VM_TASK_H
#define MACH_VM_TASK_H

#include <mach/vm_map.h>

#endif
