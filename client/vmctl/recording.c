#include "client/vmctl/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/msg.h"

/* A connection, while it is read. */
struct recorded_line {
	TAILQ_ENTRY(recorded_line) link;
	uint32_t number;
	struct recorded *open[2];   /* whose data are on their way; or NULL */
	struct recorded **requests; /* by their numbers, from 1 on */
	size_t request_count, room;
	uint32_t reply_count;
	bool has_ended;
};

static const char damaged[] = "this packet does not go with those before it";

/* --- Connections ------------------------------------------------------ */

static struct recorded_line *
find_line(struct recording *recording, uint32_t number)
{
	struct recorded_line *line;

	TAILQ_FOREACH(line, &recording->lines, link)
		if (line->number == number)
			return line;
	line = calloc(1, sizeof(*line));
	if (!line)
		return NULL;
	line->number = number;
	TAILQ_INSERT_HEAD(&recording->lines, line, link);
	return line;
}

static bool
add_request(struct recorded_line *line, struct recorded *request)
{
	if (line->request_count == line->room) {
		size_t more = MAX(2 * line->room, (size_t)64);
		struct recorded **requests =
		    reallocarray(line->requests, more, sizeof(*requests));

		if (!requests)
			return false;
		line->requests = requests;
		line->room = more;
	}
	line->requests[line->request_count++] = request;
	return true;
}

/* --- Messages --------------------------------------------------------- */

static bool
add_data(struct recorded *message, const struct capture_packet *packet)
{
	struct piece *piece;

	message->is_whole = !(packet->head.flags & CAPTURE_MORE);
	if (packet->head.data_size == 0)
		return true;
	piece = calloc(1, sizeof(*piece));
	if (!piece)
		return false;
	piece->bytes = packet->data;
	piece->size = packet->head.data_size;
	STAILQ_INSERT_TAIL(&message->data, piece, link);
	message->data_size += piece->size;
	return true;
}

static struct recorded *
new_message(const struct capture_packet *packet)
{
	struct recorded *message = calloc(1, sizeof(*message));

	if (!message)
		return NULL;
	message->head = packet->head;
	message->bytes = packet->message;
	STAILQ_INIT(&message->data);
	if (add_data(message, packet))
		return message;
	free(message);
	return NULL;
}

static void
free_message(struct recorded *message)
{
	struct piece *piece;

	while ((piece = STAILQ_FIRST(&message->data))) {
		STAILQ_REMOVE_HEAD(&message->data, link);
		free(piece);
	}
	free(message);
}

/* Are the numbers those that come next? Then a reply goes to its request. */
static const char *
pair(struct recorded_line *line, struct recorded *message)
{
	uint32_t number = message->head.number;
	struct recorded *request;

	if (message->head.direction == CAPTURE_TO_DAEMON) {
		if (number != line->request_count + 1)
			return damaged;
		return add_request(line, message) ? NULL : strerror(ENOMEM);
	}
	if (number == 0)
		return NULL;
	if (number != line->reply_count + 1 || number > line->request_count)
		return damaged;
	line->reply_count++;
	request = line->requests[number - 1];
	request->reply = message;
	return NULL;
}

/* Is it what it says it is, with as many data as come? */
static bool
is_right(const struct recorded *message)
{
	const struct capture_head *head = &message->head;
	bool is_request = head->direction == CAPTURE_TO_DAEMON;
	struct msg msg;

	if (head->what == CAPTURE_HELLO)
		return head->size == (is_request
					     ? sizeof(struct msg_hello)
					     : sizeof(struct msg_welcome)) &&
		       message->is_whole && message->data_size == 0;
	if (head->what == CAPTURE_END)
		return head->size == 0 && message->is_whole;
	return msg_parse(&msg, is_request ? MSG_REQUEST : MSG_REPLY,
		   message->bytes, head->size) == (int)head->size &&
	       (msg.kind == MSG_NOTICE) == (head->number == 0) &&
	       (message->is_whole ? msg_data_size(&msg) == message->data_size
				  : msg_data_size(&msg) > message->data_size);
}

/* More data for a message, which is whole with the last of them. */
static const char *
read_data(struct recording *recording, struct recorded_line *line,
    const struct capture_packet *packet)
{
	struct recorded **open = &line->open[packet->head.direction];
	struct recorded *message = *open;

	if (!message || packet->head.at != message->data_size ||
	    packet->head.number != message->head.number)
		return damaged;
	if (!add_data(message, packet))
		return strerror(ENOMEM);
	if (!is_right(message))
		return damaged;
	if (!message->is_whole)
		return NULL;
	*open = NULL;
	TAILQ_REMOVE(&recording->parts, message, link);
	TAILQ_INSERT_TAIL(&recording->messages, message, link);
	return NULL;
}

static const char *
read_message(struct recording *recording, struct recorded_line *line,
    const struct capture_packet *packet)
{
	struct recorded **open = &line->open[packet->head.direction];
	struct recorded *message = new_message(packet);

	if (!message)
		return strerror(ENOMEM);
	TAILQ_INSERT_TAIL(message->is_whole ? &recording->messages
					    : &recording->parts,
	    message, link);
	if ((*open && packet->head.what != CAPTURE_END) || !is_right(message))
		return damaged;
	if (!message->is_whole)
		*open = message;
	if (packet->head.what == CAPTURE_END)
		line->has_ended = true;
	return packet->head.what == CAPTURE_MESSAGE ? pair(line, message)
						    : NULL;
}

/* --- All of it -------------------------------------------------------- */

static const char *
read_packet(struct recording *recording, const struct capture_packet *packet)
{
	struct recorded_line *line =
	    find_line(recording, packet->head.connection);

	if (!line)
		return strerror(ENOMEM);
	if (line->has_ended)
		return damaged;
	return packet->head.what == CAPTURE_DATUM
		   ? read_data(recording, line, packet)
		   : read_message(recording, line, packet);
}

static bool
all_have_ended(const struct recording *recording, struct complaint *complaint)
{
	const struct recorded_line *line;

	TAILQ_FOREACH(line, &recording->lines, link)
		if (!line->has_ended)
			return complain(complaint,
			    "it ends before connection %" PRIu32 " does",
			    line->number);
	return true;
}

bool
recording_read(struct recording *recording, const char *path,
    struct complaint *complaint)
{
	struct capture *capture = &recording->capture;
	struct capture_packet packet;
	const char *why;
	uint64_t at;

	*recording = (struct recording){ 0 };
	TAILQ_INIT(&recording->messages);
	TAILQ_INIT(&recording->parts);
	TAILQ_INIT(&recording->lines);
	why = capture_open(capture, path);
	if (why)
		return complain(complaint, "%s", why);
	for (at = capture->at; capture_next(capture, &packet, &why);
	     at = capture->at) {
		why = read_packet(recording, &packet);
		if (why)
			break;
	}
	if (why)
		return complain(complaint, "byte %" PRIu64 ": %s", at, why);
	return all_have_ended(recording, complaint);
}

static void
free_messages(struct recorded_list *list)
{
	struct recorded *message;

	while ((message = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, message, link);
		free_message(message);
	}
}

void
recording_deinit(struct recording *recording)
{
	struct recorded_line *line;

	free_messages(&recording->messages);
	free_messages(&recording->parts);
	while ((line = TAILQ_FIRST(&recording->lines))) {
		TAILQ_REMOVE(&recording->lines, line, link);
		free(line->requests);
		free(line);
	}
	if (recording->capture.bytes)
		capture_close(&recording->capture);
}
