/* What becomes of a socket that is handed over: system/guard.c has the rest. */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/address.h"
#include "server/activation.h"

static char folder[] = "/tmp/vmd-test-XXXXXX";
static char path[64];

void
test_setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/vmd.sock", folder);
}

void
test_teardown(void)
{
	unlink(path);
	rmdir(folder);
}

static void
set_number(const char *name, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	setenv(name, text, 1);
}

static void
listen_at_3(void)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_eq(address_set(&address, path), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)),
	    0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(dup2(fd, 3), 3);
	if (fd != 3)
		close(fd);
}

/* In a process whose descriptors are its own. */
static void
apart(void (*body)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		listen_at_3();
		set_number("LISTEN_PID", getpid());
		set_number("LISTEN_FDS", 1);
		setenv("LISTEN_FDNAMES", "vmd", 1);
		body();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void
it_is_ready_to_be_served(void)
{
	struct sockaddr_un address;

	ck_assert_int_eq(activation_socket(&address), 3);
	ck_assert_str_eq(address.sun_path, path);
	ck_assert_int_ne(fcntl(3, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_ne(fcntl(3, F_GETFL) & O_NONBLOCK, 0);
}

TEST(it_does_not_block_and_is_closed_by_exec)
{
	apart(it_is_ready_to_be_served);
}

static void
it_is_taken_once(void)
{
	struct sockaddr_un address;

	ck_assert_int_eq(activation_socket(&address), 3);
	ck_assert_ptr_null(getenv("LISTEN_PID"));
	ck_assert_ptr_null(getenv("LISTEN_FDS"));
	ck_assert_ptr_null(getenv("LISTEN_FDNAMES"));
	ck_assert_int_eq(activation_socket(&address), -ENOENT);
}

TEST(the_environment_does_not_speak_of_it_any_more)
{
	apart(it_is_taken_once);
}

static void
nothing_else_is_a_number(void)
{
	static const char *const texts[] = { "", "1x", "x1", " 1", "+1", "-1",
		"2", "0", "18446744073709551617" };
	struct sockaddr_un address;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		set_number("LISTEN_PID", getpid());
		setenv("LISTEN_FDS", texts[i], 1);
		ck_assert_int_eq(activation_socket(&address), -EINVAL);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		setenv("LISTEN_PID", texts[i], 1);
		setenv("LISTEN_FDS", "1", 1);
		ck_assert_int_eq(activation_socket(&address), -ENOENT);
	}
}

TEST(numbers_are_taken_by_the_letter)
{
	apart(nothing_else_is_a_number);
}
