/*
 * The daemon that is attacked: started for one scene, and looked at
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	USER_VICTIM = 64001,
	USER_ATTACKERS = 64002,
	PATIENCE = 1, /* seconds, of an impatient daemon */
};

/*
 * Starts the program in $VMD. $VMD_SOCKET names its socket from then on; run as
 * root, others may use it, too.
 *
 * => impatient: it hangs up soon on who is slow, if it knows how to
 * => false: it could not be started
 */
bool house_open(bool impatient);

/* Can it be told to be impatient? */
bool house_knows_patience(void);

/* Ends it with SIGTERM. False: it did not exit with 0. */
bool house_close(void);

/* SIGKILL, at any time. */
void house_burn(void);

/* The daemon, as its socket names it. */
pid_t house_pid(void);

/* The calling process becomes another user's, if it is root's. */
void house_become(uid_t user);

/* Bytes of memory that it has in use; descriptors that are open. */
uint64_t house_memory(void);
size_t house_descriptors(void);

/* Nanoseconds that it has run on a processor; and has waited for one. */
struct times_run {
	uint64_t on, waiting;
};
struct times_run house_times(void);

/* What its machine and its connections are made of. */
struct stock {
	uint64_t pages, nodes, entries, objects, tasks, connections;
	size_t descriptors;
};

/* => longest, if wanted: microseconds that anything held the loop since this
 *    was last asked; -1: the daemon does not tell
 * => false: it does not answer */
bool house_take_stock(struct stock *stock, int64_t *longest);

/* Waits until it has again what it had. Returns the seconds that took; -1: it
 * has not after a long time.
 * => longest becomes that meanwhile, if that is longer */
double house_settle(const struct stock *before, struct stock *after,
    int64_t *longest);
