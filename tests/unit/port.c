/* Ports, what tasks hold, and names: user references, generations, dead names. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include <mach/notify.h>

#include "common/msg.h"
#include "server/port.h"
#include "server/port_notify.h"
#include "server/port_space.h"
#include "server/vm/memory_entry.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "tests/support/picture.h"

static struct port_space here, there;
static struct port *port;
static struct port_right *receiver; /* in `here`; NULL: none yet */

static struct port *
new_task_port(void)
{
	struct task *task;

	ck_assert_int_eq(task_new(&machine, &personality_osf, &task),
	    KERN_SUCCESS);
	return port_new(PORT_TASK, task);
}

void
test_setup(void)
{
	machine_start(1 << 20, 0);
	port_space_init(&here);
	port_space_init(&there);
	port = new_task_port();
	receiver = NULL;
}

void
test_teardown(void)
{
	port_space_deinit(&here);
	port_space_deinit(&there);
	port_unref(port);
	machine_stop();
}

/* --- Names ------------------------------------------------------------- */

static mach_port_name_t
insert(struct port_space *space, struct port *which)
{
	mach_port_name_t name = MACH_PORT_NULL;

	ck_assert_int_eq(port_space_insert(space, which, &name), KERN_SUCCESS);
	return name;
}

TEST(the_same_right_arrives_under_the_same_name)
{
	mach_port_name_t name = insert(&here, port);

	ck_assert_uint_eq(insert(&here, port), name);
	ck_assert_uint_eq(port_space_lookup(&here, name)->urefs, 2);
}

TEST(a_name_means_nothing_in_another_space)
{
	mach_port_name_t name = insert(&here, port);

	ck_assert_ptr_null(port_space_lookup(&there, name));
	ck_assert_ptr_null(port_space_lookup(&here, name + 1));
	ck_assert_ptr_null(port_space_lookup(&here, name + 256));
	ck_assert_ptr_null(port_space_lookup(&here, MACH_PORT_NULL));
	ck_assert_ptr_null(port_space_lookup(&here, MACH_PORT_DEAD));
}

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* Of all names there are; under sanitizers, of one in a hundred. */
TEST(of_all_names_only_those_that_were_given_mean_anything)
{
#ifdef SANITIZED
	const uint64_t step = 101;
#else
	const uint64_t step = 1;
#endif
	struct port *other = new_task_port(), *gone = new_task_port();
	mach_port_name_t names[] = { insert(&here, port),
		insert(&here, other) };
	uint64_t found = 0;

	for (int i = 0; i < 100; i++)
		port_right_release(
		    port_space_lookup(&here, insert(&here, gone)));
	insert(&there, gone);
	for (uint64_t name = 0; name <= UINT32_MAX; name += step) {
		struct port_right *right =
		    port_space_lookup(&here, (mach_port_name_t)name);

		if (!right)
			continue;
		ck_assert(name == names[0] || name == names[1]);
		found++;
	}
	if (step == 1)
		ck_assert_uint_eq(found, ARRAY_SIZE(names));
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		ck_assert_ptr_nonnull(port_space_lookup(&here, names[i]));
	port_unref(other);
	port_unref(gone);
}

TEST(the_own_tasks_name_is_kept_for_it)
{
	struct port *self = new_task_port();

	ck_assert_uint_ne(insert(&here, port), MSG_TASK_SELF);
	ck_assert_int_eq(port_space_insert_self(&here, self), KERN_SUCCESS);
	ck_assert_ptr_eq(port_space_lookup(&here, MSG_TASK_SELF)->port, self);
	port_unref(self);
}

TEST(a_name_that_was_given_back_means_nothing_when_its_slot_is_used_again)
{
	mach_port_name_t old = insert(&here, port), name;

	do {
		port_right_release(
		    port_space_lookup(&here, LIST_FIRST(&port->rights)->name));
		ck_assert_ptr_null(port_space_lookup(&here, old));
		name = insert(&here, port);
	} while (name >> 8 != old >> 8);
	ck_assert_uint_ne(name, old);
	ck_assert_ptr_null(port_space_lookup(&here, old));
}

TEST(a_name_comes_again_when_all_others_have_had_their_turn)
{
	enum { GENERATIONS = 256 };
	struct port *other = new_task_port();
	mach_port_name_t old, name;
	unsigned turns = 0;

	insert(&here, other);
	old = insert(&here, port);
	do {
		port_right_release(
		    port_space_lookup(&here, LIST_FIRST(&port->rights)->name));
		name = insert(&here, port);
		turns++;
	} while (name != old);
	ck_assert_uint_eq(turns, GENERATIONS * (here.size - 4));
	port_unref(other);
}

TEST(when_a_task_is_terminated_all_rights_to_it_are_dead_names)
{
	mach_port_name_t a = insert(&here, port), b = insert(&there, port);

	insert(&here, port);
	port_destroy(port);

	ck_assert_ptr_null(port_space_lookup(&here, a)->port);
	ck_assert_ptr_null(port_space_lookup(&there, b)->port);
	ck_assert_uint_eq(port_space_lookup(&here, a)->urefs, 2);
	port_right_release(port_space_lookup(&here, a));
	port_right_release(port_space_lookup(&here, a));
	ck_assert_ptr_null(port_space_lookup(&here, a));
}

TEST(a_task_lives_as_long_as_there_is_a_right_to_it)
{
	mach_port_name_t a = insert(&here, port), b = insert(&there, port);
	struct port *held = port;

	port = port_unref(held);
	port_right_release(port_space_lookup(&here, a));
	ck_assert_ptr_nonnull(held->task->map);
	ck_assert(!LIST_EMPTY(&machine.maps));
	port_right_release(port_space_lookup(&there, b));
	ck_assert(LIST_EMPTY(&machine.maps));
}

TEST(user_references_do_not_wrap)
{
	mach_port_name_t name = insert(&here, port);

	for (unsigned i = 1; i < 65534; i++)
		insert(&here, port);
	ck_assert_int_eq(port_space_insert(&here, port, &name),
	    KERN_UREFS_OVERFLOW);
}

TEST(there_is_room_for_many_names)
{
	struct port *ports[1000];

	for (unsigned i = 0; i < 1000; i++) {
		ports[i] = new_task_port();
		insert(&here, ports[i]);
		port_unref(ports[i]);
	}
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_uint_eq(insert(&here, ports[i]),
		    LIST_FIRST(&ports[i]->rights)->name);
}

TEST(user_references_are_added_and_taken_away)
{
	mach_port_name_t name = insert(&here, port);
	struct port_right *right = port_space_lookup(&here, name);

	ck_assert_int_eq(port_right_modify(right, 5), KERN_SUCCESS);
	ck_assert_uint_eq(right->urefs, 6);
	ck_assert_int_eq(port_right_modify(right, 0), KERN_SUCCESS);
	ck_assert_int_eq(port_right_modify(right, -7), KERN_INVALID_VALUE);
	ck_assert_int_eq(port_right_modify(right, INT32_MIN),
	    KERN_INVALID_VALUE);
	ck_assert_int_eq(port_right_modify(right, 65529), KERN_UREFS_OVERFLOW);
	ck_assert_int_eq(port_right_modify(right, INT32_MAX),
	    KERN_UREFS_OVERFLOW);
	ck_assert_uint_eq(right->urefs, 6);
	ck_assert_int_eq(port_right_modify(right, 65528), KERN_SUCCESS);
	ck_assert_int_eq(port_right_modify(right, -65534), KERN_SUCCESS);
	ck_assert_ptr_null(port_space_lookup(&here, name));
}

TEST(a_name_goes_with_all_its_references_at_once)
{
	mach_port_name_t name = insert(&here, port), other;

	insert(&here, port);
	port_right_destroy(port_space_lookup(&here, name));
	ck_assert_ptr_null(port_space_lookup(&here, name));
	ck_assert(LIST_EMPTY(&port->rights));

	other = insert(&here, port);
	port_destroy(port);
	port_right_destroy(port_space_lookup(&here, other));
	ck_assert_ptr_null(port_space_lookup(&here, other));
}

/* Names of a space, in the order of slots. */
static unsigned
names_of(const struct port_space *space, mach_port_name_t *names, unsigned room)
{
	struct port_right *right;
	uint32_t at = 0;
	unsigned count = 0;

	while ((right = port_space_next(space, &at))) {
		ck_assert_uint_lt(count, room);
		names[count++] = right->name;
	}
	return count;
}

TEST(all_names_of_a_space_are_found)
{
	struct port *other = new_task_port();
	mach_port_name_t a, b, names[4];

	ck_assert_uint_eq(names_of(&here, names, 4), 0);
	a = insert(&here, port);
	b = insert(&here, other);
	ck_assert_uint_eq(names_of(&here, names, 4), 2);
	ck_assert_uint_eq(names[0], MIN(a, b));
	ck_assert_uint_eq(names[1], MAX(a, b));

	port_destroy(other);
	ck_assert_uint_eq(names_of(&here, names, 4), 2);
	port_right_release(port_space_lookup(&here, a));
	ck_assert_uint_eq(names_of(&here, names, 4), 1);
	ck_assert_uint_eq(names[0], b);
	port_unref(other);
}

static kern_return_t
rename_to(mach_port_name_t from, mach_port_name_t to)
{
	return port_right_rename(port_space_lookup(&here, from), to);
}

TEST(a_right_is_given_another_name_with_its_references)
{
	mach_port_name_t old = insert(&here, port), new = 0x12345;

	insert(&here, port);
	ck_assert_int_eq(rename_to(old, new), KERN_SUCCESS);
	ck_assert_ptr_null(port_space_lookup(&here, old));
	ck_assert_ptr_eq(port_space_lookup(&here, new)->port, port);
	ck_assert_uint_eq(port_space_lookup(&here, new)->urefs, 2);
	ck_assert_uint_eq(insert(&here, port), new);

	ck_assert_int_eq(rename_to(new, new + 1), KERN_SUCCESS);
	ck_assert_ptr_null(port_space_lookup(&here, new));
	ck_assert_int_eq(rename_to(new + 1, old), KERN_SUCCESS);
	ck_assert_uint_eq(insert(&here, port), old);
}

TEST(a_name_is_given_once_and_has_a_slot)
{
	struct port *other = new_task_port(), *self = new_task_port();
	mach_port_name_t a, b;

	ck_assert_int_eq(port_space_insert_self(&here, self), KERN_SUCCESS);
	a = insert(&here, port);
	b = insert(&here, other);
	ck_assert_int_eq(rename_to(a, a), KERN_NAME_EXISTS);
	ck_assert_int_eq(rename_to(a, b), KERN_NAME_EXISTS);
	ck_assert_int_eq(rename_to(a, MSG_TASK_SELF), KERN_NAME_EXISTS);
	ck_assert_int_eq(rename_to(a, b + 1), KERN_NO_SPACE);
	ck_assert_int_eq(rename_to(a, 3), KERN_NO_SPACE);
	ck_assert_int_eq(rename_to(a, MACH_PORT_DEAD - 1), KERN_NO_SPACE);
	ck_assert_int_eq(rename_to(a, 1 << 28), KERN_NO_SPACE);
	ck_assert_int_eq(rename_to(a, (1 << 28) - 1), KERN_NO_SPACE);
	ck_assert_int_eq(rename_to(a, 65536 << 8 | 1), KERN_SUCCESS);

	ck_assert_int_eq(rename_to(MSG_TASK_SELF, 0x7703), KERN_SUCCESS);
	ck_assert_int_eq(rename_to(b, MSG_TASK_SELF), KERN_SUCCESS);
	ck_assert_ptr_eq(port_space_lookup(&here, 0x7703)->port, self);
	port_unref(other);
	port_unref(self);
}

TEST(the_slot_of_one_who_waits_for_its_own_task_is_kept)
{
	mach_port_name_t name = insert(&here, port);

	ck_assert_int_eq(rename_to(name, MSG_TASK_SELF), KERN_NO_SPACE);
}

/* Is each slot used, or free and on the list, once? */
static bool
free_list_is_whole(const struct port_space *space)
{
	uint32_t prev = 0, count = 0;

	for (uint32_t i = space->free; i != 0; i = space->slots[i].next_free) {
		const struct port_slot *slot = &space->slots[i];

		if (!slot->free || slot->right || slot->prev_free != prev ||
		    ++count > space->size)
			return false;
		prev = i;
	}
	for (uint32_t i = 0; i < space->size; i++)
		count -= space->slots[i].free;
	return count == 0 && space->last_free == prev;
}

TEST(names_that_come_and_go_leave_the_slots_in_order)
{
	enum { PORTS = 40, ROUNDS = 20000 };
	struct port *ports[PORTS];
	mach_port_name_t names[PORTS] = { 0 };

	srand(7);
	for (unsigned i = 0; i < PORTS; i++)
		ports[i] = new_task_port();
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned i = (unsigned)rand() % PORTS;
		mach_port_name_t wanted =
		    (mach_port_name_t)rand() % 100 << 8 | 0x80;

		if (names[i] == 0)
			names[i] = insert(&here, ports[i]);
		else if (rand() % 2 == 0) {
			port_right_destroy(port_space_lookup(&here, names[i]));
			names[i] = 0;
		} else if (rename_to(names[i], wanted) == KERN_SUCCESS)
			names[i] = wanted;
		if (names[i] != 0)
			ck_assert_ptr_eq(port_space_lookup(&here, names[i])
					     ->port,
			    ports[i]);
		ck_assert(free_list_is_whole(&here));
	}
	for (unsigned i = 0; i < PORTS; i++)
		port_unref(ports[i]);
}

static void
hold(struct port *task, unsigned place, struct port *which)
{
	ck_assert_int_eq(port_hold(task, place, which), KERN_SUCCESS);
}

static struct port *
held(struct port *task, unsigned place)
{
	struct port *which = NULL;

	ck_assert(port_held(task, place, &which));
	return which;
}

/* --- Receive rights ---------------------------------------------------- */

enum { RECEIVE = MACH_PORT_RIGHT_RECEIVE, DEAD = MACH_PORT_RIGHT_DEAD_NAME };

static struct port_right *
new_right(mach_port_right_t kind)
{
	mach_port_name_t name = MACH_PORT_NULL;

	ck_assert_int_eq(port_space_allocate(&here, kind, &name), KERN_SUCCESS);
	return port_space_lookup(&here, name);
}

/* Of a space that has no right to the port, or has. */
static bool
is_dead_name(struct port_space *space, mach_port_name_t name, uint32_t urefs)
{
	const struct port_right *right = port_space_lookup(space, name);

	return right && !right->port && right->urefs == urefs &&
	       !right->receive;
}

TEST(a_name_may_stand_for_a_receive_right_and_for_send_rights)
{
	struct port_right *right = new_right(RECEIVE);

	ck_assert(right->receive && !port_right_sends(right));
	ck_assert(!port_has_senders(right->port));
	ck_assert_int_eq(port_right_make_send(right), KERN_SUCCESS);
	ck_assert(port_right_sends(right) && port_has_senders(right->port));
	ck_assert_uint_eq(insert(&here, right->port), right->name);
	ck_assert_uint_eq(right->urefs, 2);
	ck_assert_uint_eq(right->port->mscount, 1);

	ck_assert_int_eq(port_right_modify(right, -2), KERN_SUCCESS);
	ck_assert_ptr_eq(port_space_lookup(&here, right->name), right);
	ck_assert(!port_has_senders(right->port));
	ck_assert_int_eq(port_right_make_send(right), KERN_SUCCESS);
	ck_assert_uint_eq(right->port->mscount, 2);
	ck_assert_int_eq(port_right_modify(right, 65534), KERN_UREFS_OVERFLOW);
}

TEST(a_receive_right_is_given_the_name_that_is_wanted)
{
	mach_port_name_t name = 0x5507, other = 0x5508, self = MSG_TASK_SELF;

	ck_assert_int_eq(port_space_allocate(&here, RECEIVE, &name),
	    KERN_SUCCESS);
	ck_assert(port_space_lookup(&here, 0x5507)->receive);
	ck_assert_int_eq(port_space_allocate(&here, RECEIVE, &name),
	    KERN_NAME_EXISTS);
	ck_assert_int_eq(port_space_allocate(&here, DEAD, &other),
	    KERN_NO_SPACE);
	ck_assert_int_eq(port_space_allocate(&here, DEAD, &self),
	    KERN_NO_SPACE);
	ck_assert_uint_eq(other, 0x5508);
}

TEST(with_the_receive_right_all_send_rights_die)
{
	struct port_right *right = new_right(RECEIVE);
	mach_port_name_t mine = right->name, theirs;

	theirs = insert(&there, right->port);
	insert(&there, right->port);
	port_right_make_send(right);
	hold(port, 4, right->port);
	port_destroy(right->port);
	ck_assert(is_dead_name(&here, mine, 1));
	ck_assert(is_dead_name(&there, theirs, 2));
	ck_assert(port_is_dead(held(port, 4)));
}

TEST(a_name_that_only_receives_is_gone_with_its_right)
{
	struct port_right *right = new_right(RECEIVE);
	mach_port_name_t mine = right->name, theirs;

	theirs = insert(&there, right->port);
	port_destroy(right->port);
	ck_assert_ptr_null(port_space_lookup(&here, mine));
	ck_assert(is_dead_name(&there, theirs, 1));
}

TEST(a_name_is_destroyed_with_both_rights)
{
	struct port_right *right = new_right(RECEIVE);
	mach_port_name_t mine = right->name, theirs;

	theirs = insert(&there, right->port);
	port_right_make_send(right);
	port_right_destroy(right);
	ck_assert_ptr_null(port_space_lookup(&here, mine));
	ck_assert(is_dead_name(&there, theirs, 1));
}

TEST(a_space_that_goes_leaves_dead_names_of_what_it_received_from)
{
	struct port_right *right = new_right(RECEIVE);
	mach_port_name_t theirs = insert(&there, right->port);

	port_space_deinit(&here);
	ck_assert(is_dead_name(&there, theirs, 1));
}

TEST(a_dead_name_may_be_made)
{
	struct port_right *right = new_right(DEAD);
	mach_port_name_t name = right->name;

	ck_assert(is_dead_name(&here, name, 1));
	port_right_release(right);
	ck_assert_ptr_null(port_space_lookup(&here, name));
}

/* --- Notifications ----------------------------------------------------- */

static struct port_request **
of_receiver(void)
{
	receiver = receiver ? receiver : new_right(RECEIVE);
	return &receiver->port->no_senders;
}

static void
request(struct port_request **place)
{
	of_receiver();
	ck_assert_int_eq(port_request_new(receiver->port, place), KERN_SUCCESS);
}

/* The next message says this. */
static void
is_told(mach_msg_id_t id, uint32_t value)
{
	struct port_request *message = port_space_message(&here);

	ck_assert_ptr_nonnull(message);
	ck_assert_ptr_eq(message->notify, receiver->port);
	ck_assert_int_eq(message->id, id);
	ck_assert_uint_eq(message->value, value);
	port_request_free(message);
}

static void
is_told_no_more(void)
{
	ck_assert_ptr_null(port_space_message(&here));
}

TEST(who_asked_is_told_once_that_a_port_has_died)
{
	mach_port_name_t name = insert(&here, port);

	request(&port_space_lookup(&here, name)->request);
	is_told_no_more();
	port_destroy(port);
	ck_assert(is_dead_name(&here, name, 2));
	is_told(MACH_NOTIFY_DEAD_NAME, name);
	is_told_no_more();
	ck_assert_uint_eq(here.request_count, 0);
}

TEST(who_asked_is_told_that_the_name_was_freed)
{
	mach_port_name_t name = insert(&here, port);

	request(&port_space_lookup(&here, name)->request);
	port_right_release(port_space_lookup(&here, name));
	is_told(MACH_NOTIFY_PORT_DELETED, name);
	name = insert(&here, port);
	request(&port_space_lookup(&here, name)->request);
	port_right_destroy(port_space_lookup(&here, name));
	is_told(MACH_NOTIFY_PORT_DELETED, name);
	is_told_no_more();
}

TEST(who_asked_is_told_that_another_request_took_the_place)
{
	mach_port_name_t name = insert(&here, port);

	request(&port_space_lookup(&here, name)->request);
	request(&port_space_lookup(&here, name)->request);
	is_told(MACH_NOTIFY_SEND_ONCE, 0);
	is_told_no_more();
	port_destroy(port);
	is_told(MACH_NOTIFY_DEAD_NAME, name);
}

TEST(the_name_told_is_the_one_that_the_right_has_then)
{
	mach_port_name_t name = insert(&here, port);

	request(&port_space_lookup(&here, name)->request);
	ck_assert_int_eq(rename_to(name, 0x7711), KERN_SUCCESS);
	port_destroy(port);
	is_told(MACH_NOTIFY_DEAD_NAME, 0x7711);
}

TEST(who_asked_is_told_when_the_last_send_right_goes)
{
	mach_port_name_t theirs;

	request(of_receiver());
	port_right_make_send(receiver);
	theirs = insert(&there, receiver->port);
	hold(port, 4, receiver->port);
	port_right_release(receiver);
	port_right_release(port_space_lookup(&there, theirs));
	is_told_no_more();
	hold(port, 4, NULL);
	is_told(MACH_NOTIFY_NO_SENDERS, 1);
	insert(&there, receiver->port);
	port_space_deinit(&there);
	is_told_no_more();
}

TEST(a_space_that_goes_sends_no_more)
{
	request(of_receiver());
	insert(&there, receiver->port);
	port_space_deinit(&there);
	is_told(MACH_NOTIFY_NO_SENDERS, 0);
}

TEST(a_receive_right_that_goes_takes_its_requests_along)
{
	struct port_right *other = new_right(RECEIVE);
	mach_port_name_t name = insert(&here, port), second;

	second = insert(&here, other->port);
	request(&other->port->no_senders);
	request(&port_space_lookup(&here, name)->request);
	request(of_receiver());
	port_right_release(port_space_lookup(&here, second));
	is_told(MACH_NOTIFY_NO_SENDERS, 0);
	request(&other->port->no_senders);
	port_destroy(other->port);
	is_told(MACH_NOTIFY_SEND_ONCE, 0);
	ck_assert_uint_eq(here.request_count, 2);

	port_destroy(receiver->port);
	ck_assert_ptr_null(port_space_lookup(&here, name)->request);
	ck_assert_uint_eq(here.request_count, 0);
	is_told_no_more();
}

TEST(messages_go_with_the_receive_right_that_they_are_for)
{
	mach_port_name_t name = insert(&here, port);

	request(&port_space_lookup(&here, name)->request);
	port_destroy(port);
	ck_assert_ptr_nonnull(port_space_message(&here));
	port_right_destroy(receiver);
	is_told_no_more();
}

TEST(a_port_that_asks_about_itself_is_told_nothing_when_it_dies)
{
	of_receiver();
	port_right_make_send(receiver);
	request(&receiver->request);
	request(of_receiver());
	port_destroy(receiver->port);
	is_told_no_more();
	ck_assert_uint_eq(here.request_count, 0);
}

/* --- Kinds ------------------------------------------------------------- */

TEST(a_privileged_host_port_serves_as_a_plain_one)
{
	struct port *plain = port_new(PORT_HOST, NULL);
	struct port *privileged = port_new(PORT_HOST_PRIV, NULL);

	ck_assert(port_serves_as(privileged, PORT_HOST));
	ck_assert(port_serves_as(privileged, PORT_HOST_PRIV));
	ck_assert(port_serves_as(plain, PORT_HOST));
	ck_assert(!port_serves_as(plain, PORT_HOST_PRIV));
	ck_assert(!port_serves_as(plain, PORT_TASK));
	ck_assert(!port_serves_as(port, PORT_HOST));
	ck_assert(port_serves_as(port, PORT_ANY));
	ck_assert(!port_is_dead(plain));
	port_unref(plain);
	port_unref(privileged);
}

TEST(a_memory_entry_goes_with_the_last_right_to_it)
{
	struct memory_entry *entry = memory_entry_new(&machine);
	struct port *which = port_new_entry(entry);
	mach_port_name_t name = insert(&here, which);

	ck_assert_ptr_eq(which->entry, entry);
	ck_assert_ptr_nonnull(vm_mappings_zeros(&entry->parts, 0x4000));
	ck_assert_uint_eq(machine.objects.used, 1);
	port_unref(which);
	ck_assert_uint_eq(machine.objects.used, 1);
	port_right_release(port_space_lookup(&here, name));
	while (vm_machine_reap(&machine, UINT32_MAX))
		continue;
	ck_assert_uint_eq(machine.objects.used, 0);
}

/* --- What tasks hold --------------------------------------------------- */

enum { PLACE = 4 };

static unsigned
tasks(void)
{
	uint32_t all = UINT32_MAX;
	const struct vm_map *map;
	unsigned count = 0;

	while (ports_reap(&all))
		all = UINT32_MAX;
	LIST_FOREACH(map, &machine.maps, link)
		count++;
	return count;
}

/* A task's port that nobody has but the one who holds it. */
static struct port *
held_by(struct port *task, unsigned place)
{
	struct port *which = new_task_port();

	hold(task, place, which);
	port_unref(which);
	return which;
}

TEST(a_port_lives_while_a_task_holds_it)
{
	struct port *which = port;

	ck_assert(!port_held(port, PLACE, &which));
	ck_assert_ptr_eq(which, port);
	which = held_by(port, PLACE);
	ck_assert_ptr_eq(held(port, PLACE), which);
	ck_assert(!port_held(port, PLACE + 1, &which));
	ck_assert_uint_eq(tasks(), 2);

	hold(port, PLACE, NULL);
	ck_assert_uint_eq(tasks(), 1);
	ck_assert_ptr_null(held(port, PLACE));
}

TEST(what_a_task_holds_is_replaced)
{
	struct port *which = held_by(port, PLACE);

	hold(port, PLACE, which);
	ck_assert_uint_eq(tasks(), 2);
	hold(port, PLACE + 1, which);
	hold(port, PLACE, port);
	ck_assert_uint_eq(tasks(), 2);
	hold(port, PLACE + 1, port);
	ck_assert_uint_eq(tasks(), 1);
}

TEST(a_task_that_is_terminated_lets_go_of_what_it_holds)
{
	held_by(port, PLACE);
	port_destroy(port);
	ck_assert_uint_eq(tasks(), 0);
	ck_assert(port_is_dead(port));
}

TEST(a_port_that_is_held_may_die)
{
	struct port *which = held_by(port, PLACE);

	port_destroy(which);
	ck_assert_uint_eq(tasks(), 1);
	ck_assert(port_is_dead(held(port, PLACE)));
	hold(port, PLACE, NULL);
}

TEST(a_task_that_holds_itself_goes_with_the_last_right_to_it)
{
	mach_port_name_t name = insert(&here, port);

	hold(port, PLACE, port);
	port = port_unref(port);
	ck_assert_uint_eq(tasks(), 1);
	port_right_release(port_space_lookup(&here, name));
	ck_assert_uint_eq(tasks(), 0);
}

TEST(tasks_that_hold_each_other_go_together)
{
	struct port *b = held_by(port, PLACE), *c = held_by(b, PLACE);

	hold(c, PLACE, b);
	hold(c, PLACE + 1, port);
	ck_assert_uint_eq(tasks(), 3);
	hold(c, PLACE + 1, NULL);
	hold(port, PLACE, NULL);
	ck_assert_uint_eq(tasks(), 1);
}

TEST(a_ring_stays_while_one_of_it_has_a_name)
{
	mach_port_name_t name = insert(&here, port);
	struct port *a = port, *b;

	for (unsigned i = 1; i < 100; i++)
		a = held_by(a, PLACE);
	hold(a, PLACE, port);
	b = held(held(port, PLACE), PLACE);
	port_ref(b);
	port = port_unref(port);
	ck_assert_uint_eq(tasks(), 100);
	port_right_release(port_space_lookup(&here, name));
	ck_assert_uint_eq(tasks(), 100);
	port_unref(b);
	ck_assert_uint_eq(tasks(), 0);
}

TEST(a_chain_of_any_length_is_let_go_of_bit_by_bit)
{
	enum { LENGTH = 20000, SOME = 200 };
	static struct port *chain[LENGTH];
	uint32_t steps = SOME;

	chain[0] = port;
	for (unsigned i = 1; i < LENGTH; i++)
		chain[i] = new_task_port();
	for (unsigned i = 0; i < LENGTH; i++)
		hold(chain[i], PLACE, chain[(i + 1) % LENGTH]);
	for (unsigned i = LENGTH; i-- > 1;)
		port_unref(chain[i]);
	ck_assert_uint_eq(tasks(), LENGTH);
	port = port_unref(port);
	ck_assert_uint_ge(machine.map_count, LENGTH - SOME);
	ck_assert(ports_reap(&steps));
	ck_assert_uint_ge(machine.map_count, LENGTH - 2 * SOME);
	ck_assert_uint_eq(tasks(), 0);
}

/* Some tasks at random, as a graph: who has a name, and who holds whom. */
enum { NODES = 12, PLACES = 3 };

static struct graph {
	bool alive[NODES];
	bool named[NODES];
	int holds[NODES][PLACES]; /* -1: none */
} graph;

static struct port *nodes[NODES];

static void
mark(bool *reached, int i)
{
	if (i < 0 || reached[i])
		return;
	reached[i] = true;
	for (unsigned place = 0; place < PLACES; place++)
		mark(reached, graph.holds[i][place]);
}

/* Who cannot be reached is not there. Returns how many are. */
static unsigned
settle_graph(void)
{
	bool reached[NODES] = { false };
	unsigned count = 0;

	for (int i = 0; i < NODES; i++)
		if (graph.named[i])
			mark(reached, i);
	for (int i = 0; i < NODES; i++) {
		graph.alive[i] = reached[i];
		count += reached[i];
		for (unsigned place = 0; !reached[i] && place < PLACES; place++)
			graph.holds[i][place] = -1;
	}
	return count;
}

static void
change_graph(int i, int j, unsigned place)
{
	if (!graph.alive[i]) {
		nodes[i] = new_task_port();
		graph.named[i] = true;
	} else if (rand() % 3 == 0) {
		if (graph.named[i])
			port_unref(nodes[i]);
		else
			port_ref(nodes[i]);
		graph.named[i] = !graph.named[i];
	} else {
		if (!graph.alive[j])
			j = -1;
		hold(nodes[i], place, j < 0 ? NULL : nodes[j]);
		graph.holds[i][place] = j;
	}
}

TEST(tasks_live_exactly_while_they_can_be_reached)
{
	enum { ROUNDS = 100000 };

	srand(1);
	memset(graph.holds, -1, sizeof(graph.holds));
	for (unsigned round = 0; round < ROUNDS; round++) {
		change_graph(rand() % NODES, rand() % NODES,
		    (unsigned)rand() % PLACES);
		ck_assert_uint_eq(tasks(), settle_graph() + 1);
	}
	for (int i = 0; i < NODES; i++)
		if (graph.named[i])
			port_unref(nodes[i]);
}
