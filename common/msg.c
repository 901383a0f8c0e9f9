#include "common/msg.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

static_assert(__BYTE_ORDER == __LITTLE_ENDIAN,
    "frames are little-endian, and are written as they lie in memory");
static_assert(sizeof(mach_msg_header_t) == 24, "a frame's header");
static_assert(sizeof(struct msg_hello) == 32, "proto/README.md");
static_assert(sizeof(struct msg_welcome) == 32, "proto/README.md");
static_assert(sizeof(struct msg_descriptor) == 16, "proto/README.md");

/* Before the descriptors. */
struct descriptor_block {
	uint32_t count;
	uint32_t reserved;
};

/* A request asks for a reply; a reply answers it once; a notice comes by a
 * send-once right, to the local port. */
static const mach_msg_bits_t bits_of[] = {
	[MSG_REQUEST] = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE),
	[MSG_REPLY] = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
	[MSG_NOTICE] = MACH_MSGH_BITS(0, MACH_MSG_TYPE_PORT_SEND_ONCE),
};

static const uint32_t descriptors_max[] = {
	[MSG_REQUEST] = 1,
	[MSG_REPLY] = MSG_DESCRIPTORS_MAX,
	[MSG_NOTICE] = 0,
};

struct msg_descriptor
msg_descriptor(const struct msg *msg, uint32_t i)
{
	struct msg_descriptor descriptor;

	memcpy(&descriptor,
	    (const uint8_t *)msg->descriptors + i * sizeof(descriptor),
	    sizeof(descriptor));
	return descriptor;
}

uint64_t
msg_data_size(const struct msg *msg)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < msg->descriptor_count; i++)
		size += msg_descriptor(msg, i).size;
	return size;
}

size_t
msg_head_size(const struct msg *msg)
{
	size_t size = sizeof(mach_msg_header_t);

	if (msg->descriptor_count > 0)
		size += sizeof(struct descriptor_block) +
			msg->descriptor_count * sizeof(struct msg_descriptor);
	if (msg->kind == MSG_REPLY)
		size += sizeof(kern_return_t);
	return size;
}

static bool
descriptors_are_right(const struct msg *msg)
{
	uint64_t most =
	    msg->kind == MSG_REQUEST ? MSG_DATA_MAX : UINT64_MAX >> 9;

	for (uint32_t i = 0; i < msg->descriptor_count; i++) {
		struct msg_descriptor d = msg_descriptor(msg, i);

		if (d.type != MACH_MSG_OOL_DESCRIPTOR || d.size > most)
			return false;
	}
	return true;
}

/* Reads the block of descriptors at the start of `size` bytes. */
static bool
parse_descriptors(struct msg *msg, const uint8_t *bytes, size_t size)
{
	struct descriptor_block block;

	if (size < sizeof(block))
		return false;
	memcpy(&block, bytes, sizeof(block));
	if (block.reserved != 0 || block.count == 0 ||
	    block.count > descriptors_max[msg->kind] ||
	    size - sizeof(block) < block.count * sizeof(struct msg_descriptor))
		return false;
	msg->descriptor_count = block.count;
	msg->descriptors = bytes + sizeof(block);
	return descriptors_are_right(msg);
}

/* The bits that the header must have, but for the one that it may. */
static bool
header_is_right(const mach_msg_header_t *header, enum msg_kind kind)
{
	size_t least = sizeof(*header);
	size_t most = least + sizeof(struct descriptor_block) +
		      descriptors_max[kind] * sizeof(struct msg_descriptor) +
		      sizeof(kern_return_t) + MSG_BODY_MAX;

	if (kind == MSG_REPLY)
		least += sizeof(kern_return_t);
	if (kind == MSG_NOTICE &&
	    (header->msgh_remote_port != MACH_PORT_NULL ||
		!MACH_PORT_VALID(header->msgh_local_port)))
		return false;
	return (header->msgh_bits & ~MACH_MSGH_BITS_COMPLEX) == bits_of[kind] &&
	       header->msgh_size >= least && header->msgh_size <= most &&
	       header->msgh_voucher_port == MACH_PORT_NULL;
}

int
msg_parse(struct msg *msg, enum msg_kind kind, const uint8_t *bytes,
    size_t size)
{
	mach_msg_header_t header;
	size_t head;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, bytes, sizeof(header));
	if (kind == MSG_REPLY && header.msgh_bits == bits_of[MSG_NOTICE])
		kind = MSG_NOTICE;
	if (!header_is_right(&header, kind))
		return -EBADMSG;
	if (size < header.msgh_size)
		return 0;
	*msg = (struct msg){
		.kind = kind,
		.id = header.msgh_id,
		.remote = header.msgh_remote_port,
		.local = header.msgh_local_port,
	};
	if ((header.msgh_bits & MACH_MSGH_BITS_COMPLEX) &&
	    !parse_descriptors(msg, bytes + sizeof(header),
		header.msgh_size - sizeof(header)))
		return -EBADMSG;
	head = msg_head_size(msg);
	if (head > header.msgh_size || header.msgh_size - head > MSG_BODY_MAX)
		return -EBADMSG;
	if (kind == MSG_REPLY)
		memcpy(&msg->code, bytes + head - sizeof(msg->code),
		    sizeof(msg->code));
	msg->body = bytes + head;
	msg->body_size = header.msgh_size - head;
	return (int)header.msgh_size;
}

void
msg_write_head(const struct msg *msg, uint8_t *to)
{
	size_t head = msg_head_size(msg);
	mach_msg_header_t header = {
		.msgh_bits = bits_of[msg->kind],
		.msgh_size = (mach_msg_size_t)(head + msg->body_size),
		.msgh_remote_port = msg->remote,
		.msgh_local_port = msg->local,
		.msgh_id = msg->id,
	};
	struct descriptor_block block = { msg->descriptor_count, 0 };

	if (msg->descriptor_count > 0)
		header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	memcpy(to, &header, sizeof(header));
	to += sizeof(header);
	if (msg->descriptor_count > 0) {
		memcpy(to, &block, sizeof(block));
		memcpy(to + sizeof(block), msg->descriptors,
		    block.count * sizeof(struct msg_descriptor));
		to +=
		    sizeof(block) + block.count * sizeof(struct msg_descriptor);
	}
	if (msg->kind == MSG_REPLY)
		memcpy(to, &msg->code, sizeof(msg->code));
}
