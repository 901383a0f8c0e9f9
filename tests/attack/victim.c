/*
 * The victim: small calls, one every two milliseconds, each of them timed and
 * its answer checked
 *
 * A call that takes long keeps it from making others: those count, too, as long
 * as they would have waited. A daemon that is away for a second makes five
 * hundred calls late, not one.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <mach/mach.h>
#include <mach/vm_param.h>

#include "common/cleanup.h"
#include "tests/attack/attack.h"
#include "tests/attack/wire.h"

enum {
	PACE = 2000,           /* microseconds */
	NEWCOMER_PACE = 50000, /* microseconds */
	PAGES = 64,
	PAGE = 4096,
	SMALL = 16, /* bytes of a call */
};

static vm_address_t memory, fresh;
static unsigned turn; /* so many calls were made */

static void
note(struct series *series, double time)
{
	unsigned i = atomic_load(&series->count);

	if (i >= SERIES_MOST)
		return;
	series->times[i] = (float)time;
	atomic_store(&series->count, i + 1);
}

/* What its memory holds: no page is like another. */
static void
pattern(unsigned page, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(page * 7 + i * i + 1);
}

static void
must(kern_return_t kr, const char *what)
{
	if (kr == KERN_SUCCESS)
		return;
	complain("the victim's %s: %s", what, mach_error_string(kr));
	_exit(EXIT_FAILURE);
}

static void
must_hold(vm_address_t address, const uint8_t *expected, vm_size_t size)
{
	uint8_t bytes[PAGE];
	vm_size_t count = 0;

	must(vm_read_overwrite(mach_task_self(), address, size,
		 (vm_address_t)bytes, &count),
	    "vm_read_overwrite");
	if (count == size && memcmp(bytes, expected, size) == 0)
		return;
	complain("the victim's memory at %#lx has changed",
	    (unsigned long)address);
	_exit(EXIT_FAILURE);
}

/* --- Its calls, in turn ------------------------------------------------ */

static void
write_own(void)
{
	unsigned page = turn % PAGES;
	uint8_t bytes[SMALL];

	pattern(page, bytes, sizeof(bytes));
	must(vm_write(mach_task_self(), memory + page * PAGE,
		 (vm_offset_t)bytes, sizeof(bytes)),
	    "vm_write");
}

static void
read_own(void)
{
	unsigned page = turn % PAGES;
	uint8_t expected[SMALL];

	pattern(page, expected, sizeof(expected));
	must_hold(memory + page * PAGE, expected, sizeof(expected));
}

static void
allocate_fresh(void)
{
	must(vm_allocate(mach_task_self(), &fresh, PAGE, VM_FLAGS_ANYWHERE),
	    "vm_allocate");
}

static void
write_fresh(void)
{
	uint8_t bytes[SMALL];

	pattern(turn, bytes, sizeof(bytes));
	must(vm_write(mach_task_self(), fresh, (vm_offset_t)bytes,
		 sizeof(bytes)),
	    "vm_write to fresh memory");
}

/* Behind what was written nobody's bytes are left. */
static void
read_fresh(void)
{
	static const uint8_t zeros[SMALL];

	must_hold(fresh + PAGE / 2, zeros, sizeof(zeros));
}

static void
deallocate_fresh(void)
{
	must(vm_deallocate(mach_task_self(), fresh, PAGE), "vm_deallocate");
}

static void
look_at_own(void)
{
	vm_region_basic_info_data_64_t info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	vm_address_t address = memory;
	mach_port_t name;
	vm_size_t size;

	must(vm_region_64(mach_task_self(), &address, &size,
		 VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count,
		 &name),
	    "vm_region");
	if (address == memory && size >= PAGES * PAGE &&
	    info.protection == VM_PROT_DEFAULT)
		return;
	complain("the victim's region is another");
	_exit(EXIT_FAILURE);
}

static void (*const calls[])(void) = {
	write_own,
	read_own,
	allocate_fresh,
	write_fresh,
	read_fresh,
	deallocate_fresh,
	look_at_own,
};

static void
prepare(void)
{
	uint8_t bytes[PAGE];

	must(vm_allocate(mach_task_self(), &memory, PAGES * PAGE,
		 VM_FLAGS_ANYWHERE),
	    "vm_allocate");
	for (unsigned i = 0; i < PAGES; i++) {
		pattern(i, bytes, sizeof(bytes));
		must(vm_write(mach_task_self(), memory + i * PAGE,
			 (vm_offset_t)bytes, sizeof(bytes)),
		    "vm_write");
	}
}

static void
check_all(void)
{
	uint8_t expected[PAGE];

	for (unsigned i = 0; i < PAGES; i++) {
		pattern(i, expected, sizeof(expected));
		must_hold(memory + i * PAGE, expected, sizeof(expected));
	}
}

/* --- Pings ------------------------------------------------------------- */

/* A process that sends each byte back. Returns the other end. */
static int
start_echo(void)
{
	int fds[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		attack_give_up("no sockets");
	if (fork() == 0) {
		close(fds[0]);
		while (
		    read(fds[1], &byte, 1) == 1 && write(fds[1], &byte, 1) == 1)
			continue;
		_exit(EXIT_SUCCESS);
	}
	close(fds[1]);
	return fds[0];
}

static void
ping(int fd, int phase)
{
	double start = now();
	char byte = 0;

	if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
		attack_give_up("the echo is gone");
	note(&stage->pings[phase], now() - start);
}

/* --- Newcomers --------------------------------------------------------- */

/* Somebody comes, says hello, makes a call, and goes. */
static bool
come_and_go(void)
{
	int fd = wire_greet();
	kern_return_t kr;

	if (fd < 0)
		return false;
	kr = wire_call(fd, VM_MAP_ID(vm_allocate), MSG_TASK_SELF,
	    body_allocate(0, PAGE, VM_FLAGS_ANYWHERE));
	close(fd);
	return kr == KERN_SUCCESS;
}

static void *
run_newcomers(void *context)
{
	int phase;

	(void)context;
	while ((phase = atomic_load(&stage->phase)) != OVER) {
		double start = now();

		if (!come_and_go())
			complain("a newcomer of the victim's is turned away");
		note(&stage->newcomers[phase], now() - start);
		usleep(NEWCOMER_PACE);
	}
	return NULL;
}

/* --- Its life ---------------------------------------------------------- */

static void
note_call(struct series *series, double time)
{
	for (; time > 0; time -= PACE)
		note(series, time);
}

/* Makes a call, and sleeps until the next one is due. */
static void
make_call(int echo, int phase)
{
	double start = now(), left;

	calls[turn % ARRAY_SIZE(calls)]();
	note_call(&stage->calls[phase], now() - start);
	turn++;
	ping(echo, phase);
	left = start + PACE - now();
	if (left > 0)
		usleep((useconds_t)left);
}

void
victim_run(void)
{
	int echo = start_echo(), phase;
	pthread_t newcomers;

	prepare();
	if (pthread_create(&newcomers, NULL, run_newcomers, NULL) != 0)
		attack_give_up("no thread");
	while ((phase = atomic_load(&stage->phase)) != OVER)
		make_call(echo, phase);
	pthread_join(newcomers, NULL);
	check_all();
	_exit(EXIT_SUCCESS);
}
