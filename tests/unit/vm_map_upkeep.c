/* Wired memory, memory that may be purged, and pages that are let go of. */
#include "tests/support/test.h"

#include <mach/vm_purgable.h>

#include "server/vm/vm_map_upkeep.h"
#include "server/vm/vm_mapping.h"
#include "server/vm/vm_upkeep.h"
#include "tests/support/picture.h"

enum { PAGE = VM_PAGE_SIZE, FRAMES = 64 };

static struct vm_map *map;

void
test_setup(void)
{
	machine_start(FRAMES * PAGE, 64);
	map = new_map();
}

void
test_teardown(void)
{
	machine_stop();
}

static kern_return_t
wire(uint64_t start, uint64_t end)
{
	kern_return_t kr = vm_map_wire(map, (struct vm_range){ start, end },
	    VM_PROT_READ, true, VM_MAP_HOLES_REFUSE);

	machine_is_whole();
	return kr;
}

static void
unwire(uint64_t start, uint64_t end)
{
	ck_assert_int_eq(vm_map_unwire(map, (struct vm_range){ start, end },
			     false, VM_MAP_HOLES_REFUSE),
	    KERN_SUCCESS);
	machine_is_whole();
}

/* Takes all frames that are left. */
static void
use_up_frames(void)
{
	uint64_t left = vm_page_left(&machine.pages);

	allocate(map, 0x10000000, left * PAGE);
	fill(map, 0x10000000, left * PAGE, 'u');
	ck_assert_uint_eq(vm_page_left(&machine.pages), 0);
}

TEST(wired_memory_has_all_its_frames)
{
	allocate(map, 0x10000, 8 * PAGE);

	ck_assert_int_eq(wire(0x12000, 0x15000), KERN_SUCCESS);

	ck_assert_uint_eq(machine.pages.used, 3);
	ck_assert_uint_eq(vm_machine_wired(&machine), 3);
	ck_assert_uint_eq(vm_map_wired(map), 3 * PAGE);
	bytes_are(map, 0x10000, 8 * PAGE, 0);
	unwire(0x12000, 0x15000);
	ck_assert_uint_eq(vm_machine_wired(&machine), 0);
}

TEST(wired_memory_is_written_when_no_frame_is_left)
{
	allocate(map, 0x10000, 4 * PAGE);
	allocate(map, 0x20000, 4 * PAGE);
	fill(map, 0x20000, 4 * PAGE, 's');
	ck_assert_int_eq(wire(0x10000, 0x14000), KERN_SUCCESS);
	ck_assert_int_eq(copy(map, 0x10000, 4 * PAGE, 0x20000), KERN_SUCCESS);
	use_up_frames();

	fill(map, 0x10000, 4 * PAGE, 'w');
	fill(map, 0x11234, 100, 'v');
	ck_assert_int_eq(copy(map, 0x20000, 2 * PAGE, 0x12000), KERN_SUCCESS);

	machine_is_whole();
	bytes_are(map, 0x12000, 2 * PAGE, 0);
	bytes_are(map, 0x11234, 100, 'v');
	bytes_are(map, 0x20000, 4 * PAGE, 0);
}

TEST(what_was_copied_before_it_was_wired_keeps_its_bytes)
{
	struct vm_map *child = new_map();

	allocate(map, 0x10000, 4 * PAGE);
	fill(map, 0x10000, 4 * PAGE, 'a');
	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);

	ck_assert_int_eq(wire(0x11000, 0x13000), KERN_SUCCESS);
	ck_assert_uint_eq(machine.pages.used, 6);
	fill(map, 0x11000, PAGE, 'b');

	bytes_are(child, 0x10000, 4 * PAGE, 'a');
	machine_is_whole();
}

TEST(a_child_does_not_inherit_wiring)
{
	struct vm_map *child = new_map();

	allocate(map, 0x10000, 4 * PAGE);
	ck_assert_int_eq(wire(0x10000, 0x14000), KERN_SUCCESS);

	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);

	machine_is_whole();
	ck_assert_uint_eq(vm_map_wired(child), 0);
	ck_assert_uint_eq(vm_machine_wired(&machine), 4);
}

TEST(wiring_nests_and_is_dropped_with_the_memory)
{
	allocate(map, 0x10000, 4 * PAGE);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(wire(0x10000, 0x14000), KERN_SUCCESS);
	unwire(0x10000, 0x12000);
	unwire(0x10000, 0x12000);
	ck_assert_uint_eq(vm_map_wired(map), 4 * PAGE);
	unwire(0x10000, 0x12000);
	ck_assert_uint_eq(vm_map_wired(map), 2 * PAGE);

	ck_assert_int_eq(vm_map_remove(map,
			     (struct vm_range){ 0x13000, 0x14000 },
			     VM_MAP_HOLES_REFUSE),
	    KERN_SUCCESS);

	machine_is_whole();
	ck_assert_uint_eq(vm_machine_wired(&machine), 1);
}

TEST(wiring_that_is_refused_changes_nothing)
{
	allocate(map, 0x10000, 4 * PAGE);
	allocate(map, 0x100000, (FRAMES + 1) * PAGE);
	ck_assert_int_eq(vm_map_protect(map,
			     (struct vm_range){ 0x12000, 0x13000 }, false,
			     VM_PROT_NONE, 0, VM_MAP_HOLES_REFUSE),
	    KERN_SUCCESS);

	ck_assert_int_eq(wire(0x10000, 0x14000), KERN_PROTECTION_FAILURE);
	ck_assert_int_eq(wire(0x13000, 0x15000), KERN_INVALID_ADDRESS);
	ck_assert_int_eq(wire(0x100000, 0x100000 + (FRAMES + 1) * PAGE),
	    KERN_RESOURCE_SHORTAGE);

	ck_assert_uint_eq(vm_machine_wired(&machine), 0);
	ck_assert_uint_eq(machine.pages.used, 0);
}

/* While the call pauses, with some memory wired: a copy is made of what is shared, so that each page of
 * it takes a frame, and there are none left. */
static void
interfere(void *context)
{
	struct vm_map *sharer = *(struct vm_map **)context;
	struct vm_suspended suspended;

	if (vm_machine_wired(&machine) == 0)
		return;
	suspended = vm_machine_suspend(&machine);
	machine.pause = NULL;
	ck_assert_int_eq(copy(sharer, 0x20000, 4 * PAGE, 0x40000),
	    KERN_SUCCESS);
	while (write_bytes(sharer, 0x100000 + machine.pages.used * PAGE, PAGE,
		   'u') == KERN_SUCCESS)
		continue;
	vm_machine_resume(&machine, suspended);
}

TEST(wiring_that_a_sharer_leaves_no_frames_for_changes_nothing)
{
	struct vm_range range = { 0x10000, 0x24000 };
	struct vm_map *sharer = new_map();

	allocate(map, 0x20000, 4 * PAGE);
	fill(map, 0x20000, 4 * PAGE, 's');
	ck_assert_int_eq(vm_map_inherit(map, range, VM_INHERIT_SHARE,
			     VM_MAP_HOLES_IGNORE),
	    KERN_SUCCESS);
	ck_assert_int_eq(vm_map_fork(map, sharer), KERN_SUCCESS);
	allocate(sharer, 0x40000, 4 * PAGE);
	allocate(sharer, 0x100000, 2 * FRAMES * PAGE);
	allocate(map, 0x10000, 4 * PAGE);
	machine_is_whole();
	machine.pause = interfere;
	machine.pause_context = &sharer;
	machine.ticks = machine.ticks_most = 1;

	ck_assert_int_eq(vm_map_wire(map, range, VM_PROT_READ, true,
			     VM_MAP_HOLES_IGNORE),
	    KERN_RESOURCE_SHORTAGE);

	ck_assert(!machine.pause);
	machine_is_whole();
	ck_assert_uint_eq(vm_machine_wired(&machine), 0);
	ck_assert_uint_eq(vm_map_wired(map), 0);
	bytes_are(map, 0x20000, 4 * PAGE, 's');
}

/* Purgeable memory of `pages` pages, filled. */
static struct vm_object *
purgable(uint64_t address, uint64_t pages, char byte)
{
	struct vm_mappings list = { .vm = &machine };
	struct vm_object *object = vm_mappings_zeros(&list, pages * PAGE);
	struct vm_map_where where = { .address = address };

	ck_assert_ptr_nonnull(object);
	ck_assert_ptr_nonnull(vm_upkeep_of(&machine, object));
	vm_upkeep_make_purgable(object);
	list.first->attributes.protection = VM_PROT_DEFAULT;
	list.first->attributes.max_protection = VM_PROT_ALL;
	list.first->attributes.inheritance = VM_INHERIT_COPY;
	ck_assert_int_eq(vm_map_enter_list(map, &where, list.first),
	    KERN_SUCCESS);
	vm_mappings_forget(&list);
	fill(map, address, pages * PAGE, byte);
	return object;
}

static int
set_state(struct vm_object *object, int state)
{
	vm_upkeep_set_state(&machine, object, &state);
	machine_is_whole();
	return state;
}

TEST(the_first_in_the_queue_is_purged_first)
{
	struct vm_object *a = purgable(0x10000, 2, 'a');
	struct vm_object *b = purgable(0x20000, 2, 'b');
	struct vm_object *c = purgable(0x30000, 2, 'c');
	struct vm_object *d = purgable(0x40000, 2, 'd');

	set_state(a, VM_PURGABLE_VOLATILE | VM_VOLATILE_GROUP_1);
	set_state(b, VM_PURGABLE_VOLATILE);
	set_state(c, VM_PURGABLE_VOLATILE);
	set_state(d, VM_PURGABLE_VOLATILE | VM_VOLATILE_MAKE_FIRST_IN_GROUP);
	ck_assert_uint_eq(vm_machine_volatile(&machine), 8);

	ck_assert(vm_upkeep_purge(&machine));
	ck_assert_int_eq(vm_upkeep_state(d), VM_PURGABLE_EMPTY);
	ck_assert(vm_upkeep_purge(&machine));
	ck_assert_int_eq(vm_upkeep_state(b), VM_PURGABLE_EMPTY);
	ck_assert_int_eq(vm_upkeep_state(c), VM_PURGABLE_VOLATILE);

	machine_is_whole();
	bytes_are(map, 0x20000, 2 * PAGE, 0);
	bytes_are(map, 0x10000, 2 * PAGE, 'a');
	ck_assert_uint_eq(machine.events.purges, 4);
}

TEST(what_is_made_nonvolatile_again_is_kept)
{
	struct vm_object *a = purgable(0x10000, 2, 'a');

	ck_assert_int_eq(set_state(a, VM_PURGABLE_VOLATILE),
	    VM_PURGABLE_NONVOLATILE);
	ck_assert_int_eq(set_state(a, VM_PURGABLE_NONVOLATILE),
	    VM_PURGABLE_VOLATILE);
	ck_assert(!vm_upkeep_purge(&machine));
	bytes_are(map, 0x10000, 2 * PAGE, 'a');

	ck_assert_int_eq(set_state(a, VM_PURGABLE_EMPTY),
	    VM_PURGABLE_NONVOLATILE);
	ck_assert_int_eq(set_state(a, VM_PURGABLE_VOLATILE), VM_PURGABLE_EMPTY);
	ck_assert_int_eq(vm_upkeep_state(a), VM_PURGABLE_EMPTY);
	bytes_are(map, 0x10000, 2 * PAGE, 0);
}

TEST(room_is_made_of_what_is_volatile)
{
	struct vm_reserve reserve = { .pages = 4 };
	struct vm_object *a = purgable(0x10000, 4, 'a');

	use_up_frames();
	ck_assert(!vm_machine_make_room(&machine, reserve));
	set_state(a, VM_PURGABLE_VOLATILE);

	ck_assert(vm_machine_make_room(&machine, reserve));

	ck_assert_int_eq(vm_upkeep_state(a), VM_PURGABLE_EMPTY);
}

TEST(pages_are_let_go_of_up_to_the_first_hole)
{
	struct vm_range range = { 0x10000, 0x18000 };

	allocate(map, 0x10000, 2 * PAGE);
	allocate(map, 0x14000, 4 * PAGE);
	fill(map, 0x10000, 2 * PAGE, 'a');
	fill(map, 0x14000, 4 * PAGE, 'b');

	ck_assert(!vm_map_kill_pages(map, range));

	machine_is_whole();
	bytes_are(map, 0x10000, 2 * PAGE, 0);
	bytes_are(map, 0x14000, 4 * PAGE, 'b');
	ck_assert_uint_eq(machine.pages.used, 4);
}

TEST(zeros_are_written_where_memory_is_wired)
{
	struct vm_range range = { 0x10000, 0x14000 };

	allocate(map, 0x10000, 4 * PAGE);
	fill(map, 0x10000, 4 * PAGE, 'a');
	ck_assert_int_eq(wire(0x11000, 0x12000), KERN_SUCCESS);

	ck_assert_int_eq(vm_map_zero(map, range), KERN_SUCCESS);

	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 1);
	bytes_are(map, 0x10000, 4 * PAGE, 0);
}
