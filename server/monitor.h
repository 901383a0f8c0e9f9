/*
 * The monitor: calls as they are answered, for who watches
 *
 *      dispatch ──► request_reply ──► ring  1024 1025 1026 ... 2047
 *                                      ▲
 *                           who watches asks for those from 1800 on
 *
 * The last calls are kept in a ring, which is there only while somebody asks
 * for them now and then. Whoever asks too seldom misses some. Of bodies so many
 * bytes are kept, and no data.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/call.h"

enum {
	MONITOR_CALLS = 1024, /* in the ring */
};

/* NULL: nobody watches. */
struct monitor;

/* A call begins; and has been answered, with a body of so many bytes and so many
 * bytes of data. */
void monitor_begin(struct call *call);
void monitor_end(struct server *server, struct call *call, kern_return_t code,
    const uint8_t *body, size_t size, uint64_t data);

/* Somebody watches. False: no memory. */
bool monitor_watch(struct server *server);

/* The number of the next call; and the first from a number on that is there.
 * NULL: there is none. */
uint64_t monitor_next(void);
const struct monitor_call *monitor_from(const struct monitor *monitor,
    uint64_t number);

struct monitor *monitor_free(struct monitor *monitor);
