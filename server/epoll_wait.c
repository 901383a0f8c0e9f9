/*
 * libev's waiting, without an alarm clock
 *
 * libev never waits without end: if it has no timer, it waits for a minute, and
 * then again. The system winds up a clock for each wait and stops it, which
 * takes a third of a microsecond out of a call's six. This stands in the place
 * of the C library's function, for the whole daemon: a wait as long as that is
 * one without end. No timer of the daemon's is as long.
 */
#include <stddef.h>
#include <sys/epoll.h>

enum { LIBEV_MOST = 59 * 1000 }; /* milliseconds */

int
epoll_wait(int fd, struct epoll_event *events, int most, int timeout)
{
	if (timeout >= LIBEV_MOST)
		timeout = -1;
	return epoll_pwait(fd, events, most, timeout, NULL);
}
