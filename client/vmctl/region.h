/*
 * Regions of a task's memory, and the commands that look at them
 *
 * Neighbours that are alike count as one: where two of them meet says nothing.
 * A map shows more of them than is expected of one, and so it may tell two
 * apart where an expectation sees one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/vmctl/commands.h"

/* map task: all of them, in a table; with pages that are in memory, how many
 * times they are wired, who else sees them, and their tag. */
command_function region_map;

/* expect-region task address size protection/max inheritance [shared] */
command_function region_expect;

/* expect-no-region task address */
command_function region_expect_none;
