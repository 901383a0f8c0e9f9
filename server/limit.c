#include "server/limit.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"

enum unit { COUNT, BYTES };

#define COUNT_MOST UINT32_MAX
#define BYTES_MOST (UINT64_C(4) << 40)

/* vmd.conf(5) has the reasons. */
static const struct kind {
	const char *name;
	enum unit unit;
	bool shared; /* there may be a percentage of it */
	bool total;  /* of all users */
	uint64_t least;
	const char *at_first;
} kinds[] = {
	[LIMIT_CONNECTIONS] = { "connections", COUNT, true, false, 0, "8192" },
	[LIMIT_CONNECTION_RATE] = { "connection-rate", COUNT, false, false, 1,
	    "1000" },
	[LIMIT_CONNECTION_BURST] = { "connection-burst", COUNT, false, false, 1,
	    "5000" },
	[LIMIT_TASKS] = { "tasks", COUNT, false, false, 0, "16384" },
	[LIMIT_TASK_ENTRIES] = { "task-entries", COUNT, false, false, 0,
	    "1048576" },
	[LIMIT_ENTRIES] = { "entries", COUNT, true, false, 0, "2097152" },
	[LIMIT_MEMORY] = { "memory", BYTES, true, false, 0, "25%" },
	[LIMIT_NODES] = { "nodes", COUNT, true, false, 0, "25%" },
	[LIMIT_MAPPINGS] = { "mappings", COUNT, true, false, 0, "25%" },
	[LIMIT_PIECES] = { "pieces", COUNT, true, false, 0, "25%" },
	[LIMIT_RIGHTS] = { "rights", COUNT, false, false, 0, "2097152" },
	[LIMIT_INPUT] = { "input", BYTES, false, false, 1 << 20, "64M" },
	[LIMIT_OUTPUT] = { "output", BYTES, false, false, 1 << 20, "64M" },
	[LIMIT_REQUESTS] = { "requests", COUNT, false, false, 1, "65536" },
	[LIMIT_WINDOWS] = { "windows", COUNT, false, false, 0, "1024" },
	[LIMIT_TOTAL_CONNECTIONS] = { "total-connections", COUNT, true, true, 1,
	    "unlimited" },
};

static_assert(ARRAY_SIZE(kinds) == LIMITS, "each is described");

static const char unlimited[] = "unlimited";

const char *
limit_name(enum limit limit)
{
	return limit < LIMITS ? kinds[limit].name : NULL;
}

enum limit
limit_by_name(const char *name, size_t size)
{
	for (unsigned i = 0; i < LIMITS; i++)
		if (strlen(kinds[i].name) == size &&
		    memcmp(kinds[i].name, name, size) == 0)
			return (enum limit)i;
	return LIMITS;
}

bool
limit_is_total(enum limit limit)
{
	return kinds[limit].total;
}

/* --- Values ------------------------------------------------------------ */

/* Digits at the start. Returns how many; 0: none, or more than a number of 64
 * bits has. */
static size_t
parse_digits(const char *text, size_t size, uint64_t *number)
{
	size_t i = 0;

	for (*number = 0; i < size && text[i] >= '0' && text[i] <= '9'; i++) {
		unsigned digit = (unsigned)(text[i] - '0');

		if (*number > (UINT64_MAX - digit) / 10)
			return 0;
		*number = *number * 10 + digit;
	}
	return i;
}

/* By how many bits a unit shifts; -1: there is no such unit. */
static int
unit_shift(const char *text, size_t size)
{
	static const char units[] = { 'K', 'M', 'G', 'T' };

	if (size == 0)
		return 0;
	for (unsigned i = 0; i < sizeof(units) && size == 1; i++)
		if (units[i] == text[0])
			return 10 * ((int)i + 1);
	return -1;
}

static uint64_t
most_of(const struct kind *kind)
{
	return kind->unit == BYTES ? BYTES_MOST : COUNT_MOST;
}

static bool
parse(const struct kind *kind, const char *text, size_t size,
    struct limit_said *said)
{
	uint64_t most = most_of(kind);
	size_t digits;
	int shift;

	if (size == sizeof(unlimited) - 1 &&
	    memcmp(text, unlimited, size) == 0) {
		said->amount = LIMIT_NONE;
		return true;
	}
	digits = parse_digits(text, size, &said->amount);
	if (digits == 0)
		return false;
	text += digits;
	size -= digits;
	if (kind->shared && size == 1 && text[0] == '%') {
		said->percent = true;
		return said->amount >= 1 && said->amount <= 100;
	}
	shift = unit_shift(text, size);
	if (shift < 0 || said->amount > most >> shift)
		return false;
	said->amount <<= shift;
	return said->amount >= kind->least;
}

/* Bytes, with the largest unit that divides them. */
static void
print_amount(char *text, size_t room, uint64_t amount)
{
	static const char units[] = { 'K', 'M', 'G', 'T' };
	int unit = -1;

	for (; amount > 0 && amount % 1024 == 0 && unit < 3; unit++)
		amount /= 1024;
	snprintf(text, room, "%llu%.*s", (unsigned long long)amount, unit >= 0,
	    unit >= 0 ? &units[unit] : "");
}

bool
limit_parse(enum limit limit, const char *text, size_t size,
    struct limit_said *said, char *allowed, size_t room)
{
	const struct kind *kind = &kinds[limit];
	char least[24], most[24];

	*said = (struct limit_said){ .line = 1 };
	if (parse(kind, text, size, said))
		return true;
	print_amount(least, sizeof(least), kind->least);
	if (kind->unit == BYTES)
		print_amount(most, sizeof(most), BYTES_MOST);
	else
		snprintf(most, sizeof(most), "%u", COUNT_MOST);
	snprintf(allowed, room, "%s%s to %s%s, or unlimited",
	    kind->unit == BYTES ? "bytes, from " : "from ", least, most,
	    kind->shared ? ", or 1% to 100%" : "");
	return false;
}

/* --- All of them ------------------------------------------------------- */

void
limits_default(struct limits_said *said)
{
	for (unsigned i = 0; i < LIMITS; i++) {
		const char *text = kinds[i].at_first;

		said->of[i] = (struct limit_said){ .line = 1 };
		if (!parse(&kinds[i], text, strlen(text), &said->of[i]))
			abort();
	}
}

void
limits_overlay(struct limits_said *said, const struct limits_said *over)
{
	for (unsigned i = 0; i < LIMITS; i++)
		if (over->of[i].line > 0)
			said->of[i] = over->of[i];
}

void
limits_resolve(const struct limits_said *said, const struct limits *total,
    struct limits *limits)
{
	for (unsigned i = 0; i < LIMITS; i++) {
		const struct limit_said *one = &said->of[i];
		uint64_t all = total->of[i];

		limits->of[i] = one->line > 0 ? one->amount : LIMIT_NONE;
		if (one->line > 0 && one->percent)
			limits->of[i] = all / 100 * one->amount +
					all % 100 * one->amount / 100;
	}
}
