/*
 * Maps: one call that has much to do
 *
 * Of a map with so many entries, or of so much memory that nobody could do it
 * at once. Bytes are shifted, so that pages cannot just change hands.
 */
#include <stdlib.h>
#include <string.h>

#include <mach/gnumach.h>
#include <mach/host_priv.h>
#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <mach/vm_param.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/attack/attack.h"

enum { PAGE = 4096, MEGA = 1 << 20 };

#define START UINT64_C(0x10000000)
#define THERE UINT64_C(0x100000000000) /* far from it */

static void
must(kern_return_t kr, const char *what)
{
	if (kr != KERN_SUCCESS)
		attack_give_up("an attacker's %s: %s", what,
		    mach_error_string(kr));
}

static void
allocate_at(vm_address_t address, vm_size_t size)
{
	must(vm_allocate(mach_task_self(), &address, size, VM_FLAGS_FIXED),
	    "vm_allocate");
}

/* --- Entries ----------------------------------------------------------- */

/* Pages at START that alternate in their tags: an entry each. What there is is
 * mapped again behind itself until there are enough. Returns the bytes. */
static vm_size_t
make_entries(bool written)
{
	vm_size_t size = 256 * PAGE, all = (vm_size_t)scale.entries * PAGE;
	vm_prot_t current, maximum;

	for (vm_address_t at = START; at < START + size; at += PAGE)
		must(vm_allocate(mach_task_self(), &at, PAGE,
			 VM_FLAGS_FIXED | VM_MAKE_TAG(1 + at / PAGE % 2)),
		    "vm_allocate");
	for (vm_size_t at = 0; written && at < size; at += PAGE)
		must(vm_write(mach_task_self(), START + at,
			 (vm_offset_t) "bytes", 5),
		    "vm_write");
	for (; size < all; size *= 2) {
		vm_address_t to = START + size;

		must(vm_remap(mach_task_self(), &to, size, 0, VM_FLAGS_FIXED,
			 mach_task_self(), START, TRUE, &current, &maximum,
			 VM_INHERIT_COPY),
		    "vm_remap");
	}
	return size;
}

static void
terminate(unsigned self)
{
	task_t child;

	(void)self;
	make_entries(true);
	attack_ready();
	for (;; attack_round()) {
		must(task_create(mach_task_self(), NULL, 0, TRUE, &child),
		    "task_create");
		must(task_terminate(child), "task_terminate");
		mach_port_deallocate(mach_task_self(), child);
	}
}

/* Children that stay until there is no room for one more. */
static void
fork_tree(unsigned self)
{
	task_t child;

	(void)self;
	make_entries(false);
	attack_ready();
	for (;; attack_round())
		if (task_create(mach_task_self(), NULL, 0, TRUE, &child) !=
		    KERN_SUCCESS)
			break;
}

/* Each call touches all of them. */
static void
protect(unsigned self)
{
	vm_size_t size = make_entries(false);

	(void)self;
	attack_ready();
	for (int i = 0;; i++) {
		must(vm_protect(mach_task_self(), START, size, FALSE,
			 i % 2 ? VM_PROT_READ : VM_PROT_DEFAULT),
		    "vm_protect");
		attack_round();
	}
}

static void
copy_all(unsigned self)
{
	vm_size_t size = make_entries(true) / 8;

	(void)self;
	attack_ready();
	for (;; attack_round())
		must(vm_copy(mach_task_self(), START, size, START + size),
		    "vm_copy");
}

static void
walk(unsigned self)
{
	vm_region_submap_info_data_64_t info;

	(void)self;
	make_entries(true);
	attack_ready();
	for (vm_address_t at = START;; attack_round()) {
		mach_msg_type_number_t count = VM_REGION_SUBMAP_INFO_COUNT_64;
		natural_t depth = 0;
		vm_size_t size;

		if (vm_region_recurse_64(mach_task_self(), &at, &size, &depth,
			(vm_region_recurse_info_t)&info,
			&count) == KERN_SUCCESS)
			at += size;
		else
			at = START;
	}
}

/* What counts all entries to answer. */
static void
count_all(unsigned self)
{
	vm_size_t size = make_entries(true);

	attack_ready();
	for (;; attack_round()) {
		task_vm_info_data_t info;
		mach_msg_type_number_t count = TASK_VM_INFO_COUNT;
		vm_size_t entry_size = size;
		mach_port_t entry;

		task_info(mach_task_self(), TASK_VM_INFO, (task_info_t)&info,
		    &count);
		vm_msync(mach_task_self(), START, size, VM_SYNC_KILLPAGES);
		vm_behavior_set(mach_task_self(), START, size,
		    VM_BEHAVIOR_REUSABLE);
		if (self == 0 &&
		    mach_make_memory_entry(mach_task_self(), &entry_size, START,
			VM_PROT_READ | MAP_MEM_VM_COPY, &entry,
			MACH_PORT_NULL) == KERN_SUCCESS)
			mach_port_deallocate(mach_task_self(), entry);
	}
}

/* Takes the map apart, page by page and at once, and makes it anew. */
static void
deallocate(unsigned self)
{
	(void)self;
	attack_ready();
	for (;; attack_round()) {
		vm_size_t size = make_entries(true);

		for (vm_size_t at = 0; at < size; at += size / 64)
			must(vm_deallocate(mach_task_self(), START + at, PAGE),
			    "vm_deallocate");
		for (vm_size_t at = 0; at < size; at += size / 64)
			must(vm_deallocate(mach_task_self(), START + at + PAGE,
				 size / 64 - PAGE),
			    "vm_deallocate");
	}
}

/* --- Memory ------------------------------------------------------------ */

static char mega[MEGA];

/* Memory that has frames. */
static void
make_big(vm_address_t address, uint64_t size)
{
	allocate_at(address, size + PAGE);
	memset(mega, 'x', sizeof(mega));
	for (uint64_t at = 0; at < size; at += MEGA)
		must(vm_write(mach_task_self(), address + at, (vm_offset_t)mega,
			 MEGA),
		    "vm_write");
}

/* Shifted by a byte, which xnu does and the others refuse. */
static void
copy_big(unsigned self)
{
	(void)self;
	setenv("VMD_PERSONALITY", "xnu", 1);
	make_big(START, scale.big);
	allocate_at(THERE, scale.big + PAGE);
	attack_ready();
	for (;; attack_round()) {
		must(vm_copy(mach_task_self(), START, scale.big, THERE + 1),
		    "vm_copy");
		must(vm_behavior_set(mach_task_self(), THERE, scale.big + PAGE,
			 VM_BEHAVIOR_ZERO),
		    "vm_behavior_set");
	}
}

/* Pages between trees that do not lie alike: slot by slot. */
static void
graft(unsigned self)
{
	(void)self;
	make_big(START, scale.big);
	allocate_at(THERE, scale.big + 2 * PAGE);
	attack_ready();
	for (;; attack_round())
		must(vm_copy(mach_task_self(), START, scale.big - PAGE,
			 THERE + (1 + chance(2)) * PAGE),
		    "vm_copy");
}

static void
wire(unsigned self)
{
	mach_port_t host = mach_host_self(), privileged;

	(void)self;
	must(host_get_special_port(host, HOST_LOCAL_NODE, HOST_PRIV_PORT,
		 &privileged),
	    "host_get_special_port");
	allocate_at(START, scale.big);
	attack_ready();
	for (;; attack_round()) {
		must(vm_wire(privileged, mach_task_self(), START, scale.big,
			 VM_PROT_READ),
		    "vm_wire");
		must(vm_wire(privileged, mach_task_self(), START, scale.big,
			 VM_PROT_NONE),
		    "vm_wire");
		must(vm_behavior_set(mach_task_self(), START, scale.big,
			 VM_BEHAVIOR_ZERO),
		    "vm_behavior_set");
	}
}

static void
query(unsigned self)
{
	static integer_t dispositions[4096];
	static struct vmd_page pages[4096];

	(void)self;
	make_big(START, scale.big / 4);
	allocate_at(THERE, UINT64_C(1) << 44);
	attack_ready();
	for (;; attack_round()) {
		uint64_t at = START + chance((uint32_t)(scale.big / 8));
		mach_vm_size_t count = ARRAY_SIZE(dispositions);
		size_t pages_count = ARRAY_SIZE(pages);
		integer_t disposition, refs;

		mach_vm_page_range_query(mach_task_self(), at, scale.big / 8,
		    (mach_vm_address_t)dispositions, &count);
		vmd_pages(mach_task_self(), THERE, UINT64_C(1) << 44, pages,
		    &pages_count);
		vm_map_page_query(mach_task_self(), at, &disposition, &refs);
	}
}

/* Entries made of it, mapped elsewhere and let go of. */
static void
entry(unsigned self)
{
	vm_prot_t kind = self ? MAP_MEM_VM_COPY : MAP_MEM_VM_SHARE;

	make_big(START, scale.big / 2);
	attack_ready();
	for (;; attack_round()) {
		vm_size_t size = scale.big / 2 - PAGE;
		vm_address_t at = THERE;
		mach_port_t port;

		must(mach_make_memory_entry(mach_task_self(), &size,
			 START + PAGE, VM_PROT_DEFAULT | kind, &port,
			 MACH_PORT_NULL),
		    "mach_make_memory_entry");
		must(vm_map(mach_task_self(), &at, size, 0, VM_FLAGS_FIXED,
			 port, 0, TRUE, VM_PROT_READ, VM_PROT_DEFAULT,
			 VM_INHERIT_COPY),
		    "vm_map");
		vm_deallocate(mach_task_self(), at, size);
		mach_port_deallocate(mach_task_self(), port);
	}
}

/* What a client may ask of everything: what the daemon has of all clients is
 * looked at. Of the check all wait for the end, so it is the privileged's. */
static void
look(unsigned self)
{
	mach_port_t host = mach_host_self(), privileged;
	bool checks = host_get_special_port(host, HOST_LOCAL_NODE,
			  HOST_PRIV_PORT, &privileged) != KERN_SUCCESS;

	make_entries(true);
	attack_ready();
	for (;; attack_round()) {
		vm_statistics64_data_t statistics;
		mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
		char complaint[64];

		if (self == 0 && checks)
			vmd_check(complaint, sizeof(complaint));
		host_statistics64(host, HOST_VM_INFO64,
		    (host_info64_t)&statistics, &count);
	}
}

const struct scene map_scenes[] = {
	{ "map-terminate", "forks and ends a task of many entries", terminate,
	    1, PLAIN },
	{ "map-fork", "forks a task of many entries until it cannot", fork_tree,
	    1, PLAIN },
	{ "map-protect", "vm_protect of many entries", protect, 1, PLAIN },
	{ "map-copy", "vm_copy of many entries", copy_all, 1, PLAIN },
	{ "map-walk", "vm_region of many entries, one by one", walk, 2, PLAIN },
	{ "map-count", "advice on many entries, and entries of them", count_all,
	    2, PLAIN },
	{ "map-deallocate", "takes a map of many entries apart", deallocate, 1,
	    PLAIN },
	{ "map-look", "vmd_check and statistics of many entries", look, 2,
	    PLAIN },
	{ "big-copy", "vm_copy of much, shifted by a byte", copy_big, 1,
	    PLAIN },
	{ "big-graft", "vm_copy of much, shifted by a page", graft, 1, PLAIN },
	{ "big-wire", "vm_wire of much", wire, 1, AS_ROOT },
	{ "big-query", "what much is made of", query, 2, PLAIN },
	{ "big-entry", "memory entries of much", entry, 2, PLAIN },
	{ NULL, NULL, NULL, 0, PLAIN },
};
