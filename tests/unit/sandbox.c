/*
 * What somebody could still do who has got hold of the daemon
 *
 * Each attempt is made by a process of its own, with the filter in force.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "server/guard.h"

/* Sanitizers would be killed by what they do themselves. */
#ifdef GUARD_SANITIZED

TEST(there_is_no_sandbox_where_there_are_sanitizers)
{
	int filters = prctl(PR_GET_SECCOMP);

	ck_assert_int_eq(guard_up(&(struct guard){ .sandbox = true }), 0);
	ck_assert_int_eq(prctl(PR_GET_SECCOMP), filters);
}

#else

static char file[] = "/tmp/vmd-test-XXXXXX";
static struct guard guard;
static pid_t other; /* a process that is none of the daemon's business */

void
test_setup(void)
{
	int fd = mkstemp(file);

	ck_assert_int_ge(fd, 0);
	close(fd);
	guard = (struct guard){ .sandbox = true, .allow_core = true };
	other = fork();
	if (other == 0) {
		signal(SIGTERM, SIG_DFL); /* and not as Check has it */
		pause();
		_exit(0);
	}
}

void
test_teardown(void)
{
	int status;

	kill(other, SIGKILL);
	ck_assert_int_eq(waitpid(other, &status, 0), other);
	unlink(file);
}

/* => 0, the error that it met with, or -1: it was killed */
static int
attempt(int (*what)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (guard_up(&guard) < 0)
			_exit(255);
		errno = 0;
		_exit(what() < 0 ? errno : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return -1;
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != 255,
	    "it ended with status %#x", (unsigned)status);
	return WEXITSTATUS(status);
}

struct row {
	const char *name;
	int (*what)(void);
};

#define ATTEMPT(name, ...)                                                     \
	static int name(void)                                                  \
	{                                                                      \
		return (int)(__VA_ARGS__);                                     \
	}

static char *const nothing[] = { NULL };
static char byte;
static struct iovec part = { &byte, 1 };

/* There is none: it would end by itself, and not be killed for what it does. */
ATTEMPT(run_a_program, execve("/bin/none", nothing, nothing))
ATTEMPT(run_it_by_descriptor,
    syscall(SYS_execveat, AT_FDCWD, "/bin/none", nothing, nothing, 0))
ATTEMPT(fork_one, fork() == 0 ? (_exit(0), 0) : 0)
ATTEMPT(make_a_thread, syscall(SYS_clone3, NULL, 0))
ATTEMPT(trace, ptrace(PTRACE_ATTACH, other, NULL, NULL))
ATTEMPT(read_from_a_process, process_vm_readv(other, &part, 1, &part, 1, 0))
ATTEMPT(write_to_a_process, process_vm_writev(other, &part, 1, &part, 1, 0))
ATTEMPT(steal_a_descriptor, syscall(SYS_pidfd_getfd, 0, 0, 0))
ATTEMPT(kill_another, kill(other, SIGTERM))
ATTEMPT(kill_all, kill(-1, SIGTERM))
ATTEMPT(kill_a_thread_of_another, syscall(SYS_tgkill, other, other, SIGTERM))
ATTEMPT(become_root, setuid(0))
ATTEMPT(become_root_s_group, setgid(0))
ATTEMPT(load_into_the_kernel, syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0))
ATTEMPT(load_a_module, syscall(SYS_init_module, NULL, 0, ""))
ATTEMPT(mount_something, mount("none", "/mnt", "tmpfs", 0, NULL))
ATTEMPT(change_the_root, chroot("/tmp"))
ATTEMPT(have_namespaces, unshare(CLONE_NEWUSER))
ATTEMPT(read_keys, syscall(SYS_keyctl, 0, 0, 0, 0, 0))
ATTEMPT(make_a_ring, syscall(SYS_io_uring_setup, 1, NULL))
ATTEMPT(lift_limits, setrlimit(RLIMIT_CORE, &(struct rlimit){ 1, 1 }))
ATTEMPT(be_dumpable, prctl(PR_SET_DUMPABLE, 1))
ATTEMPT(accept_faults, syscall(SYS_userfaultfd, 0))
ATTEMPT(make_a_pair, socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){ 0 }))
ATTEMPT(bind_a_socket, bind(0, NULL, 0))
ATTEMPT(rename_a_file, rename(file, "/tmp/vmd-other"))
ATTEMPT(link_a_file, link(file, "/tmp/vmd-other"))
ATTEMPT(change_a_mode, chmod(file, 0777))
ATTEMPT(remove_a_file, unlink(file))
ATTEMPT(make_a_folder, mkdir("/tmp/vmd-other", 0700))
ATTEMPT(truncate_a_file, truncate(file, 0))

TEST(what_no_code_of_the_daemon_s_does_kills_it)
{
	static const struct row rows[] = {
#define ROW(name)                                                              \
	{                                                                      \
#name, name                                                    \
	}
		ROW(run_a_program),
		ROW(run_it_by_descriptor),
		ROW(fork_one),
		ROW(make_a_thread),
		ROW(trace),
		ROW(read_from_a_process),
		ROW(write_to_a_process),
		ROW(steal_a_descriptor),
		ROW(kill_another),
		ROW(kill_all),
		ROW(kill_a_thread_of_another),
		ROW(become_root),
		ROW(become_root_s_group),
		ROW(load_into_the_kernel),
		ROW(load_a_module),
		ROW(mount_something),
		ROW(change_the_root),
		ROW(have_namespaces),
		ROW(read_keys),
		ROW(make_a_ring),
		ROW(lift_limits),
		ROW(accept_faults),
		ROW(rename_a_file),
		ROW(link_a_file),
		ROW(change_a_mode),
		ROW(remove_a_file),
		ROW(make_a_folder),
		ROW(truncate_a_file),
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(attempt(rows[i].what) == -1, "%s: it lives on",
		    rows[i].name);
}

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

ATTEMPT(write_a_file, openat(AT_FDCWD, file, O_WRONLY))
ATTEMPT(change_a_file, openat(AT_FDCWD, file, O_RDWR))
ATTEMPT(make_a_file, openat(AT_FDCWD, "/tmp/vmd-other", O_CREAT, 0600))
ATTEMPT(empty_a_file, openat(AT_FDCWD, file, O_TRUNC))
ATTEMPT(make_a_nameless_file, openat(AT_FDCWD, "/tmp", O_TMPFILE | O_RDWR, 0))
ATTEMPT(read_a_file, openat(AT_FDCWD, file, O_RDONLY))
ATTEMPT(talk_to_the_net, socket(AF_INET, SOCK_STREAM, 0))
ATTEMPT(talk_to_the_kernel, socket(AF_NETLINK, SOCK_RAW, 0))
ATTEMPT(talk_to_a_service, connect(0, NULL, 0))
ATTEMPT(type_at_a_terminal, syscall(SYS_ioctl, 0, 0x5412, "x"))
ATTEMPT(map_code,
    mmap(NULL, 4096, PROT_READ | PROT_EXEC, ANONYMOUS, -1, 0) == MAP_FAILED ? -1
									    : 0)
ATTEMPT(make_code, mprotect(&byte, 1, PROT_READ | PROT_EXEC))

TEST(what_a_c_library_does_without_is_refused)
{
	static const struct row rows[] = {
		ROW(write_a_file),
		ROW(change_a_file),
		ROW(make_a_file),
		ROW(empty_a_file),
		ROW(make_a_nameless_file),
		ROW(talk_to_the_net),
		ROW(talk_to_the_kernel),
		ROW(talk_to_a_service),
		ROW(map_code),
		ROW(make_code),
		ROW(be_dumpable),
		ROW(make_a_pair),
		ROW(bind_a_socket),
		ROW(read_a_file),
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(attempt(rows[i].what) == EACCES, "%s",
		    rows[i].name);
	ck_assert_int_eq(attempt(type_at_a_terminal), ENOTTY);
}

ATTEMPT(remove_a_folder, rmdir("/tmp/vmd-none"))
ATTEMPT(end_the_command, kill(other, SIGTERM))
ATTEMPT(kill_the_command, kill(other, SIGKILL))

TEST(what_it_has_to_do_at_the_end_it_may_do_if_it_has_to)
{
	ck_assert_int_eq(attempt(remove_a_folder), -1);
	ck_assert_int_eq(attempt(end_the_command), -1);
	guard.remove = true;
	guard.child = other;
	ck_assert_int_eq(attempt(remove_a_folder), ENOENT);
	ck_assert_int_eq(attempt(remove_a_file), 0);
	ck_assert_int_eq(attempt(kill_the_command), -1);
	ck_assert_int_eq(attempt(kill_all), -1);
	ck_assert_int_eq(attempt(end_the_command), 0);
}

static int
compare(const void *a, const void *b)
{
	return *(const char *)a - *(const char *)b;
}

static int
live_on(void)
{
	static char text[1 << 16] = "sorted";
	void *memory = malloc(1 << 24);
	FILE *log = stderr;

	free(realloc(memory, 1 << 25));
	qsort(text, sizeof(text), 1, compare);
	fprintf(log, "# %s\n", strerror(ENOENT));
	return 0;
}

/* As a configuration is read again; nobody finds this user. */
static int
read_again(void)
{
	if (access("/tmp/vmd-none", F_OK) == 0 || errno != ENOENT)
		return -1;
	if (getpwnam("no-such-user-of-vmd") || !getpwuid(0))
		return -1;
	return openat(AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
}

TEST(a_configuration_can_be_read_again_if_there_is_one)
{
	guard.read = true;
	ck_assert_int_eq(attempt(read_again), 0);
	ck_assert_int_eq(attempt(write_a_file), EACCES);
	ck_assert_int_eq(attempt(change_a_file), EACCES);
	ck_assert_int_eq(attempt(make_a_file), EACCES);
	ck_assert_int_eq(attempt(empty_a_file), EACCES);
	ck_assert_int_eq(attempt(make_a_nameless_file), EACCES);
}

/* The same where the system's modules are there from before. */
TEST(users_can_be_looked_for_by_what_was_loaded_before)
{
	getpwnam("no-such-user-of-vmd");
	guard.read = true;
	ck_assert_int_eq(attempt(read_again), 0);
}

static int
give_up(void)
{
	abort();
}

TEST(it_can_live_and_die_as_before)
{
	pid_t pid;
	int status;

	ck_assert_int_eq(attempt(live_on), 0);
	pid = fork();
	if (pid == 0) {
		guard.allow_core = false;
		guard_up(&guard);
		give_up();
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
	    "it ended with status %#x", (unsigned)status);
}

#endif
