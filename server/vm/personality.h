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

#include "server/vm/range_rule.h"

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
	bool protect_copies;      /* vm_protect: VM_PROT_COPY */
	bool map_is_loose;        /* vm_map: no flags, no hint, no masks of
				     protections, and the current one may be
				     more than the maximum */
	kern_return_t map_object; /* vm_map: the port is no memory's */
	bool entry_is_mapped_whole; /* vm_map: of part of an entry that is a
				       copy or shared, all of it */
	bool entry_ends_early; /* mach_make_memory_entry: unless VM_SHARE is
				  asked for, where the first object ends */
	bool wire_nests;       /* so many times wired, so many unwired */
	kern_return_t wire_refuses;  /* vm_wire: a hole or a protection; or
				       KERN_SUCCESS: the code of that */
	uint64_t wire_plain;         /* bytes that a plain host port may wire */
	bool no_msync;               /* vm_msync does nothing but refuse */
	bool no_attributes;          /* vm_machine_attribute: the same */
	kern_return_t region_end;    /* vm_region: nothing at or above */
	kern_return_t resume_idle;   /* task_resume: it is not suspended */
	uint16_t special_ports;      /* bits: those that a task has, */
	uint16_t special_ports_set;  /* that can be set, */
	uint16_t special_ports_kept; /* and whose setting is KERN_NO_ACCESS */
	bool task_flavors; /* name, inspect and read ports, where those are
			      that nobody has set */
	uint8_t registered_ports; /* that mach_ports_register keeps */
	bool dead_is_no_name;     /* mach_port_type, mach_port_get_refs: null
				       and dead are KERN_INVALID_NAME */

	struct range_rule deallocate;
	struct range_rule protect;
	struct range_rule inherit;
	struct range_rule attribute;
};

extern const struct personality personality_osf;
extern const struct personality personality_xnu;
extern const struct personality personality_gnu;

/* By name; NULL: there is none of that name. */
const struct personality *personality_by_name(const char *name);

/* By the number that a hello has: 1 osf, 2 xnu, 3 gnu; NULL: no such one. */
const struct personality *personality_by_number(uint32_t number);
uint32_t personality_number(const struct personality *personality);
