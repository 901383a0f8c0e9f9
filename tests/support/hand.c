#include "tests/support/hand.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/msg.h"
#include "tests/support/daemon.h"

/* Writes what the other side takes. False: it has hung up. */
bool
put(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t n = send(fd, at, size, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

/* Reads all of it. False: the other side has hung up. */
bool
get(int fd, void *bytes, size_t size)
{
	char *at = bytes;

	while (size > 0) {
		ssize_t n = recv(fd, at, size, 0);

		ck_assert_msg(n >= 0 || errno == ECONNRESET, "no answer: %s",
		    strerror(errno));
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

int
connect_only(void)
{
	int fd = daemon_connect();
	struct timeval patience = { .tv_sec = 20 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

int
connect_and_greet(void)
{
	struct msg_hello hello = { .magic = MSG_MAGIC, .version = MSG_VERSION };
	struct msg_welcome welcome;
	int fd = connect_only();

	ck_assert(put(fd, &hello, sizeof(hello)));
	ck_assert(get(fd, &welcome, sizeof(welcome)));
	ck_assert_uint_eq(welcome.magic, MSG_MAGIC);
	ck_assert_int_eq(welcome.code, KERN_SUCCESS);
	return fd;
}

/* Skips what is there, up to the end that must come. */
void
hangs_up(int fd)
{
	char bytes[4096];

	while (get(fd, bytes, 1))
		;
	close(fd);
}

static void
add_number(struct body *body, uint64_t number)
{
	for (; number > 0x7f; number >>= 7)
		body->bytes[body->size++] = (uint8_t)(number | 0x80);
	body->bytes[body->size++] = (uint8_t)number;
}

/* Fields 1, 2, 3 of a request: as many as it has. */
struct body
fields(unsigned count, uint64_t first, uint64_t second, uint64_t third)
{
	uint64_t numbers[] = { first, second, third };
	struct body body = { 0 };

	for (unsigned i = 0; i < count; i++) {
		add_number(&body, (i + 1) << 3);
		add_number(&body, numbers[i]);
	}
	return body;
}

/* All of a request but its data. */
bool
put_request(int fd, int id, mach_port_t port, const void *body, size_t size,
    uint64_t data_size)
{
	struct msg_descriptor descriptor = {
		.type = MACH_MSG_OOL_DESCRIPTOR,
		.size = data_size,
	};
	struct msg msg = {
		.kind = MSG_REQUEST,
		.id = id,
		.remote = port,
		.local = TOKEN,
		.descriptor_count = data_size > 0,
		.descriptors = &descriptor,
		.body_size = size,
	};
	uint8_t head[256];

	msg_write_head(&msg, head);
	return put(fd, head, msg_head_size(&msg)) && put(fd, body, size);
}

/* A reply, whose data are skipped: its code. */
kern_return_t
get_reply(int fd, int id)
{
	static uint8_t bytes[128 * 1024];
	static uint8_t data[MEGA];
	mach_msg_header_t header;
	struct msg msg;

	ck_assert_msg(get(fd, bytes, sizeof(header)), "the daemon hung up");
	memcpy(&header, bytes, sizeof(header));
	ck_assert_uint_le(header.msgh_size, sizeof(bytes));
	ck_assert(
	    get(fd, bytes + sizeof(header), header.msgh_size - sizeof(header)));
	ck_assert_int_eq(msg_parse(&msg, MSG_REPLY, bytes, header.msgh_size),
	    (int)header.msgh_size);
	ck_assert_int_eq(msg.id, (int)((unsigned)id + 100));
	ck_assert_uint_eq(msg.remote, TOKEN);
	for (uint64_t left = msg_data_size(&msg), n; left > 0; left -= n) {
		n = MIN(left, sizeof(data));
		ck_assert(get(fd, data, n));
	}
	return msg.code;
}

kern_return_t
call(int fd, int id, mach_port_t port, struct body body)
{
	ck_assert(put_request(fd, id, port, body.bytes, body.size, 0));
	return get_reply(fd, id);
}
