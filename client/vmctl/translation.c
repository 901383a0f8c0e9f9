#include "client/vmctl/translation.h"

#include <stdlib.h>
#include <string.h>

#include "client/show/message.h"
#include "common/cleanup.h"

struct translated_name {
	TAILQ_ENTRY(translated_name) link;
	mach_port_t recorded, now;
	bool is_loose;
};

struct translated_range {
	TAILQ_ENTRY(translated_range) link;
	mach_port_t task;
	uint64_t recorded, size, now;
};

void
translation_init(struct translation *t)
{
	TAILQ_INIT(&t->names);
	TAILQ_INIT(&t->ranges);
}

void
translation_deinit(struct translation *t)
{
	struct translated_range *range;
	struct translated_name *name;

	while ((name = TAILQ_FIRST(&t->names))) {
		TAILQ_REMOVE(&t->names, name, link);
		free(name);
	}
	while ((range = TAILQ_FIRST(&t->ranges))) {
		TAILQ_REMOVE(&t->ranges, range, link);
		free(range);
	}
}

/* --- Names ------------------------------------------------------------ */

static struct translated_name *
find_name(const struct translation *t, mach_port_t recorded)
{
	struct translated_name *name;

	TAILQ_FOREACH(name, &t->names, link)
		if (name->recorded == recorded)
			return name;
	return NULL;
}

mach_port_t
translation_name(const struct translation *t, mach_port_t recorded)
{
	const struct translated_name *name = find_name(t, recorded);

	return name ? name->now : recorded;
}

bool
translation_meet(struct translation *t, mach_port_t recorded, mach_port_t now)
{
	struct translated_name *name = find_name(t, recorded);
	bool fits;

	if (!MACH_PORT_VALID(recorded) || !MACH_PORT_VALID(now))
		return recorded == now;
	if (!name) {
		name = calloc(1, sizeof(*name));
		if (!name)
			return recorded == now;
		name->recorded = recorded;
		name->is_loose = true;
		TAILQ_INSERT_HEAD(&t->names, name, link);
	}
	fits = name->is_loose || name->now == now;
	name->now = now;
	name->is_loose = false;
	return fits;
}

void
translation_loosen(struct translation *t, mach_port_t recorded)
{
	struct translated_name *name = find_name(t, recorded);

	if (name)
		name->is_loose = true;
}

/* --- Memory ----------------------------------------------------------- */

static const struct translated_range *
find_range(const struct translation *t, mach_port_t task, uint64_t recorded)
{
	const struct translated_range *range;

	TAILQ_FOREACH(range, &t->ranges, link)
		if (range->task == task &&
		    recorded - range->recorded < range->size)
			return range;
	return NULL;
}

uint64_t
translation_address(const struct translation *t, mach_port_t task,
    uint64_t recorded)
{
	const struct translated_range *range = find_range(t, task, recorded);

	return range ? recorded - range->recorded + range->now : recorded;
}

static void
add_range(struct translation *t, mach_port_t task, uint64_t recorded,
    uint64_t size, uint64_t now)
{
	struct translated_range *range = calloc(1, sizeof(*range));

	if (!range)
		return;
	*range = (struct translated_range){
		.task = task,
		.recorded = recorded,
		.size = size,
		.now = now,
	};
	TAILQ_INSERT_HEAD(&t->ranges, range, link);
}

void
translation_move(struct translation *t, mach_port_t task, uint64_t recorded,
    uint64_t size, uint64_t now)
{
	if (recorded != now || !TAILQ_EMPTY(&t->ranges))
		add_range(t, task, recorded, size, now);
}

void
translation_inherit(struct translation *t, mach_port_t parent,
    mach_port_t child)
{
	struct translated_range *range, *first = TAILQ_FIRST(&t->ranges);

	/* From the oldest on, so that the last comes first here, too. */
	TAILQ_FOREACH_REVERSE(range, &t->ranges, translated_ranges, link)
	{
		if (range->task == parent)
			add_range(t, child, range->recorded, range->size,
			    range->now);
		if (range == first)
			break;
	}
}

/* --- Fields ----------------------------------------------------------- */

/* A name, by what the message's name begins with, if that matters. */
static const struct {
	const char *message;
	const char *field;
} ports[] = {
	{ NULL, "child_task" },
	{ NULL, "entry_handle" },
	{ NULL, "host" },
	{ NULL, "init_port_set" },
	{ NULL, "map" },
	{ NULL, "notify" },
	{ NULL, "object" },
	{ NULL, "object_handle" },
	{ NULL, "object_name" },
	{ NULL, "pager" },
	{ NULL, "parent_entry" },
	{ NULL, "poly" },
	{ NULL, "port" },
	{ NULL, "previous" },
	{ NULL, "service_port" },
	{ NULL, "service_ports" },
	{ NULL, "special_port" },
	{ NULL, "src_task" },
	{ NULL, "task" },
	{ "MachPort", "name" },
	{ "MachPort", "new_name" },
	{ "MachPort", "old_name" },
	{ "MachNotify", "name" },
};

/* What counts or measures; NULL: all fields do. */
static const struct {
	const char *message;
	const char *field;
} measures[] = {
	{ "HostInfo", NULL },
	{ "HostKernelVersion", NULL },
	{ "HostStatistics", NULL },
	{ "TaskBasicInfo", "user_time" },
	{ "TaskBasicInfo", "system_time" },
	{ "TaskEventsInfo", NULL },
	{ "TaskVmInfo", "limit_bytes_remaining" },
	{ "VmCacheStatistics", NULL },
	{ "VmPageInfo", "object_id" },
	{ "VmPagesPhys", "page" },
	{ "VmRegionSubmapInfo", "object_id" },
	{ "VmRegionTopInfo", "obj_id" },
	{ "VmStatistics", NULL },
	{ "VmdCounters", NULL },
	{ "VmdLimits", NULL },
	{ "VmdMonitor", NULL },
	{ "VmdPages", "frame" },
	{ "VmdStatistics", NULL },
	{ "VmdTasks", NULL },
};

static bool
begins_with(const char *name, const char *start)
{
	return strncmp(name, start, strlen(start)) == 0;
}

bool
field_is_port(const ProtobufCMessageDescriptor *shape,
    const ProtobufCFieldDescriptor *field)
{
	if (field->type != PROTOBUF_C_TYPE_UINT32)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		if (strcmp(field->name, ports[i].field) == 0 &&
		    (!ports[i].message ||
			begins_with(shape->short_name, ports[i].message)))
			return true;
	return false;
}

static bool
is_measure(const ProtobufCMessageDescriptor *shape,
    const ProtobufCFieldDescriptor *field)
{
	for (size_t i = 0; i < ARRAY_SIZE(measures); i++)
		if (begins_with(shape->short_name, measures[i].message) &&
		    (!measures[i].field ||
			strcmp(field->name, measures[i].field) == 0))
			return true;
	return false;
}

bool
field_is_address(const ProtobufCFieldDescriptor *field)
{
	static const char end[] = "address";
	size_t length = strlen(field->name), least = strlen(end);

	return field->type == PROTOBUF_C_TYPE_UINT64 && length >= least &&
	       strcmp(field->name + length - least, end) == 0;
}

mach_port_t
field_task(const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, mach_port_t port)
{
	const char *other = NULL;
	struct complaint complaint;
	struct value value;

	if (strcmp(field->name, "src_address") == 0)
		other = "src_task";
	else if (begins_with(message->descriptor->short_name, "VmPagesPhys"))
		other = "task";
	if (other && message_get(message, other, &value, &complaint))
		return (mach_port_t)value.number;
	return port;
}

/* --- Requests --------------------------------------------------------- */

/* The i'th number of a field, where it lies: of a message that is ours. */
static void *
number_place(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
    size_t i, size_t size)
{
	char *at = (char *)message + field->offset;
	char *list;

	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return at;
	memcpy(&list, at, sizeof(list));
	return list + i * size;
}

static bool
translate_number(const struct translation *t, mach_port_t task,
    ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t i)
{
	if (field_is_port(message->descriptor, field)) {
		uint32_t *at = number_place(message, field, i, sizeof(*at));
		uint32_t before = *at;

		*at = translation_name(t, before);
		return *at != before;
	}
	if (field_is_address(field)) {
		uint64_t *at = number_place(message, field, i, sizeof(*at));
		uint64_t before = *at;

		*at = translation_address(t, task, before);
		return *at != before;
	}
	return false;
}

static ProtobufCMessage *
part_place(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
    size_t i)
{
	ProtobufCMessage **at =
	    number_place(message, field, i, sizeof(ProtobufCMessage *));

	return *at;
}

/* Addresses before ports: whose they are is told by a recorded name. */
static bool
translate(const struct translation *t, mach_port_t port,
    ProtobufCMessage *message, bool addresses)
{
	const ProtobufCMessageDescriptor *shape = message->descriptor;
	bool changed = false;

	for (unsigned f = 0; f < shape->n_fields; f++) {
		const ProtobufCFieldDescriptor *field = &shape->fields[f];
		mach_port_t task = field_task(message, field, port);

		if (!message_has(message, field))
			continue;
		for (size_t i = 0; i < message_length(message, field); i++)
			if (field_kind(field) == FIELD_MESSAGE)
				changed |= translate(t, port,
				    part_place(message, field, i), addresses);
			else if (field_is_address(field) == addresses)
				changed |= translate_number(t, task, message,
				    field, i);
	}
	return changed;
}

bool
translation_request(const struct translation *t, mach_port_t port,
    ProtobufCMessage *request)
{
	bool moved = translate(t, port, request, true);

	return translate(t, port, request, false) || moved;
}

/* --- Replies ---------------------------------------------------------- */

struct comparison {
	struct translation *translation;
	mach_port_t port;
	FILE *out;
	unsigned differences;
};

static unsigned compare(struct comparison *c, const ProtobufCMessage *recorded,
    const ProtobufCMessage *now);

/* What stands between two differences. */
static void
begin_difference(struct comparison *c, const char *name)
{
	fprintf(c->out, "%s%s: ", c->differences++ > 0 ? "; " : "", name);
}

static bool
is_same_number(const struct comparison *c,
    const ProtobufCMessageDescriptor *shape,
    const ProtobufCFieldDescriptor *field, uint64_t recorded, uint64_t now)
{
	if (field_is_port(shape, field))
		return translation_meet(c->translation, (mach_port_t)recorded,
		    (mach_port_t)now);
	if (field_is_address(field) &&
	    translation_address(c->translation, c->port, recorded) == now)
		return true;
	return recorded == now;
}

static void
compare_numbers(struct comparison *c, const ProtobufCMessage *recorded,
    const ProtobufCMessage *now, const ProtobufCFieldDescriptor *field,
    size_t i)
{
	struct value before = message_number(recorded, field, i);
	struct value after = message_number(now, field, i);

	if (is_same_number(c, recorded->descriptor, field, before.number,
		after.number))
		return;
	begin_difference(c, field->name);
	fputs("recorded ", c->out);
	value_print(c->out, before);
	fputs(", now ", c->out);
	value_print(c->out, after);
}

static void
print_text(FILE *out, struct text text)
{
	if (text_is_plain(text))
		fprintf(out, "\"%.*s\"", (int)text.size, text.bytes);
	else
		fprintf(out, "%zu bytes", text.size);
}

static void
compare_one(struct comparison *c, const ProtobufCMessage *recorded,
    const ProtobufCMessage *now, const ProtobufCFieldDescriptor *field,
    size_t i)
{
	struct text before, after;

	switch (field_kind(field)) {
	case FIELD_NUMBER:
		compare_numbers(c, recorded, now, field, i);
		return;
	case FIELD_MESSAGE:
		compare(c, message_part(recorded, field, i),
		    message_part(now, field, i));
		return;
	default:
		before = message_bytes(recorded, field, i);
		after = message_bytes(now, field, i);
		if (text_compare(before, after) == 0)
			return;
		begin_difference(c, field->name);
		fputs("recorded ", c->out);
		print_text(c->out, before);
		fputs(", now ", c->out);
		print_text(c->out, after);
	}
}

static void
compare_field(struct comparison *c, const ProtobufCMessage *recorded,
    const ProtobufCMessage *now, const ProtobufCFieldDescriptor *field)
{
	bool had = message_has(recorded, field), has = message_has(now, field);
	size_t before = had ? message_length(recorded, field) : 0;
	size_t after = has ? message_length(now, field) : 0;

	if (had != has) {
		begin_difference(c, field->name);
		fprintf(c->out, "recorded %s, now %s", had ? "one" : "none",
		    has ? "one" : "none");
		return;
	}
	if (before != after) {
		begin_difference(c, field->name);
		fprintf(c->out, "recorded %zu of them, now %zu", before, after);
		return;
	}
	for (size_t i = 0; i < before; i++)
		compare_one(c, recorded, now, field, i);
}

static unsigned
compare(struct comparison *c, const ProtobufCMessage *recorded,
    const ProtobufCMessage *now)
{
	const ProtobufCMessageDescriptor *shape = recorded->descriptor;

	for (unsigned i = 0; i < message_fields(shape); i++)
		if (!is_measure(shape, &shape->fields[i]))
			compare_field(c, recorded, now, &shape->fields[i]);
	return c->differences;
}

unsigned
translation_compare(struct translation *t, mach_port_t port,
    const ProtobufCMessage *recorded, const ProtobufCMessage *now, FILE *out)
{
	struct comparison c = { .translation = t, .port = port, .out = out };

	return compare(&c, recorded, now);
}
