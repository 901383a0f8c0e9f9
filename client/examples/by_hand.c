/*
 * Mach memory by hand, in C: the lessons of tutorial/, as a program
 *
 *	cc by_hand.c $(pkg-config --cflags --libs vmd) -o by_hand
 *	vmd --run ./by_hand
 *	vmd --run env VMD_PERSONALITY=xnu ./by_hand
 *
 * It prints each call that matters and what came of it, and pages as two rows:
 *
 *	holds   A A B S .   the first byte of each; nothing, if that is 0
 *	frame   c c # = .   none yet (.), its own (#), in a copy, too (c), or
 *	                    mapped elsewhere, too (=)
 *
 * Whatever is printed is compared with what it should be, and the program ends
 * where they differ. Whole pages are written throughout, as all kernels take
 * them; where they do not agree is the last lesson.
 */
#include <mach/mach.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE vm_page_size

/* Makes a call, prints it as it stands here, and what it answers. */
#define SEE(code, call) see(#call, call, code)

static task_t self;

static void
wrong(const char *what)
{
	fflush(stdout);
	fprintf(stderr, "by_hand: this is not as it should be: %s\n", what);
	exit(EXIT_FAILURE);
}

static void
see(const char *call, kern_return_t kr, kern_return_t claimed)
{
	printf("    %s\n        %s\n", call, mach_error_string(kr));
	if (kr != claimed)
		wrong(call);
}

/* A call that is not the point. */
static void
must(kern_return_t kr, const char *call)
{
	if (kr == KERN_SUCCESS)
		return;
	fflush(stdout);
	mach_error(call, kr);
	exit(EXIT_FAILURE);
}

static vm_address_t
allocate(vm_size_t size)
{
	vm_address_t address = 0;

	must(vm_allocate(self, &address, size, VM_FLAGS_ANYWHERE),
	    "vm_allocate");
	return address;
}

/* Fills pages with a letter each, from pages: GNU Mach takes nothing else. */
static kern_return_t
fill(task_t task, vm_address_t address, const char *letters)
{
	size_t pages = strlen(letters);
	char *bytes = aligned_alloc(PAGE, pages * PAGE);
	kern_return_t kr;

	if (!bytes)
		return KERN_RESOURCE_SHORTAGE;
	for (size_t i = 0; i < pages; i++)
		memset(bytes + i * PAGE, letters[i], PAGE);
	kr = vm_write(task, address, (vm_offset_t)bytes,
	    (mach_msg_type_number_t)(pages * PAGE));
	free(bytes);
	return kr;
}

static char
first_byte(task_t task, vm_address_t address)
{
	vm_size_t size;
	char byte;

	must(vm_read_overwrite(task, address, 1, (vm_address_t)&byte, &size),
	    "vm_read_overwrite");
	return byte ? byte : '.';
}

static char
frame(task_t task, vm_address_t address)
{
	integer_t seen, mappings;

	must(vm_map_page_query(task, address, &seen, &mappings),
	    "vm_map_page_query");
	if (!(seen & VM_PAGE_QUERY_PAGE_PRESENT))
		return '.';
	if (seen & VM_PAGE_QUERY_PAGE_COPIED)
		return 'c';
	return mappings > 1 ? '=' : '#';
}

static void
row(const char *name, task_t task, vm_address_t address, const char *claimed,
    char (*tell)(task_t, vm_address_t))
{
	size_t pages = strlen(claimed), differ = 0;

	printf("    %-7s", name);
	for (size_t i = 0; i < pages; i++) {
		char seen = tell(task, address + i * PAGE);

		printf(" %c", seen);
		differ += seen != claimed[i];
	}
	printf("\n");
	if (differ > 0)
		wrong(claimed);
}

static void
look(task_t task, vm_address_t address, const char *held, const char *had)
{
	row("holds", task, address, held, first_byte);
	row("frame", task, address, had, frame);
}

static task_t
make_child(boolean_t inherits)
{
	task_t child;

	must(task_create(self, NULL, 0, inherits, &child), "task_create");
	return child;
}

static void
end(task_t task)
{
	must(task_terminate(task), "task_terminate");
	must(mach_port_deallocate(self, task), "mach_port_deallocate");
}

static void
zero_fill(void)
{
	vm_address_t a = allocate(4 * PAGE);

	printf(
	    "1. Memory that nobody wrote reads as zeros, and has no frame.\n");
	look(self, a, "....", "....");
	printf("   One page is written, and has one.\n");
	must(fill(self, a + 2 * PAGE, "C"), "vm_write");
	look(self, a, "..C.", "..#.");
	must(vm_deallocate(self, a, 4 * PAGE), "vm_deallocate");
}

static void
protection(void)
{
	vm_address_t a = allocate(3 * PAGE);

	printf(
	    "\n2. A page is made read-only. A write over all three fails, and\n"
	    "   has written none.\n");
	must(fill(self, a, "ABC"), "vm_write");
	SEE(KERN_SUCCESS,
	    vm_protect(self, a + PAGE, PAGE, FALSE, VM_PROT_READ));
	SEE(KERN_PROTECTION_FAILURE, fill(self, a, "xyz"));
	look(self, a, "ABC", "###");
	printf("   A maximum can only be lowered.\n");
	SEE(KERN_SUCCESS, vm_protect(self, a, PAGE, TRUE, VM_PROT_READ));
	SEE(KERN_PROTECTION_FAILURE,
	    vm_protect(self, a, PAGE, FALSE, VM_PROT_DEFAULT));
	must(vm_deallocate(self, a, 3 * PAGE), "vm_deallocate");
}

static void
overlap(void)
{
	vm_address_t a = allocate(5 * PAGE);

	printf("\n3. vm_copy onto itself, a page up: the destination gets what "
	       "the\n"
	       "   source held before.\n");
	must(fill(self, a, "ABCD"), "vm_write");
	look(self, a, "ABCD.", "####.");
	SEE(KERN_SUCCESS, vm_copy(self, a, 4 * PAGE, a + PAGE));
	look(self, a, "AABCD", "cc###");
	must(vm_deallocate(self, a, 5 * PAGE), "vm_deallocate");
}

static void
copy_on_write(void)
{
	vm_address_t a = allocate(8 * PAGE), b = a + 4 * PAGE;

	printf("\n4. Four pages and their copy: the same frames.\n");
	must(fill(self, a, "ABCD"), "vm_write");
	SEE(KERN_SUCCESS, vm_copy(self, a, 4 * PAGE, b));
	look(self, a, "ABCDABCD", "cccccccc");
	printf("   Whichever is written gets a frame of its own then.\n");
	must(fill(self, b + PAGE, "x"), "vm_write");
	must(fill(self, a + 3 * PAGE, "y"), "vm_write");
	look(self, a, "ABCyAxCD", "c#c#c#c#");
	must(vm_deallocate(self, a, 8 * PAGE), "vm_deallocate");
}

static void
inheritance(void)
{
	vm_address_t a = allocate(3 * PAGE);
	task_t child;

	printf("\n5. A child gets the first page shared, the second as a copy, "
	       "and\n"
	       "   nothing of the third.\n");
	must(fill(self, a, "SCN"), "vm_write");
	SEE(KERN_SUCCESS, vm_inherit(self, a, PAGE, VM_INHERIT_SHARE));
	SEE(KERN_SUCCESS,
	    vm_inherit(self, a + 2 * PAGE, PAGE, VM_INHERIT_NONE));
	child = make_child(TRUE);
	look(child, a, "SC", "=c");
	SEE(KERN_INVALID_ADDRESS, fill(child, a + 2 * PAGE, "x"));
	printf(
	    "   The child writes to both. This is what the parent has then:\n");
	must(fill(child, a, "xy"), "vm_write");
	look(self, a, "xCN", "=##");
	end(child);
	must(vm_deallocate(self, a, 3 * PAGE), "vm_deallocate");
}

static void
sharing(void)
{
	vm_address_t a = allocate(2 * PAGE), b = 0;
	task_t other = make_child(FALSE);
	vm_prot_t now, most;

	printf("\n6. A task that inherited nothing gets the same memory "
	       "mapped, at\n"
	       "   an address of its own.\n");
	must(fill(self, a, "A"), "vm_write");
	SEE(KERN_SUCCESS, vm_remap(other, &b, 2 * PAGE, 0, VM_FLAGS_ANYWHERE,
			      self, a, FALSE, &now, &most, VM_INHERIT_SHARE));
	printf("   What one writes the other has.\n");
	must(fill(other, b, "xy"), "vm_write");
	look(self, a, "xy", "==");
	printf("   It stays when the first has given it back.\n");
	must(vm_deallocate(self, a, 2 * PAGE), "vm_deallocate");
	look(other, b, "xy", "##");
	end(other);
}

static void
memory_entry(void)
{
	vm_address_t a = allocate(2 * PAGE), b = 0;
	vm_size_t size = 2 * PAGE;
	task_t other = make_child(FALSE);
	mach_port_t entry;

	printf("\n7. A port that stands for memory. Who has it may map the "
	       "memory,\n"
	       "   with no more than it allows.\n");
	must(fill(self, a, "AB"), "vm_write");
	SEE(KERN_SUCCESS, mach_make_memory_entry(self, &size, a, VM_PROT_READ,
			      &entry, MACH_PORT_NULL));
	SEE(KERN_INVALID_RIGHT,
	    vm_map(other, &b, size, 0, VM_FLAGS_ANYWHERE, entry, 0, FALSE,
		VM_PROT_DEFAULT, VM_PROT_DEFAULT, VM_INHERIT_SHARE));
	SEE(KERN_SUCCESS,
	    vm_map(other, &b, size, 0, VM_FLAGS_ANYWHERE, entry, 0, FALSE,
		VM_PROT_READ, VM_PROT_READ, VM_INHERIT_SHARE));
	must(mach_port_deallocate(self, entry), "mach_port_deallocate");
	printf("   It is the memory itself.\n");
	must(fill(self, a, "x"), "vm_write");
	look(other, b, "xB", "==");
	SEE(KERN_PROTECTION_FAILURE, fill(other, b, "yz"));
	end(other);
	must(vm_deallocate(self, a, size), "vm_deallocate");
}

/* What they say of bytes that are no page, and of memory that is not there. */
static const struct kernel {
	const char *name;
	kern_return_t write, copy, deallocate, protect;
} kernels[] = {
	{ "OSF's manual", KERN_SUCCESS, KERN_INVALID_ARGUMENT,
	    KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS },
	{ "Apple's kernel", KERN_SUCCESS, KERN_SUCCESS, KERN_SUCCESS,
	    KERN_INVALID_ADDRESS },
	{ "GNU Mach", KERN_INVALID_ARGUMENT, KERN_INVALID_ARGUMENT,
	    KERN_SUCCESS, KERN_SUCCESS },
};

static const char *
name_of(const struct kernel *seen)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		const struct kernel *k = &kernels[i];

		if (seen->write == k->write && seen->copy == k->copy &&
		    seen->deallocate == k->deallocate &&
		    seen->protect == k->protect)
			return k->name;
	}
	return NULL;
}

static void
personality(void)
{
	vm_address_t a = allocate(2 * PAGE), gone = a + PAGE;
	struct kernel seen;

	must(vm_deallocate(self, gone, PAGE), "vm_deallocate");
	seen.write = vm_write(self, a, (vm_offset_t) "abc", 3);
	seen.copy = vm_copy(self, a, 3, a + 3);
	seen.deallocate = vm_deallocate(self, gone, PAGE);
	seen.protect = vm_protect(self, gone, PAGE, FALSE, VM_PROT_READ);
	seen.name = name_of(&seen);

	printf("\n8. Not every Mach answers alike.\n");
	printf("    three bytes written    %s\n",
	    mach_error_string(seen.write));
	printf("    three bytes copied     %s\n", mach_error_string(seen.copy));
	printf("    a hole given back      %s\n",
	    mach_error_string(seen.deallocate));
	printf("    a hole protected       %s\n",
	    mach_error_string(seen.protect));
	if (!seen.name)
		wrong("no kernel answers so");
	printf("   So this is %s.\n", seen.name);
	must(vm_deallocate(self, a, PAGE), "vm_deallocate");
}

int
main(void)
{
	self = mach_task_self();
	zero_fill();
	protection();
	overlap();
	copy_on_write();
	inheritance();
	sharing();
	memory_entry();
	personality();
	return EXIT_SUCCESS;
}
