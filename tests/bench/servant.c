#include "tests/bench/servant.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/address.h"
#include "tests/bench/bench.h"

enum { PATIENCE = 30 * 1000 }; /* milliseconds */

int
servant_connect(const struct servant *servant)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	bench_must(fd >= 0, "socket");
	if (address_set(&address, servant->path) == 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

void
servant_prepare(struct servant *servant)
{
	const char *within = getenv("TMPDIR");
	int length = snprintf(servant->folder, sizeof(servant->folder),
	    "%s/vmd-XXXXXX", within ? within : "/tmp");

	if (length >= (int)sizeof(servant->folder))
		bench_fail("the name of $TMPDIR is too long");
	bench_must(mkdtemp(servant->folder) != NULL, servant->folder);
	snprintf(servant->path, sizeof(servant->path), "%s/socket",
	    servant->folder);
}

/* The folder, and what is left in it. */
static void
clear(const struct servant *servant)
{
	DIR *folder = opendir(servant->folder);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL)
		unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
	rmdir(servant->folder);
}

static bool
wait_until_it_listens(struct servant *servant)
{
	for (int i = 0; i < PATIENCE; i++) {
		int fd = servant_connect(servant);
		int status;

		if (fd >= 0) {
			close(fd);
			return true;
		}
		if (waitpid(servant->pid, &status, WNOHANG) != 0) {
			servant->pid = 0;
			return false;
		}
		usleep(1000);
	}
	bench_fail("nobody listens at %s", servant->path);
}

static _Noreturn void
become(bool quiet, const char *program, const char *const *arguments)
{
	int nowhere = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(nowhere, STDIN_FILENO);
	dup2(nowhere, STDOUT_FILENO);
	if (quiet)
		dup2(nowhere, STDERR_FILENO);
	execvp(program, (char **)(uintptr_t)arguments);
	_exit(127);
}

bool
servant_start(struct servant *servant, const char *program,
    const char *const *arguments)
{
	servant->owner = getpid();
	servant->pid = fork();
	bench_must(servant->pid >= 0, "fork");
	if (servant->pid == 0)
		become(servant->quiet, program, arguments);
	if (wait_until_it_listens(servant))
		return true;
	clear(servant);
	return false;
}

void
servant_stop(struct servant *servant)
{
	if (servant->pid == 0 || servant->owner != getpid())
		return;
	kill(servant->pid, SIGTERM);
	waitpid(servant->pid, NULL, 0);
	servant->pid = 0;
	clear(servant);
}
