/* Memory in transit: snapshots, overwriting, and what they cost. */
#include "tests/support/test.h"

#include <string.h>

#include "server/vm/vm_map_copy.h"
#include "tests/support/picture.h"

enum { PAGE = VM_PAGE_SIZE, MIB = 1 << 20 };

static struct vm_map *map;

void
test_setup(void)
{
	machine_start(UINT64_C(64) << 20, 0);
	map = new_map();
}

void
test_teardown(void)
{
	machine_stop();
}

static void
protect(uint64_t start, uint64_t end, vm_prot_t protection)
{
	ck_assert_int_eq(vm_map_protect(map, (struct vm_range){ start, end },
			     false, protection, 0, VM_MAP_HOLES_REFUSE),
	    KERN_SUCCESS);
}

TEST(a_copy_takes_no_page_before_somebody_writes)
{
	allocate(map, 0x100000, MIB);
	allocate(map, 0x900000, MIB);
	fill(map, 0x100000, MIB, 's');

	ck_assert_int_eq(copy(map, 0x100000, MIB, 0x900000), KERN_SUCCESS);

	ck_assert_uint_eq(machine.pages.used, MIB / PAGE);
	fill(map, 0x900000 + 5 * PAGE, 1, 'd');
	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, MIB / PAGE + 1);
	fill(map, 0x100000 + 9 * PAGE, 1, 'S');
	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, MIB / PAGE + 2);
	bytes_are(map, 0x900000 + 9 * PAGE, PAGE, 's');
	bytes_are(map, 0x100000 + 5 * PAGE, PAGE, 's');
}

TEST(memory_that_nobody_wrote_is_copied_as_nothing)
{
	allocate(map, 0x100000, MIB);
	allocate(map, 0x900000, MIB);
	fill(map, 0x900000, MIB, 'd');

	ck_assert_int_eq(copy(map, 0x100000, MIB, 0x900000), KERN_SUCCESS);

	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 0);
	bytes_are(map, 0x900000, MIB, 0);
}

TEST(overlapping_ranges_get_what_was_there_before)
{
	allocate(map, 0x10000, 16 * PAGE);
	for (unsigned i = 0; i < 16; i++)
		fill(map, 0x10000 + i * PAGE, PAGE, (char)('a' + i));

	ck_assert_int_eq(copy(map, 0x10000, 12 * PAGE, 0x13000), KERN_SUCCESS);
	for (unsigned i = 0; i < 16; i++)
		bytes_are(map, 0x10000 + i * PAGE, PAGE,
		    (char)('a' + (i < 3       ? i
				     : i < 15 ? i - 3
					      : 15)));

	ck_assert_int_eq(copy(map, 0x13000, 12 * PAGE, 0x10000), KERN_SUCCESS);
	for (unsigned i = 0; i < 12; i++)
		bytes_are(map, 0x10000 + i * PAGE, PAGE, (char)('a' + i));
}

TEST(a_copy_onto_itself_creates_no_page)
{
	allocate(map, 0x10000, 16 * PAGE);
	fill(map, 0x10000, 8 * PAGE, 'x');

	ck_assert_int_eq(copy(map, 0x10000, 16 * PAGE, 0x10000), KERN_SUCCESS);

	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 8);
	bytes_are(map, 0x10000, 8 * PAGE, 'x');
	bytes_are(map, 0x18000, 8 * PAGE, 0);
}

TEST(bytes_outside_of_the_range_stay_in_its_first_and_last_page)
{
	allocate(map, 0x10000, 4 * PAGE);
	fill(map, 0x10000, 4 * PAGE, 'x');

	fill(map, 0x10fff, PAGE + 2, 'y');

	bytes_are(map, 0x10000, 0xfff, 'x');
	bytes_are(map, 0x10fff, PAGE + 2, 'y');
	bytes_are(map, 0x12001, 0x1fff, 'x');
}

TEST(bytes_that_lie_otherwise_in_their_pages_are_copied_one_by_one)
{
	allocate(map, 0x10000, 8 * PAGE);
	allocate(map, 0x20000, 8 * PAGE);
	for (unsigned i = 0; i < 8; i++)
		fill(map, 0x10000 + i * PAGE, PAGE, (char)('a' + i));

	ck_assert_int_eq(copy(map, 0x10123, 6 * PAGE, 0x20fed), KERN_SUCCESS);

	bytes_are(map, 0x20000, 0xfed, 0);
	bytes_are(map, 0x20fed, PAGE - 0x123, 'a');
	for (unsigned i = 1; i < 6; i++)
		bytes_are(map, 0x20fed - 0x123 + i * PAGE, PAGE,
		    (char)('a' + i));
	bytes_are(map, 0x20fed - 0x123 + 6 * PAGE, 0x123, 'g');
	bytes_are(map, 0x26fed, 0x1013, 0);
}

TEST(pages_of_zeros_stay_none_when_bytes_are_moved)
{
	allocate(map, UINT64_C(1) << 40, UINT64_C(1) << 40);
	allocate(map, UINT64_C(1) << 42, UINT64_C(1) << 41);
	fill(map, (UINT64_C(1) << 40) + (UINT64_C(5) << 30), PAGE, 'x');

	ck_assert_int_eq(copy(map, (UINT64_C(1) << 40) + 1,
			     (UINT64_C(1) << 40) - 1, UINT64_C(1) << 42),
	    KERN_SUCCESS);

	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 3);
	bytes_are(map, (UINT64_C(1) << 42) + (UINT64_C(5) << 30) - 1, PAGE,
	    'x');
}

TEST(source_and_destination_may_each_be_many_regions)
{
	allocate(map, 0x10000, 8 * PAGE);
	allocate(map, 0x20000, 8 * PAGE);
	for (unsigned i = 0; i < 8; i++)
		fill(map, 0x10000 + i * PAGE, PAGE, (char)('a' + i));
	protect(0x11000, 0x13000, VM_PROT_READ);
	protect(0x15000, 0x16000, VM_PROT_READ);
	protect(0x22000, 0x24000, VM_PROT_ALL);

	ck_assert_int_eq(copy(map, 0x10000, 8 * PAGE, 0x20000), KERN_SUCCESS);

	for (unsigned i = 0; i < 8; i++)
		bytes_are(map, 0x20000 + i * PAGE, PAGE, (char)('a' + i));
	map_is(map, "10000-11000 rw-/rwx copy\n"
		    "11000-13000 r--/rwx copy\n"
		    "13000-15000 rw-/rwx copy\n"
		    "15000-16000 r--/rwx copy\n"
		    "16000-18000 rw-/rwx copy\n"
		    "20000-22000 rw-/rwx copy\n"
		    "22000-24000 rwx/rwx copy\n"
		    "24000-28000 rw-/rwx copy");
}

TEST(in_order_of_addresses_the_first_offender_tells)
{
	allocate(map, 0x10000, 2 * PAGE);
	allocate(map, 0x20000, PAGE);
	allocate(map, 0x22000, PAGE);
	protect(0x20000, 0x21000, VM_PROT_READ);

	ck_assert_int_eq(copy(map, 0x10000, 2 * PAGE, 0x20000),
	    KERN_PROTECTION_FAILURE);
	ck_assert_int_eq(copy(map, 0x10000, 2 * PAGE, 0x21000),
	    KERN_INVALID_ADDRESS);
	protect(0x10000, 0x11000, VM_PROT_WRITE);
	ck_assert_int_eq(copy(map, 0x10000, 3 * PAGE, 0x22000),
	    KERN_PROTECTION_FAILURE);
	ck_assert_int_eq(copy(map, 0x11000, 2 * PAGE, 0x22000),
	    KERN_INVALID_ADDRESS);
}

TEST(a_snapshot_keeps_what_it_saw)
{
	_cleanup_(vm_map_copy_freep) struct vm_map_copy *snapshot = NULL;

	allocate(map, 0x10000, 4 * PAGE);
	allocate(map, 0x20000, 4 * PAGE);
	fill(map, 0x10000, 4 * PAGE, 'a');
	ck_assert_int_eq(vm_map_copyin(map, 0x10000, 4 * PAGE, &snapshot),
	    KERN_SUCCESS);
	fill(map, 0x10000, 4 * PAGE, 'b');
	ck_assert_int_eq(vm_map_copy_overwrite(map, 0x20000, snapshot),
	    KERN_SUCCESS);

	bytes_are(map, 0x10000, 4 * PAGE, 'b');
	bytes_are(map, 0x20000, 4 * PAGE, 'a');
}

TEST(pages_move_by_reference_even_if_the_first_and_last_are_ragged)
{
	allocate(map, 0x10000, 64 * PAGE);
	fill(map, 0x10123, 60 * PAGE, 'x');

	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 61);
	bytes_are(map, 0x10123, 60 * PAGE, 'x');
	bytes_are(map, 0x10000, 0x123, 0);
}

TEST(shared_memory_that_is_copied_over_is_seen_by_all_who_share_it)
{
	struct vm_map *child = new_map();

	allocate(map, 0x10000, 4 * PAGE);
	allocate(map, 0x20000, 4 * PAGE);
	fill(map, 0x10000, 4 * PAGE, 's');
	vm_map_inherit(map, (struct vm_range){ 0x20000, 0x24000 },
	    VM_INHERIT_SHARE, VM_MAP_HOLES_REFUSE);
	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);

	ck_assert_int_eq(copy(map, 0x10000, 4 * PAGE, 0x20000), KERN_SUCCESS);

	bytes_are(child, 0x20000, 4 * PAGE, 's');
	fill(child, 0x21000, PAGE, 'c');
	bytes_are(map, 0x21000, PAGE, 'c');
	bytes_are(map, 0x10000, 4 * PAGE, 's');
}

TEST(a_chain_of_a_thousand_copies_is_as_flat_as_one)
{
	uint32_t nodes;

	allocate(map, 0x10000000, 1001 * 4 * PAGE);
	fill(map, 0x10000000, 4 * PAGE, 'x');
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_int_eq(copy(map, 0x10000000 + i * 4 * PAGE, 4 * PAGE,
				     0x10004000 + i * 4 * PAGE),
		    KERN_SUCCESS);

	machine_is_whole();
	nodes = machine.nodes.used;
	ck_assert_uint_eq(machine.pages.used, 4);
	ck_assert_uint_le(nodes, 66);
	bytes_are(map, 0x10000000 + 1000 * 4 * PAGE, 4 * PAGE, 'x');
}

/* 16 MiB of memory, and more is asked for. */
TEST(when_memory_runs_out_the_call_is_refused_and_nothing_has_changed)
{
	vm_map_free(map);
	machine_stop();
	machine_start(16 * MIB, 0);
	map = new_map();
	allocate(map, 0x10000000, 64 * MIB);
	fill(map, 0x10000000, 12 * MIB, 'x');

	ck_assert_int_eq(write_bytes(map, 0x10000000 + 11 * MIB, 8 * MIB, 'y'),
	    KERN_RESOURCE_SHORTAGE);
	machine_is_whole();
	bytes_are(map, 0x10000000, 12 * MIB, 'x');
	bytes_are(map, 0x10000000 + 12 * MIB, 52 * MIB, 0);
	ck_assert_uint_eq(machine.pages.used, 12 * MIB / PAGE);

	/* Copies still cost nothing; bytes moved would. */
	ck_assert_int_eq(copy(map, 0x10000000, 12 * MIB, 0x10000000 + 32 * MIB),
	    KERN_SUCCESS);
	ck_assert_int_eq(copy(map, 0x10000001, 12 * MIB, 0x10000000 + 48 * MIB),
	    KERN_RESOURCE_SHORTAGE);
	bytes_are(map, 0x10000000 + 48 * MIB, 16 * MIB, 0);
}

TEST(what_is_dead_is_freed_when_it_is_needed)
{
	vm_map_free(map);
	machine_stop();
	machine_start(16 * MIB, 0);
	map = new_map();
	for (unsigned i = 0; i < 10; i++) {
		allocate(map, 0x10000000, 16 * MIB);
		fill(map, 0x10000000, 14 * MIB, (char)i);
		ck_assert_int_eq(vm_map_remove(map,
				     (struct vm_range){ 0x10000000,
					 0x11000000 },
				     VM_MAP_HOLES_REFUSE),
		    KERN_SUCCESS);
	}
}
