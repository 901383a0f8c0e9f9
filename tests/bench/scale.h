/*
 * Scale: what its files have in common
 */
#pragma once

#include <mach/kern_return.h>

/* Very many calls: scale_calls.c. For bench_apart(). */
void scale_measure_calls(void *nothing);
