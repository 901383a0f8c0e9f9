#include "client/show/message.h"

#include <inttypes.h>
#include <string.h>

#include "common/text.h"

ProtobufCMessage *
message_new(const ProtobufCMessageDescriptor *shape)
{
	ProtobufCMessage *message = calloc(1, shape->sizeof_message);

	if (message)
		protobuf_c_message_init(shape, message);
	return message;
}

void
message_free(ProtobufCMessage *message)
{
	protobuf_c_message_free_unpacked(message, NULL);
}

unsigned
message_fields(const ProtobufCMessageDescriptor *shape)
{
	static const char travel[] = "window_";
	unsigned count = 0;

	while (count < shape->n_fields &&
	       (shape->fields[count].label != PROTOBUF_C_LABEL_OPTIONAL ||
		   strncmp(shape->fields[count].name, travel, strlen(travel)) !=
		       0))
		count++;
	return count;
}

/* --- Fields ----------------------------------------------------------- */

static void *
member(ProtobufCMessage *message, unsigned offset)
{
	return (char *)message + offset;
}

static const void *
const_member(const ProtobufCMessage *message, unsigned offset)
{
	return (const char *)message + offset;
}

/* A pointer of whatever type. */
static void *
pointer_at(const void *at)
{
	void *pointer;

	memcpy(&pointer, at, sizeof(pointer));
	return pointer;
}

static bool
is_of_oneof(const ProtobufCFieldDescriptor *field)
{
	return field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

/* Does the message have it? */
static bool
is_there(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	if (is_of_oneof(field))
		return *(const uint32_t *)const_member(message,
			   field->quantifier_offset) == field->id;
	if (field->label != PROTOBUF_C_LABEL_OPTIONAL)
		return true;
	if (field_kind(field) == FIELD_MESSAGE ||
	    field->type == PROTOBUF_C_TYPE_STRING)
		return pointer_at(const_member(message, field->offset)) != NULL;
	return *(const protobuf_c_boolean *)const_member(message,
	    field->quantifier_offset);
}

/* Bytes of a number in memory; 0: it is none. */
static size_t
number_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_ENUM:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(uint32_t);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return sizeof(uint64_t);
	default:
		return 0;
	}
}

static bool
is_signed(ProtobufCType type)
{
	return type == PROTOBUF_C_TYPE_INT32 ||
	       type == PROTOBUF_C_TYPE_SINT32 ||
	       type == PROTOBUF_C_TYPE_SFIXED32 || type == PROTOBUF_C_TYPE_ENUM;
}

enum field_kind
field_kind(const ProtobufCFieldDescriptor *field)
{
	if (number_size(field->type) > 0)
		return FIELD_NUMBER;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return FIELD_MESSAGE;
	if (field->type == PROTOBUF_C_TYPE_STRING ||
	    field->type == PROTOBUF_C_TYPE_BYTES)
		return FIELD_BYTES;
	return FIELD_OTHER;
}

bool
field_is_long(const ProtobufCFieldDescriptor *field)
{
	return number_size(field->type) == sizeof(uint64_t);
}

/* The i'th number of a field that has more than one, or its only one. */
static struct value
number_at(const ProtobufCMessageDescriptor *shape,
    const ProtobufCFieldDescriptor *field, const void *at, size_t i)
{
	struct value value = {
		.meaning = meaning_of(shape->short_name, field->name),
	};

	if (field->type == PROTOBUF_C_TYPE_BOOL)
		value.meaning = MEANING_BOOLEAN;
	if (number_size(field->type) == sizeof(uint64_t))
		value.number = ((const uint64_t *)at)[i];
	else if (is_signed(field->type))
		value.number = (uint64_t)((const int32_t *)at)[i];
	else
		value.number = ((const uint32_t *)at)[i];
	return value;
}

/* --- Filling ---------------------------------------------------------- */

bool
field_takes(const ProtobufCFieldDescriptor *field, uint64_t number,
    struct complaint *complaint)
{
	if (field->type == PROTOBUF_C_TYPE_BOOL && number > 1)
		return complain(complaint, "%s is TRUE or FALSE", field->name);
	if (number_size(field->type) == sizeof(uint32_t) &&
	    number > UINT32_MAX && number < (uint64_t)INT32_MIN)
		return complain(complaint,
		    "%s has 32 bits, not as many as %#" PRIx64, field->name,
		    number);
	return true;
}

/* Where the next one of a repeated field goes. NULL: no memory. */
static void *
room_in_list(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
    size_t size)
{
	size_t *count = member(message, field->quantifier_offset);
	void *at = member(message, field->offset);
	char *list = reallocarray(pointer_at(at), *count + 1, size);

	if (!list)
		return NULL;
	memcpy(at, &list, sizeof(list));
	return list + (*count)++ * size;
}

/* ... or the only one of another, which the message has from now on. */
static void *
room_for(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
    size_t size)
{
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return room_in_list(message, field, size);
	if (is_of_oneof(field))
		*(uint32_t *)member(message, field->quantifier_offset) =
		    field->id;
	else if (field->label == PROTOBUF_C_LABEL_OPTIONAL &&
		 field->quantifier_offset > 0)
		*(protobuf_c_boolean *)member(message,
		    field->quantifier_offset) = true;
	return member(message, field->offset);
}

bool
message_put_number(ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, uint64_t number)
{
	size_t size = number_size(field->type);
	void *at = room_for(message, field, size);

	if (!at)
		return false;
	if (size == sizeof(uint64_t))
		*(uint64_t *)at = number;
	else
		*(uint32_t *)at = (uint32_t)number;
	return true;
}

bool
message_put_bytes(ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, const char *bytes, size_t size)
{
	bool is_string = field->type == PROTOBUF_C_TYPE_STRING;
	_cleanup_(freep) char *copy = malloc(size + 1);
	void *at = NULL;

	if (copy)
		at = room_for(message, field,
		    is_string ? sizeof(char *) : sizeof(ProtobufCBinaryData));
	if (!at)
		return false;
	memcpy(copy, bytes, size);
	copy[size] = '\0';
	if (is_string)
		*(char **)at = copy;
	else
		*(ProtobufCBinaryData *)at =
		    (ProtobufCBinaryData){ size, (uint8_t *)copy };
	steal(&copy);
	return true;
}

bool
message_put_message(ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, ProtobufCMessage *part)
{
	ProtobufCMessage **at = room_for(message, field, sizeof(part));

	if (at)
		*at = part;
	else
		message_free(part);
	return at != NULL;
}

/* --- Asking ----------------------------------------------------------- */

/* Where a way has led to. Without a message it is the shape that is asked, and
 * of a oneof any choice will do. */
struct place {
	const ProtobufCMessageDescriptor *shape;
	const ProtobufCMessage *message; /* or NULL */
};

static struct place
part_of(const struct place *around, const ProtobufCFieldDescriptor *field)
{
	return (struct place){
		.shape = field->descriptor,
		.message = around->message
			       ? pointer_at(const_member(around->message,
				     field->offset))
			       : NULL,
	};
}

/* A field of the message, or of what a oneof of it has chosen: then the place
 * becomes that. NULL: there is none of the name. */
static const ProtobufCFieldDescriptor *
find_field(struct place *place, const char *name, size_t length)
{
	const ProtobufCMessageDescriptor *shape = place->shape;

	for (unsigned i = 0; i < message_fields(shape); i++) {
		const ProtobufCFieldDescriptor *field = &shape->fields[i];
		struct place part;

		if (place->message && !is_there(place->message, field))
			continue;
		if (strlen(field->name) == length &&
		    memcmp(field->name, name, length) == 0)
			return field;
		if (!is_of_oneof(field) || field_kind(field) != FIELD_MESSAGE)
			continue;
		part = part_of(place, field);
		field = find_field(&part, name, length);
		if (!field)
			continue;
		*place = part;
		return field;
	}
	return NULL;
}

/* One of a list's numbers is meant: which? What is behind it is no number. */
static bool
find_index(const struct place *place, const ProtobufCFieldDescriptor *field,
    const char *text, size_t *index, struct complaint *complaint)
{
	const size_t *count;
	char *end;

	*index = strtoul(text, &end, 10);
	if (*end != '\0')
		return complain(complaint, "'" WORD "' is no number", text);
	if (!place->message)
		return true;
	count = const_member(place->message, field->quantifier_offset);
	return *index < *count ||
	       complain(complaint, "its field '%s' has %zu elements",
		   field->name, *count);
}

/* The field at the end of a way, a single number; or one of a list, and which.
 */
static const ProtobufCFieldDescriptor *
follow(struct place *place, const char *way, size_t *index,
    struct complaint *complaint)
{
	const ProtobufCFieldDescriptor *field = NULL;

	*index = 0;
	if (!way && message_fields(place->shape) > 0)
		way = place->shape->fields[0].name;
	if (!way) {
		complain(complaint, "it has no fields");
		return NULL;
	}
	for (;;) {
		size_t length = strcspn(way, ".");

		field = find_field(place, way, length);
		if (!field) {
			complain(complaint, "it has no field '%.*s'",
			    (int)MIN(length, 60), way);
			return NULL;
		}
		way += length;
		if (*way == '\0' || field_kind(field) != FIELD_MESSAGE ||
		    field->label == PROTOBUF_C_LABEL_REPEATED)
			break;
		way++;
		*place = part_of(place, field);
	}
	if (field_kind(field) == FIELD_NUMBER &&
	    field->label == PROTOBUF_C_LABEL_REPEATED && *way == '.')
		return find_index(place, field, way + 1, index, complaint)
			   ? field
			   : NULL;
	if (*way == '\0' && field_kind(field) == FIELD_NUMBER &&
	    field->label != PROTOBUF_C_LABEL_REPEATED)
		return field;
	complain(complaint, "its field '%s' is no number", field->name);
	return NULL;
}

bool
message_could_have(const ProtobufCMessageDescriptor *shape, const char *way,
    struct complaint *complaint)
{
	struct place place = { .shape = shape };
	size_t index;

	return follow(&place, way, &index, complaint) != NULL;
}

bool
message_get(const ProtobufCMessage *message, const char *way,
    struct value *value, struct complaint *complaint)
{
	struct place place = { message->descriptor, message };
	size_t index;
	const ProtobufCFieldDescriptor *field =
	    follow(&place, way, &index, complaint);
	const void *at;

	if (!field)
		return false;
	at = const_member(place.message, field->offset);
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		at = pointer_at(at);
	*value = number_at(place.shape, field, at, index);
	return true;
}

/* --- Field by field --------------------------------------------------- */

bool
message_has(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field)
{
	return is_there(message, field);
}

size_t
message_length(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field)
{
	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return 1;
	return *(const size_t *)const_member(message, field->quantifier_offset);
}

/* Where the field's numbers, bytes or parts begin. */
static const void *
list_of(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	const void *at = const_member(message, field->offset);

	return field->label == PROTOBUF_C_LABEL_REPEATED ? pointer_at(at) : at;
}

struct value
message_number(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, size_t i)
{
	return number_at(message->descriptor, field, list_of(message, field),
	    i);
}

struct text
message_bytes(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, size_t i)
{
	const void *list = list_of(message, field);
	const ProtobufCBinaryData *bytes;
	const char *string;

	if (field->type == PROTOBUF_C_TYPE_STRING) {
		string = ((char *const *)list)[i];
		return (struct text){ string, strlen(string) };
	}
	bytes = (const ProtobufCBinaryData *)list + i;
	return (struct text){ (const char *)bytes->data, bytes->len };
}

const ProtobufCMessage *
message_part(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, size_t i)
{
	return ((ProtobufCMessage *const *)list_of(message, field))[i];
}

/* --- Showing ---------------------------------------------------------- */

/* What comes before a field's name: the way to its message. */
struct prefix {
	const struct prefix *before;
	const char *name;
};

static void
print_prefix(FILE *out, const struct prefix *prefix)
{
	if (!prefix)
		return;
	print_prefix(out, prefix->before);
	fprintf(out, "%s.", prefix->name);
}

static bool print_fields(FILE *out, const ProtobufCMessage *message,
    const struct prefix *prefix, bool first);

/* As text, if they are. */
static void
print_bytes(FILE *out, const ProtobufCBinaryData *bytes)
{
	struct text text = { (const char *)bytes->data, bytes->len };

	if (text_is_plain(text))
		fprintf(out, "\"%.*s\"", (int)text.size, text.bytes);
	else
		fprintf(out, "(%zu bytes)", text.size);
}

/* One of a field's, or its only one. */
static void
print_one(FILE *out, const ProtobufCMessageDescriptor *shape,
    const ProtobufCFieldDescriptor *field, const void *at, size_t i)
{
	switch (field_kind(field)) {
	case FIELD_NUMBER:
		value_print(out, number_at(shape, field, at, i));
		break;
	case FIELD_BYTES:
		if (field->type == PROTOBUF_C_TYPE_STRING)
			fprintf(out, "\"%s\"", ((char *const *)at)[i]);
		else
			print_bytes(out, (const ProtobufCBinaryData *)at + i);
		break;
	case FIELD_MESSAGE:
		fputc('{', out);
		print_fields(out, ((ProtobufCMessage *const *)at)[i], NULL,
		    true);
		fputc('}', out);
		break;
	case FIELD_OTHER:
		fputc('?', out);
		break;
	}
}

static void
print_list(FILE *out, const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field)
{
	const size_t *count = const_member(message, field->quantifier_offset);
	const void *list = pointer_at(const_member(message, field->offset));

	fputc('[', out);
	for (size_t i = 0; i < *count; i++) {
		if (i > 0)
			fputc(' ', out);
		print_one(out, message->descriptor, field, list, i);
	}
	fputc(']', out);
}

/* Returns whether nothing has been printed yet. */
static bool
print_field(FILE *out, const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, const struct prefix *prefix,
    bool first)
{
	const void *at = const_member(message, field->offset);
	struct prefix inside = { prefix, field->name };

	if (field_kind(field) == FIELD_MESSAGE &&
	    field->label != PROTOBUF_C_LABEL_REPEATED)
		return print_fields(out, pointer_at(at),
		    is_of_oneof(field) ? prefix : &inside, first);
	if (!first)
		fputc(' ', out);
	print_prefix(out, prefix);
	fprintf(out, "%s=", field->name);
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		print_list(out, message, field);
	else
		print_one(out, message->descriptor, field, at, 0);
	return false;
}

static bool
print_fields(FILE *out, const ProtobufCMessage *message,
    const struct prefix *prefix, bool first)
{
	const ProtobufCMessageDescriptor *shape = message->descriptor;

	for (unsigned i = 0; i < message_fields(shape); i++)
		if (is_there(message, &shape->fields[i]))
			first = print_field(out, message, &shape->fields[i],
			    prefix, first);
	return first;
}

void
message_print(FILE *out, const ProtobufCMessage *message)
{
	print_fields(out, message, NULL, true);
}
