#include "tests/bench/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"

enum {
	NS = 1,
	US = 1000 * NS,
	MS = 1000 * US,

	ROUNDS_QUICK = 2,
	TURN = 8 * MS, /* of one contender, in one round */
	TURN_QUICK = 2 * MS,
	TELLING = 2 * US, /* a sample, at the least */
	REPEAT_MOST = 4096,
};

bool bench_quick;

static const char *group;
static bool progress; /* somebody looks on */

/* --- What is printed --------------------------------------------------- */

static void
clear_progress(void)
{
	if (progress)
		fputs("\r\033[K", stderr);
}

void
bench_progress(const char *format, ...)
{
	va_list list;

	if (!progress)
		return;
	clear_progress();
	fprintf(stderr, "%s: ", group);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
}

void
bench_fail(const char *format, ...)
{
	va_list list;

	clear_progress();
	fprintf(stderr, "%s: ", group);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

void
bench_must(bool holds, const char *what)
{
	if (!holds)
		bench_fail("%s: %s", what, strerror(errno));
}

void
bench_remark(const char *format, ...)
{
	va_list list;

	fputs("# ", stdout);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	fputc('\n', stdout);
	fflush(stdout);
}

static void
print(const char *name, const char *who, uint64_t parameter, const char *unit,
    size_t count, double p50, double p99, double least)
{
	printf("%s\t%s\t%s\t%" PRIu64 "\t%s\t%zu\t%.10g\t%.10g\t%.10g\n", group,
	    name, who, parameter, unit, count, p50, p99, least);
	fflush(stdout);
}

void
bench_row(const char *name, const char *who, uint64_t parameter,
    struct samples *samples)
{
	bench_row_each(name, who, parameter, 1, samples);
}

void
bench_row_each(const char *name, const char *who, uint64_t parameter,
    uint64_t each, struct samples *samples)
{
	double n = (double)each;

	print(name, who, parameter, "ns", samples->count,
	    (double)samples_at(samples, 500) / n,
	    (double)samples_at(samples, 990) / n,
	    (double)samples_at(samples, 0) / n);
}

static double
rate(uint64_t each, uint64_t ns)
{
	return (double)each * 1e9 / (double)MAX(ns, UINT64_C(1));
}

void
bench_row_rate(const char *name, const char *who, uint64_t parameter,
    const char *unit, uint64_t each, struct samples *samples)
{
	double p99 = rate(each, samples_at(samples, 990));

	print(name, who, parameter, unit, samples->count,
	    rate(each, samples_at(samples, 500)), p99, p99);
}

void
bench_number(const char *name, const char *who, uint64_t parameter,
    const char *unit, double value)
{
	print(name, who, parameter, unit, 1, value, value, value);
}

/* --- Samples ----------------------------------------------------------- */

uint64_t
bench_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t
bench_any(uint64_t most)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 33) % most;
}

void
samples_deinit(struct samples *samples)
{
	free(samples->of);
	*samples = (struct samples){ 0 };
}

void
samples_add(struct samples *samples, uint64_t value)
{
	if (samples->count == samples->room) {
		samples->room = MAX(2 * samples->room, (size_t)1024);
		samples->of = reallocarray(samples->of, samples->room,
		    sizeof(*samples->of));
		bench_must(samples->of != NULL, "samples");
	}
	samples->of[samples->count++] = value;
	samples->sorted = false;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t
samples_at(struct samples *samples, unsigned permille)
{
	if (samples->count == 0)
		bench_fail("nothing was measured");
	if (!samples->sorted)
		qsort(samples->of, samples->count, sizeof(*samples->of),
		    compare);
	samples->sorted = true;
	return samples->of[(samples->count - 1) * permille / 1000];
}

/* --- Where it runs ----------------------------------------------------- */

/* CPUs that the program was started on. */
static cpu_set_t allowed;

/* The last one is the first: the system's own work is rather on CPU 0. */
static int
number_of(enum bench_cpu cpu)
{
	int after = cpu == BENCH_SECOND;

	for (int i = CPU_SETSIZE - 1; i >= 0; i--)
		if (CPU_ISSET(i, &allowed) && after-- == 0)
			return i;
	return -1;
}

bool
bench_pin(enum bench_cpu cpu)
{
	cpu_set_t set = allowed;
	int number = number_of(cpu);

	if (cpu != BENCH_ANY && number < 0)
		return false;
	if (cpu != BENCH_ANY) {
		CPU_ZERO(&set);
		CPU_SET(number, &set);
	}
	bench_must(sched_setaffinity(0, sizeof(set), &set) == 0,
	    "sched_setaffinity");
	return true;
}

uint64_t
bench_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	uint64_t kib = 0;

	while (file && kib == 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) != 1)
			kib = 0;
	if (kib == 0)
		bench_fail("/proc/meminfo does not tell what is free");
	fclose(file);
	return kib * 1024;
}

uint64_t
bench_descriptors(void)
{
	struct rlimit limit;

	bench_must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	bench_must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
	return limit.rlim_cur;
}

void
bench_begin(int argc, char **argv, const char *name)
{
	group = name;
	progress = isatty(STDERR_FILENO);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") != 0)
			bench_fail("'%s': only --quick is known", argv[i]);
		bench_quick = true;
	}
	bench_must(sched_getaffinity(0, sizeof(allowed), &allowed) == 0,
	    "sched_getaffinity");
	bench_descriptors();
	atexit(clear_progress);
	bench_pin(BENCH_FIRST);
}

void
bench_apart(void (*run)(void *context), void *context)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	bench_must(pid >= 0, "fork");
	if (pid == 0) {
		run(context);
		fflush(stdout);
		_exit(0);
	}
	bench_must(waitpid(pid, &status, 0) == pid, "waitpid");
	if (status != 0)
		bench_fail("a part has failed");
}

/* --- Turns ------------------------------------------------------------- */

static uint64_t
timed(struct contender *contender, unsigned repeat)
{
	uint64_t start;

	if (contender->prepare)
		contender->prepare(contender->context);
	start = bench_now();
	for (unsigned i = 0; i < repeat; i++)
		contender->step(contender->context);
	return (bench_now() - start) / repeat;
}

/* Steps for one sample. The first ones are the slowest, and are not counted. */
static unsigned
repeat_of(struct contender *contender)
{
	uint64_t ns = timed(contender, 1);

	if (contender->prepare || ns >= 100 * TELLING)
		return 1;
	ns = timed(contender, 8);
	if (ns >= TELLING / 2)
		return 1;
	return MIN(TELLING / (unsigned)MAX(ns, UINT64_C(1)) + 1,
	    (unsigned)REPEAT_MOST);
}

static void
turn(struct contender *contender, unsigned repeat, size_t least)
{
	uint64_t end = bench_now() + (bench_quick ? TURN_QUICK : TURN);

	for (size_t i = 0; i < least || bench_now() < end; i++)
		samples_add(&contender->samples, timed(contender, repeat));
	contender->ends[contender->rounds++] = contender->samples.count;
}

void
bench_turns(struct contender *contenders, size_t count, size_t least)
{
	size_t rounds = bench_quick ? ROUNDS_QUICK : BENCH_ROUNDS;
	unsigned *repeat = calloc(count, sizeof(*repeat));

	bench_must(repeat != NULL, "turns");
	if (bench_quick)
		least = (least + 9) / 10;
	rounds = MAX(MIN(rounds, least), (size_t)1);
	for (size_t i = 0; i < count; i++) {
		repeat[i] = repeat_of(&contenders[i]);
		contenders[i].rounds = 0;
	}
	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < count; i++)
			turn(&contenders[i], repeat[i],
			    (least + rounds - 1) / rounds);
	free(repeat);
}

/* Below all differences, so that they are numbers without a sign. */
#define FAR (UINT64_C(1) << 63)

double
bench_difference(struct contender *of, struct contender *less, size_t least)
{
	uint64_t end =
	    bench_now() + (bench_quick ? 2 * TURN_QUICK : UINT64_C(25) * TURN);
	struct samples differences = { 0 };
	double median;

	for (size_t i = 0; i < least || bench_now() < end; i++) {
		uint64_t long_one = timed(of, 1);

		samples_add(&differences, FAR + long_one - timed(less, 1));
	}
	median = (double)(int64_t)(samples_at(&differences, 500) - FAR);
	samples_deinit(&differences);
	return median;
}

void
bench_turns_done(struct contender *contenders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		samples_deinit(&contenders[i].samples);
}

/* What one of what is told of took in a round. */
static double
median_of_round(struct contender *contender, size_t round)
{
	size_t start = round == 0 ? 0 : contender->ends[round - 1];
	struct samples samples = { 0 };
	double median;

	for (size_t i = start; i < contender->ends[round]; i++)
		samples_add(&samples, contender->samples.of[i]);
	median = (double)samples_at(&samples, 500) /
		 (double)MAX(contender->each, UINT64_C(1));
	samples_deinit(&samples);
	return median;
}

enum { PARTS = 1000 * 1000 * 1000 }; /* of a ratio, as a sample */

static void
print_ratio(const char *name, uint64_t parameter, struct contender *ours,
    struct contender *theirs)
{
	struct samples ratios = { 0 };
	char who[64];

	for (size_t i = 0; i < MIN(ours->rounds, theirs->rounds); i++)
		samples_add(&ratios,
		    (uint64_t)(median_of_round(ours, i) * PARTS /
			       MAX(median_of_round(theirs, i), 1e-3)));
	snprintf(who, sizeof(who), "%s/%s", ours->who, theirs->who);
	print(name, who, parameter, "ratio", ratios.count,
	    (double)samples_at(&ratios, 500) / PARTS,
	    (double)samples_at(&ratios, 990) / PARTS,
	    (double)samples_at(&ratios, 0) / PARTS);
	samples_deinit(&ratios);
}

void
bench_rows(const char *name, uint64_t parameter, struct contender *contenders,
    size_t count)
{
	struct contender *ours = NULL;

	for (size_t i = 0; i < count; i++)
		if (strcmp(contenders[i].who, "vmd") == 0)
			ours = &contenders[i];
	for (size_t i = 0; ours && i < count; i++)
		if (&contenders[i] != ours)
			print_ratio(name, parameter, ours, &contenders[i]);
	for (size_t i = 0; i < count; i++)
		bench_row_each(name, contenders[i].who, parameter,
		    MAX(contenders[i].each, UINT64_C(1)),
		    &contenders[i].samples);
}

void
bench_compare(const char *name, uint64_t parameter,
    struct contender *contenders, size_t count, size_t least)
{
	bench_progress("%s %" PRIu64, name, parameter);
	bench_turns(contenders, count, least);
	bench_rows(name, parameter, contenders, count);
	bench_turns_done(contenders, count);
}
