#include "proto/flat.h"

#include <limits.h>
#include <string.h>

/* How values lie in a body. */
enum wire {
	WIRE_VARINT = 0, /* seven bits a byte, the lowest first */
	WIRE_64 = 1,
	WIRE_BYTES = 2,
	WIRE_32 = 5,
};

enum {
	VARINT_MOST = 10, /* bytes */
	TAG_MOST = 5,
	FIELD_MOST = TAG_MOST + VARINT_MOST,
	FIELDS_MOST = 64, /* of a flat message */
};

/* What is left of a body. */
struct reader {
	const uint8_t *at;
	const uint8_t *end;
};

/* --- Reading ----------------------------------------------------------- */

static bool
read_varint(struct reader *reader, unsigned most, uint64_t *out)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < most && reader->at < reader->end; i++) {
		uint8_t byte = *reader->at++;

		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			*out = value;
			return true;
		}
	}
	return false;
}

static bool
skip(struct reader *reader, uint64_t size)
{
	if (size > (uint64_t)(reader->end - reader->at))
		return false;
	reader->at += size;
	return true;
}

/* The value of a field that is not known. */
static bool
skip_value(struct reader *reader, unsigned wire)
{
	uint64_t value;

	switch (wire) {
	case WIRE_VARINT:
		return read_varint(reader, VARINT_MOST, &value);
	case WIRE_64:
		return skip(reader, sizeof(uint64_t));
	case WIRE_32:
		return skip(reader, sizeof(uint32_t));
	case WIRE_BYTES:
		return read_varint(reader, TAG_MOST, &value) &&
		       (uint32_t)value <= INT_MAX &&
		       skip(reader, (uint32_t)value);
	default:
		return false;
	}
}

/* Number and kind of the next field. There is none with number 0. */
static bool
read_tag(struct reader *reader, uint32_t *number, unsigned *wire)
{
	uint64_t tag;

	if ((*reader->at & 0xf8) == 0 || !read_varint(reader, TAG_MOST, &tag))
		return false;
	*wire = tag & 7;
	*number = (uint32_t)(tag >> 3);
	return true;
}

/* The field with a number, of which most follow one another; NULL: none. */
static const ProtobufCFieldDescriptor *
find_field(const ProtobufCMessageDescriptor *descriptor, uint32_t number,
    unsigned *next)
{
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		unsigned at = (*next + i) % descriptor->n_fields;

		if (descriptor->fields[at].id == number) {
			*next = at + 1;
			return &descriptor->fields[at];
		}
	}
	return NULL;
}

/* --- Fields ------------------------------------------------------------ */

static bool
is_flat(const ProtobufCFieldDescriptor *field)
{
	if (field->label == PROTOBUF_C_LABEL_REPEATED ||
	    (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
		return false;
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_BOOL:
		return true;
	default:
		return false;
	}
}

static void
store(const ProtobufCFieldDescriptor *field, ProtobufCMessage *message,
    uint64_t value)
{
	uint8_t *to = (uint8_t *)message + field->offset;
	protobuf_c_boolean set = 1;

	switch (field->type) {
	case PROTOBUF_C_TYPE_UINT64:
		memcpy(to, &value, sizeof(value));
		break;
	case PROTOBUF_C_TYPE_BOOL:
		memcpy(to, &(protobuf_c_boolean){ value != 0 },
		    sizeof(protobuf_c_boolean));
		break;
	default:
		memcpy(to, &(uint32_t){ (uint32_t)value }, sizeof(uint32_t));
		break;
	}
	if (field->label == PROTOBUF_C_LABEL_OPTIONAL)
		memcpy((uint8_t *)message + field->quantifier_offset, &set,
		    sizeof(set));
}

/* As it is to be written. */
static uint64_t
load(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
	const uint8_t *from = (const uint8_t *)message + field->offset;
	protobuf_c_boolean truth;
	uint64_t value;
	int32_t number;
	uint32_t word;

	switch (field->type) {
	case PROTOBUF_C_TYPE_UINT64:
		memcpy(&value, from, sizeof(value));
		return value;
	case PROTOBUF_C_TYPE_BOOL:
		memcpy(&truth, from, sizeof(truth));
		return truth != 0;
	case PROTOBUF_C_TYPE_INT32:
		memcpy(&number, from, sizeof(number));
		return (uint64_t)(int64_t)number;
	default:
		memcpy(&word, from, sizeof(word));
		return word;
	}
}

static bool
is_there(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
	protobuf_c_boolean set;

	if (field->label != PROTOBUF_C_LABEL_OPTIONAL)
		return true;
	memcpy(&set, (const uint8_t *)message + field->quantifier_offset,
	    sizeof(set));
	return set != 0;
}

/* --- Unpacking --------------------------------------------------------- */

static bool
has_all_required(const ProtobufCMessageDescriptor *descriptor, uint64_t there)
{
	for (unsigned i = 0; i < descriptor->n_fields; i++)
		if (descriptor->fields[i].label == PROTOBUF_C_LABEL_REQUIRED &&
		    (there & UINT64_C(1) << i) == 0)
			return false;
	return true;
}

/* A field, or one that is not known. */
static bool
read_field(struct reader *reader, unsigned *next, uint64_t *there,
    ProtobufCMessage *out)
{
	const ProtobufCMessageDescriptor *descriptor = out->descriptor;
	const ProtobufCFieldDescriptor *field;
	uint32_t number;
	unsigned wire;
	uint64_t value;

	if (!read_tag(reader, &number, &wire))
		return false;
	field = find_field(descriptor, number, next);
	if (!field)
		return skip_value(reader, wire);
	if (wire != WIRE_VARINT || !is_flat(field) ||
	    !read_varint(reader, VARINT_MOST, &value))
		return false;
	store(field, out, value);
	*there |= UINT64_C(1) << (field - descriptor->fields);
	return true;
}

bool
flat_unpack(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes,
    size_t size, ProtobufCMessage *out)
{
	struct reader reader = { bytes, bytes + size };
	unsigned next = 0;
	uint64_t there = 0;

	if (descriptor->n_fields > FIELDS_MOST ||
	    size > descriptor->n_fields * (size_t)FIELD_MOST)
		return false;
	protobuf_c_message_init(descriptor, out);
	while (reader.at < reader.end)
		if (!read_field(&reader, &next, &there, out))
			return false;
	return has_all_required(descriptor, there);
}

/* --- Packing ----------------------------------------------------------- */

static size_t
varint_size(uint64_t value)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);

	return (bits + 6) / 7;
}

static uint8_t *
write_varint(uint8_t *to, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*to++ = (uint8_t)(value | 0x80);
	*to++ = (uint8_t)value;
	return to;
}

size_t
flat_size(const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;
	size_t size = 0;

	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];

		if (!is_flat(field))
			return SIZE_MAX;
		if (is_there(field, message))
			size += varint_size((uint64_t)field->id << 3) +
				varint_size(load(field, message));
	}
	return size;
}

void
flat_pack(const ProtobufCMessage *message, uint8_t *to)
{
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;

	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];

		if (!is_there(field, message))
			continue;
		to = write_varint(to, (uint64_t)field->id << 3 | WIRE_VARINT);
		to = write_varint(to, load(field, message));
	}
}

size_t
flat_write(const ProtobufCMessage *message, uint8_t *to, size_t room)
{
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;
	uint8_t *at = to;

	if (room / FIELD_MOST < descriptor->n_fields)
		return SIZE_MAX;
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];

		if (!is_flat(field))
			return SIZE_MAX;
		if (!is_there(field, message))
			continue;
		at = write_varint(at, (uint64_t)field->id << 3 | WIRE_VARINT);
		at = write_varint(at, load(field, message));
	}
	return (size_t)(at - to);
}
