#include "client/vmctl/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/mach_traps.h>
#include <mach/notify.h>
#include <mach/vm_map.h>

#include "client/vmctl/arena.h"
#include "client/vmctl/dump.h"
#include "client/vmctl/json.h"
#include "client/vmctl/limits.h"
#include "client/vmctl/names.h"
#include "client/vmctl/pages.h"
#include "client/vmctl/region.h"
#include "client/vmctl/call.h"
#include "client/show/constants.h"
#include "common/cleanup.h"

/* --- Words ------------------------------------------------------------ */

static void
print_operand(const struct operand *operand)
{
	struct complaint none;
	struct value value;

	if (operand->kind == OPERAND_BYTES) {
		for (uint64_t i = 0; operand->size > 0 && i < operand->times;
		     i++)
			fwrite(operand->bytes, 1, operand->size, stdout);
	} else if (terms_value(&operand->terms, &value, &none)) {
		value_print(stdout, value);
	}
}

static void
put_operand(struct json *json, const struct operand *operand)
{
	_cleanup_(freep) char *bytes = NULL;
	struct complaint none;
	struct value value;
	size_t size;

	if (operand->kind == OPERAND_BYTES) {
		bytes = operand_bytes(operand, &size);
		if (bytes)
			json_put_bytes(json, NULL, bytes, size);
	} else if (terms_value(&operand->terms, &value, &none)) {
		json_put_number(json, NULL, value.number);
	}
}

static void
put_operands(const struct command *command)
{
	struct json *json = json_begin(command);
	const struct operand *operand;

	json_open_list(json, "values");
	TAILQ_FOREACH(operand, &command->operands, link)
		put_operand(json, operand);
	json_close(json);
	json_end(json);
}

/* All of a line, or none. */
static bool
do_print(struct run *run, const struct argument *argument)
{
	const struct operands *operands = &run->command->operands;
	const struct operand *operand;
	struct complaint complaint;
	struct value value;

	(void)argument;
	TAILQ_FOREACH(operand, operands, link)
		if (!terms_value(&operand->terms, &value, &complaint))
			return run_fail(run, "%s", complaint.text);
	if (run->json) {
		put_operands(run->command);
		return true;
	}
	TAILQ_FOREACH(operand, operands, link) {
		if (operand != TAILQ_FIRST(operands))
			putchar(' ');
		print_operand(operand);
	}
	putchar('\n');
	return true;
}

/* --- Bytes ------------------------------------------------------------ */

/* Memory of a task, read. */
struct bytes {
	vm_offset_t data;
	mach_msg_type_number_t size;
};

static void
bytes_deinit(struct bytes *bytes)
{
	if (bytes->size > 0)
		vm_deallocate(mach_task_self(), bytes->data, bytes->size);
}

static bool
bytes_get(struct run *run, struct bytes *bytes, const struct argument *argument,
    uint64_t size)
{
	kern_return_t kr = vm_read((task_t)argument[0].value.number,
	    argument[1].value.number, size, &bytes->data, &bytes->size);

	if (kr == KERN_SUCCESS)
		return true;
	bytes->size = 0;
	return run_fail_call(run, "vm_read", kr);
}

static bool
do_expect_bytes(struct run *run, const struct argument *argument)
{
	_cleanup_(bytes_deinit) struct bytes got = { 0, 0 };
	size_t size;
	_cleanup_(freep) char *wanted =
	    operand_bytes(argument[2].operand, &size);
	const char *bytes;

	if (!wanted)
		return run_fail(run, "out of memory");
	if (!bytes_get(run, &got, argument, size))
		return false;
	bytes = (const char *)got.data;
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != wanted[i])
			return run_fail(run,
			    "expected 0x%02x at %#" PRIx64
			    " (byte %zu of %zu), got 0x%02x",
			    (unsigned char)wanted[i],
			    argument[1].value.number + i, i, size,
			    (unsigned char)bytes[i]);
	return true;
}

static void
put_memory(const struct command *command, uint64_t address,
    const struct bytes *bytes)
{
	struct json *json = json_begin(command);

	json_put_number(json, "address", address);
	json_open_list(json, "data");
	json_put_hex(json, NULL, (const char *)bytes->data, bytes->size);
	json_close(json);
	json_end(json);
}

static bool
do_show(struct run *run, const struct argument *argument)
{
	_cleanup_(bytes_deinit) struct bytes bytes = { 0, 0 };

	if (!bytes_get(run, &bytes, argument, argument[2].value.number))
		return false;
	if (run->json)
		put_memory(run->command, argument[1].value.number, &bytes);
	else
		dump(stdout, argument[1].value.number, (const char *)bytes.data,
		    bytes.size);
	return true;
}

/* --- Messages --------------------------------------------------------- */

/* NULL: nothing has come. */
static void
put_notice(const struct command *command,
    const mach_dead_name_notification_t *notice)
{
	struct json *json = json_begin(command);
	struct value id = { 0, MEANING_NOTIFICATION };
	const char *name;

	if (notice)
		id.number = (uint64_t)notice->not_header.msgh_id;
	name = constant_name(id);
	if (!notice)
		json_put_null(json, "notification");
	else if (name)
		json_put_text(json, "notification", name);
	else
		json_put_number(json, "notification", id.number);
	if (notice && notice->not_header.msgh_size > sizeof(notice->not_header))
		json_put_number(json, "value", notice->not_port);
	json_end(json);
}

/* Prints one, if there is any: what has happened, and to which name. */
static bool
do_receive(struct run *run, const struct argument *argument)
{
	mach_dead_name_notification_t notice;
	mach_msg_return_t mr = mach_msg(&notice.not_header,
	    MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(notice),
	    (mach_port_t)argument[0].value.number, 0, MACH_PORT_NULL);
	struct value value = { 0, MEANING_NOTIFICATION };

	if (run->json && (mr == MACH_RCV_TIMED_OUT || mr == MACH_MSG_SUCCESS)) {
		put_notice(run->command,
		    mr == MACH_MSG_SUCCESS ? &notice : NULL);
		return true;
	}
	if (mr == MACH_RCV_TIMED_OUT) {
		puts("nothing");
		return true;
	}
	if (mr != MACH_MSG_SUCCESS)
		return run_fail_call(run, "mach_msg", mr);
	value.number = (uint64_t)notice.not_header.msgh_id;
	value_print(stdout, value);
	if (notice.not_header.msgh_size > sizeof(notice.not_header)) {
		value.number = notice.not_port;
		value.meaning =
		    notice.not_header.msgh_id == MACH_NOTIFY_NO_SENDERS
			? MEANING_NONE
			: MEANING_HEX;
		putchar(' ');
		value_print(stdout, value);
	}
	putchar('\n');
	return true;
}

/* --- Help ------------------------------------------------------------- */

static void
print_routine(const struct routine *routine, bool explained)
{
	struct arena arena = { 0 };
	struct parameters parameters;

	routine_parameters(routine, &arena, &parameters);
	parameters_print(stdout, routine->name, &parameters);
	putchar('\n');
	if (explained)
		parameters_explain(stdout, &parameters);
	arena_deinit(&arena);
}

static void
put_routine(struct json *json, const struct routine *routine)
{
	struct arena arena = { 0 };
	struct parameters parameters;

	routine_parameters(routine, &arena, &parameters);
	json_open_object(json, NULL);
	json_put_number(json, "id", (uint64_t)routine->id);
	json_put_text(json, "name", routine->name);
	json_open_list(json, "parameters");
	for (size_t i = 0; i < parameters.count; i++)
		if (parameters.list[i].need != NEED_HIDDEN)
			json_put_text(json, NULL, parameters.list[i].name);
	json_close(json);
	json_close(json);
	arena_deinit(&arena);
}

static void
put_routines(const struct command *command)
{
	struct json *json = json_begin(command);
	struct routine routine;

	json_open_list(json, "routines");
	for (size_t i = 0; routine_at(i, &routine); i++)
		if (!routine_is_absent(&routine))
			put_routine(json, &routine);
	json_close(json);
	json_end(json);
}

static bool
do_list(struct run *run, const struct argument *argument)
{
	struct routine routine;

	(void)argument;
	if (run->json) {
		put_routines(run->command);
		return true;
	}
	for (size_t i = 0; routine_at(i, &routine); i++) {
		if (routine_is_absent(&routine))
			continue;
		printf("%d  ", routine.id);
		print_routine(&routine, false);
	}
	return true;
}

static command_function do_help;

/* --- The table -------------------------------------------------------- */

#define PARAMETERS(name)                                                       \
	{                                                                      \
		name, ARRAY_SIZE(name)                                         \
	}

static const struct parameter map[] = {
	{ .name = "task", .kind = PARAMETER_PORT },
};

static const struct parameter expect_bytes[] = {
	{ .name = "task", .kind = PARAMETER_PORT },
	{ .name = "address" },
	{ .name = "bytes", .kind = PARAMETER_BYTES },
};

static const struct parameter expect_region[] = {
	{ .name = "task", .kind = PARAMETER_PORT },
	{ .name = "address" },
	{ .name = "size" },
	{ .name = "protection/max",
	    .kind = PARAMETER_PAIR,
	    .meaning = MEANING_PROTECTION },
	{ .name = "inheritance", .meaning = MEANING_INHERITANCE },
	{ .name = "shared", .kind = PARAMETER_KEYWORD, .need = NEED_NEVER },
};

static const struct parameter expect_no_region[] = {
	{ .name = "task", .kind = PARAMETER_PORT },
	{ .name = "address" },
};

static const struct parameter pages[] = {
	{ .name = "task", .kind = PARAMETER_PORT },
	{ .name = "address" },
	{ .name = "size" },
	{ .name = "with", .kind = PARAMETER_KEYWORD, .need = NEED_NEVER },
	{ .name = "task2", .kind = PARAMETER_PORT, .need = NEED_WITH_LAST },
	{ .name = "address2", .need = NEED_NEVER },
};

static const struct parameter receive[] = {
	{ .name = "port", .kind = PARAMETER_PORT },
};

static const struct parameter show[] = {
	{ .name = "task", .kind = PARAMETER_PORT },
	{ .name = "address" },
	{ .name = "size" },
};

static const struct parameter limits[] = {
	{ .name = "all", .kind = PARAMETER_KEYWORD, .need = NEED_NEVER },
};

static const struct parameter echo[] = {
	{ .name = "text", .kind = PARAMETER_ANY, .need = NEED_ANY_NUMBER },
};

static const struct parameter print[] = {
	{ .name = "value", .kind = PARAMETER_ANY, .need = NEED_ANY_NUMBER },
};

static const struct parameter help[] = {
	{ .name = "command", .kind = PARAMETER_WORD, .need = NEED_NEVER },
};

static_assert(ARRAY_SIZE(expect_region) <= ARGUMENTS_MOST &&
		  ARRAY_SIZE(pages) <= ARGUMENTS_MOST,
    "they are the longest");

static const struct own_command commands[] = {
	{
	    .name = "expect-bytes",
	    .what = "these bytes are at an address",
	    .parameters = PARAMETERS(expect_bytes),
	    .function = do_expect_bytes,
	    .calls = true,
	},
	{
	    .name = "expect-region",
	    .what = "a region is exactly there, and like this",
	    .parameters = PARAMETERS(expect_region),
	    .function = region_expect,
	    .calls = true,
	},
	{
	    .name = "expect-no-region",
	    .what = "nothing is mapped at an address",
	    .parameters = PARAMETERS(expect_no_region),
	    .function = region_expect_none,
	    .calls = true,
	},
	{
	    .name = "map",
	    .what = "prints a task's regions",
	    .parameters = PARAMETERS(map),
	    .function = region_map,
	    .calls = true,
	},
	{
	    .name = "names",
	    .what = "prints the names that may be looked up",
	    .function = names_show,
	    .calls = true,
	},
	{
	    .name = "pages",
	    .what = "prints which pages have a frame, and share it",
	    .parameters = PARAMETERS(pages),
	    .function = pages_show,
	    .calls = true,
	},
	{
	    .name = "receive",
	    .what = "prints a message that waits for a port",
	    .parameters = PARAMETERS(receive),
	    .function = do_receive,
	    .calls = true,
	},
	{
	    .name = "show",
	    .what = "prints memory in hexadecimal",
	    .parameters = PARAMETERS(show),
	    .function = do_show,
	    .calls = true,
	},
	{
	    .name = "limits",
	    .what = "prints what one may have and has; or all users",
	    .parameters = PARAMETERS(limits),
	    .function = limits_show,
	    .calls = true,
	},
	{
	    .name = "echo",
	    .what = "prints text as it stands, and $variables",
	    .parameters = PARAMETERS(echo),
	    .function = do_print,
	    .takes_text = true,
	},
	{
	    .name = "print",
	    .what = "prints values; before a call, its reply",
	    .parameters = PARAMETERS(print),
	    .function = do_print,
	},
	{
	    .name = "list",
	    .what = "prints all routines",
	    .function = do_list,
	},
	{
	    .name = "help",
	    .what = "prints all commands, or how one is used",
	    .parameters = PARAMETERS(help),
	    .function = do_help,
	},
};

const struct own_command *
own_command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

const struct own_command *
own_command_at(size_t i)
{
	return i < ARRAY_SIZE(commands) ? &commands[i] : NULL;
}

static void
print_all(void)
{
	puts("[print] [NAME =] COMMAND OPERAND... [expect CODE]\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		fputs("  ", stdout);
		parameters_print(stdout, commands[i].name,
		    &commands[i].parameters);
		printf("\n          %s\n", commands[i].what);
	}
	puts("\nAny routine is a command, too: `list` prints them.");
}

static bool
do_help(struct run *run, const struct argument *argument)
{
	const struct own_command *own;
	struct routine routine;
	const char *name;

	if (run->json)
		return run_fail(run, "is for people; `list` is not");
	if (!argument[0].given) {
		print_all();
		return true;
	}
	name = argument[0].operand->text;
	own = own_command_find(name);
	if (own) {
		parameters_print(stdout, name, &own->parameters);
		printf("\n          %s\n", own->what);
		parameters_explain(stdout, &own->parameters);
		return true;
	}
	if (!routine_find(name, &routine))
		return run_fail(run, "no command '" WORD "'", name);
	print_routine(&routine, !routine_is_absent(&routine));
	if (routine_is_absent(&routine))
		puts("          is not served");
	return true;
}
