/*
 * Calls that are queued, and collected later
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/mach.h>
#include <mach/mach_vm.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum { DEPTH = 64, PAGES = 64 };

static const vm_address_t window = 0x10000000;

void
test_setup(void)
{
	daemon_start("--memory", "1G", NULL);
	ck_assert_int_eq(vm_protect(mach_task_self(), 0, 0, FALSE, 3),
	    KERN_SUCCESS); /* the session is open */
}

static bool killed;

void
test_teardown(void)
{
	if (killed)
		daemon_remove_leftovers();
	else
		daemon_stop();
}

#define queued(call) ck_assert_int_eq(call, KERN_SUCCESS)

/* So many results, with these tags in a row. */
static void
collect(vmd_queue_t *queue, struct vmd_result *results, size_t count,
    uint64_t tag)
{
	size_t n;

	queued(vmd_queue_collect(queue, results, count, &n));
	ck_assert_uint_eq(n, count);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(results[i].tag, tag + i);
}

/* --- As if they were made alone ----------------------------------------- */

/* A call, and what it told. */
struct trial {
	unsigned kind;
	vm_address_t a, b;
	vm_size_t size;
	int number;
	kern_return_t code;
	vm_address_t address;
	vm_size_t told;
	mach_port_t name;
	mach_msg_type_number_t count;
	vm_prot_t protection[2];
	struct vm_region_basic_info_64 info;
	uint8_t data[2 * PAGE];
};

static unsigned
chance(unsigned *seed, unsigned below)
{
	return (unsigned)rand_r(seed) % below;
}

static void
invent(struct trial *trial, unsigned *seed)
{
	memset(trial, 0, sizeof(*trial));
	trial->kind = chance(seed, 12);
	trial->a = window + chance(seed, PAGES) * PAGE;
	trial->b = window + chance(seed, PAGES) * PAGE;
	trial->size = chance(seed, 3) * PAGE;
	trial->number = (int)chance(seed, 8);
	trial->address = trial->a;
	trial->count = VM_REGION_BASIC_INFO_COUNT_64;
	memset(trial->data, 'a' + trial->number, sizeof(trial->data));
}

/* The same call, alone or queued, in one of two tasks. */
#define EITHER(name, ...)                                                      \
	(queue ? vmd_queue_##name(queue, tag, task, __VA_ARGS__)               \
	       : name(task, __VA_ARGS__))

static kern_return_t
attempt(vmd_queue_t *queue, uint64_t tag, task_t task, struct trial *t)
{
	switch (t->kind) {
	case 0:
		return EITHER(vm_allocate, &t->address, t->size, t->number & 1);
	case 1:
		return EITHER(vm_deallocate, t->a, t->size);
	case 2:
		return EITHER(vm_protect, t->a, t->size, t->number == 0,
		    t->number);
	case 3:
		return EITHER(vm_inherit, t->a, t->size,
		    (vm_inherit_t)t->number % 4);
	case 4:
		return EITHER(vm_copy, t->a, t->size, t->b);
	case 5:
		return EITHER(vm_write, t->a, (vm_offset_t)t->data,
		    (mach_msg_type_number_t)t->size);
	case 6:
		return EITHER(vm_read_overwrite, t->a, t->size,
		    (vm_address_t)t->data, &t->told);
	case 7:
		return EITHER(vm_region_64, &t->address, &t->told,
		    VM_REGION_BASIC_INFO_64, (vm_region_info_t)&t->info,
		    &t->count, &t->name);
	case 8:
		return EITHER(vm_remap, &t->address, t->size, 0, 0, task, t->b,
		    t->number & 1, &t->protection[0], &t->protection[1],
		    VM_INHERIT_COPY);
	case 9:
		return EITHER(vm_msync, t->a, t->size, VM_SYNC_KILLPAGES);
	case 10:
		return EITHER(vm_map, &t->address, t->size, 0, 1,
		    MACH_PORT_NULL, 0, FALSE, 3, 7, VM_INHERIT_COPY);
	default:
		return EITHER(vm_behavior_set, t->a, t->size, t->number);
	}
}

/* What two calls that do the same need not have alike: the name of an object, of
 * which there is one only, and what lies behind the last member. */
static void
level(struct trial *trial)
{
	struct vm_region_basic_info_64 *info = &trial->info;
	uint8_t *behind = (uint8_t *)(&info->user_wired_count + 1);

	trial->name = trial->name != MACH_PORT_NULL;
	memset(behind, 0, (size_t)((uint8_t *)(info + 1) - behind));
}

TEST(a_queued_call_does_and_tells_what_one_alone_does)
{
	enum { ROUNDS = 40 };
	static struct trial alone[DEPTH], together[DEPTH];
	struct vmd_result results[DEPTH];
	vmd_queue_t *queue = vmd_queue_create();
	task_t one = new_task(), other = new_task();
	unsigned seed = 1, worked = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < DEPTH; i++) {
			invent(&alone[i], &seed);
			together[i] = alone[i];
			alone[i].code = attempt(NULL, 0, one, &alone[i]);
			queued(attempt(queue, i, other, &together[i]));
		}
		collect(queue, results, DEPTH, 0);
		for (unsigned i = 0; i < DEPTH; i++) {
			together[i].code = results[i].code;
			worked += results[i].code == KERN_SUCCESS;
			level(&alone[i]);
			level(&together[i]);
			ck_assert_mem_eq(&together[i], &alone[i],
			    sizeof(alone[i]));
		}
	}
	ck_assert_uint_gt(worked, ROUNDS * DEPTH / 8);
	ck_assert_uint_lt(worked, ROUNDS * DEPTH);
	vmd_queue_destroy(queue);
	end_task(one);
	end_task(other);
}
END_TEST

TEST(an_error_in_the_middle_stops_nothing)
{
	static uint8_t nowhere[PAGE];
	struct vmd_result results[6];
	vmd_queue_t *queue = vmd_queue_create();
	vm_address_t a = 0, untouched = CANARY;
	task_t self = mach_task_self();

	queued(vmd_queue_vm_allocate(queue, 1, self, &a, PAGE, 1));
	queued(vmd_queue_vm_allocate(queue, 2, self, &untouched, PAGE, 0));
	queued(vmd_queue_vm_protect(queue, 3, MACH_PORT_NULL, 0, 0, 0, 3));
	queued(vmd_queue_vm_write(queue, 4, self, window, 8, 8));
	queued(vmd_queue_vm_write(queue, 5, self, window, (vm_offset_t)nowhere,
	    PAGE));
	queued(vmd_queue_vm_protect(queue, 6, self, 0, 0, 0, 3));
	ck_assert_uint_eq(vmd_queue_count(queue), 6);
	collect(queue, results, 6, 1);
	ck_assert_int_eq(results[0].code, KERN_SUCCESS);
	ck_assert_uint_ne(a, 0);
	ck_assert_int_ne(results[1].code, KERN_SUCCESS);
	ck_assert_uint_eq(untouched, CANARY);
	ck_assert_int_eq(results[2].code, MACH_SEND_INVALID_DEST);
	ck_assert_int_eq(results[3].code, MACH_SEND_INVALID_MEMORY);
	ck_assert_int_eq(results[4].code, KERN_INVALID_ADDRESS);
	ck_assert_int_eq(results[5].code, KERN_SUCCESS);
	ck_assert_uint_eq(vmd_queue_count(queue), 0);
	vmd_queue_destroy(queue);
}
END_TEST

TEST(data_of_any_size_keep_their_place)
{
	static const size_t sizes[] = { 1, 4096, 31000, 40000, 300000, 5 };
	static uint8_t in[300000], out[ARRAY_SIZE(sizes)][300000];
	vm_size_t told[ARRAY_SIZE(sizes)];
	struct vmd_result results[2 * ARRAY_SIZE(sizes)];
	vmd_queue_t *queue = vmd_queue_create();
	task_t self = mach_task_self();

	allocate_at(self, window, PAGES * 4 * PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(in, 'a' + (int)i, sizeof(in));
		queued(vmd_queue_vm_write(queue, 2 * i, self, window,
		    (vm_offset_t)in, (mach_msg_type_number_t)sizes[i]));
		queued(vmd_queue_vm_read_overwrite(queue, 2 * i + 1, self,
		    window, sizes[i], (vm_address_t)out[i], &told[i]));
	}
	collect(queue, results, ARRAY_SIZE(results), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ck_assert_int_eq(results[2 * i + 1].code, KERN_SUCCESS);
		ck_assert_uint_eq(told[i], sizes[i]);
		for (size_t k = 0; k < sizes[i]; k++)
			ck_assert_uint_eq(out[i][k], 'a' + i);
	}
	vmd_queue_destroy(queue);
}
END_TEST

/* --- Many --------------------------------------------------------------- */

TEST(a_hundred_thousand_wait_to_be_collected)
{
	enum { MANY = 100000 };
	static struct vmd_result results[MANY];
	static struct vm_region_basic_info_64 info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	mach_port_t name;
	vm_address_t at;
	vm_size_t size;
	vmd_queue_t *queue = vmd_queue_create();
	task_t self = mach_task_self();

	allocate_at(self, window, PAGE);
	at = window;
	for (unsigned i = 0; i < MANY; i++)
		queued(vmd_queue_vm_region_64(queue, i, self, &at, &size,
		    VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count,
		    &name));
	ck_assert_int_eq(vm_protect(self, 0, 0, FALSE, 3), KERN_SUCCESS);
	collect(queue, results, MANY, 0);
	for (unsigned i = 0; i < MANY; i++)
		ck_assert_int_eq(results[i].code, KERN_SUCCESS);
	ck_assert_uint_eq(at, window);
	vmd_queue_destroy(queue);
}
END_TEST

TEST(a_full_queue_says_so_and_goes_on_when_collected)
{
	static struct vmd_result results[VMD_QUEUE_MOST];
	vmd_queue_t *queue = vmd_queue_create();
	task_t self = mach_task_self();

	for (unsigned i = 0; i < VMD_QUEUE_MOST; i++)
		queued(vmd_queue_vm_protect(queue, i, self, 0, 0, 0, 3));
	ck_assert_int_eq(vmd_queue_vm_protect(queue, 0, self, 0, 0, 0, 3),
	    MACH_SEND_NO_BUFFER);
	collect(queue, results, 1, 0);
	queued(vmd_queue_vm_protect(queue, VMD_QUEUE_MOST, self, 0, 0, 0, 3));
	collect(queue, results, VMD_QUEUE_MOST, 1);
	vmd_queue_destroy(queue);
}
END_TEST

TEST(what_is_not_collected_is_let_go)
{
	vmd_queue_t *queue = vmd_queue_create();
	vm_address_t a = 0;

	for (unsigned i = 0; i < 5000; i++)
		queued(vmd_queue_vm_allocate(queue, i, mach_task_self(), &a,
		    PAGE, 1));
	vmd_queue_destroy(queue);
	ck_assert_uint_ne(a, 0);
}
END_TEST

/* --- Others ------------------------------------------------------------- */

static void *
use_a_queue(void *nothing)
{
	struct vmd_result results[DEPTH];
	vmd_queue_t *queue = vmd_queue_create();
	vm_address_t a[DEPTH];
	task_t self = mach_task_self();

	for (unsigned round = 0; round < 50; round++) {
		for (unsigned i = 0; i < DEPTH; i++) {
			a[i] = 0;
			queued(vmd_queue_vm_allocate(queue, i, self, &a[i],
			    PAGE, 1));
		}
		collect(queue, results, DEPTH, 0);
		for (unsigned i = 0; i < DEPTH; i++)
			queued(vmd_queue_vm_deallocate(queue, i, self, a[i],
			    PAGE));
		collect(queue, results, DEPTH, 0);
		for (unsigned i = 0; i < DEPTH; i++)
			ck_assert_int_eq(results[i].code, KERN_SUCCESS);
	}
	vmd_queue_destroy(queue);
	return nothing;
}

static void *
call_alone(void *nothing)
{
	for (unsigned i = 0; i < 2000; i++) {
		vm_address_t a = 0;

		ck_assert_int_eq(vm_allocate(mach_task_self(), &a, PAGE, 1),
		    KERN_SUCCESS);
		ck_assert_int_eq(vm_deallocate(mach_task_self(), a, PAGE),
		    KERN_SUCCESS);
	}
	return nothing;
}

TEST(threads_have_queues_and_others_call_meanwhile)
{
	void *(*const what[])(
	    void *) = { use_a_queue, call_alone, use_a_queue, call_alone };
	pthread_t threads[ARRAY_SIZE(what)];

	for (size_t i = 0; i < ARRAY_SIZE(what); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, what[i],
				     NULL),
		    0);
	for (size_t i = 0; i < ARRAY_SIZE(what); i++)
		pthread_join(threads[i], NULL);
}
END_TEST

TEST(nobody_waits_for_a_queue_that_is_not_collected)
{
	vmd_queue_t *queue = vmd_queue_create();
	pthread_t thread;

	for (unsigned i = 0; i < 60000; i++)
		queued(vmd_queue_vm_protect(queue, i, mach_task_self(), 0, 0, 0,
		    3));
	queued(vmd_queue_flush(queue));
	ck_assert_int_eq(pthread_create(&thread, NULL, call_alone, NULL), 0);
	pthread_join(thread, NULL);
	vmd_queue_destroy(queue);
}
END_TEST

TEST(a_child_cannot_use_the_queue_and_the_parent_can)
{
	struct vmd_result results[2];
	vmd_queue_t *queue = vmd_queue_create();
	task_t self = mach_task_self();
	size_t n;
	int status;
	pid_t child;

	queued(vmd_queue_vm_protect(queue, 0, self, 0, 0, 0, 3));
	queued(vmd_queue_flush(queue));
	queued(vmd_queue_vm_protect(queue, 1, self, 0, 0, 0, 3));
	child = fork();
	if (child == 0) {
		bool right = vmd_queue_vm_protect(queue, 2, self, 0, 0, 0, 3) ==
				 MACH_SEND_INVALID_DEST &&
			     vmd_queue_flush(queue) == MACH_SEND_INVALID_DEST &&
			     vmd_queue_collect(queue, results, 2, &n) ==
				 MACH_SEND_INVALID_DEST &&
			     n == 0 &&
			     vm_protect(self, 0, 0, 0, 3) == KERN_SUCCESS;

		vmd_queue_destroy(queue);
		_exit(right ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	collect(queue, results, 2, 0);
	ck_assert_int_eq(results[1].code, KERN_SUCCESS);
	vmd_queue_destroy(queue);
}
END_TEST

TEST(when_the_daemon_dies_every_call_has_its_code)
{
	static struct vmd_result results[1001];
	vmd_queue_t *queue = vmd_queue_create();
	task_t self = mach_task_self();

	queued(vmd_queue_vm_protect(queue, 0, self, 0, 0, 0, 3));
	collect(queue, results, 1, 0);
	kill(daemon_pid(), SIGSTOP);
	for (unsigned i = 0; i < 1000; i++)
		queued(vmd_queue_vm_protect(queue, i, self, 0, 0, 0, 3));
	queued(vmd_queue_flush(queue));
	kill(daemon_pid(), SIGKILL);
	queued(vmd_queue_vm_protect(queue, 1000, self, 0, 0, 0, 3));
	collect(queue, results, 1001, 0);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_int_eq(results[i].code, MIG_SERVER_DIED);
	ck_assert_msg(results[1000].code == MIG_SERVER_DIED ||
			  results[1000].code == MACH_SEND_INVALID_DEST,
	    "%d", results[1000].code);
	queued(vmd_queue_vm_protect(queue, 7, self, 0, 0, 0, 3));
	collect(queue, results, 1, 7);
	ck_assert_int_eq(results[0].code, MACH_SEND_INVALID_DEST);
	vmd_queue_destroy(queue);
	waitpid(daemon_pid(), NULL, 0);
	killed = true;
}
END_TEST
