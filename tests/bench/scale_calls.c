/*
 * A long run of calls of all kinds
 *
 *      slots   [ 7 pages ][ free ][ 16 pages ] ...     memory of the caller's
 *      tasks   [ child ][ free ][ child ] ...
 *      ports   [ port ][ free ] ...
 *
 * Each call is drawn by lot, and goes to a slot that is drawn, too: what is free
 * is made, what is there is used or ends. So there is about half of everything
 * at any time, and a daemon that loses nothing has no more at the end than at
 * the beginning.
 */
#include <inttypes.h>
#include <mach/mach.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/bench/bench.h"
#include "tests/bench/calls.h"
#include "tests/bench/house.h"
#include "tests/bench/peer.h"
#include "tests/bench/scale.h"

enum { PAGE = 4096, PAGES_MOST = 16, SLOTS = 64, TASKS = 8, PORTS = 64 };

static struct {
	vm_address_t address; /* 0: free */
	vm_size_t size;
} slots[SLOTS];
static task_t tasks[TASKS];
static mach_port_t ports[PORTS];
static char bytes[2 * PAGE];
static task_t self;

/* --- Calls ------------------------------------------------------------- */

static void
allocate(unsigned s)
{
	slots[s].address = 0;
	slots[s].size = (1 + bench_any(PAGES_MOST)) * PAGE;
	call_must(vm_allocate(self, &slots[s].address, slots[s].size,
		      VM_FLAGS_ANYWHERE),
	    "vm_allocate");
}

static void
deallocate(unsigned s)
{
	call_must(vm_deallocate(self, slots[s].address, slots[s].size),
	    "vm_deallocate");
	slots[s].address = 0;
}

static void
write_some(unsigned s)
{
	vm_size_t size = 1 + bench_any(MIN(slots[s].size, sizeof(bytes)));
	vm_address_t at =
	    slots[s].address + bench_any(slots[s].size - size + 1);

	call_must(vm_write(self, at, (vm_offset_t)bytes,
		      (mach_msg_type_number_t)size),
	    "vm_write");
}

static void
read_some(unsigned s)
{
	mach_msg_type_number_t count;
	vm_offset_t data;

	call_must(vm_read(self, slots[s].address, slots[s].size, &data, &count),
	    "vm_read");
	call_must(vm_deallocate(self, data, count), "vm_deallocate");
}

static void
copy(unsigned s)
{
	unsigned to = (unsigned)bench_any(SLOTS);

	if (slots[to].address == 0)
		to = s;
	call_must(vm_copy(self, slots[s].address,
		      MIN(slots[s].size, slots[to].size), slots[to].address),
	    "vm_copy");
}

/* Of a page of it, which splits the region; and joins it again. */
static void
protect(unsigned s)
{
	vm_address_t at =
	    slots[s].address + bench_any(slots[s].size / PAGE) * PAGE;

	call_must(vm_protect(self, at, PAGE, FALSE, VM_PROT_READ),
	    "vm_protect");
	call_must(vm_protect(self, at, PAGE, FALSE, VM_PROT_DEFAULT),
	    "vm_protect");
}

static void
inherit(unsigned s)
{
	call_must(vm_inherit(self, slots[s].address, slots[s].size,
		      (vm_inherit_t)bench_any(3)),
	    "vm_inherit");
}

static void
tell_region(unsigned s)
{
	vm_region_basic_info_data_64_t info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	vm_address_t address = slots[s].address;
	mach_port_t object;
	vm_size_t size;

	call_must(vm_region_64(self, &address, &size, VM_REGION_BASIC_INFO_64,
		      (vm_region_info_t)&info, &count, &object),
	    "vm_region_64");
}

/* Shared with another place, or a copy there. */
static void
remap(unsigned s)
{
	vm_prot_t protection, most;
	vm_address_t address = 0;

	call_must(vm_remap(self, &address, slots[s].size, 0, VM_FLAGS_ANYWHERE,
		      self, slots[s].address, bench_any(2) != 0, &protection,
		      &most, VM_INHERIT_COPY),
	    "vm_remap");
	call_must(vm_deallocate(self, address, slots[s].size), "vm_deallocate");
}

static void
make_entry(unsigned s)
{
	mem_entry_name_port_t entry;
	vm_size_t size = slots[s].size;

	call_must(mach_make_memory_entry(self, &size, slots[s].address,
		      VM_PROT_DEFAULT, &entry, MACH_PORT_NULL),
	    "mach_make_memory_entry");
	call_must(mach_port_deallocate(self, entry), "mach_port_deallocate");
}

static void
make_or_end_task(unsigned nothing)
{
	task_t *task = &tasks[bench_any(TASKS)];

	(void)nothing;
	if (*task == MACH_PORT_NULL) {
		call_must(task_create(self, NULL, 0, TRUE, task),
		    "task_create");
		return;
	}
	call_must(task_terminate(*task), "task_terminate");
	call_must(mach_port_deallocate(self, *task), "mach_port_deallocate");
	*task = MACH_PORT_NULL;
}

static void
make_or_end_port(unsigned nothing)
{
	mach_port_t *port = &ports[bench_any(PORTS)];

	(void)nothing;
	if (*port == MACH_PORT_NULL) {
		call_must(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE,
			      port),
		    "mach_port_allocate");
		return;
	}
	call_must(mach_port_mod_refs(self, *port, MACH_PORT_RIGHT_RECEIVE, -1),
	    "mach_port_mod_refs");
	*port = MACH_PORT_NULL;
}

/* --- By lot ------------------------------------------------------------ */

/* Calls in it, so often it is drawn; free: the slot need not be there. */
static const struct kind {
	void (*call)(unsigned slot);
	unsigned calls;
	unsigned weight;
	bool free;
} kinds[] = {
	{ allocate, 1, 20, true },
	{ write_some, 1, 20, false },
	{ read_some, 1, 20, false },
	{ deallocate, 1, 10, false },
	{ copy, 1, 8, false },
	{ protect, 2, 5, false },
	{ inherit, 1, 5, false },
	{ tell_region, 1, 10, false },
	{ remap, 2, 4, false },
	{ make_entry, 2, 4, false },
	{ make_or_end_task, 2, 1, true },
	{ make_or_end_port, 1, 3, true },
};

static const struct kind *
draw(void)
{
	unsigned all = 0, lot;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		all += kinds[i].weight;
	lot = (unsigned)bench_any(all);
	for (i = 0; lot >= kinds[i].weight; i++)
		lot -= kinds[i].weight;
	return &kinds[i];
}

/* Calls that were made. */
static unsigned
call_by_lot(struct samples *samples)
{
	const struct kind *kind = draw();
	unsigned s = (unsigned)bench_any(SLOTS);
	uint64_t start;

	if (kind->call == allocate && slots[s].address != 0)
		return 0;
	if (!kind->free && slots[s].address == 0)
		return 0;
	start = bench_now();
	kind->call(s);
	samples_add(samples, (bench_now() - start) / kind->calls);
	return kind->calls;
}

/* --- A tenth, and another ---------------------------------------------- */

/* What is there, as vmd itself and the system have it. */
struct footing {
	struct vmd_statistics vmd;
	unsigned long resident; /* bytes, of the daemon */
};

static void
look(struct footing *footing)
{
	call_must(vmd_statistics(&footing->vmd), "vmd_statistics");
	footing->resident = house_resident(house_pid());
}

static void
run_tenth(uint64_t calls, struct peer *peer, struct samples *samples,
    struct samples *pings)
{
	enum { ROUND = 256, PINGS = 16 };

	for (uint64_t made = 0; made < calls;) {
		uint64_t end = made + ROUND;

		while (made < end)
			made += call_by_lot(samples);
		for (int i = 0; i < PINGS; i++) {
			uint64_t start = bench_now();

			peer_ping(peer);
			samples_add(pings, bench_now() - start);
		}
	}
}

static void
tell_footing(const char *who, uint64_t calls, const struct footing *footing)
{
	bench_number("calls-memory", who, calls, "bytes",
	    (double)footing->resident);
	bench_number("calls-frames", who, calls, "frames",
	    (double)footing->vmd.pages_used);
	bench_number("calls-nodes", who, calls, "nodes",
	    (double)footing->vmd.nodes_used);
	bench_number("calls-entries", who, calls, "entries",
	    (double)footing->vmd.entries_used);
}

/* Ends all that was made. */
static void
clear_up(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i].address != 0)
			deallocate(i);
	for (unsigned i = 0; i < TASKS; i++)
		if (tasks[i] != MACH_PORT_NULL) {
			call_must(task_terminate(tasks[i]), "task_terminate");
			call_must(mach_port_deallocate(self, tasks[i]),
			    "mach_port_deallocate");
		}
	for (unsigned i = 0; i < PORTS; i++)
		if (ports[i] != MACH_PORT_NULL)
			call_must(mach_port_mod_refs(self, ports[i],
				      MACH_PORT_RIGHT_RECEIVE, -1),
			    "mach_port_mod_refs");
}

/* What is dead is freed when nobody calls: soon. */
static void
must_be_as_before(const struct footing *before)
{
	struct footing now;

	for (int i = 0; i < 100; i++) {
		look(&now);
		if (now.vmd.pages_used <= before->vmd.pages_used &&
		    now.vmd.nodes_used <= before->vmd.nodes_used &&
		    now.vmd.entries_used <= before->vmd.entries_used &&
		    now.vmd.objects_used <= before->vmd.objects_used &&
		    now.vmd.tasks <= before->vmd.tasks)
			return;
		usleep(20000);
	}
	bench_fail("vmd has %" PRIu64 " frames, %" PRIu64 " nodes, %" PRIu64
		   " entries, %" PRIu64 " objects, %" PRIu64 " tasks too many",
	    now.vmd.pages_used - before->vmd.pages_used,
	    now.vmd.nodes_used - before->vmd.nodes_used,
	    now.vmd.entries_used - before->vmd.entries_used,
	    now.vmd.objects_used - before->vmd.objects_used,
	    now.vmd.tasks - before->vmd.tasks);
}

static uint64_t
calls_wanted(void)
{
	const char *said = getenv("SCALE_CALLS");
	uint64_t calls = bench_quick ? 10000 : 1000000;
	char *end;

	if (said) {
		calls = strtoull(said, &end, 10);
		if (*end != '\0' || calls < 1000)
			bench_fail("SCALE_CALLS is '%s', not a number of 1000 "
				   "or more",
			    said);
	}
	return calls;
}

void
scale_measure_calls(void *nothing)
{
	struct samples first = { 0 }, last = { 0 };
	struct samples first_pings = { 0 }, last_pings = { 0 };
	struct samples none = { 0 }, none_pings = { 0 };
	uint64_t calls = calls_wanted();
	struct footing start, early, late;
	struct peer peer;

	(void)nothing;
	self = mach_task_self();
	peer_start(&peer, 0);
	allocate(0); /* a task is made when it is wanted first */
	deallocate(0);
	look(&start);
	run_tenth(calls / 10, &peer, &first, &first_pings);
	look(&early);
	for (int tenth = 1; tenth < 9; tenth++) {
		bench_progress("calls: tenth %d", tenth + 1);
		run_tenth(calls / 10, &peer, &none, &none_pings);
		none.count = none_pings.count = 0;
	}
	run_tenth(calls / 10, &peer, &last, &last_pings);
	look(&late);

	bench_row("calls", "vmd", calls, &last);
	bench_row("calls", "vmd-first", calls, &first);
	bench_row("calls", "socket", calls, &last_pings);
	bench_row("calls", "socket-first", calls, &first_pings);
	tell_footing("vmd", calls, &late);
	tell_footing("vmd-first", calls, &early);
	clear_up();
	must_be_as_before(&start);
	peer_stop(&peer);
	samples_deinit(&first);
	samples_deinit(&last);
	samples_deinit(&first_pings);
	samples_deinit(&last_pings);
	samples_deinit(&none);
	samples_deinit(&none_pings);
}
