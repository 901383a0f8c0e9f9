/*
 * Scale: very many clients, very many tasks, very many calls
 *
 *      crowd   4,000 clients, each of which calls once a second. A call's time
 *              runs from when it was due, so that whoever is late tells
 *      tasks   10,000 tasks of 100 regions
 *      calls   a million calls, or $SCALE_CALLS, of all kinds, on memory that
 *              stays about as much: the first tenth against the last
 */
#include <errno.h>
#include <mach/mach.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "common/msg.h"
#include "proto/routine.h"
#include "tests/attack/wire.h"
#include "tests/bench/bench.h"
#include "tests/bench/calls.h"
#include "tests/bench/crowd.h"
#include "tests/bench/house.h"
#include "tests/bench/peer.h"
#include "tests/bench/scale.h"
#include "tests/support/transfer.h"

enum { REPLY = 28, PAGE = 4096 };

/* --- Many clients that rarely call ------------------------------------- */

#define SECOND UINT64_C(1000000000)

/* What is due of a crowd whose clients call one after the other, all of them
 * once a second. */
struct pace {
	struct crowd *crowd;
	uint64_t start;
	uint64_t calls; /* in all */
	uint64_t asked;
	uint64_t answered;
	uint64_t *due; /* of each client's last call */
	size_t *owner; /* of descriptors */
	struct samples samples;
};

static uint64_t
due_at(const struct pace *pace, uint64_t call)
{
	return pace->start + call * SECOND / pace->crowd->count;
}

static void
ask_who_is_due(struct pace *pace, uint64_t now)
{
	for (; pace->asked < pace->calls && due_at(pace, pace->asked) <= now;
	     pace->asked++) {
		size_t i = pace->asked % pace->crowd->count;

		pace->due[i] = due_at(pace, pace->asked);
		peer_put(pace->crowd->fds[i], pace->crowd->ask,
		    pace->crowd->ask_size);
	}
}

static void
take_answers(struct pace *pace)
{
	struct epoll_event events[64];
	char answer[PEER_PING];
	int n = epoll_wait(pace->crowd->epoll, events, 64, 0);

	bench_must(n >= 0 || errno == EINTR, "epoll_wait");
	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;

		peer_get(fd, answer, pace->crowd->answer_size);
		samples_add(&pace->samples,
		    bench_now() - pace->due[pace->owner[fd]]);
		pace->answered++;
	}
	if (n <= 0)
		sched_yield();
}

static void
measure_pace(const char *who, struct crowd *crowd)
{
	struct pace pace = {
		.crowd = crowd,
		.calls = crowd->count * (bench_quick ? 1 : 10),
		.due = calloc(crowd->count, sizeof(*pace.due)),
		.owner = calloc((size_t)getdtablesize(), sizeof(*pace.owner)),
	};

	bench_must(pace.due && pace.owner, "a crowd");
	for (size_t i = 0; i < crowd->count; i++)
		pace.owner[crowd->fds[i]] = i;
	pace.start = bench_now();
	while (pace.answered < pace.calls) {
		ask_who_is_due(&pace, bench_now());
		take_answers(&pace);
	}
	bench_row("crowd", who, crowd->count, &pace.samples);
	samples_deinit(&pace.samples);
	free(pace.due);
	free(pace.owner);
}

static int
greet(void)
{
	int fd = wire_greet();

	bench_must(fd >= 0, "a connection by hand");
	return fd;
}

/* Each has a page of its own. */
static void
give_page(int fd)
{
	char bytes[REPLY + 64];
	uint64_t address = UINT64_C(1) << 32;
	kern_return_t code;

	memset(bytes, 1, sizeof(bytes));
	if (wire_call(fd, VM_MAP_ID(vm_allocate), MSG_TASK_SELF,
		body_allocate(address, PAGE, 0)) != KERN_SUCCESS ||
	    !wire_ask(fd, VM_MAP_ID(vm_write), MSG_TASK_SELF,
		body_write(address), 64) ||
	    !transfer_put(fd, bytes, 64) || !wire_answer(fd, &code) ||
	    code != KERN_SUCCESS)
		bench_fail("a client gets no page");
}

static void
measure_crowd(void)
{
	size_t count = bench_quick ? 100 : 4000;
	struct crowd crowd, peers;
	uint8_t ask[WIRE_REQUEST];
	VmProtectRequest in;
	unsigned long before = house_resident(house_pid());

	vm_protect_request__init(&in);
	in.new_protection = VM_PROT_READ;
	crowd_init(&crowd, count, greet, ask,
	    wire_pack(ask, VM_MAP_ID(vm_protect), MSG_TASK_SELF, &in.base, 0),
	    REPLY);
	for (size_t i = 0; i < count; i++)
		give_page(crowd.fds[i]);
	crowd_of_peers(&peers, count);
	measure_pace("vmd", &crowd);
	measure_pace("socket", &peers);
	bench_number("crowd-memory", "vmd", count, "bytes",
	    (double)house_resident(house_pid()));
	bench_number("crowd-memory", "vmd-first", count, "bytes",
	    (double)before);
	crowd_deinit(&crowd);
	crowd_deinit(&peers);
}

/* --- Many tasks -------------------------------------------------------- */

enum { REGIONS = 100 };

struct times {
	struct samples create, allocate, terminate;
};

static void
make_task(struct times *times, task_t *task)
{
	uint64_t start = bench_now(), now;

	call_must(task_create(mach_task_self(), NULL, 0, FALSE, task),
	    "task_create");
	now = bench_now();
	samples_add(&times->create, now - start);
	for (vm_address_t i = 0; i < REGIONS; i++) {
		vm_address_t address = (i + 16) * 2 * PAGE;

		start = now;
		call_must(vm_allocate(*task, &address, PAGE, VM_FLAGS_FIXED),
		    "vm_allocate");
		now = bench_now();
		samples_add(&times->allocate, now - start);
	}
}

static void
end_task(struct times *times, task_t task)
{
	uint64_t start = bench_now();

	call_must(task_terminate(task), "task_terminate");
	samples_add(&times->terminate, bench_now() - start);
	call_must(mach_port_deallocate(mach_task_self(), task),
	    "mach_port_deallocate");
}

static void
measure_tasks(void *nothing)
{
	static task_t tasks[10000];
	size_t count = bench_quick ? 100 : ARRAY_SIZE(tasks);
	unsigned long before = house_resident(house_pid());
	struct times times = { 0 };

	(void)nothing;
	for (size_t i = 0; i < count; i++) {
		bench_progress("task %zu", i);
		make_task(&times, &tasks[i]);
	}
	bench_number("tasks-memory", "vmd", count, "bytes",
	    (double)(house_resident(house_pid()) - before) / (double)count);
	for (size_t i = 0; i < count; i++)
		end_task(&times, tasks[i]);
	bench_row("tasks-create", "vmd", count, &times.create);
	bench_row("tasks-allocate", "vmd", count, &times.allocate);
	bench_row("tasks-end", "vmd", count, &times.terminate);
	samples_deinit(&times.create);
	samples_deinit(&times.allocate);
	samples_deinit(&times.terminate);
}

/* --- All of it --------------------------------------------------------- */

/* As many descriptors as there may be: the daemon does the same. */
static void
open_many(void)
{
	struct rlimit limit;

	bench_must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	bench_must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

int
main(int argc, char **argv)
{
	bench_begin(argc, argv, "scale");
	open_many();
	house_start("4G", NULL);
	measure_crowd();
	house_stop();

	house_start("4G", NULL);
	bench_apart(measure_tasks, NULL);
	house_stop();

	house_start("4G", NULL);
	bench_apart(scale_measure_calls, NULL);
	house_stop();
	return 0;
}
