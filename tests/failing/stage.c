#include "tests/failing/stage.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/msg.h"
#include "proto/routine.h"
#include "server/roster.h"
#include "server/vm/personality.h"
#include "tests/failing/fault.h"

enum { MEMORY = 16 << 20, PATIENCE = 100000 };

const struct stage_service stage_services[] = {
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
const size_t stage_service_count = ARRAY_SIZE(stage_services);

struct server stage_server;

int stage_client = -1;
static struct connection *first;
static long blocks_before;

/* What lines have got. */
static struct variable {
	char name[32];
	uint32_t value;
} variables[64];
static size_t variable_count;

bool
stage_is_served(const ProtobufCMethodDescriptor *method)
{
	return method->input != &absent__descriptor;
}

/* --- The server -------------------------------------------------------- */

/* A socket that listens at a name of the system's choice. */
static int
listen_anywhere(void)
{
	struct sockaddr_un none = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&none,
			     sizeof(sa_family_t)),
	    0);
	ck_assert_int_eq(listen(fd, 16), 0);
	return fd;
}

void
stage_greet(int fd, char personality)
{
	struct msg_hello hello = {
		.magic = MSG_MAGIC,
		.version = MSG_VERSION,
		.personality = personality == OSF   ? 1
			       : personality == XNU ? 2
						    : 3,
	};
	struct msg_welcome welcome;

	ck_assert_int_eq(write(fd, &hello, sizeof(hello)), sizeof(hello));
	stage_run();
	ck_assert_int_eq(read(fd, &welcome, sizeof(welcome)), sizeof(welcome));
	ck_assert_int_eq(welcome.code, KERN_SUCCESS);
}

static void
remember(const char *name, uint32_t value)
{
	size_t i = 0;

	while (i < variable_count && strcmp(variables[i].name, name) != 0)
		i++;
	ck_assert_uint_lt(i, ARRAY_SIZE(variables));
	variable_count = MAX(variable_count, i + 1);
	snprintf(variables[i].name, sizeof(variables[i].name), "%s", name);
	variables[i].value = value;
}

int
stage_connect(void)
{
	int pair[2], r;

	ck_assert_int_eq(socketpair(AF_UNIX,
			     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			     pair),
	    0);
	fault_enter();
	r = connection_new(&stage_server, pair[0]);
	fault_leave();
	ck_assert_int_eq(r, 0);
	return pair[1];
}

void
stage_turn(void)
{
	/* What the first hears of, the second serves. */
	fault_enter();
	ev_run(stage_server.loop, EVRUN_NOWAIT);
	ev_run(stage_server.loop, EVRUN_NOWAIT);
	fault_leave();
}

void
stage_open(char personality)
{
	int fd = listen_anywhere(), r;

	blocks_before = fault_blocks();
	fault_enter();
	r = server_init(&stage_server, MEMORY, fd, &personality_osf);
	fault_leave();
	ck_assert_int_eq(r, 0);
	/* Whether a call pauses is a matter of time, and is not to matter. */
	stage_server.vm.pause = NULL;
	stage_client = stage_connect();
	first = LIST_FIRST(&stage_server.connections);
	stage_greet(stage_client, personality);
	variable_count = 0;
	remember("self", MSG_TASK_SELF);
	remember("bootstrap", MSG_BOOTSTRAP);
}

void
stage_close(void)
{
	bool empty;

	if (stage_client >= 0)
		close(stage_client);
	stage_client = -1;
	fault_enter();
	empty = server_deinit(&stage_server);
	fault_leave();
	ck_assert_msg(empty, "something is left");
	ck_assert_int_eq(fault_blocks(), blocks_before);
}

void
stage_run(void)
{
	enum { TURNS = 4 };

	/* Until nothing has been to do for so long. */
	for (int i = 0, idle = 0; idle < TURNS; i++) {
		ck_assert_int_lt(i, PATIENCE);
		stage_turn();
		idle = ev_is_active(&stage_server.awake) ? 0 : idle + 1;
	}
}

struct connection *
stage_connection(void)
{
	struct connection *connection;

	LIST_FOREACH(connection, &stage_server.connections, link)
		if (connection == first)
			return connection;
	return NULL;
}

/* --- Lines ------------------------------------------------------------- */

static uint64_t
value_of(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 16);

	if (*end == '\0' && end != text)
		return value;
	if (strcmp(text, "first-task") == 0)
		return roster_from(0)->number;
	for (size_t i = 0; i < variable_count; i++)
		if (strcmp(variables[i].name, text) == 0)
			return variables[i].value;
	ck_abort_msg("no line has got '%s'", text);
	return 0;
}

/* By its name; or by its id, and of two that have it the one of the name. */
static const ProtobufCMethodDescriptor *
find_routine(const char *name, int *id)
{
	const ProtobufCMethodDescriptor *found = NULL;

	for (size_t i = 0; i < stage_service_count; i++) {
		const ProtobufCServiceDescriptor *service =
		    stage_services[i].descriptor;

		for (unsigned j = 0; j < service->n_methods; j++) {
			const ProtobufCMethodDescriptor *this =
			    &service->methods[j];
			int its_id = stage_services[i].base + (int)j;
			bool named = strcmp(this->name, name) == 0;

			if (*id == 0 && named)
				*id = its_id;
			if (*id == its_id && (!found || named))
				found = this;
		}
	}
	ck_assert_msg(found != NULL, "there is no routine %s", name);
	return found;
}

static void
set_number(const ProtobufCFieldDescriptor *field, void *to, uint64_t value)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_INT64:
		*(uint64_t *)to = value;
		break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_BOOL:
	case PROTOBUF_C_TYPE_ENUM:
		*(uint32_t *)to = (uint32_t)value;
		break;
	default:
		ck_abort_msg("field %s is no number", field->name);
	}
}

enum { ELEMENTS = 256, TEXT = 64 };

/* `a,b,c` of numbers. */
static void
set_numbers(const ProtobufCFieldDescriptor *field, uint8_t *message, char *text)
{
	static uint32_t numbers[ELEMENTS];
	char *rest, *word = strtok_r(text, ",", &rest);
	size_t count = 0;

	for (; word; word = strtok_r(NULL, ",", &rest))
		set_number(field, &numbers[count++], value_of(word));
	*(size_t *)(void *)(message + field->quantifier_offset) = count;
	*(void **)(void *)(message + field->offset) = numbers;
}

static ProtobufCBinaryData
bytes_of(char *text)
{
	return (ProtobufCBinaryData){ strlen(text), (uint8_t *)text };
}

/* `a,b,c` of texts. */
static void
set_texts(const ProtobufCFieldDescriptor *field, uint8_t *message, char *text)
{
	static ProtobufCBinaryData texts[ELEMENTS];
	char *rest, *word = strtok_r(text, ",", &rest);
	size_t count = 0;

	for (; word; word = strtok_r(NULL, ",", &rest))
		texts[count++] = bytes_of(word);
	*(size_t *)(void *)(message + field->quantifier_offset) = count;
	*(void **)(void *)(message + field->offset) = texts;
}

/* `address+size,address+size` of ranges. */
static void
set_ranges(const ProtobufCFieldDescriptor *field, uint8_t *message, char *text)
{
	static VmReadEntry ranges[ELEMENTS], *list[ELEMENTS];
	char *rest, *word = strtok_r(text, ",", &rest);
	size_t count = 0;

	ck_assert_ptr_eq(field->descriptor, &vm_read_entry__descriptor);
	for (; word; word = strtok_r(NULL, ",", &rest), count++) {
		char *size = strchr(word, '+');

		ck_assert_ptr_nonnull(size);
		*size++ = '\0';
		vm_read_entry__init(&ranges[count]);
		ranges[count].address = value_of(word);
		ranges[count].size = value_of(size);
		list[count] = &ranges[count];
	}
	*(size_t *)(void *)(message + field->quantifier_offset) = count;
	*(void **)(void *)(message + field->offset) = list;
}

static void
set_field(ProtobufCMessage *message, const char *name, char *value)
{
	const ProtobufCFieldDescriptor *field =
	    protobuf_c_message_descriptor_get_field_by_name(message->descriptor,
		name);
	uint8_t *base = (uint8_t *)message;

	ck_assert_msg(field != NULL, "%s has no field %s",
	    message->descriptor->name, name);
	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		if (field->type == PROTOBUF_C_TYPE_MESSAGE)
			set_ranges(field, base, value);
		else if (field->type == PROTOBUF_C_TYPE_BYTES)
			set_texts(field, base, value);
		else
			set_numbers(field, base, value);
		return;
	}
	if (field->type == PROTOBUF_C_TYPE_STRING)
		*(char **)(void *)(base + field->offset) = value;
	else if (field->type == PROTOBUF_C_TYPE_BYTES)
		*(ProtobufCBinaryData *)(void *)(base + field->offset) =
		    bytes_of(value);
	else
		set_number(field, base + field->offset, value_of(value));
	if (field->label == PROTOBUF_C_LABEL_OPTIONAL &&
	    field->type != PROTOBUF_C_TYPE_STRING)
		*(protobuf_c_boolean *)(void *)(base +
						field->quantifier_offset) = 1;
}

/* Takes `name =` off the front of a line, if it is there. */
static char *
take_name(char *line, struct stage_request *request)
{
	char *equals = strstr(line, " = ");

	request->name[0] = '\0';
	if (!equals)
		return line;
	snprintf(request->name, sizeof(request->name), "%.*s",
	    (int)(equals - line), line);
	return equals + 3;
}

/* Puts the message together, with data that are no page of zeros. */
static void
pack(struct stage_request *request, uint32_t remote,
    const ProtobufCMessage *body, size_t data)
{
	struct msg_descriptor descriptor = {
		.type = MACH_MSG_OOL_DESCRIPTOR,
		.size = data,
	};
	struct msg msg = {
		.kind = MSG_REQUEST,
		.id = request->id,
		.remote = remote,
		.local = 1,
		.descriptor_count = data > 0,
		.descriptors = &descriptor,
		.body_size = protobuf_c_message_get_packed_size(body),
	};
	size_t head = msg_head_size(&msg);

	request->size = head + msg.body_size + data;
	ck_assert_uint_le(request->size, sizeof(request->bytes));
	msg_write_head(&msg, request->bytes);
	protobuf_c_message_pack(body, request->bytes + head);
	for (size_t i = head + msg.body_size; i < request->size; i++)
		request->bytes[i] = (uint8_t)(1 + i * i / 7 % 255);
}

void
stage_write(struct stage_request *request, const char *line, int id)
{
	static uint64_t room[512];
	ProtobufCMessage *body = (ProtobufCMessage *)room;
	const ProtobufCMethodDescriptor *method;
	char text[1024], *rest, *word;
	uint32_t remote;
	size_t data = 0;

	snprintf(text, sizeof(text), "%s", line);
	word = strtok_r(take_name(text, request), " ", &rest);
	method = find_routine(word, &id);
	ck_assert_uint_le(method->input->sizeof_message, sizeof(room));
	protobuf_c_message_init(method->input, body);
	request->id = id;
	request->out = method->output;
	word = strtok_r(NULL, " ", &rest);
	ck_assert_msg(word != NULL, "whom is '%s' for?", line);
	remote = (uint32_t)value_of(word);
	while ((word = strtok_r(NULL, " ", &rest))) {
		char *value = strchr(word, '=');

		ck_assert_msg(value != NULL, "'%s' in '%s'", word, line);
		*value++ = '\0';
		if (strcmp(word, "data") == 0)
			data = value_of(value);
		else
			set_field(body, word, value);
	}
	pack(request, remote, body, data);
}

const char *
stage_line(const char *line, char personality)
{
	const char *end = strchr(line, ']');

	if (line[0] != '[' || !end)
		return line;
	if (!memchr(line, personality, (size_t)(end - line)))
		return NULL;
	return end + 2;
}

/* --- Calls ------------------------------------------------------------- */

/* How many answers are whole, and the bytes of all. */
static unsigned
count_answers(const uint8_t *bytes, size_t size)
{
	unsigned count = 0;
	struct msg msg;

	for (size_t at = 0; at < size; count++) {
		int head = msg_parse(&msg, MSG_REPLY, bytes + at, size - at);

		ck_assert_int_ge(head, 0);
		if (head == 0 || size - at < (size_t)head + msg_data_size(&msg))
			break;
		at += (size_t)head + msg_data_size(&msg);
	}
	return count;
}

size_t
stage_exchange(int fd, const uint8_t *requests, size_t size, unsigned count,
    uint8_t *answers, size_t room, bool *closed)
{
	size_t put = 0, got = 0;

	*closed = false;
	for (int i = 0; count_answers(answers, got) < count; i++) {
		ssize_t n = send(fd, requests + put, size - put, MSG_NOSIGNAL);

		ck_assert_msg(i < PATIENCE, "no answer");
		put += n > 0 ? (size_t)n : 0;
		stage_turn();
		n = read(fd, answers + got, room - got);
		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			*closed = true;
			break;
		}
		got += n > 0 ? (size_t)n : 0;
	}
	stage_run();
	return got;
}

/* The last field of an answer is kept, if it is a number. */
static kern_return_t
take_answer(struct stage_request *request, const uint8_t *bytes, size_t size)
{
	const ProtobufCFieldDescriptor *field;
	ProtobufCMessage *body;
	struct msg msg;

	msg_parse(&msg, MSG_REPLY, bytes, size);
	ck_assert_int_eq(msg.id, request->id + MIG_REPLY_DELTA);
	if (msg.code != KERN_SUCCESS || request->out->n_fields == 0)
		return msg.code;
	body = protobuf_c_message_unpack(request->out, NULL, msg.body_size,
	    msg.body);
	ck_assert_ptr_nonnull(body);
	field = &request->out->fields[request->out->n_fields - 1];
	if (field->label == PROTOBUF_C_LABEL_REQUIRED &&
	    field->type == PROTOBUF_C_TYPE_UINT32)
		request->reply =
		    *(uint32_t *)(void *)((uint8_t *)body + field->offset);
	protobuf_c_message_free_unpacked(body, NULL);
	if (request->name[0] != '\0')
		remember(request->name, request->reply);
	return msg.code;
}

kern_return_t
stage_send(struct stage_request *request)
{
	static uint8_t answer[1 << 20];
	bool closed;
	size_t got = stage_exchange(stage_client, request->bytes, request->size,
	    1, answer, sizeof(answer), &closed);

	return closed ? STAGE_CLOSED : take_answer(request, answer, got);
}

kern_return_t
stage_call(const char *line)
{
	static struct stage_request request;

	stage_write(&request, line, 0);
	return stage_send(&request);
}

void
stage_succeeds(const char *line)
{
	kern_return_t kr = stage_call(line);

	ck_assert_msg(kr == KERN_SUCCESS, "%s: %d", line, kr);
}

void
stage_play(const char *const *lines, char personality)
{
	for (; *lines; lines++) {
		const char *line = stage_line(*lines, personality);

		if (line)
			stage_succeeds(line);
	}
}
