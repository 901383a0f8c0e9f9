/*
 * From a message to its routine
 */
#pragma once

#include <stdbool.h>

struct connection;
struct msg;
struct vm_map_copy;

/*
 * Serves a request: finds whom it is for, what it asks and what with, has it
 * done, and queues the reply. What is wrong with it before its routine sees it
 * is decided here, in Mach's order: the destination, the id, the arguments.
 *
 * => data: what came with it, or NULL; taken over
 * => refused: it came with data that there was no memory for
 */
void dispatch(struct connection *connection, const struct msg *msg,
    struct vm_map_copy *data, bool refused);
