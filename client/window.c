#include "client/window.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mach/mig_errors.h>

#include "client/buffer.h"
#include "client/call.h"
#include "client/debug.h"
#include "client/memory.h"
#include "client/session.h"
#include "common/cleanup.h"
#include "common/msg.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum {
	SLOT = 64 * 1024,
	SLOTS = MSG_WINDOW_SIZE / SLOT,
	LENT_MOST = 48,                 /* slots, in all */
	LENT_AT_ONCE = 2 * 1024 * 1024, /* bytes */
	COPIED_AT_ONCE = 512 * 1024, /* so that they are still in the cache */
	PAGES = MSG_WINDOW_SIZE / 4096, /* at the most */
	MUCH = 16 * 1024 * 1024,        /* bytes, which no cache keeps */
};

static_assert(SLOTS == 64, "a bit each");
static_assert((int)LENT_AT_ONCE + SLOT < LENT_MOST * SLOT, "one fits");

static struct {
	pthread_mutex_t lock;
	enum { NONE, ASKED, OPEN, REFUSED } state;
	uint8_t *memory;
	uint64_t taken;       /* a bit a slot; also those that are lent */
	uint64_t ready;       /* those that have memory */
	uint64_t cut;         /* those of which part was given back */
	uint32_t lent_slots;  /* in all */
	uint32_t lent[SLOTS]; /* pages */
} window = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* A descriptor is on its way. */
static atomic_bool awaited;

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Bits of `count` slots from one on. */
static uint64_t
bits(unsigned first, unsigned count)
{
	return (count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX) << first;
}

/* --- Opening ------------------------------------------------------------ */

static ssize_t
receive_descriptor(struct session *session, void *to, size_t size)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { to, size };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n = recvmsg(session->fd, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = n >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int fd;

	if (!header || header->cmsg_level != SOL_SOCKET ||
	    header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(fd)))
		return n;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	if (session->passed >= 0)
		close(session->passed);
	session->passed = fd;
	return n;
}

ptrdiff_t
window_receive(struct session *session, void *to, size_t size)
{
	if (atomic_load(&awaited))
		return receive_descriptor(session, to, size);
	return recv(session->fd, to, size, 0);
}

/* Can neither its size change nor a page of it vanish? */
static bool
is_sealed(int fd)
{
	const int wanted = F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE;
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat status;

	return seals >= 0 && (seals & wanted) == wanted &&
	       fstat(fd, &status) == 0 && status.st_size >= MSG_WINDOW_SIZE;
}

/* NULL: it is no window. */
static uint8_t *
map_window(int fd)
{
	void *place, *memory;

	if (!is_sealed(fd))
		return NULL;
	place = buffer_map(MSG_WINDOW_SIZE);
	if (!place)
		return NULL;
	memory = mmap(place, MSG_WINDOW_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_FIXED, fd, 0);
	if (memory != MAP_FAILED)
		return memory;
	munmap(place, MSG_WINDOW_SIZE);
	return NULL;
}

/* The daemon has made one: its descriptor came with the reply. */
static void
window_came(struct session *session, const ProtobufCMessage *in)
{
	int fd = session->passed;

	(void)in;
	session->passed = -1;
	pthread_mutex_lock(&window.lock);
	window.memory = fd >= 0 ? map_window(fd) : NULL;
	pthread_mutex_unlock(&window.lock);
	if (fd >= 0)
		close(fd);
}

CALL(vmd_window, VmdWindow)

/* Others have their data come with replies meanwhile. */
static bool
ask(void)
{
	_cleanup_(vmd_window_freep) VmdWindowReply *out = NULL;
	VmdWindowRequest in = VMD_WINDOW_REQUEST__INIT;
	struct call call = {
		.id = VMD_ID(vmd_window),
		.portless = true,
		.done = window_came,
	};

	kern_return_t kr;

	atomic_store(&awaited, true);
	kr = call_vmd_window(&call, &in, &out);
	atomic_store(&awaited, false);
	pthread_mutex_lock(&window.lock);
	if (window.memory)
		window.state = OPEN;
	else
		window.state = kr == MACH_SEND_INVALID_DEST ? NONE : REFUSED;
	pthread_mutex_unlock(&window.lock);
	return window.memory != NULL;
}

/* Is there one? The first to need it asks for it. */
static bool
is_open(void)
{
	bool first, open;

	pthread_mutex_lock(&window.lock);
	first = window.state == NONE && memory_can_tell();
	if (first)
		window.state = ASKED;
	open = window.state == OPEN;
	pthread_mutex_unlock(&window.lock);
	return open || (first && ask());
}

/* --- Places ------------------------------------------------------------- */

/* The first free slots, in a row. Returns which; -1: there are none. */
static int
find_slots(unsigned count)
{
	for (unsigned first = 0; first + count <= SLOTS; first++)
		if ((window.taken & bits(first, count)) == 0)
			return (int)first;
	return -1;
}

static unsigned
slots_for(uint64_t bytes)
{
	return (unsigned)((bytes + SLOT - 1) / SLOT);
}

static unsigned
first_of(const struct window_place *place)
{
	return place->at / SLOT;
}

static unsigned
count_of(const struct window_place *place)
{
	return slots_for(place->at % SLOT + place->room);
}

/* Takes slots for a place of some size. The caller holds the lock. */
static bool
take_slots(struct window_place *place, uint64_t size, uint32_t offset)
{
	unsigned count = slots_for(offset + size);
	int first = find_slots(count);

	if (first < 0)
		return false;
	window.taken |= bits((unsigned)first, count);
	place->at = (uint32_t)first * SLOT + offset;
	place->memory = window.memory + place->at;
	place->room = (uint32_t)size;
	return true;
}

/* Has the slots get memory, which is ours then, and not the daemon's. */
static bool
make_ready(const struct window_place *place)
{
	uint64_t slots = bits(first_of(place), count_of(place));

	if ((window.ready & slots) == slots)
		return true;
	if (!memory_is_readable(window.memory + first_of(place) * SLOT,
		(size_t)count_of(place) * SLOT))
		return false;
	window.ready |= slots;
	return true;
}

bool
window_take(struct window_place *place, uint64_t size, uint32_t offset,
    bool lend)
{
	bool taken = false;

	*place = (struct window_place){ NULL, 0, 0, false };
	if (debug_wants(DEBUG_CALLS) || !is_open())
		return false;
	pthread_mutex_lock(&window.lock);
	lend = lend && size <= LENT_AT_ONCE && !debug_wants(DEBUG_GUARD) &&
	       window.lent_slots + slots_for(offset + size) <= LENT_MOST;
	if (lend)
		taken = place->lend = take_slots(place, size, offset);
	size = MIN(size, (uint64_t)COPIED_AT_ONCE);
	for (; !taken && size >= SLOT; size /= 2)
		taken = take_slots(place, size, 0);
	taken = taken && make_ready(place);
	pthread_mutex_unlock(&window.lock);
	if (!taken && place->memory)
		window_give(place);
	return taken;
}

void
window_give(struct window_place *place)
{
	if (!place->memory)
		return;
	pthread_mutex_lock(&window.lock);
	window.taken &= ~bits(first_of(place), count_of(place));
	pthread_mutex_unlock(&window.lock);
	place->memory = NULL;
}

/* --- Lending ------------------------------------------------------------ */

/* Pages of [start, end) that are in a slot. */
static uint32_t
pages_in(unsigned slot, uintptr_t start, uintptr_t end)
{
	uintptr_t first = (uintptr_t)window.memory + slot * SLOT;

	start = MAX(start, first);
	end = MIN(end, first + SLOT);
	return start < end ? (uint32_t)((end - start) / page_size()) : 0;
}

bool
window_lend(struct window_place *place, size_t size)
{
	uintptr_t mask = page_size() - 1;
	uintptr_t start = (uintptr_t)place->memory & ~mask;
	uintptr_t end = ((uintptr_t)place->memory + size + mask) & ~mask;
	unsigned first = first_of(place), count = count_of(place);

	if (!buffer_lend(start, end))
		return false;
	pthread_mutex_lock(&window.lock);
	for (unsigned slot = first; slot < first + count; slot++)
		window.lent[slot] = pages_in(slot, start, end);
	window.lent_slots += count;
	pthread_mutex_unlock(&window.lock);
	return true;
}

/* Drops pages that the program has written. What the system tells of each page is
 * read anew each time: a descriptor that is kept may be closed by the program. */
static bool
drop_written(uint8_t *memory, size_t size)
{
	const uint64_t there = UINT64_C(3) << 62, file = UINT64_C(1) << 61;
	size_t page = page_size(), count = size / page;
	size_t first = count, last = 0;
	uint64_t entries[PAGES];
	ssize_t n = -1;
	int fd = -1;

	if (count <= PAGES)
		fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = pread(fd, entries, count * sizeof(entries[0]),
		    (off_t)((uintptr_t)memory / page * sizeof(entries[0])));
		close(fd);
	}
	if (n != (ssize_t)(count * sizeof(entries[0])))
		return madvise(memory, size, MADV_DONTNEED) == 0;
	for (size_t i = 0; i < count; i++)
		if ((entries[i] & there) && !(entries[i] & file)) {
			first = MIN(first, i);
			last = i + 1;
		}
	return first >= last || madvise(memory + first * page,
				    (last - first) * page, MADV_DONTNEED) == 0;
}

/* All of these slots are back. What cannot be as it was is not used again. */
static void
slots_back(unsigned first, unsigned count)
{
	uint8_t *memory = window.memory + first * SLOT;
	size_t size = (size_t)count * SLOT;
	uint64_t slots = bits(first, count);

	window.lent_slots -= count;
	if ((window.cut & slots) &&
	    mprotect(memory, size, PROT_READ | PROT_WRITE) < 0)
		return;
	window.cut &= ~slots;
	if (drop_written(memory, size))
		window.taken &= ~slots;
}

/* Nothing is there any more for the program, of a slot that it has more of. */
static void
cut(unsigned slot, uintptr_t start, uintptr_t end)
{
	uintptr_t first = (uintptr_t)window.memory + slot * SLOT;

	start = MAX(start, first);
	end = MIN(end, first + SLOT);
	mprotect((void *)start, end - start, PROT_NONE);
	window.cut |= bits(slot, 1);
}

void
window_return(uintptr_t start, uintptr_t end)
{
	unsigned first, last, back = 0;

	pthread_mutex_lock(&window.lock);
	first = (unsigned)((start - (uintptr_t)window.memory) / SLOT);
	last = (unsigned)((end - 1 - (uintptr_t)window.memory) / SLOT);
	for (unsigned slot = first; slot <= last; slot++) {
		window.lent[slot] -= pages_in(slot, start, end);
		if (window.lent[slot] == 0) {
			back++;
			continue;
		}
		cut(slot, start, end);
		if (back > 0)
			slots_back(slot - back, back);
		back = 0;
	}
	if (back > 0)
		slots_back(last + 1 - back, back);
	pthread_mutex_unlock(&window.lock);
}

/* --- Copying ------------------------------------------------------------ */

CALL(vmd_window_next, VmdWindowNext)

/* Has more of the data put into a place; NULL: forgets them. */
static kern_return_t
next(const struct window_place *place, uint32_t rest, uint32_t *size)
{
	_cleanup_(vmd_window_next_freep) VmdWindowNextReply *out = NULL;
	VmdWindowNextRequest in = VMD_WINDOW_NEXT_REQUEST__INIT;
	struct call call = { .id = VMD_ID(vmd_window_next), .portless = true };
	kern_return_t kr;

	in.rest = rest;
	in.window_at = place ? place->at : 0;
	in.window_room = place ? place->room : 0;

	kr = call_vmd_window_next(&call, &in, &out);
	*size = kr == KERN_SUCCESS ? out->window_size : 0;
	return kr;
}

void
window_forget_rest(uint32_t rest)
{
	uint32_t none;

	if (rest != 0)
		next(NULL, rest, &none);
}

kern_return_t
window_copy(struct window_place *place, uint8_t *to, uint64_t size,
    uint64_t here, uint32_t rest)
{
	bool much = size >= MUCH;
	kern_return_t kr;
	uint32_t more;

	for (;;) {
		if (much)
			memory_stream(to, place->memory, here);
		else
			memcpy(to, place->memory, here);
		to += here;
		size -= here;
		if (size == 0)
			return KERN_SUCCESS;
		if (rest == 0)
			return MIG_TYPE_ERROR;
		kr = next(place, rest, &more);
		if (kr == KERN_SUCCESS &&
		    more != MIN(size, (uint64_t)place->room))
			kr = MIG_TYPE_ERROR;
		if (kr != KERN_SUCCESS) {
			window_forget_rest(rest);
			return kr;
		}
		here = more;
	}
}

/* --- Forks -------------------------------------------------------------- */

void
window_hold(void)
{
	pthread_mutex_lock(&window.lock);
}

/* What cannot be had for the program alone is not used for other data again. */
void
window_own(uintptr_t start, uintptr_t end)
{
	unsigned first, last;

	if (memory_is_writable((const void *)start, end - start))
		return;
	first = (unsigned)((start - (uintptr_t)window.memory) / SLOT);
	last = (unsigned)((end - 1 - (uintptr_t)window.memory) / SLOT);
	for (unsigned slot = first; slot <= last; slot++)
		window.lent[slot] += PAGES;
}

void
window_release(void)
{
	pthread_mutex_unlock(&window.lock);
}

void
window_leave(uintptr_t *start, uintptr_t *end)
{
	*start = (uintptr_t)window.memory;
	*end = window.memory ? *start + MSG_WINDOW_SIZE : 0;
	window.memory = NULL;
	window.state = NONE;
	window.taken = window.ready = window.cut = 0;
	window.lent_slots = 0;
	atomic_store(&awaited, false);
	memset(window.lent, 0, sizeof(window.lent));
	pthread_mutex_init(&window.lock, NULL);
}
