/*
 * Memory in transit
 *
 * What is read from a map, or is to be written to one, has one form: a list of
 * snapshots of page trees, with the bytes that matter in it. It holds what it
 * held when it was made, however long it takes to reach its destination.
 *
 *      offset      size
 *      |--|----------------------------------|
 *      [    page    |    page    |    page    ]
 *       \_______________________/ \__________/
 *         piece: of object A        piece: of object B, or zeros
 *
 * vm_read is copyin, and the copy goes to the socket from its frames; vm_write
 * fills a copy from the socket, and is copy_overwrite; vm_copy is both.
 *
 * Source: the names are Mach's (vm/vm_map.h, vm_map_copy_t).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include <mach/kern_return.h>

#include "common/cleanup.h"
#include "server/vm/page_tree.h"
#include "server/vm/vm_map.h"

struct vm_map_copy_piece {
	struct vm_map_copy_piece *next;
	struct page_tree pages;
	uint64_t from;    /* first page of the tree that counts */
	uint64_t count;   /* pages */
	uint16_t account; /* that it is charged to */
};

struct vm_map_copy {
	struct vm_machine *vm;
	uint64_t offset; /* where in its first page the data begin, in bytes */
	uint64_t size;   /* bytes of data */
	struct vm_map_copy_piece *first;
	struct vm_map_copy_piece *last;
	struct vm_map_copy_piece *near; /* the one found last, */
	uint64_t near_page;             /* and its first page in the copy */
};

/* Lets go of what it holds, which is dead then. Returns NULL. */
struct vm_map_copy *vm_map_copy_free(struct vm_map_copy *copy);
bool vm_map_copy_reap(struct vm_machine *vm, uint32_t *steps);

DEFINE_CLEANUP(struct vm_map_copy *, vm_map_copy_free)

/*
 * A snapshot of `size` bytes from `address` on.
 *
 * => any alignment; size is not 0, and address + size does not wrap
 * => KERN_INVALID_ADDRESS: a hole; KERN_PROTECTION_FAILURE: no read access.
 *    The first in the order of addresses tells
 * => KERN_RESOURCE_SHORTAGE: no pieces are left
 */
kern_return_t vm_map_copyin(struct vm_map *map, uint64_t address, uint64_t size,
    struct vm_map_copy **copy);

/*
 * Lets the bytes from `address` on be those of the copy. The map's entries stay
 * as they are; so do bytes outside of the range in its first and last page.
 *
 * => any alignment
 * => KERN_INVALID_ADDRESS: a hole; KERN_PROTECTION_FAILURE: no write access.
 *    The first in the order of addresses tells, a protection before the hole
 *    behind it
 * => KERN_RESOURCE_SHORTAGE: no memory is left. Only if others have changed,
 *    while the call paused, the memory that they share with it, may part of it
 *    be done then
 *
 * Source: OSF vm_copy, vm_write; xnu vm_map_copy_overwrite.
 */
kern_return_t vm_map_copy_overwrite(struct vm_map *map, uint64_t address,
    struct vm_map_copy *copy);

/*
 * A copy to be filled by its maker, from offset (in its first page) on. NULL:
 * no memory.
 */
struct vm_map_copy *vm_map_copy_new(struct vm_machine *vm, uint64_t offset);

/*
 * Makes room for `size` bytes more, in frames of its own, and tells where: up
 * to `count` parts, in order.
 *
 * => returns the parts used; they may be for fewer bytes than asked
 * => takes all frames at once: ask for what is about to be filled
 * => 0: no memory is left
 */
int vm_map_copy_room(struct vm_map_copy *copy, uint64_t size,
    struct iovec *parts, int count);

/* So many bytes of that room have been filled. */
void vm_map_copy_filled(struct vm_map_copy *copy, uint64_t size);

/*
 * Where the bytes of a copy lie, from `at` bytes into it on: `size` bytes at the
 * most, and up to `count` parts in order. They are not to be written.
 *
 * => looks at every page: ask for what is about to be used
 * => returns the parts used; 0 at the end
 */
int vm_map_copy_parts(struct vm_map_copy *copy, uint64_t at, uint64_t size,
    struct iovec *parts, int count);
