/* Where the socket is, if nobody says or somebody does. */
#include "tests/support/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/address.h"

void
test_setup(void)
{
	unsetenv("VMD_SOCKET");
	unsetenv("XDG_RUNTIME_DIR");
}

/* As somebody who is not root. */
static bool
be_nobody(void)
{
	return geteuid() != 0 || setuid(65534) == 0;
}

TEST(the_environment_says_which_socket)
{
	struct sockaddr_un address;
	bool standard = true;

	setenv("VMD_SOCKET", "/somewhere/else", 1);
	ck_assert_int_eq(address_default(&address, &standard), 0);
	ck_assert_str_eq(address.sun_path, "/somewhere/else");
	ck_assert(!standard);
}

TEST(else_it_is_the_sessions)
{
	struct sockaddr_un address;
	bool standard = false;

	ck_assert(be_nobody());
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	ck_assert_int_eq(address_default(&address, &standard), 0);
	ck_assert_str_eq(address.sun_path, "/run/user/7/vmd/vmd.sock");
	ck_assert(standard);
}

TEST(without_a_session_there_is_an_error_that_says_so)
{
	struct sockaddr_un address;

	ck_assert(be_nobody());
	ck_assert_int_eq(address_default(&address, NULL), -ENOENT);
	ck_assert_ptr_nonnull(
	    strstr(address_error(-ENOENT), "XDG_RUNTIME_DIR"));
}

TEST(a_path_that_is_too_long_is_refused)
{
	struct sockaddr_un address;
	char path[200];

	memset(path, 'x', sizeof(path));
	path[107] = '\0';
	ck_assert_int_eq(address_set(&address, path), 0);
	path[107] = 'x';
	path[108] = '\0';
	ck_assert_int_eq(address_set(&address, path), -ENAMETOOLONG);
	ck_assert_int_eq(address_set(&address, ""), -EINVAL);
}
