/*
 * Routines: every one of every service, by its name
 *
 * All that is known of one comes from the descriptors: a routine that is added
 * to a .proto needs no line here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include <mach/kern_return.h>
#include <mach/port.h>

#include "client/vmctl/arena.h"
#include "client/vmctl/parameter.h"

struct routine {
	const char *name;
	int id;
	const char *port; /* what the one that it is for is; NULL: nobody */
	const ProtobufCMessageDescriptor *request;
	const ProtobufCMessageDescriptor *reply;
};

/* False: no service has it. */
bool routine_find(const char *name, struct routine *routine);

/* The i'th of all; false: there are no more. */
bool routine_at(size_t i, struct routine *routine);

/* Is it one that keeps its place, and answers MIG_BAD_ID? */
bool routine_is_absent(const struct routine *routine);

/* What a script gives: the port, the request's fields, and data. */
void routine_parameters(const struct routine *routine, struct arena *arena,
    struct parameters *parameters);

/* --- Calls ------------------------------------------------------------ */

struct request {
	mach_port_t port;
	ProtobufCMessage *message;
	char *data; /* of malloc's, or NULL */
	size_t data_size;
};

struct reply {
	kern_return_t code;
	ProtobufCMessage *message; /* if the code is KERN_SUCCESS */
	struct reply_part {
		char *bytes;
		uint64_t size;
	} * parts; /* the data */
	size_t part_count;
};

void request_deinit(struct request *request);
void reply_deinit(struct reply *reply);

void routine_call(const struct routine *routine, const struct request *request,
    struct reply *reply);
