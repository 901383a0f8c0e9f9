/*
 * Requests: a call's operands become fields of a message, a port and data
 */
#pragma once

#include <stdbool.h>

#include "client/show/complaint.h"
#include "client/vmctl/call.h"
#include "client/vmctl/script.h"

/* => request_deinit() is due in any case
 * => false: a variable has no value, or one that does not fit */
bool request_make(const struct command *command, struct request *request,
    struct complaint *complaint);
