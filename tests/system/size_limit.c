/* Limits of a task's size, and the frames of its pages. */
#include "tests/support/test.h"

#include <string.h>

#include <mach/gnumach.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

static mach_port_t host;
static task_t task;

void
test_setup(void)
{
	daemon_start("--check", "--memory", "64M", NULL);
	host = mach_host_self();
	task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

static void
limits_are(task_t which, vm_size_t current, vm_size_t max)
{
	vm_size_t cur = CANARY, most = CANARY;

	succeeds(vm_get_size_limit(which, &cur, &most));
	ck_assert_uint_eq(cur, current);
	ck_assert_uint_eq(most, max);
}

static kern_return_t
map_anywhere(task_t which, vm_size_t size, vm_prot_t max, vm_address_t *at)
{
	*at = 0;
	return vm_map(which, at, size, 0, VM_FLAGS_ANYWHERE, MACH_PORT_NULL, 0,
	    FALSE, max & VM_PROT_DEFAULT, max, VM_INHERIT_COPY);
}

/* --- Setting ----------------------------------------------------------- */

static void
there_is_none_at_first(enum personality personality)
{
	(void)personality;
	limits_are(new_task(), UINT64_MAX, UINT64_MAX);
	limits_are(mach_task_self(), UINT64_MAX, UINT64_MAX);
}

TEST(a_task_starts_without_a_limit)
{
	in_each_personality(there_is_none_at_first);
}

static void
limits_are_judged(enum personality personality)
{
	mach_port_t plain = mach_host_self(), priv = privileged_host();
	task_t mine = new_task(), dead = new_task();
	const struct {
		mach_port_t port, map;
		vm_size_t current, max;
		kern_return_t code;
		const char *why;
	} rows[] = {
		{ plain, mine, 2, 1, KERN_INVALID_ARGUMENT, "more than most" },
		{ mine, 0, 2, 1, KERN_INVALID_ARGUMENT, "that is first" },
		{ plain, 0, 1, 2, KERN_INVALID_TASK, "no task" },
		{ plain, dead, 1, 2, KERN_INVALID_TASK, "a dead one" },
		{ plain, plain, 1, 2, KERN_INVALID_TASK, "a host" },
		{ mine, plain, 1, 2, KERN_INVALID_TASK, "both are wrong" },
		{ mine, mine, 1, 2, KERN_INVALID_HOST, "no host" },
		{ plain, mine, 0x4001, 0x8000, KERN_SUCCESS, "less" },
		{ plain, mine, 0x4000, 0x8001, KERN_NO_ACCESS, "more again" },
		{ plain, mine, 0x8000, 0x8000, KERN_SUCCESS, "up to the most" },
		{ plain, mine, 0, 0, KERN_SUCCESS, "nothing" },
		{ plain, mine, 0, 1, KERN_NO_ACCESS, "one byte" },
		{ priv, mine, 0x2000, UINT64_MAX, KERN_SUCCESS, "raised" },
		{ priv, 0, 1, 2, KERN_INVALID_TASK, "no task, privileged" },
		{ MACH_PORT_NULL, mine, 2, 1, MACH_SEND_INVALID_DEST,
		    "nobody to ask" },
		{ plain, mine, 0x3000, 0x5000, KERN_SUCCESS, "the last" },
	};

	(void)personality;
	succeeds(task_terminate(dead));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		vm_size_t cur, max, cur_after, max_after;

		succeeds(vm_get_size_limit(mine, &cur, &max));
		code_is(vm_set_size_limit(rows[i].port, rows[i].map,
			    rows[i].current, rows[i].max),
		    rows[i].code, rows[i].why);
		succeeds(vm_get_size_limit(mine, &cur_after, &max_after));
		if (rows[i].code == KERN_SUCCESS) {
			cur = rows[i].current;
			max = rows[i].max;
		}
		ck_assert_uint_eq(cur_after, cur);
		ck_assert_uint_eq(max_after, max);
	}
}

TEST(limits_are_lowered_by_anybody_and_raised_by_the_privileged)
{
	in_each_personality(limits_are_judged);
}

TEST(limits_are_a_tasks)
{
	vm_size_t cur = CANARY, max = CANARY;

	answers(vm_get_size_limit(host, &cur, &max), KERN_INVALID_TASK);
	answers(vm_get_size_limit(MACH_PORT_NULL, &cur, &max),
	    MACH_SEND_INVALID_DEST);
	ck_assert_uint_eq(cur, CANARY);
	ck_assert_uint_eq(max, CANARY);
}

TEST(children_have_their_parents_limits)
{
	task_t child;

	succeeds(vm_set_size_limit(host, task, 0x3000, 0x5000));
	limits_are(child_of(task), 0x3000, 0x5000);
	succeeds(task_create(task, NULL, 0, FALSE, &child));
	limits_are(child, 0x3000, 0x5000);
	succeeds(vm_set_size_limit(host, task, 0x1000, 0x1000));
	limits_are(child, 0x3000, 0x5000);
}

/* --- Holding ----------------------------------------------------------- */

/* As GNU Mach's own test of it goes. */
static void
the_limit_holds(enum personality personality)
{
	task_t mine = new_task();
	vm_address_t at = 0, third;

	(void)personality;
	succeeds(
	    vm_set_size_limit(mach_host_self(), mine, 128 * MIB, 512 * MIB));
	limits_are(mine, 128 * MIB, 512 * MIB);
	answers(vm_set_size_limit(mach_host_self(), mine, 128 * MIB,
		    1024 * MIB),
	    KERN_NO_ACCESS);

	at = allocate(mine, 128 * KIB);
	succeeds(vm_deallocate(mine, at, 128 * KIB));
	answers(vm_allocate(mine, &at, 256 * MIB, TRUE), KERN_NO_SPACE);
	answers(map_anywhere(mine, 256 * MIB, VM_PROT_DEFAULT, &third),
	    KERN_NO_SPACE);

	succeeds(map_anywhere(mine, 256 * MIB, VM_PROT_NONE, &third));
	answers(vm_protect(mine, third, 256 * MIB, TRUE, VM_PROT_ALL),
	    KERN_PROTECTION_FAILURE);
	at = allocate(mine, 128 * MIB);
	answers(vm_allocate(mine, &third, PAGE, TRUE), KERN_NO_SPACE);
	succeeds(vm_protect(mine, at, PAGE, TRUE, VM_PROT_NONE));
	allocate(mine, PAGE);
	answers(vm_allocate(mine, &third, 1, TRUE), KERN_NO_SPACE);
}

TEST(no_more_is_mapped_than_the_limit)
{
	in_each_personality(the_limit_holds);
}

TEST(what_is_mapped_stays_when_the_limit_is_lowered)
{
	vm_address_t at = 0;

	draw(task, 0x10000, "abcd");
	succeeds(vm_set_size_limit(host, task, 0x2000, 0x10000));
	pages_are(task, 0x10000, "abcd");
	answers(vm_allocate(task, &at, PAGE, VM_FLAGS_ANYWHERE), KERN_NO_SPACE);
	succeeds(vm_deallocate(task, 0x10000, 3 * PAGE));
	allocate(task, PAGE);
	answers(vm_allocate(task, &at, PAGE, VM_FLAGS_ANYWHERE), KERN_NO_SPACE);
	succeeds(vm_set_size_limit(host, task, 0x3000, 0x10000));
	allocate(task, PAGE);
}

TEST(a_remapping_is_held_to_the_limit_too)
{
	vm_address_t at = 0;
	vm_prot_t cur, max;

	draw(task, 0x10000, "ab");
	succeeds(vm_set_size_limit(host, task, 0x3000, 0x3000));
	answers(vm_remap(task, &at, 2 * PAGE, 0, VM_FLAGS_ANYWHERE, task,
		    0x10000, FALSE, &cur, &max, VM_INHERIT_COPY),
	    KERN_NO_SPACE);
	succeeds(vm_remap(task, &at, PAGE, 0, VM_FLAGS_ANYWHERE, task, 0x10000,
	    FALSE, &cur, &max, VM_INHERIT_COPY));
}

TEST(what_a_limit_leaves_is_told_by_task_info)
{
	task_vm_info_data_t info;
	mach_msg_type_number_t count = TASK_VM_INFO_COUNT;

	draw(task, 0x10000, "ab");
	succeeds(vm_set_size_limit(host, task, 0x5000, 0x5000));
	succeeds(task_info(task, TASK_VM_INFO, (task_info_t)&info, &count));
	ck_assert_uint_eq(info.limit_bytes_remaining, 0x3000);
	succeeds(vm_set_size_limit(host, task, 0x1000, 0x5000));
	succeeds(task_info(task, TASK_VM_INFO, (task_info_t)&info, &count));
	ck_assert_uint_eq(info.limit_bytes_remaining, 0);
}

/* --- Frames ------------------------------------------------------------ */

TEST(each_page_has_the_address_of_its_frame_or_zero)
{
	rpc_phys_addr_t room[4], *pages = room;
	mach_msg_type_number_t count = ARRAY_SIZE(room);
	task_t child;

	draw(task, 0x10000, "a0.b");
	succeeds(vm_pages_phys(privileged_host(), task, 0x10000, 4 * PAGE,
	    &pages, &count));
	ck_assert_ptr_eq(pages, room);
	ck_assert_uint_eq(count, 4);
	ck_assert_uint_ne(room[0], 0);
	ck_assert_uint_eq(room[0] % PAGE, 0);
	ck_assert_uint_eq(room[1], 0);
	ck_assert_uint_eq(room[2], 0);
	ck_assert_uint_ne(room[3], 0);
	ck_assert_uint_ne(room[3], room[0]);

	child = child_of(task);
	fill(child, 0x13000, 1, 'c');
	pages = &room[2];
	count = 1;
	succeeds(vm_pages_phys(privileged_host(), child, 0x10000, PAGE, &pages,
	    &count));
	ck_assert_uint_eq(room[2], room[0]);
	succeeds(vm_pages_phys(privileged_host(), child, 0x13000, PAGE, &pages,
	    &count));
	ck_assert_uint_ne(room[2], room[3]);
}

TEST(more_pages_than_there_is_room_for_are_given_memory)
{
	enum { PAGES = 10000 };
	rpc_phys_addr_t room[1], *pages = room;
	mach_msg_type_number_t count = ARRAY_SIZE(room);

	allocate_at(task, 0x1000000, PAGES * PAGE);
	for (unsigned i = 0; i < PAGES; i += 7)
		fill(task, 0x1000000 + i * PAGE, 1, 'x');
	succeeds(vm_pages_phys(privileged_host(), task, 0x1000000, PAGES * PAGE,
	    &pages, &count));
	ck_assert_uint_eq(count, PAGES);
	ck_assert_ptr_ne(pages, room);
	for (unsigned i = 0; i < PAGES; i++)
		ck_assert_int_eq(pages[i] != 0, i % 7 == 0);
	succeeds(vm_deallocate(mach_task_self(), (vm_address_t)(uintptr_t)pages,
	    count * sizeof(*pages)));
}

TEST(frames_are_for_the_privileged)
{
	mach_port_t priv = privileged_host();
	const struct {
		mach_port_t port, task;
		vm_address_t address;
		vm_size_t size;
		kern_return_t code;
		const char *why;
	} rows[] = {
		{ host, task, 0, PAGE, KERN_INVALID_HOST, "a plain port" },
		{ task, task, 0, PAGE, KERN_INVALID_HOST, "no host" },
		{ host, 0, 1, 1, KERN_INVALID_HOST, "that is first" },
		{ priv, 0, 0, PAGE, KERN_INVALID_TASK, "no task" },
		{ priv, priv, 1, 1, KERN_INVALID_TASK, "a host as one" },
		{ priv, task, 1, PAGE, KERN_INVALID_ARGUMENT, "in a page" },
		{ priv, task, 0, 1, KERN_INVALID_ARGUMENT, "half a page" },
		{ priv, task, -(vm_address_t)PAGE, 2 * PAGE,
		    KERN_INVALID_ARGUMENT, "it wraps" },
		{ MACH_PORT_NULL, task, 0, PAGE, MACH_SEND_INVALID_DEST,
		    "nobody to ask" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rpc_phys_addr_t room[1] = { CANARY }, *pages = room;
		mach_msg_type_number_t count = 1;

		code_is(vm_pages_phys(rows[i].port, rows[i].task,
			    rows[i].address, rows[i].size, &pages, &count),
		    rows[i].code, rows[i].why);
		ck_assert_uint_eq(room[0], CANARY);
		ck_assert_uint_eq(count, 1);
	}
}

TEST(of_no_pages_nothing_is_told)
{
	rpc_phys_addr_t room[1] = { CANARY }, *pages = room;
	mach_msg_type_number_t count = 1;

	succeeds(
	    vm_pages_phys(privileged_host(), task, 0x10000, 0, &pages, &count));
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(room[0], CANARY);
}

/* --- The cache --------------------------------------------------------- */

TEST(nothing_is_kept_for_later)
{
	vm_cache_statistics_data_t cache;

	draw(task, 0x10000, "ab");
	end_task(task);
	memset(&cache, 0x5a, sizeof(cache));
	succeeds(vm_cache_statistics(mach_task_self(), &cache));
	for (size_t i = 0; i < sizeof(cache) / sizeof(integer_t); i++)
		ck_assert_int_eq(((const integer_t *)&cache)[i], 0);
	answers(vm_cache_statistics(host, &cache), KERN_INVALID_ARGUMENT);
	answers(vm_cache_statistics(MACH_PORT_NULL, &cache),
	    MACH_SEND_INVALID_DEST);
}
