#include "client/vmctl/json.h"

#ifdef VMCTL_JSON

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/constants.h"
#include "client/show/message.h"

enum { NESTED_MOST = 32 };

struct json {
	json_t *open[NESTED_MOST]; /* what is being filled, outermost first */
	size_t depth;
};

bool
json_is_there(void)
{
	return true;
}

/* Takes the value over; NULL: there was no memory for it. */
static void
put(struct json *json, const char *key, json_t *value)
{
	json_t *to = json->open[json->depth - 1];
	int failed = !value ? -1
		     : key  ? json_object_set_new(to, key, value)
			    : json_array_append_new(to, value);

	if (failed == 0)
		return;
	fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
	exit(EXIT_FAILURE);
}

void
json_put_signed(struct json *json, const char *key, int64_t number)
{
	put(json, key, json_integer(number));
}

void
json_put_real(struct json *json, const char *key, double number)
{
	put(json, key, json_real(number));
}

void
json_put_number(struct json *json, const char *key, uint64_t number)
{
	if (number <= INT64_MAX)
		put(json, key, json_integer((int64_t)number));
	else
		put(json, key, json_sprintf("%" PRIu64, number));
}

void
json_put_boolean(struct json *json, const char *key, bool boolean)
{
	put(json, key, json_boolean(boolean));
}

void
json_put_null(struct json *json, const char *key)
{
	put(json, key, json_null());
}

void
json_put_text(struct json *json, const char *key, const char *text)
{
	json_put_bytes(json, key, text, strlen(text));
}

void
json_put_bytes(struct json *json, const char *key, const char *bytes,
    size_t size)
{
	json_t *text = json_stringn(size > 0 ? bytes : "", size);

	if (text) {
		put(json, key, text);
		return;
	}
	json_open_object(json, key);
	json_put_hex(json, "hex", bytes, size);
	json_close(json);
}

void
json_put_hex(struct json *json, const char *key, const char *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	_cleanup_(freep) char *text = malloc(2 * size + 1);

	for (size_t i = 0; text && i < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		text[2 * i] = digits[byte >> 4];
		text[2 * i + 1] = digits[byte & 0xf];
	}
	put(json, key, text ? json_stringn(text, 2 * size) : NULL);
}

/* --- What has parts --------------------------------------------------- */

static void
open_one(struct json *json, const char *key, json_t *value)
{
	if (json->depth > 0)
		put(json, key, value);
	if (!value || json->depth == NESTED_MOST) {
		fprintf(stderr, "%s: out of memory\n",
		    program_invocation_short_name);
		exit(EXIT_FAILURE);
	}
	json->open[json->depth++] = value;
}

void
json_open_list(struct json *json, const char *key)
{
	open_one(json, key, json_array());
}

void
json_open_object(struct json *json, const char *key)
{
	open_one(json, key, json_object());
}

void
json_close(struct json *json)
{
	json->depth--;
}

/* --- Messages --------------------------------------------------------- */

static void put_fields(struct json *json, const ProtobufCMessage *message);

static bool
is_signed(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_ENUM:
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return true;
	default:
		return false;
	}
}

static void
put_number(struct json *json, const char *key,
    const ProtobufCFieldDescriptor *field, uint64_t number)
{
	if (field->type == PROTOBUF_C_TYPE_BOOL)
		json_put_boolean(json, key, number != 0);
	else if (is_signed(field))
		json_put_signed(json, key, (int64_t)number);
	else
		json_put_number(json, key, number);
}

static void
put_one(struct json *json, const char *key, const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, size_t i)
{
	struct text text;

	switch (field_kind(field)) {
	case FIELD_NUMBER:
		put_number(json, key, field,
		    message_number(message, field, i).number);
		break;
	case FIELD_BYTES:
		text = message_bytes(message, field, i);
		json_put_bytes(json, key, text.bytes, text.size);
		break;
	case FIELD_MESSAGE:
		json_put_message(json, key, message_part(message, field, i));
		break;
	case FIELD_OTHER:
		json_put_null(json, key);
		break;
	}
}

static void
put_field(struct json *json, const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field)
{
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF &&
	    field_kind(field) == FIELD_MESSAGE) {
		put_fields(json, message_part(message, field, 0));
		return;
	}
	if (field->label != PROTOBUF_C_LABEL_REPEATED) {
		put_one(json, field->name, message, field, 0);
		return;
	}
	json_open_list(json, field->name);
	for (size_t i = 0; i < message_length(message, field); i++)
		put_one(json, NULL, message, field, i);
	json_close(json);
}

static void
put_fields(struct json *json, const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *shape = message->descriptor;

	for (unsigned i = 0; i < message_fields(shape); i++)
		if (message_has(message, &shape->fields[i]))
			put_field(json, message, &shape->fields[i]);
}

void
json_put_message(struct json *json, const char *key,
    const ProtobufCMessage *message)
{
	json_open_object(json, key);
	if (message)
		put_fields(json, message);
	json_close(json);
}

/* --- Lines ------------------------------------------------------------ */

struct json *
json_begin(const struct command *command)
{
	static struct json line;
	struct json *json = &line;

	json->depth = 0;
	json_open_object(json, NULL);
	json_put_number(json, "line", command->line);
	json_put_text(json, "command", command->name);
	return json;
}

struct json *
json_begin_verb(const char *verb)
{
	static struct json line;
	struct json *json = &line;

	json->depth = 0;
	json_open_object(json, NULL);
	json_put_text(json, "verb", verb);
	return json;
}

void
json_end(struct json *json)
{
	json_dumpf(json->open[0], stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(json->open[0]);
}

void
json_print_reply(const struct command *command, const struct reply *reply)
{
	struct json *json = json_begin(command);

	json_put_text(json, "code", code_name(reply->code));
	if (reply->code != command->code)
		json_put_text(json, "expected", code_name(command->code));
	json_put_message(json, "reply",
	    reply->code == KERN_SUCCESS ? reply->message : NULL);
	json_open_list(json, "data");
	for (size_t i = 0; i < reply->part_count; i++)
		json_put_hex(json, NULL, reply->parts[i].bytes,
		    reply->parts[i].size);
	json_close(json);
	json_end(json);
}

void
json_print_error(const struct command *command, const char *text)
{
	struct json *json = json_begin(command);

	json_put_text(json, "error", text);
	json_end(json);
}

#else

bool
json_is_there(void)
{
	return false;
}

struct json *
json_begin(const struct command *command)
{
	(void)command;
	return NULL;
}

struct json *
json_begin_verb(const char *verb)
{
	(void)verb;
	return NULL;
}

void
json_end(struct json *json)
{
	(void)json;
}

void
json_put_number(struct json *json, const char *key, uint64_t number)
{
	(void)json, (void)key, (void)number;
}

void
json_put_real(struct json *json, const char *key, double number)
{
	(void)json, (void)key, (void)number;
}

void
json_put_signed(struct json *json, const char *key, int64_t number)
{
	(void)json, (void)key, (void)number;
}

void
json_put_boolean(struct json *json, const char *key, bool boolean)
{
	(void)json, (void)key, (void)boolean;
}

void
json_put_text(struct json *json, const char *key, const char *text)
{
	(void)json, (void)key, (void)text;
}

void
json_put_bytes(struct json *json, const char *key, const char *bytes,
    size_t size)
{
	(void)json, (void)key, (void)bytes, (void)size;
}

void
json_put_hex(struct json *json, const char *key, const char *bytes, size_t size)
{
	(void)json, (void)key, (void)bytes, (void)size;
}

void
json_put_null(struct json *json, const char *key)
{
	(void)json, (void)key;
}

void
json_put_message(struct json *json, const char *key,
    const ProtobufCMessage *message)
{
	(void)json, (void)key, (void)message;
}

void
json_open_list(struct json *json, const char *key)
{
	(void)json, (void)key;
}

void
json_open_object(struct json *json, const char *key)
{
	(void)json, (void)key;
}

void
json_close(struct json *json)
{
	(void)json;
}

void
json_print_reply(const struct command *command, const struct reply *reply)
{
	(void)command, (void)reply;
}

void
json_print_error(const struct command *command, const char *text)
{
	(void)command, (void)text;
}

#endif
