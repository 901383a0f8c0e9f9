/* mach_vm_ calls do what their namesakes do, with addresses of 64 bits. */
#include "tests/support/test.h"

#include <string.h>

#include <mach/mach_vm.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

static task_t task;

void
test_setup(void)
{
	daemon_start("--check", NULL);
	task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

static const mach_vm_address_t high = UINT64_C(0x400000000000);

TEST(memory_is_had_and_given_back)
{
	mach_vm_address_t address = high + 1;

	succeeds(mach_vm_allocate(task, &address, 3 * PAGE, VM_FLAGS_FIXED));
	ck_assert_uint_eq(address, high);
	succeeds(mach_vm_deallocate(task, high + PAGE, PAGE));
	regions_are(task, "400000000000-400000001000 rw-/rwx copy\n"
			  "400000002000-400000003000 rw-/rwx copy");

	succeeds(mach_vm_allocate(task, &address, PAGE, VM_FLAGS_ANYWHERE));
	ck_assert_uint_eq(address, MACH_VM_MIN_ADDRESS);
	answers(mach_vm_deallocate(task, high, 2 * PAGE), KERN_INVALID_ADDRESS);
	address = 5;
	answers(mach_vm_allocate(task, &address, PAGE, 0x20),
	    KERN_INVALID_ARGUMENT);
	ck_assert_uint_eq(address, 5);
}

TEST(protection_and_inheritance_are_set)
{
	draw(task, high, "abc");

	succeeds(mach_vm_protect(task, high, PAGE, FALSE, VM_PROT_READ));
	succeeds(mach_vm_protect(task, high + PAGE, PAGE, TRUE, VM_PROT_READ));
	succeeds(mach_vm_inherit(task, high + 2 * PAGE, 1, VM_INHERIT_NONE));

	regions_are(task, "400000000000-400000001000 r--/rwx copy\n"
			  "400000001000-400000002000 r--/r-- copy\n"
			  "400000002000-400000003000 rw-/rwx none");
	answers(mach_vm_protect(task, high, 2 * PAGE, FALSE, VM_PROT_ALL),
	    KERN_PROTECTION_FAILURE);
	answers(mach_vm_inherit(task, high, PAGE, 3), KERN_INVALID_ARGUMENT);
}

TEST(memory_is_read)
{
	mach_msg_type_number_t count;
	mach_vm_size_t size = CANARY;
	vm_offset_t data;
	char bytes[2 * PAGE];

	draw(task, high, "abc");

	succeeds(mach_vm_read(task, high + 0x10, 2 * PAGE, &data, &count));
	ck_assert_uint_eq(count, 2 * PAGE);
	ck_assert_uint_eq(data % PAGE, 0x10);
	ck_assert_int_eq(*(char *)(data + PAGE), 'b');
	succeeds(mach_vm_deallocate(mach_task_self(), data, count));

	succeeds(mach_vm_read_overwrite(task, high + PAGE, sizeof(bytes),
	    (mach_vm_address_t)bytes, &size));
	ck_assert_uint_eq(size, sizeof(bytes));
	ck_assert_int_eq(bytes[0], 'b');
	ck_assert_int_eq(bytes[sizeof(bytes) - 1], 'c');

	data = CANARY;
	answers(mach_vm_read(task, high, UINT64_C(1) << 32, &data, &count),
	    KERN_INVALID_ARGUMENT);
	answers(mach_vm_read(task, high, 4 * PAGE, &data, &count),
	    KERN_INVALID_ADDRESS);
	ck_assert_uint_eq(data, CANARY);
}

TEST(a_list_is_read)
{
	mach_vm_read_entry_t list = {
		{ high + PAGE, 10 },
		{ high, 0 },
		{ high + 2 * PAGE, PAGE },
	};

	draw(task, high, "abc");

	succeeds(mach_vm_read_list(task, list, 3));
	ck_assert_int_eq(*(char *)(uintptr_t)list[0].address, 'b');
	ck_assert_uint_eq(list[0].size, 10);
	ck_assert_uint_eq(list[1].address, 0);
	ck_assert_int_eq(*(char *)(uintptr_t)list[2].address, 'c');
	succeeds(mach_vm_deallocate(mach_task_self(), list[0].address, 10));
	succeeds(mach_vm_deallocate(mach_task_self(), list[2].address, PAGE));
	answers(mach_vm_read_list(task, list, 257), KERN_INVALID_ARGUMENT);
}

TEST(memory_is_written_and_copied)
{
	static const char text[] = "what is written";

	draw(task, high, "ab0");

	succeeds(mach_vm_write(task, high + PAGE + 5, (vm_offset_t)text,
	    sizeof(text)));
	succeeds(mach_vm_copy(task, high, 2 * PAGE, high + PAGE));
	pages_are(task, high, "aa?");
	answers(mach_vm_copy(task, high, 1, high + PAGE),
	    KERN_INVALID_ARGUMENT);
	answers(mach_vm_copy(task, high, 3 * PAGE, high + PAGE),
	    KERN_INVALID_ADDRESS);
	answers(mach_vm_write(task, high + 3 * PAGE, (vm_offset_t)text, 1),
	    KERN_INVALID_ADDRESS);
}

TEST(regions_are_told_with_64_bits_whatever_the_flavour)
{
	static const vm_region_flavor_t flavors[] = { VM_REGION_BASIC_INFO,
		VM_REGION_BASIC_INFO_64 };

	draw(task, high, "ab");
	for (size_t i = 0; i < ARRAY_SIZE(flavors); i++) {
		mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
		struct vm_region_basic_info_64 info;
		mach_vm_address_t address = 0;
		mach_vm_size_t size;
		mach_port_t name;

		succeeds(mach_vm_region(task, &address, &size, flavors[i],
		    (vm_region_info_t)&info, &count, &name));
		ck_assert_uint_eq(address, high);
		ck_assert_uint_eq(size, 2 * PAGE);
		ck_assert_uint_eq(count, VM_REGION_BASIC_INFO_COUNT_64);
		ck_assert_int_eq(info.max_protection, VM_PROT_ALL);
		count = VM_REGION_BASIC_INFO_COUNT;
		answers(mach_vm_region(task, &address, &size, flavors[i],
			    (vm_region_info_t)&info, &count, &name),
		    KERN_INVALID_ARGUMENT);
	}
}

/* --- The same, for the same arguments ---------------------------------- */

struct range {
	mach_vm_address_t address;
	mach_vm_size_t size;
};

/* What may be wrong with a range, and what may not. */
static const struct range ranges[] = {
	{ 0x10000, PAGE },
	{ 0x10000, 0 },
	{ 0x10001, PAGE },
	{ 0x11000, 4 * PAGE },
	{ 0x13000, PAGE },
	{ 0x14000, 2 * PAGE },
	{ 0x14000, 1 },
	{ 0x70000, PAGE },
	{ 0, PAGE },
	{ MACH_VM_MAX_ADDRESS, PAGE },
	{ UINT64_MAX, 1 },
	{ UINT64_MAX - 0xfff, 0x2000 },
	{ 0x10000, UINT64_MAX - 0x10000 },
	{ 0x10000, UINT64_MAX },
};

static void
draw_alike(task_t *a, task_t *b)
{
	task_t *both[] = { a, b };

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		*both[i] = new_task();
		draw(*both[i], 0x10000, "abc.def");
		protect(*both[i], 0x14000, 2 * PAGE, VM_PROT_NONE);
	}
}

static kern_return_t
call_classic(size_t call, task_t to, vm_address_t address, vm_size_t size)
{
	static uint8_t page[PAGE] __attribute__((aligned(PAGE)));
	mach_msg_type_number_t count = sizeof(page);
	vm_address_t at = address;
	vm_offset_t data;

	switch (call) {
	case 0:
		return vm_allocate(to, &at, size, VM_FLAGS_FIXED);
	case 1:
		return vm_deallocate(to, address, size);
	case 2:
		return vm_protect(to, address, size, FALSE, VM_PROT_READ);
	case 3:
		return vm_inherit(to, address, size, VM_INHERIT_NONE);
	case 4:
		return vm_read(to, address, size, &data, &count);
	case 5:
		return vm_write(to, address, (vm_offset_t)page, count);
	case 6:
		return vm_copy(to, address, size, 0x10000);
	default:
		return vm_copy(to, 0x10000, size, address);
	}
}

static kern_return_t
call_64(size_t call, task_t to, mach_vm_address_t address, mach_vm_size_t size)
{
	static uint8_t page[PAGE] __attribute__((aligned(PAGE)));
	mach_msg_type_number_t count = sizeof(page);
	mach_vm_address_t at = address;
	vm_offset_t data;

	switch (call) {
	case 0:
		return mach_vm_allocate(to, &at, size, VM_FLAGS_FIXED);
	case 1:
		return mach_vm_deallocate(to, address, size);
	case 2:
		return mach_vm_protect(to, address, size, FALSE, VM_PROT_READ);
	case 3:
		return mach_vm_inherit(to, address, size, VM_INHERIT_NONE);
	case 4:
		return mach_vm_read(to, address, size, &data, &count);
	case 5:
		return mach_vm_write(to, address, (vm_offset_t)page, count);
	case 6:
		return mach_vm_copy(to, address, size, 0x10000);
	default:
		return mach_vm_copy(to, 0x10000, size, address);
	}
}

static void
both_answer_alike(enum personality personality)
{
	(void)personality;
	for (size_t call = 0; call < 8; call++) {
		for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
			task_t a, b;

			draw_alike(&a, &b);
			ck_assert_msg(call_classic(call, a, ranges[i].address,
					  ranges[i].size) ==
					  call_64(call, b, ranges[i].address,
					      ranges[i].size),
			    "call %zu, range %zu", call, i);
			ck_assert_uint_eq(digest(a), digest(b));
			end_task(a);
			end_task(b);
		}
	}
}

TEST(both_spellings_answer_alike_in_each_personality)
{
	in_each_personality(both_answer_alike);
}
