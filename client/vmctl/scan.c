#include "client/vmctl/scan.h"

#include <stdint.h>
#include <string.h>

enum { DECIMAL = 10, HEXADECIMAL = 16 };

int
scan_peek(const struct scan *scan)
{
	return scan->at < scan->end ? (unsigned char)*scan->at : -1;
}

int
scan_peek_next(const struct scan *scan)
{
	return scan->end - scan->at > 1 ? (unsigned char)scan->at[1] : -1;
}

bool
scan_take(struct scan *scan, char c)
{
	if (scan_peek(scan) != (unsigned char)c)
		return false;
	scan->at++;
	return true;
}

bool
scan_is_blank(const struct scan *scan)
{
	int c = scan_peek(scan);

	return c == ' ' || c == '\t' || c == '\r';
}

void
scan_blanks(struct scan *scan)
{
	while (scan_is_blank(scan))
		scan->at++;
}

bool
scan_is_end(const struct scan *scan)
{
	int c = scan_peek(scan);

	return c == -1 || c == '\n' || c == ';' || c == '#';
}

void
scan_skip_line(struct scan *scan)
{
	const char *end =
	    memchr(scan->at, '\n', (size_t)(scan->end - scan->at));

	scan->at = end ? end : scan->end;
}

bool
scan_next_command(struct scan *scan)
{
	for (;;) {
		scan_blanks(scan);
		switch (scan_peek(scan)) {
		case -1:
			return false;
		case '#':
			scan_skip_line(scan);
			break;
		case '\n':
			scan->line++;
			scan->at++;
			break;
		case ';':
			scan->at++;
			break;
		default:
			return true;
		}
	}
}

/* --- Words ------------------------------------------------------------ */

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* What was passed since `start`. */
static char *
passed(const struct scan *scan, const char *start)
{
	if (scan->at == start)
		return NULL;
	return arena_text(scan->arena, start, (size_t)(scan->at - start));
}

char *
scan_name(struct scan *scan)
{
	const char *start = scan->at;

	while (is_letter(scan_peek(scan)) ||
	       (scan->at > start && is_digit(scan_peek(scan))))
		scan->at++;
	return passed(scan, start);
}

char *
scan_command_name(struct scan *scan)
{
	const char *start = scan->at;

	while (is_letter(scan_peek(scan)) ||
	       (scan->at > start &&
		   (is_digit(scan_peek(scan)) || scan_peek(scan) == '-')))
		scan->at++;
	return passed(scan, start);
}

char *
scan_word(struct scan *scan)
{
	const char *start = scan->at;

	while (!scan_is_blank(scan) && !scan_is_end(scan))
		scan->at++;
	return passed(scan, start);
}

bool
scan_unexpected(struct scan *scan)
{
	int c = scan_peek(scan);

	if (c == -1 || c == '\n')
		return complain(scan->complaint, "unexpected end of the line");
	if (c < ' ' || c > '~')
		return complain(scan->complaint, "unexpected byte %#x",
		    (unsigned)c);
	return complain(scan->complaint, "unexpected '%c'", c);
}

/* --- Numbers ---------------------------------------------------------- */

/* -1: it is none. */
static int
digit_of(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + DECIMAL;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + DECIMAL;
	return -1;
}

/* The power of two that a unit stands for; 0: it is none. */
static unsigned
shift_of(int unit)
{
	static const char units[] = "KMGT";
	const char *at = unit > 0 ? strchr(units, unit) : NULL;

	return at ? 10 * (unsigned)(at - units + 1) : 0;
}

bool
scan_number(struct scan *scan, struct value *value)
{
	int base = DECIMAL, digit;
	unsigned shift;
	bool large = false;

	*value = (struct value){ 0, MEANING_NONE };
	if (scan_peek(scan) == '0' && scan_peek_next(scan) == 'x') {
		scan->at += 2;
		base = HEXADECIMAL;
		value->meaning = MEANING_HEX;
	}
	digit = digit_of(scan_peek(scan));
	if (digit < 0 || digit >= base)
		return scan_unexpected(scan);
	for (; digit >= 0 && digit < base; digit = digit_of(scan_peek(scan))) {
		large |= __builtin_mul_overflow(value->number, (uint64_t)base,
		    &value->number);
		large |= __builtin_add_overflow(value->number, (uint64_t)digit,
		    &value->number);
		scan->at++;
	}
	shift = shift_of(scan_peek(scan));
	if (shift > 0)
		scan->at++;
	if (large || value->number > UINT64_MAX >> shift)
		return complain(scan->complaint,
		    "a number has 64 bits at most");
	value->number <<= shift;
	return true;
}

/* --- Strings ---------------------------------------------------------- */

/* \xHH, from the x on. */
static bool
scan_hexadecimal(struct scan *scan, char *byte)
{
	int high = digit_of(scan_peek_next(scan)), low;

	scan->at++;
	low = digit_of(scan_peek_next(scan));
	if (high < 0 || low < 0)
		return complain(scan->complaint,
		    "\\x takes two hexadecimal digits");
	scan->at += 2;
	*byte = (char)(high << 4 | low);
	return true;
}

/* Behind a backslash. */
static bool
scan_escape(struct scan *scan, char *byte)
{
	static const char names[] = "ntr0\"\\";
	static const char bytes[] = "\n\t\r\0\"\\";
	int c = scan_peek(scan);
	const char *name = c > 0 ? strchr(names, c) : NULL;

	if (c == 'x')
		return scan_hexadecimal(scan, byte);
	if (!name)
		return complain(scan->complaint,
		    "a backslash is followed by one of n t r 0 \" \\ and xHH");
	scan->at++;
	*byte = bytes[name - names];
	return true;
}

/* From behind the first quote on, to behind the last. */
static bool
scan_quoted(struct scan *scan, char *to, size_t *size)
{
	*size = 0;
	while (scan_peek(scan) != -1 && scan_peek(scan) != '\n') {
		if (scan_take(scan, '"'))
			return true;
		if (!scan_take(scan, '\\'))
			to[(*size)++] = *scan->at++;
		else if (!scan_escape(scan, &to[(*size)++]))
			return false;
	}
	return complain(scan->complaint, "a string lacks its closing quote");
}

/* No more bytes come out of a string than it has up to its end. */
static size_t
length_at_most(const struct scan *scan)
{
	const char *at = scan->at;

	while (at < scan->end && *at != '\n' && *at != '"')
		at += *at == '\\' && scan->end - at > 1 ? 2 : 1;
	return (size_t)(at - scan->at);
}

bool
scan_string(struct scan *scan, const char **bytes, size_t *size)
{
	char *to;

	if (!scan_take(scan, '"'))
		return scan_unexpected(scan);
	to = arena_alloc(scan->arena, length_at_most(scan) + 1);
	*bytes = to;
	return scan_quoted(scan, to, size);
}
