/*
 * Bodies of messages, made and changed field by field
 *
 * A body stays well-formed protobuf, most often. What its fields may be is told
 * from their names: addresses and sizes lie at edges, ports are those that
 * somebody has, the rest are small numbers and single bits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "tests/fuzz/must.h"

/* A name that may be used from now on: one that a reply gave. */
void body_know_name(uint32_t name);

/* A name of a port. */
uint32_t body_name(struct chance *chance);

/* Writes a body. Returns its size; 0, too, if there is no room. */
size_t body_make(const ProtobufCMessageDescriptor *shape, struct chance *chance,
    uint8_t *to, size_t room);

/* Writes a body that differs from this one in a field, most often. */
size_t body_change(const ProtobufCMessageDescriptor *shape,
    struct chance *chance, const uint8_t *from, size_t size, uint8_t *to,
    size_t room);
