#include "tests/attack/house.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/attack/attack.h"
#include "tests/attack/wire.h"

enum { LISTENS_AFTER = 10000, SETTLES_AFTER = 60000 }; /* milliseconds */

static pid_t daemon_process;
static pid_t known; /* as the socket names it */
static char folder[32], path[64];

/* --- Its life ---------------------------------------------------------- */

bool
house_knows_patience(void)
{
	char command[512], line[256];
	bool knows = false;
	FILE *help;

	snprintf(command, sizeof(command), "'%s' --help", getenv("VMD"));
	help = popen(command, "r");
	while (help && fgets(line, sizeof(line), help))
		if (strstr(line, "--patience"))
			knows = true;
	if (help)
		pclose(help);
	return knows;
}

static void
start(bool impatient)
{
	const char *program = getenv("VMD");
	char patience[16];
	const char *arguments[] = { "vmd", "--log-level", "error", "--socket",
		path, "--memory", scale.memory, NULL, NULL, NULL };

	snprintf(patience, sizeof(patience), "%d", PATIENCE);
	if (impatient) {
		arguments[7] = "--patience";
		arguments[8] = patience;
	}
	daemon_process = fork();
	if (daemon_process == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execv(program, (char **)(uintptr_t)arguments);
		_exit(127);
	}
}

/* The daemon at the other end, and the end of the connection. */
static bool
identify(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	bool good = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;

	if (good)
		known = peer.pid;
	close(fd);
	return good;
}

bool
house_open(bool impatient)
{
	int fd = -1, status;

	strcpy(folder, "/tmp/vmd-attack-XXXXXX");
	if (!mkdtemp(folder))
		return false;
	chmod(folder, 0711);
	snprintf(path, sizeof(path), "%s/vmd.sock", folder);
	setenv("VMD_SOCKET", path, 1);
	start(impatient && house_knows_patience());
	for (int i = 0; i < LISTENS_AFTER && fd < 0; i++) {
		fd = wire_connect();
		if (fd < 0 && waitpid(daemon_process, &status, WNOHANG) != 0)
			return false;
		if (fd < 0)
			usleep(1000);
	}
	return fd >= 0 && identify(fd) && chmod(path, 0666) == 0;
}

bool
house_close(void)
{
	int status = -1;

	kill(daemon_process, SIGTERM);
	waitpid(daemon_process, &status, 0);
	unlink(path);
	rmdir(folder);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void
house_burn(void)
{
	char lock[sizeof(path) + 8];

	kill(daemon_process, SIGKILL);
	waitpid(daemon_process, NULL, 0);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(path);
	unlink(lock);
	rmdir(folder);
}

void
house_become(uid_t user)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) < 0 || setresgid(user, user, user) < 0 ||
	    setresuid(user, user, user) < 0)
		attack_give_up("cannot become user %u", (unsigned)user);
}

/* --- Looking at it ----------------------------------------------------- */

pid_t
house_pid(void)
{
	return known;
}

uint64_t
house_memory(void)
{
	unsigned long size = 0, resident = 0;
	char name[64];
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/statm", (int)house_pid());
	file = fopen(name, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

size_t
house_descriptors(void)
{
	size_t count = 0;
	char name[64];
	DIR *files;

	snprintf(name, sizeof(name), "/proc/%d/fd", (int)house_pid());
	files = opendir(name);
	while (files && readdir(files))
		count++;
	if (files)
		closedir(files);
	return count;
}

struct times_run
house_times(void)
{
	struct times_run times = { 0 };
	char name[64];
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/schedstat", (int)house_pid());
	file = fopen(name, "r");
	if (!file)
		return times;
	if (fscanf(file, "%" SCNu64 " %" SCNu64, &times.on, &times.waiting) !=
	    2)
		times = (struct times_run){ 0 };
	fclose(file);
	return times;
}

bool
house_take_stock(struct stock *stock, int64_t *longest)
{
	struct vmd_statistics s;

	if (vmd_statistics(&s) != KERN_SUCCESS)
		return false;
	*stock = (struct stock){
		.pages = s.pages_used,
		.nodes = s.nodes_used,
		.entries = s.entries_used,
		.objects = s.objects_used,
		.tasks = s.tasks,
		.connections = s.connections,
		.descriptors = house_descriptors(),
	};
	if (longest)
		*longest = (int64_t)s.longest;
	return true;
}

double
house_settle(const struct stock *before, struct stock *after, int64_t *longest)
{
	double start = now();
	int64_t held = 0;

	for (int i = 0; i < SETTLES_AFTER; i++) {
		if (!house_take_stock(after, &held))
			return -1;
		*longest = MAX(*longest, held);
		if (memcmp(before, after, sizeof(*after)) == 0)
			return (now() - start) / 1e6;
		usleep(1000);
	}
	return -1;
}
