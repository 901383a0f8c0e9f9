/*
 * Calls that pause whenever they can, on memory that others change meanwhile
 *
 * Several programs share a task, and memory of it that each has mapped into its
 * own: while a call of one has paused, the others copy, wire, purge, fork and
 * unmap what it is at work on. Whatever it is told, the daemon stays whole.
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <servers/bootstrap.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum {
	PROGRAMS = 6,
	CALLS = 2000, /* of each */
	PAGES = 1024, /* of the window that all is done in */
};

static const mach_vm_address_t window = 0x10000000;

/* What one program has. */
struct program {
	mach_port_t tasks[3]; /* the shared one, its own, and a child */
	mach_port_t host;
	mach_port_t entry;
	unsigned seed;
};

static unsigned
chance(struct program *program, unsigned below)
{
	return (unsigned)rand_r(&program->seed) % below;
}

struct where {
	mach_port_t task;
	mach_vm_address_t address;
	mach_vm_size_t size;
};

/* A range: of whole pages, most often. */
static struct where
somewhere(struct program *program)
{
	unsigned first = chance(program, PAGES);
	unsigned count = 1 + chance(program, chance(program, 4) ? 16 : 512);
	struct where where = {
		.task = program->tasks[chance(program, 3)],
		.address = window + (mach_vm_address_t)first * PAGE,
		.size = (mach_vm_size_t)count * PAGE,
	};

	if (chance(program, 4) == 0) {
		where.address += chance(program, PAGE);
		where.size += chance(program, PAGE);
	}
	return where;
}

static void
do_allocate(struct program *program, struct where at)
{
	int flags = VM_FLAGS_FIXED;

	if (chance(program, 2) == 0)
		flags |= VM_FLAGS_OVERWRITE;
	if (chance(program, 4) == 0)
		flags |= VM_FLAGS_PURGABLE;
	mach_vm_allocate(at.task, &at.address, at.size, flags);
}

static void
do_deallocate(struct program *program, struct where at)
{
	if (chance(program, 2) == 0)
		mach_vm_deallocate(at.task, at.address, at.size);
}

static void
do_write_some(struct program *program, struct where at)
{
	static char bytes[600 * PAGE];

	mach_vm_write(at.task, at.address, (vm_offset_t)bytes,
	    (mach_msg_type_number_t)MIN(at.size, sizeof(bytes)));
	(void)program;
}

static void
do_read_some(struct program *program, struct where at)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	if (mach_vm_read(at.task, at.address, at.size, &data, &count) ==
	    KERN_SUCCESS)
		mach_vm_deallocate(mach_task_self(), data, count);
	(void)program;
}

static void
do_copy(struct program *program, struct where at)
{
	struct where to = somewhere(program);

	mach_vm_copy(at.task, at.address, at.size, to.address);
}

static void
do_remap(struct program *program, struct where at)
{
	struct where to = somewhere(program);
	vm_prot_t current, maximum;

	mach_vm_remap(to.task, &to.address, at.size, 0,
	    VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE, at.task, at.address,
	    chance(program, 4) == 0, &current, &maximum,
	    chance(program, 2) ? VM_INHERIT_SHARE : VM_INHERIT_COPY);
}

static void
do_wire(struct program *program, struct where at)
{
	mach_vm_wire(program->host, at.task, at.address,
	    MIN(at.size, (mach_vm_size_t)64 * PAGE),
	    chance(program, 2) ? VM_PROT_READ : VM_PROT_NONE);
}

static void
do_purge(struct program *program, struct where at)
{
	int state = (int)chance(program, 3);

	mach_vm_purgable_control(at.task, at.address, VM_PURGABLE_SET_STATE,
	    &state);
}

static void
do_behave(struct program *program, struct where at)
{
	mach_vm_behavior_set(at.task, at.address, at.size,
	    (int)chance(program, VM_BEHAVIOR_LAST_VALID + 1));
}

static void
do_protect(struct program *program, struct where at)
{
	static const vm_prot_t protections[] = { VM_PROT_DEFAULT,
		VM_PROT_DEFAULT, VM_PROT_READ, VM_PROT_DEFAULT | VM_PROT_COPY };

	mach_vm_protect(at.task, at.address, at.size, FALSE,
	    protections[chance(program, ARRAY_SIZE(protections))]);
}

static void
do_inherit(struct program *program, struct where at)
{
	mach_vm_inherit(at.task, at.address, at.size, chance(program, 3));
}

/* Another child instead of the one there is. */
static void
do_breed(struct program *program, struct where at)
{
	mach_port_t child;

	if (task_create(at.task, NULL, 0, TRUE, &child) != KERN_SUCCESS)
		return;
	if (program->tasks[2] != program->tasks[1])
		mach_port_deallocate(mach_task_self(), program->tasks[2]);
	program->tasks[2] = child;
}

static void
do_make_entry(struct program *program, struct where at)
{
	static const vm_prot_t kinds[] = { 0, MAP_MEM_VM_COPY,
		MAP_MEM_VM_SHARE };
	memory_object_size_t size = at.size;
	mach_port_t entry;

	if (mach_make_memory_entry_64(at.task, &size, at.address,
		VM_PROT_DEFAULT | kinds[chance(program, 3)], &entry,
		MACH_PORT_NULL) != KERN_SUCCESS)
		return;
	mach_port_deallocate(mach_task_self(), program->entry);
	program->entry = entry;
}

static void
do_map_entry(struct program *program, struct where at)
{
	mach_vm_map(at.task, &at.address, at.size, 0,
	    VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE, program->entry, 0,
	    chance(program, 2) == 0, VM_PROT_DEFAULT, VM_PROT_ALL,
	    VM_INHERIT_SHARE);
}

static void
do_look(struct program *program, struct where at)
{
	mach_msg_type_number_t count = VM_REGION_EXTENDED_INFO_COUNT;
	vm_region_extended_info_data_t info;
	mach_port_t object;

	mach_vm_region(at.task, &at.address, &at.size, VM_REGION_EXTENDED_INFO,
	    (vm_region_info_t)&info, &count, &object);
	(void)program;
}

static void (*const calls[])(struct program *program, struct where at) = {
	do_allocate,
	do_allocate,
	do_deallocate,
	do_write_some,
	do_write_some,
	do_read_some,
	do_copy,
	do_copy,
	do_copy,
	do_remap,
	do_remap,
	do_wire,
	do_purge,
	do_behave,
	do_protect,
	do_inherit,
	do_breed,
	do_make_entry,
	do_map_entry,
	do_look,
};

static void
run_program(unsigned seed)
{
	struct program program = { .seed = seed };

	if (bootstrap_look_up(bootstrap_port, "shared", &program.tasks[0]) !=
	    KERN_SUCCESS)
		_exit(1);
	program.tasks[1] = program.tasks[2] = mach_task_self();
	host_get_host_priv_port(mach_host_self(), &program.host);
	for (int i = 0; i < CALLS; i++)
		calls[chance(&program, ARRAY_SIZE(calls))](&program,
		    somewhere(&program));
	_exit(0);
}

static void
run_programs(void)
{
	pid_t pids[PROGRAMS];

	for (unsigned i = 0; i < PROGRAMS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0)
			run_program(1 + i);
	}
	for (unsigned i = 0; i < PROGRAMS; i++) {
		int status;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
}

/* In a process of its own, which has a connection as the programs have. */
static void
interfere_here(const char *personality, const char *memory)
{
	char complaint[256] = "";
	mach_port_t task;

	daemon_start("--slice", "0", "--memory", memory, "--personality",
	    personality, NULL);
	succeeds(task_create(mach_task_self(), NULL, 0, FALSE, &task));
	succeeds(bootstrap_register(bootstrap_port, "shared", task));
	run_programs();
	ck_assert_msg(vmd_check(complaint, sizeof(complaint)) == KERN_SUCCESS,
	    "%s", complaint);
	daemon_stop();
	_exit(0);
}

static void
interfere(const char *personality, const char *memory)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		interfere_here(personality, memory);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

TEST(calls_that_pause_leave_the_daemon_whole_whatever_sharers_do)
{
	interfere("xnu", "64M");
}

TEST(so_they_do_when_memory_runs_out)
{
	interfere("xnu", "2M");
}

TEST(so_they_do_as_gnu_mach)
{
	interfere("gnu", "8M");
}
