/* The manual page of vm_copy, a sentence a test. Each is written as a program
 * of its day would be, by the words of the page. */
#include "tests/support/test.h"

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum { SOURCE = 0x100000, DESTINATION = 0x200000 };

static vm_task_t target_task;

void
test_setup(void)
{
	daemon_start("--check", NULL);
	target_task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

/* --- What it does ------------------------------------------------------ */

TEST(vm_copy_copies_the_source_range_to_the_destination)
{
	draw(target_task, SOURCE, "xabcx");
	draw(target_task, DESTINATION, "yyyyy");

	succeeds(
	    vm_copy(target_task, SOURCE + PAGE, 3 * PAGE, DESTINATION + PAGE));

	pages_are(target_task, DESTINATION, "yabcy");
	pages_are(target_task, SOURCE, "xabcx");
}

TEST(every_byte_of_a_page_is_copied)
{
	draw(target_task, SOURCE, "00");
	draw(target_task, DESTINATION, "00");
	write_pattern(target_task, SOURCE, 2 * PAGE, 3);

	succeeds(vm_copy(target_task, SOURCE, 2 * PAGE, DESTINATION));

	pattern_is(target_task, DESTINATION, 2 * PAGE, 3);
}

TEST(the_copy_is_made_within_one_task)
{
	vm_task_t other_task = new_task();

	draw(target_task, SOURCE, "ab");
	draw(target_task, DESTINATION, "yy");
	draw(other_task, SOURCE, "cd");
	draw(other_task, DESTINATION, "zz");

	succeeds(vm_copy(target_task, SOURCE, 2 * PAGE, DESTINATION));

	pages_are(target_task, DESTINATION, "ab");
	pages_are(other_task, SOURCE, "cd");
	pages_are(other_task, DESTINATION, "zz");
}

TEST(any_task_may_be_named_to_which_one_has_a_send_right)
{
	vm_task_t self = mach_task_self();

	draw(self, SOURCE, "ab");
	draw(self, DESTINATION, "yy");

	succeeds(vm_copy(self, SOURCE, 2 * PAGE, DESTINATION));

	pages_are(self, DESTINATION, "ab");
}

/* What the page says vm_copy is the same as. */
static kern_return_t
read_and_write(vm_address_t source_address, vm_size_t count,
    vm_address_t dest_address)
{
	mach_msg_type_number_t size;
	vm_offset_t data;
	kern_return_t kr;

	kr = vm_read(target_task, source_address, count, &data, &size);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = vm_write(target_task, dest_address, data, size);
	succeeds(vm_deallocate(mach_task_self(), data, size));
	return kr;
}

/* Two like tasks in turn: the pages, and what their protection is. */
static void
draw_a_scene(vm_task_t task)
{
	draw(task, SOURCE, "ab.cdef");
	draw(task, DESTINATION, "yyyy.yy");
	protect(task, SOURCE + 4 * PAGE, PAGE, VM_PROT_NONE);
	protect(task, DESTINATION + 2 * PAGE, PAGE, VM_PROT_READ);
}

TEST(it_does_what_vm_read_followed_by_vm_write_does)
{
	static const struct {
		int from, count, to; /* pages */
	} rows[] = {
		{ 0, 2, 0 },
		{ 0, 0, 0 },
		{ 2, 1, 0 },
		{ 0, 3, 0 },
		{ 3, 2, 0 },
		{ 4, 1, 2 },
		{ 0, 1, 2 },
		{ 0, 2, 1 },
		{ 0, 1, 4 },
		{ 0, 2, 3 },
		{ 5, 2, 5 },
		{ 5, 2, 6 },
		{ 5, 3, 0 },
		{ 0, 2, 0x1000 },
		{ 0x1000, 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		vm_address_t from = SOURCE + (vm_size_t)rows[i].from * PAGE;
		vm_address_t to = DESTINATION + (vm_size_t)rows[i].to * PAGE;
		vm_size_t count = (vm_size_t)rows[i].count * PAGE;
		kern_return_t code;
		uint64_t seen;

		target_task = new_task();
		draw_a_scene(target_task);
		code = vm_copy(target_task, from, count, to);
		seen = digest(target_task);
		target_task = new_task();
		draw_a_scene(target_task);
		code_is(read_and_write(from, count, to), code, "the two calls");
		ck_assert_uint_eq(digest(target_task), seen);
	}
}

TEST(source_and_copy_are_independent_afterwards)
{
	draw(target_task, SOURCE, "abc");
	draw(target_task, DESTINATION, "yyy");
	succeeds(vm_copy(target_task, SOURCE, 3 * PAGE, DESTINATION));

	fill(target_task, SOURCE, PAGE, 's');
	fill(target_task, DESTINATION + PAGE, PAGE, 'd');

	pages_are(target_task, SOURCE, "sbc");
	pages_are(target_task, DESTINATION, "adc");
}

/* --- Overlap ----------------------------------------------------------- */

TEST(the_ranges_may_overlap_with_the_destination_above)
{
	draw(target_task, SOURCE, "abcdefgh");

	succeeds(vm_copy(target_task, SOURCE, 6 * PAGE, SOURCE + PAGE));

	pages_are(target_task, SOURCE, "aabcdefh");
}

TEST(the_ranges_may_overlap_with_the_destination_below)
{
	draw(target_task, SOURCE, "abcdefgh");

	succeeds(
	    vm_copy(target_task, SOURCE + 2 * PAGE, 5 * PAGE, SOURCE + PAGE));

	pages_are(target_task, SOURCE, "acdefggh");
}

TEST(the_ranges_may_be_one_and_the_same)
{
	draw(target_task, SOURCE, "abcd");

	succeeds(vm_copy(target_task, SOURCE, 4 * PAGE, SOURCE));
	succeeds(vm_copy(target_task, SOURCE + PAGE, PAGE, SOURCE + PAGE));

	pages_are(target_task, SOURCE, "abcd");
}

/* --- What must be ------------------------------------------------------ */

TEST(the_destination_must_be_allocated_already)
{
	draw(target_task, SOURCE, "ab");

	answers(vm_copy(target_task, SOURCE, 2 * PAGE, DESTINATION),
	    KERN_INVALID_ADDRESS);

	regions_are(target_task, "100000-102000 rw-/rwx copy");
}

TEST(the_source_must_be_readable)
{
	static const vm_prot_t protections[] = { VM_PROT_NONE, VM_PROT_WRITE,
		VM_PROT_EXECUTE, VM_PROT_WRITE | VM_PROT_EXECUTE };

	draw(target_task, SOURCE, "abc");
	draw(target_task, DESTINATION, "yyy");

	for (size_t i = 0; i < ARRAY_SIZE(protections); i++) {
		protect(target_task, SOURCE + PAGE, PAGE, protections[i]);
		answers(vm_copy(target_task, SOURCE, 3 * PAGE, DESTINATION),
		    KERN_PROTECTION_FAILURE);
		answers(vm_copy(target_task, SOURCE + PAGE, PAGE, DESTINATION),
		    KERN_PROTECTION_FAILURE);
		pages_are(target_task, DESTINATION, "yyy");
	}
}

TEST(the_destination_must_be_writable)
{
	static const vm_prot_t protections[] = { VM_PROT_NONE, VM_PROT_READ,
		VM_PROT_EXECUTE, VM_PROT_READ | VM_PROT_EXECUTE };

	draw(target_task, SOURCE, "abc");
	draw(target_task, DESTINATION, "yyy");

	for (size_t i = 0; i < ARRAY_SIZE(protections); i++) {
		protect(target_task, DESTINATION + 2 * PAGE, PAGE,
		    protections[i]);
		answers(vm_copy(target_task, SOURCE, 3 * PAGE, DESTINATION),
		    KERN_PROTECTION_FAILURE);
		answers(vm_copy(target_task, SOURCE, PAGE,
			    DESTINATION + 2 * PAGE),
		    KERN_PROTECTION_FAILURE);
		pages_are(target_task, DESTINATION, "yy");
	}
	protect(target_task, DESTINATION + 2 * PAGE, PAGE, VM_PROT_READ);
	pages_are(target_task, DESTINATION, "yyy");
}

TEST(the_source_need_not_be_writable_nor_the_destination_readable)
{
	draw(target_task, SOURCE, "a");
	draw(target_task, DESTINATION, "y");
	protect(target_task, SOURCE, PAGE, VM_PROT_READ);
	protect(target_task, DESTINATION, PAGE, VM_PROT_WRITE);

	succeeds(vm_copy(target_task, SOURCE, PAGE, DESTINATION));

	protect(target_task, DESTINATION, PAGE, VM_PROT_READ);
	pages_are(target_task, DESTINATION, "a");
}

TEST(an_address_that_is_not_allocated_is_invalid)
{
	draw(target_task, SOURCE, "ab");
	draw(target_task, DESTINATION, "yy");

	answers(vm_copy(target_task, 0, PAGE, DESTINATION),
	    KERN_INVALID_ADDRESS);
	answers(vm_copy(target_task, 0x300000, PAGE, DESTINATION),
	    KERN_INVALID_ADDRESS);
	answers(vm_copy(target_task, VM_MAX_ADDRESS, PAGE, DESTINATION),
	    KERN_INVALID_ADDRESS);
	answers(vm_copy(target_task, SOURCE, PAGE, 0), KERN_INVALID_ADDRESS);
	answers(vm_copy(target_task, SOURCE, PAGE, 0x300000),
	    KERN_INVALID_ADDRESS);
	answers(vm_copy(target_task, SOURCE, PAGE, VM_MAX_ADDRESS),
	    KERN_INVALID_ADDRESS);
	pages_are(target_task, DESTINATION, "yy");
}

TEST(too_little_memory_behind_an_address_is_invalid)
{
	draw(target_task, SOURCE, "ab");
	draw(target_task, DESTINATION, "yyy");

	answers(vm_copy(target_task, SOURCE, 3 * PAGE, DESTINATION),
	    KERN_INVALID_ADDRESS);
	answers(vm_copy(target_task, DESTINATION, 3 * PAGE, SOURCE),
	    KERN_INVALID_ADDRESS);
	answers(vm_copy(target_task, SOURCE, -(vm_size_t)PAGE, DESTINATION),
	    KERN_INVALID_ADDRESS);
	pages_are(target_task, SOURCE, "ab");
	pages_are(target_task, DESTINATION, "yyy");
}

/* --- Whole pages ------------------------------------------------------- */

static void
must_be_pages(enum personality personality)
{
	static const struct {
		vm_address_t source;
		vm_size_t count;
		vm_address_t destination;
		kern_return_t codes[PERSONALITIES];
		const char *why;
	} rows[] = {
#define MUST SAY(KERN_INVALID_ARGUMENT, KERN_SUCCESS, KERN_INVALID_ARGUMENT)
		{ SOURCE + 1, PAGE, DESTINATION, MUST, "the source" },
		{ SOURCE, PAGE + 1, DESTINATION, MUST, "the count" },
		{ SOURCE, 1, DESTINATION, MUST, "a count below a page" },
		{ SOURCE, PAGE, DESTINATION + 1, MUST, "the destination" },
		{ SOURCE + 5, PAGE, DESTINATION + 5, MUST, "both, alike" },
#undef MUST
		{ SOURCE + 1, PAGE, 0x300000,
		    SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ADDRESS,
			KERN_INVALID_ARGUMENT),
		    "the source, and the destination is a hole" },
		{ 0x300001, PAGE, DESTINATION, ALL_SAY(KERN_INVALID_ADDRESS),
		    "a source that is a hole, too" },
	};

	target_task = new_task();
	draw(target_task, SOURCE, "abc");
	draw(target_task, DESTINATION, "yyy");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		kern_return_t code = vm_copy(target_task, rows[i].source,
		    rows[i].count, rows[i].destination);

		code_is(code, rows[i].codes[personality], rows[i].why);
		if (personality != XNU)
			pages_are(target_task, DESTINATION, "yyy");
	}
}

TEST(addresses_and_count_must_be_whole_pages)
{
	in_each_personality(must_be_pages);
}

TEST(a_count_of_zero_copies_nothing_and_succeeds)
{
	draw(target_task, SOURCE, "a");
	draw(target_task, DESTINATION, "y");
	protect(target_task, DESTINATION, PAGE, VM_PROT_NONE);

	succeeds(vm_copy(target_task, SOURCE, 0, DESTINATION));
	succeeds(vm_copy(target_task, DESTINATION, 0, SOURCE + 1));
	succeeds(vm_copy(target_task, 0x300000, 0, 0x300000));
	succeeds(vm_copy(target_task, -(vm_address_t)1, 0, 0));

	pages_are(target_task, SOURCE, "a");
	pages_are(target_task, DESTINATION, "-");
}

/* --- Which task -------------------------------------------------------- */

TEST(the_target_must_be_a_task)
{
	mach_port_t host = mach_host_self();
	vm_task_t gone = new_task();

	succeeds(task_terminate(gone));

	answers(vm_copy(MACH_PORT_NULL, SOURCE, PAGE, DESTINATION),
	    MACH_SEND_INVALID_DEST);
	answers(vm_copy(MACH_PORT_DEAD, SOURCE, PAGE, DESTINATION),
	    MACH_SEND_INVALID_DEST);
	answers(vm_copy(gone, SOURCE, PAGE, DESTINATION),
	    MACH_SEND_INVALID_DEST);
	answers(vm_copy(gone, SOURCE, 0, DESTINATION), MACH_SEND_INVALID_DEST);
	answers(vm_copy(host, SOURCE, PAGE, DESTINATION),
	    KERN_INVALID_ARGUMENT);
	answers(vm_copy(host, SOURCE, 0, DESTINATION), KERN_INVALID_ARGUMENT);
}
