/*
 * Wires: connections without the system
 *
 *      client ──► in ──► recv(), recvmsg() of the server
 *             ◄── out ◄── sendmsg()
 *
 * The server's calls of the system are those of wire.c, by the linker's --wrap.
 * Descriptors of wires are none of the system's, and the loop never asks for
 * events: fuzz_wire_turn() says which there are. So no input takes time, or depends
 * on it.
 *
 * A library in the same process is on a wire, too: its socket() makes one, and
 * its recv() has the server take turns until there is an answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct connection;
struct server;

enum { WIRES = 4 };

struct fuzz_wire_bytes {
	uint8_t *bytes;
	size_t start, end, room;
};

struct wire {
	bool used;
	struct connection *connection; /* NULL: the server has hung up */
	uid_t uid;                     /* of who is at the other end */
	struct fuzz_wire_bytes in, out;
	bool ended;     /* behind `in` there is nothing */
	bool gone;      /* and nobody takes what comes out */
	size_t most;    /* bytes that the server receives at once */
	size_t enough;  /* bytes of `out`: the server can send no more */
	uint64_t taken; /* bytes of `out` */
	int passed;     /* a descriptor that goes along; 0: none */
};

/* Connects somebody to the server, a user of its own. */
struct wire *fuzz_wire_open(struct server *server);

/* Says something; and says no more. */
void fuzz_wire_put(struct wire *wire, const void *bytes, size_t size);
void fuzz_wire_end(struct wire *wire);

/* Takes what there is of the answers: so many bytes. */
size_t fuzz_wire_take(struct wire *wire, void *to, size_t size);

/* The client is gone: what it has said may still be served. */
void fuzz_wire_close(struct wire *wire);

/* A turn of the server's loop. False: there was nothing to be done. */
bool fuzz_wire_turn(struct server *server);

/* Forgets the wires, when the server has hung up on all. */
void fuzz_wire_forget(void);

/* Whose library's calls are answered. NULL: nobody's, the system's. */
extern struct server *fuzz_wire_server;

/* Told how long the library has waited, in vain. */
extern void (*fuzz_wire_waited)(int milliseconds);
