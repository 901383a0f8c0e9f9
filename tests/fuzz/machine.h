/*
 * A daemon in this process, with little memory, whom nobody connects to but the
 * target
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct server;

/*
 * The one server, made when it is first asked for.
 *
 * => pages: of memory
 * => pauses: calls do, whenever they can
 */
struct server *machine_server(uint64_t pages, bool pauses);

/* What is not as it must be between calls ends the program. */
void machine_check(struct server *server);

/* Everybody has gone: so has all that they had. */
void machine_settle(struct server *server);
