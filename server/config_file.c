/* Configuration from a file, with the users of the system. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/config.h"

struct file {
	const char *path;
	void (*complain)(const char *text);
};

static void
complain_of_line(const struct config_reader *reader, unsigned line,
    const char *what)
{
	const struct file *file = reader->context;
	char text[CONFIG_COMPLAINT_MOST + 128];

	snprintf(text, sizeof(text), "%s:%u: %s", file->path, line, what);
	file->complain(text);
}

static bool
find_system_user(const char *name, uid_t *uid)
{
	const struct passwd *user = getpwnam(name);

	if (user)
		*uid = user->pw_uid;
	return user != NULL;
}

static bool
fail(const char *path, const char *what, void (*complain)(const char *text))
{
	char text[CONFIG_COMPLAINT_MOST];

	snprintf(text, sizeof(text), "%s: %s", path, what);
	complain(text);
	return false;
}

/* All of it, or up to `room` bytes. -1: errno says why not. */
static ssize_t
read_all(int fd, char *bytes, size_t room)
{
	size_t size = 0;
	ssize_t n = 1;

	while (n != 0 && size < room) {
		n = read(fd, bytes + size, room - size);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			size += (size_t)n;
	}
	return (ssize_t)size;
}

/* What is no file is not waited for. */
static int
open_file(const char *path, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat file;

	*why = NULL;
	if (fd < 0 || fstat(fd, &file) < 0)
		*why = strerror(errno);
	else if (S_ISDIR(file.st_mode))
		*why = "a directory, not a file";
	else if (!S_ISREG(file.st_mode))
		*why = "not a plain file";
	else if (file.st_size > CONFIG_SIZE_MOST)
		*why = "more than 1 MiB";
	if (*why && fd >= 0)
		close(fd);
	return *why ? -1 : fd;
}

bool
config_read(struct config *config, const char *path, bool optional,
    void (*complain)(const char *text))
{
	struct file file = { path, complain };
	struct config_reader reader = { find_system_user, complain_of_line,
		&file };
	_cleanup_(freep) char *bytes = NULL;
	const char *why;
	ssize_t size;
	int fd;

	if (optional && access(path, F_OK) < 0 && errno == ENOENT) {
		config_deinit(config);
		return true;
	}
	fd = open_file(path, &why);
	if (fd < 0)
		return fail(path, why, complain);
	bytes = malloc(CONFIG_SIZE_MOST + 1);
	size = bytes ? read_all(fd, bytes, CONFIG_SIZE_MOST + 1) : -1;
	why = strerror(errno);
	close(fd);
	if (size < 0)
		return fail(path, why, complain);
	if (size > CONFIG_SIZE_MOST)
		return fail(path, "more than 1 MiB", complain);
	return config_parse(config, &reader, bytes, (size_t)size);
}
