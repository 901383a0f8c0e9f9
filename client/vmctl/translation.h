/*
 * What a recording calls things, and what they are called now
 *
 *      recorded 0x503         ──► now 0x403          names of ports
 *      recorded 0x1000-0x5000 ──► now 0x9000-...     memory, in each task
 *
 * A connection has a translation. What it does not know is called as it was.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>

#include <protobuf-c/protobuf-c.h>

#include <mach/port.h>

TAILQ_HEAD(translated_names, translated_name);
TAILQ_HEAD(translated_ranges, translated_range);

struct translation {
	struct translated_names names;
	struct translated_ranges ranges; /* the last comes first */
};

void translation_init(struct translation *t);
void translation_deinit(struct translation *t);

mach_port_t translation_name(const struct translation *t, mach_port_t recorded);

/* A recorded name is this one now. False: it was another one before, and is
 * this one from now on. */
bool translation_meet(struct translation *t, mach_port_t recorded,
    mach_port_t now);

/* The name may be given to something else from now on. */
void translation_loosen(struct translation *t, mach_port_t recorded);

/* Where in a task, by its recorded name, something is. */
uint64_t translation_address(const struct translation *t, mach_port_t task,
    uint64_t recorded);
void translation_move(struct translation *t, mach_port_t task,
    uint64_t recorded, uint64_t size, uint64_t now);

/* A task has what another has, where that has it. */
void translation_inherit(struct translation *t, mach_port_t parent,
    mach_port_t child);

/* --- Fields ----------------------------------------------------------- */

/* Is it a port's name? An address in memory? */
bool field_is_port(const ProtobufCMessageDescriptor *shape,
    const ProtobufCFieldDescriptor *field);
bool field_is_address(const ProtobufCFieldDescriptor *field);

/* The task that an address of a request for `port` is in: most often that. */
mach_port_t field_task(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, mach_port_t port);

/* Translates a request for `port`. Returns whether anything is another. */
bool translation_request(const struct translation *t, mach_port_t port,
    ProtobufCMessage *request);

/*
 * Writes where a reply is not as it was recorded, as `size: recorded 0x1000, now
 * 0x2000`, and learns what the names in it are now. What counts or measures, or
 * numbers what there is, is not looked at.
 *
 * => port: the recorded name of whom the request was for
 * => returns how many places
 */
unsigned translation_compare(struct translation *t, mach_port_t port,
    const ProtobufCMessage *recorded, const ProtobufCMessage *now, FILE *out);
