#include "server/window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/msg.h"
#include "server/connection.h"
#include "server/server.h"
#include "server/user.h"
#include "server/vm/vm_map_copy.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum {
	RESTS = 8,  /* kept for one client */
	PARTS = 64, /* pages copied before others may have a turn */
	AT_ONCE = PARTS * VM_PAGE_SIZE,
	PAGES = MSG_WINDOW_SIZE / VM_PAGE_SIZE,
};

/* Data of which the first bytes were copied. */
struct rest {
	struct vm_map_copy *copy; /* NULL: none */
	uint64_t done;            /* bytes */
	uint32_t name;            /* not 0 */
};

struct window {
	struct server *server;
	struct user *user;
	uint8_t *memory;
	bool there[PAGES]; /* it has memory, for good */
	struct rest rests[RESTS];
	uint32_t last_name;
};

/* --- The file ----------------------------------------------------------- */

/* The descriptor, or -errno. */
static int
open_file(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("vmd-window", flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("vmd-window", flags);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, MSG_WINDOW_SIZE) == 0)
		return fd;
	close(fd);
	return -ENOMEM;
}

/* Nobody maps it to write to it after this. 0 or -errno. */
static int
map_and_seal(struct window *window, int fd)
{
	const int seals =
	    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
	void *memory = mmap(NULL, MSG_WINDOW_SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	window->memory = memory;
	return fcntl(fd, F_ADD_SEALS, seals) == 0 ? 0 : -errno;
}

static kern_return_t
refused(int error)
{
	log_debug("no window: %s", strerror(-error));
	return error == -EINVAL || error == -ENOSYS || error == -EPERM
		   ? KERN_NOT_SUPPORTED
		   : KERN_RESOURCE_SHORTAGE;
}

kern_return_t
window_new(struct connection *connection, int *fd)
{
	struct server *server = connection->server;
	struct window *window;
	int r;

	if (connection->window)
		return KERN_FAILURE;
	if (server->window_count >= WINDOWS_MOST ||
	    !user_charge(connection->user, LIMIT_WINDOWS, 1))
		return KERN_RESOURCE_SHORTAGE;
	window = calloc(1, sizeof(*window));
	if (!window) {
		user_discharge(connection->user, LIMIT_WINDOWS, 1);
		return KERN_RESOURCE_SHORTAGE;
	}
	window->server = server;
	window->user = connection->user;
	server->window_count++;
	*fd = open_file();
	r = *fd < 0 ? *fd : map_and_seal(window, *fd);
	if (r == 0) {
		connection->window = window;
		return KERN_SUCCESS;
	}
	if (*fd >= 0)
		close(*fd);
	window_free(window);
	return refused(r);
}

struct window *
window_free(struct window *window)
{
	if (!window)
		return NULL;
	for (unsigned i = 0; i < RESTS; i++)
		vm_map_copy_free(window->rests[i].copy);
	if (window->memory)
		munmap(window->memory, MSG_WINDOW_SIZE);
	window->server->window_count--;
	user_discharge(window->user, LIMIT_WINDOWS, 1);
	free(window);
	return NULL;
}

/* --- Copying ------------------------------------------------------------ */

/* Does [at, at + size) have memory? Whatever has keeps it. */
static bool
is_there(struct window *window, uint32_t at, uint32_t size)
{
	uint32_t first = at >> VM_PAGE_SHIFT;
	uint32_t last = (at + size - 1) >> VM_PAGE_SHIFT;
	unsigned char there[PAGES];

	while (first <= last && window->there[first])
		first++;
	if (first > last)
		return true;
	if (mincore(window->memory + ((size_t)first << VM_PAGE_SHIFT),
		(size_t)(last + 1 - first) << VM_PAGE_SHIFT, there) < 0)
		return false;
	for (uint32_t i = first; i <= last; i++)
		window->there[i] |= there[i - first] & 1;
	while (first <= last && window->there[first])
		first++;
	return first > last;
}

/* Is there such a place, for so much? */
static bool
is_place(struct window *window, struct window_place place, uint32_t size)
{
	return place.at <= MSG_WINDOW_SIZE &&
	       place.room <= MSG_WINDOW_SIZE - place.at && size > 0 &&
	       is_there(window, place.at, size);
}

/* The copy holds what it held: others may have their turns meanwhile. */
static void
copy_to(struct window *window, uint32_t at, struct vm_map_copy *copy,
    uint64_t from, uint32_t size)
{
	uint8_t *to = window->memory + at, *end = to + size;
	struct iovec parts[PARTS];

	while (to < end) {
		int count = vm_map_copy_parts(copy, from,
		    MIN((uint64_t)(end - to), (uint64_t)AT_ONCE), parts, PARTS);

		for (int i = 0; i < count && to < end; i++) {
			size_t n = MIN(parts[i].iov_len, (size_t)(end - to));

			memcpy(to, parts[i].iov_base, n);
			to += n;
			from += n;
		}
		vm_machine_tick(copy->vm, PARTS * VM_MACHINE_PAGE);
	}
}

static struct rest *
find_rest(struct window *window, uint32_t name)
{
	for (unsigned i = 0; i < RESTS; i++)
		if (window->rests[i].copy && window->rests[i].name == name)
			return &window->rests[i];
	return NULL;
}

static struct rest *
free_rest(struct window *window)
{
	for (unsigned i = 0; i < RESTS; i++)
		if (!window->rests[i].copy)
			return &window->rests[i];
	return NULL;
}

/* A name that nothing has. */
static uint32_t
new_name(struct window *window)
{
	do
		window->last_name++;
	while (window->last_name == 0 || find_rest(window, window->last_name));
	return window->last_name;
}

uint32_t
window_put(struct window *window, struct window_place place,
    struct vm_map_copy *copy, uint32_t *rest)
{
	uint32_t size = (uint32_t)MIN(copy->size, (uint64_t)place.room);
	struct rest *kept;

	*rest = 0;
	if (!window || !place.given || !is_place(window, place, size))
		return 0;
	kept = free_rest(window);
	if (size < copy->size && !kept)
		return 0;
	copy_to(window, place.at, copy, 0, size);
	if (size == copy->size) {
		vm_map_copy_free(copy);
		return size;
	}
	*kept = (struct rest){ copy, size, new_name(window) };
	*rest = kept->name;
	return size;
}

kern_return_t
window_next(struct window *window, struct window_place place, uint32_t name,
    uint32_t *size)
{
	struct rest *rest = window ? find_rest(window, name) : NULL;

	*size = 0;
	if (!rest)
		return KERN_INVALID_NAME;
	if (place.room > 0) {
		*size = (uint32_t)MIN(rest->copy->size - rest->done,
		    (uint64_t)place.room);
		if (!is_place(window, place, *size))
			return KERN_INVALID_ARGUMENT;
		copy_to(window, place.at, rest->copy, rest->done, *size);
		rest->done += *size;
	}
	if (place.room == 0 || rest->done == rest->copy->size)
		rest->copy = vm_map_copy_free(rest->copy);
	return KERN_SUCCESS;
}
