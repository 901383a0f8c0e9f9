/*
 * A server as text. Pointers are in it: it is compared with itself only, and
 * who is the same before and after is so by address.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "server/port.h"
#include "server/port_space.h"
#include "server/registry.h"
#include "server/vm/memory_entry.h"
#include "server/vm/task.h"
#include "server/vm/vm_check.h"
#include "server/vm/vm_map.h"
#include "server/vm/vm_object.h"
#include "server/vm/vm_share.h"
#include "server/vm/vm_upkeep.h"
#include "tests/failing/fault.h"
#include "tests/failing/stage.h"

static FILE *to;

/* --- Memory ------------------------------------------------------------ */

static uint64_t
hash(const struct vm_object *object, uint64_t offset, uint64_t size)
{
	const struct vm_machine *vm = &stage_server.vm;
	uint64_t first = vm_object_page(object, offset), sum = 0;
	uint64_t end = first + (size >> VM_PAGE_SHIFT);

	for (uint64_t page = page_tree_next(vm, &object->pages, first, end);
	     page < end;
	     page = page_tree_next(vm, &object->pages, page + 1, end)) {
		const uint64_t *words = vm_page_data(&vm->pages,
		    page_tree_lookup(vm, &object->pages, page));

		for (size_t i = 0; i < VM_PAGE_SIZE / sizeof(*words); i++)
			sum = (sum ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15) +
			      page - first;
	}
	return sum;
}

static bool
keeps_nothing(const struct vm_upkeep *upkeep)
{
	return !upkeep->wires.first && !upkeep->purgable;
}

/* An object that might as well not be there yet. */
static bool
is_idle(const struct vm_object *object)
{
	return object->pages.root == 0 && !object->shares.first &&
	       (!object->upkeep || keeps_nothing(object->upkeep));
}

static void
draw_ranges(const char *what, const struct range_tree *tree)
{
	for (const struct range *range = tree->first; range;
	     range = range->next)
		fprintf(to, " %s %" PRIx64 "-%" PRIx64 ":%u", what,
		    range->start, range->end,
		    ((const struct vm_share *)(const void *)range)->others);
}

static void
draw_memory(const struct vm_object *object, uint64_t offset, uint64_t size,
    struct vm_attributes a)
{
	fprintf(to, " %x/%x %x behavior %x tag %x flags %x wired %x",
	    a.protection, a.max_protection, a.inheritance, a.behavior, a.tag,
	    a.flags, a.wired);
	if (object && !is_idle(object)) {
		fprintf(to, " %p+%" PRIx64 " hash %016" PRIx64,
		    (const void *)object, offset, hash(object, offset, size));
		draw_ranges("shared", &object->shares);
	}
	if (object && object->upkeep && !keeps_nothing(object->upkeep)) {
		fprintf(to, " purgable %d state %x", object->upkeep->purgable,
		    (unsigned)object->upkeep->state);
		draw_ranges("wired", &object->upkeep->wires);
	}
	fputc('\n', to);
}

static void
draw_events(const struct vm_events *events)
{
	fprintf(to, "faults %" PRIu64 " zero %" PRIu64 " cow %" PRIu64 "\n",
	    events->faults, events->zero_fills, events->cow_faults);
}

static void
draw_map(const struct vm_map *map)
{
	const struct vm_range all = { map->min, map->max };
	const struct vm_map_entry *entry;

	fprintf(to,
	    "map %p: size %" PRIx64 " none %" PRIx64 " limit %" PRIx64
	    " max %" PRIx64 " future %d exec %d permanent %d loose %d\n",
	    (const void *)map, map->size, map->size_none, map->limit,
	    map->limit_max, map->wire_future, !map->no_new_exec,
	    map->has_permanent, map->loose);
	draw_events(&map->events);
	vm_map_for_each_entry(entry, map, all) {
		fprintf(to, "  %" PRIx64 "-%" PRIx64, entry->range.start,
		    entry->range.end);
		draw_memory(entry->object, entry->offset,
		    entry->range.end - entry->range.start, entry->attributes);
	}
}

/* --- Ports ------------------------------------------------------------- */

static void
draw_port(const struct port *port)
{
	fprintf(to, "port %p: kind %d refs %u holds %u task %p\n",
	    (const void *)port, (int)port->kind, port->refs, port->hold_count,
	    (const void *)port->task);
	if (port->kind == PORT_QUEUE)
		fprintf(to, "  made %u asked %d\n", port->mscount,
		    port->no_senders != NULL);
	if (port->task)
		fprintf(to, "  refs %u suspended %u map %p\n", port->task->refs,
		    port->task->suspend_count, (const void *)port->task->map);
	for (unsigned i = 0; port->held && i < PORT_HOLDS; i++)
		if (port->held[i].holder)
			fprintf(to, "  holds %u %p\n", i,
			    (const void *)port->held[i].port);
	if (!port->entry)
		return;
	fprintf(to, "  entry data %" PRIx64 " %x %d\n", port->entry->data,
	    (unsigned)port->entry->protection, (int)port->entry->kind);
	for (const struct vm_mapping *it = port->entry->parts.first; it;
	     it = it->next)
		draw_memory(it->object, it->offset, it->size, it->attributes);
}

static void
draw_space(const struct port_space *space)
{
	struct port_right *right;
	uint32_t at = 0;

	while ((right = port_space_next(space, &at))) {
		fprintf(to, "name %x refs %u receives %d asked %d ",
		    right->name, right->urefs, right->receive,
		    right->request != NULL);
		if (right->port)
			draw_port(right->port);
		else
			fprintf(to, "dead\n");
	}
}

static void
draw_registry(const struct registry *registry)
{
	const struct text first = { "", 0 };
	const struct registry_name *name = registry_behind(registry, 0, first);

	for (; name; name = registry_next(name)) {
		fprintf(to, "registered %u %.*s group %u mode %o ",
		    name->user->uid, (int)name->text.size, name->text.bytes,
		    name->group, name->mode);
		draw_port(name->port);
	}
}

/* --- All of it --------------------------------------------------------- */

/* Objects that might as well not be there; records of upkeep likewise. */
static uint32_t
idle_objects(void)
{
	const struct vm_machine *vm = &stage_server.vm;
	_cleanup_(freep) uint8_t *used = vm_zone_census(&vm->objects);
	uint32_t count = 0;

	for (uint32_t n = 1; n < vm->objects.fresh; n++)
		count += used[n] && is_idle(vm_zone_at(&vm->objects, n));
	return count;
}

static long
idle_upkeeps(void)
{
	const struct vm_upkeep *upkeep;
	long count = 0;

	LIST_FOREACH(upkeep, &stage_server.vm.upkeeps, link)
		count += keeps_nothing(upkeep);
	return count;
}

/* Spaces that have room for names, whether there are any or not. */
static long
rooms(void)
{
	const struct connection *connection;
	long count = 0;

	LIST_FOREACH(connection, &stage_server.connections, link)
		count += connection->space.slots != NULL;
	return count;
}

/* Nodes of range trees are not counted: a list that was long and is short again
 * may have kept some. */
static void
draw_counts(void)
{
	const struct vm_machine *vm = &stage_server.vm;

	fprintf(to,
	    "entries %u objects %u pieces %u mappings %u nodes %u pages %u "
	    "shares %u\n",
	    vm->entries.used, vm->objects.used - idle_objects(),
	    vm->pieces.used, vm->mappings.used, vm->nodes.used, vm->pages.used,
	    vm->shares.used);
	draw_events(&vm->events);
	fprintf(to, "blocks %ld\n", fault_blocks() - idle_upkeeps() - rooms());
}

static void
draw_connection(const struct connection *connection)
{
	fprintf(to,
	    "connection %p: out %" PRIu64 " rest %zu left %" PRIu64
	    " head %p data %p busy %d self %p\n",
	    (const void *)connection, connection->out_size,
	    connection->rest_size, connection->data_left,
	    (const void *)connection->head, (const void *)connection->data,
	    connection->busy, (const void *)connection->self);
	draw_space(&connection->space);
}

char *
stage_picture(void)
{
	const struct connection *connection;
	const struct vm_map *map;
	const char *complaint;
	char *text;
	size_t size;

	fault_enter();
	complaint = vm_check(&stage_server.vm);
	if (!complaint)
		complaint = registry_check(&stage_server.registry);
	fault_leave();
	ck_assert_msg(complaint == NULL, "%s", complaint);
	to = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(to);
	LIST_FOREACH(map, &stage_server.vm.maps, link)
		draw_map(map);
	LIST_FOREACH(connection, &stage_server.connections, link)
		draw_connection(connection);
	draw_registry(&stage_server.registry);
	draw_counts();
	fclose(to);
	return text;
}

/* Both at the start of their first line that differs. */
static void
skip_common_lines(const char **a, const char **b)
{
	size_t line = 0;

	for (size_t i = 0; (*a)[i] != '\0' && (*a)[i] == (*b)[i]; i++)
		if ((*a)[i] == '\n')
			line = i + 1;
	*a += line;
	*b += line;
}

const char *
stage_differs(const char *before)
{
	static char text[2048];
	char *after = stage_picture();
	const char *is = after;
	bool same = strcmp(before, after) == 0;

	if (!same) {
		skip_common_lines(&before, &is);
		snprintf(text, sizeof(text), "\n    was %.*s\n    is  %.*s",
		    (int)strcspn(before, "\n"), before, (int)strcspn(is, "\n"),
		    is);
	}
	free(after);
	return same ? NULL : text;
}
