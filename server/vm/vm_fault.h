/*
 * Faults: the one place where a page becomes present or private
 *
 *      access   slot of the page             what happens
 *      read     empty                        nothing: it reads as zeros
 *      read     a frame                      nothing
 *      write    a frame of this tree alone   nothing
 *      write    empty                        a frame of zeros (zero fill)
 *      write    a frame others refer to      a copy of it (copy on write)
 *
 * Source: Mach's vm_fault.c, without what waits there for pagers.
 */
#pragma once

#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_prot.h>

#include "server/vm/page_tree.h"
#include "server/vm/vm_map.h"

enum {
	/* What one fault can take at the most. */
	VM_FAULT_PAGES = 1,
	VM_FAULT_NODES = PAGE_TREE_PATH,
};

/*
 * The frame of an address, for an access that the entry's protection allows: to
 * be read, or to be written by the caller.
 *
 * => entry maps the address
 * => read: 0 is a page of zeros
 * => write: the caller has seen to VM_FAULT_PAGES and VM_FAULT_NODES: it cannot
 *    fail
 */
uint32_t vm_fault(struct vm_map *map, struct vm_map_entry *entry,
    uint64_t address, vm_prot_t access);
