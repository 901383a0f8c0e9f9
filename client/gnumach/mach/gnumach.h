/* What GNU Mach has beside the others, with its structure's own name. */
#ifndef GNUMACH_GNUMACH_H
#define GNUMACH_GNUMACH_H

#include <mach/mach_types.h>

#pragma GCC system_header /* for include_next */
#define gnumach_vm_statistics vm_statistics
#include_next <mach/gnumach.h>
#undef gnumach_vm_statistics

#endif
