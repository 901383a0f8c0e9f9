/* Wiring: memory that has its frames, and keeps them. */
#include "tests/support/test.h"

#include <mach/mach_vm.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define RO   VM_PROT_READ
#define RW   VM_PROT_DEFAULT
#define RWX  VM_PROT_ALL
#define NONE VM_PROT_NONE
#define TOP  (-(vm_address_t)PAGE)
#define LAST (-(vm_address_t)1)
#define END  ((vm_address_t)VM_MAX_ADDRESS)

enum { FRAMES = 4096 };

static mach_port_t plain, host;
static task_t task;

void
test_setup(void)
{
	daemon_start("--check", "--memory", "16M", NULL);
	plain = mach_host_self();
	host = privileged_host();
	task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

typedef kern_return_t spelling(mach_port_t from, task_t target,
    vm_address_t address, vm_size_t size, vm_prot_t access);

static kern_return_t
wide(mach_port_t from, task_t target, vm_address_t address, vm_size_t size,
    vm_prot_t access)
{
	return mach_vm_wire(from, target, address, size, access);
}

static spelling *const spellings[] = { vm_wire, wide };

static void
wire(task_t target, vm_address_t address, vm_size_t size)
{
	succeeds(vm_wire(host, target, address, size, RO));
}

static void
unwire(task_t target, vm_address_t address, vm_size_t size)
{
	succeeds(vm_wire(host, target, address, size, NONE));
}

/* --- Pictures ---------------------------------------------------------- */

/* How often a page is wired. -1: nothing is mapped there. */
static int
wirings_at(task_t of, vm_address_t address)
{
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	struct vm_region_basic_info_64 info;
	vm_address_t at = address;
	vm_size_t size;
	mach_port_t name;

	if (vm_region_64(of, &at, &size, VM_REGION_BASIC_INFO_64,
		(vm_region_info_t)&info, &count, &name) != KERN_SUCCESS ||
	    at > address)
		return -1;
	return info.user_wired_count;
}

/* Pages of the machine that are wired. */
static void
wired_pages_are(natural_t pages)
{
	mach_msg_type_number_t count = HOST_VM_INFO_COUNT;
	vm_statistics_data_t info;

	succeeds(
	    host_statistics(plain, HOST_VM_INFO, (host_info_t)&info, &count));
	ck_assert_uint_eq(info.wire_count, pages);
	ck_assert_uint_eq(info.free_count + info.active_count +
			      info.inactive_count + info.wire_count,
	    FRAMES);
}

/* --- What is refused --------------------------------------------------- */

#define GOOD ALL_SAY(KERN_SUCCESS)
#define BAD  ALL_SAY(KERN_INVALID_ARGUMENT)
#define HOLE SAY(KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS, KERN_NO_SPACE)
#define REFUSED                                                                \
	SAY(KERN_PROTECTION_FAILURE, KERN_PROTECTION_FAILURE, KERN_NO_SPACE)
#define WRAPS SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT, KERN_NO_SPACE)
/* gnu looks where it begins, even if it ends there. */
#define COMES_BACK                                                             \
	SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT, KERN_SUCCESS)
#define SKIPPED SAY(KERN_SUCCESS, KERN_SUCCESS, KERN_NO_SPACE)

/* In a task that has 10000-12000 rw-, 12000-13000 r-- and 14000-15000 ---. */
static const struct row {
	vm_address_t address;
	vm_size_t size;
	vm_prot_t access;
	kern_return_t codes[PERSONALITIES];
	const char *why;
} rows[] = {
	{ 0x10000, PAGE, 8, BAD, "no access" },
	{ 0x13000, PAGE, -1, BAD, "... to a hole" },
	{ 0x10000, 0, 16, BAD, "... to no bytes" },
	{ LAST, LAST, 8, BAD, "... to what wraps" },

	{ 0x10000, 0, RW, GOOD, "no bytes" },
	{ 0x10000, 0, NONE, GOOD, "no bytes to unwire" },
	{ 0x13000, 0, RW, SKIPPED, "none of a hole" },
	{ LAST, 0, RW, SKIPPED, "none at the end" },

	{ 0x10000, LAST, RO, COMES_BACK, "it wraps, to where it began" },
	{ TOP, PAGE, RO, WRAPS, "it ends at 2^64" },
	{ TOP, PAGE - 1, RO, WRAPS, "... rounded" },
	{ TOP, 2 * PAGE, NONE, WRAPS, "... to be unwired" },
	{ END, PAGE, RO, HOLE, "outside" },
	{ END - PAGE, 2 * PAGE, RO, HOLE, "half" },

	{ 0x13000, PAGE, RO, HOLE, "a hole" },
	{ 0x13fff, 1, RO, HOLE, "a byte of one" },
	{ 0xf000, 2 * PAGE, RO, HOLE, "at the start" },
	{ 0x11000, 3 * PAGE, RO, HOLE, "at the end" },
	{ 0x10000, 5 * PAGE, RO, HOLE, "in the middle" },
	{ 0x13000, PAGE, NONE, HOLE, "to be unwired" },
	{ 0xffff, 2, NONE, HOLE, "... at the start" },
	{ 0x11000, 3 * PAGE, NONE, SKIPPED, "... at the end" },

	{ 0x12000, PAGE, RW, REFUSED, "not to be written" },
	{ 0x11fff, 2, RW, REFUSED, "its last byte" },
	{ 0x10000, PAGE, RWX, REFUSED, "nor executed now" },
	{ 0x10000, 4 * PAGE, RW, REFUSED, "nor written, before a hole" },
	{ 0xf000, 4 * PAGE, RW, HOLE, "... and behind one" },
	{ 0x14000, PAGE, RO, REFUSED, "nothing is allowed" },
};

static void
rows_hold(enum personality personality)
{
	host = privileged_host();
	task = new_task();
	draw(task, 0x10000, "abc.e");
	protect(task, 0x12000, PAGE, RO);
	protect(task, 0x14000, PAGE, NONE);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		uint64_t before = digest(task);
		const struct row *row = &rows[i / 2];

		code_is(spellings[i % 2](host, task, row->address, row->size,
			    row->access),
		    row->codes[personality], row->why);
		ck_assert_uint_eq(digest(task), before);
		wirings_are(task, 0x10000, "000.0");
	}
	wired_pages_are(0);
}

TEST(vm_wire_refuses_what_the_table_says_and_wires_nothing)
{
	in_each_personality(rows_hold);
}

static void
ports_are_judged(enum personality personality)
{
	static const kern_return_t unprivileged[] =
	    SAY(KERN_INVALID_HOST, KERN_INVALID_HOST, KERN_SUCCESS);
	task_t dead;

	plain = mach_host_self();
	host = privileged_host();
	task = new_task();
	dead = new_task();
	draw(task, 0x10000, "a");
	succeeds(task_terminate(dead));
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		spelling *call = spellings[i];

		answers(call(MACH_PORT_NULL, task, 0x10000, PAGE, RO),
		    MACH_SEND_INVALID_DEST);
		answers(call(task, task, 0x10000, PAGE, RO), KERN_INVALID_HOST);
		answers(call(task, MACH_PORT_NULL, 0, 0, 8), KERN_INVALID_HOST);
		answers(call(host, MACH_PORT_NULL, 0, 0, 8), KERN_INVALID_TASK);
		answers(call(host, host, 0, 0, 8), KERN_INVALID_TASK);
		answers(call(host, dead, 0x10000, PAGE, RO), KERN_INVALID_TASK);
		wirings_are(task, 0x10000, "0");
		answers(call(plain, task, 0x10000, PAGE, RO),
		    unprivileged[personality]);
		answers(call(plain, task, 0x10000, PAGE, NONE),
		    unprivileged[personality]);
		wirings_are(task, 0x10000, "0");
	}
}

TEST(only_gnu_lets_the_unprivileged_wire)
{
	in_each_personality(ports_are_judged);
}

static void
little_is_wired(enum personality personality)
{
	const vm_size_t cap = 8 << 20;

	(void)personality;
	plain = mach_host_self();
	host = privileged_host();
	task = new_task();
	allocate_at(task, 0x1000000, cap + 4 * PAGE);
	answers(vm_wire(plain, task, 0x1000000, cap + 1, RO), KERN_NO_ACCESS);
	ck_assert_int_eq(wirings_at(task, 0x1000000), 0);
	wired_pages_are(0);
	succeeds(vm_wire(plain, task, 0x1000000, cap, RO));
	answers(vm_wire(plain, task, 0x1000000 + cap, 1, RO), KERN_NO_ACCESS);
	succeeds(vm_wire(host, task, 0x1000000 + cap, 1, RO));
	wired_pages_are((natural_t)(cap / PAGE) + 1);
	answers(vm_wire(plain, task, 0x1000000 + cap + PAGE, 1, RO),
	    KERN_NO_ACCESS);
	succeeds(vm_wire(plain, task, 0x1000000, 2 * PAGE, NONE));
	succeeds(vm_wire(plain, task, 0x1000000 + cap + PAGE, 1, RO));
}

TEST(as_gnu_the_unprivileged_wire_8_megabytes_a_task)
{
	in_personality(GNU, little_is_wired);
}

/* --- Counting ---------------------------------------------------------- */

TEST(wirings_are_counted_page_by_page)
{
	draw(task, 0x10000, "abcd");
	wire(task, 0x10000, 4 * PAGE);
	wirings_are(task, 0x10000, "1111");
	wire(task, 0x10fff, 2);
	succeeds(mach_vm_wire(host, task, 0x11001, 1, RW));
	wirings_are(task, 0x10000, "2311");
	wired_pages_are(4);
	unwire(task, 0x10000, 4 * PAGE);
	wirings_are(task, 0x10000, "1200");
	wired_pages_are(2);
	unwire(task, 0x10000, 4 * PAGE);
	unwire(task, 0x11000, PAGE);
	unwire(task, 0x11000, PAGE);
	wirings_are(task, 0x10000, "0000");
	wired_pages_are(0);
	pages_are(task, 0x10000, "abcd");
	regions_are(task, "10000-14000 rw-/rwx copy");
}

static void
wired_or_not(enum personality personality)
{
	(void)personality;
	host = privileged_host();
	task = new_task();
	draw(task, 0x10000, "ab");
	for (int i = 0; i < 5; i++)
		wire(task, 0x10000, 2 * PAGE);
	wired_pages_are(2);
	unwire(task, 0x10000, PAGE);
	wired_pages_are(1);
	unwire(task, 0x10000, 2 * PAGE);
	wired_pages_are(0);
}

TEST(as_gnu_memory_is_wired_or_not)
{
	in_personality(GNU, wired_or_not);
}

TEST(what_is_not_wired_is_skipped_by_unwiring)
{
	draw(task, 0x10000, "abc.ef");
	wire(task, 0x11000, 2 * PAGE);
	wire(task, 0x15000, PAGE);
	unwire(task, 0x10000, 6 * PAGE);
	wirings_are(task, 0x10000, "000.00");
}

TEST(nothing_is_wired_more_than_65535_times)
{
	draw(task, 0x10000, "ab");
	for (int i = 0; i < UINT16_MAX; i++)
		if (vm_wire(host, task, 0x11000, PAGE, RO) != KERN_SUCCESS)
			ck_abort_msg("only %d times", i);
	answers(vm_wire(host, task, 0x10000, 2 * PAGE, RO), KERN_FAILURE);
	ck_assert_int_eq(wirings_at(task, 0x10000), 0);
	ck_assert_int_eq(wirings_at(task, 0x11000), UINT16_MAX);
	unwire(task, 0x11000, PAGE);
	wire(task, 0x10000, 2 * PAGE);
	ck_assert_int_eq(wirings_at(task, 0x11000), UINT16_MAX);
}

TEST(a_page_is_wired_once_however_many_tasks_wire_it)
{
	task_t other = new_task();

	draw(task, 0x10000, "abc");
	share_at(other, 0x10000, 3 * PAGE, task, 0x10000);
	wire(task, 0x10000, 2 * PAGE);
	wire(other, 0x11000, 2 * PAGE);
	wired_pages_are(3);
	wirings_are(task, 0x10000, "110");
	wirings_are(other, 0x10000, "011");
	unwire(task, 0x10000, 2 * PAGE);
	wired_pages_are(2);
	end_task(other);
	wired_pages_are(0);
}

/* --- What it means ----------------------------------------------------- */

/* The frame of a page; 0: none. */
static uint32_t
frame_of(task_t of, vm_address_t address)
{
	struct vmd_page page;
	size_t count = 1;

	succeeds(vmd_pages(of, address, PAGE, &page, &count));
	return page.frame;
}

TEST(wired_memory_has_a_frame_of_its_own_for_each_page_from_the_start)
{
	uint32_t frames[3];
	task_t child;

	draw(task, 0x10000, "a00");
	child = child_of(task);
	wire(child, 0x10000, 3 * PAGE);
	for (unsigned i = 0; i < 3; i++)
		frames[i] = frame_of(child, 0x10000 + i * PAGE);
	ck_assert_uint_ne(frames[0], frame_of(task, 0x10000));
	ck_assert_uint_ne(frames[1], 0);
	ck_assert_uint_ne(frames[2], 0);
	pages_are(child, 0x10000, "a00");
	fill(child, 0x10000, 3 * PAGE, 'x');
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(frames[i],
		    frame_of(child, 0x10000 + i * PAGE));
	pages_are(task, 0x10000, "a00");
}

/* Takes all frames that there are, for memory from here on. */
static void
use_up_frames(vm_address_t at)
{
	char byte = 'r';
	kern_return_t kr;

	allocate_at(task, at, (FRAMES + 1) * PAGE);
	do {
		kr = vm_write(task, at, (vm_offset_t)&byte, 1);
		at += PAGE;
	} while (kr == KERN_SUCCESS);
	code_is(kr, KERN_RESOURCE_SHORTAGE, "no frame is left");
}

TEST(wired_memory_can_be_written_when_no_frame_is_left)
{
	allocate_at(task, 0x10000, 4 * PAGE);
	wire(task, 0x10000, 4 * PAGE);
	child_of(task);
	use_up_frames(0x1000000);
	succeeds(vm_copy(task, 0x1000000, 4 * PAGE, 0x10000));
	bytes_are(task, 0x13000, 1, 'r');
	wirings_are(task, 0x10000, "1111");
}

TEST(what_there_are_no_frames_for_is_not_wired_at_all)
{
	vm_size_t size = (FRAMES + 1) * PAGE;

	draw(task, 0x10000, "ab");
	allocate_at(task, 0x12000, size);
	answers(vm_wire(host, task, 0x10000, size, RO), KERN_RESOURCE_SHORTAGE);
	wirings_are(task, 0x10000, "0000");
	wired_pages_are(0);
	ck_assert_uint_eq(frame_of(task, 0x12000), 0);
	pages_are(task, 0x10000, "ab00");
}

TEST(copies_of_wired_memory_are_other_frames_from_the_start)
{
	task_t child;

	draw(task, 0x10000, "ab");
	draw(task, 0x20000, "cd");
	wire(task, 0x10000, 2 * PAGE);
	child = child_of(task);
	wirings_are(child, 0x10000, "00");
	ck_assert_uint_ne(frame_of(child, 0x10000), frame_of(task, 0x10000));
	succeeds(vm_copy(task, 0x10000, 2 * PAGE, 0x20000));
	ck_assert_uint_ne(frame_of(task, 0x20000), frame_of(task, 0x10000));
	fill(task, 0x10000, 2 * PAGE, 'x');
	pages_are(child, 0x10000, "ab");
	pages_are(task, 0x20000, "ab");
}

TEST(what_is_copied_onto_wired_memory_is_written_in_place)
{
	uint32_t frame;

	draw(task, 0x10000, "ab");
	draw(task, 0x20000, "cd");
	wire(task, 0x10000, 2 * PAGE);
	frame = frame_of(task, 0x11000);
	succeeds(vm_copy(task, 0x20000, 2 * PAGE, 0x10000));
	wirings_are(task, 0x10000, "11");
	ck_assert_uint_eq(frame_of(task, 0x11000), frame);
	pages_are(task, 0x10000, "cd");
	fill(task, 0x20000, PAGE, 'x');
	pages_are(task, 0x10000, "cd");
}

TEST(a_child_of_wired_memory_that_cannot_be_read_has_it_all_the_same)
{
	task_t child;

	draw(task, 0x10000, "ab");
	wire(task, 0x10000, 2 * PAGE);
	protect(task, 0x10000, 2 * PAGE, NONE);
	wirings_are(task, 0x10000, "11");
	child = child_of(task);
	protect(child, 0x10000, 2 * PAGE, RO);
	pages_are(child, 0x10000, "ab");
	protect(task, 0x10000, 2 * PAGE, RO);
	pages_are(task, 0x10000, "ab");
}

TEST(memory_that_goes_is_no_longer_wired)
{
	vm_address_t at = 0x12000;

	draw(task, 0x10000, "abcd");
	wire(task, 0x10000, 4 * PAGE);
	wire(task, 0x10000, 4 * PAGE);
	succeeds(vm_deallocate(task, 0x11000, PAGE));
	wirings_are(task, 0x10000, "2.22");
	wired_pages_are(3);
	succeeds(vm_allocate(task, &at, PAGE, VM_FLAGS_OVERWRITE));
	wirings_are(task, 0x10000, "2.02");
	wired_pages_are(2);
	draw(task, 0x11000, "0");
	wirings_are(task, 0x10000, "2002");
	end_task(task);
	wired_pages_are(0);
}
