#include "tests/support/program.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/address.h"
#include "common/msg.h"

static int program = -1; /* $VMD */

char folder[] = "/tmp/vmd-test-XXXXXX", path[64];

void
program_open(unsigned patience)
{
	ck_assert_ptr_nonnull(getenv("VMD"));
	program = open(getenv("VMD"), O_PATH | O_CLOEXEC);
	ck_assert_int_ge(program, 0);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/vmd.sock", folder);
	unsetenv("VMD_SOCKET");
	unsetenv("VMD_PERSONALITY");
	alarm(patience);
}

void
program_close(void)
{
	alarm(0);
	close(program);
	ck_assert_msg(rmdir(folder) == 0, "%s is not empty", folder);
}

/* By its descriptor: another user might not get to where it lies. */
void
program_execute(const struct arguments *arguments)
{
	fexecve(program, (char **)(uintptr_t)arguments->list, environ);
	_exit(99);
}

static void
read_back(FILE *file, char *text, size_t size)
{
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

struct result
program_run(struct arguments arguments, void (*prepare)(void))
{
	FILE *out = tmpfile(), *err = tmpfile();
	struct result result;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(err), STDERR_FILENO);
		if (prepare)
			prepare();
		program_execute(&arguments);
	}
	ck_assert_int_eq(waitpid(pid, &result.status, 0), pid);
	read_back(out, result.out, sizeof(result.out));
	read_back(err, result.err, sizeof(result.err));
	return result;
}

void
status_is(const struct result *result, int status)
{
	ck_assert_msg(WIFEXITED(result->status) &&
			  WEXITSTATUS(result->status) == status,
	    "it ended with status %#x instead of %d: %s",
	    (unsigned)result->status, status, result->err);
}

bool
is_served(const char *at)
{
	struct msg_hello hello = { .magic = MSG_MAGIC, .version = MSG_VERSION };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	struct msg_welcome welcome;
	bool is;

	ck_assert_int_eq(address_set(&address, at), 0);
	is =
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    send(fd, &hello, sizeof(hello), MSG_NOSIGNAL) > 0 &&
	    recv(fd, &welcome, sizeof(welcome), MSG_WAITALL) == sizeof(welcome);
	close(fd);
	return is;
}

pid_t
program_start(struct arguments arguments, const char *at, void (*prepare)(void))
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (prepare)
			prepare();
		program_execute(&arguments);
	}
	while (!is_served(at)) {
		ck_assert_msg(waitpid(pid, &status, WNOHANG) == 0,
		    "it ended with status %#x", (unsigned)status);
		usleep(1000);
	}
	return pid;
}

void
program_stop(pid_t pid, int number)
{
	int status;

	kill(pid, number);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "it ended with status %#x", (unsigned)status);
}

void
as_client_of(const char *socket_path, void (*body)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setenv("VMD_SOCKET", socket_path, 1);
		body();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "the client ended with status %#x", (unsigned)status);
}
