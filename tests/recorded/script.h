/*
 * The language of the recorded scripts.
 *
 *	line     = [ call ] [ "#" anything ]
 *	call     = routine { operand } [ "=" slot ]
 *	operand  = task | number
 *	task     = "t" digits | "null" | "host"
 *	number   = [ "-" ] term { ( "+" | "-" ) term }
 *	term     = digits | "0x" hex digits | "max" | "$" digits
 *
 * Numbers are machine words and wrap as such, so "-0x1000" is the last page of
 * the address space on a machine of any width, and "max" is VM_MAX_ADDRESS.
 * "$3" is the address kept by the call that ended in "= $3"; before that it is
 * "max", where nothing is ever mapped.
 */
#pragma once

enum {
	SCRIPT_TASKS = 64,
	SCRIPT_SLOTS = 256,
	SCRIPT_NUMBERS = 8,
};

/* As wide as an address. */
typedef unsigned long word;

struct script {
	const char *at; /* what is still to be parsed */
	const char *end;
	const char *error; /* NULL: none so far on this line */
	int base;          /* last slot this line used, or -1 */
	word max;          /* VM_MAX_ADDRESS */
	word host;         /* the port that "host" stands for */
	word tasks[SCRIPT_TASKS];
	word slots[SCRIPT_SLOTS];
};

struct call {
	const struct routine *routine; /* NULL: the line has none */
	word task;
	word n[SCRIPT_NUMBERS];
	word *result; /* NULL: nothing is kept */
};

/* The operands of a routine: 't' the task, 'n' a number; then 'T' a task to
 * create, or 'A' a slot that may keep the address. */
struct routine {
	const char *name;
	const char *operands;
	void (*answer)(const struct call *);
};

static inline void
script_start(struct script *s, const char *text, word size, word max)
{
	int i;

	s->at = text;
	s->end = text + size;
	s->max = max;
	s->host = 0;
	for (i = 0; i < SCRIPT_TASKS; i++)
		s->tasks[i] = 0;
	for (i = 0; i < SCRIPT_SLOTS; i++)
		s->slots[i] = max;
}

static inline int
script_peek(const struct script *s)
{
	return s->at < s->end && *s->at != '\n' ? *s->at : 0;
}

static inline void
script_blanks(struct script *s)
{
	while (script_peek(s) == ' ' || script_peek(s) == '\t')
		s->at++;
}

/* Is the next token this word? Then step over it. */
static inline int
script_token(struct script *s, const char *token)
{
	const char *p = s->at;

	while (*token != 0 && p < s->end && *p == *token)
		p++, token++;
	if (*token != 0)
		return 0;
	if (p < s->end &&
	    (*p == '_' || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')))
		return 0;
	s->at = p;
	return 1;
}

static inline word
script_fail(struct script *s, const char *error)
{
	if (s->error == 0)
		s->error = error;
	return 0;
}

static inline int
script_digit(int c, int base)
{
	int digit = 99;

	if (c >= '0' && c <= '9')
		digit = c - '0';
	else if (c >= 'a' && c <= 'f')
		digit = c - 'a' + 10;
	return digit < base ? digit : -1;
}

static inline word
script_digits(struct script *s)
{
	int base = 10;
	word value = 0;

	if (script_digit(script_peek(s), 10) < 0)
		return script_fail(s, "a number is missing");
	if (s->end - s->at > 2 && s->at[0] == '0' && s->at[1] == 'x') {
		base = 16;
		s->at += 2;
	}
	while (script_digit(script_peek(s), base) >= 0)
		value = value * base + script_digit(*s->at++, base);
	return value;
}

static inline word
script_index(struct script *s, word limit)
{
	word i = script_digits(s);

	return i < limit ? i : script_fail(s, "no such slot");
}

static inline word
script_term(struct script *s)
{
	if (script_token(s, "max"))
		return s->max;
	if (script_peek(s) != '$')
		return script_digits(s);
	s->at++;
	s->base = script_index(s, SCRIPT_SLOTS);
	return s->slots[s->base];
}

static inline word
script_number(struct script *s)
{
	word value = 0;
	int sign = '+';

	script_blanks(s);
	if (script_peek(s) == '-')
		sign = *s->at++;
	for (;;) {
		value += sign == '+' ? script_term(s) : -script_term(s);
		if (script_peek(s) != '+' && script_peek(s) != '-')
			return value;
		sign = *s->at++;
	}
}

static inline word *
script_task_slot(struct script *s)
{
	script_blanks(s);
	if (script_peek(s) != 't') {
		script_fail(s, "a task is missing");
		return s->tasks;
	}
	s->at++;
	return &s->tasks[script_index(s, SCRIPT_TASKS)];
}

static inline word
script_task(struct script *s)
{
	script_blanks(s);
	if (script_token(s, "null"))
		return 0;
	if (script_token(s, "host"))
		return s->host;
	return *script_task_slot(s);
}

static inline word *
script_result(struct script *s, int kind)
{
	script_blanks(s);
	if (script_peek(s) != '=') {
		if (kind == 'T')
			script_fail(s, "the new task has no name");
		return 0;
	}
	s->at++;
	script_blanks(s);
	if (kind == 'T')
		return script_task_slot(s);
	if (script_peek(s) != '$') {
		script_fail(s, "a slot is missing");
		return 0;
	}
	s->at++;
	return &s->slots[script_index(s, SCRIPT_SLOTS)];
}

static inline const struct routine *
script_routine(struct script *s, const struct routine *table)
{
	for (; table->name != 0; table++) {
		if (script_token(s, table->name))
			return table;
	}
	script_fail(s, "no such routine");
	return 0;
}

static inline void
script_operands(struct script *s, const char *operands, struct call *call)
{
	word *n = call->n;

	for (; *operands != 0; operands++) {
		if (*operands == 't')
			call->task = script_task(s);
		else if (*operands == 'n')
			*n++ = script_number(s);
		else
			call->result = script_result(s, *operands);
	}
}

/*
 * Parse the line at s->at and step over it. The line's text, without blanks at
 * its end, is left in *line and *length. s->error says what is wrong with it.
 */
static inline struct call
script_line(struct script *s, const struct routine *table, const char **line,
    word *length)
{
	struct call call = { .routine = 0 };
	const char *end;

	*line = s->at;
	s->error = 0;
	s->base = -1;
	script_blanks(s);
	if (script_peek(s) != 0 && script_peek(s) != '#') {
		call.routine = script_routine(s, table);
		if (call.routine != 0)
			script_operands(s, call.routine->operands, &call);
		script_blanks(s);
		if (script_peek(s) != 0 && script_peek(s) != '#')
			script_fail(s, "too many operands");
	}
	while (script_peek(s) != 0)
		s->at++;
	for (end = s->at; end > *line && (end[-1] == ' ' || end[-1] == '\t');)
		end--;
	*length = end - *line;
	if (s->at < s->end)
		s->at++;
	return call;
}
