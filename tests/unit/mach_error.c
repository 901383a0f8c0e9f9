#include "tests/support/test.h"

#include <mach/kern_return.h>
#include <mach/mach_error.h>
#include <mach/message.h>
#include <mach/mig_errors.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct expected {
	mach_error_t error;
	const char *type;
	const char *words;
};

static const struct expected known[] = {
	{ KERN_SUCCESS, "(os/kern)", "(os/kern) successful" },
	{ KERN_INVALID_ADDRESS, "(os/kern)", "(os/kern) invalid address" },
	{ KERN_PROTECTION_FAILURE, "(os/kern)",
	    "(os/kern) protection failure" },
	{ KERN_NO_SPACE, "(os/kern)", "(os/kern) no space available" },
	{ KERN_NOT_FOUND, "(os/kern)", "(os/kern) result not found" },
	{ MACH_SEND_INVALID_DEST, "(ipc/send)",
	    "(ipc/send) invalid destination port" },
	{ MACH_RCV_PORT_DIED, "(ipc/rcv)", "(ipc/rcv) port died" },
	{ MIG_TYPE_ERROR, "(ipc/mig)", "(ipc/mig) reply of the wrong type" },
	{ MIG_SERVER_DIED, "(ipc/mig)", "(ipc/mig) server died" },
	{ 0x10008008, "(ipc/mig)", "(ipc/mig) server died" },
};

static const struct expected unknown[] = {
	{ KERN_NOT_FOUND + 1, "(os/kern)", "unknown error code" },
	{ KERN_RETURN_MAX, "(os/kern)", "unknown error code" },
	{ 0x10000000, "(ipc/send)", "unknown error code" },
	{ 0x10000006, "(ipc/send)", "unknown error code" },
	{ 0x10000017, "(ipc/send)", "unknown error code" },
	{ MIG_TRAILER_ERROR - 1, "(ipc/mig)", "unknown error code" },
	{ unix_err(2), "(os/unix)", "unknown error code" },

	/* Numbers of before, each range from end to end. */
	{ -99, "(?/?)", "(?/?) unknown error system" },
	{ -100, "(ipc/send)", "unknown error code" },
	{ -199, "(ipc/send)", "unknown error code" },
	{ -200, "(ipc/rcv)", "unknown error code" },
	{ -299, "(ipc/rcv)", "unknown error code" },
	{ -399, "(ipc/mig)", "unknown error code" },
	{ -400, "(?/?)", "(?/?) unknown error system" },
	{ 999, "(os/kern)", "unknown error code" },
	{ 1000, "(server/netname)", "unknown error code" },
	{ 1099, "(server/netname)", "unknown error code" },
	{ 1100, "(os/kern)", "unknown error code" },
	{ 1600, "(server/env_mgr)", "unknown error code" },
	{ 1699, "(server/env_mgr)", "unknown error code" },
	{ 27600, "(server/execd)", "unknown error code" },
	{ 27699, "(server/execd)", "unknown error code" },

	{ err_kern | err_sub(4), "(?/?)", "(os/?) unknown subsystem" },
	{ err_us, "(?/?)", "(us/?) unknown subsystem" },
	{ err_mach_ipc | err_sub(3), "(?/?)", "(ipc/?) unknown subsystem" },
	{ err_system(5), "(?/?)", "(?/?) unknown error system" },
	{ err_local, "(?/?)", "(?/?) unknown error system" },
	{ INT_MIN, "(?/?)", "(?/?) unknown error system" },
	{ INT_MAX, "(?/?)", "(?/?) unknown error system" },
};

/* What mach_error() prints, in `printed`. */
static void
capture(char *printed, size_t size, const char *text, mach_error_t error)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t length;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(saved, 0);
	ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
	mach_error(text, error);
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	close(saved);

	rewind(file);
	length = fread(printed, 1, size - 1, file);
	printed[length] = '\0';
	fclose(file);
}

TEST(a_code_is_told_in_words_that_begin_with_its_type)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		ck_assert_str_eq(mach_error_string(known[i].error),
		    known[i].words);
		ck_assert_str_eq(mach_error_type(known[i].error),
		    known[i].type);
	}
}

TEST(every_code_of_the_kernel_has_words)
{
	for (mach_error_t error = 0; error <= KERN_NOT_FOUND; error++)
		ck_assert_msg(strncmp(mach_error_string(error), "(os/kern) ",
				  strlen("(os/kern) ")) == 0,
		    "%d: %s", error, mach_error_string(error));
}

TEST(a_code_nobody_knows_is_called_unknown)
{
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		ck_assert_str_eq(mach_error_string(unknown[i].error),
		    unknown[i].words);
		ck_assert_str_eq(mach_error_type(unknown[i].error),
		    unknown[i].type);
	}
}

TEST(mach_error_prints_what_the_caller_says_and_the_words)
{
	char printed[200];

	capture(printed, sizeof(printed), "vm_copy", KERN_INVALID_ADDRESS);
	ck_assert_str_eq(printed, "vm_copy (os/kern) invalid address\n");
}

TEST(mach_error_prints_an_unknown_code_with_its_type_and_number)
{
	char printed[200];

	capture(printed, sizeof(printed), "vm_copy:", 0x10000017);
	ck_assert_str_eq(printed,
	    "vm_copy: (ipc/send) unknown error code (10000017)\n");
}
