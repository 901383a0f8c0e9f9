/*
 * Names of the registry, a line each
 *
 *      owner    group  mode       port          name
 *          0        0  r--------  task          "scratch"
 */
#pragma once

#include "client/vmctl/commands.h"

/* names */
command_function names_show;
