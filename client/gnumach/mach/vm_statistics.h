/* Counters of the machine's memory, as GNU Mach has them. */
#ifndef GNUMACH_VM_STATISTICS_H
#define GNUMACH_VM_STATISTICS_H

#pragma GCC system_header /* for include_next */
#define vm_statistics        vm_statistics_of_host
#define vm_statistics_t      vm_statistics_of_host_t
#define vm_statistics_data_t vm_statistics_of_host_data_t
#include_next <mach/vm_statistics.h>
#undef vm_statistics
#undef vm_statistics_t
#undef vm_statistics_data_t

#include <mach/gnumach_statistics.h>

typedef struct vm_statistics *vm_statistics_t;
typedef struct vm_statistics vm_statistics_data_t;

#endif
