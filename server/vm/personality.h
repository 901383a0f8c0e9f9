/*
 * Personalities: where Mach's kernels and its manual answer differently
 *
 *      osf   the OSF manual pages are the law; where they are silent, what the
 *            kernels agree on
 *      xnu   Apple's kernel
 *      gnu   GNU Mach 1.8, as recorded from a running one
 *
 * A task has one, and its children have the same. All differences stand here,
 * as data: a routine asks for the point, not for the name.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_prot.h>

#include "server/vm/vm_map.h"
#include "server/vm/vm_range.h"

/* What a routine says of an address and a size that are no range of the map.
 * KERN_SUCCESS: nothing is done. */
struct range_rule {
	bool unchecked;            /* a range if, modulo 2^64, start < end */
	bool empty_is_page;        /* size 0 within a page means that page */
	bool clamps;               /* what lies outside the map is cut off */
	kern_return_t wraps;       /* address + size passes the last address */
	kern_return_t round_wraps; /* the end of their last page does */
	kern_return_t beyond;      /* part of it lies outside the map */
	enum vm_map_holes holes;
};

struct personality {
	const char *name;
	uint64_t min_address; /* lowest of a map */

	bool allocate_any_flag;   /* any flags but 0 mean anywhere */
	bool copy_whole_pages;    /* vm_copy: else KERN_INVALID_ARGUMENT */
	bool write_whole_pages;   /* vm_write: the same */
	bool read_size_last;      /* vm_read: 4 GiB and more are refused after
				     the range is looked at, not before */
	bool read_keeps_offset;   /* vm_read: the data begin in their page where
				     they did; else only two pages or more */
	bool small_is_invalid;    /* less than two pages of read or written:
				     what a protection refuses is
				     KERN_INVALID_ADDRESS */
	vm_prot_t protect_bits;   /* vm_protect takes these beside rwx, */
	vm_prot_t protect_free;   /* and does not hold these against max */
	kern_return_t region_end; /* vm_region: nothing at or above */

	struct range_rule deallocate;
	struct range_rule protect;
	struct range_rule inherit;
};

extern const struct personality personality_osf;
extern const struct personality personality_xnu;
extern const struct personality personality_gnu;

/* By name; NULL: there is none of that name. */
const struct personality *personality_by_name(const char *name);

/* By the number that a hello has: 1 osf, 2 xnu, 3 gnu; NULL: no such one. */
const struct personality *personality_by_number(uint32_t number);
uint32_t personality_number(const struct personality *personality);
