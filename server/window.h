/*
 * Windows: memory that a client and the daemon have together
 *
 * Large data that a client reads go by its window: the daemon copies them from
 * their frames to where the client wants them, and the reply only says so.
 *
 *      frames ──copy──► window ◄── the client reads it in place, or copies on
 *
 * A window is a file without a name, that both have mapped. It is made for one
 * connection, and holds what was sent to that one and zeros. The client says
 * where in it data may lie, and so nothing is kept here of what is in use: one
 * that has its own data overwritten has itself to thank.
 *
 * The file is sealed: nobody can change its size, take pages out of it, or map
 * it anew to write to it. Its pages are the client's to allocate, out of memory
 * that is charged to the client. The daemon writes to no page that is not there,
 * and one that is there stays: so writing cannot fail, whatever the client does.
 *
 * Of data that are more than the client has room for, the rest is kept until the
 * client asks for it, as it was when the first of it was read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>

struct connection;
struct vm_map_copy;
struct window;

enum {
	WINDOWS_MOST = 16384, /* of all users: each is a mapping */
};

/* Where a client wants its data. */
struct window_place {
	bool given;
	uint32_t at;   /* in the window */
	uint32_t room; /* bytes */
};

/*
 * Gives a connection its window.
 *
 * => *fd: for the client; the caller's
 * => KERN_FAILURE: it has one; KERN_RESOURCE_SHORTAGE: its user may have no more,
 *    or there is no memory; KERN_NOT_SUPPORTED: by the system
 */
kern_return_t window_new(struct connection *connection, int *fd);

/* Lets go of it, on behalf of the connection's user. NULL is none. Returns NULL.
 */
struct window *window_free(struct window *window);

/*
 * Copies the first bytes of a copy, as many as there is room for, and keeps the
 * rest. May pause.
 *
 * => the copy is taken over, but if nothing is copied
 * => returns the bytes; *rest: the name of what is left, if anything is
 * => 0: there is no window (NULL), no such place in it, or too much is kept
 */
uint32_t window_put(struct window *window, struct window_place place,
    struct vm_map_copy *copy, uint32_t *rest);

/*
 * The same with what is left. With room for nothing it is forgotten.
 *
 * => KERN_INVALID_NAME: nothing is called so; KERN_INVALID_ARGUMENT: there is no
 *    such place
 */
kern_return_t window_next(struct window *window, struct window_place place,
    uint32_t rest, uint32_t *size);
