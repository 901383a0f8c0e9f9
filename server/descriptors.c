#include "server/descriptors.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "common/log.h"

static struct rlimit before;

void
descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &before) < 0)
		return;
	limit = before;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_debug("no more descriptors: %s", strerror(errno));
}

void
descriptors_restore(void)
{
	if (before.rlim_max > 0)
		setrlimit(RLIMIT_NOFILE, &before);
}
