/*
 * Messages
 *
 * A connection opens with one hello each way. After that it carries frames:
 *
 *      request   header │ [descriptors] │ body │ data
 *      reply     header │ [descriptors] │ RetCode │ body │ data
 *      notice    header │ body
 *
 * The header is Mach's; msgh_size counts all but the data. Descriptors are
 * there if MACH_MSGH_BITS_COMPLEX is set, and tell the sizes of the data, which
 * lie behind the body one after the other. proto/README.md draws it byte by
 * byte.
 *
 * A notice is a message that the daemon sends to a receive right of the
 * client's, at any time between two replies. Its bits tell it from a reply.
 *
 * What comes from the other side is checked here and nowhere else: behind
 * msg_parse() every size is right.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/port.h>

enum {
	MSG_MAGIC = 0x31646d76, /* "vmd1" */
	MSG_VERSION = 1,

	MSG_BODY_MAX = 64 * 1024, /* bytes of a protobuf body */
	MSG_DESCRIPTORS_MAX = 256,
};

/* Bytes of a connection's window. */
enum { MSG_WINDOW_SIZE = 4 * 1024 * 1024 };

/* Bytes of data that a message may carry. A reply has no such limit. */
#define MSG_DATA_MAX UINT64_C(0xffffffff)

/* The name by which each connection knows its own task, and may use from the
 * start. */
#define MSG_TASK_SELF ((mach_port_t)0x103)

/* And the registry of names. */
#define MSG_BOOTSTRAP ((mach_port_t)0x203)

/* The first bytes of a connection, from the client. */
struct msg_hello {
	uint32_t magic;
	uint32_t version;
	uint32_t personality; /* 0: the daemon's; 1 osf, 2 xnu, 3 gnu */
	uint32_t page_size;   /* 0: the daemon's; bytes */
	uint32_t reserved[4]; /* 0 */
};

/* And from the daemon. */
struct msg_welcome {
	uint32_t magic;
	uint32_t version;     /* that the daemon speaks */
	kern_return_t code;   /* KERN_SUCCESS; or the daemon hangs up */
	uint32_t personality; /* of tasks made on this connection */
	uint32_t page_size;   /* of their maps, in bytes */
	uint32_t body_max;    /* bytes of body that a request may have */
	uint64_t data_max;    /* bytes of data that a request may have */
};

struct msg_descriptor {
	uint32_t type;   /* MACH_MSG_OOL_DESCRIPTOR */
	uint32_t offset; /* where in its page the first byte is to lie */
	uint64_t size;   /* bytes */
};

enum msg_kind { MSG_REQUEST, MSG_REPLY, MSG_NOTICE };

/* A message but for its data. */
struct msg {
	enum msg_kind kind;
	mach_msg_id_t id;
	mach_port_t remote; /* whom a request is for; of a notice: null */
	mach_port_t local;  /* pairs the reply with the request; of a notice:
			       the name of the receive right */
	kern_return_t code; /* of a reply */
	uint32_t descriptor_count;
	const void *descriptors; /* struct msg_descriptor, not aligned */
	size_t body_size;
	const uint8_t *body;
};

/*
 * The message at the start of `size` bytes, which it points into.
 *
 * => kind: MSG_REQUEST; or MSG_REPLY, for which a notice may be there
 * => returns its size; data follow, as msg_data_size() says
 * => 0: it is not all there yet
 * => -EBADMSG: it is none
 */
int msg_parse(struct msg *msg, enum msg_kind kind, const uint8_t *bytes,
    size_t size);

struct msg_descriptor msg_descriptor(const struct msg *msg, uint32_t i);

/* Bytes of all its data. */
uint64_t msg_data_size(const struct msg *msg);

/* Bytes that come before a message's body. */
size_t msg_head_size(const struct msg *msg);

/*
 * Writes what comes before the body: msg_head_size() bytes. The body, if any,
 * follows; body_size is what it takes.
 */
void msg_write_head(const struct msg *msg, uint8_t *to);
