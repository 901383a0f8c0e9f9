/*
 * All of Mach that most programs need
 *
 * Calls with 64-bit addresses are in <mach/mach_vm.h>, which is not among it.
 */
#ifndef MACH_MACH_H
#define MACH_MACH_H

#include <mach/mach_error.h>
#include <mach/mach_host.h>
#include <mach/mach_init.h>
#include <mach/mach_interface.h>
#include <mach/mach_port.h>
#include <mach/mach_traps.h>
#include <mach/mach_types.h>
#include <mach/mig_errors.h>
#include <mach/notify.h>
#include <mach/std_types.h>

#endif
