/*
 * Pages of a task's memory, a character each
 *
 *      .     nobody wrote it: zeros
 *      #     a frame
 *      a-Z   a frame that is in several places: one letter, one frame
 *      =     the frame that the other task has there, too
 *
 * A frame that is in one place of a page tree may yet belong to several
 * objects, when they share the tree: `with` another task finds that out.
 */
#pragma once

#include "client/vmctl/commands.h"

/* pages task address size [with task2 [address2]] */
command_function pages_show;
