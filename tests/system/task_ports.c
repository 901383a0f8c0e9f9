/* Tasks suspended, and the ports that tasks hold: special and registered. */
#include "tests/support/test.h"

#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum { SEND = MACH_PORT_RIGHT_SEND };

static task_t task;

void
test_setup(void)
{
	daemon_start("--check", NULL);
	task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

static uint64_t
tasks(void)
{
	struct vmd_statistics statistics;

	succeeds(vmd_statistics(&statistics));
	return statistics.tasks;
}

static mach_port_urefs_t
refs_of(mach_port_t name)
{
	mach_port_urefs_t refs;

	succeeds(mach_port_get_refs(mach_task_self(), name, SEND, &refs));
	return refs;
}

static mach_port_t
special(task_t of, int which)
{
	mach_port_t port = (mach_port_t)CANARY;

	succeeds(task_get_special_port(of, which, &port));
	return port;
}

static void
give_up(mach_port_t port)
{
	succeeds(mach_port_deallocate(mach_task_self(), port));
}

/* --- task_suspend, task_resume ----------------------------------------- */

static int
suspended(task_t which)
{
	mach_task_basic_info_data_t info;
	mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;

	succeeds(
	    task_info(which, MACH_TASK_BASIC_INFO, (task_info_t)&info, &count));
	return info.suspend_count;
}

static void
suspending_nests(enum personality personality)
{
	const kern_return_t idle[PERSONALITIES] =
	    SAY(KERN_SUCCESS, KERN_FAILURE, KERN_FAILURE);
	task_t mine = new_task();

	answers(task_resume(mine), idle[personality]);
	ck_assert_int_eq(suspended(mine), 0);
	succeeds(task_suspend(mine));
	succeeds(task_suspend(mine));
	ck_assert_int_eq(suspended(mine), 2);
	succeeds(task_resume(mine));
	ck_assert_int_eq(suspended(mine), 1);
	succeeds(task_resume(mine));
	ck_assert_int_eq(suspended(mine), 0);
	answers(task_resume(mine), idle[personality]);
	ck_assert_int_eq(suspended(mine), 0);
}

TEST(a_task_is_resumed_as_often_as_it_was_suspended)
{
	in_each_personality(suspending_nests);
}

TEST(the_memory_of_a_suspended_task_is_used_as_ever)
{
	task_t child;

	succeeds(task_suspend(task));
	draw(task, 0x10000, "ab");
	pages_are(task, 0x10000, "ab");
	child = child_of(task);
	pages_are(child, 0x10000, "ab");
	ck_assert_int_eq(suspended(child), 0);
	ck_assert_int_eq(suspended(task), 1);
	end_task(task);
}

TEST(who_is_no_task_is_not_suspended)
{
	task_t dead = new_task();

	succeeds(task_terminate(dead));
	answers(task_suspend(mach_host_self()), KERN_INVALID_ARGUMENT);
	answers(task_resume(mach_host_self()), KERN_INVALID_ARGUMENT);
	answers(task_suspend(MACH_PORT_NULL), MACH_SEND_INVALID_DEST);
	answers(task_resume(dead), MACH_SEND_INVALID_DEST);
}

/* --- Special ports: which there are ------------------------------------ */

/* What asking for each says, and setting it, by number: 0 KERN_SUCCESS, 4
 * KERN_INVALID_ARGUMENT, 8 KERN_NO_ACCESS. */
static const char *const get_codes[PERSONALITIES] = {
	[OSF] = "4000000444444",
	[XNU] = "4000000440004",
	[GNU] = "4040044444444",
};

static const char *const set_codes[PERSONALITIES] = {
	[OSF] = "4000000444444",
	[XNU] = "4884044440004",
	[GNU] = "4040044444444",
};

static kern_return_t
code_of(const char *codes, int which)
{
	return which < 0 || which > 12 ? KERN_INVALID_ARGUMENT
				       : codes[which] - '0';
}

static void
special_ports_are_judged(enum personality personality)
{
	task_t mine = new_task(), other = new_task();

	for (int which = -2; which < 40; which++) {
		mach_port_t port = (mach_port_t)CANARY;
		kern_return_t kr = task_get_special_port(mine, which, &port);
		kern_return_t set = task_set_special_port(mine, which, other);

		ck_assert_msg(kr == code_of(get_codes[personality], which),
		    "get %d: %s", which, mach_error_string(kr));
		if (kr != KERN_SUCCESS)
			ck_assert_uint_eq(port, (mach_port_t)CANARY);
		ck_assert_msg(set == code_of(set_codes[personality], which),
		    "set %d: %s", which, mach_error_string(set));
		if (set != KERN_SUCCESS)
			continue;
		ck_assert_uint_eq(special(mine, which), other);
		succeeds(task_set_special_port(mine, which, MACH_PORT_NULL));
		ck_assert_uint_eq(special(mine, which), MACH_PORT_NULL);
	}
}

TEST(each_personality_has_its_special_ports)
{
	in_each_personality(special_ports_are_judged);
}

TEST(a_task_has_itself_the_host_and_the_registry_without_anybodys_setting_them)
{
	mach_port_t host = mach_host_self();

	ck_assert_uint_eq(special(task, TASK_KERNEL_PORT), task);
	ck_assert_uint_eq(special(task, TASK_HOST_PORT), host);
	ck_assert_uint_eq(special(task, TASK_BOOTSTRAP_PORT), bootstrap_port);
	ck_assert_uint_eq(special(mach_task_self(), TASK_KERNEL_PORT),
	    mach_task_self());
}

TEST(each_asking_gives_a_user_reference)
{
	ck_assert_uint_eq(refs_of(task), 1);
	special(task, TASK_KERNEL_PORT);
	special(task, TASK_KERNEL_PORT);
	ck_assert_uint_eq(refs_of(task), 3);
	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, task));
	ck_assert_uint_eq(refs_of(task), 3);
	special(task, TASK_BOOTSTRAP_PORT);
	ck_assert_uint_eq(refs_of(task), 4);
}

TEST(setting_the_kernel_port_changes_what_is_told_and_nothing_else)
{
	task_t other = new_task();

	succeeds(task_set_special_port(task, TASK_KERNEL_PORT, other));
	ck_assert_uint_eq(special(task, TASK_KERNEL_PORT), other);
	draw(task, 0x10000, "a");
	pages_are(task, 0x10000, "a");
	regions_are(other, "");
}

TEST(a_name_that_means_nothing_is_no_special_port)
{
	task_t dead = new_task();

	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, task));
	answers(task_set_special_port(task, TASK_BOOTSTRAP_PORT, 12345),
	    MACH_SEND_INVALID_RIGHT);
	answers(task_set_special_port(task, 99, 12345),
	    MACH_SEND_INVALID_RIGHT);
	ck_assert_uint_eq(special(task, TASK_BOOTSTRAP_PORT), task);

	succeeds(task_terminate(dead));
	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, dead));
	ck_assert_uint_eq(special(task, TASK_BOOTSTRAP_PORT), MACH_PORT_DEAD);
	succeeds(
	    task_set_special_port(task, TASK_BOOTSTRAP_PORT, MACH_PORT_DEAD));
	ck_assert_uint_eq(special(task, TASK_BOOTSTRAP_PORT), MACH_PORT_DEAD);
}

/* --- Special ports: what holding means --------------------------------- */

TEST(a_task_is_kept_by_one_who_holds_it)
{
	task_t other = new_task();
	uint64_t before = tasks();

	draw(other, 0x10000, "ab");
	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, other));
	give_up(other);
	ck_assert_uint_eq(tasks(), before);
	answers(vm_protect(other, 0, 0, FALSE, 0), MACH_SEND_INVALID_DEST);

	other = special(task, TASK_BOOTSTRAP_PORT);
	pages_are(other, 0x10000, "ab");
	ck_assert_uint_eq(refs_of(other), 1);
	give_up(other);
	succeeds(
	    task_set_special_port(task, TASK_BOOTSTRAP_PORT, MACH_PORT_NULL));
	ck_assert_uint_eq(tasks(), before - 1);
}

TEST(a_task_that_goes_lets_go_of_what_it_holds)
{
	task_t other = new_task(), third = new_task();
	uint64_t before = tasks();

	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, other));
	succeeds(task_set_special_port(other, TASK_BOOTSTRAP_PORT, third));
	give_up(other);
	give_up(third);
	ck_assert_uint_eq(tasks(), before);
	give_up(task);
	ck_assert_uint_eq(tasks(), before - 3);
}

TEST(a_task_that_is_terminated_lets_go_of_what_it_holds)
{
	task_t other = new_task();
	uint64_t before = tasks();

	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, other));
	give_up(other);
	succeeds(task_terminate(task));
	ck_assert_uint_eq(tasks(), before - 2);
}

TEST(a_task_held_that_is_terminated_is_told_of_as_dead)
{
	task_t other = new_task();

	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, other));
	succeeds(task_terminate(other));
	ck_assert_uint_eq(special(task, TASK_BOOTSTRAP_PORT), MACH_PORT_DEAD);
	give_up(other);
	ck_assert_uint_eq(special(task, TASK_BOOTSTRAP_PORT), MACH_PORT_DEAD);
}

TEST(tasks_that_hold_each_other_go_with_the_last_name)
{
	task_t other = new_task();
	uint64_t before = tasks();

	succeeds(task_set_special_port(task, TASK_KERNEL_PORT, task));
	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, other));
	succeeds(task_set_special_port(other, TASK_BOOTSTRAP_PORT, task));
	give_up(other);
	ck_assert_uint_eq(tasks(), before);
	give_up(task);
	ck_assert_uint_eq(tasks(), before - 2);
}

static void
tangle(enum personality personality)
{
	task_t children[4];

	(void)personality;
	for (size_t i = 0; i < 4; i++)
		children[i] = new_task();
	for (size_t i = 0; i < 4; i++) {
		succeeds(mach_ports_register(children[i], children, 3));
		succeeds(task_set_special_port(children[i], TASK_BOOTSTRAP_PORT,
		    mach_task_self()));
		succeeds(task_set_special_port(mach_task_self(),
		    TASK_BOOTSTRAP_PORT, children[i]));
	}
}

TEST(a_connection_that_ends_leaves_none_of_a_tangle)
{
	uint64_t before = tasks();

	in_each_personality(tangle);
	for (int i = 0; i < 100 && tasks() != before; i++)
		usleep(10000);
	ck_assert_uint_eq(tasks(), before);
}

TEST(children_inherit_special_ports_but_their_own)
{
	task_t other = new_task(), child;

	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, other));
	succeeds(task_set_special_port(task, TASK_HOST_PORT, MACH_PORT_NULL));
	succeeds(task_set_special_port(task, TASK_KERNEL_PORT, other));
	child = child_of(task);
	ck_assert_uint_eq(special(child, TASK_BOOTSTRAP_PORT), other);
	ck_assert_uint_eq(special(child, TASK_HOST_PORT), MACH_PORT_NULL);
	ck_assert_uint_eq(special(child, TASK_KERNEL_PORT), child);

	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, task));
	ck_assert_uint_eq(special(child, TASK_BOOTSTRAP_PORT), other);
	end_task(task);
	ck_assert_uint_eq(special(child, TASK_BOOTSTRAP_PORT), other);
}

TEST(special_ports_are_a_tasks)
{
	mach_port_t host = mach_host_self(), port;

	answers(task_get_special_port(host, 1, &port), KERN_INVALID_ARGUMENT);
	answers(task_set_special_port(host, 4, task), KERN_INVALID_ARGUMENT);
	answers(task_get_special_port(MACH_PORT_NULL, 1, &port),
	    MACH_SEND_INVALID_DEST);
	answers(task_set_special_port(MACH_PORT_NULL, 4, task),
	    MACH_SEND_INVALID_DEST);
}

/* --- Registered ports -------------------------------------------------- */

/* The task has these registered, and null behind them. */
static void
registered_are(task_t of, unsigned room, const mach_port_t *ports,
    unsigned count)
{
	mach_port_array_t found = NULL;
	mach_msg_type_number_t n = 0;

	succeeds(mach_ports_lookup(of, &found, &n));
	ck_assert_uint_eq(n, room);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(found[i],
		    i < count ? ports[i] : MACH_PORT_NULL);
	succeeds(vm_deallocate(mach_task_self(), (vm_address_t)(uintptr_t)found,
	    n * sizeof(*found)));
}

static void
registering(enum personality personality)
{
	const unsigned room = personality == GNU ? 4 : 3;
	task_t mine = new_task(), dead = new_task();
	mach_port_t ports[5] = { mine, MACH_PORT_NULL, mach_host_self(), mine,
		mine };

	registered_are(mine, room, NULL, 0);
	succeeds(mach_ports_register(mine, ports, 2));
	registered_are(mine, room, ports, 2);
	succeeds(mach_ports_register(mine, ports, room));
	registered_are(mine, room, ports, room);
	answers(mach_ports_register(mine, ports, room + 1),
	    KERN_INVALID_ARGUMENT);
	registered_are(mine, room, ports, room);

	succeeds(task_terminate(dead));
	ports[0] = dead;
	succeeds(mach_ports_register(mine, ports, 1));
	ports[0] = MACH_PORT_DEAD;
	registered_are(mine, room, ports, 1);
	ports[0] = mine;
	ports[1] = 12345;
	answers(mach_ports_register(mine, ports, 2), MACH_SEND_INVALID_RIGHT);
	succeeds(mach_ports_register(mine, NULL, 0));
	registered_are(mine, room, NULL, 0);
}

TEST(ports_are_registered_all_at_once)
{
	in_each_personality(registering);
}

TEST(each_lookup_gives_a_user_reference_for_each_port)
{
	mach_port_t ports[3] = { task, mach_host_self(), task };

	succeeds(mach_ports_register(task, ports, 3));
	ck_assert_uint_eq(refs_of(task), 1);
	registered_are(task, 3, ports, 3);
	ck_assert_uint_eq(refs_of(task), 3);
	ck_assert_uint_eq(refs_of(ports[1]), 2);
}

TEST(a_lookup_that_fails_gives_nothing)
{
	task_t other = new_task();
	mach_port_t ports[3] = { task, other, task };
	mach_port_array_t found = NULL;
	mach_msg_type_number_t n = 77;

	succeeds(mach_ports_register(task, ports, 3));
	succeeds(mach_port_mod_refs(mach_task_self(), task, SEND, 65532));
	ck_assert_uint_eq(refs_of(task), 65533);
	answers(mach_ports_lookup(task, &found, &n), KERN_UREFS_OVERFLOW);
	ck_assert_uint_eq(refs_of(task), 65533);
	ck_assert_uint_eq(refs_of(other), 1);
	ck_assert_ptr_null(found);
	ck_assert_uint_eq(n, 77);
}

TEST(children_inherit_registered_ports)
{
	task_t other = new_task(), child;
	mach_port_t ports[2] = { MACH_PORT_NULL, other };

	succeeds(mach_ports_register(task, ports, 2));
	child = child_of(task);
	succeeds(mach_ports_register(task, NULL, 0));
	registered_are(child, 3, ports, 2);
	end_task(task);
	registered_are(child, 3, ports, 2);
}

TEST(what_is_registered_is_kept)
{
	task_t other = new_task();
	mach_port_t ports[1] = { other };
	mach_port_array_t found;
	mach_msg_type_number_t n;

	draw(other, 0x10000, "o");
	succeeds(mach_ports_register(task, ports, 1));
	give_up(other);
	succeeds(mach_ports_lookup(task, &found, &n));
	pages_are(found[0], 0x10000, "o");
	give_up(found[0]);
	succeeds(mach_ports_register(task, NULL, 0));
	answers(vm_protect(found[0], 0, 0, FALSE, 0), MACH_SEND_INVALID_DEST);
}

TEST(registered_ports_are_a_tasks)
{
	mach_port_t host = mach_host_self();
	mach_port_array_t found;
	mach_msg_type_number_t n;

	answers(mach_ports_register(host, NULL, 0), KERN_INVALID_ARGUMENT);
	answers(mach_ports_lookup(host, &found, &n), KERN_INVALID_ARGUMENT);
	answers(mach_ports_register(MACH_PORT_NULL, NULL, 0),
	    MACH_SEND_INVALID_DEST);
	answers(mach_ports_lookup(MACH_PORT_NULL, &found, &n),
	    MACH_SEND_INVALID_DEST);
}
