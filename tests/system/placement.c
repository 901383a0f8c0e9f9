/*
 * Memory that may go anywhere: to the lowest place, or by chance, which a seed
 * makes the same each time
 */
#include "tests/support/test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/mach.h>

#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum { COUNT = 32 };

/* Where so many ranges go. */
static void
place(vm_address_t *at)
{
	for (int i = 0; i < COUNT; i++) {
		at[i] = 0;
		succeeds(vm_allocate(mach_task_self(), &at[i], 3 * PAGE, TRUE));
		ck_assert_uint_eq(at[i] % PAGE, 0);
	}
}

/* In a process of its own, with a daemon of its own. */
static void
place_with(const char *seed, vm_address_t *at)
{
	int status, pipes[2];
	pid_t pid;

	ck_assert_int_eq(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		daemon_start("--check", seed ? "--seed" : NULL, seed, NULL);
		place(at);
		daemon_stop();
		ck_assert_int_eq(write(pipes[1], at, COUNT * sizeof(*at)),
		    COUNT * sizeof(*at));
		_exit(0);
	}
	close(pipes[1]);
	ck_assert_int_eq(read(pipes[0], at, COUNT * sizeof(*at)),
	    COUNT * sizeof(*at));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close(pipes[0]);
}

TEST(without_a_seed_memory_goes_to_the_lowest_place)
{
	vm_address_t at[COUNT];

	place_with(NULL, at);
	for (int i = 1; i < COUNT; i++)
		ck_assert_uint_eq(at[i], at[i - 1] + 3 * PAGE);
}

TEST(a_seed_has_it_go_elsewhere_and_the_same_one_to_the_same_places)
{
	vm_address_t at[COUNT], again[COUNT], other[COUNT];
	unsigned same = 0, near = 0;

	place_with("7", at);
	place_with("7", again);
	place_with("8", other);
	ck_assert_int_eq(memcmp(at, again, sizeof(at)), 0);
	for (int i = 0; i < COUNT; i++) {
		same += at[i] == other[i];
		near += at[i] < 1 << 20;
	}
	ck_assert_uint_lt(same, 2);
	ck_assert_uint_lt(near, 2);
}

/* Below a bound there are fifteen pages: all of them are found. */
static void
fill_what_there_is(void)
{
	const vm_address_t bound = 0x10000;
	vm_address_t address;

	for (vm_address_t i = 1; i < bound / PAGE; i++) {
		address = 0;
		succeeds(vm_map(mach_task_self(), &address, PAGE,
		    -(vm_address_t)bound, TRUE, MACH_PORT_NULL, 0, FALSE,
		    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY));
	}
	address = 0;
	answers(vm_map(mach_task_self(), &address, PAGE, -(vm_address_t)bound,
		    TRUE, MACH_PORT_NULL, 0, FALSE, VM_PROT_DEFAULT,
		    VM_PROT_ALL, VM_INHERIT_COPY),
	    KERN_NO_SPACE);
}

TEST(by_chance_is_no_reason_to_refuse)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		daemon_start("--check", "--seed", "7", NULL);
		fill_what_there_is();
		daemon_stop();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
