#include "client/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mach/vm_page_size.h>

#include "client/buffer.h"
#include "client/call.h"
#include "client/message.h"
#include "client/page_size.h"
#include "client/queue.h"
#include "client/reply.h"
#include "common/address.h"
#include "common/cleanup.h"
#include "common/msg.h"

static struct session session = {
	.sending = PTHREAD_MUTEX_INITIALIZER,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.fd = -1,
	.passed = -1,
	.calls = TAILQ_HEAD_INITIALIZER(session.calls),
	.messages = TAILQ_HEAD_INITIALIZER(session.messages),
	.receivers = TAILQ_HEAD_INITIALIZER(session.receivers),
	.waiters = TAILQ_HEAD_INITIALIZER(session.waiters),
};

/* Of all threads only the one that forked is in the child: whatever the others
 * were at, nobody is now. The connection is the parent's. */
static void
start_over(void)
{
	pthread_mutex_init(&session.sending, NULL);
	pthread_mutex_init(&session.lock, NULL);
	if (session.fd >= 0)
		close(session.fd);
	session.fd = -1;
	if (session.passed >= 0)
		close(session.passed);
	session.passed = -1;
	buffers_forked();
	session.state = SESSION_NONE;
	session.reading = false;
	session.input_start = session.input_end = 0;
	TAILQ_INIT(&session.calls);
	TAILQ_INIT(&session.receivers);
	TAILQ_INIT(&session.waiters);
	session.expected = 0;
	session.batches = 0;
	session.generation++;
	messages_free(&session);
}

static void
before_fork(void)
{
	pthread_mutex_lock(&session.lock);
	buffers_hold();
}

static void
after_fork(void)
{
	buffers_release();
	pthread_mutex_unlock(&session.lock);
}

__attribute__((constructor)) static void
watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, start_over);
}

/* A program learns no more from its call than that there is nobody: the person
 * before it is told why, once. */
static void
explain(const char *where, const char *why)
{
	static bool done;

	if (!done)
		fprintf(stderr, "vmd: cannot connect%s%s: %s\n",
		    where[0] != '\0' ? " to " : "", where, why);
	done = true;
}

static bool
transfer(int fd, void *bytes, size_t size, bool out)
{
	while (size > 0) {
		ssize_t n = out ? send(fd, bytes, size, MSG_NOSIGNAL)
				: recv(fd, bytes, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes = (char *)bytes + n;
		size -= (size_t)n;
	}
	return true;
}

/* By the name in $VMD_PERSONALITY; 0: whatever the daemon's is. */
static uint32_t
wanted_personality(void)
{
	static const char *const names[] = { "", "osf", "xnu", "gnu" };
	const char *name = getenv("VMD_PERSONALITY");

	for (uint32_t i = 0; name && i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return name ? UINT32_MAX : 0;
}

/* Of connections. */
static const char too_many[] = "the daemon takes no more of this user";

static const char *
greet(int fd)
{
	struct msg_hello hello = {
		.magic = MSG_MAGIC,
		.version = MSG_VERSION,
		.personality = wanted_personality(),
		.page_size = page_size_wanted(),
	};
	struct msg_welcome welcome;

	/* One that takes nobody says so and hangs up, and hears nothing. */
	transfer(fd, &hello, sizeof(hello), true);
	if (!transfer(fd, &welcome, sizeof(welcome), false))
		return "the daemon hung up";
	if (welcome.magic != MSG_MAGIC)
		return "that is no vmd";
	if (welcome.code == KERN_RESOURCE_SHORTAGE)
		return too_many;
	if (welcome.code == KERN_NOT_SUPPORTED)
		return "the daemon speaks another version";
	if (welcome.code != KERN_SUCCESS)
		return "the daemon knows no such $VMD_PERSONALITY, or "
		       "$VMD_PAGE_SIZE";
	if (welcome.page_size < vm_kernel_page_size ||
	    welcome.page_size > PAGE_SIZE_MOST ||
	    (welcome.page_size & (welcome.page_size - 1)) != 0)
		return "that is no vmd";
	page_size_set(welcome.page_size);
	return NULL;
}

static int
open_socket(const struct sockaddr_un *address, const char **why)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*why = NULL;
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		*why = strerror(errno);
	if (!*why)
		*why = greet(fd);
	if (!*why)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The caller holds `sending`. */
static kern_return_t
session_open(void)
{
	struct sockaddr_un address;
	const char *why;
	int r = address_default(&address, NULL);

	if (r < 0) {
		explain("", address_error(r));
		return MACH_SEND_INVALID_DEST;
	}
	if (!session.input)
		session.input = malloc(SESSION_INPUT);
	if (!session.input)
		return MACH_SEND_INVALID_DEST;
	session.fd = open_socket(&address, &why);
	if (session.fd < 0) {
		explain(address.sun_path, why);
		return why == too_many ? KERN_RESOURCE_SHORTAGE
				       : MACH_SEND_INVALID_DEST;
	}
	session.state = SESSION_OPEN;
	return KERN_SUCCESS;
}

struct session *
session_send(kern_return_t *code)
{
	pthread_mutex_lock(&session.sending);
	pthread_mutex_lock(&session.lock);
	*code = session.state == SESSION_OPEN ? KERN_SUCCESS
					      : MACH_SEND_INVALID_DEST;
	if (session.state == SESSION_NONE)
		*code = session_open();
	session.crowded = session.batches > 0;
	if (*code == KERN_SUCCESS)
		return &session;
	pthread_mutex_unlock(&session.lock);
	pthread_mutex_unlock(&session.sending);
	return NULL;
}

kern_return_t
session_connect(void)
{
	kern_return_t code;
	struct session *s = session_send(&code);

	if (s) {
		pthread_mutex_unlock(&s->lock);
		session_sent(s);
	}
	return code;
}

struct session *
session_get(void)
{
	return &session;
}

void
session_sent(struct session *s)
{
	pthread_mutex_unlock(&s->sending);
}

void
session_wait(struct session *s, struct waiter *waiter)
{
	TAILQ_INSERT_TAIL(&s->waiters, waiter, link);
	waiter->waiting = true;
	pthread_cond_wait(&waiter->wake, &s->lock);
	waiter->waiting = false;
	TAILQ_REMOVE(&s->waiters, waiter, link);
}

void
session_wake(struct waiter *waiter)
{
	if (waiter->waiting)
		pthread_cond_signal(&waiter->wake);
}

void
session_doom(struct session *s)
{
	s->state = SESSION_DEAD;
	shutdown(s->fd, SHUT_RDWR);
}

void
session_die(struct session *s)
{
	struct call *call;

	session_doom(s);
	while ((call = TAILQ_FIRST(&s->calls))) {
		if (call->queue) {
			queue_die(s, call);
			continue;
		}
		TAILQ_REMOVE(&s->calls, call, link);
		reply_answer(call, MIG_SERVER_DIED);
	}
	receivers_wake(s);
}
