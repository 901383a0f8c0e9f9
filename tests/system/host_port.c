/* The host, port names, and what a program has without asking. */
#include "tests/support/test.h"

#include <string.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

static mach_port_t own;

void
test_setup(void)
{
	daemon_start("--check", NULL);
	own = mach_task_self();
	regions_are(own, "");
}

void
test_teardown(void)
{
	daemon_stop();
}

/* --- The host ---------------------------------------------------------- */

TEST(the_page_size_of_the_host_is_that_of_memory)
{
	vm_size_t size = CANARY;

	succeeds(host_page_size(mach_host_self(), &size));

	ck_assert_uint_eq(size, PAGE);
	ck_assert_uint_eq(size, vm_page_size);
	draw(own, 0x10000, "a");
	succeeds(vm_protect(own, 0x10000, 1, FALSE, VM_PROT_READ));
	regions_are(own, "10000-11000 r--/rwx copy");
}

TEST(host_page_size_wants_a_host)
{
	vm_size_t size = CANARY;
	task_t task = new_task();

	answers(host_page_size(MACH_PORT_NULL, &size), MACH_SEND_INVALID_DEST);
	answers(host_page_size(own, &size), KERN_INVALID_ARGUMENT);
	answers(host_page_size(task, &size), KERN_INVALID_ARGUMENT);
	ck_assert_uint_eq(size, CANARY);
}

TEST(mach_host_self_is_one_name_with_a_reference_more_each_time)
{
	mach_port_t host = mach_host_self();
	vm_size_t size;

	ck_assert_uint_ne(host, MACH_PORT_NULL);
	ck_assert_uint_ne(host, MACH_PORT_DEAD);
	ck_assert_uint_ne(host, own);
	for (int i = 0; i < 9; i++)
		ck_assert_uint_eq(mach_host_self(), host);
	for (int i = 0; i < 10; i++) {
		succeeds(host_page_size(host, &size));
		succeeds(mach_port_deallocate(own, host));
	}
	answers(mach_port_deallocate(own, host), KERN_INVALID_NAME);
	answers(host_page_size(host, &size), MACH_SEND_INVALID_DEST);
	succeeds(host_page_size(mach_host_self(), &size));
}

/* --- Names ------------------------------------------------------------- */

TEST(mach_task_self_is_always_one_name_without_a_reference_more)
{
	ck_assert_uint_eq(mach_task_self(), own);
	ck_assert_uint_eq(mach_task_self_, own);
	ck_assert_uint_eq(current_task(), own);
	ck_assert_uint_ne(own, MACH_PORT_NULL);
}

TEST(mach_port_deallocate_knows_the_names_of_the_task)
{
	mach_port_t names[8];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		names[i] = new_task();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (size_t j = i + 1; j < ARRAY_SIZE(names); j++)
			ck_assert_uint_ne(names[i], names[j]);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		succeeds(mach_port_deallocate(own, names[i]));
		answers(mach_port_deallocate(own, names[i]), KERN_INVALID_NAME);
	}
}

static void
names_are_judged(enum personality personality)
{
	mach_port_t me = mach_task_self();

	(void)personality;
	succeeds(mach_port_deallocate(me, MACH_PORT_NULL));
	succeeds(mach_port_deallocate(me, MACH_PORT_DEAD));
	answers(mach_port_deallocate(me, 1), KERN_INVALID_NAME);
	answers(mach_port_deallocate(me, 0x7fffffff), KERN_INVALID_NAME);
	answers(mach_port_deallocate(me, 0xfffffffe), KERN_INVALID_NAME);
}

TEST(a_name_that_means_nothing_is_told)
{
	in_each_personality(names_are_judged);
}

TEST(a_child_has_no_names_of_its_parent_s)
{
	task_t child = child_of(own), other = new_task();

	answers(mach_port_deallocate(child, other), KERN_INVALID_NAME);
	answers(mach_port_deallocate(child, child), KERN_INVALID_NAME);
	regions_are(other, "");
}

TEST(thousands_of_names_are_no_trouble)
{
	enum { NAMES = 3000 };
	static mach_port_t names[NAMES];
	struct vmd_statistics before, after;

	succeeds(vmd_statistics(&before));
	for (size_t i = 0; i < NAMES; i++)
		names[i] = new_task();
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.tasks, before.tasks + NAMES);
	for (size_t i = 0; i < NAMES; i++)
		succeeds(mach_port_deallocate(own, names[i * 7 % NAMES]));
	succeeds(vmd_statistics(&after));

	ck_assert_uint_eq(after.tasks, before.tasks);
}

/* --- Pages ------------------------------------------------------------- */

TEST(the_page_size_its_mask_and_its_shift_agree)
{
	ck_assert_uint_eq(vm_page_mask, vm_page_size - 1);
	ck_assert_uint_eq((vm_size_t)1 << vm_page_shift, vm_page_size);
	ck_assert_uint_eq(vm_kernel_page_size, vm_page_size);
	ck_assert_uint_eq(vm_kernel_page_mask, vm_page_mask);
	ck_assert_int_eq(vm_kernel_page_shift, vm_page_shift);
	ck_assert_uint_eq(VM_MIN_ADDRESS, trunc_page(VM_MIN_ADDRESS));
	ck_assert_uint_eq(VM_MAX_ADDRESS, trunc_page(VM_MAX_ADDRESS));
}

TEST(addresses_are_rounded_to_pages)
{
	static const struct {
		mach_vm_address_t address, down, up;
	} rows[] = {
		{ 0, 0, 0 },
		{ 1, 0, 0x1000 },
		{ 0xfff, 0, 0x1000 },
		{ 0x1000, 0x1000, 0x1000 },
		{ 0x1001, 0x1000, 0x2000 },
		{ 0x123456789abc, 0x123456789000, 0x12345678a000 },
		{ UINT64_MAX - 0xfff, UINT64_MAX - 0xfff, UINT64_MAX - 0xfff },
		{ UINT64_MAX, UINT64_MAX - 0xfff, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		mach_vm_address_t a = rows[i].address;

		ck_assert_uint_eq(trunc_page(a), rows[i].down);
		ck_assert_uint_eq(round_page(a), rows[i].up);
		ck_assert_uint_eq(mach_vm_trunc_page(a), rows[i].down);
		ck_assert_uint_eq(mach_vm_round_page(a), rows[i].up);
		ck_assert_uint_eq(trunc_page_kernel(a), rows[i].down);
		ck_assert_uint_eq(round_page_kernel(a), rows[i].up);
	}
}

TEST(codes_have_words)
{
	ck_assert_str_eq(mach_error_string(KERN_SUCCESS),
	    "(os/kern) successful");
	ck_assert_str_eq(mach_error_string(KERN_INVALID_ADDRESS),
	    "(os/kern) invalid address");
	ck_assert_str_eq(mach_error_type(MACH_SEND_INVALID_DEST), "(ipc/send)");
	ck_assert_str_eq(mach_error_type(MIG_SERVER_DIED), "(ipc/mig)");
}
