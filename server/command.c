#include "server/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/descriptors.h"
#include "server/server.h"

enum { SIGNALLED = 128, CANNOT_RUN = 126, NOT_FOUND = 127 };

int
command_folder(char *path, size_t size)
{
	const char *temporary = getenv("TMPDIR");

	if (!temporary || temporary[0] == '\0')
		temporary = "/tmp";
	if ((size_t)snprintf(path, size, "%s/vmd-XXXXXX", temporary) >= size)
		return -ENAMETOOLONG;
	return mkdtemp(path) ? 0 : -errno;
}

static void
on_child(struct ev_loop *loop, ev_child *watcher, int events)
{
	struct command *command = watcher->data;
	int status = watcher->rstatus;

	(void)events;
	if (WIFEXITED(status))
		command->status = WEXITSTATUS(status);
	else if (WIFSIGNALED(status))
		command->status = SIGNALLED + WTERMSIG(status);
	else
		return;
	ev_child_stop(loop, watcher);
	command->pid = 0;
	server_stop(command->server);
}

/* In the child. libev blocks no signal, and catches those of the loop only. */
static void
execute(char *const *arguments, const char *socket, uint32_t page_size)
{
	char text[16];

	setenv("VMD_SOCKET", socket, 1);
	snprintf(text, sizeof(text), "%u", page_size);
	setenv("VMD_PAGE_SIZE", text, page_size != VM_PAGE_SIZE);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	descriptors_restore();
	execvp(arguments[0], arguments);
	fprintf(stderr, "vmd: cannot run '%s': %s\n", arguments[0],
	    strerror(errno));
	_exit(errno == ENOENT ? NOT_FOUND : CANNOT_RUN);
}

int
command_start(struct command *command, struct server *server,
    char *const *arguments, const char *socket)
{
	command->server = server;
	command->status = SIGNALLED + SIGTERM;
	command->pid = fork();
	if (command->pid < 0)
		return -errno;
	if (command->pid == 0)
		execute(arguments, socket, server->page_size);
	ev_child_init(&command->child, on_child, command->pid, 0);
	command->child.data = command;
	ev_child_start(server->loop, &command->child);
	return 0;
}
