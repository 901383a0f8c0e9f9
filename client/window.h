/*
 * The window: memory into which the daemon puts large data
 *
 * It is asked for when data are first large enough. A thread takes a place in it,
 * says so with its call, and finds the data there when the reply has come. Then it
 * copies them, or lends the place to the program, which has them without a copy
 * and gives the place back with vm_deallocate() as any other buffer (buffer.h).
 *
 *      slots of 64 KiB   [ taken ][ taken ][ lent ][ lent ][ free ] ...
 *
 * The program may write to what it was lent: the window is mapped privately, and
 * a page that is written is the program's own from then on. When it comes back,
 * such pages are dropped, and the daemon's are seen in their place again. Before
 * a fork all pages that are lent become the program's own, so that the child has
 * them whatever the daemon writes later; the child has no window then, until it
 * asks for one.
 *
 * Some slots are never lent, so that what is lent for long holds nobody up.
 * Without a window, or a place in it, data come as they always did: with the
 * reply.
 *
 * The daemon is not trusted to leave the window as it is: if its size could
 * change, or pages could vanish, it is not used.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>

struct session;

/* Bytes from which on data go by the window: to be lent, and to be copied. What is
 * lent would win from 16 KiB on, but keeps its addresses when it is given back,
 * which other buffers do not. */
enum {
	WINDOW_LENT_LEAST = 64 * 1024,
	WINDOW_COPIED_LEAST = 128 * 1024,
};

struct window_place {
	uint8_t *memory; /* data will begin here; NULL: no place was taken */
	uint32_t at;     /* which is there in the window */
	uint32_t room;   /* bytes */
	bool lend;       /* it has room for all, and may be lent */
};

/*
 * Takes a place for data.
 *
 * => lend: if that can be; offset: where in a page it is to begin, if it is lent
 * => false: the data are to come with the reply
 */
bool window_take(struct window_place *place, uint64_t size, uint32_t offset,
    bool lend);

/* It is free again. */
void window_give(struct window_place *place);

/* Lends the place, of which `size` bytes hold data. False: there is no memory to
 * remember it; it is still taken. */
bool window_lend(struct window_place *place, size_t size);

/* Pages that were lent come back. For buffer.c, which has its lock. */
void window_return(uintptr_t start, uintptr_t end);

/*
 * Copies the data, of which the first `here` bytes are in the place, to memory
 * that can be written.
 *
 * => rest: what the daemon calls the others
 * => KERN_SUCCESS, or what a call answers: MIG_SERVER_DIED
 */
kern_return_t window_copy(struct window_place *place, uint8_t *to,
    uint64_t size, uint64_t here, uint32_t rest);

/* The others are not wanted. */
void window_forget_rest(uint32_t rest);

/* As recv(); the window's descriptor, when it comes along, is kept with the session.
 * A thread that began to read before the window was asked for may lose it: then
 * there is none. */
ptrdiff_t window_receive(struct session *session, void *to, size_t size);

/*
 * Around a fork: holds the window still; lets it go; forgets it, in the child.
 *
 * => window_hold: follows buffers_hold(); window_own makes pages that are lent
 *    the program's own
 * => window_leave: [*start, *end) is all of it, still mapped
 */
void window_hold(void);
void window_own(uintptr_t start, uintptr_t end);
void window_release(void);
void window_leave(uintptr_t *start, uintptr_t *end);
