/*
 * A daemon that is not there, as the library's calls of the system find it
 *
 * socket(), connect(), sendmsg(), recv() and their like are those of this file,
 * by the linker's --wrap: what is sent is looked at, what is received was put
 * here before. When that is used up the connection is at its end, so nobody
 * waits. Sockets that were opened, and memory that was mapped, are counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake {
	size_t most;        /* bytes that are received at once */
	unsigned interrupt; /* each so many calls are interrupted; 0: none */
	bool refuses;       /* whatever is sent */
	int passes;         /* a descriptor, with what is received next; or 0 */

	/* What was asked last. */
	bool asked;
	int id;
	uint32_t token;

	int sockets;   /* open */
	int64_t bytes; /* mapped */
};

extern struct fake fake;

/* Forgets what was not received, and begins anew. */
void fake_start(void);

/* Will be received, behind what there is; as much of it as there is room for.
 */
void fake_say(const void *bytes, size_t size);

/* Called when something is asked, before the library waits for the answer. */
extern void (*fake_answer)(void);
