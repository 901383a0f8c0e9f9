/*
 * Values: numbers, and what they mean
 *
 * All numbers have 64 bits, modulo 2^64. What one means says how it is shown,
 * and which constants a script may name without their prefix: NONE is
 * VM_PROT_NONE for a protection and VM_INHERIT_NONE for an inheritance.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

enum meaning {
	MEANING_NONE,
	MEANING_HEX, /* addresses, sizes, ports */
	MEANING_BOOLEAN,

	/* Numbers that have names: constants.c. */
	MEANING_PROTECTION,
	MEANING_INHERITANCE,
	MEANING_FLAGS,
	MEANING_TAG,
	MEANING_BEHAVIOR,
	MEANING_SYNC,
	MEANING_ATTRIBUTE,
	MEANING_ATTRIBUTE_VALUE,
	MEANING_PURGABLE, /* what is done with it */
	MEANING_PURGABLE_STATE,
	MEANING_PERMISSION, /* of a memory entry */
	MEANING_WIRE,       /* what is wired */
	MEANING_REGION,     /* flavours, and room for them, of vm_region */
	MEANING_PAGE,       /* ... of mach_vm_page_info */
	MEANING_TASK,       /* ... of task_info, and its special ports */
	MEANING_HOST,       /* ... of host_info, and its special ports */
	MEANING_DISPOSITION,
	MEANING_SHARE_MODE,
	MEANING_RIGHT,        /* to a port */
	MEANING_PORT_TYPE,    /* the rights of a name */
	MEANING_MESSAGE_TYPE, /* what becomes of a right in a message */
	MEANING_NOTIFICATION, /* what a message tells of a port */
	MEANING_PORT_INFO,    /* flavours of mach_port_get_attributes */
	MEANING_STATUS,       /* of what is registered */
	MEANING_NAME_MODE,    /* who may look it up */
};

struct value {
	uint64_t number;
	enum meaning meaning;
};

/* Of a field of a message of that name; NULL: of an operand. */
enum meaning meaning_of(const char *message, const char *name);

/* As `rw-`, `copy`, `TRUE`, `STACK`, 0x1000 or 12. */
void value_print(FILE *out, struct value value);

/* ... and as a C program has it: `VM_PROT_READ|VM_PROT_WRITE`, `TRUE`. */
void value_print_c(FILE *out, struct value value);
