#include "client/vmctl/region.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/constants.h"
#include "client/show/value.h"
#include "client/vmctl/atlas.h"
#include "client/vmctl/json.h"
#include "common/cleanup.h"

/* Characters that a line of 80 has left for the tag. */
enum { TAG_WIDTH = 8 };

/* How much is asked of a region, and which neighbours look alike then. */
struct view {
	kern_return_t (
	    *get)(task_t task, uint64_t address, struct atlas_region *);
	bool (*are_alike)(const struct atlas_region *a,
	    const struct atlas_region *b);
};

/* --- Asked for -------------------------------------------------------- */

static bool
are_alike(const struct atlas_region *a, const struct atlas_region *b)
{
	return a->protection == b->protection &&
	       a->max_protection == b->max_protection &&
	       a->inheritance == b->inheritance && a->shared == b->shared;
}

static bool
are_all_alike(const struct atlas_region *a, const struct atlas_region *b)
{
	return are_alike(a, b) && a->wired == b->wired && a->tag == b->tag &&
	       a->share_mode == b->share_mode;
}

static const struct view basic = { atlas_region_at, are_alike };
static const struct view whole = { atlas_region_whole, are_all_alike };

/*
 * The first region that begins at an address or above, with all its alike
 * neighbours. KERN_INVALID_ADDRESS: there are no more.
 */
static kern_return_t
region_next(const struct view *view, task_t task, uint64_t address,
    struct atlas_region *region)
{
	struct atlas_region next;
	kern_return_t kr = view->get(task, address, region);

	if (kr != KERN_SUCCESS)
		return kr;
	while (view->get(task, region->end, &next) == KERN_SUCCESS &&
	       next.start == region->end && view->are_alike(region, &next)) {
		region->end = next.end;
		region->resident += next.resident;
	}
	return KERN_SUCCESS;
}

/* The one that has the address, or else the next one above. */
static kern_return_t
region_find(task_t task, uint64_t address, struct atlas_region *region)
{
	kern_return_t kr = region_next(&basic, task, 0, region);

	while (kr == KERN_SUCCESS && region->end <= address)
		kr = region_next(&basic, task, region->end, region);
	return kr;
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
print_attributes(FILE *out, const struct atlas_region *region)
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

static const char *
attributes_text(const struct atlas_region *region, char *text, size_t room)
{
	FILE *out = fmemopen(text, room, "w");

	text[0] = '\0';
	if (out) {
		print_attributes(out, region);
		fclose(out);
	}
	return text;
}

/* A name, if the line has room for it; else a number, or nothing for none. */
static const char *
tag_text(unsigned int tag, char *text, size_t room)
{
	const char *name = constant_name((struct value){ tag, MEANING_TAG });

	if (tag == 0)
		return "";
	if (name && strlen(name) <= TAG_WIDTH)
		return name;
	snprintf(text, room, "%u", tag);
	return text;
}

static const char *
sharing_text(unsigned int mode)
{
	static const char *const modes[] = {
		[SM_COW] = "cow",
		[SM_PRIVATE] = "private",
		[SM_EMPTY] = "empty",
		[SM_SHARED] = "shared",
		[SM_TRUESHARED] = "shared",
		[SM_PRIVATE_ALIASED] = "aliased",
		[SM_SHARED_ALIASED] = "aliased",
		[SM_LARGE_PAGE] = "large",
	};

	return mode < ARRAY_SIZE(modes) && modes[mode] ? modes[mode] : "?";
}

static void
print_head(void)
{
	printf("  %-23s %6s %7s %5s  %-15s %s %s\n", "start-end", "size",
	    "pages", "wired", "cur/max inherit", "sharing", "tag");
}

static void
print_row(const struct atlas_region *region)
{
	char range[64], size[32], attributes[64], number[16];
	const char *tag = tag_text(region->tag, number, sizeof(number));
	const char *sharing = sharing_text(region->share_mode);

	snprintf(range, sizeof(range), "%#" PRIx64 "-%#" PRIx64, region->start,
	    region->end);
	printf("  %-23s %6s %7" PRIu64 " %5u  %-15s ", range,
	    size_text(region->end - region->start, size, sizeof(size)),
	    region->resident, region->wired,
	    attributes_text(region, attributes, sizeof(attributes)));
	if (*tag)
		printf("%-7s %s\n", sharing, tag);
	else
		puts(sharing);
}

static void
put_region(struct json *json, const struct atlas_region *region)
{
	json_open_object(json, NULL);
	json_put_number(json, "address", region->start);
	json_put_number(json, "size", region->end - region->start);
	json_put_signed(json, "protection", region->protection);
	json_put_signed(json, "max_protection", region->max_protection);
	json_put_number(json, "inheritance", region->inheritance);
	json_put_boolean(json, "shared", region->shared);
	json_put_number(json, "user_wired_count", region->wired);
	json_put_number(json, "user_tag", region->tag);
	json_put_number(json, "share_mode", region->share_mode);
	json_put_number(json, "pages_resident", region->resident);
	json_close(json);
}

static bool
put_map(struct run *run, task_t task)
{
	struct json *json = json_begin(run->command);
	struct atlas_region region = { .end = 0 };
	kern_return_t kr;

	json_open_list(json, "regions");
	while ((kr = region_next(&whole, task, region.end, &region)) ==
	       KERN_SUCCESS)
		put_region(json, &region);
	json_close(json);
	json_end(json);
	return kr == KERN_INVALID_ADDRESS ||
	       run_fail_call(run, "mach_vm_region", kr);
}

bool
region_map(struct run *run, const struct argument *argument)
{
	task_t task = (task_t)argument[0].value.number;
	struct atlas_region region = { .end = 0 };
	kern_return_t kr;

	if (run->json)
		return put_map(run, task);
	kr = region_next(&whole, task, 0, &region);
	if (kr == KERN_SUCCESS)
		print_head();
	else if (kr == KERN_INVALID_ADDRESS)
		puts("  nothing is mapped");
	while (kr == KERN_SUCCESS) {
		print_row(&region);
		kr = region_next(&whole, task, region.end, &region);
	}
	return kr == KERN_INVALID_ADDRESS ||
	       run_fail_call(run, "mach_vm_region", kr);
}

/* --- Expected --------------------------------------------------------- */

static void
print_region(FILE *out, const struct atlas_region *region)
{
	fprintf(out, "%#" PRIx64 "-%#" PRIx64 " ", region->start, region->end);
	print_attributes(out, region);
	if (region->shared)
		fputs(" shared", out);
}

/* `expected` is a region, or NULL: none; so is what was got. */
static bool
fail_region(struct run *run, const struct atlas_region *expected,
    const struct atlas_region *got)
{
	const struct atlas_region *regions[] = { expected, got };
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
is_same(const struct atlas_region *a, const struct atlas_region *b)
{
	return a->start == b->start && a->end == b->end && are_alike(a, b);
}

bool
region_expect(struct run *run, const struct argument *argument)
{
	task_t task = (task_t)argument[0].value.number;
	struct atlas_region expected = {
		.start = argument[1].value.number,
		.end = argument[1].value.number + argument[2].value.number,
		.protection = (vm_prot_t)argument[3].value.number,
		.max_protection = (vm_prot_t)argument[3].other.number,
		.inheritance = (vm_inherit_t)argument[4].value.number,
		.shared = argument[5].given,
	};
	struct atlas_region got;
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
	struct atlas_region got;
	kern_return_t kr = region_find(task, address, &got);

	if (kr != KERN_SUCCESS && kr != KERN_INVALID_ADDRESS)
		return run_fail_call(run, "mach_vm_region", kr);
	return kr != KERN_SUCCESS || got.start > address ||
	       fail_region(run, NULL, &got);
}
