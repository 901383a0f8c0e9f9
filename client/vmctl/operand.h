/*
 * Operands, as they are written
 *
 *      0x1000   64K   -1   rw-   $task   $region.size   $a+0x1000
 *      $l.page.0   VM_PROT_READ|VM_PROT_WRITE   rw-/rwx   VM_MAKE_TAG(STACK)
 *      "text\n"   "ab"*4096   @file
 *      [0x1000 0x20, 0x3000 0x10]
 *
 * and each of them with NAME= before it. What they mean, and whether they are
 * wanted, says parameter.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "client/vmctl/scan.h"
#include "client/show/value.h"

struct parameter;
struct variable;

/* Part of a sum. */
struct term {
	TAILQ_ENTRY(term) link; /* operand::terms */
	char sign;              /* before it: '+', '-' or '|' */
	enum { TERM_NUMBER, TERM_CONSTANT, TERM_VARIABLE } kind;
	bool is_tag;        /* VM_MAKE_TAG() of what follows */
	const char *name;   /* of a constant, or a variable */
	const char *field;  /* behind the variable's dot, or NULL */
	struct value value; /* a number's; a bound constant's */
	const struct variable *variable; /* once it is bound */
};

TAILQ_HEAD(terms, term);
TAILQ_HEAD(operands, operand);

struct element {
	TAILQ_ENTRY(element) link; /* operand::elements */
	struct operands operands;
};

struct operand {
	TAILQ_ENTRY(operand) link; /* struct operands */
	const char *name;          /* NAME=, or NULL */
	const char *text;          /* all of it, but for the name */
	enum { OPERAND_NUMBER, OPERAND_BYTES, OPERAND_LIST } kind;
	struct terms terms;
	struct operand *other; /* behind a slash; or NULL */
	const char *bytes;
	size_t size;    /* of bytes */
	uint64_t times; /* that the bytes are to be repeated */
	TAILQ_HEAD(, element) elements;
	const struct parameter *parameter; /* once it is bound */
};

/* Bytes that an operand may stand for. */
#define OPERAND_BYTES_MOST (UINT64_C(1) << 30)

/* Operands up to the command's end, or to its `expect`. */
bool operands_scan(struct scan *scan, struct operands *operands);

/* Words up to the command's end: strings, what begins with a `$`, and anything
 * else as it stands. */
bool operands_scan_text(struct scan *scan, struct operands *operands);

/* The bytes, repeated; in memory of malloc's. NULL: there is not enough. */
char *operand_bytes(const struct operand *operand, size_t *size);
