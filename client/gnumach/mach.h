/*
 * All of Mach that most programs need, as GNU Mach spells it
 *
 * This folder stands before vmd's others on the path: what is alike is theirs,
 * and what GNU Mach has otherwise is here, under the same names.
 */
#ifndef GNUMACH_MACH_H
#define GNUMACH_MACH_H

#include <mach/gnumach.h>
#include <mach/mach_host.h>
#include <mach/mach_interface.h>
#include <mach/mach_port.h>
#include <mach/mach_traps.h>
#include <mach/mach_types.h>
#include <mach/mig_errors.h>
#include <mach_error.h>
#include <mach_init.h>

#endif
