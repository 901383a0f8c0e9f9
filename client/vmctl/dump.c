#include "client/vmctl/dump.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "client/vmctl/colour.h"
#include "common/cleanup.h"

enum { LINE = 16 };

static void
dump_line(FILE *out, uint64_t address, const char *bytes, size_t size)
{
	fprintf(out, "%s%#8" PRIx64 "%s ", colour_on(out, COLOUR_DIM), address,
	    colour_off(out));
	for (size_t i = 0; i < LINE; i++) {
		if (i % (LINE / 2) == 0)
			fputc(' ', out);
		if (i < size)
			fprintf(out, "%02x ", (unsigned char)bytes[i]);
		else
			fputs("   ", out);
	}
	fputs(" |", out);
	for (size_t i = 0; i < size; i++)
		fputc(bytes[i] < ' ' || bytes[i] > '~' ? '.' : bytes[i], out);
	fputs("|\n", out);
}

void
dump(FILE *out, uint64_t address, const char *bytes, size_t size)
{
	bool alike = false;

	for (size_t at = 0; at < size; at += LINE) {
		size_t here = MIN(size - at, LINE);
		bool last = size - at <= LINE;
		bool again = at > 0 && !last &&
			     memcmp(bytes + at, bytes + at - LINE, LINE) == 0;

		if (!again)
			dump_line(out, address + at, bytes + at, here);
		else if (!alike)
			fputs("     ...\n", out);
		alike = again;
	}
}
