/* Maps: entries clipped and joined, what is refused and when, inheritance. */
#include "tests/support/test.h"

#include "tests/support/picture.h"

enum { PAGE = VM_PAGE_SIZE };

static struct vm_map *map;

void
test_setup(void)
{
	machine_start(UINT64_C(64) << 20, 64);
	map = new_map();
}

void
test_teardown(void)
{
	machine_stop();
}

static kern_return_t
protect(uint64_t start, uint64_t end, vm_prot_t protection)
{
	return vm_map_protect(map, (struct vm_range){ start, end }, false,
	    protection, 0, VM_MAP_HOLES_REFUSE);
}

static kern_return_t
protect_maximum(uint64_t start, uint64_t end, vm_prot_t protection)
{
	return vm_map_protect(map, (struct vm_range){ start, end }, true,
	    protection, 0, VM_MAP_HOLES_REFUSE);
}

static kern_return_t
inherit(uint64_t start, uint64_t end, vm_inherit_t inheritance)
{
	return vm_map_inherit(map, (struct vm_range){ start, end }, inheritance,
	    VM_MAP_HOLES_REFUSE);
}

static kern_return_t
deallocate(uint64_t start, uint64_t end)
{
	return vm_map_remove(map, (struct vm_range){ start, end },
	    VM_MAP_HOLES_REFUSE);
}

static kern_return_t
enter(uint64_t *address, uint64_t size, enum vm_map_place place, uint8_t tag)
{
	struct vm_attributes attributes = {
		.protection = VM_PROT_DEFAULT,
		.max_protection = VM_PROT_ALL,
		.inheritance = VM_INHERIT_COPY,
		.tag = tag,
	};

	return vm_map_enter(map, address, size, place, attributes);
}

TEST(a_new_map_is_empty)
{
	map_is(map, "");
	ck_assert_ptr_null(vm_map_lookup(map, 0));
}

TEST(anywhere_is_the_lowest_gap_that_is_large_enough)
{
	uint64_t at = 0;

	allocate(map, 0x3000, 0x1000);
	allocate(map, 0x8000, 0x1000);

	ck_assert_int_eq(enter(&at, 0x3000, VM_MAP_ANYWHERE, 0), KERN_SUCCESS);
	ck_assert_uint_eq(at, 0x4000);
	at = 0;
	ck_assert_int_eq(enter(&at, 0x2000, VM_MAP_ANYWHERE, 0), KERN_SUCCESS);
	ck_assert_uint_eq(at, 0x1000);
	at = 0x20000;
	ck_assert_int_eq(enter(&at, 0x1000, VM_MAP_ANYWHERE, 0), KERN_SUCCESS);
	ck_assert_uint_eq(at, 0x20000);
}

TEST(a_place_that_is_taken_or_outside_is_refused)
{
	uint64_t at = 0x4000;

	allocate(map, 0x5000, 0x1000);

	ck_assert_int_eq(enter(&at, 0x2000, VM_MAP_FIXED, 0), KERN_NO_SPACE);
	at = 0;
	ck_assert_int_eq(enter(&at, 0x1000, VM_MAP_FIXED, 0),
	    KERN_INVALID_ADDRESS);
	at = map->max - 0x1000;
	ck_assert_int_eq(enter(&at, 0x2000, VM_MAP_FIXED, 0),
	    KERN_INVALID_ADDRESS);
	at = 0x1000;
	ck_assert_int_eq(enter(&at, map->max, VM_MAP_FIXED, 0),
	    KERN_INVALID_ADDRESS);
	ck_assert_int_eq(enter(&at, map->max, VM_MAP_ANYWHERE, 0),
	    KERN_NO_SPACE);
	map_is(map, "5000-6000 rw-/rwx copy");
}

TEST(overwriting_replaces_what_is_there_with_zeros)
{
	uint64_t at = 0x12000;

	allocate(map, 0x10000, 0x6000);
	fill(map, 0x10000, 0x6000, 'x');

	ck_assert_int_eq(enter(&at, 0x2000, VM_MAP_OVERWRITE, 0), KERN_SUCCESS);

	map_is(map, "10000-16000 rw-/rwx copy");
	bytes_are(map, 0x10000, 0x2000, 'x');
	bytes_are(map, 0x12000, 0x2000, 0);
	bytes_are(map, 0x14000, 0x2000, 'x');
	ck_assert_uint_eq(map->size, 0x6000);
	ck_assert_uint_eq(machine.pages.used, 4);
}

TEST(neighbours_alike_become_one_entry)
{
	allocate(map, 0x10000, 0x1000);
	allocate(map, 0x12000, 0x1000);
	allocate(map, 0x11000, 0x1000);

	ck_assert_uint_eq(map->entries.count, 1);
	map_is(map, "10000-13000 rw-/rwx copy");
}

TEST(memory_that_was_written_grows_at_its_end_and_reads_as_zeros_there)
{
	allocate(map, 0x10000, 0x2000);
	fill(map, 0x10000, 0x2000, 'x');
	ck_assert_int_eq(deallocate(0x11000, 0x12000), KERN_SUCCESS);
	allocate(map, 0x11000, 0x2000);

	ck_assert_uint_eq(map->entries.count, 1);
	bytes_are(map, 0x10000, 0x1000, 'x');
	bytes_are(map, 0x11000, 0x2000, 0);
}

TEST(neighbours_with_other_tags_stay_apart)
{
	uint64_t at = 0x11000;

	allocate(map, 0x10000, 0x1000);
	ck_assert_int_eq(enter(&at, 0x1000, VM_MAP_FIXED, 7), KERN_SUCCESS);

	ck_assert_uint_eq(map->entries.count, 2);
}

TEST(protecting_the_middle_of_a_region_splits_it_in_three)
{
	allocate(map, 0x10000, 0x6000);

	ck_assert_int_eq(protect(0x12000, 0x14000, VM_PROT_READ), KERN_SUCCESS);

	map_is(map, "10000-12000 rw-/rwx copy\n"
		    "12000-14000 r--/rwx copy\n"
		    "14000-16000 rw-/rwx copy");
	ck_assert_uint_eq(map->entries.count, 3);
}

TEST(protecting_it_back_joins_the_three_again)
{
	allocate(map, 0x10000, 0x6000);
	fill(map, 0x10000, 0x6000, 'x');

	protect(0x12000, 0x14000, VM_PROT_READ);
	protect(0x12000, 0x14000, VM_PROT_DEFAULT);

	ck_assert_uint_eq(map->entries.count, 1);
	bytes_are(map, 0x10000, 0x6000, 'x');
}

TEST(the_first_offender_in_order_decides_what_protect_answers)
{
	allocate(map, 0x10000, 0x1000);
	allocate(map, 0x12000, 0x1000);
	protect_maximum(0x10000, 0x11000, VM_PROT_READ);

	ck_assert_int_eq(protect(0x10000, 0x13000, VM_PROT_DEFAULT),
	    KERN_PROTECTION_FAILURE);
	ck_assert_int_eq(protect(0x11000, 0x13000, VM_PROT_DEFAULT),
	    KERN_INVALID_ADDRESS);
	ck_assert_int_eq(protect(0x12000, 0x14000, VM_PROT_READ),
	    KERN_INVALID_ADDRESS);
	map_is(map, "10000-11000 r--/r-- copy\n"
		    "12000-13000 rw-/rwx copy");
}

TEST(lowering_the_maximum_takes_the_protection_along)
{
	allocate(map, 0x10000, 0x2000);

	ck_assert_int_eq(protect_maximum(0x11000, 0x12000,
			     VM_PROT_READ | VM_PROT_EXECUTE),
	    KERN_SUCCESS);

	map_is(map, "10000-11000 rw-/rwx copy\n"
		    "11000-12000 r--/r-x copy");
}

TEST(cutting_the_middle_out_frees_its_pages)
{
	allocate(map, 0x10000, 0x6000);
	fill(map, 0x10000, 0x6000, 'x');

	ck_assert_int_eq(deallocate(0x12000, 0x14000), KERN_SUCCESS);
	machine_is_whole();

	ck_assert_uint_eq(machine.pages.used, 4);
	map_is(map, "10000-12000 rw-/rwx copy\n"
		    "14000-16000 rw-/rwx copy");
	bytes_are(map, 0x14000, 0x2000, 'x');
}

TEST(a_hole_is_refused_and_nothing_is_removed)
{
	allocate(map, 0x10000, 0x2000);

	ck_assert_int_eq(deallocate(0x11000, 0x13000), KERN_INVALID_ADDRESS);
	ck_assert_int_eq(deallocate(0xf000, 0x11000), KERN_INVALID_ADDRESS);
	map_is(map, "10000-12000 rw-/rwx copy");
}

TEST(a_child_has_copies_shares_and_holes)
{
	struct vm_map *child = new_map();

	allocate(map, 0x10000, 0x3000);
	fill(map, 0x10000, 0x3000, 'p');
	inherit(0x11000, 0x12000, VM_INHERIT_SHARE);
	inherit(0x12000, 0x13000, VM_INHERIT_NONE);
	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);

	map_is(child, "10000-11000 rw-/rwx copy\n"
		      "11000-12000 rw-/rwx share shared");
	map_is(map, "10000-11000 rw-/rwx copy\n"
		    "11000-12000 rw-/rwx share shared\n"
		    "12000-13000 rw-/rwx none");
	fill(child, 0x10000, 0x2000, 'c');
	bytes_are(map, 0x10000, 0x1000, 'p');
	bytes_are(map, 0x11000, 0x1000, 'c');
}

TEST(inheritance_copies_no_page)
{
	struct vm_map *child = new_map();

	allocate(map, 0x10000, 0x100000);
	fill(map, 0x10000, 0x100000, 'p');
	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);

	ck_assert_uint_eq(machine.pages.used, 0x100);
	fill(child, 0x20000, 1, 'c');
	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 0x101);
}

TEST(memory_that_may_not_be_touched_is_inherited_with_what_it_holds)
{
	struct vm_map *child = new_map();

	allocate(map, 0x10000, 0x1000);
	fill(map, 0x10000, 0x1000, 'p');
	protect(0x10000, 0x11000, VM_PROT_NONE);
	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);

	map_is(child, "10000-11000 ---/rwx copy");
	map = child;
	protect(0x10000, 0x11000, VM_PROT_READ);
	bytes_are(child, 0x10000, 0x1000, 'p');
}

TEST(memory_that_nobody_wrote_is_shared_all_the_same)
{
	struct vm_map *child = new_map();

	allocate(map, 0x10000, 0x2000);
	inherit(0x10000, 0x12000, VM_INHERIT_SHARE);
	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);

	fill(child, 0x11000, 0x1000, 'c');
	bytes_are(map, 0x10000, 0x1000, 0);
	bytes_are(map, 0x11000, 0x1000, 'c');
}

TEST(what_was_shared_is_not_once_the_others_are_gone)
{
	struct vm_map *child = new_map();

	allocate(map, 0x10000, 0x3000);
	inherit(0x10000, 0x13000, VM_INHERIT_SHARE);
	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);
	ck_assert_int_eq(vm_map_remove(child,
			     (struct vm_range){ 0x11000, 0x12000 },
			     VM_MAP_HOLES_REFUSE),
	    KERN_SUCCESS);
	/* Clipped, so that each page tells for itself. */
	protect(0x11000, 0x12000, VM_PROT_READ);

	map_is(map, "10000-11000 rw-/rwx share shared\n"
		    "11000-12000 r--/rwx share\n"
		    "12000-13000 rw-/rwx share shared");
	vm_map_free(child);
	map_is(map, "10000-11000 rw-/rwx share\n"
		    "11000-12000 r--/rwx share\n"
		    "12000-13000 rw-/rwx share");
}

TEST(shared_pages_that_the_last_one_unmaps_are_freed)
{
	struct vm_map *child = new_map();
	struct vm_range middle = { 0x11000, 0x12000 };

	allocate(map, 0x10000, 0x3000);
	fill(map, 0x10000, 0x3000, 'x');
	inherit(0x10000, 0x13000, VM_INHERIT_SHARE);
	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);

	vm_map_remove(child, middle, VM_MAP_HOLES_REFUSE);
	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 3);
	vm_map_remove(map, middle, VM_MAP_HOLES_REFUSE);
	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 2);
}

TEST(pieces_of_one_region_are_inherited_piece_by_piece)
{
	struct vm_map *child = new_map();

	allocate(map, 0x10000, 0x9000);
	for (unsigned i = 0; i < 9; i++)
		fill(map, 0x10000 + i * PAGE, PAGE, (char)('a' + i));
	for (unsigned i = 0; i < 9; i += 2)
		inherit(0x10000 + i * PAGE, 0x11000 + i * PAGE,
		    i % 4 == 0 ? VM_INHERIT_NONE : VM_INHERIT_SHARE);
	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);

	map_is(child, "11000-12000 rw-/rwx copy\n"
		      "12000-13000 rw-/rwx share shared\n"
		      "13000-14000 rw-/rwx copy\n"
		      "15000-16000 rw-/rwx copy\n"
		      "16000-17000 rw-/rwx share shared\n"
		      "17000-18000 rw-/rwx copy");
	for (unsigned i = 1; i < 8; i++)
		if (i != 4)
			bytes_are(child, 0x10000 + i * PAGE, PAGE,
			    (char)('a' + i));
	map_is(map, "10000-11000 rw-/rwx none\n"
		    "11000-12000 rw-/rwx copy\n"
		    "12000-13000 rw-/rwx share shared\n"
		    "13000-14000 rw-/rwx copy\n"
		    "14000-15000 rw-/rwx none\n"
		    "15000-16000 rw-/rwx copy\n"
		    "16000-17000 rw-/rwx share shared\n"
		    "17000-18000 rw-/rwx copy\n"
		    "18000-19000 rw-/rwx none");
}

/* There are 64 entries in all; to make one takes that two are left. */
static void
use_all_entries(void)
{
	uint64_t at = 0x100000;

	while (enter(&at, PAGE, VM_MAP_FIXED, at / PAGE % 200) == KERN_SUCCESS)
		at += PAGE;
	ck_assert_uint_le(vm_zone_left(&machine.entries), 1);
}

TEST(without_entries_calls_are_refused_and_nothing_changes)
{
	struct vm_map *child = new_map();

	allocate(map, 0x10000, 0x3000);
	use_all_entries();

	ck_assert_int_eq(protect(0x11000, 0x12000, VM_PROT_READ),
	    KERN_RESOURCE_SHORTAGE);
	ck_assert_int_eq(inherit(0x11000, 0x12000, VM_INHERIT_NONE),
	    KERN_RESOURCE_SHORTAGE);
	ck_assert_int_eq(vm_map_fork(map, child), KERN_RESOURCE_SHORTAGE);
	ck_assert_ptr_eq(vm_map_lookup(map, 0x10000)->range.next,
	    &vm_map_lookup(map, 0x100000)->range);
	ck_assert_uint_eq(child->entries.count, 0);
	machine_is_whole();
}

TEST(memory_can_be_given_back_when_nothing_else_can_be_done)
{
	allocate(map, 0x10000, 0x3000);
	use_all_entries();

	ck_assert_int_eq(deallocate(0x10000, 0x11000), KERN_SUCCESS);
	ck_assert_int_eq(deallocate(0x12000, 0x13000), KERN_SUCCESS);
	ck_assert_int_eq(deallocate(0x11000, 0x12000), KERN_SUCCESS);
}
