/*
 * The bare socket: a process that takes so many bytes, and answers so many
 *
 * The least that anything over a socket costs: AF_UNIX, SOCK_STREAM, blocking
 * at both ends, one send() and as few recv() as it takes on each side, nothing
 * looked at.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

enum { PEER_PING = 64 }; /* bytes of a request, and of an answer without data */

struct peer {
	int fd;
	pid_t pid;
	void *memory; /* `size` bytes, written once, that go and come */
	uint64_t size;
};

/* What is asked of it: a request is PEER_PING bytes that begin with this. */
struct peer_ask {
	uint64_t taken;    /* bytes that come behind it */
	uint64_t answered; /* bytes that go back */
};

/* Starts it, on the caller's CPU, for requests and answers of up to `size`
 * bytes; ends it. */
void peer_start(struct peer *peer, uint64_t size);
void peer_stop(struct peer *peer);

/* One round trip: so many bytes of the memory go behind the request, and so
 * many come back to it. */
void peer_call(struct peer *peer, uint64_t sent, uint64_t received);

/* The same of PEER_PING bytes: a contender's step, whose context is the peer. */
void peer_ping(void *peer);

/* All of it, or the program fails. */
void peer_put(int fd, const void *bytes, uint64_t size);
void peer_get(int fd, void *bytes, uint64_t size);

/* Memory that was written, `size` bytes of it; and away with it. */
void *peer_memory(uint64_t size);
void peer_memory_free(void *memory, uint64_t size);
