#include "client/vmctl/region.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <mach/mach_vm.h>
#include <mach/vm_page_size.h>

#include "client/vmctl/value.h"
#include "client/vmd.h"
#include "common/cleanup.h"

enum {
	/* Pages that vmd_pages is asked for at once. */
	PAGES = 4096,

	/* A larger region's pages are not counted. */
	COUNTED_MOST = 1 << 18,
};

struct region {
	uint64_t start;
	uint64_t end;
	vm_prot_t protection;
	vm_prot_t max_protection;
	vm_inherit_t inheritance;
	bool shared;
};

/* --- Asked for -------------------------------------------------------- */

/* The region that an address is in, or else the next one above. */
static kern_return_t
region_get(task_t task, uint64_t address, struct region *region)
{
	struct vm_region_basic_info_64 info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	mach_vm_size_t size = 0;
	mach_port_t object;
	kern_return_t kr;

	kr = mach_vm_region(task, &address, &size, VM_REGION_BASIC_INFO_64,
	    (vm_region_info_t)&info, &count, &object);
	if (kr == KERN_SUCCESS)
		*region = (struct region){
			.start = address,
			.end = address + size,
			.protection = info.protection,
			.max_protection = info.max_protection,
			.inheritance = info.inheritance,
			.shared = info.shared != FALSE,
		};
	/* What GNU Mach says at the end. */
	return kr == KERN_NO_SPACE ? KERN_INVALID_ADDRESS : kr;
}

static bool
are_alike(const struct region *a, const struct region *b)
{
	return a->protection == b->protection &&
	       a->max_protection == b->max_protection &&
	       a->inheritance == b->inheritance && a->shared == b->shared;
}

/*
 * The first region that begins at an address or above, with all its alike
 * neighbours. KERN_INVALID_ADDRESS: there are no more.
 */
static kern_return_t
region_next(task_t task, uint64_t address, struct region *region)
{
	struct region next;
	kern_return_t kr = region_get(task, address, region);

	if (kr != KERN_SUCCESS)
		return kr;
	while (region_get(task, region->end, &next) == KERN_SUCCESS &&
	       next.start == region->end && are_alike(region, &next))
		region->end = next.end;
	return KERN_SUCCESS;
}

/* The one that has the address, or else the next one above. */
static kern_return_t
region_find(task_t task, uint64_t address, struct region *region)
{
	kern_return_t kr = region_next(task, 0, region);

	while (kr == KERN_SUCCESS && region->end <= address)
		kr = region_next(task, region->end, region);
	return kr;
}

/* Pages that have a frame. */
static kern_return_t
count_pages(task_t task, const struct region *region, size_t *resident)
{
	struct vmd_page pages[PAGES];
	uint64_t at = region->start;
	size_t count;

	*resident = 0;
	while (at < region->end) {
		kern_return_t kr;

		count = PAGES;
		kr = vmd_pages(task, at, region->end - at, pages, &count);
		if (kr != KERN_SUCCESS)
			return kr;
		for (size_t i = 0; i < count; i++)
			*resident += pages[i].frame != 0;
		at += count * vm_page_size;
	}
	return KERN_SUCCESS;
}

/* --- Shown ------------------------------------------------------------ */

/* In the largest unit that goes. */
static const char *
size_text(uint64_t size, char *text, size_t room)
{
	static const char units[] = { 'K', 'M', 'G', 'T' };
	size_t unit = 0;

	size >>= 10;
	while (unit + 1 < sizeof(units) && size % 1024 == 0) {
		size >>= 10;
		unit++;
	}
	snprintf(text, room, "%" PRIu64 "%c", size, units[unit]);
	return text;
}

/* As rw-/rwx copy. */
static void
print_attributes(FILE *out, const struct region *region)
{
	value_print(out,
	    (struct value){ (uint64_t)region->protection, MEANING_PROTECTION });
	fputc('/', out);
	value_print(out, (struct value){ (uint64_t)region->max_protection,
			     MEANING_PROTECTION });
	fputc(' ', out);
	value_print(out,
	    (struct value){ region->inheritance, MEANING_INHERITANCE });
}

static kern_return_t
print_row(task_t task, const struct region *region)
{
	char range[64], size[32], resident[32] = "?";
	uint64_t bytes = region->end - region->start;
	size_t pages;
	kern_return_t kr = KERN_SUCCESS;

	if (bytes / vm_page_size <= COUNTED_MOST) {
		kr = count_pages(task, region, &pages);
		snprintf(resident, sizeof(resident), "%zu", pages);
	}
	if (kr != KERN_SUCCESS)
		return kr;
	snprintf(range, sizeof(range), "%#" PRIx64 "-%#" PRIx64, region->start,
	    region->end);
	printf("  %-23s  %6s  %8s  ", range,
	    size_text(bytes, size, sizeof(size)), resident);
	print_attributes(stdout, region);
	puts(region->shared ? " shared" : "");
	return KERN_SUCCESS;
}

bool
region_map(struct run *run, const struct argument *argument)
{
	task_t task = (task_t)argument[0].value.number;
	struct region region = { .end = 0 };
	kern_return_t kr = region_next(task, 0, &region);

	if (kr == KERN_SUCCESS)
		printf("  %-23s  %6s  %8s  %s\n", "start-end", "size",
		    "resident", "cur/max inherit");
	else if (kr == KERN_INVALID_ADDRESS)
		puts("  nothing is mapped");
	while (kr == KERN_SUCCESS) {
		kr = print_row(task, &region);
		if (kr != KERN_SUCCESS)
			return run_fail_call(run, "vmd_pages", kr);
		kr = region_next(task, region.end, &region);
	}
	return kr == KERN_INVALID_ADDRESS ||
	       run_fail_call(run, "mach_vm_region", kr);
}

/* --- Expected --------------------------------------------------------- */

static void
print_region(FILE *out, const struct region *region)
{
	fprintf(out, "%#" PRIx64 "-%#" PRIx64 " ", region->start, region->end);
	print_attributes(out, region);
	if (region->shared)
		fputs(" shared", out);
}

/* `expected` is a region, or NULL: none; so is what was got. */
static bool
fail_region(struct run *run, const struct region *expected,
    const struct region *got)
{
	const struct region *regions[] = { expected, got };
	char *texts[] = { NULL, NULL };
	size_t size;

	for (size_t i = 0; i < ARRAY_SIZE(regions); i++) {
		FILE *out = open_memstream(&texts[i], &size);

		if (out && regions[i])
			print_region(out, regions[i]);
		else if (out)
			fputs("no region", out);
		if (out)
			fclose(out);
	}
	run_fail(run, "expected %s, got %s", texts[0] ? texts[0] : "?",
	    texts[1] ? texts[1] : "?");
	free(texts[0]);
	free(texts[1]);
	return false;
}

static bool
is_same(const struct region *a, const struct region *b)
{
	return a->start == b->start && a->end == b->end && are_alike(a, b);
}

bool
region_expect(struct run *run, const struct argument *argument)
{
	task_t task = (task_t)argument[0].value.number;
	struct region expected = {
		.start = argument[1].value.number,
		.end = argument[1].value.number + argument[2].value.number,
		.protection = (vm_prot_t)argument[3].value.number,
		.max_protection = (vm_prot_t)argument[3].other.number,
		.inheritance = (vm_inherit_t)argument[4].value.number,
		.shared = argument[5].given,
	};
	struct region got;
	kern_return_t kr = region_find(task, expected.start, &got);

	if (kr != KERN_SUCCESS && kr != KERN_INVALID_ADDRESS)
		return run_fail_call(run, "mach_vm_region", kr);
	if (kr != KERN_SUCCESS || got.start > expected.start)
		return fail_region(run, &expected, NULL);
	return is_same(&expected, &got) || fail_region(run, &expected, &got);
}

bool
region_expect_none(struct run *run, const struct argument *argument)
{
	task_t task = (task_t)argument[0].value.number;
	uint64_t address = argument[1].value.number;
	struct region got;
	kern_return_t kr = region_find(task, address, &got);

	if (kr != KERN_SUCCESS && kr != KERN_INVALID_ADDRESS)
		return run_fail_call(run, "mach_vm_region", kr);
	return kr != KERN_SUCCESS || got.start > address ||
	       fail_region(run, NULL, &got);
}
