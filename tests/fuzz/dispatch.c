/*
 * Fuzzing: connections, from the bytes that come in to the bytes that go out
 *
 *      input     manner │ hello │ frame │ data │ frame │ ...
 *
 * A server in this process has up to three clients, who all say hello; each
 * frame is said by the one whose number its local port is, in pieces. What is
 * answered is taken and thrown away, or for a while not taken at all: the
 * manner says. Calls pause whenever they can, or never. The machine is checked
 * at the end, when it must be empty, and in some manners after every call.
 *
 * The mutator keeps the stream whole. It puts in, takes out and repeats frames,
 * and changes one of them: whom it is for, the routine it asks for (only those
 * that there are), a field of its body.
 */
#include <string.h>

#include <mach/message.h>

#include "common/cleanup.h"
#include "proto/routine.h"
#include "server/server.h"
#include "tests/fuzz/body.h"
#include "tests/fuzz/machine.h"
#include "tests/fuzz/wire.h"

enum {
	PAGES = 512,
	TURNS = 20000, /* that an input may take */
	CLIENTS = 3,
	TAKE_MOST = 1024 * 1024,  /* of what is answered: then it is hung up */
	STREAM_MOST = 128 * 1024, /* bytes of an input */
	FRAMES_MOST = 256,        /* that the mutator looks at */
	BODY_ROOM = 2048,
	HEADER = sizeof(mach_msg_header_t),
	COMPLEX = 24, /* a count, and a descriptor */
};

/* --- The target ------------------------------------------------------- */

/* How the input is to be brought: its first bytes. */
struct manner {
	uint16_t pieces; /* 0: at once; else at most so many bytes */
	uint8_t lazy;    /* busy turns that pass before answers are taken */
	uint8_t bits;
};

enum {
	NARROW = 1,     /* the server can send little at a time */
	PAUSES = 2,     /* calls do */
	SELDOM = 12,    /* the machine is checked at the end, if any is set */
	SHIFT = 4,      /* of how many clients there are, */
	STRANGERS = 64, /* who are users of their own but for the first */
};

enum { START = sizeof(struct manner) + sizeof(struct msg_hello) };

/* What looks like a field with a name in it: a varint of two bytes, whose last
 * bits are those of a slot's first generations. */
static void
know_names(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i + 2 < size; i++)
		if (bytes[i + 1] >= 0x83 && bytes[i + 2] > 1 &&
		    bytes[i + 2] < 0x20 && (bytes[i + 1] & 3) == 3 &&
		    bytes[i] < 0x20)
			body_know_name((uint32_t)(bytes[i + 1] & 0x7f) |
				       (uint32_t)bytes[i + 2] << 7);
}

static void
take_answers(struct wire *wire)
{
	static uint8_t nowhere[64 * 1024];
	size_t n;

	while ((n = fuzz_wire_take(wire, nowhere, sizeof(nowhere))) > 0)
		know_names(nowhere, MIN(n, (size_t)1024));
	if (wire->taken > TAKE_MOST)
		fuzz_wire_close(wire);
}

static unsigned
clients_of(const struct manner *manner)
{
	return 1 + (unsigned)(manner->bits >> SHIFT) % 4 % CLIENTS;
}

/* To each client what is his. What is no frame says the first. */
static void
deal(struct wire **wires, unsigned count, const uint8_t *bytes, size_t size)
{
	struct msg msg;
	int n;

	while ((n = msg_parse(&msg, MSG_REQUEST, bytes, size)) > 0) {
		size_t all =
		    (size_t)MIN(msg_data_size(&msg) + (unsigned)n, size);

		fuzz_wire_put(wires[msg.local % count], bytes, all);
		bytes += all;
		size -= all;
	}
	fuzz_wire_put(wires[0], bytes, size);
}

static void
connect_all(struct server *server, const struct manner *manner,
    struct wire **wires, const uint8_t *bytes, size_t size)
{
	size_t hello = MIN(size, sizeof(struct msg_hello));
	unsigned count = clients_of(manner);

	for (unsigned i = 0; i < count; i++) {
		wires[i] = fuzz_wire_open(server);
		if (manner->pieces > 0)
			wires[i]->most = manner->pieces;
		wires[i]->enough = manner->bits & NARROW ? 512 : 256 * 1024;
		if (manner->bits & STRANGERS)
			wires[i]->uid += i;
		fuzz_wire_put(wires[i], bytes, hello);
	}
	deal(wires, count, bytes + hello, size - hello);
	for (unsigned i = 0; i < count; i++)
		fuzz_wire_end(wires[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct wire *wires[CLIENTS];
	struct server *server;
	struct manner manner;
	unsigned turns = 0;

	if (size < sizeof(manner))
		return 0;
	memcpy(&manner, bytes, sizeof(manner));
	server = machine_server(PAGES, manner.bits & PAUSES);
	server->check = (manner.bits & SELDOM) == 0;
	connect_all(server, &manner, wires, bytes + sizeof(manner),
	    size - sizeof(manner));
	while (!LIST_EMPTY(&server->connections)) {
		/* Where nothing is to be done, all wait for what is taken. */
		if (!fuzz_wire_turn(server) ||
		    turns % (manner.lazy + 1u) == manner.lazy)
			for (unsigned i = 0; i < clients_of(&manner); i++)
				take_answers(wires[i]);
		MUST(++turns < TURNS + 16 * size);
	}
	machine_settle(server);
	return 0;
}

/* --- The mutator ------------------------------------------------------ */

static const struct {
	int base;
	const ProtobufCServiceDescriptor *service;
} services[] = {
	{ VM_MAP_BASE, &vm_map__descriptor },
	{ MACH_VM_BASE, &mach_vm__descriptor },
	{ TASK_BASE, &task__descriptor },
	{ MACH_PORT_BASE, &mach_port__descriptor },
	{ MACH_HOST_BASE, &mach_host__descriptor },
	{ HOST_PRIV_BASE, &host_priv__descriptor },
	{ BOOTSTRAP_BASE, &bootstrap__descriptor },
	{ MACH_BASE, &mach__descriptor },
	{ GNUMACH_BASE, &gnumach__descriptor },
	{ VMD_BASE, &vmd__descriptor },
};

/* What a request to the routine looks like; NULL: there is none. */
static const ProtobufCMessageDescriptor *
request_of(int id)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		unsigned n = (unsigned)(id - services[i].base);

		if (id >= services[i].base &&
		    n < services[i].service->n_methods)
			return services[i].service->methods[n].input;
	}
	return NULL;
}

/* A routine that is served; those on memory twice as often. */
static int
choose_routine(struct chance *chance)
{
	for (;;) {
		uint32_t n = chance_below(chance, ARRAY_SIZE(services) + 6);
		size_t i = n < ARRAY_SIZE(services) ? n : n % 3;
		uint32_t method =
		    chance_below(chance, services[i].service->n_methods);

		if (services[i].service->methods[method].input !=
		    &absent__descriptor)
			return services[i].base + (int)method;
	}
}

static bool
takes_data(int id)
{
	return id == VM_MAP_ID(vm_write) || id == MACH_VM_ID(mach_vm_write);
}

/* A frame with its data, as it lies in a stream. */
struct frame {
	const uint8_t *start;
	size_t size;
};

/* What the mutator writes. */
struct stream {
	uint8_t bytes[2 * STREAM_MOST];
	size_t size;
};

static void
stream_put(struct stream *stream, const void *bytes, size_t size)
{
	size = MIN(size, sizeof(stream->bytes) - stream->size);
	if (size > 0)
		memcpy(stream->bytes + stream->size, bytes, size);
	stream->size += size;
}

static void
stream_put_frame(struct stream *stream, int id, uint32_t remote, uint32_t local,
    const uint8_t *body, size_t size, uint32_t offset, size_t data)
{
	static const uint8_t filling[3 * 4096] = { 'a', 'b', 'c' };
	struct msg_descriptor descriptor = {
		.type = MACH_MSG_OOL_DESCRIPTOR,
		.offset = offset,
		.size = data,
	};
	struct msg msg = {
		.kind = MSG_REQUEST,
		.id = id,
		.remote = remote,
		.local = local,
		.descriptor_count = data > 0,
		.descriptors = &descriptor,
		.body_size = size,
	};
	uint8_t head[HEADER + COMPLEX];

	msg_write_head(&msg, head);
	stream_put(stream, head, msg_head_size(&msg));
	stream_put(stream, body, size);
	stream_put(stream, filling, MIN(data, sizeof(filling)));
}

/* A routine and whom it is for: most often one who serves it. */
static void
stream_put_new(struct stream *stream, struct chance *chance)
{
	uint8_t body[BODY_ROOM];
	int id = choose_routine(chance);
	size_t data = 0;

	if (takes_data(id) || chance_below(chance, 64) == 0)
		data =
		    chance_below(chance, 2) ? chance_below(chance, 8200) : 4096;
	stream_put_frame(stream, id, body_name(chance),
	    1 + chance_below(chance, 2 * CLIENTS), body,
	    body_make(request_of(id), chance, body, sizeof(body)),
	    chance_below(chance, 4096), data);
}

/* The same frame but for its body, or whom it is for. */
static void
stream_put_changed(struct stream *stream, const struct frame *frame,
    struct chance *chance)
{
	const ProtobufCMessageDescriptor *shape;
	uint8_t body[BODY_ROOM];
	struct msg msg;
	uint32_t offset = 0;
	size_t data = 0;

	if (msg_parse(&msg, MSG_REQUEST, frame->start, frame->size) <= 0 ||
	    !(shape = request_of(msg.id)) || chance_below(chance, 16) == 0) {
		stream_put_new(stream, chance);
		return;
	}
	if (msg.descriptor_count > 0) {
		offset = msg_descriptor(&msg, 0).offset;
		data = MIN(msg_data_size(&msg), 12288);
	}
	if (chance_below(chance, 6) == 0)
		stream_put_frame(stream, msg.id, body_name(chance), msg.local,
		    msg.body, msg.body_size, offset, data);
	else
		stream_put_frame(stream, msg.id, msg.remote, msg.local, body,
		    body_change(shape, chance, msg.body, msg.body_size, body,
			sizeof(body)),
		    offset, data);
}

/* Takes the stream apart behind its hello. What is no frame is the tail. */
static size_t
find_frames(const uint8_t *bytes, size_t size, struct frame *frames,
    const uint8_t **tail)
{
	const uint8_t *at = bytes + START, *end = bytes + size;
	size_t count = 0;
	struct msg msg;
	int n;

	while (count < FRAMES_MOST &&
	       (n = msg_parse(&msg, MSG_REQUEST, at, (size_t)(end - at))) > 0) {
		size_t all = (size_t)MIN(msg_data_size(&msg) + (unsigned)n,
		    (uint64_t)(end - at));

		frames[count++] = (struct frame){ at, all };
		at += all;
	}
	*tail = at;
	return count;
}

static void
put_start(struct stream *stream, struct chance *chance)
{
	struct manner manner = { 0 };
	struct msg_hello hello = {
		.magic = MSG_MAGIC,
		.version = MSG_VERSION,
		.personality = chance_below(chance, 4),
	};

	if (chance_below(chance, 4) == 0)
		manner.pieces = (uint16_t)chance_below(chance, 4096);
	if (chance_below(chance, 4) == 0)
		manner.lazy = (uint8_t)chance_below(chance, 32);
	manner.bits = (uint8_t)chance_below(chance, 128);
	stream_put(stream, &manner, sizeof(manner));
	stream_put(stream, &hello, sizeof(hello));
}

static size_t
stream_take(const struct stream *stream, uint8_t *to, size_t room)
{
	size_t size = MIN(stream->size, room);

	memcpy(to, stream->bytes, size);
	return size;
}

enum change { INSERT, CHANGE, REMOVE, REPEAT, CUT, START_AGAIN, CHANGES };

size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t room, unsigned seed)
{
	static struct stream stream;
	struct frame frames[FRAMES_MOST];
	struct chance chance = chance_of(seed);
	enum change change = (enum change)chance_below(&chance, CHANGES + 8);
	const uint8_t *tail;
	size_t count, at;

	if (chance_below(&chance, 64) == 0)
		return LLVMFuzzerMutate(bytes, size, room);
	if (change >= CHANGES)
		change = change % 2 ? CHANGE : INSERT;
	stream.size = 0;
	if (size < START) {
		put_start(&stream, &chance);
		stream_put_new(&stream, &chance);
		return stream_take(&stream, bytes, room);
	}
	count = find_frames(bytes, size, frames, &tail);
	at = chance_below(&chance, (uint32_t)count + 1);
	if (change == START_AGAIN)
		put_start(&stream, &chance);
	else
		stream_put(&stream, bytes, START);
	for (size_t i = 0; i < count && (change != CUT || i <= at); i++) {
		if (i == at && change == INSERT)
			stream_put_new(&stream, &chance);
		if (i == at && change == CHANGE)
			stream_put_changed(&stream, &frames[i], &chance);
		else if (i != at || change != REMOVE)
			stream_put(&stream, frames[i].start, frames[i].size);
		if (i == at && change == REPEAT)
			stream_put(&stream, frames[i].start, frames[i].size);
	}
	if (at == count && change <= CHANGE)
		for (uint32_t n = chance_below(&chance, 4) + 1; n > 0; n--)
			stream_put_new(&stream, &chance);
	else if (change != REMOVE)
		stream_put(&stream, tail, (size_t)(bytes + size - tail));
	return stream_take(&stream, bytes, room);
}

/* The beginning of one stream, and the end of another. */
size_t
LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b,
    size_t b_size, uint8_t *to, size_t room, unsigned seed)
{
	static struct stream stream;
	struct frame frames[FRAMES_MOST];
	struct chance chance = chance_of(seed);
	const uint8_t *tail;
	size_t count;

	stream.size = 0;
	if (a_size < START || b_size < START)
		return 0;
	count = find_frames(a, a_size, frames, &tail);
	stream_put(&stream, a, START);
	count = chance_below(&chance, (uint32_t)count + 1);
	for (size_t i = 0; i < count; i++)
		stream_put(&stream, frames[i].start, frames[i].size);
	count = find_frames(b, b_size, frames, &tail);
	for (size_t i = chance_below(&chance, (uint32_t)count + 1); i < count;
	     i++)
		stream_put(&stream, frames[i].start, frames[i].size);
	return stream_take(&stream, to, room);
}
