/* What counts towards the limit of a task's size, whoever maps it. */
#include "tests/support/test.h"

#include <mach/gnumach.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define RW  VM_PROT_DEFAULT
#define RWX VM_PROT_ALL

enum { MEMORY = 64 << 20 };

static task_t task, source;
static mach_port_t entry;

void
test_setup(void)
{
	daemon_start("--check", "--memory", "64M", NULL);
	task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

static void
limit(task_t which, vm_size_t current)
{
	succeeds(vm_set_size_limit(mach_host_self(), which, current, current));
}

static void
limits_are(task_t which, vm_size_t current, vm_size_t most)
{
	vm_size_t seen = CANARY, seen_most = CANARY;

	succeeds(vm_get_size_limit(which, &seen, &seen_most));
	ck_assert_uint_eq(seen, current);
	ck_assert_uint_eq(seen_most, most);
}

/* --- Who maps ---------------------------------------------------------- */

typedef kern_return_t mapper(vm_address_t *at, vm_size_t size, int flags);

static kern_return_t
allocates(vm_address_t *at, vm_size_t size, int flags)
{
	return vm_allocate(task, at, size, flags);
}

static kern_return_t
maps_zeros(vm_address_t *at, vm_size_t size, int flags)
{
	return vm_map(task, at, size, 0, flags, MACH_PORT_NULL, 0, FALSE, RW,
	    RWX, VM_INHERIT_COPY);
}

static kern_return_t
maps_an_entry(vm_address_t *at, vm_size_t size, int flags)
{
	return vm_map(task, at, size, 0, flags, entry, 0, FALSE, RW, RW,
	    VM_INHERIT_COPY);
}

static kern_return_t
maps_a_copy(vm_address_t *at, vm_size_t size, int flags)
{
	return vm_map(task, at, size, 0, flags, entry, PAGE, TRUE, RW, RW,
	    VM_INHERIT_COPY);
}

static kern_return_t
shares(vm_address_t *at, vm_size_t size, int flags)
{
	vm_prot_t current, most;

	return vm_remap(task, at, size, 0, flags, source, 0x10000, FALSE,
	    &current, &most, VM_INHERIT_COPY);
}

static kern_return_t
copies(vm_address_t *at, vm_size_t size, int flags)
{
	vm_prot_t current, most;

	return vm_remap(task, at, size, 0, flags, source, 0x10000, TRUE,
	    &current, &most, VM_INHERIT_COPY);
}

static mapper *const mappers[] = { allocates, maps_zeros, maps_an_entry,
	maps_a_copy, shares, copies };

static void
mappers_are_held(enum personality personality)
{
	source = new_task();
	draw(source, 0x10000, "abcdefgh");
	entry = new_entry(16 * PAGE, RW);
	for (size_t i = 0; i < ARRAY_SIZE(mappers); i++) {
		vm_address_t at = 0x20000;
		uint64_t before;

		task = new_task();
		draw(task, 0x10000, "xy");
		limit(task, 6 * PAGE);
		before = digest(task);
		answers(mappers[i](&at, 5 * PAGE, VM_FLAGS_FIXED),
		    KERN_NO_SPACE);
		answers(mappers[i](&at, 4 * PAGE + 1, VM_FLAGS_ANYWHERE),
		    KERN_NO_SPACE);
		ck_assert_uint_eq(at, 0x20000);
		ck_assert_uint_eq(digest(task), before);
		succeeds(mappers[i](&at, 4 * PAGE, VM_FLAGS_FIXED));
		answers(mappers[i](&at, 1, VM_FLAGS_ANYWHERE), KERN_NO_SPACE);
		if (personality != GNU)
			succeeds(mappers[i](&at, 4 * PAGE, VM_FLAGS_OVERWRITE));
		succeeds(vm_deallocate(task, 0x10000, PAGE));
		at = 0x40000;
		succeeds(mappers[i](&at, PAGE, VM_FLAGS_FIXED));
	}
}

TEST(whoever_maps_is_held_to_the_limit_to_the_page)
{
	in_each_personality(mappers_are_held);
}

TEST(what_is_overwritten_makes_room_for_what_overwrites_it)
{
	vm_address_t at = 0x11000;
	uint64_t before;

	draw(task, 0x10000, "abcd");
	limit(task, 5 * PAGE);
	before = digest(task);
	answers(vm_allocate(task, &at, 5 * PAGE, VM_FLAGS_OVERWRITE),
	    KERN_NO_SPACE);
	ck_assert_uint_eq(digest(task), before);
	succeeds(vm_allocate(task, &at, 4 * PAGE, VM_FLAGS_OVERWRITE));
	pages_are(task, 0x10000, "a0000");
	succeeds(vm_protect(task, 0x10000, 5 * PAGE, FALSE, RW | VM_PROT_COPY));
	pages_are(task, 0x10000, "a0000");
}

TEST(what_was_never_mapped_is_held_to_no_limit)
{
	task_t child;

	draw(task, 0x10000, "abcd");
	limit(task, PAGE);
	fill(task, 0x10000, 4 * PAGE, 'x');
	succeeds(vm_copy(task, 0x10000, 2 * PAGE, 0x12000));
	protect(task, 0x11000, PAGE, VM_PROT_READ);
	inherit(task, 0x11000, PAGE, VM_INHERIT_SHARE);
	child = child_of(task);
	pages_are(child, 0x10000, "xxxx");
	limits_are(child, PAGE, PAGE);
}

/* --- What does not count ----------------------------------------------- */

static void
nothing_counts_less(enum personality personality)
{
	vm_address_t at = 0x20000, hidden = 0x100000;

	(void)personality;
	task = new_task();
	entry = new_entry(8 * PAGE, RW);
	limit(task, 4 * PAGE);
	succeeds(vm_map(task, &hidden, 64 * PAGE, 0, 0, MACH_PORT_NULL, 0,
	    FALSE, VM_PROT_NONE, VM_PROT_NONE, VM_INHERIT_COPY));
	hidden = 0x200000;
	succeeds(vm_map(task, &hidden, 8 * PAGE, 0, 0, entry, 0, FALSE,
	    VM_PROT_NONE, VM_PROT_NONE, VM_INHERIT_COPY));
	draw(task, 0x10000, "abcd");
	answers(vm_allocate(task, &at, PAGE, 0), KERN_NO_SPACE);
	protect(task, 0x10000, 4 * PAGE, VM_PROT_NONE);
	answers(vm_allocate(task, &at, PAGE, 0), KERN_NO_SPACE);
	succeeds(vm_protect(task, 0x11000, 2 * PAGE, TRUE, VM_PROT_NONE));
	answers(vm_allocate(task, &at, 3 * PAGE, 0), KERN_NO_SPACE);
	succeeds(vm_allocate(task, &at, 2 * PAGE, 0));
	answers(vm_protect(task, 0x11000, PAGE, TRUE, RWX),
	    KERN_PROTECTION_FAILURE);
	at = 0x30000;
	succeeds(vm_deallocate(task, 0x11000, PAGE));
	succeeds(vm_deallocate(task, 0x100000, 64 * PAGE));
	answers(vm_allocate(task, &at, PAGE, 0), KERN_NO_SPACE);
	succeeds(vm_deallocate(task, 0x10000, PAGE));
	succeeds(vm_allocate(task, &at, PAGE, 0));
}

TEST(memory_that_may_never_be_touched_does_not_count)
{
	in_each_personality(nothing_counts_less);
}

TEST(permanent_memory_that_was_given_back_does_not_count)
{
	vm_address_t at = 0x10000;

	limit(task, 2 * PAGE);
	succeeds(vm_allocate(task, &at, 2 * PAGE, VM_FLAGS_PERMANENT));
	answers(vm_allocate(task, &at, PAGE, VM_FLAGS_ANYWHERE), KERN_NO_SPACE);
	succeeds(vm_deallocate(task, 0x10000, PAGE));
	allocate(task, PAGE);
	answers(vm_allocate(task, &at, PAGE, VM_FLAGS_ANYWHERE), KERN_NO_SPACE);
	regions_are(task, "1000-2000 rw-/rwx copy\n"
			  "10000-11000 ---/--- copy\n"
			  "11000-12000 rw-/rwx copy");
}

TEST(large_pages_count_as_large)
{
	const vm_size_t large = 2 << 20;
	vm_address_t at = 0;

	limit(task, large + PAGE);
	answers(vm_allocate(task, &at, large + 1,
		    VM_FLAGS_ANYWHERE | VM_FLAGS_SUPERPAGE_SIZE_ANY),
	    KERN_NO_SPACE);
	succeeds(vm_allocate(task, &at, 1,
	    VM_FLAGS_ANYWHERE | VM_FLAGS_SUPERPAGE_SIZE_ANY));
	allocate(task, PAGE);
	answers(vm_allocate(task, &at, 1, VM_FLAGS_ANYWHERE), KERN_NO_SPACE);
}
