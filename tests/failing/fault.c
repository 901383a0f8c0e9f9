#include "tests/failing/fault.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/cleanup.h"

/* What the linker calls the C library's, and what it calls ours. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__real_mmap64(void *address, size_t size, int protection, int flags,
    int fd, off_t offset);
int __real_munmap(void *address, size_t size);
ssize_t __real_recv(int fd, void *to, size_t size, int flags);
ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __real_send(int fd, const void *bytes, size_t size, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
int __real_accept4(int fd, struct sockaddr *address, socklen_t *size,
    int flags);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
void *__wrap_mmap64(void *address, size_t size, int protection, int flags,
    int fd, off_t offset);
int __wrap_munmap(void *address, size_t size);
ssize_t __wrap_recv(int fd, void *to, size_t size, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size,
    int flags);

static bool inside;

void
fault_enter(void)
{
	inside = true;
}

void
fault_leave(void)
{
	inside = false;
}

/* --- Memory ------------------------------------------------------------ */

static struct {
	unsigned n; /* until one fails; 0: none does */
	bool on;
} allocation, mapping;

static bool happened;
static long blocks, mappings;

void
fault_allocation(unsigned n, bool on)
{
	allocation.n = n;
	allocation.on = on;
	happened = false;
}

void
fault_mapping(unsigned n)
{
	mapping.n = n;
	happened = false;
}

bool
fault_happened(void)
{
	return happened;
}

long
fault_blocks(void)
{
	return blocks;
}

long
fault_mappings(void)
{
	return mappings;
}

static bool
allocation_fails(void)
{
	if (!inside || allocation.n == 0 || --allocation.n > 0)
		return false;
	allocation.n = allocation.on;
	happened = true;
	errno = ENOMEM;
	return true;
}

static void *
counted(void *memory)
{
	blocks += inside && memory;
	return memory;
}

void *
__wrap_malloc(size_t size)
{
	return allocation_fails() ? NULL : counted(__real_malloc(size));
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : counted(__real_calloc(count, size));
}

void *
__wrap_realloc(void *memory, size_t size)
{
	if (allocation_fails())
		return NULL;
	blocks -= inside && memory;
	return counted(__real_realloc(memory, size));
}

void
__wrap_free(void *memory)
{
	blocks -= inside && memory;
	__real_free(memory);
}

/* What mmap() is called where a file's offset has 64 bits. */
void *
__wrap_mmap64(void *address, size_t size, int protection, int flags, int fd,
    off_t offset)
{
	if (inside && mapping.n > 0 && --mapping.n == 0) {
		happened = true;
		errno = ENOMEM;
		return MAP_FAILED;
	}
	mappings += inside;
	return __real_mmap64(address, size, protection, flags, fd, offset);
}

int
__wrap_munmap(void *address, size_t size)
{
	mappings -= inside;
	return __real_munmap(address, size);
}

/* --- Input and output -------------------------------------------------- */

static fault_decision *decide;

void
fault_ask(fault_decision *decision)
{
	decide = decision;
}

/* False: it fails, and errno says how. */
static bool
goes_on(enum fault_io what, size_t *most)
{
	int error = inside && decide ? decide(what, most) : 0;

	if (error != 0)
		errno = error;
	return error == 0;
}

/* The same parts, but of `most` bytes. */
static size_t
shorten(const struct msghdr *message, struct iovec *parts, size_t most)
{
	size_t count = 0;

	for (; count < message->msg_iovlen && most > 0; count++) {
		parts[count] = message->msg_iov[count];
		parts[count].iov_len = MIN(parts[count].iov_len, most);
		most -= parts[count].iov_len;
	}
	return count;
}

ssize_t
__wrap_recv(int fd, void *to, size_t size, int flags)
{
	size_t most = size;

	if (!goes_on(FAULT_RECEIVE, &most))
		return -1;
	return __real_recv(fd, to, MIN(size, most), flags);
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	struct iovec parts[IOV_MAX];
	struct msghdr less = *message;
	size_t most = SIZE_MAX;

	if (!goes_on(FAULT_RECEIVE, &most))
		return -1;
	less.msg_iov = parts;
	less.msg_iovlen = shorten(message, parts, most);
	return __real_recvmsg(fd, &less, flags);
}

ssize_t
__wrap_send(int fd, const void *bytes, size_t size, int flags)
{
	size_t most = size;

	if (!goes_on(FAULT_SEND, &most))
		return -1;
	return __real_send(fd, bytes, MIN(size, most), flags);
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct iovec parts[IOV_MAX];
	struct msghdr less = *message;
	size_t most = SIZE_MAX;

	if (!goes_on(FAULT_SEND, &most))
		return -1;
	less.msg_iov = parts;
	less.msg_iovlen = shorten(message, parts, most);
	return __real_sendmsg(fd, &less, flags);
}

int
__wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
	size_t most = 0;

	if (!goes_on(FAULT_ACCEPT, &most))
		return -1;
	return __real_accept4(fd, address, size, flags);
}
