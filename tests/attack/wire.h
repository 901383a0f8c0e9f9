/*
 * The wire by hand: what no library would send
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/mig_errors.h>
#include <mach/port.h>

#include "common/msg.h"
#include "proto/routine.h"

enum { WIRE_REQUEST = MSG_BODY_MAX + 64 }; /* bytes, at the most */

/* A connection before any hello; and behind both, of a personality's number.
 * -1: there is none to be had. */
enum { WIRE_ANY, WIRE_OSF, WIRE_XNU, WIRE_GNU };
int wire_connect(void);
int wire_greet_as(uint32_t personality);
int wire_greet(void);

/*
 * A request, but for its data.
 *
 * => body: NULL: an empty one
 * => to has room for WIRE_REQUEST bytes
 * => returns its size
 */
size_t wire_pack(uint8_t *to, int id, mach_port_t port,
    const ProtobufCMessage *body, uint64_t data_size);

/* wire_pack() and transfer_put(). */
bool wire_ask(int fd, int id, mach_port_t port, const ProtobufCMessage *body,
    uint64_t data_size);

/* Reads a reply, and passes over its data. False: the other side has hung up. */
bool wire_answer(int fd, kern_return_t *code);

/* Both. */
kern_return_t wire_call(int fd, int id, mach_port_t port,
    const ProtobufCMessage *body);

/* Requests that are the most common. The body lies in static memory. */
const ProtobufCMessage *body_allocate(uint64_t address, uint64_t size,
    int flags);
const ProtobufCMessage *body_deallocate(uint64_t address, uint64_t size);
const ProtobufCMessage *body_read(uint64_t address, uint64_t size);
const ProtobufCMessage *body_write(uint64_t address);
