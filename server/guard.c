#include "server/guard.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static int
give_up_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* The limit is for those who look at it: a kernel that pipes core dumps to a
 * program does not. Being dumpable is what counts. */
static int
give_up_cores(void)
{
	if (setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }) < 0)
		return -errno;
#ifndef GUARD_SANITIZED
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
#endif
	return 0;
}

int
guard_up(const struct guard *guard)
{
	int r = give_up_privileges();

	if (r == 0 && !guard->allow_core)
		r = give_up_cores();
#ifndef GUARD_SANITIZED
	if (r == 0 && guard->sandbox)
		r = guard_sandbox(guard);
#endif
	return r;
}
