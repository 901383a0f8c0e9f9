#include "server/options.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "server/server.h"
#include "server/vm/personality.h"

static const char usage[] =
    "usage: vmd [options] [--run command [argument ...]]\n"
    "\n"
    "Serves Mach's virtual memory on a Unix socket, in the foreground.\n"
    "\n"
    "  --socket PATH       where to listen; else $VMD_SOCKET; else\n"
    "                      /run/vmd/vmd.sock for root, and for others\n"
    "                      $XDG_RUNTIME_DIR/vmd/vmd.sock\n"
    "  --socket-mode MODE  who may connect, in octal (0600)\n"
    "  --socket-group NAME the socket's group\n"
    "  --memory SIZE       memory of all tasks together, as 512M or 8G\n"
    "                      (half of the system's)\n"
    "  --personality NAME  whose answers: osf (the default), xnu or gnu\n"
    "  --page-size SIZE    of tasks: 4K (the default) or 16K\n"
    "  --seed NUMBER       memory that may go anywhere goes by chance, the "
    "same\n"
    "                      for the same number; else to the lowest place\n"
    "  --log-level LEVEL   error, warning, info (the default) or debug\n"
    "  --slice TIME        microseconds after which a call pauses for others\n"
    "                      (500); 0: whenever it can\n"
    "  --patience TIME     seconds that a client may take to go on with what\n"
    "                      it has begun, or to take its answers (10)\n"
    "  --config FILE       limits of users (/etc/vmd.conf, if it is there, "
    "and\n"
    "                      none with --run); 'none': no file\n"
    "  --check-config [FILE]\n"
    "                      says what is wrong with it, and exits\n"
    "  --limit NAME=VALUE  a limit of every user: see vmd.conf(5); repeatable\n"
    "  --check             verify everything after every call: slow\n"
    "  --sandbox on|off    off: all system calls (on)\n"
    "  --allow-core        dump core, and let a debugger attach\n"
    "  --allow-swap        do not lock tasks' memory\n"
    "  --run COMMAND ...   a private daemon for one command: listens on a\n"
    "                      socket of its own, names it in $VMD_SOCKET, and\n"
    "                      exits with the command's status\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 after SIGTERM or SIGINT, 1 failure, 2 usage,\n"
    "3 another daemon listens there.\n";

enum { MEMORY_LEAST = 1 << 20 };
#define MEMORY_MOST (UINT64_C(4) << 40)

enum option_key {
	OPTION_SOCKET = 1000,
	OPTION_SOCKET_MODE,
	OPTION_SOCKET_GROUP,
	OPTION_MEMORY,
	OPTION_PERSONALITY,
	OPTION_PAGE_SIZE,
	OPTION_SEED,
	OPTION_LOG_LEVEL,
	OPTION_SLICE,
	OPTION_PATIENCE,
	OPTION_CHECK,
	OPTION_SANDBOX,
	OPTION_ALLOW_CORE,
	OPTION_ALLOW_SWAP,
	OPTION_CONFIG,
	OPTION_CHECK_CONFIG,
	OPTION_LIMIT,
	OPTION_RUN,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option names[] = {
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "socket-mode", required_argument, NULL, OPTION_SOCKET_MODE },
	{ "socket-group", required_argument, NULL, OPTION_SOCKET_GROUP },
	{ "memory", required_argument, NULL, OPTION_MEMORY },
	{ "personality", required_argument, NULL, OPTION_PERSONALITY },
	{ "page-size", required_argument, NULL, OPTION_PAGE_SIZE },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
	{ "slice", required_argument, NULL, OPTION_SLICE },
	{ "patience", required_argument, NULL, OPTION_PATIENCE },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "sandbox", required_argument, NULL, OPTION_SANDBOX },
	{ "allow-core", no_argument, NULL, OPTION_ALLOW_CORE },
	{ "allow-swap", no_argument, NULL, OPTION_ALLOW_SWAP },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "check-config", no_argument, NULL, OPTION_CHECK_CONFIG },
	{ "limit", required_argument, NULL, OPTION_LIMIT },
	{ "run", no_argument, NULL, OPTION_RUN },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static void fail(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

static void
fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("vmd: ", stderr);
	vfprintf(stderr, format, arguments);
	fputs("\nvmd: see vmd --help\n", stderr);
	va_end(arguments);
	exit(EXIT_USAGE);
}

/* A number with a unit behind it, as 64M. */
static uint64_t
parse_size(const char *text)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;
	unsigned long long size;
	unsigned shift = 0;

	errno = 0;
	size = strtoull(text, &end, 10);
	if (end == text || text[0] == '-' || errno != 0)
		fail("--memory '%s': not a size", text);
	if (*end != '\0') {
		unit = strchr(units, *end);
		if (!unit || end[1] != '\0')
			fail("--memory '%s': the units are K, M, G and T",
			    text);
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (size > MEMORY_MOST >> shift || size << shift < MEMORY_LEAST)
		fail("--memory '%s': from 1M to 4T", text);
	return size << shift;
}

/* A number of at most `most`. */
static uint32_t
parse_number(const char *option, const char *text, uint32_t least,
    uint32_t most)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (end == text || *end != '\0' || text[0] == '-' || errno != 0 ||
	    number < least || number > most)
		fail("%s '%s': a number from %u to %u", option, text, least,
		    most);
	return (uint32_t)number;
}

static uint64_t
default_memory(void)
{
	uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES);
	uint64_t memory = pages * (uint64_t)sysconf(_SC_PAGESIZE) / 2;

	return memory < MEMORY_LEAST  ? MEMORY_LEAST
	       : memory > MEMORY_MOST ? MEMORY_MOST
				      : memory;
}

static void
set_log_level(const char *name)
{
	int level = log_level_by_name(name);

	if (level < 0)
		fail("--log-level '%s': error, warning, info or debug", name);
	log_set_level((enum log_level)level);
}

static uint32_t
parse_page_size(const char *text)
{
	static const struct {
		const char *text;
		uint32_t size;
	} sizes[] = { { "4K", VM_PAGE_SIZE }, { "4096", VM_PAGE_SIZE },
		{ "16K", SERVER_LARGE_PAGE }, { "16384", SERVER_LARGE_PAGE } };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		if (strcmp(sizes[i].text, text) == 0)
			return sizes[i].size;
	fail("--page-size '%s': 4K or 16K", text);
}

static const struct personality *
parse_personality(const char *name)
{
	const struct personality *personality = personality_by_name(name);

	if (!personality)
		fail("--personality '%s': osf, xnu or gnu", name);
	return personality;
}

/* NAME=VALUE. */
static void
parse_limit(struct limits_said *limits, const char *text)
{
	const char *equals = strchr(text, '=');
	enum limit limit = LIMITS;
	char allowed[128];

	if (equals)
		limit = limit_by_name(text, (size_t)(equals - text));
	if (limit == LIMITS)
		fail("--limit '%s': there is no such limit: see vmd.conf(5)",
		    text);
	if (!limit_parse(limit, equals + 1, strlen(equals + 1),
		&limits->of[limit], allowed, sizeof(allowed)))
		fail("--limit '%s': %s", text, allowed);
}

/* A private daemon is nobody else's: what holds for all users of the system is
 * not asked for. */
static void
choose_config(struct options *options)
{
	static const char standard[] = "/etc/vmd.conf";

	if (options->config && strcmp(options->config, "none") == 0)
		options->config = NULL;
	else if (!options->config && !options->command) {
		options->config = standard;
		options->config_optional = !options->check_config;
	}
	if (options->check_config && !options->config)
		fail("--check-config: there is no file");
}

/* For whom a socket is to be: nobody executes one. */
static mode_t
parse_mode(const char *text)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (text[0] < '0' || text[0] > '7' || *end != '\0' || (mode & ~0666ul))
		fail("--socket-mode '%s': an octal number, as 0660, of 0666 at "
		     "the most",
		    text);
	return (mode_t)mode;
}

/* By name, or by number. */
static gid_t
parse_group(const char *text)
{
	const struct group *group = getgrnam(text);
	unsigned long number;
	char *end;

	if (group)
		return group->gr_gid;
	number = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' ||
	    number >= UINT32_MAX)
		fail("--socket-group '%s': no such group", text);
	return (gid_t)number;
}

static bool
parse_switch(const char *option, const char *text)
{
	if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
		fail("%s '%s': on or off", option, text);
	return strcmp(text, "on") == 0;
}

/* What cannot be meant together. */
static void
check_together(const struct options *options)
{
	if (options->command && !options->command[0])
		fail("--run: a command is missing");
	if (options->command &&
	    (options->socket || options->socket_mode != 0600 ||
		options->socket_group != (gid_t)-1))
		fail("--run and --socket: a private daemon has a socket of "
		     "its own");
}

void
options_parse(struct options *options, int argc, char **argv)
{
	int key;

	*options = (struct options){
		.socket_mode = 0600,
		.socket_group = (gid_t)-1,
		.memory = default_memory(),
		.personality = &personality_osf,
		.page_size = VM_PAGE_SIZE,
		.slice = SERVER_SLICE,
		.patience = SERVER_PATIENCE,
	};
	opterr = 0;
	while (!options->command &&
	       (key = getopt_long(argc, argv, "+:h", names, NULL)) != -1) {
		switch (key) {
		case OPTION_SOCKET:
			options->socket = optarg;
			break;
		case OPTION_SOCKET_MODE:
			options->socket_mode = parse_mode(optarg);
			break;
		case OPTION_SOCKET_GROUP:
			options->socket_group = parse_group(optarg);
			break;
		case OPTION_MEMORY:
			options->memory = parse_size(optarg);
			break;
		case OPTION_PERSONALITY:
			options->personality = parse_personality(optarg);
			break;
		case OPTION_PAGE_SIZE:
			options->page_size = parse_page_size(optarg);
			break;
		case OPTION_SEED:
			options->seed =
			    parse_number("--seed", optarg, 1, UINT32_MAX);
			break;
		case OPTION_LOG_LEVEL:
			set_log_level(optarg);
			break;
		case OPTION_SLICE:
			options->slice =
			    parse_number("--slice", optarg, 0, 1000000);
			break;
		case OPTION_PATIENCE:
			options->patience =
			    parse_number("--patience", optarg, 1, 86400);
			break;
		case OPTION_CHECK:
			options->check = true;
			break;
		case OPTION_SANDBOX:
			options->no_sandbox =
			    !parse_switch("--sandbox", optarg);
			break;
		case OPTION_ALLOW_CORE:
			options->allow_core = true;
			break;
		case OPTION_ALLOW_SWAP:
			options->allow_swap = true;
			break;
		case OPTION_CONFIG:
			options->config = optarg;
			break;
		case OPTION_CHECK_CONFIG:
			options->check_config = true;
			if (optind < argc && argv[optind][0] != '-')
				options->config = argv[optind++];
			break;
		case OPTION_LIMIT:
			parse_limit(&options->limits, optarg);
			break;
		case OPTION_RUN:
			options->command = argv + optind;
			break;
		case 'h':
		case OPTION_HELP:
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		case OPTION_VERSION:
			puts("vmd " VMD_VERSION);
			exit(EXIT_SUCCESS);
		case ':':
			fail("%s: an argument is missing", argv[optind - 1]);
		default:
			fail("%s: no such option", argv[optind - 1]);
		}
	}
	if (!options->command && optind < argc)
		fail("'%s': vmd takes no arguments", argv[optind]);
	choose_config(options);
	check_together(options);
}
