/*
 * Requests: what goes to the daemon
 *
 * The daemon reads nothing more from a client that does not read its answers.
 * Who waits for an answer reads, so that a call that waits for its answer never
 * stands in another one's way. But behind calls that are queued nobody may be
 * waiting: who sends then, and finds no room, reads answers until there is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>

struct call;
struct session;

/*
 * Writes a request, but for its data.
 *
 * => *to: there are `room` bytes; or it becomes memory of its own, for free()
 * => the size in bytes; -EMSGSIZE: it is too large; -ENOMEM
 */
int request_write(const struct call *call, uint8_t **to, size_t room);

/*
 * Sends requests, and the data of the last one. The caller holds `sending`.
 *
 * => 0; -errno, nothing was sent; -EPIPE: some of it may have been
 */
int request_send(struct session *session, const uint8_t *bytes, size_t size,
    const void *data, size_t data_size);

/* What a call answers whose request was not sent: for request_write()'s codes
 * and request_send()'s. */
kern_return_t request_error(int r);
