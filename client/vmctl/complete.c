#include "client/vmctl/complete.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/show/constants.h"
#include "client/show/message.h"
#include "client/show/routine.h"
#include "client/vmctl/bind.h"
#include "client/vmctl/commands.h"
#include "client/vmctl/scan.h"
#include "client/vmctl/verb.h"

/* --- Choices ---------------------------------------------------------- */

/* A word that is typed, as far as it goes. */
struct word {
	const char *start;
	size_t size;
	struct choices *choices;
};

static void
add(struct choices *choices, const char *text)
{
	if (choices->count == choices->room) {
		size_t room = MAX(2 * choices->room, 64);
		const char **list =
		    arena_alloc(choices->arena, room * sizeof(*list));

		if (choices->count > 0)
			memcpy(list, choices->list,
			    choices->count * sizeof(*list));
		choices->list = list;
		choices->room = room;
	}
	choices->list[choices->count++] = text;
}

static void
offer(const struct word *word, const char *text)
{
	if (strlen(text) >= word->size &&
	    memcmp(text, word->start, word->size) == 0)
		add(word->choices, text);
}

/* Two texts, one behind the other. */
static const char *
join(struct arena *arena, const char *a, size_t size, const char *b)
{
	char *text = arena_alloc(arena, size + strlen(b) + 1);

	memcpy(text, a, size);
	memcpy(text + size, b, strlen(b));
	return text;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
sort(struct choices *choices)
{
	size_t kept = 0;

	if (choices->count == 0)
		return;
	qsort(choices->list, choices->count, sizeof(*choices->list), compare);
	for (size_t i = 0; i < choices->count; i++)
		if (i == 0 ||
		    strcmp(choices->list[i], choices->list[kept - 1]) != 0)
			choices->list[kept++] = choices->list[i];
	choices->count = kept;
}

size_t
choices_common(const struct choices *choices)
{
	size_t common = choices->count > 0 ? strlen(choices->list[0]) : 0;

	for (size_t i = 1; i < choices->count; i++)
		for (size_t at = 0; at < common; at++)
			if (choices->list[i][at] != choices->list[0][at])
				common = at;
	return common;
}

/* --- Commands --------------------------------------------------------- */

enum { ROUTINES = 1, COMMANDS = 2, VERBS = 4 };

static void
offer_commands(const struct word *word, unsigned which)
{
	struct routine routine;

	for (size_t i = 0; which & ROUTINES && routine_at(i, &routine); i++)
		if (!routine_is_absent(&routine))
			offer(word, routine.name);
	for (size_t i = 0; which & COMMANDS && own_command_at(i); i++)
		offer(word, own_command_at(i)->name);
	for (size_t i = 0; which & VERBS && verb_at(i); i++)
		offer(word, verb_at(i)->name);
	if (which & VERBS) {
		offer(word, "exit");
		offer(word, "quit");
	}
}

/* --- Variables -------------------------------------------------------- */

/* $NAME. with each of its fields; those of a oneof stand among the others. */
static void
offer_fields(const struct word *word, const ProtobufCMessageDescriptor *shape,
    size_t before)
{
	for (unsigned i = 0; i < message_fields(shape); i++) {
		const ProtobufCFieldDescriptor *field = &shape->fields[i];

		if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF &&
		    field_kind(field) == FIELD_MESSAGE)
			offer_fields(word, field->descriptor, before);
		else if (field_kind(field) == FIELD_NUMBER)
			offer(word, join(word->choices->arena, word->start,
					before, field->name));
	}
}

/* The word begins with a $. */
static void
offer_variables(const struct word *word, const struct variables *variables)
{
	const char *dot = memchr(word->start, '.', word->size);
	const struct variable *variable;

	LIST_FOREACH(variable, variables, link) {
		const char *name =
		    join(word->choices->arena, "$", 1, variable->name);

		if (!dot)
			offer(word, name);
		else if (variable->shape &&
			 strlen(name) == (size_t)(dot - word->start) &&
			 memcmp(name, word->start, strlen(name)) == 0)
			offer_fields(word, variable->shape, strlen(name) + 1);
	}
}

/* --- Operands --------------------------------------------------------- */

/* Its short name; or the whole, if that is how it begins. */
static void
offer_constant(void *context, const char *whole, const char *name)
{
	const struct word *word = context;
	size_t prefix = (size_t)(name - whole);

	offer(word, name);
	if (word->size > 0 &&
	    memcmp(word->start, whole, MIN(word->size, prefix)) == 0)
		offer(word, whole);
}

static void
offer_codes(const struct word *word)
{
	static const char kern[] = "KERN_";
	kern_return_t code;
	const char *name;

	for (size_t i = 0; (name = code_at(i, &code)); i++) {
		bool is_kern = strncmp(name, kern, strlen(kern)) == 0;

		if (!is_kern || word->size == 0 || *word->start == *kern)
			offer(word, name);
		if (is_kern && word->size > 0)
			offer(word, name + strlen(kern));
	}
}

static void
offer_values(struct word *word, const struct parameter *parameter,
    const struct variables *variables)
{
	switch (parameter->kind) {
	case PARAMETER_KEYWORD:
		offer(word, parameter->name);
		return;
	case PARAMETER_WORD:
		offer_commands(word, ROUTINES | COMMANDS);
		return;
	case PARAMETER_NUMBER:
	case PARAMETER_PAIR:
		constants_each(parameter->meaning, offer_constant, word);
		break;
	case PARAMETER_PORT:
	case PARAMETER_ANY:
		break;
	default:
		return;
	}
	if (parameter_is_boolean(parameter)) {
		offer(word, "TRUE");
		offer(word, "FALSE");
	}
	offer_variables(word, variables);
}

static bool
is_folder(DIR *folder, const char *name)
{
	struct stat status;

	return fstatat(dirfd(folder), name, &status, 0) == 0 &&
	       S_ISDIR(status.st_mode);
}

/* @FILE: what is in its folder, as far as an operand can name it. */
static void
offer_files(const struct word *word)
{
	struct arena *arena = word->choices->arena;
	size_t before = word->size;
	const struct dirent *entry;
	DIR *folder;

	while (before > 1 && word->start[before - 1] != '/')
		before--;
	folder = opendir(
	    before > 1 ? arena_text(arena, word->start + 1, before - 1) : ".");
	while (folder && (entry = readdir(folder))) {
		const char *name = entry->d_name;
		const char *whole = join(arena, word->start, before, name);

		if ((*name == '.' && word->size == before) ||
		    name[strcspn(name, " \t\n;#[],")] != '\0')
			continue;
		if (is_folder(folder, name))
			whole = join(arena, whole, strlen(whole), "/");
		offer(word, whole);
	}
	if (folder)
		closedir(folder);
}

/* NAME=, of those that have a name to be seen. */
static void
offer_names(const struct word *word, const struct parameters *parameters)
{
	for (size_t i = 0; word->size > 0 && i < parameters->count; i++)
		if (parameters->list[i].need != NEED_HIDDEN)
			offer(word,
			    join(word->choices->arena, parameters->list[i].name,
				strlen(parameters->list[i].name), "="));
}

/* The part of an operand that is a term: what is before it stays. Returns its
 * NAME=, without the =, or NULL. */
static const char *
cut(struct word *word)
{
	const char *end = word->start + word->size;
	const char *equals = memchr(word->start, '=', word->size);
	const char *name = NULL;

	if (equals) {
		name = arena_text(word->choices->arena, word->start,
		    (size_t)(equals - word->start));
		word->start = equals + 1;
	}
	for (const char *at = word->start; at < end; at++)
		if (strchr("+-|/(", *at))
			word->start = at + 1;
	word->size = (size_t)(end - word->start);
	word->choices->typed = word->size;
	return name;
}

/* --- The line --------------------------------------------------------- */

/* Where the last command of the line begins, and the last word of that. NULL:
 * the line ends in a string or a comment, where anything may stand. */
static const char *
find_last(const char *line, size_t size, const char **word)
{
	const char *start = line;
	bool in_string = false;

	*word = line;
	for (const char *at = line; at < line + size; at++) {
		if (in_string && *at == '\\' && at + 1 < line + size)
			at++;
		else if (*at == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (*at == '#')
			return NULL;
		else if (*at == ';')
			start = *word = at + 1;
		else if (strchr(" \t[],", *at))
			*word = at + 1;
	}
	return in_string ? NULL : start;
}

static bool
skip_print(struct scan *scan)
{
	struct scan ahead = *scan;
	const char *name = scan_command_name(&ahead);

	if (!name || strcmp(name, "print") != 0 || !scan_is_blank(&ahead))
		return false;
	scan_blanks(&ahead);
	*scan = ahead;
	return true;
}

/* NAME = */
static bool
skip_assignment(struct scan *scan)
{
	struct scan ahead = *scan;
	const char *name = scan_name(&ahead);

	scan_blanks(&ahead);
	if (!name || !scan_take(&ahead, '='))
		return false;
	scan_blanks(&ahead);
	*scan = ahead;
	return true;
}

/* Behind `expect`: a code, if there is none yet. */
static void
complete_expectation(struct scan *scan, const struct word *word)
{
	scan_word(scan);
	scan_blanks(scan);
	if (scan->at == scan->end)
		offer_codes(word);
}

static void
complete_operand(const struct script *script, struct scan *scan,
    struct word *word, bool takes_text)
{
	struct choices *choices = word->choices;
	struct operands operands;
	struct binding binding = {
		.command = choices->command,
		.parameters = &choices->parameters,
		.variables = &script->variables,
		.arena = choices->arena,
		.complaint = scan->complaint,
	};
	struct operand next = { .kind = OPERAND_NUMBER };
	const char *name = NULL;

	scan->end = word->start;
	if (!(takes_text ? operands_scan_text(scan, &operands)
			 : operands_scan(scan, &operands)))
		return;
	if (scan->at < scan->end) {
		complete_expectation(scan, word);
		return;
	}
	offer_names(word, &choices->parameters);
	if (word->size > 0 && *word->start == '@')
		next.kind = OPERAND_BYTES;
	else
		name = cut(word);
	choices->expected = operands_next(&operands, &binding, &next, name);
	if (choices->expected && next.kind == OPERAND_BYTES)
		offer_files(word);
	else if (choices->expected)
		offer_values(word, choices->expected, &script->variables);
	else if (!own_command_find(choices->command))
		offer(word, "expect");
}

/* The command's parameters. False: there is no such command. */
static bool
find_command(struct choices *choices, const char *name)
{
	const struct own_command *own = name ? own_command_find(name) : NULL;
	struct routine routine;

	if (own)
		choices->parameters = own->parameters;
	else if (name && routine_find(name, &routine))
		routine_parameters(&routine, choices->arena,
		    &choices->parameters);
	else
		return false;
	choices->command = name;
	return true;
}

void
complete(const struct script *script, const char *line, size_t size,
    struct arena *arena, struct choices *choices)
{
	struct complaint complaint;
	struct word word = { .choices = choices };
	const char *start = find_last(line, size, &word.start);
	struct scan scan = {
		.at = start,
		.end = line + size,
		.arena = arena,
		.complaint = &complaint,
	};
	struct scan behind;
	bool prints, keeps;

	*choices = (struct choices){ .arena = arena };
	if (!start)
		return;
	scan_blanks(&scan);
	prints = skip_print(&scan);
	behind = scan;
	keeps = skip_assignment(&scan);
	word.start = MAX(word.start, scan.at);
	word.size = choices->typed = (size_t)(line + size - word.start);
	if (scan.at < word.start || scan_peek(&scan) == '$' ||
	    scan_peek(&scan) == '@') {
		if (!find_command(choices, scan_command_name(&scan)) &&
		    (!prints || keeps || !find_command(choices, "print")))
			return;
		complete_operand(script,
		    strcmp(choices->command, "print") == 0 ? &behind : &scan,
		    &word, strcmp(choices->command, "echo") == 0);
	} else {
		offer_commands(&word,
		    prints || keeps ? ROUTINES : ROUTINES | COMMANDS | VERBS);
	}
	sort(choices);
}
