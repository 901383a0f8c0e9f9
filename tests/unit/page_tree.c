/* Page trees: snapshots, grafts, and all of it against a plain array. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "server/vm/page_tree.h"
#include "server/vm/vm_check.h"
#include "server/vm/vm_frame.h"
#include "server/vm/vm_machine.h"

static struct vm_machine vm;

void
test_setup(void)
{
	ck_assert_int_eq(vm_machine_init(&vm, UINT64_C(64) << 20, 0), 0);
}

void
test_teardown(void)
{
	while (vm_machine_reap(&vm, 10))
		continue;
	ck_assert_uint_eq(vm.pages.used, 0);
	ck_assert_uint_eq(vm.nodes.used, 0);
	vm_machine_deinit(&vm);
}

static uint32_t
put(struct page_tree *tree, uint64_t page)
{
	uint32_t frame = vm_frame_alloc(&vm);

	ck_assert_uint_ne(frame, 0);
	page_tree_insert(&vm, tree, page, frame);
	return frame;
}

static uint32_t
at(const struct page_tree *tree, uint64_t page)
{
	return page_tree_lookup(&vm, tree, page);
}

static void
graft(struct page_tree *tree, uint64_t to, const struct page_tree *source,
    uint64_t from, uint64_t count)
{
	uint64_t cost =
	    page_tree_graft_cost(&vm, tree, to, source, from, count);
	uint32_t before = vm.nodes.used;

	page_tree_graft(&vm, tree, to, source, from, count);
	/* What died in it is still counted as used. */
	ck_assert_uint_le(vm.nodes.used, before + cost);
}

TEST(a_page_that_nobody_wrote_has_no_frame)
{
	struct page_tree tree = { 0 };

	ck_assert_uint_eq(at(&tree, 0), 0);
	ck_assert_uint_eq(at(&tree, PAGE_TREE_SPAN - 1), 0);
	ck_assert_uint_eq(page_tree_count(&vm, &tree, 0, PAGE_TREE_SPAN), 0);
}

TEST(an_inserted_frame_is_found_and_its_neighbours_are_not_there)
{
	struct page_tree tree = { 0 };
	uint32_t a = put(&tree, 5), b = put(&tree, 5 + (UINT64_C(1) << 30));

	ck_assert_uint_eq(at(&tree, 5), a);
	ck_assert_uint_eq(at(&tree, 5 + (UINT64_C(1) << 30)), b);
	ck_assert_uint_eq(at(&tree, 4), 0);
	ck_assert_uint_eq(page_tree_count(&vm, &tree, 0, PAGE_TREE_SPAN), 2);
	ck_assert_uint_eq(page_tree_count(&vm, &tree, 0, 6), 1);
	ck_assert_uint_eq(page_tree_next(&vm, &tree, 6, PAGE_TREE_SPAN),
	    5 + (UINT64_C(1) << 30));
	page_tree_drop(&vm, &tree);
}

TEST(a_snapshot_costs_no_node_and_keeps_what_was_there)
{
	struct page_tree tree = { 0 }, snapshot;
	uint32_t a = put(&tree, 1), nodes = vm.nodes.used;

	snapshot = page_tree_snapshot(&vm, &tree);
	ck_assert_uint_eq(vm.nodes.used, nodes);
	ck_assert_uint_eq(page_tree_lookup_owned(&vm, &tree, 1), 0);

	ck_assert_uint_eq(page_tree_refs(&vm, &tree, 1), 2);
	put(&tree, 1);
	ck_assert_uint_eq(page_tree_refs(&vm, &tree, 1), 1);
	ck_assert_uint_eq(page_tree_refs(&vm, &tree, 2), 0);
	ck_assert_uint_eq(at(&snapshot, 1), a);
	ck_assert_uint_ne(at(&tree, 1), a);
	ck_assert_uint_eq(page_tree_lookup_owned(&vm, &snapshot, 1), a);
	page_tree_drop(&vm, &snapshot);
	page_tree_drop(&vm, &tree);
}

TEST(only_a_frame_that_one_tree_has_is_owned)
{
	struct page_tree tree = { 0 }, other = { 0 };
	uint32_t a = put(&tree, 0);

	ck_assert_uint_eq(page_tree_lookup_owned(&vm, &tree, 0), a);
	graft(&other, 7, &tree, 0, 1);
	ck_assert_uint_eq(at(&other, 7), a);
	ck_assert_uint_eq(page_tree_lookup_owned(&vm, &tree, 0), 0);
	page_tree_drop(&vm, &other);
	page_tree_reap(&vm, 100);
	ck_assert_uint_eq(page_tree_lookup_owned(&vm, &tree, 0), a);
	page_tree_drop(&vm, &tree);
}

TEST(a_graft_between_like_places_shares_subtrees)
{
	struct page_tree source = { 0 }, target = { 0 };
	uint32_t nodes;

	for (unsigned page = 0; page < 8192; page++)
		put(&source, page);
	nodes = vm.nodes.used;

	graft(&target, 4096, &source, 0, 8192);

	/* Its own root, and what is below is the source's. */
	ck_assert_uint_le(vm.nodes.used, nodes + 1);
	for (unsigned page = 0; page < 8192; page += 99)
		ck_assert_uint_eq(at(&target, 4096 + page), at(&source, page));
	page_tree_drop(&vm, &source);
	page_tree_drop(&vm, &target);
}

TEST(a_graft_of_nothing_clears_and_frees)
{
	struct page_tree tree = { 0 };

	for (unsigned page = 0; page < 300; page++)
		put(&tree, page);

	page_tree_clear(&vm, &tree, 10, 280);
	page_tree_reap(&vm, 1000);

	ck_assert_uint_eq(vm.pages.used, 20);
	ck_assert_uint_eq(page_tree_count(&vm, &tree, 0, 300), 20);
	page_tree_clear(&vm, &tree, 0, PAGE_TREE_SPAN);
	ck_assert_uint_eq(tree.root, 0);
}

TEST(pages_move_down_as_well_as_up)
{
	struct page_tree source = { 0 }, target = { 0 };
	uint32_t frame = put(&source, 100000);

	graft(&target, 3, &source, 99990, 20);

	ck_assert_uint_eq(at(&target, 13), frame);
	ck_assert_uint_eq(page_tree_count(&vm, &target, 0, 100), 1);
	page_tree_drop(&vm, &source);
	page_tree_drop(&vm, &target);
}

TEST(a_graft_over_terabytes_of_nothing_takes_no_time)
{
	struct page_tree source = { 0 }, target = { 0 };

	put(&source, 1);
	put(&source, UINT64_C(1) << 34);
	put(&target, 12345);

	graft(&target, 77, &source, 0, UINT64_C(1) << 35);

	ck_assert_uint_ne(at(&target, 78), 0);
	ck_assert_uint_ne(at(&target, 77 + (UINT64_C(1) << 34)), 0);
	ck_assert_uint_eq(at(&target, 12345), 0);
	ck_assert_uint_eq(page_tree_count(&vm, &target, 0, PAGE_TREE_SPAN), 2);
	page_tree_drop(&vm, &source);
	page_tree_drop(&vm, &target);
}

/* Trees and arrays side by side. Each step is a write, a graft from another
 * tree or itself, a clearing, or a snapshot that replaces a tree. */
enum { TREES = 4, PAGES = 9000 };

static struct page_tree trees[TREES];
static uint32_t arrays[TREES][PAGES];

static void
random_graft(unsigned t, unsigned s)
{
	uint64_t count = 1 + (uint64_t)random() % PAGES;
	uint64_t from = (uint64_t)random() % (PAGES - count + 1);
	uint64_t to = (uint64_t)random() % (PAGES - count + 1);
	struct page_tree source;

	if (random() % 2 == 0 && to % 64 + from % 64 < PAGES - count)
		to = to / 64 * 64 + from % 64;
	if (to + count > PAGES)
		return;
	source = page_tree_snapshot(&vm, &trees[s]);
	graft(&trees[t], to, &source, from, count);
	page_tree_drop(&vm, &source);
	memmove(&arrays[t][to], &arrays[s][from], count * sizeof(uint32_t));
}

static void
random_step(void)
{
	unsigned t = (unsigned)random() % TREES;
	unsigned s = (unsigned)random() % TREES;
	uint64_t page = (uint64_t)random() % PAGES;

	switch (random() % 8) {
	default:
		arrays[t][page] = put(&trees[t], page);
		break;
	case 5:
	case 6:
		random_graft(t, s);
		break;
	case 7:
		if (random() % 2 == 0) {
			uint64_t count = (uint64_t)random() % (PAGES - page);

			page_tree_clear(&vm, &trees[t], page, count);
			memset(&arrays[t][page], 0, count * 4);
		} else if (t != s) {
			page_tree_drop(&vm, &trees[t]);
			trees[t] = page_tree_snapshot(&vm, &trees[s]);
			memcpy(arrays[t], arrays[s], sizeof(arrays[t]));
		}
		break;
	}
}

static void
compare(unsigned t)
{
	uint64_t pages = 0;

	for (uint64_t page = 0; page < PAGES; page++) {
		ck_assert_uint_eq(at(&trees[t], page), arrays[t][page]);
		pages += arrays[t][page] != 0;
	}
	ck_assert_uint_eq(page_tree_count(&vm, &trees[t], 0, PAGES), pages);
}

TEST(thousands_of_random_changes_agree_with_plain_arrays)
{
	srandom(2);
	for (unsigned n = 0; n < 6000; n++) {
		random_step();
		if (random() % 4 == 0)
			page_tree_reap(&vm, 100);
		if (n % 20 == 0)
			compare((unsigned)random() % TREES);
	}
	for (unsigned t = 0; t < TREES; t++) {
		compare(t);
		page_tree_drop(&vm, &trees[t]);
	}
}
