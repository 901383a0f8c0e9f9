/*
 * usage: replay SCRIPT > ANSWERS
 *
 * Makes the calls of a script and prints each with its answer, as they were
 * recorded from a running GNU Mach (README.md). Uses nothing but what
 * <mach/mach.h> declares, as a program written for Mach would.
 */
#include <stdio.h>
#include <stdlib.h>

#include <mach/mach.h>
#include <mach/vm_param.h>

static void answer_flush(void);

#include "tests/recorded/interpret.h"

static int
machine_region(word task, word address, struct region *r)
{
	vm_region_basic_info_data_64_t info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	vm_address_t start = address;
	vm_size_t size = 0;
	mach_port_t name = MACH_PORT_NULL;
	int kr;

	kr = vm_region_64((task_t)task, &start, &size, VM_REGION_BASIC_INFO_64,
	    (vm_region_info_t)&info, &count, &name);
	if (kr == KERN_SUCCESS)
		*r = (struct region){
			.start = start,
			.end = start + size,
			.prot = info.protection,
			.max = info.max_protection,
			.inherit = info.inheritance,
			.shared = (int)info.shared,
			.offset = info.offset,
			.name = name,
		};
	return kr;
}

static int
machine_task_create(word parent, int inherit, word *child)
{
	task_t task = MACH_PORT_NULL;
	int kr =
	    task_create((task_t)parent, NULL, 0, (boolean_t)inherit, &task);

	*child = task;
	return kr;
}

/*
 * vm_map is not served yet. Memory as it maps it is made by the calls that it
 * stands for, so that what comes after it can be compared; its own refusals are
 * not (exceptions).
 */
static int
machine_map(word task, word *address, const word n[8])
{
	task_t target = (task_t)task;
	vm_address_t at = *address;
	int kr;

	if ((n[4] | n[5]) & ~(word)VM_PROT_ALL || n[6] > VM_INHERIT_NONE ||
	    n[1] == 0)
		return KERN_INVALID_ARGUMENT;
	if (!n[3] && (*address & ~(word)vm_page_mask & n[2]) != 0)
		return KERN_NO_SPACE;
	kr = vm_allocate(target, &at, n[1], n[3] ? VM_FLAGS_ANYWHERE : 0);
	if (kr != KERN_SUCCESS)
		return kr;
	vm_protect(target, at, n[1], TRUE, (vm_prot_t)n[5]);
	vm_protect(target, at, n[1], FALSE, (vm_prot_t)n[4]);
	vm_inherit(target, at, n[1], (vm_inherit_t)n[6]);
	*address = at;
	return KERN_SUCCESS;
}

/* Routines that are not served yet. */
static int
machine_wire(word task, word address, word size, int access)
{
	(void)task, (void)address, (void)size, (void)access;
	return MIG_BAD_ID;
}

static int
machine_wire_all(word task, int flags)
{
	(void)task, (void)flags;
	return MIG_BAD_ID;
}

static int
machine_msync(word task, word address, word size, int flags)
{
	(void)task, (void)address, (void)size, (void)flags;
	return MIG_BAD_ID;
}

static int
machine_attribute(word task, word address, word size, int attribute, int *value)
{
	(void)task, (void)address, (void)size, (void)attribute, (void)value;
	return MIG_BAD_ID;
}

static int
machine_statistics(word task, word *page_size, int *sane)
{
	(void)task, (void)page_size, (void)sane;
	return MIG_BAD_ID;
}

static int
machine_suspend(word task)
{
	(void)task;
	return MIG_BAD_ID;
}

static int
machine_resume(word task)
{
	(void)task;
	return MIG_BAD_ID;
}

static int
machine_task_info(word task, word *suspended, word *size)
{
	mach_task_basic_info_data_t info;
	mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
	int kr;

	kr = task_info((task_t)task, MACH_TASK_BASIC_INFO, (task_info_t)&info,
	    &count);
	if (kr == KERN_SUCCESS) {
		*suspended = (word)info.suspend_count;
		*size = info.virtual_size;
	}
	return kr;
}

static unsigned int *
machine_payload(word size)
{
	static unsigned int room[PAYLOAD_SIZE / 4]
	    __attribute__((aligned(4096)));

	(void)size;
	return room;
}

static void
answer_flush(void)
{
	if (fwrite(answer_text, 1, answer_length, stdout) != answer_length) {
		perror("replay");
		exit(1);
	}
	answer_length = 0;
}

static char *
read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;

	if (!file || fseek(file, 0, SEEK_END) < 0) {
		perror(path);
		exit(1);
	}
	*size = (size_t)ftell(file);
	rewind(file);
	text = malloc(*size + 1);
	if (!text || fread(text, 1, *size, file) != *size) {
		perror(path);
		exit(1);
	}
	fclose(file);
	return text;
}

int
main(int argc, char **argv)
{
	size_t size;
	char *text;

	if (argc != 2) {
		fprintf(stderr, "usage: replay SCRIPT\n");
		return 2;
	}
	text = read_file(argv[1], &size);
	interpret(text, size, VM_MAX_ADDRESS, mach_host_self());
	free(text);
	return 0;
}
