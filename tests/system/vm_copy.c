/* vm_copy: what is refused, when, and by whom; and whose memory changes. */
#include "tests/support/test.h"

#include <string.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

static task_t task;

void
test_setup(void)
{
	daemon_start("--memory", "1G", NULL);
	task = new_task();
}

void
test_teardown(void)
{
	daemon_stop();
}

static uint64_t
frames(void)
{
	struct vmd_statistics now;

	succeeds(vmd_statistics(&now));
	return now.pages_used;
}

/* --- What is refused --------------------------------------------------- */

/* Places of a scene, each of four pages or as drawn. */
enum {
	FROM = 0x100000,     /* abcd */
	NO_READ = 0x110000,  /* --ef: the first two may not be read */
	EXEC = 0x120000,     /* execute only, four pages */
	SPLIT = 0x130000,    /* gh.i */
	GUARDED = 0x140000,  /* -.jk */
	TO = 0x200000,       /* wxyz */
	NO_WRITE = 0x210000, /* mmqq: the first two may not be written */
	GAP = 0x220000,      /* rr.s */
	FENCE = 0x230000,    /* t.uu: t may not be written */
	OPEN = 0x240000,     /* vvvv: read, write, execute */
	NOWHERE = 0x300000,
};

static void
set_the_scene(void)
{
	task = new_task();
	draw(task, FROM, "abcd");
	draw(task, NO_READ, "xxef");
	draw(task, EXEC, "xxxx");
	draw(task, SPLIT, "gh.i");
	draw(task, GUARDED, "x.jk");
	draw(task, TO, "wxyz");
	draw(task, NO_WRITE, "mmqq");
	draw(task, GAP, "rr.s");
	draw(task, FENCE, "t.uu");
	draw(task, OPEN, "vvvv");
	protect(task, NO_READ, 2 * PAGE, VM_PROT_NONE);
	protect(task, EXEC, 4 * PAGE, VM_PROT_EXECUTE);
	protect(task, GUARDED, PAGE, VM_PROT_WRITE);
	protect(task, NO_WRITE, 2 * PAGE, VM_PROT_READ);
	protect(task, FENCE, PAGE, VM_PROT_READ);
	protect(task, OPEN, 4 * PAGE, VM_PROT_ALL);
}

#define GOOD    ALL_SAY(KERN_SUCCESS)
#define ADDRESS ALL_SAY(KERN_INVALID_ADDRESS)
#define REFUSED ALL_SAY(KERN_PROTECTION_FAILURE)
/* Less than two pages: xnu knows but one error. */
#define SMALL                                                                  \
	SAY(KERN_PROTECTION_FAILURE, KERN_INVALID_ADDRESS,                     \
	    KERN_PROTECTION_FAILURE)
#define UNALIGNED                                                              \
	SAY(KERN_INVALID_ARGUMENT, KERN_SUCCESS, KERN_INVALID_ARGUMENT)
#define UNALIGNED_ADDRESS                                                      \
	SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ADDRESS, KERN_INVALID_ARGUMENT)
#define UNALIGNED_REFUSED                                                      \
	SAY(KERN_INVALID_ARGUMENT, KERN_PROTECTION_FAILURE,                    \
	    KERN_INVALID_ARGUMENT)

#define TOP  (-(vm_address_t)PAGE)
#define LAST (-(vm_address_t)1)

static const struct row {
	vm_address_t source;
	vm_size_t size;
	vm_address_t destination;
	kern_return_t codes[PERSONALITIES];
	const char *why;
} rows[] = {
	{ FROM, 4 * PAGE, TO, GOOD, "nothing is wrong" },
	{ FROM, 4 * PAGE, OPEN, GOOD, "an executable destination" },
	{ OPEN, 4 * PAGE, TO, GOOD, "an executable source" },

	/* Nothing to do. */
	{ FROM, 0, TO, GOOD, "no bytes" },
	{ NOWHERE, 0, NOWHERE, GOOD, "no bytes, from and to holes" },
	{ NO_READ, 0, NO_WRITE, GOOD, "no bytes, that may not be touched" },
	{ FROM + 1, 0, TO + 3, GOOD, "no bytes, unaligned" },
	{ LAST, 0, LAST, GOOD, "no bytes at the last address" },
	{ VM_MAX_ADDRESS, 0, TOP, GOOD, "no bytes outside the map" },

	/* The source. */
	{ NOWHERE, PAGE, TO, ADDRESS, "a hole" },
	{ NOWHERE, 4 * PAGE, TO, ADDRESS, "holes" },
	{ SPLIT, 4 * PAGE, TO, ADDRESS, "a hole in the middle" },
	{ FROM, 5 * PAGE, TO, ADDRESS, "a hole at the end" },
	{ FROM - PAGE, 2 * PAGE, TO, ADDRESS, "a hole at the start" },
	{ NO_READ, PAGE, TO, SMALL, "an unreadable page" },
	{ NO_READ, 2 * PAGE, TO, REFUSED, "unreadable pages" },
	{ NO_READ + PAGE, 2 * PAGE, TO, REFUSED, "unreadable at the start" },
	{ EXEC, PAGE, TO, SMALL, "an executable page" },
	{ EXEC, 3 * PAGE, TO, REFUSED, "executable pages" },
	{ GUARDED, 2 * PAGE, TO, REFUSED, "unreadable, and then a hole" },
	{ GUARDED - PAGE, 2 * PAGE, TO, ADDRESS, "a hole, then unreadable" },
	{ GUARDED + PAGE, 2 * PAGE, TO, ADDRESS, "a hole, then good" },

	/* The source before the destination. */
	{ NOWHERE, PAGE, NO_WRITE, ADDRESS, "a hole, to read-only" },
	{ NO_READ, PAGE, NOWHERE, SMALL, "unreadable, to a hole" },
	{ NO_READ, 2 * PAGE, NOWHERE, REFUSED, "unreadables, to a hole" },

	/* The destination. */
	{ FROM, PAGE, NOWHERE, ADDRESS, "to a hole" },
	{ FROM, 4 * PAGE, TO + PAGE, ADDRESS, "a hole at its end" },
	{ FROM, 2 * PAGE, TO - PAGE, ADDRESS, "a hole at its start" },
	{ FROM, 4 * PAGE, GAP, ADDRESS, "a hole in its middle" },
	{ FROM, PAGE, NO_WRITE, SMALL, "a read-only page" },
	{ FROM, 2 * PAGE, NO_WRITE, REFUSED, "read-only pages" },
	{ FROM, 3 * PAGE, NO_WRITE + PAGE, REFUSED, "... at its start" },
	{ FROM, 2 * PAGE, FENCE, REFUSED, "read-only, then a hole" },
	{ FROM, 2 * PAGE, FENCE - PAGE, ADDRESS, "a hole, then read-only" },
	{ FROM, PAGE, EXEC, SMALL, "to an executable page" },
	{ FROM, 2 * PAGE, NO_READ, REFUSED, "to unreadable pages" },

	/* Alignment: behind the source, before the destination. */
	{ FROM + 1, PAGE, TO, UNALIGNED, "an unaligned source" },
	{ FROM, PAGE + 1, TO, UNALIGNED, "an unaligned size" },
	{ FROM, 1, TO, UNALIGNED, "one byte" },
	{ FROM, PAGE, TO + 8, UNALIGNED, "an unaligned destination" },
	{ FROM + 8, 2 * PAGE, TO + 8, UNALIGNED, "unaligned alike" },
	{ FROM + 3 * PAGE + 1, PAGE, TO, ADDRESS, "... past its end" },
	{ FROM, PAGE, TO + 3 * PAGE + 1, UNALIGNED_ADDRESS, "... past it" },
	{ NOWHERE + 1, PAGE, TO, ADDRESS, "unaligned, from a hole" },
	{ NO_READ + 1, 2 * PAGE, TO, REFUSED, "unaligned and unreadable" },
	{ NO_READ + 1, PAGE, TO, SMALL, "one such page" },
	{ FROM, PAGE, NOWHERE + 1, UNALIGNED_ADDRESS, "unaligned, to a hole" },
	{ FROM, 3 * PAGE - 1, NO_WRITE, UNALIGNED_REFUSED,
	    "unaligned, to read-only" },
	{ FROM + 1, 1, NOWHERE, UNALIGNED_ADDRESS, "a byte to a hole" },

	/* The ends of the address space. */
	{ TOP, 2 * PAGE, TO, ADDRESS, "a source that wraps" },
	{ NO_READ, LAST - NO_READ, TO, ADDRESS, "... once it is rounded" },
	{ TOP, PAGE, TO, ADDRESS, "... that ends with the addresses" },
	{ LAST, 1, TO, ADDRESS, "... the last byte" },
	{ FROM, LAST, TO, ADDRESS, "a size past the end" },
	{ FROM, TOP, TO, ADDRESS, "a size past the end, aligned" },
	{ FROM, 2 * PAGE, TOP, ADDRESS, "a destination that wraps" },
	{ FROM, PAGE, TOP, ADDRESS, "... that ends with the addresses" },
	{ FROM, PAGE, LAST, UNALIGNED_ADDRESS, "... from the last byte" },
	{ VM_MAX_ADDRESS, PAGE, TO, ADDRESS, "from outside the map" },
	{ FROM, PAGE, VM_MAX_ADDRESS, ADDRESS, "to outside the map" },
	{ FROM, PAGE, 0, ADDRESS, "to page 0" },
	{ 0, PAGE, TO, ADDRESS, "from page 0" },
};

static void
row_holds(const struct row *row, enum personality personality)
{
	kern_return_t expected = row->codes[personality], code;
	uint8_t bytes[4 * PAGE], copied[4 * PAGE];
	vm_size_t count;
	uint64_t before;

	set_the_scene();
	before = digest(task);
	if (expected == KERN_SUCCESS)
		succeeds(vm_read_overwrite(task, row->source, row->size,
		    (vm_address_t)bytes, &count));
	code = vm_copy(task, row->source, row->size, row->destination);
	code_is(code, expected, row->why);
	if (code != KERN_SUCCESS || row->size == 0) {
		ck_assert_msg(digest(task) == before, "%s: changed something",
		    row->why);
		return;
	}
	succeeds(vm_read_overwrite(task, row->destination, row->size,
	    (vm_address_t)copied, &count));
	ck_assert_mem_eq(copied, bytes, row->size);
	end_task(task);
}

static void
rows_hold(enum personality personality)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		row_holds(&rows[i], personality);
}

TEST(vm_copy_decides_as_the_table_says)
{
	in_each_personality(rows_hold);
}

TEST(a_maximum_that_permits_does_not_count_a_current_protection_does)
{
	draw(task, FROM, "a");
	draw(task, TO, "xx");
	succeeds(vm_protect(task, TO, PAGE, TRUE, VM_PROT_DEFAULT));
	protect(task, TO, PAGE, VM_PROT_READ);

	answers(vm_copy(task, FROM, PAGE, TO), KERN_PROTECTION_FAILURE);
	protect(task, TO, PAGE, VM_PROT_DEFAULT);
	succeeds(vm_copy(task, FROM, PAGE, TO));

	pages_are(task, TO, "ax");
}

TEST(the_last_page_of_the_map_is_as_good_as_any)
{
	vm_address_t last = VM_MAX_ADDRESS - PAGE;

	draw(task, FROM, "ab");
	draw(task, last, "z");

	succeeds(vm_copy(task, FROM, PAGE, last));
	succeeds(vm_copy(task, last, PAGE, FROM + PAGE));
	answers(vm_copy(task, FROM, 2 * PAGE, last), KERN_INVALID_ADDRESS);
	answers(vm_copy(task, last, 2 * PAGE, FROM), KERN_INVALID_ADDRESS);

	pages_are(task, last, "a");
	pages_are(task, FROM, "aa");
}

TEST(a_destination_that_fails_late_is_not_written_at_all)
{
	char drawing[65];

	memset(drawing, 'a', 64);
	drawing[64] = '\0';
	draw(task, FROM, drawing);
	memset(drawing, 'z', 64);
	draw(task, TO, drawing);
	protect(task, TO + 63 * PAGE, PAGE, VM_PROT_READ);

	answers(vm_copy(task, FROM, 64 * PAGE, TO), KERN_PROTECTION_FAILURE);
	pages_are(task, TO, drawing);
	succeeds(vm_deallocate(task, TO + 63 * PAGE, PAGE));
	answers(vm_copy(task, FROM, 64 * PAGE, TO), KERN_INVALID_ADDRESS);
	drawing[63] = '.';
	pages_are(task, TO, drawing);
}

/* --- Whose memory changes ---------------------------------------------- */

TEST(a_write_to_either_side_is_not_seen_on_the_other)
{
	draw(task, FROM, "abcd");
	draw(task, TO, "0000");
	succeeds(vm_copy(task, FROM, 4 * PAGE, TO));

	fill(task, FROM + PAGE, PAGE, 's');
	fill(task, TO + 2 * PAGE, PAGE, 'd');
	fill(task, FROM + 3 * PAGE, 10, 'd');

	pages_are(task, FROM, "ascd");
	pages_are(task, TO, "abdd");
}

TEST(a_copy_may_be_made_of_a_copy_of_a_copy)
{
	enum { LINKS = 40 };

	draw(task, FROM, "abc");
	for (vm_size_t i = 1; i <= LINKS; i++) {
		vm_address_t at = FROM + i * 0x10000;

		draw(task, at, "000");
		succeeds(vm_copy(task, at - 0x10000, 3 * PAGE, at));
		fill(task, at + i % 3 * PAGE, PAGE, (char)('d' + i % 20));
	}

	pages_are(task, FROM, "abc");
	pages_are(task, FROM + 0x10000, "aec");
	pages_are(task, FROM + 0x20000, "aef");
	pages_are(task, FROM + 0x30000, "gef");
	pages_are(task, FROM + LINKS * 0x10000, "wdv");
	succeeds(vm_deallocate(task, FROM + 0x10000, 3 * PAGE));
	succeeds(vm_deallocate(task, FROM + 0x20000, 3 * PAGE));
	pages_are(task, FROM + 0x30000, "gef");
}

TEST(shared_memory_that_is_copied_to_is_seen_by_all_who_share_it)
{
	task_t child, stranger;

	draw(task, FROM, "ab");
	draw(task, TO, "yy");
	inherit(task, TO, 2 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);
	inherit(task, TO, 2 * PAGE, VM_INHERIT_COPY);
	stranger = child_of(task);

	succeeds(vm_copy(task, FROM, 2 * PAGE, TO));
	pages_are(child, TO, "ab");
	pages_are(stranger, TO, "yy");
	fill(child, TO, PAGE, 'c');
	pages_are(task, TO, "cb");
	pages_are(task, FROM, "ab");
}

TEST(shared_memory_that_is_copied_from_is_a_snapshot)
{
	task_t child;

	draw(task, FROM, "ab");
	draw(task, TO, "yy");
	inherit(task, FROM, 2 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);

	succeeds(vm_copy(task, FROM, 2 * PAGE, TO));
	fill(child, FROM, PAGE, 'c');
	fill(task, FROM + PAGE, PAGE, 'd');

	pages_are(task, TO, "ab");
	pages_are(task, FROM, "cd");
	pages_are(child, FROM, "cd");
}

TEST(ranges_may_overlap_in_shared_memory)
{
	task_t child;

	draw(task, FROM, "abcdefgh");
	inherit(task, FROM, 8 * PAGE, VM_INHERIT_SHARE);
	child = child_of(task);

	succeeds(vm_copy(task, FROM, 5 * PAGE, FROM + PAGE));
	pages_are(child, FROM, "aabcdegh");
	succeeds(vm_copy(child, FROM + 3 * PAGE, 4 * PAGE, FROM + PAGE));
	pages_are(task, FROM, "acdegegh");
	succeeds(vm_copy(task, FROM, 8 * PAGE, FROM));
	pages_are(child, FROM, "acdegegh");
}

TEST(a_copy_inherited_is_as_independent_as_any)
{
	task_t child;

	draw(task, FROM, "ab");
	draw(task, TO, "00");
	succeeds(vm_copy(task, FROM, 2 * PAGE, TO));
	child = child_of(task);

	fill(child, FROM, PAGE, 'c');
	succeeds(vm_copy(child, FROM, PAGE, TO + PAGE));
	fill(task, TO, PAGE, 'd');

	pages_are(task, FROM, "ab");
	pages_are(task, TO, "db");
	pages_are(child, FROM, "cb");
	pages_are(child, TO, "ac");
}

TEST(a_copy_outlives_its_source)
{
	draw(task, FROM, "ab");
	draw(task, TO, "00");
	succeeds(vm_copy(task, FROM, 2 * PAGE, TO));

	succeeds(vm_deallocate(task, FROM, 2 * PAGE));
	draw(task, FROM, "00");

	pages_are(task, TO, "ab");
	pages_are(task, FROM, "00");
}

/* --- What stays as it was ---------------------------------------------- */

TEST(the_destination_keeps_its_attributes_and_the_source_its_own)
{
	static const char picture[] = "100000-101000 rw-/rwx copy\n"
				      "101000-102000 r--/rwx share\n"
				      "102000-104000 rw-/rwx none\n"
				      "200000-202000 rwx/rwx copy\n"
				      "202000-203000 rw-/rw- share\n"
				      "203000-204000 -w-/rwx copy";

	draw(task, FROM, "abcd");
	protect(task, FROM + PAGE, PAGE, VM_PROT_READ);
	inherit(task, FROM + PAGE, PAGE, VM_INHERIT_SHARE);
	inherit(task, FROM + 2 * PAGE, 2 * PAGE, VM_INHERIT_NONE);
	draw(task, TO, "0000");
	protect(task, TO, 2 * PAGE, VM_PROT_ALL);
	succeeds(vm_protect(task, TO + 2 * PAGE, PAGE, TRUE, VM_PROT_DEFAULT));
	inherit(task, TO + 2 * PAGE, PAGE, VM_INHERIT_SHARE);
	protect(task, TO + 3 * PAGE, PAGE, VM_PROT_WRITE);
	regions_are(task, picture);

	succeeds(vm_copy(task, FROM, 4 * PAGE, TO));

	regions_are(task, picture);
	pages_are(task, TO, "abc-");
	protect(task, TO + 3 * PAGE, PAGE, VM_PROT_READ);
	pages_are(task, TO, "abcd");
}

TEST(what_lies_beside_the_destination_is_untouched)
{
	draw(task, FROM, "ab");
	draw(task, TO, "wxyz");

	succeeds(vm_copy(task, FROM, 2 * PAGE, TO + PAGE));

	pages_are(task, TO, "wabz");
}

/* --- Any alignment ----------------------------------------------------- */

enum { ROOM = 8 * PAGE };

static uint8_t before[ROOM], after[ROOM], seen[ROOM];

static void
read_room(uint8_t *to)
{
	vm_size_t count;

	succeeds(vm_read_overwrite(task, FROM, ROOM, (vm_address_t)to, &count));
}

static void
copy_is_memmove(vm_size_t from, vm_size_t size, vm_size_t to)
{
	if (from + size > ROOM || to + size > ROOM)
		return;
	succeeds(vm_write(task, FROM, (vm_offset_t)before, ROOM));
	memcpy(after, before, ROOM);
	memmove(after + to, after + from, size);

	succeeds(vm_copy(task, FROM + from, size, FROM + to));

	read_room(seen);
	ck_assert_msg(memcmp(seen, after, ROOM) == 0,
	    "%zu bytes from %zu to %zu", size, from, to);
}

static void
copies_are_memmove(enum personality personality)
{
	static const vm_size_t places[] = { 0, 1, 7, 64, 2048, 4088, 4095, 4096,
		4097, 8200, 12287, 16384 };
	static const vm_size_t sizes[] = { 1, 2, 8, 2049, 4095, 4096, 4097,
		8191, 8192, 12289, 16383 };

	(void)personality;
	task = new_task();
	allocate_at(task, FROM, ROOM);
	fill_pattern(before, ROOM, 1);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		for (size_t j = 0; j < ARRAY_SIZE(places); j++)
			for (size_t k = 0; k < ARRAY_SIZE(sizes); k++)
				copy_is_memmove(places[i], sizes[k], places[j]);
}

TEST(as_xnu_any_bytes_go_anywhere_as_with_memmove)
{
	in_personality(XNU, copies_are_memmove);
}

/* --- What it takes ----------------------------------------------------- */

TEST(pages_never_touched_are_copied_as_zeros)
{
	draw(task, FROM, "00b00c0");
	draw(task, TO, "xxxxxxx");

	succeeds(vm_copy(task, FROM, 7 * PAGE, TO));

	pages_are(task, TO, "00b00c0");
	fill(task, TO, PAGE, 'd');
	pages_are(task, FROM, "00b00c0");
}

TEST(sparse_memory_stays_sparse)
{
	enum { SIZE = 256 << 20, STEP = 1 << 20 };
	vm_address_t from = allocate(task, SIZE), to = allocate(task, SIZE);
	uint64_t used;

	for (vm_size_t i = 0; i < SIZE; i += 16 * STEP)
		write_pattern(task, from + i, PAGE, (unsigned)(i / STEP));
	used = frames();

	succeeds(vm_copy(task, from, SIZE, to));

	ck_assert_uint_eq(frames(), used);
	for (vm_size_t i = 0; i < SIZE; i += 16 * STEP) {
		pattern_is(task, to + i, PAGE, (unsigned)(i / STEP));
		bytes_are(task, to + i + PAGE, PAGE, 0);
	}
}

TEST(a_copy_of_a_gigabyte_takes_no_frames_until_something_is_written)
{
	const vm_size_t size = 1 << 30;
	vm_address_t from = allocate(task, size), to = allocate(task, size);
	uint64_t used;

	fill(task, from, 64 * PAGE, 'a');
	fill(task, from + size - 64 * PAGE, 64 * PAGE, 'z');
	used = frames();

	succeeds(vm_copy(task, from, size, to));
	ck_assert_uint_eq(frames(), used);
	bytes_are(task, to, 64 * PAGE, 'a');
	bytes_are(task, to + size - 64 * PAGE, 64 * PAGE, 'z');
	ck_assert_uint_eq(frames(), used);
	fill(task, to, PAGE, 'b');
	ck_assert_uint_eq(frames(), used + 1);
	fill(task, from + PAGE, 1, 'b');
	ck_assert_uint_eq(frames(), used + 2);
	fill(task, to, PAGE, 'c');
	ck_assert_uint_eq(frames(), used + 2);
	succeeds(vm_deallocate(task, to, size));
	bytes_are(task, from + 2 * PAGE, 62 * PAGE, 'a');
}

TEST(a_copy_onto_itself_takes_nothing)
{
	uint64_t used;

	draw(task, FROM, "abc0");
	used = frames();

	succeeds(vm_copy(task, FROM, 4 * PAGE, FROM));

	ck_assert_uint_eq(frames(), used);
	pages_are(task, FROM, "abc0");
}

TEST(what_a_copy_replaces_is_free_again)
{
	uint64_t used;

	draw(task, FROM, "ab");
	used = frames();
	draw(task, TO, "yy");
	ck_assert_uint_eq(frames(), used + 2);

	succeeds(vm_copy(task, FROM, 2 * PAGE, TO));

	for (int i = 0; i < 100 && frames() != used; i++)
		;
	ck_assert_uint_eq(frames(), used);
}

TEST(copies_made_and_dropped_leave_nothing_behind)
{
	struct vmd_statistics start, end;

	draw(task, FROM, "abcdefgh");
	draw(task, TO, "00000000");
	succeeds(vm_copy(task, FROM, 8 * PAGE, TO));
	succeeds(vmd_statistics(&start));

	for (vm_size_t i = 0; i < 2000; i++) {
		fill(task, FROM + i % 8 * PAGE, PAGE, 'w');
		succeeds(vm_copy(task, FROM, 8 * PAGE, TO));
		succeeds(vm_copy(task, TO + PAGE, 7 * PAGE, FROM));
	}
	succeeds(vm_copy(task, FROM, 8 * PAGE, TO));

	succeeds(vmd_statistics(&end));
	ck_assert_uint_le(end.pages_used, start.pages_used);
	ck_assert_uint_le(end.nodes_used, start.nodes_used + 8);
	ck_assert_uint_le(end.entries_used, start.entries_used + 4);
	ck_assert_uint_le(end.objects_used, start.objects_used + 4);
}
