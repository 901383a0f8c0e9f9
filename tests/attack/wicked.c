/*
 * The wicked: what no program would send
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mach/mach.h>

#include "common/cleanup.h"
#include "tests/attack/attack.h"
#include "tests/attack/wire.h"
#include "tests/support/transfer.h"

enum { START = 0x10000, PAGE = 4096 };

/* --- Descriptors ------------------------------------------------------- */

/* Sends bytes with descriptors that nobody has asked for; without, if the
 * daemon's socket lets none pass. */
static bool
put_with(int fd, const void *bytes, size_t size, const int *others,
    unsigned count)
{
	char control[CMSG_SPACE(250 * sizeof(int))] = { 0 };
	struct iovec part = { (void *)(uintptr_t)bytes, size };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), others, count * sizeof(int));
	return sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)size ||
	       (errno == EPERM && transfer_put(fd, bytes, size));
}

/* With a hello, with a header, with half of one, with data; and then some
 * bytes out of band, and one half of the connection closed, or both. */
static void
descriptors(unsigned self)
{
	struct msg_hello hello = { .magic = MSG_MAGIC, .version = MSG_VERSION };
	struct msg_welcome welcome;
	uint8_t bytes[WIRE_REQUEST + PAGE] = { 0 };
	int others[250];
	kern_return_t kr;

	(void)self;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		others[i] = open("/dev/null", O_RDONLY);
	attack_ready();
	for (;; attack_round()) {
		unsigned count = 1 + chance(ARRAY_SIZE(others));
		int fd = wire_connect();
		size_t size;

		put_with(fd, &hello, sizeof(hello), others, count);
		transfer_get(fd, &welcome, sizeof(welcome));
		size = wire_pack(bytes, VM_MAP_ID(vm_allocate), MSG_TASK_SELF,
		    body_allocate(START, PAGE, 0), 0);
		put_with(fd, bytes, size / 2, others, count);
		put_with(fd, bytes + size / 2, size - size / 2, others, count);
		wire_answer(fd, &kr);
		size = wire_pack(bytes, VM_MAP_ID(vm_write), MSG_TASK_SELF,
		    body_write(START), PAGE);
		put_with(fd, bytes, size + 100, others, count);
		put_with(fd, bytes, PAGE - 100, others, count);
		if (chance(2))
			wire_answer(fd, &kr);
		if (chance(2))
			send(fd, "!", 1, MSG_OOB | MSG_NOSIGNAL);
		shutdown(fd, (int)chance(3));
		close(fd);
	}
}

/* A connection over the network, with bytes that are never taken: to close it
 * takes as long as its owner has said, and whoever closes it waits. */
static int
make_tar(int listener)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 2 };
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	static char bytes[65536];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
	    connect(fd, (struct sockaddr *)&address, size) < 0)
		attack_give_up("no network of this machine's own");
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		continue;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	return fd;
}

/* The daemon does not read while its answers are not taken: its hand is the
 * last to hold the tar then. */
static void
hand_over(int fd, int tar)
{
	uint8_t bytes[WIRE_REQUEST];
	size_t size = wire_pack(bytes, VM_MAP_ID(vm_deallocate), MSG_TASK_SELF,
	    body_deallocate(START, 0), 0);
	kern_return_t kr;

	wire_call(fd, VM_MAP_ID(vm_allocate), MSG_TASK_SELF,
	    body_allocate(START, 1024 * PAGE, 0));
	wire_ask(fd, VM_MAP_ID(vm_read), MSG_TASK_SELF,
	    body_read(START, 1024 * PAGE), 0);
	usleep(20000);
	put_with(fd, bytes, size, &tar, 1);
	close(tar);
	wire_answer(fd, &kr);
	wire_answer(fd, &kr);
}

static void
linger(unsigned self)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)self;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 64) < 0)
		attack_give_up("no network of this machine's own");
	attack_ready();
	for (int i = 0; i < 8; i++, attack_round())
		hand_over(wire_greet(), make_tar(listener));
}

/* --- Garbage ----------------------------------------------------------- */

static void
fill_by_chance(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)chance(256);
}

/* A body's field, by hand: its number, and one of the values that tell. */
static size_t
add_field(uint8_t *to, unsigned number)
{
	static const uint64_t values[] = { 0, 1, 2, 7, PAGE, START,
		MSG_TASK_SELF, UINT32_MAX, INT64_MAX, UINT64_MAX - PAGE + 1,
		UINT64_MAX };
	uint64_t value = values[chance(ARRAY_SIZE(values))];
	size_t size = 0;

	to[size++] = (uint8_t)(number << 3);
	for (; value > 0x7f; value >>= 7)
		to[size++] = (uint8_t)(value | 0x80);
	to[size++] = (uint8_t)value;
	return size;
}

/* A frame that is in order, of any routine, with such fields. */
static size_t
make_call(uint8_t *to)
{
	static const int bases[] = { MACH_HOST_BASE, HOST_PRIV_BASE, MACH_BASE,
		MACH_PORT_BASE, TASK_BASE, VM_MAP_BASE, GNUMACH_BASE,
		MACH_VM_BASE, VMD_BASE, 0 };
	struct msg_descriptor descriptor = { .type = MACH_MSG_OOL_DESCRIPTOR,
		.size = chance(PAGE) };
	uint8_t body[256];
	struct msg msg = {
		.kind = MSG_REQUEST,
		.id = bases[chance(ARRAY_SIZE(bases))] + (int)chance(40),
		.remote = chance(4) ? MSG_TASK_SELF : chance(4) << 8 | 3,
		.descriptor_count = chance(8) == 0,
		.descriptors = &descriptor,
	};

	for (unsigned i = 1; i <= chance(10); i++)
		msg.body_size += add_field(body + msg.body_size, i);
	if (chance(8) == 0)
		fill_by_chance(body, msg.body_size);
	msg_write_head(&msg, to);
	memcpy(to + msg_head_size(&msg), body, msg.body_size);
	return msg_head_size(&msg) + msg.body_size + msg_data_size(&msg);
}

/* Good frames, some with a byte changed; or none at all. */
static void
garbage(unsigned self)
{
	static uint8_t bytes[WIRE_REQUEST + PAGE], answers[1 << 16];

	attack_ready();
	for (;;) {
		int fd = self == 0 ? wire_connect() : wire_greet();
		unsigned calls = 1 + chance(64);

		for (unsigned i = 0; fd >= 0 && i < calls; i++) {
			size_t size = make_call(bytes);

			if (self == 0)
				fill_by_chance(bytes, size);
			else if (chance(16) == 0)
				bytes[chance(28)] ^= (uint8_t)(1 << chance(8));
			if (!transfer_put(fd, bytes, size))
				break;
			while (recv(fd, answers, sizeof(answers),
				   MSG_DONTWAIT) > 0)
				continue;
			attack_round();
		}
		close(fd);
	}
}

/* --- Names ------------------------------------------------------------- */

/* All that could be done to a task, done to a name that may be anybody's. */
static void
destroy(mach_port_t name)
{
	vm_address_t at = START;
	task_t child;

	vm_deallocate(name, 0, ~(vm_size_t)0);
	vm_deallocate(name, START, 64 << 20);
	vm_protect(name, START, 64 << 20, TRUE, VM_PROT_NONE);
	vm_write(name, at, (vm_offset_t) "wicked", 6);
	task_suspend(name);
	task_set_special_port(name, TASK_BOOTSTRAP_PORT, mach_task_self());
	if (task_create(name, NULL, 0, TRUE, &child) == KERN_SUCCESS)
		task_terminate(child);
	task_terminate(name);
	mach_port_destroy(mach_task_self(), name);
	mach_port_mod_refs(mach_task_self(), name, MACH_PORT_RIGHT_SEND, -1);
}

/* Names one after the other, at random, and what others have: 0x103 and the
 * next ones. */
static void
sweep(unsigned self)
{
	attack_ready();
	for (mach_port_t i = 0;; i++, attack_round()) {
		mach_port_t name = self == 0   ? i
				   : self == 1 ? chance(UINT32_MAX)
					       : (i % 256 + 1) << 8 | 3;

		if (name != mach_task_self())
			destroy(name);
	}
}

const struct scene wicked_scenes[] = {
	{ "wicked-descriptors", "descriptors, bytes out of band, shutdown()",
	    descriptors, 2, PLAIN },
	{ "wicked-linger", "descriptors that take long to close", linger, 1,
	    PLAIN },
	{ "wicked-garbage", "bytes by chance, calls by chance", garbage, 3,
	    PLAIN },
	{ "wicked-sweep", "destroys what any name may mean", sweep, 3, PLAIN },
	{ NULL, NULL, NULL, 0, PLAIN },
};
