#include "server/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "server/call.h"
#include "server/fiber.h"
#include "server/monitor.h"
#include "server/port.h"
#include "server/subsystem.h"
#include "server/vm/vm_check.h"

enum {
	REAP_STEPS = 256,   /* of what is dead, at once */
	WARM_FRAMES = 4096, /* idle ones that are kept: 16 MiB */

	/* Microseconds. */
	TURN = 2000,      /* that the busy have before events are asked for */
	SHARE_MOST = 500, /* of it, for one of few, */
	SHARE_LEAST = 50, /* and of many */
	REAP = 500,
};

static const double AGAIN = 0.1; /* seconds */
static const double JUDGE_EVERY = 0.5;
static const double JUDGE_MORE = 0.002;
static const double TRIM_AFTER = 1.0;
static const double TRIM_EVERY = 0.01;

void
server_wake(struct server *server)
{
	ev_idle_start(server->loop, &server->awake);
}

/* The idle watcher has done its work by being there: the loop does not wait. */
static void
on_awake(struct ev_loop *loop, ev_idle *watcher, int events)
{
	(void)loop, (void)watcher, (void)events;
}

/* --- Turns ------------------------------------------------------------- */

static uint64_t
microseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t
now_in_microseconds(void)
{
	return microseconds(CLOCK_MONOTONIC);
}

bool
server_is_over(const struct server *server)
{
	return now_in_microseconds() >= server->over;
}

/* A part of some time for one of so many, but not too little. */
static uint64_t
share(uint64_t time, uint32_t count, uint64_t most)
{
	if (count > 1)
		time = MAX(time / count, (uint64_t)SHARE_LEAST);
	return MIN(time, most);
}

void
server_set_slice(struct server *server, uint32_t slice)
{
	enum { TICKS = 256 };

	server->slice = slice;
	server->vm.ticks_most = slice > 0 ? TICKS : 0;
}

/*
 * Something took from `start` until now, which is returned. The system may have
 * had others run meanwhile: what is long took no longer than the loop has run
 * since that was last looked at, which is dear to know, and not done for all
 * that is short.
 */
static uint64_t
note_time(struct server *server, uint64_t start)
{
	enum { LONG = 100, SHORT_ONES = 16 };
	uint64_t now = now_in_microseconds(), took = now - start, ran;

	if (took > LONG || ++server->short_ones == SHORT_ONES) {
		ran = microseconds(CLOCK_THREAD_CPUTIME_ID);
		took = MIN(took, ran - server->ran);
		server->ran = ran;
		server->short_ones = 0;
	}
	server->longest = MAX(server->longest, took);
	return now;
}

/* Each busy connection of a user has a share of the user's, once, as far as that
 * goes. Returns when that is. */
static uint64_t
serve_user(struct server *server, struct user *user, uint64_t now)
{
	struct connection *last = TAILQ_LAST(&user->busy, user_busy);
	uint64_t time = share(TURN, server->busy_count, TURN);
	uint64_t end = now + time;
	struct connection *connection = NULL;

	while (connection != last && now < end && user->busy_count > 0) {
		connection = TAILQ_FIRST(&user->busy);
		server->over =
		    now + share(time, user->busy_count, server->slice);
		connection_turn(connection);
		now = note_time(server, now);
	}
	return now;
}

/* Every user has a share, as far as the turn goes. Who has more to do queues up
 * again. */
static void
serve_busy(struct server *server)
{
	struct user *last = TAILQ_LAST(&server->busy, busy_users);
	uint64_t now = now_in_microseconds(), end = now + TURN;
	struct user *user = NULL;

	while (user != last && now < end && server->busy_count > 0) {
		user = TAILQ_FIRST(&server->busy);
		TAILQ_REMOVE(&server->busy, user, busy_link);
		TAILQ_INSERT_TAIL(&server->busy, user, busy_link);
		now = serve_user(server, user, now);
	}
}

/* Those whose users have less that waits. True: there are more. */
static bool
resume_paused(struct server *server)
{
	enum { AT_ONCE = 64 };
	struct connection *connection;

	for (unsigned i = 0; i < AT_ONCE; i++) {
		connection = users_next_paused(&server->users);
		if (!connection)
			return false;
		connection_resume(connection);
	}
	return true;
}

/* True: there is more to be freed. */
static bool
reap(struct server *server)
{
	uint64_t start = now_in_microseconds(), now = start;
	bool more = true;

	while (more && now < start + REAP) {
		uint32_t steps = REAP_STEPS;

		more = connections_reap(server, &steps);
		if (ports_reap(&steps))
			more = true;
		if (vm_machine_reap(&server->vm, steps))
			more = true;
		now = now_in_microseconds();
	}
	note_time(server, start);
	return more;
}

/* Nothing is to be done any more. What has been freed goes back to the system,
 * if it is not needed again soon. */
static void
rest(struct server *server)
{
	ev_idle_stop(server->loop, &server->awake);
	if (ev_is_active(&server->trim))
		return;
	ev_timer_set(&server->trim, TRIM_AFTER, TRIM_EVERY);
	ev_timer_start(server->loop, &server->trim);
}

/* The end of a turn: before the loop waits again. */
static void
on_turn(struct ev_loop *loop, ev_prepare *watcher, int events)
{
	struct server *server = watcher->data;
	bool more = false;

	(void)loop, (void)events;
	if (!TAILQ_EMPTY(&server->busy))
		serve_busy(server);
	if (ev_is_active(&server->awake))
		more = reap(server);
	while (!TAILQ_EMPTY(&server->told))
		connection_deliver(TAILQ_FIRST(&server->told));
	if (resume_paused(server))
		more = true;
	if (more || !TAILQ_EMPTY(&server->busy))
		server_wake(server);
	else if (ev_is_active(&server->awake))
		rest(server);
}

/* --- The slow ---------------------------------------------------------- */

void
server_watch_slow(struct server *server)
{
	if (ev_is_active(&server->judge))
		return;
	ev_timer_set(&server->judge, JUDGE_EVERY, JUDGE_EVERY);
	ev_timer_start(server->loop, &server->judge);
}

/* The first of them has been slow for the longest time. To hang up takes some
 * time, too. */
static void
on_judge(struct ev_loop *loop, ev_timer *watcher, int events)
{
	enum { JUDGED_AT_ONCE = 32 };
	struct server *server = watcher->data;
	double now = ev_now(loop);
	struct connection *first = NULL;

	(void)events;
	for (int i = 0; i < JUDGED_AT_ONCE; i++) {
		first = TAILQ_FIRST(&server->slow);
		if (!first || now - first->since < server->patience)
			break;
		connection_judge(first, now);
		first = NULL;
	}
	if (TAILQ_EMPTY(&server->slow)) {
		ev_timer_stop(loop, watcher);
		return;
	}
	watcher->repeat = first ? JUDGE_EVERY : JUDGE_MORE;
	ev_timer_again(loop, watcher);
}

static void
on_trim(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct server *server = watcher->data;

	(void)events;
	if (!vm_machine_trim(&server->vm, WARM_FRAMES))
		ev_timer_stop(loop, watcher);
}

static void
on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)loop, (void)events;
	log_debug("signal %d: good-bye", watcher->signum);
	server_stop(watcher->data);
}

/* --- Configuration ----------------------------------------------------- */

static void
complain(const char *text)
{
	log_error("%s", text);
}

bool
server_configure(struct server *server, const char *path, bool optional,
    const struct limits_said *asked)
{
	struct config config;

	config_init(&config);
	server->config_path = path;
	server->config_optional = optional;
	server->limits_asked = *asked;
	if (path && !config_read(&config, path, optional, complain))
		return false;
	users_configure(&server->users, &config, asked);
	return true;
}

static void
on_hangup(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct server *server = watcher->data;
	struct limits_said asked = server->limits_asked;

	(void)loop, (void)events;
	if (!server->config_path)
		log_info("there is no configuration file to read again");
	else if (server_configure(server, server->config_path,
		     server->config_optional, &asked))
		log_info("%s was read again", server->config_path);
	else
		log_error("%s is wrong: limits stay as they were",
		    server->config_path);
}

/* --- Connections ------------------------------------------------------- */

void
server_retry_later(struct server *server)
{
	if (ev_is_active(&server->again))
		return;
	ev_timer_set(&server->again, AGAIN, 0.);
	ev_timer_start(server->loop, &server->again);
}

static void
on_again(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct server *server = watcher->data;
	struct connection *connection;

	(void)events;
	ev_timer_stop(loop, watcher);
	ev_io_start(loop, &server->accept);
	LIST_FOREACH(connection, &server->connections, link)
		connection_retry(connection);
}

/* Is it the system that has no more to give, so that trying again at once would
 * be in vain? */
static bool
is_exhausted(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	       error == ENOBUFS;
}

static void
on_accept(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct server *server = watcher->data;
	int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int r = fd < 0 ? -errno : connection_new(server, fd);

	(void)events;
	if (r == 0 || !is_exhausted(-r))
		return;
	log_warning("cannot take a connection: %s", strerror(-r));
	ev_io_stop(loop, watcher);
	server_retry_later(server);
}

static void
watch_all(struct server *server)
{
	ev_io_init(&server->accept, on_accept, server->fd, EV_READ);
	ev_timer_init(&server->again, on_again, 0., 0.);
	ev_timer_init(&server->judge, on_judge, 0., 0.);
	ev_timer_init(&server->trim, on_trim, 0., 0.);
	ev_signal_init(&server->terminate, on_signal, SIGTERM);
	ev_signal_init(&server->interrupt, on_signal, SIGINT);
	ev_signal_init(&server->hangup, on_hangup, SIGHUP);
	ev_prepare_init(&server->turn, on_turn);
	ev_idle_init(&server->awake, on_awake);
	server->accept.data = server->again.data = server;
	server->judge.data = server;
	server->trim.data = server->turn.data = server;
	server->terminate.data = server->interrupt.data = server;
	server->hangup.data = server;

	ev_io_start(server->loop, &server->accept);
	ev_signal_start(server->loop, &server->terminate);
	ev_signal_start(server->loop, &server->interrupt);
	ev_signal_start(server->loop, &server->hangup);
	ev_prepare_start(server->loop, &server->turn);
}

/* That there are descriptors for, beside those of the daemon's own. */
static uint64_t
most_connections(void)
{
	enum { OWN = 32 };
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= OWN)
		return 1;
	return MIN((uint64_t)limit.rlim_cur - OWN, (uint64_t)INT32_MAX);
}

int
server_init(struct server *server, uint64_t memory, int fd,
    const struct personality *personality)
{
	bool registry;
	int r;

	memset(server, 0, sizeof(*server));
	server->fd = fd;
	server->personality = personality;
	server->page_size = VM_PAGE_SIZE;
	server->patience = SERVER_PATIENCE;
	LIST_INIT(&server->connections);
	LIST_INIT(&server->gone);
	TAILQ_INIT(&server->busy);
	TAILQ_INIT(&server->slow);
	TAILQ_INIT(&server->told);
	r = vm_machine_init(&server->vm, memory, 0);
	if (r < 0) {
		close(fd);
		return r;
	}
	subsystems_init();
	users_init(&server->users, &server->vm, most_connections());
	server->loop = ev_default_loop(EVFLAG_AUTO);
	server->host = port_new(PORT_HOST, NULL);
	server->host_priv = port_new(PORT_HOST_PRIV, NULL);
	registry = registry_init(&server->registry);
	server->input = malloc(SERVER_INPUT);
	server->spare_call = malloc(sizeof(*server->spare_call));
	server->vm.pause = call_tick;
	server->vm.pause_context = server;
	server_set_slice(server, SERVER_SLICE);
	if (!server->loop || !server->host || !server->host_priv || !registry ||
	    !server->input || !server->spare_call) {
		server_deinit(server);
		return -ENOMEM;
	}
	watch_all(server);
	return 0;
}

void
server_run(struct server *server)
{
	ev_run(server->loop, 0);
}

void
server_stop(struct server *server)
{
	ev_break(server->loop, EVBREAK_ALL);
}

/* With everybody gone, nothing may be left. */
static bool
is_empty(struct server *server)
{
	const struct vm_machine *vm = &server->vm;
	const char *complaint = vm_check(&server->vm);

	if (complaint)
		log_error("at the end: %s", complaint);
	if (!LIST_EMPTY(&vm->maps) || vm->entries.used > 0 ||
	    vm->objects.used > 0 || vm->pieces.used > 0 ||
	    vm->mappings.used > 0 || vm->nodes.used > 0 || vm->pages.used > 0) {
		log_error("at the end, left over: %u entries, %u objects, "
			  "%u pieces, %u mappings, %u nodes, %u pages",
		    vm->entries.used, vm->objects.used, vm->pieces.used,
		    vm->mappings.used, vm->nodes.used, vm->pages.used);
		return false;
	}
	return complaint == NULL;
}

/* Calls that have paused go on to their ends. */
static void
end_calls(struct server *server)
{
	struct connection *connection;

	server->closing = true;
	while (server->paused > 0) {
		LIST_FOREACH(connection, &server->connections, link) {
			struct call *call = connection->call;

			if (call && !call->waiting)
				call_resume(call);
		}
	}
}

bool
server_deinit(struct server *server)
{
	uint32_t all = UINT32_MAX;
	bool empty;

	end_calls(server);
	while (!LIST_EMPTY(&server->connections))
		connection_free(LIST_FIRST(&server->connections));
	connections_reap(server, &all);
	registry_deinit(&server->registry);
	port_unref(server->host);
	port_unref(server->host_priv);
	all = UINT32_MAX;
	ports_reap(&all);
	while (vm_machine_reap(&server->vm, UINT32_MAX))
		continue;
	empty = is_empty(server);
	empty = users_deinit(&server->users) && empty;
	if (empty)
		vm_machine_deinit(&server->vm);
	if (server->loop)
		ev_loop_destroy(server->loop);
	free(server->input);
	monitor_free(server->monitor);
	free(server->spare_call);
	free(server->spare);
	fiber_cleanup();
	close(server->fd);
	return empty;
}
