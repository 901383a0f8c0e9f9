/* Flat messages, held against protobuf-c's own functions: for every message of
 * every service. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "proto/flat.h"
#include "proto/routine.h"

enum { BYTES = 4096, ROUNDS = 200 };

static const ProtobufCServiceDescriptor *const services[] = {
	&vm_map__descriptor,
	&mach_vm__descriptor,
	&task__descriptor,
	&mach_host__descriptor,
	&host_priv__descriptor,
	&mach_port__descriptor,
	&mach__descriptor,
	&gnumach__descriptor,
	&bootstrap__descriptor,
	&notify__descriptor,
	&vmd__descriptor,
};

static union {
	ProtobufCMessage base;
	uint8_t bytes[BYTES];
} message, unpacked;
static uint64_t state;

void
test_setup(void)
{
	state = 42;
}

void
test_teardown(void)
{
}

/* Often small, sometimes all there is room for. */
static uint64_t
chance(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (state >> 11) >> (state >> 59 & 31) * 2;
}

static void
for_each(void (*try)(const ProtobufCMessageDescriptor *descriptor))
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		for (unsigned m = 0; m < services[i]->n_methods; m++) {
			try(services[i]->methods[m].input);
			try(services[i]->methods[m].output);
		}
}

static bool
is_number(const ProtobufCFieldDescriptor *field)
{
	return field->label != PROTOBUF_C_LABEL_REPEATED &&
	       field->type != PROTOBUF_C_TYPE_BYTES &&
	       field->type != PROTOBUF_C_TYPE_STRING &&
	       field->type != PROTOBUF_C_TYPE_MESSAGE;
}

static bool
is_of_numbers(const ProtobufCMessageDescriptor *descriptor)
{
	for (unsigned i = 0; i < descriptor->n_fields; i++)
		if (!is_number(&descriptor->fields[i]))
			return false;
	return true;
}

static void
set_field(const ProtobufCFieldDescriptor *field)
{
	uint64_t value = chance();

	if (field->type == PROTOBUF_C_TYPE_BOOL)
		memcpy(message.bytes + field->offset,
		    &(protobuf_c_boolean){ value & 1 },
		    sizeof(protobuf_c_boolean));
	else
		memcpy(message.bytes + field->offset, &value,
		    field->type == PROTOBUF_C_TYPE_UINT64 ? 8 : 4);
	if (field->label == PROTOBUF_C_LABEL_OPTIONAL)
		memcpy(message.bytes + field->quantifier_offset,
		    &(protobuf_c_boolean){ chance() & 1 },
		    sizeof(protobuf_c_boolean));
}

/* Values by chance; to negative ones chance seldom comes. */
static void
set_all(const ProtobufCMessageDescriptor *descriptor)
{
	ck_assert_uint_le(descriptor->sizeof_message, BYTES);
	protobuf_c_message_init(descriptor, &message);
	for (unsigned i = 0; i < descriptor->n_fields; i++)
		set_field(&descriptor->fields[i]);
}

static void
packs_alike(const ProtobufCMessageDescriptor *descriptor)
{
	uint8_t theirs[BYTES], ours[BYTES];
	size_t size;

	for (int i = 0; is_of_numbers(descriptor) && i < ROUNDS; i++) {
		set_all(descriptor);
		size = protobuf_c_message_pack(&message.base, theirs);
		ck_assert_uint_eq(flat_size(&message.base), size);
		flat_pack(&message.base, ours);
		ck_assert_mem_eq(ours, theirs, size);
	}
}

TEST(every_message_of_numbers_is_packed_to_the_same_bytes)
{
	for_each(packs_alike);
}

static void
is_left_to_others(const ProtobufCMessageDescriptor *descriptor)
{
	protobuf_c_message_init(descriptor, &message);
	if (!is_of_numbers(descriptor))
		ck_assert_uint_eq(flat_size(&message.base), SIZE_MAX);
}

TEST(what_is_not_of_numbers_is_left_to_others)
{
	for_each(is_left_to_others);
}

/* A field's value is the same. What is not there has the value it began with. */
static void
field_is(const ProtobufCFieldDescriptor *field, const void *theirs)
{
	const uint8_t *bytes = theirs;
	size_t size = field->type == PROTOBUF_C_TYPE_UINT64 ? 8 : 4;

	ck_assert_mem_eq(unpacked.bytes + field->offset, bytes + field->offset,
	    size);
	if (field->label == PROTOBUF_C_LABEL_OPTIONAL)
		ck_assert_mem_eq(unpacked.bytes + field->quantifier_offset,
		    bytes + field->quantifier_offset,
		    sizeof(protobuf_c_boolean));
}

/* => whether it was unpacked here: then they would have done the same */
static bool
unpacks_alike(const ProtobufCMessageDescriptor *descriptor,
    const uint8_t *bytes, size_t size)
{
	ProtobufCMessage *theirs =
	    protobuf_c_message_unpack(descriptor, NULL, size, bytes);
	bool flat = flat_unpack(descriptor, bytes, size, &unpacked.base);

	if (flat)
		ck_assert_ptr_nonnull(theirs);
	for (unsigned i = 0; flat && i < descriptor->n_fields; i++)
		if (is_number(&descriptor->fields[i]))
			field_is(&descriptor->fields[i], theirs);
	if (theirs)
		protobuf_c_message_free_unpacked(theirs, NULL);
	return flat;
}

static void
unpacks_what_was_packed(const ProtobufCMessageDescriptor *descriptor)
{
	uint8_t bytes[BYTES];
	size_t size;

	for (int i = 0; is_of_numbers(descriptor) && i < ROUNDS; i++) {
		set_all(descriptor);
		size = protobuf_c_message_pack(&message.base, bytes);
		ck_assert(unpacks_alike(descriptor, bytes, size));
		ck_assert_int_eq(unpacked.base.n_unknown_fields, 0);
	}
}

TEST(what_was_packed_is_unpacked_to_the_same_values)
{
	for_each(unpacks_what_was_packed);
}

/* Bytes are changed, left out, and put in. */
static size_t
spoil(uint8_t *bytes, size_t size)
{
	static const uint8_t tried[] = { 0, 1, 8, 0x7f, 0x80, 0xff, 2, 5, 0x12,
		0xf8, 0x3f };
	size_t at = size > 0 ? chance() % size : 0;

	switch (chance() % 4) {
	case 0:
		return at; /* the end is missing */
	case 1:
		memmove(bytes + at + 1, bytes + at, size - at);
		bytes[at] = tried[chance() % ARRAY_SIZE(tried)];
		return size + 1;
	case 2:
		if (size > 0)
			bytes[at] ^= (uint8_t)(1 << chance() % 8);
		return size;
	default:
		if (size > 0)
			bytes[at] = tried[chance() % ARRAY_SIZE(tried)];
		return size;
	}
}

static void
takes_nothing_else(const ProtobufCMessageDescriptor *descriptor)
{
	uint8_t bytes[BYTES];
	size_t size = 0;

	for (int i = 0; i < ROUNDS; i++) {
		if (i % 8 == 0 && is_of_numbers(descriptor)) {
			set_all(descriptor);
			size = protobuf_c_message_pack(&message.base, bytes);
		}
		size = spoil(bytes, size);
		unpacks_alike(descriptor, bytes, size);
	}
}

TEST(what_is_spoiled_is_taken_only_as_others_would)
{
	for_each(takes_nothing_else);
}
