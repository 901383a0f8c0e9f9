/*
 * Who begins and does not go on, or asks and does not take the answers, is hung
 * up on after a while; who has nothing to say is not
 */
#include "tests/support/test.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/msg.h"
#include "tests/support/daemon.h"
#include "tests/support/hand.h"
#include "tests/support/memory.h"

/* Seconds: what the daemon is told, and after which it must have hung up, on a
 * machine that has much else to do. */
#define PATIENCE "1"
static const double soon = 15;

static int bystander; /* has nothing to say all the time */

void
test_setup(void)
{
	daemon_start("--patience", PATIENCE, "--memory", "64M", NULL);
	bystander = connect_and_greet();
}

/* A call that works if the connection does. */
static void
is_served(int fd)
{
	answers(call(fd, VM_DEALLOCATE, MSG_TASK_SELF,
		    fields(2, 0x10000, 0, 0)),
	    KERN_SUCCESS);
}

void
test_teardown(void)
{
	is_served(bystander);
	close(bystander);
	daemon_stop();
}

static double
now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void
is_hung_up_on(int fd)
{
	double start = now();

	hangs_up(fd);
	ck_assert_msg(now() - start >= 0.5, "there was no patience");
	ck_assert_msg(now() - start < soon, "it took %.1f s", now() - start);
}

TEST(one_who_never_says_hello_is_hung_up_on)
{
	is_hung_up_on(connect_only());
}

TEST(half_a_header_is_hung_up_on)
{
	int fd = connect_and_greet();
	uint32_t half[3] = { 0 };

	half[1] = 24 + 16;
	ck_assert(put(fd, half, sizeof(half)));
	is_hung_up_on(fd);
}

TEST(half_a_body_is_hung_up_on)
{
	struct body body = fields(2, 0x10000, 0, 0);
	int fd = connect_and_greet();
	struct msg msg = {
		.kind = MSG_REQUEST,
		.id = VM_DEALLOCATE,
		.remote = MSG_TASK_SELF,
		.local = TOKEN,
		.body_size = body.size,
	};
	uint8_t head[64];

	msg_write_head(&msg, head);
	ck_assert(put(fd, head, msg_head_size(&msg)));
	ck_assert(put(fd, body.bytes, 1));
	is_hung_up_on(fd);
}

TEST(half_of_the_data_are_hung_up_on)
{
	struct body body = fields(1, 0x100000, 0, 0);
	int fd = connect_and_greet();

	ck_assert(put_request(fd, VM_WRITE, MSG_TASK_SELF, body.bytes,
	    body.size, MEGA));
	ck_assert(put(fd, "half", 4));
	is_hung_up_on(fd);
}

/* Bytes that come one by one are no better: it is not for ever. */
TEST(one_who_drips_is_hung_up_on)
{
	struct body body = fields(1, 0x100000, 0, 0);
	int fd = connect_and_greet();
	double start = now();

	ck_assert(put_request(fd, VM_WRITE, MSG_TASK_SELF, body.bytes,
	    body.size, MEGA));
	while (put(fd, "d", 1)) {
		ck_assert_msg(now() - start < soon, "it dripped on");
		usleep(10 * 1000);
	}
	close(fd);
}

TEST(one_who_does_not_take_the_answers_is_hung_up_on)
{
	struct body body = fields(2, 0x10000, 0, 0);
	struct timeval patience = { .tv_sec = (time_t)soon };
	int fd = connect_and_greet();
	double start = now();

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	while (put_request(fd, VM_DEALLOCATE, MSG_TASK_SELF, body.bytes,
	    body.size, 0))
		ck_assert_msg(now() - start < 2 * soon, "it asked on");
	ck_assert_msg(now() - start < soon, "it took %.1f s", now() - start);
	close(fd);
}

TEST(one_who_takes_them_slowly_but_surely_is_served)
{
	const uint64_t size = 4 * MEGA;
	static uint8_t part[64 * 1024];
	struct body body = fields(2, 0x100000, size, 0);
	int fd = connect_and_greet();

	answers(call(fd, VM_ALLOCATE, MSG_TASK_SELF,
		    fields(3, 0x100000, size, 0)),
	    KERN_SUCCESS);
	ck_assert(
	    put_request(fd, VM_READ, MSG_TASK_SELF, body.bytes, body.size, 0));
	for (uint64_t left = size; left > 0; left -= sizeof(part)) {
		ck_assert_msg(get(fd, part, sizeof(part)), "it was hung up on");
		usleep(60 * 1000);
	}
	close(fd);
}
