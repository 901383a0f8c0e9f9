/* Tasks: made, told about, ended; what children inherit; ports that are no
 * task's. */
#include "tests/support/test.h"

#include <string.h>

#include <mach/mach_vm.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

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

/* --- task_create ------------------------------------------------------- */

TEST(a_task_made_without_inheritance_is_empty)
{
	task_t child = (task_t)CANARY;

	draw(task, 0x10000, "ab");
	succeeds(task_create(task, NULL, 0, FALSE, &child));

	ck_assert_uint_ne(child, task);
	ck_assert_uint_ne(child, MACH_PORT_NULL);
	regions_are(child, "");
}

TEST(a_child_gets_what_vm_inherit_says)
{
	task_t child;

	draw(task, 0x10000, "abcd");
	inherit(task, 0x10000, PAGE, VM_INHERIT_SHARE);
	inherit(task, 0x12000, PAGE, VM_INHERIT_NONE);
	child = child_of(task);

	regions_are(child, "10000-11000 rw-/rwx share shared\n"
			   "11000-12000 rw-/rwx copy\n"
			   "13000-14000 rw-/rwx copy");
	pages_are(child, 0x10000, "ab.d");
	fill(task, 0x10000, 2 * PAGE, 'p');
	pages_are(child, 0x10000, "pb.d");
	fill(child, 0x10000, 2 * PAGE, 'q');
	pages_are(task, 0x10000, "qpcd");
}

TEST(any_value_but_zero_means_inherit)
{
	task_t child;

	draw(task, 0x10000, "a");
	succeeds(task_create(task, NULL, 0, (boolean_t)2, &child));
	pages_are(child, 0x10000, "a");
	succeeds(task_create(task, NULL, 0, (boolean_t)-1, &child));
	pages_are(child, 0x10000, "a");
}

TEST(ledgers_are_not_looked_at)
{
	ledger_t ledgers[2] = { MACH_PORT_DEAD, 12345 };
	task_t child;

	succeeds(task_create(task, ledgers, 2, TRUE, &child));
	regions_are(child, "");
}

TEST(sharing_is_handed_on_to_grandchildren_and_outlives_those_between)
{
	task_t child, grandchild, late;

	draw(task, 0x10000, "ab");
	inherit(task, 0x10000, 2 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);
	grandchild = child_of(child);
	end_task(child);

	fill(grandchild, 0x10000, PAGE, 'g');
	pages_are(task, 0x10000, "gb");
	fill(task, 0x11000, PAGE, 't');
	pages_are(grandchild, 0x10000, "gt");
	end_task(task);
	pages_are(grandchild, 0x10000, "gt");
	late = child_of(grandchild);
	fill(late, 0x10000, PAGE, 'l');
	pages_are(grandchild, 0x10000, "lt");
}

TEST(copied_first_and_shared_later_is_shared_among_the_later_only)
{
	task_t child, grandchild, last;

	draw(task, 0x10000, "ab");
	child = child_of(task);
	inherit(child, 0x10000, 2 * PAGE, VM_INHERIT_SHARE);
	grandchild = child_of(child);

	fill(grandchild, 0x10000, PAGE, 'g');
	pages_are(task, 0x10000, "ab");
	pages_are(child, 0x10000, "gb");

	inherit(grandchild, 0x10000, 2 * PAGE, VM_INHERIT_COPY);
	last = child_of(grandchild);
	fill(child, 0x11000, PAGE, 'c');
	pages_are(grandchild, 0x10000, "gc");
	pages_are(last, 0x10000, "gb");
	fill(last, 0x10000, PAGE, 'l');
	pages_are(child, 0x10000, "gc");
}

TEST(a_tree_of_copies_is_as_many_memories)
{
	enum { DEPTH = 30 };
	task_t tasks[DEPTH] = { task };

	draw(task, 0x10000, "abc");
	for (int i = 1; i < DEPTH; i++) {
		tasks[i] = child_of(tasks[i - 1]);
		fill(tasks[i], 0x10000 + (vm_address_t)(i % 3) * PAGE, PAGE,
		    (char)('d' + i % 20));
	}

	pages_are(tasks[0], 0x10000, "abc");
	pages_are(tasks[1], 0x10000, "aec");
	pages_are(tasks[2], 0x10000, "aef");
	pages_are(tasks[3], 0x10000, "gef");
	pages_are(tasks[29], 0x10000, "klm");
	for (int i = 1; i < DEPTH - 1; i++)
		end_task(tasks[i]);
	pages_are(tasks[0], 0x10000, "abc");
	pages_are(tasks[29], 0x10000, "klm");
}

TEST(children_that_come_and_go_leave_nothing_behind)
{
	struct vmd_statistics before, after;

	draw(task, 0x10000, "abcdefgh");
	inherit(task, 0x12000, 2 * PAGE, VM_INHERIT_SHARE);
	end_task(child_of(task));
	succeeds(vmd_statistics(&before));
	for (int i = 0; i < 1000; i++) {
		task_t child = child_of(task);

		fill(child, 0x10000, PAGE, 'c');
		fill(task, 0x11000, PAGE, 'p');
		end_task(child);
	}
	succeeds(vmd_statistics(&after));

	ck_assert_uint_eq(after.tasks, before.tasks);
	ck_assert_uint_le(after.pages_used, before.pages_used + 1);
	ck_assert_uint_le(after.nodes_used, before.nodes_used + 4);
	ck_assert_uint_le(after.entries_used, before.entries_used + 1);
	ck_assert_uint_le(after.objects_used, before.objects_used + 1);
}

static void
child_of_a_child_answers_alike(enum personality personality)
{
	static const kern_return_t codes[] =
	    SAY(KERN_INVALID_ADDRESS, KERN_SUCCESS, KERN_SUCCESS);
	task_t child;

	task = new_task();
	child = child_of(child_of(task));
	answers(vm_deallocate(child, 0x10000, PAGE), codes[personality]);
}

TEST(children_have_the_personality_of_their_parent)
{
	in_each_personality(child_of_a_child_answers_alike);
}

/* --- task_terminate ---------------------------------------------------- */

TEST(a_task_that_was_terminated_is_a_dead_name)
{
	vm_address_t address = CANARY;

	draw(task, 0x10000, "a");
	succeeds(task_terminate(task));

	answers(task_terminate(task), MACH_SEND_INVALID_DEST);
	answers(vm_allocate(task, &address, PAGE, VM_FLAGS_ANYWHERE),
	    MACH_SEND_INVALID_DEST);
	ck_assert_uint_eq(address, CANARY);
	succeeds(mach_port_deallocate(mach_task_self(), task));
	answers(mach_port_deallocate(mach_task_self(), task),
	    KERN_INVALID_NAME);
}

TEST(a_task_ends_with_the_last_right_to_it)
{
	struct vmd_statistics before, after;
	task_t child;

	succeeds(vmd_statistics(&before));
	child = new_task();
	draw(child, 0x10000, "abc");
	succeeds(mach_port_deallocate(mach_task_self(), child));
	succeeds(vmd_statistics(&after));

	ck_assert_uint_eq(after.tasks, before.tasks);
	ck_assert_uint_eq(after.pages_used, before.pages_used);
	answers(task_terminate(child), MACH_SEND_INVALID_DEST);
	answers(mach_port_deallocate(mach_task_self(), child),
	    KERN_INVALID_NAME);
}

TEST(a_child_does_not_need_its_parent)
{
	task_t child;

	draw(task, 0x10000, "a");
	child = child_of(task);
	end_task(task);

	fill(child, 0x10000, PAGE, 'b');
	pages_are(child, 0x10000, "b");
	pages_are(child_of(child), 0x10000, "b");
}

TEST(names_of_tasks_that_are_gone_do_not_soon_mean_others)
{
	task_t gone[50];

	for (size_t i = 0; i < ARRAY_SIZE(gone); i++) {
		gone[i] = new_task();
		end_task(gone[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++) {
		ck_assert_uint_ne(gone[i], task);
		answers(vm_deallocate(gone[i], 0, 0), MACH_SEND_INVALID_DEST);
	}
}

TEST(one_may_terminate_oneself_and_keep_the_rest)
{
	task_t self = mach_task_self(), child;

	draw(task, 0x10000, "a");
	succeeds(task_terminate(self));

	answers(vm_deallocate(self, 0, 0), MACH_SEND_INVALID_DEST);
	answers(task_create(self, NULL, 0, FALSE, &child),
	    MACH_SEND_INVALID_DEST);
	pages_are(task, 0x10000, "a");
	succeeds(task_terminate(task));
}

/* --- task_info --------------------------------------------------------- */

static struct mach_task_basic_info
info_of(task_t of)
{
	mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
	struct mach_task_basic_info info;

	succeeds(
	    task_info(of, MACH_TASK_BASIC_INFO, (task_info_t)&info, &count));
	ck_assert_uint_eq(count, MACH_TASK_BASIC_INFO_COUNT);
	return info;
}

TEST(the_virtual_size_is_all_that_is_mapped)
{
	ck_assert_uint_eq(info_of(task).virtual_size, 0);
	allocate_at(task, 0x10000, 3 * PAGE + 1);
	ck_assert_uint_eq(info_of(task).virtual_size, 4 * PAGE);
	succeeds(vm_protect(task, 0x10000, PAGE, TRUE, VM_PROT_NONE));
	ck_assert_uint_eq(info_of(task).virtual_size, 4 * PAGE);
	succeeds(vm_deallocate(task, 0x11000, PAGE));
	ck_assert_uint_eq(info_of(task).virtual_size, 3 * PAGE);
	allocate_at(task, 0x100000000, (vm_size_t)1 << 40);
	inherit(task, 0x10000, PAGE, VM_INHERIT_NONE);
	ck_assert_uint_eq(info_of(child_of(task)).virtual_size,
	    ((vm_size_t)1 << 40) + 2 * PAGE);
}

TEST(the_resident_size_is_what_was_touched)
{
	allocate_at(task, 0x10000, 1 << 30);
	ck_assert_uint_eq(info_of(task).resident_size, 0);
	fill(task, 0x10000, 3 * PAGE, 'a');
	fill(task, 0x10000 + (1 << 29), 1, 'a');

	ck_assert_uint_eq(info_of(task).resident_size, 4 * PAGE);
	ck_assert_uint_eq(info_of(child_of(task)).resident_size, 4 * PAGE);
	ck_assert_uint_eq(info_of(new_task()).resident_size, 0);
	ck_assert_int_eq(info_of(task).suspend_count, 0);
}

static const struct flavor {
	task_flavor_t flavor;
	mach_msg_type_number_t count;
} flavors[] = {
	{ TASK_BASIC_INFO_32, TASK_BASIC_INFO_32_COUNT },
	{ TASK_BASIC_INFO_64, TASK_BASIC_INFO_64_COUNT },
	{ TASK_BASIC_INFO, TASK_BASIC_INFO_COUNT },
	{ MACH_TASK_BASIC_INFO, MACH_TASK_BASIC_INFO_COUNT },
};

static void
info_is_refused(task_flavor_t flavor, mach_msg_type_number_t room)
{
	mach_msg_type_number_t count = room;
	integer_t words[32], untouched[32];

	memset(words, 0x5a, sizeof(words));
	memset(untouched, 0x5a, sizeof(untouched));
	answers(task_info(task, flavor, words, &count), KERN_INVALID_ARGUMENT);
	ck_assert_uint_eq(count, room);
	ck_assert_mem_eq(words, untouched, sizeof(words));
}

TEST(task_info_needs_a_flavour_and_room_for_it)
{
	info_is_refused(0, 32);
	info_is_refused(9999, 32);
	for (size_t i = 0; i < ARRAY_SIZE(flavors); i++) {
		info_is_refused(flavors[i].flavor, flavors[i].count - 1);
		info_is_refused(flavors[i].flavor, 0);
	}
}

TEST(task_info_writes_no_more_words_than_it_counts)
{
	draw(task, 0x10000, "abc");
	for (size_t i = 0; i < ARRAY_SIZE(flavors); i++) {
		mach_msg_type_number_t count = 32;
		integer_t words[32];

		memset(words, 0x5a, sizeof(words));
		succeeds(task_info(task, flavors[i].flavor, words, &count));
		ck_assert_uint_eq(count, flavors[i].count);
		ck_assert_int_eq(words[count], 0x5a5a5a5a);
		ck_assert_int_ne(words[count - 1], 0x5a5a5a5a);
	}
}

TEST(all_flavours_tell_the_same)
{
	struct task_basic_info_32 narrow;
	struct task_basic_info_64 wide;
	mach_msg_type_number_t count = TASK_BASIC_INFO_32_COUNT;

	draw(task, 0x10000, "abc0");
	succeeds(
	    task_info(task, TASK_BASIC_INFO_32, (task_info_t)&narrow, &count));
	count = TASK_BASIC_INFO_64_COUNT;
	succeeds(
	    task_info(task, TASK_BASIC_INFO_64, (task_info_t)&wide, &count));

	ck_assert_uint_eq(narrow.virtual_size, 4 * PAGE);
	ck_assert_uint_eq(narrow.resident_size, 3 * PAGE);
	ck_assert_uint_eq(wide.virtual_size, 4 * PAGE);
	ck_assert_uint_eq(wide.resident_size, 3 * PAGE);
	ck_assert_int_eq(narrow.suspend_count, 0);
	ck_assert_int_eq(wide.suspend_count, 0);
}

/* --- Ports that are no task's ------------------------------------------ */

/* Each with arguments that are wrong as well: the port is judged first. */

static kern_return_t
allocate_at_port(mach_port_t port)
{
	vm_address_t address = 0;

	return vm_allocate(port, &address, 0, 0x20);
}

static kern_return_t
deallocate_at_port(mach_port_t port)
{
	return vm_deallocate(port, 1, -(vm_size_t)1);
}

static kern_return_t
protect_at_port(mach_port_t port)
{
	return vm_protect(port, 0, 0, FALSE, 8);
}

static kern_return_t
inherit_at_port(mach_port_t port)
{
	return vm_inherit(port, 0, 0, 77);
}

static kern_return_t
read_at_port(mach_port_t port)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	return vm_read(port, 0, 0, &data, &count);
}

static kern_return_t
read_overwrite_at_port(mach_port_t port)
{
	vm_size_t size;

	return vm_read_overwrite(port, 0, 0, 0, &size);
}

static kern_return_t
read_list_at_port(mach_port_t port)
{
	vm_read_entry_t list;

	memset(list, 0, sizeof(list));
	return vm_read_list(port, list, 1);
}

static kern_return_t
write_at_port(mach_port_t port)
{
	char byte = 0;

	return vm_write(port, 0, (vm_offset_t)&byte, 1);
}

static kern_return_t
copy_at_port(mach_port_t port)
{
	return vm_copy(port, 0, 0, 0);
}

static kern_return_t
region_at_port(mach_port_t port)
{
	mach_msg_type_number_t count = 0;
	vm_address_t address = 0;
	vm_size_t size;
	mach_port_t name;
	int info;

	return vm_region(port, &address, &size, 99, &info, &count, &name);
}

static kern_return_t
mach_vm_copy_at_port(mach_port_t port)
{
	return mach_vm_copy(port, 0, 0, 0);
}

static kern_return_t
create_at_port(mach_port_t port)
{
	task_t child;

	return task_create(port, NULL, 0, TRUE, &child);
}

static kern_return_t
info_at_port(mach_port_t port)
{
	mach_msg_type_number_t count = 0;
	integer_t info;

	return task_info(port, 9999, &info, &count);
}

static kern_return_t
deallocate_name_at_port(mach_port_t port)
{
	return mach_port_deallocate(port, 0x777);
}

static const struct {
	kern_return_t (*call)(mach_port_t port);
	kern_return_t no_task;
	const char *name;
} calls[] = {
	{ allocate_at_port, KERN_INVALID_ARGUMENT, "vm_allocate" },
	{ deallocate_at_port, KERN_INVALID_ARGUMENT, "vm_deallocate" },
	{ protect_at_port, KERN_INVALID_ARGUMENT, "vm_protect" },
	{ inherit_at_port, KERN_INVALID_ARGUMENT, "vm_inherit" },
	{ read_at_port, KERN_INVALID_ARGUMENT, "vm_read" },
	{ read_overwrite_at_port, KERN_INVALID_ARGUMENT, "vm_read_overwrite" },
	{ read_list_at_port, KERN_INVALID_ARGUMENT, "vm_read_list" },
	{ write_at_port, KERN_INVALID_ARGUMENT, "vm_write" },
	{ copy_at_port, KERN_INVALID_ARGUMENT, "vm_copy" },
	{ region_at_port, KERN_INVALID_ARGUMENT, "vm_region" },
	{ mach_vm_copy_at_port, KERN_INVALID_ARGUMENT, "mach_vm_copy" },
	{ create_at_port, KERN_INVALID_TASK, "task_create" },
	{ task_terminate, KERN_INVALID_ARGUMENT, "task_terminate" },
	{ info_at_port, KERN_INVALID_ARGUMENT, "task_info" },
	{ deallocate_name_at_port, KERN_INVALID_TASK, "mach_port_deallocate" },
};

static void
ports_are_judged(enum personality personality)
{
	mach_port_t host = mach_host_self(), dead = new_task();

	(void)personality;
	succeeds(task_terminate(dead));
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		code_is(calls[i].call(MACH_PORT_NULL), MACH_SEND_INVALID_DEST,
		    calls[i].name);
		code_is(calls[i].call(MACH_PORT_DEAD), MACH_SEND_INVALID_DEST,
		    calls[i].name);
		code_is(calls[i].call(dead), MACH_SEND_INVALID_DEST,
		    calls[i].name);
		code_is(calls[i].call(0x12345), MACH_SEND_INVALID_DEST,
		    calls[i].name);
		code_is(calls[i].call(host), calls[i].no_task, calls[i].name);
	}
	succeeds(mach_port_deallocate(mach_task_self(), dead));
	code_is(vm_deallocate(dead, 0, 0), MACH_SEND_INVALID_DEST,
	    "a name given back");
}

TEST(a_port_that_is_no_task_is_told_before_anything_else)
{
	in_each_personality(ports_are_judged);
}
