/*
 * What a hostile body costs
 *
 * A mebibyte of bodies that are made to be dear takes the daemon less than a
 * mebibyte of memory, and less than 5 ms of its time, whatever routine they are
 * for and whatever they are made of: each is 64 KiB at the most, and unpacks in
 * an arena. Under sanitizers, to which all is dear, it is only tried.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <mach/mig_errors.h>

#include "common/cleanup.h"
#include "common/msg.h"
#include "proto/routine.h"
#include "tests/support/daemon.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

enum {
	BODIES = 16, /* these make a mebibyte */
	TRIES = 5,   /* to be cheap: a clock ticks, and somebody interrupts */
	MEMORY_MOST = 1024,   /* KiB */
	TIME_MOST = 5 * 1000, /* microseconds */
};

static int fd;
static mach_port_t host;

void
test_setup(void)
{
	daemon_start("--memory", "64M", NULL);
}

void
test_teardown(void)
{
	daemon_stop();
}

/* --- The wire ---------------------------------------------------------- */

static void
send_all(const void *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);

		ck_assert_msg(n > 0, "send: %s", strerror(errno));
		bytes = (const char *)bytes + n;
		size -= (size_t)n;
	}
}

static void
receive_all(void *bytes, size_t size)
{
	ck_assert_int_eq(recv(fd, bytes, size, MSG_WAITALL), (ssize_t)size);
}

static void
ask(int id, mach_port_t port, const uint8_t *body, size_t size)
{
	struct msg msg = {
		.kind = MSG_REQUEST,
		.id = id,
		.remote = port,
		.local = 1,
		.body_size = size,
	};
	uint8_t head[sizeof(mach_msg_header_t)];

	msg_write_head(&msg, head);
	send_all(head, sizeof(head));
	send_all(body, size);
}

/* The code, and the body if it is wanted. Data are no matter. */
static kern_return_t
hear(uint8_t *body, size_t *size)
{
	static uint8_t bytes[2 * MSG_BODY_MAX];
	mach_msg_header_t header;
	struct msg msg;
	uint64_t data;

	receive_all(bytes, sizeof(header));
	memcpy(&header, bytes, sizeof(header));
	ck_assert_uint_le(header.msgh_size, sizeof(bytes));
	receive_all(bytes + sizeof(header), header.msgh_size - sizeof(header));
	ck_assert_int_eq(msg_parse(&msg, MSG_REPLY, bytes, sizeof(bytes)),
	    (int)header.msgh_size);
	if (body) {
		memcpy(body, msg.body, msg.body_size);
		*size = msg.body_size;
	}
	for (data = msg_data_size(&msg); data > 0;) {
		ssize_t n = recv(fd, bytes, MIN(data, sizeof(bytes)), 0);

		ck_assert_int_gt(n, 0);
		data -= (uint64_t)n;
	}
	return msg.code;
}

static void
connect_to_it(void)
{
	struct msg_hello hello = { .magic = MSG_MAGIC, .version = MSG_VERSION };
	struct msg_welcome welcome;
	static uint8_t body[MSG_BODY_MAX];
	HostSelfTrapReply *reply;
	size_t size;

	fd = daemon_connect();
	send_all(&hello, sizeof(hello));
	receive_all(&welcome, sizeof(welcome));
	ask(VMD_ID(host_self_trap), 0, NULL, 0);
	ck_assert_int_eq(hear(body, &size), KERN_SUCCESS);
	reply = host_self_trap_reply__unpack(NULL, size, body);
	host = reply->host;
	host_self_trap_reply__free_unpacked(reply, NULL);
}

/* --- What it costs ----------------------------------------------------- */

/* Kibibytes: what it has now, or has ever had. */
static long
memory_of_daemon(const char *what)
{
	char path[64], line[128];
	long size = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)daemon_pid());
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, what, strlen(what)) == 0)
			size = strtol(line + strlen(what), NULL, 10);
	fclose(file);
	ck_assert_int_ge(size, 0);
	return size;
}

/* From now on the most that it has is counted; if the system does not let us,
 * since ever, which is no less. */
static void
forget_most_memory(void)
{
	char path[64];
	int refs;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)daemon_pid());
	refs = open(path, O_WRONLY | O_CLOEXEC);
	if (refs < 0)
		return;
	ck_assert_int_eq(write(refs, "5", 1), 1);
	close(refs);
}

/* Microseconds. */
static long
time_of_daemon(void)
{
	struct timespec time;
	clockid_t clock;

	ck_assert_int_eq(clock_getcpuclockid(daemon_pid(), &clock), 0);
	ck_assert_int_eq(clock_gettime(clock, &time), 0);
	return (long)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

struct cost {
	long time;   /* microseconds */
	long memory; /* KiB */
};

static struct cost
start_count(void)
{
	if (SANITIZED)
		return (struct cost){ 0 };
	forget_most_memory();
	return (struct cost){ time_of_daemon(), memory_of_daemon("VmRSS:") };
}

static struct cost
end_count(struct cost start)
{
	if (SANITIZED)
		return start;
	return (struct cost){
		time_of_daemon() - start.time,
		memory_of_daemon("VmHWM:") - start.memory,
	};
}

static struct cost dearest;

/* A mebibyte of them, until it was cheap once. */
static void
is_cheap(int id, mach_port_t port, const uint8_t *bytes, size_t size,
    const char *what)
{
	struct cost cost;
	int try = 0;

	do {
		cost = start_count();
		for (int i = 0; i < BODIES; i++)
			ask(id, port, bytes, size);
		for (int i = 0; i < BODIES; i++)
			hear(NULL, NULL);
		cost = end_count(cost);
	} while (++try < TRIES &&
		 (cost.time >= TIME_MOST || cost.memory >= MEMORY_MOST));
	ck_assert_msg(cost.time < TIME_MOST, "message %d, %s: %ld us", id, what,
	    cost.time);
	ck_assert_msg(cost.memory < MEMORY_MOST, "message %d, %s: %ld KiB", id,
	    what, cost.memory);
	dearest.time = MAX(dearest.time, cost.time);
	dearest.memory = MAX(dearest.memory, cost.memory);
}

/* --- Bodies ------------------------------------------------------------ */

static struct {
	uint8_t bytes[MSG_BODY_MAX];
	size_t size;
} body;

static void
put(const void *bytes, size_t size)
{
	if (size > sizeof(body.bytes) - body.size)
		ck_abort_msg("a body of more than %zu bytes", body.size);
	memcpy(body.bytes + body.size, bytes, size);
	body.size += size;
}

static void
put_number(uint64_t number)
{
	uint8_t byte;

	do {
		byte = (uint8_t)(number & 0x7f) | (number > 0x7f ? 0x80 : 0);
		put(&byte, 1);
		number >>= 7;
	} while (number > 0);
}

/* The same again, as often as there is room. */
static void
fill(const void *bytes, size_t size)
{
	while (size <= sizeof(body.bytes) - body.size)
		put(bytes, size);
}

enum { VARINT = 0, LENGTH = 2, GROUP = 3 };

/* A field of a message whose bytes are so many zeros. */
static void
put_zeros(uint32_t field, size_t size)
{
	static const uint8_t zeros[MSG_BODY_MAX];

	put_number(field << 3 | LENGTH);
	put_number(size);
	put(zeros, size);
}

/* What the message must have, so that the rest is looked at. */
static void
put_required(const ProtobufCMessageDescriptor *shape)
{
	body.size = 0;
	for (unsigned i = 0; i < shape->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &shape->fields[i];

		if (field->label != PROTOBUF_C_LABEL_REQUIRED)
			continue;
		if (field->type == PROTOBUF_C_TYPE_STRING ||
		    field->type == PROTOBUF_C_TYPE_BYTES ||
		    field->type == PROTOBUF_C_TYPE_MESSAGE) {
			put_zeros(field->id, 0);
		} else {
			put_number(field->id << 3 | VARINT);
			put_number(0);
		}
	}
}

/* The field, over and over: as a number, as nothing, as all of one, as numbers
 * in a block (for a message: with what a message has), as a group. */
static void
field_is_cheap(int id, mach_port_t port,
    const ProtobufCMessageDescriptor *shape, uint32_t field)
{
	static const uint8_t entry[] = { LENGTH, 4, 8, 0, 16, 0 };
	const uint8_t number[] = { (uint8_t)(field << 3 | VARINT), 1 };
	const uint8_t long_number[] = { (uint8_t)(field << 3 | VARINT), 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 };
	const uint8_t nothing[] = { (uint8_t)(field << 3 | LENGTH), 0 };
	const uint8_t group[] = { (uint8_t)(field << 3 | GROUP) };
	uint8_t message[sizeof(entry)];

	put_required(shape);
	fill(number, sizeof(number));
	is_cheap(id, port, body.bytes, body.size, "numbers");
	put_required(shape);
	fill(long_number, sizeof(long_number));
	is_cheap(id, port, body.bytes, body.size, "long numbers");
	put_required(shape);
	fill(nothing, sizeof(nothing));
	is_cheap(id, port, body.bytes, body.size, "nothings");
	put_required(shape);
	fill(group, sizeof(group));
	is_cheap(id, port, body.bytes, body.size, "groups");
	for (size_t size = sizeof(body.bytes) - 1024; size > 1024; size /= 4) {
		put_required(shape);
		put_zeros(field, size);
		is_cheap(id, port, body.bytes, body.size, "a long one");
	}
	memcpy(message, entry, sizeof(entry));
	message[0] = (uint8_t)(field << 3 | LENGTH);
	for (size_t most = sizeof(body.bytes); most > 1024; most /= 4) {
		put_required(shape);
		while (body.size + sizeof(message) <= most)
			put(message, sizeof(message));
		is_cheap(id, port, body.bytes, body.size, "messages");
	}
}

static const struct {
	const ProtobufCServiceDescriptor *descriptor;
	int base;
} services[] = {
	{ &vm_map__descriptor, VM_MAP_BASE },
	{ &mach_vm__descriptor, MACH_VM_BASE },
	{ &task__descriptor, TASK_BASE },
	{ &mach_port__descriptor, MACH_PORT_BASE },
	{ &mach_host__descriptor, MACH_HOST_BASE },
	{ &host_priv__descriptor, HOST_PRIV_BASE },
	{ &bootstrap__descriptor, BOOTSTRAP_BASE },
	{ &mach__descriptor, MACH_BASE },
	{ &gnumach__descriptor, GNUMACH_BASE },
	{ &vmd__descriptor, VMD_BASE },
};

/* Who serves the routine: who says that nonsense is nonsense. */
static mach_port_t
who_serves(int id)
{
	const mach_port_t ports[] = { MSG_TASK_SELF, host, MSG_BOOTSTRAP };
	static const uint8_t nonsense[16];

	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		ask(id, ports[i], nonsense, sizeof(nonsense));
		if (hear(NULL, NULL) == MIG_BAD_ARGUMENTS)
			return ports[i];
	}
	return MSG_TASK_SELF;
}

static void
routine_is_cheap(int id, const ProtobufCMessageDescriptor *shape)
{
	enum { UNKNOWN = 15 };
	mach_port_t port = who_serves(id);

	field_is_cheap(id, port, shape, UNKNOWN);
	for (unsigned i = 0; i < shape->n_fields; i++)
		if (shape->fields[i].label == PROTOBUF_C_LABEL_REPEATED ||
		    shape->fields[i].type == PROTOBUF_C_TYPE_STRING || i == 0)
			field_is_cheap(id, port, shape, shape->fields[i].id);
}

/* Routines with several names have one message. */
static bool
is_new(const ProtobufCMessageDescriptor *shape)
{
	static const ProtobufCMessageDescriptor *seen[256];
	static size_t count;

	for (size_t i = 0; i < count; i++)
		if (seen[i] == shape)
			return false;
	ck_assert_uint_lt(count, ARRAY_SIZE(seen));
	seen[count++] = shape;
	return true;
}

static void
service_is_cheap(size_t which)
{
	const ProtobufCServiceDescriptor *service = services[which].descriptor;

	dearest = (struct cost){ 0 };
	for (unsigned i = 0; i < service->n_methods; i++) {
		if (service->methods[i].input == &absent__descriptor ||
		    !is_new(service->methods[i].input))
			continue;
		connect_to_it();
		routine_is_cheap(services[which].base + (int)i,
		    service->methods[i].input);
		close(fd);
	}
	printf("# a mebibyte of bodies for %s: %ld us, %ld KiB at the most\n",
	    service->name, dearest.time, dearest.memory);
	fflush(stdout);
}

/* --- Promises ---------------------------------------------------------- */

TEST(bodies_are_cheap_whatever_they_are_for)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		service_is_cheap(i);
}

/* It is refused by its header; who sends it is hung up on, and what comes
 * behind costs nothing. */
TEST(a_body_of_a_mebibyte_is_not_even_read)
{
	struct msg msg = {
		.kind = MSG_REQUEST,
		.id = VM_MAP_ID(vm_allocate),
		.remote = MSG_TASK_SELF,
		.local = 1,
		.body_size = 1 << 20,
	};
	uint8_t bytes[sizeof(mach_msg_header_t)];
	_cleanup_(freep) char *all = calloc(1, 1 << 20);
	struct cost cost;

	msg_write_head(&msg, bytes);
	connect_to_it();
	cost = start_count();
	send_all(bytes, sizeof(bytes));
	while (send(fd, all, 1 << 20, MSG_NOSIGNAL) > 0)
		continue;
	ck_assert_int_le(recv(fd, bytes, sizeof(bytes), 0), 0);
	cost = end_count(cost);
	ck_assert_int_lt(cost.time, TIME_MOST);
	ck_assert_int_lt(cost.memory, MEMORY_MOST);
	close(fd);
}
