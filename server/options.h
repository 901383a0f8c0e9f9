/*
 * What the daemon was told to do
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "server/limit.h"

struct personality;

/* Exit statuses. A command under --run brings its own. */
enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_IN_USE = 3, /* another daemon has the socket */
};

struct options {
	const char *socket; /* NULL: the default */
	mode_t socket_mode;
	gid_t socket_group; /* -1: the daemon's own */
	uint64_t memory;    /* bytes of frames */
	const struct personality *personality;
	uint32_t page_size; /* bytes */
	uint32_t seed;      /* 0: none */
	uint32_t slice;     /* microseconds */
	uint32_t patience;  /* seconds */
	bool check;         /* everything, after every call */
	bool no_sandbox;    /* all system calls */
	bool allow_core;
	bool allow_swap;
	const char *config;   /* the file; NULL: none */
	bool config_optional; /* it need not be there */
	bool check_config;    /* and no more */
	struct limits_said limits;
	char *const *command; /* --run: with its arguments; NULL: none */
};

/*
 * => does what --help and --version ask for, and exits with 0
 * => a usage error says what is wrong and exits with EXIT_USAGE
 */
void options_parse(struct options *options, int argc, char **argv);
