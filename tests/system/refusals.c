/*
 * What is refused changes nothing: random calls of all kinds, in little memory,
 * most of them with something wrong
 *
 * But for advice, which is followed up to the first hole.
 */
#include "tests/support/test.h"

#include <stdlib.h>

#include <mach/gnumach.h>
#include <mach/vm_purgable.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

enum { TASKS = 3, PAGES = 24, BASE = 0x100000, ENTRIES = 4, STEPS = 250 };

static task_t tasks[TASKS];
static mach_port_t entries[ENTRIES], host, priv;
static unsigned seed;

void
test_setup(void)
{
	daemon_start("--check", "--memory", "1M", NULL);
	host = mach_host_self();
}

void
test_teardown(void)
{
	daemon_stop();
}

/* --- What can be seen -------------------------------------------------- */

static uint64_t
mix(uint64_t sum, uint64_t word)
{
	return (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15) ^ sum >> 29;
}

static uint64_t *
words_of(task_t task, vm_address_t at, vm_size_t size)
{
	uint64_t *words = malloc(size);
	vm_size_t count;

	ck_assert_ptr_nonnull(words);
	succeeds(
	    vm_read_overwrite(task, at, size, (vm_address_t)words, &count));
	return words;
}

/* All that vm_region tells of each page, and the bytes. */
static uint64_t
add_region(uint64_t sum, task_t task, vm_address_t at, vm_size_t size,
    const struct vm_region_basic_info_64 *info)
{
	_cleanup_(freep) uint64_t *words = NULL;

	if (info->protection & VM_PROT_READ)
		words = words_of(task, at, size);
	for (vm_size_t i = 0; i < size; i += PAGE) {
		sum = mix(sum, at + i);
		sum = mix(sum, (uint64_t)info->protection);
		sum = mix(sum, (uint64_t)info->max_protection);
		sum = mix(sum, info->inheritance);
		sum = mix(sum, (uint64_t)info->shared);
		sum = mix(sum, (uint64_t)info->behavior);
		sum = mix(sum, info->user_wired_count);
		for (vm_size_t j = 0; words && j < PAGE / sizeof(*words); j++)
			sum = mix(sum, words[i / sizeof(*words) + j]);
	}
	return sum;
}

static uint64_t
state_of(task_t task)
{
	struct vm_region_basic_info_64 info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	vm_address_t at = 0;
	uint64_t sum = 1;
	mach_port_t name;
	vm_size_t size;

	for (; vm_region_64(task, &at, &size, VM_REGION_BASIC_INFO_64,
		   (vm_region_info_t)&info, &count, &name) == KERN_SUCCESS;
	     at += size)
		sum = add_region(sum, task, at, size, &info);
	return sum;
}

static uint64_t
state(void)
{
	vm_size_t limit, most;
	uint64_t sum = 1;

	for (unsigned t = 0; t < TASKS; t++) {
		sum = mix(sum, state_of(tasks[t]));
		succeeds(vm_get_size_limit(tasks[t], &limit, &most));
		sum = mix(mix(sum, limit), most);
	}
	return sum;
}

/* --- What is asked ----------------------------------------------------- */

static unsigned
below(unsigned bound)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % bound;
}

static bool
rarely(void)
{
	return below(12) == 0;
}

static vm_address_t
any_address(void)
{
	static const vm_address_t odd[] = { 0, 1, 0xfff, VM_MAX_ADDRESS - PAGE,
		VM_MAX_ADDRESS, -(vm_address_t)PAGE, -(vm_address_t)1 };

	if (rarely())
		return odd[below(ARRAY_SIZE(odd))];
	return BASE + below(PAGES) * PAGE + (rarely() ? below(PAGE) : 0);
}

static vm_size_t
any_size(void)
{
	static const vm_size_t odd[] = { 0, 1, VM_MAX_ADDRESS, -(vm_size_t)PAGE,
		-(vm_size_t)1 };

	if (rarely())
		return odd[below(ARRAY_SIZE(odd))];
	return (1 + below(6)) * PAGE - (rarely() ? below(PAGE) : 0);
}

static vm_prot_t
any_protection(void)
{
	static const vm_prot_t usual[] = { VM_PROT_READ, VM_PROT_DEFAULT,
		VM_PROT_DEFAULT, VM_PROT_ALL, VM_PROT_ALL };

	if (rarely())
		return (vm_prot_t)below(16);
	return usual[below(ARRAY_SIZE(usual))];
}

static vm_inherit_t
any_inheritance(void)
{
	return rarely() ? 3 : below(3);
}

static int
any_flags(void)
{
	static const int usual[] = { VM_FLAGS_FIXED, VM_FLAGS_FIXED,
		VM_FLAGS_OVERWRITE, VM_FLAGS_OVERWRITE, VM_FLAGS_ANYWHERE,
		VM_FLAGS_OVERWRITE | VM_FLAGS_PURGABLE,
		VM_FLAGS_RETURN_DATA_ADDR };

	if (rarely())
		return 1 << below(28);
	return usual[below(ARRAY_SIZE(usual))];
}

static mach_port_t
any_entry(void)
{
	static const mach_port_t odd[] = { MACH_PORT_DEAD, 0x7777 };

	if (rarely())
		return odd[below(ARRAY_SIZE(odd))];
	return below(4) == 0 ? MACH_PORT_NULL : entries[below(ENTRIES)];
}

/* --- The calls --------------------------------------------------------- */

static kern_return_t
allocates(task_t task)
{
	vm_address_t at = any_address(), before = at;
	kern_return_t kr = vm_allocate(task, &at, any_size(), any_flags());

	if (kr != KERN_SUCCESS)
		ck_assert_uint_eq(at, before);
	return kr;
}

static kern_return_t
maps(task_t task)
{
	vm_address_t at = any_address(), before = at;
	vm_size_t size = any_size(), offset = below(4) * PAGE;
	vm_address_t mask = rarely() ? 0xffff : 0;
	kern_return_t kr;

	kr = vm_map(task, &at, size, mask, any_flags(), any_entry(), offset,
	    (boolean_t)below(2), any_protection(), any_protection(),
	    any_inheritance());
	if (kr != KERN_SUCCESS)
		ck_assert_uint_eq(at, before);
	return kr;
}

static kern_return_t
remaps(task_t task)
{
	vm_address_t at = any_address(), before = at, from = any_address();
	vm_prot_t current = any_protection(), most = any_protection();
	vm_prot_t asked = current;
	vm_size_t size = any_size();
	task_t source = tasks[below(TASKS)];
	kern_return_t kr;

	kr = (below(2) ? vm_remap : vm_remap_new)(task, &at, size, 0,
	    any_flags(), source, from, (boolean_t)below(2), &current, &most,
	    any_inheritance());
	if (kr != KERN_SUCCESS) {
		ck_assert_uint_eq(at, before);
		ck_assert_int_eq(current, asked);
	}
	return kr;
}

static kern_return_t
makes_an_entry(task_t task)
{
	static const vm_prot_t kinds[] = { 0, MAP_MEM_VM_SHARE, MAP_MEM_VM_COPY,
		MAP_MEM_NAMED_CREATE, MAP_MEM_USE_DATA_ADDR, MAP_MEM_ONLY,
		VM_PROT_IS_MASK, MAP_MEM_NAMED_CREATE | MAP_MEM_PURGABLE };
	vm_prot_t permission =
	    any_protection() | kinds[below(ARRAY_SIZE(kinds))];
	vm_size_t size = any_size(), before = size;
	mach_port_t handle = 99, parent = below(3) ? 0 : any_entry();
	unsigned slot = below(ENTRIES);
	kern_return_t kr;

	kr = mach_make_memory_entry(task, &size,
	    parent ? below(3) * PAGE : any_address(), permission, &handle,
	    parent);
	if (kr != KERN_SUCCESS) {
		ck_assert_uint_eq(size, before);
		ck_assert_uint_eq(handle, 99);
	} else if (handle != MACH_PORT_NULL) {
		if (entries[slot])
			let_go(entries[slot]);
		entries[slot] = handle;
	}
	return kr;
}

static kern_return_t
protects(task_t task)
{
	vm_prot_t copy = below(3) == 0 ? VM_PROT_COPY : 0;
	vm_address_t at = any_address();
	vm_size_t size = any_size();

	return vm_protect(task, at, size, below(4) == 0,
	    any_protection() | copy);
}

static kern_return_t
inherits(task_t task)
{
	vm_address_t at = any_address();

	return vm_inherit(task, at, any_size(), any_inheritance());
}

static kern_return_t
deallocates(task_t task)
{
	vm_address_t at = any_address();

	return vm_deallocate(task, at, any_size());
}

static kern_return_t
writes(task_t task)
{
	static uint8_t bytes[6 * PAGE];
	vm_address_t at = any_address();
	unsigned size = 1 + below(sizeof(bytes));

	fill_pattern(bytes, size, seed);
	return vm_write(task, at, (vm_offset_t)bytes, size);
}

static kern_return_t
copies(task_t task)
{
	vm_address_t from = any_address(), to = any_address();

	return vm_copy(task, from, any_size(), to);
}

static kern_return_t
behaves(task_t task)
{
	vm_behavior_t behavior = (vm_behavior_t)below(14);
	vm_address_t at = any_address();

	if (behavior == VM_BEHAVIOR_FREE)
		behavior = VM_BEHAVIOR_ZERO;
	return vm_behavior_set(task, at, any_size(), behavior);
}

static kern_return_t
wires(task_t task)
{
	vm_prot_t access = below(2) ? VM_PROT_NONE : any_protection();
	vm_address_t at = any_address();

	if (rarely())
		return vm_wire_all(priv, task, (int)below(5));
	return vm_wire(rarely() ? host : priv, task, at, any_size(), access);
}

/* Nothing stays volatile, which may be lost by a call that is refused. */
static kern_return_t
controls(task_t task)
{
	int wanted = (int)below(5), before = wanted;
	vm_address_t at = any_address();
	kern_return_t kr;

	kr = vm_purgable_control(task, at, VM_PURGABLE_SET_STATE, &wanted);
	if (kr != KERN_SUCCESS) {
		ck_assert_int_eq(wanted, before);
		return kr;
	}
	wanted = VM_PURGABLE_NONVOLATILE;
	return vm_purgable_control(task, at, VM_PURGABLE_SET_STATE, &wanted);
}

static kern_return_t
limits(task_t task)
{
	vm_size_t current = rarely() ? below(20) * PAGE : UINT64_MAX;

	return vm_set_size_limit(below(2) ? host : priv, task, current,
	    rarely() ? 0 : UINT64_MAX);
}

static kern_return_t (*const calls[])(task_t task) = { allocates, allocates,
	maps, maps, remaps, remaps, makes_an_entry, makes_an_entry, protects,
	inherits, deallocates, writes, writes, copies, behaves, wires, controls,
	limits };

/* --- Does it hold? ----------------------------------------------------- */

static void
refusals_hold(enum personality personality)
{
	unsigned refused = 0;

	(void)personality;
	host = mach_host_self();
	priv = privileged_host();
	for (unsigned t = 0; t < TASKS; t++) {
		tasks[t] = new_task();
		allocate_at(tasks[t], BASE, PAGES / 2 * PAGE);
		fill(tasks[t], BASE + t * PAGE, PAGES / 3 * PAGE,
		    (char)('a' + t));
	}
	for (unsigned i = 0; i < ENTRIES; i++)
		entries[i] = new_entry(4 * PAGE, VM_PROT_DEFAULT);
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned call = below(ARRAY_SIZE(calls));
		uint64_t before;
		kern_return_t kr;

		before = state();
		kr = calls[call](tasks[below(TASKS)]);
		if (kr == KERN_SUCCESS)
			continue;
		refused++;
		if (state() != before)
			ck_abort_msg("step %u, call %u: %s, and a change", step,
			    call, mach_error_string(kr));
	}
	ck_assert_uint_gt(refused, STEPS / 5);
	ck_assert_uint_lt(refused, STEPS * 4 / 5);
}

#define REFUSALS_HOLD(n)                                                       \
	TEST(what_is_refused_changes_nothing_##n)                              \
	{                                                                      \
		seed = (n);                                                    \
		in_each_personality(refusals_hold);                            \
	}

REFUSALS_HOLD(1)
REFUSALS_HOLD(2)
REFUSALS_HOLD(3)
REFUSALS_HOLD(4)
