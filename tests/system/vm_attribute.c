/* vm_machine_attribute: what caches could be asked for, if there were any. */
#include "tests/support/test.h"

#include <mach/mach_vm.h>
#include <mach/vm_attributes.h>

#include "common/cleanup.h"
#include "tests/support/daemon.h"
#include "tests/support/memory.h"

#define CACHE MATTR_CACHE
#define FLUSH MATTR_VAL_CACHE_FLUSH
#define TOP   (-(vm_address_t)PAGE)
#define LAST  (-(vm_address_t)1)
#define END   ((vm_address_t)VM_MAX_ADDRESS)

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

typedef kern_return_t spelling(task_t target, vm_address_t address,
    vm_size_t size, vm_machine_attribute_t attribute,
    vm_machine_attribute_val_t *value);

static kern_return_t
wide(task_t target, vm_address_t address, vm_size_t size,
    vm_machine_attribute_t attribute, vm_machine_attribute_val_t *value)
{
	return mach_vm_machine_attribute(target, address, size, attribute,
	    value);
}

static spelling *const spellings[] = { vm_machine_attribute, wide };

#define GOOD SAY(KERN_SUCCESS, KERN_SUCCESS, KERN_INVALID_ADDRESS)
#define BAD                                                                    \
	SAY(KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT, KERN_INVALID_ADDRESS)
#define HOLE SAY(KERN_FAILURE, KERN_FAILURE, KERN_INVALID_ADDRESS)
#define OUTSIDE                                                                \
	SAY(KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS, KERN_INVALID_ARGUMENT)

/* In a task that has 10000-12000 and 13000-14000. gnu has no attributes. */
static const struct row {
	vm_address_t address;
	vm_size_t size;
	vm_machine_attribute_t attribute;
	vm_machine_attribute_val_t value, told;
	kern_return_t codes[PERSONALITIES];
	const char *why;
} rows[] = {
	{ 0x10000, 2 * PAGE, CACHE, MATTR_VAL_GET, 1, GOOD, "is it on?" },
	{ 0x10000, 2 * PAGE, CACHE, MATTR_VAL_OFF, 0, GOOD, "off" },
	{ 0x10000, PAGE, CACHE, MATTR_VAL_ON, 1, GOOD, "on" },
	{ 0x10000, PAGE, CACHE, FLUSH, FLUSH, GOOD, "flush" },
	{ 0x11fff, 1, CACHE, 7, 7, GOOD, "flush data" },
	{ 0x10000, PAGE, CACHE, 8, 8, GOOD, "flush instructions" },
	{ 0x10800, PAGE, CACHE, 9, 9, GOOD, "make them agree" },

	{ 0x10000, PAGE, CACHE, 3, 3, BAD, "no value" },
	{ 0x10000, PAGE, CACHE, 5, 5, BAD, "another" },
	{ 0x10000, PAGE, CACHE, MATTR_VAL_GET_INFO, 10, BAD, "information" },
	{ 0x10000, PAGE, CACHE, -1, -1, BAD, "less than one" },
	{ 0x10000, PAGE, MATTR_MIGRATE, 1, 1, BAD, "migration" },
	{ 0x10000, PAGE, MATTR_REPLICATE, 1, 1, BAD, "replication" },
	{ 0x10000, PAGE, 0, 1, 1, BAD, "no attribute" },
	{ 0x10000, PAGE, 99, 99, 99, BAD, "nothing of it" },

	{ 0x10000, 0, CACHE, FLUSH, FLUSH, GOOD, "no bytes" },
	{ 0x10000, 0, 99, 99, 99, GOOD, "none, of nothing" },
	{ 0x12000, PAGE, CACHE, FLUSH, FLUSH, HOLE, "a hole" },
	{ 0x11fff, 2, CACHE, 7, 7, HOLE, "at the end" },
	{ 0x10000, 4 * PAGE, CACHE, 8, 8, HOLE, "in the middle" },
	{ END, PAGE, CACHE, FLUSH, FLUSH, OUTSIDE, "outside" },
	{ END - PAGE, 2 * PAGE, 99, 99, 99, OUTSIDE, "half, of nothing" },
};

static void
rows_hold(enum personality personality)
{
	task = new_task();
	draw(task, 0x10000, "ab.d");
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i / 2];
		kern_return_t code = row->codes[personality];
		vm_machine_attribute_val_t value = row->value;
		uint64_t before = digest(task);

		code_is(spellings[i % 2](task, row->address, row->size,
			    row->attribute, &value),
		    code, row->why);
		ck_assert_int_eq(value,
		    code == KERN_SUCCESS ? row->told : row->value);
		ck_assert_uint_eq(digest(task), before);
	}
}

TEST(vm_machine_attribute_answers_what_the_table_says)
{
	in_each_personality(rows_hold);
}

static void
what_wraps_is_judged(enum personality personality)
{
	static const struct {
		vm_address_t address;
		vm_size_t size;
		kern_return_t codes[PERSONALITIES];
	} ranges[] = {
		{ 0x10000, LAST, BAD },
		{ TOP, PAGE, BAD },
		{ TOP, 2 * PAGE, BAD },
		{ TOP, PAGE - 1, ALL_SAY(KERN_INVALID_ADDRESS) },
	};

	task = new_task();
	for (size_t i = 0; i < 2 * ARRAY_SIZE(ranges); i++) {
		vm_machine_attribute_val_t value = 99;

		answers(spellings[i % 2](task, ranges[i / 2].address,
			    ranges[i / 2].size, 99, &value),
		    ranges[i / 2].codes[personality]);
		ck_assert_int_eq(value, 99);
	}
}

TEST(what_wraps_is_told_before_what_is_asked)
{
	in_each_personality(what_wraps_is_judged);
}

TEST(a_port_that_is_no_task_s_has_no_attributes)
{
	mach_port_t host = mach_host_self();

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		vm_machine_attribute_val_t value = 99;

		answers(spellings[i](host, 0, 0, CACHE, &value),
		    KERN_INVALID_ARGUMENT);
		answers(spellings[i](MACH_PORT_NULL, 0, 0, CACHE, &value),
		    MACH_SEND_INVALID_DEST);
		ck_assert_int_eq(value, 99);
	}
}
