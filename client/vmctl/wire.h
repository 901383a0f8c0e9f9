/*
 * A connection to a daemon, message by message, as nobody's client
 *
 * What is returned of a message lies in the buffer until the next one is asked
 * for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include "common/msg.h"

struct wire {
	int fd;
	uint8_t *buffer;
	size_t start, end;
};

/* => NULL: it is open; or why not, for people. close it all the same */
const char *wire_open(struct wire *wire, const struct sockaddr_un *address);
void wire_close(struct wire *wire);

/* The daemon is told that nothing more comes; returns when it has hung up. */
void wire_finish(struct wire *wire);

/* => false: the daemon has hung up */
bool wire_send(struct wire *wire, const void *bytes, size_t size);

/* So many bytes, fewer than 64 Ki. NULL: the daemon has hung up, or is silent
 * for a minute. */
const uint8_t *wire_take(struct wire *wire, size_t size);

/* A reply or notice but for its data, which are to be taken next. => false: as
 * wire_take, or it is none. */
bool wire_message(struct wire *wire, struct msg *msg);

/* As many data as are there, at the most so many. NULL: as wire_take. */
const uint8_t *wire_data(struct wire *wire, uint64_t most, size_t *size);

/* Does something come within so many milliseconds? */
bool wire_waits(struct wire *wire, int milliseconds);
