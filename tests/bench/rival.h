/*
 * Rivals: others who keep bytes, and whom one would ask if there were no vmd
 *
 * Each is measured if it is installed: the library when this is built, the
 * server when it is run. Each is one file, and knows no other.
 *
 * Steps are contenders': the context is a number, a uint64_t of bytes or of
 * depth.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rival {
	const char *who;
	uint64_t most; /* bytes that one call moves */

	/*
	 * Starts it, on the caller's CPU, for values of up to `size` bytes.
	 *
	 * => false: it is not installed
	 */
	bool (*start)(uint64_t size);
	void (*stop)(void);

	/* A connection, for pings by hand, and what one is, and how many bytes
	 * its answer has. NULL: nobody can make them by hand. */
	int (*connect)(void);
	const char *ask;
	size_t answered;

	void (*ping)(void *nothing);   /* NULL: it is no server */
	void (*pipeline)(void *depth); /* so many pings at once; or NULL */
	void (*read)(void *size);      /* what write() has written */
	void (*write)(void *size);
};

enum { RIVALS = 3 };

/* Those whose libraries were there. */
extern const struct rival redis, nbd, lmdb;

/* Those that could be started, for a group: the others are told of. */
struct company {
	const struct rival *rivals[RIVALS];
	size_t count;
};

void company_start(struct company *company, uint64_t size);
void company_stop(struct company *company);
