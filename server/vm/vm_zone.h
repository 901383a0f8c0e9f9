/*
 * Zones: records of one size, numbered
 *
 * A zone has room for a fixed number of records, reserved as addresses when it
 * is made and taken from the system as they are used. A record has a number of
 * 32 bits, from 1 on, and an address that never changes; 0 is no record.
 * Records that are given back are given out again first, while they are warm.
 *
 * A zone can run out in one way only, by its limit. Who is about to make a
 * change therefore asks vm_zone_left() first, and cannot fail afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm_zone {
	uint8_t *base;  /* record n lies at base + n * size */
	size_t size;    /* bytes of a record, a multiple of 8 */
	uint32_t limit; /* records there may be */
	uint32_t fresh; /* first record never used */
	uint32_t free;  /* first record given back; 0: none */
	uint32_t used;
	uint64_t taken;   /* ever */
	uint32_t touched; /* records once used, that memory is still behind */
	bool large; /* it is walked at random, and may be very large: its maker
		     * would have it in large pages */
};

/*
 * => size in bytes; limit in records, below 2^32 - 1
 * => false: the system has no such range of addresses
 */
bool vm_zone_init(struct vm_zone *zone, size_t size, uint32_t limit);

void vm_zone_deinit(struct vm_zone *zone);

/* A record, as it was left by its last user; 0 or NULL at the limit. */
uint32_t vm_zone_take(struct vm_zone *zone);
void *vm_zone_alloc(struct vm_zone *zone);

void vm_zone_give(struct vm_zone *zone, uint32_t number);
void vm_zone_free(struct vm_zone *zone, void *record);

/* Gives memory that no record needs back to the system, once there is none in
 * use: a slice of it. True: there is more. */
bool vm_zone_trim(struct vm_zone *zone);

/* Which records are in use: one byte each, at [number]; the caller frees it.
 * NULL: no memory. */
uint8_t *vm_zone_census(const struct vm_zone *zone);

/* inline helpers */

static inline void *
vm_zone_at(const struct vm_zone *zone, uint32_t number)
{
	return zone->base + (size_t)number * zone->size;
}

static inline uint32_t
vm_zone_number(const struct vm_zone *zone, const void *record)
{
	return (uint32_t)((size_t)((const uint8_t *)record - zone->base) /
			  zone->size);
}

static inline uint32_t
vm_zone_left(const struct vm_zone *zone)
{
	return zone->limit - zone->used;
}
