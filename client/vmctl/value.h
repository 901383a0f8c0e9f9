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
	MEANING_FLAGS,
	MEANING_PROTECTION,
	MEANING_INHERITANCE,
	MEANING_BOOLEAN,
};

struct value {
	uint64_t number;
	enum meaning meaning;
};

/* Of a field, or an operand, of this name. */
enum meaning meaning_of(const char *name);

/* As `rw-`, `copy`, `TRUE`, 0x1000 or 12. */
void value_print(FILE *out, struct value value);
