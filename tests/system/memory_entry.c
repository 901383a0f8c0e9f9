/* mach_make_memory_entry: memory that has a port, of five kinds. */
#include "tests/support/test.h"

#include <mach/mach_vm.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define RO   VM_PROT_READ
#define RW   VM_PROT_DEFAULT
#define RWX  VM_PROT_ALL
#define MASK VM_PROT_IS_MASK
#define TOP  (-(vm_size_t)PAGE)
#define LAST (-(vm_size_t)1)

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

/* --- Three spellings --------------------------------------------------- */

typedef kern_return_t spelling(task_t target, vm_size_t *size,
    vm_offset_t offset, vm_prot_t permission, mach_port_t *handle,
    mach_port_t parent);

static kern_return_t
classic(task_t target, vm_size_t *size, vm_offset_t offset,
    vm_prot_t permission, mach_port_t *handle, mach_port_t parent)
{
	return mach_make_memory_entry(target, size, offset, permission, handle,
	    parent);
}

static kern_return_t
with_64(task_t target, vm_size_t *size, vm_offset_t offset,
    vm_prot_t permission, mach_port_t *handle, mach_port_t parent)
{
	memory_object_size_t bytes = *size;
	kern_return_t kr;

	kr = mach_make_memory_entry_64(target, &bytes, offset, permission,
	    handle, parent);
	*size = (vm_size_t)bytes;
	return kr;
}

static kern_return_t
wide(task_t target, vm_size_t *size, vm_offset_t offset, vm_prot_t permission,
    mach_port_t *handle, mach_port_t parent)
{
	memory_object_size_t bytes = *size;
	kern_return_t kr;

	kr = _mach_make_memory_entry(target, &bytes, offset, permission, handle,
	    parent);
	*size = (vm_size_t)bytes;
	return kr;
}

static spelling *const spellings[] = { classic, with_64, wide };

/* Each must say so. A refusal changes nothing, and no argument. */
static void
all_say(task_t target, vm_offset_t offset, vm_size_t asked,
    vm_prot_t permission, mach_port_t parent, kern_return_t code,
    vm_size_t given, const char *why)
{
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		mach_port_t handle = (mach_port_t)CANARY;
		uint64_t before = digest(task);
		vm_size_t size = asked;
		kern_return_t kr;

		kr = spellings[i](target, &size, offset, permission, &handle,
		    parent);
		code_is(kr, code, why);
		ck_assert_uint_eq(size, given);
		if (code != KERN_SUCCESS)
			ck_assert_uint_eq(handle, (mach_port_t)CANARY);
		else if (handle != MACH_PORT_NULL)
			let_go(handle);
		ck_assert_uint_eq(digest(task), before);
	}
}

/* --- What is refused --------------------------------------------------- */

enum parent { NONE, ENTRY, COPIED, SHARED, HOST, PARENTS };

#define CREATE  MAP_MEM_NAMED_CREATE
#define SNAP    MAP_MEM_VM_COPY
#define SHARE   MAP_MEM_VM_SHARE
#define ONLY    MAP_MEM_ONLY
#define DATA    MAP_MEM_USE_DATA_ADDR
#define CACHING (MAP_MEM_IO << 24)
#define BAD     KERN_INVALID_ARGUMENT
#define HOLE    KERN_INVALID_ADDRESS
#define REFUSED KERN_PROTECTION_FAILURE

/*
 * In a task that has
 *
 *      10000-12000 rw-/rwx     12000-13000 r--/rwx     14000-15000 ---/---
 *
 * with parents of two pages, to be read only.
 */
static const struct row {
	vm_offset_t offset;
	vm_size_t size;
	vm_prot_t permission;
	enum parent parent;
	kern_return_t code;
	const char *why;
} rows[] = {
	{ 0x10000, PAGE, RW | 0x100, NONE, KERN_INVALID_VALUE, "unknown" },
	{ 0x13000, 0, RW | 0x1000, NONE, KERN_INVALID_VALUE, "... and more" },
	{ 0, 0, RW | 0x800 | CREATE, NONE, KERN_INVALID_VALUE, "... to make" },
	{ 0, PAGE, RW | 0x400, SHARED, KERN_INVALID_VALUE, "... of a parent" },
	{ 0, PAGE, RO, COPIED, BAD, "a copy as a parent" },
	{ 0, PAGE, RO, SHARED, BAD, "what is shared as one" },
	{ 0, PAGE, RW | CREATE, SHARED, BAD, "... whatever is wanted" },

	{ 0x10000, 0, RW, NONE, BAD, "no bytes" },
	{ 0x13000, 0, RW, NONE, BAD, "no bytes of a hole" },
	{ 0x10000, 0, RW | SHARE, NONE, BAD, "none to share" },
	{ 0x10000, 0, RW | SNAP, NONE, BAD, "none to copy" },
	{ 0, 0, RO, ENTRY, BAD, "none of a parent" },
	{ 0x10000, LAST, RW, NONE, BAD, "it wraps" },
	{ TOP, PAGE, RW | SHARE, NONE, BAD, "it ends at 2^64" },
	{ TOP, PAGE - 1, RO | SNAP, NONE, BAD, "... rounded" },

	{ 0x13000, PAGE, RW, NONE, HOLE, "a hole" },
	{ 0x13000, PAGE, RO | SHARE, NONE, HOLE, "one to share" },
	{ 0x13000, PAGE, RO | SNAP, NONE, HOLE, "one to copy" },
	{ 0xffff, 2, RO | SHARE, NONE, HOLE, "its first byte is in one" },
	{ 0x12000, PAGE + 1, RO | SHARE, NONE, HOLE, "its last byte is" },
	{ 0x12000, PAGE + 1, RO | SNAP, NONE, HOLE, "... to be copied" },
	{ 0x70000, 9, RO, HOST, HOLE, "what is no entry is no parent" },

	{ 0x12000, PAGE, RW, NONE, REFUSED, "not to be written" },
	{ 0x10000, PAGE, RWX, NONE, REFUSED, "not to be executed now" },
	{ 0x10000, 3 * PAGE, RW | SHARE, NONE, REFUSED, "its last page" },
	{ 0x14000, PAGE, RO, NONE, REFUSED, "nothing is allowed" },
	{ 0x14000, PAGE, RO | SNAP, NONE, REFUSED, "... to be copied" },
	{ 0x14000, 1, VM_PROT_NONE | SNAP, NONE, REFUSED, "for nothing" },
	{ 0x14000, PAGE, RWX | MASK, NONE, REFUSED, "... as a mask" },
	{ 0x12000, PAGE, VM_PROT_WRITE | MASK, NONE, REFUSED, "... of it" },
	{ 0x12000, PAGE, RW | SHARE, HOST, REFUSED, "no parent" },

	{ 0x1000, 2 * PAGE, RO, ENTRY, BAD, "more than a parent has" },
	{ 0x2000, 1, RO, ENTRY, BAD, "behind it" },
	{ 0x1fff, 2, RO, ENTRY, BAD, "a byte" },
	{ LAST, 2, RO, ENTRY, BAD, "it wraps there" },
	{ 0, PAGE, RW, ENTRY, REFUSED, "more rights than a parent" },

	{ 0, LAST, RW | CREATE, NONE, BAD, "making what wraps" },
	{ LAST, 1, RW | CREATE, NONE, BAD, "... by its offset" },
	{ 0, PAGE, RW | CREATE | DATA, NONE, BAD, "at an address of data" },
	{ 0, PAGE, RW | CREATE | MAP_MEM_4K_DATA_ADDR, NONE, BAD, "of 4K" },
	{ 0, PAGE, RO | CREATE | MAP_MEM_PURGABLE, NONE, BAD, "purgeable" },
	{ 0, (vm_size_t)1 << 44, RW | CREATE, NONE, KERN_FAILURE, "huge" },

	{ 0, PAGE, RO | ONLY, NONE, BAD, "caching of nothing" },
	{ 0, PAGE, RO | ONLY, HOST, BAD, "... of a host" },
	{ 0, PAGE, RO | ONLY | DATA, ENTRY, BAD, "... of data" },
	{ LAST, 1, RO | ONLY, ENTRY, BAD, "... wraps" },
	{ 0, PAGE, RO | ONLY | CACHING, ENTRY, KERN_INVALID_RIGHT, "..." },
};

static void
rows_hold(enum personality personality)
{
	mach_port_t parents[PARENTS] = { MACH_PORT_NULL };

	(void)personality;
	task = new_task();
	draw(task, 0x10000, "abc.e");
	parents[ENTRY] = new_entry(2 * PAGE, RO);
	parents[COPIED] = entry_of(task, 0x10000, 2 * PAGE, RO | SNAP);
	parents[SHARED] = entry_of(task, 0x10000, 2 * PAGE, RO | SHARE);
	parents[HOST] = mach_host_self();
	protect(task, 0x12000, PAGE, RO);
	succeeds(vm_protect(task, 0x14000, PAGE, TRUE, VM_PROT_NONE));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		all_say(task, rows[i].offset, rows[i].size, rows[i].permission,
		    parents[rows[i].parent], rows[i].code, rows[i].size,
		    rows[i].why);
	pages_are(task, 0x10000, "abc.-");
}

TEST(no_entry_is_made_of_what_the_table_says_and_nothing_changes)
{
	in_each_personality(rows_hold);
}

TEST(memory_of_a_port_that_is_no_task_s_is_none)
{
	const vm_prot_t kinds[] = { RO, RO | SHARE, RO | SNAP };
	mach_port_t host = mach_host_self(), dead = new_task();

	succeeds(task_terminate(dead));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		all_say(host, 0x10000, PAGE, kinds[i], MACH_PORT_NULL,
		    KERN_INVALID_TASK, PAGE, "a host");
		all_say(dead, 0x10000, PAGE, kinds[i], MACH_PORT_NULL,
		    MACH_SEND_INVALID_DEST, PAGE, "a dead task");
	}
	all_say(host, 0, 1, RW | CREATE, MACH_PORT_NULL, KERN_SUCCESS, PAGE,
	    "fresh memory needs no task");
	all_say(host, PAGE, 1, RO, new_entry(2 * PAGE, RW), KERN_SUCCESS, PAGE,
	    "nor does a part of a parent");
}

/* --- Sizes ------------------------------------------------------------- */

TEST(the_size_given_is_that_of_all_pages_that_the_bytes_touch)
{
	static const struct {
		vm_offset_t offset;
		vm_size_t size;
		vm_prot_t permission;
		vm_size_t given;
	} sizes[] = {
		{ 0x10000, 1, RW, PAGE },
		{ 0x10fff, 1, RW, PAGE },
		{ 0x10fff, 2, RW | SHARE, 2 * PAGE },
		{ 0x10001, PAGE, RW | SNAP, 2 * PAGE },
		{ 0x10123, 1, RW | DATA, PAGE - 0x123 },
		{ 0x10fff, 2, RW | SHARE | DATA, PAGE + 1 },
		{ 0x10fff, 2, RW | SNAP | DATA, PAGE + 1 },
		{ 0, 1, RW | CREATE, PAGE },
		{ 0, PAGE, RW | CREATE, PAGE },
		{ 0xfff, 2, RW | CREATE, 2 * PAGE },
		{ 0x70000, PAGE + 1, RW | CREATE, 2 * PAGE },
		{ 0, 0, RW | CREATE, 0 },
		{ 0x70123, 0, RW | CREATE, 0 },
	};

	draw(task, 0x10000, "abcd");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		all_say(task, sizes[i].offset, sizes[i].size,
		    sizes[i].permission, MACH_PORT_NULL, KERN_SUCCESS,
		    sizes[i].given, "a size");
}

TEST(an_entry_of_no_bytes_is_no_port)
{
	mach_port_t handle = (mach_port_t)CANARY;
	vm_size_t size = 0;

	succeeds(classic(task, &size, 0, RW | CREATE, &handle, 0));
	ck_assert_uint_eq(handle, MACH_PORT_NULL);
}

/* Two regions that were never one. */
static void
over_a_boundary(enum personality personality)
{
	vm_address_t at = 0x10000;
	mach_port_t handle;
	vm_size_t size;

	task = new_task();
	succeeds(vm_allocate(task, &at, 2 * PAGE, VM_FLAGS_FIXED));
	fill(task, at, 2 * PAGE, 'a');
	at = 0x12000;
	succeeds(vm_map(task, &at, 2 * PAGE, 0, VM_FLAGS_FIXED,
	    new_entry(2 * PAGE, RW), 0, FALSE, RW, RW, VM_INHERIT_COPY));
	size = 3 * PAGE;
	succeeds(classic(task, &size, 0x11000, RW, &handle, MACH_PORT_NULL));
	ck_assert_uint_eq(size, personality == XNU ? PAGE : 3 * PAGE);
	size = 3 * PAGE;
	succeeds(
	    classic(task, &size, 0x11000, RW | SHARE, &handle, MACH_PORT_NULL));
	ck_assert_uint_eq(size, 3 * PAGE);
	size = 3 * PAGE;
	succeeds(
	    classic(task, &size, 0x11000, RW | SNAP, &handle, MACH_PORT_NULL));
	ck_assert_uint_eq(size, 3 * PAGE);

	at = 0x20000;
	succeeds(vm_allocate(task, &at, 4 * PAGE, VM_FLAGS_FIXED));
	fill(task, at, 4 * PAGE, 'b');
	inherit(task, 0x22000, PAGE, VM_INHERIT_NONE);
	size = 4 * PAGE;
	succeeds(classic(task, &size, 0x20000, RW, &handle, MACH_PORT_NULL));
	ck_assert_uint_eq(size, 4 * PAGE);
}

TEST(as_xnu_an_entry_ends_where_its_object_does_unless_it_is_shared_or_copied)
{
	in_each_personality(over_a_boundary);
}

/* --- Kinds ------------------------------------------------------------- */

TEST(fresh_memory_is_zeros_and_one_for_all_who_map_it)
{
	mach_port_t entry = new_entry(3 * PAGE, RW);
	task_t other = new_task();

	map_at(task, 0x10000, 3 * PAGE, entry);
	map_at(other, 0x20000, 2 * PAGE, entry);
	map_at(task, 0x30000, PAGE, entry);
	pages_are(task, 0x10000, "000");
	fill(task, 0x10000, 3 * PAGE, 'a');
	fill(other, 0x21000, PAGE, 'b');
	fill(task, 0x30000, PAGE, 'c');
	pages_are(task, 0x10000, "cba");
	pages_are(other, 0x20000, "cb.");
}

TEST(a_shared_entry_and_its_source_are_one_memory)
{
	const vm_prot_t kinds[] = { RW, RW | SHARE };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		task_t source = new_task(), other = new_task();
		mach_port_t entry;

		draw(source, 0x10000, "abc0");
		protect(source, 0x10000, PAGE, RWX);
		entry = entry_of(source, 0x10000, 4 * PAGE, kinds[i]);
		map_at(other, 0x20000, 4 * PAGE, entry);
		fill(source, 0x11000, PAGE, 's');
		fill(other, 0x22000, 2 * PAGE, 'o');
		pages_are(source, 0x10000, "asoo");
		pages_are(other, 0x20000, "asoo");
	}
}

TEST(a_copied_entry_is_as_the_memory_was_and_each_mapping_has_its_own)
{
	task_t other = new_task();
	mach_port_t entry;

	draw(task, 0x10000, "abc");
	entry = entry_of(task, 0x10000, 3 * PAGE, RW | SNAP);
	fill(task, 0x10000, PAGE, 't');
	map_at(other, 0x20000, 3 * PAGE, entry);
	map_at(other, 0x30000, 3 * PAGE, entry);
	fill(other, 0x21000, PAGE, 'o');
	map_at(task, 0x40000, 3 * PAGE, entry);
	pages_are(task, 0x10000, "tbc");
	pages_are(task, 0x40000, "abc");
	pages_are(other, 0x20000, "aoc");
	pages_are(other, 0x30000, "abc");
	let_go(entry);
	end_task(task);
	pages_are(other, 0x20000, "aoc");
}

TEST(a_copied_entry_may_permit_more_than_its_source)
{
	mach_port_t entry;

	draw(task, 0x10000, "a");
	protect(task, 0x10000, PAGE, RO);
	entry = entry_of(task, 0x10000, PAGE, RW | SNAP);
	map_at(task, 0x20000, PAGE, entry);
	fill(task, 0x20000, PAGE, 'b');
	pages_are(task, 0x10000, "a");
}

TEST(a_mask_is_cut_down_to_what_all_of_the_memory_has)
{
	vm_address_t at = 0x20000;
	mach_port_t entry;

	draw(task, 0x10000, "ab");
	protect(task, 0x11000, PAGE, RO);
	entry = entry_of(task, 0x10000, 2 * PAGE, RWX | MASK | SHARE);
	answers(vm_map(task, &at, PAGE, 0, 0, entry, 0, FALSE, RO, RW,
		    VM_INHERIT_COPY),
	    KERN_INVALID_RIGHT);
	succeeds(vm_map(task, &at, 2 * PAGE, 0, 0, entry, 0, FALSE, RO, RO,
	    VM_INHERIT_COPY));
	pages_are(task, at, "ab");
}

TEST(part_of_a_parent_is_the_parent_s_memory)
{
	mach_port_t parent = new_entry(4 * PAGE, RW), entry = 0;
	vm_size_t size = PAGE;

	map_at(task, 0x10000, 4 * PAGE, parent);
	fill(task, 0x10000, 4 * PAGE, 'p');
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		vm_address_t at = 0x20000 + i * 0x10000;

		size = PAGE + 1;
		succeeds(spellings[i](task, &size, i * PAGE + 8, RW | MASK,
		    &entry, parent));
		ck_assert_uint_eq(size, 2 * PAGE);
		map_at(task, at, size, entry);
		fill(task, at, PAGE, (char)('a' + i));
	}
	pages_are(task, 0x10000, "abcp");
	let_go(parent);
	fill(task, 0x41000, PAGE, 'z');
	pages_are(task, 0x10000, "abcz");
	answers(classic(task, &size, 2 * PAGE, RW, &entry, entry),
	    KERN_INVALID_ARGUMENT);
}

TEST(caching_is_changed_of_the_parent_and_makes_no_entry)
{
	mach_port_t parent = new_entry(PAGE, RW), handle = 1;
	vm_size_t size = 123;

	succeeds(classic(task, &size, 0, RW | ONLY | CACHING, &handle, parent));
	ck_assert_uint_eq(size, 123);
	ck_assert_uint_eq(handle, MACH_PORT_NULL);
}

TEST(a_parent_that_is_the_same_is_given_again)
{
	const vm_prot_t reuse = RW | MAP_MEM_NAMED_REUSE;
	mach_port_urefs_t refs = 0;
	mach_port_t parent, handle;
	vm_size_t size = 2 * PAGE;

	draw(task, 0x10000, "abc");
	parent = entry_of(task, 0x10000, 2 * PAGE, RW);
	succeeds(classic(task, &size, 0x10000, reuse, &handle, parent));
	ck_assert_uint_eq(handle, parent);
	succeeds(mach_port_get_refs(mach_task_self(), parent,
	    MACH_PORT_RIGHT_SEND, &refs));
	ck_assert_uint_eq(refs, 2);
	succeeds(classic(task, &size, 0x11000, reuse, &handle, parent));
	ck_assert_uint_ne(handle, parent);
	size = PAGE;
	succeeds(classic(task, &size, 0x10000, reuse, &handle, parent));
	ck_assert_uint_ne(handle, parent);
}

TEST(a_host_makes_fresh_memory_too)
{
	mach_port_t host = mach_host_self(), entry = (mach_port_t)CANARY;

	answers(mach_memory_object_memory_entry(host, FALSE, PAGE, RW,
		    MACH_PORT_NULL, &entry),
	    KERN_INVALID_ARGUMENT);
	answers(mach_memory_object_memory_entry(host, TRUE, 0, RW,
		    MACH_PORT_NULL, &entry),
	    KERN_INVALID_ARGUMENT);
	answers(mach_memory_object_memory_entry(host, TRUE, PAGE, RW, task,
		    &entry),
	    KERN_INVALID_ARGUMENT);
	answers(mach_memory_object_memory_entry(task, TRUE, PAGE, RW,
		    MACH_PORT_NULL, &entry),
	    KERN_INVALID_HOST);
	ck_assert_uint_eq(entry, (mach_port_t)CANARY);
	succeeds(mach_memory_object_memory_entry_64(host, TRUE, 2 * PAGE, RW,
	    MACH_PORT_NULL, &entry));
	map_at(task, 0x10000, 2 * PAGE, entry);
	pages_are(task, 0x10000, "00");
}

/* --- The port ---------------------------------------------------------- */

TEST(an_entry_is_a_send_right_and_its_memory_goes_with_the_last)
{
	mach_port_type_t type = 0;
	struct vmd_statistics before, held, after;
	mach_port_t entry;

	succeeds(vmd_statistics(&before));
	entry = new_entry(3 * PAGE, RW);
	map_at(task, 0x10000, 3 * PAGE, entry);
	fill(task, 0x10000, 3 * PAGE, 'a');
	succeeds(vm_deallocate(task, 0x10000, 3 * PAGE));
	succeeds(vmd_statistics(&held));
	ck_assert_uint_ge(held.pages_used, before.pages_used + 3);
	succeeds(mach_port_type(mach_task_self(), entry, &type));
	ck_assert_uint_eq(type, MACH_PORT_TYPE_SEND);
	map_at(task, 0x10000, 3 * PAGE, entry);
	pages_are(task, 0x10000, "aaa");
	succeeds(vm_deallocate(task, 0x10000, 3 * PAGE));
	let_go(entry);
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.pages_used, before.pages_used);
	ck_assert_uint_eq(after.objects_used, before.objects_used);
}
