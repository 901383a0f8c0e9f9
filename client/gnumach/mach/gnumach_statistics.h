/* What vm_statistics tells, under GNU Mach's name. */
#ifndef GNUMACH_GNUMACH_STATISTICS_H
#define GNUMACH_GNUMACH_STATISTICS_H

#pragma GCC system_header /* for include_next */
#define gnumach_vm_statistics vm_statistics
#include_next <mach/gnumach_statistics.h>
#undef gnumach_vm_statistics

#endif
