/* Mappings on their way: shared and copied, out of maps and out of entries. */
#include "tests/support/test.h"

#include "server/vm/memory_entry.h"
#include "server/vm/vm_map_region.h"
#include "server/vm/vm_mapping.h"
#include "server/vm/vm_object.h"
#include "tests/support/picture.h"

enum { PAGE = VM_PAGE_SIZE };

static struct vm_map *from, *to;
static struct vm_mappings list;

void
test_setup(void)
{
	machine_start(UINT64_C(16) << 20, 64);
	from = new_map();
	to = new_map();
	list = (struct vm_mappings){ .vm = &machine };
}

void
test_teardown(void)
{
	vm_mappings_clear(&list);
	machine_stop();
}

static void
extract(uint64_t start, uint64_t end, enum vm_mapping_how how)
{
	ck_assert_int_eq(vm_mappings_extract(&list, from,
			     (struct vm_range){ start, end }, how),
	    KERN_SUCCESS);
	machine_is_whole();
}

static kern_return_t
enter(struct vm_map *map, uint64_t address, enum vm_map_place place)
{
	struct vm_map_where where = { .place = place, .address = address };
	kern_return_t kr = vm_map_enter_list(map, &where, list.first);

	if (kr == KERN_SUCCESS)
		vm_mappings_forget(&list);
	machine_is_whole();
	return kr;
}

TEST(what_is_shared_is_seen_through_all_mappings)
{
	allocate(from, 0x10000, 4 * PAGE);
	fill(from, 0x10000, PAGE, 'a');
	extract(0x10000, 0x14000, VM_MAPPING_SHARE);
	ck_assert_int_eq(enter(to, 0x50000, VM_MAP_FIXED), KERN_SUCCESS);

	fill(to, 0x51000, PAGE, 'b');
	fill(from, 0x12000, PAGE, 'c');

	bytes_are(to, 0x50000, PAGE, 'a');
	bytes_are(from, 0x11000, PAGE, 'b');
	bytes_are(to, 0x52000, PAGE, 'c');
	ck_assert_uint_eq(machine.pages.used, 3);
	map_is(to, "50000-54000 rw-/rwx copy shared");
}

TEST(what_is_copied_is_what_it_was)
{
	allocate(from, 0x10000, 4 * PAGE);
	fill(from, 0x10000, 4 * PAGE, 'a');
	extract(0x11000, 0x13000, VM_MAPPING_COPY);
	fill(from, 0x11000, PAGE, 'x');
	ck_assert_int_eq(enter(to, 0x50000, VM_MAP_FIXED), KERN_SUCCESS);
	fill(to, 0x51000, PAGE, 'y');

	bytes_are(to, 0x50000, PAGE, 'a');
	bytes_are(from, 0x12000, PAGE, 'a');
	map_is(to, "50000-52000 rw-/rwx copy");
	map_is(from, "10000-14000 rw-/rwx copy");
}

TEST(a_list_that_is_not_mapped_leaves_nothing)
{
	allocate(from, 0x10000, 4 * PAGE);
	allocate(to, 0x50000, PAGE);
	extract(0x10000, 0x14000, VM_MAPPING_SHARE);

	ck_assert_int_eq(enter(to, 0x50000, VM_MAP_FIXED), KERN_NO_SPACE);
	vm_mappings_clear(&list);

	machine_is_whole();
	map_is(from, "10000-14000 rw-/rwx copy");
	map_is(to, "50000-51000 rw-/rwx copy");
}

TEST(a_range_may_be_mapped_over_itself)
{
	allocate(from, 0x10000, 4 * PAGE);
	fill(from, 0x10000, PAGE, 'a');
	fill(from, 0x11000, PAGE, 'b');
	extract(0x10000, 0x13000, VM_MAPPING_SHARE);

	ck_assert_int_eq(enter(from, 0x11000, VM_MAP_OVERWRITE), KERN_SUCCESS);

	bytes_are(from, 0x11000, PAGE, 'a');
	bytes_are(from, 0x12000, PAGE, 'b');
	fill(from, 0x10000, PAGE, 'c');
	bytes_are(from, 0x11000, PAGE, 'c');
}

TEST(two_mappings_of_one_object_are_copied_apart)
{
	struct vm_map *child = new_map();

	allocate(from, 0x10000, PAGE);
	fill(from, 0x10000, PAGE, 'a');
	extract(0x10000, 0x11000, VM_MAPPING_SHARE);
	ck_assert_int_eq(enter(from, 0x20000, VM_MAP_FIXED), KERN_SUCCESS);

	ck_assert_int_eq(vm_map_fork(from, child), KERN_SUCCESS);
	fill(child, 0x10000, PAGE, 'b');

	bytes_are(child, 0x20000, PAGE, 'a');
	bytes_are(from, 0x20000, PAGE, 'a');
	machine_is_whole();
}

TEST(an_entry_keeps_what_its_source_lets_go_of)
{
	struct memory_entry *entry = memory_entry_new(&machine);

	allocate(from, 0x10000, 4 * PAGE);
	fill(from, 0x10000, 4 * PAGE, 'a');
	ck_assert_int_eq(vm_mappings_extract(&entry->parts, from,
			     (struct vm_range){ 0x11000, 0x13000 },
			     VM_MAPPING_SHARE),
	    KERN_SUCCESS);
	ck_assert_int_eq(vm_map_remove(from,
			     (struct vm_range){ 0x10000, 0x14000 },
			     VM_MAP_HOLES_REFUSE),
	    KERN_SUCCESS);
	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 2);

	ck_assert_int_eq(vm_mappings_part(&list, &entry->parts, PAGE, PAGE,
			     VM_MAPPING_SHARE),
	    KERN_SUCCESS);
	ck_assert_int_eq(enter(to, 0x50000, VM_MAP_FIXED), KERN_SUCCESS);
	memory_entry_free(entry);

	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 1);
	bytes_are(to, 0x50000, PAGE, 'a');
	map_is(to, "50000-51000 rw-/rwx copy");
}

TEST(a_mask_aligns_and_bounds)
{
	struct vm_mapping zeros = { .size = PAGE };
	struct {
		uint64_t mask;
		kern_return_t kr;
		uint64_t address;
	} rows[] = {
		{ 0, KERN_SUCCESS, 0x1000 },
		{ 0xffff, KERN_SUCCESS, 0x10000 },
		{ ~UINT64_C(0x1fff), KERN_SUCCESS, 0x1000 },
		{ ~UINT64_C(0xfff), KERN_NO_SPACE, 0 },
		{ 0xf0fff, KERN_NO_SPACE, 0 },
		{ UINT64_MAX, KERN_NO_SPACE, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vm_map_where where = { .place = VM_MAP_ANYWHERE,
			.mask = rows[i].mask };
		struct vm_map *map = new_map();

		ck_assert_int_eq(vm_map_enter_list(map, &where, &zeros),
		    rows[i].kr);
		if (rows[i].kr == KERN_SUCCESS)
			ck_assert_uint_eq(where.address, rows[i].address);
		machine_is_whole();
	}
}

TEST(a_limit_counts_what_can_be_used)
{
	struct vm_attributes none = { 0 };
	uint64_t address = 0x100000;

	from->limit = 4 * PAGE;
	allocate(from, 0x10000, 3 * PAGE);
	ck_assert_int_eq(vm_map_enter(from, &address, 8 * PAGE, VM_MAP_FIXED,
			     none),
	    KERN_SUCCESS);
	none.max_protection = VM_PROT_READ;
	address = 0x200000;
	ck_assert_int_eq(vm_map_enter(from, &address, 2 * PAGE, VM_MAP_FIXED,
			     none),
	    KERN_NO_SPACE);
	ck_assert_int_eq(vm_map_protect(from,
			     (struct vm_range){ 0x10000, 0x12000 }, true,
			     VM_PROT_NONE, 0, VM_MAP_HOLES_REFUSE),
	    KERN_SUCCESS);
	ck_assert_int_eq(vm_map_enter(from, &address, 2 * PAGE, VM_MAP_FIXED,
			     none),
	    KERN_SUCCESS);
	machine_is_whole();
}
