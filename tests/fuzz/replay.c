/*
 * A target without a fuzzer: inputs are files, or folders of them
 *
 *      replay INPUT...
 *
 * Each is given to the target once. So any compiler can tell whether what was
 * found once is still as it should be.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "tests/fuzz/must.h"

enum { INPUT_MOST = 1 << 20 };

static unsigned count;

__attribute__((weak)) int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* Nobody changes anything here. */
size_t
LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t room)
{
	(void)bytes, (void)size, (void)room;
	abort();
}

static void
replay_file(const char *path)
{
	FILE *file = fopen(path, "re");
	static uint8_t all[INPUT_MOST];
	_cleanup_(freep) uint8_t *exact = NULL;
	size_t size;

	MUST(file);
	size = fread(all, 1, sizeof(all), file);
	fclose(file);
	/* What lies behind it is nobody's. */
	exact = malloc(size);
	if (size > 0)
		memcpy(exact, all, size);
	LLVMFuzzerTestOneInput(exact, size);
	count++;
}

static void
replay_folder(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort);

	MUST(n >= 0);
	for (int i = 0; i < n; i++) {
		char file[4096];

		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			replay_file(file);
		free(names[i]);
	}
	free(names);
}

int
main(int argc, char **argv)
{
	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++) {
		struct stat about;

		MUST(stat(argv[i], &about) == 0);
		if (S_ISDIR(about.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	fprintf(stderr, "%u inputs\n", count);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
