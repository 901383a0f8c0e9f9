/*
 * Flat messages: bodies of a few numbers
 *
 * Most bodies are a few numbers one behind the other. Those are packed and
 * unpacked here, in one pass and without memory of their own, by the same
 * descriptors and to the same bytes as protobuf-c's general functions would, in
 * less than half of the time. What is not flat, as a message with bytes, with
 * fields that repeat or with messages in it, is left to those.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

/*
 * Unpacks a body. Fields that are not known are passed over.
 *
 * => out: sizeof_message bytes
 * => false: it is not flat, or no such message, and what is in `out` means
 *    nothing: protobuf_c_message_unpack() is to look at it
 */
bool flat_unpack(const ProtobufCMessageDescriptor *descriptor,
    const uint8_t *bytes, size_t size, ProtobufCMessage *out);

/* The size of a message in bytes; SIZE_MAX: it is not flat. */
size_t flat_size(const ProtobufCMessage *message);

/* Packs a flat message into as many bytes as flat_size() says. */
void flat_pack(const ProtobufCMessage *message, uint8_t *to);

/*
 * Packs a message in one pass: as flat_size() and flat_pack() do in two.
 *
 * => returns its size
 * => SIZE_MAX: it is not flat, or there might be no room for a message of this
 *    type: what is in `to` means nothing
 */
size_t flat_write(const ProtobufCMessage *message, uint8_t *to, size_t room);
