/* Codes in words, where GNU has them. */
#ifndef GNUMACH_MACH_ERROR_H
#define GNUMACH_MACH_ERROR_H

#include <mach/mach_error.h>

#endif
