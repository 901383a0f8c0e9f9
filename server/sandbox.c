/*
 * The list of system calls
 */
#include "server/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <seccomp.h>

#include "common/cleanup.h"

/* Whatever their arguments. Those of the loop do not depend on any, so that the
 * kernel need not even run the filter. */
static const int allowed[] = {
	/* connections, and the log */
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(close),
	SCMP_SYS(getsockopt),
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(write),
	SCMP_SYS(writev),

	/* the loop */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(time),
	SCMP_SYS(wait4),
	SCMP_SYS(waitid),

	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	SCMP_SYS(madvise),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),

	/* windows */
	SCMP_SYS(ftruncate),
	SCMP_SYS(memfd_create),
	SCMP_SYS(mincore),

	/* what a C library asks: qsort() how much memory there is */
	SCMP_SYS(getegid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getuid),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),

	/* a configuration that is read again, if it is there */
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(fstat),
	SCMP_SYS(lseek),
	SCMP_SYS(newfstatat),

	/* the end, which may be abort()'s */
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
};

static const int removing[] = {
	SCMP_SYS(rmdir),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
};

/* The call fails, with this. Most of it is what the system's modules for finding
 * users try, when a configuration that is read again has names. */
static const struct {
	int call;
	int error;
} refused[] = {
	{ SCMP_SYS(bind), EACCES },
	{ SCMP_SYS(capget), EACCES },
	{ SCMP_SYS(connect), EACCES },
	{ SCMP_SYS(epoll_create1), EACCES },
	{ SCMP_SYS(eventfd2), EACCES },
	{ SCMP_SYS(fstatfs), EACCES },
	{ SCMP_SYS(getdents64), EACCES },
	{ SCMP_SYS(getpeername), EACCES },
	{ SCMP_SYS(getsockname), EACCES },
	{ SCMP_SYS(ioctl), ENOTTY },
	{ SCMP_SYS(open), EACCES },
	{ SCMP_SYS(poll), EACCES },
	{ SCMP_SYS(ppoll), EACCES },
	{ SCMP_SYS(prctl), EACCES },
	{ SCMP_SYS(readlink), EACCES },
	{ SCMP_SYS(readlinkat), EACCES },
	{ SCMP_SYS(setsockopt), EACCES },
	{ SCMP_SYS(socket), EACCES },
	{ SCMP_SYS(socketpair), EACCES },
	{ SCMP_SYS(statfs), EACCES },
	{ SCMP_SYS(statx), EACCES },
	{ SCMP_SYS(timerfd_create), EACCES },
};

/* With any of these bits in the argument the call is refused; else allowed. */
static const struct {
	int call;
	unsigned argument;
	uint64_t bits;
} choosy[] = {
	{ SCMP_SYS(mmap), 2, PROT_EXEC },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC },
};

enum { WRITING = O_ACCMODE | O_CREAT | O_TRUNC };

static int
allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return r;
}

static int
refuse(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(refused) && r == 0; i++)
		r = seccomp_rule_add(filter,
		    SCMP_ACT_ERRNO((uint16_t)refused[i].error), refused[i].call,
		    0);
	return r;
}

/* Are these bits of an argument so? */
static struct scmp_arg_cmp
bits_are(unsigned argument, uint64_t bits, uint64_t value)
{
	return (struct scmp_arg_cmp){
		.arg = argument,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = bits,
		.datum_b = value,
	};
}

static int
choose(scmp_filter_ctx filter, int call, unsigned argument, uint64_t bits)
{
	uint32_t refusal = SCMP_ACT_ERRNO(EACCES);
	struct scmp_arg_cmp is = bits_are(argument, bits, 0);
	int r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &is);

	for (uint64_t bit = 1; bit <= bits && r == 0; bit <<= 1)
		if (bits & bit) {
			is = bits_are(argument, bit, bit);
			r = seccomp_rule_add_array(filter, refusal, call, 1,
			    &is);
		}
	return r;
}

/* abort() is for this process alone; SIGTERM for the command. */
static int
allow_signals(scmp_filter_ctx filter, pid_t child)
{
	const struct scmp_arg_cmp itself =
	    bits_are(0, UINT32_MAX, (uint32_t)getpid());
	const struct scmp_arg_cmp term[] = {
		bits_are(0, UINT32_MAX, (uint32_t)child),
		bits_are(1, UINT32_MAX, SIGTERM),
	};
	int r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill),
	    1, &itself);

	if (r == 0 && child > 0)
		r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
		    SCMP_SYS(kill), ARRAY_SIZE(term), term);
	return r;
}

/* Of all that fcntl() does, a window is sealed with it. */
static int
allow_seals(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp seal =
	    bits_are(1, UINT32_MAX, F_ADD_SEALS);
	const struct scmp_arg_cmp other = {
		.arg = 1,
		.op = SCMP_CMP_NE,
		.datum_a = F_ADD_SEALS,
	};
	int r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl),
	    1, &seal);

	return r == 0 ? seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EACCES),
			    SCMP_SYS(fcntl), 1, &other)
		      : r;
}

static int
add_rules(scmp_filter_ctx filter, const struct guard *guard)
{
	int r = allow(filter, allowed, ARRAY_SIZE(allowed));

	if (r == 0 && guard->remove)
		r = allow(filter, removing, ARRAY_SIZE(removing));
	if (r == 0)
		r = refuse(filter);
	if (r == 0)
		r = allow_seals(filter);
	for (size_t i = 0; i < ARRAY_SIZE(choosy) && r == 0; i++)
		r = choose(filter, choosy[i].call, choosy[i].argument,
		    choosy[i].bits);
	if (r == 0 && guard->read)
		r = choose(filter, SCMP_SYS(openat), 2, WRITING);
	else if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES),
		    SCMP_SYS(openat), 0);
	if (r == 0)
		r = allow_signals(filter, guard->child);
	return r;
}

/* A tree, for calls that are far down the list; and what comes by another
 * architecture's way is killed as a whole, too. */
static int
set_attributes(scmp_filter_ctx filter)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS);

	return r == 0 ? seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)
		      : r;
}

int
guard_sandbox(const struct guard *guard)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!filter)
		return -ENOMEM;
	r = set_attributes(filter);
	if (r == 0)
		r = add_rules(filter, guard);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}
