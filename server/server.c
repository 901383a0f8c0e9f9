#include "server/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "server/port.h"
#include "server/request.h"
#include "server/vm/vm_check.h"

enum {
	REAP_STEPS = 512,   /* of what is dead, in a turn */
	WARM_FRAMES = 4096, /* idle ones that are kept: 16 MiB */
};

static const double ACCEPT_AGAIN = 0.1; /* seconds */
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

/* Everybody who is busy has a share. Who has more left queues up again. */
static void
serve_busy(struct server *server)
{
	struct connection *last = TAILQ_LAST(&server->busy, busy_connections);
	struct connection *connection = NULL;

	while (connection != last) {
		connection = TAILQ_FIRST(&server->busy);
		connection_continue(connection);
	}
}

/* The end of a turn: before the loop waits again. */
static void
on_turn(struct ev_loop *loop, ev_prepare *watcher, int events)
{
	struct server *server = watcher->data;
	bool more;

	(void)events;
	serve_busy(server);
	more = vm_machine_reap(&server->vm, REAP_STEPS);
	if (!more && TAILQ_EMPTY(&server->busy))
		ev_idle_stop(loop, &server->awake);
	if (server->vm.pages.warm_count > WARM_FRAMES &&
	    !ev_is_active(&server->trim)) {
		ev_timer_set(&server->trim, TRIM_AFTER, TRIM_EVERY);
		ev_timer_start(loop, &server->trim);
	}
}

static void
on_trim(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct server *server = watcher->data;

	(void)events;
	if (!vm_page_pool_trim(&server->vm.pages, WARM_FRAMES))
		ev_timer_stop(loop, watcher);
}

static void
on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)loop, (void)events;
	log_debug("signal %d: good-bye", watcher->signum);
	server_stop(watcher->data);
}

static void
on_accept_again(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct server *server = watcher->data;

	(void)events;
	ev_timer_stop(loop, watcher);
	ev_io_start(loop, &server->accept);
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
	ev_timer_set(&server->accept_again, ACCEPT_AGAIN, 0.);
	ev_timer_start(loop, &server->accept_again);
}

static void
watch_all(struct server *server)
{
	ev_io_init(&server->accept, on_accept, server->fd, EV_READ);
	ev_timer_init(&server->accept_again, on_accept_again, 0., 0.);
	ev_timer_init(&server->trim, on_trim, 0., 0.);
	ev_signal_init(&server->terminate, on_signal, SIGTERM);
	ev_signal_init(&server->interrupt, on_signal, SIGINT);
	ev_prepare_init(&server->turn, on_turn);
	ev_idle_init(&server->awake, on_awake);
	server->accept.data = server->accept_again.data = server;
	server->trim.data = server->turn.data = server;
	server->terminate.data = server->interrupt.data = server;

	ev_io_start(server->loop, &server->accept);
	ev_signal_start(server->loop, &server->terminate);
	ev_signal_start(server->loop, &server->interrupt);
	ev_prepare_start(server->loop, &server->turn);
}

int
server_init(struct server *server, uint64_t memory, int fd,
    const struct personality *personality)
{
	int r;

	memset(server, 0, sizeof(*server));
	server->fd = fd;
	server->personality = personality;
	LIST_INIT(&server->connections);
	TAILQ_INIT(&server->busy);
	r = vm_machine_init(&server->vm, memory, 0);
	if (r < 0) {
		close(fd);
		return r;
	}
	server->loop = ev_default_loop(EVFLAG_AUTO);
	server->host = port_new(PORT_HOST, NULL);
	server->host_priv = port_new(PORT_HOST_PRIV, NULL);
	server->input = malloc(SERVER_INPUT);
	server->arena = malloc(SERVER_ARENA);
	server->out = calloc(MSG_DESCRIPTORS_MAX, sizeof(*server->out));
	if (!server->loop || !server->host || !server->host_priv ||
	    !server->input || !server->arena || !server->out) {
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

bool
server_deinit(struct server *server)
{
	bool empty;

	while (!LIST_EMPTY(&server->connections))
		connection_free(LIST_FIRST(&server->connections));
	port_unref(server->host);
	port_unref(server->host_priv);
	empty = is_empty(server);
	if (empty)
		vm_machine_deinit(&server->vm);
	if (server->loop)
		ev_loop_destroy(server->loop);
	free(server->input);
	free(server->arena);
	free(server->out);
	free(server->spare);
	close(server->fd);
	return empty;
}
