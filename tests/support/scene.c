/*
 * A program with tasks to look at: a parent, whose memory a child has in part
 * copied and in part shared, a grandchild, and a task with nothing. It says so,
 * and stays until its standard input ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <mach/mach.h>

#define must(call)                                                             \
	do {                                                                   \
		kern_return_t kr = (call);                                     \
		if (kr != KERN_SUCCESS) {                                      \
			fprintf(stderr, "%s: %s\n", #call,                     \
			    mach_error_string(kr));                            \
			exit(EXIT_FAILURE);                                    \
		}                                                              \
	} while (0)

static void
put(task_t task, vm_address_t address, const char *text, unsigned size)
{
	must(vm_write(task, address, (vm_offset_t)text, size));
}

int
main(void)
{
	vm_address_t copied = 0x10000, shared = 0x20000, stack = 0x30000;
	task_t self = mach_task_self(), child, grandchild, empty;
	char c;

	must(vm_allocate(self, &copied, 0x8000, FALSE));
	must(vm_allocate(self, &shared, 0x4000, FALSE));
	must(vm_allocate(self, &stack, 0x40000,
	    VM_MAKE_TAG(VM_MEMORY_STACK) | VM_FLAGS_FIXED));
	put(self, copied, "first", 5);
	put(self, copied + 0x1000, "second", 6);
	put(self, shared, "shared", 6);
	must(vm_inherit(self, shared, 0x4000, VM_INHERIT_SHARE));
	must(vm_inherit(self, stack, 0x40000, VM_INHERIT_NONE));
	must(task_create(self, NULL, 0, TRUE, &child));
	put(child, copied, "other", 5);
	must(task_create(child, NULL, 0, TRUE, &grandchild));
	must(task_create(self, NULL, 0, FALSE, &empty));
	put(self, stack, "mine", 4);
	puts("ready");
	fflush(stdout);
	return read(STDIN_FILENO, &c, 1) < 0;
}
