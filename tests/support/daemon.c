#include "tests/support/daemon.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/address.h"

enum { ARGUMENTS_MOST = 16, PATIENCE = 30 * 1000 };

static pid_t pid;
static char folder[] = "/tmp/vmd-test-XXXXXX";
static char path[sizeof(folder) + 16];

pid_t
daemon_pid(void)
{
	return pid;
}

const char *
daemon_socket(void)
{
	return path;
}

void
daemon_remove_leftovers(void)
{
	char lock[sizeof(path) + 8];

	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(path);
	unlink(lock);
	rmdir(folder);
}

static int
try_to_connect(void)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(address_set(&address, path), 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

int
daemon_connect(void)
{
	int fd = try_to_connect();

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
wait_until_it_listens(void)
{
	for (int i = 0; i < PATIENCE; i++) {
		int fd = try_to_connect();
		int status;

		if (fd >= 0) {
			close(fd);
			return;
		}
		ck_assert_msg(waitpid(pid, &status, WNOHANG) == 0,
		    "the daemon has ended");
		usleep(1000);
	}
	ck_abort_msg("the daemon does not listen");
}

void
daemon_start(const char *argument, ...)
{
	const char *program = getenv("VMD");
	const char *arguments[ARGUMENTS_MOST] = { "vmd", "--log-level",
		"warning", "--config", "none", "--socket", path };
	size_t count = 7;
	va_list list;

	ck_assert_msg(program != NULL, "$VMD is not set: which daemon?");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/vmd.sock", folder);
	va_start(list, argument);
	for (; argument; argument = va_arg(list, const char *)) {
		ck_assert_uint_lt(count, ARGUMENTS_MOST - 1);
		arguments[count++] = argument;
	}
	va_end(list);
	setenv("VMD_SOCKET", path, 1);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		execv(program, (char **)(uintptr_t)arguments);
		_exit(127);
	}
	wait_until_it_listens();
}

void
daemon_stop(void)
{
	char complaint[256] = "nobody answers";
	int status;

	ck_assert_msg(vmd_check(complaint, sizeof(complaint)) == KERN_SUCCESS,
	    "%s", complaint);
	kill(pid, SIGTERM);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "the daemon ended with status %#x", (unsigned)status);
	ck_assert_msg(access(path, F_OK) < 0, "its socket is still there");
	rmdir(folder);
}
