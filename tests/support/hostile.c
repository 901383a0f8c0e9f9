#include "tests/support/hostile.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/address.h"
#include "common/cleanup.h"
#include "proto/routine.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum { ROOM = 1 << 20 };

struct shared {
	struct hostile_answer answer;
	struct msg_welcome welcome;
};

struct hostile_answer *hostile;
struct msg_welcome *hostile_welcome;

static pid_t pid;
static char folder[] = "/tmp/vmd-test-XXXXXX";
static char path[sizeof(folder) + 16];

/* --- What the library maps -------------------------------------------- */

void *__real_mmap64(void *address, size_t size, int protection, int flags,
    int fd, off_t offset);
int __real_munmap(void *address, size_t size);
void *__wrap_mmap64(void *address, size_t size, int protection, int flags,
    int fd, off_t offset);
int __wrap_munmap(void *address, size_t size);

static int64_t mapped;

void *
__wrap_mmap64(void *address, size_t size, int protection, int flags, int fd,
    off_t offset)
{
	void *memory =
	    __real_mmap64(address, size, protection, flags, fd, offset);

	if (memory != MAP_FAILED)
		mapped += (int64_t)size;
	return memory;
}

int
__wrap_munmap(void *address, size_t size)
{
	mapped -= (int64_t)size;
	return __real_munmap(address, size);
}

int64_t
hostile_mapped(void)
{
	return mapped;
}

/* --- The daemon -------------------------------------------------------- */

/* Whoever it talks to may have had enough. */
static void
send_all(int fd, const void *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);

		if (n <= 0)
			_exit(0);
		bytes = (const char *)bytes + n;
		size -= (size_t)n;
	}
}

static void
send_data(int fd, const struct hostile_answer *now)
{
	static char some[64 * 1024];

	memset(some, 'x', sizeof(some));
	for (uint32_t i = 0; i < now->parts; i++)
		for (uint64_t left = now->part[i], n; left > 0; left -= n) {
			n = MIN(left, sizeof(some));
			send_all(fd, some, n);
		}
}

/* Writes the frame as it is to be, but for what it says of itself. */
static size_t
write_frame(uint8_t *to, const struct msg *request,
    const struct hostile_answer *now)
{
	struct msg_descriptor parts[MSG_DESCRIPTORS_MAX];
	struct msg reply = {
		.kind = MSG_REPLY,
		.id = request->id + MIG_REPLY_DELTA + now->is_anothers,
		.remote = request->local + now->is_nobodys,
		.code = now->code,
		.descriptor_count = now->parts,
		.descriptors = parts,
		.body_size = now->body_size,
	};
	size_t head = msg_head_size(&reply);

	for (uint32_t i = 0; i < now->parts; i++)
		parts[i] = (struct msg_descriptor){
			.type = MACH_MSG_OOL_DESCRIPTOR,
			.size = now->part[i],
		};
	msg_write_head(&reply, to);
	memcpy(to + head, now->body, now->body_size);
	return head + now->body_size;
}

static void
spoil_frame(uint8_t *frame, const struct hostile_answer *now)
{
	mach_msg_header_t header;

	memcpy(&header, frame, sizeof(header));
	if (now->size > 0)
		header.msgh_size = now->size;
	header.msgh_voucher_port = now->has_voucher;
	memcpy(frame, &header, sizeof(header));
	if (now->parts_are > 0)
		memcpy(frame + sizeof(header), &now->parts_are,
		    sizeof(now->parts_are));
}

/* For the receive right 0x503. */
static void
send_notices(int fd, const struct hostile_answer *now)
{
	const uint8_t body[] = { 1 << 3, (uint8_t)now->value };
	struct msg notice = {
		.kind = MSG_NOTICE,
		.id = now->notice,
		.local = 0x503,
		.body_size = now->value > 0 ? sizeof(body) : 0,
	};
	uint8_t frame[64];
	size_t head = msg_head_size(&notice);

	msg_write_head(&notice, frame);
	memcpy(frame + head, body, sizeof(body));
	for (uint32_t i = 0; i < now->notices; i++)
		send_all(fd, frame, head + notice.body_size);
}

/* A descriptor that is a window, or not quite. */
static int
make_window(enum hostile_window kind)
{
	const int seals =
	    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
	int fd, pipes[2];

	if (kind == WINDOW_PIPE)
		return pipe(pipes) == 0 ? pipes[0] : -1;
	fd = memfd_create("window", MFD_ALLOW_SEALING);
	if (ftruncate(fd, MSG_WINDOW_SIZE - (kind == WINDOW_SMALL)) < 0)
		_exit(1);
	if (kind != WINDOW_OPEN && fcntl(fd, F_ADD_SEALS, seals) < 0)
		_exit(1);
	return fd;
}

static void
send_with(int fd, const void *bytes, size_t size, int passed)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(passed))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(passed)),
			  .cmsg_level = SOL_SOCKET,
			  .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { (void *)(uintptr_t)bytes, size };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.header), &passed, sizeof(passed));
	if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		_exit(0);
	close(passed);
}

/* Those who want a window, or more of it, are told of nothing else. */
static bool
answer_of_window(int fd, const struct msg *request)
{
	VmdWindowReply window = VMD_WINDOW_REPLY__INIT;
	VmdWindowNextReply next = VMD_WINDOW_NEXT_REPLY__INIT;
	struct hostile_answer now = { .window = hostile->window };
	bool first = request->id == VMD_ID(vmd_window);
	uint8_t frame[64];
	size_t size;

	if (!first && request->id != VMD_ID(vmd_window_next))
		return false;
	window.size = MSG_WINDOW_SIZE;
	next.window_size = hostile->next;
	now.body_size =
	    protobuf_c_message_pack(first ? &window.base : &next.base,
		now.body);
	size = write_frame(frame, request, &now);
	if (first && now.window != WINDOW_NONE)
		send_with(fd, frame, size, make_window(now.window));
	else
		send_all(fd, frame, size);
	return true;
}

/* The one who asks may say otherwise as soon as there is an answer. */
static void
answer(int fd, const struct msg *request)
{
	static struct hostile_answer now;
	static uint8_t frame[2 * MSG_BODY_MAX];
	size_t size;

	if (answer_of_window(fd, request))
		return;
	now = *hostile;
	send_notices(fd, &now);
	size = write_frame(frame, request, &now);
	spoil_frame(frame, &now);
	send_all(fd, frame, now.cut > 0 ? now.cut : size);
	if (now.cut == 0)
		send_data(fd, &now);
	if (now.comes_twice) {
		send_all(fd, frame, size);
		send_data(fd, &now);
	}
	if (now.hangs_up)
		_exit(0);
}

/* Serves one connection, to its end. */
static void
serve(int fd)
{
	static uint8_t bytes[ROOM];
	size_t have = 0;
	struct msg_hello hello;
	struct msg request;

	if (recv(fd, &hello, sizeof(hello), MSG_WAITALL) != sizeof(hello))
		return;
	send_all(fd, hostile_welcome, sizeof(*hostile_welcome));
	for (;;) {
		ssize_t n = recv(fd, bytes + have, sizeof(bytes) - have, 0);
		int size;

		if (n <= 0)
			return;
		have += (size_t)n;
		size = msg_parse(&request, MSG_REQUEST, bytes, have);
		if (size <= 0 || have < (size_t)size + msg_data_size(&request))
			continue;
		answer(fd, &request);
		have = 0;
	}
}

static void
listen_and_serve(int listener)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(1);
		if (fork() == 0) {
			close(listener);
			serve(fd);
			_exit(0);
		}
		close(fd);
	}
}

/* --- Its tests --------------------------------------------------------- */

void
hostile_start(void)
{
	struct sockaddr_un address;
	struct shared *shared;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	shared = __real_mmap64(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	hostile = &shared->answer;
	hostile_welcome = &shared->welcome;
	*hostile_welcome = (struct msg_welcome){
		.magic = MSG_MAGIC,
		.version = MSG_VERSION,
		.page_size = 4096,
	};
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/vmd.sock", folder);
	setenv("VMD_SOCKET", path, 1);
	setenv("VMD_DEBUG", "guard", 0); /* nothing is kept for another time */
	ck_assert_int_eq(address_set(&address, path), 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	ck_assert_int_eq(listen(listener, 16), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		listen_and_serve(listener);
	close(listener);
}

void
hostile_stop(void)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(path);
	rmdir(folder);
}

void
hostile_says(const ProtobufCMessage *body)
{
	memset(hostile, 0, sizeof(*hostile));
	hostile->body_size = protobuf_c_message_get_packed_size(body);
	ck_assert_uint_le(hostile->body_size, MSG_BODY_MAX);
	protobuf_c_message_pack(body, hostile->body);
}

void
hostile_adds(uint64_t size)
{
	ck_assert_uint_lt(hostile->parts, MSG_DESCRIPTORS_MAX);
	hostile->part[hostile->parts++] = size;
}
