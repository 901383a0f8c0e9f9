/* Ordered ranges: order, gaps, and every operation against a plain array. */
#include "tests/support/test.h"

#include <stdlib.h>

#include "server/vm/range_tree.h"

enum { MOST = 4096 };

static struct vm_zone nodes;
static struct range_tree tree;
static struct range pool[MOST];

void
test_setup(void)
{
	ck_assert(vm_zone_init(&nodes, sizeof(struct range_node),
	    RANGE_TREE_NODES(MOST)));
	tree = (struct range_tree){ 0 };
}

void
test_teardown(void)
{
	ck_assert_ptr_null(range_tree_check(&tree));
	while (tree.first)
		range_tree_remove(&tree, &nodes, tree.first);
	ck_assert_uint_eq(nodes.used, 0);
	vm_zone_deinit(&nodes);
}

static void
add(struct range *range, uint64_t start, uint64_t end)
{
	struct range *next;

	range->start = start;
	range->end = end;
	next = range_tree_find(&tree, start);
	range_tree_insert(&tree, &nodes, range, next ? next->prev : tree.last);
}

TEST(an_empty_tree_has_nothing_and_is_one_gap)
{
	uint64_t start = 0;

	ck_assert_ptr_null(range_tree_find(&tree, 0));
	ck_assert(range_tree_find_gap(&tree, 10, 100, 90, 0, &start));
	ck_assert_uint_eq(start, 10);
	ck_assert(!range_tree_find_gap(&tree, 10, 100, 91, 0, &start));
}

TEST(an_address_is_found_in_its_range_or_in_the_next_above)
{
	add(&pool[0], 10, 20);
	add(&pool[1], 30, 40);

	ck_assert_ptr_eq(range_tree_find(&tree, 0), &pool[0]);
	ck_assert_ptr_eq(range_tree_find(&tree, 19), &pool[0]);
	ck_assert_ptr_eq(range_tree_find(&tree, 20), &pool[1]);
	ck_assert_ptr_eq(range_tree_find(&tree, 39), &pool[1]);
	ck_assert_ptr_null(range_tree_find(&tree, 40));
}

TEST(the_lowest_gap_that_is_large_enough_is_found)
{
	uint64_t start = 0;

	for (unsigned i = 0; i < 1000; i++)
		add(&pool[i], i * 100, i * 100 + 90);
	range_tree_remove(&tree, &nodes, &pool[700]);
	range_tree_remove(&tree, &nodes, &pool[800]);
	range_tree_remove(&tree, &nodes, &pool[801]);

	ck_assert(range_tree_find_gap(&tree, 0, 100000, 10, 0, &start));
	ck_assert_uint_eq(start, 90);
	ck_assert(range_tree_find_gap(&tree, 0, 100000, 11, 0, &start));
	ck_assert_uint_eq(start, 69990);
	ck_assert(range_tree_find_gap(&tree, 0, 100000, 111, 0, &start));
	ck_assert_uint_eq(start, 79990);
	ck_assert(range_tree_find_gap(&tree, 70001, 100000, 11, 0, &start));
	ck_assert_uint_eq(start, 70001);
	ck_assert(!range_tree_find_gap(&tree, 0, 100000, 211, 0, &start));
	ck_assert(range_tree_find_gap(&tree, 0, 200000, 211, 0, &start));
	ck_assert_uint_eq(start, 99990);
}

TEST(a_gap_honours_the_mask)
{
	uint64_t start = 0;

	for (unsigned i = 0; i < 100; i++)
		add(&pool[i], i * 100, i * 100 + 90);

	ck_assert(range_tree_find_gap(&tree, 0, 100000, 8, 7, &start));
	ck_assert_uint_eq(start, 192);
	ck_assert(range_tree_find_gap(&tree, 0, 100000, 8, 1023, &start));
	ck_assert_uint_eq(start, 8192);
}

TEST(a_resized_range_gives_its_room_to_gaps)
{
	uint64_t start = 0;

	for (unsigned i = 0; i < 100; i++)
		add(&pool[i], i * 100, i * 100 + 100);
	ck_assert(!range_tree_find_gap(&tree, 0, 10000, 1, 0, &start));

	range_tree_resize(&tree, &pool[77], 7710, 7750);

	ck_assert(range_tree_find_gap(&tree, 0, 10000, 11, 0, &start));
	ck_assert_uint_eq(start, 7750);
	ck_assert_ptr_eq(range_tree_find(&tree, 7705), &pool[77]);
	ck_assert_ptr_eq(range_tree_find(&tree, 7750), &pool[78]);
}

/* The same questions of a plain array, slot i being [i * 16, i * 16 + 8). */
static struct range *
plain_find(const bool *there, uint64_t address)
{
	for (unsigned i = (unsigned)(address / 16); i < MOST; i++)
		if (there[i] && address < pool[i].end)
			return &pool[i];
	return NULL;
}

static bool
plain_gap(const bool *there, uint64_t size, uint64_t *start)
{
	uint64_t at = 0;

	for (unsigned i = 0; i < MOST; i++) {
		if (!there[i])
			continue;
		if (pool[i].start - at >= size)
			break;
		at = pool[i].end;
	}
	*start = at;
	return MOST * 16 - at >= size;
}

TEST(thousands_of_random_changes_agree_with_a_plain_array)
{
	static bool there[MOST];

	srandom(1);
	for (unsigned n = 0; n < 60000; n++) {
		unsigned i = (unsigned)random() % MOST;
		uint64_t size = 1 + (uint64_t)random() % 200, a = 0, b = 0;
		uint64_t address = (uint64_t)random() % (MOST * 16);

		/* It fills up, empties, and fills up again. */
		if (!there[i] && (n / 10000) % 2 == 0)
			add(&pool[i], i * 16, i * 16 + 8);
		else if (there[i] && (n / 10000) % 2 == 1)
			range_tree_remove(&tree, &nodes, &pool[i]);
		else
			continue;
		there[i] = !there[i];

		ck_assert_ptr_eq(range_tree_find(&tree, address),
		    plain_find(there, address));
		if (!plain_gap(there, size, &b))
			b = UINT64_MAX;
		if (!range_tree_find_gap(&tree, 0, MOST * 16, size, 0, &a))
			a = UINT64_MAX;
		ck_assert_uint_eq(a, b);
		if (n % 100 == 0)
			ck_assert_ptr_null(range_tree_check(&tree));
	}
}
