/*
 * Fuzzing: frames
 *
 * The first byte says who speaks; the rest is what comes over a connection. It
 * is parsed as a whole, and as far as a slow socket may have brought it: what
 * was said of the beginning of a frame must still hold of more of it. What is
 * a frame must lie inside of the input, and be the same when it is written
 * again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/msg.h"
#include "tests/fuzz/must.h"

enum { FRAMES = 16 };

/* Parses memory that ends where the input does. */
static int
parse_exactly(enum msg_kind kind, const uint8_t *bytes, size_t size)
{
	_cleanup_(freep) uint8_t *copy = malloc(size);
	struct msg msg;

	if (size > 0)
		memcpy(copy, bytes, size);
	return msg_parse(&msg, kind, copy, size);
}

/* Only one answer may come after "not all there yet". Some beginnings are tried:
 * around the ends of what has a fixed size, and here and there. */
static void
parse_slowly(enum msg_kind kind, const uint8_t *bytes, size_t size, int whole)
{
	static const size_t edges[] = { 0, 1, 23, 24, 27, 28, 31, 32, 47, 48,
		52 };
	size_t most = whole > 0 ? (size_t)whole : size;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(edges) && edges[i] < most; i++) {
		r = parse_exactly(kind, bytes, edges[i]);
		MUST(r == 0 || (r == -EBADMSG && r == whole));
	}
	for (size_t n = most; n > 0; n /= 2) {
		r = parse_exactly(kind, bytes, n - 1);
		MUST(r == 0 || (r == -EBADMSG && r == whole));
	}
}

static void
write_again(const struct msg *msg, const uint8_t *bytes)
{
	size_t head = msg_head_size(msg);
	_cleanup_(freep) uint8_t *again = malloc(head);

	msg_write_head(msg, again);
	MUST(memcmp(again, bytes, head) == 0);
}

static void
look_at(const struct msg *msg, const uint8_t *bytes, size_t size)
{
	uint64_t data = 0;

	MUST(msg_head_size(msg) + msg->body_size == size);
	MUST(msg->body == bytes + msg_head_size(msg));
	MUST(msg->body_size <= MSG_BODY_MAX);
	for (uint32_t i = 0; i < msg->descriptor_count; i++)
		data += msg_descriptor(msg, i).size;
	MUST(data == msg_data_size(msg));
	MUST(msg->kind == MSG_REPLY || data <= MSG_DATA_MAX);
	MUST(msg->kind != MSG_NOTICE || data == 0);
	write_again(msg, bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	enum msg_kind kind;

	if (size == 0)
		return 0;
	kind = bytes[0] & 1 ? MSG_REPLY : MSG_REQUEST;
	bytes++;
	size--;
	for (int i = 0; i < FRAMES; i++) {
		struct msg msg;
		int r = msg_parse(&msg, kind, bytes, size);

		MUST(r >= -EBADMSG && (r >= 0 || r == -EBADMSG));
		MUST(r < 0 || (size_t)r <= size);
		parse_slowly(kind, bytes, size, r);
		if (r <= 0)
			break;
		look_at(&msg, bytes, (size_t)r);
		bytes += r;
		size -= (size_t)r;
	}
	return 0;
}
