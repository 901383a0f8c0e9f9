/* Names of ports: what they stand for, their user references, other names. */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum {
	SEND = MACH_PORT_RIGHT_SEND,
	RECEIVE = MACH_PORT_RIGHT_RECEIVE,
	SEND_ONCE = MACH_PORT_RIGHT_SEND_ONCE,
	PORT_SET = MACH_PORT_RIGHT_PORT_SET,
	DEAD_NAME = MACH_PORT_RIGHT_DEAD_NAME,
	UREFS_MOST = 65534,
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

/* A name of a task that was terminated, with so many user references. */
static mach_port_t
dead_name(mach_port_delta_t refs)
{
	task_t task = new_task();

	succeeds(mach_port_mod_refs(own, task, SEND, refs - 1));
	succeeds(task_terminate(task));
	return task;
}

static mach_port_urefs_t
refs_of(mach_port_t name, mach_port_right_t right)
{
	mach_port_urefs_t refs = (mach_port_urefs_t)CANARY;

	succeeds(mach_port_get_refs(own, name, right, &refs));
	return refs;
}

static mach_port_type_t
type_of(mach_port_t name)
{
	mach_port_type_t type = (mach_port_type_t)CANARY;

	succeeds(mach_port_type(own, name, &type));
	return type;
}

/* --- mach_port_names --------------------------------------------------- */

/* How often the task has the name, and as what. */
static unsigned
listed(task_t task, mach_port_t name, mach_port_type_t *type, unsigned *all)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, type_count;
	unsigned times = 0;

	succeeds(mach_port_names(task, &names, &count, &types, &type_count));
	ck_assert_uint_eq(count, type_count);
	for (mach_msg_type_number_t i = 0; i < count; i++) {
		if (names[i] != name)
			continue;
		*type = types[i];
		times++;
	}
	*all = count;
	if (count > 0) {
		succeeds(vm_deallocate(own, (vm_address_t)(uintptr_t)names,
		    count * sizeof(*names)));
		succeeds(vm_deallocate(own, (vm_address_t)(uintptr_t)types,
		    count * sizeof(*types)));
	}
	return times;
}

TEST(all_names_are_listed_once_with_their_types)
{
	task_t task = new_task();
	mach_port_t dead = dead_name(3);
	mach_port_type_t type;
	unsigned all;

	ck_assert_uint_eq(listed(own, own, &type, &all), 1);
	ck_assert_uint_eq(type, MACH_PORT_TYPE_SEND);
	ck_assert_uint_eq(all, 3);
	ck_assert_uint_eq(listed(own, task, &type, &all), 1);
	ck_assert_uint_eq(type, MACH_PORT_TYPE_SEND);
	ck_assert_uint_eq(listed(own, dead, &type, &all), 1);
	ck_assert_uint_eq(type, MACH_PORT_TYPE_DEAD_NAME);

	succeeds(mach_port_deallocate(own, task));
	ck_assert_uint_eq(listed(own, task, &type, &all), 0);
	ck_assert_uint_eq(all, 2);
}

TEST(thousands_of_names_are_listed)
{
	enum { NAMES = 5000 };
	mach_port_type_t type;
	unsigned all;

	for (unsigned i = 0; i < NAMES; i++)
		new_task();
	listed(own, own, &type, &all);
	ck_assert_uint_eq(all, NAMES + 1);
}

TEST(another_task_has_no_names)
{
	task_t task = new_task();
	mach_port_type_t type;
	unsigned all;

	ck_assert_uint_eq(listed(task, task, &type, &all), 0);
	ck_assert_uint_eq(all, 0);
}

/* --- mach_port_type ---------------------------------------------------- */

static void
types_are_judged(enum personality personality)
{
	const struct {
		mach_port_t name;
		kern_return_t code[PERSONALITIES];
		mach_port_type_t type;
		const char *why;
	} rows[] = {
		{ own, ALL_SAY(KERN_SUCCESS), MACH_PORT_TYPE_SEND, "itself" },
		{ new_task(), ALL_SAY(KERN_SUCCESS), MACH_PORT_TYPE_SEND,
		    "a task" },
		{ mach_host_self(), ALL_SAY(KERN_SUCCESS), MACH_PORT_TYPE_SEND,
		    "the host" },
		{ dead_name(1), ALL_SAY(KERN_SUCCESS), MACH_PORT_TYPE_DEAD_NAME,
		    "a dead name" },
		{ MACH_PORT_DEAD,
		    SAY(KERN_SUCCESS, KERN_SUCCESS, KERN_INVALID_NAME),
		    MACH_PORT_TYPE_DEAD_NAME, "the dead name" },
		{ MACH_PORT_NULL, ALL_SAY(KERN_INVALID_NAME), 0, "null" },
		{ 12345, ALL_SAY(KERN_INVALID_NAME), 0, "nothing" },
		{ own + 1, ALL_SAY(KERN_INVALID_NAME), 0,
		    "another generation" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		mach_port_type_t type = (mach_port_type_t)CANARY;
		kern_return_t kr =
		    mach_port_type(mach_task_self(), rows[i].name, &type);

		code_is(kr, rows[i].code[personality], rows[i].why);
		ck_assert_uint_eq(type, kr == KERN_SUCCESS
					    ? rows[i].type
					    : (mach_port_type_t)CANARY);
	}
}

TEST(a_name_is_a_send_right_or_dead_or_nothing)
{
	in_each_personality(types_are_judged);
}

/* --- mach_port_get_refs ------------------------------------------------ */

static void
refs_are_judged(enum personality personality)
{
	mach_port_t task = new_task(), dead = dead_name(7);
	const struct {
		mach_port_t name;
		mach_port_right_t right;
		kern_return_t code[PERSONALITIES];
		mach_port_urefs_t refs;
	} rows[] = {
		{ task, SEND, ALL_SAY(KERN_SUCCESS), 3 },
		{ task, RECEIVE, ALL_SAY(KERN_SUCCESS), 0 },
		{ task, SEND_ONCE, ALL_SAY(KERN_SUCCESS), 0 },
		{ task, PORT_SET, ALL_SAY(KERN_SUCCESS), 0 },
		{ task, DEAD_NAME, ALL_SAY(KERN_SUCCESS), 0 },
		{ task, DEAD_NAME + 1, ALL_SAY(KERN_INVALID_VALUE), 0 },
		{ task, ~0u, ALL_SAY(KERN_INVALID_VALUE), 0 },
		{ dead, DEAD_NAME, ALL_SAY(KERN_SUCCESS), 7 },
		{ dead, SEND, ALL_SAY(KERN_SUCCESS), 0 },
		{ MACH_PORT_NULL, SEND,
		    SAY(KERN_SUCCESS, KERN_SUCCESS, KERN_INVALID_NAME), 1 },
		{ MACH_PORT_DEAD, SEND_ONCE,
		    SAY(KERN_SUCCESS, KERN_SUCCESS, KERN_INVALID_NAME), 1 },
		{ MACH_PORT_NULL, RECEIVE, ALL_SAY(KERN_INVALID_NAME), 0 },
		{ MACH_PORT_DEAD, DEAD_NAME, ALL_SAY(KERN_INVALID_NAME), 0 },
		{ MACH_PORT_DEAD, 99, ALL_SAY(KERN_INVALID_VALUE), 0 },
		{ 12345, SEND, ALL_SAY(KERN_INVALID_NAME), 0 },
		{ 12345, 99, ALL_SAY(KERN_INVALID_VALUE), 0 },
	};

	succeeds(mach_port_mod_refs(mach_task_self(), task, SEND, 2));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		mach_port_urefs_t refs = (mach_port_urefs_t)CANARY;
		char row[16];
		kern_return_t kr = mach_port_get_refs(mach_task_self(),
		    rows[i].name, rows[i].right, &refs);

		snprintf(row, sizeof(row), "row %zu", i);
		code_is(kr, rows[i].code[personality], row);
		ck_assert_uint_eq(refs, kr == KERN_SUCCESS
					    ? rows[i].refs
					    : (mach_port_urefs_t)CANARY);
	}
}

TEST(user_references_are_told_of_the_right_that_there_is)
{
	in_each_personality(refs_are_judged);
}

TEST(what_arrives_again_is_counted)
{
	mach_port_t host = mach_host_self(), task = new_task(), again;

	ck_assert_uint_eq(refs_of(own, SEND), 1);
	ck_assert_uint_eq(refs_of(task, SEND), 1);
	mach_host_self();
	mach_host_self();
	ck_assert_uint_eq(refs_of(host, SEND), 3);
	succeeds(task_get_special_port(task, TASK_KERNEL_PORT, &again));
	ck_assert_uint_eq(again, task);
	ck_assert_uint_eq(refs_of(task, SEND), 2);
	succeeds(mach_port_deallocate(own, task));
	ck_assert_uint_eq(refs_of(task, SEND), 1);
}

/* --- mach_port_mod_refs ------------------------------------------------ */

static void
changes_are_judged(enum personality personality)
{
	mach_port_t task = new_task(), dead = dead_name(5);
	const struct {
		mach_port_t name;
		mach_port_right_t right;
		mach_port_delta_t delta;
		kern_return_t code;
		const char *why;
	} rows[] = {
		{ task, SEND, 0, KERN_SUCCESS, "no change" },
		{ task, SEND, 3, KERN_SUCCESS, "4" },
		{ task, SEND, -5, KERN_INVALID_VALUE, "less than none" },
		{ task, SEND, INT32_MIN, KERN_INVALID_VALUE, "the least" },
		{ task, SEND, UREFS_MOST - 3, KERN_UREFS_OVERFLOW, "too many" },
		{ task, SEND, INT32_MAX, KERN_UREFS_OVERFLOW, "the most" },
		{ task, SEND, UREFS_MOST - 4, KERN_SUCCESS, "as many as go" },
		{ task, SEND, 4 - UREFS_MOST, KERN_SUCCESS, "and back" },
		{ task, DEAD_NAME, -1, KERN_INVALID_RIGHT, "it is alive" },
		{ task, RECEIVE, -1, KERN_INVALID_RIGHT, "no receive right" },
		{ task, RECEIVE, 5, KERN_INVALID_RIGHT, "nor five" },
		{ task, SEND_ONCE, 0, KERN_INVALID_RIGHT, "no such right" },
		{ task, PORT_SET, 0, KERN_INVALID_RIGHT, "no set" },
		{ task, DEAD_NAME + 1, 0, KERN_INVALID_VALUE, "no right" },
		{ task, ~0u, 0, KERN_INVALID_VALUE, "no right at all" },
		{ dead, SEND, -1, KERN_INVALID_RIGHT, "it is dead" },
		{ dead, DEAD_NAME, -6, KERN_INVALID_VALUE, "five there are" },
		{ dead, DEAD_NAME, 2, KERN_SUCCESS, "dead names count, too" },
		{ dead, DEAD_NAME, -7, KERN_SUCCESS, "all" },
		{ dead, DEAD_NAME, -1, KERN_INVALID_NAME, "it is gone" },
		{ MACH_PORT_NULL, SEND, 9, KERN_SUCCESS, "null" },
		{ MACH_PORT_DEAD, SEND_ONCE, -9, KERN_SUCCESS, "dead" },
		{ MACH_PORT_DEAD, DEAD_NAME, 0, KERN_INVALID_NAME, "as such" },
		{ MACH_PORT_NULL, RECEIVE, 0, KERN_INVALID_NAME, "receive" },
		{ 12345, SEND, 0, KERN_INVALID_NAME, "nothing" },
		{ 12345, 99, 0, KERN_INVALID_VALUE, "nothing twice" },
		{ task, SEND, -4, KERN_SUCCESS, "all" },
		{ task, SEND, 0, KERN_INVALID_NAME, "it is gone" },
	};

	(void)personality;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		code_is(mach_port_mod_refs(mach_task_self(), rows[i].name,
			    rows[i].right, rows[i].delta),
		    rows[i].code, rows[i].why);
}

TEST(user_references_are_changed_within_bounds)
{
	in_each_personality(changes_are_judged);
}

TEST(what_would_be_one_too_many_does_not_arrive)
{
	task_t task = new_task();
	mach_port_t again = (mach_port_t)CANARY;

	succeeds(mach_port_mod_refs(own, task, SEND, UREFS_MOST - 1));
	answers(task_get_special_port(task, TASK_KERNEL_PORT, &again),
	    KERN_UREFS_OVERFLOW);
	ck_assert_uint_eq(again, (mach_port_t)CANARY);
	answers(mach_port_insert_right(own, task, task,
		    MACH_MSG_TYPE_COPY_SEND),
	    KERN_UREFS_OVERFLOW);
	ck_assert_uint_eq(refs_of(task, SEND), UREFS_MOST);
}

/* --- mach_port_destroy ------------------------------------------------- */

TEST(a_name_is_destroyed_with_all_its_references)
{
	struct vmd_statistics before, after;
	task_t task;

	succeeds(vmd_statistics(&before));
	task = new_task();
	succeeds(mach_port_mod_refs(own, task, SEND, 100));
	succeeds(mach_port_destroy(own, task));
	answers(mach_port_destroy(own, task), KERN_INVALID_NAME);
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.tasks, before.tasks);
}

TEST(a_dead_name_is_destroyed)
{
	mach_port_t dead = dead_name(9);

	succeeds(mach_port_destroy(own, dead));
	answers(mach_port_deallocate(own, dead), KERN_INVALID_NAME);
}

TEST(null_and_dead_are_destroyed_as_they_are)
{
	succeeds(mach_port_destroy(own, MACH_PORT_NULL));
	succeeds(mach_port_destroy(own, MACH_PORT_DEAD));
	answers(mach_port_destroy(own, 12345), KERN_INVALID_NAME);
}

/* --- mach_port_insert_right -------------------------------------------- */

static void
insertions_are_judged(enum personality personality)
{
	mach_port_t me = mach_task_self(), task = new_task();
	mach_port_t other = new_task(), dead = dead_name(1);
	const struct {
		mach_port_t name, poly;
		mach_msg_type_name_t disposition;
		kern_return_t code;
		const char *why;
	} rows[] = {
		{ MACH_PORT_NULL, task, 19, KERN_INVALID_VALUE, "null" },
		{ MACH_PORT_DEAD, task, 19, KERN_INVALID_VALUE, "dead" },
		{ task, task, 0, KERN_INVALID_VALUE, "no disposition" },
		{ task, task, 15, KERN_INVALID_VALUE, "a mere name" },
		{ task, task, 22, KERN_INVALID_VALUE, "none that may be sent" },
		{ task, task, ~0u, KERN_INVALID_VALUE, "none at all" },
		{ MACH_PORT_NULL, 0, 0, KERN_INVALID_VALUE, "all wrong" },
		{ 0x5003, MACH_PORT_NULL, 19, KERN_INVALID_CAPABILITY,
		    "null port" },
		{ 0x5003, MACH_PORT_DEAD, 19, KERN_INVALID_CAPABILITY,
		    "dead port" },
		{ 0x5003, dead, 19, KERN_INVALID_CAPABILITY, "one that died" },
		{ task, dead, 17, KERN_INVALID_CAPABILITY, "and moved" },
		{ 0x5003, 12345, 19, KERN_INVALID_CAPABILITY, "nothing" },
		{ task, task, 16, KERN_INVALID_RIGHT, "receive" },
		{ task, task, 18, KERN_INVALID_RIGHT, "send-once" },
		{ task, task, 20, KERN_INVALID_RIGHT, "made" },
		{ task, task, 21, KERN_INVALID_RIGHT, "made, once" },
		{ other, task, 19, KERN_NAME_EXISTS, "another right's" },
		{ other, task, 17, KERN_NAME_EXISTS, "and moved" },
		{ dead, task, 17, KERN_NAME_EXISTS, "a dead name's" },
		{ me, task, 17, KERN_NAME_EXISTS, "the own task's" },
		{ 0x5003, task, 19, KERN_RIGHT_EXISTS, "a second name" },
		{ 0x5003, task, 17, KERN_RIGHT_EXISTS, "one of two moved" },
		{ 0x5003, me, 19, KERN_RIGHT_EXISTS, "its own" },
		{ 3, other, 17, KERN_NO_SPACE, "no slot" },
		{ 0x7fffff03, other, 17, KERN_NO_SPACE, "none so high" },
		{ task + 1, other, 17, KERN_NO_SPACE, "a slot in use" },
	};

	(void)personality;
	succeeds(mach_port_mod_refs(me, task, SEND, 1));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		code_is(mach_port_insert_right(me, rows[i].name, rows[i].poly,
			    rows[i].disposition),
		    rows[i].code, rows[i].why);
		ck_assert_uint_eq(refs_of(task, SEND), 2);
		ck_assert_uint_eq(refs_of(other, SEND), 1);
		ck_assert_uint_eq(refs_of(dead, DEAD_NAME), 1);
	}
}

TEST(a_right_is_not_inserted_where_it_cannot_be)
{
	in_each_personality(insertions_are_judged);
}

TEST(inserting_a_right_under_its_own_name_adds_a_reference)
{
	task_t task = new_task();

	succeeds(
	    mach_port_insert_right(own, task, task, MACH_MSG_TYPE_COPY_SEND));
	ck_assert_uint_eq(refs_of(task, SEND), 2);
	succeeds(
	    mach_port_insert_right(own, task, task, MACH_MSG_TYPE_MOVE_SEND));
	ck_assert_uint_eq(refs_of(task, SEND), 2);
	succeeds(
	    mach_port_insert_right(own, own, own, MACH_MSG_TYPE_COPY_SEND));
	ck_assert_uint_eq(refs_of(own, SEND), 2);
}

TEST(the_last_reference_moves_to_another_name)
{
	task_t task = new_task();
	mach_port_t name = 0xabcd12;
	mach_port_type_t type;

	draw(task, 0x10000, "ab");
	succeeds(
	    mach_port_insert_right(own, name, task, MACH_MSG_TYPE_MOVE_SEND));
	answers(mach_port_type(own, task, &type), KERN_INVALID_NAME);
	answers(vm_protect(task, 0, 0, FALSE, 0), MACH_SEND_INVALID_DEST);
	pages_are(name, 0x10000, "ab");

	succeeds(
	    mach_port_insert_right(own, task, name, MACH_MSG_TYPE_MOVE_SEND));
	pages_are(task, 0x10000, "ab");
	ck_assert_uint_eq(refs_of(task, SEND), 1);
}

TEST(another_task_has_no_room_for_a_name)
{
	task_t task = new_task(), other = new_task();

	answers(mach_port_insert_right(task, other, other,
		    MACH_MSG_TYPE_COPY_SEND),
	    KERN_NO_SPACE);
	answers(mach_port_insert_right(task, 0, other, MACH_MSG_TYPE_COPY_SEND),
	    KERN_INVALID_VALUE);
	answers(mach_port_insert_right(task, 0x303, 0, MACH_MSG_TYPE_COPY_SEND),
	    KERN_INVALID_CAPABILITY);
	ck_assert_uint_eq(refs_of(other, SEND), 1);
}

/* --- mach_port_extract_right ------------------------------------------- */

static void
extractions_are_judged(enum personality personality)
{
	mach_port_t me = mach_task_self(), task = new_task(),
		    dead = dead_name(1);
	const struct {
		mach_port_t name;
		mach_msg_type_name_t disposition;
		kern_return_t code;
		const char *why;
	} rows[] = {
		{ task, 0, KERN_INVALID_VALUE, "no disposition" },
		{ task, 15, KERN_INVALID_VALUE, "a mere name" },
		{ task, 22, KERN_INVALID_VALUE, "none that may be sent" },
		{ 12345, 0, KERN_INVALID_VALUE, "nothing of nothing" },
		{ 12345, 19, KERN_INVALID_NAME, "nothing" },
		{ MACH_PORT_NULL, 19, KERN_INVALID_NAME, "null" },
		{ MACH_PORT_DEAD, 19, KERN_INVALID_NAME, "dead" },
		{ dead, 19, KERN_INVALID_RIGHT, "a dead name" },
		{ dead, 17, KERN_INVALID_RIGHT, "a dead name, moved" },
		{ task, 16, KERN_INVALID_RIGHT, "receive" },
		{ task, 18, KERN_INVALID_RIGHT, "send-once" },
		{ task, 20, KERN_INVALID_RIGHT, "made" },
		{ task, 21, KERN_INVALID_RIGHT, "made, once" },
	};

	(void)personality;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		mach_port_t port = (mach_port_t)CANARY;
		mach_msg_type_name_t type = (mach_msg_type_name_t)CANARY;

		code_is(mach_port_extract_right(me, rows[i].name,
			    rows[i].disposition, &port, &type),
		    rows[i].code, rows[i].why);
		ck_assert_uint_eq(port, (mach_port_t)CANARY);
		ck_assert_uint_eq(type, (mach_msg_type_name_t)CANARY);
		ck_assert_uint_eq(refs_of(task, SEND), 1);
	}
}

TEST(a_right_that_is_not_there_cannot_be_extracted)
{
	in_each_personality(extractions_are_judged);
}

TEST(a_right_extracted_is_the_caller_s)
{
	task_t task = new_task();
	mach_port_t port;
	mach_msg_type_name_t type;

	succeeds(mach_port_extract_right(own, task, MACH_MSG_TYPE_COPY_SEND,
	    &port, &type));
	ck_assert_uint_eq(port, task);
	ck_assert_uint_eq(type, MACH_MSG_TYPE_PORT_SEND);
	ck_assert_uint_eq(refs_of(task, SEND), 2);

	succeeds(mach_port_extract_right(own, task, MACH_MSG_TYPE_MOVE_SEND,
	    &port, &type));
	ck_assert_uint_eq(port, task);
	ck_assert_uint_eq(type, MACH_MSG_TYPE_PORT_SEND);
	ck_assert_uint_eq(refs_of(task, SEND), 2);
}

/* --- Dead names -------------------------------------------------------- */

TEST(a_task_that_is_terminated_leaves_a_dead_name_with_all_references)
{
	mach_port_t dead = dead_name(4);

	ck_assert_uint_eq(type_of(dead), MACH_PORT_TYPE_DEAD_NAME);
	ck_assert_uint_eq(refs_of(dead, DEAD_NAME), 4);
	for (int i = 0; i < 4; i++)
		succeeds(mach_port_deallocate(own, dead));
	answers(mach_port_deallocate(own, dead), KERN_INVALID_NAME);
}

/* --- Whom they are for ------------------------------------------------- */

static kern_return_t
each_call(mach_port_t task, size_t i)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t n, m;
	mach_port_type_t type;
	mach_port_urefs_t refs;
	mach_port_t port;
	mach_msg_type_name_t disposition;

	switch (i) {
	case 0:
		return mach_port_names(task, &names, &n, &types, &m);
	case 1:
		return mach_port_type(task, own, &type);
	case 2:
		return mach_port_destroy(task, own);
	case 3:
		return mach_port_get_refs(task, own, SEND, &refs);
	case 4:
		return mach_port_mod_refs(task, own, SEND, 0);
	case 5:
		return mach_port_insert_right(task, own, own, 19);
	default:
		return mach_port_extract_right(task, own, 19, &port,
		    &disposition);
	}
}

TEST(names_are_a_tasks)
{
	mach_port_t host = mach_host_self(), dead = dead_name(1);

	for (size_t i = 0; i < 7; i++) {
		answers(each_call(host, i), KERN_INVALID_TASK);
		answers(each_call(MACH_PORT_NULL, i), MACH_SEND_INVALID_DEST);
		answers(each_call(dead, i), MACH_SEND_INVALID_DEST);
		answers(each_call(12345, i), MACH_SEND_INVALID_DEST);
	}
}

TEST(in_another_task_every_name_is_unknown)
{
	task_t task = new_task();

	for (size_t i = 1; i < 7; i++)
		if (i != 5)
			answers(each_call(task, i), KERN_INVALID_NAME);
}
