/*
 * Captures: what went over connections to a daemon, in a file
 *
 * A pcap file, as packet analyzers read it: link type USER0, times in
 * nanoseconds. A packet has a message, or a part of its data:
 *
 *      head │ header, descriptors, code, body │ data      the first of a message
 *      head │ data                                        the others
 *
 * Packets are small: data that are larger are cut up, and the packets of
 * different connections and directions lie between one another. Those of one
 * are in their order.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum {
	CAPTURE_VERSION = 1,
	CAPTURE_DATA = 128 * 1024, /* bytes in a packet, at the most */
};

enum capture_what {
	CAPTURE_HELLO,   /* of whoever the packet is from */
	CAPTURE_MESSAGE, /* but for data that follow */
	CAPTURE_DATUM,   /* some of them */
	CAPTURE_END,     /* the connection is closed */
};

enum capture_direction { CAPTURE_TO_DAEMON, CAPTURE_FROM_DAEMON };

enum {
	CAPTURE_MORE = 1, /* data of the message follow in another packet */
	CAPTURE_OWN = 2,  /* the recorder's answer; or what it answered */
};

/* How each packet begins; little-endian. */
struct capture_head {
	uint8_t version;
	uint8_t what;
	uint8_t direction;
	uint8_t flags;
	uint32_t connection; /* the first is 1 */
	uint32_t number;    /* of a request in its connection, and of its reply:
			    the first is 1; 0: of nothing, as a notice is */
	uint32_t size;      /* bytes of the message here, without data */
	uint32_t data_size; /* bytes of data here */
	uint32_t reserved;  /* 0 */
	uint64_t at;        /* the message's data that came before */
};

/* --- Writing ---------------------------------------------------------- */

/* The file's first bytes. Errors are the file's, as ferror() tells. */
void capture_begin(FILE *file);

/* A packet, as of now, or of some time. The message and its data, whose sizes the
 * head has. */
void capture_write(FILE *file, const struct capture_head *head,
    const void *message, const void *data);
void capture_write_at(FILE *file, const struct timespec *time,
    const struct capture_head *head, const void *message, const void *data);

/* --- Reading ---------------------------------------------------------- */

struct capture {
	const uint8_t *bytes; /* of the whole file */
	uint64_t size;
	uint64_t at; /* where the next packet begins */
};

struct capture_packet {
	struct capture_head head;
	const uint8_t *message;
	const uint8_t *data;
};

/* => NULL: it is open; or why it is not, for people */
const char *capture_open(struct capture *capture, const char *path);
void capture_close(struct capture *capture);

/*
 * The next packet.
 *
 * => false: there are no more: *why is NULL, or what is wrong at
 *    capture->at
 */
bool capture_next(struct capture *capture, struct capture_packet *packet,
    const char **why);
