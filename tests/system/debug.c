/*
 * What a program's author is told: $VMD_DEBUG; and what fails on request:
 * $VMD_INJECT
 *
 * They are read once: each test is a process of its own, and so is what is told of
 * its end.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/mach.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

static int told = -1; /* what is said on standard error */
static int saved = -1;
static int kept_free = -1; /* for the connection that the first call makes */

void
test_setup(void)
{
	char path[] = "/tmp/vmd-debug-XXXXXX";

	daemon_start(NULL, NULL);
	told = mkstemp(path);
	ck_assert_int_ge(told, 0);
	unlink(path);
	saved = dup(STDERR_FILENO);
	ck_assert_int_ge(saved, 0);
	kept_free = dup(STDERR_FILENO);
	ck_assert_int_ge(kept_free, 0);
}

void
test_teardown(void)
{
	close(told);
	close(saved);
	if (kept_free >= 0)
		close(kept_free);
	daemon_stop();
}

/* ends: it is a child that makes the calls. */
static void
listen_to(const char *words, bool ends)
{
	setenv("VMD_DEBUG", words, 1);
	if (!ends) {
		close(kept_free);
		kept_free = -1;
	}
	ck_assert_int_ge(dup2(told, STDERR_FILENO), 0);
}

/* All that was said; standard error is itself again. */
static const char *
heard(void)
{
	static char text[8192];
	ssize_t n = pread(told, text, sizeof(text) - 1, 0);

	dup2(saved, STDERR_FILENO);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	return text;
}

#define hears(part)                                                            \
	do {                                                                   \
		const char *text = heard();                                    \
		ck_assert_msg(strstr(text, part) != NULL,                      \
		    "not heard: %s\nbut: %s", part, text);                     \
	} while (0)
#define hears_not(part)                                                        \
	do {                                                                   \
		const char *text = heard();                                    \
		ck_assert_msg(strstr(text, part) == NULL, "heard: %s", text);  \
	} while (0)

/* --- Calls ------------------------------------------------------------ */

TEST(a_call_is_told_as_c_has_it_and_what_it_wrote)
{
	vm_address_t address = 0;

	listen_to("1", false);
	succeeds(vm_allocate(mach_task_self(), &address, 0x4000,
	    VM_FLAGS_ANYWHERE | VM_MAKE_TAG(VM_MEMORY_STACK)));
	hears("] vm_allocate(mach_task_self(), [0 => 0x1000], 0x4000, "
	      "VM_MAKE_TAG(VM_MEMORY_STACK)|VM_FLAGS_ANYWHERE) = KERN_SUCCESS "
	      "<0.");
}

TEST(a_call_that_fails_is_told_with_its_code)
{
	listen_to("calls", false);
	answers(vm_protect(mach_task_self(), 0x5000, 0x1000, FALSE,
		    VM_PROT_READ | VM_PROT_WRITE),
	    KERN_INVALID_ADDRESS);
	hears("vm_protect(mach_task_self(), 0x5000, 0x1000, FALSE, "
	      "VM_PROT_READ|VM_PROT_WRITE) = KERN_INVALID_ADDRESS <");
}

TEST(data_are_told_as_a_string_that_begins_them_and_their_size)
{
	vm_address_t address = 0x10000;
	mach_msg_type_number_t count;
	vm_offset_t data;

	listen_to("1", false);
	succeeds(vm_allocate(mach_task_self(), &address, 0x100000, FALSE));
	succeeds(
	    vm_write(mach_task_self(), address, (vm_offset_t) "a\"\n\1", 4));
	succeeds(vm_read(mach_task_self(), address, 0x100000, &data, &count));
	succeeds(vm_deallocate(mach_task_self(), data, count));
	hears("vm_write(mach_task_self(), 0x10000, \"a\\\"\\n\\001\", 0x4) =");
	hears("vm_read(mach_task_self(), 0x10000, 0x100000, "
	      "[=> \"a\\\"\\n\\001\\000");
	hears("\"..., 0x100000]) = KERN_SUCCESS");
}

TEST(what_libvmd_answers_itself_is_told_too)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	listen_to("calls", false);
	draw(mach_task_self(), 0x10000, "a");
	succeeds(vm_read(mach_task_self(), 0x10000, PAGE, &data, &count));
	succeeds(vm_deallocate(mach_task_self(), data, count));
	hears("vm_deallocate(mach_task_self(), 0x7");
	hears(", 0x1000) = KERN_SUCCESS\n");
}

TEST(a_queued_call_is_told_when_it_is_queued_and_when_it_is_collected)
{
	vmd_queue_t *queue = vmd_queue_create();
	struct vmd_result result;
	vm_address_t address = 0x10000;
	size_t n;

	listen_to("calls", false);
	succeeds(vmd_queue_vm_allocate(queue, 7, mach_task_self(), &address,
	    PAGE, FALSE));
	succeeds(vmd_queue_collect(queue, &result, 1, &n));
	vmd_queue_destroy(queue);
	hears("vm_allocate(mach_task_self(), [0x10000], 0x1000, "
	      "VM_FLAGS_FIXED) queued as 7\n");
	hears("] collected 7 = KERN_SUCCESS\n");
}

TEST(errno_stays_what_it_was)
{
	listen_to("1", false);
	errno = 42;
	answers(vm_protect(mach_task_self(), 0, PAGE, FALSE, VM_PROT_READ),
	    KERN_INVALID_ADDRESS);
	ck_assert_int_eq(errno, 42);
	hears("vm_protect");
}

TEST(nothing_is_told_unless_it_is_wanted)
{
	listen_to("guard", false);
	succeeds(vm_deallocate(mach_task_self(), 0x1000, 0));
	ck_assert_str_eq(heard(), "");
}

TEST(a_word_that_means_nothing_is_told_once_with_those_that_do)
{
	listen_to("cals", false);
	succeeds(vm_deallocate(mach_task_self(), 0x1000, 0));
	succeeds(vm_deallocate(mach_task_self(), 0x1000, 0));
	ck_assert_str_eq(heard(),
	    "libvmd: VMD_DEBUG: 'cals' means nothing; known: 1, calls, guard, "
	    "leaks\n");
}

/* --- Failures on request ------------------------------------------------ */

static void
inject(const char *rules)
{
	setenv("VMD_INJECT", rules, 1);
	listen_to("guard", false);
}

static kern_return_t
allocate_page(void)
{
	vm_address_t address = 0;

	return vm_allocate(mach_task_self(), &address, PAGE, TRUE);
}

TEST(the_third_call_of_a_routine_fails_and_is_not_made)
{
	struct vmd_statistics before, after;

	inject("vm_allocate#3=KERN_NO_SPACE");
	succeeds(allocate_page());
	succeeds(allocate_page());
	succeeds(vmd_statistics(&before));
	answers(allocate_page(), KERN_NO_SPACE);
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(before.entries_used, after.entries_used);
	succeeds(allocate_page());
}

TEST(a_rule_may_hold_from_a_call_on_or_for_any_routine)
{
	struct vmd_statistics statistics;

	inject("*#1=NO_ACCESS;vm_protect=ABORTED;vm_allocate#2+=FAILURE");
	answers(vmd_statistics(&statistics), KERN_NO_ACCESS);
	answers(vm_protect(mach_task_self(), 0, PAGE, FALSE, VM_PROT_READ),
	    KERN_ABORTED);
	succeeds(allocate_page());
	answers(allocate_page(), KERN_FAILURE);
	answers(allocate_page(), KERN_FAILURE);
	answers(vm_protect(mach_task_self(), 0, PAGE, FALSE, VM_PROT_READ),
	    KERN_ABORTED);
}

TEST(whoever_reads_or_writes_a_page_that_errs_is_told)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	inject("@0x12345=KERN_MEMORY_ERROR");
	draw(mach_task_self(), 0x10000, "ab");
	succeeds(vm_read(mach_task_self(), 0x10000, 2 * PAGE, &data, &count));
	succeeds(vm_deallocate(mach_task_self(), data, count));
	answers(vm_read(mach_task_self(), 0x10000, 3 * PAGE, &data, &count),
	    KERN_MEMORY_ERROR);
	answers(vm_write(mach_task_self(), 0x12fff, (vm_offset_t) "x", 1),
	    KERN_MEMORY_ERROR);
	answers(vm_copy(mach_task_self(), 0x10000, PAGE, 0x12000),
	    KERN_MEMORY_ERROR);
	succeeds(
	    vm_protect(mach_task_self(), 0x10000, PAGE, FALSE, VM_PROT_READ));
}

TEST(a_queued_call_fails_on_request_with_its_result)
{
	vmd_queue_t *queue = vmd_queue_create();
	vm_address_t address[2] = { 0, 0 };
	struct vmd_result results[2];
	size_t n;

	inject("vm_allocate#1=NO_SPACE");
	for (int i = 0; i < 2; i++)
		succeeds(vmd_queue_vm_allocate(queue, i, mach_task_self(),
		    &address[i], PAGE, TRUE));
	succeeds(vmd_queue_collect(queue, results, 2, &n));
	ck_assert_int_eq(results[0].code, KERN_NO_SPACE);
	ck_assert_int_eq(results[1].code, KERN_SUCCESS);
	vmd_queue_destroy(queue);
}

TEST(a_rule_that_is_none_is_told_and_the_others_hold)
{
	inject("foo=ABORTED;vm_allocate#0=ABORTED;vm_allocate=WHAT;@x=ABORTED;"
	       "vm_copy;vm_allocate=ABORTED");
	answers(allocate_page(), KERN_ABORTED);
	succeeds(vm_deallocate(mach_task_self(), 0, 0));
	ck_assert_str_eq(heard(),
	    "libvmd: VMD_INJECT: no routine 'foo'\n"
	    "libvmd: VMD_INJECT: '#0': which one? #3, or #3+\n"
	    "libvmd: VMD_INJECT: no code 'WHAT'\n"
	    "libvmd: VMD_INJECT: '@x' is no address\n"
	    "libvmd: VMD_INJECT: 'vm_copy' is no rule: "
	    "ROUTINE[#NTH[+]]=CODE\n");
}

/* --- Leaks ------------------------------------------------------------ */

static void
child_succeeds(pid_t pid)
{
	int status;

	ck_assert_int_ge(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

enum leak { NOTHING, BUFFER, PORT };

/* A program that ends, and leaves that. */
static void
end_with(enum leak leak)
{
	mach_msg_type_number_t count;
	vm_offset_t data;
	pid_t pid;
	task_t child;

	listen_to("leaks", true);
	pid = fork();
	if (pid == 0) {
		draw(mach_task_self(), 0x10000, "abc");
		succeeds(vm_read(mach_task_self(), 0x10000, 3 * PAGE, &data,
		    &count));
		if (leak != BUFFER)
			succeeds(vm_deallocate(mach_task_self(), data, count));
		succeeds(task_create(mach_task_self(), NULL, 0, FALSE, &child));
		if (leak != PORT)
			succeeds(mach_port_deallocate(mach_task_self(), child));
		exit(0);
	}
	child_succeeds(pid);
}

TEST(memory_of_vm_read_that_was_never_deallocated_is_told_at_the_end)
{
	end_with(BUFFER);
	hears("leaks: memory of vm_read and its like, never deallocated: 12288 "
	      "bytes in 1 buffer\n");
	hears("leaks:   12288 bytes at 0x7");
	hears_not("names of ports");
}

TEST(references_to_ports_that_are_left_are_told_at_the_end)
{
	end_with(PORT);
	hears("leaks: names of ports, never given back: 1\n");
	hears(": SEND, 1 reference\n");
	hears_not("never deallocated");
}

TEST(a_program_that_gives_back_all_hears_nothing)
{
	end_with(NOTHING);
	ck_assert_str_eq(heard(), "");
}
