/* boolean_t and its two values. */
#ifndef MACH_BOOLEAN_H
#define MACH_BOOLEAN_H

#include <mach/machine/boolean.h>

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

#endif
