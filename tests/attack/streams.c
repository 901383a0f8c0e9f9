/*
 * Streams: those who ask much, and read all of it, little of it, or nothing
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/attack/attack.h"
#include "tests/attack/wire.h"
#include "tests/support/transfer.h"

enum { START = 0x10000, PAGE = 4096 };

static int
come(void)
{
	int fd = wire_greet();

	if (fd < 0)
		attack_give_up("an attacker is not let in");
	return fd;
}

static void
get_memory(int fd, uint64_t size)
{
	kern_return_t kr = wire_call(fd, VM_MAP_ID(vm_allocate), MSG_TASK_SELF,
	    body_allocate(START, size, 0));

	if (kr != KERN_SUCCESS)
		attack_give_up("an attacker gets no memory: %d", kr);
}

static void
reader(unsigned self)
{
	int fd = come();
	kern_return_t kr;

	(void)self;
	get_memory(fd, scale.big);
	attack_ready();
	while (wire_ask(fd, VM_MAP_ID(vm_read), MSG_TASK_SELF,
		   body_read(START, scale.big), 0) &&
	       wire_answer(fd, &kr))
		attack_round();
}

static void
writer(unsigned self)
{
	enum { PART = 16 << 20 };
	uint8_t *bytes = calloc(1, PART);
	int fd = come();
	kern_return_t kr;

	(void)self;
	get_memory(fd, PART + PAGE);
	attack_ready();
	while (bytes &&
	       wire_ask(fd, VM_MAP_ID(vm_write), MSG_TASK_SELF,
		   body_write(START + 1), PART) &&
	       transfer_put(fd, bytes, PART) && wire_answer(fd, &kr))
		attack_round();
}

/* Many requests in a row. Returns their size. */
static size_t
pack_many(uint8_t *to, size_t room, int id, const ProtobufCMessage *body)
{
	size_t size = 0;

	while (size + WIRE_REQUEST <= room)
		size += wire_pack(to + size, id, MSG_TASK_SELF, body, 0);
	return size;
}

static uint8_t requests[256 * 1024];

/* Asks for ever, reads whatever comes, and looks at none of it. */
static void
flood(unsigned self)
{
	static uint8_t answers[1 << 20];
	size_t at = 0, size;
	int fd = come();

	(void)self;
	size = pack_many(requests, sizeof(requests), VM_MAP_ID(vm_deallocate),
	    body_deallocate(START, 0));
	attack_ready();
	for (;;) {
		struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
		ssize_t n = 0;

		poll(&p, 1, -1);
		if (p.revents & POLLIN)
			n = recv(fd, answers, sizeof(answers), MSG_DONTWAIT);
		if (n == 0 && (p.revents & POLLOUT))
			n = send(fd, requests + at, size - at, MSG_DONTWAIT);
		if (n <= 0 && errno != EAGAIN)
			return;
		if (n > 0 && !(p.revents & POLLIN))
			at = (at + (size_t)n) % size;
		attack_round();
	}
}

/* --- Those who do not read --------------------------------------------- */

enum { PIPELINES = 16 };

struct pipeline {
	int fd; /* -1: the daemon has hung up */
	size_t at;
};

static void
hung_up(struct pipeline *pipeline)
{
	close(pipeline->fd);
	pipeline->fd = -1;
	atomic_fetch_add(&stage->dropped, 1);
}

/* As much of the requests as it takes, which are `size` bytes, in a ring. */
static void
push(struct pipeline *pipeline, size_t size)
{
	ssize_t n = 1;

	while (n > 0 && pipeline->fd >= 0) {
		n = send(pipeline->fd, requests + pipeline->at,
		    size - pipeline->at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			pipeline->at = (pipeline->at + (size_t)n) % size;
		else if (errno != EAGAIN)
			hung_up(pipeline);
		attack_round();
	}
}

/* Asks for ever and reads nothing. */
static void
ask_for_ever(struct pipeline *pipelines, size_t size)
{
	atomic_fetch_add(&stage->held, PIPELINES);
	attack_ready();
	for (;; usleep(10000))
		for (unsigned i = 0; i < PIPELINES; i++)
			push(&pipelines[i], size);
}

static void
pipeliner(unsigned self)
{
	struct pipeline pipelines[PIPELINES];

	for (unsigned i = 0; i < PIPELINES; i++)
		pipelines[i] = (struct pipeline){ come(), 0 };
	ask_for_ever(pipelines,
	    pack_many(requests, sizeof(requests),
		self % 2 ? VM_MAP_ID(vm_deallocate)
			 : MACH_PORT_ID(mach_port_names),
		self % 2 ? body_deallocate(START, 0) : NULL));
}

/* The same of those who have much, and read a byte of it. */
static void
slow(unsigned self)
{
	struct pipeline pipelines[PIPELINES];
	size_t size;
	char byte;

	(void)self;
	for (unsigned i = 0; i < PIPELINES; i++) {
		pipelines[i] = (struct pipeline){ come(), 0 };
		get_memory(pipelines[i].fd, scale.big);
	}
	size = pack_many(requests, sizeof(requests), VM_MAP_ID(vm_read),
	    body_read(START, scale.big));
	for (unsigned i = 0; i < PIPELINES; i++) {
		push(&pipelines[i], size);
		recv(pipelines[i].fd, &byte, 1, 0);
	}
	ask_for_ever(pipelines, size);
}

const struct scene stream_scenes[] = {
	{ "stream-reader", "reads its memory, and again", reader, 2, PLAIN },
	{ "stream-writer", "writes its memory, shifted by a byte", writer, 2,
	    PLAIN },
	{ "stream-flood", "small calls as fast as it can", flood, 4, PLAIN },
	{ "stream-pipeliner", "asks for ever and reads nothing", pipeliner, 2,
	    IMPATIENT },
	{ "stream-slow", "asks for all and reads a byte", slow, 1, IMPATIENT },
	{ NULL, NULL, NULL, 0, PLAIN },
};
