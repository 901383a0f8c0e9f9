/*
 * Text of answers, collected in a buffer that the includer empties with
 *
 *	static void answer_flush(void);
 */
#pragma once

#include "tests/recorded/script.h"

enum {
	ANSWER_SIZE = 64 * 1024,
	ANSWER_LINE = 16 * 1024, /* no answer is longer */
};

static char answer_text[ANSWER_SIZE];
static word answer_length;

static inline void
put_bytes(const char *text, word length)
{
	while (length-- > 0 && answer_length < ANSWER_SIZE)
		answer_text[answer_length++] = *text++;
}

static inline void
put(const char *text)
{
	while (*text != 0 && answer_length < ANSWER_SIZE)
		answer_text[answer_length++] = *text++;
}

static inline void
put_number(word value, word base, int width)
{
	char digits[24];
	int i = sizeof(digits);

	do {
		digits[--i] = "0123456789abcdef"[value % base];
		value /= base;
		width--;
	} while (value != 0 || width > 0);
	put_bytes(digits + i, sizeof(digits) - i);
}

static inline void
put_decimal(word value)
{
	put_number(value, 10, 1);
}

static inline void
put_hex(word value)
{
	put("0x");
	put_number(value, 16, 1);
}

static inline void
put_distance(word from, word to)
{
	if (to == from)
		return;
	put(to > from ? "+" : "-");
	put_hex(to > from ? to - from : from - to);
}

/* Where a line names an address by a slot, so does its answer; an address near
 * the top is told by its distance from it. Thus answers can be compared from
 * machines of another width, and from those that choose other addresses. */
static inline void
put_address(const struct script *s, word address)
{
	if (s->base >= 0) {
		put("$");
		put_decimal(s->base);
		put_distance(s->slots[s->base], address);
	} else if (address > s->max || s->max - address <= 0x1000000) {
		put("max");
		put_distance(s->max, address);
	} else {
		put_hex(address);
	}
}

static inline void
put_prot(int prot)
{
	put(prot & 1 ? "r" : "-");
	put(prot & 2 ? "w" : "-");
	put(prot & 4 ? "x" : "-");
	if (prot & ~7) {
		put("+");
		put_hex(prot & ~7);
	}
}

static inline void
put_inherit(word inherit)
{
	static const char *const names[] = { "share", "copy", "none" };

	put(inherit < 3 ? names[inherit] : "?");
}

static inline void
put_return(int kr)
{
	static const char *const names[] = {
		"SUCCESS",
		"INVALID_ADDRESS",
		"PROTECTION_FAILURE",
		"NO_SPACE",
		"INVALID_ARGUMENT",
		"FAILURE",
		"RESOURCE_SHORTAGE",
		"NOT_RECEIVER",
		"NO_ACCESS",
		"MEMORY_FAILURE",
		"MEMORY_ERROR",
		"ALREADY_IN_SET",
		"NOT_IN_SET",
		"NAME_EXISTS",
		"ABORTED",
		"INVALID_NAME",
		"INVALID_TASK",
		"INVALID_RIGHT",
		"INVALID_VALUE",
		"UREFS_OVERFLOW",
		"INVALID_CAPABILITY",
		"RIGHT_EXISTS",
		"INVALID_HOST",
	};

	if (kr >= 0 && kr < (int)(sizeof(names) / sizeof(names[0]))) {
		put("KERN_");
		put(names[kr]);
	} else if (kr == 0x10000003) {
		put("MACH_SEND_INVALID_DEST");
	} else if (kr == -303) {
		put("MIG_BAD_ID");
	} else {
		put_hex((unsigned int)kr);
	}
}

static inline unsigned int
fnv1a(unsigned int hash, const unsigned char *bytes, word length)
{
	while (length-- > 0)
		hash = (hash ^ *bytes++) * 16777619u;
	return hash;
}

#define FNV1A_START 0x811c9dc5u
