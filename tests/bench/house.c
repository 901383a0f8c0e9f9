#include "tests/bench/house.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/servant.h"

enum { ARGUMENTS_MOST = 20 };

static struct servant house;

pid_t
house_pid(void)
{
	return house.pid;
}

int
house_connect(void)
{
	int fd = servant_connect(&house);

	bench_must(fd >= 0, "connect");
	return fd;
}

void
house_start(const char *memory, ...)
{
	static bool registered;
	const char *program = getenv("VMD");
	const char *arguments[ARGUMENTS_MOST] = { "vmd", "--log-level", "error",
		"--config", "none", "--socket", house.path, "--memory",
		memory };
	const char *argument;
	size_t count = 9;
	va_list list;

	if (!program)
		bench_fail("$VMD is not set: which daemon?");
	va_start(list, memory);
	while ((argument = va_arg(list, const char *)) != NULL &&
	       count < ARGUMENTS_MOST - 1)
		arguments[count++] = argument;
	va_end(list);
	servant_prepare(&house);
	if (!registered)
		atexit(house_stop);
	registered = true;
	if (!servant_start(&house, program, arguments))
		bench_fail("the daemon has ended");
	setenv("VMD_SOCKET", house.path, 1);
}

void
house_stop(void)
{
	servant_stop(&house);
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
