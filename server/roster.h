/*
 * The roster: all tasks by number, for who may look at them
 *
 * A number is never given twice. Nobody has a right to a task by its number
 * alone: who asks for one by it is judged anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

struct port;

struct roster_entry {
	TAILQ_ENTRY(roster_entry) link; /* by number */
	struct port *port;              /* the control port */
	uint64_t number;                /* from 1 on */
	uint64_t parent;                /* the number of; 0: none */
	uid_t uid;                      /* of who made it, */
	pid_t pid;                      /* and the process; 0: unknown */
};

/* Enters a task. parent: its port, or NULL. False: no memory. */
bool roster_add(struct port *task, const struct port *parent, uid_t uid,
    pid_t pid);

/* It is over, or was never entered. */
void roster_remove(struct port *task);

/* The task of the lowest number from this one on. NULL: there is none. */
const struct roster_entry *roster_from(uint64_t number);
