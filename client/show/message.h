/*
 * Messages by descriptor: filled, asked and shown field by field
 *
 * A oneof is seen through: the fields of the message chosen stand among those
 * around it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <protobuf-c/protobuf-c.h>

#include "client/show/complaint.h"
#include "client/show/value.h"
#include "common/cleanup.h"
#include "common/text.h"

/* An empty message, of malloc's memory. NULL: there is none. */
ProtobufCMessage *message_new(const ProtobufCMessageDescriptor *shape);
void message_free(ProtobufCMessage *message);
DEFINE_CLEANUP(ProtobufCMessage *, message_free)

/*
 * How many of its fields are the routine's. Optional ones that say how data
 * travel (window_...) stand behind those, and nobody is to see them.
 */
unsigned message_fields(const ProtobufCMessageDescriptor *shape);

/* --- Filling ---------------------------------------------------------- */

enum field_kind { FIELD_NUMBER, FIELD_BYTES, FIELD_MESSAGE, FIELD_OTHER };

enum field_kind field_kind(const ProtobufCFieldDescriptor *field);

/* Has its number 64 bits? */
bool field_is_long(const ProtobufCFieldDescriptor *field);

/* Is it a number that the field has room for? */
bool field_takes(const ProtobufCFieldDescriptor *field, uint64_t number,
    struct complaint *complaint);

/*
 * Sets a field, or adds to a repeated one.
 *
 * => the number is one that field_takes(); bytes are copied; a message is taken
 *    over
 * => false: no memory
 */
bool message_put_number(ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, uint64_t number);
bool message_put_bytes(ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, const char *bytes, size_t size);
bool message_put_message(ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, ProtobufCMessage *part);

/* --- Asking ----------------------------------------------------------- */

/*
 * A number in a message, by the way to it: `size`, `user_time.seconds`; of a
 * list, `page.0`; NULL: the first field.
 *
 * => message_could_have: may messages of that shape have it?
 * => message_get: false if this one has not
 */
bool message_could_have(const ProtobufCMessageDescriptor *shape,
    const char *way, struct complaint *complaint);
bool message_get(const ProtobufCMessage *message, const char *way,
    struct value *value, struct complaint *complaint);

/* --- Field by field --------------------------------------------------- */

/* Has the message the field? A repeated one it always has. */
bool message_has(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field);

/* How many there are: of a field that is not repeated, one. */
size_t message_length(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field);

/* The i'th of them, by the kind of the field. */
struct value message_number(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, size_t i);
struct text message_bytes(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, size_t i);
const ProtobufCMessage *message_part(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, size_t i);

/* --- Showing ---------------------------------------------------------- */

/* As `address=0x1000 protection=rw-`, without a line's end. */
void message_print(FILE *out, const ProtobufCMessage *message);
