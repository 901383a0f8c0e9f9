/* The kernel's calls; vm_statistics is among them. */
#ifndef GNUMACH_MACH_INTERFACE_H
#define GNUMACH_MACH_INTERFACE_H

#pragma GCC system_header /* for include_next */
#include_next <mach/mach_interface.h>

#include <mach/gnumach.h>

#endif
