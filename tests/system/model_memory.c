/*
 * The model test: calls on memory that have been there from the beginning
 */
#include <string.h>

#include "tests/system/model_run.h"

/* --- vm_allocate ------------------------------------------------------- */

static int
some_flags(void)
{
	static const int flags[] = { VM_FLAGS_FIXED, VM_FLAGS_FIXED,
		VM_FLAGS_OVERWRITE, VM_FLAGS_ANYWHERE,
		VM_FLAGS_ANYWHERE | VM_FLAGS_OVERWRITE,
		VM_MAKE_TAG(VM_MEMORY_STACK),
		VM_MAKE_TAG(VM_MEMORY_MALLOC) | VM_FLAGS_ANYWHERE,
		VM_MAKE_TAG(VM_MEMORY_STACK) | VM_FLAGS_OVERWRITE,
		VM_FLAGS_NO_CACHE | VM_FLAGS_4GB_CHUNK, VM_FLAGS_PURGABLE,
		VM_FLAGS_PURGABLE | VM_FLAGS_ANYWHERE };
	static const int wrong[] = { 0x20, 0x40, 0x100, 0x800, 0x2000, 0x8000,
		0x80000, 0x100000, 0x800000 };

	if (one_in(32))
		return one_of(wrong) | one_of(flags);
	return one_of(flags);
}

/* Permanent memory stays in its task: not in one's own, nor outside. */
static bool
is_permanent(size_t i)
{
	return i > 0 && one_in(24);
}

void
call_allocate(void)
{
	size_t i = some_task();
	vm_address_t given = some_address(), seen, expected;
	vm_size_t size = some_size(given) + (one_in(3) ? chance(24) * PAGE : 0);
	int flags = some_flags();
	bool outside;
	kern_return_t kr;

	if (is_permanent(i)) {
		given = some_near_address();
		size = some_small_size();
		flags = VM_FLAGS_PERMANENT | (flags & VM_FLAGS_OVERWRITE);
	}
	seen = expected = given;
	tell("vm_allocate(t%zu, &(%#zx), %#zx, %#x)", i, given, size,
	    (unsigned)flags);
	kr = model_allocate(&tasks[i], &expected, size, flags, &outside);
	judge(i, vm_allocate(ports[i], &seen, size, flags), kr);
	agree("the address", seen, expected);
	if (kr == KERN_SUCCESS)
		undo_outside(i, seen, size, outside);
}

/* --- vm_deallocate, vm_protect, vm_inherit ----------------------------- */

void
call_deallocate(void)
{
	size_t i = some_task();
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address);

	tell("vm_deallocate(t%zu, %#zx, %#zx)", i, address, size);
	judge(i, vm_deallocate(ports[i], address, size),
	    model_deallocate(&tasks[i], address, size));
}

void
call_protect(void)
{
	size_t i = some_task();
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address);
	bool set_maximum = one_in(8);
	vm_prot_t protection = some_protection();

	if (one_in(6))
		protection |= VM_PROT_COPY;
	tell("vm_protect(t%zu, %#zx, %#zx, %d, %#x)", i, address, size,
	    set_maximum, (unsigned)protection);
	judge(i, vm_protect(ports[i], address, size, set_maximum, protection),
	    model_protect(&tasks[i], address, size, set_maximum, protection));
}

void
call_inherit(void)
{
	size_t i = some_task();
	vm_address_t address = some_place(i);
	vm_size_t size = some_size(address);
	vm_inherit_t inheritance = some_inheritance();

	tell("vm_inherit(t%zu, %#zx, %#zx, %u)", i, address, size, inheritance);
	judge(i, vm_inherit(ports[i], address, size, inheritance),
	    model_inherit(&tasks[i], address, size, inheritance));
}

/* --- vm_read, vm_read_overwrite, vm_read_list -------------------------- */

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
	compare_bytes(i, address, (uint8_t *)data, expected_bytes, size);
	free_buffer(data, size);
}

void
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

void
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
		compare_bytes(i, address, seen_bytes, expected_bytes, size);
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

void
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

/* --- vm_write, vm_copy ------------------------------------------------- */

void
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

void
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
