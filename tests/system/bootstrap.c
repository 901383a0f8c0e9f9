/*
 * Names for ports: programs share what they register, and nothing else
 *
 * Each program is a process of its own, with a connection of its own. Those of
 * other users need root, to become them; without it they are left out.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/mig_errors.h>
#include <servers/bootstrap.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum {
	ANN = 4001,
	BOB = 4002,
	STAFF = 4050,
	NAMES_MOST = 4096,
	ALL = VMD_NAME_OWNER | VMD_NAME_GROUP | VMD_NAME_OTHERS,
};

void
test_setup(void)
{
	daemon_start("--check", NULL);
	regions_are(mach_task_self(), "");
}

void
test_teardown(void)
{
	daemon_stop();
}

/* --- Programs ---------------------------------------------------------- */

/* Another program; this one waits for its end. */
static void
elsewhere(void (*body)(void))
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		body();
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (status != 0)
		_exit(EXIT_FAILURE);
}

static struct user {
	uid_t uid;
	gid_t gid;
	gid_t other_group;
	void (*body)(void);
} user;

static void
become_user(void)
{
	ck_assert_int_eq(setgroups(1, &user.other_group), 0);
	ck_assert_int_eq(setresgid(user.gid, user.gid, user.gid), 0);
	ck_assert_int_eq(setresuid(user.uid, user.uid, user.uid), 0);
	user.body();
}

/* Another user's. The socket is let be reached by all. */
static void
as_one_of(uid_t uid, gid_t gid, gid_t other_group, void (*body)(void))
{
	char folder[128];

	snprintf(folder, sizeof(folder), "%s", daemon_socket());
	ck_assert_int_eq(chmod(daemon_socket(), 0666), 0);
	ck_assert_int_eq(chmod(dirname(folder), 0755), 0);
	user = (struct user){ uid, gid, other_group, body };
	elsewhere(become_user);
}

static void
as(uid_t uid, void (*body)(void))
{
	as_one_of(uid, uid, uid, body);
}

static bool
can_be_others(void)
{
	if (geteuid() != 0)
		puts("# left out: only root can become others");
	return geteuid() == 0;
}

/* --- What is seen ------------------------------------------------------ */

static uint64_t
tasks(void)
{
	struct vmd_statistics statistics;

	succeeds(vmd_statistics(&statistics));
	return statistics.tasks;
}

static mach_port_t
look_up(const char *name)
{
	mach_port_t port = MACH_PORT_NULL;

	succeeds(bootstrap_look_up(bootstrap_port, name, &port));
	return port;
}

static void
is_unknown(const char *name)
{
	mach_port_t port = (mach_port_t)CANARY;
	bootstrap_status_t status = (bootstrap_status_t)CANARY;

	answers(bootstrap_look_up(bootstrap_port, name, &port),
	    BOOTSTRAP_UNKNOWN_SERVICE);
	answers(bootstrap_status(bootstrap_port, name, &status),
	    BOOTSTRAP_UNKNOWN_SERVICE);
	ck_assert_uint_eq(port, (mach_port_t)CANARY);
	ck_assert_int_eq(status, (bootstrap_status_t)CANARY);
}

/* Until what it led to has gone with the program that had it. */
static void
wait_for_the_end_of(const char *name)
{
	mach_port_t port;

	for (int i = 0; i < 1000; i++) {
		if (bootstrap_look_up(bootstrap_port, name, &port) ==
		    BOOTSTRAP_UNKNOWN_SERVICE)
			return;
		let_go(port);
		usleep(10 * 1000);
	}
	ck_abort_msg("%s is still there", name);
}

static void
registers(const char *name, mach_port_t port)
{
	succeeds(bootstrap_register(bootstrap_port, name, port));
}

static void
give_back(void *array, size_t size)
{
	if (size > 0)
		succeeds(vm_deallocate(mach_task_self(),
		    (vm_address_t)(uintptr_t)array, size));
}

/* How many names bootstrap_info() has, and how often this one is among them. */
static unsigned
listed(const char *name, unsigned *all)
{
	name_array_t names, servers;
	bootstrap_status_array_t active;
	mach_msg_type_number_t count, server_count, active_count;
	unsigned times = 0;

	succeeds(bootstrap_info(bootstrap_port, &names, &count, &servers,
	    &server_count, &active, &active_count));
	ck_assert_uint_eq(count, server_count);
	ck_assert_uint_eq(count, active_count);
	for (mach_msg_type_number_t i = 0; i < count; i++) {
		ck_assert_int_eq(active[i], BOOTSTRAP_STATUS_ACTIVE);
		ck_assert_str_eq(servers[i], "");
		times += strcmp(names[i], name) == 0;
	}
	give_back(names, count * sizeof(*names));
	give_back(servers, count * sizeof(*servers));
	give_back(active, count * sizeof(*active));
	*all = count;
	return times;
}

/* All that vmd_names() tells, some at a time: a line for each. */
static void
names_are(const char *expected)
{
	struct vmd_name names[3];
	char all[1024] = "";
	size_t count = 0;

	do {
		const struct vmd_name after = names[count > 0 ? count - 1 : 0];
		bool first = all[0] == '\0';

		count = ARRAY_SIZE(names);
		succeeds(vmd_names(first ? NULL : &after, names, &count));
		for (size_t i = 0; i < count; i++)
			snprintf(all + strlen(all), sizeof(all) - strlen(all),
			    "%u %u %03o %s %s\n", names[i].owner,
			    names[i].group, names[i].mode, names[i].kind,
			    names[i].name);
	} while (count > 0);
	ck_assert_str_eq(all, expected);
}

/* --- Sharing ----------------------------------------------------------- */

static void
write_what_is_shared(void)
{
	task_t task = look_up("shared");

	ck_assert_uint_ne(task, mach_task_self());
	pages_are(task, 0x10000, "ab");
	fill(task, 0x11000, PAGE, 'c');
	allocate_at(task, 0x20000, PAGE);
	fill(task, 0x20000, PAGE, 'd');
	regions_are(mach_task_self(), "");
}

TEST(a_task_is_shared_by_its_name_and_written_both_ways)
{
	task_t task = new_task();

	draw(task, 0x10000, "ab");
	registers("shared", task);
	elsewhere(write_what_is_shared);
	pages_are(task, 0x10000, "ac");
	pages_are(task, 0x20000, "d");
}

static void
register_ones_own_task(void)
{
	draw(mach_task_self(), 0x10000, "left");
	registers("mine", mach_task_self());
}

TEST(what_is_registered_outlives_the_program_that_registered_it)
{
	uint64_t before = tasks();
	task_t task;

	elsewhere(register_ones_own_task);
	ck_assert_uint_eq(tasks(), before + 1);
	task = look_up("mine");
	pages_are(task, 0x10000, "left");
	let_go(task);
	ck_assert_uint_eq(tasks(), before + 1);

	task = look_up("mine");
	registers("mine", MACH_PORT_NULL);
	is_unknown("mine");
	pages_are(task, 0x10000, "left");
	let_go(task);
	ck_assert_uint_eq(tasks(), before);
}

static void
map_the_entry(void)
{
	map_at(mach_task_self(), 0x40000, 2 * PAGE, look_up("entry"));
	pages_are(mach_task_self(), 0x40000, "xy");
	fill(mach_task_self(), 0x40000, PAGE, 'z');
}

TEST(a_memory_entry_is_shared_by_its_name)
{
	task_t task = new_task();

	draw(task, 0x10000, "xy");
	registers("entry",
	    entry_of(task, 0x10000, 2 * PAGE, VM_PROT_READ | VM_PROT_WRITE));
	elsewhere(map_the_entry);
	pages_are(task, 0x10000, "zy");
}

/* Gives a task's read port a name. */
static void
register_to_be_read(task_t task)
{
	mach_port_t port;

	succeeds(task_get_special_port(task, TASK_READ_PORT, &port));
	registers("read", port);
	let_go(port);
}

static void
read_and_no_more(void)
{
	mach_port_t port = look_up("read"), more = (mach_port_t)CANARY;
	mach_msg_type_number_t count;
	vm_offset_t data;

	succeeds(vm_read(port, 0x10000, PAGE, &data, &count));
	ck_assert_int_eq(*(const char *)data, 'r');
	give_back((void *)data, count);
	answers(vm_write(port, 0x10000, (vm_offset_t) "w", 1),
	    KERN_INVALID_ARGUMENT);
	answers(task_terminate(port), KERN_INVALID_ARGUMENT);
	answers(task_get_special_port(port, TASK_KERNEL_PORT, &more),
	    KERN_INVALID_ARGUMENT);
}

TEST(what_is_registered_to_be_read_is_read_and_no_more)
{
	task_t task = new_task();

	draw(task, 0x10000, "r");
	register_to_be_read(task);
	elsewhere(read_and_no_more);
	pages_are(task, 0x10000, "r");
	if (geteuid() == 0)
		names_are("0 0 400 task read read\n");
}

TEST(a_port_to_read_keeps_no_task_and_its_name_goes_with_it)
{
	task_t task = new_task();
	uint64_t before = tasks();

	register_to_be_read(task);
	let_go(task);
	is_unknown("read");
	ck_assert_uint_eq(tasks(), before - 1);

	task = new_task();
	register_to_be_read(task);
	succeeds(task_terminate(task));
	is_unknown("read");
}

/* All numbers that might be a name of another's. */
static void
try_all_names(void)
{
	for (mach_port_t name = 0; name < 0x10000; name++)
		if (name != mach_task_self() && name != bootstrap_port)
			answers(task_suspend(name), MACH_SEND_INVALID_DEST);
}

TEST(nothing_is_shared_by_being_registered_but_to_who_looks_it_up)
{
	task_t task = new_task();

	for (int i = 0; i < 20; i++)
		new_task();
	registers("shared", task);
	elsewhere(try_all_names);
}

static void
terminate_what_is_shared(void)
{
	succeeds(task_terminate(look_up("shared")));
}

TEST(a_name_goes_when_its_task_is_terminated)
{
	task_t task = new_task();
	mach_port_type_t type;

	registers("shared", task);
	registers("shared, too", task);
	elsewhere(terminate_what_is_shared);
	is_unknown("shared");
	is_unknown("shared, too");
	succeeds(mach_port_type(mach_task_self(), task, &type));
	ck_assert_uint_eq(type, MACH_PORT_TYPE_DEAD_NAME);
	registers("shared", mach_task_self());
	ck_assert_uint_eq(look_up("shared"), mach_task_self());
}

TEST(a_right_that_is_looked_up_arrives_under_the_name_that_there_is)
{
	task_t task = new_task();
	mach_port_urefs_t refs;

	registers("a", task);
	registers("b", task);
	ck_assert_uint_eq(look_up("a"), task);
	ck_assert_uint_eq(look_up("b"), task);
	succeeds(mach_port_get_refs(mach_task_self(), task,
	    MACH_PORT_RIGHT_SEND, &refs));
	ck_assert_uint_eq(refs, 3);
}

/* The daemon's end has to free them: test_teardown(). */
TEST(what_is_registered_at_the_end_is_freed)
{
	task_t task = new_task();

	draw(task, 0x10000, "abcd");
	registers("task", task);
	registers("host", mach_host_self());
	registers("privileged", privileged_host());
	registers("bootstrap", bootstrap_port);
	registers("entry", new_entry(4 * PAGE, VM_PROT_READ | VM_PROT_WRITE));
	succeeds(task_set_special_port(task, TASK_BOOTSTRAP_PORT, task));
}

/* --- Registering ------------------------------------------------------- */

TEST(a_name_is_given_once_and_taken_away_once)
{
	registers("a", mach_task_self());
	answers(bootstrap_register(bootstrap_port, "a", new_task()),
	    BOOTSTRAP_NAME_IN_USE);
	ck_assert_uint_eq(look_up("a"), mach_task_self());
	registers("a", MACH_PORT_NULL);
	answers(bootstrap_register(bootstrap_port, "a", MACH_PORT_NULL),
	    BOOTSTRAP_UNKNOWN_SERVICE);
}

static void
name_is_refused(const char *name)
{
	mach_port_t port;
	bootstrap_status_t status;

	answers(bootstrap_register(bootstrap_port, name, mach_task_self()),
	    KERN_INVALID_ARGUMENT);
	answers(bootstrap_look_up(bootstrap_port, name, &port),
	    KERN_INVALID_ARGUMENT);
	answers(bootstrap_status(bootstrap_port, name, &status),
	    KERN_INVALID_ARGUMENT);
	answers(vmd_look_up(VMD_SAME, name, &port), KERN_INVALID_ARGUMENT);
	answers(vmd_name_set(VMD_SAME, name, VMD_SAME, VMD_SAME, 0),
	    KERN_INVALID_ARGUMENT);
	answers(vmd_name_remove(VMD_SAME, name), KERN_INVALID_ARGUMENT);
}

TEST(what_is_no_text_is_no_name)
{
	char name[BOOTSTRAP_MAX_NAME_LEN + 2];

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	name_is_refused(name);
	name[BOOTSTRAP_MAX_NAME_LEN] = '\0';
	name_is_refused(name);
	name[BOOTSTRAP_MAX_NAME_LEN - 1] = '\0';
	registers(name, mach_task_self());
	ck_assert_uint_eq(look_up(name), mach_task_self());
	name_is_refused("");
	name_is_refused("two\nlines");
	name_is_refused("\x1b[2J");
	name_is_refused("\xff\xfe");
	registers("\xc3\xa4 \xe2\x82\xac", mach_task_self());
}

TEST(what_is_no_port_or_dead_is_not_registered)
{
	task_t dead = new_task();

	succeeds(task_terminate(dead));
	answers(bootstrap_register(bootstrap_port, "a", dead),
	    KERN_INVALID_CAPABILITY);
	answers(bootstrap_register(bootstrap_port, "a", MACH_PORT_DEAD),
	    KERN_INVALID_CAPABILITY);
	answers(bootstrap_register(bootstrap_port, "a", 12345),
	    MACH_SEND_INVALID_RIGHT);
	is_unknown("a");
}

static void
find_too_many(void)
{
	registers("theirs", mach_task_self());
}

/* --- Services ---------------------------------------------------------- */

static mach_port_t
check_in(const char *name)
{
	mach_port_t port = MACH_PORT_NULL;
	mach_port_type_t type;

	succeeds(bootstrap_check_in(bootstrap_port, name, &port));
	succeeds(mach_port_type(mach_task_self(), port, &type));
	ck_assert_uint_eq(type, MACH_PORT_TYPE_RECEIVE);
	return port;
}

static void
service_is_active(void)
{
	bootstrap_status_t status;
	mach_port_type_t type;
	mach_port_t port;

	answers(bootstrap_check_in(bootstrap_port, "service", &port),
	    BOOTSTRAP_SERVICE_ACTIVE);
	answers(bootstrap_register(bootstrap_port, "service", new_task()),
	    BOOTSTRAP_NAME_IN_USE);
	succeeds(bootstrap_status(bootstrap_port, "service", &status));
	ck_assert_int_eq(status, BOOTSTRAP_STATUS_ACTIVE);
	port = look_up("service");
	succeeds(mach_port_type(mach_task_self(), port, &type));
	ck_assert_uint_eq(type, MACH_PORT_TYPE_SEND);
}

TEST(who_checks_a_service_in_receives_and_others_find_it)
{
	mach_port_t port = check_in("service");
	mach_port_type_t type;

	elsewhere(service_is_active);
	ck_assert_uint_eq(look_up("service"), port);
	succeeds(mach_port_type(mach_task_self(), port, &type));
	ck_assert_uint_eq(type, MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_RECEIVE);
}

static void
check_in_and_end(void)
{
	check_in("service");
}

TEST(a_service_ends_with_the_right_to_receive)
{
	mach_port_t port;

	elsewhere(check_in_and_end);
	wait_for_the_end_of("service");
	port = check_in("service");
	succeeds(mach_port_mod_refs(mach_task_self(), port,
	    MACH_PORT_RIGHT_RECEIVE, -1));
	is_unknown("service");
	port = check_in("service");
	registers("service", MACH_PORT_NULL);
	is_unknown("service");
	check_in("service");
}

TEST(a_service_that_cannot_be_registered_leaves_no_right)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t before, after, count;
	mach_port_t port = (mach_port_t)CANARY;
	char name[16];

	for (int i = 0; i < NAMES_MOST; i++) {
		snprintf(name, sizeof(name), "%d", i);
		registers(name, mach_task_self());
	}
	succeeds(
	    mach_port_names(mach_task_self(), &names, &before, &types, &count));
	answers(bootstrap_check_in(bootstrap_port, "service", &port),
	    BOOTSTRAP_NO_MEMORY);
	answers(bootstrap_check_in(bootstrap_port, "", &port),
	    KERN_INVALID_ARGUMENT);
	ck_assert_uint_eq(port, (mach_port_t)CANARY);
	succeeds(
	    mach_port_names(mach_task_self(), &names, &after, &types, &count));
	ck_assert_uint_eq(before, after);
}

TEST(names_are_bounded_for_each_user)
{
	unsigned all;
	char name[16];

	for (int i = 0; i < NAMES_MOST; i++) {
		snprintf(name, sizeof(name), "%d", i);
		registers(name, mach_task_self());
	}
	answers(bootstrap_register(bootstrap_port, "more", mach_task_self()),
	    BOOTSTRAP_NO_MEMORY);
	if (can_be_others())
		as(ANN, find_too_many);
	ck_assert_uint_eq(listed("4095", &all), 1);
	ck_assert_uint_eq(all, NAMES_MOST);
	registers("17", MACH_PORT_NULL);
	registers("more", mach_task_self());
	ck_assert_uint_eq(listed("17", &all), 0);
	ck_assert_uint_eq(all, NAMES_MOST);
}

TEST(all_names_are_told_in_order_however_many_are_asked_for)
{
	struct vmd_name names[2000], last;
	size_t count = 0, told = 0;
	char name[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%03d", i);
		registers(name, mach_task_self());
	}
	do {
		count = 1 + told % ARRAY_SIZE(names);
		succeeds(vmd_names(told > 0 ? &last : NULL, names, &count));
		for (size_t i = 0; i < count; i++) {
			snprintf(name, sizeof(name), "%03zu", told++);
			ck_assert_str_eq(names[i].name, name);
			last = names[i];
		}
	} while (count > 0);
	ck_assert_uint_eq(told, 1000);
}

TEST(several_names_are_looked_up_at_once)
{
	name_t names[BOOTSTRAP_MAX_LOOKUP_COUNT + 1] = { "a", "b", "a" };
	mach_msg_type_number_t count;
	mach_port_array_t ports;
	task_t task = new_task();
	boolean_t all;

	registers("a", task);
	succeeds(bootstrap_look_up_array(bootstrap_port, names, 3, &ports,
	    &count, &all));
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(ports[0], task);
	ck_assert_uint_eq(ports[1], MACH_PORT_NULL);
	ck_assert_uint_eq(ports[2], task);
	ck_assert_int_eq(all, FALSE);
	give_back(ports, count * sizeof(*ports));

	registers("b", task);
	succeeds(bootstrap_look_up_array(bootstrap_port, names, 2, &ports,
	    &count, &all));
	ck_assert_int_eq(all, TRUE);
	give_back(ports, count * sizeof(*ports));
	answers(bootstrap_look_up_array(bootstrap_port, names,
		    BOOTSTRAP_MAX_LOOKUP_COUNT + 1, &ports, &count, &all),
	    BOOTSTRAP_BAD_COUNT);
}

TEST(what_an_array_was_given_is_taken_back_if_a_name_in_it_is_none)
{
	name_t names[] = { "a", "a", "" };
	mach_msg_type_number_t count = 77;
	mach_port_array_t ports = NULL;
	mach_port_urefs_t refs;
	task_t task = new_task();
	boolean_t all = 77;

	registers("a", task);
	answers(bootstrap_look_up_array(bootstrap_port, names, 3, &ports,
		    &count, &all),
	    KERN_INVALID_ARGUMENT);
	ck_assert_uint_eq(count, 77);
	ck_assert_int_eq(all, 77);
	succeeds(mach_port_get_refs(mach_task_self(), task,
	    MACH_PORT_RIGHT_SEND, &refs));
	ck_assert_uint_eq(refs, 1);
}

/* --- The port ---------------------------------------------------------- */

static void
each_task_has_it(enum personality personality)
{
	task_t task = new_task(), child;
	mach_port_t port;

	(void)personality;
	succeeds(task_get_bootstrap_port(mach_task_self(), &port));
	ck_assert_uint_eq(port, bootstrap_port);
	succeeds(task_get_bootstrap_port(task, &port));
	ck_assert_uint_eq(port, bootstrap_port);
	succeeds(task_set_bootstrap_port(task, MACH_PORT_NULL));
	child = child_of(task);
	succeeds(task_get_bootstrap_port(child, &port));
	ck_assert_uint_eq(port, MACH_PORT_NULL);
	registers(personality_names[personality], task);
}

TEST(each_task_has_the_registry_unless_another_port_was_set)
{
	in_each_personality(each_task_has_it);
}

TEST(the_registrys_port_is_a_right_like_any_other)
{
	mach_port_t given = bootstrap_port, port;

	registers("registry", bootstrap_port);
	ck_assert_uint_eq(look_up("registry"), given);
	let_go(given);
	let_go(given);
	answers(bootstrap_look_up(given, "a", &port), MACH_SEND_INVALID_DEST);
	succeeds(task_get_bootstrap_port(mach_task_self(), &bootstrap_port));
	ck_assert_uint_ne(bootstrap_port, given);
	ck_assert_uint_eq(look_up("registry"), bootstrap_port);
}

TEST(whoever_is_no_registry_knows_no_names)
{
	mach_port_t port, host = mach_host_self();
	vm_size_t size;

	answers(bootstrap_look_up(mach_task_self(), "a", &port),
	    KERN_INVALID_HOST);
	answers(bootstrap_register(host, "a", host), MIG_BAD_ID);
	answers(bootstrap_look_up(MACH_PORT_NULL, "a", &port),
	    MACH_SEND_INVALID_DEST);
	answers(bootstrap_look_up(12345, "a", &port), MACH_SEND_INVALID_DEST);
	/* And the registry is neither host nor task. */
	answers(host_page_size(bootstrap_port, &size), KERN_INVALID_ARGUMENT);
	answers(vm_wire(bootstrap_port, mach_task_self(), 0, PAGE, 0),
	    MIG_BAD_ARGUMENTS);
	answers(task_suspend(bootstrap_port), KERN_INVALID_ARGUMENT);
}

TEST(codes_are_told_in_words)
{
	ck_assert_str_eq(bootstrap_strerror(BOOTSTRAP_UNKNOWN_SERVICE),
	    "(bootstrap) unknown service");
	ck_assert_str_eq(bootstrap_strerror(BOOTSTRAP_NO_MEMORY),
	    "(bootstrap) no memory, or too many names");
	ck_assert_str_eq(bootstrap_strerror(KERN_FAILURE),
	    mach_error_string(KERN_FAILURE));
	ck_assert_str_eq(bootstrap_strerror(1106), mach_error_string(1106));
	ck_assert_str_eq(bootstrap_strerror(1099), mach_error_string(1099));
}

/* --- Other users ------------------------------------------------------- */

static void
register_x(void)
{
	task_t task = new_task();

	draw(task, 0x10000, "x");
	registers("x", task);
}

static void
register_x_for_all(void)
{
	register_x();
	succeeds(vmd_name_set(VMD_SAME, "x", VMD_SAME, VMD_SAME, ALL));
}

static void
register_x_for_staff(void)
{
	register_x();
	succeeds(vmd_name_set(VMD_SAME, "x", VMD_SAME, STAFF,
	    VMD_NAME_OWNER | VMD_NAME_GROUP));
}

/* What of ANN's others see none of. */
static void
does_not_find_x(void)
{
	mach_port_t port = (mach_port_t)CANARY;
	unsigned all;

	is_unknown("x");
	answers(vmd_look_up(ANN, "x", &port), BOOTSTRAP_UNKNOWN_SERVICE);
	answers(vmd_look_up(VMD_SAME, "x", &port), BOOTSTRAP_UNKNOWN_SERVICE);
	ck_assert_uint_eq(port, (mach_port_t)CANARY);
	ck_assert_uint_eq(listed("x", &all), 0);
	ck_assert_uint_eq(all, 0);
	names_are("");
	try_all_names();
}

static void
finds_x(void)
{
	mach_port_t port;
	unsigned all;

	ck_assert_uint_eq(listed("x", &all), 1);
	succeeds(vmd_look_up(ANN, "x", &port));
	ck_assert_uint_eq(look_up("x"), port);
	pages_are(port, 0x10000, "x");
}

TEST(a_name_is_its_users_alone_at_first)
{
	mach_port_t port;

	if (!can_be_others())
		return;
	as(ANN, register_x);
	as(BOB, does_not_find_x);
	as_one_of(BOB, ANN, ANN, does_not_find_x);
	as(ANN, finds_x);
	/* Root may ask for it, and does not find it unasked. */
	is_unknown("x");
	succeeds(vmd_look_up(ANN, "x", &port));
	pages_are(port, 0x10000, "x");
	names_are("4001 4001 400 task x\n");
}

/* By asking for it; and not as if it were one's own. */
static void
asks_for_x(void)
{
	mach_port_t port;

	is_unknown("x");
	succeeds(vmd_look_up(ANN, "x", &port));
	pages_are(port, 0x10000, "x");
	fill(port, 0x10000, PAGE, 'x');
}

static void
asks_for_x_of_all(void)
{
	unsigned all;

	asks_for_x();
	names_are("4001 4001 444 task x\n");
	ck_assert_uint_eq(listed("x", &all), 0);
}

TEST(a_mode_lets_others_look_a_name_up)
{
	if (!can_be_others())
		return;
	as(ANN, register_x_for_all);
	as(BOB, asks_for_x_of_all);
}

TEST(a_mode_lets_a_group_look_a_name_up)
{
	if (!can_be_others())
		return;
	as(ANN, register_x_for_staff);
	as_one_of(BOB, STAFF, BOB, asks_for_x);
	as_one_of(BOB, BOB, STAFF, asks_for_x);
	as(BOB, does_not_find_x);
}

static void
close_x(void)
{
	mach_port_t port;

	succeeds(vmd_name_set(VMD_SAME, "x", VMD_SAME, VMD_SAME, 0));
	is_unknown("x");
	answers(vmd_look_up(ANN, "x", &port), BOOTSTRAP_UNKNOWN_SERVICE);
	succeeds(vmd_name_set(ANN, "x", ANN, VMD_SAME, VMD_NAME_OWNER));
	finds_x();
}

TEST(an_owner_may_change_the_mode_of_a_name)
{
	if (!can_be_others())
		return;
	as(ANN, register_x_for_all);
	as(ANN, close_x);
	as(BOB, does_not_find_x);
	answers(vmd_name_set(ANN, "x", VMD_SAME, VMD_SAME, 0600),
	    KERN_INVALID_ARGUMENT);
	answers(vmd_name_set(ANN, "x", VMD_SAME, VMD_SAME, UINT32_C(1) << 31),
	    KERN_INVALID_ARGUMENT);
}

static void
finds_no_squatters_x(void)
{
	is_unknown("x");
	register_x();
	finds_x();
}

TEST(nobody_can_put_a_name_in_anothers_way)
{
	if (!can_be_others())
		return;
	as(BOB, register_x_for_all);
	is_unknown("x");
	as(ANN, finds_no_squatters_x);
}

static void
finds_roots(void)
{
	task_t task = look_up("service");
	unsigned all;

	pages_are(task, 0x10000, "r");
	is_unknown("secret");
	ck_assert_uint_eq(listed("service", &all), 1);
	ck_assert_uint_eq(all, 1);

	registers("service", mach_task_self());
	ck_assert_uint_eq(look_up("service"), mach_task_self());
	ck_assert_uint_eq(listed("service", &all), 1);
	ck_assert_uint_eq(all, 1);
	succeeds(vmd_look_up(0, "service", &task));
	pages_are(task, 0x10000, "r");
}

static void
still_finds_roots(void)
{
	pages_are(look_up("service"), 0x10000, "r");
}

TEST(what_root_has_for_all_is_found_by_all_and_ones_own_first)
{
	task_t task = new_task();

	if (!can_be_others())
		return;
	draw(task, 0x10000, "r");
	registers("secret", task);
	registers("service", task);
	succeeds(vmd_name_set(VMD_SAME, "service", VMD_SAME, VMD_SAME, ALL));
	as(ANN, finds_roots);
	as(BOB, still_finds_roots);
	ck_assert_uint_eq(look_up("service"), task);
}

static void
tries_to_change_anns(void)
{
	static const char *const names[] = { "x", "nowhere" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		answers(vmd_name_remove(ANN, names[i]),
		    BOOTSTRAP_NOT_PRIVILEGED);
		answers(vmd_name_set(ANN, names[i], VMD_SAME, VMD_SAME, ALL),
		    BOOTSTRAP_NOT_PRIVILEGED);
		answers(vmd_name_set(ANN, names[i], BOB, VMD_SAME, VMD_SAME),
		    BOOTSTRAP_NOT_PRIVILEGED);
	}
	answers(bootstrap_register(bootstrap_port, "x", MACH_PORT_NULL),
	    BOOTSTRAP_UNKNOWN_SERVICE);
	registers("mine", mach_task_self());
	answers(vmd_name_set(BOB, "mine", ANN, VMD_SAME, VMD_SAME),
	    BOOTSTRAP_NOT_PRIVILEGED);
	answers(vmd_name_remove(BOB, "nowhere"), BOOTSTRAP_UNKNOWN_SERVICE);
	succeeds(vmd_name_remove(BOB, "mine"));
}

TEST(only_a_names_owner_may_change_it_or_take_it_away)
{
	if (!can_be_others())
		return;
	as(ANN, register_x_for_all);
	as(BOB, tries_to_change_anns);
	as(ANN, finds_x);
	names_are("4001 4001 444 task x\n");
}

TEST(root_may_change_all_names)
{
	mach_port_t port;

	if (!can_be_others())
		return;
	as(ANN, register_x);
	as(BOB, register_x);
	answers(vmd_name_set(ANN, "x", BOB, STAFF, ALL), BOOTSTRAP_NAME_IN_USE);
	names_are("4001 4001 400 task x\n4002 4002 400 task x\n");
	succeeds(vmd_name_remove(BOB, "x"));
	succeeds(vmd_name_set(ANN, "x", BOB, STAFF, ALL));
	names_are("4002 4050 444 task x\n");
	answers(vmd_look_up(ANN, "x", &port), BOOTSTRAP_UNKNOWN_SERVICE);
	succeeds(vmd_name_set(BOB, "x", ANN, VMD_SAME, VMD_SAME));
	as(ANN, finds_x);
	succeeds(vmd_name_remove(ANN, "x"));
	names_are("");
}

static void
give_the_registry_away(void)
{
	registers("registry", bootstrap_port);
	succeeds(vmd_name_set(VMD_SAME, "registry", VMD_SAME, VMD_SAME, ALL));
	register_x();
}

static void
asks_anns_registry(void)
{
	mach_port_t port, registry;

	succeeds(vmd_look_up(ANN, "registry", &registry));
	answers(bootstrap_look_up(registry, "x", &port),
	    BOOTSTRAP_UNKNOWN_SERVICE);
	succeeds(bootstrap_register(registry, "y", mach_task_self()));
	ck_assert_uint_eq(look_up("y"), mach_task_self());
}

TEST(anothers_right_to_the_registry_is_no_way_to_anothers_names)
{
	if (!can_be_others())
		return;
	as(ANN, give_the_registry_away);
	as(BOB, asks_anns_registry);
	names_are("4001 4001 444 bootstrap registry\n"
		  "4001 4001 400 task x\n"
		  "4002 4002 400 task y\n");
}
