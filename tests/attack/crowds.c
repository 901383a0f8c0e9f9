/*
 * Crowds: many connections that do nothing, little, or half of something
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mach/mach.h>

#include "common/cleanup.h"
#include "tests/attack/attack.h"
#include "tests/attack/wire.h"
#include "tests/support/transfer.h"

enum { START = 0x10000, PAGE = 4096, CONNECTIONS_MOST = 8192 };

static int fds[CONNECTIONS_MOST];
static unsigned count;

/* As many as it gets: a daemon may have a limit. */
static void
gather(int (*come)(void))
{
	while (count < MIN(scale.connections, CONNECTIONS_MOST)) {
		int fd = come();

		if (fd < 0)
			break;
		fds[count++] = fd;
		attack_round();
	}
	if (count == 0)
		attack_give_up("an attacker is not let in");
}

static void
idle(unsigned self)
{
	(void)self;
	gather(wire_greet);
	attack_ready();
}

/* Each has a task, and calls now and then: all are ready at once. */
static void
chorus(unsigned self)
{
	uint8_t bytes[WIRE_REQUEST];
	size_t size = wire_pack(bytes, VM_MAP_ID(vm_allocate), MSG_TASK_SELF,
	    body_allocate(START, PAGE, VM_FLAGS_ANYWHERE), 0);
	kern_return_t kr;

	(void)self;
	gather(wire_greet);
	attack_ready();
	for (;;) {
		for (unsigned i = 0; i < count; i++)
			transfer_put(fds[i], bytes, size);
		for (unsigned i = 0; i < count; i++)
			if (wire_answer(fds[i], &kr))
				attack_round();
	}
}

/* A page of its own, so that there is something to copy. */
static void
write_some(int fd)
{
	static const uint8_t page[PAGE] = { 1 };
	kern_return_t kr;

	if (wire_ask(fd, VM_MAP_ID(vm_write), MSG_TASK_SELF, body_write(START),
		PAGE) &&
	    transfer_put(fd, page, PAGE))
		wire_answer(fd, &kr);
}

static int
come_as_xnu(void)
{
	return wire_greet_as(WIRE_XNU);
}

/* Each has a call under way that takes long, for its bytes are shifted: nobody's
 * share may depend on how many there are. */
static void
choir(unsigned self)
{
	const uint64_t size = UINT64_C(64) << 20;
	VmCopyRequest in = VM_COPY_REQUEST__INIT;
	kern_return_t kr;

	(void)self;
	in.source_address = START;
	in.size = size / 2;
	in.dest_address = START + size + 1;
	gather(come_as_xnu);
	for (unsigned i = 0; i < count; i++) {
		wire_call(fds[i], VM_MAP_ID(vm_allocate), MSG_TASK_SELF,
		    body_allocate(START, 2 * size, 0));
		write_some(fds[i]);
	}
	attack_ready();
	for (;;) {
		for (unsigned i = 0; i < count; i++)
			wire_ask(fds[i], VM_MAP_ID(vm_copy), MSG_TASK_SELF,
			    &in.base, 0);
		for (unsigned i = 0; i < count; i++)
			if (wire_answer(fds[i], &kr))
				attack_round();
	}
}

static void
churn(unsigned self)
{
	(void)self;
	attack_ready();
	for (;;) {
		int fd = wire_greet();

		if (fd < 0)
			continue;
		wire_call(fd, VM_MAP_ID(vm_allocate), MSG_TASK_SELF,
		    body_allocate(START, PAGE, 0));
		close(fd);
		attack_round();
	}
}

/* --- Halves ------------------------------------------------------------ */

/* Waits for each to be closed. */
static void
count_dropped(void)
{
	atomic_fetch_add(&stage->held, count);
	for (unsigned i = 0; i < count; i++) {
		char byte;

		while (recv(fds[i], &byte, 1, 0) > 0)
			continue;
		atomic_fetch_add(&stage->dropped, 1);
	}
}

static void
silent(unsigned self)
{
	(void)self;
	gather(wire_connect);
	attack_ready();
	count_dropped();
}

static int
come_and_send(const void *bytes, size_t size)
{
	int fd = wire_greet();

	if (fd >= 0)
		transfer_put(fd, bytes, size);
	return fd;
}

static int
half_hello(void)
{
	struct msg_hello hello = { .magic = MSG_MAGIC, .version = MSG_VERSION };
	int fd = wire_connect();

	if (fd >= 0)
		transfer_put(fd, &hello, sizeof(hello) / 2);
	return fd;
}

static int
half_header(void)
{
	uint8_t bytes[WIRE_REQUEST];

	wire_pack(bytes, VM_MAP_ID(vm_deallocate), MSG_TASK_SELF,
	    body_deallocate(START, 0), 0);
	return come_and_send(bytes, sizeof(mach_msg_header_t) / 2);
}

/* The longest body there may be, but for a byte: all of it is to be kept. */
static int
half_body(void)
{
	static char text[MSG_BODY_MAX - 16];
	static uint8_t bytes[WIRE_REQUEST];
	VmdCheckReply in = VMD_CHECK_REPLY__INIT;

	memset(text, 'a', sizeof(text) - 1);
	in.complaint = text;
	return come_and_send(bytes, wire_pack(bytes, VM_MAP_ID(vm_deallocate),
					MSG_TASK_SELF, &in.base, 0) -
					1);
}

/* Half of a page's data: a frame each. */
static int
half_data(void)
{
	uint8_t bytes[WIRE_REQUEST + PAGE / 2] = { 0 };
	size_t head = wire_pack(bytes, VM_MAP_ID(vm_write), MSG_TASK_SELF,
	    body_write(START), PAGE);

	return come_and_send(bytes, head + PAGE / 2);
}

static int (*const halves[])(
    void) = { half_hello, half_header, half_body, half_data };

static void
half(unsigned self)
{
	gather(halves[self]);
	attack_ready();
	count_dropped();
}

/* --- Killed ------------------------------------------------------------ */

/* Calls of all kinds, for as long as it lives. */
static void
live(void)
{
	static uint8_t bytes[64 * PAGE];
	vm_address_t at = START, to;
	vm_prot_t current, maximum;
	task_t child;

	vm_allocate(mach_task_self(), &at, sizeof(bytes), VM_FLAGS_FIXED);
	for (;;) {
		vm_write(mach_task_self(), at + chance(PAGE),
		    (vm_offset_t)bytes, sizeof(bytes) - PAGE);
		if (task_create(mach_task_self(), NULL, 0, TRUE, &child) ==
		    KERN_SUCCESS)
			vm_write(child, at, (vm_offset_t)bytes, PAGE);
		to = 0;
		vm_remap(mach_task_self(), &to, PAGE * (1 + chance(63)), 0,
		    VM_FLAGS_ANYWHERE, child, at, chance(2) ? TRUE : FALSE,
		    &current, &maximum, VM_INHERIT_SHARE);
		vm_copy(mach_task_self(), at, 8 * PAGE, at + 16 * PAGE);
	}
}

static void
killed(unsigned self)
{
	(void)self;
	attack_ready();
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			live();
		usleep(chance(20000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		attack_round();
	}
}

const struct scene crowd_scenes[] = {
	{ "crowd-idle", "connections that say hello, and no more", idle, 1,
	    PLAIN },
	{ "crowd-chorus", "connections that all call at once", chorus, 1,
	    PLAIN },
	{ "crowd-choir", "connections whose calls all take long", choir, 1,
	    PLAIN },
	{ "crowd-churn", "comes, calls and goes", churn, 4, PLAIN },
	{ "crowd-silent", "connections that never say hello", silent, 1,
	    IMPATIENT },
	{ "crowd-half", "half a hello, header, body, data", half, 4,
	    IMPATIENT },
	{ "crowd-killed", "clients killed in the midst of calls", killed, 4,
	    PLAIN },
	{ NULL, NULL, NULL, 0, PLAIN },
};
