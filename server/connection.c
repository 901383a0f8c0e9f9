#include "server/connection.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/undefined.h"
#include "server/call.h"
#include "server/notify.h"
#include "server/peer.h"
#include "server/port_notify.h"
#include "server/server.h"
#include "server/user.h"
#include "server/vm/personality.h"
#include "server/vm/vm_map_copy.h"
#include "server/window.h"

enum {
	TURN_REQUESTS = 64,        /* served of one connection in a turn */
	CALLS_MOST = 64,           /* of a user, that have paused: each has a
				       stack of its own */
	READ_AT_ONCE = 256 * 1024, /* bytes of data, and frames for them */
	OUT_ENOUGH = 256 * 1024,   /* queued: nothing more is read */
	PARTS = 256,               /* of one recvmsg */
	MOVED_LEAST = 64 * 1024,   /* bytes, in server::patience */
};

static_assert(SERVER_INPUT >= 2 * (MSG_BODY_MAX + 4096), "a message fits");

/* --- Turns ------------------------------------------------------------- */

static void
set_busy(struct connection *connection, bool busy)
{
	struct user *user = connection->user;
	struct server *server = connection->server;

	if (busy == connection->busy)
		return;
	connection->busy = busy;
	if (busy) {
		TAILQ_INSERT_TAIL(&user->busy, connection, busy_link);
		if (user->busy_count++ == 0) {
			TAILQ_INSERT_TAIL(&server->busy, user, busy_link);
			server->busy_count++;
		}
	} else {
		TAILQ_REMOVE(&user->busy, connection, busy_link);
		if (--user->busy_count == 0) {
			TAILQ_REMOVE(&server->busy, user, busy_link);
			server->busy_count--;
		}
	}
}

static void
set_watched(struct connection *connection, ev_io *watcher, bool watched)
{
	if (watched)
		ev_io_start(connection->server->loop, watcher);
	else
		ev_io_stop(connection->server->loop, watcher);
}

/* Is there something that the other side has begun, or is to take? */
static bool
is_slow(const struct connection *connection)
{
	bool begun = !connection->welcome || connection->data_left > 0 ||
		     (connection->rest_size > 0 && !connection->more);

	return (begun && !connection->paused) || connection->out_size > 0;
}

static void
set_slow(struct connection *connection, bool slow)
{
	struct server *server = connection->server;

	if (slow == connection->slow)
		return;
	connection->slow = slow;
	if (!slow) {
		TAILQ_REMOVE(&server->slow, connection, slow_link);
		return;
	}
	connection->moved = 0;
	connection->since = ev_now(server->loop);
	TAILQ_INSERT_TAIL(&server->slow, connection, slow_link);
	server_watch_slow(server);
}

void
connection_judge(struct connection *connection, double now)
{
	struct server *server = connection->server;

	if (now - connection->since < server->patience)
		return;
	if (connection->call || connection->busy ||
	    connection->moved >= MOVED_LEAST) {
		set_slow(connection, false);
		set_slow(connection, true);
		return;
	}
	log_debug("a connection is closed: it has moved %llu bytes in %g s",
	    (unsigned long long)connection->moved, now - connection->since);
	connection_free(connection);
}

/* Is room reserved for what is to come of a message? */
static bool
has_begun(const struct connection *connection)
{
	return connection->reserved > connection->rest_size;
}

/* May its requests be served, or be read, as far as its user goes? */
static bool
may_go_on(const struct connection *connection)
{
	if (connection->more)
		return user_may_be_served(connection->user);
	return user_may_be_read(connection->user, has_begun(connection));
}

static void
set_paused(struct connection *connection, bool paused)
{
	if (paused == connection->paused)
		return;
	connection->paused = paused;
	if (paused)
		user_pause(connection->user, connection);
	else
		user_resume(connection->user, connection);
}

/* Goes on taking requests while little is queued, and sending while anything
 * is. */
static void
watch(struct connection *connection)
{
	bool paused = connection->call != NULL;
	bool room = connection->out_size < OUT_ENOUGH && !paused;
	bool open = room && may_go_on(connection);
	bool starved = connection->starved;

	set_paused(connection,
	    room && !open && (connection->more || !connection->ended));
	set_busy(connection, (open && connection->more) ||
				 (paused && !connection->call->waiting));
	set_slow(connection, is_slow(connection));
	set_watched(connection, &connection->readable,
	    open && !starved && !connection->more && !connection->ended);
	set_watched(connection, &connection->writable,
	    !starved && connection->out_size > 0);
}

void
connection_retry(struct connection *connection)
{
	if (!connection->starved)
		return;
	connection->starved = false;
	watch(connection);
}

void
connection_resume(struct connection *connection)
{
	set_paused(connection, false);
	watch(connection);
}

/* --- Input ------------------------------------------------------------ */

/* What is reserved may mean something some day. */
static bool
is_for_today(const struct msg_hello *hello)
{
	static const uint32_t zeros[ARRAY_SIZE(hello->reserved)];

	return (hello->page_size == 0 || hello->page_size == VM_PAGE_SIZE ||
		   hello->page_size == SERVER_LARGE_PAGE) &&
	       memcmp(hello->reserved, zeros, sizeof(zeros)) == 0;
}

static bool
welcome(struct connection *connection, const struct msg_hello *hello)
{
	struct msg_welcome answer = {
		.magic = MSG_MAGIC,
		.version = MSG_VERSION,
		.page_size = hello->page_size != 0
				 ? hello->page_size
				 : connection->server->page_size,
		.body_max = MSG_BODY_MAX,
		.data_max = MSG_DATA_MAX,
	};
	const struct personality *personality =
	    hello->personality == 0 ? connection->server->personality
				    : personality_by_number(hello->personality);
	uint8_t *to;

	if (hello->version != MSG_VERSION)
		answer.code = KERN_NOT_SUPPORTED;
	else if (!personality || !is_for_today(hello))
		answer.code = KERN_INVALID_ARGUMENT;
	if (personality)
		answer.personality = personality_number(personality);
	to = connection_put(connection, sizeof(answer));
	if (to)
		memcpy(to, &answer, sizeof(answer));
	connection->personality = personality;
	connection->page_size = answer.page_size;
	return answer.code == KERN_SUCCESS;
}

/* The hello, at the start of `size` bytes. Returns its size; 0: it is not all
 * there yet; -EBADMSG: it is none, or the answer is no. */
static int
take_hello(struct connection *connection, const uint8_t *bytes, size_t size)
{
	struct msg_hello hello;

	if (size >= sizeof(hello.magic) &&
	    memcmp(bytes, &(uint32_t){ MSG_MAGIC }, sizeof(hello.magic)) != 0)
		return -EBADMSG;
	if (size < sizeof(hello))
		return 0;
	memcpy(&hello, bytes, sizeof(hello));
	if (!welcome(connection, &hello))
		return -EBADMSG;
	connection->welcome = true;
	return sizeof(hello);
}

/* Copies bytes that were read already to where the data go. */
static uint64_t
fill(struct vm_map_copy *data, const uint8_t *bytes, uint64_t size)
{
	struct iovec parts[PARTS];
	uint64_t done = 0;

	while (done < size) {
		int count = vm_map_copy_room(data, size - done, parts, PARTS);

		if (count == 0)
			break;
		for (int i = 0; i < count; i++) {
			memcpy(parts[i].iov_base, bytes + done,
			    parts[i].iov_len);
			done += parts[i].iov_len;
			vm_map_copy_filled(data, parts[i].iov_len);
		}
	}
	return done;
}

/* There was no memory for data. */
static void
drop_data(struct connection *connection)
{
	if (connection->data)
		users_refused(&connection->server->users);
	connection->data = vm_map_copy_free(connection->data);
}

/* So many bytes of data came, for which there may be no memory. */
static void
data_came(struct connection *connection, const uint8_t *bytes, uint64_t size)
{
	connection->data_left -= size;
	if (connection->data && fill(connection->data, bytes, size) < size)
		drop_data(connection);
}

/* Of the input that the user's connections may keep. */
static void
reserve(struct connection *connection, size_t size)
{
	if (size == connection->reserved)
		return;
	user_discharge(connection->user, LIMIT_INPUT, connection->reserved);
	connection->reserved = size;
	user_add(connection->user, LIMIT_INPUT, size);
}

/* For what is kept of input: all of the message at its start, if it says how
 * large that is. */
static void
reserve_rest(struct connection *connection)
{
	mach_msg_header_t header;
	size_t size = connection->rest_size;

	if (connection->welcome && size >= sizeof(header)) {
		memcpy(&header, connection->rest, sizeof(header));
		size = MAX(size, MIN(header.msgh_size, (size_t)SERVER_INPUT));
	}
	reserve(connection, size);
}

/* The message whose data are all there is served. */
static void
data_done(struct connection *connection)
{
	_cleanup_(freep) uint8_t *head = steal(&connection->head);
	struct vm_map_copy *data = steal(&connection->data);
	struct msg msg;

	reserve(connection, 0);
	msg_parse(&msg, MSG_REQUEST, head, connection->head_size);
	connection->call = call_start(connection, &msg, data, data == NULL);
}

/* A message with data behind it, of which some may be there. Returns the bytes
 * used, the message itself included, or -errno. */
static ssize_t
take_data(struct connection *connection, const struct msg *msg,
    const uint8_t *bytes, size_t head, size_t size)
{
	struct msg_descriptor d = msg_descriptor(msg, 0);
	uint64_t here = MIN(size - head, d.size);

	connection->data =
	    vm_map_copy_new(&connection->server->vm, d.offset & VM_PAGE_MASK);
	connection->data_left = d.size;
	data_came(connection, bytes + head, here);
	if (connection->data_left == 0) {
		struct vm_map_copy *data = steal(&connection->data);

		connection->call =
		    call_start(connection, msg, data, data == NULL);
		return (ssize_t)(head + here);
	}
	connection->head = malloc(head);
	if (!connection->head)
		return -ENOMEM;
	memcpy(connection->head, bytes, head);
	connection->head_size = head;
	reserve(connection, head);
	return (ssize_t)(head + here);
}

/* One message at the start of `size` bytes. Returns the bytes used; 0: it is
 * not all there yet; or -errno. */
static ssize_t
take_message(struct connection *connection, const uint8_t *bytes, size_t size)
{
	struct msg msg;
	int head;

	if (!connection->welcome)
		return take_hello(connection, bytes, size);
	head = msg_parse(&msg, MSG_REQUEST, bytes, size);
	if (head <= 0)
		return head;
	if (msg_data_size(&msg) > 0)
		return take_data(connection, &msg, bytes, (size_t)head, size);
	connection->call = call_start(connection, &msg, NULL, false);
	return head;
}

/* Keeps input that was not taken apart. */
static bool
keep_rest(struct connection *connection, const uint8_t *bytes, size_t size)
{
	if (size == 0)
		return true;
	connection->rest = malloc(size);
	if (!connection->rest)
		return false;
	memcpy(connection->rest, bytes, size);
	connection->rest_size = size;
	reserve_rest(connection);
	return true;
}

/* Serves a turn's worth of the `size` bytes in the server's input. */
static void
take(struct connection *connection, size_t size)
{
	const uint8_t *bytes = connection->server->input;
	unsigned requests = 0;
	ssize_t n = 1;

	while (size > 0 && connection->data_left == 0 &&
	       requests++ < TURN_REQUESTS && !connection->lost &&
	       !connection->call && connection->out_size < OUT_ENOUGH &&
	       user_may_be_served(connection->user) &&
	       (requests == 1 || !server_is_over(connection->server))) {
		n = take_message(connection, bytes, size);
		if (n <= 0)
			break;
		bytes += n;
		size -= (size_t)n;
	}
	if (n < 0) {
		log_debug("a connection is closed: %s", strerror((int)-n));
		connection->ended = true;
		return;
	}
	if (!keep_rest(connection, bytes, size))
		connection->lost = true;
	connection->more = n > 0 && size > 0;
}

/* Messages wait, too, while much is queued. */
static void
deliver(struct connection *connection)
{
	struct port_request *message;

	while (connection->out_size < OUT_ENOUGH && !connection->lost &&
	       (message = port_space_message(&connection->space))) {
		notify_put(connection, message);
		port_request_free(message);
	}
}

static void
set_told(struct connection *connection, bool told)
{
	struct server *server = connection->server;

	if (told == connection->told)
		return;
	connection->told = told;
	if (told) {
		TAILQ_INSERT_TAIL(&server->told, connection, told_link);
		server_wake(server);
	} else {
		TAILQ_REMOVE(&server->told, connection, told_link);
	}
}

static void
on_message(struct port_space *space)
{
	set_told(container_of(space, struct connection, space), true);
}

void
connection_deliver(struct connection *connection)
{
	set_told(connection, false);
	deliver(connection);
	if ((connection->out_size > 0 || connection->lost) &&
	    !connection->starved)
		set_watched(connection, &connection->writable, true);
}

/* The end of whatever was done for a connection: it may be its last. What was
 * asked in good order is answered even if nothing more can be. */
static void
finish(struct connection *connection)
{
	deliver(connection);
	if (!connection->lost && !connection->starved)
		connection_flush(connection);
	if (!connection->call &&
	    (connection->lost ||
		(connection->ended && connection->out_size == 0)))
		connection_free(connection);
	else
		watch(connection);
}

/* A turn, with `size` bytes in the server's input behind those kept. */
static void
run(struct connection *connection, size_t size)
{
	free(connection->rest);
	connection->rest = NULL;
	connection->rest_size = 0;
	reserve(connection, 0);
	take(connection, size);
	finish(connection);
}

/* What was kept goes to the start of the server's input. */
static size_t
restore_rest(struct connection *connection)
{
	memcpy(connection->server->input,
	    connection->rest ? connection->rest : connection->server->input,
	    connection->rest_size);
	return connection->rest_size;
}

/* Nothing was read. The other side may have said all it has to say, or be gone,
 * or it was but a false alarm. */
static void
read_nothing(struct connection *connection, ssize_t n)
{
	if (n == 0)
		connection->ended = true;
	else if (errno != EAGAIN && errno != EINTR &&
		 !connection_starves(connection, errno))
		connection->lost = true;
	finish(connection);
}

static void
read_messages(struct connection *connection)
{
	struct server *server = connection->server;
	size_t rest = restore_rest(connection);
	size_t room = user_may_be_read(connection->user, false)
			  ? SERVER_INPUT - rest
			  : connection->reserved - rest;
	ssize_t n;

	MEMORY_UNDEFINED(server->input + rest, SERVER_INPUT - rest);
	n = recv(connection->fd, server->input + rest, room, MSG_DONTWAIT);

	if (n <= 0) {
		read_nothing(connection, n);
		return;
	}
	connection->moved += (uint64_t)n;
	run(connection, rest + (size_t)n);
}

/* Data go straight to their frames. If there are none, they go nowhere. */
static void
read_data(struct connection *connection)
{
	struct iovec parts[PARTS];
	struct msghdr message = { .msg_iov = parts };
	uint64_t most = MIN(connection->data_left, (uint64_t)READ_AT_ONCE);
	int count = 0;
	ssize_t n;

	if (connection->data)
		count = vm_map_copy_room(connection->data, most, parts, PARTS);
	if (count == 0) {
		drop_data(connection);
		most = MIN(most, (uint64_t)SERVER_INPUT);
		parts[0] = (struct iovec){ connection->server->input, most };
		count = 1;
	}
	message.msg_iovlen = (size_t)count;
	n = recvmsg(connection->fd, &message, MSG_DONTWAIT);
	if (n <= 0) {
		read_nothing(connection, n);
		return;
	}
	connection->moved += (uint64_t)n;
	connection->data_left -= (uint64_t)n;
	if (connection->data)
		vm_map_copy_filled(connection->data, (uint64_t)n);
	if (connection->data_left == 0)
		data_done(connection);
	finish(connection);
}

/* Goes on with the call that has paused. */
static void
go_on(struct connection *connection)
{
	call_resume(connection->call);
	finish(connection);
}

void
connection_turn(struct connection *connection)
{
	set_busy(connection, false);
	user_act(&connection->server->users, connection->user);
	if (connection->call)
		go_on(connection);
	else if (connection->user->calls >= CALLS_MOST)
		set_busy(connection, true);
	else if (!may_go_on(connection))
		watch(connection);
	else if (connection->more)
		run(connection, restore_rest(connection));
	else if (connection->data_left > 0)
		read_data(connection);
	else
		read_messages(connection);
}

void
connection_wake(struct connection *connection)
{
	set_busy(connection, true);
}

static void
on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
	(void)loop, (void)events;
	connection_wake(container_of(watcher, struct connection, readable));
}

static void
on_writable(struct ev_loop *loop, ev_io *watcher, int events)
{
	(void)loop, (void)events;
	finish(container_of(watcher, struct connection, writable));
}

/* --- Connections ------------------------------------------------------ */

/* Says why before hanging up. It fits the socket: nothing was sent yet. */
static void
turn_away(int fd)
{
	struct msg_welcome answer = {
		.magic = MSG_MAGIC,
		.version = MSG_VERSION,
		.code = KERN_RESOURCE_SHORTAGE,
		.page_size = VM_PAGE_SIZE,
		.body_max = MSG_BODY_MAX,
		.data_max = MSG_DATA_MAX,
	};

	if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("cannot turn away: %s", strerror(errno));
}

static int
admit(struct server *server, int fd, struct user **user)
{
	struct peer peer;

	if (!peer_init(&peer, fd))
		return -EIO;
	*user = users_admit(&server->users, peer.uid);
	if (*user)
		return 0;
	turn_away(fd);
	return -EDQUOT;
}

int
connection_new(struct server *server, int fd)
{
	struct connection *connection;
	struct user *user = NULL;
	int r = admit(server, fd, &user);

	if (r < 0) {
		close(fd);
		return r;
	}
	connection = calloc(1, sizeof(*connection));
	if (!connection) {
		user_leave(user);
		close(fd);
		return -ENOMEM;
	}
	connection->server = server;
	connection->user = user;
	connection->fd = fd;
	port_space_init(&connection->space);
	connection->space.message_came = on_message;
	connection->space.user = user;
	TAILQ_INIT(&connection->out);
	LIST_INSERT_HEAD(&server->connections, connection, link);
	server->connection_count++;
	ev_io_init(&connection->readable, on_readable, fd, EV_READ);
	ev_io_init(&connection->writable, on_writable, fd, EV_WRITE);
	watch(connection);
	return 0;
}

bool
connections_reap(struct server *server, uint32_t *steps)
{
	struct connection *connection;

	while (*steps > 0 && (connection = LIST_FIRST(&server->gone))) {
		if (port_space_reap(&connection->space, steps))
			return true;
		LIST_REMOVE(connection, link);
		user_leave(connection->user);
		free(connection);
	}
	return !LIST_EMPTY(&server->gone);
}

void
connection_free(struct connection *connection)
{
	enum { STEPS = 256 }; /* that most take are taken at once */
	struct server *server = connection->server;
	uint32_t steps = STEPS;

	assert(!connection->call);

	ev_io_stop(server->loop, &connection->readable);
	ev_io_stop(server->loop, &connection->writable);
	close(connection->fd);
	set_busy(connection, false);
	set_slow(connection, false);
	connection->space.message_came = NULL;
	set_told(connection, false);
	set_paused(connection, false);
	LIST_REMOVE(connection, link);
	server->connection_count--;
	connection_drop_output(connection);
	reserve(connection, 0);
	connection->data = vm_map_copy_free(connection->data);
	connection->window = window_free(connection->window);
	connection->self = port_unref(connection->self);
	free(connection->head);
	free(connection->rest);
	LIST_INSERT_HEAD(&server->gone, connection, link);
	connections_reap(server, &steps);
	server_wake(server);
}
