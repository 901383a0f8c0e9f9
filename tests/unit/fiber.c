#include "server/fiber.h"

#include <stdint.h>
#include <string.h>

#include "tests/support/test.h"

struct work {
	unsigned steps;
	unsigned pauses;
	bool running; /* was told while it ran */
};

static void
count(void *context)
{
	struct work *work = context;
	unsigned pauses = work->pauses;

	work->running = fiber_is_running();
	for (unsigned i = 0; i < pauses; i++) {
		work->steps++;
		fiber_pause();
	}
	work->steps++;
}

TEST(what_does_not_pause_ends_at_once)
{
	struct work work = { 0 };
	struct fiber *fiber = (struct fiber *)&work;

	ck_assert(fiber_start(count, &work, &fiber));
	ck_assert_ptr_null(fiber);
	ck_assert_uint_eq(work.steps, 1);
	ck_assert(work.running);
	ck_assert(!fiber_is_running());
}

TEST(what_pauses_goes_on_where_it_was)
{
	struct work work = { .pauses = 3 };
	struct fiber *fiber;

	ck_assert(fiber_start(count, &work, &fiber));
	for (unsigned i = 1; i <= work.pauses; i++) {
		ck_assert_uint_eq(work.steps, i);
		ck_assert(!fiber_is_running());
		ck_assert_int_eq(fiber_resume(fiber), i == work.pauses);
	}
	ck_assert_uint_eq(work.steps, 4);
}

TEST(many_pause_side_by_side)
{
	enum { MANY = 200 };
	struct work works[MANY];
	struct fiber *fibers[MANY];
	unsigned left = MANY;

	for (unsigned i = 0; i < MANY; i++) {
		works[i] = (struct work){ .pauses = 1 + i % 7 };
		ck_assert(fiber_start(count, &works[i], &fibers[i]));
		ck_assert_ptr_nonnull(fibers[i]);
	}
	while (left > 0)
		for (unsigned i = 0; i < MANY; i++)
			if (fibers[i] && fiber_resume(fibers[i])) {
				ck_assert_uint_eq(works[i].steps,
				    works[i].pauses + 1);
				fibers[i] = NULL;
				left--;
			}
}

/* What lies on its stack, and is there after every pause. */
static void
keep_a_lot(void *context)
{
	uint8_t *seed = context;
	uint8_t bytes[128 * 1024];

	memset(bytes, *seed, sizeof(bytes));
	fiber_pause();
	for (size_t i = 0; i < sizeof(bytes); i++)
		ck_assert_uint_eq(bytes[i], *seed);
}

TEST(each_has_a_stack_of_its_own)
{
	uint8_t a = 0xaa, b = 0xbb;
	struct fiber *first, *second;

	ck_assert(fiber_start(keep_a_lot, &a, &first));
	ck_assert(fiber_start(keep_a_lot, &b, &second));
	ck_assert(fiber_resume(first));
	ck_assert(fiber_resume(second));
}

void
test_teardown(void)
{
	fiber_cleanup();
}
