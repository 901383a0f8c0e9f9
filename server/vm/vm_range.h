/*
 * Ranges of an address space
 *
 * A caller says an address and a size, of any bytes. Below vm_user.c there are
 * only ranges of whole pages that do not wrap: struct vm_range remembers that
 * it has been checked, and nobody checks again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/vm/vm_page.h"

struct vm_range {
	uint64_t start; /* a multiple of the page size, as is end */
	uint64_t end;   /* exclusive, not below start */
};

/* What can be said of an address and a size. */
enum vm_range_kind {
	VM_RANGE_EMPTY, /* the size is 0 */
	VM_RANGE_OK,
	VM_RANGE_WRAPS,       /* address + size passes the last address */
	VM_RANGE_ROUND_WRAPS, /* not they, but the end of their last page */
};

static inline uint64_t
vm_trunc_page(uint64_t address, uint64_t mask)
{
	return address & ~mask;
}

/* Modulo 2^64. */
static inline uint64_t
vm_round_page(uint64_t address, uint64_t mask)
{
	return (address + mask) & ~mask;
}

/*
 * The whole pages that the bytes [address, address + size) touch. `mask` is the
 * page size less one. The range is set in any case, modulo 2^64, but one to be
 * used only if the answer is VM_RANGE_OK.
 */
static inline enum vm_range_kind
vm_range_init(struct vm_range *range, uint64_t address, uint64_t size,
    uint64_t mask)
{
	range->start = vm_trunc_page(address, mask);
	range->end = vm_round_page(address + size, mask);
	if (size == 0)
		return VM_RANGE_EMPTY;
	if (address + size < address)
		return VM_RANGE_WRAPS;
	return range->end == 0 ? VM_RANGE_ROUND_WRAPS : VM_RANGE_OK;
}

static inline uint64_t
vm_range_size(struct vm_range range)
{
	return range.end - range.start;
}

static inline uint64_t
vm_range_pages(struct vm_range range)
{
	return vm_range_size(range) >> VM_PAGE_SHIFT;
}

/* What two ranges have in common; empty, with start == end, if nothing. */
static inline struct vm_range
vm_range_common(struct vm_range a, struct vm_range b)
{
	struct vm_range common = {
		.start = a.start > b.start ? a.start : b.start,
		.end = a.end < b.end ? a.end : b.end,
	};

	if (common.end < common.start)
		common.end = common.start;
	return common;
}
