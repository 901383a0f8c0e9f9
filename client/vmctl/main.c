/*
 * vmctl: Mach's calls from a script, or a command line
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/vmctl/json.h"
#include "client/vmctl/options.h"
#include "client/vmctl/repl.h"
#include "client/vmctl/run.h"
#include "client/vmctl/script.h"
#include "client/vmctl/verb.h"
#include "common/cleanup.h"

static const char *const forms[] = {
	"[FILE]",
	"-c 'command; command'",
	"VERB ...",
};
static const char usage[] =
    "\n"
    "Makes Mach's calls to a vmd daemon, from a script in a file, on standard\n"
    "input, or on the command line. On a terminal, without any of these, they\n"
    "are typed, and run line by line.\n"
    "\n";
static const char scripts[] =
    "\n"
    "A line of a script is a command; `-c help` prints all of them:\n"
    "\n"
    "  a = vm_allocate $self 0 64K ANYWHERE\n"
    "  vm_write $self $a \"hello\"\n"
    "  vm_copy $self $a 4K $a+0x8000\n"
    "  expect-bytes $self $a+0x8000 \"hello\"\n"
    "  vm_protect $self 0 4K FALSE r-- expect INVALID_ADDRESS\n"
    "\n"
    "Verbs, which need no script:\n"
    "\n";
static const char ending[] =
    "\n"
    "Exit status: 0 all was as expected, 1 it was not, 2 usage or syntax,\n"
    "3 no daemon.\n";

struct options {
	const char *text;        /* of -c, or NULL */
	const char *file;        /* or NULL: standard input */
	const struct verb *verb; /* or NULL; its arguments begin at optind */
	bool keeps_going;
	bool json;
};

static void fail(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

static void
fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n%s: see %s --help\n", program_invocation_short_name,
	    program_invocation_short_name);
	va_end(arguments);
	exit(EXIT_USAGE);
}

/* With the name that it is called by. */
static void
print_usage(FILE *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		fprintf(file, "%s %s [options] %s\n",
		    i == 0 ? "usage:" : "      ", program_invocation_short_name,
		    forms[i]);
	fputs(usage, file);
	options_print(file);
	fputs(scripts, file);
}

static void
set_personality(const char *name)
{
	if (strcmp(name, "osf") != 0 && strcmp(name, "xnu") != 0 &&
	    strcmp(name, "gnu") != 0)
		fail("--personality '%s': osf, xnu or gnu", name);
	setenv("VMD_PERSONALITY", name, 1);
}

static void
options_parse(struct options *options, int argc, char **argv)
{
	int key;

	opterr = 0;
	while ((key = options_next(argc, argv)) != -1) {
		switch (key) {
		case 'c':
			options->text = optarg;
			break;
		case 'k':
			options->keeps_going = true;
			break;
		case OPTION_JSON:
			if (!json_is_there())
				fail("--json: vmctl was built without it");
			options->json = true;
			break;
		case OPTION_SOCKET:
			setenv("VMD_SOCKET", optarg, 1);
			break;
		case OPTION_PERSONALITY:
			set_personality(optarg);
			break;
		case 'h':
			print_usage(stdout);
			verbs_print();
			fputs(ending, stdout);
			exit(EXIT_SUCCESS);
		case OPTION_VERSION:
			puts("vmctl " VMD_VERSION);
			exit(EXIT_SUCCESS);
		case ':':
			fail("%s: an argument is missing", argv[optind - 1]);
		default:
			fail("%s: no such option", argv[optind - 1]);
		}
	}
	if (optind < argc && !options->text)
		options->verb = verb_find(argv[optind]);
	if (options->verb)
		return;
	if (optind < argc && !options->text)
		options->file = argv[optind++];
	if (optind < argc)
		fail("'%s': one script at a time", argv[optind]);
}

/* All of a file. NULL: errno says why. */
static char *
read_file(FILE *file, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);
	char part[4096];
	size_t n;

	if (!out)
		return NULL;
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		fwrite(part, 1, n, out);
	if (fclose(out) == 0 && !ferror(file))
		return text;
	free(text);
	return NULL;
}

static char *
read_script(const char *path, size_t *size)
{
	FILE *file = path ? fopen(path, "re") : stdin;
	char *text = file ? read_file(file, size) : NULL;

	if (!text) {
		fprintf(stderr, "%s: cannot read '%s': %s\n",
		    program_invocation_short_name,
		    path ? path : "standard input", strerror(errno));
		exit(EXIT_USAGE);
	}
	if (path)
		fclose(file);
	return text;
}

/* What was printed must have got out. */
static int
finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "%s: cannot write standard output\n",
	    program_invocation_short_name);
	return EXIT_FAILURE;
}

/* With a person. */
static int
converse(struct run *run)
{
	int status;

	run->prints = true;
	script_start(run->script, NULL);
	status = repl(run);
	script_deinit(run->script);
	return status;
}

int
main(int argc, char **argv)
{
	struct options options = { 0 };
	_cleanup_(freep) char *text = NULL;
	struct script script;
	struct run run = { .script = &script };
	const char *name = "stdin";
	size_t size;
	int status = EXIT_USAGE;

	options_parse(&options, argc, argv);
	verb_json = options.json;
	if (options.verb)
		return finish(
		    verb_run(options.verb, argc - optind, argv + optind));
	run.keeps_going = options.keeps_going;
	run.json = options.json;
	if (!options.text && !options.file && isatty(STDIN_FILENO))
		return finish(converse(&run));
	if (options.text)
		name = "-c";
	else if (options.file)
		name = options.file;
	if (!options.text)
		options.text = text = read_script(options.file, &size);
	else
		size = strlen(options.text);
	run.prints = !text || options.json;
	if (script_init(&script, name, options.text, size))
		status = run_script(&run);
	script_deinit(&script);
	return finish(status);
}
