/*
 * Failures on request: $VMD_INJECT
 *
 *      vm_remap#3=KERN_NO_SPACE       the third one fails so
 *      vm_allocate#10+=NO_SPACE       the tenth, and all behind it
 *      vm_write=delay:50              each takes 50 ms longer
 *      @0x12000=KERN_MEMORY_ERROR     whoever reads or writes that page
 *
 * Rules have a `;` between them; the first that fits a call holds. A call that
 * fails so is not made: the daemon does not hear of it. vmctl(1) has a verb that
 * runs a program with a rule.
 */
#pragma once

#include <stdbool.h>

#include <mach/kern_return.h>

struct call;

/* Is there any rule? */
bool inject_wants(void);

/* Counts the call, waits if it is to, and says whether it fails: with *code. */
bool inject_fails(const struct call *call, kern_return_t *code);

/* Is it a rule? Else the reason, in a line, is in complaint. */
struct complaint;
bool inject_check(const char *rule, struct complaint *complaint);
