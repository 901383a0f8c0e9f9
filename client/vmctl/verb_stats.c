/*
 * vmctl stats: what the daemon has and has done, as Prometheus reads it
 *
 * The text is that of the exposition format 0.0.4; node_exporter's textfile
 * collector takes it, or whatever else runs the command.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/show/routine.h"
#include "client/vmctl/json.h"
#include "client/vmctl/run.h"
#include "client/vmctl/verb.h"
#include "client/vmd.h"
#include "common/cleanup.h"

static void
print_metric(const char *name, const char *type, const char *help,
    uint64_t value)
{
	printf("# HELP vmd_%s %s\n# TYPE vmd_%s %s\nvmd_%s %" PRIu64 "\n", name,
	    help, name, type, name, value);
}

static void
print_statistics(const struct vmd_statistics *s)
{
	print_metric("page_size_bytes", "gauge", "Size of a page.",
	    s->page_size);
	print_metric("pages_limit", "gauge", "Pages that there may be.",
	    s->pages);
	print_metric("pages_used", "gauge", "Pages that there are.",
	    s->pages_used);
	print_metric("nodes_used", "gauge", "Nodes of page trees.",
	    s->nodes_used);
	print_metric("entries_used", "gauge", "Entries of all maps.",
	    s->entries_used);
	print_metric("objects_used", "gauge", "Memory objects.",
	    s->objects_used);
	print_metric("tasks", "gauge", "Tasks.", s->tasks);
	print_metric("connections", "gauge", "Connections, this one included.",
	    s->connections);
}

static void
print_counters(const struct vmd_counters *c)
{
	print_metric("faults_total", "counter", "Page faults.", c->faults);
	print_metric("zero_fills_total", "counter",
	    "Faults that made a page of zeros.", c->zero_fills);
	print_metric("cow_faults_total", "counter",
	    "Faults that copied a page.", c->cow_faults);
	print_metric("purged_pages_total", "counter", "Pages purged.",
	    c->purges);
}

static void
print_routines(const char *name, const char *help,
    const struct vmd_routine_count *counts, size_t count, bool failed)
{
	struct routine routine;

	printf("# HELP vmd_%s %s\n# TYPE vmd_%s counter\n", name, help, name);
	for (size_t i = 0; i < count; i++)
		if (routine_by_id(counts[i].id, NULL, &routine))
			printf("vmd_%s{routine=\"%s\",id=\"%d\"} %" PRIu64 "\n",
			    name, routine.name, counts[i].id,
			    failed ? counts[i].failed : counts[i].calls);
}

static void
put_counts(struct json *json, const struct vmd_routine_count *counts,
    size_t count)
{
	struct routine routine;

	json_open_list(json, "routines");
	for (size_t i = 0; i < count; i++) {
		if (!routine_by_id(counts[i].id, NULL, &routine))
			continue;
		json_open_object(json, NULL);
		json_put_text(json, "name", routine.name);
		json_put_signed(json, "id", counts[i].id);
		json_put_number(json, "calls", counts[i].calls);
		json_put_number(json, "failed", counts[i].failed);
		json_close(json);
	}
	json_close(json);
}

static void
print_json(const struct verb *verb, const struct vmd_statistics *s,
    const struct vmd_counters *c, const struct vmd_routine_count *counts,
    size_t count)
{
	struct json *json = json_begin_verb(verb->name);

	json_put_number(json, "page_size", s->page_size);
	json_put_number(json, "pages", s->pages);
	json_put_number(json, "pages_used", s->pages_used);
	json_put_number(json, "nodes_used", s->nodes_used);
	json_put_number(json, "entries_used", s->entries_used);
	json_put_number(json, "objects_used", s->objects_used);
	json_put_number(json, "tasks", s->tasks);
	json_put_number(json, "connections", s->connections);
	json_put_number(json, "faults", c->faults);
	json_put_number(json, "zero_fills", c->zero_fills);
	json_put_number(json, "cow_faults", c->cow_faults);
	json_put_number(json, "purges", c->purges);
	put_counts(json, counts, count);
	json_end(json);
}

int
verb_stats(const struct verb *verb, int argc, char **argv)
{
	static struct vmd_routine_count counts[512];
	size_t count = ARRAY_SIZE(counts);
	struct vmd_statistics statistics;
	struct vmd_counters counters;
	kern_return_t kr;

	if (argc > 1)
		return verb_misused(verb, "'%s': no argument is wanted",
		    argv[1]);
	kr = vmd_statistics(&statistics);
	if (kr == KERN_SUCCESS)
		kr = vmd_counters(&counters, counts, &count);
	if (kr != KERN_SUCCESS)
		return verb_failed(verb, kr);
	if (verb_json) {
		print_json(verb, &statistics, &counters, counts, count);
		return EXIT_SUCCESS;
	}
	print_statistics(&statistics);
	print_counters(&counters);
	print_routines("calls_total", "Calls served.", counts, count, false);
	print_routines("failed_calls_total", "Of those, calls that failed.",
	    counts, count, true);
	return EXIT_SUCCESS;
}
