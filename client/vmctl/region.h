/*
 * Regions of a task's memory, and the commands that look at them
 *
 * Neighbours that are alike count as one: where two of them meet says nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/vmctl/commands.h"

/* map task: all of them, in a table. */
command_function region_map;

/* expect-region task address size protection/max inheritance [shared] */
command_function region_expect;

/* expect-no-region task address */
command_function region_expect_none;
