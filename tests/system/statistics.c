/* What the host is, what the machine has counted, and what a task has. */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/gnumach.h>
#include <mach/mach_vm.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum {
	ROOM = 64, /* ints, for whatever is told */
	INTS_CANARY = 0x5afe5afe,
	STRANGER = 12345, /* somebody's uid */
};

#define MEMORY (UINT64_C(5) << 30)

static mach_port_t host;
static task_t task;

void
test_setup(void)
{
	daemon_start("--check", "--memory", "5G", NULL);
	host = mach_host_self();
	task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

static void
prepare(integer_t *info)
{
	for (unsigned i = 0; i < ROOM; i++)
		info[i] = INTS_CANARY;
}

/* So many ints were written, and none behind them. */
static void
written_are(const integer_t *info, mach_msg_type_number_t count)
{
	for (unsigned i = count; i < ROOM; i++)
		ck_assert_int_eq(info[i], INTS_CANARY);
}

/* --- host_info --------------------------------------------------------- */

TEST(the_host_has_one_processor_and_the_memory_it_was_given)
{
	host_basic_info_data_t info;
	mach_msg_type_number_t count = HOST_BASIC_INFO_COUNT;

	memset(&info, 0x5a, sizeof(info));
	succeeds(host_info(host, HOST_BASIC_INFO, (host_info_t)&info, &count));
	ck_assert_uint_eq(count, 12);
	ck_assert_int_eq(info.max_cpus, 1);
	ck_assert_int_eq(info.avail_cpus, 1);
	ck_assert_uint_eq(info.memory_size, UINT32_C(2) << 30);
	ck_assert_uint_eq(info.max_mem, MEMORY);
#if defined(__x86_64__)
	ck_assert_int_eq(info.cpu_type, CPU_TYPE_X86_64);
	ck_assert_int_eq(info.cpu_subtype, CPU_SUBTYPE_X86_64_ALL);
#elif defined(__aarch64__)
	ck_assert_int_eq(info.cpu_type, CPU_TYPE_ARM64);
	ck_assert_int_eq(info.cpu_subtype, CPU_SUBTYPE_ARM64_ALL);
#endif
	ck_assert_int_eq(info.cpu_threadtype, CPU_THREADTYPE_NONE);
	ck_assert_int_eq(info.physical_cpu, 1);
	ck_assert_int_eq(info.physical_cpu_max, 1);
	ck_assert_int_eq(info.logical_cpu, 1);
	ck_assert_int_eq(info.logical_cpu_max, 1);
}

/* A call that tells about the host, and what it says to counts and flavours. */
struct row {
	int flavor;
	mach_msg_type_number_t room, told; /* ints */
	kern_return_t code;
};

typedef kern_return_t teller(mach_port_t port, int flavor, integer_t *info,
    mach_msg_type_number_t *count);

static void
is_told(teller *tell, mach_port_t port, const struct row *row)
{
	integer_t info[ROOM];
	mach_msg_type_number_t count = row->room;
	char why[64];
	kern_return_t kr;

	prepare(info);
	snprintf(why, sizeof(why), "flavor %d, room %u", row->flavor,
	    row->room);
	kr = tell(port, row->flavor, info, &count);
	code_is(kr, row->code, why);
	ck_assert_uint_eq(count, kr == KERN_SUCCESS ? row->told : row->room);
	written_are(info, kr == KERN_SUCCESS ? row->told : 0);
}

TEST(host_info_wants_room_for_what_there_was_at_first)
{
	static const struct row rows[] = {
		{ HOST_BASIC_INFO, 0, 0, KERN_FAILURE },
		{ HOST_BASIC_INFO, 4, 0, KERN_FAILURE },
		{ HOST_BASIC_INFO, 5, 5, KERN_SUCCESS },
		{ HOST_BASIC_INFO, 11, 5, KERN_SUCCESS },
		{ HOST_BASIC_INFO, 12, 12, KERN_SUCCESS },
		{ HOST_BASIC_INFO, ROOM, 12, KERN_SUCCESS },
		{ 0, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ 2, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ HOST_SCHED_INFO, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ HOST_PRIORITY_INFO, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ -1, 0, 0, KERN_INVALID_ARGUMENT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		is_told(host_info, host, &rows[i]);
	is_told(host_info, privileged_host(), &rows[4]);
}

TEST(the_kernel_has_a_version)
{
	kernel_version_t version;

	memset(version, 'x', sizeof(version));
	succeeds(host_kernel_version(host, version));
	ck_assert_ptr_nonnull(memchr(version, 0, sizeof(version)));
	ck_assert_ptr_eq(strstr(version, "Mach VM (vmd "), version);
	ck_assert_int_eq(version[strlen(version) - 1], ')');
}

TEST(only_a_host_is_told_about)
{
	const mach_port_t nobody[] = { MACH_PORT_NULL, MACH_PORT_DEAD, 12345 };
	integer_t info[ROOM];
	kernel_version_t version;
	mach_msg_type_number_t count = ROOM;

	answers(host_info(task, HOST_BASIC_INFO, info, &count),
	    KERN_INVALID_ARGUMENT);
	answers(host_kernel_version(task, version), KERN_INVALID_ARGUMENT);
	answers(host_statistics(task, HOST_VM_INFO, info, &count),
	    KERN_INVALID_HOST);
	answers(host_statistics64(task, HOST_VM_INFO64, info, &count),
	    KERN_INVALID_HOST);
	answers(host_priv_statistics(task, HOST_VM_INFO, info, &count),
	    KERN_INVALID_HOST);
	for (size_t i = 0; i < ARRAY_SIZE(nobody); i++) {
		answers(host_info(nobody[i], HOST_BASIC_INFO, info, &count),
		    MACH_SEND_INVALID_DEST);
		answers(host_kernel_version(nobody[i], version),
		    MACH_SEND_INVALID_DEST);
		answers(host_statistics(nobody[i], HOST_VM_INFO, info, &count),
		    MACH_SEND_INVALID_DEST);
	}
}

/* --- The privileged port ----------------------------------------------- */

TEST(the_daemons_user_gets_the_privileged_port)
{
	mach_port_t priv = privileged_host();
	mach_port_urefs_t refs;
	vm_size_t size;

	ck_assert_uint_ne(priv, host);
	ck_assert_uint_eq(privileged_host(), priv);
	succeeds(mach_port_get_refs(mach_task_self(), priv,
	    MACH_PORT_RIGHT_SEND, &refs));
	ck_assert_uint_eq(refs, 2);
	succeeds(host_page_size(priv, &size));
	ck_assert_uint_eq(size, PAGE);
	succeeds(host_get_host_priv_port(priv, &priv));
}

TEST(the_host_has_two_special_ports)
{
	mach_port_t port = (mach_port_t)CANARY;

	succeeds(
	    host_get_special_port(host, HOST_LOCAL_NODE, HOST_PORT, &port));
	ck_assert_uint_eq(port, host);
	port = (mach_port_t)CANARY;
	for (int which = -1; which < 40; which++)
		if (which != HOST_PORT && which != HOST_PRIV_PORT)
			answers(host_get_special_port(host, HOST_LOCAL_NODE,
				    which, &port),
			    KERN_INVALID_ARGUMENT);
	answers(host_get_host_priv_port(task, &port), KERN_INVALID_ARGUMENT);
	answers(host_get_host_priv_port(MACH_PORT_NULL, &port),
	    MACH_SEND_INVALID_DEST);
	ck_assert_uint_eq(port, (mach_port_t)CANARY);
}

/* As somebody else, who was let in. */
static void
ask_as_a_stranger(void)
{
	mach_port_t port = (mach_port_t)CANARY;

	answers(host_get_host_priv_port(mach_host_self(), &port),
	    KERN_INVALID_ARGUMENT);
	ck_assert_uint_eq(port, (mach_port_t)CANARY);
	succeeds(host_get_special_port(mach_host_self(), HOST_LOCAL_NODE,
	    HOST_PORT, &port));
	ck_assert_uint_eq(port, mach_host_self());
}

TEST(a_stranger_does_not_get_the_privileged_port)
{
	char folder[256];
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return;
	snprintf(folder, sizeof(folder), "%s", daemon_socket());
	ck_assert_int_eq(chmod(folder, 0666), 0);
	*strrchr(folder, '/') = '\0';
	ck_assert_int_eq(chmod(folder, 0711), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		ck_assert_int_eq(setuid(STRANGER), 0);
		ask_as_a_stranger();
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

/* --- host_statistics --------------------------------------------------- */

TEST(host_statistics_has_grown_twice)
{
	static const struct row rows[] = {
		{ HOST_VM_INFO, 0, 0, KERN_FAILURE },
		{ HOST_VM_INFO, 11, 0, KERN_FAILURE },
		{ HOST_VM_INFO, 12, 12, KERN_SUCCESS },
		{ HOST_VM_INFO, 13, 12, KERN_SUCCESS },
		{ HOST_VM_INFO, 14, 14, KERN_SUCCESS },
		{ HOST_VM_INFO, 15, 15, KERN_SUCCESS },
		{ HOST_VM_INFO, ROOM, 15, KERN_SUCCESS },
		{ HOST_LOAD_INFO, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ HOST_CPU_LOAD_INFO, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ HOST_VM_INFO64, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ 0, 0, 0, KERN_INVALID_ARGUMENT },
	};
	mach_port_t priv = privileged_host();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		is_told(host_statistics, host, &rows[i]);
		is_told(host_statistics, priv, &rows[i]);
		is_told(host_priv_statistics, priv, &rows[i]);
	}
}

TEST(host_statistics64_has_grown_once)
{
	static const struct row rows[] = {
		{ HOST_VM_INFO64, 0, 0, KERN_FAILURE },
		{ HOST_VM_INFO64, 23, 0, KERN_FAILURE },
		{ HOST_VM_INFO64, 24, 24, KERN_SUCCESS },
		{ HOST_VM_INFO64, 37, 24, KERN_SUCCESS },
		{ HOST_VM_INFO64, 38, 38, KERN_SUCCESS },
		{ HOST_VM_INFO64, ROOM, 38, KERN_SUCCESS },
		{ HOST_VM_INFO, 11, 0, KERN_FAILURE },
		{ HOST_VM_INFO, 12, 12, KERN_SUCCESS },
		{ HOST_VM_INFO, ROOM, 15, KERN_SUCCESS },
		{ HOST_LOAD_INFO, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ HOST_EXTMOD_INFO64, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ HOST_EXPIRED_TASK_INFO, ROOM, 0, KERN_INVALID_ARGUMENT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		is_told(host_statistics64, host, &rows[i]);
}

TEST(the_privileged_statistics_want_the_privileged_port)
{
	integer_t info[ROOM];
	mach_msg_type_number_t count = ROOM;

	prepare(info);
	answers(host_priv_statistics(host, HOST_VM_INFO, info, &count),
	    KERN_INVALID_HOST);
	written_are(info, 0);
	ck_assert_uint_eq(count, ROOM);
}

static vm_statistics64_data_t
counters(void)
{
	vm_statistics64_data_t wide;
	mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;

	succeeds(host_statistics64(host, HOST_VM_INFO64, (host_info64_t)&wide,
	    &count));
	ck_assert_uint_eq((uint64_t)wide.free_count + wide.active_count +
			      wide.inactive_count + wide.wire_count,
	    MEMORY / PAGE);
	ck_assert_uint_ge(wide.faults, wide.zero_fill_count + wide.cow_faults);
	ck_assert_uint_ge(wide.lookups, wide.hits);
	return wide;
}

TEST(all_that_is_told_of_a_machine_that_did_nothing_is_zero)
{
	vm_statistics64_data_t now = counters();
	vm_statistics64_data_t zero = { .free_count = MEMORY / PAGE };

	ck_assert_mem_eq(&now, &zero, sizeof(now));
}

TEST(both_structures_tell_the_same)
{
	vm_statistics_data_t narrow;
	vm_statistics64_data_t wide;
	mach_msg_type_number_t count = HOST_VM_INFO_COUNT;

	draw(task, 0x10000, "abc");
	fill(child_of(task), 0x10000, 5, 'd');
	wide = counters();
	memset(&narrow, 0x5a, sizeof(narrow));
	succeeds(
	    host_statistics(host, HOST_VM_INFO, (host_info_t)&narrow, &count));
	ck_assert_uint_eq(narrow.free_count, wide.free_count);
	ck_assert_uint_eq(narrow.active_count, wide.active_count);
	ck_assert_uint_eq(narrow.inactive_count, wide.inactive_count);
	ck_assert_uint_eq(narrow.wire_count, wide.wire_count);
	ck_assert_uint_eq(narrow.zero_fill_count, wide.zero_fill_count);
	ck_assert_uint_eq(narrow.reactivations, 0);
	ck_assert_uint_eq(narrow.pageins, 0);
	ck_assert_uint_eq(narrow.pageouts, 0);
	ck_assert_uint_eq(narrow.faults, wide.faults);
	ck_assert_uint_eq(narrow.cow_faults, wide.cow_faults);
	ck_assert_uint_eq(narrow.lookups, wide.lookups);
	ck_assert_uint_eq(narrow.hits, wide.hits);
	ck_assert_uint_eq(narrow.purgeable_count, wide.purgeable_count);
	ck_assert_uint_eq(narrow.purges, wide.purges);
	ck_assert_uint_eq(narrow.speculative_count, 0);
}

TEST(vm_statistics_tells_the_same_of_any_task)
{
	struct gnumach_vm_statistics gnu;
	vm_statistics64_data_t wide;

	draw(task, 0x10000, "abc");
	fill(child_of(task), 0x10000, 5, 'd');
	fill(task, 0x11000, 5, 'e');
	wide = counters();
	memset(&gnu, 0x5a, sizeof(gnu));
	succeeds(vm_statistics(task, &gnu));
	ck_assert_int_eq(gnu.pagesize, PAGE);
	ck_assert_uint_eq((natural_t)gnu.free_count, wide.free_count);
	ck_assert_uint_eq((natural_t)gnu.active_count, wide.active_count);
	ck_assert_int_eq(gnu.inactive_count, 0);
	ck_assert_int_eq(gnu.wire_count, 0);
	ck_assert_uint_eq((natural_t)gnu.zero_fill_count, wide.zero_fill_count);
	ck_assert_int_eq(gnu.reactivations, 0);
	ck_assert_int_eq(gnu.pageins, 0);
	ck_assert_int_eq(gnu.pageouts, 0);
	ck_assert_uint_eq((natural_t)gnu.faults, wide.faults);
	ck_assert_uint_eq((natural_t)gnu.cow_faults, wide.cow_faults);
	ck_assert_uint_eq((natural_t)gnu.lookups, wide.lookups);
	ck_assert_uint_eq((natural_t)gnu.hits, wide.hits);

	gnu.pagesize = INTS_CANARY;
	answers(vm_statistics(host, &gnu), KERN_INVALID_ARGUMENT);
	answers(vm_statistics(MACH_PORT_NULL, &gnu), MACH_SEND_INVALID_DEST);
	ck_assert_int_eq(gnu.pagesize, INTS_CANARY);
}

/* --- What moves them --------------------------------------------------- */

/* How much they have grown. */
struct growth {
	uint64_t faults, zero_fills, cow_faults;
	int64_t in_use; /* pages */
};

static void
grows(const vm_statistics64_data_t *before, struct growth by)
{
	vm_statistics64_data_t now = counters();

	ck_assert_uint_eq(now.faults - before->faults, by.faults);
	ck_assert_uint_eq(now.zero_fill_count - before->zero_fill_count,
	    by.zero_fills);
	ck_assert_uint_eq(now.cow_faults - before->cow_faults, by.cow_faults);
	ck_assert_int_eq((int64_t)now.active_count -
			     (int64_t)before->active_count,
	    by.in_use);
	ck_assert_uint_eq(now.internal_page_count,
	    now.active_count + now.wire_count);
}

TEST(a_page_written_for_the_first_time_is_filled_with_zeros)
{
	vm_statistics64_data_t before;

	allocate_at(task, 0x10000, 8 * PAGE);
	before = counters();
	fill(task, 0x10000, 1, 'a');
	grows(&before, (struct growth){ 1, 1, 0, 1 });
	fill(task, 0x10001, 1, 'b');
	grows(&before, (struct growth){ 2, 1, 0, 1 });
	fill(task, 0x11fff, 2, 'c');
	grows(&before, (struct growth){ 4, 3, 0, 3 });
}

TEST(a_page_written_that_others_have_too_is_copied)
{
	vm_statistics64_data_t before;
	task_t child;

	draw(task, 0x10000, "ab");
	child = child_of(task);
	before = counters();
	fill(child, 0x10000, 1, 'c');
	grows(&before, (struct growth){ 1, 0, 1, 1 });
	fill(child, 0x10000, 1, 'd');
	grows(&before, (struct growth){ 2, 0, 1, 1 });
	fill(task, 0x11000, 1, 'e');
	grows(&before, (struct growth){ 3, 0, 2, 2 });
}

TEST(whole_pages_that_are_moved_are_no_faults)
{
	vm_statistics64_data_t before;

	allocate_at(task, 0x10000, 4 * PAGE);
	before = counters();
	fill(task, 0x10000, 2 * PAGE, 'a');
	grows(&before, (struct growth){ 0, 0, 0, 2 });
	succeeds(vm_copy(task, 0x10000, 2 * PAGE, 0x12000));
	grows(&before, (struct growth){ 0, 0, 0, 2 });
	succeeds(vm_deallocate(task, 0x10000, 4 * PAGE));
	grows(&before, (struct growth){ 0, 0, 0, 0 });
}

TEST(counters_never_become_less)
{
	vm_statistics64_data_t before, after;

	draw(task, 0x10000, "a");
	fill(task, 0x10000, 1, 'b');
	fill(child_of(task), 0x10000, 1, 'c');
	before = counters();
	end_task(task);
	after = counters();
	ck_assert_uint_ge(after.faults, before.faults);
	ck_assert_uint_ge(after.zero_fill_count, before.zero_fill_count);
	ck_assert_uint_ge(after.cow_faults, before.cow_faults);
}

TEST(wired_pages_are_counted_once)
{
	mach_port_t priv = privileged_host();

	draw(task, 0x10000, "abcd");
	succeeds(vm_wire(priv, task, 0x10000, 3 * PAGE, VM_PROT_READ));
	ck_assert_uint_eq(counters().wire_count, 3);
	ck_assert_uint_eq(counters().active_count, 1);
	succeeds(vm_wire(priv, task, 0x11000, 3 * PAGE, VM_PROT_READ));
	ck_assert_uint_eq(counters().wire_count, 4);
	ck_assert_uint_eq(counters().internal_page_count, 4);
	succeeds(vm_wire(priv, task, 0x10000, 3 * PAGE, VM_PROT_NONE));
	ck_assert_uint_eq(counters().wire_count, 3);
	succeeds(vm_deallocate(task, 0x10000, 4 * PAGE));
	ck_assert_uint_eq(counters().wire_count, 0);
	ck_assert_uint_eq(counters().free_count, MEMORY / PAGE);
}

TEST(memory_is_looked_up_by_its_port)
{
	memory_object_size_t size = 2 * PAGE;
	mach_port_t entry;
	vm_address_t at = 0;

	succeeds(mach_make_memory_entry_64(task, &size, 0,
	    MAP_MEM_NAMED_CREATE | VM_PROT_DEFAULT, &entry, MACH_PORT_NULL));
	succeeds(vm_map(task, &at, PAGE, 0, VM_FLAGS_ANYWHERE, MACH_PORT_NULL,
	    0, FALSE, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY));
	ck_assert_uint_eq(counters().lookups, 0);
	succeeds(vm_map(task, &at, PAGE, 0, VM_FLAGS_ANYWHERE, entry, 0, FALSE,
	    VM_PROT_DEFAULT, VM_PROT_DEFAULT, VM_INHERIT_COPY));
	ck_assert_uint_eq(counters().lookups, 1);
	ck_assert_uint_eq(counters().hits, 1);
	answers(vm_map(task, &at, PAGE, 0, VM_FLAGS_ANYWHERE, host, 0, FALSE,
		    VM_PROT_DEFAULT, VM_PROT_DEFAULT, VM_INHERIT_COPY),
	    KERN_INVALID_OBJECT);
	ck_assert_uint_eq(counters().lookups, 2);
	ck_assert_uint_eq(counters().hits, 1);
}

TEST(volatile_pages_are_told_of_until_they_are_purged)
{
	vm_address_t at = 0x10000;
	int state = VM_PURGABLE_VOLATILE;

	succeeds(vm_allocate(task, &at, 4 * PAGE, VM_FLAGS_PURGABLE));
	fill(task, at, 3 * PAGE, 'v');
	ck_assert_uint_eq(counters().purgeable_count, 0);
	succeeds(vm_purgable_control(task, at, VM_PURGABLE_SET_STATE, &state));
	ck_assert_uint_eq(counters().purgeable_count, 3);
	ck_assert_uint_eq(counters().purges, 0);
	succeeds(vm_purgable_control(task, at, VM_PURGABLE_PURGE_ALL, &state));
	ck_assert_uint_eq(counters().purgeable_count, 0);
	ck_assert_uint_eq(counters().purges, 3);
	ck_assert_uint_eq(counters().active_count, 0);
}

/* --- task_info: events ------------------------------------------------- */

static task_events_info_data_t
events_of(task_t which)
{
	task_events_info_data_t info;
	mach_msg_type_number_t count = TASK_EVENTS_INFO_COUNT;

	memset(&info, 0x5a, sizeof(info));
	succeeds(
	    task_info(which, TASK_EVENTS_INFO, (task_info_t)&info, &count));
	ck_assert_uint_eq(count, 8);
	return info;
}

TEST(a_task_has_counters_of_its_own)
{
	task_t child;
	task_events_info_data_t info;

	allocate_at(task, 0x10000, 4 * PAGE);
	fill(task, 0x10000, 1, 'a');
	fill(task, 0x11000, 1, 'b');
	child = child_of(task);
	fill(child, 0x10000, 1, 'c');

	info = events_of(task);
	ck_assert_int_eq(info.faults, 2);
	ck_assert_int_eq(info.cow_faults, 0);
	ck_assert_int_eq(info.pageins, 0);
	info = events_of(child);
	ck_assert_int_eq(info.faults, 1);
	ck_assert_int_eq(info.cow_faults, 1);
	ck_assert_int_eq(info.pageins, 0);
	ck_assert_int_eq(info.syscalls_mach, info.messages_received);
	ck_assert_int_eq(info.syscalls_unix, 0);
	ck_assert_int_eq(info.csw, 0);
}

TEST(messages_are_the_calls_on_a_task)
{
	task_events_info_data_t before = events_of(task), after;

	ck_assert_int_eq(before.messages_received, 1);
	ck_assert_int_eq(before.messages_sent, 1);
	answers(vm_protect(task, 0, 1, FALSE, 99), KERN_INVALID_ARGUMENT);
	succeeds(vm_copy(task, 0, 0, 0));
	after = events_of(task);
	ck_assert_int_eq(after.messages_received, 4);
	ck_assert_int_eq(after.messages_sent, 4);
}

TEST(the_events_of_tasks_add_up_to_the_machine_s)
{
	task_t tasks[4] = { mach_task_self(), task };
	vm_statistics64_data_t all;
	uint64_t faults = 0, cow_faults = 0;

	allocate_at(tasks[0], 0x10000, 8 * PAGE);
	draw(task, 0x10000, "abcdefgh");
	tasks[2] = child_of(task);
	tasks[3] = child_of(tasks[2]);
	for (unsigned i = 0; i < 200; i++)
		fill(tasks[i * i % 4], 0x10000 + i * 331 % 0x7ff0, 7, 'x');
	for (unsigned i = 0; i < 4; i++) {
		task_events_info_data_t info = events_of(tasks[i]);

		faults += (uint64_t)info.faults;
		cow_faults += (uint64_t)info.cow_faults;
	}
	all = counters();
	ck_assert_uint_gt(cow_faults, 0);
	ck_assert_uint_eq(all.faults, faults);
	ck_assert_uint_eq(all.cow_faults, cow_faults);
}

/* --- task_info: memory ------------------------------------------------- */

static task_vm_info_data_t
memory_of(task_t which)
{
	task_vm_info_data_t info;
	mach_msg_type_number_t count = TASK_VM_INFO_COUNT;

	memset(&info, 0x5a, sizeof(info));
	succeeds(task_info(which, TASK_VM_INFO, (task_info_t)&info, &count));
	ck_assert_uint_eq(count, TASK_VM_INFO_COUNT);
	return info;
}

TEST(the_memory_of_a_task_is_told_of_field_by_field)
{
	task_vm_info_data_t info;

	draw(task, 0x10000, "ab0.cd");
	info = memory_of(task);
	ck_assert_uint_eq(info.virtual_size, 5 * PAGE);
	ck_assert_int_eq(info.region_count, 2);
	ck_assert_int_eq(info.page_size, PAGE);
	ck_assert_uint_eq(info.resident_size, 4 * PAGE);
	ck_assert_uint_eq(info.resident_size_peak, 4 * PAGE);
	ck_assert_uint_eq(info.internal, 4 * PAGE);
	ck_assert_uint_eq(info.internal_peak, 4 * PAGE);
	ck_assert_uint_eq(info.phys_footprint, 4 * PAGE);
	ck_assert_uint_eq(info.min_address, VM_MIN_ADDRESS);
	ck_assert_uint_eq(info.max_address, VM_MAX_ADDRESS);
	ck_assert_uint_eq(info.limit_bytes_remaining, 0);

	ck_assert_uint_eq(info.device + info.device_peak + info.external +
			      info.external_peak + info.reusable +
			      info.reusable_peak,
	    0);
	ck_assert_uint_eq(info.purgeable_volatile_pmap +
			      info.purgeable_volatile_resident +
			      info.purgeable_volatile_virtual,
	    0);
	ck_assert_uint_eq(info.compressed + info.compressed_peak +
			      info.compressed_lifetime,
	    0);
	ck_assert_int_eq(info.decompressions, 0);
	ck_assert_int_eq(info.ledger_swapins, 0);
}

TEST(the_most_memory_that_was_seen_is_remembered)
{
	draw(task, 0x10000, "abcd");
	memory_of(task);
	succeeds(vm_deallocate(task, 0x11000, 3 * PAGE));
	ck_assert_uint_eq(memory_of(task).resident_size, PAGE);
	ck_assert_uint_eq(memory_of(task).resident_size_peak, 4 * PAGE);
}

TEST(volatile_memory_leaves_no_footprint)
{
	vm_address_t at = 0x20000;
	int state = VM_PURGABLE_VOLATILE;
	task_vm_info_data_t info;

	draw(task, 0x10000, "a");
	succeeds(vm_allocate(task, &at, 4 * PAGE, VM_FLAGS_PURGABLE));
	fill(task, at, 3 * PAGE, 'v');
	ck_assert_uint_eq(memory_of(task).phys_footprint, 4 * PAGE);
	succeeds(vm_purgable_control(task, at, VM_PURGABLE_SET_STATE, &state));
	info = memory_of(task);
	ck_assert_uint_eq(info.phys_footprint, PAGE);
	ck_assert_uint_eq(info.resident_size, 4 * PAGE);
	ck_assert_uint_eq(info.purgeable_volatile_resident, 3 * PAGE);
	ck_assert_uint_eq(info.purgeable_volatile_pmap, 3 * PAGE);
	ck_assert_uint_eq(info.purgeable_volatile_virtual, 4 * PAGE);
}

static kern_return_t
tell_task(mach_port_t port, int flavor, integer_t *info,
    mach_msg_type_number_t *count)
{
	return task_info(port, (task_flavor_t)flavor, info, count);
}

TEST(task_info_knows_these_flavours_and_wants_room_for_them)
{
	static const struct row rows[] = {
		{ TASK_EVENTS_INFO, 0, 0, KERN_INVALID_ARGUMENT },
		{ TASK_EVENTS_INFO, 7, 0, KERN_INVALID_ARGUMENT },
		{ TASK_EVENTS_INFO, 8, 8, KERN_SUCCESS },
		{ TASK_EVENTS_INFO, ROOM, 8, KERN_SUCCESS },
		{ TASK_VM_INFO, TASK_VM_INFO_REV0_COUNT - 1, 0,
		    KERN_INVALID_ARGUMENT },
		{ TASK_THREAD_TIMES_INFO, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ TASK_ABSOLUTETIME_INFO, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ 0, ROOM, 0, KERN_INVALID_ARGUMENT },
		{ 99, ROOM, 0, KERN_INVALID_ARGUMENT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		is_told(tell_task, task, &rows[i]);
}

TEST(as_much_of_a_task_s_memory_is_told_as_there_is_room_for)
{
	static const mach_msg_type_number_t revisions[] = {
		TASK_VM_INFO_REV0_COUNT, TASK_VM_INFO_REV1_COUNT,
		TASK_VM_INFO_REV2_COUNT, TASK_VM_INFO_REV3_COUNT,
		TASK_VM_INFO_REV4_COUNT, TASK_VM_INFO_REV5_COUNT,
		TASK_VM_INFO_REV6_COUNT, TASK_VM_INFO_REV7_COUNT
	};
	integer_t info[ROOM * 2];

	for (size_t i = 0; i < ARRAY_SIZE(revisions); i++) {
		mach_msg_type_number_t next = i + 1 < ARRAY_SIZE(revisions)
						  ? revisions[i + 1]
						  : ARRAY_SIZE(info);

		for (unsigned room = revisions[i]; room < next; room++) {
			mach_msg_type_number_t count = room;

			memset(info, 0x5a, sizeof(info));
			succeeds(task_info(task, TASK_VM_INFO, info, &count));
			ck_assert_uint_eq(count, revisions[i]);
			for (size_t k = count; k < ARRAY_SIZE(info); k++)
				ck_assert_int_eq(info[k], 0x5a5a5a5a);
		}
	}
}

TEST(both_flavours_of_memory_tell_the_same)
{
	task_vm_info_data_t a, b;
	mach_msg_type_number_t count = TASK_VM_INFO_COUNT;

	draw(task, 0x10000, "ab");
	a = memory_of(task);
	memset(&b, 0, sizeof(b));
	succeeds(
	    task_info(task, TASK_VM_INFO_PURGEABLE, (task_info_t)&b, &count));
	ck_assert_mem_eq(&a, &b, sizeof(a));
}
