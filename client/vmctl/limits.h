/*
 * limits: what users may have, and have
 */
#pragma once

#include <stdbool.h>

#include "client/vmctl/commands.h"

/* limits [all] */
bool limits_show(struct run *run, const struct argument *argument);
