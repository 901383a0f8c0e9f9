#include "tests/fuzz/library.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "client/buffer.h"
#include "client/call.h"
#include "client/message.h"
#include "client/session.h"
#include "tests/fuzz/must.h"

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

static int64_t milliseconds_ago = 1000; /* since the clock began */

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	if (clock != CLOCK_MONOTONIC)
		return __real_clock_gettime(clock, now);
	now->tv_sec = milliseconds_ago / 1000;
	now->tv_nsec = milliseconds_ago % 1000 * 1000000;
	return 0;
}

void
library_waited(int milliseconds)
{
	milliseconds_ago += milliseconds;
}

void
library_start(void)
{
	unsetenv("VMD_PERSONALITY");
	setenv("VMD_SOCKET", "/nowhere/vmd.sock", 1);
}

void
library_hang_up(void)
{
	struct session *session = session_get();

	MUST(TAILQ_EMPTY(&session->calls) && !session->reading);
	MUST(TAILQ_EMPTY(&session->receivers));
	if (session->state != SESSION_NONE)
		close(session->fd);
	session->fd = -1;
	session->state = SESSION_NONE;
	session->input_start = session->input_end = 0;
	session->expected = 0;
	messages_free(session);
	if (session->passed >= 0)
		close(session->passed);
	session->passed = -1;
	buffers_hold();
	buffers_release();
	buffers_forked();
}
