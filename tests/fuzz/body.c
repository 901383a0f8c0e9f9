#include "tests/fuzz/body.h"

#include <stdbool.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/msg.h"

enum {
	PAGE = 4096,
	NAMES = 32,
	FIELDS = 64, /* of a body that is looked at */
	REPEATS = 4,
	NESTED = 256, /* bytes of a message within one */
};

static uint32_t names[NAMES] = { MSG_TASK_SELF, MSG_BOOTSTRAP, 0x303, 0x403 };
static unsigned name_count = 4;

void
body_know_name(uint32_t name)
{
	for (unsigned i = 0; i < NAMES; i++)
		if (names[i] == name)
			return;
	names[name_count++ % NAMES] = name;
}

uint32_t
body_name(struct chance *chance)
{
	static const uint32_t odd[] = { 0, UINT32_MAX, 1, 0x100, 0x107, 0x2ff };
	uint32_t n = chance_below(chance, 16);

	if (n < 7)
		return 0x103;
	if (n < 14)
		return names[chance_below(chance, NAMES)];
	return odd[chance_below(chance, ARRAY_SIZE(odd))];
}

/* --- Values ----------------------------------------------------------- */

/* Most of them in reach of each other, so that calls meet. */
static uint64_t
make_address(struct chance *chance)
{
	static const uint64_t edges[] = { 0, 1, PAGE - 1, PAGE, PAGE + 1,
		UINT32_MAX, UINT64_C(1) << 32, (UINT64_C(1) << 47) - PAGE,
		UINT64_C(1) << 47, INT64_MAX, UINT64_MAX - PAGE,
		UINT64_MAX - PAGE + 1, UINT64_MAX };
	uint64_t near =
	    UINT64_C(0x10000) + chance_below(chance, 24) * (uint64_t)PAGE;

	switch (chance_below(chance, 16)) {
	case 0:
		return edges[chance_below(chance, ARRAY_SIZE(edges))];
	case 1:
		return near + chance_below(chance, PAGE);
	case 2:
		return near + (UINT64_C(1) << 21) * chance_below(chance, 8);
	default:
		return near;
	}
}

static uint64_t
make_size(struct chance *chance)
{
	static const uint64_t edges[] = { 0, 1, PAGE - 1, PAGE + 1,
		UINT64_C(1) << 21, UINT32_MAX, UINT64_C(1) << 32,
		UINT64_C(1) << 40, UINT64_C(1) << 46, INT64_MAX,
		UINT64_MAX - PAGE, UINT64_MAX };

	switch (chance_below(chance, 8)) {
	case 0:
		return edges[chance_below(chance, ARRAY_SIZE(edges))];
	case 1:
		return chance_below(chance, 4 * PAGE);
	default:
		return (1 + (uint64_t)chance_below(chance, 12)) * PAGE;
	}
}

static uint64_t
make_number(struct chance *chance)
{
	switch (chance_below(chance, 8)) {
	case 0:
		return UINT64_C(1) << chance_below(chance, 64);
	case 1:
		return (uint64_t)0 - 1 - chance_below(chance, 4);
	case 2:
		return chance_any(chance);
	case 3:
		return chance_below(chance, 1024);
	default:
		return chance_below(chance, 8);
	}
}

/* vm_allocate's and vm_map's, and those of memory entries, are far up. */
static uint64_t
make_flags(struct chance *chance)
{
	uint64_t flags = chance_below(chance, 4);

	if (chance_below(chance, 2))
		flags |= 0x4000; /* overwrite */
	if (chance_below(chance, 8) == 0)
		flags |= UINT64_C(1) << chance_below(chance, 32);
	return flags;
}

static uint64_t
make_permission(struct chance *chance)
{
	uint64_t permission = chance_below(chance, 8);

	if (chance_below(chance, 2))
		permission |= UINT64_C(1) << (16 + chance_below(chance, 16));
	return permission;
}

static bool
has_word(const char *name, const char *word)
{
	return strstr(name, word) != NULL;
}

static bool
is_port(const char *name)
{
	static const char *const ports[] = { "task", "object", "entry", "pager",
		"port", "poly", "name", "host", "handle" };

	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		if (has_word(name, ports[i]))
			return true;
	return false;
}

static uint64_t
make_value(const ProtobufCFieldDescriptor *field, struct chance *chance)
{
	const char *name = field->name;

	if (chance_below(chance, 32) == 0)
		return make_number(chance);
	if (field->type == PROTOBUF_C_TYPE_BOOL)
		return chance_below(chance, 2);
	if (field->type == PROTOBUF_C_TYPE_UINT64 && has_word(name, "size"))
		return make_size(chance);
	if (has_word(name, "address") || has_word(name, "offset"))
		return chance_below(chance, 4) == 0 ? make_size(chance)
						    : make_address(chance);
	if (has_word(name, "flags"))
		return make_flags(chance);
	if (has_word(name, "permission"))
		return make_permission(chance);
	if (has_word(name, "prot") || has_word(name, "access"))
		return chance_below(chance, 8);
	if (has_word(name, "mask"))
		return chance_below(chance, 4) == 0 ? make_size(chance) - 1 : 0;
	if (field->type == PROTOBUF_C_TYPE_UINT32 && is_port(name))
		return body_name(chance);
	return make_number(chance);
}

/* --- Writing ---------------------------------------------------------- */

struct out {
	uint8_t *at;
	size_t left;
};

static void
put(struct out *out, const void *bytes, size_t size)
{
	size = MIN(size, out->left);
	if (size > 0)
		memcpy(out->at, bytes, size);
	out->at += size;
	out->left -= size;
}

static void
put_varint(struct out *out, uint64_t value)
{
	uint8_t bytes[10];
	size_t n = 0;

	do {
		bytes[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	} while (value > 0);
	bytes[n - 1] &= 0x7f;
	put(out, bytes, n);
}

static void
put_block(struct out *out, uint32_t id, const uint8_t *bytes, size_t size)
{
	put_varint(out, id << 3 | 2);
	put_varint(out, size);
	put(out, bytes, size);
}

/* One of a few, that others may have given. */
static void
put_short_name(struct out *out, uint32_t id, struct chance *chance)
{
	uint8_t letter = (uint8_t)('a' + chance_below(chance, 3));

	put_block(out, id, &letter, 1);
}

/* A string, or bytes. */
static void
put_text(struct out *out, uint32_t id, struct chance *chance)
{
	uint8_t text[NESTED];
	size_t size = chance_below(chance, chance_below(chance, NESTED) + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = (uint8_t)('a' + chance_below(chance, 26));
	put_block(out, id, text, size);
}

static void
put_packed(struct out *out, const ProtobufCFieldDescriptor *field,
    struct chance *chance)
{
	uint8_t block[10 * REPEATS];
	struct out inside = { block, sizeof(block) };

	for (uint32_t n = chance_below(chance, REPEATS + 1); n > 0; n--)
		put_varint(&inside, make_value(field, chance));
	put_block(out, field->id, block, sizeof(block) - inside.left);
}

static void
put_field(struct out *out, const ProtobufCFieldDescriptor *field,
    struct chance *chance)
{
	uint8_t block[NESTED];

	if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		put_block(out, field->id, block,
		    body_make(field->descriptor, chance, block, sizeof(block)));
	} else if (field->type == PROTOBUF_C_TYPE_STRING ||
		   field->type == PROTOBUF_C_TYPE_BYTES) {
		if (chance_below(chance, 8) > 0)
			put_short_name(out, field->id, chance);
		else
			put_text(out, field->id, chance);
	} else if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		put_packed(out, field, chance);
	} else {
		put_varint(out, field->id << 3);
		put_varint(out, make_value(field, chance));
	}
}

size_t
body_make(const ProtobufCMessageDescriptor *shape, struct chance *chance,
    uint8_t *to, size_t room)
{
	struct out out = { to, room };

	for (unsigned i = 0; i < shape->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &shape->fields[i];
		uint32_t times = 1;

		if (field->label == PROTOBUF_C_LABEL_OPTIONAL)
			times = chance_below(chance, 4) > 0;
		else if (field->label == PROTOBUF_C_LABEL_REPEATED &&
			 field->type == PROTOBUF_C_TYPE_MESSAGE)
			times = chance_below(chance, REPEATS + 1);
		while (times-- > 0)
			put_field(&out, field, chance);
	}
	return room - out.left;
}

/* --- Changing --------------------------------------------------------- */

/* A field as it lies in a body. */
struct piece {
	const uint8_t *start;
	size_t size;
	uint32_t id;
};

/* A varint's bytes; 0: it does not end. */
static size_t
take_varint(const uint8_t *from, size_t size, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < MIN(size, 10); i++) {
		*value |= (uint64_t)(from[i] & 0x7f) << (7 * i);
		if (from[i] < 0x80)
			return i + 1;
	}
	return 0;
}

static size_t
take_piece(const uint8_t *from, size_t size, struct piece *piece)
{
	uint64_t tag, value;
	size_t head = take_varint(from, size, &tag), n;

	if (head == 0 || ((tag & 7) != 0 && (tag & 7) != 2))
		return 0;
	n = take_varint(from + head, size - head, &value);
	if (n == 0 || ((tag & 7) == 2 && value > size - head - n))
		return 0;
	n += head + ((tag & 7) == 2 ? value : 0);
	*piece = (struct piece){ from, n, (uint32_t)(tag >> 3) };
	return n;
}

/* Takes a body to pieces. The count; -1: it is no such thing. */
static int
take_pieces(const uint8_t *from, size_t size, struct piece *pieces)
{
	int count = 0;
	size_t n;

	for (; size > 0; from += n, size -= n) {
		if (count == FIELDS)
			return -1;
		n = take_piece(from, size, &pieces[count++]);
		if (n == 0)
			return -1;
	}
	return count;
}

static size_t
change_bytes(const uint8_t *from, size_t size, uint8_t *to, size_t room)
{
	size = MIN(size, room);
	if (size > 0)
		memcpy(to, from, size);
	return LLVMFuzzerMutate(to, size, room);
}

size_t
body_change(const ProtobufCMessageDescriptor *shape, struct chance *chance,
    const uint8_t *from, size_t size, uint8_t *to, size_t room)
{
	struct piece pieces[FIELDS];
	struct out out = { to, room };
	int count = take_pieces(from, size, pieces);
	uint32_t which = chance_below(chance, 32);
	int at;

	if (which == 0 && room > 0)
		return change_bytes(from, size, to, room);
	if (which == 1 || count <= 0 || shape->n_fields == 0)
		return body_make(shape, chance, to, room);
	at = (int)chance_below(chance, (uint32_t)count);
	for (int i = 0; i < count; i++) {
		const ProtobufCFieldDescriptor *field =
		    protobuf_c_message_descriptor_get_field(shape,
			pieces[i].id);

		if (i != at || !field || which == 2)
			put(&out, pieces[i].start, pieces[i].size);
		if (i == at && field && which != 3)
			put_field(&out, field, chance);
	}
	return room - out.left;
}
