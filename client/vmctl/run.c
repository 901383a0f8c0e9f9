#include "client/vmctl/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <mach/mig_errors.h>

#include "client/session.h"
#include "client/vmctl/commands.h"
#include "client/show/constants.h"
#include "client/vmctl/dump.h"
#include "client/vmctl/json.h"
#include "client/show/message.h"
#include "client/vmctl/request.h"

enum { DATA_SHOWN = 256, COMPLAINT_MOST = 1024 };

/* Returns false. */
static bool
tell(struct run *run, const char *text)
{
	fflush(stdout);
	script_locate(run->script, run->command);
	fprintf(stderr, "%s\n", text);
	run->failures++;
	return false;
}

bool
run_fail(struct run *run, const char *format, ...)
{
	char text[COMPLAINT_MOST];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (run->json)
		json_print_error(run->command, text);
	return tell(run, text);
}

/* Has the daemon gone away? Who asks it then is told one or the other. */
static bool
is_lost(kern_return_t code)
{
	return code == MIG_SERVER_DIED || session_get()->state == SESSION_DEAD;
}

bool
run_fail_call(struct run *run, const char *routine, kern_return_t code)
{
	run->is_lost |= is_lost(code);
	return run_fail(run, "%s: %s", routine, code_name(code));
}

/* --- Calls ------------------------------------------------------------ */

static void
print_reply(const struct reply *reply)
{
	if (reply->code != KERN_SUCCESS) {
		puts(code_name(reply->code));
		return;
	}
	if (message_fields(reply->message->descriptor) > 0) {
		message_print(stdout, reply->message);
		putchar('\n');
	}
	for (size_t i = 0; i < reply->part_count; i++) {
		const struct reply_part *part = &reply->parts[i];

		printf("%" PRIu64 " bytes of data%s\n", part->size,
		    part->size > DATA_SHOWN ? ", which begin with" : "");
		dump(stdout, 0, part->bytes, MIN(part->size, DATA_SHOWN));
	}
}

/* Its line of JSON, if it has one, says so already. */
static bool
fail_expected(struct run *run, kern_return_t got)
{
	char expected[32], text[128];

	snprintf(expected, sizeof(expected), "%s",
	    code_name(run->command->code));
	snprintf(text, sizeof(text), "expected %s, got %s", expected,
	    code_name(got));
	return tell(run, text);
}

static bool
do_call(struct run *run, const struct command *command)
{
	_cleanup_(request_deinit) struct request request;
	_cleanup_(reply_deinit) struct reply reply = { .code = KERN_SUCCESS };
	struct complaint complaint;
	bool made = request_make(command, &request, &complaint);

	/* What it held may have been an operand. */
	if (command->kept)
		variable_set(command->kept, NULL);
	if (!made)
		return run_fail(run, "%s", complaint.text);
	routine_call(&command->routine, &request, &reply);
	if (run->json && (run->prints || command->prints))
		json_print_reply(command, &reply);
	if (reply.code != command->code) {
		run->is_lost |= is_lost(reply.code);
		return fail_expected(run, reply.code);
	}
	if (!run->json && (run->prints || command->prints))
		print_reply(&reply);
	if (command->kept)
		variable_set(command->kept, steal(&reply.message));
	return true;
}

/* --- Commands --------------------------------------------------------- */

static bool
take_value(const struct operand *operand, const struct parameter *parameter,
    struct value *value, struct complaint *complaint)
{
	return terms_value(&operand->terms, value, complaint) &&
	       parameter_takes(parameter, value->number, complaint);
}

static bool
take_argument(const struct operand *operand, struct argument *argument,
    struct complaint *complaint)
{
	const struct parameter *parameter = operand->parameter;

	argument->given = true;
	argument->operand = operand;
	switch (parameter->kind) {
	case PARAMETER_PAIR:
		return take_value(operand, parameter, &argument->value,
			   complaint) &&
		       take_value(operand->other, parameter, &argument->other,
			   complaint);
	case PARAMETER_NUMBER:
	case PARAMETER_PORT:
		return take_value(operand, parameter, &argument->value,
		    complaint);
	default:
		return true;
	}
}

static bool
do_own(struct run *run, const struct command *command)
{
	struct argument arguments[ARGUMENTS_MOST] = { 0 };
	const struct operand *operand;
	struct complaint complaint;

	TAILQ_FOREACH(operand, &command->operands, link) {
		size_t i =
		    (size_t)(operand->parameter - command->parameters.list);

		if (!take_argument(operand, &arguments[i], &complaint))
			return run_fail(run, "%s", complaint.text);
	}
	return command->own->function(run, arguments);
}

int
run_script(struct run *run)
{
	const struct command *command;

	if (script_calls(run->script) && session_connect() != KERN_SUCCESS)
		return EXIT_NO_DAEMON;
	TAILQ_FOREACH(command, &run->script->commands, link) {
		bool done;

		run->command = command;
		done =
		    command->own ? do_own(run, command) : do_call(run, command);
		if (run->is_lost || (!done && !run->keeps_going))
			break;
	}
	fflush(stdout);
	if (run->is_lost) {
		fprintf(stderr, "%s: the daemon has gone away\n",
		    program_invocation_short_name);
		return EXIT_NO_DAEMON;
	}
	if (run->failures > 1)
		fprintf(stderr, "%s: %u failures\n",
		    program_invocation_short_name, run->failures);
	return run->failures > 0 ? EXIT_UNEXPECTED : EXIT_SUCCESS;
}
