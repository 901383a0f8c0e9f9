/*
 * Messages by hand, for tests of what no library would send
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/port.h>

enum {
	VM_REGION = 3800,
	VM_ALLOCATE,
	VM_DEALLOCATE,
	VM_PROTECT,
	VM_INHERIT,
	VM_READ,
	VM_READ_LIST,
	VM_WRITE,
	VM_COPY,
	VM_MSYNC = 3810,
	TASK_CREATE = 3400,

	TOKEN = 0x70c, /* pairs a reply with its request */
	MEGA = 1 << 20,
};

/* A body, by hand: fields of whole numbers. */
struct body {
	size_t size;
	uint8_t bytes[64];
};

/* Writes what the other side takes. False: it has hung up. */
bool put(int fd, const void *bytes, size_t size);

/* Reads all of it, and fails the test if nothing comes for long. False: the
 * other side has hung up. */
bool get(int fd, void *bytes, size_t size);

/* A connection of a test's own daemon; and one with both hellos said. */
int connect_only(void);
int connect_and_greet(void);

/* Skips what is there, up to the end that must come. */
void hangs_up(int fd);

/* Fields 1, 2, 3 of a request: as many as it has. */
struct body fields(unsigned count, uint64_t first, uint64_t second,
    uint64_t third);

/* All of a request but its data. */
bool put_request(int fd, int id, mach_port_t port, const void *body,
    size_t size, uint64_t data_size);

/* A reply, whose data are skipped: its code. */
kern_return_t get_reply(int fd, int id);

kern_return_t call(int fd, int id, mach_port_t port, struct body body);
