#include "client/vmctl/atlas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <mach/vm_page_size.h>

#include "client/show/constants.h"
#include "common/cleanup.h"

enum { PAGES_MOST = 1 << 18 }; /* of the atlas */

/* --- Regions ---------------------------------------------------------- */

kern_return_t
atlas_region_at(task_t task, uint64_t address, struct atlas_region *region)
{
	struct vm_region_basic_info_64 info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	mach_vm_size_t size = 0;
	mach_port_t object;
	kern_return_t kr = mach_vm_region(task, &address, &size,
	    VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &object);

	if (kr == KERN_SUCCESS)
		*region = (struct atlas_region){
			.start = address,
			.end = address + size,
			.protection = info.protection,
			.max_protection = info.max_protection,
			.inheritance = info.inheritance,
			.shared = info.shared != FALSE,
			.wired = info.user_wired_count,
		};
	/* What GNU Mach says at the end. */
	return kr == KERN_NO_SPACE ? KERN_INVALID_ADDRESS : kr;
}

kern_return_t
atlas_region_whole(task_t task, uint64_t address, struct atlas_region *region)
{
	struct vm_region_extended_info extended;
	struct vm_region_top_info top;
	mach_msg_type_number_t count = VM_REGION_EXTENDED_INFO_COUNT;
	mach_vm_size_t size = 0;
	mach_port_t object;
	kern_return_t kr = atlas_region_at(task, address, region);

	if (kr != KERN_SUCCESS)
		return kr;
	address = region->start;
	kr = mach_vm_region(task, &address, &size, VM_REGION_EXTENDED_INFO,
	    (vm_region_info_t)&extended, &count, &object);
	if (kr != KERN_SUCCESS)
		return kr;
	region->tag = extended.user_tag;
	region->share_mode = extended.share_mode;
	region->resident = extended.pages_resident;
	region->dirty = extended.pages_dirtied;
	region->swapped = extended.pages_swapped_out;
	address = region->start;
	count = VM_REGION_TOP_INFO_COUNT;
	if (mach_vm_region(task, &address, &size, VM_REGION_TOP_INFO,
		(vm_region_info_t)&top, &count, &object) == KERN_SUCCESS)
		region->object = top.obj_id;
	return KERN_SUCCESS;
}

static void
get_pages(struct atlas *atlas, task_t task, struct atlas_region *region)
{
	size_t most = (size_t)(atlas_size(region) >> vm_kernel_page_shift);
	struct vmd_page *pages;

	if (most > PAGES_MOST - atlas->frame_count)
		return;
	pages = calloc(most, sizeof(*pages));
	while (pages && region->page_count < most) {
		size_t count = most - region->page_count;
		uint64_t at = region->start +
			      (region->page_count << vm_kernel_page_shift);

		if (vmd_pages(task, at, region->end - at,
			pages + region->page_count, &count) != KERN_SUCCESS ||
		    count == 0)
			break;
		region->page_count += count;
	}
	region->pages = pages;
	atlas->frame_count += region->page_count;
}

static bool
add_region(struct atlas_task *task, const struct atlas_region *region)
{
	struct atlas_region *regions = reallocarray(task->regions,
	    task->count + 1, sizeof(*task->regions));

	if (!regions)
		return false;
	regions[task->count++] = *region;
	task->regions = regions;
	return true;
}

/* By their addresses: where one ends the next is looked for. */
static void
get_regions(struct atlas *atlas, struct atlas_task *task, task_t port,
    bool pages)
{
	struct atlas_region region;
	uint64_t address = 0;

	while (atlas_region_whole(port, address, &region) == KERN_SUCCESS) {
		if (pages)
			get_pages(atlas, port, &region);
		if (!add_region(task, &region)) {
			free(region.pages);
			break;
		}
		address = region.end;
	}
}

/* --- Tasks ------------------------------------------------------------ */

/* As the system has it, of a process on this machine. */
static void
get_command(struct atlas_task *task)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", task->info.pid);
	file = task->info.pid > 0 ? fopen(path, "re") : NULL;
	if (file && fgets(task->command, sizeof(task->command), file))
		task->command[strcspn(task->command, "\n")] = '\0';
	if (file)
		fclose(file);
}

static bool
add_task(struct atlas *atlas, const struct vmd_task *info)
{
	struct atlas_task *tasks =
	    reallocarray(atlas->tasks, atlas->count + 1, sizeof(*atlas->tasks));

	if (!tasks)
		return false;
	tasks[atlas->count] = (struct atlas_task){ .info = *info };
	get_command(&tasks[atlas->count++]);
	atlas->tasks = tasks;
	return true;
}

static kern_return_t
get_tasks(struct atlas *atlas)
{
	struct vmd_task tasks[64];
	uint64_t number = 0;
	size_t count;

	do {
		kern_return_t kr;

		count = ARRAY_SIZE(tasks);
		kr = vmd_tasks(number, tasks, &count);
		if (kr != KERN_SUCCESS)
			return kr;
		for (size_t i = 0; i < count; i++)
			if (!add_task(atlas, &tasks[i]))
				return KERN_RESOURCE_SHORTAGE;
		if (count > 0)
			number = tasks[count - 1].number + 1;
	} while (count > 0);
	return KERN_SUCCESS;
}

/* --- Frames ----------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool
sort_frames(struct atlas *atlas)
{
	size_t count = 0;

	atlas->frames = calloc(atlas->frame_count + 1, sizeof(uint32_t));
	if (!atlas->frames)
		return false;
	for (size_t t = 0; t < atlas->count; t++)
		for (size_t r = 0; r < atlas->tasks[t].count; r++) {
			const struct atlas_region *region =
			    &atlas->tasks[t].regions[r];

			for (size_t i = 0; i < region->page_count; i++)
				if (region->pages[i].frame != 0)
					atlas->frames[count++] =
					    region->pages[i].frame;
		}
	atlas->frame_count = count;
	qsort(atlas->frames, count, sizeof(*atlas->frames), compare);
	return true;
}

size_t
atlas_places(const struct atlas *atlas, uint32_t frame)
{
	const uint32_t *found =
	    frame ? bsearch(&frame, atlas->frames, atlas->frame_count,
			sizeof(frame), compare)
		  : NULL;
	const uint32_t *end = atlas->frames + atlas->frame_count;
	const uint32_t *from = found, *to = found;

	if (!found)
		return 0;
	while (from > atlas->frames && from[-1] == frame)
		from--;
	while (to < end && *to == frame)
		to++;
	return (size_t)(to - from);
}

/* --- The atlas -------------------------------------------------------- */

kern_return_t
atlas_init(struct atlas *atlas, uint64_t only, bool pages)
{
	kern_return_t kr;

	*atlas = (struct atlas){ .tasks = NULL };
	kr = get_tasks(atlas);
	for (size_t i = 0; i < atlas->count && kr == KERN_SUCCESS; i++) {
		struct atlas_task *task = &atlas->tasks[i];
		task_t port;

		if (!pages && only != 0 && task->info.number != only)
			continue;
		if (vmd_task_read(task->info.number, &port) != KERN_SUCCESS)
			continue;
		get_regions(atlas, task, port, pages);
		mach_port_deallocate(mach_task_self(), port);
	}
	if (kr == KERN_SUCCESS && !sort_frames(atlas))
		kr = KERN_RESOURCE_SHORTAGE;
	return kr;
}

void
atlas_deinit(struct atlas *atlas)
{
	for (size_t t = 0; t < atlas->count; t++) {
		for (size_t r = 0; r < atlas->tasks[t].count; r++)
			free(atlas->tasks[t].regions[r].pages);
		free(atlas->tasks[t].regions);
	}
	free(atlas->tasks);
	free(atlas->frames);
}

struct atlas_task *
atlas_find(const struct atlas *atlas, uint64_t number)
{
	for (size_t i = 0; i < atlas->count; i++)
		if (atlas->tasks[i].info.number == number)
			return &atlas->tasks[i];
	return NULL;
}

/* --- What it shows ---------------------------------------------------- */

enum atlas_kind
atlas_kind(const struct atlas *atlas, const struct atlas_region *region,
    size_t i)
{
	const struct vmd_page *page = &region->pages[i];

	if (i >= region->page_count)
		return ATLAS_UNKNOWN;
	if (page->frame == 0)
		return ATLAS_ZERO;
	if (region->shared)
		return ATLAS_SHARED;
	if (page->refs > 1 || atlas_places(atlas, page->frame) > 1)
		return ATLAS_COW;
	return region->wired > 0 ? ATLAS_WIRED : ATLAS_PRIVATE;
}

const char *
atlas_sharing(const struct atlas_region *region)
{
	static const char *const modes[] = {
		[SM_COW] = "COW",
		[SM_PRIVATE] = "PRV",
		[SM_EMPTY] = "NUL",
		[SM_SHARED] = "SHM",
		[SM_TRUESHARED] = "SHM",
		[SM_PRIVATE_ALIASED] = "P/A",
		[SM_SHARED_ALIASED] = "S/A",
		[SM_LARGE_PAGE] = "LPG",
	};

	return region->share_mode < ARRAY_SIZE(modes) &&
		       modes[region->share_mode]
		   ? modes[region->share_mode]
		   : "?";
}

const char *
atlas_type(const struct atlas_region *region)
{
	static char number[24];
	const char *name =
	    constant_name((struct value){ region->tag, MEANING_TAG });

	if (region->tag == 0)
		return "memory";
	if (name)
		return name;
	snprintf(number, sizeof(number), "tag %u", region->tag);
	return number;
}
