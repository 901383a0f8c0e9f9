#include "client/vmctl/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <mach/mach.h>

#include "client/vmctl/json.h"
#include "client/vmctl/view.h"
#include "common/cleanup.h"

/* --- Looking ---------------------------------------------------------- */

kern_return_t
look_init(struct look *look)
{
	static struct vmd_routine_count counts[512];
	size_t count = ARRAY_SIZE(counts);
	struct timespec now;
	kern_return_t kr;

	*look = (struct look){ 0 };
	kr = atlas_init(&look->atlas, ATLAS_NO_REGIONS, false);
	if (kr == KERN_SUCCESS)
		kr = vmd_statistics(&look->statistics);
	if (kr == KERN_SUCCESS)
		kr = vmd_counters(&look->counters, counts, &count);
	if (kr != KERN_SUCCESS)
		return kr;
	look->calls = 0;
	for (size_t i = 0; i < count; i++)
		look->calls += counts[i].calls;
	clock_gettime(CLOCK_MONOTONIC, &now);
	look->at = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	return KERN_SUCCESS;
}

void
look_deinit(struct look *look)
{
	atlas_deinit(&look->atlas);
}

/* --- Comparing -------------------------------------------------------- */

struct report_row {
	const struct atlas_task *task;
	uint64_t resident;         /* bytes */
	double calls, faults, cow; /* a second */
};

/* How rows are compared: qsort() hands nothing on. */
static enum report_order order_now;

static int
descending(double a, double b)
{
	return a > b ? -1 : a < b;
}

static int
compare(const void *a, const void *b)
{
	const struct report_row *x = a, *y = b;
	int by = 0;

	if (order_now == BY_CALLS)
		by = descending(x->calls, y->calls);
	else if (order_now == BY_MEMORY)
		by = descending((double)x->resident, (double)y->resident);
	else if (order_now == BY_FAULTS)
		by = descending(x->faults, y->faults);
	if (by != 0)
		return by;
	return x->task->info.number < y->task->info.number ? -1 : 1;
}

static double
rate(uint64_t before, uint64_t now, double seconds)
{
	return now > before ? (double)(now - before) / seconds : 0;
}

/* In bytes; that is asked with one call. */
static uint64_t
resident_of(const struct atlas_task *task)
{
	mach_task_basic_info_data_t info = { .resident_size = 0 };
	mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
	task_t port;

	if (vmd_task_read(task->info.number, &port) != KERN_SUCCESS)
		return 0;
	task_info(port, MACH_TASK_BASIC_INFO, (task_info_t)&info, &count);
	mach_port_deallocate(mach_task_self(), port);
	return info.resident_size;
}

/* Of a task that was not there before: nothing. The one call that the last look
 * made is not counted. */
static struct report_row
row_of(const struct look *before, const struct atlas_task *task, double seconds)
{
	const struct atlas_task *old =
	    atlas_find(&before->atlas, task->info.number);
	struct report_row row = { .task = task };

	row.resident = resident_of(task);
	if (!old)
		return row;
	row.calls = rate(old->info.calls + 1, task->info.calls, seconds);
	row.faults = rate(old->info.faults, task->info.faults, seconds);
	row.cow = rate(old->info.cow_faults, task->info.cow_faults, seconds);
	return row;
}

void
report_deinit(struct report *report)
{
	free(report->rows);
}

bool
report_init(struct report *report, enum report_order order,
    const struct look *before, const struct look *now)
{
	const struct vmd_counters *a = &before->counters, *b = &now->counters;
	double seconds = MAX(now->at - before->at, 0.001);

	*report = (struct report){
		.now = now,
		.seconds = seconds,
		.calls = rate(before->calls, now->calls, seconds),
		.faults = rate(a->faults, b->faults, seconds),
		.zero_fills = rate(a->zero_fills, b->zero_fills, seconds),
		.cow = rate(a->cow_faults, b->cow_faults, seconds),
		.rows = calloc(now->atlas.count + 1, sizeof(struct report_row)),
	};
	if (!report->rows)
		return false;
	for (size_t i = 0; i < now->atlas.count; i++)
		if (now->atlas.tasks[i].info.pid != getpid())
			report->rows[report->count++] =
			    row_of(before, &now->atlas.tasks[i], seconds);
	order_now = order;
	qsort(report->rows, report->count, sizeof(struct report_row), compare);
	return true;
}

/* --- Lines ------------------------------------------------------------ */

static void
print_head(FILE *out, const struct report *report)
{
	const struct vmd_statistics *statistics = &report->now->statistics;
	time_t seconds_now = time(NULL);
	struct tm local;
	char text[16];

	localtime_r(&seconds_now, &local);
	strftime(text, sizeof(text), "%H:%M:%S", &local);
	fprintf(out,
	    "%s  %" PRIu64 " tasks, %" PRIu64 " connections, %" PRIu64
	    " of %" PRIu64 " pages\n",
	    text, statistics->tasks, statistics->connections,
	    statistics->pages_used, statistics->pages);
	fprintf(out,
	    "%.0f calls/s, %.0f faults/s: %.0f zero, %.0f copied on write\n\n",
	    report->calls, report->faults, report->zero_fills, report->cow);
	fprintf(out, "%6s %6s %7s  %-5s %7s %7s %8s %8s %7s  %s\n", "TASK",
	    "PARENT", "PID", "KIND", "VSIZE", "RSIZE", "CALLS/S", "FAULTS/S",
	    "COW/S", "COMMAND");
}

static void
print_row(FILE *out, const struct report_row *row)
{
	const struct vmd_task *info = &row->task->info;
	char parent[24] = "-";

	if (info->parent != 0)
		snprintf(parent, sizeof(parent), "%" PRIu64, info->parent);
	fprintf(out,
	    "%6" PRIu64 " %6s %7" PRId32
	    "  %-5s %7s %7s %8.0f %8.0f %7.0f  %s\n",
	    info->number, parent, info->pid, info->personality,
	    view_size(info->virtual_size).text, view_size(row->resident).text,
	    row->calls, row->faults, row->cow, row->task->command);
}

void
report_print(FILE *out, const struct report *report)
{
	print_head(out, report);
	for (size_t i = 0; i < report->count; i++)
		print_row(out, &report->rows[i]);
}

/* --- JSON ------------------------------------------------------------- */

static void
put_rates(struct json *json, double calls, double faults, double cow)
{
	json_put_real(json, "calls_per_second", calls);
	json_put_real(json, "faults_per_second", faults);
	json_put_real(json, "cow_faults_per_second", cow);
}

static void
put_row(struct json *json, const struct report_row *row)
{
	json_open_object(json, NULL);
	view_json_task(json, row->task);
	json_put_number(json, "resident_size", row->resident);
	put_rates(json, row->calls, row->faults, row->cow);
	json_close(json);
}

void
report_put(const char *verb, const struct report *report)
{
	const struct vmd_statistics *statistics = &report->now->statistics;
	struct json *json = json_begin_verb(verb);

	json_put_real(json, "seconds", report->seconds);
	json_put_number(json, "connections", statistics->connections);
	json_put_number(json, "pages", statistics->pages);
	json_put_number(json, "pages_used", statistics->pages_used);
	put_rates(json, report->calls, report->faults, report->cow);
	json_put_real(json, "zero_fills_per_second", report->zero_fills);
	json_open_list(json, "tasks");
	for (size_t i = 0; i < report->count; i++)
		put_row(json, &report->rows[i]);
	json_close(json);
	json_end(json);
	fflush(stdout);
}
