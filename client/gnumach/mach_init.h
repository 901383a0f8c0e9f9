/* The ports a program has from the start, where GNU has them. */
#ifndef GNUMACH_MACH_INIT_H
#define GNUMACH_MACH_INIT_H

#include <mach/mach_init.h>

#endif
