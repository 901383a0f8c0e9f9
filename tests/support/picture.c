#include "tests/support/picture.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/vm/vm_check.h"
#include "server/vm/vm_map_copy.h"
#include "server/vm/vm_map_region.h"

enum { PARTS = 64, PICTURE = 8192 };

struct vm_machine machine;

void
machine_start(uint64_t memory, uint32_t entries)
{
	ck_assert_int_eq(vm_machine_init(&machine, memory, entries), 0);
}

void
machine_is_whole(void)
{
	const char *complaint = vm_check(&machine);

	ck_assert_msg(complaint == NULL, "%s", complaint);
}

void
machine_stop(void)
{
	machine_is_whole();
	while (!LIST_EMPTY(&machine.maps))
		vm_map_free(LIST_FIRST(&machine.maps));
	machine_is_whole();
	ck_assert_uint_eq(machine.pages.used, 0);
	ck_assert_uint_eq(machine.nodes.used, 0);
	ck_assert_uint_eq(machine.entries.used, 0);
	ck_assert_uint_eq(machine.pieces.used, 0);
	vm_machine_deinit(&machine);
}

struct vm_map *
new_map(void)
{
	struct vm_map *map =
	    vm_map_new(&machine, VM_PAGE_SIZE, UINT64_C(1) << 46, VM_PAGE_SIZE);

	ck_assert_ptr_nonnull(map);
	return map;
}

static void
draw(char *text, struct vm_range range, const struct vm_map_region *region)
{
	static const char *const inherit[] = { "share", "copy", "none" };
	const struct vm_attributes *a = &region->entry->attributes;

	sprintf(text + strlen(text),
	    "%s%" PRIx64 "-%" PRIx64 " %c%c%c/%c%c%c %s%s",
	    text[0] != '\0' ? "\n" : "", range.start, range.end,
	    a->protection & VM_PROT_READ ? 'r' : '-',
	    a->protection & VM_PROT_WRITE ? 'w' : '-',
	    a->protection & VM_PROT_EXECUTE ? 'x' : '-',
	    a->max_protection & VM_PROT_READ ? 'r' : '-',
	    a->max_protection & VM_PROT_WRITE ? 'w' : '-',
	    a->max_protection & VM_PROT_EXECUTE ? 'x' : '-',
	    inherit[a->inheritance], region->shared ? " shared" : "");
}

static bool
are_alike(const struct vm_map_region *a, const struct vm_map_region *b)
{
	return a->range.end == b->range.start && a->shared == b->shared &&
	       memcmp(&a->entry->attributes, &b->entry->attributes,
		   sizeof(a->entry->attributes)) == 0;
}

void
map_is(struct vm_map *map, const char *picture)
{
	struct vm_map_region region, next;
	char text[PICTURE] = "";
	struct vm_range range;
	bool more;

	machine_is_whole();
	more = vm_map_region(map, 0, &region);
	range = region.range;
	while (more) {
		more = vm_map_region(map, region.range.end, &next);
		if (more && are_alike(&region, &next)) {
			range.end = next.range.end;
		} else {
			draw(text, range, &region);
			range = next.range;
		}
		region = next;
	}
	ck_assert_str_eq(text, picture);
}

void
allocate(struct vm_map *map, uint64_t address, uint64_t size)
{
	struct vm_attributes attributes = {
		.protection = VM_PROT_DEFAULT,
		.max_protection = VM_PROT_ALL,
		.inheritance = VM_INHERIT_COPY,
	};

	ck_assert_int_eq(vm_map_enter(map, &address, size, VM_MAP_FIXED,
			     attributes),
	    KERN_SUCCESS);
}

kern_return_t
write_bytes(struct vm_map *map, uint64_t address, uint64_t size, char byte)
{
	_cleanup_(vm_map_copy_freep) struct vm_map_copy *data = NULL;
	struct iovec parts[PARTS];

	data = vm_map_copy_new(&machine, address & VM_PAGE_MASK);
	while (data->size < size) {
		int count =
		    vm_map_copy_room(data, size - data->size, parts, PARTS);

		if (count == 0)
			return KERN_RESOURCE_SHORTAGE;
		for (int i = 0; i < count; i++) {
			memset(parts[i].iov_base, byte, parts[i].iov_len);
			vm_map_copy_filled(data, parts[i].iov_len);
		}
	}
	return vm_map_copy_overwrite(map, address, data);
}

void
fill(struct vm_map *map, uint64_t address, uint64_t size, char byte)
{
	ck_assert_int_eq(write_bytes(map, address, size, byte), KERN_SUCCESS);
}

static void
part_is(const struct iovec *part, char byte, uint64_t address)
{
	const char *bytes = part->iov_base;
	size_t i = 0;

	while (i < part->iov_len && bytes[i] == byte)
		i++;
	if (i < part->iov_len)
		ck_abort_msg("at %#" PRIx64 ": %#x, not %#x", address + i,
		    bytes[i], byte);
}

void
bytes_are(struct vm_map *map, uint64_t address, uint64_t size, char byte)
{
	_cleanup_(vm_map_copy_freep) struct vm_map_copy *data = NULL;
	struct iovec parts[PARTS];
	uint64_t at = 0;

	ck_assert_int_eq(vm_map_copyin(map, address, size, &data),
	    KERN_SUCCESS);
	while (at < size) {
		int count =
		    vm_map_copy_parts(data, at, UINT64_MAX, parts, PARTS);

		ck_assert_int_gt(count, 0);
		for (int i = 0; i < count; i++) {
			part_is(&parts[i], byte, address + at);
			at += parts[i].iov_len;
		}
	}
	ck_assert_uint_eq(at, size);
}

kern_return_t
copy(struct vm_map *map, uint64_t from, uint64_t size, uint64_t to)
{
	_cleanup_(vm_map_copy_freep) struct vm_map_copy *data = NULL;
	kern_return_t kr = vm_map_copyin(map, from, size, &data);

	return kr == KERN_SUCCESS ? vm_map_copy_overwrite(map, to, data) : kr;
}
