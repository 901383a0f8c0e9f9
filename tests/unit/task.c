/* Tasks: references, generations, and the end of them. */
#include "tests/support/test.h"

#include "server/vm/personality.h"
#include "server/vm/task.h"
#include "tests/support/picture.h"

static struct task *task;

void
test_setup(void)
{
	machine_start(UINT64_C(16) << 20, 0);
	ck_assert_int_eq(task_new(&machine, &personality_xnu, &task),
	    KERN_SUCCESS);
}

void
test_teardown(void)
{
	task_unref(task);
	machine_stop();
}

TEST(a_child_has_its_parents_personality_and_bounds)
{
	struct task *child;

	ck_assert_int_eq(task_fork(task, false, &child), KERN_SUCCESS);
	ck_assert_ptr_eq(child->personality, &personality_xnu);
	ck_assert_uint_eq(child->map->min, task->map->min);
	ck_assert_uint_eq(child->map->max, task->map->max);
	task_unref(child);
}

TEST(without_inheritance_a_child_is_empty)
{
	struct task *child;

	allocate(task->map, 0x10000, 0x1000);
	ck_assert_int_eq(task_fork(task, false, &child), KERN_SUCCESS);
	map_is(child->map, "");
	task_unref(child);
}

TEST(memory_outlives_the_parent_that_it_came_from)
{
	struct task *child;

	allocate(task->map, 0x10000, 0x2000);
	fill(task->map, 0x10000, 0x2000, 'p');
	ck_assert_int_eq(task_fork(task, true, &child), KERN_SUCCESS);
	task_unref(task);
	machine_is_whole();

	bytes_are(child->map, 0x10000, 0x2000, 'p');
	task = child;
}

TEST(ten_thousand_generations_leave_nothing_behind)
{
	allocate(task->map, 0x10000, 0x4000);
	for (unsigned i = 0; i < 10000; i++) {
		struct task *child;

		ck_assert_int_eq(task_fork(task, true, &child), KERN_SUCCESS);
		fill(child->map, 0x10000 + (i % 4) * 0x1000, 8, (char)i);
		task_unref(task);
		task = child;
	}
	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 4);
	ck_assert_uint_le(machine.nodes.used, 3);
}

TEST(a_child_has_its_parents_limits)
{
	struct task *child;

	ck_assert_uint_eq(task->map->limit, UINT64_MAX);
	ck_assert_uint_eq(task->map->limit_max, UINT64_MAX);
	task->map->limit = 0x3000;
	task->map->limit_max = 0x5000;
	task->map->no_new_exec = true;
	task->map->entries_limit = 7;
	ck_assert_int_eq(task_fork(task, false, &child), KERN_SUCCESS);
	ck_assert_uint_eq(child->map->limit, 0x3000);
	ck_assert_uint_eq(child->map->limit_max, 0x5000);
	ck_assert(child->map->no_new_exec);
	ck_assert_uint_eq(child->map->entries_limit, 7);
	task_unref(child);
}

TEST(a_child_is_not_suspended)
{
	struct task *child;

	task->suspend_count = 3;
	ck_assert_int_eq(task_fork(task, false, &child), KERN_SUCCESS);
	ck_assert_uint_eq(child->suspend_count, 0);
	ck_assert_uint_eq(child->calls, 0);
	task_unref(child);
}

TEST(a_personality_has_a_name_and_a_number)
{
	ck_assert_ptr_eq(personality_by_name("gnu"), &personality_gnu);
	ck_assert_ptr_null(personality_by_name("GNU"));
	ck_assert_ptr_eq(personality_by_number(1), &personality_osf);
	ck_assert_ptr_null(personality_by_number(0));
	ck_assert_ptr_null(personality_by_number(4));
	ck_assert_uint_eq(personality_number(&personality_xnu), 2);
}
