/*
 * Routines: every one of every service, by its name or id
 *
 * All that is known of one comes from the descriptors: a routine that is added
 * to a .proto needs no line here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

struct routine {
	const char *name;
	int id;
	const char *port; /* what the one that it is for is; NULL: nobody */
	const ProtobufCMessageDescriptor *request;
	const ProtobufCMessageDescriptor *reply;
};

/* False: no service has it. */
bool routine_find(const char *name, struct routine *routine);

/* ... or no routine has the id. A few have the same: the request tells them
 * apart; NULL: any will do. */
bool routine_by_id(int id, const ProtobufCMessageDescriptor *request,
    struct routine *routine);

/* The i'th of all; false: there are no more. */
bool routine_at(size_t i, struct routine *routine);

/* Is it one that keeps its place, and answers MIG_BAD_ID? */
bool routine_is_absent(const struct routine *routine);
