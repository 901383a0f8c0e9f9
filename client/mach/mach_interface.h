/* The kernel's calls, all but those on ports, the host and 64-bit memory. */
#ifndef MACH_MACH_INTERFACE_H
#define MACH_MACH_INTERFACE_H

#include <mach/task.h>
#include <mach/vm_map.h>

#endif
