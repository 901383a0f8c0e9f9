/*
 * Large reads: by the window, with the same bytes as without
 *
 * Which way data go nobody can tell from what they are; whether there is a window
 * the user's limits tell.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "common/msg.h"
#include "tests/support/daemon.h"
#include "tests/support/hand.h"
#include "tests/support/memory.h"

enum {
	KIB = 1024,
	ALL = 6 * MEGA,
	BASE = 0x1000000,
	VMD_WINDOW = 9009,
	VMD_WINDOW_NEXT = 9010,
};

static uint8_t *expected;
static task_t task;
static bool killed;

static void
begin(void)
{
	expected = malloc(ALL);
	ck_assert_ptr_nonnull(expected);
	fill_pattern(expected, ALL, 7);
	task = new_task();
	allocate_at(task, BASE, ALL);
	write_pattern(task, BASE, ALL, 7);
}

static char config[] = "/tmp/vmd-window-XXXXXX";

void
test_setup(void)
{
	close(mkstemp(config));
	daemon_start("--check", "--memory", "256M", "--config", config, NULL);
	begin();
}

void
test_teardown(void)
{
	unlink(config);
	free(expected);
	if (!killed)
		daemon_stop();
}

/* Connections of this user's that have a window, and that may. */
static struct vmd_limit
limit(void)
{
	struct vmd_limit limits[32];
	size_t count = ARRAY_SIZE(limits);
	uint32_t uid = geteuid();

	succeeds(vmd_limits(&uid, limits, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(limits[i].name, "windows") == 0)
			return limits[i];
	ck_abort_msg("there is no such limit");
	return limits[0];
}

static uint64_t
windows(void)
{
	return limit().used;
}

static uint8_t *
read_at(size_t offset, size_t size)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	succeeds(vm_read(task, BASE + offset, size, &data, &count));
	ck_assert_uint_eq(count, size);
	ck_assert_uint_eq(data % PAGE, (BASE + offset) % PAGE);
	return (uint8_t *)data;
}

static void
give_back(uint8_t *data, size_t size)
{
	succeeds(vm_deallocate(mach_task_self(), (vm_address_t)data, size));
}

static void
holds(const uint8_t *data, size_t offset, size_t size)
{
	ck_assert_int_eq(memcmp(data, expected + offset, size), 0);
}

/* --- The bytes ---------------------------------------------------------- */

static void
reads_right(size_t offset, size_t size)
{
	uint8_t *data = read_at(offset, size), *to = malloc(size + 2);
	vm_size_t read = 0;

	holds(data, offset, size);
	give_back(data, size);
	to[0] = to[size + 1] = 0x5a;
	succeeds(vm_read_overwrite(task, BASE + offset, size,
	    (vm_address_t)to + 1, &read));
	ck_assert_uint_eq(read, size);
	holds(to + 1, offset, size);
	ck_assert_uint_eq(to[0], 0x5a);
	ck_assert_uint_eq(to[size + 1], 0x5a);
	free(to);
}

static void
all_sizes_are_right(void)
{
	static const size_t sizes[] = { 16 * KIB, 64 * KIB, 128 * KIB,
		192 * KIB, 512 * KIB, MEGA, 2 * MEGA, 4 * MEGA, 5 * MEGA };
	static const size_t offsets[] = { 0, 1, 0x123, PAGE - 1, 70 * KIB };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (size_t j = 0; j < ARRAY_SIZE(offsets); j++)
			for (size_t n = sizes[i] - 1; n <= sizes[i] + 1; n++)
				reads_right(offsets[j], n);
}

TEST(large_reads_go_by_a_window_with_every_byte)
{
	ck_assert_uint_eq(windows(), 0);
	all_sizes_are_right();
	ck_assert_uint_eq(windows(), 1);
}

TEST(without_a_window_the_bytes_are_the_same)
{
	FILE *file = fopen(config, "w");

	fprintf(file, "[user %u]\nwindows = 0\n", (unsigned)geteuid());
	fclose(file);
	kill(daemon_pid(), SIGHUP);
	while (limit().allowed > 0)
		usleep(1000);
	all_sizes_are_right();
	ck_assert_uint_eq(windows(), 0);
}

TEST_DEBUG("guard", who_wants_a_guard_is_lent_nothing)
{
	unsigned char there;
	uint8_t *data;

	all_sizes_are_right();
	data = read_at(0, MEGA);
	give_back(data, MEGA);
	ck_assert_int_lt(mincore(data, PAGE, &there), 0);
}

/* --- Buffers ------------------------------------------------------------ */

TEST(many_buffers_stay_as_they_are_and_go_in_any_order)
{
	enum { COUNT = 61, SIZE = 150 * KIB };
	uint8_t *data[COUNT];

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT; i++)
			data[i] = read_at(i * 40001, SIZE);
		for (size_t i = 0; i < COUNT; i++) {
			size_t which = i * 23 % COUNT;

			holds(data[which], which * 40001, SIZE);
			give_back(data[which], SIZE);
		}
	}
}

TEST(a_buffer_is_the_programs_to_write_to)
{
	uint8_t *data = read_at(0, MEGA), *other;

	memset(data + 5 * PAGE, 0xee, 3 * PAGE + 7);
	data[MEGA - 1]++;
	other = read_at(0, MEGA);
	holds(other, 0, MEGA);
	ck_assert_uint_eq(data[5 * PAGE], 0xee);
	give_back(data, MEGA);
	data = read_at(0, MEGA);
	holds(data, 0, MEGA);
	give_back(data, MEGA);
	give_back(other, MEGA);
}

TEST(a_buffer_holds_what_was_read_whatever_is_written)
{
	uint8_t *data = read_at(0, 3 * MEGA), *less = read_at(0, MEGA);

	write_pattern(task, BASE, 3 * MEGA, 99);
	holds(data, 0, 3 * MEGA);
	holds(less, 0, MEGA);
	give_back(data, 3 * MEGA);
	give_back(less, MEGA);
}

/* Does it end a process to read there? */
static bool
is_deadly(const volatile uint8_t *at)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		(void)*at;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status != 0;
}

TEST(a_part_of_a_buffer_is_given_back)
{
	uint8_t *data = read_at(0, MEGA);

	give_back(data + 70 * PAGE, 3 * PAGE);
	ck_assert(is_deadly(data + 71 * PAGE));
	holds(data, 0, 70 * PAGE);
	holds(data + 73 * PAGE, 73 * PAGE, MEGA - 73 * PAGE);
	ck_assert_int_eq(vm_deallocate(mach_task_self(), (vm_address_t)data,
			     MEGA),
	    KERN_INVALID_ADDRESS);
	give_back(data, 70 * PAGE);
	holds(data + 73 * PAGE, 73 * PAGE, MEGA - 73 * PAGE);
	give_back(data + 73 * PAGE, MEGA - 73 * PAGE);
	for (int i = 0; i < 5; i++)
		reads_right(0, MEGA);
}

/* --- Others ------------------------------------------------------------- */

TEST(a_child_has_the_buffers_of_its_parent)
{
	uint8_t *data = read_at(0, MEGA), *small = read_at(MEGA, 100 * KIB);
	int go[2], status = -1;
	char byte = 0;
	pid_t pid;

	data[9]++;
	ck_assert_int_eq(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		ck_assert_int_eq(read(go[0], &byte, 1), 1);
		ck_assert_uint_eq(data[9], (uint8_t)(expected[9] + 1));
		holds(data + 10, 10, MEGA - 10);
		holds(small, MEGA, 100 * KIB);
		data[10]++;
		give_back(data, MEGA);
		ck_assert(is_deadly(data));
		task = new_task();
		allocate_at(task, BASE, ALL);
		write_pattern(task, BASE, ALL, 7);
		reads_right(3, MEGA);
		_exit(0);
	}
	data[11]++;
	holds(data + 12, 12, MEGA - 12);
	give_back(data, MEGA);
	give_back(small, 100 * KIB);
	for (int i = 0; i < 4; i++)
		give_back(read_at(MEGA * (size_t)(i + 1), MEGA), MEGA);
	ck_assert_int_eq(write(go[1], &byte, 1), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close(go[0]);
	close(go[1]);
}

static void *
read_much(void *argument)
{
	unsigned seed = (unsigned)(uintptr_t)argument;

	for (int i = 0; i < 60; i++) {
		size_t size = (size_t)rand_r(&seed) % (3 * MEGA) + 1;

		reads_right((size_t)rand_r(&seed) % (2 * MEGA), size);
	}
	return NULL;
}

TEST(threads_read_at_the_same_time)
{
	pthread_t threads[4];

	for (uintptr_t i = 0; i < ARRAY_SIZE(threads); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_much,
				     (void *)(i + 1)),
		    0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
}

TEST(a_buffer_outlives_the_daemon)
{
	uint8_t *data = read_at(0, MEGA);

	kill(daemon_pid(), SIGKILL);
	ck_assert_int_eq(waitpid(daemon_pid(), NULL, 0), daemon_pid());
	killed = true;
	holds(data, 0, MEGA);
	give_back(data, MEGA);
}

TEST(a_destination_that_is_none_is_told)
{
	vm_size_t size = CANARY;

	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(vm_read_overwrite(task, BASE, 5 * MEGA, 4096,
				     &size),
		    KERN_INVALID_ADDRESS);
	ck_assert_uint_eq(size, CANARY);
	reads_right(0, 5 * MEGA);
}

/* --- By hand ------------------------------------------------------------ */

struct reply {
	kern_return_t code;
	int fd; /* -1: none came */
	uint64_t data;
	size_t size;
	uint8_t body[64];
};

/* What comes, with a descriptor if there is one. Data are skipped. */
static struct reply
receive(int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	uint8_t bytes[512];
	struct iovec part = { bytes, sizeof(mach_msg_header_t) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct reply reply = { .fd = -1 };
	mach_msg_header_t header;
	struct cmsghdr *passed;
	struct msg msg;

	ck_assert_int_eq(recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL),
	    sizeof(header));
	passed = CMSG_FIRSTHDR(&message);
	if (passed)
		memcpy(&reply.fd, CMSG_DATA(passed), sizeof(int));
	memcpy(&header, bytes, sizeof(header));
	ck_assert_uint_le(header.msgh_size, sizeof(bytes));
	ck_assert(
	    get(fd, bytes + sizeof(header), header.msgh_size - sizeof(header)));
	ck_assert_int_gt(msg_parse(&msg, MSG_REPLY, bytes, header.msgh_size),
	    0);
	reply.code = msg.code;
	reply.size = MIN(msg.body_size, sizeof(reply.body));
	memcpy(reply.body, msg.body, reply.size);
	reply.data = msg_data_size(&msg);
	for (uint64_t left = reply.data; left > 0; left--)
		ck_assert(get(fd, bytes, 1));
	return reply;
}

static struct reply
ask(int fd, int id, mach_port_t port, struct body body)
{
	ck_assert(put_request(fd, id, port, body.bytes, body.size, 0));
	return receive(fd);
}

static struct body
place(uint64_t address, uint64_t size, uint64_t at, uint64_t room)
{
	struct body body = fields(3, address, size, at);
	struct body more = fields(1, room, 0, 0);

	more.bytes[0] = 4 << 3;
	memcpy(body.bytes + body.size, more.bytes, more.size);
	body.size += more.size;
	return body;
}

static int
connect_with_window(uint8_t **memory, int *file)
{
	int fd = connect_and_greet();
	struct reply reply = ask(fd, VMD_WINDOW, 0, fields(0, 0, 0, 0));

	ck_assert_int_eq(reply.code, KERN_SUCCESS);
	ck_assert_int_ge(reply.fd, 0);
	*file = reply.fd;
	*memory = mmap(NULL, MSG_WINDOW_SIZE, PROT_READ, MAP_SHARED, *file, 0);
	ck_assert_ptr_ne(*memory, MAP_FAILED);
	ck_assert_int_eq(call(fd, VM_ALLOCATE, MSG_TASK_SELF,
			     fields(3, BASE, MEGA, 0)),
	    KERN_SUCCESS);
	return fd;
}

static void
hang_up(int fd, uint8_t *memory, int file)
{
	munmap(memory, MSG_WINDOW_SIZE);
	close(file);
	close(fd);
}

TEST(a_window_cannot_be_changed_by_the_client)
{
	uint8_t *memory;
	int file, fd = connect_with_window(&memory, &file);

	ck_assert_int_lt(ftruncate(file, 0), 0);
	ck_assert_int_lt(ftruncate(file, 2 * MSG_WINDOW_SIZE), 0);
	ck_assert_int_eq(fallocate(file, 0, 0, PAGE), 0);
	ck_assert_int_lt(fallocate(file,
			     FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			     PAGE),
	    0);
	ck_assert_int_lt(pwrite(file, "x", 1, 0), 0);
	ck_assert_ptr_eq(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			     file, 0),
	    MAP_FAILED);
	ck_assert_int_lt(mprotect(memory, PAGE, PROT_READ | PROT_WRITE), 0);
	ck_assert_int_eq(ask(fd, VMD_WINDOW, 0, fields(0, 0, 0, 0)).code,
	    KERN_FAILURE);
	hang_up(fd, memory, file);
}

TEST(a_place_that_is_none_is_not_used)
{
	static const struct {
		uint64_t size, at, room;
		bool good;
	} places[] = {
		{ PAGE, 0, 0, false },
		{ 2 * PAGE, 0, 2 * PAGE, true },
		{ 2 * PAGE, 1, 2 * PAGE, true },
		{ 4 * PAGE, 0, 4 * PAGE, false }, /* not all is there */
		{ PAGE, 8 * PAGE, PAGE, false },
		{ PAGE, MSG_WINDOW_SIZE - PAGE, PAGE, true },
		{ PAGE, MSG_WINDOW_SIZE - PAGE, PAGE + 1, false },
		{ PAGE, MSG_WINDOW_SIZE, 0, false },
		{ PAGE, MSG_WINDOW_SIZE + PAGE, PAGE, false },
		{ PAGE, UINT32_MAX, PAGE, false },
		{ PAGE, PAGE, UINT32_MAX, false },
	};
	uint8_t *memory;
	int file, fd = connect_with_window(&memory, &file);

	(void)*(volatile uint8_t *)memory;
	(void)*(volatile uint8_t *)(memory + PAGE);
	(void)*(volatile uint8_t *)(memory + 2 * PAGE);
	(void)*(volatile uint8_t *)(memory + MSG_WINDOW_SIZE - PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct reply reply = ask(fd, VM_READ, MSG_TASK_SELF,
		    place(BASE, places[i].size, places[i].at, places[i].room));

		ck_assert_int_eq(reply.code, KERN_SUCCESS);
		ck_assert_msg((reply.data == 0) == places[i].good, "place %zu",
		    i);
	}
	hang_up(fd, memory, file);
}

TEST(what_is_left_is_kept_but_not_without_end)
{
	uint8_t *memory;
	int file, fd = connect_with_window(&memory, &file);
	struct reply reply;

	(void)*(volatile uint8_t *)memory;
	for (uint64_t i = 1; i <= 8; i++) {
		reply = ask(fd, VM_READ, MSG_TASK_SELF,
		    place(BASE, 2 * PAGE, 0, PAGE));
		ck_assert_uint_eq(reply.data, 0);
		ck_assert_uint_eq(reply.body[reply.size - 1], i);
	}
	reply = ask(fd, VM_READ, MSG_TASK_SELF, place(BASE, 2 * PAGE, 0, PAGE));
	ck_assert_uint_eq(reply.data, 2 * PAGE);

	ck_assert_int_eq(ask(fd, VMD_WINDOW_NEXT, 0, fields(3, 9, 0, 1)).code,
	    KERN_INVALID_NAME);
	ck_assert_int_eq(ask(fd, VMD_WINDOW_NEXT, 0,
			     fields(3, 1, MSG_WINDOW_SIZE, 1))
			     .code,
	    KERN_INVALID_ARGUMENT);
	ck_assert_int_eq(ask(fd, VMD_WINDOW_NEXT, 0, fields(3, 1, 0, PAGE))
			     .code,
	    KERN_SUCCESS);
	ck_assert_int_eq(ask(fd, VMD_WINDOW_NEXT, 0, fields(3, 1, 0, PAGE))
			     .code,
	    KERN_INVALID_NAME);
	ck_assert_int_eq(ask(fd, VMD_WINDOW_NEXT, 0, fields(3, 2, 0, 0)).code,
	    KERN_SUCCESS);
	ck_assert_int_eq(ask(fd, VMD_WINDOW_NEXT, 0, fields(3, 2, 0, 1)).code,
	    KERN_INVALID_NAME);
	hang_up(fd, memory, file);
}

TEST(no_window_no_rest)
{
	int fd = connect_and_greet();

	ck_assert_int_eq(ask(fd, VMD_WINDOW_NEXT, 0, fields(3, 1, 0, 1)).code,
	    KERN_INVALID_NAME);
	close(fd);
}

TEST(windows_go_with_their_connections)
{
	uint8_t *memory;
	int file, fd;

	for (int i = 0; i < 20; i++) {
		fd = connect_with_window(&memory, &file);
		ck_assert_uint_eq(windows(), 1);
		hang_up(fd, memory, file);
		while (windows() > 0)
			usleep(1000);
	}
}
