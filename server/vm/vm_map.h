/*
 * Address maps
 *
 * A task's address space: an ordered set of entries, each of which maps a range
 * of whole pages to a part of an object, or to none yet: memory that nobody
 * wrote needs no object.
 *
 *      min                                                        max
 *       |    entry      |entry|               | entry            |
 *            object A    none                   object A
 *            at 0                               at 0x8000
 *
 * An entry has one set of attributes. A call that changes part of one clips it
 * there; neighbours that are alike again are joined, so where exactly two alike
 * neighbours meet says nothing.
 *
 * A call walks its range twice: first it refuses, in the order of addresses,
 * and sees that what it will need is there; then it changes, and cannot fail.
 *
 * Source: the names and their meaning are Mach's (vm/vm_map.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <mach/kern_return.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>

#include "common/cleanup.h"
#include "server/vm/range_tree.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_range.h"

struct vm_mapping;
struct vm_object;

enum {
	VM_ENTRY_PERMANENT =
	    1,              /* stays, out of reach, when it is deallocated */
	VM_ENTRY_LARGE = 2, /* of pages of 2 MiB */
	VM_ENTRY_NO_CACHE = 4,
};

struct vm_attributes {
	uint8_t protection;     /* vm_prot_t */
	uint8_t max_protection; /* vm_prot_t */
	uint8_t inheritance;    /* vm_inherit_t */
	uint8_t behavior;       /* vm_behavior_t */
	uint8_t tag;            /* VM_MEMORY_... */
	uint8_t flags;          /* VM_ENTRY_... */
	uint16_t wired;         /* so many times */
};

struct vm_map_entry {
	struct range range;       /* first: vm_map::entries */
	struct vm_object *object; /* NULL: zeros, and nobody wrote them */
	uint64_t offset;          /* of range.start in the object, in bytes */
	struct vm_attributes attributes;
};

struct vm_map {
	struct vm_machine *vm;
	LIST_ENTRY(vm_map) link;    /* vm_machine::maps or ::dead_maps */
	struct range_tree entries;  /* struct vm_map_entry */
	struct vm_account *account; /* of its entries; NULL: nobody's */
	uint64_t entries_limit;  /* entries there may be; UINT64_MAX, first */
	uint64_t min;            /* lowest address there may be */
	uint64_t max;            /* exclusive */
	uint64_t page_mask;      /* page size less one */
	uint64_t random;         /* if vm_machine::seed says so */
	uint64_t size;           /* bytes mapped */
	uint64_t size_none;      /* of those, with no maximum protection */
	uint64_t limit;          /* bytes there may be beside size_none */
	uint64_t limit_max;      /* which limit may be raised to */
	bool wire_future;        /* what is mapped from now on is wired */
	bool no_new_exec;        /* nothing becomes executable any more */
	bool has_permanent;      /* an entry may be permanent */
	bool loose;              /* protection may be more than its maximum */
	bool busy;               /* a call that has paused is at work on it */
	struct vm_events events; /* of its task; purges of none */
};

/* An empty map, from the first whole page on, whose entries are charged to vm->account. NULL: no memory.
 * page_size: bytes, a frame's or a multiple. */
struct vm_map *vm_map_new(struct vm_machine *vm, uint64_t min, uint64_t max,
    uint64_t page_size);

/* What is mapped is dead, and freed by vm_machine_reap(). Returns NULL. */
struct vm_map *vm_map_free(struct vm_map *map);

/* vm_machine_has(), where the entries are for this map: within its limit, and
 * those of its account. */
bool vm_map_has(struct vm_map *map, struct vm_reserve reserve);

/* The entry that has the address in it, or else the next one above; or NULL. */
struct vm_map_entry *vm_map_lookup(const struct vm_map *map, uint64_t address);

/*
 * Where something is to be mapped.
 *
 * => fixed: at the address, where nothing is; overwrite: what is there goes
 * => anywhere: at the lowest gap from the address on that is large enough; or at
 *    the lowest from somewhere behind it, if the machine has a seed
 * => mask: bits that the address has not. Low ones align it. High ones, up to
 *    the last, are a bound: all of it lies below the lowest of them
 * => again: it is what is there already, so nothing becomes executable
 */
struct vm_map_where {
	enum vm_map_place {
		VM_MAP_FIXED,
		VM_MAP_OVERWRITE,
		VM_MAP_ANYWHERE,
	} place;
	uint64_t address;
	uint64_t mask;
	bool again;
};

/*
 * Maps what a list says, side by side. The objects' references are the map's
 * then; the records stay the caller's.
 *
 * => where->address is a multiple of the page size, and is set to where it is
 * => KERN_INVALID_ARGUMENT: it is of smaller pages, and not of whole ones here
 * => KERN_INVALID_ADDRESS: fixed, and part of it lies outside the map
 * => KERN_NO_SPACE: fixed, and something is there, or the mask forbids it, or
 *    what is to be overwritten is permanent; or no gap is large enough, or the
 *    mask has holes; or the map's limit is passed
 * => KERN_PROTECTION_FAILURE: nothing may become executable any more
 * => KERN_RESOURCE_SHORTAGE: no entry is left
 *
 * Source: Mach 3 Kernel Interfaces, vm_allocate, vm_map; xnu and gnumach
 * vm_map_enter.
 */
kern_return_t vm_map_enter_list(struct vm_map *map, struct vm_map_where *where,
    const struct vm_mapping *list);

/* The same, of `size` bytes of zeros, with no mask. */
kern_return_t vm_map_enter(struct vm_map *map, uint64_t *address, uint64_t size,
    enum vm_map_place place, struct vm_attributes attributes);

/*
 * Is all of a range mapped, with these protections and maxima?
 *
 * => KERN_INVALID_ADDRESS: a hole; KERN_PROTECTION_FAILURE. The first in the
 *    order of addresses tells
 */
kern_return_t vm_map_check(const struct vm_map *map, struct vm_range range,
    vm_prot_t protection, vm_prot_t max_protection);

/* For those who change part of a range: no entry lies across its ends
 * afterwards, which takes so many entries, two at the most; and what is alike
 * again is joined. */
uint64_t vm_map_clip_cost(const struct vm_map *map, struct vm_range range);
void vm_map_clip(struct vm_map *map, struct vm_range range);
void vm_map_simplify(struct vm_map *map, struct vm_range range);

/*
 * What holes in a range mean to a call. A range may lie outside of the map: all
 * there is a hole.
 */
enum vm_map_holes {
	VM_MAP_HOLES_REFUSE, /* KERN_INVALID_ADDRESS, at the first in order */
	VM_MAP_HOLES_IGNORE,
};

/*
 * Unmaps what is mapped in the range. What is permanent stays, and nobody can
 * use it.
 *
 * => KERN_RESOURCE_SHORTAGE: an entry is cut in two, and none is left
 */
kern_return_t vm_map_remove(struct vm_map *map, struct vm_range range,
    enum vm_map_holes holes);

/*
 * Sets the protection; or the maximum, which takes the protection with it.
 *
 * => KERN_PROTECTION_FAILURE: more than the maximum is asked for somewhere.
 *    Bits of `free` are not held against it
 * => KERN_PROTECTION_FAILURE: nothing may become executable any more
 * => of holes and protections, the first in the order of addresses tells
 * => KERN_RESOURCE_SHORTAGE: no entry is left
 *
 * Source: Mach 3 Kernel Interfaces, vm_protect.
 */
kern_return_t vm_map_protect(struct vm_map *map, struct vm_range range,
    bool set_maximum, vm_prot_t protection, vm_prot_t free,
    enum vm_map_holes holes);

/* Sets the inheritance. Errors as above.
 *
 * Source: Mach 3 Kernel Interfaces, vm_inherit. */
kern_return_t vm_map_inherit(struct vm_map *map, struct vm_range range,
    vm_inherit_t inheritance, enum vm_map_holes holes);

/*
 * Fills an empty map with what a child inherits: what is shared is shared, what
 * is copied is a snapshot, whatever its protection.
 *
 * => KERN_RESOURCE_SHORTAGE: no entries, or nodes, are left; the child is to be
 *    freed
 *
 * Source: Mach 3 Kernel Interfaces, task_create, vm_inherit.
 */
kern_return_t vm_map_fork(struct vm_map *parent, struct vm_map *child);

/* The entry's object, made if there is none; it is to be grafted with what lies
 * at page `like` of another tree, or of address order if like is UINT64_MAX. */
struct vm_object *vm_map_entry_object(struct vm_map *map,
    struct vm_map_entry *entry, uint64_t like);

/* Unmaps entries of a dead map from its end. True: there are more. */
bool vm_map_reap(struct vm_map *map, uint32_t *steps);

/* inline helpers */

DEFINE_CLEANUP(struct vm_map *, vm_map_free)

static inline struct vm_range
vm_map_entry_range(const struct vm_map_entry *entry)
{
	return (struct vm_range){ entry->range.start, entry->range.end };
}

static inline struct vm_map_entry *
vm_map_entry_next(const struct vm_map_entry *entry)
{
	return (struct vm_map_entry *)entry->range.next;
}

/* Where in the entry's object an address lies. */
static inline uint64_t
vm_map_entry_offset(const struct vm_map_entry *entry, uint64_t address)
{
	return entry->offset + (address - entry->range.start);
}

static inline struct vm_map_entry *
vm_map_entry_after(const struct vm_map *map, const struct vm_map_entry *entry)
{
	vm_machine_tick(map->vm, 1);
	return vm_map_entry_next(entry);
}

/* Each entry that has part of a range, in order. May pause between two. */
#define vm_map_for_each_entry(entry, map, within)                              \
	for ((entry) = vm_map_lookup(map, (within).start);                     \
	     (entry) && (entry)->range.start < (within).end;                   \
	     (entry) = vm_map_entry_after(map, entry))
