#include "tests/bench/peer.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/bench/bench.h"
#include "tests/support/transfer.h"

void *
peer_memory(uint64_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	bench_must(memory != MAP_FAILED, "mmap");
	memset(memory, 1, size);
	return memory;
}

void
peer_memory_free(void *memory, uint64_t size)
{
	munmap(memory, size);
}

void
peer_put(int fd, const void *bytes, uint64_t size)
{
	bench_must(transfer_put(fd, bytes, size), "send");
}

void
peer_get(int fd, void *bytes, uint64_t size)
{
	bench_must(transfer_get(fd, bytes, size), "recv");
}

/* The other process, until there is nobody to serve. */
static _Noreturn void
serve(int fd, void *memory)
{
	union {
		struct peer_ask ask;
		char bytes[PEER_PING];
	} ping;
	bool served = true;

	while (served &&
	       recv(fd, &ping, sizeof(ping), MSG_WAITALL) == sizeof(ping)) {
		struct peer_ask ask = ping.ask;

		served =
		    (ask.taken == 0 || transfer_get(fd, memory, ask.taken)) &&
		    transfer_put(fd, memory, ask.answered);
	}
	_exit(0);
}

void
peer_start(struct peer *peer, uint64_t size)
{
	int fds[2];

	peer->size = MAX(size, (uint64_t)PEER_PING);
	bench_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0,
	    "socketpair");
	peer->pid = fork();
	bench_must(peer->pid >= 0, "fork");
	if (peer->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		serve(fds[1], peer_memory(peer->size));
	}
	close(fds[1]);
	peer->fd = fds[0];
	peer->memory = peer_memory(peer->size);
}

void
peer_stop(struct peer *peer)
{
	close(peer->fd);
	waitpid(peer->pid, NULL, 0);
	peer_memory_free(peer->memory, peer->size);
}

void
peer_call(struct peer *peer, uint64_t sent, uint64_t received)
{
	union {
		struct peer_ask ask;
		char bytes[PEER_PING];
	} ping = { .ask = { .taken = sent, .answered = received } };
	struct iovec parts[] = {
		{ &ping, sizeof(ping) },
		{ peer->memory, sent },
	};
	struct msghdr message = { .msg_iov = parts,
		.msg_iovlen = sent > 0 ? 2 : 1 };
	ssize_t n = sendmsg(peer->fd, &message, MSG_NOSIGNAL);

	bench_must(n >= (ssize_t)sizeof(ping), "sendmsg");
	if ((uint64_t)n < sizeof(ping) + sent)
		peer_put(peer->fd, (char *)peer->memory + n - sizeof(ping),
		    sizeof(ping) + sent - (uint64_t)n);
	peer_get(peer->fd, peer->memory, received);
}

void
peer_ping(void *peer)
{
	peer_call(peer, 0, PEER_PING);
}
