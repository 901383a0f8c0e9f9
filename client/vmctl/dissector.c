/*
 * Makes vmd.lua: the file, with tables in the place of a line
 *
 *      routines[3801] = { name = "vm_allocate", request = { [1] = "address", ...
 *
 * usage: dissector FILE
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/constants.h"
#include "client/show/routine.h"
#include "common/cleanup.h"
#include "proto/routine.h"

static void
print_fields(const char *what, const ProtobufCMessageDescriptor *shape)
{
	printf(", %s = {", what);
	for (unsigned i = 0; i < shape->n_fields; i++)
		printf("%s [%u] = \"%s\"", i > 0 ? "," : "",
		    shape->fields[i].id, shape->fields[i].name);
	printf(" }");
}

static void
print_routine(const char *name, const ProtobufCMessageDescriptor *request,
    const ProtobufCMessageDescriptor *reply)
{
	printf("{ name = \"%s\"", name);
	print_fields("request", request);
	print_fields("reply", reply);
	printf(" }\n");
}

/* Those of the registry may have the id of another, which is there by then. */
static void
print_routines(void)
{
	struct routine routine, other;

	for (size_t i = 0; routine_at(i, &routine); i++) {
		if (routine_is_absent(&routine))
			continue;
		if (routine_by_id(routine.id, NULL, &other) &&
		    strcmp(other.name, routine.name) != 0)
			printf("routines[%d] = routines[%d] or {}\n"
			       "routines[%d].%s = ",
			    routine.id, routine.id, routine.id, routine.port);
		else
			printf("routines[%d] = ", routine.id);
		print_routine(routine.name, routine.request, routine.reply);
	}
}

static void
print_notices(void)
{
	for (unsigned i = 0; i < notify__descriptor.n_methods; i++) {
		const ProtobufCMethodDescriptor *method =
		    &notify__descriptor.methods[i];

		if (method->input == &absent__descriptor)
			continue;
		printf("notices[%d] = ", NOTIFY_BASE + (int)i);
		print_routine(method->name, method->input, method->output);
	}
}

static void
print_codes(void)
{
	const char *name;
	kern_return_t code;

	for (size_t i = 0; (name = code_at(i, &code)); i++)
		printf("codes[%d] = codes[%d] or \"%s\"\n", code, code, name);
}

int
main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "re") : NULL;
	_cleanup_(freep) char *line = NULL;
	bool is_done = false;
	size_t size = 0;

	if (!file) {
		fprintf(stderr, "dissector: %s\n",
		    argc == 2 ? strerror(errno) : "one file is wanted");
		return EXIT_FAILURE;
	}
	while (getline(&line, &size, file) > 0)
		if (strcmp(line, "--@TABLES@\n") == 0) {
			print_routines();
			print_notices();
			print_codes();
			is_done = true;
		} else
			fputs(line, stdout);
	fclose(file);
	return is_done && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
