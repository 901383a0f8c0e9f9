/*
 * The model test: what was called, and whether it came out as the model says
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/vmd.h"
#include "tests/system/model_run.h"

/* --- What was called --------------------------------------------------- */

static unsigned long seed;
static char told[CALLS_TOLD][224];

unsigned long calls;

void
tell_start(unsigned long number)
{
	seed = number;
}

void
tell(const char *format, ...)
{
	char *line = told[calls++ % CALLS_TOLD];
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof(told[0]), format, list);
	va_end(list);
}

void
differ(const char *format, ...)
{
	unsigned long first = calls > CALLS_TOLD ? calls - CALLS_TOLD : 0;
	va_list list;

	printf("not ok seed %lu: call %lu: ", seed, calls);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\n");
	for (unsigned long i = first; i < calls; i++)
		printf("#\t%s;\n", told[i % CALLS_TOLD]);
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

/* --- Regions ----------------------------------------------------------- */

static vm_address_t
address_of(size_t page)
{
	return page * PAGE;
}

void
compare_bytes(size_t i, vm_address_t address, const uint8_t *seen,
    const uint8_t *expected, vm_size_t size)
{
	if (memcmp(seen, expected, size) == 0)
		return;
	while (*seen == *expected)
		seen++, expected++, address++;
	differ("in t%zu at %#zx there is %#x instead of %#x", i, address, *seen,
	    *expected);
}

static void
compare_page(size_t i, vm_address_t at,
    const struct vm_region_basic_info_64 *info)
{
	struct model_page *page = model_page_at(&tasks[i], at);

	if (!page)
		differ("a region of t%zu has the page %#zx", i, at);
	if (page->behavior == MODEL_UNKNOWN)
		page->behavior = info->behavior;
	if (page->wired == MODEL_UNKNOWN)
		page->wired = info->user_wired_count;
	if (info->protection != page->protection ||
	    info->max_protection != page->max_protection ||
	    info->inheritance != page->inheritance ||
	    info->shared != model_page_is_shared(page) ||
	    info->behavior != page->behavior ||
	    info->user_wired_count != page->wired)
		differ("in t%zu %#zx has protection %#x of %#x, inheritance "
		       "%u, shared %d, behavior %d, wired %d instead of %#x "
		       "of %#x, %u, %d, %d, %d",
		    i, at, info->protection, info->max_protection,
		    info->inheritance, info->shared, info->behavior,
		    info->user_wired_count, page->protection,
		    page->max_protection, page->inheritance,
		    model_page_is_shared(page), page->behavior, page->wired);
}

void
compare_region(size_t i, vm_address_t start, vm_size_t size,
    const struct vm_region_basic_info_64 *info)
{
	if (size == 0 || ((start | size) & (PAGE - 1)) != 0)
		differ("a region of %#zx bytes at %#zx", size, start);
	for (vm_address_t at = start; at < start + size; at += PAGE)
		compare_page(i, at, info);
	agree("reserved", info->reserved, FALSE);
}

/* All regions, and that there is nothing between them. */
static void
compare_regions(size_t i)
{
	vm_address_t at = 0;

	for (;;) {
		mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
		struct vm_region_basic_info_64 info;
		vm_address_t next = at, seen = at;
		vm_size_t size;
		mach_port_t name;
		kern_return_t kr = model_region(&tasks[i], &next);

		agree("the end of vm_region",
		    vm_region_64(ports[i], &seen, &size,
			VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info,
			&count, &name),
		    kr);
		if (kr != KERN_SUCCESS)
			return;
		agree("the next region", seen, next);
		compare_region(i, seen, size, &info);
		at = seen + size;
	}
}

/* --- Bytes ------------------------------------------------------------- */

static bool
is_readable(const struct model_page *page)
{
	return page->storage && (page->protection & VM_PROT_READ);
}

/* The runs of pages that may be read, as what vm_read_list is to read. */
static natural_t
list_readable(const struct model_task *task, struct vm_read_entry *list)
{
	const struct model_page *pages = task->pages;
	natural_t count = 0;

	for (size_t p = 0; p < MODEL_PAGES; p++) {
		if (!is_readable(&pages[p]))
			continue;
		if (p == 0 || !is_readable(&pages[p - 1]))
			list[count++] =
			    (struct vm_read_entry){ address_of(p), 0 };
		list[count - 1].size += PAGE;
	}
	return count;
}

static void
compare_readable(size_t i)
{
	vm_read_entry_t list, seen;
	natural_t count = list_readable(&tasks[i], list);

	memcpy(seen, list, sizeof(list[0]) * count);
	agree("the code of a read to compare",
	    vm_read_list(ports[i], seen, count), KERN_SUCCESS);
	for (natural_t k = 0; k < count; k++) {
		agree("an entry's size", seen[k].size, list[k].size);
		model_read_overwrite(&tasks[i], list[k].address, list[k].size,
		    expected_bytes);
		compare_bytes(i, list[k].address,
		    (const uint8_t *)seen[k].address, expected_bytes,
		    list[k].size);
		agree("the code of vm_deallocate of a buffer",
		    vm_deallocate(mach_task_self(), seen[k].address,
			seen[k].size),
		    KERN_SUCCESS);
	}
}

static void
compare_task(size_t i)
{
	if (!tasks[i].alive)
		return;
	compare_regions(i);
	compare_readable(i);
}

/* --- Bytes that may not be read ---------------------------------------- */

/* May it be made readable for the moment? */
static bool
is_hidden(const struct model_page *page)
{
	return page->storage && !(page->protection & VM_PROT_READ) &&
	       (page->max_protection & VM_PROT_READ) &&
	       (page->protection & VM_PROT_ALL & ~page->max_protection) == 0;
}

static void
protect_to_compare(size_t i, vm_address_t address, vm_prot_t protection)
{
	agree("the code of vm_protect to compare",
	    vm_protect(ports[i], address, PAGE, FALSE, protection),
	    KERN_SUCCESS);
}

/* Its bytes, in seen_bytes. */
static void
read_page(size_t i, size_t p)
{
	const struct model_page *page = &tasks[i].pages[p];
	vm_size_t count;

	if (is_hidden(page))
		protect_to_compare(i, address_of(p), VM_PROT_READ);
	agree("the code of a read to compare",
	    vm_read_overwrite(ports[i], address_of(p), PAGE,
		(vm_address_t)seen_bytes, &count),
	    KERN_SUCCESS);
	if (is_hidden(page))
		protect_to_compare(i, address_of(p), page->protection);
}

static void
compare_hidden(size_t i)
{
	for (size_t p = 0; p < MODEL_PAGES; p++) {
		if (!is_hidden(&tasks[i].pages[p]))
			continue;
		read_page(i, p);
		compare_bytes(i, address_of(p), seen_bytes,
		    tasks[i].pages[p].storage->bytes, PAGE);
	}
}

/* What can never be seen is as it was, as far as anybody can tell. */
static void
settle_page(size_t i, size_t p)
{
	static const uint8_t zeros[PAGE];
	struct model_page *page = &tasks[i].pages[p];
	bool is_zero = false;

	if (!is_readable(page) && !is_hidden(page) &&
	    (page->max_protection & VM_PROT_READ)) {
		protect_to_compare(i, address_of(p), VM_PROT_READ);
		page->protection = VM_PROT_READ;
	}
	if (is_readable(page) || is_hidden(page)) {
		read_page(i, p);
		is_zero = memcmp(seen_bytes, zeros, PAGE) == 0;
	}
	model_settle(page, is_zero);
}

void
settle(size_t i)
{
	for (size_t p = 0; p < MODEL_PAGES; p++) {
		const struct model_storage *storage = tasks[i].pages[p].storage;

		if (storage && storage->unsettled)
			settle_page(i, p);
	}
}

/* --- All --------------------------------------------------------------- */

void
compare_all(void)
{
	char complaint[256];

	for (size_t i = 0; i < TASKS; i++) {
		if (!tasks[i].alive)
			continue;
		compare_task(i);
		compare_hidden(i);
	}
	if (vmd_check(complaint, sizeof(complaint)) != KERN_SUCCESS)
		differ("vmd_check says: %s", complaint);
}

void
judge(size_t i, kern_return_t seen, kern_return_t expected)
{
	char *line = told[(calls - 1) % CALLS_TOLD];
	size_t length = strlen(line);

	snprintf(line + length, sizeof(told[0]) - length, " == %d", seen);
	if (seen != expected)
		differ("%s instead of %s", mach_error_string(seen),
		    mach_error_string(expected));
	if (seen != KERN_SUCCESS && one_in(4))
		compare_task(i);
}

void
undo_outside(size_t i, vm_address_t address, vm_size_t size, bool outside)
{
	if (!outside)
		return;
	tell("vm_deallocate(t%zu, %#zx, %#zx)", i, address, size);
	judge(i, vm_deallocate(ports[i], address, size), KERN_SUCCESS);
}
