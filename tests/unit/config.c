/* Configuration: what lines mean, and what is said of those that mean nothing. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/config.h"

static struct config config;
static char complaints[4096];

void
test_setup(void)
{
	config_init(&config);
}

void
test_teardown(void)
{
	config_deinit(&config);
}

/* --- Reading ----------------------------------------------------------- */

static bool
find_user(const char *name, uid_t *uid)
{
	*uid = 1000;
	return strcmp(name, "alice") == 0;
}

static void
note(const char *text)
{
	size_t size = strlen(complaints);

	snprintf(complaints + size, sizeof(complaints) - size, "%s\n", text);
}

static void
complain(const struct config_reader *reader, unsigned line, const char *what)
{
	char text[CONFIG_COMPLAINT_MOST + 16];

	(void)reader;
	snprintf(text, sizeof(text), "%u: %s", line, what);
	note(text);
}

static bool
parse_bytes(const void *bytes, size_t size)
{
	const struct config_reader reader = { find_user, complain, NULL };

	complaints[0] = '\0';
	return config_parse(&config, &reader, bytes, size);
}

static void
parses(const char *text)
{
	ck_assert_msg(parse_bytes(text, strlen(text)), "%s", complaints);
	ck_assert_str_eq(complaints, "");
}

static void
is_refused(const char *text, const char *expected)
{
	ck_assert(!parse_bytes(text, strlen(text)));
	ck_assert_str_eq(complaints, expected);
}

/* What one limit is, of every user. */
static void
is_said(enum limit limit, bool percent, uint64_t amount)
{
	const struct limit_said *said = &config.limits.of[limit];

	ck_assert_uint_gt(said->line, 0);
	ck_assert_int_eq(said->percent, percent);
	ck_assert_uint_eq(said->amount, amount);
}

TEST(a_line_is_a_limit_and_its_value)
{
	parses("tasks = 100\n"
	       "\tmemory=4G\n"
	       "entries   =  25%  # of all\n"
	       "\n"
	       "# nodes = 1\n"
	       "rights = unlimited");
	is_said(LIMIT_TASKS, false, 100);
	is_said(LIMIT_MEMORY, false, UINT64_C(4) << 30);
	is_said(LIMIT_ENTRIES, true, 25);
	is_said(LIMIT_RIGHTS, false, LIMIT_NONE);
	ck_assert_uint_eq(config.limits.of[LIMIT_NODES].line, 0);
	ck_assert_uint_eq(config.limits.of[LIMIT_RIGHTS].line, 6);
}

TEST(a_section_is_a_users_by_name_or_by_number)
{
	const struct limits_said *said;

	parses("tasks = 1\n[user alice]\ntasks = 2\n[ user 7 ]\ntasks = 3\n");
	is_said(LIMIT_TASKS, false, 1);
	said = config_find(&config, 1000);
	ck_assert_uint_eq(said->of[LIMIT_TASKS].amount, 2);
	said = config_find(&config, 7);
	ck_assert_uint_eq(said->of[LIMIT_TASKS].amount, 3);
	ck_assert_ptr_null(config_find(&config, 8));
}

TEST(every_limit_takes_what_it_is_at_first)
{
	struct limits_said said;
	char line[64];

	limits_default(&said);
	for (unsigned i = 0; i < LIMITS; i++) {
		if (said.of[i].amount == LIMIT_NONE)
			continue;
		snprintf(line, sizeof(line), "%s = %llu%s\n",
		    limit_name((enum limit)i),
		    (unsigned long long)said.of[i].amount,
		    said.of[i].percent ? "%" : "");
		parses(line);
	}
}

TEST(percents_are_of_what_there_is)
{
	struct limits total = { 0 }, limits;

	parses("memory = 25%\nentries = 1%\ntasks = 9\n");
	total.of[LIMIT_MEMORY] = 1000;
	total.of[LIMIT_ENTRIES] = UINT64_MAX - 1;
	limits_resolve(&config.limits, &total, &limits);
	ck_assert_uint_eq(limits.of[LIMIT_MEMORY], 250);
	ck_assert_uint_eq(limits.of[LIMIT_ENTRIES], UINT64_MAX / 100);
	ck_assert_uint_eq(limits.of[LIMIT_TASKS], 9);
	ck_assert_uint_eq(limits.of[LIMIT_NODES], LIMIT_NONE);
}

/* --- Refusing ---------------------------------------------------------- */

TEST(what_is_no_value_is_told_with_what_would_be)
{
	static const struct {
		const char *text;
		const char *complaint;
	} rows[] = {
		{ "tasks =", "1: tasks = '': from 0 to 4294967295, or "
			     "unlimited\n" },
		{ "tasks = x", "1: tasks = 'x': from 0 to 4294967295, or "
			       "unlimited\n" },
		{ "tasks = -1", "1: tasks = '-1': from 0 to 4294967295, or "
				"unlimited\n" },
		{ "tasks = 1 2", "1: tasks = '1 2': from 0 to 4294967295, or "
				 "unlimited\n" },
		{ "tasks = 10%", "1: tasks = '10%': from 0 to 4294967295, or "
				 "unlimited\n" },
		{ "tasks = 4294967296", "1: tasks = '4294967296': from 0 to "
					"4294967295, or unlimited\n" },
		{ "tasks = 18446744073709551617",
		    "1: tasks = '18446744073709551617': from 0 to 4294967295, "
		    "or unlimited\n" },
		{ "connection-rate = 0", "1: connection-rate = '0': from 1 to "
					 "4294967295, or unlimited\n" },
		{ "memory = 4GB", "1: memory = '4GB': bytes, from 0 to 4T, or "
				  "1% to 100%, or unlimited\n" },
		{ "memory = 4g", "1: memory = '4g': bytes, from 0 to 4T, or "
				 "1% to 100%, or unlimited\n" },
		{ "memory = 5T", "1: memory = '5T': bytes, from 0 to 4T, or "
				 "1% to 100%, or unlimited\n" },
		{ "memory = 99999999T", "1: memory = '99999999T': bytes, from "
					"0 to 4T, or 1% to 100%, or "
					"unlimited\n" },
		{ "memory = 0%", "1: memory = '0%': bytes, from 0 to 4T, or 1% "
				 "to 100%, or unlimited\n" },
		{ "memory = 101%", "1: memory = '101%': bytes, from 0 to 4T, "
				   "or 1% to 100%, or unlimited\n" },
		{ "output = 1", "1: output = '1': bytes, from 1M to 4T, or "
				"unlimited\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		is_refused(rows[i].text, rows[i].complaint);
}

TEST(what_is_no_line_is_told)
{
	static const struct {
		const char *text;
		const char *complaint;
	} rows[] = {
		{ "tasks", "1: neither LIMIT = VALUE nor [user NAME]\n" },
		{ "= 1", "1: '': there is no such limit\n" },
		{ "task = 1", "1: 'task': there is no such limit\n" },
		{ "Tasks = 1", "1: 'Tasks': there is no such limit\n" },
		{ "\xff[2J = 1", "1: '?[2J': there is no such limit\n" },
		{ "tasks = 1\r", "1: a carriage return: lines end with a line "
				 "feed alone\n" },
		{ "[", "1: a section begins with [user NAME]\n" },
		{ "[user]", "1: a section begins with [user NAME]\n" },
		{ "[user ]", "1: a section begins with [user NAME]\n" },
		{ "[users 1]", "1: a section begins with [user NAME]\n" },
		{ "[group 1]", "1: a section begins with [user NAME]\n" },
		{ "[user bob]", "1: 'bob': there is no such user\n" },
		{ "[user 4294967295]", "1: '4294967295': user numbers go from "
				       "0 to 4294967294\n" },
		{ "[user 99999999999999999999999]",
		    "1: '99999999999999999999999': user numbers go from 0 to "
		    "4294967294\n" },
		{ "[user 1]\ntotal-connections = 1",
		    "2: 'total-connections' is of all users: it goes before "
		    "the first section\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		is_refused(rows[i].text, rows[i].complaint);
}

TEST(all_that_is_wrong_is_told_with_its_line)
{
	is_refused("tasks = 1\ntasks = 2\nbad\n\n[user bob]\ntasks = x\n"
		   "[user 1000]\n[user alice]\n",
	    "2: 'tasks' was said already, in line 1\n"
	    "3: neither LIMIT = VALUE nor [user NAME]\n"
	    "5: 'bob': there is no such user\n"
	    "6: tasks = 'x': from 0 to 4294967295, or unlimited\n"
	    "8: user 1000 has a section already, in line 7\n");
}

TEST(other_bytes_than_texts_are_told)
{
	static const char nul[] = "tasks = 1\0\n\1\n";

	ck_assert(!parse_bytes(nul, sizeof(nul) - 1));
	ck_assert_str_eq(complaints,
	    "1: a NUL byte\n2: a control character, 0x1\n");
}

TEST(an_endless_line_is_told_once)
{
	static char line[CONFIG_SIZE_MOST];

	memset(line, 'x', sizeof(line));
	ck_assert(!parse_bytes(line, sizeof(line)));
	ck_assert_str_eq(complaints, "1: a line of more than 512 bytes\n");
}

TEST(there_are_only_so_many_sections)
{
	char text[CONFIG_USERS_MOST * 16 + 64];
	size_t size = 0;

	for (int i = 0; i < CONFIG_USERS_MOST; i++)
		size += (size_t)sprintf(text + size, "[user %d]\n", i);
	ck_assert(parse_bytes(text, size));
	ck_assert_uint_eq(config.user_count, CONFIG_USERS_MOST);
	size += (size_t)sprintf(text + size, "[user %d]\n", CONFIG_USERS_MOST);
	ck_assert(!parse_bytes(text, size));
	ck_assert_str_eq(complaints,
	    "1025: more than 1024 users have sections\n");
}

TEST(a_configuration_that_is_refused_changes_nothing)
{
	parses("tasks = 5\n[user 7]\n");
	is_refused("tasks = 6\n[user 8]\nbad",
	    "3: neither LIMIT = VALUE nor [user NAME]\n");
	is_said(LIMIT_TASKS, false, 5);
	ck_assert_ptr_nonnull(config_find(&config, 7));
	ck_assert_ptr_null(config_find(&config, 8));
}

TEST(nothing_is_a_configuration)
{
	ck_assert(parse_bytes(NULL, 0));
	ck_assert(parse_bytes("", 0));
}

/* --- Files ------------------------------------------------------------- */

static char path[] = "/tmp/vmd-config-XXXXXX";

static void
write_file(const char *text)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static bool
read_file(const char *from, bool optional)
{
	complaints[0] = '\0';
	return config_read(&config, from, optional, note);
}

TEST(a_files_complaints_begin_with_its_name)
{
	char expected[128];

	write_file("tasks = 1\nbad\n[user root]\n");
	ck_assert(!read_file(path, false));
	snprintf(expected, sizeof(expected),
	    "%s:2: neither LIMIT = VALUE nor [user NAME]\n", path);
	ck_assert_str_eq(complaints, expected);
	unlink(path);
}

TEST(users_of_the_system_are_known)
{
	write_file("[user root]\ntasks = 1\n");
	ck_assert(read_file(path, false));
	ck_assert_ptr_nonnull(config_find(&config, 0));
	unlink(path);
}

TEST(what_is_no_file_is_told)
{
	char folder[] = "/tmp/vmd-config-XXXXXX", fifo[64];

	ck_assert(!read_file("/tmp", false));
	ck_assert_str_eq(complaints, "/tmp: a directory, not a file\n");
	ck_assert(!read_file("/dev/zero", false));
	ck_assert_str_eq(complaints, "/dev/zero: not a plain file\n");
	ck_assert(!read_file("/nowhere", false));
	ck_assert_str_eq(complaints, "/nowhere: No such file or directory\n");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert(!read_file(fifo, false));
	unlink(fifo);
	rmdir(folder);
}

TEST(a_file_that_need_not_be_there_is_empty)
{
	parses("tasks = 1\n");
	ck_assert(read_file("/nowhere", true));
	ck_assert_uint_eq(config.limits.of[LIMIT_TASKS].line, 0);
}

TEST(a_file_that_is_too_large_is_told)
{
	write_file("");
	ck_assert_int_eq(truncate(path, CONFIG_SIZE_MOST + 1), 0);
	ck_assert(!read_file(path, false));
	ck_assert_ptr_nonnull(strstr(complaints, ": more than 1 MiB\n"));
	unlink(path);
}
