/*
 * A connection that is passed on, and captured
 *
 *      client ──► in │ out ──► daemon
 *             ◄── out │ in ◄──
 *
 * What comes in is told apart into messages, and goes out again as it was. A
 * head is there as a whole before it goes on; data are not. When one side does
 * not read, no more is read of the other: a buffer does not grow.
 *
 * One request is answered here: vmd_window, whose reply would have memory that
 * the two share, past everybody else. The client is told that there is no such
 * routine, and has its data come with replies.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct relay;

/*
 * Of two sockets, which are the relay's from now on.
 *
 * => number: of the connection, in the capture
 * => NULL: no memory; and they are closed
 */
struct relay *relay_new(FILE *capture, uint32_t number, int client, int daemon);

/* Hangs up. */
void relay_free(struct relay *relay);

/* What it waits for, of the client and the daemon. */
void relay_want(const struct relay *relay, struct pollfd wanted[2]);

/* Passes on what there is. False: the connection has ended. */
bool relay_work(struct relay *relay);
