/*
 * The daemon as a service: where it listens, what the service manager hears of
 * it, what it has given up, and what becomes of the bytes that it holds
 */
#include "tests/support/test.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/address.h"
#include "common/cleanup.h"
#include "server/guard.h"
#include "tests/support/memory.h"
#include "tests/support/program.h"

enum {
	PATIENCE = 60, /* seconds */
	NOBODY = 65534,
	MEMORY = 64 << 20,
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

static pid_t
start(struct arguments arguments)
{
	return program_start(arguments, path, NULL);
}

static void
memory_works(void)
{
	draw(mach_task_self(), 0x10000, "ab");
	pages_are(mach_task_self(), 0x10000, "ab");
}

static void
become_nobody(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 ||
				  setuid(NOBODY) < 0))
		_exit(98);
}

/* So that nobody may serve there, too. */
static void
give_folder_to_nobody(void)
{
	if (geteuid() == 0)
		ck_assert_int_eq(chown(folder, NOBODY, NOBODY), 0);
}

/* --- What the kernel says of a process --------------------------------- */

/* A line of /proc/PID/FILE, from behind that word on. "": there is none. */
static const char *
line_of(pid_t pid, const char *file, const char *word)
{
	static char line[256];
	char name[64];
	FILE *of;

	snprintf(name, sizeof(name), "/proc/%d/%s", (int)pid, file);
	of = fopen(name, "r");
	ck_assert_ptr_nonnull(of);
	while (fgets(line, sizeof(line), of))
		if (strncmp(line, word, strlen(word)) == 0)
			break;
	if (feof(of))
		strcpy(line, word);
	fclose(of);
	return line + strlen(word);
}

static long
status_of(pid_t pid, const char *word)
{
	return atol(line_of(pid, "status", word));
}

/* --- The socket's folder ----------------------------------------------- */

static void
folder_is_refused(struct arguments arguments, void (*prepare)(void),
    const char *mode)
{
	struct result result = program_run(arguments, prepare);

	status_is(&result, 1);
	ck_assert_msg(strstr(result.err, folder) != NULL, "%s", result.err);
	ck_assert_msg(strstr(result.err, mode) != NULL, "%s", result.err);
}

static void
use_it_for_what_is_temporary(void)
{
	setenv("TMPDIR", folder, 1);
}

TEST(a_folder_that_others_can_write_is_refused_with_its_name_and_mode)
{
	static const struct {
		mode_t mode;
		const char *told;
	} rows[] = { { 0777, "0777" }, { 01777, "1777" }, { 0720, "0720" },
		{ 0702, "0702" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		chmod(folder, rows[i].mode);
		folder_is_refused(WITH("--socket", path), NULL, rows[i].told);
	}
	chmod(folder, 0755);
	program_stop(start(QUIET("--socket", path)), SIGTERM);
}

TEST(a_private_daemon_trusts_no_folder_that_others_can_rename)
{
	struct result result;

	chmod(folder, 0777);
	folder_is_refused(WITH("--run", "true"), use_it_for_what_is_temporary,
	    "0777");
	chmod(folder, 01777);
	result =
	    program_run(WITH("--run", "true"), use_it_for_what_is_temporary);
	status_is(&result, 0);
}

static void
socket_is(mode_t mode, gid_t group)
{
	struct stat is;

	ck_assert_int_eq(stat(path, &is), 0);
	ck_assert_uint_eq(is.st_mode & 07777, mode);
	ck_assert_uint_eq(is.st_gid, group);
}

TEST(the_socket_has_the_mode_and_the_group_that_are_asked_for)
{
	const struct group *own = getgrgid(getegid());
	const char *name = own ? own->gr_name : "0";
	pid_t pid = start(QUIET("--socket", path, "--socket-mode", "0660",
	    "--socket-group", name));

	socket_is(0660, getegid());
	program_stop(pid, SIGTERM);
	if (geteuid() != 0)
		return;
	pid = start(QUIET("--socket", path, "--socket-group", "65534",
	    "--socket-mode", "666"));
	socket_is(0666, NOBODY);
	program_stop(pid, SIGTERM);
}

/* --- A socket that is handed over -------------------------------------- */

static int handed = -1; /* to be descriptor 3 */
static char count[8] = "1";

static void
hand_over(void)
{
	char pid[16];

	if (handed >= 0 && handed != 3 && dup2(handed, 3) != 3)
		_exit(97);
	if (handed < 0)
		close(3);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", count, 1);
}

static void
hand_over_to_somebody_else(void)
{
	hand_over();
	setenv("LISTEN_PID", "1", 1);
}

static int
bound_socket(int type, const char *at)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(address_set(&address, at), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)),
	    0);
	return fd;
}

TEST(it_serves_at_a_socket_that_is_handed_over_and_leaves_it_there)
{
	pid_t pid;

	handed = bound_socket(SOCK_STREAM, path);
	ck_assert_int_eq(listen(handed, 5), 0);
	for (int i = 0; i < 2; i++) {
		pid = program_start(QUIET(NULL), path, hand_over);
		as_client_of(path, memory_works);
		program_stop(pid, SIGTERM);
		ck_assert_int_eq(access(path, F_OK), 0);
	}
	close(handed);
	unlink(path);
}

TEST(what_is_handed_over_to_somebody_else_is_not_taken)
{
	char other[80];

	snprintf(other, sizeof(other), "%s/other.sock", folder);
	handed = bound_socket(SOCK_STREAM, other);
	ck_assert_int_eq(listen(handed, 5), 0);
	program_stop(program_start(QUIET("--socket", path), path,
			 hand_over_to_somebody_else),
	    SIGTERM);
	close(handed);
	unlink(other);
}

static void
handing_over_is_refused(struct arguments arguments, int status)
{
	struct result result = program_run(arguments, hand_over);

	status_is(&result, status);
	ck_assert_msg(strstr(result.err, "LISTEN_FDS") != NULL, "%s",
	    result.err);
	if (handed >= 0)
		close(handed);
	unlink(path);
}

TEST(only_one_listening_stream_socket_with_a_path_is_taken)
{
	struct sockaddr_un nameless = { .sun_family = AF_UNIX };
	int pair[2];

	handed = -1;
	handing_over_is_refused(WITH(NULL), 1);
	handed = bound_socket(SOCK_STREAM, path);
	handing_over_is_refused(WITH(NULL), 1);
	handed = bound_socket(SOCK_DGRAM, path);
	handing_over_is_refused(WITH(NULL), 1);
	handed = bound_socket(SOCK_SEQPACKET, path);
	listen(handed, 5);
	handing_over_is_refused(WITH(NULL), 1);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     pair),
	    0);
	handed = pair[0];
	handing_over_is_refused(WITH(NULL), 1);
	close(pair[1]);
	handed = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	listen(handed, 5);
	handing_over_is_refused(WITH(NULL), 1);
	handed = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bind(handed, (struct sockaddr *)&nameless, sizeof(sa_family_t));
	listen(handed, 5);
	handing_over_is_refused(WITH(NULL), 1);
	handed = bound_socket(SOCK_STREAM, path);
	listen(handed, 5);
	strcpy(count, "2");
	handing_over_is_refused(WITH(NULL), 1);
}

TEST(a_socket_that_is_handed_over_is_the_only_one)
{
	handed = bound_socket(SOCK_STREAM, path);
	listen(handed, 5);
	handing_over_is_refused(WITH("--socket", path), 2);
	handed = bound_socket(SOCK_STREAM, path);
	listen(handed, 5);
	handing_over_is_refused(WITH("--run", "true"), 2);
}

/* --- What the service manager hears ------------------------------------ */

static char manager[80]; /* as $NOTIFY_SOCKET has it */
static const char *watchdog;
static bool watched; /* is it this process that the manager watches? */

static void
be_managed(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", watched ? (int)getpid() : 1);
	setenv("NOTIFY_SOCKET", manager, 1);
	if (watchdog) {
		setenv("WATCHDOG_USEC", watchdog, 1);
		setenv("WATCHDOG_PID", pid, 1);
	}
}

static int
abstract_socket(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	size_t size = offsetof(struct sockaddr_un, sun_path) + strlen(name);

	ck_assert_int_eq(address_set(&address, name), 0);
	address.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, (socklen_t)size),
	    0);
	return fd;
}

/* What comes within a time; "": nothing. */
static const char *
heard(int fd, int milliseconds)
{
	static char text[512];
	struct timeval patience = { milliseconds / 1000,
		milliseconds % 1000 * 1000 };
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[MAX(n, 0)] = '\0';
	return text;
}

static void
readiness_is_heard(int fd)
{
	char status[160];

	snprintf(status, sizeof(status), "READY=1\nSTATUS=Listening at %s",
	    path);
	ck_assert_str_eq(heard(fd, 10000), status);
}

TEST(the_manager_hears_when_it_serves_and_when_it_stops)
{
	for (int abstract = 0; abstract < 2; abstract++) {
		pid_t pid;
		int fd;

		if (abstract)
			snprintf(manager, sizeof(manager), "@vmd-test-%d",
			    (int)getpid());
		else
			snprintf(manager, sizeof(manager), "%s/manager",
			    folder);
		fd = abstract ? abstract_socket(manager)
			      : bound_socket(SOCK_DGRAM, manager);
		pid = program_start(QUIET("--socket", path), path, be_managed);
		readiness_is_heard(fd);
		ck_assert_str_eq(heard(fd, 200), "");
		program_stop(pid, SIGTERM);
		ck_assert_str_eq(heard(fd, 10000), "STOPPING=1");
		close(fd);
		unlink(manager);
	}
}

static void
signs_of_life_are_heard(const char *expected)
{
	int fd = bound_socket(SOCK_DGRAM, manager);
	pid_t pid = program_start(QUIET("--socket", path), path, be_managed);

	readiness_is_heard(fd);
	for (int i = 0; i < 4; i++)
		ck_assert_str_eq(heard(fd, 300), expected);
	kill(pid, SIGSTOP);
	while (heard(fd, 300)[0] != '\0')
		continue;
	kill(pid, SIGCONT);
	program_stop(pid, SIGTERM);
	close(fd);
	unlink(manager);
}

TEST(the_manager_hears_signs_of_life_if_it_waits_for_them)
{
	snprintf(manager, sizeof(manager), "%s/manager", folder);
	watchdog = "200000";
	watched = true;
	signs_of_life_are_heard("WATCHDOG=1");
	watched = false;
	signs_of_life_are_heard("");
	watched = true;
	watchdog = "0";
	signs_of_life_are_heard("");
}

static double
now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

TEST(signs_of_life_come_twice_in_the_time_that_the_manager_waits)
{
	double start_time;
	pid_t pid;
	int fd;

	snprintf(manager, sizeof(manager), "%s/manager", folder);
	watchdog = "1600000";
	watched = true;
	fd = bound_socket(SOCK_DGRAM, manager);
	pid = program_start(QUIET("--socket", path), path, be_managed);
	readiness_is_heard(fd);
	ck_assert_str_eq(heard(fd, 2000), "WATCHDOG=1");
	start_time = now();
	for (int i = 0; i < 3; i++)
		ck_assert_str_eq(heard(fd, 2000), "WATCHDOG=1");
	ck_assert_double_ge(now() - start_time, 3 * 0.7);
	ck_assert_double_le(now() - start_time, 3 * 1.4);
	program_stop(pid, SIGTERM);
	close(fd);
	unlink(manager);
}

TEST(a_manager_that_is_not_there_is_no_reason_not_to_serve)
{
	snprintf(manager, sizeof(manager), "%s/nobody", folder);
	program_stop(program_start(WITH("--log-level", "error", "--socket",
				       path),
			 path, be_managed),
	    SIGTERM);
}

static void
have_all_variables(void)
{
	be_managed();
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", "x", 1);
}

TEST(a_command_hears_nothing_of_the_manager)
{
	struct result result;

	snprintf(manager, sizeof(manager), "%s/manager", folder);
	watchdog = "1000000";
	result = program_run(WITH("--log-level", "error", "--run", "env"),
	    have_all_variables);
	status_is(&result, 0);
	ck_assert_ptr_nonnull(strstr(result.out, "VMD_SOCKET="));
	ck_assert_ptr_null(strstr(result.out, "NOTIFY_"));
	ck_assert_ptr_null(strstr(result.out, "WATCHDOG_"));
	ck_assert_ptr_null(strstr(result.out, "LISTEN_"));
}

/* --- What was given up ------------------------------------------------- */

TEST(the_daemon_has_a_filter_and_gets_no_new_privileges)
{
	long before = status_of(getpid(), "Seccomp_filters:");
	pid_t pid = start(QUIET("--socket", path));

	ck_assert_int_eq(status_of(pid, "NoNewPrivs:"), 1);
#ifndef GUARD_SANITIZED
	ck_assert_int_eq(status_of(pid, "Seccomp:"), 2);
	ck_assert_int_eq(status_of(pid, "Seccomp_filters:"), before + 1);
#endif
	program_stop(pid, SIGTERM);
	pid = start(QUIET("--socket", path, "--sandbox", "off"));
	ck_assert_int_eq(status_of(pid, "Seccomp_filters:"), before);
	ck_assert_int_eq(status_of(pid, "NoNewPrivs:"), 1);
	program_stop(pid, SIGTERM);
}

/* What the shell says of itself, in the words of /proc. */
static void
shell_says(const char *grep, pid_t as, const char *file, const char *word)
{
	struct result result =
	    program_run(WITH("--run", "sh", "-c", grep), NULL);

	status_is(&result, 0);
	ck_assert_str_eq(result.out, line_of(as, file, word) - strlen(word));
}

TEST(a_command_gives_nothing_up)
{
	shell_says("grep ^NoNewPrivs: /proc/$$/status", getpid(), "status",
	    "NoNewPrivs:");
	shell_says("grep ^Seccomp_filters: /proc/$$/status", getpid(), "status",
	    "Seccomp_filters:");
	shell_says("grep '^Max core' /proc/$$/limits", getpid(), "limits",
	    "Max core");
}

static void
dump_core(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max =
	    geteuid() == 0 ? RLIM_INFINITY : limit.rlim_max;
	setrlimit(RLIMIT_CORE, &limit);
	if (chdir(folder) < 0)
		_exit(96);
}

static void
remove_core(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -f %s/core*", folder);
	ck_assert_int_eq(system(command), 0);
}

static bool
dumps(pid_t pid)
{
	int status;

	kill(pid, SIGABRT);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	remove_core();
	unlink(path);
	strcat(path, ".lock");
	unlink(path);
	*strrchr(path, '.') = '\0';
	return WCOREDUMP(status);
}

/* Would this system dump core at all, where it can be seen? AddressSanitizer
 * does not let it. */
static bool
system_dumps(void)
{
#ifdef GUARD_SANITIZED
	return false;
#else
	pid_t pid = fork();

	if (pid == 0) {
		dump_core();
		pause();
		_exit(0);
	}
	usleep(50 * 1000);
	return dumps(pid);
#endif
}

TEST(a_daemon_that_fails_leaves_no_core)
{
	ck_assert(
	    !dumps(program_start(QUIET("--socket", path), path, dump_core)));
	if (system_dumps())
		ck_assert(
		    dumps(program_start(QUIET("--socket", path, "--allow-core"),
			path, dump_core)));
}

TEST(the_limit_of_cores_is_0_unless_they_are_allowed)
{
	char before[256];
	pid_t pid = program_start(QUIET("--socket", path), path, dump_core);

	ck_assert_int_eq(atol(line_of(pid, "limits", "Max core file size")), 0);
	ck_assert_ptr_null(
	    strstr(line_of(pid, "limits", "Max core file size"), "unlimited"));
	program_stop(pid, SIGTERM);
	strcpy(before, line_of(getpid(), "limits", "Max core file size"));
	pid = start(QUIET("--socket", path, "--allow-core"));
	ck_assert_str_eq(line_of(pid, "limits", "Max core file size"), before);
	program_stop(pid, SIGTERM);
}

/* Whose is what only a debugger may see? */
static uid_t
owner_of_inside(pid_t pid)
{
	char name[64];
	struct stat is;

	snprintf(name, sizeof(name), "/proc/%d/environ", (int)pid);
	ck_assert_int_eq(stat(name, &is), 0);
	return is.st_uid;
}

TEST(its_own_user_cannot_look_into_it_unless_that_is_allowed)
{
	uid_t user = geteuid() == 0 ? NOBODY : geteuid();
	pid_t pid;

	give_folder_to_nobody();
	pid = program_start(QUIET("--socket", path), path, become_nobody);
#ifndef GUARD_SANITIZED
	ck_assert_uint_eq(owner_of_inside(pid), 0);
#endif
	program_stop(pid, SIGTERM);
	pid = program_start(QUIET("--socket", path, "--allow-core"), path,
	    become_nobody);
	/* Who was root is not dumpable before exec, and so is nobody's. */
	ck_assert_uint_eq(owner_of_inside(pid), user);
	program_stop(pid, SIGTERM);
}

/* --- Bytes that it holds ----------------------------------------------- */

static void
lock_all(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &all);
}

static void
lock_nothing(void)
{
	struct rlimit nothing = { 0, 0 };

	setrlimit(RLIMIT_MEMLOCK, &nothing);
	become_nobody();
}

TEST(memory_is_locked_if_it_may_be)
{
	pid_t pid;

	if (geteuid() != 0)
		return;
	pid = program_start(QUIET("--socket", path, "--memory", "64M"), path,
	    lock_all);
	ck_assert_int_ge(status_of(pid, "VmLck:"), MEMORY / 1024);
	as_client_of(path, memory_works);
	program_stop(pid, SIGTERM);
	pid = program_start(QUIET("--socket", path, "--allow-swap"), path,
	    lock_all);
	ck_assert_int_eq(status_of(pid, "VmLck:"), 0);
	program_stop(pid, SIGTERM);
}

TEST(memory_that_may_not_be_locked_is_no_reason_not_to_serve)
{
	pid_t pid;

	give_folder_to_nobody();
	pid = program_start(QUIET("--socket", path), path, lock_nothing);
	ck_assert_int_eq(status_of(pid, "VmLck:"), 0);
	as_client_of(path, memory_works);
	program_stop(pid, SIGTERM);
}

/* Is there a mapping as large as the memory, and are all such kept out of core
 * dumps? */
static bool
frames_are_not_dumped(pid_t pid)
{
	char name[64], line[512];
	long kilobytes = 0, found = 0;
	bool dumped = false;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%d/smaps", (int)pid);
	maps = fopen(name, "r");
	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps)) {
		sscanf(line, "Size: %ld kB", &kilobytes);
		if (strncmp(line, "VmFlags:", 8) != 0 ||
		    kilobytes != MEMORY / 1024 + 4)
			continue;
		found++;
		if (!strstr(line, " dd "))
			dumped = true;
	}
	fclose(maps);
	return found == 1 && !dumped;
}

TEST(tasks_memory_is_in_no_core_dump_even_if_there_are_some)
{
	pid_t pid =
	    start(QUIET("--socket", path, "--memory", "64M", "--allow-core"));

	ck_assert(frames_are_not_dumped(pid));
	program_stop(pid, SIGTERM);
}

#ifndef GUARD_SANITIZED

/* Bombs of tasks of their own, until there is no memory for more. */
static void
write_until_refused(vm_size_t distance)
{
	static char page[PAGE];
	task_t task = new_task();
	vm_address_t at = 0;
	kern_return_t code = KERN_SUCCESS;
	vm_size_t size = (vm_size_t)2 * MEMORY / PAGE * distance;
	vm_size_t done;

	memset(page, 'x', sizeof(page));
	succeeds(vm_allocate(task, &at, size, VM_FLAGS_ANYWHERE));
	for (done = 0; done < size && code == KERN_SUCCESS; done += distance)
		code = vm_write(task, at + done, (vm_offset_t)page, PAGE);
	ck_assert_int_eq(code, KERN_RESOURCE_SHORTAGE);
	ck_assert_uint_gt(done / distance, MEMORY / PAGE / 2);
	succeeds(task_terminate(task));
}

static void
throw_bombs(void)
{
	write_until_refused(PAGE);
	write_until_refused(64 * PAGE);
	write_until_refused((vm_size_t)1 << 24);
}

/* The peak is told, too: it is what counts. */
TEST(its_memory_stays_below_its_limit_whatever_is_allocated)
{
	enum { KILOBYTE = 1024, REST = 32 * KILOBYTE };
	pid_t pid = start(QUIET("--socket", path, "--memory", "64M"));

	as_client_of(path, throw_bombs);
	ck_assert_int_le(status_of(pid, "VmHWM:"), MEMORY / KILOBYTE + REST);
	ck_assert_int_ge(status_of(pid, "VmHWM:"), MEMORY / KILOBYTE);
	program_stop(pid, SIGTERM);
}

#endif
