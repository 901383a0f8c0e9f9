/*
 * Fuzzing: vmctl's scripts
 *
 * The input is a script. It is understood as far as it can be; one that is
 * without fault runs, on a daemon in this process, to its end or to what is not
 * as it expects. What it prints goes nowhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/vmctl/run.h"
#include "common/cleanup.h"
#include "server/server.h"
#include "tests/fuzz/library.h"
#include "tests/fuzz/machine.h"
#include "tests/fuzz/must.h"
#include "tests/fuzz/wire.h"

enum { FRAMES = 512, BYTES_MOST = 64 * 1024 /* of an operand */ };

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_wire_waited = library_waited;
	library_start();
	return 0;
}

/* Nobody waits for a gigabyte of `a`. */
static bool
is_small(const struct script *script)
{
	const struct command *command;
	const struct operand *operand;

	TAILQ_FOREACH(command, &script->commands, link)
		TAILQ_FOREACH(operand, &command->operands, link)
			if (operand->size > 0 &&
			    operand->times > BYTES_MOST / operand->size)
				return false;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	/* A script has no NUL behind it. */
	_cleanup_(freep) char *text = malloc(size);
	struct script script;
	struct run run = { .script = &script, .prints = true };

	fuzz_wire_server = machine_server(FRAMES, false);
	if (size > 0)
		memcpy(text, bytes, size);
	if (script_init(&script, "input", text, size) && is_small(&script)) {
		run.keeps_going = size % 2;
		run_script(&run);
		library_hang_up();
	}
	script_deinit(&script);
	machine_settle(fuzz_wire_server);
	return 0;
}
