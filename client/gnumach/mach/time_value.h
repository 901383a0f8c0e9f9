/* Seconds and fractions, in the widths that GNU Mach has beside. */
#ifndef GNUMACH_TIME_VALUE_H
#define GNUMACH_TIME_VALUE_H

#include <stdint.h>

#pragma GCC system_header /* for include_next */
#include_next <mach/time_value.h>

typedef struct rpc_time_value {
	long seconds;
	integer_t microseconds;
} rpc_time_value_t;

typedef struct time_value64 {
	int64_t seconds;
	int64_t nanoseconds;
} time_value64_t;

#endif
