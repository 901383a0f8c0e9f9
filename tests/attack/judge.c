#include "tests/attack/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "tests/attack/attack.h"

/* What sanitizers cost: times are that many times as long. */
#if defined(__SANITIZE_ADDRESS__)
enum { SLACK = 8 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { SLACK = 8 };
#else
enum { SLACK = 1 };
#endif
#else
enum { SLACK = 1 };
#endif

static const double CALL_BOUND = 20000; /* microseconds, for one in a hundred */
/* Microseconds. 2,000 are promised; the rest is what the host of a virtual
 * machine takes away unseen. */
static const double HOLD_BOUND = 4000;
static const double TIMES_ALONE = 10;
static const double TIMES_PING = 3;

/* --- Numbers ----------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* The series is sorted. part: of 1; 1: the longest. */
static double
part_of(const struct series *series, double part)
{
	unsigned count = atomic_load(&series->count);

	if (count == 0)
		return 0;
	return (double)series->times[MIN((unsigned)(count * part), count - 1)];
}

static void
sort(struct series *series)
{
	qsort(series->times, atomic_load(&series->count), sizeof(float),
	    compare);
}

struct times {
	double p50, p99, most;
};

static struct times
times_of(struct series *series)
{
	sort(series);
	return (struct times){ part_of(series, 0.5), part_of(series, 0.99),
		part_of(series, 1) };
}

struct numbers {
	struct times calls[PHASES], pings[PHASES], newcomers[PHASES];
};

static struct numbers
numbers(void)
{
	struct numbers n;

	for (int i = 0; i < PHASES; i++) {
		n.calls[i] = times_of(&stage->calls[i]);
		n.pings[i] = times_of(&stage->pings[i]);
		n.newcomers[i] = times_of(&stage->newcomers[i]);
	}
	return n;
}

/* --- Promises ---------------------------------------------------------- */

struct promise {
	const char *name;
	bool good;
	bool unknown; /* the daemon does not tell */
	char why[512];
};

enum { UNHARMED, SERVED, HELD, KEPT, HUNG_UP, PROMISES };

static void
judge_victim(struct promise *v, const struct outcome *outcome)
{
	bool failed = atomic_load(&stage->failed);

	v->name = "the victim is not harmed";
	v->good = !failed && outcome->prepared && outcome->ended_well;
	snprintf(v->why, sizeof(v->why), "%s",
	    failed               ? stage->complaint
	    : !outcome->prepared ? "the attackers were not ready in time"
				 : "the daemon did not exit with 0");
}

/* One call in a hundred may take as long as the machine makes it: longer, if
 * the daemon had a processor only part of the time that it wanted one. */
static void
judge_calls(struct promise *v, const struct outcome *outcome,
    const struct numbers *n)
{
	double bound = MAX(CALL_BOUND * SLACK / outcome->processor,
	    MAX(TIMES_ALONE * n->calls[ALONE].p99,
		TIMES_PING * n->pings[ATTACKED].p99));

	v->name = "the victim's calls are served in time";
	v->good = n->calls[ATTACKED].p99 <= bound &&
		  atomic_load(&stage->calls[ATTACKED].count) > 0;
	snprintf(v->why, sizeof(v->why), "p99 %.0f us, which may be %.0f",
	    n->calls[ATTACKED].p99, bound);
}

static void
judge_hold(struct promise *v, const struct outcome *outcome)
{
	double bound = HOLD_BOUND * SLACK;

	v->name = "nothing holds the loop";
	v->good = (double)outcome->longest <= bound;
	snprintf(v->why, sizeof(v->why), "%" PRId64 " us, which may be %.0f",
	    outcome->longest, bound);
}

static void
judge_kept(struct promise *v, const struct outcome *outcome)
{
	const struct stock *a = &outcome->after, *b = &outcome->before;

	v->name = "all is given back";
	v->good = outcome->settled >= 0 && outcome->check[0] == '\0';
	snprintf(v->why, sizeof(v->why),
	    "%s: %" PRId64 " pages, %" PRId64 " nodes, %" PRId64
	    " entries, %" PRId64 " objects, %" PRId64 " tasks, %" PRId64
	    " connections, %" PRId64 " descriptors more",
	    outcome->check, (int64_t)(a->pages - b->pages),
	    (int64_t)(a->nodes - b->nodes), (int64_t)(a->entries - b->entries),
	    (int64_t)(a->objects - b->objects), (int64_t)(a->tasks - b->tasks),
	    (int64_t)(a->connections - b->connections),
	    (int64_t)(a->descriptors - b->descriptors));
}

static void
judge_hung_up(struct promise *v, const struct scene *scene,
    const struct outcome *outcome)
{
	unsigned long held = atomic_load(&stage->held);
	unsigned long dropped = atomic_load(&stage->dropped);

	v->name = "who does not go on is hung up on";
	v->unknown = outcome->patient || scene->kind != IMPATIENT;
	v->good = v->unknown || (held > 0 && dropped == held);
	snprintf(v->why, sizeof(v->why), "%lu of %lu connections", dropped,
	    held);
}

static void
judge_all(struct promise *promises, const struct scene *scene,
    const struct outcome *outcome, const struct numbers *n)
{
	judge_victim(&promises[UNHARMED], outcome);
	judge_calls(&promises[SERVED], outcome, n);
	judge_hold(&promises[HELD], outcome);
	judge_kept(&promises[KEPT], outcome);
	judge_hung_up(&promises[HUNG_UP], scene, outcome);
}

/* --- Printing ---------------------------------------------------------- */

void
judge_heading(void)
{
	printf("%-20s %6s %7s | %5s %5s %6s | %6s %7s %7s %6s | %6s %7s %5s | "
	       "%6s | %5s %5s %5s | %s\n",
	    "", "", "", "alone", "us", "", "attack", "us", "", "", "ping",
	    "new", "cpu", "hold", "RSS", "MiB", "", "back");
	printf("%-20s %6s %7s | %5s %5s %6s | %6s %7s %7s %6s | %6s %7s %5s | "
	       "%6s | %5s %5s %5s | %s\n",
	    "scene", "calls", "rounds", "p50", "p99", "max", "p50", "p99",
	    "max", "x p99", "p99", "p99", "%", "us", "", "peak", "after", "s");
}

static void
print_row(const struct scene *scene, const struct outcome *outcome,
    const struct numbers *n)
{
	const struct times *a = &n->calls[ALONE], *b = &n->calls[ATTACKED];

	printf("%-20s %6u %7lu | %5.0f %5.0f %6.0f | %6.0f %7.0f %7.0f %6.1f | "
	       "%6.0f %7.0f %5.0f | %6" PRId64 " | %5" PRIu64 " %5" PRIu64
	       " %5" PRIu64 " | %.1f\n",
	    scene->name, atomic_load(&stage->calls[ATTACKED].count),
	    atomic_load(&stage->rounds), a->p50, a->p99, a->most, b->p50,
	    b->p99, b->most, a->p99 > 0 ? b->p99 / a->p99 : 0,
	    n->pings[ATTACKED].p99, n->newcomers[ATTACKED].p99,
	    outcome->processor * 100, outcome->longest,
	    outcome->memory_before >> 20, outcome->memory_peak >> 20,
	    outcome->memory_after >> 20, outcome->settled);
}

/* Of the test anything protocol; shared by the processes of all scenes. */
static unsigned *lines;

void
judge_prepare(void)
{
	lines = mmap(NULL, sizeof(*lines), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (lines == MAP_FAILED)
		abort();
}

void
judge_tap(bool good, const char *scene, const char *what, const char *why)
{
	printf("%sok %u - %s: %s\n", good ? "" : "not ", ++*lines, scene, what);
	if (!good && why)
		printf("# %s\n", why);
}

void
judge_plan(void)
{
	printf("1..%u\n", *lines);
}

static enum verdict
verdict_of(const struct promise *promises)
{
	enum verdict verdict = KEPT_ALL;

	for (unsigned i = 0; i < PROMISES; i++)
		if (!promises[i].good)
			verdict = MAX(verdict,
			    i == SERVED || i == HELD ? TOO_LATE : BROKE_SOME);
	return verdict;
}

static void
print_tap(const struct scene *scene, const struct promise *promises)
{
	for (const struct promise *p = promises; p < promises + PROMISES; p++)
		if (!p->unknown)
			judge_tap(p->good, scene->name, p->name, p->why);
}

static void
print_broken(const struct promise *promises)
{
	for (const struct promise *p = promises; p < promises + PROMISES; p++)
		if (!p->good)
			printf("    NOT: %s: %s\n", p->name, p->why);
}

enum verdict
judge(const struct scene *scene, const struct outcome *outcome, bool tap,
    bool last)
{
	struct promise promises[PROMISES] = { 0 };
	struct numbers n = numbers();
	enum verdict verdict;

	judge_all(promises, scene, outcome, &n);
	verdict = verdict_of(promises);
	if (!tap) {
		print_row(scene, outcome, &n);
		print_broken(promises);
	} else if (last || verdict != TOO_LATE) {
		print_tap(scene, promises);
	}
	return verdict;
}
