/*
 * Memory under many addresses of many tasks: random calls, against pages that
 * are plainly shared or not
 *
 *      tasks       t0 [a][b][c]   t1 [a][d][c]
 *                      \  |  |         /  |  |
 *      pages            a b  c--------'   d  c       one each, with its bytes
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define RW VM_PROT_DEFAULT

enum {
	TASKS = 4,
	PAGES = 8, /* that each task has, all of them mapped */
	BASE = 0x100000,
	ENTRIES = 3,
	STEPS = 150,
};

struct page {
	struct page *next; /* of all */
	uint8_t bytes[PAGE];
};

static task_t tasks[TASKS];
static struct page *seen[TASKS][PAGES];

/* Some entries are kept for later. */
static struct kept {
	mach_port_t port;
	bool copy;
	unsigned pages;
	struct page *seen[PAGES];
} entries[ENTRIES];

static struct page *all_pages;
static unsigned seed;

void
test_setup(void)
{
	daemon_start("--check", NULL);
	for (unsigned i = 0; i < TASKS; i++)
		tasks[i] = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

/* --- What must be seen ------------------------------------------------- */

static unsigned
below(unsigned bound)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % bound;
}

/* NULL: zeros. */
static struct page *
new_page(const struct page *like)
{
	struct page *page = calloc(1, sizeof(*page));

	ck_assert_ptr_nonnull(page);
	if (like)
		memcpy(page->bytes, like->bytes, PAGE);
	page->next = all_pages;
	all_pages = page;
	return page;
}

static void
see_pages(struct page **to, struct page *const *from, unsigned count, bool copy)
{
	struct page *pages[PAGES];

	for (unsigned i = 0; i < count; i++)
		pages[i] = copy ? new_page(from[i]) : from[i];
	memcpy(to, pages, count * sizeof(*to));
}

static void
task_is_right(unsigned t, int step)
{
	static uint8_t bytes[PAGES * PAGE];
	vm_size_t count = 0;

	succeeds(vm_read_overwrite(tasks[t], BASE, sizeof(bytes),
	    (vm_address_t)bytes, &count));
	for (unsigned i = 0; i < PAGES; i++)
		if (memcmp(bytes + i * PAGE, seen[t][i]->bytes, PAGE) != 0)
			ck_abort_msg("step %d: task %u, page %u", step, t, i);
}

/* --- What is done ------------------------------------------------------ */

/* Pages of a task. */
struct part {
	unsigned task;
	unsigned first;
	unsigned count;
	vm_address_t at;
	vm_size_t size;
	struct page **pages;
};

static struct part
part_of(unsigned t, unsigned first, unsigned count)
{
	return (struct part){ t, first, count, BASE + first * PAGE,
		count * PAGE, &seen[t][first] };
}

static struct part
any_part(unsigned count)
{
	return part_of(below(TASKS), below(PAGES - count + 1), count);
}

static void
do_write(unsigned count)
{
	static uint8_t bytes[PAGES * PAGE];
	struct part part = any_part(count);
	unsigned from = below(PAGE);
	unsigned size = 1 + below(count * PAGE - from);

	fill_pattern(bytes, size, seed);
	succeeds(vm_write(tasks[part.task], part.at + from, (vm_offset_t)bytes,
	    size));
	for (unsigned i = 0; i < size; i++)
		part.pages[(from + i) / PAGE]->bytes[(from + i) % PAGE] =
		    bytes[i];
}

static void
do_copy(unsigned count)
{
	struct part from = any_part(count);
	struct part to = part_of(from.task, below(PAGES - count + 1), count);
	struct page *copies[PAGES];

	succeeds(vm_copy(tasks[from.task], from.at, from.size, to.at));
	see_pages(copies, from.pages, count, true);
	for (unsigned i = 0; i < count; i++)
		memcpy(to.pages[i]->bytes, copies[i]->bytes, PAGE);
}

static void
do_remap(unsigned count)
{
	struct part from = any_part(count), to = any_part(count);
	bool copy = below(2);
	vm_prot_t current, most;

	succeeds(vm_remap(tasks[to.task], &to.at, to.size, 0,
	    VM_FLAGS_OVERWRITE, tasks[from.task], from.at, copy, &current,
	    &most, VM_INHERIT_COPY));
	see_pages(to.pages, from.pages, count, copy);
}

static void
do_entry(unsigned count)
{
	static const vm_prot_t kinds[] = { 0, MAP_MEM_VM_SHARE,
		MAP_MEM_VM_COPY };
	struct kept *kept = &entries[below(ENTRIES)];
	struct part from = any_part(count);
	vm_prot_t kind = kinds[below(ARRAY_SIZE(kinds))];

	if (kept->port)
		let_go(kept->port);
	kept->port = entry_of(tasks[from.task], from.at, from.size, RW | kind);
	kept->copy = kind == MAP_MEM_VM_COPY;
	kept->pages = count;
	see_pages(kept->seen, from.pages, count, kept->copy);
}

static void
do_map(unsigned count)
{
	struct kept *kept = &entries[below(ENTRIES)];
	unsigned skip = count < kept->pages ? below(kept->pages - count) : 0;
	bool copy = below(2);
	struct part to;

	if (!kept->port)
		return;
	count = MIN(count, kept->pages);
	to = any_part(count);
	succeeds(vm_map(tasks[to.task], &to.at, to.size, 0, VM_FLAGS_OVERWRITE,
	    kept->port, skip * PAGE, copy, RW, RW, VM_INHERIT_COPY));
	see_pages(to.pages, kept->seen + skip, count, copy || kept->copy);
}

/* A task ends, and a child of another is in its place, which shares a part. */
static void
do_fork(unsigned count)
{
	struct part part = any_part(count);
	task_t parent = tasks[part.task];
	unsigned child = (part.task + 1 + below(TASKS - 1)) % TASKS;

	inherit(parent, BASE, PAGES * PAGE, VM_INHERIT_COPY);
	inherit(parent, part.at, part.size, VM_INHERIT_SHARE);
	end_task(tasks[child]);
	tasks[child] = child_of(parent);
	see_pages(seen[child], seen[part.task], PAGES, true);
	see_pages(&seen[child][part.first], part.pages, count, false);
}

static void
do_allocate(unsigned count)
{
	struct part part = any_part(count);

	if (below(2)) {
		succeeds(vm_deallocate(tasks[part.task], part.at, part.size));
		allocate_at(tasks[part.task], part.at, part.size);
	} else {
		succeeds(vm_allocate(tasks[part.task], &part.at, part.size,
		    VM_FLAGS_OVERWRITE));
	}
	for (unsigned i = 0; i < count; i++)
		part.pages[i] = new_page(NULL);
}

static void
do_protect(unsigned count)
{
	struct part part = any_part(count);

	succeeds(vm_protect(tasks[part.task], part.at, part.size, FALSE,
	    RW | VM_PROT_COPY));
	see_pages(part.pages, part.pages, count, true);
}

static void
do_zero(unsigned count)
{
	struct part part = any_part(count);

	succeeds(vm_behavior_set(tasks[part.task], part.at, part.size,
	    VM_BEHAVIOR_ZERO));
	for (unsigned i = 0; i < count; i++)
		memset(part.pages[i]->bytes, 0, PAGE);
}

/* Changes nothing that is seen. */
static void
do_wire(unsigned count)
{
	static mach_port_t host;
	struct part part = any_part(count);

	if (host == MACH_PORT_NULL)
		host = privileged_host();
	succeeds(vm_wire(host, tasks[part.task], part.at, part.size,
	    below(3) == 0 ? RW : VM_PROT_NONE));
}

static void (*const deeds[])(unsigned count) = { do_write, do_write, do_write,
	do_copy, do_copy, do_remap, do_remap, do_entry, do_map, do_map, do_fork,
	do_allocate, do_protect, do_zero, do_wire };

/* --- Does it hold? ----------------------------------------------------- */

static void
start(void)
{
	for (unsigned t = 0; t < TASKS; t++) {
		allocate_at(tasks[t], BASE, PAGES * PAGE);
		for (unsigned i = 0; i < PAGES; i++)
			seen[t][i] = new_page(NULL);
	}
}

static void
stop(void)
{
	struct page *next;

	for (unsigned i = 0; i < ENTRIES; i++)
		if (entries[i].port)
			let_go(entries[i].port);
	for (unsigned t = 0; t < TASKS; t++)
		end_task(tasks[t]);
	for (; all_pages; all_pages = next) {
		next = all_pages->next;
		free(all_pages);
	}
}

static void
aliases_hold(unsigned first_seed)
{
	struct vmd_statistics before, after;

	succeeds(vmd_statistics(&before));
	seed = first_seed;
	start();
	for (int step = 0; step < STEPS; step++) {
		deeds[below(ARRAY_SIZE(deeds))](1 + below(PAGES));
		for (unsigned t = 0; t < TASKS; t++)
			task_is_right(t, step);
	}
	stop();
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.pages_used, before.pages_used);
	ck_assert_uint_eq(after.nodes_used, before.nodes_used);
	ck_assert_uint_eq(after.entries_used, before.entries_used);
	ck_assert_uint_eq(after.objects_used, before.objects_used);
}

#define ALIASES_HOLD(n)                                                        \
	TEST(what_is_shared_is_seen_by_all_and_what_is_copied_by_one_##n)      \
	{                                                                      \
		aliases_hold(n);                                               \
	}

ALIASES_HOLD(1)
ALIASES_HOLD(2)
ALIASES_HOLD(3)
ALIASES_HOLD(4)
ALIASES_HOLD(5)
ALIASES_HOLD(6)
ALIASES_HOLD(7)
ALIASES_HOLD(8)
ALIASES_HOLD(9)
ALIASES_HOLD(10)
