/* Accounts: who is charged, what is given back, and what a limit refuses. */
#include "tests/support/test.h"

#include <string.h>

#include <mach/vm_purgable.h>

#include "common/cleanup.h"
#include "server/vm/vm_account.h"
#include "server/vm/vm_check.h"
#include "server/vm/vm_fault.h"
#include "server/vm/vm_frame.h"
#include "server/vm/vm_map_copy.h"
#include "server/vm/vm_map_upkeep.h"
#include "server/vm/vm_mapping.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_upkeep.h"
#include "tests/support/picture.h"

enum { PAGE = VM_PAGE_SIZE, FRAMES = 1024, ENTRIES = 256 };

static struct vm_account *ann, *bob;
static struct vm_map *map; /* ann's */

static void
takes(struct vm_account *account)
{
	machine.account = account;
}

void
test_setup(void)
{
	machine_start(FRAMES * PAGE, ENTRIES);
	ann = vm_account_new(&machine);
	bob = vm_account_new(&machine);
	takes(ann);
	map = new_map();
}

void
test_teardown(void)
{
	takes(NULL);
	if (ann)
		vm_account_release(&machine, ann);
	if (bob)
		vm_account_release(&machine, bob);
	machine_stop();
}

/* An account has so much, when what is dead is freed. */
static void
has(const struct vm_account *account, struct vm_reserve used)
{
	machine_is_whole();
	for (enum vm_resource what = 0; what < VM_RESOURCES; what++)
		ck_assert_msg(account->used.of[what] == used.of[what],
		    "account %u has %u %s, not %u", account->number,
		    (unsigned)account->used.of[what], vm_resource_name(what),
		    (unsigned)used.of[what]);
}

static void
has_nothing(const struct vm_account *account)
{
	has(account, (struct vm_reserve){ 0 });
}

/* The last refusal was this one, and is forgotten. */
static void
refused(const struct vm_account *account, enum vm_resource what, uint64_t used,
    uint64_t allowed)
{
	const struct vm_refusal *refusal = &machine.refused;

	ck_assert(refusal->happened);
	ck_assert_str_eq(vm_resource_name(refusal->what),
	    vm_resource_name(what));
	ck_assert_uint_eq(refusal->account, account->number);
	ck_assert_uint_eq(refusal->used, used);
	ck_assert_uint_eq(refusal->allowed, allowed);
	machine.refused = (struct vm_refusal){ 0 };
}

static kern_return_t
enter(struct vm_map *to, uint64_t address, uint64_t size, uint8_t tag)
{
	struct vm_attributes attributes = {
		.protection = VM_PROT_DEFAULT,
		.max_protection = VM_PROT_ALL,
		.inheritance = VM_INHERIT_COPY,
		.tag = tag,
	};

	return vm_map_enter(to, &address, size, VM_MAP_FIXED, attributes);
}

/* So many entries more, apart. */
static void
add_entries(struct vm_map *to, uint64_t address, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		ck_assert_int_eq(enter(to, address + i * 2 * PAGE, PAGE, 0),
		    KERN_SUCCESS);
}

static kern_return_t
drop(struct vm_map *from, uint64_t start, uint64_t end)
{
	return vm_map_remove(from, (struct vm_range){ start, end },
	    VM_MAP_HOLES_REFUSE);
}

/* What of another map is seen, or copied, in this one. */
static void
remap(struct vm_map *from, uint64_t start, uint64_t end, struct vm_map *to,
    enum vm_mapping_how how)
{
	struct vm_map_where where = { .place = VM_MAP_FIXED, .address = start };
	struct vm_mappings list = { .vm = &machine };

	ck_assert_int_eq(vm_mappings_extract(&list, from,
			     (struct vm_range){ start, end }, how),
	    KERN_SUCCESS);
	ck_assert_int_eq(vm_map_enter_list(to, &where, list.first),
	    KERN_SUCCESS);
	vm_mappings_forget(&list);
}

static struct vm_map_copy *
read_out(struct vm_map *from, uint64_t address, uint64_t size)
{
	struct vm_map_copy *data;

	ck_assert_int_eq(vm_map_copyin(from, address, size, &data),
	    KERN_SUCCESS);
	return data;
}

/* --- Who is charged ---------------------------------------------------- */

TEST(who_takes_is_charged_and_gets_it_back)
{
	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, 3 * PAGE, 'a');

	has(ann, (struct vm_reserve){ .pages = 3, .nodes = 1, .entries = 1 });
	has_nothing(bob);

	ck_assert_int_eq(drop(map, 0x40000, 0x80000), KERN_SUCCESS);
	has_nothing(ann);
}

TEST(nobodys_account_has_what_no_account_takes)
{
	takes(NULL);
	map = new_map();
	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, 3 * PAGE, 'a');

	has(vm_account_at(&machine, 0),
	    (struct vm_reserve){ .pages = 3, .nodes = 1, .entries = 1 });
	has_nothing(ann);
}

TEST(entries_are_charged_to_whose_map_it_is)
{
	takes(bob);
	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, PAGE, 'b');

	has(ann, (struct vm_reserve){ .entries = 1 });
	has(bob, (struct vm_reserve){ .pages = 1, .nodes = 1 });
}

TEST(what_a_child_inherits_stays_charged_to_who_took_it)
{
	struct vm_map *child;

	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, 8 * PAGE, 'a');
	takes(bob);
	child = new_map();
	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);

	has(ann, (struct vm_reserve){ .pages = 8, .nodes = 1, .entries = 1 });
	has(bob, (struct vm_reserve){ .entries = 1 });

	fill(child, 0x41000, 2 * PAGE, 'b');
	has(ann, (struct vm_reserve){ .pages = 8, .nodes = 1, .entries = 1 });
	has(bob, (struct vm_reserve){ .pages = 2, .nodes = 1, .entries = 1 });

	vm_map_free(map);
	has(ann, (struct vm_reserve){ .pages = 6 });
	vm_map_free(child);
	has_nothing(ann);
	has_nothing(bob);
}

TEST(frames_travel_with_copies_and_stay_charged)
{
	struct vm_map *other;
	struct vm_map_copy *data;

	allocate(map, 0x40000, 4 * PAGE);
	fill(map, 0x40000, 4 * PAGE, 'a');
	takes(bob);
	other = new_map();
	allocate(other, 0x40000, 4 * PAGE);
	data = read_out(map, 0x40000, 4 * PAGE);
	ck_assert_int_eq(vm_map_copy_overwrite(other, 0x40000, data),
	    KERN_SUCCESS);
	vm_map_copy_free(data);

	ck_assert_int_eq(drop(map, 0x40000, 0x44000), KERN_SUCCESS);
	ck_assert_uint_eq(ann->used.entries, 0);
	machine_is_whole();
	ck_assert_uint_eq(ann->used.pages, 4);
	ck_assert_uint_eq(bob->used.pages, 0);
	bytes_are(other, 0x40000, 4 * PAGE, 'a');

	ck_assert_int_eq(drop(other, 0x40000, 0x44000), KERN_SUCCESS);
	has_nothing(ann);
	has_nothing(bob);
}

TEST(a_page_made_private_is_charged_to_who_writes_it)
{
	allocate(map, 0x40000, 4 * PAGE);
	allocate(map, 0x80000, 4 * PAGE);
	fill(map, 0x40000, 4 * PAGE, 'a');
	ck_assert_int_eq(copy(map, 0x40000, 4 * PAGE, 0x80000), KERN_SUCCESS);
	ck_assert_uint_eq(ann->used.pages, 4);

	takes(bob);
	fill(map, 0x80000 + 7, 1, 'b');

	machine_is_whole();
	ck_assert_uint_eq(ann->used.pages, 4);
	ck_assert_uint_eq(bob->used.pages, 1);
}

TEST(wired_memory_that_is_copied_is_charged_to_who_copies)
{
	struct vm_map_copy *data;

	allocate(map, 0x40000, 4 * PAGE);
	ck_assert_int_eq(vm_map_wire(map, (struct vm_range){ 0x40000, 0x44000 },
			     VM_PROT_READ, true, VM_MAP_HOLES_REFUSE),
	    KERN_SUCCESS);
	ck_assert_uint_eq(ann->used.pages, 4);

	takes(bob);
	data = read_out(map, 0x40000, 4 * PAGE);
	has(bob, (struct vm_reserve){ .pages = 4, .nodes = 1, .pieces = 1 });
	takes(ann);
	vm_map_copy_free(data);
	has_nothing(bob);
}

TEST(pieces_in_transit_are_charged_until_they_arrive_whoever_ends_them)
{
	struct vm_map_copy *data;

	allocate(map, 0x40000, 4 * PAGE);
	fill(map, 0x42000, 2 * PAGE, 'a');
	takes(bob);
	data = read_out(map, 0x40000, 4 * PAGE);
	has(bob, (struct vm_reserve){ .pieces = 1 });

	takes(NULL);
	ck_assert_int_eq(drop(map, 0x40000, 0x44000), KERN_SUCCESS);
	has(ann, (struct vm_reserve){ .pages = 2, .nodes = 1 });

	vm_map_copy_free(data);
	has_nothing(ann);
	has_nothing(bob);
}

TEST(data_on_the_way_in_are_charged_to_who_sends_them)
{
	struct vm_map_copy *data = vm_map_copy_new(&machine, 0);
	struct iovec parts[8];

	takes(bob);
	ck_assert_int_gt(vm_map_copy_room(data, 3 * PAGE, parts, 8), 0);
	has(bob, (struct vm_reserve){ .pages = 3, .nodes = 1, .pieces = 1 });
	vm_map_copy_free(data);
	has_nothing(bob);
}

TEST(mappings_are_charged_until_they_are_let_go_of)
{
	struct vm_mappings list = { .vm = &machine };

	add_entries(map, 0x40000, 3);
	takes(bob);
	ck_assert_int_eq(vm_mappings_extract(&list, map,
			     (struct vm_range){ 0x40000, 0x41000 },
			     VM_MAPPING_SHARE),
	    KERN_SUCCESS);
	ck_assert_ptr_nonnull(vm_mappings_zeros(&list, PAGE));
	has(bob, (struct vm_reserve){ .mappings = 2 });
	has(ann, (struct vm_reserve){ .entries = 3 });

	takes(ann);
	vm_mappings_clear(&list);
	has_nothing(bob);
}

TEST(what_is_remapped_is_shared_and_charged_once)
{
	struct vm_map *other;

	allocate(map, 0x40000, 4 * PAGE);
	fill(map, 0x40000, 4 * PAGE, 'a');
	takes(bob);
	other = new_map();
	remap(map, 0x40000, 0x44000, other, VM_MAPPING_SHARE);
	fill(other, 0x41000, PAGE, 'b');

	has(ann, (struct vm_reserve){ .pages = 3, .nodes = 1, .entries = 1 });
	has(bob, (struct vm_reserve){ .pages = 1, .entries = 1 });
	ck_assert_int_eq(drop(map, 0x40000, 0x44000), KERN_SUCCESS);
	has(ann, (struct vm_reserve){ .pages = 3, .nodes = 1 });
	ck_assert_int_eq(drop(other, 0x40000, 0x44000), KERN_SUCCESS);
	has_nothing(ann);
	has_nothing(bob);
}

TEST(a_node_copied_from_anothers_is_the_copiers)
{
	struct vm_map_copy *data;

	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, 64 * PAGE, 'a');
	data = read_out(map, 0x40000, 64 * PAGE);
	takes(bob);
	fill(map, 0x40000, PAGE, 'b');

	has(ann, (struct vm_reserve){ .pages = 64,
		     .nodes = 1,
		     .entries = 1,
		     .pieces = 1 });
	has(bob, (struct vm_reserve){ .pages = 1, .nodes = 1 });
	vm_map_copy_free(data);
	has(ann, (struct vm_reserve){ .pages = 63, .entries = 1 });
}

/* --- The end ----------------------------------------------------------- */

TEST(a_terminated_map_gives_back_to_its_account_when_it_is_reaped)
{
	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, 64 * PAGE, 'a');
	vm_map_free(map);
	ck_assert_uint_eq(ann->used.pages, 64);
	ck_assert_uint_eq(ann->maps, 1);

	takes(bob);
	while (vm_machine_reap(&machine, 1))
		continue;
	ck_assert_uint_eq(ann->maps, 0);
	has_nothing(ann);
}

/* The clearing of half of an object copies a node that a reader has, too. */
TEST(what_reaping_takes_is_charged_to_the_dead_not_to_who_reaps)
{
	struct vm_map *other = new_map();
	struct vm_map_copy *data;

	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, 64 * PAGE, 'a');
	remap(map, 0x40000, 0x50000, other, VM_MAPPING_SHARE);
	data = read_out(map, 0x40000, 64 * PAGE);
	vm_map_free(map);

	takes(bob);
	while (vm_machine_reap(&machine, 1))
		continue;
	ck_assert_ptr_eq(machine.account, bob);
	has_nothing(bob);
	ck_assert_uint_eq(ann->used.nodes, 2);
	vm_map_copy_free(data);
	has(ann, (struct vm_reserve){ .pages = 16, .nodes = 1, .entries = 1 });
}

TEST(an_account_that_has_nothing_goes_when_it_is_released)
{
	uint16_t number = bob->number;

	bob = vm_account_release(&machine, bob);
	ck_assert_uint_eq(machine.accounts.used, 1);
	bob = vm_account_new(&machine);
	ck_assert_uint_eq(bob->number, number);
	ck_assert(!bob->released);
	has_nothing(bob);
}

TEST(frames_outlive_the_account_that_they_are_charged_to)
{
	struct vm_map *other;
	uint16_t number;

	takes(bob);
	number = bob->number;
	other = new_map();
	allocate(other, 0x40000, 4 * PAGE);
	fill(other, 0x40000, 4 * PAGE, 'b');
	takes(ann);
	remap(other, 0x40000, 0x44000, map, VM_MAPPING_COPY);
	vm_map_free(other);
	vm_account_release(&machine, bob);
	bob = NULL;
	machine_is_whole();

	ck_assert_uint_eq(machine.accounts.used, 2);
	ck_assert_uint_eq(vm_account_at(&machine, number)->used.pages, 4);
	bytes_are(map, 0x40000, 4 * PAGE, 'b');

	ck_assert_int_eq(drop(map, 0x40000, 0x44000), KERN_SUCCESS);
	machine_is_whole();
	ck_assert_uint_eq(machine.accounts.used, 1);
}

TEST(an_account_stays_while_a_map_is_charged_to_it)
{
	struct vm_map *other;

	takes(bob);
	other = new_map();
	takes(ann);
	vm_account_release(&machine, bob);
	bob = NULL;
	ck_assert_uint_eq(machine.accounts.used, 2);
	add_entries(other, 0x40000, 2);
	vm_map_free(other);
	machine_is_whole();
	ck_assert_uint_eq(machine.accounts.used, 1);
}

TEST(there_are_65535_accounts)
{
	static struct vm_account *all[UINT16_MAX + 1];
	unsigned count = 2;

	while ((all[count] = vm_account_new(&machine)))
		count++;
	ck_assert_uint_eq(count, UINT16_MAX);
	ck_assert_uint_eq(all[count - 1]->number, UINT16_MAX);
	while (count-- > 2)
		vm_account_release(&machine, all[count]);
}

/* --- Limits ------------------------------------------------------------ */

TEST(frames_are_had_up_to_the_limit_and_no_further)
{
	allocate(map, 0x40000, 64 * PAGE);
	ann->limit.pages = 8;

	fill(map, 0x40000, 8 * PAGE, 'a');
	ck_assert_int_eq(write_bytes(map, 0x50000, 1, 'b'),
	    KERN_RESOURCE_SHORTAGE);
	refused(ann, VM_RESOURCE_PAGES, 8, 8);

	bytes_are(map, 0x50000, PAGE, 0);
	has(ann, (struct vm_reserve){ .pages = 8, .nodes = 1, .entries = 1 });
	ck_assert_int_eq(drop(map, 0x40000, 0x41000), KERN_SUCCESS);
	fill(map, 0x50000, PAGE, 'c');
}

TEST(who_has_a_limit_does_not_stop_another)
{
	ann->limit.pages = 0;
	allocate(map, 0x40000, 64 * PAGE);
	ck_assert_int_eq(write_bytes(map, 0x40000, PAGE, 'a'),
	    KERN_RESOURCE_SHORTAGE);

	takes(bob);
	fill(map, 0x40000, 64 * PAGE, 'b');
	takes(ann);
	bytes_are(map, 0x40000, 64 * PAGE, 'b');
}

TEST(a_call_that_a_limit_refuses_leaves_no_trace)
{
	struct vm_reserve used;

	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, 60 * PAGE, 'a');
	machine_is_whole();
	used = ann->used;
	for (unsigned i = 0; i < VM_RESOURCES; i++)
		ann->limit.of[i] = used.of[i];
	vm_machine_begin(&machine, ann);

	ck_assert_int_eq(vm_map_wire(map, (struct vm_range){ 0x40000, 0x80000 },
			     VM_PROT_READ, true, VM_MAP_HOLES_REFUSE),
	    KERN_RESOURCE_SHORTAGE);
	ck_assert_int_eq(vm_map_protect(map,
			     (struct vm_range){ 0x41000, 0x42000 }, false,
			     VM_PROT_READ, 0, VM_MAP_HOLES_REFUSE),
	    KERN_RESOURCE_SHORTAGE);
	ck_assert_int_eq(vm_map_inherit(map,
			     (struct vm_range){ 0x41000, 0x42000 },
			     VM_INHERIT_NONE, VM_MAP_HOLES_REFUSE),
	    KERN_RESOURCE_SHORTAGE);
	ck_assert_int_eq(vm_map_zero(map,
			     (struct vm_range){ 0x41000, 0x42000 }),
	    KERN_RESOURCE_SHORTAGE);
	ck_assert_int_eq(drop(map, 0x41000, 0x42000), KERN_RESOURCE_SHORTAGE);
	ck_assert_int_eq(write_bytes(map, 0x40000, 7, 'x'),
	    KERN_RESOURCE_SHORTAGE);
	ck_assert_int_eq(enter(map, 0x200000, PAGE, 1), KERN_RESOURCE_SHORTAGE);

	has(ann, used);
	map_is(map, "40000-80000 rw-/rwx copy");
	ann->limit.pieces = VM_ACCOUNT_NO_LIMIT;
	bytes_are(map, 0x40000, 60 * PAGE, 'a');
}

/* Whether many can be seen to at once or not. */
TEST(room_is_had_up_to_the_limit_and_only_then_refused)
{
	struct vm_map_copy *data = vm_map_copy_new(&machine, 0);
	struct iovec parts[8];

	ck_assert_int_gt(vm_map_copy_room(data, PAGE, parts, 8), 0);
	vm_map_copy_filled(data, PAGE);
	vm_machine_begin(&machine, ann);
	ann->limit.nodes = ann->used.nodes + PAGE_TREE_PATH;
	ck_assert_int_gt(vm_map_copy_room(data, 3 * PAGE, parts, 8), 0);
	vm_map_copy_filled(data, 3 * PAGE);
	ck_assert(!machine.refused.happened && !machine.waiting);

	ann->limit.pages = 6;
	ck_assert_int_gt(vm_map_copy_room(data, 64 * PAGE, parts, 8), 0);
	refused(ann, VM_RESOURCE_PAGES, 6, 6);
	vm_map_copy_filled(data, 2 * PAGE);
	has(ann, (struct vm_reserve){ .pages = 6, .nodes = 1, .pieces = 1 });
	vm_map_copy_free(data);
	has_nothing(ann);
}

TEST(entries_are_had_up_to_the_limit_of_whose_map_it_is)
{
	add_entries(map, 0x40000, 4);
	ann->limit.entries = 5;

	takes(bob);
	add_entries(map, 0x80000, 1);
	ck_assert_int_eq(enter(map, 0x90000, PAGE, 0), KERN_RESOURCE_SHORTAGE);
	refused(ann, VM_RESOURCE_ENTRIES, 5, 5);
	has(ann, (struct vm_reserve){ .entries = 5 });

	ann->limit.entries = VM_ACCOUNT_NO_LIMIT;
	bob->limit.entries = 0;
	ck_assert_int_eq(enter(map, 0x90000, PAGE, 0), KERN_SUCCESS);
}

TEST(a_map_may_have_a_limit_of_its_own)
{
	struct vm_map *other = new_map();

	add_entries(map, 0x40000, 4);
	map->entries_limit = 4;
	ck_assert_int_eq(enter(map, 0x90000, PAGE, 0), KERN_RESOURCE_SHORTAGE);
	ck_assert(machine.refused.one_map);
	refused(ann, VM_RESOURCE_ENTRIES, 4, 4);

	add_entries(other, 0x40000, 5);
	ck_assert_int_eq(drop(map, 0x40000, 0x41000), KERN_SUCCESS);
	ck_assert_int_eq(enter(map, 0x90000, PAGE, 0), KERN_SUCCESS);
}

TEST(a_child_is_not_made_where_its_account_may_have_no_entries)
{
	struct vm_map *child;

	add_entries(map, 0x40000, 4);
	takes(bob);
	child = new_map();
	bob->limit.entries = 3;
	ck_assert_int_eq(vm_map_fork(map, child), KERN_RESOURCE_SHORTAGE);
	refused(bob, VM_RESOURCE_ENTRIES, 0, 3);
	ck_assert_uint_eq(child->entries.count, 0);
	has_nothing(bob);

	bob->limit.entries = 4;
	ck_assert_int_eq(vm_map_fork(map, child), KERN_SUCCESS);
}

TEST(pieces_and_mappings_are_had_up_to_the_limit)
{
	struct vm_mappings list = { .vm = &machine };
	struct vm_map_copy *data, *more = NULL;

	add_entries(map, 0x40000, 1);
	bob->limit.pieces = bob->limit.mappings = 1;
	takes(bob);
	data = read_out(map, 0x40000, PAGE);
	ck_assert_int_eq(vm_map_copyin(map, 0x40000, PAGE, &more),
	    KERN_RESOURCE_SHORTAGE);
	refused(bob, VM_RESOURCE_PIECES, 1, 1);
	ck_assert_ptr_null(more);

	ck_assert_ptr_nonnull(vm_mappings_zeros(&list, PAGE));
	ck_assert_ptr_null(vm_mappings_zeros(&list, PAGE));
	refused(bob, VM_RESOURCE_MAPPINGS, 1, 1);
	ck_assert_int_eq(vm_mappings_extract(&list, map,
			     (struct vm_range){ 0x40000, 0x41000 },
			     VM_MAPPING_SHARE),
	    KERN_RESOURCE_SHORTAGE);
	has(bob, (struct vm_reserve){ .pieces = 1, .mappings = 1 });
	vm_mappings_clear(&list);
	vm_map_copy_free(data);
}

TEST(a_copy_of_which_a_part_is_refused_is_let_go_of)
{
	struct vm_map_copy *data = NULL;

	allocate(map, 0x40000, 4 * PAGE);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_int_eq(drop(map, 0x40000 + i * PAGE,
				     0x41000 + i * PAGE),
		    KERN_SUCCESS);
		ck_assert_int_eq(enter(map, 0x40000 + i * PAGE, PAGE,
				     (uint8_t)i),
		    KERN_SUCCESS);
		fill(map, 0x40000 + i * PAGE, PAGE, 'a');
	}
	ann->limit.pieces = 3;
	ck_assert_int_eq(vm_map_copyin(map, 0x40000, 4 * PAGE, &data),
	    KERN_RESOURCE_SHORTAGE);
	refused(ann, VM_RESOURCE_PIECES, 3, 3);
	machine_is_whole();
	ck_assert_uint_eq(ann->used.pieces, 0);
}

TEST(dead_memory_is_freed_before_a_limit_refuses)
{
	struct vm_map *other = new_map();

	allocate(map, 0x40000, 8 * PAGE);
	allocate(other, 0x40000, 8 * PAGE);
	ann->limit.pages = 8;
	ann->limit.entries = 2;
	fill(map, 0x40000, 8 * PAGE, 'a');
	vm_map_free(map);

	allocate(other, 0x80000, PAGE);
	fill(other, 0x40000, 8 * PAGE, 'b');
	ck_assert(!machine.refused.happened);
	has(ann, (struct vm_reserve){ .pages = 8, .nodes = 1, .entries = 2 });
}

TEST(memory_can_be_given_back_where_no_node_may_be_had)
{
	struct vm_map *other = new_map();

	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, 64 * PAGE, 'a');
	remap(map, 0x40000, 0x42000, other, VM_MAPPING_SHARE);
	machine_is_whole(); /* what is dead is freed */
	vm_machine_begin(&machine, ann);
	ann->limit.nodes = ann->used.nodes;

	ck_assert_int_eq(drop(map, 0x50000, 0x80000), KERN_SUCCESS);
	machine_is_whole();
	ck_assert_uint_eq(ann->used.pages, 16);
	ck_assert(
	    vm_map_kill_pages(map, (struct vm_range){ 0x48000, 0x50000 }));
	machine_is_whole();
	ck_assert_uint_eq(ann->used.pages, 8);
}

TEST(no_limit_is_passed_by_letting_go_of_memory)
{
	struct vm_map *other = new_map();
	struct vm_map_copy *data;

	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, 64 * PAGE, 'a');
	remap(map, 0x40000, 0x42000, other, VM_MAPPING_SHARE);
	data = read_out(map, 0x40000, 64 * PAGE);
	ann->limit.nodes = ann->used.nodes;

	ck_assert_int_eq(drop(map, 0x50000, 0x80000), KERN_SUCCESS);
	machine_is_whole();
	ck_assert_uint_eq(ann->used.nodes, 1);
	vm_map_copy_free(data);
	vm_map_free(map);
	vm_map_free(other);
	has_nothing(ann);
}

TEST(nodes_that_a_call_counts_on_are_not_spared)
{
	const struct vm_reserve some = { .nodes = 4 }, all = { .nodes = 10 };

	ann->limit.nodes = 10;
	ck_assert(vm_machine_spares_nodes(&machine, 10));
	ck_assert(vm_machine_has(&machine, some));
	ck_assert(vm_machine_spares_nodes(&machine, 6));
	ck_assert(!vm_machine_spares_nodes(&machine, 7));
	ck_assert(vm_machine_has(&machine, all));
	ck_assert(vm_machine_spares_nodes(&machine, 0));
	ck_assert(!vm_machine_spares_nodes(&machine, 1));
}

TEST(what_a_call_that_has_paused_counts_on_is_held_for_it)
{
	const struct vm_reserve some = { .nodes = 4 }, rest = { .nodes = 6 },
				more = { .nodes = 7 };
	struct vm_suspended suspended;

	ann->limit.nodes = 10;
	ck_assert(vm_machine_has(&machine, some));
	suspended = vm_machine_suspend(&machine);

	vm_machine_begin(&machine, ann);
	ck_assert(vm_machine_has(&machine, rest));
	ck_assert(!vm_machine_has(&machine, more));
	vm_machine_begin(&machine, NULL);
	ck_assert(vm_machine_has(&machine, more));

	vm_machine_resume(&machine, suspended);
	ck_assert_ptr_eq(machine.account, ann);
	ck_assert(!vm_machine_spares_nodes(&machine, 7));
}

/* Half of a map that others see the other half of, and a reader all. */
static struct vm_map_copy *
make_shared(void)
{
	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, 64 * PAGE, 'a');
	remap(map, 0x40000, 0x50000, new_map(), VM_MAPPING_SHARE);
	machine_is_whole();
	vm_machine_begin(&machine, ann);
	return read_out(map, 0x40000, 64 * PAGE);
}

TEST(what_is_let_go_of_takes_nothing_that_was_promised)
{
	struct vm_reserve reserve = { .nodes = 9 };
	struct vm_map_copy *data = make_shared();
	struct vm_suspended suspended;

	ann->limit.nodes = 1 + 9 + 1;
	ck_assert(vm_machine_has(&machine, reserve));
	ck_assert_int_eq(drop(map, 0x50000, 0x80000), KERN_SUCCESS);
	ck_assert_uint_eq(ann->used.nodes, 2);
	ck_assert(!vm_machine_spares_nodes(&machine, 1));
	suspended = vm_machine_suspend(&machine);
	ck_assert_uint_eq(suspended.left.nodes, 9);
	vm_machine_resume(&machine, suspended);
	vm_map_copy_free(data);
}

TEST(memory_is_set_to_zeros_with_the_last_nodes)
{
	struct vm_map_copy *data = make_shared();
	struct vm_range range = { 0x41000, 0x42000 };

	ann->limit.nodes = 1 + PAGE_TREE_PATH - 1;
	ck_assert_int_eq(vm_map_zero(map, range), KERN_RESOURCE_SHORTAGE);
	ann->limit.nodes++;
	ck_assert_int_eq(vm_map_zero(map, range), KERN_SUCCESS);
	vm_map_copy_free(data);
	bytes_are(map, 0x41000, PAGE, 0);
}

TEST(a_limit_below_what_is_had_refuses_more_and_takes_nothing_away)
{
	allocate(map, 0x40000, 8 * PAGE);
	fill(map, 0x40000, 8 * PAGE, 'a');
	ann->limit.pages = 3;

	ck_assert_int_eq(write_bytes(map, 0x40000, 1, 'b'),
	    KERN_RESOURCE_SHORTAGE);
	refused(ann, VM_RESOURCE_PAGES, 8, 3);
	bytes_are(map, 0x40000, 8 * PAGE, 'a');
	allocate(map, 0x80000, PAGE);
	ck_assert_int_eq(drop(map, 0x40000, 0x48000), KERN_SUCCESS);
	fill(map, 0x80000, PAGE, 'c');
}

TEST(what_the_machine_lacks_is_no_refusal_of_an_account)
{
	allocate(map, 0x10000000, 2 * FRAMES * PAGE);
	ck_assert_int_eq(write_bytes(map, 0x10000000, 2 * FRAMES * PAGE, 'a'),
	    KERN_RESOURCE_SHORTAGE);
	ck_assert(!machine.refused.happened);
}

/* --- Fair accounts ----------------------------------------------------- */

/* Writes pages until one is refused. Returns how many were written. */
static unsigned
write_all(struct vm_map *to)
{
	unsigned pages = 0;

	allocate(to, 0x10000000, FRAMES * PAGE);
	while (write_bytes(to, 0x10000000 + pages * PAGE, PAGE, 'w') ==
	       KERN_SUCCESS)
		pages++;
	return pages;
}

TEST(a_fair_account_has_at_most_half_of_what_is_free_and_its_own)
{
	ann->fair = true;
	ck_assert_uint_eq(write_all(map), FRAMES / 2);
	refused(ann, VM_RESOURCE_PAGES, FRAMES / 2, FRAMES / 2);
	machine_is_whole();
}

TEST(whoever_comes_later_always_finds_something)
{
	struct vm_account *others[8];
	unsigned left = FRAMES;

	ann->fair = true;
	left -= write_all(map);
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		unsigned pages;

		takes(others[i] = vm_account_new(&machine));
		others[i]->fair = true;
		pages = write_all(new_map());
		ck_assert_uint_eq(pages, left / 2);
		ck_assert_uint_gt(pages, 0);
		left -= pages;
	}
	takes(NULL);
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++)
		vm_account_release(&machine, others[i]);
	machine_is_whole();
}

TEST(entries_are_shared_fairly_too)
{
	struct vm_map *other;
	unsigned count = 0;

	ann->fair = true;
	while (enter(map, 0x100000 + count * 2 * PAGE, PAGE, 0) == KERN_SUCCESS)
		count++;
	ck_assert_uint_eq(count, ENTRIES / 2);
	refused(ann, VM_RESOURCE_ENTRIES, ENTRIES / 2, ENTRIES / 2);

	takes(bob);
	bob->fair = true;
	other = new_map();
	add_entries(other, 0x100000, ENTRIES / 4);
	ck_assert_int_eq(enter(other, 0x90000, PAGE, 0),
	    KERN_RESOURCE_SHORTAGE);
}

TEST(a_fair_account_has_a_limit_too)
{
	ann->fair = true;
	ann->limit.pages = 10;
	ck_assert_uint_eq(write_all(map), 10);
	refused(ann, VM_RESOURCE_PAGES, 10, 10);
}

TEST(what_was_promised_can_be_taken_to_the_last)
{
	struct vm_reserve reserve = { .pages = FRAMES / 2 };

	ann->fair = true;
	ck_assert(vm_machine_has(&machine, reserve));
	while (reserve.pages-- > 0)
		ck_assert(vm_machine_has(&machine,
			      (struct vm_reserve){ .pages = 1 }) &&
			  vm_frame_alloc(&machine) != 0);
	reserve.pages = 1;
	ck_assert(!vm_machine_has(&machine, reserve));
	for (uint32_t frame = 1; frame <= FRAMES / 2; frame++)
		vm_frame_unref(&machine, frame);
}

/* --- Calls that pause -------------------------------------------------- */

TEST(what_a_call_that_paused_was_promised_counts_for_its_account)
{
	struct vm_reserve six = { .pages = 6 }, three = { .pages = 3 };
	struct vm_suspended suspended;

	ann->limit.pages = 8;
	ck_assert(vm_machine_has(&machine, six));
	suspended = vm_machine_suspend(&machine);
	ck_assert_ptr_null(machine.account);

	vm_machine_begin(&machine, ann);
	ck_assert(!vm_machine_has(&machine, three));
	refused(ann, VM_RESOURCE_PAGES, 6, 8);
	vm_machine_begin(&machine, bob);
	ck_assert(vm_machine_has(&machine, three));

	vm_machine_resume(&machine, suspended);
	ck_assert_ptr_eq(machine.account, ann);
	ck_assert(vm_machine_has(&machine, six));
	ck_assert_uint_eq(ann->held.pages, 0);
}

TEST(who_asks_for_less_keeps_what_he_was_promised_before)
{
	struct vm_reserve six = { .pages = 6, .nodes = 1 };
	struct vm_reserve three = { .pages = 3, .nodes = 2 };
	struct vm_suspended suspended;
	uint32_t frame;

	ck_assert(vm_machine_has(&machine, six));
	frame = vm_frame_alloc(&machine);
	ck_assert(vm_machine_has(&machine, three));
	suspended = vm_machine_suspend(&machine);
	ck_assert_uint_eq(suspended.left.pages, 5);
	ck_assert_uint_eq(suspended.left.nodes, 2);
	vm_machine_resume(&machine, suspended);
	vm_frame_unref(&machine, frame);
}

TEST(entries_promised_count_for_whose_map_it_is)
{
	struct vm_reserve reserve = { .entries = 6 };
	struct vm_suspended suspended;

	ann->limit.entries = 8;
	takes(bob);
	ck_assert(vm_map_has(map, reserve));
	suspended = vm_machine_suspend(&machine);
	ck_assert_uint_eq(ann->held.entries, 6);
	ck_assert_uint_eq(bob->held.entries, 0);

	vm_machine_begin(&machine, ann);
	add_entries(map, 0x40000, 2);
	vm_machine_begin(&machine, ann);
	ck_assert_int_eq(enter(map, 0x90000, PAGE, 0), KERN_RESOURCE_SHORTAGE);
	refused(ann, VM_RESOURCE_ENTRIES, 8, 8);
	vm_machine_resume(&machine, suspended);
	ck_assert(vm_map_has(map, reserve));
	ck_assert_uint_eq(ann->held.entries, 0);
}

/* Half is promised to ann; bob may have half of the rest, and takes it. */
TEST(what_a_fair_account_was_promised_it_has_whoever_came_between)
{
	struct vm_reserve half = { .pages = FRAMES / 2 };
	struct vm_suspended suspended;

	ann->fair = bob->fair = true;
	ck_assert(vm_machine_has(&machine, half));
	suspended = vm_machine_suspend(&machine);
	vm_machine_begin(&machine, bob);
	ck_assert_uint_eq(write_all(new_map()), FRAMES / 4);

	vm_machine_resume(&machine, suspended);
	ck_assert(vm_machine_has(&machine, half));
	half.pages++;
	ck_assert(!vm_machine_has(&machine, half));
}

TEST(an_account_stays_while_something_is_held_for_it)
{
	struct vm_reserve reserve = { .entries = 1 };
	struct vm_suspended suspended;
	struct vm_map *other;

	takes(bob);
	other = new_map();
	takes(ann);
	ck_assert(vm_map_has(other, reserve));
	suspended = vm_machine_suspend(&machine);
	vm_account_release(&machine, bob);
	bob = NULL;
	vm_map_free(other);
	machine_is_whole();
	ck_assert_uint_eq(machine.accounts.used, 2);
	vm_machine_resume(&machine, suspended);
	ck_assert_uint_eq(machine.accounts.used, 1);
}

/* A part of an object that is let go of last copies a node that a reader has. */
TEST(what_the_end_of_a_mapping_takes_is_charged_to_who_had_it)
{
	struct vm_mappings list = { .vm = &machine };
	struct vm_map_copy *data;

	allocate(map, 0x40000, 64 * PAGE);
	fill(map, 0x40000, 64 * PAGE, 'a');
	ck_assert_int_eq(vm_mappings_extract(&list, map,
			     (struct vm_range){ 0x40000, 0x80000 },
			     VM_MAPPING_SHARE),
	    KERN_SUCCESS);
	ck_assert_int_eq(drop(map, 0x50000, 0x80000), KERN_SUCCESS);
	machine_is_whole();
	data = read_out(map, 0x40000, 16 * PAGE);
	vm_mappings_clear(&list);

	takes(bob);
	has_nothing(bob);
	ck_assert_uint_eq(ann->used.nodes, 2);
	vm_map_copy_free(data);
}

/* --- Purging ----------------------------------------------------------- */

/* Bob has so many pages that may be purged. */
static void
make_volatile(unsigned pages)
{
	int state = VM_PURGABLE_VOLATILE;
	struct vm_map *other;
	struct vm_object *object;

	takes(bob);
	other = new_map();
	allocate(other, 0x10000000, pages * PAGE);
	fill(other, 0x10000000, pages * PAGE, 'v');
	object = vm_map_lookup(other, 0x10000000)->object;
	ck_assert_ptr_nonnull(vm_upkeep_of(&machine, object));
	vm_upkeep_make_purgable(object);
	vm_upkeep_set_state(&machine, object, &state);
	takes(ann);
}

TEST(a_limit_is_no_reason_to_purge_what_others_have)
{
	struct vm_reserve reserve = { .pages = 9 };

	make_volatile(FRAMES / 2);
	ann->limit.pages = 8;
	machine.wanting = true;
	ck_assert(!vm_machine_has(&machine, reserve));
	ck_assert(!machine.wanting);
	ck_assert(!vm_machine_make_room(&machine, reserve));
	ck_assert_uint_eq(vm_machine_volatile(&machine), FRAMES / 2);
}

TEST(nothing_is_purged_for_what_could_never_be_had)
{
	struct vm_reserve reserve = { .pages = FRAMES + 1 };

	make_volatile(FRAMES / 2);
	ck_assert(!vm_machine_make_room(&machine, reserve));
	ann->fair = true;
	reserve.pages = FRAMES / 2 + 1;
	ck_assert(!vm_machine_make_room(&machine, reserve));
	reserve = (struct vm_reserve){ .pages = FRAMES, .pieces = 1 };
	ann->fair = false;
	ann->limit.pieces = 0;
	ck_assert(!vm_machine_make_room(&machine, reserve));
	ck_assert_uint_eq(vm_machine_volatile(&machine), FRAMES / 2);
}

TEST(a_fair_account_has_more_when_others_memory_is_purged)
{
	struct vm_reserve reserve = { .pages = FRAMES / 2 };

	make_volatile(FRAMES / 2);
	ann->fair = true;
	ck_assert(!vm_machine_has(&machine, reserve));
	refused(ann, VM_RESOURCE_PAGES, 0, FRAMES / 4);
	ck_assert(machine.wanting);
	ck_assert(vm_machine_make_room(&machine, reserve));
	ck_assert(!machine.wanting);
	ck_assert_uint_eq(vm_machine_volatile(&machine), 0);
}

/* --- The checker ------------------------------------------------------- */

/* One count that is wrong is told, and is right again. */
static void
is_told(uint64_t *count, const char *what)
{
	const char *complaint;

	++*count;
	complaint = vm_check(&machine);
	ck_assert_ptr_nonnull(complaint);
	ck_assert_msg(strstr(complaint, what) && strstr(complaint, "account"),
	    "%s: %s", what, complaint);
	--*count;
	machine_is_whole();
}

TEST(the_checker_recounts_what_each_account_has)
{
	struct vm_mappings list = { .vm = &machine };
	struct vm_map_copy *data;

	allocate(map, 0x40000, 4 * PAGE);
	fill(map, 0x40000, 4 * PAGE, 'a');
	data = read_out(map, 0x40000, PAGE);
	ck_assert_ptr_nonnull(vm_mappings_zeros(&list, PAGE));
	has(ann, (struct vm_reserve){ .pages = 4,
		     .nodes = 1,
		     .entries = 1,
		     .mappings = 1,
		     .pieces = 1 });

	for (enum vm_resource what = 0; what < VM_RESOURCES; what++) {
		is_told(&ann->used.of[what], vm_resource_name(what));
		is_told(&bob->used.of[what], vm_resource_name(what));
		is_told(&vm_account_at(&machine, 0)->used.of[what],
		    vm_resource_name(what));
	}
	ann->maps++;
	ck_assert_ptr_nonnull(strstr(vm_check(&machine), "maps"));
	ann->maps--;
	vm_mappings_clear(&list);
	vm_map_copy_free(data);
}

TEST(the_checker_finds_what_is_charged_to_the_wrong_account)
{
	uint32_t frame;

	allocate(map, 0x40000, PAGE);
	frame =
	    vm_fault(map, vm_map_lookup(map, 0x40000), 0x40000, VM_PROT_WRITE);
	machine_is_whole();

	machine.pages.owners[frame] = bob->number;
	ck_assert_ptr_nonnull(strstr(vm_check(&machine), "frames"));
	machine.pages.owners[frame] = UINT16_MAX;
	ck_assert_ptr_nonnull(strstr(vm_check(&machine), "which is not"));
	machine.pages.owners[frame] = ann->number;
}
