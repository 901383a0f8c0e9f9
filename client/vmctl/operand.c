#include "client/vmctl/operand.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

enum { NESTED_MOST = 8 };

static bool scan_operands(struct scan *scan, struct operands *operands,
    unsigned depth);

/* --- Numbers ---------------------------------------------------------- */

/* rwx, with a - for what is not there. */
static bool
scan_picture(struct scan *scan, struct value *value)
{
	static const char letters[] = "rwx";
	uint64_t number = 0;

	if (scan->end - scan->at < 3)
		return false;
	for (int i = 0; i < 3; i++)
		if (scan->at[i] == letters[i])
			number |= UINT64_C(1) << i;
		else if (scan->at[i] != '-')
			return false;
	scan->at += 3;
	*value = (struct value){ number, MEANING_PROTECTION };
	return true;
}

/* The number of one of a list. */
static bool
scan_index(struct scan *scan)
{
	const char *start = scan->at;

	while (scan_peek(scan) >= '0' && scan_peek(scan) <= '9')
		scan->at++;
	return scan->at > start;
}

/* What follows a variable's name: the way to a field of its reply. */
static bool
scan_field(struct scan *scan, const char **field)
{
	const char *start = scan->at;

	do {
		if (!scan_name(scan) && !scan_index(scan))
			return scan_unexpected(scan);
	} while (scan_take(scan, '.'));
	*field = arena_text(scan->arena, start, (size_t)(scan->at - start));
	return true;
}

/* VM_MAKE_TAG(STACK): a tag, where flags have it. */
static bool
scan_tag(struct scan *scan, struct term *term)
{
	term->is_tag = true;
	term->name = scan_name(scan);
	if (term->name)
		term->kind = TERM_CONSTANT;
	else if (!scan_number(scan, &term->value))
		return false;
	return scan_take(scan, ')') || scan_unexpected(scan);
}

static bool
scan_term(struct scan *scan, struct term *term)
{
	if (scan_picture(scan, &term->value))
		return true;
	if (scan_take(scan, '$')) {
		term->kind = TERM_VARIABLE;
		term->name = scan_name(scan);
		if (!term->name)
			return scan_unexpected(scan);
		return !scan_take(scan, '.') || scan_field(scan, &term->field);
	}
	term->name = scan_name(scan);
	if (!term->name)
		return scan_number(scan, &term->value);
	if (strcmp(term->name, "VM_MAKE_TAG") == 0 && scan_take(scan, '('))
		return scan_tag(scan, term);
	term->kind = TERM_CONSTANT;
	return true;
}

/* Between two terms; 0: that was the last. */
static char
scan_sign(struct scan *scan)
{
	int c = scan_peek(scan);

	if (c != '+' && c != '-' && c != '|')
		return 0;
	scan->at++;
	return (char)c;
}

static bool
scan_terms(struct scan *scan, struct operand *operand)
{
	char sign = '+';

	/* A sign, unless it is the first of a picture. */
	if (scan_peek(scan) == '-' && scan_peek_next(scan) != '-' &&
	    scan_peek_next(scan) != 'w')
		sign = scan_sign(scan);
	for (; sign != 0; sign = scan_sign(scan)) {
		struct term *term = arena_alloc(scan->arena, sizeof(*term));

		term->sign = sign;
		TAILQ_INSERT_TAIL(&operand->terms, term, link);
		if (!scan_term(scan, term))
			return false;
	}
	return true;
}

/* --- Bytes ------------------------------------------------------------ */

static bool
read_all(int fd, char *to, size_t size)
{
	while (size > 0) {
		ssize_t n = read(fd, to, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		size -= (size_t)n;
	}
	return true;
}

static void
closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* The bytes of a file, which is read when the script is. */
static bool
scan_file(struct scan *scan, struct operand *operand)
{
	const char *path = scan_word(scan);
	_cleanup_(closep) int fd = -1;
	struct stat status;
	char *bytes;

	if (!path)
		return scan_unexpected(scan);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0)
		return complain(scan->complaint, "cannot open '" WORD "': %s",
		    path, strerror(errno));
	if (!S_ISREG(status.st_mode) ||
	    (uint64_t)status.st_size > OPERAND_BYTES_MOST)
		return complain(scan->complaint,
		    "'" WORD "' is no file of 1 GiB at most", path);
	operand->size = (size_t)status.st_size;
	bytes = arena_alloc(scan->arena, operand->size + 1);
	operand->bytes = bytes;
	if (!read_all(fd, bytes, operand->size))
		return complain(scan->complaint, "cannot read '" WORD "'",
		    path);
	return true;
}

static bool
scan_bytes(struct scan *scan, struct operand *operand)
{
	struct value times = { .number = 1 };

	operand->kind = OPERAND_BYTES;
	if (scan_take(scan, '@')) {
		if (!scan_file(scan, operand))
			return false;
	} else if (!scan_string(scan, &operand->bytes, &operand->size)) {
		return false;
	}
	if (scan_take(scan, '*') && !scan_number(scan, &times))
		return false;
	operand->times = times.number;
	if (operand->size > 0 &&
	    times.number > OPERAND_BYTES_MOST / operand->size)
		return complain(scan->complaint,
		    "an operand has 1 GiB of bytes at most");
	return true;
}

char *
operand_bytes(const struct operand *operand, size_t *size)
{
	size_t part = operand->size;
	char *bytes;

	*size = part > 0 ? part * (size_t)operand->times : 0;
	bytes = malloc(*size + 1);
	if (!bytes)
		return NULL;
	if (part == 1)
		memset(bytes, operand->bytes[0], *size);
	for (size_t at = 0; part > 1 && at < *size; at += part)
		memcpy(bytes + at, operand->bytes, part);
	return bytes;
}

/* --- Lists ------------------------------------------------------------ */

/* Behind the bracket. */
static bool
scan_list(struct scan *scan, struct operand *operand, unsigned depth)
{
	operand->kind = OPERAND_LIST;
	if (depth >= NESTED_MOST)
		return complain(scan->complaint, "lists are nested too deeply");
	scan_blanks(scan);
	if (scan_take(scan, ']'))
		return true;
	do {
		struct element *element =
		    arena_alloc(scan->arena, sizeof(*element));

		TAILQ_INSERT_TAIL(&operand->elements, element, link);
		TAILQ_INIT(&element->operands);
		if (!scan_operands(scan, &element->operands, depth + 1))
			return false;
	} while (scan_take(scan, ','));
	return scan_take(scan, ']') || scan_unexpected(scan);
}

/* --- Operands --------------------------------------------------------- */

static struct operand *
add_operand(struct scan *scan, struct operands *operands)
{
	struct operand *operand = arena_alloc(scan->arena, sizeof(*operand));

	TAILQ_INIT(&operand->terms);
	TAILQ_INIT(&operand->elements);
	if (operands)
		TAILQ_INSERT_TAIL(operands, operand, link);
	return operand;
}

/* NAME=, or nothing. */
static const char *
scan_operand_name(struct scan *scan)
{
	const char *start = scan->at, *name = scan_name(scan);

	if (name && scan_take(scan, '='))
		return name;
	scan->at = start;
	return NULL;
}

static bool
scan_operand(struct scan *scan, struct operand *operand, unsigned depth)
{
	int c = scan_peek(scan);

	if (c == '"' || c == '@')
		return scan_bytes(scan, operand);
	if (scan_take(scan, '['))
		return scan_list(scan, operand, depth);
	if (!scan_terms(scan, operand))
		return false;
	if (!scan_take(scan, '/'))
		return true;
	operand->other = add_operand(scan, NULL);
	return scan_terms(scan, operand->other);
}

/* In a list an element ends with a comma, or the list does. */
static bool
is_end(const struct scan *scan, unsigned depth)
{
	int c = scan_peek(scan);

	return scan_is_end(scan) || (depth > 0 && (c == ',' || c == ']'));
}

/* The word `expect`: what follows is no operand. */
static bool
is_expect(const struct scan *scan)
{
	static const char expect[] = "expect";
	struct scan behind = *scan;

	if ((size_t)(scan->end - scan->at) < strlen(expect) ||
	    memcmp(scan->at, expect, strlen(expect)) != 0)
		return false;
	behind.at += strlen(expect);
	return scan_is_blank(&behind) || scan_is_end(&behind);
}

/* One, up to a blank or the end. */
static bool
scan_whole_operand(struct scan *scan, struct operand *operand, unsigned depth)
{
	const char *start = scan->at;

	if (!scan_operand(scan, operand, depth))
		return false;
	operand->text =
	    arena_text(scan->arena, start, (size_t)(scan->at - start));
	return scan_is_blank(scan) || is_end(scan, depth) ||
	       scan_unexpected(scan);
}

static bool
scan_operands(struct scan *scan, struct operands *operands, unsigned depth)
{
	for (;;) {
		struct operand *operand;

		scan_blanks(scan);
		if (is_end(scan, depth) || (depth == 0 && is_expect(scan)))
			return true;
		operand = add_operand(scan, operands);
		operand->name = scan_operand_name(scan);
		if (!scan_whole_operand(scan, operand, depth))
			return false;
	}
}

bool
operands_scan(struct scan *scan, struct operands *operands)
{
	TAILQ_INIT(operands);
	return scan_operands(scan, operands, 0);
}

/* A word that stands for itself. */
static bool
take_word(struct scan *scan, struct operand *operand)
{
	operand->kind = OPERAND_BYTES;
	operand->text = operand->bytes = scan_word(scan);
	operand->size = strlen(operand->bytes);
	operand->times = 1;
	return true;
}

bool
operands_scan_text(struct scan *scan, struct operands *operands)
{
	TAILQ_INIT(operands);
	for (;;) {
		struct operand *operand;
		int c;

		scan_blanks(scan);
		if (scan_is_end(scan))
			return true;
		operand = add_operand(scan, operands);
		c = scan_peek(scan);
		if (!(c == '"' || c == '$'
			    ? scan_whole_operand(scan, operand, 0)
			    : take_word(scan, operand)))
			return false;
	}
}
