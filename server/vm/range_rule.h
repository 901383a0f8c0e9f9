/*
 * What becomes of an address and a size that are no range of a map
 *
 * Routines and personalities differ in that, and in nothing else of it: what
 * one says is a row of a table.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>

#include "server/vm/vm_map.h"

/* KERN_SUCCESS: nothing is done. */
struct range_rule {
	bool unchecked;            /* a range if, modulo 2^64, start < end */
	bool empty_is_page;        /* size 0 within a page means that page */
	bool clamps;               /* what lies outside the map is cut off */
	kern_return_t wraps;       /* address + size passes the last address */
	kern_return_t round_wraps; /* the end of their last page does */
	kern_return_t beyond;      /* part of it lies outside the map */
	enum vm_map_holes holes;
};

/*
 * The range that a routine is to act on: not empty, and within the map. Or, if
 * there is none, false, and *kr is what it says.
 */
bool range_rule_apply(const struct range_rule *rule, const struct vm_map *map,
    uint64_t address, uint64_t size, struct vm_range *range, kern_return_t *kr);
