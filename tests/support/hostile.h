/*
 * A daemon that lies
 *
 * It speaks the wire by hand, in a process of its own, and answers each call
 * with what it was told to say, whatever was asked. Each connection is served
 * by a process, so that one that was left for dead is in nobody's way.
 *
 * The library's own memory is counted: the linker puts hostile.c in the place
 * of mmap() and munmap().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include <mach/kern_return.h>

#include "common/msg.h"

/* What comes with the answer that there is a window. */
enum hostile_window {
	WINDOW_NONE,
	WINDOW_RIGHT,
	WINDOW_SMALL, /* by a byte */
	WINDOW_OPEN,  /* not sealed */
	WINDOW_PIPE,
};

/* What is said to whatever is asked. All of it 0: a good answer, if it has the
 * right body. */
struct hostile_answer {
	kern_return_t code;
	bool is_nobodys;  /* the reply is to a call that nobody made */
	bool is_anothers; /* its id is another routine's */
	bool has_voucher; /* which no frame has */
	bool comes_twice; /* the second time unasked */
	uint32_t size;    /* that the frame says it has; 0: the right one */
	uint32_t cut;     /* only so many bytes are sent; 0: all */
	bool hangs_up;    /* behind that */
	uint32_t notices; /* so many come before it, of this id, */
	mach_msg_id_t notice;
	uint32_t value;     /* with this number; 0: they have no body */
	uint32_t parts;     /* of data: so many */
	uint32_t parts_are; /* a count that is said instead; 0: the right one */
	uint64_t part[MSG_DESCRIPTORS_MAX]; /* bytes that each has */
	size_t body_size;
	uint8_t body[MSG_BODY_MAX];
	enum hostile_window window; /* that is given to who asks for one, */
	uint32_t next;              /* and bytes that it says are more there */
};

/* Read when something is asked. */
extern struct hostile_answer *hostile;

/* Each connection begins with it. */
extern struct msg_welcome *hostile_welcome;

/* Starts it, and names its socket in $VMD_SOCKET; ends it. */
void hostile_start(void);
void hostile_stop(void);

/* From now on nothing is said but this. */
void hostile_says(const ProtobufCMessage *body);

/* And this, behind it: a part of data, so many bytes of 'x'. */
void hostile_adds(uint64_t size);

/* Bytes that the library has mapped, of those that ask the system. */
int64_t hostile_mapped(void);
