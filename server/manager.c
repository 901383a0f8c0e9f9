#include "server/manager.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"

/* Seconds between signs of life: epoll_wait() takes what is a minute for ever. */
static const ev_tstamp MOST = 30.;

/* 0: not one that is understood. A name with @ has no file. */
static socklen_t
parse_address(const char *text, struct sockaddr_un *address)
{
	size_t length = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || length < 2 ||
	    length >= sizeof(address->sun_path))
		return 0;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, text, length);
	if (text[0] == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

static int
connect_to(const char *text)
{
	struct sockaddr_un address;
	socklen_t size = parse_address(text, &address);
	int fd;

	if (size == 0) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, size) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* Half of the time that the manager waits for a sign of life, or less; 0: it
 * does not, or not for this process. */
static ev_tstamp
half_of_patience(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	const char *microseconds = getenv("WATCHDOG_USEC");
	long long patience = microseconds ? atoll(microseconds) : 0;

	if (!pid || atoll(pid) != getpid() || patience <= 0)
		return 0.;
	return MIN((ev_tstamp)patience / 2e6, MOST);
}

void
manager_init(struct manager *manager)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*manager = (struct manager){ .fd = -1, .every = half_of_patience() };
	if (name && name[0] != '\0') {
		manager->fd = connect_to(name);
		if (manager->fd < 0)
			log_warning("$NOTIFY_SOCKET '%s': %s", name,
			    strerror(errno));
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
}

void
manager_deinit(struct manager *manager)
{
	if (manager->fd >= 0)
		close(manager->fd);
	manager->fd = -1;
}

void
manager_tell(const struct manager *manager, const char *format, ...)
{
	char text[512];
	va_list arguments;
	int n;

	if (manager->fd < 0)
		return;
	va_start(arguments, format);
	n = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= sizeof(text) ||
	    send(manager->fd, text, (size_t)n, MSG_NOSIGNAL) < 0)
		log_debug("the service manager was not told: %s", text);
}

static void
on_watchdog(struct ev_loop *loop, ev_timer *watcher, int events)
{
	(void)loop, (void)events;
	manager_tell(watcher->data, "WATCHDOG=1");
}

void
manager_watch(struct manager *manager, struct ev_loop *loop)
{
	if (manager->fd < 0 || manager->every <= 0.)
		return;
	ev_timer_init(&manager->watchdog, on_watchdog, 0., manager->every);
	manager->watchdog.data = manager;
	ev_timer_start(loop, &manager->watchdog);
}
