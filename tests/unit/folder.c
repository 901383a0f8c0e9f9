/* Which folders a socket may be in. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "server/folder.h"

enum { NOBODY = 65534 };

/*	top/above/last/vmd.sock		top/link -> above		*/
static char top[] = "/tmp/vmd-test-XXXXXX";
static char above[64], last[96], path[128], by_link[128], link_path[64];
static char complaint[512];

void
test_setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(above, sizeof(above), "%s/above", top);
	snprintf(last, sizeof(last), "%s/last", above);
	snprintf(path, sizeof(path), "%s/vmd.sock", last);
	snprintf(link_path, sizeof(link_path), "%s/link", top);
	snprintf(by_link, sizeof(by_link), "%s/last/vmd.sock", link_path);
	ck_assert_int_eq(mkdir(above, 0700), 0);
	ck_assert_int_eq(mkdir(last, 0700), 0);
	ck_assert_int_eq(symlink(above, link_path), 0);
}

void
test_teardown(void)
{
	unlink(link_path);
	rmdir(last);
	rmdir(above);
	rmdir(top);
}

static void
is_safe(const char *at)
{
	ck_assert_msg(folder_is_safe(at, complaint, sizeof(complaint)), "%s",
	    complaint);
}

/* And the complaint has these words. */
static void
is_not_safe(const char *at, const char *folder, const char *word)
{
	complaint[0] = '\0';
	ck_assert(!folder_is_safe(at, complaint, sizeof(complaint)));
	ck_assert_msg(strstr(complaint, folder) && strstr(complaint, word),
	    "no '%s' and '%s' in '%s'", folder, word, complaint);
}

TEST(a_folder_of_one_s_own_is_safe_whoever_may_read_it)
{
	static const mode_t modes[] = { 0700, 0750, 0755, 0711, 02755 };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		ck_assert_int_eq(chmod(last, modes[i]), 0);
		is_safe(path);
	}
	is_safe("/vmd.sock");
}

TEST(a_folder_that_others_write_is_not_even_if_it_is_sticky)
{
	static const struct {
		mode_t mode;
		const char *told;
	} rows[] = { { 0720, "0720" }, { 0702, "0702" }, { 0777, "0777" },
		{ 01777, "1777" }, { 01770, "1770" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ck_assert_int_eq(chmod(last, rows[i].mode), 0);
		is_not_safe(path, last, rows[i].told);
	}
	is_not_safe("/tmp/vmd.sock", "'/tmp'", "1777");
}

TEST(a_folder_above_that_others_write_is_safe_if_it_is_sticky)
{
	ck_assert_int_eq(chmod(above, 0777), 0);
	is_not_safe(path, above, "0777");
	ck_assert_int_eq(chmod(above, 0770), 0);
	is_not_safe(path, above, "0770");
	ck_assert_int_eq(chmod(above, 01777), 0);
	is_safe(path);
}

TEST(a_folder_that_somebody_else_owns_is_not_safe)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(last, NOBODY, NOBODY), 0);
	is_not_safe(path, last, "65534");
	ck_assert_int_eq(chown(last, 0, 0), 0);
	ck_assert_int_eq(chown(above, NOBODY, NOBODY), 0);
	is_not_safe(path, above, "65534");
}

TEST(a_folder_of_root_s_is_safe_for_everybody)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(top, 0755), 0);
	ck_assert_int_eq(chmod(above, 0755), 0);
	ck_assert_int_eq(chown(last, NOBODY, NOBODY), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	is_safe(path);
	ck_assert_int_eq(seteuid(0), 0);
}

TEST(a_link_is_judged_by_its_owner_and_by_where_it_leads)
{
	is_safe(by_link);
	ck_assert_int_eq(chmod(above, 0777), 0);
	is_not_safe(by_link, above, "0777");
	ck_assert_int_eq(chmod(above, 0700), 0);
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(lchown(link_path, NOBODY, NOBODY), 0);
	is_not_safe(by_link, link_path, "65534");
}

TEST(a_path_from_here_is_judged_from_the_root)
{
	ck_assert_int_eq(chdir(last), 0);
	is_safe("vmd.sock");
	is_safe("./vmd.sock");
	ck_assert_int_eq(chmod(above, 0777), 0);
	is_not_safe("vmd.sock", above, "0777");
	is_not_safe("../last/vmd.sock", above, "0777");
	ck_assert_int_eq(chdir("/"), 0);
}

TEST(a_folder_that_there_is_not_is_not_safe)
{
	char none[160];

	snprintf(none, sizeof(none), "%s/none/vmd.sock", last);
	is_not_safe(none, "none", "No such file");
}
