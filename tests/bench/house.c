#include "tests/bench/house.h"

#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/address.h"
#include "common/cleanup.h"
#include "tests/bench/bench.h"

enum { ARGUMENTS_MOST = 16, PATIENCE = 30 * 1000 }; /* milliseconds */

static pid_t pid;   /* 0: none */
static pid_t owner; /* who has started it */
static char folder[32], path[64];

pid_t
house_pid(void)
{
	return pid;
}

static int
try_to_connect(void)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	bench_must(fd >= 0, "socket");
	if (address_set(&address, path) == 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

int
house_connect(void)
{
	int fd = try_to_connect();

	bench_must(fd >= 0, "connect");
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
		if (waitpid(pid, &status, WNOHANG) != 0) {
			pid = 0;
			bench_fail("the daemon has ended");
		}
		usleep(1000);
	}
	bench_fail("the daemon does not listen");
}

/* Children of the one who has started it leave it alone. */
static void
stop_at_exit(void)
{
	if (owner == getpid())
		house_stop();
}

void
house_start(const char *memory, ...)
{
	static bool registered;
	const char *program = getenv("VMD");
	const char *arguments[ARGUMENTS_MOST] = { "vmd", "--log-level", "error",
		"--config", "none", "--socket", path, "--memory", memory };
	const char *argument;
	size_t count = 9;
	va_list list;

	if (!program)
		bench_fail("$VMD is not set: which daemon?");
	strcpy(folder, "/tmp/vmd-bench-XXXXXX");
	bench_must(mkdtemp(folder) != NULL, folder);
	snprintf(path, sizeof(path), "%s/vmd.sock", folder);
	va_start(list, memory);
	while ((argument = va_arg(list, const char *)) != NULL &&
	       count < ARGUMENTS_MOST - 1)
		arguments[count++] = argument;
	va_end(list);
	setenv("VMD_SOCKET", path, 1);
	if (!registered)
		atexit(stop_at_exit);
	registered = true;
	owner = getpid();
	pid = fork();
	bench_must(pid >= 0, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execv(program, (char **)(uintptr_t)arguments);
		_exit(127);
	}
	wait_until_it_listens();
}

void
house_stop(void)
{
	char lock[sizeof(path) + 8];

	if (pid > 0) {
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
	pid = 0;
	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(path);
	unlink(lock);
	rmdir(folder);
}

unsigned long
house_resident(pid_t process)
{
	unsigned long pages = 0;
	char name[32];
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/statm", (int)process);
	file = fopen(name, "r");
	if (!file || fscanf(file, "%*u %lu", &pages) != 1)
		bench_fail("%s cannot be read", name);
	fclose(file);
	return pages * (unsigned long)sysconf(_SC_PAGESIZE);
}
