/*
 * usage: bench-instructions PATH COUNT
 *
 * Makes COUNT calls of a kind, behind whatever they need, to the daemon that
 * $VMD_SOCKET names, which `instructions` has counted. --list names the kinds.
 */
#include <mach/mach.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

#define PAGE UINT64_C(4096)
#define MEGA (UINT64_C(1) << 20)
#define GIGA (UINT64_C(1) << 30)

static const vm_address_t source = UINT64_C(1) << 40;
static const vm_address_t place = UINT64_C(2) << 40;
static char page[4096];

static void
must(kern_return_t kr, const char *what)
{
	if (kr == KERN_SUCCESS)
		return;
	fprintf(stderr, "instructions: %s: %s\n", what, mach_error_string(kr));
	exit(EXIT_FAILURE);
}

static void
allocate_at(vm_address_t address, vm_size_t size, int flags)
{
	must(vm_allocate(mach_task_self(), &address, size, flags),
	    "vm_allocate");
}

static void
write_at(vm_address_t address, vm_size_t size)
{
	must(vm_write(mach_task_self(), address, (vm_offset_t)page,
		 (mach_msg_type_number_t)size),
	    "vm_write");
}

static void
copy(vm_address_t from, vm_size_t size, vm_address_t to)
{
	must(vm_copy(mach_task_self(), from, size, to), "vm_copy");
}

/* --- Kinds ------------------------------------------------------------- */

static void
make_nothing(void)
{
}

static void
call_null(uint64_t i)
{
	(void)i;
	must(vm_protect(mach_task_self(), 0, 0, FALSE, VM_PROT_READ),
	    "vm_protect");
}

static void
make_page(void)
{
	allocate_at(source, PAGE, VM_FLAGS_FIXED);
	write_at(source, PAGE);
}

static void
call_read(uint64_t i)
{
	vm_size_t got;

	(void)i;
	must(vm_read_overwrite(mach_task_self(), source, PAGE,
		 (vm_address_t)page, &got),
	    "vm_read_overwrite");
}

static void
call_write(uint64_t i)
{
	(void)i;
	write_at(source, PAGE);
}

/* 1 GiB with all its pages: 16 MiB, and copies of them side by side, which
 * their trees have in common. */
static void
make_gigabyte(void)
{
	enum { FIRST = 16 };

	allocate_at(source, GIGA, VM_FLAGS_FIXED);
	allocate_at(place, GIGA, VM_FLAGS_FIXED);
	for (uint64_t at = 0; at < FIRST * MEGA; at += PAGE)
		write_at(source + at, PAGE);
	for (uint64_t size = FIRST * MEGA; size < GIGA; size *= 2)
		copy(source, size, source + size);
	copy(source, GIGA, place);
}

static void
call_copy(uint64_t i)
{
	(void)i;
	copy(source, GIGA, place);
}

/* So that the same nodes of trees are copied each time. */
static void
call_copy_and_write(uint64_t i)
{
	copy(source, GIGA, place);
	write_at(place + i % 16 * MEGA, PAGE);
}

/* 102,400 regions side by side, whose tags tell them apart. */
static void
make_entries(void)
{
	enum { FIRST = 100, DOUBLED = 10 };
	vm_prot_t protection, most;
	vm_address_t address;

	for (uint64_t i = 0; i < FIRST; i++)
		allocate_at(source + i * PAGE, PAGE,
		    (int)(VM_FLAGS_FIXED | VM_MAKE_TAG(1 + i % 2)));
	for (uint64_t size = FIRST * PAGE; size < FIRST * PAGE << DOUBLED;
	     size *= 2) {
		address = source + size;
		must(vm_remap(mach_task_self(), &address, size, 0,
			 VM_FLAGS_FIXED, mach_task_self(), source, TRUE,
			 &protection, &most, VM_INHERIT_COPY),
		    "vm_remap");
	}
}

static void
call_allocate_fixed(uint64_t i)
{
	allocate_at(place + i * 2 * PAGE, PAGE, VM_FLAGS_FIXED);
}

/* Each beside the one before, and told apart from it. */
static void
call_allocate_anywhere(uint64_t i)
{
	allocate_at(0, PAGE, (int)(VM_FLAGS_ANYWHERE | VM_MAKE_TAG(1 + i % 2)));
}

static const struct kind {
	const char *name;
	void (*make)(void);
	void (*call)(uint64_t i);
} kinds[] = {
	{ "null", make_nothing, call_null },
	{ "read-4096", make_page, call_read },
	{ "write-4096", make_page, call_write },
	{ "copy-1G", make_gigabyte, call_copy },
	{ "copy-1G-and-write", make_gigabyte, call_copy_and_write },
	{ "allocate-fixed", make_entries, call_allocate_fixed },
	{ "allocate-anywhere", make_entries, call_allocate_anywhere },
};

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			puts(kinds[i].name);
		return 0;
	}
	for (size_t i = 0; argc == 3 && i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(argv[1], kinds[i].name) != 0)
			continue;
		kinds[i].make();
		for (uint64_t n = strtoull(argv[2], NULL, 10); n-- > 0;)
			kinds[i].call(n);
		return 0;
	}
	fputs("usage: bench-instructions PATH COUNT\n", stderr);
	return 2;
}
