/*
 * What a map looks like: regions, and pages
 *
 * Some of an entry's memory may be seen through another mapping, too, and some
 * not. A region is an entry, or the part of one that is shared alike.
 *
 * There are no shadow objects here. What Mach tells of them is answered from
 * who holds which pages:
 *
 *      empty     nobody wrote, and nobody shares
 *      shared    another mapping, or a memory entry, has the same object
 *      cow       a copy, or what was copied: others hold some of the pages
 *      private   nobody else has any of it
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/vm/vm_map.h"

struct vm_map_region {
	struct vm_map_entry *entry;
	struct vm_range range;
	bool shared;
};

/* The region that has the address in it, or else the next one above; false:
 * there is none. */
bool vm_map_region(const struct vm_map *map, uint64_t address,
    struct vm_map_region *region);

struct vm_map_residency {
	uint64_t resident;     /* pages that have a frame */
	uint64_t owned;        /* of those, that nobody holds copy-on-write */
	uint32_t ref_count;    /* mappings of the first page; 0: no object */
	uint32_t object_id;    /* the same for all mappings of an object */
	uint8_t share_mode;    /* SM_... */
	uint16_t shadow_depth; /* 1: some of what was shared is private now */
};

/* Counts the pages of a region. */
void vm_map_region_measure(const struct vm_map *map,
    const struct vm_map_region *region, struct vm_map_residency *residency);

/* A page of a map. All zeros: nothing is mapped there. */
struct vm_map_page {
	bool mapped;
	uint32_t frame;     /* 0: none */
	uint32_t refs;      /* places that hold the frame */
	uint32_t ref_count; /* mappings of the page */
	uint32_t object_id;
	uint64_t offset; /* in its object, in bytes */
};

struct vm_map_page vm_map_page(const struct vm_map *map, uint64_t address);

/* Pages of the map that have a frame. */
uint64_t vm_map_resident(const struct vm_map *map);
