#include "client/vmctl/recorder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/vmctl/capture.h"
#include "client/vmctl/relay.h"
#include "common/address.h"
#include "common/cleanup.h"

enum {
	QUIET = 1000, /* milliseconds after which nothing more is expected */
	BACKLOG = 64,
};

struct recorded_connection {
	TAILQ_ENTRY(recorded_connection) link;
	struct relay *relay;
};

/* --- Beginning -------------------------------------------------------- */

/* -1: errno tells why. */
static int
connect_to(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address,
			   sizeof(*address)) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

const char *
recorder_find(struct recorder *recorder)
{
	int r = address_default(&recorder->daemon, NULL);
	int fd;

	if (r < 0)
		return address_error(r);
	fd = connect_to(&recorder->daemon);
	if (fd < 0)
		return strerror(errno);
	close(fd);
	return NULL;
}

/* A folder for this user alone, and a socket's address in it. */
static const char *
make_folder(struct recorder *recorder)
{
	const char *around = getenv("XDG_RUNTIME_DIR");
	char path[sizeof(recorder->folder) + 16];

	if (!around || access(around, W_OK) < 0)
		around = "/tmp";
	if (snprintf(recorder->folder, sizeof(recorder->folder),
		"%s/vmctl-record-XXXXXX",
		around) >= (int)sizeof(recorder->folder) - 8)
		return address_error(-ENAMETOOLONG);
	if (!mkdtemp(recorder->folder)) {
		recorder->folder[0] = '\0';
		return strerror(errno);
	}
	snprintf(path, sizeof(path), "%s/vmd", recorder->folder);
	address_set(&recorder->own, path);
	return NULL;
}

const char *
recorder_open(struct recorder *recorder, FILE *capture)
{
	const char *why = make_folder(recorder);

	recorder->capture = capture;
	TAILQ_INIT(&recorder->connections);
	if (why)
		return why;
	recorder->listener =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (recorder->listener < 0 ||
	    bind(recorder->listener, (struct sockaddr *)&recorder->own,
		sizeof(recorder->own)) < 0 ||
	    listen(recorder->listener, BACKLOG) < 0)
		return strerror(errno);
	capture_begin(capture);
	return NULL;
}

/* --- Connections ------------------------------------------------------ */

static void
hang_up(struct recorder *recorder, struct recorded_connection *connection)
{
	TAILQ_REMOVE(&recorder->connections, connection, link);
	recorder->count--;
	relay_free(connection->relay);
	free(connection);
}

/* One that the daemon cannot be had for is hung up. */
static void
add_connection(struct recorder *recorder, int client)
{
	struct recorded_connection *connection = calloc(1, sizeof(*connection));
	int daemon = connection ? connect_to(&recorder->daemon) : -1;

	if (daemon < 0)
		close(client);
	else
		connection->relay = relay_new(recorder->capture,
		    recorder->last + 1, client, daemon);
	if (!connection || !connection->relay) {
		free(connection);
		return;
	}
	recorder->last++;
	recorder->count++;
	TAILQ_INSERT_TAIL(&recorder->connections, connection, link);
}

static void
accept_all(struct recorder *recorder)
{
	int fd;

	while (
	    (fd = accept4(recorder->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		add_connection(recorder, fd);
}

static void
work_all(struct recorder *recorder)
{
	struct recorded_connection *next, *at;

	for (at = TAILQ_FIRST(&recorder->connections); at; at = next) {
		next = TAILQ_NEXT(at, link);
		if (!relay_work(at->relay))
			hang_up(recorder, at);
	}
}

/* Whom to wait for: signals, the listener, and two of each connection. NULL: no
 * memory. */
static struct pollfd *
wanted(const struct recorder *recorder, int signals, nfds_t *count)
{
	struct recorded_connection *connection;
	struct pollfd *fds;
	nfds_t n = 0;

	fds = calloc(2 + 2 * (size_t)recorder->count, sizeof(*fds));
	if (!fds)
		return NULL;
	fds[n++] = (struct pollfd){ .fd = signals, .events = POLLIN };
	fds[n++] =
	    (struct pollfd){ .fd = recorder->listener, .events = POLLIN };
	TAILQ_FOREACH(connection, &recorder->connections, link) {
		relay_want(connection->relay, fds + n);
		n += 2;
	}
	*count = n;
	return fds;
}

/* --- The process ------------------------------------------------------ */

/* Has the child ended? Other signals are for it; an interrupt it has had from
 * the terminal itself. */
static bool
take_signals(int signals, pid_t child, int *status)
{
	struct signalfd_siginfo signal;

	while (
	    read(signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal))
		if (signal.ssi_signo == SIGTERM || signal.ssi_signo == SIGHUP)
			kill(child, (int)signal.ssi_signo);
	return waitpid(child, status, WNOHANG) == child;
}

int
recorder_run(struct recorder *recorder, pid_t child, int signals)
{
	bool has_ended = false;
	int status = 0, ready = 1;

	while (!has_ended || (recorder->count > 0 && ready > 0)) {
		nfds_t count;
		_cleanup_(freep) struct pollfd *fds =
		    wanted(recorder, signals, &count);

		if (!fds) {
			poll(NULL, 0, QUIET);
			continue;
		}
		ready = poll(fds, count, has_ended ? QUIET : -1);
		if (ready < 0 && errno != EINTR)
			break;
		accept_all(recorder);
		work_all(recorder);
		if (!has_ended)
			has_ended = take_signals(signals, child, &status);
		if (has_ended)
			accept_all(recorder);
	}
	return status;
}

void
recorder_close(struct recorder *recorder)
{
	struct recorded_connection *connection;

	while ((connection = TAILQ_FIRST(&recorder->connections)))
		hang_up(recorder, connection);
	if (recorder->listener > 0)
		close(recorder->listener);
	if (recorder->own.sun_path[0] != '\0')
		unlink(recorder->own.sun_path);
	if (recorder->folder[0] != '\0')
		rmdir(recorder->folder);
}
