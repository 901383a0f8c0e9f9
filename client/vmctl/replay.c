#include "client/vmctl/replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <mach/vm_statistics.h>

#include "client/show/constants.h"
#include "client/show/message.h"
#include "client/show/routine.h"
#include "client/vmctl/translation.h"
#include "client/vmctl/wire.h"
#include "common/address.h"
#include "proto/routine.h"

enum { NOTICE_PATIENCE = 2000 }; /* milliseconds */

/* A message that came between two replies. */
struct notice {
	STAILQ_ENTRY(notice) link;
	struct msg msg; /* the body is behind it */
	uint8_t body[];
};

struct replay_line {
	TAILQ_ENTRY(replay_line) link;
	uint32_t number;
	struct wire wire;
	uint64_t sent, answered;
	STAILQ_HEAD(, notice) notices;
	struct translation translation;
};

/* A request, as it was recorded, and its answers. */
struct play {
	struct replay *replay;
	struct replay_line *line;
	const struct recorded *recorded;
	struct msg request;
	struct routine routine;
	ProtobufCMessage *in; /* NULL: it cannot be read */
};

/* --- Words ------------------------------------------------------------ */

/* A few ids are two services': those for the registry are its own. */
static void
find_routine(const struct msg *msg, struct routine *found)
{
	bool is_bootstrap = msg->remote == MSG_BOOTSTRAP;
	struct routine routine;

	*found = (struct routine){ .id = msg->id };
	for (size_t i = 0; routine_at(i, &routine); i++)
		if (routine.id == msg->id &&
		    (!found->name ||
			is_bootstrap ==
			    (routine.port &&
				strcmp(routine.port, "bootstrap") == 0)))
			*found = routine;
}

static ProtobufCMessage *
unpack(const ProtobufCMessageDescriptor *shape, const struct msg *msg)
{
	return shape ? protobuf_c_message_unpack(shape, NULL, msg->body_size,
			   msg->body)
		     : NULL;
}

static const ProtobufCMethodDescriptor *
find_notice(int id)
{
	int index = id - NOTIFY_BASE;

	if (index < 0 || (unsigned)index >= notify__descriptor.n_methods)
		return NULL;
	return &notify__descriptor.methods[index];
}

static void
print_call(FILE *out, const struct play *play)
{
	const struct routine *routine = &play->routine;

	if (routine->name)
		fprintf(out, "%s", routine->name);
	else
		fprintf(out, "routine %d", play->request.id);
	if (routine->port || !routine->name)
		fprintf(out, " %s=%#" PRIx32,
		    routine->port ? routine->port : "port",
		    play->request.remote);
	if (play->in && play->request.body_size > 0) {
		fputc(' ', out);
		message_print(out, play->in);
	}
}

static void
differ(struct replay *replay, uint32_t connection, uint32_t number,
    const char *what, const char *how)
{
	struct replay_difference difference = { connection, number, what, how };

	replay->tell(&difference);
	replay->differing++;
}

static void
differ_call(const struct play *play, const char *how)
{
	_cleanup_(freep) char *what = NULL;
	size_t size;
	FILE *out = open_memstream(&what, &size);

	if (out) {
		print_call(out, play);
		fclose(out);
	}
	differ(play->replay, play->line->number, play->recorded->head.number,
	    what ? what : "a call", how);
}

static void
differ_notice(struct replay *replay, const struct replay_line *line, int id,
    const char *how)
{
	const ProtobufCMethodDescriptor *method = find_notice(id);
	char what[64];

	snprintf(what, sizeof(what), "notice %s",
	    method ? method->name : "of no routine");
	differ(replay, line->number, 0, what, how);
}

/* --- Connections ------------------------------------------------------ */

static struct replay_line *
find_line(const struct replay *replay, uint32_t number)
{
	struct replay_line *line;

	TAILQ_FOREACH(line, &replay->lines, link)
		if (line->number == number)
			return line;
	return NULL;
}

static void
drop_notice(struct replay_line *line)
{
	struct notice *notice = STAILQ_FIRST(&line->notices);

	STAILQ_REMOVE_HEAD(&line->notices, link);
	free(notice);
}

static void
line_free(struct replay *replay, struct replay_line *line)
{
	TAILQ_REMOVE(&replay->lines, line, link);
	while (!STAILQ_EMPTY(&line->notices))
		drop_notice(line);
	translation_deinit(&line->translation);
	wire_close(&line->wire);
	free(line);
}

static struct replay_line *
line_new(struct replay *replay, uint32_t number)
{
	struct replay_line *line = calloc(1, sizeof(*line));

	if (!line)
		return NULL;
	line->number = number;
	STAILQ_INIT(&line->notices);
	translation_init(&line->translation);
	line->wire.fd = -1;
	TAILQ_INSERT_TAIL(&replay->lines, line, link);
	return line;
}

/* What the daemon said to a hello then. False: nothing. */
static bool
recorded_welcome(const struct recorded *hello, struct msg_welcome *welcome)
{
	const struct recorded *at = hello;

	while ((at = TAILQ_NEXT(at, link)))
		if (at->head.connection == hello->head.connection &&
		    at->head.what == CAPTURE_HELLO) {
			memcpy(welcome, at->bytes, sizeof(*welcome));
			return true;
		}
	return false;
}

/* As it was recorded, but of a personality that is known. */
static struct msg_hello
hello_of(const struct replay *replay, const struct recorded *recorded,
    const struct msg_welcome *welcome)
{
	struct msg_hello hello;

	memcpy(&hello, recorded->bytes, sizeof(hello));
	if (replay->personality != 0)
		hello.personality = replay->personality;
	else if (hello.personality == 0)
		hello.personality = welcome->personality;
	return hello;
}

static bool
greet(struct replay *replay, struct replay_line *line,
    const struct recorded *recorded, const struct msg_welcome *before,
    struct complaint *complaint)
{
	struct msg_hello hello = hello_of(replay, recorded, before);
	struct msg_welcome now;
	const uint8_t *bytes = NULL;
	char how[64];

	if (wire_send(&line->wire, &hello, sizeof(hello)))
		bytes = wire_take(&line->wire, sizeof(now));
	if (!bytes)
		return complain(complaint, "the daemon hung up");
	memcpy(&now, bytes, sizeof(now));
	if (now.magic != MSG_MAGIC)
		return complain(complaint, "that is no vmd");
	if (now.code != KERN_SUCCESS)
		return complain(complaint,
		    "the daemon does not take connection %" PRIu32 ": %s",
		    line->number, code_name(now.code));
	if (now.page_size == before->page_size)
		return true;
	snprintf(how, sizeof(how), "recorded %" PRIu32 ", now %" PRIu32,
	    before->page_size, now.page_size);
	differ(replay, line->number, 0, "page size", how);
	return true;
}

/* Of one that the daemon did not take there is nothing to replay. */
static bool
play_hello(struct replay *replay, const struct recorded *recorded,
    struct complaint *complaint)
{
	struct msg_welcome welcome;
	struct replay_line *line;
	const char *why;

	if (recorded->head.direction == CAPTURE_FROM_DAEMON ||
	    !recorded_welcome(recorded, &welcome) ||
	    welcome.code != KERN_SUCCESS)
		return true;
	line = line_new(replay, recorded->head.connection);
	if (!line)
		return complain(complaint, "there is no memory");
	why = wire_open(&line->wire, &replay->daemon);
	if (why)
		return complain(complaint, "there is no daemon: %s", why);
	return greet(replay, line, recorded, &welcome, complaint);
}

/* --- Sending ---------------------------------------------------------- */

static bool
send_message(struct wire *wire, const struct msg *msg,
    const struct recorded *recorded)
{
	uint8_t
	    head[sizeof(mach_msg_header_t) + 8 + sizeof(struct msg_descriptor)];
	const struct piece *piece;
	bool sent;

	msg_write_head(msg, head);
	sent = wire_send(wire, head, msg_head_size(msg)) &&
	       wire_send(wire, msg->body, msg->body_size);
	STAILQ_FOREACH(piece, &recorded->data, link)
	sent = sent && wire_send(wire, piece->bytes, piece->size);
	return sent;
}

/* With what it names as that is called now. A body in which all is called as it
 * was goes as it is, byte by byte. */
static bool
send_request(const struct play *play)
{
	const struct translation *translation = &play->line->translation;
	_cleanup_(message_freep) ProtobufCMessage *in =
	    unpack(play->routine.request, &play->request);
	_cleanup_(freep) uint8_t *body = NULL;
	struct msg now = play->request;

	now.remote = translation_name(translation, now.remote);
	if (in && translation_request(translation, play->request.remote, in)) {
		now.body_size = protobuf_c_message_get_packed_size(in);
		body = malloc(now.body_size + 1);
		if (!body || now.body_size > MSG_BODY_MAX)
			return false;
		protobuf_c_message_pack(in, body);
		now.body = body;
	}
	play->line->sent++;
	return send_message(&play->line->wire, &now, play->recorded);
}

/* --- Receiving -------------------------------------------------------- */

static bool
skip_data(struct wire *wire, uint64_t left)
{
	size_t n;

	for (; left > 0; left -= n)
		if (!wire_data(wire, left, &n))
			return false;
	return true;
}

static bool
keep_notice(struct replay_line *line, const struct msg *msg)
{
	struct notice *notice = malloc(sizeof(*notice) + msg->body_size);

	if (!notice)
		return false;
	notice->msg = *msg;
	memcpy(notice->body, msg->body, msg->body_size);
	notice->msg.body = notice->body;
	STAILQ_INSERT_TAIL(&line->notices, notice, link);
	return true;
}

/* The reply to the last request. Earlier ones that nobody waited for go. */
static bool
receive_reply(struct replay_line *line, struct msg *msg)
{
	for (;;) {
		if (!wire_message(&line->wire, msg))
			return false;
		if (msg->kind == MSG_NOTICE) {
			if (!keep_notice(line, msg))
				return false;
			continue;
		}
		if (++line->answered == line->sent)
			return true;
		if (!skip_data(&line->wire, msg_data_size(msg)))
			return false;
	}
}

/* --- Comparing -------------------------------------------------------- */

/* What a call that succeeded has changed of what things are called. */
static void
learn(const struct play *play, const ProtobufCMessage *before,
    const ProtobufCMessage *now)
{
	const ProtobufCMessageDescriptor *shape = before->descriptor;
	struct value flags, size, recorded, is;
	struct complaint complaint;

	if ((shape != &vm_allocate_reply__descriptor &&
		shape != &vm_map_reply__descriptor &&
		shape != &vm_remap_reply__descriptor) ||
	    !message_get(play->in, "flags", &flags, &complaint) ||
	    !(flags.number & VM_FLAGS_ANYWHERE) ||
	    !message_get(play->in, "size", &size, &complaint) ||
	    !message_get(before, NULL, &recorded, &complaint) ||
	    !message_get(now, NULL, &is, &complaint))
		return;
	translation_move(&play->line->translation, play->request.remote,
	    recorded.number, size.number, is.number);
}

/* ... and of names. A child that inherits has its parent's memory, where that
 * has it. */
static void
learn_names(const struct play *play, const ProtobufCMessage *before)
{
	const ProtobufCMessageDescriptor *shape = play->routine.request;
	struct translation *translation = &play->line->translation;
	struct complaint complaint;
	struct value value;

	if (shape == &mach_port_deallocate_request__descriptor ||
	    shape == &mach_port_destroy_request__descriptor ||
	    shape == &mach_port_mod_refs_request__descriptor) {
		if (message_get(play->in, "name", &value, &complaint))
			translation_loosen(translation,
			    (mach_port_t)value.number);
	} else if (shape == &task_create_request__descriptor &&
		   message_get(play->in, "inherit_memory", &value,
		       &complaint) &&
		   value.number &&
		   message_get(before, "child_task", &value, &complaint))
		translation_inherit(translation, play->request.remote,
		    (mach_port_t)value.number);
}

static unsigned
compare_bodies(const struct play *play, const struct msg *before,
    const struct msg *now, FILE *out)
{
	_cleanup_(message_freep) ProtobufCMessage *was =
	    unpack(play->routine.reply, before);
	_cleanup_(message_freep) ProtobufCMessage *is =
	    unpack(play->routine.reply, now);
	unsigned differences;

	if (!play->in || !was || !is) {
		if (before->body_size == now->body_size &&
		    memcmp(before->body, now->body, now->body_size) == 0)
			return 0;
		fprintf(out, "body: recorded %zu bytes, now %zu others",
		    before->body_size, now->body_size);
		return 1;
	}
	learn(play, was, is);
	differences = translation_compare(&play->line->translation,
	    play->request.remote, was, is, out);
	learn_names(play, was);
	return differences;
}

/* Data as they come, against those that were recorded. */
static bool
compare_data(struct wire *wire, const struct recorded *recorded, uint64_t size,
    FILE *out, unsigned *differences)
{
	const struct piece *piece = STAILQ_FIRST(&recorded->data);
	uint64_t at = 0, count = 0, first = 0;
	uint32_t in_piece = 0;
	uint8_t was = 0, is = 0;

	while (at < size) {
		size_t n;
		const uint8_t *bytes = wire_data(wire, size - at, &n);

		if (!bytes)
			return false;
		for (size_t i = 0; i < n; i++, at++) {
			if (piece && in_piece == piece->size) {
				piece = STAILQ_NEXT(piece, link);
				in_piece = 0;
			}
			if (!piece || bytes[i] == piece->bytes[in_piece++])
				continue;
			if (count++ > 0)
				continue;
			first = at;
			was = piece->bytes[in_piece - 1];
			is = bytes[i];
		}
	}
	if (size != recorded->data_size)
		fprintf(out, "%sdata: recorded %" PRIu64 " bytes, now %" PRIu64,
		    (*differences)++ ? "; " : "", recorded->data_size, size);
	if (count > 0)
		fprintf(out,
		    "%sdata: recorded 0x%02x at byte %" PRIu64 ", now 0x%02x,"
		    " and %" PRIu64 " others",
		    (*differences)++ ? "; " : "", was, first, is, count - 1);
	return true;
}

/* False: the daemon has hung up. */
static bool
compare(const struct play *play, const struct msg *now, FILE *out,
    unsigned *differences)
{
	const struct recorded *recorded = play->recorded->reply;
	uint64_t size = msg_data_size(now);
	struct msg before;

	msg_parse(&before, MSG_REPLY, recorded->bytes, recorded->head.size);
	if (before.code == now->code && before.code == KERN_SUCCESS)
		*differences = compare_bodies(play, &before, now, out);
	if (before.code == now->code)
		return compare_data(&play->line->wire, recorded, size, out,
		    differences);
	fprintf(out, "recorded %s, ", code_name(before.code));
	fprintf(out, "now %s", code_name(now->code));
	*differences = 1;
	return skip_data(&play->line->wire, size);
}

static bool
compare_reply(const struct play *play)
{
	_cleanup_(freep) char *text = NULL;
	unsigned differences = 0;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct msg now;
	bool is_there;

	if (!out)
		return false;
	is_there = receive_reply(play->line, &now) &&
		   compare(play, &now, out, &differences);
	fclose(out);
	if (!is_there || differences == 0)
		return is_there;
	differ_call(play, text);
	return true;
}

/* --- Playing ---------------------------------------------------------- */

static bool
play_request(struct replay *replay, struct replay_line *line,
    const struct recorded *recorded, struct complaint *complaint)
{
	const struct recorded *reply = recorded->reply;
	struct play play = {
		.replay = replay,
		.line = line,
		.recorded = recorded,
	};
	bool is_there;

	if (recorded->head.flags & CAPTURE_OWN)
		return true;
	replay->calls++;
	replay->went_on(replay);
	msg_parse(&play.request, MSG_REQUEST, recorded->bytes,
	    recorded->head.size);
	find_routine(&play.request, &play.routine);
	play.in = unpack(play.routine.request, &play.request);
	is_there = send_request(&play) &&
		   (!reply || !reply->is_whole || compare_reply(&play));
	message_freep(&play.in);
	return is_there ||
	       complain(complaint,
		   "the daemon hung up at %" PRIu32 ".%" PRIu32 ", %s",
		   line->number, recorded->head.number,
		   play.routine.name ? play.routine.name : "no routine");
}

static unsigned
compare_notice(struct replay_line *line, const struct msg *before,
    const struct msg *now, FILE *out)
{
	const ProtobufCMethodDescriptor *method = find_notice(before->id);
	const ProtobufCMessageDescriptor *shape = method ? method->input : NULL;
	_cleanup_(message_freep) ProtobufCMessage *was = unpack(shape, before);
	_cleanup_(message_freep) ProtobufCMessage *is = unpack(shape, now);

	if (before->id != now->id) {
		method = find_notice(now->id);
		fprintf(out, "now %s", method ? method->name : "another");
		return 1;
	}
	if (!translation_meet(&line->translation, before->local, now->local)) {
		fprintf(out, "recorded to %#" PRIx32 ", now to %#" PRIx32,
		    before->local, now->local);
		return 1;
	}
	return was && is
		   ? translation_compare(&line->translation, 0, was, is, out)
		   : 0;
}

/* A notice must come by now, or soon. */
static bool
play_notice(struct replay *replay, struct replay_line *line,
    const struct recorded *recorded)
{
	_cleanup_(freep) char *text = NULL;
	unsigned differences = 1;
	struct msg before, now;
	size_t size;
	FILE *out;

	if (STAILQ_EMPTY(&line->notices) &&
	    wire_waits(&line->wire, NOTICE_PATIENCE) &&
	    (!wire_message(&line->wire, &now) || now.kind != MSG_NOTICE ||
		!keep_notice(line, &now)))
		return false;
	out = open_memstream(&text, &size);
	if (!out)
		return false;
	msg_parse(&before, MSG_REPLY, recorded->bytes, recorded->head.size);
	if (STAILQ_EMPTY(&line->notices))
		fputs("none came now", out);
	else
		differences = compare_notice(line, &before,
		    &STAILQ_FIRST(&line->notices)->msg, out);
	fclose(out);
	if (!STAILQ_EMPTY(&line->notices))
		drop_notice(line);
	if (differences == 0)
		return true;
	differ_notice(replay, line, before.id, text);
	return true;
}

static void
play_end(struct replay *replay, struct replay_line *line)
{
	struct notice *notice;

	STAILQ_FOREACH(notice, &line->notices, link)
	differ_notice(replay, line, notice->msg.id, "none was recorded");
	wire_finish(&line->wire);
	line_free(replay, line);
}

static bool
play(struct replay *replay, const struct recorded *recorded,
    struct complaint *complaint)
{
	const struct capture_head *head = &recorded->head;
	struct replay_line *line = find_line(replay, head->connection);

	if (head->what == CAPTURE_HELLO)
		return play_hello(replay, recorded, complaint);
	if (!line)
		return true;
	if (head->what == CAPTURE_END) {
		play_end(replay, line);
		return true;
	}
	if (head->direction == CAPTURE_TO_DAEMON)
		return play_request(replay, line, recorded, complaint);
	if (head->number != 0 || play_notice(replay, line, recorded))
		return true;
	return complain(complaint, "the daemon hung up on connection %" PRIu32,
	    line->number);
}

bool
replay_run(struct replay *replay, struct complaint *complaint)
{
	const struct recorded *recorded;
	struct replay_line *line;
	bool goes_on = true;
	int r = address_default(&replay->daemon, NULL);

	TAILQ_INIT(&replay->lines);
	if (r < 0)
		return complain(complaint, "%s", address_error(r));
	TAILQ_FOREACH(recorded, &replay->recording->messages, link) {
		goes_on = play(replay, recorded, complaint);
		if (!goes_on)
			break;
	}
	while ((line = TAILQ_FIRST(&replay->lines)))
		line_free(replay, line);
	return goes_on;
}
