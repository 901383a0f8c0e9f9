/* Memory seen by many, as programs use it: debuggers, ring buffers, compilers,
 * families of tasks. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/mach_vm.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define RO VM_PROT_READ
#define RW VM_PROT_DEFAULT
#define RX (VM_PROT_READ | VM_PROT_EXECUTE)

static task_t task;

void
test_setup(void)
{
	daemon_start("--check", NULL);
	task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

static void
put(task_t where, vm_address_t address, const void *bytes, vm_size_t size)
{
	succeeds(vm_write(where, address, (vm_offset_t)bytes,
	    (mach_msg_type_number_t)size));
}

static void
get(task_t where, vm_address_t address, void *bytes, vm_size_t size)
{
	vm_size_t count = 0;

	succeeds(vm_read_overwrite(where, address, size, (vm_address_t)bytes,
	    &count));
	ck_assert_uint_eq(count, size);
}

/* --- A debugger -------------------------------------------------------- */

/* A program with code, constants, data, a heap, and a stack behind a guard. */
static task_t
new_program(void)
{
	task_t program = new_task();
	vm_address_t heap = 0x40000000, stack = 0x7fff0000;

	draw(program, 0x400000, "ccccrrdd");
	protect(program, 0x400000, 4 * PAGE, RX);
	protect(program, 0x404000, 2 * PAGE, RO);
	succeeds(vm_allocate(program, &heap, 16 * PAGE,
	    VM_FLAGS_FIXED | VM_MAKE_TAG(VM_MEMORY_MALLOC)));
	fill(program, heap, 5 * PAGE, 'h');
	succeeds(vm_allocate(program, &stack, 9 * PAGE,
	    VM_FLAGS_FIXED | VM_MAKE_TAG(VM_MEMORY_STACK)));
	protect(program, stack, PAGE, VM_PROT_NONE);
	fill(program, stack + 8 * PAGE, PAGE, 's');
	return program;
}

/* As debuggers walk a task: into submaps, which there are none of, and on
 * behind each region. */
static char *
walk(task_t of, vm_size_t *total)
{
	vm_region_submap_info_data_64_t info;
	mach_msg_type_number_t count;
	vm_address_t address = 0;
	natural_t depth = 0;
	vm_size_t size, length;
	char *lines = NULL;
	FILE *out = open_memstream(&lines, &length);

	for (*total = 0;; address += size) {
		count = VM_REGION_SUBMAP_INFO_COUNT_64;
		if (vm_region_recurse_64(of, &address, &size, &depth,
			(vm_region_recurse_info_t)&info,
			&count) != KERN_SUCCESS)
			break;
		if (info.is_submap) {
			depth++;
			size = 0;
			continue;
		}
		*total += size;
		fprintf(out, "%zx-%zx %x tag %u, %u resident\n", address,
		    address + size, (unsigned)info.protection, info.user_tag,
		    info.pages_resident);
	}
	fclose(out);
	return lines;
}

TEST(a_debugger_finds_all_that_a_program_has)
{
	static const char picture[] =
	    "400000-404000 5 tag 0, 4 resident\n"
	    "404000-406000 1 tag 0, 2 resident\n"
	    "406000-408000 3 tag 0, 2 resident\n"
	    "40000000-40010000 3 tag 1, 5 resident\n"
	    "7fff0000-7fff1000 0 tag 30, 0 resident\n"
	    "7fff1000-7fff9000 3 tag 30, 1 resident\n";
	_cleanup_(freep) char *seen = NULL;
	mach_task_basic_info_data_t info;
	mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
	task_t program = new_program();
	vm_size_t total;

	seen = walk(program, &total);
	ck_assert_str_eq(seen, picture);
	succeeds(task_info(program, MACH_TASK_BASIC_INFO, (task_info_t)&info,
	    &count));
	ck_assert_uint_eq(info.virtual_size, total);
	ck_assert_uint_eq(info.resident_size, 14 * PAGE);
}

/* A breakpoint in code that a sister has, too: her code stays as it was. */
TEST(a_debugger_sets_a_breakpoint_in_code_that_others_run)
{
	task_t program = new_program(), sister;
	const char trap = 't';

	inherit(program, 0x400000, 4 * PAGE, VM_INHERIT_SHARE);
	sister = child_of(program);
	answers(vm_write(program, 0x401234, (vm_offset_t)&trap, 1),
	    KERN_PROTECTION_FAILURE);
	succeeds(vm_protect(program, 0x401000, PAGE, FALSE, RW | VM_PROT_COPY));
	put(program, 0x401234, &trap, 1);
	succeeds(vm_protect(program, 0x401000, PAGE, FALSE, RX));
	pages_are(program, 0x400000, "c?ccrrdd");
	pages_are(sister, 0x400000, "ccccrrdd");
	bytes_are(program, 0x401234, 1, 't');
}

TEST(a_debugger_takes_a_picture_of_a_program_that_runs_on)
{
	task_t program = new_program(), picture = child_of(program);

	fill(program, 0x406000, 2 * PAGE, 'x');
	fill(program, 0x40000000, 16 * PAGE, 'y');
	succeeds(vm_deallocate(program, 0x7fff1000, 8 * PAGE));
	pages_are(picture, 0x400000, "ccccrrdd");
	pages_are(picture, 0x40003000, "hh00");
	end_task(program);
	pages_are(picture, 0x7fff7000, "0s");
}

/* --- A ring buffer ----------------------------------------------------- */

/* The same memory twice, side by side: what is written across the seam is at
 * the start. */
static vm_address_t
new_ring(task_t owner, vm_size_t length)
{
	vm_address_t ring, mirror;
	vm_prot_t current, maximum;

	succeeds(vm_allocate(owner, &ring, 2 * length, VM_FLAGS_ANYWHERE));
	succeeds(vm_deallocate(owner, ring + length, length));
	mirror = ring + length;
	succeeds(vm_remap(owner, &mirror, length, 0, FALSE, owner, ring, FALSE,
	    &current, &maximum, VM_INHERIT_DEFAULT));
	ck_assert_uint_eq(mirror, ring + length);
	ck_assert_int_eq(current, VM_PROT_DEFAULT);
	return ring;
}

TEST(what_is_written_across_the_seam_of_a_ring_is_at_its_start)
{
	vm_address_t ring = new_ring(task, 4 * PAGE);
	char bytes[12];

	put(task, ring + 4 * PAGE - 5, "hello, ring", 11);
	get(task, ring, bytes, 6);
	ck_assert_mem_eq(bytes, ", ring", 6);
	get(task, ring + 8 * PAGE - 5, bytes, 5);
	ck_assert_mem_eq(bytes, "hello", 5);
	put(task, ring, "; song", 6);
	get(task, ring + 4 * PAGE - 5, bytes, 11);
	ck_assert_mem_eq(bytes, "hello; song", 11);
}

/* Sends a long pattern through a ring, in pieces of all sizes. */
TEST(a_ring_passes_on_all_that_is_put_into_it)
{
	enum { LENGTH = 2 * PAGE, ALL = 200000, MOST = 3000 };
	_cleanup_(freep) uint8_t *sent = malloc(ALL), *seen = malloc(ALL);
	vm_address_t ring = new_ring(task, LENGTH);
	vm_size_t head = 0, tail = 0;
	unsigned seed = 1;

	ck_assert(sent && seen);
	fill_pattern(sent, ALL, 9);
	while (tail < ALL) {
		vm_size_t n;

		seed = seed * 1103515245 + 12345;
		n = 1 + (seed >> 16) % MOST;
		n = MIN(n, MIN(LENGTH - (head - tail), ALL - head));
		if (n > 0)
			put(task, ring + head % LENGTH, sent + head, n);
		head += n;
		seed = seed * 1103515245 + 12345;
		n = MIN(1 + (seed >> 16) % MOST, head - tail);
		if (n > 0)
			get(task, ring + tail % LENGTH, seen + tail, n);
		tail += n;
	}
	ck_assert(memcmp(sent, seen, ALL) == 0);
}

TEST(a_reader_of_another_task_has_the_ring_too)
{
	vm_address_t ring = new_ring(task, 2 * PAGE), at = 0;
	vm_prot_t current, maximum;
	task_t reader = new_task();
	char bytes[8];

	succeeds(vm_remap(reader, &at, 4 * PAGE, 0, VM_FLAGS_ANYWHERE, task,
	    ring, FALSE, &current, &maximum, VM_INHERIT_NONE));
	put(task, ring + 2 * PAGE - 4, "wrapped", 8);
	get(reader, at + 2 * PAGE - 4, bytes, 8);
	ck_assert_str_eq(bytes, "wrapped");
	get(reader, at, bytes, 4);
	ck_assert_str_eq(bytes, "ped");
	end_task(task);
	get(reader, at + 2 * PAGE - 4, bytes, 8);
	ck_assert_str_eq(bytes, "wrapped");
	put(reader, at + 1, "upil", 4);
	get(reader, at + 2 * PAGE, bytes, 5);
	ck_assert_mem_eq(bytes, "pupil", 5);
}

/* --- A compiler's two views -------------------------------------------- */

TEST(code_is_written_through_one_view_and_run_through_another)
{
	mach_port_t entry = new_entry(2 * PAGE, VM_PROT_ALL);
	vm_address_t write = 0x10000, run = 0x20000;
	const char code = 'c';

	succeeds(vm_map(task, &write, 2 * PAGE, 0, 0, entry, 0, FALSE, RW, RW,
	    VM_INHERIT_NONE));
	succeeds(vm_map(task, &run, 2 * PAGE, 0, 0, entry, 0, FALSE, RX, RX,
	    VM_INHERIT_SHARE));
	let_go(entry);
	fill(task, write + PAGE, PAGE, code);
	pages_are(task, run, "0c");
	answers(vm_write(task, run, (vm_offset_t)&code, 1),
	    KERN_PROTECTION_FAILURE);
	answers(vm_protect(task, run, PAGE, FALSE, RW),
	    KERN_PROTECTION_FAILURE);
	regions_are(child_of(task), "20000-22000 r-x/r-x share shared");
}

/* --- Families ---------------------------------------------------------- */

TEST(three_generations_share_memory)
{
	enum { CHILDREN = 4, ALL = 1 + CHILDREN + CHILDREN * CHILDREN };
	task_t family[ALL] = { task };
	char expected[ALL + 1] = "";
	int count = 1;

	allocate_at(task, 0x100000, ALL * PAGE);
	inherit(task, 0x100000, ALL * PAGE, VM_INHERIT_SHARE);
	for (int i = 0; i < 1 + CHILDREN; i++)
		for (int j = 0; j < CHILDREN; j++)
			family[count++] = child_of(family[i]);
	ck_assert_int_eq(count, ALL);
	for (int i = 0; i < ALL; i++) {
		expected[i] = (char)('a' + i);
		fill(family[i], 0x100000 + (vm_address_t)i * PAGE, PAGE,
		    expected[i]);
	}
	for (int i = 0; i < ALL; i++)
		pages_are(family[i], 0x100000, expected);
	for (int i = 0; i < ALL - 2; i++)
		end_task(family[i]);
	fill(family[ALL - 1], 0x100000, PAGE, 'z');
	expected[0] = 'z';
	pages_are(family[ALL - 2], 0x100000, expected);
	end_task(family[ALL - 1]);
	regions_are(family[ALL - 2], "100000-115000 rw-/rwx share");
	pages_are(family[ALL - 2], 0x100000, expected);
}

TEST(each_generation_may_copy_what_the_one_before_shared)
{
	task_t child, grandchild, great;

	draw(task, 0x10000, "abc");
	inherit(task, 0x10000, 3 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);
	inherit(child, 0x11000, PAGE, VM_INHERIT_COPY);
	inherit(child, 0x12000, PAGE, VM_INHERIT_NONE);
	grandchild = child_of(child);
	fill(task, 0x10000, 3 * PAGE, 't');
	pages_are(child, 0x10000, "ttt");
	pages_are(grandchild, 0x10000, "tb.");
	inherit(grandchild, 0x11000, PAGE, VM_INHERIT_SHARE);
	great = child_of(grandchild);
	fill(great, 0x10000, 2 * PAGE, 'g');
	pages_are(grandchild, 0x10000, "gg.");
	pages_are(task, 0x10000, "gtt");
}

/* --- Entries ----------------------------------------------------------- */

TEST(an_entry_holds_memory_whose_task_gave_it_back_or_has_ended)
{
	mach_port_t shared, copied, part, parent;
	struct vmd_statistics before, after;
	vm_size_t size = PAGE;
	task_t source;

	succeeds(vmd_statistics(&before));
	source = new_task();
	draw(source, 0x10000, "abcd");
	shared = entry_of(source, 0x10000, 2 * PAGE, RW | MAP_MEM_VM_SHARE);
	copied = entry_of(source, 0x10000, 4 * PAGE, RW | MAP_MEM_VM_COPY);
	parent = entry_of(source, 0x12000, 2 * PAGE, RW);
	succeeds(
	    mach_make_memory_entry(source, &size, PAGE, RW, &part, parent));
	let_go(parent);
	succeeds(vm_deallocate(source, 0x10000, PAGE));
	fill(source, 0x11000, PAGE, 'B');
	fill(source, 0x13000, PAGE, 'z');
	end_task(source);

	map_at(task, 0x20000, 2 * PAGE, shared);
	map_at(task, 0x30000, 4 * PAGE, copied);
	map_at(task, 0x40000, PAGE, part);
	pages_are(task, 0x20000, "a?");
	bytes_are(task, 0x21000, PAGE, 'B');
	pages_are(task, 0x30000, "abcd");
	pages_are(task, 0x40000, "z");
	let_go(shared);
	let_go(copied);
	let_go(part);
	pages_are(task, 0x30000, "abcd");
	succeeds(vm_deallocate(task, 0x20000, 2 * PAGE));
	succeeds(vm_deallocate(task, 0x30000, 4 * PAGE));
	succeeds(vm_deallocate(task, 0x40000, PAGE));
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.pages_used, before.pages_used);
	ck_assert_uint_eq(after.objects_used, before.objects_used);
	ck_assert_uint_eq(after.entries_used, before.entries_used);
	ck_assert_uint_eq(after.tasks, before.tasks);
}

TEST(entries_that_come_and_go_leave_nothing_behind)
{
	struct vmd_statistics before, after;

	draw(task, 0x10000, "abcdefgh");
	for (int i = 0; i < 502; i++) {
		vm_prot_t kind = i % 3 == 0   ? MAP_MEM_VM_COPY
				 : i % 3 == 1 ? MAP_MEM_VM_SHARE
					      : 0;
		mach_port_t entry;

		if (i == 2)
			succeeds(vmd_statistics(&before));
		entry = entry_of(task, 0x10000, 8 * PAGE, RW | kind);
		map_at(task, 0x50000, 8 * PAGE, entry);
		fill(task, 0x50000 + (vm_address_t)(i % 8) * PAGE, 1, 'x');
		if (i % 2 == 0)
			let_go(entry);
		succeeds(vm_deallocate(task, 0x50000, 8 * PAGE));
		if (i % 2 != 0)
			let_go(entry);
	}
	succeeds(vmd_statistics(&after));
	ck_assert_uint_eq(after.pages_used, before.pages_used);
	ck_assert_uint_eq(after.objects_used, before.objects_used);
	ck_assert_uint_eq(after.entries_used, before.entries_used);
	ck_assert_uint_le(after.nodes_used, before.nodes_used + 4);
}
