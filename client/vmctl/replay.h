/*
 * A replay: what a recording asked is asked again
 *
 *      1.12 vm_protect task=0x103 address=0x0 ...: recorded KERN_SUCCESS, now
 *      KERN_INVALID_ADDRESS
 *
 * Requests go one after the other, each when the one before is answered, over as
 * many connections as there were. Each answer is held against the recorded one;
 * where they differ, a line tells: connection and number, the call as it was
 * recorded, and how.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>
#include <sys/un.h>

#include "client/show/complaint.h"
#include "client/vmctl/recording.h"

TAILQ_HEAD(replay_lines, replay_line);

/* An answer that is not as it was, in words. */
struct replay_difference {
	uint32_t connection;
	uint32_t number;  /* of the call; 0: it was none */
	const char *what; /* the call, as it was recorded, or something else */
	const char *how;  /* they differ */
};

struct replay {
	const struct recording *recording;
	uint32_t personality; /* as a hello has it; 0: the recorded one */
	void (*tell)(const struct replay_difference *difference);
	void (*went_on)(const struct replay *replay); /* with each call */

	struct sockaddr_un daemon;
	struct replay_lines lines; /* connections */
	uint64_t calls, differing;
};

/* => false: the complaint tells why it could not go on to the end: there is no
 *    daemon, or not any more */
bool replay_run(struct replay *replay, struct complaint *complaint);
