/* The kernel's return codes, where GNU Mach has other words for a number. */
#ifndef GNUMACH_KERN_RETURN_H
#define GNUMACH_KERN_RETURN_H

#pragma GCC system_header /* for include_next */
#include_next <mach/kern_return.h>

#undef KERN_MEMORY_DATA_MOVED
#undef KERN_MEMORY_RESTART_COPY
#undef KERN_INVALID_PROCESSOR_SET
#undef KERN_POLICY_LIMIT
#undef KERN_INVALID_POLICY
#undef KERN_TERMINATED

#define KERN_WRITE_PROTECTION_FAILURE 24
#define KERN_TERMINATED               26
#define KERN_TIMEDOUT                 27
#define KERN_INTERRUPTED              28

#endif
