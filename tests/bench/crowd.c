#include "tests/bench/crowd.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/bench/bench.h"
#include "tests/bench/peer.h"

enum { EVENTS = 64, ANSWER_MOST = 128 };

static void
watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	bench_must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0,
	    "epoll_ctl");
}

static int
wait_for(int epoll, struct epoll_event *events)
{
	int n = epoll_wait(epoll, events, EVENTS, -1);

	bench_must(n >= 0 || errno == EINTR, "epoll_wait");
	return MAX(n, 0);
}

static void
make_room(struct crowd *crowd, size_t count)
{
	crowd->count = count;
	crowd->fds = calloc(count, sizeof(*crowd->fds));
	crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
	bench_must(crowd->fds && crowd->epoll >= 0, "crowd");
}

void
crowd_init(struct crowd *crowd, size_t count, int (*connect)(void),
    const void *ask, size_t ask_size, size_t answer_size)
{
	*crowd = (struct crowd){
		.ask = ask,
		.ask_size = ask_size,
		.answer_size = answer_size,
	};
	make_room(crowd, count);
	for (size_t i = 0; i < count; i++) {
		crowd->fds[i] = connect();
		watch(crowd->epoll, crowd->fds[i]);
	}
}

/* The other process, until the first of them hangs up. */
static _Noreturn void
serve(int epoll)
{
	struct epoll_event events[EVENTS];
	char bytes[PEER_PING];

	for (;;) {
		int n = wait_for(epoll, events);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
				_exit(0);
			peer_put(fd, bytes, sizeof(bytes));
		}
	}
}

void
crowd_of_peers(struct crowd *crowd, size_t count)
{
	static const char ask[PEER_PING];
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int *theirs = calloc(count, sizeof(*theirs));

	*crowd = (struct crowd){
		.ask = ask,
		.ask_size = sizeof(ask),
		.answer_size = sizeof(ask),
	};
	make_room(crowd, count);
	bench_must(epoll >= 0 && theirs, "crowd");
	for (size_t i = 0; i < count; i++) {
		int fds[2];

		bench_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			       fds) == 0,
		    "socketpair");
		crowd->fds[i] = fds[0];
		theirs[i] = fds[1];
		watch(crowd->epoll, fds[0]);
		watch(epoll, fds[1]);
	}
	crowd->server = fork();
	bench_must(crowd->server >= 0, "fork");
	if (crowd->server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (size_t i = 0; i < count; i++)
			close(crowd->fds[i]);
		serve(epoll);
	}
	for (size_t i = 0; i < count; i++)
		close(theirs[i]);
	close(epoll);
	free(theirs);
}

void
crowd_deinit(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->count; i++)
		close(crowd->fds[i]);
	close(crowd->epoll);
	free(crowd->fds);
	if (crowd->server > 0)
		waitpid(crowd->server, NULL, 0);
}

void
crowd_step(void *context)
{
	struct crowd *crowd = context;
	struct epoll_event events[EVENTS];
	char answer[ANSWER_MOST];

	for (size_t i = 0; i < crowd->count; i++)
		peer_put(crowd->fds[i], crowd->ask, crowd->ask_size);
	for (size_t answered = 0; answered < crowd->count;) {
		int n = wait_for(crowd->epoll, events);

		for (int i = 0; i < n; i++)
			peer_get(events[i].data.fd, answer, crowd->answer_size);
		answered += (size_t)n;
	}
}
