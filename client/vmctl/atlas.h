/*
 * An atlas: all tasks of a daemon, their regions, and the pages of those
 *
 *      task 1 ── region 0x1000-0x5000 ── pages  7 8 0 0
 *      task 2 ── region 0x1000-0x5000 ── pages  7 9 0 0
 *
 * A page's number is its frame's: where two are equal there is one page, and 0 is
 * none yet. Tasks may change while it is drawn, which takes calls; one that ends
 * meanwhile is left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/mach_types.h>

#include "client/vmd.h"

struct atlas_region {
	uint64_t start;
	uint64_t end;
	vm_prot_t protection;
	vm_prot_t max_protection;
	vm_inherit_t inheritance;
	bool shared;         /* another mapping has the same memory */
	unsigned wired;      /* so many times */
	unsigned tag;        /* VM_MEMORY_... */
	unsigned share_mode; /* SM_... */
	unsigned object;     /* equal: the same memory; 0: none */
	uint64_t resident;   /* pages */
	uint64_t dirty;
	uint64_t swapped;
	struct vmd_page *pages; /* as many as page_count says, from the start */
	size_t page_count; /* 0: they were not asked for, or are too many */
};

/*
 * The region that an address is in, or else the next one above.
 *
 * => atlas_region_at: what vm_region tells of all; atlas_region_whole: with what
 *    its other flavours tell
 * => KERN_INVALID_ADDRESS: there is none
 */
kern_return_t atlas_region_at(task_t task, uint64_t address,
    struct atlas_region *region);
kern_return_t atlas_region_whole(task_t task, uint64_t address,
    struct atlas_region *region);

struct atlas_task {
	struct vmd_task info;
	char command[32]; /* of the process that made it; "": unknown */
	struct atlas_region *regions;
	size_t count;
};

struct atlas {
	struct atlas_task *tasks; /* by number */
	size_t count;
	uint32_t *frames; /* of all pages, sorted */
	size_t frame_count;
};

enum atlas_kind {
	ATLAS_ZERO,    /* nobody wrote it */
	ATLAS_PRIVATE, /* nobody else has it */
	ATLAS_COW,     /* others have it, until somebody writes */
	ATLAS_SHARED,  /* of memory that others map, too */
	ATLAS_WIRED,   /* private, and stays in memory */
	ATLAS_UNKNOWN, /* it was not asked for */
};

#define ATLAS_NO_REGIONS UINT64_MAX

/*
 * Draws one.
 *
 * => only: the task whose regions are wanted; 0: those of all;
 *    ATLAS_NO_REGIONS: nobody's
 * => pages: with pages, of all tasks
 * => atlas_deinit() is due in any case
 * => KERN_NO_ACCESS: the daemon is another user's
 */
kern_return_t atlas_init(struct atlas *atlas, uint64_t only, bool pages);
void atlas_deinit(struct atlas *atlas);

/* NULL: there is no such task. */
struct atlas_task *atlas_find(const struct atlas *atlas, uint64_t number);

/* In how many places of the atlas a frame is. */
size_t atlas_places(const struct atlas *atlas, uint32_t frame);

enum atlas_kind atlas_kind(const struct atlas *atlas,
    const struct atlas_region *region, size_t page);

/* A word for the sharing mode as vmmap(1) has it: COW, PRV, NUL, SHM, ... */
const char *atlas_sharing(const struct atlas_region *region);

/* The tag's name, or "memory". */
const char *atlas_type(const struct atlas_region *region);

static inline uint64_t
atlas_size(const struct atlas_region *region)
{
	return region->end - region->start;
}
