#include "server/folder.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

struct verdict {
	char *complaint;
	size_t size;
};

static bool no(const struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool
no(const struct verdict *verdict, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(verdict->complaint, verdict->size, format, arguments);
	va_end(arguments);
	return false;
}

static bool
judge(const struct verdict *verdict, const char *path, bool last)
{
	struct stat is;
	unsigned mode;

	if (lstat(path, &is) < 0)
		return no(verdict, "'%s': %s", path, strerror(errno));
	mode = is.st_mode & 07777;
	if (is.st_uid != 0 && is.st_uid != geteuid())
		return no(verdict, "user %u owns the folder '%s' (mode %04o)",
		    (unsigned)is.st_uid, path, mode);
	if (S_ISLNK(is.st_mode) || !(mode & (S_IWGRP | S_IWOTH)) ||
	    (!last && (mode & S_ISVTX)))
		return true;
	return no(verdict, "others can write the folder '%s' (mode %04o)", path,
	    mode);
}

/* A folder, and each above it, from the top. */
static bool
walk(const struct verdict *verdict, const char *folder)
{
	char path[PATH_MAX];
	size_t length = strlen(folder);

	if (length >= sizeof(path))
		return no(verdict, "%s", strerror(ENAMETOOLONG));
	for (size_t end = 0; end <= length; end++) {
		if (end < length && folder[end] != '/')
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)MAX(end, 1), folder);
		if (!judge(verdict, path, end == length))
			return false;
	}
	return true;
}

bool
folder_is_safe(const char *path, char *complaint, size_t size)
{
	const struct verdict verdict = { complaint, size };
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	_cleanup_(freep) char *real = NULL;

	if (slash)
		snprintf(folder, sizeof(folder), "%.*s",
		    (int)MAX(slash - path, 1), path);
	real = realpath(folder, NULL);
	if (!real)
		return no(&verdict, "'%s': %s", folder, strerror(errno));
	return walk(&verdict, real) && walk(&verdict, folder);
}
