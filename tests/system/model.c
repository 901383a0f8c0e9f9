/*
 * Random calls, each held against a model of what it must answer
 *
 *	model SEED COUNT PERSONALITY
 *
 * Up to four tasks; addresses in their lowest 64 pages, most of them at the
 * start of a page or a byte beside it, and some at the ends of what there is.
 * After each call its code and what it gave back are compared; after one that
 * failed and every now and then all of memory is, with what may be done with
 * it. The model is tests/support/model.h.
 *
 * Prints `ok seed 7: 20000 calls`, or what is different and the last calls, and
 * exits with 1. The same three words give the same calls.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/model.h"

enum {
	PAGE = MODEL_PAGE,
	TASKS = 4,
	WINDOW = 64, /* pages that addresses are chosen from */
	CALLS_TOLD = 20,
	COMPARE_EVERY = 50,
	CANARY = 0x5afe5afe,
};

static unsigned long seed;
static struct model_task tasks[TASKS];
static task_t ports[TASKS];

/* What the model reads, and what vmd does. */
static uint8_t expected_bytes[MODEL_PAGES * PAGE];
static uint8_t seen_bytes[MODEL_PAGES * PAGE] __attribute__((aligned(PAGE)));

/* --- Chance ------------------------------------------------------------ */

static uint64_t chance_state;

static uint64_t
chance(uint64_t below)
{
	uint64_t x = chance_state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (x ^ (x >> 31)) % below;
}

static bool
one_in(uint64_t n)
{
	return chance(n) == 0;
}

/* Around the start of a page, here and there within one. */
static vm_address_t
beside(vm_address_t boundary)
{
	switch (chance(16)) {
	case 0:
		return boundary - 1;
	case 1:
		return boundary + 1;
	case 2:
		return boundary + chance(PAGE);
	default:
		return boundary;
	}
}

static const vm_address_t ends[] = {
	0,
	VM_MIN_ADDRESS,
	MODEL_END,
	UINT64_C(1) << 32,
	VM_MAX_ADDRESS - PAGE,
	VM_MAX_ADDRESS,
	-(vm_address_t)PAGE,
	-(vm_address_t)1,
};

static vm_address_t
some_address(void)
{
	if (one_in(24))
		return beside(ends[chance(ARRAY_SIZE(ends))]);
	return beside(chance(WINDOW) * PAGE);
}

/* Where something is, most often. */
static vm_address_t
some_place(size_t task)
{
	vm_address_t address = some_address();

	for (int i = 0; i < 2 && !model_page_at(&tasks[task], address); i++)
		address = some_address();
	return address;
}

/* Of a range that starts there: it may reach to where things end. */
static vm_size_t
some_size(vm_address_t address)
{
	if (one_in(48))
		return beside(ends[chance(ARRAY_SIZE(ends))]) - address;
	if (one_in(32))
		return beside(ends[chance(ARRAY_SIZE(ends))]);
	if (one_in(24))
		return 0;
	if (one_in(16))
		return beside(chance(WINDOW) * PAGE);
	return beside((1 + chance(5)) * PAGE);
}

static vm_prot_t
some_protection(void)
{
	static const vm_prot_t usual[] = { VM_PROT_READ, VM_PROT_DEFAULT,
		VM_PROT_DEFAULT, VM_PROT_ALL, VM_PROT_NONE };

	if (one_in(24))
		return (vm_prot_t)chance(64);
	if (one_in(8))
		return (vm_prot_t)chance(8);
	return usual[chance(ARRAY_SIZE(usual))];
}

static size_t
some_task(void)
{
	size_t i = chance(TASKS);

	for (size_t n = 0; n < TASKS && !tasks[i].alive && !one_in(16); n++)
		i = (i + 1) % TASKS;
	return i;
}

/* --- What was called --------------------------------------------------- */

static char told[CALLS_TOLD][160];
static unsigned long calls;

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void differ(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

static void
tell(const char *format, ...)
{
	char *line = told[calls++ % CALLS_TOLD];
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof(told[0]), format, list);
	va_end(list);
}

static void
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

#define agree(what, seen, expected)                                            \
	do {                                                                   \
		uint64_t seen_ = (uint64_t)(seen);                             \
		uint64_t expected_ = (uint64_t)(expected);                     \
		if (seen_ != expected_)                                        \
			differ("%s is %#llx instead of %#llx", (what),         \
			    (unsigned long long)seen_,                         \
			    (unsigned long long)expected_);                    \
	} while (0)

/* --- Comparing --------------------------------------------------------- */

static vm_address_t
address_of(size_t page)
{
	return page * PAGE;
}

static void
compare_bytes(const uint8_t *seen, const uint8_t *expected, vm_size_t size,
    vm_address_t address)
{
	if (memcmp(seen, expected, size) == 0)
		return;
	while (*seen == *expected)
		seen++, expected++, address++;
	differ("at %#zx there is %#x instead of %#x", address, *seen,
	    *expected);
}

/* A region, and how the model says that its pages are. */
static void
compare_region(struct model_task *task, vm_address_t start, vm_size_t size,
    const struct vm_region_basic_info_64 *info)
{
	bool shared = false;

	if (size == 0 || ((start | size) & (PAGE - 1)) != 0)
		differ("a region of %#zx bytes at %#zx", size, start);
	for (vm_address_t at = start; at < start + size; at += PAGE) {
		const struct model_page *page = model_page_at(task, at);

		if (!page)
			differ("a region has the page %#zx", at);
		agree("protection", info->protection, page->protection);
		agree("max_protection", info->max_protection,
		    page->max_protection);
		agree("inheritance", info->inheritance, page->inheritance);
		shared = shared || model_page_is_shared(page);
	}
	agree("shared", info->shared, shared);
	agree("reserved", info->reserved, FALSE);
	agree("behavior", info->behavior, VM_BEHAVIOR_DEFAULT);
	agree("user_wired_count", info->user_wired_count, 0);
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
		compare_region(&tasks[i], seen, size, &info);
		at = seen + size;
	}
}

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
		compare_bytes((const uint8_t *)seen[k].address, expected_bytes,
		    list[k].size, list[k].address);
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

/* A page that may not be read is made readable for the moment, if it can be. */
static void
compare_hidden(size_t i)
{
	for (size_t p = 0; p < MODEL_PAGES; p++) {
		struct model_page *page = &tasks[i].pages[p];
		vm_size_t count;

		if (!page->storage || (page->protection & VM_PROT_READ) ||
		    !(page->max_protection & VM_PROT_READ))
			continue;
		agree("the code of vm_protect to compare",
		    vm_protect(ports[i], address_of(p), PAGE, FALSE,
			VM_PROT_READ),
		    KERN_SUCCESS);
		agree("the code of a read to compare",
		    vm_read_overwrite(ports[i], address_of(p), PAGE,
			(vm_address_t)seen_bytes, &count),
		    KERN_SUCCESS);
		compare_bytes(seen_bytes, page->storage->bytes, PAGE,
		    address_of(p));
		agree("the code of vm_protect to compare",
		    vm_protect(ports[i], address_of(p), PAGE, FALSE,
			page->protection),
		    KERN_SUCCESS);
	}
}

static void
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

/* The answer to the call that was told last. */
static void
judge(size_t i, kern_return_t seen, kern_return_t expected)
{
	char *line = told[(calls - 1) % CALLS_TOLD];
	size_t length = strlen(line);

	snprintf(line + length, sizeof(told[0]) - length, " == %d", seen);
	if (seen != expected)
		differ("%s instead of %s", mach_error_string(seen),
		    mach_error_string(expected));
	if (seen != KERN_SUCCESS)
		compare_task(i);
}

/* --- The calls --------------------------------------------------------- */

/* What the model has no pages for may not stay. */
static void
undo_outside(size_t i, vm_address_t address, vm_size_t size, bool outside)
{
	if (!outside)
		return;
	tell("vm_deallocate(t%zu, %#zx, %#zx)", i, address, size);
	judge(i, vm_deallocate(ports[i], address, size), KERN_SUCCESS);
}

static int
some_flags(void)
{
	static const int flags[] = { VM_FLAGS_FIXED, VM_FLAGS_FIXED,
		VM_FLAGS_OVERWRITE, VM_FLAGS_ANYWHERE,
		VM_FLAGS_ANYWHERE | VM_FLAGS_OVERWRITE,
		VM_MAKE_TAG(VM_MEMORY_STACK),
		VM_MAKE_TAG(VM_MEMORY_MALLOC) | VM_FLAGS_ANYWHERE,
		VM_MAKE_TAG(VM_MEMORY_STACK) | VM_FLAGS_OVERWRITE };
	static const int wrong[] = { 0x20, 0x40, 0x100, 0x800, 0x2000, 0x8000,
		0x80000, 0x100000, 0x800000 };

	if (one_in(32))
		return wrong[chance(ARRAY_SIZE(wrong))] |
		       flags[chance(ARRAY_SIZE(flags))];
	return flags[chance(ARRAY_SIZE(flags))];
}

static void
call_allocate(void)
{
	size_t i = some_task();
	vm_address_t given = some_address(), seen = given, expected = given;
	vm_size_t size = some_size(given) + (one_in(3) ? chance(24) * PAGE : 0);
	int flags = some_flags();
	bool exact, outside;
	kern_return_t kr, code;

	tell("vm_allocate(t%zu, &(%#zx), %#zx, %#x)", i, given, size,
	    (unsigned)flags);
	kr =
	    model_allocate(&tasks[i], &expected, size, flags, &exact, &outside);
	code = vm_allocate(ports[i], &seen, size, flags);
	if (code == kr && !exact &&
	    !model_allocate_at(&tasks[i], seen, size, &outside))
		differ("memory is at %#zx", seen);
	judge(i, code, kr);
	if (exact)
		agree("the address", seen, expected);
	if (kr == KERN_SUCCESS)
		undo_outside(i, seen, size, outside);
}

static void
call_deallocate(void)
{
	size_t i = some_task();
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address);

	tell("vm_deallocate(t%zu, %#zx, %#zx)", i, address, size);
	judge(i, vm_deallocate(ports[i], address, size),
	    model_deallocate(&tasks[i], address, size));
}

static void
call_protect(void)
{
	size_t i = some_task();
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address);
	bool set_maximum = one_in(8);
	vm_prot_t protection = some_protection();

	tell("vm_protect(t%zu, %#zx, %#zx, %d, %#x)", i, address, size,
	    set_maximum, (unsigned)protection);
	judge(i, vm_protect(ports[i], address, size, set_maximum, protection),
	    model_protect(&tasks[i], address, size, set_maximum, protection));
}

static void
call_inherit(void)
{
	size_t i = some_task();
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address);
	vm_inherit_t inheritance = (vm_inherit_t)chance(one_in(16) ? 8 : 3);

	tell("vm_inherit(t%zu, %#zx, %#zx, %u)", i, address, size, inheritance);
	judge(i, vm_inherit(ports[i], address, size, inheritance),
	    model_inherit(&tasks[i], address, size, inheritance));
}

/* Gives a buffer back, in two pieces now and then. */
static void
free_buffer(vm_offset_t data, vm_size_t size)
{
	vm_size_t first = one_in(4) ? size / 2 / PAGE * PAGE : 0;
	vm_offset_t middle = (data & ~(vm_offset_t)(PAGE - 1)) + first;

	if (first > 0) {
		agree("the code of vm_deallocate of a buffer's end",
		    vm_deallocate(mach_task_self(), middle,
			data + size - middle),
		    KERN_SUCCESS);
		size = middle - data;
	}
	agree("the code of vm_deallocate of a buffer",
	    vm_deallocate(mach_task_self(), data, size), KERN_SUCCESS);
}

static void
check_buffer(size_t i, vm_address_t address, vm_size_t size, vm_offset_t data)
{
	agree("data's offset in its page", data % PAGE,
	    model_read_offset(&tasks[i], address, size));
	compare_bytes((uint8_t *)data, expected_bytes, size, address);
	free_buffer(data, size);
}

static void
call_read(void)
{
	size_t i = some_task();
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address);
	vm_offset_t data = CANARY;
	mach_msg_type_number_t count = CANARY;
	kern_return_t kr, code;

	tell("vm_read(t%zu, %#zx, %#zx, &data, &count)", i, address, size);
	kr = model_read(&tasks[i], address, size, expected_bytes);
	code = vm_read(ports[i], address, size, &data, &count);
	judge(i, code, kr);
	agree("count", count, kr == KERN_SUCCESS ? size : CANARY);
	if (kr != KERN_SUCCESS || size == 0)
		agree("data", data, kr == KERN_SUCCESS ? 0 : CANARY);
	else if (model_read(&tasks[i], address, size, expected_bytes) == kr)
		check_buffer(i, address, size, data);
}

static void
call_read_overwrite(void)
{
	size_t i = some_task();
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address), count = CANARY;
	kern_return_t kr, code;

	tell("vm_read_overwrite(t%zu, %#zx, %#zx, bytes, &count)", i, address,
	    size);
	code = vm_read_overwrite(ports[i], address, size,
	    (vm_address_t)seen_bytes, &count);
	kr = model_read_overwrite(&tasks[i], address, size, expected_bytes);
	if (kr == KERN_SUCCESS && code == kr)
		compare_bytes(seen_bytes, expected_bytes, size, address);
	judge(i, code, kr);
	agree("count", count, kr == KERN_SUCCESS ? size : CANARY);
}

/* One of a list, after the call that has read it. */
static void
check_entry(size_t i, const struct vm_read_entry *asked,
    const struct vm_read_entry *seen)
{
	kern_return_t kr =
	    model_read(&tasks[i], asked->address, asked->size, expected_bytes);

	if (kr != KERN_SUCCESS || asked->size == 0) {
		agree("an entry's size", seen->size, 0);
		agree("an entry's address", seen->address, 0);
	} else {
		agree("an entry's size", seen->size, asked->size);
		check_buffer(i, asked->address, asked->size, seen->address);
	}
}

static void
call_read_list(void)
{
	size_t i = some_task(), n = chance(5);
	vm_read_entry_t asked, seen;
	kern_return_t kr = KERN_SUCCESS, code;

	tell("vm_read_list(t%zu, list, %zu)", i, n);
	for (size_t k = 0; k < n; k++) {
		asked[k].address = some_place(i);
		asked[k].size = some_size(asked[k].address);
		if (asked[k].size > 0)
			kr = model_read(&tasks[i], asked[k].address,
			    asked[k].size, expected_bytes);
		tell("list[%zu] = { %#zx, %#zx }", k, asked[k].address,
		    asked[k].size);
	}
	if (!tasks[i].alive)
		kr = MACH_SEND_INVALID_DEST;
	memcpy(seen, asked, sizeof(asked[0]) * n);
	code = vm_read_list(ports[i], seen, (natural_t)n);
	if (kr == KERN_SUCCESS && code == kr)
		for (size_t k = 0; k < n; k++)
			check_entry(i, &asked[k], &seen[k]);
	else if (memcmp(seen, asked, sizeof(asked[0]) * n) != 0)
		differ("the list has changed");
	judge(i, code, kr);
}

static void
call_write(void)
{
	size_t i = some_task(), offset = one_in(8) ? chance(PAGE) : 0;
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address);
	uint8_t *bytes = seen_bytes + offset;
	uint8_t first = (uint8_t)chance(256);

	if (size > sizeof(seen_bytes) - PAGE)
		size = PAGE;
	for (size_t k = 0; k < size; k++)
		bytes[k] = (uint8_t)(first + k + k / PAGE * 3);
	tell("vm_write(t%zu, %#zx, bytes + %zu, %#zx)", i, address, offset,
	    size);
	judge(i,
	    vm_write(ports[i], address, (vm_offset_t)bytes,
		(mach_msg_type_number_t)size),
	    model_write(&tasks[i], address, bytes, size, offset == 0));
}

static void
call_copy(void)
{
	size_t i = some_task();
	vm_address_t source = some_place(i), destination = some_place(i);
	vm_size_t size = some_size(source);

	if (one_in(2)) {
		source &= ~(vm_address_t)(PAGE - 1);
		size &= ~(vm_size_t)(PAGE - 1);
		destination &= ~(vm_address_t)(PAGE - 1);
	}
	if (one_in(4))
		destination = source + (chance(7) - 3) * PAGE;
	tell("vm_copy(t%zu, %#zx, %#zx, %#zx)", i, source, size, destination);
	judge(i, vm_copy(ports[i], source, size, destination),
	    model_copy(&tasks[i], source, size, destination));
}

/* As the two calls have it: flavour 10 is what it says in the first only. */
static kern_return_t
region_needs(bool wide, vm_region_flavor_t flavor, mach_msg_type_number_t *need)
{
	if (flavor == VM_REGION_BASIC_INFO_64 ||
	    (wide && flavor == VM_REGION_BASIC_INFO))
		*need = VM_REGION_BASIC_INFO_COUNT_64;
	else if (flavor == VM_REGION_BASIC_INFO)
		*need = VM_REGION_BASIC_INFO_COUNT;
	else
		return KERN_INVALID_ARGUMENT;
	return KERN_SUCCESS;
}

/* Both structures as one of 64 bits. */
static void
check_info(size_t i, vm_address_t address, vm_size_t size, const int *words,
    mach_msg_type_number_t count)
{
	struct vm_region_basic_info_64 wide;
	struct vm_region_basic_info narrow;

	if (count == VM_REGION_BASIC_INFO_COUNT_64) {
		memcpy(&wide, words, sizeof(wide));
	} else {
		memcpy(&narrow, words, sizeof(narrow));
		wide = (struct vm_region_basic_info_64){
			.protection = narrow.protection,
			.max_protection = narrow.max_protection,
			.inheritance = narrow.inheritance,
			.shared = narrow.shared,
			.reserved = narrow.reserved,
			.behavior = narrow.behavior,
			.user_wired_count = narrow.user_wired_count,
		};
	}
	compare_region(&tasks[i], address, size, &wide);
}

static void
call_region(void)
{
	size_t i = some_task();
	bool wide = one_in(2);
	vm_region_flavor_t flavor =
	    one_in(16) ? 0 : VM_REGION_BASIC_INFO_64 + (int)chance(2);
	mach_msg_type_number_t given = (mach_msg_type_number_t)(6 + chance(8));
	mach_msg_type_number_t count = given, need = 0;
	vm_address_t address = some_address(), seen = address, next = address;
	vm_size_t size = CANARY;
	mach_port_t name = CANARY;
	int words[16];
	kern_return_t kr, code;

	for (size_t k = 0; k < ARRAY_SIZE(words); k++)
		words[k] = CANARY;
	tell("vm_region%s(t%zu, &(%#zx), &size, %d, info, &(%u), &name)",
	    wide ? "_64" : "", i, address, flavor, given);
	kr = region_needs(wide, flavor, &need);
	if (kr == KERN_SUCCESS && given < need)
		kr = KERN_INVALID_ARGUMENT;
	if (!tasks[i].alive)
		kr = MACH_SEND_INVALID_DEST;
	if (kr == KERN_SUCCESS)
		kr = model_region(&tasks[i], &next);
	code = (wide ? vm_region_64 : vm_region)(ports[i], &seen, &size, flavor,
	    words, &count, &name);
	judge(i, code, kr);
	agree("count", count, kr == KERN_SUCCESS ? need : given);
	agree("the word behind info", words[kr == KERN_SUCCESS ? need : 0],
	    CANARY);
	agree("object_name", name, kr == KERN_SUCCESS ? 0 : CANARY);
	if (kr != KERN_SUCCESS) {
		agree("the address", seen, address);
		agree("the size", size, CANARY);
		return;
	}
	if (seen > next || size <= next - seen)
		differ("a region of %#zx bytes at %#zx", size, seen);
	check_info(i, seen, size, words, count);
}

/* A place for one more task. TASKS: there is none. */
static size_t
free_place(void)
{
	for (size_t i = 0; i < TASKS; i++) {
		if (tasks[i].alive)
			continue;
		if (ports[i] != MACH_PORT_NULL)
			agree("the code of mach_port_deallocate",
			    mach_port_deallocate(mach_task_self(), ports[i]),
			    KERN_SUCCESS);
		ports[i] = MACH_PORT_NULL;
		return i;
	}
	return TASKS;
}

static void
call_task_create(void)
{
	size_t parent = some_task(), child = free_place();
	bool inherit = !one_in(6);
	task_t port = CANARY;
	kern_return_t kr, code;

	if (child == TASKS)
		return;
	tell("task_create(t%zu, NULL, 0, %d, &t%zu)", parent, inherit, child);
	kr = model_create(&tasks[parent], inherit, &tasks[child]);
	code = task_create(ports[parent], NULL, 0, inherit, &port);
	if (code == KERN_SUCCESS)
		ports[child] = port;
	else
		agree("child_task", port, CANARY);
	judge(parent, code, kr);
}

/* Ends a task but our own: its name is dead then, or gone. */
static void
call_task_terminate(void)
{
	size_t i = 1 + chance(TASKS - 1);
	bool by_name = tasks[i].alive && one_in(3);
	kern_return_t kr =
	    tasks[i].alive ? KERN_SUCCESS : MACH_SEND_INVALID_DEST;

	model_task_end(&tasks[i]);
	if (by_name) {
		tell("mach_port_deallocate(mach_task_self(), t%zu)", i);
		judge(i, mach_port_deallocate(mach_task_self(), ports[i]),
		    KERN_SUCCESS);
		ports[i] = MACH_PORT_NULL;
	} else {
		tell("task_terminate(t%zu)", i);
		judge(i, task_terminate(ports[i]), kr);
	}
}

/* Where a flavour has the size, in words. */
static const struct {
	task_flavor_t flavor;
	mach_msg_type_number_t need;
	size_t virtual_size;
} infos[] = {
	{ TASK_BASIC_INFO_32, TASK_BASIC_INFO_32_COUNT, 1 },
	{ TASK_BASIC_INFO_64, TASK_BASIC_INFO_64_COUNT, 1 },
	{ MACH_TASK_BASIC_INFO, MACH_TASK_BASIC_INFO_COUNT, 0 },
	{ 99, UINT32_MAX, 0 },
};

static void
call_task_info(void)
{
	size_t i = some_task(), f = chance(ARRAY_SIZE(infos));
	mach_msg_type_number_t given = (mach_msg_type_number_t)(4 + chance(12));
	mach_msg_type_number_t count = given;
	integer_t words[32];
	kern_return_t kr = KERN_SUCCESS;
	uint32_t size;

	memset(words, 0, sizeof(words));
	tell("task_info(t%zu, %u, info, &(%u))", i, infos[f].flavor, given);
	if (given < infos[f].need)
		kr = KERN_INVALID_ARGUMENT;
	if (!tasks[i].alive)
		kr = MACH_SEND_INVALID_DEST;
	judge(i, task_info(ports[i], infos[f].flavor, words, &count), kr);
	agree("count", count, kr == KERN_SUCCESS ? infos[f].need : given);
	memcpy(&size, &words[infos[f].virtual_size], sizeof(size));
	agree("virtual_size", size,
	    kr == KERN_SUCCESS ? model_size(&tasks[i]) : 0);
}

static const struct {
	void (*call)(void);
	unsigned weight;
} kinds[] = {
	{ call_allocate, 14 },
	{ call_deallocate, 5 },
	{ call_protect, 12 },
	{ call_inherit, 10 },
	{ call_read, 8 },
	{ call_read_overwrite, 6 },
	{ call_read_list, 4 },
	{ call_write, 14 },
	{ call_copy, 18 },
	{ call_region, 6 },
	{ call_task_create, 6 },
	{ call_task_terminate, 2 },
	{ call_task_info, 4 },
};

static void
call_something(void)
{
	uint64_t weights = 0, n;
	size_t i = 0;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		weights += kinds[k].weight;
	for (n = chance(weights); n >= kinds[i].weight; i++)
		n -= kinds[i].weight;
	kinds[i].call();
}

/* --- A run ------------------------------------------------------------- */

static struct vmd_statistics
statistics(void)
{
	struct vmd_statistics now;

	agree("the code of vmd_statistics", vmd_statistics(&now), KERN_SUCCESS);
	return now;
}

static bool
is_as_before(const struct vmd_statistics *before)
{
	struct vmd_statistics now = statistics();

	return now.pages_used == before->pages_used &&
	       now.nodes_used == before->nodes_used &&
	       now.entries_used == before->entries_used &&
	       now.objects_used == before->objects_used &&
	       now.tasks == before->tasks;
}

/* The daemon frees in slices: it is given a while. */
static void
expect_nothing_left(const struct vmd_statistics *before)
{
	for (int i = 0; i < 1000; i++) {
		if (is_as_before(before))
			return;
		usleep(1000);
	}
	differ("something is left in the daemon");
}

/* One's own task is t0; it is emptied, not ended. */
static void
end_tasks(void)
{
	vm_address_t at;

	for (size_t i = 1; i < TASKS; i++) {
		if (tasks[i].alive)
			task_terminate(ports[i]);
		model_task_end(&tasks[i]);
		free_place();
	}
	for (at = 0; model_region(&tasks[0], &at) == KERN_SUCCESS; at += PAGE)
		agree("the code of vm_deallocate at the end",
		    vm_deallocate(ports[0], at, PAGE), KERN_SUCCESS);
	model_task_end(&tasks[0]);
}

static void
run(unsigned long count, const struct model_rules *rules)
{
	struct vmd_statistics before;
	unsigned long compared = 0;

	chance_state = seed * 1000003;
	model_task_start(&tasks[0], rules);
	ports[0] = mach_task_self();
	compare_all(); /* the task is made by its first call */
	before = statistics();
	while (calls < count) {
		call_something();
		if (calls >= compared + COMPARE_EVERY) {
			compare_all();
			compared = calls;
		}
	}
	compare_all();
	end_tasks();
	expect_nothing_left(&before);
}

int
main(int argc, char **argv)
{
	const struct model_rules *rules =
	    argc == 4 ? model_rules_of(argv[3]) : NULL;

	if (!rules) {
		fputs("usage: model SEED COUNT PERSONALITY\n", stderr);
		return 2;
	}
	seed = strtoul(argv[1], NULL, 0);
	setenv("VMD_PERSONALITY", argv[3], 1);
	run(strtoul(argv[2], NULL, 0), rules);
	printf("ok seed %lu: %lu calls\n", seed, calls);
	return EXIT_SUCCESS;
}
