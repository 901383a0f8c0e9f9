#include "tests/support/test.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct test *tests;
struct test **tests_tail = &tests;

static int open_before;

static int
count_open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

__attribute__((weak)) void
test_setup(void)
{
}

__attribute__((weak)) void
test_teardown(void)
{
}

static void
setup(void)
{
	test_setup();
	open_before = count_open_files();
}

static void
teardown(void)
{
	ck_assert_msg(count_open_files() == open_before,
	    "file descriptors are left open");
	test_teardown();
}

static TCase *
add_case(Suite *suite, void (*before)(void))
{
	TCase *tcase = tcase_create(program_invocation_short_name);

	if (before)
		tcase_add_checked_fixture(tcase, before, NULL);
	tcase_add_checked_fixture(tcase, setup, teardown);
	suite_add_tcase(suite, tcase);
	return tcase;
}

int
main(void)
{
	Suite *suite = suite_create(program_invocation_short_name);
	TCase *plain;
	SRunner *runner;
	int failed;

	setenv("CK_DEFAULT_TIMEOUT", "300", false); /* seconds, of a test */
	plain = add_case(suite, NULL);
	for (struct test *test = tests; test; test = test->next)
		tcase_add_test(test->before ? add_case(suite, test->before)
					    : plain,
		    *test->body);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
