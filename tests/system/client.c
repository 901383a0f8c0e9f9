/*
 * The library: threads, forks, daemons that die, and memory of the program's
 * own that cannot be touched
 *
 * What may hang is under alarm(): a test that does is ended, and has failed.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum { THREADS = 16, PATIENCE = 60 };

static task_t task;
static bool killed;

void
test_setup(void)
{
	daemon_start("--memory", "2G", NULL);
	task = new_task();
	alarm(PATIENCE);
}

void
test_teardown(void)
{
	alarm(0);
	if (killed)
		daemon_remove_leftovers();
	else
		daemon_stop();
}

static void
kill_daemon(void)
{
	int status;

	kill(daemon_pid(), SIGKILL);
	ck_assert_int_eq(waitpid(daemon_pid(), &status, 0), daemon_pid());
	killed = true;
}

/* A thing that works if the connection does. */
static void
all_is_well(void)
{
	vm_address_t at = allocate(task, 2 * PAGE);

	write_pattern(task, at + 1, PAGE, 7);
	pattern_is(task, at + 1, PAGE, 7);
	succeeds(vm_deallocate(task, at, 2 * PAGE));
}

static uint64_t
connections(void)
{
	struct vmd_statistics now;

	succeeds(vmd_statistics(&now));
	return now.connections;
}

/* --- Threads ----------------------------------------------------------- */

/* Runs it in so many threads; they return what is wrong, or NULL. */
static void
in_threads(size_t count, void *(*body)(void *))
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < count; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, body,
				     (void *)i),
		    0);
	for (size_t i = 0; i < count; i++) {
		void *wrong;

		ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
		ck_assert_msg(wrong == NULL, "%s", (char *)wrong);
	}
}

/* Threads may not end the test. */
#define must(condition)                                                        \
	do {                                                                   \
		if (!(condition))                                              \
			return (void *)(uintptr_t) #condition;                 \
	} while (0)

/* Writes and reads what no other thread does, a little and a lot in turn. */
static void *
write_and_read(void *number)
{
	static const size_t sizes[] = { 1, 8, 100, PAGE, 5000, 60000, 300,
		PAGE / 2, 1 << 20, 7 };
	unsigned seed = (unsigned)(uintptr_t)number * 37;
	vm_address_t at = 0;
	_cleanup_(freep) uint8_t *bytes = malloc(1 << 20);
	task_t own;

	must(task_create(task, NULL, 0, FALSE, &own) == KERN_SUCCESS);
	must(vm_allocate(own, &at, 2 << 20, TRUE) == KERN_SUCCESS);
	for (unsigned i = 0; i < 300; i++) {
		mach_msg_type_number_t count =
		    (mach_msg_type_number_t)sizes[i % ARRAY_SIZE(sizes)];
		vm_address_t to = at + i * 777;
		vm_offset_t data;

		fill_pattern(bytes, count, seed + i);
		must(vm_write(own, to, (vm_offset_t)bytes, count) ==
		     KERN_SUCCESS);
		must(vm_read(own, to, count, &data, &count) == KERN_SUCCESS);
		must(memcmp((void *)data, bytes, count) == 0);
		must(vm_deallocate(mach_task_self(), data, count) ==
		     KERN_SUCCESS);
		must(vm_read(own, at - PAGE, 1, &data, &count) ==
		     KERN_INVALID_ADDRESS);
	}
	must(task_terminate(own) == KERN_SUCCESS);
	must(mach_port_deallocate(mach_task_self(), own) == KERN_SUCCESS);
	return NULL;
}

TEST(threads_get_the_answers_to_their_own_calls)
{
	in_threads(THREADS, write_and_read);
	ck_assert_uint_eq(connections(), 1);
}

/* Thousands of calls that each have an answer of their own. */
static void *
make_tiny_calls(void *number)
{
	vm_address_t at = 0x100000 * (1 + (vm_address_t)number);

	for (unsigned i = 0; i < 1000; i++) {
		mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
		struct vm_region_basic_info_64 info;
		vm_address_t seen = at;
		vm_size_t size;
		mach_port_t name;

		must(vm_allocate(task, &seen, (1 + i % 9) * PAGE, FALSE) ==
		     KERN_SUCCESS);
		must(vm_region_64(task, &seen, &size, VM_REGION_BASIC_INFO_64,
			 (vm_region_info_t)&info, &count,
			 &name) == KERN_SUCCESS);
		must(seen == at && size == (1 + i % 9) * PAGE);
		must(vm_deallocate(task, at, size) == KERN_SUCCESS);
	}
	return NULL;
}

TEST(threads_may_use_one_task_at_once)
{
	in_threads(THREADS, make_tiny_calls);
	regions_are(task, "");
}

/* Half of the threads write a page of one byte, half of them read it. */
static void *
write_or_read_a_page(void *number)
{
	uint8_t page[PAGE] __attribute__((aligned(PAGE)));

	for (unsigned i = 0; i < 1000; i++) {
		vm_size_t size;

		if ((uintptr_t)number % 2 == 0) {
			memset(page, (int)((uintptr_t)number + i), PAGE);
			must(vm_write(task, 0x10000, (vm_offset_t)page, PAGE) ==
			     KERN_SUCCESS);
		} else {
			must(vm_read_overwrite(task, 0x10000, PAGE,
				 (vm_address_t)page, &size) == KERN_SUCCESS);
			must(memcmp(page, page + 1, PAGE - 1) == 0);
		}
	}
	return NULL;
}

TEST(a_page_is_written_at_once_or_not_at_all)
{
	allocate_at(task, 0x10000, PAGE);
	in_threads(THREADS, write_or_read_a_page);
}

static void
on_alarm(int signal)
{
	(void)signal;
}

TEST(signals_do_not_disturb_calls)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { 0 };
	const vm_size_t size = 4 << 20;
	vm_address_t at = allocate(task, size);

	sigaction(SIGVTALRM, &action, NULL);
	sigaction(SIGALRM, &action, NULL); /* without SA_RESTART */
	setitimer(ITIMER_REAL, &often, NULL);
	for (unsigned i = 0; i < 20; i++) {
		write_pattern(task, at, size, i);
		pattern_is(task, at, size, i);
		all_is_well();
	}
	setitimer(ITIMER_REAL, &never, NULL);
}

/* --- Forks ------------------------------------------------------------- */

/* The child must end with 0. */
static void
child_succeeds(pid_t pid)
{
	int status;

	ck_assert_int_ge(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "the child ended with status %#x", (unsigned)status);
}

TEST(a_forked_child_has_a_connection_and_a_task_of_its_own)
{
	pid_t pid;

	draw(mach_task_self(), 0x10000, "a");
	ck_assert_uint_eq(connections(), 1);
	pid = fork();
	if (pid == 0) {
		regions_are(mach_task_self(), "");
		ck_assert_uint_eq(connections(), 2);
		draw(mach_task_self(), 0x10000, "b");
		answers(vm_deallocate(task, 0, 0), MACH_SEND_INVALID_DEST);
		task = new_task();
		all_is_well();
		_exit(0);
	}
	child_succeeds(pid);

	pages_are(mach_task_self(), 0x10000, "a");
	all_is_well();
}

TEST(a_child_that_makes_no_call_disturbs_nobody)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		child_succeeds(pid);
		all_is_well();
	}
	ck_assert_uint_eq(connections(), 1);
}

static void *
call_until_told(void *flag)
{
	volatile bool *end = flag;

	while (!*end) {
		vm_address_t at = 0;
		vm_offset_t data;
		mach_msg_type_number_t count;

		must(vm_allocate(task, &at, 100 * PAGE, TRUE) == KERN_SUCCESS);
		must(vm_read(task, at, 100 * PAGE, &data, &count) ==
		     KERN_SUCCESS);
		must(vm_deallocate(mach_task_self(), data, count) ==
		     KERN_SUCCESS);
		must(vm_deallocate(task, at, 100 * PAGE) == KERN_SUCCESS);
	}
	return NULL;
}

TEST(one_may_fork_while_threads_are_making_calls)
{
	pthread_t threads[4];
	volatile bool end = false;
	void *wrong;

	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_create(&threads[i], NULL, call_until_told,
		    (void *)(uintptr_t)&end);
	for (int i = 0; i < 30; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			alarm(PATIENCE);
			task = new_task();
			all_is_well();
			_exit(0);
		}
		child_succeeds(pid);
	}
	end = true;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		pthread_join(threads[i], &wrong);
		ck_assert_msg(wrong == NULL, "%s", (char *)wrong);
	}
}

/* To whoever may touch it. */
static bool
is_mapped(uintptr_t address)
{
	int pipes[2];
	ssize_t n;

	ck_assert_int_eq(pipe(pipes), 0);
	n = write(pipes[1], (void *)(address & ~(uintptr_t)(PAGE - 1)), 1);
	ck_assert(n == 1 || errno == EFAULT);
	close(pipes[0]);
	close(pipes[1]);
	return n == 1;
}

TEST_DEBUG("guard", a_child_may_give_back_what_its_parent_has_read)
{
	mach_msg_type_number_t count;
	vm_offset_t data;
	pid_t pid;

	draw(task, 0x10000, "abcd");
	succeeds(vm_read(task, 0x10000, 4 * PAGE, &data, &count));
	pid = fork();
	if (pid == 0) {
		ck_assert_int_eq(*(char *)data, 'a');
		succeeds(vm_deallocate(mach_task_self(), data, count));
		ck_assert(!is_mapped(data));
		_exit(0);
	}
	child_succeeds(pid);

	ck_assert_int_eq(*(char *)(data + 3 * PAGE), 'd');
	succeeds(vm_deallocate(mach_task_self(), data, count));
	ck_assert(!is_mapped(data));
}

/* What libvmd has at hand for the next read is each one's own. */
TEST(a_child_s_next_read_is_not_its_parent_s)
{
	mach_msg_type_number_t count;
	vm_offset_t data;
	task_t of = task;
	pid_t pid;

	draw(task, 0x10000, "a");
	succeeds(vm_read(task, 0x10000, PAGE, &data, &count));
	succeeds(vm_deallocate(mach_task_self(), data, count));
	pid = fork();
	if (pid == 0) {
		of = mach_task_self();
		draw(of, 0x10000, "b");
	}
	succeeds(vm_read(of, 0x10000, PAGE, &data, &count));
	ck_assert_int_eq(*(char *)data, pid == 0 ? 'b' : 'a');
	memset((char *)data, 'x', PAGE);
	succeeds(vm_deallocate(mach_task_self(), data, count));
	if (pid == 0)
		_exit(0);
	child_succeeds(pid);
}

/* --- Daemons that die -------------------------------------------------- */

TEST(after_the_daemon_has_died_there_is_no_destination)
{
	vm_address_t address = CANARY;
	mach_msg_type_number_t count = 0;
	vm_offset_t data = CANARY;
	task_t child = (task_t)CANARY;
	char byte = 0;

	kill_daemon();

	answers(vm_allocate(task, &address, PAGE, TRUE),
	    MACH_SEND_INVALID_DEST);
	answers(vm_read(task, 0, PAGE, &data, &count), MACH_SEND_INVALID_DEST);
	answers(vm_write(task, 0, (vm_offset_t)&byte, 1),
	    MACH_SEND_INVALID_DEST);
	answers(task_create(mach_task_self(), NULL, 0, FALSE, &child),
	    MACH_SEND_INVALID_DEST);
	answers(vm_deallocate(mach_task_self(), 0x10000, PAGE),
	    MACH_SEND_INVALID_DEST);
	ck_assert_uint_eq(mach_host_self(), MACH_PORT_NULL);
	ck_assert_uint_eq(address, CANARY);
	ck_assert_uint_eq(data, CANARY);
	ck_assert_uint_eq(child, (task_t)CANARY);
}

TEST_DEBUG("guard", what_was_read_is_the_program_s_after_the_daemon_has_died)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	draw(task, 0x10000, "ab");
	succeeds(vm_read(task, 0x10000, 2 * PAGE, &data, &count));
	kill_daemon();

	ck_assert_int_eq(*(char *)(data + PAGE), 'b');
	succeeds(vm_deallocate(mach_task_self(), data, count));
	ck_assert(!is_mapped(data));
}

static void *
ask_and_be_left_alone(void *unused)
{
	(void)unused;
	must(vm_deallocate(task, 0, 0) == MIG_SERVER_DIED);
	must(vm_deallocate(task, 0, 0) == MACH_SEND_INVALID_DEST);
	return NULL;
}

static void *
kill_it_soon(void *unused)
{
	(void)unused;
	usleep(300 * 1000);
	kill(daemon_pid(), SIGKILL);
	return NULL;
}

TEST(calls_in_flight_are_told_that_the_daemon_died)
{
	pthread_t killer;

	kill(daemon_pid(), SIGSTOP);
	ck_assert_int_eq(pthread_create(&killer, NULL, kill_it_soon, NULL), 0);
	in_threads(THREADS, ask_and_be_left_alone);
	pthread_join(killer, NULL);
	kill_daemon();
}

static bool
is_of_a_dead_daemon(kern_return_t kr)
{
	return kr == MIG_SERVER_DIED || kr == MACH_SEND_INVALID_DEST;
}

/* Half of them move much memory, half of them little, until they are told. */
static void *
call_until_it_dies(void *number)
{
	static uint8_t bytes[1 << 20];
	bool much = (uintptr_t)number % 2 == 0;
	mach_msg_type_number_t count = much ? sizeof(bytes) : 16;
	kern_return_t kr = KERN_SUCCESS;

	while (kr == KERN_SUCCESS) {
		vm_offset_t data;

		kr = vm_write(task, 0x10000, (vm_offset_t)bytes, count);
		if (kr != KERN_SUCCESS)
			break;
		kr = vm_read(task, 0x10000, count, &data, &count);
		if (kr == KERN_SUCCESS)
			vm_deallocate(mach_task_self(), data, count);
	}
	must(is_of_a_dead_daemon(kr));
	must(vm_deallocate(task, 0, 0) == MACH_SEND_INVALID_DEST);
	return NULL;
}

TEST(nobody_hangs_when_the_daemon_dies_in_the_middle)
{
	pthread_t killer;

	allocate_at(task, 0x10000, 1 << 20);
	ck_assert_int_eq(pthread_create(&killer, NULL, kill_it_soon, NULL), 0);
	in_threads(THREADS, call_until_it_dies);
	pthread_join(killer, NULL);
	kill_daemon();
}

/* --- No daemon --------------------------------------------------------- */

/* What the body of a child of its own prints on stderr. */
static char *
complaints_of(void (*body)(void))
{
	FILE *file = tmpfile();
	static char text[4096];
	size_t size;
	pid_t pid;

	ck_assert_ptr_nonnull(file);
	pid = fork();
	if (pid == 0) {
		dup2(fileno(file), STDERR_FILENO);
		body();
		_exit(0);
	}
	child_succeeds(pid);
	rewind(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	return text;
}

static void
find_nobody(void)
{
	vm_address_t address = CANARY;

	for (int i = 0; i < 3; i++)
		answers(vm_allocate(mach_task_self(), &address, PAGE, TRUE),
		    MACH_SEND_INVALID_DEST);
	ck_assert_uint_eq(address, CANARY);
	ck_assert_uint_eq(mach_host_self(), MACH_PORT_NULL);
}

static void
is_one_line_with(const char *text, const char *part)
{
	const char *end = strchr(text, '\n');

	ck_assert_msg(end && end[1] == '\0', "no line, or several: %s", text);
	ck_assert_msg(strstr(text, part) != NULL, "no '%s' in %s", part, text);
}

TEST(without_a_daemon_there_is_no_destination_and_one_line_says_why)
{
	setenv("VMD_SOCKET", "/tmp/no-folder-of-vmd/vmd.sock", 1);
	is_one_line_with(complaints_of(find_nobody), "/tmp/no-folder-of-vmd");
	setenv("VMD_SOCKET", "/dev/null", 1);
	is_one_line_with(complaints_of(find_nobody), "/dev/null");
	setenv("VMD_SOCKET", daemon_socket(), 1);
}

TEST(a_socket_s_path_that_is_too_long_is_told)
{
	char path[300];

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	setenv("VMD_SOCKET", path, 1);
	is_one_line_with(complaints_of(find_nobody), "vmd");
	setenv("VMD_SOCKET", daemon_socket(), 1);
}

TEST(a_personality_that_there_is_not_is_told)
{
	setenv("VMD_PERSONALITY", "vms", 1);
	is_one_line_with(complaints_of(find_nobody), "VMD_PERSONALITY");
	unsetenv("VMD_PERSONALITY");
}

TEST(a_port_that_is_none_is_told_without_asking_the_daemon)
{
	vm_address_t address = 0;

	kill(daemon_pid(), SIGSTOP);
	answers(vm_allocate(MACH_PORT_NULL, &address, PAGE, TRUE),
	    MACH_SEND_INVALID_DEST);
	answers(vm_copy(MACH_PORT_DEAD, 0, 0, 0), MACH_SEND_INVALID_DEST);
	answers(task_terminate(TASK_NULL), MACH_SEND_INVALID_DEST);
	kill(daemon_pid(), SIGCONT);
	all_is_well();
}

/* --- Buffers ----------------------------------------------------------- */

static vm_offset_t
read_pages(vm_address_t address, vm_size_t size)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	succeeds(vm_read(task, address, size, &data, &count));
	ck_assert_uint_eq(count, size);
	return data;
}

/* Which pages of a buffer are there: `x` is one that is. */
static void
buffer_is(vm_offset_t data, const char *pages)
{
	for (size_t i = 0; pages[i] != '\0'; i++)
		ck_assert_msg(is_mapped(data + i * PAGE) == (pages[i] == 'x'),
		    "page %zu of %s", i, pages);
}

TEST_DEBUG("guard", a_buffer_that_was_given_back_is_guarded_for_who_wants_it)
{
	vm_offset_t data;

	draw(task, 0x10000, "abcd");
	data = read_pages(0x10000, 4 * PAGE);
	buffer_is(data, "xxxx");
	succeeds(vm_deallocate(mach_task_self(), data, 4 * PAGE));
	buffer_is(data, "....");

	data = read_pages(0x10123, 2 * PAGE);
	buffer_is(data, "xxx");
	succeeds(vm_deallocate(mach_task_self(), data, 2 * PAGE));
	buffer_is(data, "...");

	data = read_pages(0x10fff, 2);
	succeeds(vm_deallocate(mach_task_self(), data, 2));
	buffer_is(data, ".");
}

TEST(a_buffer_is_given_back_in_parts)
{
	mach_port_t self = mach_task_self();
	vm_offset_t data;

	draw(task, 0x10000, "abcdefgh");
	data = read_pages(0x10000, 8 * PAGE);

	succeeds(vm_deallocate(self, data + 3 * PAGE, 2 * PAGE));
	buffer_is(data, "xxx..xxx");
	succeeds(vm_deallocate(self, data, PAGE));
	buffer_is(data, ".xx..xxx");
	succeeds(vm_deallocate(self, data + 7 * PAGE, PAGE));
	buffer_is(data, ".xx..xx.");
	succeeds(vm_deallocate(self, data + PAGE, 0));
	buffer_is(data, ".xx..xx.");
	ck_assert_int_eq(*(char *)(data + 2 * PAGE), 'c');
	ck_assert_int_eq(*(char *)(data + 6 * PAGE), 'g');
	succeeds(vm_deallocate(self, data + 2 * PAGE + 5, 1));
	succeeds(vm_deallocate(self, data + PAGE, PAGE));
	succeeds(vm_deallocate(self, data + 5 * PAGE, 2 * PAGE));
	buffer_is(data, "........");
}

/* Pages are used again, and hold nothing of what they held. */
TEST(a_short_read_behind_a_long_one_leaves_zeros_in_its_last_page)
{
	vm_offset_t data;

	draw(task, 0x10000, "abcd");
	for (int i = 0; i < 40; i++) {
		data = read_pages(0x10123, 2 * PAGE);
		ck_assert_int_eq(*(char *)(data - 1), 0);
		ck_assert_int_eq(*(char *)(data + 2 * PAGE), 0);
		memset((char *)data - 0x123, 'x', 3 * PAGE);
		succeeds(vm_deallocate(mach_task_self(), data, 2 * PAGE));

		data = read_pages(0x10000, 2 * PAGE + 1);
		ck_assert_int_eq(*(char *)(data + 2 * PAGE), 'c');
		ck_assert_int_eq(*(char *)(data + 2 * PAGE + 1), 0);
		ck_assert_int_eq(*(char *)(data + 3 * PAGE - 1), 0);
		memset((char *)data, 'x', 3 * PAGE);
		succeeds(vm_deallocate(mach_task_self(), data, 2 * PAGE + 1));
	}
}

TEST(a_program_may_have_protected_or_unmapped_what_it_gives_back)
{
	vm_offset_t data;

	draw(task, 0x10000, "ab");
	data = read_pages(0x10000, 2 * PAGE);
	mprotect((void *)data, PAGE, PROT_READ);
	succeeds(vm_deallocate(mach_task_self(), data, 2 * PAGE));
	data = read_pages(0x10000, 2 * PAGE);
	ck_assert_int_eq(*(char *)(data + PAGE), 'b');

	munmap((void *)data, 2 * PAGE);
	succeeds(vm_deallocate(mach_task_self(), data, 2 * PAGE));
	data = read_pages(0x10000, 2 * PAGE);
	ck_assert_int_eq(*(char *)(data + PAGE), 'b');
	succeeds(vm_deallocate(mach_task_self(), data, 2 * PAGE));
}

TEST(more_than_a_buffer_is_not_given_back)
{
	vm_offset_t data;

	draw(task, 0x10000, "ab");
	data = read_pages(0x10000, 2 * PAGE);

	answers(vm_deallocate(mach_task_self(), data, 64 * PAGE),
	    KERN_INVALID_ADDRESS);
	answers(vm_deallocate(mach_task_self(), data, -(vm_size_t)1),
	    KERN_INVALID_ARGUMENT);
	buffer_is(data, "xx");
	succeeds(vm_deallocate(mach_task_self(), data, 2 * PAGE));
}

TEST(a_buffer_is_given_back_once)
{
	vm_offset_t data;

	draw(task, 0x10000, "ab");
	data = read_pages(0x10000, 2 * PAGE);
	succeeds(vm_deallocate(mach_task_self(), data, 2 * PAGE));

	answers(vm_deallocate(mach_task_self(), data, 2 * PAGE),
	    KERN_INVALID_ADDRESS);
}

TEST(a_buffer_is_no_memory_of_any_task)
{
	vm_offset_t data;

	draw(task, 0x10000, "ab");
	data = read_pages(0x10000, 2 * PAGE);

	ck_assert_uint_ge(data, VM_MAX_ADDRESS);
	answers(vm_deallocate(task, data, 2 * PAGE), KERN_INVALID_ADDRESS);
	buffer_is(data, "xx");
	succeeds(vm_deallocate(mach_task_self(), data, 2 * PAGE));
}

TEST(memory_of_the_program_s_own_is_not_given_back)
{
	static char own[2 * PAGE];
	void *mapped =
	    mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	answers(vm_deallocate(mach_task_self(), (vm_address_t)mapped, PAGE),
	    KERN_INVALID_ADDRESS);
	answers(vm_deallocate(mach_task_self(), (vm_address_t)own, PAGE),
	    KERN_INVALID_ADDRESS);

	ck_assert(is_mapped((uintptr_t)mapped));
	munmap(mapped, PAGE);
}

/* --- Memory that cannot be touched ------------------------------------- */

/* `size` bytes of which the last page cannot be accessed as `protection` says;
 * the rest can. At the end of a page less `before` bytes. */
static uint8_t *
guarded(size_t size, size_t before, int protection)
{
	size_t pages = (size + before + PAGE - 1) / PAGE;
	uint8_t *memory = mmap(NULL, (pages + 1) * PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	memset(memory, 'g', pages * PAGE);
	mprotect(memory + pages * PAGE, PAGE, protection);
	return memory + pages * PAGE - before;
}

static void
cannot_be_written_from(const void *data, mach_msg_type_number_t count)
{
	answers(vm_write(task, 0x10000, (vm_offset_t)data, count),
	    MACH_SEND_INVALID_MEMORY);
	bytes_are(task, 0x10000, 2 << 20, 'x');
	all_is_well();
}

TEST(bytes_that_cannot_be_read_are_not_written)
{
	allocate_at(task, 0x10000, 2 << 20);
	fill(task, 0x10000, 2 << 20, 'x');

	cannot_be_written_from(guarded(8, 0, PROT_NONE), 8);
	cannot_be_written_from(NULL, 8);
	cannot_be_written_from(NULL, 1 << 20);
	cannot_be_written_from((void *)-(uintptr_t)16, 8);
	cannot_be_written_from((void *)-(uintptr_t)16, 60000);
	cannot_be_written_from(guarded(PAGE, 8, PROT_NONE), 16);
	cannot_be_written_from(guarded(PAGE, 8, PROT_NONE), PAGE);
	cannot_be_written_from(guarded(0, 60000, PROT_NONE), 60001);
	cannot_be_written_from(guarded(0, 60000, PROT_NONE), 64000);
	cannot_be_written_from(guarded(0, 1 << 20, PROT_NONE), (1 << 20) + 1);
	cannot_be_written_from(guarded(0, 100, PROT_NONE), 1 << 20);
}

TEST(what_may_be_read_up_to_its_last_byte_is_written)
{
	allocate_at(task, 0x10000, 2 << 20);
	for (size_t size = 1; size <= 1 << 20; size = size * 3 + 1) {
		succeeds(vm_write(task, 0x10000,
		    (vm_offset_t)guarded(0, size, PROT_NONE),
		    (mach_msg_type_number_t)size));
		bytes_are(task, 0x10000, size, 'g');
	}
}

TEST(a_file_that_has_become_shorter_cannot_be_read)
{
	FILE *file = tmpfile();
	uint8_t *memory;

	ck_assert_int_eq(ftruncate(fileno(file), PAGE), 0);
	memory = mmap(NULL, 2 << 20, PROT_READ, MAP_SHARED, fileno(file), 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	allocate_at(task, 0x10000, 2 << 20);
	fill(task, 0x10000, 2 << 20, 'x');

	cannot_be_written_from(memory + PAGE, 8);
	cannot_be_written_from(memory + PAGE - 8, 16);
	cannot_be_written_from(memory, 1 << 20);
	fclose(file);
}

TEST(no_bytes_may_be_anywhere)
{
	allocate_at(task, 0x10000, PAGE);

	succeeds(vm_write(task, 0x10000, 0, 0));
	succeeds(vm_write(task, 0x10000, CANARY, 0));
	succeeds(vm_write(task, 0x70000,
	    (vm_offset_t)guarded(PAGE, 0, PROT_NONE), 0));
}

static void
cannot_be_read_to(void *data, vm_size_t size)
{
	vm_size_t out = CANARY;

	answers(vm_read_overwrite(task, 0x10000, size, (vm_address_t)data,
		    &out),
	    KERN_INVALID_ADDRESS);
	ck_assert_uint_eq(out, CANARY);
	all_is_well();
}

TEST(a_destination_that_cannot_be_written_is_told)
{
	static const int protections[] = { PROT_NONE, PROT_READ };

	allocate_at(task, 0x10000, 2 << 20);
	fill(task, 0x10000, 2 << 20, 'x');
	for (size_t i = 0; i < ARRAY_SIZE(protections); i++) {
		int p = protections[i];

		cannot_be_read_to(guarded(8, 0, p), 8);
		cannot_be_read_to(guarded(8, 8, p), 16);
		cannot_be_read_to(guarded(PAGE, 1, p), PAGE);
		cannot_be_read_to(guarded(0, 60000, p), 60001);
		cannot_be_read_to(guarded(0, 1 << 20, p), (1 << 20) + 1);
		cannot_be_read_to(guarded(0, 100, p), 1 << 20);
	}
	cannot_be_read_to(NULL, 1);
	cannot_be_read_to(NULL, 1 << 20);
	cannot_be_read_to((void *)-(uintptr_t)16, 8);
	cannot_be_read_to((void *)-(uintptr_t)16, PAGE);
}

TEST(a_destination_is_filled_up_to_its_last_byte_and_no_further)
{
	allocate_at(task, 0x10000, 2 << 20);
	fill(task, 0x10000, 2 << 20, 'x');
	for (size_t size = 1; size <= 1 << 20; size = size * 3 + 1) {
		uint8_t *to = guarded(PAGE, size, PROT_NONE);
		vm_size_t out;

		succeeds(vm_read_overwrite(task, 0x10000, size,
		    (vm_address_t)to, &out));
		ck_assert_uint_eq(out, size);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(to[i], 'x');
		if ((uintptr_t)to % PAGE != 0)
			ck_assert_uint_eq(to[-1], 'g');
	}
}

TEST(a_source_is_judged_before_a_destination)
{
	vm_size_t out = CANARY;

	draw(task, 0x10000, "ab");
	protect(task, 0x10000, 2 * PAGE, VM_PROT_NONE);

	answers(vm_read_overwrite(task, 0x10000, PAGE, 0, &out),
	    KERN_PROTECTION_FAILURE);
	ck_assert_uint_eq(out, CANARY);
	out = CANARY;
	succeeds(vm_read_overwrite(task, 0x10000, 0, 0, &out));
	ck_assert_uint_eq(out, 0);
}
