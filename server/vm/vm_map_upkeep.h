/*
 * Upkeep of a map's memory: wiring, advice, purging
 *
 * Each works on a range of a map, and on what is mapped there as a whole: it
 * walks the range twice, as the calls of vm_map.h do.
 */
#pragma once

#include <stdbool.h>

#include "server/vm/vm_map.h"

/*
 * Wires what is mapped: each page gets a frame of its own, and keeps it.
 *
 * => access: what each entry must allow; nests: it is wired once more, else
 *    once at the most
 * => KERN_INVALID_ADDRESS: a hole; KERN_PROTECTION_FAILURE. The first in the
 *    order of addresses tells
 * => KERN_FAILURE: something is wired 65,535 times
 * => KERN_RESOURCE_SHORTAGE: there are not so many frames. Only if others have
 *    changed, while the call paused, the memory that they share with it, may
 *    part of it be wired then
 *
 * Source: Mach 3 Kernel Interfaces, vm_wire.
 */
kern_return_t vm_map_wire(struct vm_map *map, struct vm_range range,
    vm_prot_t access, bool nests, enum vm_map_holes holes);

/* Unwires what is wired, once; `all`: for good.
 *
 * => KERN_INVALID_ADDRESS: nothing is mapped where the range begins, and holes
 *    are to be refused */
kern_return_t vm_map_unwire(struct vm_map *map, struct vm_range range, bool all,
    enum vm_map_holes holes);

/* Bytes of a map that are wired. */
uint64_t vm_map_wired(const struct vm_map *map);

/*
 * Lets go of the pages of a range, which reads as zeros then, up to the first
 * hole. What is shared or wired stays as it is.
 *
 * => true: there is no hole
 */
bool vm_map_kill_pages(struct vm_map *map, struct vm_range range);

/*
 * Lets a range be zeros.
 *
 * => KERN_INVALID_ADDRESS: a hole; KERN_PROTECTION_FAILURE: it may not be
 *    written, or may be executed. The first in the order of addresses tells
 * => KERN_RESOURCE_SHORTAGE: no memory is left
 */
kern_return_t vm_map_zero(struct vm_map *map, struct vm_range range);

/*
 * Takes note of how a range will be used.
 *
 * => KERN_INVALID_ADDRESS, KERN_PROTECTION_FAILURE: as vm_map_check()
 * => KERN_RESOURCE_SHORTAGE: no entry is left
 */
kern_return_t vm_map_behavior(struct vm_map *map, struct vm_range range,
    vm_prot_t access, int behavior);
