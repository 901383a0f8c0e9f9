/*
 * vmctl record: runs a program, and keeps what it and the daemon say
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/vmctl/recorder.h"
#include "client/vmctl/run.h"
#include "client/vmctl/verb.h"

enum { EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127, EXIT_SIGNAL = 128 };

static int
fail(const struct verb *verb, const char *what, const char *why, int status)
{
	fprintf(stderr, "%s %s: %s%s%s\n", program_invocation_short_name,
	    verb->name, what, why ? ": " : "", why ? why : "");
	return status;
}

/* In the child. */
static void __attribute__((noreturn))
become(char **command, const char *path, const sigset_t *mask)
{
	int error;

	setenv("VMD_SOCKET", path, 1);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command[0], command);
	error = errno;
	fprintf(stderr, "%s record: cannot run '%s': %s\n",
	    program_invocation_short_name, command[0], strerror(error));
	_exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

/* Returns the command's exit status, as a shell has it. */
static int
run(const struct verb *verb, struct recorder *recorder, char **command)
{
	sigset_t wanted, before;
	int signals, status;
	pid_t child;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGHUP);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGTERM);
	sigprocmask(SIG_BLOCK, &wanted, &before);
	signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	child = signals >= 0 ? fork() : -1;
	if (child == 0)
		become(command, recorder->own.sun_path, &before);
	if (child < 0)
		return fail(verb, "cannot run anything", strerror(errno),
		    EXIT_CANNOT_RUN);
	status = recorder_run(recorder, child, signals);
	close(signals);
	return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static int
record(const struct verb *verb, struct recorder *recorder, const char *path,
    char **command)
{
	FILE *file = fopen(path, "we");
	const char *why = file ? recorder_open(recorder, file) : NULL;
	int status, error;

	if (!file)
		return fail(verb, path, strerror(errno), EXIT_USAGE);
	status = why ? fail(verb, "cannot listen", why, EXIT_USAGE)
		     : run(verb, recorder, command);
	recorder_close(recorder);
	error = ferror(file);
	if (fclose(file) != 0 || error) {
		fail(verb, path, "not everything could be written", 0);
		status = status ? status : EXIT_UNEXPECTED;
	}
	return status;
}

int
verb_record(const struct verb *verb, int argc, char **argv)
{
	struct recorder recorder = { 0 };
	const char *why;
	int at = 1;

	if (at < argc && argv[at][0] == '-' && argv[at][1] != '\0')
		return verb_misused(verb, "%s: no such option", argv[at]);
	if (argc - at < 2)
		return verb_misused(verb, "a file and a command are wanted");
	why = recorder_find(&recorder);
	if (why)
		return fail(verb, "there is no daemon", why, EXIT_NO_DAEMON);
	return record(verb, &recorder, argv[at], argv + at + 1);
}
