/* What is told of regions beside the basics: who has what of the memory, and
 * how much of it there is. Of pages: page_query.c. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include <mach/mach_vm.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define EXTENDED VM_REGION_EXTENDED_INFO
#define LEGACY   VM_REGION_EXTENDED_INFO__legacy
#define BRIEF    VM_REGION_TOP_INFO
#define LAST     (-(vm_address_t)1)

enum { ROOM = 32, WORD = 0x5a5a5a5a };

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

/* --- Pictures ---------------------------------------------------------- */

static struct vm_region_submap_info_64
recurse(task_t of, vm_address_t *address, vm_size_t *size)
{
	mach_msg_type_number_t count = VM_REGION_SUBMAP_INFO_COUNT_64;
	struct vm_region_submap_info_64 info;
	natural_t depth = 0;

	succeeds(vm_region_recurse_64(of, address, size, &depth,
	    (vm_region_recurse_info_t)&info, &count));
	ck_assert_uint_eq(count, VM_REGION_SUBMAP_INFO_V2_COUNT_64);
	return info;
}

static struct vm_region_extended_info
extended(task_t of, vm_address_t address)
{
	mach_msg_type_number_t count = VM_REGION_EXTENDED_INFO_COUNT;
	struct vm_region_extended_info info;
	mach_port_t name;
	vm_size_t size;

	succeeds(vm_region_64(of, &address, &size, EXTENDED,
	    (vm_region_info_t)&info, &count, &name));
	return info;
}

static struct vm_region_top_info
brief(task_t of, vm_address_t address)
{
	mach_msg_type_number_t count = VM_REGION_TOP_INFO_COUNT;
	struct vm_region_top_info info;
	mach_port_t name;
	vm_size_t size;

	succeeds(vm_region_64(of, &address, &size, BRIEF,
	    (vm_region_info_t)&info, &count, &name));
	return info;
}

static const char *const modes[] = { "?", "cow", "private", "empty", "shared",
	"shared by many", "?", "?", "large" };

/* All flavours must tell the same. */
static void
flavours_agree(task_t of, vm_address_t at,
    const struct vm_region_submap_info_64 *told)
{
	struct vm_region_extended_info e = extended(of, at);
	struct vm_region_top_info t = brief(of, at);

	ck_assert_int_eq(e.protection, told->protection);
	ck_assert_uint_eq(e.user_tag, told->user_tag);
	ck_assert_uint_eq(e.pages_resident, told->pages_resident);
	ck_assert_uint_eq(e.pages_shared_now_private,
	    told->pages_shared_now_private);
	ck_assert_uint_eq(e.pages_swapped_out, 0);
	ck_assert_uint_eq(told->pages_swapped_out, 0);
	ck_assert_uint_eq(e.pages_dirtied, e.pages_resident);
	ck_assert_uint_eq(told->pages_dirtied, told->pages_resident);
	ck_assert_uint_eq(e.ref_count, told->ref_count);
	ck_assert_uint_eq(e.shadow_depth, told->shadow_depth);
	ck_assert_uint_eq(e.external_pager, 0);
	ck_assert_uint_eq(told->external_pager, 0);
	ck_assert_uint_eq(e.share_mode, told->share_mode);
	ck_assert_uint_eq(e.pages_reusable, 0);
	ck_assert_uint_eq(told->pages_reusable, 0);
	ck_assert_int_eq((int)told->is_submap, FALSE);
	ck_assert_uint_eq(told->object_id, t.obj_id);
	ck_assert_uint_eq(told->object_id_full, t.obj_id);
	ck_assert_uint_eq(told->ref_count, t.ref_count);
	ck_assert_uint_eq(told->share_mode, t.share_mode);
	ck_assert_uint_eq(t.private_pages_resident + t.shared_pages_resident,
	    told->pages_resident);
}

/*
 * Each region as a line: its mode, mappings, pages that are resident, how many
 * of them nobody else has, and its depth if there is one:
 *
 *      10000-14000 cow x1 4/1 deep
 *
 * Neighbours that are told alike are joined, but for their pages.
 */
static void
told_are(task_t of, const char *picture)
{
	_cleanup_(freep) char *seen = NULL;
	vm_address_t at = 0;
	vm_size_t size, length;
	FILE *out = open_memstream(&seen, &length);

	while (vm_region_recurse_64(of, &at, &size, &(natural_t){ 0 },
		   (vm_region_recurse_info_t) &
		       (struct vm_region_submap_info_64){ 0 },
		   &(mach_msg_type_number_t){
		       VM_REGION_SUBMAP_INFO_COUNT_64 }) == KERN_SUCCESS) {
		struct vm_region_submap_info_64 info = recurse(of, &at, &size);
		struct vm_region_top_info top = brief(of, at);

		flavours_agree(of, at, &info);
		fprintf(out, "%s%zx-%zx %s x%u %u/%u%s",
		    ftell(out) > 0 ? "\n" : "", at, at + size,
		    modes[info.share_mode], info.ref_count, info.pages_resident,
		    top.private_pages_resident,
		    info.shadow_depth ? " deep" : "");
		ck_assert_uint_eq(info.pages_shared_now_private,
		    info.share_mode == SM_COW ? top.private_pages_resident : 0);
		ck_assert_uint_eq(info.shadow_depth,
		    info.pages_shared_now_private > 0);
		at += size;
	}
	fclose(out);
	ck_assert_str_eq(seen, picture);
}

/* --- Who has it -------------------------------------------------------- */

TEST(memory_that_nobody_wrote_is_empty)
{
	struct vm_region_top_info top;

	allocate_at(task, 0x10000, 4 * PAGE);
	told_are(task, "10000-14000 empty x0 0/0");
	pages_are(task, 0x10000, "0000");
	told_are(task, "10000-14000 empty x0 0/0");
	top = brief(task, 0x10000);
	ck_assert_uint_eq(top.obj_id, 0);
	told_are(child_of(task), "10000-14000 empty x0 0/0");
}

TEST(memory_that_was_written_is_private_with_so_many_pages)
{
	allocate_at(task, 0x10000, 4 * PAGE);
	fill(task, 0x11000, 1, 'a');
	told_are(task, "10000-14000 private x1 1/1");
	fill(task, 0x11fff, 2, 'b');
	fill(task, 0x13000, PAGE, 'c');
	told_are(task, "10000-14000 private x1 3/3");
	ck_assert_uint_ne(brief(task, 0x10000).obj_id, 0);
	protect(task, 0x12000, 2 * PAGE, VM_PROT_NONE);
	told_are(task, "10000-12000 private x1 1/1\n"
		       "12000-14000 private x1 2/2");
}

TEST(what_a_child_copied_is_cow_until_it_is_written_or_gone)
{
	task_t child;

	draw(task, 0x10000, "abcd");
	child = child_of(task);
	told_are(task, "10000-14000 cow x1 4/0");
	told_are(child, "10000-14000 cow x1 4/0");
	fill(child, 0x11000, PAGE, 'x');
	told_are(task, "10000-14000 cow x1 4/1 deep");
	told_are(child, "10000-14000 cow x1 4/1 deep");
	fill(task, 0x10000, 2 * PAGE, 'y');
	told_are(task, "10000-14000 cow x1 4/2 deep");
	fill(child, 0x12000, 2 * PAGE, 'z');
	told_are(task, "10000-14000 private x1 4/4");
	told_are(child, "10000-14000 private x1 4/4");

	child = child_of(task);
	told_are(task, "10000-14000 cow x1 4/0");
	end_task(child);
	told_are(task, "10000-14000 private x1 4/4");
}

TEST(what_vm_copy_copied_is_cow_on_both_sides)
{
	draw(task, 0x10000, "ab");
	draw(task, 0x20000, "xyz");
	succeeds(vm_copy(task, 0x10000, 2 * PAGE, 0x20000));
	told_are(task, "10000-12000 cow x1 2/0\n"
		       "20000-23000 cow x1 3/1 deep");
	succeeds(vm_deallocate(task, 0x10000, 2 * PAGE));
	told_are(task, "20000-23000 private x1 3/3");
}

TEST(what_is_shared_is_told_with_all_who_map_it)
{
	task_t child, grandchild;

	draw(task, 0x10000, "ab0");
	inherit(task, 0x10000, 3 * PAGE, VM_INHERIT_SHARE);
	told_are(task, "10000-13000 private x1 2/2");
	child = child_of(task);
	told_are(task, "10000-13000 shared by many x2 2/0");
	grandchild = child_of(child);
	fill(grandchild, 0x12000, PAGE, 'c');
	told_are(task, "10000-13000 shared by many x3 3/0");
	told_are(grandchild, "10000-13000 shared by many x3 3/0");
	end_task(child);
	told_are(task, "10000-13000 shared by many x2 3/0");
	end_task(grandchild);
	told_are(task, "10000-13000 private x1 3/3");
}

TEST(zeros_can_be_shared_too)
{
	allocate_at(task, 0x10000, 2 * PAGE);
	share_at(task, 0x20000, 2 * PAGE, task, 0x10000);
	told_are(task, "10000-12000 shared by many x2 0/0\n"
		       "20000-22000 shared by many x2 0/0");
	fill(task, 0x21000, PAGE, 'a');
	told_are(task, "10000-12000 shared by many x2 1/0\n"
		       "20000-22000 shared by many x2 1/0");
}

TEST(a_region_ends_where_its_sharing_does)
{
	draw(task, 0x10000, "abcd");
	share_at(task, 0x20000, PAGE, task, 0x11000);
	told_are(task, "10000-11000 private x1 1/1\n"
		       "11000-12000 shared by many x2 1/0\n"
		       "12000-14000 private x1 2/2\n"
		       "20000-21000 shared by many x2 1/0");
	succeeds(vm_deallocate(task, 0x11000, PAGE));
	told_are(task, "10000-11000 private x1 1/1\n"
		       "12000-14000 private x1 2/2\n"
		       "20000-21000 private x1 1/1");
}

TEST(an_entry_counts_as_one_who_shares)
{
	mach_port_t entry;

	draw(task, 0x10000, "abc");
	entry = entry_of(task, 0x11000, PAGE, VM_PROT_DEFAULT);
	told_are(task, "10000-11000 private x1 1/1\n"
		       "11000-12000 shared by many x2 1/0\n"
		       "12000-13000 private x1 1/1");
	let_go(entry);
	told_are(task, "10000-13000 private x1 3/3");
	entry = entry_of(task, 0x10000, 3 * PAGE,
	    VM_PROT_DEFAULT | MAP_MEM_VM_COPY);
	told_are(task, "10000-13000 cow x1 3/0");
	let_go(entry);
	told_are(task, "10000-13000 private x1 3/3");
}

TEST(what_is_shared_and_copied_is_shared)
{
	task_t child;

	draw(task, 0x10000, "ab");
	share_at(task, 0x20000, 2 * PAGE, task, 0x10000);
	child = child_of(task);
	told_are(task, "10000-12000 shared by many x2 2/0\n"
		       "20000-22000 shared by many x2 2/0");
	told_are(child, "10000-12000 cow x1 2/0\n"
			"20000-22000 cow x1 2/0");
}

TEST(large_pages_are_told_as_such)
{
	vm_address_t at = 0;

	succeeds(vm_allocate(task, &at, 2 << 20,
	    VM_FLAGS_ANYWHERE | VM_FLAGS_SUPERPAGE_SIZE_2MB));
	ck_assert_uint_eq(extended(task, at).share_mode, SM_LARGE_PAGE);
	fill(task, at, PAGE, 'a');
	ck_assert_uint_eq(extended(task, at).share_mode, SM_LARGE_PAGE);
	ck_assert_uint_eq(extended(task, at).pages_resident, 1);
}

TEST(mappings_of_one_object_have_its_number_and_their_offsets)
{
	mach_port_t entry = new_entry(4 * PAGE, VM_PROT_DEFAULT);
	struct vm_region_submap_info_64 a, b, c;
	vm_address_t at = 0x20000;
	vm_size_t size;

	map_at(task, 0x10000, 4 * PAGE, entry);
	succeeds(vm_map(task, &at, PAGE, 0, 0, entry, 2 * PAGE, FALSE,
	    VM_PROT_READ, VM_PROT_READ, VM_INHERIT_NONE));
	draw(task, 0x30000, "a");
	at = 0x10000;
	a = recurse(task, &at, &size);
	at = 0x20000;
	b = recurse(task, &at, &size);
	at = 0x30000;
	c = recurse(task, &at, &size);
	ck_assert_uint_ne(a.object_id, 0);
	ck_assert_uint_eq(a.object_id, b.object_id);
	ck_assert_uint_ne(a.object_id, c.object_id);
	ck_assert_uint_eq(b.offset, a.offset + 2 * PAGE);
	ck_assert_int_eq(b.protection, VM_PROT_READ);
	ck_assert_int_eq(b.max_protection, VM_PROT_READ);
	ck_assert_uint_eq(b.inheritance, VM_INHERIT_NONE);
}

TEST(tag_and_behaviour_and_wirings_are_told)
{
	vm_address_t at = 0x10000;
	struct vm_region_submap_info_64 info;
	vm_size_t size;

	succeeds(vm_allocate(task, &at, 2 * PAGE,
	    VM_FLAGS_FIXED | VM_MAKE_TAG(VM_MEMORY_STACK)));
	succeeds(vm_behavior_set(task, at, 2 * PAGE, VM_BEHAVIOR_RANDOM));
	succeeds(vm_wire(privileged_host(), task, at, 2 * PAGE, VM_PROT_READ));
	info = recurse(task, &at, &size);
	ck_assert_uint_eq(size, 2 * PAGE);
	ck_assert_uint_eq(info.user_tag, VM_MEMORY_STACK);
	ck_assert_int_eq(info.behavior, VM_BEHAVIOR_RANDOM);
	ck_assert_uint_eq(info.user_wired_count, 1);
	ck_assert_uint_eq(info.pages_resident, 2);
	ck_assert_uint_eq(extended(task, at).user_tag, VM_MEMORY_STACK);
}

/* --- Room -------------------------------------------------------------- */

typedef kern_return_t region_call(vm_address_t *address, vm_size_t *size,
    int flavor, int *info, mach_msg_type_number_t *count);

static kern_return_t
classic(vm_address_t *address, vm_size_t *size, int flavor, int *info,
    mach_msg_type_number_t *count)
{
	mach_port_t name;

	return vm_region(task, address, size, flavor, info, count, &name);
}

static kern_return_t
with_64(vm_address_t *address, vm_size_t *size, int flavor, int *info,
    mach_msg_type_number_t *count)
{
	mach_port_t name;

	return vm_region_64(task, address, size, flavor, info, count, &name);
}

static kern_return_t
wide(vm_address_t *address, vm_size_t *size, int flavor, int *info,
    mach_msg_type_number_t *count)
{
	mach_vm_address_t at = *address;
	mach_vm_size_t bytes = *size;
	mach_port_t name;
	kern_return_t kr;

	kr = mach_vm_region(task, &at, &bytes, flavor, info, count, &name);
	*address = at;
	*size = bytes;
	return kr;
}

static kern_return_t
recurse_classic(vm_address_t *address, vm_size_t *size, int flavor, int *info,
    mach_msg_type_number_t *count)
{
	natural_t depth = (natural_t)flavor;
	kern_return_t kr;

	kr = vm_region_recurse(task, address, size, &depth, info, count);
	ck_assert_uint_eq(depth, kr == KERN_SUCCESS ? 0 : (natural_t)flavor);
	return kr;
}

static kern_return_t
recurse_64(vm_address_t *address, vm_size_t *size, int flavor, int *info,
    mach_msg_type_number_t *count)
{
	natural_t depth = (natural_t)flavor;
	kern_return_t kr;

	kr = vm_region_recurse_64(task, address, size, &depth, info, count);
	ck_assert_uint_eq(depth, kr == KERN_SUCCESS ? 0 : (natural_t)flavor);
	return kr;
}

static kern_return_t
recurse_wide(vm_address_t *address, vm_size_t *size, int flavor, int *info,
    mach_msg_type_number_t *count)
{
	mach_vm_address_t at = *address;
	mach_vm_size_t bytes = *size;
	natural_t depth = (natural_t)flavor;
	kern_return_t kr;

	kr = mach_vm_region_recurse(task, &at, &bytes, &depth, info, count);
	ck_assert_uint_eq(depth, kr == KERN_SUCCESS ? 0 : (natural_t)flavor);
	*address = at;
	*size = bytes;
	return kr;
}

/* A flavour, or a depth to go to, and the sizes it has: up to 0. The least is
 * needed, and the largest that there is room for is told. */
static const struct {
	region_call *call;
	bool recurses;
	int flavor;
	mach_msg_type_number_t sizes[5];
} flavors[] = {
	{ classic, false, EXTENDED, { 9 } },
	{ classic, false, LEGACY, { 8 } },
	{ classic, false, BRIEF, { 5 } },
	{ with_64, false, EXTENDED, { 9 } },
	{ with_64, false, LEGACY, { 8 } },
	{ with_64, false, BRIEF, { 5 } },
	{ wide, false, EXTENDED, { 9 } },
	{ wide, false, LEGACY, { 8 } },
	{ wide, false, BRIEF, { 5 } },
	{ recurse_classic, true, 0, { 15 } },
	{ recurse_classic, true, 7, { 15 } },
	{ recurse_64, true, 0, { 12, 16, 17, 19 } },
	{ recurse_64, true, 99, { 12, 16, 17, 19 } },
	{ recurse_wide, true, 0, { 12, 16, 17, 19 } },
	{ recurse_wide, true, 1, { 12, 16, 17, 19 } },
};

static void
is_told(region_call *call, int flavor, mach_msg_type_number_t room,
    mach_msg_type_number_t told, vm_address_t address, kern_return_t code)
{
	mach_msg_type_number_t count = room;
	vm_address_t at = address;
	vm_size_t size = CANARY;
	int info[ROOM];

	for (unsigned i = 0; i < ROOM; i++)
		info[i] = WORD;
	code_is(call(&at, &size, flavor, info, &count), code, "room");
	ck_assert_uint_eq(count, told);
	if (code != KERN_SUCCESS) {
		ck_assert_uint_eq(at, address);
		ck_assert_uint_eq(size, CANARY);
		told = 0;
	}
	for (unsigned i = told; i < ROOM; i++)
		ck_assert_int_eq(info[i], WORD);
	if (told > 0)
		ck_assert_int_ne(info[told - 1], WORD);
}

static void
rooms_hold(enum personality personality)
{
	task = new_task();
	draw(task, 0x10000, "ab");
	for (size_t i = 0; i < ARRAY_SIZE(flavors); i++) {
		kern_return_t end = personality == GNU && !flavors[i].recurses
					? KERN_NO_SPACE
					: KERN_INVALID_ADDRESS;
		region_call *call = flavors[i].call;
		int flavor = flavors[i].flavor;
		const mach_msg_type_number_t *size = flavors[i].sizes;

		for (unsigned room = 0; room < ROOM; room++) {
			if (room < size[0]) {
				is_told(call, flavor, room, room, 0,
				    KERN_INVALID_ARGUMENT);
				is_told(call, flavor, room, room, 0x70000,
				    KERN_INVALID_ARGUMENT);
				continue;
			}
			while (size[1] != 0 && size[1] <= room)
				size++;
			is_told(call, flavor, room, *size, 0, KERN_SUCCESS);
			is_told(call, flavor, room, room, 0x12000, end);
			is_told(call, flavor, room, room, LAST, end);
		}
	}
}

TEST(as_much_is_told_as_there_is_room_for)
{
	in_each_personality(rooms_hold);
}

TEST(the_short_and_the_narrow_tell_what_the_long_tells)
{
	struct vm_region_submap_short_info_64 brief_info;
	struct vm_region_submap_info_64 info;
	struct vm_region_submap_info narrow;
	mach_msg_type_number_t count = VM_REGION_SUBMAP_SHORT_INFO_COUNT_64;
	vm_address_t at = 0x10000;
	natural_t depth = 0;
	vm_size_t size;

	succeeds(vm_allocate(task, &at, 4 * PAGE, VM_MAKE_TAG(99)));
	fill(task, at, 3 * PAGE, 'a');
	child_of(task);
	fill(task, at, 1, 'b');
	info = recurse(task, &at, &size);
	succeeds(vm_region_recurse_64(task, &at, &size, &depth,
	    (vm_region_recurse_info_t)&brief_info, &count));
	ck_assert_uint_eq(brief_info.user_tag, 99);
	ck_assert_uint_eq(brief_info.ref_count, info.ref_count);
	ck_assert_uint_eq(brief_info.share_mode, SM_COW);
	ck_assert_uint_eq(brief_info.shadow_depth, 1);
	ck_assert_uint_eq(brief_info.object_id, info.object_id);
	count = VM_REGION_SUBMAP_INFO_COUNT;
	succeeds(vm_region_recurse(task, &at, &size, &depth,
	    (vm_region_recurse_info_t)&narrow, &count));
	ck_assert_uint_eq(narrow.offset, info.offset);
	ck_assert_uint_eq(narrow.pages_resident, 3);
	ck_assert_uint_eq(narrow.pages_shared_now_private, 1);
	ck_assert_uint_eq(narrow.share_mode, SM_COW);
	ck_assert_uint_eq(narrow.object_id, info.object_id);
}

TEST(a_port_that_is_no_task_s_has_no_regions)
{
	task = mach_host_self();
	is_told(with_64, EXTENDED, ROOM, ROOM, 0, KERN_INVALID_ARGUMENT);
	is_told(recurse_64, 0, ROOM, ROOM, 0, KERN_INVALID_ARGUMENT);
	is_told(recurse_classic, 0, ROOM, ROOM, 0, KERN_INVALID_ARGUMENT);
	task = MACH_PORT_NULL;
	is_told(with_64, BRIEF, ROOM, ROOM, 0, MACH_SEND_INVALID_DEST);
	is_told(recurse_wide, 0, ROOM, ROOM, 0, MACH_SEND_INVALID_DEST);
	task = new_task();
}

TEST(only_kernels_built_for_debugging_tell_of_the_inside_of_maps)
{
	mach_msg_type_number_t count = 5;
	vm_info_object_array_t objects = NULL;
	page_address_array_t pages = NULL;
	vm_info_region_64_t region_64;
	vm_info_region_t region;

	draw(task, 0x10000, "a");
	answers(mach_vm_region_info(task, 0x10000, &region, &objects, &count),
	    KERN_FAILURE);
	answers(mach_vm_region_info_64(task, 0, &region_64, &objects, &count),
	    KERN_FAILURE);
	answers(vm_mapped_pages_info(task, &pages, &count), KERN_FAILURE);
	ck_assert_uint_eq(count, 5);
	ck_assert_ptr_null(objects);
	ck_assert_ptr_null(pages);
}
