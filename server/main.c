/*
 * vmd: Mach virtual memory as a service
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/address.h"
#include "common/log.h"
#include "server/command.h"
#include "server/listener.h"
#include "server/options.h"
#include "server/server.h"

/* The folder of a default socket is made, for its own user alone. */
static void
make_folder(const struct sockaddr_un *address)
{
	struct sockaddr_un folder = *address;

	*strrchr(folder.sun_path, '/') = '\0';
	if (mkdir(folder.sun_path, 0700) < 0 && errno != EEXIST)
		log_warning("cannot make '%s': %s", folder.sun_path,
		    strerror(errno));
}

/* Where to listen. A private daemon listens in a new folder. */
static int
choose_address(const struct options *options, struct sockaddr_un *address)
{
	char folder[sizeof(address->sun_path)];
	char path[sizeof(folder) + sizeof("/vmd.sock")];
	bool standard = false;
	int r;

	if (options->command) {
		r = command_folder(folder, sizeof(folder));
		if (r < 0)
			return r;
		snprintf(path, sizeof(path), "%s/vmd.sock", folder);
		r = address_set(address, path);
		if (r < 0)
			rmdir(folder);
		return r;
	}
	if (options->socket)
		return address_set(address, options->socket);
	r = address_default(address, &standard);
	if (r == 0 && standard)
		make_folder(address);
	return r;
}

static int
listen_at(struct listener *listener, const struct sockaddr_un *address)
{
	int r = listener_open(listener, address);

	switch (r) {
	case 0:
		return EXIT_SUCCESS;
	case -EADDRINUSE:
		log_error("another vmd listens at '%s'", address->sun_path);
		return EXIT_IN_USE;
	case -EEXIST:
		log_error("'%s' is there, and is no socket", address->sun_path);
		return EXIT_FAILED;
	default:
		log_error("cannot listen at '%s': %s", address->sun_path,
		    strerror(-r));
		return EXIT_FAILED;
	}
}

/* Serves until the end. Returns the status to exit with. */
static int
serve(const struct options *options, struct listener *listener)
{
	struct server server;
	struct command command = { .status = EXIT_SUCCESS };
	const char *path = listener->address.sun_path;
	int fd = listener->fd, r;

	listener->fd = -1;
	r = server_init(&server, options->memory, fd, options->personality);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return EXIT_FAILED;
	}
	server_set_slice(&server, options->slice);
	server.patience = options->patience;
	server.check = options->check;
	if (options->command)
		r = command_start(&command, &server, options->command, path);
	else
		log_info("listening at %s", path);
	if (r < 0)
		log_error("cannot start the command: %s", strerror(-r));
	else
		server_run(&server);
	if (command.pid > 0)
		kill(command.pid, SIGTERM);
	if (!server_deinit(&server) || r < 0)
		return EXIT_FAILED;
	return command.status;
}

static void
remove_folder(const struct sockaddr_un *address)
{
	struct sockaddr_un folder = *address;

	*strrchr(folder.sun_path, '/') = '\0';
	rmdir(folder.sun_path);
}

int
main(int argc, char **argv)
{
	struct options options;
	struct sockaddr_un address;
	struct listener listener;
	int status, r;

	options_parse(&options, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	r = choose_address(&options, &address);
	if (r < 0) {
		log_error("%s", address_error(r));
		return EXIT_FAILED;
	}
	status = listen_at(&listener, &address);
	if (status == EXIT_SUCCESS) {
		status = serve(&options, &listener);
		listener_close(&listener);
	}
	if (options.command)
		remove_folder(&address);
	return status;
}
