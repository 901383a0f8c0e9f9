#include "client/vmctl/value.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>

#include "common/cleanup.h"

/* By the end of the name. */
static const struct {
	const char *suffix;
	enum meaning meaning;
} meanings[] = {
	{ "address", MEANING_HEX },
	{ "size", MEANING_HEX },
	{ "size_max", MEANING_HEX },
	{ "offset", MEANING_HEX },
	{ "task", MEANING_HEX },
	{ "host", MEANING_HEX },
	{ "object_name", MEANING_HEX },
	{ "flags", MEANING_FLAGS },
	{ "protection", MEANING_PROTECTION },
	{ "inheritance", MEANING_INHERITANCE },
};

static bool
ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name), end = strlen(suffix);

	return length >= end && strcmp(name + length - end, suffix) == 0;
}

enum meaning
meaning_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (ends_with(name, meanings[i].suffix))
			return meanings[i].meaning;
	return MEANING_NONE;
}

void
value_print(FILE *out, struct value value)
{
	static const char *const inheritances[] = {
		[VM_INHERIT_SHARE] = "share",
		[VM_INHERIT_COPY] = "copy",
		[VM_INHERIT_NONE] = "none",
	};
	uint64_t n = value.number;

	if (value.meaning == MEANING_NONE)
		fprintf(out, "%" PRId64, (int64_t)n);
	else if (value.meaning == MEANING_PROTECTION && n <= VM_PROT_ALL)
		fprintf(out, "%c%c%c", n & VM_PROT_READ ? 'r' : '-',
		    n & VM_PROT_WRITE ? 'w' : '-',
		    n & VM_PROT_EXECUTE ? 'x' : '-');
	else if (value.meaning == MEANING_INHERITANCE &&
		 n < ARRAY_SIZE(inheritances))
		fputs(inheritances[n], out);
	else if (value.meaning == MEANING_BOOLEAN && n <= 1)
		fputs(n ? "TRUE" : "FALSE", out);
	else
		fprintf(out, "%#" PRIx64, n);
}
