/*
 * Connections that break, stutter and cannot be made
 *
 * What the system does to a server's sockets, done on purpose; and clients that
 * leave in the middle of each message.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/msg.h"
#include "server/vm/personality.h"
#include "tests/failing/fault.h"
#include "tests/failing/scene.h"
#include "tests/failing/stage.h"

/* Large ones and small ones, with data either way. */
static const char *const conversation[] = {
	"vm_allocate self address=100000 size=10000 flags=0",
	"vm_write self address=100800 data=7123",
	"vm_read self address=100000 size=8000",
	"vm_copy self source_address=100000 size=8000 dest_address=108000",
	"vm_read_list self data_list=100000+3000,100800+6000,108000+1000",
	"task_create self inherit_memory=1",
	"vm_write self address=104000 data=1000",
	"vm_region self address=100000",
	"mach_port_names self",
	"vm_deallocate self address=108000 size=8000",
	"vm_read self address=100000 size=8000",
	NULL,
};

static uint8_t requests[1 << 18], answers[1 << 20], right_answers[1 << 20];
static size_t requests_size, right_size;
static unsigned request_count;

static void
write_requests(void)
{
	static struct stage_request request;

	requests_size = request_count = 0;
	for (; conversation[request_count]; request_count++) {
		stage_write(&request, conversation[request_count], 0);
		memcpy(requests + requests_size, request.bytes, request.size);
		requests_size += request.size;
	}
}

static size_t
converse(int fd, uint8_t *to, bool *closed)
{
	return stage_exchange(fd, requests, requests_size, request_count, to,
	    sizeof(answers), closed);
}

/* What is right is what is said while nothing fails. */
static void
learn_answers(void)
{
	bool closed;

	stage_open(XNU);
	write_requests();
	right_size = converse(stage_client, right_answers, &closed);
	ck_assert(!closed);
	stage_close();
}

/* --- Those that stutter ------------------------------------------------ */

static unsigned turn;

static int
one_byte(enum fault_io what, size_t *most)
{
	(void)what;
	*most = 1;
	return 0;
}

static int
interrupted(enum fault_io what, size_t *most)
{
	(void)what, (void)most;
	return ++turn % 2 ? EINTR : 0;
}

static int
false_alarm(enum fault_io what, size_t *most)
{
	(void)what, (void)most;
	return ++turn % 3 ? EAGAIN : 0;
}

/* All of it, by chance, and mostly few bytes. */
static int
anything(enum fault_io what, size_t *most)
{
	static const int errors[] = { EINTR, EAGAIN, 0, 0, 0, 0 };

	(void)what;
	*most = 1 + (size_t)rand() % (rand() % 4 == 0 ? 10000 : 40);
	return errors[(size_t)rand() % ARRAY_SIZE(errors)];
}

static void
says_the_same(fault_decision *decision)
{
	bool closed;
	size_t size;

	learn_answers();
	stage_open(XNU);
	fault_ask(decision);
	size = converse(stage_client, answers, &closed);
	fault_ask(NULL);
	ck_assert(!closed);
	ck_assert_uint_eq(size, right_size);
	ck_assert(memcmp(answers, right_answers, size) == 0);
	stage_close();
}

TEST(bytes_may_come_and_go_one_at_a_time)
{
	says_the_same(one_byte);
}

TEST(input_and_output_may_be_interrupted)
{
	says_the_same(interrupted);
}

TEST(a_socket_may_not_be_ready_after_all)
{
	says_the_same(false_alarm);
}

TEST(all_of_it_may_happen_by_chance)
{
	for (unsigned seed = 1; seed <= 20; seed++) {
		srand(seed);
		says_the_same(anything);
	}
}

/* --- Those that break -------------------------------------------------- */

static enum fault_io failing_side;
static int failing_error;
static unsigned failing_turn; /* 0: it has happened */

static int
break_once(enum fault_io what, size_t *most)
{
	*most = 3000;
	if (what != failing_side || failing_turn == 0 || --failing_turn > 0)
		return 0;
	return failing_error;
}

/* One client's connection fails at the n-th time; the other one must not notice
 * it. True: there were fewer. */
static bool
break_at(enum fault_io side, int error, unsigned n, unsigned *lost)
{
	bool closed, over;
	size_t size;
	int fd;

	scene_open(XNU);
	fd = stage_connect();
	stage_greet(fd, XNU);
	failing_side = side;
	failing_error = error;
	failing_turn = n;
	fault_ask(break_once);
	size = converse(fd, answers, &closed);
	fault_ask(NULL);
	over = failing_turn > 0;
	*lost += closed;
	ck_assert_msg(closed || size == right_size, "%s %u: a byte is missing",
	    strerror(error), n);
	ck_assert_msg(memcmp(answers, right_answers, size) == 0,
	    "%s %u: an answer is wrong", strerror(error), n);
	close(fd);
	stage_run();
	ck_assert_uint_eq(stage_server.connection_count, 1);
	stage_succeeds("vm_statistics self");
	stage_close();
	return over;
}

static void
break_everywhere(enum fault_io side, int error)
{
	unsigned n = 1, lost = 0;

	while (!break_at(side, error, n, &lost))
		n++;
	printf("# %s: %u of %u times it cost the connection\n", strerror(error),
	    lost, n - 1);
	fflush(stdout);
	ck_assert_uint_gt(n, 5);
}

TEST(a_connection_that_cannot_be_read_from_is_given_up_and_nobody_else)
{
	learn_answers();
	break_everywhere(FAULT_RECEIVE, ECONNRESET);
	break_everywhere(FAULT_RECEIVE, ENOMEM);
	break_everywhere(FAULT_RECEIVE, EIO);
}

TEST(a_connection_that_cannot_be_written_to_is_given_up_and_nobody_else)
{
	learn_answers();
	break_everywhere(FAULT_SEND, EPIPE);
	break_everywhere(FAULT_SEND, ECONNRESET);
	break_everywhere(FAULT_SEND, ENOBUFS);
	break_everywhere(FAULT_SEND, ENOMEM);
}

/* --- Those that cannot be made ----------------------------------------- */

static unsigned refusals;

static int
refuse(enum fault_io what, size_t *most)
{
	(void)most;
	if (what != FAULT_ACCEPT || refusals == 0)
		return 0;
	refusals--;
	return failing_error;
}

static int
knock(void)
{
	struct sockaddr_un address;
	socklen_t size = sizeof(address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_eq(getsockname(stage_server.fd,
			     (struct sockaddr *)&address, &size),
	    0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, size), 0);
	return fd;
}

/* Waits, without letting others wait, until there are so many connections. */
static void
wait_for_connections(uint64_t count)
{
	enum { PATIENCE = 10000 };

	for (int i = 0; stage_server.connection_count != count; i++) {
		ck_assert_int_lt(i, PATIENCE);
		stage_turn();
		stage_succeeds("vm_statistics self");
		usleep(1000);
	}
}

TEST(one_who_cannot_be_accepted_waits_and_the_others_are_served)
{
	static const int errors[] = { EMFILE, ENFILE, ENOMEM, ENOBUFS,
		ECONNABORTED, EINTR, EAGAIN, EPERM, EPROTO };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		int fd;

		stage_open(XNU);
		failing_error = errors[i];
		refusals = 3;
		fault_ask(refuse);
		fd = knock();
		wait_for_connections(2);
		ck_assert_uint_eq(refusals, 0);
		fault_ask(NULL);
		close(fd);
		wait_for_connections(1);
		stage_close();
	}
}

TEST(one_for_whom_there_is_no_memory_is_hung_up_on_and_the_next_one_is_not)
{
	char byte;
	int fd;

	stage_open(XNU);
	fault_allocation(1, false);
	fd = knock();
	stage_run();
	ck_assert(fault_happened());
	ck_assert_int_eq(read(fd, &byte, 1), 0);
	close(fd);
	stage_succeeds("vm_statistics self");
	fd = knock();
	wait_for_connections(2);
	close(fd);
	wait_for_connections(1);
	stage_close();
}

/* --- A server that cannot be made -------------------------------------- */

/* Does it start with the n-th of something lacking? */
static bool
starts(void (*take)(unsigned n), unsigned n)
{
	long blocks = fault_blocks(), mappings = fault_mappings();
	int fd = dup(STDERR_FILENO), r;

	fault_enter();
	take(n);
	r = server_init(&stage_server, 1 << 20, fd, &personality_osf);
	take(0);
	if (r == 0)
		server_deinit(&stage_server);
	fault_leave();
	ck_assert_int_eq(r, fault_happened() ? -ENOMEM : 0);
	ck_assert_int_eq(fault_blocks(), blocks);
	ck_assert_int_eq(fault_mappings(), mappings);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	return r == 0;
}

static void
take_block(unsigned n)
{
	bool happened = fault_happened();

	if (n > 0 || !happened)
		fault_allocation(n, false);
}

TEST(a_server_that_gets_no_memory_does_not_start_and_leaves_nothing)
{
	unsigned n = 1;

	while (!starts(take_block, n))
		n++;
	ck_assert_uint_gt(n, 3);
}

static void
take_mapping(unsigned n)
{
	bool happened = fault_happened();

	if (n > 0 || !happened)
		fault_mapping(n);
}

TEST(a_server_that_gets_no_addresses_does_not_start_and_leaves_nothing)
{
	unsigned n = 1;

	while (!starts(take_mapping, n))
		n++;
	ck_assert_uint_gt(n, 7);
}

/* --- Those who leave --------------------------------------------------- */

/* What is registered outlives who has registered it. */
static void
forget_names(void)
{
	struct registry *registry = &stage_server.registry;
	struct registry_user *user;

	fault_enter();
	while ((user = LIST_FIRST(&registry->users)))
		registry_remove(user->names[user->count - 1]);
	fault_leave();
}

/* Sends `put` bytes of a call, reads `get` bytes of the answer, and goes. */
static void
leave_after(const struct stage_request *request, size_t put, size_t get)
{
	const struct vm_machine *vm = &stage_server.vm;
	size_t done = 0;

	while (done < put) {
		ssize_t n = send(stage_client, request->bytes + done,
		    put - done, MSG_NOSIGNAL);

		ck_assert(n > 0 || errno == EAGAIN);
		done += n > 0 ? (size_t)n : 0;
		stage_turn();
	}
	/* It may have paused. */
	while (get > 0 && read(stage_client, answers, get) < 0) {
		ck_assert_int_eq(errno, EAGAIN);
		stage_turn();
	}
	close(stage_client);
	stage_client = -1;
	stage_run();
	forget_names();
	free(stage_picture());
	ck_assert_uint_eq(stage_server.connection_count, 0);
	ck_assert_uint_eq(vm->entries.used, 0);
	ck_assert_uint_eq(vm->pages.used, 0);
}

/* Where to leave a message: all over its head, and some way into its data. */
static size_t
next_place(size_t place, size_t size)
{
	enum { HEAD = 100, STEPS = 6 };
	size_t step = place < HEAD ? 13 : 1 + size / STEPS;

	return place < size ? MIN(place + step, size) : size + 1;
}

static void
leave_call(const struct scene_call *call)
{
	static struct stage_request request;
	const char *line = scene_prepare(call, XNU);

	stage_write(&request, line, 0);
	leave_after(&request, request.size, 0);
	stage_close();
	for (size_t put = 1; put <= request.size;
	     put = next_place(put, request.size)) {
		scene_prepare(call, XNU);
		leave_after(&request, put, 0);
		stage_close();
	}
	for (size_t get = 1; get < 30; get += 14) {
		scene_prepare(call, XNU);
		leave_after(&request, request.size, get);
		stage_close();
	}
}

TEST(one_may_leave_in_the_middle_of_any_call_and_nothing_is_left)
{
	for (const struct scene_call *call = scene_calls; call->lines; call++)
		if (stage_line(call->lines, XNU))
			leave_call(call);
}
