/*
 * A stage: a server in the test's own process, and a client of it
 *
 * Calls are lines of text. Values are hexadecimal, or names of what an earlier
 * line has got; `data` are bytes to go with the request:
 *
 *      child = task_create self inherit_memory=1
 *      vm_write child address=100000 data=8000
 *
 * A line is put together by the descriptors of the services, so it has no
 * fields but those that there are. What a line is about is its last field.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include <mach/kern_return.h>

#include "server/server.h"

enum { OSF = 'o', XNU = 'x', GNU = 'g' };

/* All services, as dispatch() knows them. */
extern const struct stage_service {
	const ProtobufCServiceDescriptor *descriptor;
	int base;
} stage_services[];
extern const size_t stage_service_count;

/* Has the service such a routine, or only kept its place? */
bool stage_is_served(const ProtobufCMethodDescriptor *method);

/* --- The server -------------------------------------------------------- */

extern struct server stage_server;

/* With a client that has said hello; personality: OSF, XNU or GNU. */
void stage_open(char personality);

/* Ends it, and fails the test if anything is left: of the machine, or of
 * malloc's. */
void stage_close(void);

/* A further client. Returns its descriptor, which the test closes. Its hello is
 * said by stage_greet(). */
int stage_connect(void);
void stage_greet(int fd, char personality);

/* A turn of the loop, which does not wait; and until it has nothing to do but
 * wait. */
void stage_turn(void);
void stage_run(void);

/* The first client's connection. NULL: it was closed. */
struct connection *stage_connection(void);

/* --- Calls ------------------------------------------------------------- */

enum {
	STAGE_CLOSED = -1000, /* a code: the server has hung up */
	STAGE_REQUEST = 128 * 1024,
};

struct stage_request {
	int id;
	char name[32];  /* for what it gets; empty: none */
	uint32_t reply; /* its last field, if that is a number */
	const ProtobufCMessageDescriptor *out;
	size_t size;
	uint8_t bytes[STAGE_REQUEST];
};

/* The request that a line asks for. id: of the routine; 0: the line's own. */
void stage_write(struct stage_request *request, const char *line, int id);

/* Sends it, and waits for the answer: a code, or STAGE_CLOSED. */
kern_return_t stage_send(struct stage_request *request);

/* Both. The second one must succeed. */
kern_return_t stage_call(const char *line);
void stage_succeeds(const char *line);

/* Lines up to a NULL, which must succeed. One that begins with letters in
 * brackets is for those personalities. */
void stage_play(const char *const *lines, char personality);

/* The line, without its letters; NULL: it is for others. */
const char *stage_line(const char *line, char personality);

/*
 * Sends bytes of requests, and gets so many answers to them.
 *
 * => the bytes of the answers
 * => *closed: the server has hung up, maybe before all were there
 */
size_t stage_exchange(int fd, const uint8_t *requests, size_t size,
    unsigned count, uint8_t *answers, size_t room, bool *closed);

/* The first client's descriptor. The test may close it and give -1. */
extern int stage_client;

/* --- How it looks ------------------------------------------------------ */

/*
 * All of the server, as text: maps with their contents, names, ports, what is
 * used of the zones, and blocks of malloc's. The caller frees it.
 *
 * => a refused call may leave these behind, so they are not in it: an empty
 *    object of an entry that nobody wrote, which vm_region's share mode tells;
 *    a record of upkeep that keeps nothing; room for names
 * => the machine is checked first
 */
char *stage_picture(void);

/* NULL if the picture is still right; else the first line that differs, before
 * and now. The text stays until the next call. */
const char *stage_differs(const char *before);
