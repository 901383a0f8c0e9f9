/*
 * usage: replay SCRIPT > ANSWERS
 *
 * Makes the calls of a script and prints each with its answer, as they were
 * recorded from a running GNU Mach (README.md). Uses nothing but what
 * <mach/mach.h> declares, as a program written for Mach would.
 */
#include <stdio.h>
#include <stdlib.h>

#include <mach/gnumach.h>
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

static int
machine_map(word task, word *address, const word n[8])
{
	vm_address_t at = *address;
	int kr;

	kr = vm_map((task_t)task, &at, n[1], n[2], (int)n[3], MACH_PORT_NULL, 0,
	    FALSE, (vm_prot_t)n[4], (vm_prot_t)n[5], (vm_inherit_t)n[6]);
	*address = at;
	return kr;
}

static mach_port_t
host_priv(void)
{
	static mach_port_t port;

	if (port == MACH_PORT_NULL)
		host_get_host_priv_port(mach_host_self(), &port);
	return port;
}

static int
machine_wire(word task, word address, word size, int access)
{
	return vm_wire(host_priv(), (task_t)task, address, size, access);
}

static int
machine_wire_all(word task, int flags)
{
	return vm_wire_all(host_priv(), (task_t)task, (vm_wire_t)flags);
}

static int
machine_msync(word task, word address, word size, int flags)
{
	return vm_msync((task_t)task, address, size, (vm_sync_t)flags);
}

static int
machine_attribute(word task, word address, word size, int attribute, int *value)
{
	return vm_machine_attribute((task_t)task, address, size,
	    (vm_machine_attribute_t)attribute, value);
}

static int
machine_statistics(word task, word *page_size, int *sane)
{
	struct gnumach_vm_statistics s;
	int kr = vm_statistics((task_t)task, &s);

	if (kr == KERN_SUCCESS) {
		*page_size = (word)s.pagesize;
		*sane = s.hits <= s.lookups &&
			s.zero_fill_count + s.cow_faults <= s.faults;
	}
	return kr;
}

static int
machine_suspend(word task)
{
	return task_suspend((task_t)task);
}

static int
machine_resume(word task)
{
	return task_resume((task_t)task);
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
