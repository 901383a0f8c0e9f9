/*
 * Calls of a script: what they are given, and what they reply
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include <mach/kern_return.h>
#include <mach/port.h>

#include "client/show/routine.h"
#include "client/vmctl/arena.h"
#include "client/vmctl/parameter.h"

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
