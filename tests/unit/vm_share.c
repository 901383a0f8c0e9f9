/* Shares: counts of mappings by parts, against a plain array. */
#include "tests/support/test.h"

#include <stdlib.h>

#include "server/vm/vm_share.h"
#include "tests/support/picture.h"

enum { PARTS = 64, MOST = 200 };

static struct range_tree shares;
static unsigned mappings[PARTS]; /* of each part: the truth */
static bool cleared[PARTS];

void
test_setup(void)
{
	machine_start(1 << 20, 0);
}

void
test_teardown(void)
{
	vm_share_clear(&machine, &shares);
	ck_assert_uint_eq(machine.shares.used, 0);
	machine_stop();
}

/* Is any of [start, end) shared? */
static bool
any(uint64_t start, uint64_t end)
{
	while (start < end) {
		uint64_t from = start, to = end;

		if (vm_share_at(&shares, start, &from, &to))
			return true;
		ck_assert_uint_gt(to, start);
		start = to;
	}
	return false;
}

static void
gone(void *context, uint64_t start, uint64_t end)
{
	(void)context;
	for (uint64_t i = start; i < end; i++)
		cleared[i] = true;
}

static void
map_part(uint64_t start, uint64_t end)
{
	vm_share_add(&machine, &shares, start, end);
	for (uint64_t i = start; i < end; i++)
		mappings[i]++;
}

static void
unmap_part(uint64_t start, uint64_t end)
{
	for (unsigned i = 0; i < PARTS; i++)
		cleared[i] = false;
	vm_share_drop(&machine, &shares, start, end, gone, NULL);
	for (uint64_t i = 0; i < PARTS; i++) {
		bool inside = i >= start && i < end;

		ck_assert_int_eq(cleared[i], inside && mappings[i] == 1);
		mappings[i] -= inside;
	}
}

static void
parts_end_where_sharing_does(void)
{
	uint64_t from = 5, to = 18;

	ck_assert(vm_share_at(&shares, 12, &from, &to));
	ck_assert_uint_eq(from, 10);
	ck_assert_uint_eq(to, 18);
	from = 0;
	to = 100;
	ck_assert(!vm_share_at(&shares, 40, &from, &to));
	ck_assert_uint_eq(from, 20);
	ck_assert_uint_eq(to, 100);
}

TEST(what_has_one_mapping_is_in_no_share)
{
	ck_assert(!any(0, PARTS));
}

TEST(a_part_mapped_twice_is_shared_until_one_goes)
{
	vm_share_add(&machine, &shares, 10, 20);

	ck_assert(any(0, 11));
	ck_assert(!any(0, 10));
	ck_assert(!any(20, 30));
	parts_end_where_sharing_does();
	vm_share_drop(&machine, &shares, 10, 20, gone, NULL);
	ck_assert(!any(0, PARTS));
	ck_assert(!cleared[10]);
	vm_share_drop(&machine, &shares, 10, 20, gone, NULL);
	ck_assert(cleared[10] && cleared[19] && !cleared[20]);
}

TEST(random_mappings_agree_with_a_plain_array)
{
	uint64_t start[MOST], end[MOST];
	unsigned count = 0;

	srandom(3);
	for (unsigned i = 0; i < PARTS; i++)
		mappings[i] = 1;
	for (unsigned n = 0; n < 20000; n++) {
		unsigned i = (unsigned)random() % MOST;

		if (i >= count && count < MOST) {
			start[count] = (uint64_t)random() % PARTS;
			end[count] =
			    start[count] + 1 +
			    (uint64_t)random() % (PARTS - start[count]);
			map_part(start[count], end[count]);
			count++;
		} else if (i < count) {
			unmap_part(start[i], end[i]);
			count--;
			start[i] = start[count];
			end[i] = end[count];
		}
		ck_assert_ptr_null(range_tree_check(&shares));
		/* No more of them than mappings have ends. */
		ck_assert_uint_le(shares.count, 2 * count + 1);
		for (uint64_t part = 0; part < PARTS; part++)
			ck_assert_int_eq(any(part, part + 1),
			    mappings[part] > 1);
	}
}
