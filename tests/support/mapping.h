/*
 * vm_map as it can be spelled: three calls that must answer alike
 */
#pragma once

#include <mach/mach.h>

/* What vm_map is asked, but for the task and the address. */
struct asked {
	vm_size_t size;
	vm_address_t mask;
	int flags;
	mem_entry_name_port_t object;
	vm_offset_t offset;
	boolean_t copy;
	vm_prot_t current;
	vm_prot_t maximum;
	vm_inherit_t inheritance;
};

/* A page of zeros with nothing special about it. */
extern const struct asked zeros;

typedef kern_return_t spelling(task_t task, vm_address_t *address,
    const struct asked *asked);

/* vm_map, vm_map_64 and mach_vm_map. */
spelling classic, with_64, wide;

enum { SPELLINGS = 3 };
extern spelling *const spellings[SPELLINGS];

/* Each must say so. What is mapped goes again; a refusal changes nothing. */
void all_say(task_t task, vm_address_t address, const struct asked *asked,
    kern_return_t code, const char *why);
