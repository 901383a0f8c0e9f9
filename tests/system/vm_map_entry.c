/* vm_map of memory entries: which part of one, and with what rights. */
#include "tests/support/test.h"

#include <mach/vm_purgable.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/mapping.h"
#include "tests/support/memory.h"

#define RW   VM_PROT_DEFAULT
#define RWX  VM_PROT_ALL
#define TOP  (-(vm_address_t)PAGE)
#define LAST (-(vm_address_t)1)
#define END  ((vm_address_t)VM_MAX_ADDRESS)

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

/* Of memory that has these pages, and had a task of its own. */
static mem_entry_name_port_t
drawn_entry(const char *pages, vm_size_t count, vm_prot_t permission)
{
	mem_entry_name_port_t entry;
	task_t source = new_task();

	draw(source, 0x10000, pages);
	protect(source, 0x10000, count * PAGE, VM_PROT_ALL);
	entry = entry_of(source, 0x10000, count * PAGE, permission);
	end_task(source);
	return entry;
}

/* --- What is refused --------------------------------------------------- */

static void
no_objects(enum personality personality)
{
	kern_return_t code =
	    personality == GNU ? KERN_INVALID_ARGUMENT : KERN_INVALID_OBJECT;
	mach_port_t gone = new_entry(PAGE, RW), dead = new_task();
	const mach_port_t ports[] = { mach_host_self(), task, dead, gone,
		MACH_PORT_DEAD, 0x12345 };
	struct asked asked;

	task = new_task();
	draw(task, 0x10000, "a");
	succeeds(task_terminate(dead));
	let_go(gone);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		asked = zeros;
		asked.object = ports[i];
		all_say(task, 0x20000, &asked, code, "no entry");
		all_say(task, 0x10000, &asked, code, "no entry, and no room");
		asked.current = 8;
		all_say(task, 0x20000, &asked, KERN_INVALID_ARGUMENT, "a bit");
		asked = zeros;
		asked.object = ports[i];
		asked.size = 0;
		all_say(task, 0x20000, &asked, KERN_INVALID_ARGUMENT,
		    "no bytes");
	}
}

TEST(a_port_that_is_no_entry_is_no_object)
{
	in_each_personality(no_objects);
}

static void
rights_are_judged(enum personality personality)
{
	struct asked asked = zeros;

	task = new_task();
	for (vm_prot_t p = 1; p <= RWX; p++) {
		asked.object = drawn_entry("a", 1, p);
		for (vm_prot_t both = 0; both < 64; both++) {
			kern_return_t code = KERN_SUCCESS;

			asked.current = both & RWX;
			asked.maximum = both >> 3;
			if (personality != GNU)
				asked.current &= asked.maximum;
			if ((asked.current | asked.maximum) & ~p)
				code = KERN_INVALID_RIGHT;
			asked.current = both & RWX;
			asked.copy = both % 2;
			all_say(task, 0x20000, &asked, code,
			    "rights of an entry");
		}
		let_go(asked.object);
	}
}

TEST(no_mapping_has_more_rights_than_the_entry)
{
	in_each_personality(rights_are_judged);
}

TEST(a_mask_asks_for_what_the_entry_permits)
{
	static const struct {
		vm_prot_t permission, current, maximum;
		const char *picture;
	} masks[] = {
		{ 1, RWX | 0x40, RWX | 0x40,
		    "20000-21000 r--/r-- copy shared" },
		{ 3, RWX | 0x40, RWX | 0x40,
		    "20000-21000 rw-/rw- copy shared" },
		{ 3, VM_PROT_READ, RWX | 0x40,
		    "20000-21000 r--/rw- copy shared" },
		{ 5, RW | 0x40, RWX | 0x40, "20000-21000 r--/r-x copy shared" },
		{ 4, RW | 0x40, RW | 0x40, "20000-21000 ---/--- copy shared" },
	};
	struct asked asked = zeros;
	vm_address_t at = 0x20000;

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		task = new_task();
		asked.object = drawn_entry("a", 1, masks[i].permission);
		asked.current = masks[i].current;
		asked.maximum = masks[i].maximum;
		succeeds(classic(task, &at, &asked));
		regions_are(task, masks[i].picture);
	}
	asked.object = drawn_entry("a", 1, VM_PROT_READ);
	asked.current = RW | VM_PROT_IS_MASK;
	asked.maximum = RW;
	all_say(task, 0x30000, &asked, KERN_INVALID_RIGHT,
	    "the maximum is no mask");
}

/* Of an entry of three pages, that may be read only: what comes first. */
static const struct part {
	vm_offset_t offset;
	vm_size_t size;
	vm_address_t address;
	vm_prot_t maximum;
	kern_return_t code;
	const char *why;
} parts[] = {
	{ 0, 3 * PAGE, 0x20000, 1, KERN_SUCCESS, "all of it" },
	{ 0x1000, 2 * PAGE, 0x20000, 1, KERN_SUCCESS, "its end" },
	{ 0x2000, 1, 0x20000, 1, KERN_SUCCESS, "a byte" },
	{ 0x2000, PAGE, 0x20000, 1, KERN_SUCCESS, "a page" },
	{ 0, 3 * PAGE + 1, 0x20000, 1, KERN_INVALID_ARGUMENT, "a byte more" },
	{ 0x1000, 3 * PAGE, 0x20000, 1, KERN_INVALID_ARGUMENT, "a page" },
	{ 0x3000, 1, 0x20000, 1, KERN_INVALID_ARGUMENT, "behind it" },
	{ LAST, 2, 0x20000, 1, KERN_INVALID_ARGUMENT, "it wraps" },
	{ TOP, 2 * PAGE, 0x20000, 1, KERN_INVALID_ARGUMENT, "in pages" },
	{ 1, 1, 0x20000, 1, KERN_INVALID_ARGUMENT, "within a page" },
	{ 0x3000, 1, 0x10000, 1, KERN_INVALID_ARGUMENT, "... no room" },
	{ 0x3000, 1, 0x20000, 3, KERN_INVALID_RIGHT, "... not permitted" },
	{ 1, 1, 0x10000, 7, KERN_INVALID_RIGHT, "... nor room" },
	{ 0, PAGE, 0x10000, 7, KERN_INVALID_RIGHT, "no room" },
	{ 0, PAGE, 0x10000, 1, KERN_NO_SPACE, "no room alone" },
	{ 0, 2 * PAGE, 0xf000, 1, KERN_NO_SPACE, "half of it" },
	{ 0, PAGE, END, 1, KERN_INVALID_ADDRESS, "outside" },
};

static void
parts_are_judged(enum personality personality)
{
	struct asked asked = zeros;

	(void)personality;
	task = new_task();
	draw(task, 0x10000, "t");
	asked.object = drawn_entry("abc", 3, VM_PROT_READ);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		asked.size = parts[i].size;
		asked.offset = parts[i].offset;
		asked.current = VM_PROT_READ;
		asked.maximum = parts[i].maximum;
		all_say(task, parts[i].address, &asked, parts[i].code,
		    parts[i].why);
	}
}

TEST(rights_are_told_before_the_range_and_that_before_the_place)
{
	in_each_personality(parts_are_judged);
}

/* --- What it does ------------------------------------------------------ */

TEST(an_offset_is_where_in_the_entry_the_memory_begins)
{
	struct asked asked = zeros;
	vm_address_t at = 0x20000;

	asked.object = drawn_entry("abcdef", 6, RWX);
	for (unsigned i = 0; i < 6; i++) {
		asked.size = (6 - i) * PAGE;
		asked.offset = i * PAGE;
		succeeds(spellings[i % 3](task, &at, &asked));
		at += 0x10000;
	}
	for (unsigned i = 0; i < 6; i++)
		pages_are(task, 0x20000 + i * 0x10000, &"abcdef"[i]);
	fill(task, 0x70000, PAGE, 'z');
	for (unsigned i = 0; i < 6; i++)
		pages_are(task, 0x20000 + (5 - i) * 0x10000 + i * PAGE, "z");
}

TEST(the_address_of_data_within_a_page_is_returned_if_asked_for)
{
	struct asked asked = zeros;
	vm_address_t at = 0x20000;

	asked.object = drawn_entry("abc", 3, RWX);
	asked.offset = 0x1ffe;
	asked.size = 4;
	asked.flags = VM_FLAGS_RETURN_DATA_ADDR;
	succeeds(classic(task, &at, &asked));
	ck_assert_uint_eq(at, 0x20ffe);
	pages_are(task, 0x1f000, ".bc.");
	bytes_are(task, at, 2, 'b');
	bytes_are(task, at + 2, 2, 'c');
}

static void
parts_are_mapped(enum personality personality)
{
	static const vm_prot_t kinds[] = { MAP_MEM_VM_SHARE, MAP_MEM_VM_COPY };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct asked asked = zeros;
		vm_address_t at = 0x20000;

		task = new_task();
		asked.maximum = RW;
		asked.object = drawn_entry("abcd", 4, RW | kinds[i]);
		asked.offset = PAGE + 0x123;
		asked.size = 1;
		succeeds(classic(task, &at, &asked));
		pages_are(task, 0x1f000,
		    personality == XNU ? ".abcd." : ".b....");
		ck_assert_uint_eq(at, 0x20000);
		asked.size = 4 * PAGE;
		all_say(task, 0x30000, &asked, KERN_INVALID_ARGUMENT,
		    "too much");
		draw(task, 0x11000, "t");
		asked.offset = 0;
		asked.size = PAGE;
		all_say(task, 0x10000, &asked,
		    personality == XNU ? KERN_NO_SPACE : KERN_SUCCESS,
		    "room for a page");
	}
}

TEST(of_what_was_shared_or_copied_xnu_maps_all_and_others_what_is_asked_for)
{
	in_each_personality(parts_are_mapped);
}

TEST(what_was_shared_or_copied_takes_few_flags)
{
	static const int refused[] = { VM_FLAGS_PURGABLE, VM_FLAGS_4GB_CHUNK,
		VM_FLAGS_RANDOM_ADDR | VM_FLAGS_ANYWHERE, VM_FLAGS_NO_CACHE,
		VM_FLAGS_PERMANENT, VM_FLAGS_RESILIENT_CODESIGN,
		VM_FLAGS_SUPERPAGE_SIZE_2MB };
	static const int taken[] = { VM_FLAGS_ANYWHERE, VM_FLAGS_OVERWRITE,
		VM_FLAGS_RETURN_DATA_ADDR, VM_FLAGS_RETURN_4K_DATA_ADDR };
	static const vm_prot_t kinds[] = { MAP_MEM_VM_SHARE, MAP_MEM_VM_COPY };

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct asked asked = zeros;

		asked.maximum = RW;
		asked.object = drawn_entry("ab", 2, RW | kinds[k]);
		for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
			asked.flags = refused[i];
			all_say(task, 0x20000, &asked, KERN_INVALID_ARGUMENT,
			    "no");
		}
		for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
			asked.flags = taken[i];
			all_say(task, 0x20000, &asked, KERN_SUCCESS, "yes");
		}
	}
}

TEST(flags_of_fresh_memory_make_no_difference_to_an_object)
{
	struct asked asked = zeros;
	vm_address_t at = 0x20000;
	int state = 77;

	asked.object = drawn_entry("ab", 2, RWX);
	asked.flags = VM_FLAGS_PURGABLE;
	succeeds(classic(task, &at, &asked));
	answers(vm_purgable_control(task, at, VM_PURGABLE_GET_STATE, &state),
	    KERN_INVALID_ARGUMENT);
	asked.flags = VM_FLAGS_SUPERPAGE_SIZE_2MB;
	at = 0x31000;
	succeeds(wide(task, &at, &asked));
	pages_are(task, 0x20000, "a.");
	pages_are(task, 0x31000, "a.");
}

TEST(an_entry_of_data_within_a_page_is_mapped_to_the_byte)
{
	const vm_prot_t data = RW | MAP_MEM_USE_DATA_ADDR;
	struct asked asked = zeros;
	vm_address_t at = 0x20000;
	task_t source = new_task();

	draw(source, 0x10000, "ab");
	fill(source, 0x10ffa, 8, 'z');
	asked.object = entry_of(source, 0x10ffa, 8, data);
	asked.maximum = RW;
	asked.size = 8;
	asked.flags = VM_FLAGS_RETURN_DATA_ADDR;
	succeeds(classic(task, &at, &asked));
	ck_assert_uint_eq(at, 0x20ffa);
	bytes_are(task, at, 8, 'z');
	fill(task, at + 7, 1, 'y');
	bytes_are(source, 0x11001, 1, 'y');
	asked.size = PAGE + 7;
	all_say(task, 0x30000, &asked, KERN_INVALID_ARGUMENT,
	    "more than its data");
	asked.flags = 0;
	asked.size = 2 * PAGE;
	at = 0x40000;
	succeeds(classic(task, &at, &asked));
	ck_assert_uint_eq(at, 0x40000);
	bytes_are(task, 0x40000, PAGE - 6, 'a');
}

TEST(a_copy_is_as_the_entry_was_and_all_others_are_the_entry)
{
	mem_entry_name_port_t entry = drawn_entry("abc", 3, RWX);
	struct asked asked = zeros;
	vm_address_t at = 0x20000;
	task_t other = new_task();

	map_at(task, 0x10000, 3 * PAGE, entry);
	map_at(other, 0x10000, 3 * PAGE, entry);
	asked.object = entry;
	asked.size = 3 * PAGE;
	asked.copy = TRUE;
	succeeds(classic(task, &at, &asked));
	fill(other, 0x11000, PAGE, 'o');
	pages_are(task, 0x10000, "aoc");
	pages_are(task, 0x20000, "abc");
	fill(task, 0x22000, PAGE, 'z');
	pages_are(task, 0x20000, "abz");
	pages_are(other, 0x10000, "aoc");
	regions_are(task, "10000-13000 rw-/rw- copy shared\n"
			  "20000-23000 rw-/rwx copy");
}

TEST(what_is_mapped_outlives_the_port)
{
	mem_entry_name_port_t entry = drawn_entry("ab", 2, RWX);
	task_t other = new_task();

	map_at(task, 0x10000, 2 * PAGE, entry);
	map_at(other, 0x30000, 2 * PAGE, entry);
	let_go(entry);
	fill(task, 0x11000, PAGE, 't');
	pages_are(other, 0x30000, "at");
	end_task(task);
	pages_are(other, 0x30000, "at");
	regions_are(other, "30000-32000 rw-/rw- copy");
}
