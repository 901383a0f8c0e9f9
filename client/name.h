/* Names of the registry, as messages have them. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>

#include <servers/bootstrap_defs.h>

/* The bytes of a name; of one that is too long as many as show that it is. */
static inline ProtobufCBinaryData
name_field(const char *name)
{
	return (ProtobufCBinaryData){
		.len = strnlen(name, BOOTSTRAP_MAX_NAME_LEN),
		.data = (uint8_t *)(uintptr_t)name,
	};
}

/* False: a reply has one that there cannot be. */
static inline bool
name_read(const ProtobufCBinaryData *field, char name[BOOTSTRAP_MAX_NAME_LEN])
{
	if (field->len >= BOOTSTRAP_MAX_NAME_LEN)
		return false;
	memset(name, 0, BOOTSTRAP_MAX_NAME_LEN);
	if (field->len > 0)
		memcpy(name, field->data, field->len);
	return true;
}
