#include "server/vm/vm_zone.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "common/undefined.h"

#if defined(__SANITIZE_ADDRESS__)
#define VM_ZONE_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VM_ZONE_POISON 1
#endif
#endif

/* Under AddressSanitizer a record that was given back may not be touched, but
 * for its first word, which links the free ones. */
#ifdef VM_ZONE_POISON
#include <sanitizer/asan_interface.h>
#define POISON(record, size)                                                   \
	ASAN_POISON_MEMORY_REGION((uint8_t *)(record) + 8, (size)-8)
#define UNPOISON(record, size) ASAN_UNPOISON_MEMORY_REGION(record, size)
#else
#define POISON(record, size)   ((void)0)
#define UNPOISON(record, size) ((void)0)
#endif

static size_t
zone_bytes(const struct vm_zone *zone)
{
	return ((size_t)zone->limit + 1) * zone->size;
}

bool
vm_zone_init(struct vm_zone *zone, size_t size, uint32_t limit)
{
	assert(size % 8 == 0 && limit < UINT32_MAX);

	memset(zone, 0, sizeof(*zone));
	zone->size = size;
	zone->limit = limit;
	zone->fresh = 1;
	zone->base = mmap(NULL, zone_bytes(zone), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (zone->base == MAP_FAILED)
		zone->base = NULL;
	return zone->base != NULL;
}

void
vm_zone_deinit(struct vm_zone *zone)
{
	if (!zone->base)
		return;
	UNPOISON(zone->base, zone->fresh * zone->size);
	munmap(zone->base, zone_bytes(zone));
	zone->base = NULL;
}

/*
 * A record never used is taken. What lies behind it is of small pages, for to
 * fill a large one takes long; the system may make one of them later, when they
 * are all there.
 */
static uint32_t
take_fresh(struct vm_zone *zone)
{
	const size_t large = 2 << 20;
	size_t end = (size_t)zone->fresh * zone->size;

	if (zone->large && end / large != (end + zone->size) / large)
		madvise(zone->base, (end + zone->size) & ~(large - 1),
		    MADV_HUGEPAGE);
	return zone->fresh++;
}

uint32_t
vm_zone_take(struct vm_zone *zone)
{
	uint32_t number = zone->free;

	if (zone->used == zone->limit)
		return 0;
	if (number != 0)
		zone->free = *(uint32_t *)vm_zone_at(zone, number);
	else
		number = take_fresh(zone);
	UNPOISON(vm_zone_at(zone, number), zone->size);
	MEMORY_UNDEFINED(vm_zone_at(zone, number), zone->size);
	zone->used++;
	zone->taken++;
	return number;
}

void *
vm_zone_alloc(struct vm_zone *zone)
{
	uint32_t number = vm_zone_take(zone);

	return number != 0 ? vm_zone_at(zone, number) : NULL;
}

void
vm_zone_give(struct vm_zone *zone, uint32_t number)
{
	void *record = vm_zone_at(zone, number);

	assert(number != 0 && number < zone->fresh && zone->used > 0);

	*(uint32_t *)record = zone->free;
	POISON(record, zone->size);
	zone->free = number;
	zone->used--;
}

/* When nothing is in use, all is as if it had never been. */
bool
vm_zone_trim(struct vm_zone *zone)
{
	const size_t slice = 1 << 20, page = 4096;
	size_t end, start, least;

	if (zone->used == 0 && zone->free != 0) {
		UNPOISON(zone->base, zone->fresh * zone->size);
		zone->touched = MAX(zone->touched, zone->fresh);
		zone->fresh = 1;
		zone->free = 0;
	}
	if (zone->touched <= zone->fresh)
		return false;
	end = ((size_t)zone->touched * zone->size + page - 1) & ~(page - 1);
	least = ((size_t)zone->fresh * zone->size + page - 1) & ~(page - 1);
	start = end - MIN(slice, end - least);
	if (start < end)
		madvise(zone->base + start, end - start, MADV_DONTNEED);
	zone->touched = start > least ? (uint32_t)(start / zone->size) : 0;
	return zone->touched > zone->fresh;
}

void
vm_zone_free(struct vm_zone *zone, void *record)
{
	vm_zone_give(zone, vm_zone_number(zone, record));
}

uint8_t *
vm_zone_census(const struct vm_zone *zone)
{
	uint8_t *used = malloc(zone->fresh);

	if (!used)
		return NULL;
	memset(used, 1, zone->fresh);
	used[0] = 0;
	for (uint32_t n = zone->free; n != 0;
	     n = *(uint32_t *)vm_zone_at(zone, n))
		used[n] = 0;
	return used;
}
