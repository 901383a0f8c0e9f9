/*
 * Calls as a C program has them, with what came of them
 *
 *      vm_allocate(mach_task_self(), [0 => 0x10000], 0x4000, VM_FLAGS_ANYWHERE)
 *          = KERN_SUCCESS
 *
 * An argument that the call writes stands in brackets: [before => after], or
 * [=> name after] if nothing is given.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <protobuf-c/protobuf-c.h>

#include <mach/kern_return.h>
#include <mach/port.h>

struct c_data {
	const void *bytes; /* NULL: they are not at hand */
	uint64_t size;
};

struct c_call {
	int id;
	mach_port_t port;
	mach_port_t self; /* the name that is mach_task_self() */
	const ProtobufCMessage *in; /* NULL: it is not at hand */
	struct c_data sent; /* bytes NULL and size 0: none */

	/* What came of it. */
	kern_return_t code;
	const ProtobufCMessage *out; /* NULL: nothing */
	struct c_data got;
};

/* The call up to its closing bracket; and `= CODE`, in words if it has failed.
 * Without a line's end. */
void c_call_print(FILE *out, const struct c_call *call);
void c_code_print(FILE *out, kern_return_t code);
