/* Lesser ports of a task: what they are, what they may, how long they live.
 * That nothing else is served by them, failing/flavors.c tries of all calls. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

static task_t task;
static mach_port_t name_port, inspect_port, read_port;

static mach_port_t
special(task_t of, int which)
{
	mach_port_t port = (mach_port_t)CANARY;

	succeeds(task_get_special_port(of, which, &port));
	return port;
}

void
test_setup(void)
{
	daemon_start("--check", "--personality", "xnu", NULL);
	task = new_task();
	draw(task, 0x10000, "ab0");
	name_port = special(task, TASK_NAME_PORT);
	inspect_port = special(task, TASK_INSPECT_PORT);
	read_port = special(task, TASK_READ_PORT);
}

void
test_teardown(void)
{
	daemon_stop();
}

static void
is_dead(mach_port_t port)
{
	mach_port_type_t type;

	succeeds(mach_port_type(mach_task_self(), port, &type));
	ck_assert_uint_eq(type, MACH_PORT_TYPE_DEAD_NAME);
}

/* --- What they are ----------------------------------------------------- */

TEST(each_is_a_port_of_its_own_and_the_same_each_time)
{
	mach_port_t ports[] = { task, name_port, inspect_port, read_port };
	const int numbers[] = { TASK_KERNEL_PORT, TASK_NAME_PORT,
		TASK_INSPECT_PORT, TASK_READ_PORT };

	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(special(task, numbers[i]), ports[i]);
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_ne(ports[i], ports[j]);
	}
	ck_assert_uint_ne(special(mach_task_self(), TASK_READ_PORT), read_port);
}

TEST(one_leads_to_those_that_can_do_no_more)
{
	const struct {
		mach_port_t port;
		int which;
		mach_port_t leads_to; /* null: nowhere */
	} rows[] = {
		{ read_port, TASK_READ_PORT, read_port },
		{ read_port, TASK_INSPECT_PORT, inspect_port },
		{ read_port, TASK_NAME_PORT, name_port },
		{ inspect_port, TASK_READ_PORT, MACH_PORT_NULL },
		{ inspect_port, TASK_INSPECT_PORT, inspect_port },
		{ inspect_port, TASK_NAME_PORT, name_port },
		{ name_port, TASK_READ_PORT, MACH_PORT_NULL },
		{ name_port, TASK_INSPECT_PORT, MACH_PORT_NULL },
		{ name_port, TASK_NAME_PORT, name_port },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		mach_port_t port;

		answers(task_get_special_port(rows[i].port, rows[i].which,
			    &port),
		    rows[i].leads_to ? KERN_SUCCESS : KERN_INVALID_ARGUMENT);
		if (rows[i].leads_to)
			ck_assert_uint_eq(port, rows[i].leads_to);
	}
}

TEST(none_leads_to_what_the_task_has_been_given)
{
	mach_port_t lesser[] = { name_port, inspect_port, read_port }, port;
	const int numbers[] = { TASK_KERNEL_PORT, TASK_HOST_PORT,
		TASK_BOOTSTRAP_PORT, TASK_ACCESS_PORT };

	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, task));
	for (size_t i = 0; i < ARRAY_SIZE(lesser); i++)
		for (size_t j = 0; j < ARRAY_SIZE(numbers); j++)
			answers(task_get_special_port(lesser[i], numbers[j],
				    &port),
			    KERN_INVALID_ARGUMENT);
}

/* There the owner may put others in their places. */
static void
set_in_osf(enum personality personality)
{
	task_t mine = new_task(), other = new_task();
	mach_port_t reads = special(mine, TASK_READ_PORT);

	(void)personality;
	succeeds(task_set_special_port(mine, TASK_READ_PORT, mine));
	succeeds(task_set_special_port(mine, TASK_NAME_PORT, other));
	ck_assert_uint_eq(special(mine, TASK_READ_PORT), mine);
	ck_assert_uint_eq(special(reads, TASK_READ_PORT), reads);
	ck_assert_uint_ne(special(reads, TASK_NAME_PORT), other);
}

TEST(what_an_owner_sets_is_not_told_to_who_reads)
{
	in_personality(OSF, set_in_osf);
}

static void
none_in_gnu(enum personality personality)
{
	mach_port_t port;

	(void)personality;
	ck_assert_uint_eq(special(mach_task_self(), TASK_NAME_PORT),
	    MACH_PORT_NULL);
	answers(task_get_special_port(mach_task_self(), TASK_READ_PORT, &port),
	    KERN_INVALID_ARGUMENT);
}

TEST(gnu_has_none)
{
	in_personality(GNU, none_in_gnu);
}

/* --- What they may ----------------------------------------------------- */

TEST(a_read_port_shows_what_the_control_port_shows)
{
	ck_assert_uint_eq(digest(read_port), digest(task));
	pages_are(read_port, 0x10000, "ab0");
	regions_are(read_port, "10000-13000 rw-/rwx copy");
}

static kern_return_t
info(mach_port_t port, task_flavor_t flavor)
{
	integer_t words[TASK_VM_INFO_COUNT];
	mach_msg_type_number_t count = TASK_VM_INFO_COUNT;

	return task_info(port, flavor, words, &count);
}

TEST(what_is_told_of_a_task_depends_on_the_port)
{
	const struct {
		task_flavor_t flavor;
		kern_return_t name;
	} rows[] = {
		{ TASK_BASIC_INFO_32, KERN_SUCCESS },
		{ TASK_BASIC_INFO_64, KERN_SUCCESS },
		{ MACH_TASK_BASIC_INFO, KERN_SUCCESS },
		{ TASK_EVENTS_INFO, KERN_INVALID_ARGUMENT },
		{ TASK_VM_INFO, KERN_INVALID_ARGUMENT },
		{ 9999, KERN_INVALID_ARGUMENT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		kern_return_t kr = info(task, rows[i].flavor);

		answers(info(name_port, rows[i].flavor), rows[i].name);
		answers(info(inspect_port, rows[i].flavor), kr);
		answers(info(read_port, rows[i].flavor), kr);
	}
}

TEST(memory_is_copied_out_by_a_read_port_and_not_shared)
{
	task_t mine = new_task();
	vm_address_t address = 0x20000;
	vm_prot_t current, maximum;

	copy_at(mine, 0x40000, 2 * PAGE, read_port, 0x10000);
	pages_are(mine, 0x40000, "ab");
	fill(mine, 0x40000, PAGE, 'z');
	pages_are(task, 0x10000, "ab0");

	answers(vm_remap(mine, &address, PAGE, 0, 0, read_port, 0x10000, FALSE,
		    &current, &maximum, VM_INHERIT_NONE),
	    KERN_INVALID_ARGUMENT);
	answers(vm_remap(mine, &address, PAGE, 0, 0, inspect_port, 0x10000,
		    TRUE, &current, &maximum, VM_INHERIT_NONE),
	    KERN_INVALID_ARGUMENT);
	answers(vm_remap(read_port, &address, PAGE, 0, 0, mine, 0x40000, TRUE,
		    &current, &maximum, VM_INHERIT_NONE),
	    KERN_INVALID_ARGUMENT);
	regions_are(task, "10000-13000 rw-/rwx copy");
}

TEST(an_inspect_port_reads_nothing)
{
	vm_offset_t data;
	mach_msg_type_number_t count;
	struct vmd_page page;
	size_t pages = 1;

	answers(vm_read(inspect_port, 0x10000, PAGE, &data, &count),
	    KERN_INVALID_ARGUMENT);
	answers(vmd_pages(inspect_port, 0x10000, PAGE, &page, &pages),
	    KERN_INVALID_TASK);
}

/* --- How long they live ------------------------------------------------ */

TEST(they_die_with_the_task)
{
	succeeds(task_terminate(task));
	is_dead(task);
	is_dead(name_port);
	is_dead(inspect_port);
	is_dead(read_port);
}

TEST(they_keep_no_task_alive)
{
	task_t holder = new_task();
	struct vmd_statistics before, after;

	succeeds(task_set_special_port(holder, TASK_BOOTSTRAP_PORT, read_port));
	succeeds(vmd_statistics(&before));
	succeeds(mach_port_deallocate(mach_task_self(), task));
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.tasks, before.tasks - 1);
	is_dead(read_port);
	ck_assert_uint_eq(special(holder, TASK_BOOTSTRAP_PORT), MACH_PORT_DEAD);
}

TEST(they_are_there_again_after_they_were_given_up)
{
	succeeds(mach_port_destroy(mach_task_self(), read_port));
	read_port = special(task, TASK_READ_PORT);
	pages_are(read_port, 0x10000, "ab0");
}
