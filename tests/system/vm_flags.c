/* Flags of vm_allocate, vm_map and vm_remap; VM_PROT_COPY; and memory that may
 * not become executable. */
#include "tests/support/test.h"

#include <mach/mach_vm.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define ANY       VM_FLAGS_ANYWHERE
#define OVERWRITE VM_FLAGS_OVERWRITE
#define PERMANENT VM_FLAGS_PERMANENT
#define RO        VM_PROT_READ
#define RW        VM_PROT_DEFAULT
#define RX        (VM_PROT_READ | VM_PROT_EXECUTE)
#define RWX       VM_PROT_ALL
#define COPY      VM_PROT_COPY
#define LARGE     ((vm_size_t)2 << 20)

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

/* --- Which there are --------------------------------------------------- */

static kern_return_t
try_map(vm_address_t *at, vm_size_t size, int flags, vm_prot_t current)
{
	return vm_map(task, at, size, 0, flags, MACH_PORT_NULL, 0, FALSE,
	    current, RWX, VM_INHERIT_COPY);
}

static kern_return_t
try_remap(vm_address_t *at, vm_size_t size, int flags, task_t source,
    vm_address_t from)
{
	vm_prot_t current, maximum;

	return vm_remap(task, at, size, 0, flags, source, from, FALSE, &current,
	    &maximum, VM_INHERIT_COPY);
}

/* Is a flag taken? A bit of hardware, 12, is left open. */
static const struct {
	const char *name;
	uint32_t flags;
} taken[] = {
	{ "vm_allocate", 0xff03409f },
	{ "vm_map", 0xff9340ff },
	{ "vm_remap", 0xff104069 },
};

static void
bits_are_judged(enum personality personality)
{
	task_t source = new_task();

	(void)personality;
	allocate_at(source, 0x10000000, LARGE);
	for (unsigned bit = 0; bit < 32; bit++) {
		int flags = (int)((uint32_t)1 << bit);
		vm_address_t at[] = { 4 * LARGE, 4 * LARGE, 4 * LARGE };
		kern_return_t codes[3];

		if (bit == 12)
			continue;
		task = new_task();
		codes[0] = vm_allocate(task, &at[0], LARGE, flags);
		task = new_task();
		codes[1] = try_map(&at[1], LARGE, flags, RW);
		task = new_task();
		codes[2] = try_remap(&at[2], LARGE, flags, source, 0x10000000);
		for (unsigned i = 0; i < 3; i++) {
			bool good = taken[i].flags >> bit & 1;

			ck_assert_msg(codes[i] ==
					  (good ? KERN_SUCCESS
						: KERN_INVALID_ARGUMENT),
			    "%s, bit %u: %s", taken[i].name, bit,
			    mach_error_string(codes[i]));
			if (!good)
				ck_assert_uint_eq(at[i], 4 * LARGE);
		}
	}
}

TEST(each_routine_has_flags_of_its_own_and_refuses_all_others)
{
	in_personality(OSF, bits_are_judged);
	in_personality(XNU, bits_are_judged);
}

static void
anything_is_anywhere(enum personality personality)
{
	(void)personality;
	task = new_task();
	draw(task, 0x10000, "a");
	for (unsigned bit = 0; bit < 32; bit++) {
		vm_address_t at = 0x10000, map_at = 0x10000;
		int flags = (int)((uint32_t)1 << bit);

		succeeds(vm_allocate(task, &at, PAGE, flags));
		succeeds(try_map(&map_at, PAGE, flags, RW));
		ck_assert_uint_ne(at, 0x10000);
		ck_assert_uint_ne(map_at, at);
		succeeds(vm_deallocate(task, at, PAGE));
		succeeds(vm_deallocate(task, map_at, PAGE));
		regions_are(task, "10000-11000 rw-/rwx copy");
	}
}

TEST(as_gnu_whatever_is_not_zero_means_anywhere_and_nothing_else)
{
	in_personality(GNU, anything_is_anywhere);
}

TEST(what_is_not_cached_or_placed_at_random_is_memory_like_any)
{
	static const int flags[] = { VM_FLAGS_NO_CACHE, VM_FLAGS_4GB_CHUNK,
		VM_FLAGS_RANDOM_ADDR, VM_MAKE_TAG(VM_MEMORY_MALLOC) };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		vm_address_t at = 0;
		task_t child;

		task = new_task();
		succeeds(vm_allocate(task, &at, 2 * PAGE, ANY | flags[i]));
		ck_assert_uint_ne(at, 0);
		ck_assert_uint_eq(at % PAGE, 0);
		fill(task, at, PAGE, 'a');
		child = child_of(task);
		pages_are(child, at, "a0");
		succeeds(vm_deallocate(task, at, 2 * PAGE));
		regions_are(task, "");
	}
}

/* --- Large pages ------------------------------------------------------- */

TEST(large_pages_are_aligned_and_not_inherited)
{
	vm_address_t at = 0, map_at = LARGE + 1, fixed = 8 * LARGE;

	draw(task, 0x10000, "a");
	succeeds(
	    vm_allocate(task, &at, LARGE, ANY | VM_FLAGS_SUPERPAGE_SIZE_2MB));
	ck_assert_uint_eq(at, LARGE);
	succeeds(
	    try_map(&map_at, LARGE + 1, ANY | VM_FLAGS_SUPERPAGE_SIZE_ANY, RW));
	ck_assert_uint_eq(map_at, 2 * LARGE);
	succeeds(vm_allocate(task, &fixed, PAGE, VM_FLAGS_SUPERPAGE_SIZE_ANY));
	regions_are(task, "10000-11000 rw-/rwx copy\n"
			  "200000-800000 rw-/rwx none\n"
			  "1000000-1200000 rw-/rwx none");
	fill(task, at + LARGE - PAGE, PAGE, 'b');
	pages_are(task, at + LARGE - 2 * PAGE, "0b0");
	regions_are(child_of(task), "10000-11000 rw-/rwx copy");
}

TEST(large_pages_have_a_size_and_a_place)
{
	static const struct {
		vm_address_t address;
		vm_size_t size;
		int flags;
		kern_return_t code;
	} rows[] = {
		{ 0, PAGE, ANY | VM_FLAGS_SUPERPAGE_SIZE_2MB,
		    KERN_INVALID_ARGUMENT },
		{ 0, LARGE + PAGE, ANY | VM_FLAGS_SUPERPAGE_SIZE_2MB,
		    KERN_INVALID_ARGUMENT },
		{ LARGE + PAGE, LARGE, VM_FLAGS_SUPERPAGE_SIZE_2MB,
		    KERN_INVALID_ARGUMENT },
		{ 0, LARGE, ANY | 3 << 16, KERN_INVALID_ARGUMENT },
		{ 0, LARGE, ANY | 7 << 16, KERN_INVALID_ARGUMENT },
		{ 0, LARGE,
		    ANY | VM_FLAGS_SUPERPAGE_SIZE_2MB | VM_FLAGS_PURGABLE,
		    KERN_INVALID_ARGUMENT },
		{ 0, 1, ANY | VM_FLAGS_SUPERPAGE_SIZE_ANY | VM_FLAGS_PURGABLE,
		    KERN_INVALID_ARGUMENT },
		{ 4 * LARGE, LARGE, VM_FLAGS_SUPERPAGE_SIZE_2MB,
		    KERN_NO_SPACE },
		{ 3 * LARGE, 2 * LARGE, VM_FLAGS_SUPERPAGE_SIZE_2MB,
		    KERN_NO_SPACE },
	};
	uint64_t before;

	draw(task, 5 * LARGE - PAGE, "a");
	before = digest(task);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		vm_address_t at = rows[i].address;

		answers(vm_allocate(task, &at, rows[i].size, rows[i].flags),
		    rows[i].code);
		answers(try_map(&at, rows[i].size, rows[i].flags, RW),
		    rows[i].code);
		ck_assert_uint_eq(at, rows[i].address);
		ck_assert_uint_eq(digest(task), before);
	}
}

/* --- Memory for ever --------------------------------------------------- */

static void
permanent_at(vm_address_t at, vm_size_t size)
{
	succeeds(vm_allocate(task, &at, size, PERMANENT));
}

TEST(permanent_memory_stays_where_it_is_when_it_is_given_back)
{
	vm_address_t at = 0x13000;

	draw(task, 0x10000, "a...e");
	permanent_at(0x11000, 2 * PAGE);
	succeeds(try_map(&at, PAGE, PERMANENT, RO));
	succeeds(vm_deallocate(task, 0x10000, 2 * PAGE));
	regions_are(task, "11000-12000 ---/--- copy\n"
			  "12000-13000 rw-/rwx copy\n"
			  "13000-14000 r--/rwx copy\n"
			  "14000-15000 rw-/rwx copy");
	succeeds(vm_deallocate(task, 0x11000, 4 * PAGE));
	regions_are(task, "11000-14000 ---/--- copy");
	succeeds(vm_deallocate(task, 0x11000, 3 * PAGE));
	answers(vm_protect(task, 0x11000, PAGE, FALSE, RO),
	    KERN_PROTECTION_FAILURE);
	answers(vm_allocate(task, &at, PAGE, VM_FLAGS_FIXED), KERN_NO_SPACE);
	end_task(task);
}

TEST(permanent_memory_is_not_overwritten_by_other)
{
	vm_address_t at = 0x10000;
	uint64_t before;

	draw(task, 0x10000, "a.c");
	draw(task, 0x20000, "xyz");
	permanent_at(0x11000, PAGE);
	before = digest(task);
	answers(vm_allocate(task, &at, 3 * PAGE, OVERWRITE), KERN_NO_SPACE);
	answers(try_map(&at, 2 * PAGE, OVERWRITE, RW), KERN_NO_SPACE);
	answers(try_remap(&at, 3 * PAGE, OVERWRITE, task, 0x20000),
	    KERN_NO_SPACE);
	ck_assert_uint_eq(digest(task), before);
	succeeds(vm_allocate(task, &at, PAGE, OVERWRITE));
	pages_are(task, 0x10000, "00c");
}

TEST(permanent_memory_is_permanent_where_it_was_made)
{
	task_t other = new_task(), child;

	permanent_at(0x10000, PAGE);
	child = child_of(task);
	succeeds(vm_deallocate(child, 0x10000, PAGE));
	regions_are(child, "");
	share_at(other, 0x20000, PAGE, task, 0x10000);
	copy_at(other, 0x30000, PAGE, task, 0x10000);
	fill(other, 0x20000, PAGE, 'a');
	pages_are(task, 0x10000, "a");
	succeeds(vm_deallocate(other, 0x20000, PAGE));
	succeeds(vm_deallocate(other, 0x30000, PAGE));
	regions_are(other, "");
}

/* --- VM_PROT_COPY ------------------------------------------------------ */

static void
protect_by_copy(enum personality personality)
{
	task_t other;

	(void)personality;
	task = new_task();
	other = new_task();
	draw(task, 0x10000, "abcd");
	succeeds(vm_protect(task, 0x12000, PAGE, TRUE, RO));
	inherit(task, 0x10000, 4 * PAGE, VM_INHERIT_SHARE);
	share_at(other, 0x10000, 4 * PAGE, task, 0x10000);
	succeeds(vm_protect(task, 0x11000, 2 * PAGE, FALSE, RW | COPY));
	regions_are(task, "10000-11000 rw-/rwx share shared\n"
			  "11000-12000 rw-/rwx copy\n"
			  "12000-13000 rw-/rw- copy\n"
			  "13000-14000 rw-/rwx share shared");
	regions_are(other, "10000-11000 rw-/rwx copy shared\n"
			   "11000-12000 rw-/rwx copy\n"
			   "12000-13000 r--/r-- copy\n"
			   "13000-14000 rw-/rwx copy shared");
	fill(task, 0x10000, 4 * PAGE, 'x');
	pages_are(task, 0x10000, "xxxx");
	pages_are(other, 0x10000, "xbcx");
	fill(other, 0x11000, PAGE, 'o');
	pages_are(task, 0x10000, "xxxx");
}

TEST(protecting_by_copy_makes_memory_private_and_writable)
{
	in_personality(OSF, protect_by_copy);
	in_personality(XNU, protect_by_copy);
}

TEST(protecting_by_copy_adds_what_is_asked_for_to_the_maximum)
{
	draw(task, 0x10000, "ab");
	succeeds(vm_protect(task, 0x10000, 2 * PAGE, TRUE, RO));
	succeeds(vm_protect(task, 0x10000, PAGE, FALSE, RX | COPY));
	succeeds(vm_protect(task, 0x11000, PAGE, FALSE, RO | COPY));
	regions_are(task, "10000-11000 r-x/rwx copy\n"
			  "11000-12000 r--/rw- copy");
	pages_are(task, 0x10000, "ab");
}

TEST(protecting_by_copy_needs_memory_that_can_be_copied)
{
	static const struct {
		vm_address_t address;
		vm_size_t size;
		vm_prot_t protection;
		kern_return_t code;
	} rows[] = {
		{ 0x10000, 0, RW | COPY, KERN_SUCCESS },
		{ 0x70000, 0, RW | COPY, KERN_SUCCESS },
		{ 0x10000, PAGE, RW | COPY | 8, KERN_INVALID_ARGUMENT },
		{ 0x10000, -(vm_size_t)1, RW | COPY, KERN_INVALID_ARGUMENT },
		{ 0x11000, PAGE, RW | COPY, KERN_INVALID_ADDRESS },
		{ 0x10000, 2 * PAGE, RW | COPY, KERN_INVALID_ADDRESS },
		{ 0xf000, 2 * PAGE, RW | COPY, KERN_INVALID_ADDRESS },
		{ 0x10000, 3 * PAGE, RX | COPY, KERN_INVALID_ADDRESS },
		{ 0x12000, PAGE, RW | COPY, KERN_PROTECTION_FAILURE },
		{ 0x20000, PAGE, RW | COPY, KERN_NO_SPACE },
	};

	draw(task, 0x10000, "a.b");
	share_at(task, 0x30000, PAGE, task, 0x10000);
	succeeds(vm_protect(task, 0x10000, PAGE, TRUE, RO));
	succeeds(vm_protect(task, 0x12000, PAGE, TRUE, VM_PROT_WRITE));
	permanent_at(0x20000, PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t before = digest(task);

		answers(vm_protect(task, rows[i].address, rows[i].size, FALSE,
			    rows[i].protection),
		    rows[i].code);
		ck_assert_uint_eq(digest(task), before);
	}
}

/* --- Nothing new is executable ----------------------------------------- */

static void
lockdown_holds(enum personality personality)
{
	vm_address_t at = 0x40000;
	task_t source = new_task(), child;

	(void)personality;
	task = new_task();
	draw(source, 0x10000, "xy");
	protect(source, 0x10000, PAGE, RX);
	draw(task, 0x10000, "abc");
	protect(task, 0x10000, PAGE, RX);
	succeeds(vm_map_exec_lockdown(task));
	succeeds(vm_map_exec_lockdown(task));
	child = child_of(task);
	for (int i = 0; i < 2; i++, task = child) {
		uint64_t before = digest(task);

		answers(vm_protect(task, 0x11000, PAGE, FALSE, RX),
		    KERN_PROTECTION_FAILURE);
		answers(vm_protect(task, 0x10000, 2 * PAGE, FALSE, RWX),
		    KERN_PROTECTION_FAILURE);
		answers(try_map(&at, PAGE, 0, RX), KERN_PROTECTION_FAILURE);
		answers(try_map(&at, PAGE, 0, VM_PROT_EXECUTE),
		    KERN_PROTECTION_FAILURE);
		answers(try_remap(&at, 2 * PAGE, 0, source, 0x10000),
		    KERN_PROTECTION_FAILURE);
		ck_assert_uint_eq(digest(task), before);
		ck_assert_uint_eq(at, 0x40000);

		succeeds(try_map(&at, PAGE, 0, RW));
		succeeds(vm_deallocate(task, at, PAGE));
		succeeds(try_remap(&at, PAGE, 0, source, 0x11000));
		succeeds(vm_deallocate(task, at, PAGE));
		protect(task, 0x10000, PAGE, RWX);
		protect(task, 0x10000, PAGE, RX);
		protect(task, 0x11000, PAGE, RO);
		protect(task, 0x11000, PAGE, RW);
		ck_assert_uint_eq(digest(task), before);
	}
	succeeds(vm_protect(child, 0x10000, PAGE, TRUE, RWX));
	protect(child, 0x10000, PAGE, RW);
	answers(vm_protect(child, 0x10000, PAGE, FALSE, RX),
	    KERN_PROTECTION_FAILURE);
	protect(source, 0x11000, PAGE, RX);
}

TEST(after_a_lockdown_nothing_becomes_executable_in_it_or_its_children)
{
	in_each_personality(lockdown_holds);
}

TEST(a_lockdown_holds_against_a_copy_which_is_not_made_then)
{
	task_t other = new_task();
	uint64_t before;

	draw(task, 0x10000, "ab");
	share_at(other, 0x10000, 2 * PAGE, task, 0x10000);
	succeeds(vm_protect(task, 0x10000, 2 * PAGE, TRUE, RO));
	succeeds(vm_map_exec_lockdown(task));
	before = digest(task);
	answers(vm_protect(task, 0x10000, 2 * PAGE, FALSE, RX | COPY),
	    KERN_PROTECTION_FAILURE);
	ck_assert_uint_eq(digest(task), before);
	fill(other, 0x11000, PAGE, 'o');
	pages_are(task, 0x10000, "ao");
}

TEST(a_port_that_is_no_task_s_cannot_be_locked_down)
{
	answers(vm_map_exec_lockdown(mach_host_self()), KERN_INVALID_ARGUMENT);
	answers(vm_map_exec_lockdown(MACH_PORT_NULL), MACH_SEND_INVALID_DEST);
}
