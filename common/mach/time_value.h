/* Seconds and microseconds. */
#ifndef MACH_TIME_VALUE_H
#define MACH_TIME_VALUE_H

#include <mach/machine/vm_types.h>

#define TIME_MICROS_MAX (1000000)

struct time_value {
	integer_t seconds;
	integer_t microseconds; /* below TIME_MICROS_MAX */
};

typedef struct time_value time_value_t;

#endif
