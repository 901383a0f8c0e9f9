#include "server/vm/personality.h"

#include <stddef.h>
#include <string.h>

#include <mach/task_special_ports.h>

#include "common/cleanup.h"

enum {
	NOTIFY = 0x10, /* a protection bit of old pagers */
	WIRE_PLAIN = 8 << 20,
};

/* Bits for special ports. GNU Mach's and OSF's 3 is for exceptions; OSF's 5 and
 * 6 are ledgers. There are neither here, and as long as nobody sets them, OSF's
 * are what xnu's are. */
enum {
	KERNEL = 1 << TASK_KERNEL_PORT,
	HOST = 1 << TASK_HOST_PORT,
	NAME = 1 << TASK_NAME_PORT,
	BOOTSTRAP = 1 << TASK_BOOTSTRAP_PORT,
	INSPECT = 1 << TASK_INSPECT_PORT,
	READ = 1 << TASK_READ_PORT,
	LATE = 1 << TASK_ACCESS_PORT | 1 << TASK_DEBUG_CONTROL_PORT |
	       1 << TASK_RESOURCE_NOTIFY_PORT,
};

/* What osf and xnu have in common. */
#define NO_ATTRIBUTE                                                           \
	{                                                                      \
		.wraps = KERN_INVALID_ARGUMENT,                                \
		.round_wraps = KERN_INVALID_ADDRESS,                           \
		.beyond = KERN_INVALID_ADDRESS,                                \
	}

const struct personality personality_osf = {
	.name = "osf",
	.min_address = VM_PAGE_SIZE,
	.copy_whole_pages = true,
	.region_end = KERN_INVALID_ADDRESS,
	.protect_bits = VM_PROT_COPY,
	.protect_copies = true,
	.map_object = KERN_INVALID_OBJECT,
	.wire_nests = true,
	.resume_idle = KERN_SUCCESS,
	.special_ports = KERNEL | HOST | NAME | BOOTSTRAP | INSPECT | READ,
	.special_ports_set = KERNEL | HOST | NAME | BOOTSTRAP | INSPECT | READ,
	.task_flavors = true,
	.registered_ports = 3,
	.attribute = NO_ATTRIBUTE,
	.deallocate = {
		.wraps = KERN_INVALID_ARGUMENT,
		.round_wraps = KERN_SUCCESS,
		.beyond = KERN_INVALID_ADDRESS,
		.holes = VM_MAP_HOLES_REFUSE,
	},
	.protect = {
		.wraps = KERN_INVALID_ARGUMENT,
		.round_wraps = KERN_INVALID_ADDRESS,
		.beyond = KERN_INVALID_ADDRESS,
		.holes = VM_MAP_HOLES_REFUSE,
	},
	.inherit = {
		.wraps = KERN_INVALID_ARGUMENT,
		.round_wraps = KERN_INVALID_ARGUMENT,
		.beyond = KERN_INVALID_ADDRESS,
		.holes = VM_MAP_HOLES_REFUSE,
	},
};

const struct personality personality_xnu = {
	.name = "xnu",
	.min_address = VM_PAGE_SIZE,
	.small_is_invalid = true,
	.region_end = KERN_INVALID_ADDRESS,
	.protect_bits = VM_PROT_COPY,
	.protect_copies = true,
	.map_object = KERN_INVALID_OBJECT,
	.wire_nests = true,
	.entry_is_mapped_whole = true,
	.entry_ends_early = true,
	.resume_idle = KERN_FAILURE,
	.special_ports =
	    KERNEL | HOST | NAME | BOOTSTRAP | INSPECT | READ | LATE,
	.special_ports_set = BOOTSTRAP | LATE,
	.special_ports_kept = KERNEL | HOST,
	.task_flavors = true,
	.registered_ports = 3,
	.attribute = NO_ATTRIBUTE,
	.deallocate = {
		.wraps = KERN_INVALID_ARGUMENT,
		.round_wraps = KERN_SUCCESS,
		.beyond = KERN_SUCCESS,
		.holes = VM_MAP_HOLES_IGNORE,
	},
	.protect = {
		.wraps = KERN_INVALID_ARGUMENT,
		.round_wraps = KERN_INVALID_ADDRESS,
		.beyond = KERN_INVALID_ADDRESS,
		.holes = VM_MAP_HOLES_REFUSE,
	},
	.inherit = {
		.clamps = true,
		.wraps = KERN_INVALID_ARGUMENT,
		.round_wraps = KERN_INVALID_ARGUMENT,
		.holes = VM_MAP_HOLES_IGNORE,
	},
};

const struct personality personality_gnu = {
	.name = "gnu",
	.min_address = 0,
	.allocate_any_flag = true,
	.copy_whole_pages = true,
	.write_whole_pages = true,
	.read_size_last = true,
	.read_keeps_offset = true,
	.protect_bits = NOTIFY,
	.protect_free = NOTIFY,
	.region_end = KERN_NO_SPACE,
	.map_is_loose = true,
	.map_object = KERN_INVALID_ARGUMENT,
	.wire_refuses = KERN_NO_SPACE,
	.wire_plain = WIRE_PLAIN,
	.no_msync = true,
	.no_attributes = true,
	.resume_idle = KERN_FAILURE,
	.special_ports = KERNEL | NAME | BOOTSTRAP,
	.special_ports_set = KERNEL | NAME | BOOTSTRAP,
	.registered_ports = 4,
	.dead_is_no_name = true,
	.attribute = {
		.wraps = KERN_INVALID_ADDRESS,
		.round_wraps = KERN_INVALID_ADDRESS,
		.beyond = KERN_INVALID_ARGUMENT,
	},
	.deallocate = {
		.unchecked = true,
		.clamps = true,
		.holes = VM_MAP_HOLES_IGNORE,
	},
	.protect = {
		.unchecked = true,
		.empty_is_page = true,
		.clamps = true,
		.holes = VM_MAP_HOLES_IGNORE,
	},
	.inherit = {
		.unchecked = true,
		.empty_is_page = true,
		.clamps = true,
		.holes = VM_MAP_HOLES_IGNORE,
	},
};

/* By number, less one: proto/README.md. */
static const struct personality *const personalities[] = {
	&personality_osf,
	&personality_xnu,
	&personality_gnu,
};

const struct personality *
personality_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(personalities); i++)
		if (strcmp(personalities[i]->name, name) == 0)
			return personalities[i];
	return NULL;
}

const struct personality *
personality_by_number(uint32_t number)
{
	if (number < 1 || number > ARRAY_SIZE(personalities))
		return NULL;
	return personalities[number - 1];
}

uint32_t
personality_number(const struct personality *personality)
{
	uint32_t number = 1;

	while (personality_by_number(number) != personality)
		number++;
	return number;
}
