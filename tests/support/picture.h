/*
 * Pictures of a machine's state, for unit tests
 *
 * A map is drawn as text, alike neighbours joined:
 *
 *      10000-12000 rw-/rwx copy
 *      12000-13000 r--/rwx share shared
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/vm/vm_machine.h"
#include "server/vm/vm_map.h"

/* A machine of a test's own, and its end: it must be whole and empty. */
extern struct vm_machine machine;

void machine_start(uint64_t memory, uint32_t entries);
void machine_stop(void);

/* A map of it with addresses from 0x1000 on. */
struct vm_map *new_map(void);

/* Fails the test unless the map looks like this. */
void map_is(struct vm_map *map, const char *picture);

/* Allocates at an address, which must succeed. */
void allocate(struct vm_map *map, uint64_t address, uint64_t size);

/* Writes bytes, each of them `byte`, and reads: each must be. */
kern_return_t write_bytes(struct vm_map *map, uint64_t address, uint64_t size,
    char byte);
void fill(struct vm_map *map, uint64_t address, uint64_t size, char byte);
void bytes_are(struct vm_map *map, uint64_t address, uint64_t size, char byte);

/* vm_copy, as vm_user.c makes it of the two halves. */
kern_return_t copy(struct vm_map *map, uint64_t from, uint64_t size,
    uint64_t to);

/* Has everything freed that is dead, and recounts. */
void machine_is_whole(void);
