/* Messages: what is written is read back, and what is not a message is not. */
#include "tests/support/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/msg.h"

static const struct msg_descriptor data[2] = {
	{ MACH_MSG_OOL_DESCRIPTOR, 0x123, 5000 },
	{ MACH_MSG_OOL_DESCRIPTOR, 0, 1 },
};

/* A request with a body of 8 bytes and, maybe, data. */
static int
write_request(uint8_t *bytes, uint32_t descriptors)
{
	struct msg msg = {
		.kind = MSG_REQUEST,
		.id = 3808,
		.remote = 0x103,
		.local = 7,
		.descriptor_count = descriptors,
		.descriptors = data,
		.body_size = 8,
	};
	size_t head = msg_head_size(&msg);

	msg_write_head(&msg, bytes);
	memcpy(bytes + head, "bodybody", 8);
	return (int)head + 8;
}

TEST(a_request_is_read_as_it_was_written)
{
	uint8_t bytes[256];
	int size = write_request(bytes, 1);
	struct msg msg;

	ck_assert_int_eq(size, 24 + 8 + 16 + 8);
	ck_assert_int_eq(msg_parse(&msg, MSG_REQUEST, bytes, sizeof(bytes)),
	    size);
	ck_assert_int_eq(msg.id, 3808);
	ck_assert_uint_eq(msg.remote, 0x103);
	ck_assert_uint_eq(msg.local, 7);
	ck_assert_uint_eq(msg.body_size, 8);
	ck_assert_mem_eq(msg.body, "bodybody", 8);
	ck_assert_uint_eq(msg_data_size(&msg), 5000);
	ck_assert_uint_eq(msg_descriptor(&msg, 0).offset, 0x123);
}

TEST(a_reply_has_its_code_before_the_body)
{
	uint8_t bytes[256];
	struct msg reply = {
		.kind = MSG_REPLY,
		.id = 3908,
		.remote = 7,
		.code = KERN_NO_SPACE,
		.descriptor_count = 2,
		.descriptors = data,
	};
	struct msg msg;

	msg_write_head(&reply, bytes);

	ck_assert_int_eq(msg_parse(&msg, MSG_REPLY, bytes, sizeof(bytes)),
	    24 + 8 + 32 + 4);
	ck_assert_int_eq(msg.code, KERN_NO_SPACE);
	ck_assert_uint_eq(msg.body_size, 0);
	ck_assert_uint_eq(msg_data_size(&msg), 5001);
}

/* A notice with a body of 3 bytes, and what is read where a reply may be. */
static int
write_notice(uint8_t *bytes, struct msg *msg)
{
	struct msg notice = {
		.kind = MSG_NOTICE,
		.id = 72,
		.local = 0x203,
		.body_size = 3,
	};

	msg_write_head(&notice, bytes);
	memcpy(bytes + 24, "abc", 3);
	return msg_parse(msg, MSG_REPLY, bytes, 27);
}

TEST(a_notice_is_read_where_a_reply_may_be)
{
	uint8_t bytes[64];
	struct msg msg;

	ck_assert_int_eq(write_notice(bytes, &msg), 27);
	ck_assert_int_eq(msg.kind, MSG_NOTICE);
	ck_assert_int_eq(msg.id, 72);
	ck_assert_uint_eq(msg.remote, MACH_PORT_NULL);
	ck_assert_uint_eq(msg.local, 0x203);
	ck_assert_uint_eq(msg.body_size, 3);
	ck_assert_mem_eq(msg.body, "abc", 3);
	ck_assert_int_eq(msg_parse(&msg, MSG_REQUEST, bytes, 27), -EBADMSG);
	for (size_t size = 0; size < 27; size++)
		ck_assert_int_eq(msg_parse(&msg, MSG_REPLY, bytes, size), 0);
}

TEST(what_no_notice_has_makes_it_none)
{
	static const struct {
		size_t at;
		uint32_t word;
	} rows[] = {
		{ 0, 0x80001200 }, /* data */
		{ 0, 0x1212 },     /* both rights */
		{ 4, 23 },         /* less than a header */
		{ 4, 70000 },      /* too large */
		{ 8, 1 },          /* a remote port */
		{ 12, 0 },         /* no local port */
		{ 12, ~0u },       /* a dead one */
		{ 16, 1 },         /* a voucher */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t bytes[64];
		struct msg msg;

		write_notice(bytes, &msg);
		memcpy(bytes + rows[i].at, &rows[i].word, 4);
		ck_assert_int_eq(msg_parse(&msg, MSG_REPLY, bytes, 27),
		    -EBADMSG);
	}
}

TEST(half_a_message_is_waited_for)
{
	uint8_t bytes[256];
	int size = write_request(bytes, 1);
	struct msg msg;

	for (int n = 0; n < size; n++)
		ck_assert_int_eq(msg_parse(&msg, MSG_REQUEST, bytes, (size_t)n),
		    0);
}

TEST(a_message_that_is_none_is_refused)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *why;
	} rows[] = {
		{ 0, 0, "no bits" },
		{ 0, 0x1513 | 1 << 28, "a bit too many" },
		{ 0, 0x12, "a reply's bits" },
		{ 4, 23, "less than a header" },
		{ 4, 200000, "more than a body may have" },
		{ 4, 24, "no room for descriptors" },
		{ 4, 40, "no room for the descriptor" },
		{ 16, 1, "a voucher" },
		{ 24, 0, "complex, and no descriptors" },
		{ 24, 2, "two descriptors in a request" },
		{ 24, 0xffffffff, "descriptors without end" },
		{ 28, 1, "what is reserved is not 0" },
		{ 32, 0, "a port for data" },
		{ 44, 1, "more data than 4 GiB" },
	};
	uint8_t bytes[256];
	struct msg msg;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(bytes, 0, sizeof(bytes));
		write_request(bytes, 1);
		memcpy(bytes + rows[i].at, &rows[i].value, 4);
		ck_assert_msg(msg_parse(&msg, MSG_REQUEST, bytes,
				  sizeof(bytes)) == -EBADMSG,
		    "%s", rows[i].why);
	}
}

TEST(random_bytes_are_never_read_past_their_end)
{
	srandom(4);
	for (unsigned n = 0; n < 200000; n++) {
		size_t size = (size_t)random() % 120;
		uint8_t *bytes = malloc(size + 1);
		struct msg msg;
		int r;

		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)random();
		if (size >= 8) {
			memcpy(bytes, "\x13\x15\0\x80", 4);
			memset(bytes + 5, 0, 3);
		}
		r = msg_parse(&msg, n % 2 ? MSG_REQUEST : MSG_REPLY, bytes,
		    size);
		ck_assert_int_le(r, (int)size);
		if (r > 0)
			ck_assert_ptr_eq(msg.body + msg.body_size, bytes + r);
		free(bytes);
	}
}
