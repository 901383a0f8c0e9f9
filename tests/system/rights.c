/* Rights: to receive, to send, both under one name; and that no name but a
 * caller's own means anything. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum {
	SEND = MACH_PORT_RIGHT_SEND,
	RECEIVE = MACH_PORT_RIGHT_RECEIVE,
	SEND_ONCE = MACH_PORT_RIGHT_SEND_ONCE,
	PORT_SET = MACH_PORT_RIGHT_PORT_SET,
	DEAD_NAME = MACH_PORT_RIGHT_DEAD_NAME,

	COPY = MACH_MSG_TYPE_COPY_SEND,
	MOVE = MACH_MSG_TYPE_MOVE_SEND,
	MAKE = MACH_MSG_TYPE_MAKE_SEND,
	MAKE_ONCE = MACH_MSG_TYPE_MAKE_SEND_ONCE,

	IS_SEND = MACH_PORT_TYPE_SEND,
	IS_RECEIVE = MACH_PORT_TYPE_RECEIVE,
	IS_BOTH = MACH_PORT_TYPE_SEND_RECEIVE,
	IS_DEAD = MACH_PORT_TYPE_DEAD_NAME,
};

static mach_port_t own;

void
test_setup(void)
{
	daemon_start("--check", NULL);
	own = mach_task_self();
	regions_are(own, "");
}

void
test_teardown(void)
{
	daemon_stop();
}

static mach_port_t
new_right(mach_port_right_t right)
{
	mach_port_t name = (mach_port_t)CANARY;

	succeeds(mach_port_allocate(mach_task_self(), right, &name));
	return name;
}

static mach_port_t
new_both(void)
{
	mach_port_t name = new_right(RECEIVE);

	succeeds(mach_port_insert_right(mach_task_self(), name, name, MAKE));
	return name;
}

static mach_port_urefs_t
refs_of(mach_port_t name, mach_port_right_t right)
{
	mach_port_urefs_t refs;

	succeeds(mach_port_get_refs(mach_task_self(), name, right, &refs));
	return refs;
}

static mach_port_type_t
type_of(mach_port_t name)
{
	mach_port_type_t type = 0;

	succeeds(mach_port_type(mach_task_self(), name, &type));
	return type;
}

static void
is_unknown(mach_port_t name)
{
	mach_port_type_t type;

	answers(mach_port_type(mach_task_self(), name, &type),
	    KERN_INVALID_NAME);
}

static mach_port_status_t
status_of(mach_port_t name)
{
	mach_port_status_t status;
	mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;

	succeeds(mach_port_get_attributes(mach_task_self(), name,
	    MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status, &count));
	ck_assert_uint_eq(count, MACH_PORT_RECEIVE_STATUS_COUNT);
	return status;
}

/* --- Making them ------------------------------------------------------- */

static void
allocating(enum personality personality)
{
	const struct {
		mach_port_right_t right;
		kern_return_t code;
		mach_port_type_t type;
	} rows[] = {
		{ SEND, KERN_INVALID_VALUE, 0 },
		{ RECEIVE, KERN_SUCCESS, IS_RECEIVE },
		{ SEND_ONCE, KERN_INVALID_VALUE, 0 },
		{ PORT_SET, KERN_INVALID_VALUE, 0 },
		{ DEAD_NAME, KERN_SUCCESS, IS_DEAD },
		{ DEAD_NAME + 1, KERN_INVALID_VALUE, 0 },
		{ ~0u, KERN_INVALID_VALUE, 0 },
	};

	(void)personality;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		mach_port_t name = (mach_port_t)CANARY;
		mach_port_t wanted = 0x7703 + ((mach_port_t)i << 8);
		kern_return_t kr =
		    mach_port_allocate(mach_task_self(), rows[i].right, &name);

		code_is(kr, rows[i].code, "allocate");
		if (kr == KERN_SUCCESS)
			ck_assert_uint_eq(type_of(name), rows[i].type);
		else
			ck_assert_uint_eq(name, (mach_port_t)CANARY);
		code_is(mach_port_allocate_name(mach_task_self(), rows[i].right,
			    wanted),
		    rows[i].code, "allocate_name");
		if (kr == KERN_SUCCESS)
			ck_assert_uint_eq(type_of(wanted), rows[i].type);
	}
}

TEST(receive_rights_and_dead_names_are_made)
{
	in_each_personality(allocating);
}

TEST(a_name_is_chosen_if_it_is_to_be_had)
{
	mach_port_t task = new_task();

	answers(mach_port_allocate_name(own, RECEIVE, MACH_PORT_NULL),
	    KERN_INVALID_VALUE);
	answers(mach_port_allocate_name(own, RECEIVE, MACH_PORT_DEAD),
	    KERN_INVALID_VALUE);
	answers(mach_port_allocate_name(own, RECEIVE, task), KERN_NAME_EXISTS);
	answers(mach_port_allocate_name(own, RECEIVE, own), KERN_NAME_EXISTS);
	answers(mach_port_allocate_name(own, RECEIVE, task + 1), KERN_NO_SPACE);
	answers(mach_port_allocate_name(own, RECEIVE, 0x3), KERN_NO_SPACE);
	answers(mach_port_allocate_name(own, RECEIVE, 0xfffffe03),
	    KERN_NO_SPACE);
	ck_assert_uint_eq(type_of(task), IS_SEND);
}

TEST(a_right_is_given_another_name)
{
	mach_port_t port = new_both(), task = new_task();

	succeeds(mach_port_rename(own, port, 0x5503));
	is_unknown(port);
	ck_assert_uint_eq(type_of(0x5503), IS_BOTH);
	answers(mach_port_rename(own, port, 0x5603), KERN_INVALID_NAME);
	answers(mach_port_rename(own, 0x5503, task), KERN_NAME_EXISTS);
	answers(mach_port_rename(own, 0x5503, 0x5503), KERN_NAME_EXISTS);
	answers(mach_port_rename(own, 0x5503, MACH_PORT_NULL),
	    KERN_INVALID_VALUE);
	answers(mach_port_rename(own, 0x5503, MACH_PORT_DEAD),
	    KERN_INVALID_VALUE);
	answers(mach_port_rename(own, 0x5503, task + 1), KERN_NO_SPACE);
	succeeds(mach_port_rename(own, task, 0x6603));
	draw(0x6603, 0x10000, "a");
}

TEST(another_task_can_have_no_names)
{
	task_t task = new_task();
	mach_port_t name, port = new_right(RECEIVE);

	answers(mach_port_allocate(task, RECEIVE, &name), KERN_NO_SPACE);
	answers(mach_port_allocate_name(task, DEAD_NAME, 0x7703),
	    KERN_NO_SPACE);
	answers(mach_port_rename(task, port, 0x7703), KERN_INVALID_NAME);
	answers(mach_port_insert_right(task, 0x7703, port, MAKE),
	    KERN_NO_SPACE);
}

/* --- One name, two rights ---------------------------------------------- */

TEST(send_rights_are_made_from_the_receive_right)
{
	mach_port_t port = new_right(RECEIVE), again;
	mach_msg_type_name_t type;

	ck_assert_uint_eq(refs_of(port, RECEIVE), 1);
	ck_assert_uint_eq(refs_of(port, SEND), 0);
	ck_assert_uint_eq(status_of(port).mps_mscount, 0);
	ck_assert(!status_of(port).mps_srights);

	succeeds(mach_port_insert_right(own, port, port, MAKE));
	ck_assert_uint_eq(type_of(port), IS_BOTH);
	ck_assert_uint_eq(refs_of(port, SEND), 1);
	succeeds(mach_port_extract_right(own, port, MAKE, &again, &type));
	ck_assert_uint_eq(again, port);
	ck_assert_uint_eq(type, MACH_MSG_TYPE_PORT_SEND);
	ck_assert_uint_eq(refs_of(port, SEND), 2);
	succeeds(mach_port_insert_right(own, port, port, COPY));
	ck_assert_uint_eq(refs_of(port, SEND), 3);
	ck_assert_uint_eq(status_of(port).mps_mscount, 2);
	ck_assert(status_of(port).mps_srights);
	ck_assert_uint_eq(refs_of(port, RECEIVE), 1);
}

TEST(who_only_receives_cannot_send)
{
	mach_port_t port = new_right(RECEIVE), name;
	mach_msg_type_name_t type;

	answers(mach_port_insert_right(own, port, port, COPY),
	    KERN_INVALID_RIGHT);
	answers(mach_port_insert_right(own, port, port, MOVE),
	    KERN_INVALID_RIGHT);
	answers(mach_port_extract_right(own, port, COPY, &name, &type),
	    KERN_INVALID_RIGHT);
	answers(mach_port_mod_refs(own, port, SEND, 1), KERN_INVALID_RIGHT);
	answers(mach_port_deallocate(own, port), KERN_INVALID_RIGHT);
	answers(task_set_special_port(own, TASK_BOOTSTRAP_PORT, port),
	    MACH_SEND_INVALID_RIGHT);
	answers(task_suspend(port), MACH_SEND_INVALID_DEST);
	ck_assert_uint_eq(type_of(port), IS_RECEIVE);
}

TEST(who_only_sends_cannot_make_send_rights)
{
	mach_port_t task = new_task(), name;
	mach_msg_type_name_t type;

	answers(mach_port_insert_right(own, task, task, MAKE),
	    KERN_INVALID_RIGHT);
	answers(mach_port_extract_right(own, task, MAKE, &name, &type),
	    KERN_INVALID_RIGHT);
	answers(mach_port_extract_right(own, new_both(), MAKE_ONCE, &name,
		    &type),
	    KERN_INVALID_RIGHT);
	ck_assert_uint_eq(refs_of(task, SEND), 1);
}

TEST(a_name_that_receives_has_its_port_alone)
{
	mach_port_t port = new_both();

	answers(mach_port_insert_right(own, 0x7703, port, MAKE),
	    KERN_RIGHT_EXISTS);
	answers(mach_port_insert_right(own, 0x7703, port, MOVE),
	    KERN_RIGHT_EXISTS);
	answers(mach_port_insert_right(own, new_task(), port, MAKE),
	    KERN_NAME_EXISTS);
	ck_assert_uint_eq(refs_of(port, SEND), 1);
	ck_assert_uint_eq(status_of(port).mps_mscount, 1);
}

TEST(a_port_of_ones_own_is_no_task_and_no_host)
{
	mach_port_t port = new_both();
	vm_size_t size;
	vm_address_t address = 0;

	answers(vm_allocate(port, &address, PAGE, TRUE), KERN_INVALID_ARGUMENT);
	answers(task_suspend(port), KERN_INVALID_ARGUMENT);
	answers(host_page_size(port, &size), KERN_INVALID_ARGUMENT);
	answers(mach_port_destroy(port, port), KERN_INVALID_TASK);
}

static void
receive_refs(enum personality personality)
{
	const struct {
		mach_port_delta_t delta;
		kern_return_t code;
	} rows[] = {
		{ 0, KERN_SUCCESS },
		{ 1, KERN_INVALID_VALUE },
		{ -2, KERN_INVALID_VALUE },
		{ INT32_MIN, KERN_INVALID_VALUE },
		{ -1, KERN_SUCCESS },
		{ -1, KERN_INVALID_NAME },
	};
	mach_port_t port = new_right(RECEIVE);

	(void)personality;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		answers(mach_port_mod_refs(mach_task_self(), port, RECEIVE,
			    rows[i].delta),
		    rows[i].code);
}

TEST(of_a_receive_right_there_is_one)
{
	in_each_personality(receive_refs);
}

TEST(with_the_receive_right_its_send_rights_die)
{
	mach_port_t port = new_both(), held;

	succeeds(mach_port_insert_right(own, port, port, COPY));
	succeeds(task_set_special_port(own, TASK_BOOTSTRAP_PORT, port));
	succeeds(mach_port_mod_refs(own, port, RECEIVE, -1));
	ck_assert_uint_eq(type_of(port), IS_DEAD);
	ck_assert_uint_eq(refs_of(port, DEAD_NAME), 2);
	succeeds(task_get_special_port(own, TASK_BOOTSTRAP_PORT, &held));
	ck_assert_uint_eq(held, MACH_PORT_DEAD);
	succeeds(mach_port_mod_refs(own, port, DEAD_NAME, -2));
	is_unknown(port);
}

TEST(a_name_is_destroyed_with_both_rights)
{
	mach_port_t port = new_both(), held;

	succeeds(task_set_special_port(own, TASK_BOOTSTRAP_PORT, port));
	succeeds(mach_port_destroy(own, port));
	is_unknown(port);
	succeeds(task_get_special_port(own, TASK_BOOTSTRAP_PORT, &held));
	ck_assert_uint_eq(held, MACH_PORT_DEAD);
}

TEST(a_send_right_that_is_held_arrives_under_the_same_name)
{
	mach_port_t port = new_both(), held;

	succeeds(task_set_special_port(own, TASK_BOOTSTRAP_PORT, port));
	succeeds(mach_port_deallocate(own, port));
	ck_assert_uint_eq(type_of(port), IS_RECEIVE);
	ck_assert(status_of(port).mps_srights);
	succeeds(task_get_special_port(own, TASK_BOOTSTRAP_PORT, &held));
	ck_assert_uint_eq(held, port);
	ck_assert_uint_eq(type_of(port), IS_BOTH);
	ck_assert_uint_eq(status_of(port).mps_mscount, 1);
}

TEST(only_receive_rights_have_a_status)
{
	mach_port_status_t status;
	mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
	mach_port_info_t info = (mach_port_info_t)&status;
	mach_port_t port = new_right(RECEIVE);

	answers(mach_port_get_attributes(own, new_task(),
		    MACH_PORT_RECEIVE_STATUS, info, &count),
	    KERN_INVALID_RIGHT);
	answers(mach_port_get_attributes(own, 12345, MACH_PORT_RECEIVE_STATUS,
		    info, &count),
	    KERN_INVALID_NAME);
	answers(mach_port_get_attributes(own, port, 99, info, &count),
	    KERN_INVALID_ARGUMENT);
	count--;
	answers(mach_port_get_attributes(own, port, MACH_PORT_RECEIVE_STATUS,
		    info, &count),
	    KERN_FAILURE);
}

/* --- Names that mean nothing ------------------------------------------- */

enum { SLOTS = 64, GENERATIONS = 256 };

/* What there is to a name: KERN_INVALID_NAME, and nobody to send to. */
static bool
means_something(mach_port_t name)
{
	mach_port_type_t type;
	kern_return_t kr = mach_port_type(own, name, &type);

	if (kr != KERN_SUCCESS)
		answers(kr, KERN_INVALID_NAME);
	if (kr != KERN_SUCCESS)
		answers(task_suspend(name), MACH_SEND_INVALID_DEST);
	return kr == KERN_SUCCESS;
}

static bool
is_one_of(mach_port_t name, const mach_port_t *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] == name)
			return true;
	return false;
}

/* Of all slots there are, in all generations, only these mean anything. */
static void
only_mine_mean_something(const mach_port_t *names, size_t count)
{
	for (mach_port_t name = 1; name < SLOTS * GENERATIONS; name++)
		ck_assert_msg(means_something(name) ==
				  is_one_of(name, names, count),
		    "name %x", name);
	for (unsigned i = 0; i < 20000; i++) {
		mach_port_t name =
		    (mach_port_t)random() << 16 ^ (mach_port_t)random();

		if (MACH_PORT_VALID(name))
			ck_assert_msg(means_something(name) ==
					  is_one_of(name, names, count),
			    "name %x", name);
	}
}

TEST(no_name_means_anything_but_ones_own)
{
	mach_port_t names[] = { own, new_task(), new_both(), new_right(RECEIVE),
		new_right(DEAD_NAME), mach_host_self(), bootstrap_port };

	srandom(7);
	only_mine_mean_something(names, ARRAY_SIZE(names));
}

/* Another client's, told by it in passing. */
static int to_parent[2];

static void
have_names(enum personality personality)
{
	mach_port_t name;

	(void)personality;
	for (unsigned i = 0; i < 40; i++) {
		name = i % 2 == 0 ? new_task() : new_both();
		if (write(to_parent[1], &name, sizeof(name)) != sizeof(name))
			abort();
	}
}

TEST(another_clients_names_mean_nothing)
{
	mach_port_t mine[] = { own, new_task() }, name;

	ck_assert_int_eq(pipe(to_parent), 0);
	in_personality(OSF, have_names);
	close(to_parent[1]);
	while (read(to_parent[0], &name, sizeof(name)) == sizeof(name))
		ck_assert(means_something(name) ==
			  is_one_of(name, mine, ARRAY_SIZE(mine)));
	close(to_parent[0]);
}

TEST(a_name_given_back_means_nothing_until_its_generations_are_over)
{
	enum { TURNS = 5000 };
	static mach_port_t old[TURNS];
	mach_port_t mine;

	for (unsigned i = 0; i < TURNS; i++) {
		old[i] = i % 2 == 0 ? new_task() : new_both();
		succeeds(mach_port_destroy(own, old[i]));
		if (i >= 1000)
			continue;
		for (unsigned j = 0; j < i; j++)
			ck_assert_uint_ne(old[j], old[i]);
	}
	mine = new_task();
	for (unsigned i = TURNS - 1000; i < TURNS; i++) {
		ck_assert_uint_ne(old[i], mine);
		ck_assert(!means_something(old[i]));
	}
}
