/*
 * Makes mach_constants.py: Mach's constants and codes, by name
 */
#include <inttypes.h>
#include <stdio.h>

#include "client/show/constants.h"

int
main(void)
{
	const char *name;
	kern_return_t code;
	uint64_t number;

	puts("\"\"\"Mach's constants and codes, as <mach/mach.h> has them.\"\"\"\n");
	for (size_t i = 0; (name = constant_at(i, &number)); i++)
		printf("%s = %#" PRIx64 "\n", name, number);
	putchar('\n');
	for (size_t i = 0; (name = code_at(i, &code)); i++)
		printf("%s = %d\n", name, code);
	puts("\nCODES = {");
	for (size_t i = 0; (name = code_at(i, &code)); i++)
		printf("    %d: \"%s\",\n", code, name);
	puts("}");
	return 0;
}
