#include "server/vm/personality.h"

#include <stddef.h>
#include <string.h>

#include "common/cleanup.h"

enum { NOTIFY = 0x10 }; /* a protection bit of old pagers */

const struct personality personality_osf = {
	.name = "osf",
	.min_address = VM_PAGE_SIZE,
	.copy_whole_pages = true,
	.region_end = KERN_INVALID_ADDRESS,
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
