/* Ports and names: user references, generations, dead names. */
#include "tests/support/test.h"

#include "common/msg.h"
#include "server/port.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "tests/support/picture.h"

static struct port_space here, there;
static struct port *port;

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
}

void
test_teardown(void)
{
	port_space_deinit(&here);
	port_space_deinit(&there);
	port_unref(port);
	machine_stop();
}

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

	port_right_release(port_space_lookup(&here, old));
	ck_assert_ptr_null(port_space_lookup(&here, old));
	name = insert(&here, port);
	ck_assert_uint_eq(name >> 8, old >> 8);
	ck_assert_uint_ne(name, old);
	ck_assert_ptr_null(port_space_lookup(&here, old));
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
