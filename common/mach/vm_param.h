/* The page and the bounds of an address space. */
#ifndef MACH_VM_PARAM_H
#define MACH_VM_PARAM_H

#include <mach/machine/vm_param.h>

#endif
