/*
 * Limits of users: each is reached, told, and hurts nobody else
 *
 * A client of another user takes what it can, in a process of its own, while
 * this one, who is the daemon's own user, looks. Without root there is no other
 * user: then the client is the daemon's own, under limits that its section says.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/message.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "common/msg.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum {
	ALICE = 10001,
	BOB = 10002,
	KIB = 1024,
	MEGA = 1024 * KIB,
	VMD_STATISTICS = 9001,
	PATIENCE = 20 * 1000, /* milliseconds */
	FLOOD = 30000,        /* requests of a connection that floods */
};

static char config[] = "/tmp/vmd-quota-XXXXXX";
static int log_file = -1;

/* --- The daemon -------------------------------------------------------- */

static bool
is_root(void)
{
	return geteuid() == 0;
}

static uid_t
alice(void)
{
	return is_root() ? ALICE : geteuid();
}

/* Lines of the log with this in them. */
static int
logged(const char *what)
{
	static char text[256 * KIB];
	ssize_t size = pread(log_file, text, sizeof(text) - 1, 0);
	int count = 0;

	ck_assert_int_ge(size, 0);
	text[size] = '\0';
	for (char *at = text; (at = strstr(at, what)); at++)
		count++;
	return count;
}

static void
write_config(const char *all, const char *own)
{
	FILE *file = fopen(config, "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file, "%s\n[user %u]\n%s", all, (unsigned)alice(), own);
	fclose(file);
}

/* The daemon reads its file again, and says this of it. */
static void
reread(const char *told)
{
	int before = logged(told), patience = PATIENCE;

	kill(daemon_pid(), SIGHUP);
	while (logged(told) == before && patience-- > 0)
		usleep(1000);
	ck_assert_int_gt(patience, 0);
}

/* These limits are alice's from now on. */
static void
limit_to(const char *limits)
{
	write_config("", limits);
	reread("was read again");
}

static void
limit_all_to(const char *limits)
{
	write_config(limits, "");
	reread("was read again");
}

/* Its log goes to a file. */
static void
start(void)
{
	char name[] = "/tmp/vmd-log-XXXXXX";
	int usual = dup(STDERR_FILENO);

	log_file = mkstemp(name);
	ck_assert_int_ge(log_file, 0);
	unlink(name);
	dup2(log_file, STDERR_FILENO);
	daemon_start("--memory", "64M", "--config", config, "--log-level",
	    "info", "--limit", "pieces=77777", NULL);
	dup2(usual, STDERR_FILENO);
	close(usual);
}

static void
open_to_all(void)
{
	char folder[128];

	snprintf(folder, sizeof(folder), "%s", daemon_socket());
	*strrchr(folder, '/') = '\0';
	ck_assert_int_eq(chmod(folder, 0711), 0);
	ck_assert_int_eq(chmod(daemon_socket(), 0666), 0);
}

void
test_setup(void)
{
	struct vmd_statistics now;
	int fd = mkstemp(config);

	ck_assert_int_ge(fd, 0);
	close(fd);
	start();
	open_to_all();
	succeeds(vmd_statistics(&now));
}

/* Of alice's, as "uid 10001: tasks:" */
static int
logged_of_alice(const char *limit)
{
	char what[64];

	snprintf(what, sizeof(what), "uid %u: %s:", (unsigned)alice(), limit);
	return logged(what);
}

/* --- What is used ------------------------------------------------------ */

static kern_return_t
look(uint32_t uid, const char *name, struct vmd_limit *found)
{
	struct vmd_limit limits[32];
	size_t count = ARRAY_SIZE(limits);
	uint32_t seen = uid;
	kern_return_t kr = vmd_limits(&seen, limits, &count);

	*found = (struct vmd_limit){ .name = "" };
	if (kr == KERN_SUCCESS && seen == uid)
		for (size_t i = 0; i < count; i++)
			if (strcmp(limits[i].name, name) == 0)
				*found = limits[i];
	return kr;
}

static uint64_t
used(const char *name)
{
	struct vmd_limit limit;

	look(alice(), name, &limit);
	return limit.used;
}

static uint64_t
allowed(const char *name)
{
	struct vmd_limit limit;

	look(alice(), name, &limit);
	return limit.allowed;
}

/* What is let go of is freed by and by. */
static void
nothing_is_left(void)
{
	static const char *const names[] = { "tasks", "task-entries", "entries",
		"memory", "nodes", "mappings", "pieces", "rights", "input",
		"output", "requests", "connections" };

	for (size_t i = 0; is_root() && i < ARRAY_SIZE(names); i++) {
		int patience = PATIENCE;

		while (used(names[i]) > 0 && patience-- > 0)
			usleep(1000);
		ck_assert_msg(patience > 0, "%s: %llu left", names[i],
		    (unsigned long long)used(names[i]));
	}
}

/* Others are served meanwhile. */
static void
others_are_served(void)
{
	vm_address_t at;
	task_t task;

	if (!is_root())
		return;
	task = new_task();
	at = allocate(task, 4 * PAGE);
	write_pattern(task, at, 4 * PAGE, 1);
	pattern_is(task, at, 4 * PAGE, 1);
	end_task(task);
}

void
test_teardown(void)
{
	limit_to("");
	nothing_is_left();
	daemon_stop();
	ck_assert_int_eq(logged("at the end"), 0);
	close(log_file);
	unlink(config);
}

/* --- Clients ----------------------------------------------------------- */

struct client {
	pid_t pid;
	int fd; /* a byte each way: it has come so far, and it may go on */
};

static int to_parent = -1;

static void
become(uid_t uid)
{
	if (!is_root())
		return;
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(uid, uid, uid), 0);
	ck_assert_int_eq(setresuid(uid, uid, uid), 0);
}

static struct client
client_start(uid_t uid, void (*body)(void))
{
	struct client client;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     fds),
	    0);
	client.fd = fds[0];
	client.pid = fork();
	ck_assert_int_ge(client.pid, 0);
	if (client.pid == 0) {
		close(fds[0]);
		to_parent = fds[1];
		become(uid);
		body();
		_exit(0);
	}
	close(fds[1]);
	return client;
}

/* In a client: lets the others look. */
static void
pause_here(void)
{
	char byte = '.';

	ck_assert_int_eq(write(to_parent, &byte, 1), 1);
	ck_assert_int_eq(read(to_parent, &byte, 1), 1);
}

static void
wait_until_it_pauses(const struct client *client)
{
	char byte;

	ck_assert_msg(read(client->fd, &byte, 1) == 1,
	    "the client has not come so far");
}

static void
go_on(const struct client *client)
{
	ck_assert_int_eq(write(client->fd, ".", 1), 1);
}

static void
client_end(const struct client *client)
{
	int status;

	ck_assert_int_eq(waitpid(client->pid, &status, 0), client->pid);
	ck_assert_msg(status == 0, "the client ended with status %#x",
	    (unsigned)status);
	close(client->fd);
}

/* Runs one that pauses once, at its limit, which is logged once. */
static void
reaches(const char *limit, void (*body)(void))
{
	struct client client = client_start(alice(), body);

	wait_until_it_pauses(&client);
	others_are_served();
	ck_assert_int_eq(logged_of_alice(limit), 1);
	go_on(&client);
	client_end(&client);
	ck_assert_int_eq(logged_of_alice(limit), 1);
}

/* --- The wire ---------------------------------------------------------- */

static bool
get(int fd, void *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = recv(fd, bytes, size, 0);

		if (n <= 0)
			return false;
		bytes = (char *)bytes + n;
		size -= (size_t)n;
	}
	return true;
}

/* What a new connection is told; *out: it, or -1. */
static kern_return_t
greet(int *out)
{
	struct msg_hello hello = { .magic = MSG_MAGIC, .version = MSG_VERSION };
	struct msg_welcome welcome;
	int fd = daemon_connect();

	send(fd, &hello, sizeof(hello), MSG_NOSIGNAL);
	ck_assert(get(fd, &welcome, sizeof(welcome)));
	ck_assert_uint_eq(welcome.magic, MSG_MAGIC);
	*out = fd;
	if (welcome.code == KERN_SUCCESS)
		return KERN_SUCCESS;
	ck_assert_msg(!get(fd, &hello, 1), "it is not hung up on");
	close(fd);
	*out = -1;
	return welcome.code;
}

static int
greeted(void)
{
	int fd;

	answers(greet(&fd), KERN_SUCCESS);
	return fd;
}

static const mach_msg_header_t request = {
	.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE),
	.msgh_size = sizeof(request),
	.msgh_id = VMD_STATISTICS,
};

/* --- Connections ------------------------------------------------------- */

static void
take_five_connections(void)
{
	int fds[5], more;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = greeted();
	for (int i = 0; i < 50; i++)
		answers(greet(&more), KERN_RESOURCE_SHORTAGE);
	pause_here();
	close(fds[0]);
	while (greet(&fds[0]) != KERN_SUCCESS)
		usleep(1000);
}

TEST(a_user_has_so_many_connections)
{
	limit_to("connections = 5\n");
	reaches("connections", take_five_connections);
}

static void
call_in_vain(void)
{
	vm_address_t address = 0;

	freopen("/dev/null", "w", stderr);
	for (int i = 0; i < 3; i++)
		answers(vm_allocate(mach_task_self(), &address, PAGE, TRUE),
		    KERN_RESOURCE_SHORTAGE);
	pause_here();
}

TEST(a_program_without_a_connection_is_told_by_its_calls)
{
	if (!is_root())
		return;
	limit_to("connections = 0\n");
	reaches("connections", call_in_vain);
}

static void
connect_fast(void)
{
	kern_return_t kr = KERN_SUCCESS;
	int count = 0, fd;

	for (; count < 200 && (kr = greet(&fd)) == KERN_SUCCESS; count++)
		close(fd);
	answers(kr, KERN_RESOURCE_SHORTAGE);
	ck_assert_int_ge(count, 20);
	for (int i = 0; i < 20; i++)
		greet(&fd);
	pause_here();
	sleep(1);
	close(greeted());
}

TEST(a_user_connects_only_so_fast)
{
	if (!is_root())
		return;
	limit_to("connection-rate = 2\nconnection-burst = 20\n");
	reaches("connection-rate", connect_fast);
}

static void
take_connections(void)
{
	int count = 0, fd;

	while (greet(&fd) == KERN_SUCCESS)
		count++;
	ck_assert_int_eq(count, 18);
	pause_here();
}

TEST(a_user_leaves_connections_for_others)
{
	struct client first;

	if (!is_root())
		return;
	limit_all_to("total-connections = 37");
	first = client_start(ALICE, take_connections);
	wait_until_it_pauses(&first);
	others_are_served();
	ck_assert_int_eq(logged_of_alice("connections"), 1);
	go_on(&first);
	client_end(&first);
}

/* --- Tasks, entries, names --------------------------------------------- */

static void
make_three_tasks(void)
{
	task_t child[2], more;

	for (size_t i = 0; i < ARRAY_SIZE(child); i++)
		child[i] = new_task();
	for (int i = 0; i < 20; i++)
		answers(task_create(mach_task_self(), NULL, 0, FALSE, &more),
		    KERN_RESOURCE_SHORTAGE);
	pause_here();
	end_task(child[0]);
	end_task(new_task());
}

TEST(a_user_has_so_many_tasks)
{
	limit_to("tasks = 3\n");
	reaches("tasks", make_three_tasks);
}

/* Regions apart from each other: how many there may be. */
static int
make_regions(task_t task, int most)
{
	kern_return_t kr = KERN_SUCCESS;
	int count = 0;

	for (; count < most; count++) {
		vm_address_t at = 0x100000 + (vm_address_t)count * 2 * PAGE;

		kr = vm_allocate(task, &at, PAGE, FALSE);
		if (kr != KERN_SUCCESS)
			break;
	}
	if (count < most)
		answers(kr, KERN_RESOURCE_SHORTAGE);
	return count;
}

static void
fill_a_map(void)
{
	task_t task = new_task(), other = new_task();

	ck_assert_int_eq(make_regions(task, 100), 10);
	for (int i = 0; i < 20; i++) {
		vm_address_t at = 0x400000;

		answers(vm_allocate(task, &at, PAGE, FALSE),
		    KERN_RESOURCE_SHORTAGE);
	}
	ck_assert_int_eq(make_regions(other, 5), 5);
	pause_here();
	succeeds(vm_deallocate(task, 0x100000, PAGE));
	allocate_at(task, 0x100000, PAGE);
	regions_are(other, "100000-101000 rw-/rwx copy\n"
			   "102000-103000 rw-/rwx copy\n"
			   "104000-105000 rw-/rwx copy\n"
			   "106000-107000 rw-/rwx copy\n"
			   "108000-109000 rw-/rwx copy");
}

TEST(a_task_has_so_many_entries)
{
	limit_to("task-entries = 10\n");
	reaches("task-entries", fill_a_map);
}

static void
fill_two_maps(void)
{
	task_t task = new_task(), other = new_task();
	int count = make_regions(task, 8);

	ck_assert_int_eq(count, 8);
	ck_assert_int_eq(make_regions(other, 100), 4);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(make_regions(new_task(), 1), 0);
	pause_here();
	succeeds(vm_deallocate(task, 0x100000, PAGE));
	ck_assert_int_eq(make_regions(new_task(), 100), 1);
}

TEST(all_tasks_of_a_user_have_so_many_entries)
{
	limit_to("entries = 12\n");
	reaches("entries", fill_two_maps);
}

static void
take_names(void)
{
	mach_port_t self = mach_task_self();
	kern_return_t kr = KERN_SUCCESS;
	task_t child[100], more;
	int count = 0;

	while (count < 100 && kr == KERN_SUCCESS) {
		kr = task_create(self, NULL, 0, FALSE, &child[count]);
		count += kr == KERN_SUCCESS;
	}
	answers(kr, KERN_RESOURCE_SHORTAGE);
	ck_assert_int_ge(count, 20);
	ck_assert_int_lt(count, 40);
	for (int i = 0; i < 20; i++)
		answers(task_create(self, NULL, 0, FALSE, &more),
		    KERN_RESOURCE_SHORTAGE);
	pause_here();
	let_go(child[0]);
	new_task();
}

TEST(a_user_has_so_many_names)
{
	limit_to("rights = 40\n");
	reaches("rights", take_names);
}

/* --- Memory ------------------------------------------------------------ */

/* Bytes that can be written, in steps. */
static vm_size_t
use_up(vm_address_t at, vm_size_t most)
{
	static uint8_t data[64 * KIB];
	task_t self = mach_task_self();
	vm_size_t size = 0;

	allocate_at(self, at, most);
	for (vm_size_t step = sizeof(data); step >= PAGE; step /= 2)
		while (size + step <= most &&
		       vm_write(self, at + size, (vm_offset_t)data,
			   (mach_msg_type_number_t)step) == KERN_SUCCESS)
			size += step;
	return size;
}

static void
use_up_a_megabyte(void)
{
	static uint8_t data[2 * MEGA];
	const vm_address_t at = 0x1000000;
	vm_size_t size = use_up(at, 4 * MEGA);

	ck_assert_uint_gt(size, MEGA * 3 / 4);
	ck_assert_uint_le(size, MEGA);
	for (int i = 0; i < 20; i++)
		answers(vm_write(mach_task_self(), at, (vm_offset_t)data,
			    sizeof(data)),
		    KERN_RESOURCE_SHORTAGE);
	pause_here();
	succeeds(vm_deallocate(mach_task_self(), at, 4 * MEGA));
	ck_assert_uint_gt(use_up(at, 4 * MEGA), MEGA * 3 / 4);
}

TEST(a_user_has_so_much_memory)
{
	limit_to("memory = 1M\n");
	reaches("memory", use_up_a_megabyte);
}

static void
use_up_nodes(void)
{
	const vm_size_t apart = (vm_size_t)64 * MEGA;
	const vm_address_t at = 0x100000000;
	kern_return_t kr = KERN_SUCCESS;
	static uint8_t data[PAGE];
	vm_size_t i = 0;

	allocate_at(mach_task_self(), at, 1000 * apart);
	for (; i < 1000 && kr == KERN_SUCCESS; i++)
		kr = vm_write(mach_task_self(), at + i * apart,
		    (vm_offset_t)data, PAGE);
	answers(kr, KERN_RESOURCE_SHORTAGE);
	for (int n = 0; n < 20; n++)
		answers(vm_write(mach_task_self(), at + i * apart,
			    (vm_offset_t)data, PAGE),
		    KERN_RESOURCE_SHORTAGE);
	pause_here();
}

TEST(a_user_has_so_many_nodes)
{
	limit_to("nodes = 30\n");
	reaches("nodes", use_up_nodes);
}

static void
take_half(void)
{
	ck_assert_uint_gt(use_up(0x1000000, 48 * MEGA), 30 * MEGA);
	pause_here();
}

static void
take_half_of_the_rest(void)
{
	vm_size_t size = use_up(0x1000000, 48 * MEGA);

	ck_assert_uint_gt(size, 15 * MEGA);
	ck_assert_uint_le(size, 16 * MEGA);
	pause_here();
}

TEST(a_user_leaves_memory_for_others)
{
	struct client first, second;

	if (!is_root())
		return;
	limit_all_to("memory = unlimited\nnodes = unlimited\n");
	first = client_start(ALICE, take_half);
	wait_until_it_pauses(&first);
	ck_assert_uint_le(used("memory"), 32 * MEGA);
	second = client_start(BOB, take_half_of_the_rest);
	wait_until_it_pauses(&second);
	others_are_served();
	go_on(&first);
	go_on(&second);
	client_end(&first);
	client_end(&second);
}

/* --- What waits -------------------------------------------------------- */

enum { FLOODERS = 8 };

struct flooder {
	int fd;
	size_t sent; /* bytes of requests */
	size_t replies;
	size_t failures; /* among them */
	uint8_t input[64 * KIB];
	size_t input_size;
};

static struct flooder flooders[FLOODERS];

/* As many of these bytes as the socket takes. */
static void
push_bytes(struct flooder *flooder, const uint8_t *bytes, size_t size)
{
	while (flooder->sent < size) {
		ssize_t n = send(flooder->fd, bytes + flooder->sent,
		    size - flooder->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			return;
		ck_assert_int_gt(n, 0);
		flooder->sent += (size_t)n;
	}
}

/* As many requests as it takes. */
static void
push(struct flooder *flooder)
{
	static uint8_t all[FLOOD * sizeof(request)];

	for (size_t i = FLOOD; all[0] == 0 && i-- > 0;)
		memcpy(all + i * sizeof(request), &request, sizeof(request));
	push_bytes(flooder, all, sizeof(all));
}

/* Those that are there. */
static void
pull(struct flooder *flooder)
{
	uint8_t *at = flooder->input;
	struct msg reply;
	int head;
	ssize_t n = recv(flooder->fd, at + flooder->input_size,
	    sizeof(flooder->input) - flooder->input_size, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	ck_assert_msg(n > 0, "the daemon has hung up");
	flooder->input_size += (size_t)n;
	while ((head = msg_parse(&reply, MSG_REPLY, at, flooder->input_size)) >
	       0) {
		flooder->failures += reply.code != KERN_SUCCESS;
		flooder->replies++;
		flooder->input_size -= (size_t)head;
		at += head;
	}
	ck_assert_int_eq(head, 0);
	memmove(flooder->input, at, flooder->input_size);
}

/* Asks and asks on many connections, and then listens. All is answered. */
static void
flood(void)
{
	size_t replies = 0;

	for (size_t i = 0; i < FLOODERS; i++)
		flooders[i].fd = greeted();
	for (int quiet = 0; quiet < 300; quiet++) {
		for (size_t i = 0; i < FLOODERS; i++) {
			size_t before = flooders[i].sent;

			push(&flooders[i]);
			if (flooders[i].sent > before)
				quiet = 0;
		}
		usleep(1000);
	}
	pause_here();
	while (replies < (size_t)FLOODERS * FLOOD) {
		replies = 0;
		for (size_t i = 0; i < FLOODERS; i++) {
			push(&flooders[i]);
			pull(&flooders[i]);
			replies += flooders[i].replies;
			ck_assert_uint_eq(flooders[i].failures, 0);
		}
	}
}

/* A slow daemon takes its time to get there. */
static void
comes_to(const char *name, uint64_t limit)
{
	for (int i = 0; used(name) < limit && i < 100; i++)
		usleep(100000);
	ck_assert_uint_ge(used(name), limit);
}

/* So much waits, and no more. */
static void
floods(const char *name, uint64_t limit, uint64_t more)
{
	struct client client = client_start(alice(), flood);

	wait_until_it_pauses(&client);
	others_are_served();
	if (is_root()) {
		comes_to(name, limit);
		ck_assert_uint_le(used(name), limit + more);
		ck_assert_int_eq(logged_of_alice(name), 1);
	}
	go_on(&client);
	client_end(&client);
}

TEST(of_a_users_replies_only_so_many_bytes_wait)
{
	limit_to("output = 1M\nconnection-burst = 100\n");
	floods("output", MEGA, 256 * KIB);
}

TEST(of_a_users_requests_only_so_many_wait_for_their_replies)
{
	limit_to("requests = 5000\n");
	floods("requests", 5000, 1);
}

enum {
	BEGINNERS = 100,
	BODY = 60 * KIB,
	MORE = 5000,              /* small messages behind a large one */
	SERVER_INPUT = 160 * KIB, /* read at once */
};

/* Begins with a message on each of many connections, and only then goes on. All
 * are served, those too that were not read at first. */
static void
begin_many(void)
{
	static uint8_t body[BODY];
	mach_msg_header_t header = request;
	kern_return_t code;
	int fds[BEGINNERS];

	header.msgh_size += sizeof(body);
	for (size_t i = 0; i < BEGINNERS; i++)
		fds[i] = greeted();
	for (size_t i = 0; i < BEGINNERS; i++) {
		send(fds[i], &header, sizeof(header), MSG_NOSIGNAL);
		send(fds[i], body, BODY / 10, MSG_NOSIGNAL);
	}
	usleep(100000);
	pause_here();
	for (size_t i = 0; i < BEGINNERS; i++)
		ck_assert_int_eq(send(fds[i], body + BODY / 10,
				     BODY - BODY / 10, MSG_NOSIGNAL),
		    BODY - BODY / 10);
	for (size_t i = 0; i < BEGINNERS; i++) {
		ck_assert(get(fds[i], &header, sizeof(header)));
		ck_assert(get(fds[i], &code, sizeof(code)));
		answers(code, MIG_BAD_ARGUMENTS);
	}
}

TEST(of_a_users_requests_only_so_many_bytes_wait)
{
	struct client client;

	limit_to("input = 1M\n");
	client = client_start(alice(), begin_many);
	wait_until_it_pauses(&client);
	others_are_served();
	if (is_root()) {
		comes_to("input", MEGA);
		ck_assert_uint_le(used("input"), MEGA + 2 * BODY);
		ck_assert_int_eq(logged_of_alice("input"), 1);
	}
	go_on(&client);
	client_end(&client);
}

/* A message on each of many connections is begun, and then they end, each with
 * many small ones behind it. */
static void
bring_many_more(void)
{
	static struct flooder them[BEGINNERS];
	static uint8_t tail[BODY + MORE * sizeof(request)];
	mach_msg_header_t header = request;

	header.msgh_size += BODY;
	for (size_t i = 0; i < MORE; i++)
		memcpy(tail + BODY + i * sizeof(request), &request,
		    sizeof(request));
	for (size_t i = 0; i < BEGINNERS; i++)
		them[i].fd = greeted();
	for (size_t i = 0; i < BEGINNERS; i++)
		send(them[i].fd, &header, sizeof(header), MSG_NOSIGNAL);
	pause_here();
	for (bool done = false; !done;) {
		done = true;
		for (size_t i = 0; i < BEGINNERS; i++) {
			push_bytes(&them[i], tail, sizeof(tail));
			pull(&them[i]);
			done = done && them[i].replies == MORE + 1;
		}
	}
}

TEST(a_message_that_has_begun_brings_no_others_with_it)
{
	struct client client;
	siginfo_t end = { 0 };
	uint64_t most = 0;

	if (!is_root())
		return;
	limit_to("input = 1M\n");
	client = client_start(ALICE, bring_many_more);
	wait_until_it_pauses(&client);
	go_on(&client);
	do {
		most = MAX(most, used("input"));
		end.si_pid = 0;
		waitid(P_PID, (id_t)client.pid, &end,
		    WEXITED | WNOHANG | WNOWAIT);
	} while (end.si_pid == 0);
	client_end(&client);
	/* Most of it is seen: who looks now and then may miss the moment. */
	ck_assert_uint_ge(most, MEGA / 2);
	ck_assert_uint_le(most, MEGA + SERVER_INPUT + BODY);
}

/* --- Limits that change ------------------------------------------------- */

static void
outgrow(void)
{
	task_t more;

	succeeds(task_create(mach_task_self(), NULL, 0, FALSE, &more));
	answers(task_create(mach_task_self(), NULL, 0, FALSE, &more),
	    KERN_RESOURCE_SHORTAGE);
	pause_here();
	succeeds(task_create(mach_task_self(), NULL, 0, FALSE, &more));
	pause_here();
	answers(task_create(mach_task_self(), NULL, 0, FALSE, &more),
	    KERN_RESOURCE_SHORTAGE);
	succeeds(task_suspend(more));
}

TEST(limits_are_read_again_and_nobody_is_thrown_out)
{
	struct client client;

	if (!is_root())
		return;
	limit_to("tasks = 2\n");
	client = client_start(ALICE, outgrow);
	wait_until_it_pauses(&client);
	limit_to("tasks = 3\n");
	ck_assert_uint_eq(allowed("tasks"), 3);
	go_on(&client);
	wait_until_it_pauses(&client);
	write_config("", "tasks = 1\nno line\n");
	reread("limits stay as they were");
	ck_assert_int_eq(logged(":4: neither LIMIT = VALUE"), 1);
	ck_assert_uint_eq(allowed("tasks"), 3);
	limit_to("tasks = 1\n");
	ck_assert_uint_eq(used("tasks"), 3);
	go_on(&client);
	client_end(&client);
}

TEST(a_file_that_is_gone_is_told_and_changes_nothing)
{
	if (!is_root())
		return;
	limit_to("tasks = 2\n");
	unlink(config);
	reread("limits stay as they were");
	ck_assert_int_eq(logged("No such file"), 1);
}

static void
see_pieces(void)
{
	ck_assert_uint_eq(allowed("pieces"), 77777);
	pause_here();
	ck_assert_uint_eq(allowed("pieces"), 66666);
}

TEST(the_command_line_is_over_what_is_said_of_all_but_not_of_one)
{
	struct client client;

	if (!is_root())
		return;
	limit_all_to("pieces = 55555\n");
	client = client_start(ALICE, see_pieces);
	wait_until_it_pauses(&client);
	limit_to("pieces = 66666\n");
	go_on(&client);
	client_end(&client);
}

/* --- Looking ----------------------------------------------------------- */

static void
look_at_others(void)
{
	struct vmd_limit limits[32];
	size_t count = ARRAY_SIZE(limits);
	uint32_t uid = VMD_UID_SELF;

	succeeds(vmd_limits(&uid, limits, &count));
	ck_assert_uint_eq(uid, ALICE);
	ck_assert_uint_gt(count, 10);
	ck_assert_str_eq(limits[0].name, "connections");
	ck_assert_uint_eq(limits[0].used, 1);
	ck_assert_uint_eq(limits[0].allowed, 7);
	succeeds(vmd_limits(&uid, limits, &count));
	count = 1;
	succeeds(vmd_limits(&uid, limits, &count));
	ck_assert_uint_eq(count, 1);
	for (uid = 0; uid < 3; uid++)
		answers(vmd_limits(&uid, limits, &count), KERN_NO_ACCESS);
	uid = ALICE + 1;
	answers(vmd_limits(&uid, limits, &count), KERN_NO_ACCESS);
	pause_here();
}

TEST(users_see_their_own_limits_and_root_sees_all)
{
	struct vmd_limit limits[32];
	size_t count = ARRAY_SIZE(limits);
	struct client client;
	uint32_t uid = 1;

	if (!is_root())
		return;
	limit_to("connections = 7\n");
	client = client_start(ALICE, look_at_others);
	wait_until_it_pauses(&client);
	succeeds(vmd_limits(&uid, limits, &count));
	ck_assert_uint_eq(uid, ALICE);
	uid = ALICE + 1;
	answers(vmd_limits(&uid, limits, &count), KERN_INVALID_ARGUMENT);
	uid = VMD_UID_SELF;
	succeeds(vmd_limits(&uid, limits, &count));
	ck_assert_uint_eq(uid, 0);
	ck_assert_uint_eq(limits[1].allowed, VMD_UNLIMITED);
	go_on(&client);
	client_end(&client);
}

/* --- What is enough ---------------------------------------------------- */

enum { MANY_CONNECTIONS = 4000, MANY_TASKS = 10000 };

static void
work_hard(void)
{
	static int fds[MANY_CONNECTIONS];
	task_t parent = new_task();

	for (int i = 0; i < MANY_CONNECTIONS; i++)
		fds[i] = greeted();
	for (int i = 0; i < MANY_CONNECTIONS; i++)
		close(fds[i]);
	ck_assert_int_eq(make_regions(parent, 100), 100);
	for (int i = 0; i < MANY_TASKS; i++)
		child_of(parent);
	pause_here();
}

/* Every program that is well-behaved is served as if there were no limits. */
TEST(the_defaults_are_enough_for_much_work)
{
	struct rlimit limit = { 0 };
	struct client client;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (!is_root() || limit.rlim_cur < 2 * MANY_CONNECTIONS + 100)
		return;
	limit_to("");
	client = client_start(ALICE, work_hard);
	wait_until_it_pauses(&client);
	others_are_served();
	ck_assert_uint_gt(used("entries"), 100 * MANY_TASKS);
	ck_assert_int_eq(logged("uid"), 0);
	go_on(&client);
	client_end(&client);
}
