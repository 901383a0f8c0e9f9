/*
 * A recording: a capture, put together into messages
 *
 * They stand in the order in which the last of each was captured, and a request
 * has its reply.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "client/show/complaint.h"
#include "client/vmctl/capture.h"

/* Some of a message's data. */
struct piece {
	STAILQ_ENTRY(piece) link;
	const uint8_t *bytes;
	uint32_t size;
};

struct recorded {
	TAILQ_ENTRY(recorded) link;
	struct capture_head head;     /* of its first packet */
	const uint8_t *bytes;         /* all but the data: head.size */
	STAILQ_HEAD(, piece) data;    /* in the order in which they come */
	uint64_t data_size;           /* bytes */
	const struct recorded *reply; /* of a request; NULL: none */
	bool is_whole;
};

TAILQ_HEAD(recorded_list, recorded);
TAILQ_HEAD(recorded_line_list, recorded_line);

struct recording {
	struct capture capture;
	struct recorded_list messages; /* that are whole, and ends */
	struct recorded_list parts;    /* that never became so */
	struct recorded_line_list lines;
};

/* => false: the complaint tells why it cannot be read; deinit it all the same */
bool recording_read(struct recording *recording, const char *path,
    struct complaint *complaint);
void recording_deinit(struct recording *recording);
