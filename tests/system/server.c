/*
 * The daemon, spoken to by those who do not mean well: whatever comes over the
 * socket costs its sender the call or the connection, and nobody anything else
 *
 * Messages are made by hand here (common/msg.h); libvmd is the bystander.
 */
#include "tests/support/test.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "common/msg.h"
#include "tests/support/daemon.h"
#include "tests/support/hand.h"
#include "tests/support/memory.h"

static task_t task;
static bool ended;

void
test_setup(void)
{
	/* Its descriptors are counted, which a guarded one only lets root do. */
	daemon_start("--memory", "64M", "--allow-core", NULL);
	task = new_task();
	draw(task, 0x10000, "abc");
}

void
test_teardown(void)
{
	if (!ended)
		daemon_stop();
}

/* --- The bystander ----------------------------------------------------- */

static double
now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* Calls of another client work as ever, and at once. */
static void
all_is_well(void)
{
	double start = now();
	vm_address_t at = allocate(task, 4 * PAGE);

	write_pattern(task, at + 1, 3 * PAGE, 7);
	pattern_is(task, at + 1, 3 * PAGE, 7);
	succeeds(vm_deallocate(task, at, 4 * PAGE));
	pages_are(task, 0x10000, "abc");
	ck_assert_msg(now() - start < 1, "calls took %.1f s", now() - start);
}

static size_t
descriptors(void)
{
	char path[64];
	size_t count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)daemon_pid());
	folder = opendir(path);
	ck_assert_ptr_nonnull(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* What the daemon has; and that it has it again, after a while. */
struct belongings {
	struct vmd_statistics machine;
	size_t descriptors;
};

static struct belongings
take_stock(void)
{
	struct belongings have;

	succeeds(vmd_statistics(&have.machine));
	have.descriptors = descriptors();
	return have;
}

static bool
are_alike(const struct belongings *a, const struct belongings *b)
{
	return a->machine.pages_used == b->machine.pages_used &&
	       a->machine.nodes_used == b->machine.nodes_used &&
	       a->machine.entries_used == b->machine.entries_used &&
	       a->machine.objects_used == b->machine.objects_used &&
	       a->machine.tasks == b->machine.tasks &&
	       a->machine.connections == b->machine.connections &&
	       a->descriptors == b->descriptors;
}

static void
everything_is_as(const struct belongings *before)
{
	struct belongings after;

	for (int i = 0; i < 5000; i++) {
		after = take_stock();
		if (are_alike(&after, before))
			return;
		usleep(1000);
	}
	ck_abort_msg("%ld pages, %ld nodes, %ld entries, %ld objects, %ld "
		     "tasks, %ld connections, %ld descriptors too many",
	    (long)(after.machine.pages_used - before->machine.pages_used),
	    (long)(after.machine.nodes_used - before->machine.nodes_used),
	    (long)(after.machine.entries_used - before->machine.entries_used),
	    (long)(after.machine.objects_used - before->machine.objects_used),
	    (long)(after.machine.tasks - before->machine.tasks),
	    (long)(after.machine.connections - before->machine.connections),
	    (long)(after.descriptors - before->descriptors));
}

/* A call that works if the connection does. */
static void
is_served(int fd)
{
	answers(call(fd, VM_DEALLOCATE, MSG_TASK_SELF,
		    fields(2, 0x10000, 0, 0)),
	    KERN_SUCCESS);
}

static uint32_t
chance(uint32_t below)
{
	static uint32_t state = 12345;

	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static void
fill_by_chance(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)chance(256);
}

/* --- Hellos ------------------------------------------------------------ */

TEST(bytes_that_are_no_hello_cost_the_connection)
{
	struct belongings before = take_stock();
	static uint8_t bytes[MEGA];

	for (int i = 0; i < 50; i++) {
		int fd = connect_only();

		fill_by_chance(bytes, sizeof(bytes) / 50);
		put(fd, bytes, 1 + chance(sizeof(bytes) / 50));
		shutdown(fd, SHUT_WR);
		hangs_up(fd);
	}
	all_is_well();
	everything_is_as(&before);
}

TEST(a_wrong_magic_is_noticed_at_once)
{
	uint32_t magic = MSG_MAGIC + 1;
	int fd = connect_only();

	ck_assert(put(fd, &magic, sizeof(magic)));
	hangs_up(fd);
	all_is_well();
}

/* The hello must be refused, with words, and then the daemon hangs up. */
static void
is_refused(struct msg_hello hello, kern_return_t code)
{
	struct msg_welcome welcome;
	int fd = connect_only();

	ck_assert(put(fd, &hello, sizeof(hello)));
	ck_assert(get(fd, &welcome, sizeof(welcome)));
	ck_assert_uint_eq(welcome.magic, MSG_MAGIC);
	ck_assert_uint_eq(welcome.version, MSG_VERSION);
	ck_assert_int_eq(welcome.code, code);
	hangs_up(fd);
}

TEST(a_version_that_is_not_spoken_is_refused_by_name)
{
	struct msg_hello hello = { .magic = MSG_MAGIC };

	is_refused(hello, KERN_NOT_SUPPORTED);
	hello.version = MSG_VERSION + 1;
	is_refused(hello, KERN_NOT_SUPPORTED);
	hello.version = UINT32_MAX;
	is_refused(hello, KERN_NOT_SUPPORTED);
	all_is_well();
}

TEST(a_hello_that_asks_for_what_there_is_not_is_refused)
{
	struct msg_hello hello = { .magic = MSG_MAGIC, .version = MSG_VERSION };

	hello.personality = 4;
	is_refused(hello, KERN_INVALID_ARGUMENT);
	hello.personality = UINT32_MAX;
	is_refused(hello, KERN_INVALID_ARGUMENT);
	hello.personality = 0;
	hello.page_size = 12345;
	is_refused(hello, KERN_INVALID_ARGUMENT);
	hello.page_size = 0;
	hello.reserved[3] = 1;
	is_refused(hello, KERN_INVALID_ARGUMENT);
	all_is_well();
}

TEST(a_hello_may_come_in_bytes)
{
	struct msg_hello hello = { .magic = MSG_MAGIC, .version = MSG_VERSION };
	struct msg_welcome welcome;
	int fd = connect_only();

	for (size_t i = 0; i < sizeof(hello); i++) {
		ck_assert(put(fd, (char *)&hello + i, 1));
		usleep(500);
	}
	ck_assert(get(fd, &welcome, sizeof(welcome)));
	ck_assert_int_eq(welcome.code, KERN_SUCCESS);
	is_served(fd);
	close(fd);
}

/* --- Headers ----------------------------------------------------------- */

/* The header of a good request, to be spoiled. */
static mach_msg_header_t
good_header(void)
{
	struct body body = fields(2, 0x10000, 0, 0);
	struct msg msg = {
		.kind = MSG_REQUEST,
		.id = VM_DEALLOCATE,
		.remote = MSG_TASK_SELF,
		.local = TOKEN,
		.body_size = body.size,
	};
	mach_msg_header_t header;
	uint8_t bytes[64];

	msg_write_head(&msg, bytes);
	memcpy(&header, bytes, sizeof(header));
	return header;
}

/* What was asked before it is answered; then the daemon hangs up. */
static void
header_is_fatal(mach_msg_header_t header)
{
	uint8_t more[64] = { 0 };
	int fd = connect_and_greet();
	struct body body = fields(2, 0x10000, 0, 0);

	ck_assert(put_request(fd, VM_DEALLOCATE, MSG_TASK_SELF, body.bytes,
	    body.size, 0));
	put(fd, &header, sizeof(header));
	put(fd, more, sizeof(more));
	answers(get_reply(fd, VM_DEALLOCATE), KERN_SUCCESS);
	hangs_up(fd);
}

TEST(a_header_that_is_none_costs_the_connection)
{
	static const mach_msg_size_t sizes[] = { 0, 1, 23, 0x100000, INT32_MAX,
		UINT32_MAX };
	static const mach_msg_bits_t bits[] = { 0, 0x13, 0x1513 + 1, 0xffffffff,
		0x7fffffff };
	struct belongings before = take_stock();
	mach_msg_header_t header = good_header();

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		header = good_header();
		header.msgh_size = sizes[i];
		header_is_fatal(header);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		header = good_header();
		header.msgh_bits = bits[i];
		header_is_fatal(header);
	}
	header = good_header();
	header.msgh_voucher_port = 1;
	header_is_fatal(header);
	all_is_well();
	everything_is_as(&before);
}

/* A request with a block of descriptors as given, before a body of nothing. */
static void
descriptors_are_fatal(uint32_t count, uint32_t reserved, uint32_t type,
    uint64_t size)
{
	struct {
		mach_msg_header_t header;
		uint32_t count;
		uint32_t reserved;
		struct msg_descriptor descriptors[2];
	} message = {
		.header = good_header(),
		.count = count,
		.reserved = reserved,
		.descriptors = { { type, 0, size }, { type, 0, size } },
	};

	int fd = connect_and_greet();

	message.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	message.header.msgh_size = sizeof(message);
	put(fd, &message, sizeof(message));
	hangs_up(fd);
}

TEST(descriptors_that_are_none_cost_the_connection)
{
	descriptors_are_fatal(0, 0, MACH_MSG_OOL_DESCRIPTOR, 1);
	descriptors_are_fatal(2, 0, MACH_MSG_OOL_DESCRIPTOR, 1);
	descriptors_are_fatal(UINT32_MAX, 0, MACH_MSG_OOL_DESCRIPTOR, 1);
	descriptors_are_fatal(0x10000000, 0, MACH_MSG_OOL_DESCRIPTOR, 1);
	descriptors_are_fatal(1, 1, MACH_MSG_OOL_DESCRIPTOR, 1);
	descriptors_are_fatal(1, 0, MACH_MSG_PORT_DESCRIPTOR, 1);
	descriptors_are_fatal(1, 0, 77, 1);
	descriptors_are_fatal(1, 0, MACH_MSG_OOL_DESCRIPTOR, MSG_DATA_MAX + 1);
	descriptors_are_fatal(1, 0, MACH_MSG_OOL_DESCRIPTOR, UINT64_MAX);
	all_is_well();
}

/* --- Bodies ------------------------------------------------------------ */

TEST(an_id_that_nobody_serves_costs_the_call)
{
	static const int ids[] = { 0, 1, -1, INT32_MIN, INT32_MAX, 3399, 3799,
		3820, 3827, 3829, 3833, 4827, 199, 3209, 1 << 20 };
	int fd = connect_and_greet();

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		answers(call(fd, ids[i], MSG_TASK_SELF, fields(0, 0, 0, 0)),
		    MIG_BAD_ID);
		answers(call(fd, ids[i], MSG_TASK_SELF, fields(3, 1, 2, 3)),
		    MIG_BAD_ID);
	}
	is_served(fd);
	close(fd);
}

TEST(a_body_that_is_none_costs_the_call)
{
	static const struct body bodies[] = {
		{ 0, { 0 } },
		{ 1, { 0x08 } },
		{ 2, { 0x08, 0x80 } },
		{ 11, { 0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
			  0x80, 0x80 } },
		{ 6, { 0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f } },
		{ 3, { 0x12, 0x02, 0xff } },
		{ 4, { 0x08, 0x01, 0x17, 0x00 } },
		{ 9, { 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00 } },
		{ 3, { 0xff, 0xff, 0xff } },
	};
	static const int ids[] = { VM_ALLOCATE, VM_DEALLOCATE, VM_PROTECT,
		VM_INHERIT, VM_READ, VM_COPY, VM_WRITE, VM_REGION,
		TASK_CREATE };
	int fd = connect_and_greet();

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		for (size_t k = 0; k < ARRAY_SIZE(ids); k++)
			answers(call(fd, ids[k], MSG_TASK_SELF, bodies[i]),
			    MIG_BAD_ARGUMENTS);
	is_served(fd);
	close(fd);
}

TEST(a_port_is_judged_before_a_body)
{
	struct body nothing = { 0 };
	int fd = connect_and_greet();

	answers(call(fd, VM_COPY, MACH_PORT_NULL, nothing),
	    MACH_SEND_INVALID_DEST);
	answers(call(fd, VM_COPY, MACH_PORT_DEAD, nothing),
	    MACH_SEND_INVALID_DEST);
	answers(call(fd, VM_COPY, 0x12345, nothing), MACH_SEND_INVALID_DEST);
	is_served(fd);
	close(fd);
}

/* A list of so many ranges. */
static size_t
make_list(uint8_t *bytes, size_t ranges)
{
	static const uint8_t range[] = { 0x0a, 4, 0x08, 0x01, 0x10, 0x00 };

	for (size_t i = 0; i < ranges; i++)
		memcpy(bytes + i * sizeof(range), range, sizeof(range));
	return ranges * sizeof(range);
}

TEST(a_body_that_unpacks_to_much_costs_the_call)
{
	static uint8_t bytes[MSG_BODY_MAX];
	int fd = connect_and_greet();
	size_t size;
	kern_return_t kr;

	size = make_list(bytes, 256);
	ck_assert(put_request(fd, VM_READ_LIST, MSG_TASK_SELF, bytes, size, 0));
	answers(get_reply(fd, VM_READ_LIST), KERN_SUCCESS);
	size = make_list(bytes, 257);
	ck_assert(put_request(fd, VM_READ_LIST, MSG_TASK_SELF, bytes, size, 0));
	answers(get_reply(fd, VM_READ_LIST), KERN_INVALID_ARGUMENT);
	size = make_list(bytes, MSG_BODY_MAX / 6);
	ck_assert(put_request(fd, VM_READ_LIST, MSG_TASK_SELF, bytes, size, 0));
	kr = get_reply(fd, VM_READ_LIST);
	ck_assert(kr == MIG_BAD_ARGUMENTS || kr == KERN_INVALID_ARGUMENT);
	for (size_t i = 0; i < MSG_BODY_MAX; i += 2) {
		bytes[i] = 0x0a; /* an empty range: less yet */
		bytes[i + 1] = 0;
	}
	ck_assert(put_request(fd, VM_READ_LIST, MSG_TASK_SELF, bytes,
	    MSG_BODY_MAX, 0));
	answers(get_reply(fd, VM_READ_LIST), MIG_BAD_ARGUMENTS);
	is_served(fd);
	close(fd);
	all_is_well();
}

TEST(a_body_that_is_too_long_costs_the_connection)
{
	static uint8_t bytes[MSG_BODY_MAX + 1];
	int fd = connect_and_greet();

	put_request(fd, VM_COPY, MSG_TASK_SELF, bytes, sizeof(bytes), 0);
	hangs_up(fd);
	all_is_well();
}

TEST(data_that_nobody_takes_cost_the_call)
{
	static const int ids[] = { VM_COPY, VM_DEALLOCATE, VM_READ,
		TASK_CREATE };
	struct belongings before = take_stock();
	static uint8_t data[MEGA];
	struct body body = fields(3, 0x10000, 0, 0);
	int fd = connect_and_greet();

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		ck_assert(put_request(fd, ids[i], MSG_TASK_SELF, body.bytes,
		    ids[i] == TASK_CREATE ? 2 : body.size, sizeof(data)));
		ck_assert(put(fd, data, sizeof(data)));
		answers(get_reply(fd, ids[i]), MIG_BAD_ARGUMENTS);
		is_served(fd);
	}
	close(fd);
	everything_is_as(&before);
}

TEST(bytes_by_chance_behind_a_good_hello_do_no_harm)
{
	struct belongings before = take_stock();
	uint8_t bytes[256];

	for (int i = 0; i < 400; i++) {
		int fd = connect_and_greet();
		mach_msg_header_t header = good_header();

		fill_by_chance(bytes, sizeof(bytes));
		header.msgh_id = (int)(3800 + chance(12));
		header.msgh_size = sizeof(header) + chance(64);
		if (chance(4) == 0)
			header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
		if (chance(4) == 0)
			((uint8_t *)&header)[chance(24)] ^=
			    (uint8_t)chance(256);
		put(fd, &header, sizeof(header));
		put(fd, bytes, chance(sizeof(bytes)));
		shutdown(fd, SHUT_WR);
		hangs_up(fd);
	}
	all_is_well();
	everything_is_as(&before);
}

/* --- Those who leave --------------------------------------------------- */

TEST(one_may_leave_at_any_point)
{
	struct belongings before = take_stock();
	static const uint8_t data[PAGE];
	struct body body = fields(1, 0x10000, 0, 0);
	mach_msg_header_t header = good_header();
	int fd;

	close(connect_only());

	fd = connect_only();
	put(fd, &(uint32_t){ MSG_MAGIC }, sizeof(uint32_t));
	close(fd);

	close(connect_and_greet());

	for (size_t n = 1; n < sizeof(header); n++) {
		fd = connect_and_greet();
		put(fd, &header, n);
		close(fd);
	}

	fd = connect_and_greet(); /* no body */
	put(fd, &header, sizeof(header));
	close(fd);

	fd = connect_and_greet(); /* half of the data */
	put_request(fd, VM_WRITE, MSG_TASK_SELF, body.bytes, body.size,
	    8 * MEGA);
	for (int i = 0; i < MEGA / PAGE; i++)
		put(fd, data, sizeof(data));
	close(fd);

	fd = connect_and_greet(); /* before the answer */
	put_request(fd, TASK_CREATE, MSG_TASK_SELF, "\x08\x01", 2, 0);
	close(fd);

	all_is_well();
	everything_is_as(&before);
}

TEST(a_connection_that_ends_takes_its_tasks_with_it)
{
	struct belongings before = take_stock();
	int fd = connect_and_greet();
	static uint8_t data[MEGA];
	struct body body = fields(1, 0x100000, 0, 0);

	answers(call(fd, VM_ALLOCATE, MSG_TASK_SELF,
		    fields(3, 0x100000, sizeof(data), 0)),
	    KERN_SUCCESS);
	ck_assert(put_request(fd, VM_WRITE, MSG_TASK_SELF, body.bytes,
	    body.size, sizeof(data)));
	ck_assert(put(fd, data, sizeof(data)));
	answers(get_reply(fd, VM_WRITE), KERN_SUCCESS);
	for (int i = 0; i < 20; i++)
		answers(call(fd, TASK_CREATE, MSG_TASK_SELF,
			    fields(1, TRUE, 0, 0)),
		    KERN_SUCCESS);
	close(fd);

	everything_is_as(&before);
}

/* Makes calls of all kinds until it is killed. */
static void
live_on_borrowed_time(void)
{
	static uint8_t bytes[4 * MEGA];
	task_t own = new_task();

	for (;;) {
		task_t child = child_of(own);
		vm_address_t at = allocate(child, sizeof(bytes));
		mach_msg_type_number_t count;
		vm_offset_t data;

		vm_write(child, at, (vm_offset_t)bytes, sizeof(bytes));
		vm_read(child, at, sizeof(bytes), &data, &count);
		vm_deallocate(mach_task_self(), data, count);
		task_terminate(child);
		mach_port_deallocate(mach_task_self(), child);
	}
}

TEST(a_client_may_be_killed_in_the_middle_of_anything)
{
	struct belongings before = take_stock();

	for (int i = 0; i < 30; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			live_on_borrowed_time();
		usleep(2000 + chance(20000));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		ck_assert(WIFSIGNALED(status));
	}
	all_is_well();
	everything_is_as(&before);
}

/* --- Those who do not listen ------------------------------------------- */

TEST(a_slow_reader_holds_up_nobody)
{
	struct belongings before = take_stock();
	const uint64_t size = 64 * MEGA;
	struct body body = fields(2, 0x100000, size, 0);
	int fd = connect_and_greet();

	answers(call(fd, VM_ALLOCATE, MSG_TASK_SELF,
		    fields(3, 0x100000, size, 0)),
	    KERN_SUCCESS);
	for (int i = 0; i < 20; i++)
		ck_assert(put_request(fd, VM_READ, MSG_TASK_SELF, body.bytes,
		    body.size, 0));

	for (int i = 0; i < 50; i++)
		all_is_well();
	answers(get_reply(fd, VM_READ), KERN_SUCCESS);
	all_is_well();
	close(fd);
	everything_is_as(&before);
}

TEST(one_who_asks_and_asks_and_never_reads_is_not_read_from_for_ever)
{
	struct belongings before = take_stock();
	struct body body = fields(2, 0x10000, 0, 0);
	int fd = connect_and_greet();
	struct timeval patience = { .tv_usec = 200 * 1000 };
	uint64_t asked = 0;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	while (put_request(fd, VM_DEALLOCATE, MSG_TASK_SELF, body.bytes,
	    body.size, 0))
		ck_assert_uint_lt(asked++, 10 * MEGA);

	all_is_well();
	for (uint64_t i = 0; i < asked; i++)
		answers(get_reply(fd, VM_DEALLOCATE), KERN_SUCCESS);
	close(fd);
	everything_is_as(&before);
}

TEST(a_slow_writer_holds_up_nobody)
{
	struct belongings before = take_stock();
	struct body body = fields(1, 0x100000, 0, 0);
	static uint8_t data[MEGA];
	int fd = connect_and_greet();

	answers(call(fd, VM_ALLOCATE, MSG_TASK_SELF,
		    fields(3, 0x100000, MEGA, 0)),
	    KERN_SUCCESS);
	ck_assert(put_request(fd, VM_WRITE, MSG_TASK_SELF, body.bytes,
	    body.size, MEGA));
	for (size_t i = 0; i < 16; i++) {
		ck_assert(put(fd, data + i * (MEGA / 16), MEGA / 16));
		all_is_well();
	}
	answers(get_reply(fd, VM_WRITE), KERN_SUCCESS);
	close(fd);
	everything_is_as(&before);
}

/* --- Many -------------------------------------------------------------- */

TEST(many_clients_are_served_at_once)
{
	enum { CLIENTS = 200 };
	struct belongings before = take_stock();
	static const uint8_t data[2 * PAGE];
	struct vmd_statistics machine;
	int fds[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		fds[i] = connect_and_greet();
	for (int i = 0; i < CLIENTS; i++) {
		struct body make = fields(3, 0x100000, sizeof(data), 0);
		struct body use = fields(2, 0x100000, sizeof(data), 0);
		struct body to = fields(1, 0x100000, 0, 0);

		ck_assert(put_request(fds[i], VM_ALLOCATE, MSG_TASK_SELF,
		    make.bytes, make.size, 0));
		ck_assert(put_request(fds[i], VM_WRITE, MSG_TASK_SELF, to.bytes,
		    to.size, sizeof(data)));
		ck_assert(put(fds[i], data, sizeof(data)));
		ck_assert(put_request(fds[i], VM_READ, MSG_TASK_SELF, use.bytes,
		    use.size, 0));
	}
	for (int i = 0; i < CLIENTS; i++) {
		answers(get_reply(fds[i], VM_ALLOCATE), KERN_SUCCESS);
		answers(get_reply(fds[i], VM_WRITE), KERN_SUCCESS);
		answers(get_reply(fds[i], VM_READ), KERN_SUCCESS);
	}
	succeeds(vmd_statistics(&machine));
	ck_assert_uint_eq(machine.connections,
	    before.machine.connections + CLIENTS);
	ck_assert_uint_eq(machine.tasks, before.machine.tasks + CLIENTS);
	all_is_well();
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
	everything_is_as(&before);
}

TEST(names_of_one_connection_mean_nothing_on_another)
{
	int fd = connect_and_greet();

	for (int i = 0; i < 50; i++)
		new_task();
	for (mach_port_t name = 1; name < 0x4000; name++)
		if (name != MSG_TASK_SELF && name != MSG_BOOTSTRAP)
			answers(call(fd, VM_DEALLOCATE, name,
				    fields(2, 0x10000, 3 * PAGE, 0)),
			    MACH_SEND_INVALID_DEST);
	close(fd);
	all_is_well();
}

TEST(when_the_system_has_no_descriptor_left_the_others_are_served)
{
	struct belongings before = take_stock();
	struct rlimit usual, few;
	int fds[40];

	ck_assert_int_eq(prlimit(daemon_pid(), RLIMIT_NOFILE, NULL, &usual), 0);
	few = usual;
	few.rlim_cur = before.descriptors + 5;
	ck_assert_int_eq(prlimit(daemon_pid(), RLIMIT_NOFILE, &few, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = connect_only();
	for (int i = 0; i < 20; i++)
		all_is_well();
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	ck_assert_int_eq(prlimit(daemon_pid(), RLIMIT_NOFILE, &usual, NULL), 0);

	fds[0] = connect_and_greet();
	is_served(fds[0]);
	close(fds[0]);
	everything_is_as(&before);
}

/* --- Limits ------------------------------------------------------------ */

/* Writes to fresh memory until there is none: how much there was. */
static vm_size_t
use_up(vm_address_t at)
{
	static uint8_t data[MEGA];
	vm_size_t size = 0;
	kern_return_t kr;

	memset(data, 'f', sizeof(data));
	allocate_at(task, at, 256 * MEGA);
	for (vm_size_t step = MEGA; step >= PAGE; step /= 2)
		while ((kr = vm_write(task, at + size, (vm_offset_t)data,
			    (mach_msg_type_number_t)step)) == KERN_SUCCESS)
			size += step;
	answers(kr, KERN_RESOURCE_SHORTAGE);
	return size;
}

TEST(memory_that_is_used_up_is_told_and_nothing_has_changed)
{
	static uint8_t data[8 * PAGE] __attribute__((aligned(PAGE)));
	const vm_address_t at = 0x1000000;
	vm_size_t size = use_up(at);
	mach_msg_type_number_t count;
	vm_offset_t seen;

	ck_assert_uint_gt(size, 60 * MEGA);
	ck_assert_uint_le(size, 64 * MEGA);
	memset(data, 'n', sizeof(data));
	for (int i = 0; i < 3; i++)
		answers(vm_write(task, at + size, (vm_offset_t)data,
			    sizeof(data)),
		    KERN_RESOURCE_SHORTAGE);
	bytes_are(task, at + size, sizeof(data), 0);
	bytes_are(task, at, size, 'f');
	pages_are(task, 0x10000, "abc");

	/* It can be read, copied and inherited; that takes nothing. */
	succeeds(vm_read(task, at, 16 * MEGA, &seen, &count));
	succeeds(vm_deallocate(mach_task_self(), seen, count));
	succeeds(vm_copy(task, at, MEGA, at + 128 * MEGA));
	bytes_are(task, at + 128 * MEGA, MEGA, 'f');

	succeeds(vm_deallocate(task, at, 256 * MEGA));
	all_is_well();
	ck_assert_uint_ge(use_up(at), size);
	succeeds(vm_deallocate(task, at, 256 * MEGA));
}

TEST(a_page_that_nobody_has_room_to_copy_stays_as_it_was)
{
	const vm_address_t at = 0x1000000;
	vm_size_t size = use_up(at);
	char byte = 'x';
	task_t child = child_of(task);

	answers(vm_write(child, at + 5, (vm_offset_t)&byte, 1),
	    KERN_RESOURCE_SHORTAGE);
	bytes_are(child, at, PAGE, 'f');
	bytes_are(task, at, PAGE, 'f');
	succeeds(vm_deallocate(task, at, 256 * MEGA));
	bytes_are(child, at, size, 'f');
	end_task(child);
	all_is_well();
}

TEST(more_data_than_there_is_memory_cost_the_call)
{
	struct belongings before = take_stock();
	static uint8_t data[MEGA];
	struct body body = fields(1, 0x1000000, 0, 0);
	int fd = connect_and_greet();

	answers(call(fd, VM_ALLOCATE, MSG_TASK_SELF,
		    fields(3, 0x1000000, 100 * MEGA, 0)),
	    KERN_SUCCESS);
	ck_assert(put_request(fd, VM_WRITE, MSG_TASK_SELF, body.bytes,
	    body.size, 100 * MEGA));
	for (int i = 0; i < 100; i++)
		ck_assert(put(fd, data, sizeof(data)));
	answers(get_reply(fd, VM_WRITE), KERN_RESOURCE_SHORTAGE);
	is_served(fd);
	all_is_well();
	close(fd);
	everything_is_as(&before);
}

/* --- The end ----------------------------------------------------------- */

TEST(the_daemon_ends_well_whoever_is_connected)
{
	const uint64_t size = 64 * MEGA;
	struct body body = fields(2, 0x100000, size, 0);
	static uint8_t data[MEGA];
	int reader = connect_and_greet(), writer = connect_and_greet();
	int half = connect_only(), status;

	answers(call(reader, VM_ALLOCATE, MSG_TASK_SELF,
		    fields(3, 0x100000, size, 0)),
	    KERN_SUCCESS);
	put_request(reader, VM_READ, MSG_TASK_SELF, body.bytes, body.size, 0);
	body = fields(1, 0x100000, 0, 0);
	put_request(writer, VM_WRITE, MSG_TASK_SELF, body.bytes, body.size,
	    8 * MEGA);
	put(writer, data, sizeof(data));
	put(half, "vmd", 3);

	kill(daemon_pid(), SIGTERM);
	ck_assert_int_eq(waitpid(daemon_pid(), &status, 0), daemon_pid());
	ended = true;
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "it ended with status %#x", (unsigned)status);
	ck_assert_int_lt(access(daemon_socket(), F_OK), 0);
	answers(vm_deallocate(task, 0, 0), MACH_SEND_INVALID_DEST);
	hangs_up(reader);
	hangs_up(writer);
	hangs_up(half);
}
