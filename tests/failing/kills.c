/*
 * Clients that are killed
 *
 * A client that makes calls of all kinds, with memory that others see, is
 * killed with SIGKILL at a moment by chance. The daemon, which checks itself
 * after every call, must have nothing of theirs afterwards, and goes on
 * serving. How often is in $FAILING_KILLS.
 */
#include "tests/support/test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/host_priv.h>
#include <mach/mach_vm.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum { KILLS = 300, AT_ONCE = 6, MEGA = 1 << 20 };

static unsigned
kills(void)
{
	const char *text = getenv("FAILING_KILLS");

	return text ? (unsigned)strtoul(text, NULL, 10) : KILLS;
}

void
test_setup(void)
{
	daemon_start("--check", "--memory", "256M", NULL);
	draw(mach_task_self(), 0x10000, "abc");
}

void
test_teardown(void)
{
	daemon_stop();
}

/* --- What they do ------------------------------------------------------ */

static task_t own, child;
static uint8_t bytes[MEGA];

static vm_address_t
somewhere(void)
{
	return 0x100000 + (vm_address_t)(rand() % 64) * PAGE;
}

static vm_size_t
some_size(void)
{
	return (vm_size_t)(1 + rand() % 16) * PAGE;
}

static void
change_memory(task_t task)
{
	vm_address_t at = somewhere();
	vm_size_t size = some_size();

	switch (rand() % 6) {
	case 0:
		vm_deallocate(task, at, size);
		vm_allocate(task, &at, size, VM_FLAGS_FIXED);
		break;
	case 1:
		vm_protect(task, at, size, FALSE, VM_PROT_READ);
		vm_protect(task, at, size, FALSE, VM_PROT_DEFAULT);
		break;
	case 2:
		vm_inherit(task, at, size, (vm_inherit_t)rand() % 3);
		break;
	case 3:
		vm_copy(task, at, size, somewhere());
		break;
	case 4:
		vm_write(task, at, (vm_offset_t)bytes,
		    (mach_msg_type_number_t)size);
		break;
	default:
		vm_behavior_set(task, at, size, VM_BEHAVIOR_ZERO);
		break;
	}
}

static void
move_much(task_t task)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	vm_write(task, 0x1000000, (vm_offset_t)bytes, sizeof(bytes));
	if (vm_read(task, 0x1000000, sizeof(bytes), &data, &count) ==
	    KERN_SUCCESS)
		vm_deallocate(mach_task_self(), data, count);
}

static void
share_memory(task_t task)
{
	vm_address_t from = somewhere(), to = somewhere();
	memory_object_size_t size = some_size();
	vm_prot_t current, maximum;
	mach_port_t entry;

	if (rand() % 2) {
		vm_remap(task, &to, some_size(), 0,
		    VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE, own, from, rand() % 2,
		    &current, &maximum, VM_INHERIT_SHARE);
		return;
	}
	if (mach_make_memory_entry_64(task, &size, from, VM_PROT_DEFAULT,
		&entry, MACH_PORT_NULL) != KERN_SUCCESS)
		return;
	vm_map(task, &to, (vm_size_t)size, 0,
	    VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE, entry, 0, FALSE,
	    VM_PROT_DEFAULT, VM_PROT_DEFAULT, VM_INHERIT_SHARE);
	if (rand() % 2)
		mach_port_deallocate(mach_task_self(), entry);
}

static void
wire_memory(task_t task, mach_port_t privileged)
{
	vm_address_t at = somewhere();

	vm_wire(privileged, task, at, PAGE, VM_PROT_READ);
	if (rand() % 2)
		vm_wire(privileged, task, at, PAGE, VM_PROT_NONE);
}

static void
renew_child(void)
{
	if (rand() % 2)
		task_terminate(child);
	mach_port_deallocate(mach_task_self(), child);
	if (task_create(own, NULL, 0, TRUE, &child) != KERN_SUCCESS)
		child = own;
}

/* Until it is killed. One byte to `ready`: it has begun. */
static void
live_on_borrowed_time(unsigned seed, int ready)
{
	mach_port_t privileged = privileged_host();

	srand(seed);
	own = mach_task_self();
	allocate_at(own, 0x100000, 80 * PAGE);
	allocate_at(own, 0x1000000, sizeof(bytes));
	child = child_of(own);
	ck_assert_int_eq(write(ready, "", 1), 1);
	for (;;) {
		task_t task = rand() % 2 ? own : child;

		switch (rand() % 16) {
		case 0:
			renew_child();
			break;
		case 1:
			move_much(task);
			break;
		case 2:
			wire_memory(task, privileged);
			break;
		case 3:
		case 4:
		case 5:
			share_memory(task);
			break;
		default:
			change_memory(task);
			break;
		}
	}
}

/* --- That they are killed ---------------------------------------------- */

static void
kill_some(unsigned *seed, unsigned count)
{
	pid_t pids[AT_ONCE];
	int ready[2];
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	for (unsigned i = 0; i < count; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0)
			live_on_borrowed_time(*seed, ready[1]);
		++*seed;
	}
	for (unsigned i = 0; i < count; i++)
		ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	for (unsigned i = 0; i < count; i++) {
		int status;

		usleep((useconds_t)(500 + rand() % 8000));
		kill(pids[i], SIGKILL);
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_msg(WIFSIGNALED(status) &&
				  WTERMSIG(status) == SIGKILL,
		    "it ended by itself, with %#x", (unsigned)status);
	}
}

static struct vmd_statistics
statistics(void)
{
	struct vmd_statistics now;

	succeeds(vmd_statistics(&now));
	now.longest = 0;
	return now;
}

/* What was theirs goes in slices. */
static void
nothing_is_left(const struct vmd_statistics *before)
{
	enum { PATIENCE = 10000 };
	struct vmd_statistics now = statistics();

	for (int i = 0; now.connections > before->connections ||
			now.pages_used > before->pages_used ||
			now.nodes_used > before->nodes_used;
	     i++) {
		ck_assert_int_lt(i, PATIENCE);
		usleep(1000);
		now = statistics();
	}
	ck_assert(memcmp(&now, before, sizeof(now)) == 0);
}

TEST(clients_may_be_killed_at_any_moment_and_nothing_of_theirs_is_left)
{
	struct vmd_statistics before = statistics();
	unsigned seed = 1, left = kills();

	while (left > 0) {
		unsigned count = MIN(left, (unsigned)AT_ONCE);

		kill_some(&seed, count);
		left -= count;
		pages_are(mach_task_self(), 0x10000, "abc");
	}
	nothing_is_left(&before);
}
