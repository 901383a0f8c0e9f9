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
#include "server/activation.h"
#include "server/command.h"
#include "server/folder.h"
#include "server/guard.h"
#include "server/config.h"
#include "server/descriptors.h"
#include "server/listener.h"
#include "server/manager.h"
#include "server/options.h"
#include "server/server.h"

/* The folder of a default socket is made, for those who may connect. */
static void
make_folder(const struct options *options, const struct sockaddr_un *address)
{
	mode_t mode = options->socket_mode & 0077 ? 0755 : 0700;
	struct sockaddr_un folder = *address;

	*strrchr(folder.sun_path, '/') = '\0';
	if (mkdir(folder.sun_path, mode) < 0 && errno != EEXIST)
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
		make_folder(options, address);
	return r;
}

static int
listen_at(const struct options *options, struct listener *listener,
    const struct sockaddr_un *address)
{
	char complaint[512];
	int r;

	if (!folder_is_safe(address->sun_path, complaint, sizeof(complaint))) {
		log_error("cannot listen at '%s': %s", address->sun_path,
		    complaint);
		return EXIT_FAILED;
	}
	r = listener_open(listener, address, options->socket_mode,
	    options->socket_group);
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

static void
complain(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

/* Only says what is wrong with the file. Returns the status to exit with. */
static int
check_config(const char *path)
{
	struct config config;
	bool right;

	config_init(&config);
	right = config_read(&config, path, false, complain);
	config_deinit(&config);
	return right ? EXIT_SUCCESS : EXIT_FAILED;
}

/* Listens where the service manager does, if it does. True: *status says how
 * that went. */
static bool
listen_for_manager(const struct options *options, struct listener *listener,
    int *status)
{
	struct sockaddr_un address;
	int fd = activation_socket(&address);

	if (fd == -ENOENT)
		return false;
	*status = EXIT_FAILED;
	if (fd < 0) {
		log_error("$LISTEN_FDS: not exactly one socket that listens "
			  "for streams at a path");
	} else if (options->command || options->socket) {
		log_error("there is a socket in $LISTEN_FDS, and --socket or "
			  "--run");
		*status = EXIT_USAGE;
	} else {
		listener_lend(listener, fd, &address);
		*status = EXIT_SUCCESS;
	}
	return true;
}

/* Not having enough to lock is no reason not to serve. */
static void
keep_from_swap(struct server *server)
{
	if (!vm_page_pool_lock(&server->vm.pages))
		log_debug("tasks' memory may be swapped: %s", strerror(errno));
}

/* Gives up what is not needed any more. */
static int
be_guarded(const struct options *options, const struct listener *listener,
    pid_t child)
{
	int r = guard_up(&(struct guard){
	    .sandbox = !options->no_sandbox,
	    .allow_core = options->allow_core,
	    .read = options->config != NULL,
	    .remove = !listener->lent,
	    .child = child,
	});

	if (r < 0)
		log_error("cannot give up system calls: %s (--sandbox off "
			  "does without)",
		    strerror(-r));
	return r;
}

static void
run(struct server *server, struct manager *manager, const char *path)
{
	manager_watch(manager, server->loop);
	manager_tell(manager, "READY=1\nSTATUS=Listening at %s", path);
	server_run(server);
	manager_tell(manager, "STOPPING=1");
}

/* Serves until the end. Returns the status to exit with. */
static int
serve(const struct options *options, struct listener *listener,
    struct manager *manager)
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
	server.page_size = options->page_size;
	server.vm.seed = options->seed;
	if (!server_configure(&server, options->config,
		options->config_optional, &options->limits)) {
		log_error("cannot start with that configuration");
		server_deinit(&server);
		return EXIT_FAILED;
	}
	if (!options->allow_swap)
		keep_from_swap(&server);
	if (options->command)
		r = command_start(&command, &server, options->command, path);
	if (r < 0)
		log_error("cannot start the command: %s", strerror(-r));
	else
		r = be_guarded(options, listener, command.pid);
	if (r == 0 && !options->command)
		log_info("listening at %s", path);
	if (r == 0)
		run(&server, manager, path);
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

/* Listens, one way or the other. Returns the status to exit with, if it does
 * not. */
static int
open_listener(const struct options *options, struct listener *listener)
{
	struct sockaddr_un address;
	int status, r;

	if (listen_for_manager(options, listener, &status))
		return status;
	r = choose_address(options, &address);
	if (r < 0) {
		log_error("%s", address_error(r));
		return EXIT_FAILED;
	}
	status = listen_at(options, listener, &address);
	if (status != EXIT_SUCCESS && options->command)
		remove_folder(&address);
	return status;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct listener listener;
	struct manager manager;
	int status;

	options_parse(&options, argc, argv);
	if (options.check_config)
		return check_config(options.config);
	descriptors_raise();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	status = open_listener(&options, &listener);
	if (status != EXIT_SUCCESS)
		return status;
	manager_init(&manager);
	status = serve(&options, &listener, &manager);
	listener_close(&listener);
	if (options.command)
		remove_folder(&listener.address);
	manager_deinit(&manager);
	return status;
}
