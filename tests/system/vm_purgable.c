/* vm_purgable_control: memory that may be lost when memory is short. */
#include "tests/support/test.h"

#include <string.h>

#include <mach/mach_vm.h>
#include <mach/vm_purgable.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define SET         VM_PURGABLE_SET_STATE
#define GET         VM_PURGABLE_GET_STATE
#define NONVOLATILE VM_PURGABLE_NONVOLATILE
#define VOLATILE    VM_PURGABLE_VOLATILE
#define EMPTY       VM_PURGABLE_EMPTY

enum { FRAMES = 1024 };

static task_t task;

void
test_setup(void)
{
	daemon_start("--check", "--memory", "4M", NULL);
	task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

typedef kern_return_t spelling(task_t target, vm_address_t address,
    vm_purgable_t control, int *state);

static kern_return_t
wide(task_t target, vm_address_t address, vm_purgable_t control, int *state)
{
	return mach_vm_purgable_control(target, address, control, state);
}

static spelling *const spellings[] = { vm_purgable_control, wide };

/* Purgeable memory with these pages. */
static void
draw_purgable(task_t where, vm_address_t address, const char *pages)
{
	vm_address_t at = address;

	succeeds(vm_allocate(where, &at, strlen(pages) * PAGE,
	    VM_FLAGS_FIXED | VM_FLAGS_PURGABLE));
	for (; *pages != '\0'; pages++, at += PAGE)
		if (*pages != '0')
			fill(where, at, PAGE, *pages);
}

static int
state_at(task_t of, vm_address_t address)
{
	int state = -1;

	succeeds(vm_purgable_control(of, address, GET, &state));
	return state;
}

/* Returns the state before. */
static int
set_state(task_t of, vm_address_t address, int state)
{
	succeeds(vm_purgable_control(of, address, SET, &state));
	return state;
}

static void
purge_all(void)
{
	int state = 77;

	succeeds(vm_purgable_control(mach_task_self(), 0x123,
	    VM_PURGABLE_PURGE_ALL, &state));
}

/* --- What is refused --------------------------------------------------- */

/*
 * In a task that has
 *
 *      10000-12000 purgeable     12000-13000 purgeable, not to be written
 *      20000-21000 not           22000-23000 not, nor to be written
 *      24000-25000 nothing yet
 */
static const struct row {
	vm_address_t address;
	vm_purgable_t control;
	int state;
	kern_return_t code;
	const char *why;
} rows[] = {
	{ 0x10000, 3, VOLATILE, KERN_INVALID_ARGUMENT, "a kernel's control" },
	{ 0x10000, 4, VOLATILE, KERN_INVALID_ARGUMENT, "no control" },
	{ 0x10000, -1, VOLATILE, KERN_INVALID_ARGUMENT, "none at all" },
	{ 0x30000, 99, VOLATILE, KERN_INVALID_ARGUMENT, "... of a hole" },
	{ 0x10000, SET, 3, KERN_INVALID_ARGUMENT, "to be denied" },
	{ 0x10000, SET, 4, KERN_INVALID_ARGUMENT, "no state" },
	{ 0x10000, SET, VOLATILE | 8, KERN_INVALID_ARGUMENT, "a bit of none" },
	{ 0x10000, SET, 0x80, KERN_INVALID_ARGUMENT, "another" },
	{ 0x10000, SET, 0x801, KERN_INVALID_ARGUMENT, "group 8" },
	{ 0x10000, SET, 0x20000, KERN_INVALID_ARGUMENT, "a high bit" },
	{ 0x10000, SET, -1, KERN_INVALID_ARGUMENT, "all bits" },
	{ 0x30000, SET, 4, KERN_INVALID_ARGUMENT, "no state of a hole" },

	{ 0x30000, SET, VOLATILE, KERN_INVALID_ADDRESS, "a hole" },
	{ 0x13000, GET, 5, KERN_INVALID_ADDRESS, "one behind it" },
	{ 0, GET, 5, KERN_INVALID_ADDRESS, "no address" },
	{ VM_MAX_ADDRESS, GET, 5, KERN_INVALID_ADDRESS, "one outside" },
	{ -(vm_address_t)1, SET, 1, KERN_INVALID_ADDRESS, "the last one" },
	{ 0x12000, SET, VOLATILE, KERN_PROTECTION_FAILURE, "not written" },
	{ 0x22000, SET, VOLATILE, KERN_PROTECTION_FAILURE, "nor purged" },
	{ 0x20000, SET, VOLATILE, KERN_INVALID_ARGUMENT, "not purgeable" },
	{ 0x20000, GET, 5, KERN_INVALID_ARGUMENT, "... nor told" },
	{ 0x22000, GET, 5, KERN_INVALID_ARGUMENT, "... nor written" },
	{ 0x24000, SET, EMPTY, KERN_INVALID_ARGUMENT, "nothing yet" },
	{ 0x24000, GET, 5, KERN_INVALID_ARGUMENT, "... to tell" },
};

static void
rows_hold(enum personality personality)
{
	(void)personality;
	task = new_task();
	draw_purgable(task, 0x10000, "abc");
	draw(task, 0x20000, "d.e.0");
	protect(task, 0x12000, PAGE, VM_PROT_READ);
	protect(task, 0x22000, PAGE, VM_PROT_READ);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i / 2];
		uint64_t before = digest(task);
		int state = row->state;

		code_is(spellings[i % 2](task, row->address, row->control,
			    &state),
		    row->code, row->why);
		ck_assert_int_eq(state, row->state);
		ck_assert_uint_eq(digest(task), before);
	}
	ck_assert_int_eq(state_at(task, 0x10000), NONVOLATILE);
	ck_assert_int_eq(state_at(task, 0x12fff), NONVOLATILE);
}

TEST(vm_purgable_control_refuses_what_the_table_says_and_changes_nothing)
{
	in_personality(OSF, rows_hold);
	in_personality(XNU, rows_hold);
}

TEST(a_port_that_is_no_task_s_has_no_purgeable_memory)
{
	mach_port_t host = mach_host_self();

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		int state = 99;

		answers(spellings[i](host, 0, GET, &state),
		    KERN_INVALID_ARGUMENT);
		answers(spellings[i](MACH_PORT_NULL, 0, GET, &state),
		    MACH_SEND_INVALID_DEST);
		ck_assert_int_eq(state, 99);
	}
}

/* --- States ------------------------------------------------------------ */

TEST(each_state_follows_from_the_one_before_which_is_told)
{
	static const struct {
		int from, to, becomes;
		const char *pages;
	} steps[] = {
		{ NONVOLATILE, NONVOLATILE, NONVOLATILE, "ab0" },
		{ NONVOLATILE, VOLATILE, VOLATILE, "ab0" },
		{ NONVOLATILE, EMPTY, EMPTY, "000" },
		{ VOLATILE, NONVOLATILE, NONVOLATILE, "ab0" },
		{ VOLATILE, VOLATILE, VOLATILE, "ab0" },
		{ VOLATILE, EMPTY, EMPTY, "000" },
		{ EMPTY, NONVOLATILE, NONVOLATILE, "000" },
		{ EMPTY, VOLATILE, EMPTY, "000" },
		{ EMPTY, EMPTY, EMPTY, "000" },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(steps); i++) {
		int state = steps[i / 2].to;

		task = new_task();
		draw_purgable(task, 0x10000, "ab0");
		set_state(task, 0x10000, steps[i / 2].from);
		succeeds(spellings[i % 2](task, 0x11234, SET, &state));
		ck_assert_int_eq(state, steps[i / 2].from);
		ck_assert_int_eq(state_at(task, 0x10000), steps[i / 2].becomes);
		pages_are(task, 0x10000, steps[i / 2].pages);
		end_task(task);
	}
}

TEST(that_contents_were_lost_is_told_once)
{
	draw_purgable(task, 0x10000, "ab");
	set_state(task, 0x10000, VOLATILE);
	purge_all();
	ck_assert_int_eq(state_at(task, 0x10000), EMPTY);
	ck_assert_int_eq(set_state(task, 0x10000, VOLATILE), EMPTY);
	ck_assert_int_eq(set_state(task, 0x10000, NONVOLATILE), EMPTY);
	ck_assert_int_eq(set_state(task, 0x10000, NONVOLATILE), NONVOLATILE);
	pages_are(task, 0x10000, "00");
	fill(task, 0x10000, PAGE, 'c');
	set_state(task, 0x10000, VOLATILE);
	ck_assert_int_eq(set_state(task, 0x10000, NONVOLATILE), VOLATILE);
	pages_are(task, 0x10000, "c0");
}

TEST(lost_contents_leave_their_frames)
{
	struct vmd_statistics before, after;

	succeeds(vmd_statistics(&before));
	draw_purgable(task, 0x10000, "abcdefgh");
	set_state(task, 0x10000, EMPTY);
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.pages_used, before.pages_used);
}

TEST(a_state_is_that_of_all_of_the_memory_wherever_it_is_mapped)
{
	task_t other = new_task(), child;

	draw_purgable(task, 0x10000, "abcd");
	share_at(other, 0x50000, PAGE, task, 0x12000);
	inherit(task, 0x10000, 4 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);
	ck_assert_int_eq(set_state(other, 0x50000, VOLATILE), NONVOLATILE);
	ck_assert_int_eq(state_at(task, 0x10000), VOLATILE);
	ck_assert_int_eq(state_at(child, 0x13fff), VOLATILE);
	protect(task, 0x11000, PAGE, VM_PROT_NONE);
	ck_assert_int_eq(set_state(child, 0x11000, EMPTY), VOLATILE);
	pages_are(child, 0x10000, "0000");
	pages_are(task, 0x10000, "0-00");
	pages_are(other, 0x50000, "0");
	end_task(task);
	end_task(child);
	ck_assert_int_eq(set_state(other, 0x50000, NONVOLATILE), EMPTY);
}

TEST(an_entry_can_be_purgeable)
{
	mach_port_t entry =
	    new_entry(2 * PAGE, VM_PROT_DEFAULT | MAP_MEM_PURGABLE);
	task_t other = new_task();

	map_at(task, 0x10000, 2 * PAGE, entry);
	map_at(other, 0x20000, 2 * PAGE, entry);
	fill(task, 0x10000, 2 * PAGE, 'a');
	ck_assert_int_eq(set_state(task, 0x10000, VOLATILE), NONVOLATILE);
	end_task(task);
	purge_all();
	ck_assert_int_eq(state_at(other, 0x21000), EMPTY);
	let_go(entry);
	pages_are(other, 0x20000, "00");
	ck_assert_int_eq(set_state(other, 0x20000, NONVOLATILE), EMPTY);
}

TEST(copies_keep_the_contents_and_are_not_purgeable)
{
	mach_msg_type_number_t count;
	mach_port_t entry;
	vm_offset_t data;
	task_t child;
	int state;

	draw_purgable(task, 0x10000, "ab");
	draw(task, 0x20000, "00");
	succeeds(vm_copy(task, 0x10000, 2 * PAGE, 0x20000));
	copy_at(task, 0x30000, 2 * PAGE, task, 0x10000);
	entry = entry_of(task, 0x10000, 2 * PAGE,
	    VM_PROT_DEFAULT | MAP_MEM_VM_COPY);
	map_at(task, 0x40000, 2 * PAGE, entry);
	child = child_of(task);
	succeeds(vm_read(task, 0x10000, 2 * PAGE, &data, &count));

	set_state(task, 0x10000, EMPTY);
	pages_are(task, 0x10000, "00");
	for (vm_address_t at = 0x20000; at <= 0x40000; at += 0x10000) {
		pages_are(task, at, "ab");
		answers(vm_purgable_control(task, at, GET, &state),
		    KERN_INVALID_ARGUMENT);
	}
	pages_are(child, 0x10000, "ab");
	answers(vm_purgable_control(child, 0x10000, GET, &state),
	    KERN_INVALID_ARGUMENT);
	ck_assert_mem_eq((const char *)data + PAGE, "bbbb", 4);
	succeeds(vm_deallocate(mach_task_self(), data, count));
}

TEST(what_is_copied_onto_purgeable_memory_is_purgeable)
{
	draw_purgable(task, 0x10000, "ab");
	draw(task, 0x20000, "cd");
	succeeds(vm_copy(task, 0x20000, 2 * PAGE, 0x10000));
	pages_are(task, 0x10000, "cd");
	ck_assert_int_eq(set_state(task, 0x10000, VOLATILE), NONVOLATILE);
	purge_all();
	pages_are(task, 0x10000, "00");
	pages_are(task, 0x20000, "cd");
}

/* --- Purging ----------------------------------------------------------- */

TEST(all_that_is_volatile_is_purged_and_nothing_else)
{
	task_t other = new_task();

	draw_purgable(task, 0x10000, "ab");
	draw_purgable(task, 0x20000, "cd");
	draw_purgable(other, 0x10000, "ef");
	draw(other, 0x20000, "gh");
	set_state(task, 0x10000, VOLATILE | VM_VOLATILE_GROUP_7);
	set_state(other, 0x10000, VOLATILE | VM_PURGABLE_NO_AGING);
	purge_all();
	ck_assert_int_eq(state_at(task, 0x10000), EMPTY);
	ck_assert_int_eq(state_at(task, 0x20000), NONVOLATILE);
	ck_assert_int_eq(state_at(other, 0x10000), EMPTY);
	pages_are(task, 0x20000, "cd");
	pages_are(other, 0x20000, "gh");
	purge_all();
	pages_are(task, 0x20000, "cd");
}

/*
 * Makes objects of some pages volatile, one after the other, with these states,
 * and then uses up all frames: the objects are emptied one by one, in the order
 * of the letters. Others are not.
 */
static void
purging_order_is(const int *states, size_t count, const char *order)
{
	enum { EACH = 50 };
	char seen[9] = "", byte = 'x';
	vm_address_t at = 0x1000000;
	kern_return_t kr;

	task = new_task();
	draw_purgable(task, 0xf0000, "kept");
	for (size_t i = 0; i < count; i++) {
		vm_address_t object = 0x100000 + i * 0x100000;

		succeeds(vm_allocate(task, &object, EACH * PAGE,
		    VM_FLAGS_FIXED | VM_FLAGS_PURGABLE));
		fill(task, object, EACH * PAGE, 'v');
		set_state(task, object, states[i]);
	}
	allocate_at(task, at, 2 * FRAMES * PAGE);
	do {
		size_t emptied = 0;

		kr = vm_write(task, at, (vm_offset_t)&byte, 1);
		at += PAGE;
		for (size_t i = 0; i < count; i++) {
			char letter[] = { (char)('a' + i), '\0' };

			if (strchr(seen, letter[0]) ||
			    state_at(task, 0x100000 + i * 0x100000) != EMPTY)
				continue;
			ck_assert_uint_lt(strlen(seen), sizeof(seen) - 1);
			strcat(seen, letter);
			emptied++;
		}
		ck_assert_uint_le(emptied, 1);
	} while (kr == KERN_SUCCESS);
	code_is(kr, KERN_RESOURCE_SHORTAGE, "no frame is left");
	ck_assert_str_eq(seen, order);
	pages_are(task, 0xf0000, "kept");
	ck_assert_int_eq(state_at(task, 0xf0000), NONVOLATILE);
	end_task(task);
}

TEST(under_pressure_the_oldest_goes_first)
{
	static const int states[] = { VOLATILE, VOLATILE, VOLATILE };

	purging_order_is(states, ARRAY_SIZE(states), "abc");
}

TEST(groups_go_in_turn)
{
	static const int states[] = { VOLATILE | VM_VOLATILE_GROUP_7,
		VOLATILE | VM_VOLATILE_GROUP_1, VOLATILE,
		VOLATILE | VM_VOLATILE_GROUP_1 };

	purging_order_is(states, ARRAY_SIZE(states), "cbda");
}

TEST(some_are_first_in_their_group)
{
	static const int states[] = { VOLATILE,
		VOLATILE | VM_VOLATILE_MAKE_FIRST_IN_GROUP,
		VOLATILE | VM_PURGABLE_BEHAVIOR_LIFO,
		VOLATILE | VM_VOLATILE_GROUP_1 |
		    VM_VOLATILE_MAKE_FIRST_IN_GROUP };

	purging_order_is(states, ARRAY_SIZE(states), "cbad");
}

TEST(what_is_obsolete_goes_before_all_others)
{
	static const int states[] = { VOLATILE,
		VOLATILE | VM_VOLATILE_GROUP_2 |
		    VM_PURGABLE_ORDERING_OBSOLETE };

	purging_order_is(states, ARRAY_SIZE(states), "ba");
}

TEST(one_large_call_is_given_all_that_is_volatile)
{
	enum { EACH = FRAMES / 4 };
	mach_port_t host = privileged_host();
	vm_address_t object = 0x1000000;

	for (int i = 0; i < 3; i++, object += 0x1000000) {
		succeeds(vm_allocate(task, &object, EACH * PAGE,
		    VM_FLAGS_FIXED | VM_FLAGS_PURGABLE));
		fill(task, object, EACH * PAGE, 'v');
	}
	set_state(task, 0x1000000, VOLATILE);
	set_state(task, 0x2000000, VOLATILE);
	allocate_at(task, 0x8000000, FRAMES * PAGE);
	answers(vm_wire(host, task, 0x8000000, 4 * EACH * PAGE, VM_PROT_READ),
	    KERN_RESOURCE_SHORTAGE);
	ck_assert_int_eq(state_at(task, 0x3000000), NONVOLATILE);
	succeeds(
	    vm_wire(host, task, 0x8000000, 5 * EACH / 2 * PAGE, VM_PROT_READ));
	ck_assert_int_eq(state_at(task, 0x1000000), EMPTY);
	ck_assert_int_eq(state_at(task, 0x2000000), EMPTY);
	bytes_are(task, 0x3000000, EACH * PAGE, 'v');
}
