#include "server/config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_MOST = 64, /* bytes of a user's name */
	QUOTED = 40,    /* bytes of the file in a complaint */
};

/* What is read now. */
struct reading {
	const struct config_reader *reader;
	struct config config;
	unsigned line;
	bool wrong;
	struct limits_said *limits; /* of the section */
	struct limits_said nowhere; /* of one whose head is wrong */
};

/* Bytes of a line, not terminated. */
struct text {
	const char *at;
	size_t size;
};

static void complain(struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
complain(struct reading *reading, const char *format, ...)
{
	char what[CONFIG_COMPLAINT_MOST];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	reading->reader->complain(reading->reader, reading->line, what);
	reading->wrong = true;
}

/* --- Text -------------------------------------------------------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct text
trim(struct text text)
{
	while (text.size > 0 && is_blank(text.at[0])) {
		text.at++;
		text.size--;
	}
	while (text.size > 0 && is_blank(text.at[text.size - 1]))
		text.size--;
	return text;
}

/* What comes before the first such byte, and sets *rest to what comes behind
 * it. False: there is none. */
static bool
split(struct text text, char at, struct text *before, struct text *rest)
{
	const char *found = memchr(text.at, at, text.size);

	if (!found)
		return false;
	before->at = text.at;
	before->size = (size_t)(found - text.at);
	rest->at = found + 1;
	rest->size = text.size - before->size - 1;
	return true;
}

/* For a complaint: no byte that a terminal would obey. */
static const char *
quote(struct text text, char quoted[QUOTED + 4])
{
	size_t size = MIN(text.size, (size_t)QUOTED);

	for (size_t i = 0; i < size; i++) {
		char c = text.at[i];

		quoted[i] = c >= ' ' && c <= '~' ? c : '?';
	}
	strcpy(quoted + size, text.size > size ? "..." : "");
	return quoted;
}

/* --- Sections ---------------------------------------------------------- */

/* By number or by name. */
static bool
find_user(struct reading *reading, struct text text, uid_t *uid)
{
	char name[NAME_MOST], quoted[QUOTED + 4];
	uint64_t number = 0;
	size_t i = 0;

	for (; i < text.size && text.at[i] >= '0' && text.at[i] <= '9'; i++)
		number = MIN(number * 10 + (unsigned)(text.at[i] - '0'),
		    (uint64_t)UINT32_MAX);
	if (i == text.size && i > 0) {
		*uid = (uid_t)number;
		if (number < UINT32_MAX)
			return true;
		complain(reading, "'%s': user numbers go from 0 to %" PRIu32,
		    quote(text, quoted), UINT32_MAX - 1);
		return false;
	}
	if (text.size > 0 && text.size < sizeof(name)) {
		memcpy(name, text.at, text.size);
		name[text.size] = '\0';
		if (reading->reader->find_user(name, uid))
			return true;
	}
	complain(reading, "'%s': there is no such user", quote(text, quoted));
	return false;
}

static struct config_user *
find_section(const struct config *config, uid_t uid)
{
	for (size_t i = 0; i < config->user_count; i++)
		if (config->users[i].uid == uid)
			return &config->users[i];
	return NULL;
}

static bool
add_section(struct reading *reading, uid_t uid)
{
	struct config *config = &reading->config;
	const struct config_user *same = find_section(config, uid);

	if (same) {
		complain(reading,
		    "user %" PRIu32 " has a section already, in line %u", uid,
		    same->line);
		return false;
	}
	if (config->user_count == CONFIG_USERS_MOST) {
		complain(reading, "more than %d users have sections",
		    CONFIG_USERS_MOST);
		return false;
	}
	if (!config->users)
		config->users =
		    calloc(CONFIG_USERS_MOST, sizeof(*config->users));
	if (!config->users) {
		complain(reading, "out of memory");
		return false;
	}
	config->users[config->user_count++] =
	    (struct config_user){ .uid = uid, .line = reading->line };
	return true;
}

/* "[user alice]": what follows is of that user. */
static void
read_head(struct reading *reading, struct text line)
{
	static const char word[] = "user";
	struct text name = { line.at + 1, line.size - 1 };
	uid_t uid;

	reading->limits = &reading->nowhere;
	reading->nowhere = (struct limits_said){ 0 };
	if (name.size == 0 || name.at[name.size - 1] != ']') {
		complain(reading, "a section begins with [user NAME]");
		return;
	}
	name.size--;
	name = trim(name);
	if (name.size < sizeof(word) ||
	    memcmp(name.at, word, sizeof(word) - 1) != 0 ||
	    !is_blank(name.at[sizeof(word) - 1])) {
		complain(reading, "a section begins with [user NAME]");
		return;
	}
	name.at += sizeof(word);
	name.size -= sizeof(word);
	if (!find_user(reading, trim(name), &uid) || !add_section(reading, uid))
		return;
	reading->limits =
	    &reading->config.users[reading->config.user_count - 1].limits;
}

/* --- Limits ------------------------------------------------------------ */

static void
read_limit(struct reading *reading, struct text name, struct text value)
{
	enum limit limit = limit_by_name(name.at, name.size);
	bool of_user = reading->limits != &reading->config.limits;
	char quoted[QUOTED + 4], allowed[CONFIG_COMPLAINT_MOST / 2];
	struct limit_said said;

	if (limit == LIMITS) {
		complain(reading, "'%s': there is no such limit",
		    quote(name, quoted));
		return;
	}
	if (of_user && limit_is_total(limit))
		complain(reading,
		    "'%s' is of all users: it goes before the first section",
		    limit_name(limit));
	if (reading->limits->of[limit].line > 0)
		complain(reading, "'%s' was said already, in line %u",
		    limit_name(limit), reading->limits->of[limit].line);
	if (!limit_parse(limit, value.at, value.size, &said, allowed,
		sizeof(allowed)))
		complain(reading, "%s = '%s': %s", limit_name(limit),
		    quote(value, quoted), allowed);
	said.line = reading->line;
	reading->limits->of[limit] = said;
}

/* Other bytes than text has. */
static bool
is_text(struct reading *reading, struct text line)
{
	for (size_t i = 0; i < line.size; i++) {
		unsigned char c = (unsigned char)line.at[i];

		if (c == '\0')
			complain(reading, "a NUL byte");
		else if (c == '\r')
			complain(reading, "a carriage return: lines end with "
					  "a line feed alone");
		else if ((c < ' ' && c != '\t') || c == 0x7f)
			complain(reading, "a control character, %#x", c);
		else
			continue;
		return false;
	}
	return true;
}

static void
read_line(struct reading *reading, struct text line)
{
	struct text name, value, rest;

	if (line.size > CONFIG_LINE_MOST) {
		complain(reading, "a line of more than %d bytes",
		    CONFIG_LINE_MOST);
		return;
	}
	if (!is_text(reading, line))
		return;
	if (split(line, '#', &name, &rest))
		line = name;
	line = trim(line);
	if (line.size == 0)
		return;
	if (line.at[0] == '[') {
		read_head(reading, line);
		return;
	}
	if (!split(line, '=', &name, &value)) {
		complain(reading, "neither LIMIT = VALUE nor [user NAME]");
		return;
	}
	read_limit(reading, trim(name), trim(value));
}

/* --- Configurations ---------------------------------------------------- */

void
config_init(struct config *config)
{
	*config = (struct config){ 0 };
}

void
config_deinit(struct config *config)
{
	free(config->users);
	config_init(config);
}

bool
config_parse(struct config *config, const struct config_reader *reader,
    const void *bytes, size_t size)
{
	struct text text = { bytes, size }, line;
	struct reading reading = { .reader = reader };

	reading.limits = &reading.config.limits;
	while (text.size > 0) {
		reading.line++;
		if (!split(text, '\n', &line, &text)) {
			line = text;
			text.size = 0;
		}
		read_line(&reading, line);
	}
	if (reading.wrong) {
		config_deinit(&reading.config);
		return false;
	}
	config_deinit(config);
	*config = reading.config;
	return true;
}

const struct limits_said *
config_find(const struct config *config, uid_t uid)
{
	const struct config_user *user = find_section(config, uid);

	return user ? &user->limits : NULL;
}
