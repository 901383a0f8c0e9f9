/*
 * Fuzzing: the configuration file
 *
 * The input is a file; of users there are a few. What is complained of has a
 * line, of those that there are, and is text. What is complained of at all is
 * not taken, none of it; what is taken is taken again the same, and may have
 * further lines that say nothing.
 */
#include "server/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/fuzz/must.h"

struct complaints {
	unsigned count;
	unsigned last_line; /* that the file may have */
};

/* `u0` to `u9`, and one with a letter. */
static bool
find_user(const char *name, uid_t *uid)
{
	if (name[0] != 'u' || strlen(name) != 2)
		return false;
	*uid = (unsigned char)name[1];
	return true;
}

static void
complain(const struct config_reader *reader, unsigned line, const char *what)
{
	struct complaints *complaints = reader->context;

	complaints->count++;
	MUST(line <= complaints->last_line);
	MUST(what[0] != '\0' && strlen(what) < CONFIG_COMPLAINT_MOST);
	for (; *what != '\0'; what++)
		MUST(!iscntrl((unsigned char)*what));
}

static bool
parse(struct config *config, const void *bytes, size_t size, unsigned lines)
{
	struct complaints complaints = { .last_line = lines };
	const struct config_reader reader = { find_user, complain,
		&complaints };
	bool right;

	config_init(config);
	right = config_parse(config, &reader, bytes, size);
	MUST(right == (complaints.count == 0));
	return right;
}

static bool
are_equal(const struct limits_said *a, const struct limits_said *b)
{
	for (size_t i = 0; i < LIMITS; i++)
		if (a->of[i].line != b->of[i].line ||
		    a->of[i].percent != b->of[i].percent ||
		    a->of[i].amount != b->of[i].amount)
			return false;
	return true;
}

static void
look_at(const struct config *config)
{
	MUST(config->user_count <= CONFIG_USERS_MOST);
	for (size_t i = 0; i < config->user_count; i++) {
		const struct config_user *user = &config->users[i];

		MUST(config_find(config, user->uid) == &user->limits);
		for (size_t j = 0; j < i; j++)
			MUST(config->users[j].uid != user->uid);
		for (int k = 0; k < LIMITS; k++)
			MUST(user->limits.of[k].line == 0 ||
			     !limit_is_total((enum limit)k));
	}
}

static void
compare(const struct config *a, const struct config *b)
{
	MUST(are_equal(&a->limits, &b->limits));
	MUST(a->user_count == b->user_count);
	for (size_t i = 0; i < a->user_count; i++) {
		MUST(a->users[i].uid == b->users[i].uid);
		MUST(are_equal(&a->users[i].limits, &b->users[i].limits));
	}
}

/* Limits can be made of it, whatever the daemon has. */
static void
resolve(const struct config *config)
{
	struct limits total, limits;

	memset(&total, 0xff, sizeof(total));
	limits_resolve(&config->limits, &total, &limits);
	memset(&total, 0, sizeof(total));
	limits_resolve(&config->limits, &total, &limits);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char nothing[] = "\n# that is all\n\n";
	_cleanup_(freep) char *more = malloc(size + sizeof(nothing));
	_cleanup_(config_deinit) struct config config, again;
	unsigned lines = 1;

	config_init(&again);
	for (size_t i = 0; i < size; i++)
		lines += bytes[i] == '\n';
	if (size > 0)
		memcpy(more, bytes, size);
	memcpy(more + size, nothing, sizeof(nothing) - 1);
	if (!parse(&config, bytes, size, lines)) {
		MUST(config.user_count == 0 && !config.users);
		return 0;
	}
	look_at(&config);
	resolve(&config);
	if (parse(&again, more, size + sizeof(nothing) - 1, lines + 3))
		compare(&config, &again);
	else
		MUST(size + sizeof(nothing) > CONFIG_SIZE_MOST);
	return 0;
}
