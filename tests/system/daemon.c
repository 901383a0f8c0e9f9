/*
 * vmd's command line, and what a daemon leaves behind
 *
 * The program is the one in $VMD. Each test has a folder of its own, and may
 * leave nothing in it.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/support/memory.h"
#include "tests/support/program.h"

enum {
	PATIENCE = 20, /* seconds */
	NOBODY = 65534,
	USAGE = 2,
	IN_USE = 3,
};

void
test_setup(void)
{
	program_open(PATIENCE);
}

void
test_teardown(void)
{
	program_close();
}

/* --- Running it -------------------------------------------------------- */

static struct result
run(struct arguments arguments)
{
	return program_run(arguments, NULL);
}

static pid_t
start(struct arguments arguments)
{
	return program_start(arguments, path, NULL);
}

/* Ends it at once, and leaves what it leaves. */
static void
murder(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}

static void
memory_works(void)
{
	draw(mach_task_self(), 0x10000, "ab");
	pages_are(mach_task_self(), 0x10000, "ab");
}

/* --- Words ------------------------------------------------------------- */

TEST(help_is_printed_and_is_no_error)
{
	struct result result = run(WITH("--help"));

	status_is(&result, 0);
	ck_assert_ptr_nonnull(strstr(result.out, "usage: vmd"));
	ck_assert_ptr_nonnull(strstr(result.out, "--socket"));
	ck_assert_ptr_nonnull(strstr(result.out, "--run"));
	ck_assert_str_eq(result.err, "");
}

TEST(the_version_is_printed_and_is_no_error)
{
	struct result result = run(WITH("--version"));

	status_is(&result, 0);
	ck_assert_int_eq(strncmp(result.out, "vmd ", 4), 0);
	ck_assert_str_eq(result.err, "");
}

TEST(what_is_not_understood_is_told_and_ends_with_2)
{
	const struct arguments wrong[] = {
		WITH("--nonsense"),
		WITH("-x"),
		WITH("--socket"),
		WITH("--memory"),
		WITH("--memory", "much"),
		WITH("--memory", ""),
		WITH("--memory", "1"),
		WITH("--memory", "-1M"),
		WITH("--memory", "1X"),
		WITH("--memory", "1MB"),
		WITH("--memory", "5T"),
		WITH("--memory", "99999999999999999999"),
		WITH("--personality", "vms"),
		WITH("--personality", ""),
		WITH("--log-level", "loud"),
		WITH("--socket-mode", "rw"),
		WITH("--socket-mode", "0770"),
		WITH("--socket-mode", "01666"),
		WITH("--socket-group", "no such group"),
		WITH("--socket-group", ""),
		WITH("--sandbox"),
		WITH("--sandbox", "maybe"),
		WITH("argument"),
		WITH("--check", "argument"),
		WITH("--config"),
		WITH("--check-config", "none"),
		WITH("--check-config", "a", "b"),
		WITH("--limit"),
		WITH("--limit", "tasks"),
		WITH("--limit", "task=1"),
		WITH("--limit", "tasks=many"),
		WITH("--limit", "tasks=4294967296"),
		WITH("--run"),
		WITH("--socket", path, "--run", "true"),
		WITH("--socket-mode", "0660", "--run", "true"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct result result = run(wrong[i]);

		status_is(&result, USAGE);
		ck_assert_str_eq(result.out, "");
		ck_assert_int_eq(strncmp(result.err, "vmd: ", 5), 0);
	}
}

TEST(what_is_wrong_is_told_in_its_own_words)
{
	struct result result = run(WITH("--personality", "vms"));

	ck_assert_ptr_nonnull(strstr(result.err, "vms"));
	result = run(WITH("--memory", "much"));
	ck_assert_ptr_nonnull(strstr(result.err, "much"));
	result = run(WITH("--nonsense"));
	ck_assert_ptr_nonnull(strstr(result.err, "--nonsense"));
}

/* --- Configuration ----------------------------------------------------- */

/* Leaves a file of this in the folder. */
static const char *
config_of(const char *text)
{
	static char config[80];
	FILE *file;

	snprintf(config, sizeof(config), "%s/vmd.conf", folder);
	file = fopen(config, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	return config;
}

TEST(a_configuration_is_checked_and_all_that_is_wrong_is_told)
{
	const char *config = config_of("tasks = 1\n[user root]\n");
	struct result result = run(WITH("--check-config", config));
	char expected[512];

	status_is(&result, 0);
	ck_assert_str_eq(result.err, "");
	config_of("tasks = x\ntasks = 1\nask\n");
	result = run(WITH("--config", config, "--check-config"));
	status_is(&result, 1);
	snprintf(expected, sizeof(expected),
	    "%s:1: tasks = 'x': from 0 to 4294967295, or unlimited\n"
	    "%s:2: 'tasks' was said already, in line 1\n"
	    "%s:3: neither LIMIT = VALUE nor [user NAME]\n",
	    config, config, config);
	ck_assert_str_eq(result.err, expected);
	unlink(config);
	result = run(WITH("--check-config", config));
	status_is(&result, 1);
}

TEST(a_daemon_does_not_start_with_a_configuration_that_is_wrong)
{
	const char *config = config_of("tasks = x\n");
	struct result result =
	    run(WITH("--socket", path, "--config", config));

	status_is(&result, 1);
	ck_assert_ptr_nonnull(strstr(result.err, ":1: tasks = 'x'"));
	ck_assert_int_lt(access(path, F_OK), 0);
	unlink(config);
	result = run(WITH("--socket", path, "--config", config));
	status_is(&result, 1);
}

TEST(a_hangup_ends_no_daemon_that_has_no_configuration)
{
	pid_t pid = start(QUIET("--socket", path, "--config", "none"));

	kill(pid, SIGHUP);
	as_client_of(path, memory_works);
	program_stop(pid, SIGTERM);
}

/* --- Sockets ----------------------------------------------------------- */

TEST(sigterm_and_sigint_end_it_with_0_and_nothing_is_left)
{
	program_stop(start(QUIET("--socket", path)), SIGTERM);
	ck_assert(!is_served(path));
	program_stop(start(QUIET("--socket", path)), SIGINT);
}

TEST(a_second_daemon_at_a_socket_ends_with_3_and_the_first_goes_on)
{
	pid_t pid = start(QUIET("--socket", path));
	struct result result = run(WITH("--socket", path));

	status_is(&result, IN_USE);
	ck_assert_ptr_nonnull(strstr(result.err, path));
	as_client_of(path, memory_works);
	program_stop(pid, SIGTERM);
}

TEST(the_socket_of_a_daemon_that_was_killed_is_taken_over)
{
	murder(start(QUIET("--socket", path)));
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert(!is_served(path));

	for (int i = 0; i < 3; i++)
		murder(start(QUIET("--socket", path)));
	program_stop(start(QUIET("--socket", path)), SIGTERM);
}

TEST(the_socket_is_its_own_user_s)
{
	pid_t pid = start(QUIET("--socket", path));
	struct stat socket_stat;

	ck_assert_int_eq(stat(path, &socket_stat), 0);
	ck_assert(S_ISSOCK(socket_stat.st_mode));
	ck_assert_uint_eq(socket_stat.st_mode & 0777, 0600);
	program_stop(pid, SIGTERM);
}

static void
listening_is_refused(const char *at, const char *word)
{
	struct result result = run(WITH("--socket", at));

	status_is(&result, 1);
	ck_assert_msg(strstr(result.err, word) != NULL, "no '%s' in %s", word,
	    result.err);
	ck_assert_str_eq(result.out, "");
}

static void
remove_lock(void)
{
	char lock[80];

	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(lock);
}

TEST(a_file_that_is_no_socket_is_not_touched)
{
	char text[8] = "";
	FILE *file = fopen(path, "w");

	fputs("mine", file);
	fclose(file);
	listening_is_refused(path, path);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	fclose(file);
	ck_assert_str_eq(text, "mine");
	unlink(path);

	mkdir(path, 0700);
	listening_is_refused(path, path);
	ck_assert_int_eq(rmdir(path), 0);

	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	listening_is_refused(path, path);
	unlink(path);
	remove_lock();
}

TEST(a_place_where_nobody_can_listen_is_told)
{
	char nowhere[80], too_long[200];

	snprintf(nowhere, sizeof(nowhere), "%s/none/vmd.sock", folder);
	listening_is_refused(nowhere, nowhere);
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[0] = '/';
	too_long[sizeof(too_long) - 1] = '\0';
	listening_is_refused(too_long, "long");
}

static void
name_the_socket(void)
{
	setenv("VMD_SOCKET", path, 1);
}

TEST(the_socket_may_be_named_in_the_environment)
{
	pid_t pid = program_start(QUIET("--check"), path, name_the_socket);

	as_client_of(path, memory_works);
	program_stop(pid, SIGTERM);
}

/* --- Other users ------------------------------------------------------- */

static void
become_nobody(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 ||
				  setuid(NOBODY) < 0))
		_exit(98);
}

static void
have_no_session(void)
{
	become_nobody();
	unsetenv("XDG_RUNTIME_DIR");
}

static void
have_a_session(void)
{
	become_nobody();
	setenv("XDG_RUNTIME_DIR", folder, 1);
}

TEST(without_a_session_s_folder_it_says_what_is_missing)
{
	struct result result = program_run(WITH(NULL), have_no_session);

	status_is(&result, 1);
	ck_assert_ptr_nonnull(strstr(result.err, "XDG_RUNTIME_DIR"));
}

static void
memory_works_for_nobody(void)
{
	unsetenv("VMD_SOCKET");
	have_a_session();
	memory_works();
}

TEST(in_a_session_daemon_and_programs_meet_at_one_place)
{
	char at[80];
	struct stat made;
	pid_t pid;

	if (geteuid() == 0)
		ck_assert_int_eq(chown(folder, NOBODY, NOBODY), 0);
	snprintf(at, sizeof(at), "%s/vmd/vmd.sock", folder);
	pid = program_start(QUIET(NULL), at, have_a_session);

	as_client_of("", memory_works_for_nobody);
	program_stop(pid, SIGTERM);
	snprintf(at, sizeof(at), "%s/vmd", folder);
	ck_assert_int_eq(stat(at, &made), 0);
	ck_assert_uint_eq(made.st_mode & 0777, 0700);
	ck_assert_int_eq(rmdir(at), 0);
}

/* --- One command's own ------------------------------------------------- */

TEST(a_command_is_run_with_a_daemon_of_its_own)
{
	struct result result =
	    run(WITH("--run", "sh", "-c", "test -S \"$VMD_SOCKET\""));

	status_is(&result, 0);
}

TEST(a_command_s_arguments_are_its_own)
{
	struct result result =
	    run(WITH("--run", "printf", "%s ", "--help", "-x", "--run", "a b"));

	status_is(&result, 0);
	ck_assert_str_eq(result.out, "--help -x --run a b ");
	ck_assert_str_eq(result.err, "");
}

TEST(a_command_s_status_is_passed_on)
{
	static const struct {
		const char *command;
		int status;
	} rows[] = {
		{ "exit 0", 0 },
		{ "exit 7", 7 },
		{ "exit 255", 255 },
		{ "kill -TERM $$", 128 + SIGTERM },
		{ "kill -KILL $$", 128 + SIGKILL },
		{ "kill -SEGV $$", 128 + SIGSEGV },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct result result =
		    run(WITH("--run", "sh", "-c", rows[i].command));

		status_is(&result, rows[i].status);
	}
}

TEST(a_command_that_there_is_not_ends_with_127)
{
	struct result result = run(WITH("--run", "/no/such/command"));

	status_is(&result, 127);
	ck_assert_ptr_nonnull(strstr(result.err, "/no/such/command"));
	result = run(WITH("--run", "no-such-command-of-vmd"));
	status_is(&result, 127);
	result = run(WITH("--run", "/etc/passwd"));
	status_is(&result, 126);
}

TEST(nothing_is_left_of_a_private_daemon)
{
	struct result result =
	    run(WITH("--run", "sh", "-c", "printf %s \"$VMD_SOCKET\""));

	status_is(&result, 0);
	ck_assert_int_lt(access(result.out, F_OK), 0);
	*strrchr(result.out, '/') = '\0';
	ck_assert_int_lt(access(result.out, F_OK), 0);
}

TEST(private_daemons_do_not_meet)
{
	struct result result = run(WITH("--run", "sh", "-c",
	    "a=$VMD_SOCKET; \"$VMD\" --run sh -c "
	    "'test -S \"$VMD_SOCKET\" && test \"$VMD_SOCKET\" != '$a"));

	status_is(&result, 0);
}

TEST(a_private_daemon_that_is_ended_ends_its_command)
{
	char file[80], command[160];
	struct arguments arguments = WITH("--run", "sh", "-c", command);
	pid_t pid;
	int status;

	snprintf(file, sizeof(file), "%s/running", folder);
	snprintf(command, sizeof(command), "echo > %s; exec sleep 1000", file);
	pid = fork();
	if (pid == 0)
		program_execute(&arguments);
	while (access(file, F_OK) < 0)
		usleep(1000);
	kill(pid, SIGTERM);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	unlink(file);
}

/* --- Options ----------------------------------------------------------- */

static void
memory_is_64_megabytes(void)
{
	struct vmd_statistics machine;

	succeeds(vmd_statistics(&machine));
	ck_assert_uint_eq(machine.page_size, PAGE);
	ck_assert_uint_ge(machine.pages * PAGE, (64 << 20) - PAGE);
	ck_assert_uint_le(machine.pages * PAGE, 64 << 20);
}

TEST(memory_is_told_in_bytes_or_with_a_unit)
{
	static const char *const sizes[] = { "67108864", "65536K", "64M" };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		pid_t pid =
		    start(QUIET("--socket", path, "--memory", sizes[i]));

		as_client_of(path, memory_is_64_megabytes);
		program_stop(pid, SIGTERM);
	}
}

static void
holes_are_no_error(void)
{
	succeeds(vm_deallocate(mach_task_self(), 0x10000, PAGE));
	answers(vm_region(mach_task_self(), &(vm_address_t){ 0 },
		    &(vm_size_t){ 0 }, VM_REGION_BASIC_INFO_64, (int[16]){ 0 },
		    &(mach_msg_type_number_t){ 16 }, &(mach_port_t){ 0 }),
	    KERN_NO_SPACE);
}

static void
holes_are_an_error(void)
{
	answers(vm_deallocate(mach_task_self(), 0x10000, PAGE),
	    KERN_INVALID_ADDRESS);
}

static void
holes_are_an_error_if_asked_for(void)
{
	setenv("VMD_PERSONALITY", "osf", 1);
	holes_are_an_error();
}

TEST(the_personality_is_that_of_those_who_ask_for_none)
{
	pid_t pid = start(QUIET("--socket", path, "--personality", "gnu"));

	as_client_of(path, holes_are_no_error);
	as_client_of(path, holes_are_an_error_if_asked_for);
	program_stop(pid, SIGTERM);
	pid = start(QUIET("--socket", path));
	as_client_of(path, holes_are_an_error);
	program_stop(pid, SIGTERM);
}

TEST(what_is_logged_is_up_to_the_level)
{
	char command[] = "exit 0";
	struct result result;

	result =
	    run(WITH("--log-level", "error", "--run", "sh", "-c", command));
	status_is(&result, 0);
	ck_assert_str_eq(result.err, "");
	ck_assert_str_eq(result.out, "");
}
