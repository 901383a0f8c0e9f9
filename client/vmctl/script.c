#include "client/vmctl/script.h"

#include <stdio.h>
#include <string.h>

#include "client/vmctl/bind.h"
#include "client/vmctl/colour.h"
#include "client/vmctl/commands.h"
#include "client/show/constants.h"
#include "client/vmctl/scan.h"

enum { COMPLAINTS_MOST = 20 };

/* `print` before a call; before anything else it is a command. */
static bool
scan_print(struct scan *scan)
{
	struct scan ahead = *scan, behind;
	struct routine routine;
	const char *name = scan_command_name(&ahead);

	if (!name || strcmp(name, "print") != 0 || !scan_is_blank(&ahead))
		return false;
	scan_blanks(&ahead);
	behind = ahead;
	name = scan_command_name(&ahead);
	scan_blanks(&ahead);
	if (!name ||
	    (scan_peek(&ahead) != '=' && !routine_find(name, &routine)))
		return false;
	*scan = behind;
	return true;
}

/* NAME =; or NULL. */
static const char *
scan_assignment(struct scan *scan)
{
	struct scan ahead = *scan;
	const char *name = scan_name(&ahead);

	scan_blanks(&ahead);
	if (!name || !scan_take(&ahead, '='))
		return NULL;
	scan_blanks(&ahead);
	*scan = ahead;
	return name;
}

/* Behind `expect`: a name, or a number. */
static bool
scan_code(struct scan *scan, kern_return_t *code)
{
	const char *word = scan_word(scan);
	struct scan inside = *scan;
	struct value value;
	bool negative;

	if (!word)
		return complain(scan->complaint, "expect: which code?");
	if (code_find(word, code))
		return true;
	inside.at = word;
	inside.end = word + strlen(word);
	negative = scan_take(&inside, '-');
	if (!scan_number(&inside, &value) || scan_peek(&inside) != -1 ||
	    value.number > UINT32_MAX)
		return complain(scan->complaint, "no code '" WORD "'", word);
	*code = (kern_return_t)(negative ? -value.number : value.number);
	return true;
}

/* [expect CODE], and then the command's end. */
static bool
scan_expectation(struct scan *scan, struct command *command)
{
	command->code = KERN_SUCCESS;
	if (scan_is_end(scan))
		return true;
	if (command->own)
		return complain(scan->complaint,
		    "only a call can be expected to fail");
	scan->at += strlen("expect");
	scan_blanks(scan);
	if (!scan_code(scan, &command->code))
		return false;
	scan_blanks(scan);
	return scan_is_end(scan) || scan_unexpected(scan);
}

/* What is done: a routine, or a command of our own. */
static bool
find_command(struct script *script, struct command *command,
    struct complaint *complaint)
{
	command->own = own_command_find(command->name);
	if (command->own) {
		command->parameters = command->own->parameters;
		return true;
	}
	if (!routine_find(command->name, &command->routine))
		return complain(complaint,
		    "no such command; `list` lists all");
	routine_parameters(&command->routine, &script->arena,
	    &command->parameters);
	return true;
}

/* The reply's variable holds it from here on, whatever it held before. */
static bool
keep_reply(struct script *script, struct command *command, const char *name,
    struct complaint *complaint)
{
	if (!name)
		return true;
	if (command->own)
		return complain(complaint, "only a call has a reply to keep");
	if (!variable_add(&script->variables, name, &script->lasting,
		&command->kept, complaint))
		return false;
	command->kept->shape = command->routine.reply;
	command->kept->vague = false;
	return true;
}

static bool
scan_body(struct script *script, struct scan *scan, struct command *command,
    const char *kept)
{
	struct binding binding = {
		.command = command->name,
		.parameters = &command->parameters,
		.variables = &script->variables,
		.arena = &script->arena,
		.complaint = scan->complaint,
	};
	bool takes_text = command->own && command->own->takes_text;

	return (takes_text ? operands_scan_text(scan, &command->operands)
			   : operands_scan(scan, &command->operands)) &&
	       scan_expectation(scan, command) &&
	       operands_bind(&command->operands, &binding) &&
	       keep_reply(script, command, kept, scan->complaint);
}

/* A variable of a command that is wrong: what uses it shall not be blamed. */
static void
forgive(struct script *script, const char *kept)
{
	struct complaint none;
	struct variable *variable;

	if (kept && variable_add(&script->variables, kept, &script->lasting,
			&variable, &none))
		variable->vague = true;
}

static bool
scan_command(struct script *script, struct scan *scan, struct command *command)
{
	const char *kept;

	command->line = scan->line;
	command->prints = scan_print(scan);
	kept = scan_assignment(scan);
	command->name = scan_command_name(scan);
	if (!command->name)
		return scan_unexpected(scan);
	if (!scan_is_blank(scan) && !scan_is_end(scan))
		return scan_unexpected(scan);
	if (find_command(script, command, scan->complaint) &&
	    scan_body(script, scan, command, kept))
		return true;
	forgive(script, kept);
	return false;
}

void
script_locate(const struct script *script, const struct command *command)
{
	if (script->name)
		fprintf(stderr, "%s:%u: ", script->name, command->line);
	else
		fprintf(stderr, "%serror: %s", colour_on(stderr, COLOUR_ERROR),
		    colour_off(stderr));
	if (command->name)
		fprintf(stderr, WORD ": ", command->name);
}

void
script_start(struct script *script, const char *name)
{
	*script = (struct script){ .name = name };
	TAILQ_INIT(&script->commands);
	variables_init(&script->variables, &script->lasting);
}

bool
script_add(struct script *script, const char *text, size_t size, unsigned line)
{
	struct complaint complaint;
	struct scan scan = {
		.at = text,
		.end = text + size,
		.line = line,
		.arena = &script->arena,
		.complaint = &complaint,
	};
	unsigned complaints = 0;

	while (scan_next_command(&scan) && complaints < COMPLAINTS_MOST) {
		struct command *command =
		    arena_alloc(&script->arena, sizeof(*command));

		TAILQ_INSERT_TAIL(&script->commands, command, link);
		if (scan_command(script, &scan, command))
			continue;
		script_locate(script, command);
		fprintf(stderr, "%s\n", complaint.text);
		complaints++;
		scan_skip_line(&scan);
	}
	return complaints == 0;
}

bool
script_init(struct script *script, const char *name, const char *text,
    size_t size)
{
	script_start(script, name);
	return script_add(script, text, size, 1);
}

void
script_forget(struct script *script)
{
	TAILQ_INIT(&script->commands);
	variables_settle(&script->variables);
	arena_deinit(&script->arena);
}

void
script_deinit(struct script *script)
{
	variables_deinit(&script->variables);
	arena_deinit(&script->arena);
	arena_deinit(&script->lasting);
}

bool
script_calls(const struct script *script)
{
	const struct command *command;

	TAILQ_FOREACH(command, &script->commands, link)
		if (!command->own || command->own->calls)
			return true;
	return false;
}
