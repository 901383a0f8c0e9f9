/*
 * The roster: all tasks by number, for who runs the daemon; and what it counts
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/mach.h>
#include <mach/mach_vm.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum { STRANGER = 65534, VM_PROTECT_ID = 3803 };

void
test_setup(void)
{
	daemon_start("--check", NULL);
	succeeds(vm_deallocate(mach_task_self(), 0, 0));
}

void
test_teardown(void)
{
	daemon_stop();
}

static struct vmd_task tasks[64];
static struct vmd_call calls[64];
static size_t count;

static void
look(void)
{
	count = ARRAY_SIZE(tasks);
	succeeds(vmd_tasks(0, tasks, &count));
}

TEST(a_task_is_on_the_roster_with_who_made_it)
{
	task_t child;

	succeeds(task_create(mach_task_self(), NULL, 0, FALSE, &child));
	look();
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(tasks[0].number, 1);
	ck_assert_uint_eq(tasks[0].parent, 0);
	ck_assert_int_eq(tasks[0].pid, getpid());
	ck_assert_uint_eq(tasks[0].uid, getuid());
	ck_assert_str_eq(tasks[0].personality, "osf");
	ck_assert_uint_eq(tasks[1].number, 2);
	ck_assert_uint_eq(tasks[1].parent, 1);
}

/* So many pages at 0x10000, and a byte is written. */
static void
touch(unsigned pages)
{
	vm_address_t address = 0x10000;

	succeeds(vm_allocate(mach_task_self(), &address, pages * PAGE, FALSE));
	succeeds(vm_write(mach_task_self(), address, (vm_offset_t) "x", 1));
}

TEST(a_task_is_told_with_what_it_has_and_did)
{
	touch(2);
	look();
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(tasks[0].virtual_size, 2 * PAGE);
	ck_assert_uint_ge(tasks[0].entries, 1);
	ck_assert_uint_ge(tasks[0].zero_fills, 1);
	ck_assert_uint_ge(tasks[0].calls, 3);
}

TEST(who_has_ended_is_on_it_no_longer_and_its_number_is_nobody_s)
{
	task_t child, read;

	succeeds(task_create(mach_task_self(), NULL, 0, FALSE, &child));
	succeeds(task_terminate(child));
	look();
	ck_assert_uint_eq(count, 1);
	answers(vmd_task_read(2, &read), KERN_INVALID_ARGUMENT);
	succeeds(task_create(mach_task_self(), NULL, 0, FALSE, &child));
	look();
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(tasks[1].number, 3);
}

TEST(a_task_of_another_connection_can_be_read_by_its_number_and_not_changed)
{
	int ready[2], done[2];
	vm_offset_t data;
	mach_msg_type_number_t size;
	task_t other;
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_eq(pipe(done), 0);
	pid = fork();
	if (pid == 0) {
		draw(mach_task_self(), 0x10000, "x");
		ck_assert_int_eq(write(ready[1], "", 1), 1);
		ck_assert_int_eq(read(done[0], &c, 1), 1);
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	look();
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(tasks[1].pid, pid);
	succeeds(vmd_task_read(tasks[1].number, &other));
	succeeds(vm_read(other, 0x10000, 1, &data, &size));
	ck_assert_int_eq(*(char *)data, 'x');
	succeeds(vm_deallocate(mach_task_self(), data, size));
	answers(vm_deallocate(other, 0x10000, PAGE), KERN_INVALID_ARGUMENT);
	answers(task_terminate(other), KERN_INVALID_ARGUMENT);
	ck_assert_int_eq(write(done[1], "", 1), 1);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(ready[0]), close(ready[1]), close(done[0]), close(done[1]);
}

TEST(tasks_are_told_from_a_number_on_as_many_as_there_is_room_for)
{
	task_t child;

	for (int i = 0; i < 5; i++)
		succeeds(task_create(mach_task_self(), NULL, 0, FALSE, &child));
	count = 2;
	succeeds(vmd_tasks(3, tasks, &count));
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(tasks[0].number, 3);
	ck_assert_uint_eq(tasks[1].number, 4);
	count = 2;
	succeeds(vmd_tasks(7, tasks, &count));
	ck_assert_uint_eq(count, 0);
}

/* The socket is for all. */
static void
open_to_all(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s", daemon_socket());
	ck_assert_int_eq(chmod(path, 0666), 0);
	*strrchr(path, '/') = '\0';
	ck_assert_int_eq(chmod(path, 0711), 0);
}

TEST(another_user_is_told_of_no_task_and_gets_none)
{
	uint64_t number = 0;
	task_t task;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return;
	open_to_all();
	pid = fork();
	if (pid == 0) {
		ck_assert_int_eq(setuid(STRANGER), 0);
		count = ARRAY_SIZE(tasks);
		answers(vmd_tasks(0, tasks, &count), KERN_NO_ACCESS);
		answers(vmd_task_read(1, &task), KERN_NO_ACCESS);
		answers(vmd_monitor(&number, calls, &count), KERN_NO_ACCESS);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

TEST(calls_are_counted_by_routine_and_those_that_failed)
{
	struct vmd_routine_count routines[64];
	struct vmd_counters counters;
	const struct vmd_routine_count *protects = NULL;
	size_t n = ARRAY_SIZE(routines);

	touch(1);
	succeeds(
	    vm_protect(mach_task_self(), 0x10000, PAGE, FALSE, VM_PROT_READ));
	answers(vm_protect(mach_task_self(), 0, PAGE, FALSE, VM_PROT_READ),
	    KERN_INVALID_ADDRESS);
	succeeds(vmd_counters(&counters, routines, &n));
	ck_assert_uint_ge(counters.zero_fills, 1);
	for (size_t i = 0; i < n; i++)
		if (routines[i].id == VM_PROTECT_ID)
			protects = &routines[i];
	ck_assert_ptr_nonnull(protects);
	ck_assert_uint_ge(protects->calls, 2);
	ck_assert_uint_eq(protects->failed, 1);
}

/* --- The monitor -------------------------------------------------------- */

/* A child makes calls, and ends. */
static pid_t
let_a_child_call(unsigned times)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (unsigned i = 0; i < times; i++)
			answers(vm_protect(mach_task_self(), 0x5000, PAGE,
				    FALSE, VM_PROT_READ),
			    KERN_INVALID_ADDRESS);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

TEST(calls_of_others_are_told_to_who_watches)
{
	uint64_t number = 0;
	pid_t pid;

	count = ARRAY_SIZE(calls);
	succeeds(vmd_monitor(&number, calls, &count));
	ck_assert_uint_eq(count, 0);
	pid = let_a_child_call(2);
	count = ARRAY_SIZE(calls);
	succeeds(vmd_monitor(&number, calls, &count));
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(calls[0].id, VM_PROTECT_ID);
	ck_assert_int_eq(calls[0].code, KERN_INVALID_ADDRESS);
	ck_assert_int_eq(calls[0].pid, pid);
	ck_assert_uint_eq(calls[0].port, mach_task_self());
	ck_assert_uint_gt(calls[0].request_size, 0);
	ck_assert_uint_eq(calls[0].reply_size, 0);
	ck_assert_uint_eq(calls[1].number, calls[0].number + 1);
	ck_assert_uint_eq(number, calls[1].number + 1);
}

TEST(who_watches_too_seldom_sees_a_gap_and_the_last_calls)
{
	enum { MANY = 1500, KEPT = 1024 };
	uint64_t number = 0, first, seen = 0;

	count = ARRAY_SIZE(calls);
	succeeds(vmd_monitor(&number, calls, &count));
	first = number;
	let_a_child_call(MANY);
	do {
		count = ARRAY_SIZE(calls);
		succeeds(vmd_monitor(&number, calls, &count));
		if (seen == 0)
			ck_assert_uint_eq(calls[0].number, first + MANY - KEPT);
		seen += count;
	} while (count > 0);
	ck_assert_uint_eq(seen, KEPT);
	ck_assert_uint_eq(number, first + MANY);
}
