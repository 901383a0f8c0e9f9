/* How long the daemon's loop waits: the system's call stands here, and looks. */
#include "tests/support/test.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>

enum { FD = 12, MOST = 7, LIBEV_MINUTE = 59743 };

static struct epoll_event events[MOST];
static int waited; /* milliseconds, as the system was asked */

int
epoll_pwait(int fd, struct epoll_event *to, int most, int timeout,
    const sigset_t *mask)
{
	ck_assert_int_eq(fd, FD);
	ck_assert_ptr_eq(to, events);
	ck_assert_int_eq(most, MOST);
	ck_assert_ptr_null(mask);
	waited = timeout;
	errno = EINTR;
	return -1;
}

static int
asked_for(int timeout)
{
	ck_assert_int_eq(epoll_wait(FD, events, MOST, timeout), -1);
	ck_assert_int_eq(errno, EINTR);
	return waited;
}

void
test_setup(void)
{
}

void
test_teardown(void)
{
}

TEST(a_loop_without_timers_waits_without_end)
{
	ck_assert_int_eq(asked_for(LIBEV_MINUTE), -1);
	ck_assert_int_eq(asked_for(60000), -1);
	ck_assert_int_eq(asked_for(INT_MAX), -1);
	ck_assert_int_eq(asked_for(-1), -1);
}

TEST(timers_of_the_daemon_are_waited_for)
{
	ck_assert_int_eq(asked_for(0), 0);
	ck_assert_int_eq(asked_for(1), 1);
	ck_assert_int_eq(asked_for(30000), 30000);
	ck_assert_int_eq(asked_for(58999), 58999);
}
