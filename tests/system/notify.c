/* Notifications, and mach_msg(), which receives them. */
#include "tests/support/test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <servers/bootstrap.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum {
	SEND = MACH_PORT_RIGHT_SEND,
	RECEIVE = MACH_PORT_RIGHT_RECEIVE,
	DEAD_NAME = MACH_PORT_RIGHT_DEAD_NAME,
	MAKE = MACH_MSG_TYPE_MAKE_SEND,
	MAKE_ONCE = MACH_MSG_TYPE_MAKE_SEND_ONCE,

	DIED = MACH_NOTIFY_DEAD_NAME,
	DELETED = MACH_NOTIFY_PORT_DELETED,
	UNUSED = MACH_NOTIFY_SEND_ONCE,
	NO_SENDERS = MACH_NOTIFY_NO_SENDERS,
};

static mach_port_t own, box;
static bool stopped;

static mach_port_t
new_box(void)
{
	mach_port_t name;

	succeeds(mach_port_allocate(mach_task_self(), RECEIVE, &name));
	return name;
}

void
test_setup(void)
{
	daemon_start("--check", NULL);
	stopped = false;
	own = mach_task_self();
	box = new_box();
}

void
test_teardown(void)
{
	if (!stopped)
		daemon_stop();
}

static kern_return_t
try_to_ask(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync,
    mach_port_t notify)
{
	mach_port_t previous = (mach_port_t)CANARY;
	kern_return_t kr = mach_port_request_notification(own, name, id, sync,
	    notify, MAKE_ONCE, &previous);

	ck_assert_uint_eq(previous,
	    kr == KERN_SUCCESS ? MACH_PORT_NULL : (mach_port_t)CANARY);
	return kr;
}

static void
ask(mach_port_t name, mach_msg_id_t id)
{
	succeeds(try_to_ask(name, id, 0, box));
}

/* Any of them; they lie alike. */
union notice {
	mach_msg_header_t header;
	mach_dead_name_notification_t dead;
	mach_port_deleted_notification_t deleted;
	mach_no_senders_notification_t senders;
	mach_send_once_notification_t once;
};

static mach_msg_return_t
receive(union notice *notice, mach_port_t from, mach_msg_timeout_t timeout)
{
	memset(notice, 0xaa, sizeof(*notice));
	return mach_msg(&notice->header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(*notice), from, timeout, MACH_PORT_NULL);
}

/* The next message is this one, as Mach lays it out. */
static void
is_told(mach_msg_id_t id, uint32_t value)
{
	const mach_msg_trailer_t *trailer;
	union notice notice;

	answers(receive(&notice, box, 5000), MACH_MSG_SUCCESS);
	ck_assert_int_eq(notice.header.msgh_id, id);
	ck_assert_uint_eq(notice.header.msgh_bits, 0x1200);
	ck_assert_uint_eq(notice.header.msgh_remote_port, MACH_PORT_NULL);
	ck_assert_uint_eq(notice.header.msgh_local_port, box);
	ck_assert_uint_eq(notice.header.msgh_size, id == UNUSED ? 24 : 36);
	if (id != UNUSED) {
		ck_assert_int_eq(notice.dead.NDR.int_rep,
		    NDR_INT_LITTLE_ENDIAN);
		ck_assert_uint_eq(notice.dead.not_port, value);
	}
	trailer =
	    (const void *)((const char *)&notice + notice.header.msgh_size);
	ck_assert_uint_eq(trailer->msgh_trailer_type,
	    MACH_MSG_TRAILER_FORMAT_0);
	ck_assert_uint_eq(trailer->msgh_trailer_size,
	    MACH_MSG_TRAILER_MINIMUM_SIZE);
}

static void
is_told_no_more(void)
{
	union notice notice;

	answers(receive(&notice, box, 0), MACH_RCV_TIMED_OUT);
}

static mach_port_urefs_t
refs_of(mach_port_t name, mach_port_right_t right)
{
	mach_port_urefs_t refs;

	succeeds(mach_port_get_refs(own, name, right, &refs));
	return refs;
}

static mach_port_type_t
type_of(mach_port_t name)
{
	mach_port_type_t type;

	succeeds(mach_port_type(own, name, &type));
	return type;
}

/* --- Dead names -------------------------------------------------------- */

TEST(who_asked_is_told_that_a_task_has_died)
{
	task_t task = new_task();

	ask(task, DIED);
	ck_assert_uint_eq(type_of(task),
	    MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_DNREQUEST);
	is_told_no_more();
	succeeds(task_terminate(task));
	is_told(DIED, task);
	ck_assert_uint_eq(type_of(task), MACH_PORT_TYPE_DEAD_NAME);
	ck_assert_uint_eq(refs_of(task, DEAD_NAME), 2);
	is_told_no_more();
}

TEST(who_asked_is_told_that_a_port_has_died)
{
	mach_port_t port = new_box();

	succeeds(mach_port_insert_right(own, port, port, MAKE));
	ask(port, DIED);
	succeeds(mach_port_mod_refs(own, port, RECEIVE, -1));
	is_told(DIED, port);
	ck_assert_uint_eq(refs_of(port, DEAD_NAME), 2);
}

TEST(who_asked_is_told_that_the_name_was_freed)
{
	task_t a = new_task(), b = new_task(), c = new_box();

	ask(a, DIED);
	ask(b, DIED);
	ask(c, DIED);
	succeeds(mach_port_deallocate(own, a));
	is_told(DELETED, a);
	succeeds(mach_port_destroy(own, b));
	is_told(DELETED, b);
	succeeds(mach_port_mod_refs(own, c, RECEIVE, -1));
	is_told(DELETED, c);
	is_told_no_more();
}

TEST(a_request_takes_the_place_of_another)
{
	task_t task = new_task();

	ask(task, DIED);
	ask(task, DIED);
	is_told(UNUSED, 0);
	succeeds(try_to_ask(task, DIED, 0, MACH_PORT_NULL));
	is_told(UNUSED, 0);
	ck_assert_uint_eq(type_of(task), MACH_PORT_TYPE_SEND);
	succeeds(task_terminate(task));
	is_told_no_more();
	ck_assert_uint_eq(refs_of(task, DEAD_NAME), 1);
}

TEST(of_a_name_that_is_dead_already_one_is_told_if_one_says_so)
{
	task_t task = new_task();

	succeeds(task_terminate(task));
	answers(try_to_ask(task, DIED, 0, box), KERN_INVALID_ARGUMENT);
	answers(try_to_ask(task, DIED, 1, MACH_PORT_NULL),
	    KERN_INVALID_ARGUMENT);
	is_told_no_more();
	succeeds(try_to_ask(task, DIED, 1, box));
	is_told(DIED, task);
	ck_assert_uint_eq(refs_of(task, DEAD_NAME), 2);
	succeeds(mach_port_mod_refs(own, task, DEAD_NAME, 65532));
	answers(try_to_ask(task, DIED, 1, box), KERN_UREFS_OVERFLOW);
	is_told_no_more();
}

TEST(many_are_told_in_the_order_of_what_happened)
{
	enum { TASKS = 5000 };
	static task_t tasks[TASKS];

	for (unsigned i = 0; i < TASKS; i++) {
		tasks[i] = new_task();
		ask(tasks[i], DIED);
	}
	for (unsigned i = 0; i < TASKS; i++)
		succeeds(task_terminate(tasks[TASKS - 1 - i]));
	for (unsigned i = 0; i < TASKS; i++)
		is_told(DIED, tasks[TASKS - 1 - i]);
	is_told_no_more();
}

/* --- No senders -------------------------------------------------------- */

TEST(who_asked_is_told_that_nobody_can_send)
{
	mach_port_t port = new_box();

	succeeds(mach_port_insert_right(own, port, port, MAKE));
	succeeds(mach_port_insert_right(own, port, port, MAKE));
	ask(port, NO_SENDERS);
	succeeds(task_set_special_port(own, TASK_BOOTSTRAP_PORT, port));
	succeeds(mach_port_mod_refs(own, port, SEND, -2));
	is_told_no_more();
	succeeds(
	    task_set_special_port(own, TASK_BOOTSTRAP_PORT, MACH_PORT_NULL));
	is_told(NO_SENDERS, 2);
	is_told_no_more();
}

TEST(who_asks_when_nobody_can_send_is_told_at_once_if_enough_could)
{
	mach_port_t port = new_box();

	succeeds(try_to_ask(port, NO_SENDERS, 1, box));
	is_told_no_more();
	succeeds(mach_port_insert_right(own, port, port, MAKE));
	succeeds(mach_port_deallocate(own, port));
	is_told(NO_SENDERS, 1);
	succeeds(try_to_ask(port, NO_SENDERS, 1, box));
	is_told(NO_SENDERS, 1);
	succeeds(try_to_ask(port, NO_SENDERS, 2, box));
	is_told_no_more();
	succeeds(mach_port_destroy(own, port));
	is_told(UNUSED, 0);
}

TEST(a_task_that_goes_takes_its_send_rights_along)
{
	mach_port_t port = new_box();
	task_t task = new_task();

	succeeds(mach_port_insert_right(own, port, port, MAKE));
	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, port));
	succeeds(mach_port_deallocate(own, port));
	ask(port, NO_SENDERS);
	is_told_no_more();
	succeeds(task_terminate(task));
	is_told(NO_SENDERS, 1);
}

/* --- Two programs ------------------------------------------------------ */

enum { PORTS = 2000 };

/* Another program: it does its part, says so, and stays until it is let go. */
struct peer {
	pid_t pid;
	int says;
	int hears;
};

static void
say(int fd)
{
	ck_assert_int_eq(write(fd, "", 1), 1);
}

static void
hear(int fd)
{
	char nothing;

	ck_assert_int_eq(read(fd, &nothing, 1), 1);
}

static struct peer
start_peer(void (*body)(void))
{
	int to[2], from[2];
	struct peer peer;

	ck_assert_int_eq(pipe(to), 0);
	ck_assert_int_eq(pipe(from), 0);
	peer = (struct peer){ fork(), from[0], to[1] };
	ck_assert_int_ge(peer.pid, 0);
	if (peer.pid == 0) {
		body();
		say(from[1]);
		hear(to[0]);
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	hear(peer.says);
	return peer;
}

static void
end_peer(struct peer *peer)
{
	int status;

	say(peer->hears);
	ck_assert_int_eq(waitpid(peer->pid, &status, 0), peer->pid);
	ck_assert_int_eq(status, 0);
	close(peer->says);
	close(peer->hears);
}

static mach_port_t
look_up(const char *name)
{
	mach_port_t port;

	succeeds(bootstrap_look_up(bootstrap_port, name, &port));
	return port;
}

static void
offer_ports(void)
{
	for (unsigned i = 0; i < PORTS; i++) {
		mach_port_t port;
		char name[16];

		snprintf(name, sizeof(name), "port-%u", i);
		succeeds(bootstrap_check_in(bootstrap_port, name, &port));
	}
}

TEST(who_asked_is_told_that_a_program_is_gone)
{
	struct peer peer = start_peer(offer_ports);
	static bool told[PORTS];
	static mach_port_t ports[PORTS];

	for (unsigned i = 0; i < PORTS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "port-%u", i);
		ports[i] = look_up(name);
		ask(ports[i], DIED);
	}
	is_told_no_more();
	end_peer(&peer);
	for (unsigned i = 0; i < PORTS; i++) {
		union notice notice;
		unsigned j = 0;

		answers(receive(&notice, box, 5000), MACH_MSG_SUCCESS);
		ck_assert_int_eq(notice.header.msgh_id, DIED);
		while (j < PORTS && ports[j] != notice.dead.not_port)
			j++;
		ck_assert(j < PORTS && !told[j]);
		told[j] = true;
		ck_assert_uint_eq(refs_of(ports[j], DEAD_NAME), 2);
	}
	is_told_no_more();
}

static void
offer_tasks(void)
{
	succeeds(bootstrap_register(bootstrap_port, "child", new_task()));
	succeeds(bootstrap_register(bootstrap_port, "self", mach_task_self()));
}

TEST(a_task_that_another_program_made_dies_when_somebody_ends_it)
{
	struct peer peer = start_peer(offer_tasks);
	task_t child = look_up("child"), self = look_up("self");

	ask(child, DIED);
	ask(self, DIED);
	draw(self, 0x10000, "s");
	end_peer(&peer);
	pages_are(self, 0x10000, "s");
	is_told_no_more();
	succeeds(task_terminate(child));
	is_told(DIED, child);
	succeeds(task_terminate(self));
	is_told(DIED, self);
}

static void
end_what_is_offered(void)
{
	succeeds(task_terminate(look_up("offered")));
}

TEST(who_asked_is_told_of_a_task_that_another_program_ends)
{
	task_t task = new_task();
	struct peer peer;

	ask(task, DIED);
	succeeds(bootstrap_register(bootstrap_port, "offered", task));
	peer = start_peer(end_what_is_offered);
	is_told(DIED, task);
	end_peer(&peer);
	is_told_no_more();
}

static void
take_a_send_right(void)
{
	look_up("box");
}

TEST(who_asked_is_told_that_the_last_program_that_could_send_is_gone)
{
	mach_port_t port = new_box();
	struct peer peer;

	succeeds(mach_port_insert_right(own, port, port, MAKE));
	succeeds(bootstrap_register(bootstrap_port, "box", port));
	succeeds(mach_port_deallocate(own, port));
	peer = start_peer(take_a_send_right);
	ask(port, NO_SENDERS);
	is_told_no_more();
	succeeds(bootstrap_register(bootstrap_port, "box", MACH_PORT_NULL));
	is_told_no_more();
	end_peer(&peer);
	is_told(NO_SENDERS, 1);
}

/* --- Who is refused ---------------------------------------------------- */

static void
requests_are_judged(enum personality personality)
{
	mach_port_t me = mach_task_self(), box_ = new_box(), dead = new_task();
	mach_port_t task = new_task();
	const struct {
		mach_port_t name;
		mach_msg_id_t id;
		mach_port_t notify;
		mach_msg_type_name_t type;
		kern_return_t code;
		const char *why;
	} rows[] = {
		{ task, DIED, box_, MAKE_ONCE, KERN_SUCCESS, "all is well" },
		{ task, 0, box_, MAKE_ONCE, KERN_INVALID_VALUE, "no id" },
		{ task, 66, box_, MAKE_ONCE, KERN_INVALID_VALUE, "possible" },
		{ box_, 69, box_, MAKE_ONCE, KERN_INVALID_VALUE, "destroyed" },
		{ task, 73, box_, MAKE_ONCE, KERN_INVALID_VALUE, "past all" },
		{ 12345, DIED, box_, MAKE_ONCE, KERN_INVALID_NAME, "unknown" },
		{ 0, DIED, box_, MAKE_ONCE, KERN_INVALID_NAME, "null" },
		{ ~0u, DIED, box_, MAKE_ONCE, KERN_INVALID_NAME, "dead" },
		{ 12345, NO_SENDERS, box_, MAKE_ONCE, KERN_INVALID_NAME,
		    "unknown, too" },
		{ task, NO_SENDERS, box_, MAKE_ONCE, KERN_INVALID_RIGHT,
		    "it only sends" },
		{ task, DIED, dead, MAKE_ONCE, KERN_INVALID_CAPABILITY,
		    "who is to be told is dead" },
		{ task, DIED, ~0u, MAKE_ONCE, KERN_INVALID_CAPABILITY,
		    "or was never alive" },
		{ task, DIED, task, MAKE_ONCE, MACH_SEND_INVALID_RIGHT,
		    "or does not receive" },
		{ task, DIED, 12345, MAKE_ONCE, MACH_SEND_INVALID_RIGHT,
		    "or is nobody" },
		{ task, DIED, box_, MAKE, MACH_SEND_INVALID_RIGHT,
		    "with a send right" },
		{ task, DIED, box_, MACH_MSG_TYPE_MOVE_SEND_ONCE,
		    MACH_SEND_INVALID_RIGHT, "with what there is not" },
		{ task, DIED, box_, 0, MACH_SEND_INVALID_RIGHT, "nothing" },
	};

	(void)personality;
	succeeds(task_terminate(dead));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		mach_port_t previous = (mach_port_t)CANARY;

		code_is(mach_port_request_notification(me, rows[i].name,
			    rows[i].id, 1, rows[i].notify, rows[i].type,
			    &previous),
		    rows[i].code, rows[i].why);
	}
	answers(mach_port_request_notification(task, me, DIED, 0, box_,
		    MAKE_ONCE, &dead),
	    KERN_INVALID_NAME);
}

TEST(requests_are_judged_in_machs_order)
{
	in_each_personality(requests_are_judged);
}

/* --- mach_msg ---------------------------------------------------------- */

static mach_msg_return_t
option(mach_msg_option_t option, mach_port_t name)
{
	union notice notice;

	return mach_msg(&notice.header, option, sizeof(notice.header),
	    sizeof(notice), name, 10, MACH_PORT_NULL);
}

TEST(only_receive_rights_receive)
{
	enum { RCV = MACH_RCV_MSG | MACH_RCV_TIMEOUT };
	mach_port_t dead = new_task();

	succeeds(task_terminate(dead));
	answers(option(RCV, MACH_PORT_NULL), MACH_RCV_INVALID_NAME);
	answers(option(RCV, MACH_PORT_DEAD), MACH_RCV_INVALID_NAME);
	answers(option(RCV, 12345), MACH_RCV_INVALID_NAME);
	answers(option(RCV, own), MACH_RCV_INVALID_NAME);
	answers(option(RCV, dead), MACH_RCV_INVALID_NAME);
	answers(option(RCV, box), MACH_RCV_TIMED_OUT);
	answers(option(RCV | MACH_SEND_MSG, box), MACH_SEND_INVALID_DEST);
	answers(option(MACH_SEND_MSG, box), MACH_SEND_INVALID_DEST);
	answers(option(0, MACH_PORT_NULL), MACH_MSG_SUCCESS);
}

static mach_msg_return_t
with_room(mach_msg_option_t option, mach_msg_size_t room, union notice *notice)
{
	memset(notice, 0xaa, sizeof(*notice));
	return mach_msg(&notice->header,
	    MACH_RCV_MSG | MACH_RCV_TIMEOUT | option, 0, room, box, 0,
	    MACH_PORT_NULL);
}

TEST(a_message_that_is_too_large_is_kept_or_gone)
{
	union notice notice;
	task_t a = new_task(), b = new_task();

	ask(a, DIED);
	ask(b, DIED);
	succeeds(task_terminate(a));
	succeeds(task_terminate(b));
	answers(with_room(MACH_RCV_LARGE, 43, &notice), MACH_RCV_TOO_LARGE);
	ck_assert_uint_eq(notice.header.msgh_size, 36);
	ck_assert_uint_eq(notice.dead.not_port, 0xaaaaaaaa);
	answers(with_room(MACH_RCV_LARGE, 0, &notice), MACH_RCV_TOO_LARGE);
	ck_assert_uint_eq(notice.header.msgh_size, 0xaaaaaaaa);
	answers(with_room(MACH_RCV_LARGE, 44, &notice), MACH_MSG_SUCCESS);
	ck_assert_uint_eq(notice.dead.not_port, a);
	answers(with_room(0, 43, &notice), MACH_RCV_TOO_LARGE);
	ck_assert_uint_eq(notice.header.msgh_size, 0xaaaaaaaa);
	is_told_no_more();
	(void)b;
}

TEST(each_right_has_its_own_messages)
{
	mach_port_t other = new_box();
	task_t a = new_task(), b = new_task();
	mach_port_status_t status;
	mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
	union notice notice;

	succeeds(try_to_ask(a, DIED, 0, other));
	ask(b, DIED);
	succeeds(task_terminate(a));
	succeeds(task_terminate(b));
	succeeds(mach_port_get_attributes(own, other, MACH_PORT_RECEIVE_STATUS,
	    (mach_port_info_t)&status, &count));
	ck_assert_uint_eq(status.mps_msgcount, 1);
	is_told(DIED, b);
	is_told_no_more();
	answers(receive(&notice, other, 0), MACH_MSG_SUCCESS);
	ck_assert_uint_eq(notice.dead.not_port, a);
}

TEST(messages_follow_a_right_to_its_other_name)
{
	task_t a = new_task(), b = new_task();

	ask(a, DIED);
	ask(b, DIED);
	succeeds(task_terminate(a));
	succeeds(mach_port_rename(own, box, 0x7703));
	succeeds(task_terminate(b));
	box = 0x7703;
	is_told(DIED, a);
	is_told(DIED, b);
}

TEST(messages_go_with_their_right)
{
	task_t task = new_task();
	union notice notice;

	ask(task, DIED);
	succeeds(task_terminate(task));
	succeeds(mach_port_mod_refs(own, box, RECEIVE, -1));
	answers(receive(&notice, box, 0), MACH_RCV_INVALID_NAME);
	succeeds(mach_port_allocate_name(own, RECEIVE, box));
	is_told_no_more();
}

TEST(a_timeout_is_waited_for)
{
	struct timespec from, to;
	union notice notice;
	int64_t passed;

	clock_gettime(CLOCK_MONOTONIC, &from);
	answers(receive(&notice, box, 100), MACH_RCV_TIMED_OUT);
	clock_gettime(CLOCK_MONOTONIC, &to);
	passed = (to.tv_sec - from.tv_sec) * 1000 +
		 (to.tv_nsec - from.tv_nsec) / 1000000;
	ck_assert_int_ge(passed, 99);
	ck_assert_int_lt(passed, 5000);
}

/* --- Threads ----------------------------------------------------------- */

struct waiter {
	pthread_t thread;
	mach_port_t from;
	mach_msg_option_t option;
	mach_msg_timeout_t timeout;
	mach_msg_return_t code;
	union notice notice;
};

static void *
wait_for_notice(void *context)
{
	struct waiter *waiter = context;

	waiter->code = mach_msg(&waiter->notice.header,
	    MACH_RCV_MSG | waiter->option, 0, sizeof(waiter->notice),
	    waiter->from, waiter->timeout, MACH_PORT_NULL);
	return NULL;
}

/* Calls that were served on the own task, this one included. */
static int
calls(void)
{
	task_events_info_data_t info;
	mach_msg_type_number_t count = TASK_EVENTS_INFO_COUNT;

	succeeds(task_info(own, TASK_EVENTS_INFO, (task_info_t)&info, &count));
	return info.messages_received;
}

/* Returns when the thread waits, for it has asked whether its right is one. */
static void
start(struct waiter *waiter, mach_port_t from)
{
	int before = calls(), asked = 0;

	waiter->from = from;
	ck_assert_int_eq(pthread_create(&waiter->thread, NULL, wait_for_notice,
			     waiter),
	    0);
	while (calls() == before + ++asked)
		usleep(1000);
}

static void
ends_with(struct waiter *waiter, mach_msg_return_t code)
{
	pthread_join(waiter->thread, NULL);
	code_is(waiter->code, code, "who waited");
}

TEST(a_thread_that_waits_is_told_and_holds_up_nobody)
{
	struct waiter waiters[3] = { 0 };
	mach_port_t boxes[3] = { box, new_box(), new_box() };
	task_t tasks[3];

	for (unsigned i = 0; i < 3; i++) {
		start(&waiters[i], boxes[i]);
		tasks[i] = new_task();
		succeeds(try_to_ask(tasks[i], DIED, 0, boxes[i]));
	}
	draw(own, 0x10000, "ab");
	pages_are(own, 0x10000, "ab");
	for (unsigned i = 3; i-- > 0;) {
		succeeds(task_terminate(tasks[i]));
		ends_with(&waiters[i], MACH_MSG_SUCCESS);
		ck_assert_uint_eq(waiters[i].notice.dead.not_port, tasks[i]);
	}
}

TEST(a_thread_whose_right_goes_waits_no_longer)
{
	struct waiter waiters[4] = { 0 };
	mach_port_t other = new_box();

	start(&waiters[0], box);
	start(&waiters[1], box);
	start(&waiters[2], other);
	succeeds(mach_port_mod_refs(own, box, RECEIVE, -1));
	ends_with(&waiters[0], MACH_RCV_PORT_DIED);
	ends_with(&waiters[1], MACH_RCV_PORT_DIED);
	succeeds(mach_port_destroy(own, other));
	ends_with(&waiters[2], MACH_RCV_PORT_DIED);
}

TEST(a_thread_that_waits_learns_that_the_daemon_is_gone)
{
	struct waiter waiters[2] = { 0 };
	union notice notice;

	start(&waiters[0], box);
	start(&waiters[1], box);
	daemon_stop();
	stopped = true;
	ends_with(&waiters[0], MACH_RCV_PORT_DIED);
	ends_with(&waiters[1], MACH_RCV_PORT_DIED);
	answers(receive(&notice, box, 0), MACH_RCV_INVALID_NAME);
}

static void
nothing(int signal)
{
	(void)signal;
}

TEST(a_thread_that_wants_to_be_is_interrupted)
{
	struct sigaction action = { .sa_handler = nothing };
	struct waiter waiter = { .option = MACH_RCV_INTERRUPT };

	sigaction(SIGUSR1, &action, NULL);
	start(&waiter, box);
	while (pthread_tryjoin_np(waiter.thread, NULL) != 0) {
		pthread_kill(waiter.thread, SIGUSR1);
		usleep(1000);
	}
	code_is(waiter.code, MACH_RCV_INTERRUPTED, "who waited");

	waiter.option = MACH_RCV_TIMEOUT;
	waiter.timeout = 200;
	start(&waiter, box);
	pthread_kill(waiter.thread, SIGUSR1);
	ends_with(&waiter, MACH_RCV_TIMED_OUT);
}

/* Threads that call and threads that receive, all at once. */
enum { ROUNDS = 300 };

static void *
make_and_receive(void *context)
{
	mach_port_t mine = new_box();
	union notice notice;

	(void)context;
	for (unsigned i = 0; i < ROUNDS; i++) {
		task_t task = new_task();

		succeeds(try_to_ask(task, DIED, 0, mine));
		succeeds(task_terminate(task));
		answers(receive(&notice, mine, 60000), MACH_MSG_SUCCESS);
		ck_assert_uint_eq(notice.dead.not_port, task);
		succeeds(mach_port_mod_refs(own, task, DEAD_NAME, -2));
	}
	return NULL;
}

TEST(many_threads_call_and_receive)
{
	pthread_t threads[8];

	for (unsigned i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
				     make_and_receive, NULL),
		    0);
	for (unsigned i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
}

TEST(a_forked_child_has_no_messages)
{
	task_t task = new_task();
	int status;
	pid_t child;

	ask(task, DIED);
	succeeds(task_terminate(task));
	succeeds(mach_port_mod_refs(own, task, DEAD_NAME, 0));
	child = fork();
	if (child == 0) {
		union notice notice;

		_exit(
		    receive(&notice, box, 0) == MACH_RCV_INVALID_NAME ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	is_told(DIED, task);
}
