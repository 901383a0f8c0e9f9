/* Users: what they may have, what they are refused, and who is forgotten. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/connection.h"
#include "server/port.h"
#include "server/port_space.h"
#include "server/user.h"
#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "server/vm/vm_account.h"
#include "tests/support/picture.h"

enum { ALICE = 10001, BOB, CAROL, DESCRIPTORS = 1000 };

#define SECOND UINT64_C(1000000000)

static struct users users;
static uint64_t now;

static uint64_t
get_now(void)
{
	return now;
}

void
test_setup(void)
{
	machine_start(UINT64_C(64) << 20, 4096);
	users_init(&users, &machine, DESCRIPTORS);
	users.clock = get_now;
	now = 100 * SECOND;
}

void
test_teardown(void)
{
	while (vm_machine_reap(&machine, UINT32_MAX))
		continue;
	machine.account = NULL;
	ck_assert(users_deinit(&users));
	machine_stop();
}

/* As if a file said so. */
static void
configure(const char *text)
{
	static const struct config_reader reader = { 0 };
	const struct limits_said none = { 0 };
	struct config config;

	config_init(&config);
	ck_assert(config_parse(&config, &reader, text, strlen(text)));
	users_configure(&users, &config, &none);
}

static struct user *
admitted(uid_t uid)
{
	struct user *user = users_admit(&users, uid);

	ck_assert_ptr_nonnull(user);
	return user;
}

/* Lines of the log since the last time that have this in them. */
static int
logged(const char *what)
{
	static char path[] = "/proc/self/fd/2";
	static off_t from;
	char text[16384], *at = text;
	int fd = open(path, O_RDONLY | O_CLOEXEC), count = 0;
	ssize_t size;

	ck_assert_int_ge(fd, 0);
	size = pread(fd, text, sizeof(text) - 1, from);
	ck_assert_int_ge(size, 0);
	close(fd);
	text[size] = '\0';
	from += size;
	while ((at = strstr(at, what))) {
		count++;
		at++;
	}
	return count;
}

/* Has the log go where it can be read. */
static void
catch_log(void)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
	fclose(file);
}

/* --- Charging ---------------------------------------------------------- */

TEST(a_user_has_no_more_than_the_limit)
{
	struct user *alice;

	configure("rights = 100\n");
	alice = admitted(ALICE);
	ck_assert(user_charge(alice, LIMIT_RIGHTS, 60));
	ck_assert(!user_charge(alice, LIMIT_RIGHTS, 41));
	ck_assert_uint_eq(user_left(alice, LIMIT_RIGHTS), 40);
	ck_assert(user_charge(alice, LIMIT_RIGHTS, 40));
	user_discharge(alice, LIMIT_RIGHTS, 100);
	user_leave(alice);
}

TEST(what_is_nobodys_has_no_limit)
{
	ck_assert(user_charge(NULL, LIMIT_RIGHTS, UINT64_MAX));
	ck_assert_uint_eq(user_left(NULL, LIMIT_RIGHTS), LIMIT_NONE);
	user_discharge(NULL, LIMIT_RIGHTS, UINT64_MAX);
}

TEST(connections_of_one_uid_are_one_users)
{
	struct user *alice = admitted(ALICE);

	ck_assert_ptr_eq(admitted(ALICE), alice);
	ck_assert_ptr_ne(admitted(BOB), alice);
	ck_assert_uint_eq(user_used(alice, LIMIT_CONNECTIONS), 2);
	ck_assert_uint_eq(users.connections, 3);
	user_leave(users_next(&users, BOB));
	user_leave(alice);
	user_leave(alice);
}

TEST(a_section_is_over_what_holds_for_all)
{
	configure("tasks = 1\nrights = 17\n[user 10001]\ntasks = 2\n");
	ck_assert_uint_eq(user_allowed(admitted(ALICE), LIMIT_TASKS), 2);
	ck_assert_uint_eq(user_allowed(admitted(ALICE), LIMIT_RIGHTS), 17);
	ck_assert_uint_eq(user_allowed(admitted(BOB), LIMIT_TASKS), 1);
	user_leave(users_next(&users, ALICE));
	user_leave(users_next(&users, ALICE));
	user_leave(users_next(&users, BOB));
}

TEST(root_has_no_limits_but_those_of_its_own_section)
{
	struct user *root;

	configure("tasks = 1\n[user 0]\nrights = 20\n");
	root = admitted(0);
	ck_assert_uint_eq(user_allowed(root, LIMIT_TASKS), LIMIT_NONE);
	ck_assert_uint_eq(user_allowed(root, LIMIT_CONNECTIONS), LIMIT_NONE);
	ck_assert_uint_eq(user_allowed(root, LIMIT_MEMORY), LIMIT_NONE);
	ck_assert_uint_eq(user_allowed(root, LIMIT_RIGHTS), 20);
	user_leave(root);
}

/* --- Names ------------------------------------------------------------- */

/* New rights until there may be no more: how many. */
static unsigned
fill_space(struct port_space *space)
{
	kern_return_t kr = KERN_SUCCESS;
	unsigned count = 0;

	while (kr == KERN_SUCCESS) {
		struct port *port = port_new(PORT_HOST, NULL);
		mach_port_name_t name;

		kr = port_space_insert(space, port, &name);
		count += kr == KERN_SUCCESS;
		port_unref(port);
	}
	ck_assert_int_eq(kr, KERN_RESOURCE_SHORTAGE);
	return count;
}

TEST(a_space_grows_until_all_of_the_users_names_are_used)
{
	struct port_space space;
	struct user *alice;

	configure("rights = 100\n");
	alice = admitted(ALICE);
	port_space_init(&space);
	space.user = alice;
	ck_assert_uint_eq(fill_space(&space), 97);
	ck_assert_uint_eq(user_used(alice, LIMIT_RIGHTS), 100);
	port_space_deinit(&space);
	ck_assert_uint_eq(user_used(alice, LIMIT_RIGHTS), 0);
	user_leave(alice);
}

TEST(a_name_that_is_too_high_is_refused_and_takes_nothing)
{
	struct port *port = port_new(PORT_HOST, NULL);
	struct port_space space;
	mach_port_name_t name;
	struct user *alice;

	configure("rights = 100\n");
	alice = admitted(ALICE);
	port_space_init(&space);
	space.user = alice;
	ck_assert_int_eq(port_space_insert(&space, port, &name), KERN_SUCCESS);
	ck_assert_int_eq(port_right_rename(port_space_lookup(&space, name),
			     100 << 8 | 3),
	    KERN_RESOURCE_SHORTAGE);
	ck_assert_uint_eq(user_used(alice, LIMIT_RIGHTS), 8);
	ck_assert_int_eq(port_right_rename(port_space_lookup(&space, name),
			     99 << 8 | 3),
	    KERN_SUCCESS);
	ck_assert_uint_eq(user_used(alice, LIMIT_RIGHTS), 100);
	port_space_deinit(&space);
	port_unref(port);
	user_leave(alice);
}

/* --- Connections ------------------------------------------------------- */

/* As many as there may be, up to `most`. */
static unsigned
connect_all(uid_t uid, unsigned most)
{
	unsigned count = 0;

	while (count < most && users_admit(&users, uid))
		count++;
	return count;
}

static void
leave_all(uid_t uid, unsigned count)
{
	struct user *user = users_next(&users, uid);

	while (count-- > 0)
		user_leave(user);
}

TEST(a_user_has_at_most_half_of_the_connections_that_are_left)
{
	ck_assert_uint_eq(connect_all(ALICE, DESCRIPTORS), 500);
	ck_assert_uint_eq(connect_all(BOB, DESCRIPTORS), 250);
	ck_assert_uint_eq(connect_all(CAROL, DESCRIPTORS), 125);
	leave_all(CAROL, 125);
	leave_all(BOB, 250);
	leave_all(ALICE, 500);
}

TEST(all_users_together_have_a_limit)
{
	catch_log();
	configure("total-connections = 8\n[user 0]\n");
	ck_assert_uint_eq(connect_all(0, DESCRIPTORS), 8);
	ck_assert_uint_eq(connect_all(ALICE, DESCRIPTORS), 0);
	ck_assert_int_eq(logged(
			     "connections: 8 used, 8 allowed to all users\n"),
	    1);
	leave_all(0, 8);
}

TEST(there_are_no_more_connections_than_descriptors)
{
	configure("total-connections = 5000\n");
	ck_assert_uint_eq(connect_all(0, 5000), DESCRIPTORS);
	leave_all(0, DESCRIPTORS);
}

TEST(who_connects_too_fast_is_refused_until_time_has_passed)
{
	configure("connection-rate = 10\nconnection-burst = 20\n");
	ck_assert_uint_eq(connect_all(ALICE, 100), 20);
	now += SECOND / 2;
	ck_assert_uint_eq(connect_all(ALICE, 100), 5);
	now += 1000 * SECOND;
	ck_assert_uint_eq(connect_all(ALICE, 100), 20);
	leave_all(ALICE, 45);
}

TEST(who_hangs_up_and_connects_again_is_as_fast_as_others)
{
	unsigned count = 0;
	struct user *user;

	configure("connection-rate = 10\nconnection-burst = 20\n");
	while (count < 100 && (user = users_admit(&users, ALICE))) {
		user_leave(user);
		count++;
	}
	ck_assert_uint_eq(count, 20);
}

/* --- Waiting ----------------------------------------------------------- */

TEST(a_user_of_whom_too_much_waits_is_resumed_when_it_is_less)
{
	struct connection first = { 0 }, second = { 0 };
	struct user *alice;

	configure("requests = 10\noutput = 1M\ninput = 1M\n");
	alice = admitted(ALICE);
	user_add(alice, LIMIT_REQUESTS, 10);
	ck_assert(!user_may_be_served(alice));
	user_pause(alice, &first);
	user_pause(alice, &second);
	ck_assert_ptr_null(users_next_paused(&users));

	user_discharge(alice, LIMIT_REQUESTS, 1);
	ck_assert(user_may_be_served(alice));
	ck_assert_ptr_eq(users_next_paused(&users), &first);
	user_resume(alice, &first);
	user_pause(alice, &first);
	ck_assert_ptr_eq(users_next_paused(&users), &second);
	user_resume(alice, &second);
	ck_assert_ptr_null(users_next_paused(&users));

	user_resume(alice, &first);
	user_discharge(alice, LIMIT_REQUESTS, 9);
	user_leave(alice);
}

TEST(input_that_waits_keeps_nobody_from_being_served)
{
	struct user *alice;

	configure("input = 1M\n");
	alice = admitted(ALICE);
	user_add(alice, LIMIT_INPUT, 1 << 20);
	ck_assert(user_may_be_served(alice));
	ck_assert(!user_may_be_read(alice, false));
	ck_assert(user_may_be_read(alice, true));
	user_discharge(alice, LIMIT_INPUT, 1 << 20);
	ck_assert(user_may_be_read(alice, false));
	user_leave(alice);
}

/* --- Tasks, and what the machine has ------------------------------------ */

static struct task *
new_task(struct user *user)
{
	struct task *task;

	user_act(&users, user);
	ck_assert_int_eq(task_new(&machine, &personality_osf, &task),
	    KERN_SUCCESS);
	user_own(user, task);
	return task;
}

TEST(a_user_has_so_many_tasks_and_those_that_are_dead_are_freed)
{
	struct user *alice;
	struct task *first, *second;

	configure("tasks = 2\n");
	alice = admitted(ALICE);
	first = new_task(alice);
	ck_assert(user_may_fork(alice, NULL));
	second = new_task(alice);
	ck_assert_uint_eq(user_used(alice, LIMIT_TASKS), 2);
	ck_assert(!user_may_fork(alice, NULL));
	task_unref(first);
	ck_assert(user_may_fork(alice, NULL));
	task_unref(second);
	user_leave(alice);
}

TEST(a_task_has_so_many_entries_and_so_has_one_that_it_is_forked_from)
{
	struct user *alice, *bob;
	struct task *task;

	configure("task-entries = 3\n[user 10002]\ntask-entries = 2\n");
	alice = admitted(ALICE);
	bob = admitted(BOB);
	task = new_task(alice);
	for (uint64_t i = 0; i < 3; i++)
		allocate(task->map, 0x10000 + i * 0x2000, 0x1000);
	ck_assert(!vm_map_has(task->map, (struct vm_reserve){ .entries = 1 }));
	ck_assert(user_may_fork(alice, task->map));
	ck_assert(!user_may_fork(bob, task->map));
	task_unref(task);
	user_leave(alice);
	user_leave(bob);
}

TEST(the_machine_refuses_more_than_the_limits)
{
	struct user *alice;

	configure("memory = 64K\n");
	alice = admitted(ALICE);
	user_act(&users, alice);
	ck_assert_uint_eq(user_allowed(alice, LIMIT_MEMORY), 64 << 10);
	ck_assert(vm_machine_has(&machine, (struct vm_reserve){ .pages = 16 }));
	ck_assert(
	    !vm_machine_has(&machine, (struct vm_reserve){ .pages = 17 }));
	user_leave(alice);
}

TEST(limits_change_for_those_who_are_there)
{
	struct user *alice;
	struct task *task;

	configure("tasks = 5\ntask-entries = 5\n");
	alice = admitted(ALICE);
	task = new_task(alice);
	configure("tasks = 1\ntask-entries = 6\nmemory = 4K\nrights = 16\n");
	ck_assert(!user_may_fork(alice, NULL));
	ck_assert_uint_eq(task->map->entries_limit, 6);
	ck_assert_uint_eq(alice->account->limit.pages, 1);
	ck_assert_uint_eq(user_allowed(alice, LIMIT_RIGHTS), 16);
	task_unref(task);
	user_leave(alice);
}

TEST(what_a_user_has_left_with_others_is_not_forgotten)
{
	struct user *alice = admitted(ALICE);
	struct task *task = new_task(alice);

	user_leave(alice);
	now += 1000 * SECOND;
	for (int i = 0; i < 3; i++)
		user_leave(admitted(BOB));
	ck_assert_ptr_eq(users_next(&users, ALICE), alice);
	ck_assert_uint_eq(user_used(alice, LIMIT_TASKS), 1);
	task_unref(task);
}

TEST(who_has_nothing_is_forgotten_after_a_while)
{
	struct user *alice = admitted(ALICE);

	user_leave(alice);
	now += 1000 * SECOND;
	user_leave(admitted(BOB));
	ck_assert_uint_eq(users_next(&users, ALICE)->uid, BOB);
}

TEST(there_are_users_without_end)
{
	for (uid_t uid = 1; uid < 70000; uid++)
		user_leave(admitted(uid));
}

/* --- The log ----------------------------------------------------------- */

TEST(a_refusal_is_told_once_while_nothing_changes)
{
	struct user *alice;

	catch_log();
	configure("rights = 100\n");
	alice = admitted(ALICE);
	ck_assert(user_charge(alice, LIMIT_RIGHTS, 100));
	for (int i = 0; i < 100; i++)
		ck_assert(!user_charge(alice, LIMIT_RIGHTS, 1));
	ck_assert_int_eq(logged("uid 10001: rights: 100 used, 100 allowed\n"),
	    1);

	now += 10 * SECOND;
	for (int i = 0; i < 100; i++)
		ck_assert(!user_charge(alice, LIMIT_RIGHTS, 1));
	ck_assert_int_eq(logged("uid 10001: rights"), 1);
	user_discharge(alice, LIMIT_RIGHTS, 100);
	user_leave(alice);
}

TEST(it_is_told_again_when_use_has_fallen_by_a_quarter)
{
	struct user *alice;

	catch_log();
	configure("rights = 100\n");
	alice = admitted(ALICE);
	ck_assert(user_charge(alice, LIMIT_RIGHTS, 100));
	ck_assert(!user_charge(alice, LIMIT_RIGHTS, 1));
	ck_assert_int_eq(logged("rights"), 1);

	now += 2 * SECOND;
	user_discharge(alice, LIMIT_RIGHTS, 24);
	ck_assert(!user_charge(alice, LIMIT_RIGHTS, 30));
	ck_assert_int_eq(logged("rights"), 0);
	user_discharge(alice, LIMIT_RIGHTS, 1);
	ck_assert(!user_charge(alice, LIMIT_RIGHTS, 30));
	ck_assert_int_eq(logged("rights"), 1);
	user_discharge(alice, LIMIT_RIGHTS, 75);
	user_leave(alice);
}

TEST(nobody_fills_the_log_by_going_up_and_down)
{
	struct user *alice;

	catch_log();
	configure("rights = 100\n");
	alice = admitted(ALICE);
	for (int i = 0; i < 1000; i++) {
		ck_assert(user_charge(alice, LIMIT_RIGHTS, 100));
		ck_assert(!user_charge(alice, LIMIT_RIGHTS, 1));
		user_discharge(alice, LIMIT_RIGHTS, 100);
	}
	ck_assert_int_eq(logged("rights"), 1);
	user_leave(alice);
}

TEST(nor_by_hanging_up_and_connecting_again)
{
	catch_log();
	configure("connections = 0\n");
	for (int i = 0; i < 1000; i++) {
		ck_assert_ptr_null(users_admit(&users, ALICE));
		user_leave(admitted(0));
	}
	ck_assert_int_eq(logged("uid 10001: connections: 0 used, 0 allowed\n"),
	    1);
}

TEST(memory_that_a_limit_refuses_is_told_in_bytes)
{
	struct user *alice;

	catch_log();
	configure("memory = 64K\n");
	alice = admitted(ALICE);
	user_act(&users, alice);
	for (int i = 0; i < 100; i++) {
		ck_assert(!vm_machine_has(&machine,
		    (struct vm_reserve){ .pages = 17 }));
		users_refused(&users);
	}
	ck_assert_int_eq(logged("uid 10001: memory: 0 used, 65536 allowed\n"),
	    1);
	user_leave(alice);
}
