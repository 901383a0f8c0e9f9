/*
 * A crowd: many connections of one process to one server, each with a call on
 * its way
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct crowd {
	int *fds;
	size_t count;
	int epoll;
	const void *ask; /* what each says, and how many bytes it is told */
	size_t ask_size;
	size_t answer_size;
	pid_t server; /* of crowd_of_peers(); 0: somebody else's */
};

/* Connections that somebody else makes. */
void crowd_init(struct crowd *crowd, size_t count, int (*connect)(void),
    const void *ask, size_t ask_size, size_t answer_size);

/* Connections to a process that sends back what it is sent, 64 bytes, and that
 * waits for all of them at once. The least that such a server costs. */
void crowd_of_peers(struct crowd *crowd, size_t count);

void crowd_deinit(struct crowd *crowd);

/* A contender's step: all ask, and all get their answers. */
void crowd_step(void *crowd);
