/* The kernel's calls, all but those on ports, the plain host and 64-bit memory.
 */
#ifndef MACH_MACH_INTERFACE_H
#define MACH_MACH_INTERFACE_H

#include <mach/host_priv.h>
#include <mach/task.h>
#include <mach/vm_map.h>

#endif
