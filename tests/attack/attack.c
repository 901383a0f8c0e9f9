/*
 * usage: attack [--small] [--tap] [--seconds SECONDS] [SCENE...]
 *
 * Runs the scenes, each with a daemon of its own, and prints a row for each.
 * A scene's name may be a beginning: `map` is all of map-...; none: all. Exits
 * with 0 if the daemon kept all of its promises: tests/attack/README.md.
 */
#include "tests/attack/attack.h"

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/vmd.h"
#include "common/cleanup.h"
#include "tests/attack/house.h"
#include "tests/attack/judge.h"

enum {
	ATTACKERS_MOST = 8,
	ALONE_TIME = 400,    /* milliseconds, */
	ALONE_CALLS = 100,   /* and so many of the victim's calls at least */
	PREPARED_AFTER = 60, /* seconds, at the most */
	WATCH_EVERY = 20,    /* milliseconds */
	DESCRIPTORS = 20000, /* that a process may open */
};

struct stage *stage;
struct scale scale = {
	.memory = "16G",
	.big = UINT64_C(1) << 30,
	.entries = 1000000,
	.connections = 4000,
	.many = 100000,
};

static const struct scale small_scale = {
	.memory = "4G",
	.big = UINT64_C(256) << 20,
	.entries = 250000,
	.connections = 1000,
	.many = 20000,
};

static double seconds = 3;
static bool tap;

/* --- For everybody ----------------------------------------------------- */

double
now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

uint32_t
chance(uint32_t below)
{
	static uint64_t state;

	if (state == 0)
		state = (uint64_t)getpid();
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(state >> 33) % below;
}

static void
complain_of(const char *format, va_list list)
{
	if (!atomic_exchange(&stage->failed, true))
		vsnprintf(stage->complaint, sizeof(stage->complaint), format,
		    list);
}

void
complain(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	complain_of(format, list);
	va_end(list);
}

void
attack_give_up(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	complain_of(format, list);
	va_end(list);
	_exit(EXIT_FAILURE);
}

void
attack_ready(void)
{
	atomic_fetch_add(&stage->ready, 1);
}

void
attack_round(void)
{
	atomic_fetch_add(&stage->rounds, 1);
}

void
attack_wait(void)
{
	for (;;)
		pause();
}

/* --- A scene ----------------------------------------------------------- */

/* A process of a user's. What it starts is of its group. */
static pid_t
start(uid_t user)
{
	pid_t pid = fork();

	if (pid < 0)
		attack_give_up("no process");
	if (pid == 0) {
		setpgid(0, 0);
		signal(SIGPIPE, SIG_IGN);
		if (user != 0)
			house_become(user);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return 0;
	}
	setpgid(pid, pid);
	return pid;
}

static void
end(pid_t pid)
{
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
start_attackers(const struct scene *scene, pid_t *pids)
{
	for (unsigned i = 0; i < scene->attackers; i++) {
		pids[i] = start(scene->kind == AS_ROOT ? 0 : USER_ATTACKERS);
		if (pids[i] == 0) {
			scene->attack(i);
			attack_wait();
		}
	}
}

/* Looks at the daemon for so long, or until the victim has come to grief. */
static void
watch(struct outcome *outcome, double time)
{
	double end = now() + time;
	struct stock stock;
	int64_t longest;

	while (now() < end && !atomic_load(&stage->failed)) {
		outcome->memory_peak =
		    MAX(outcome->memory_peak, house_memory());
		usleep(WATCH_EVERY * 1000);
		if (!house_take_stock(&stock, &longest))
			complain("the daemon is gone");
		outcome->longest = MAX(outcome->longest, longest);
	}
}

static void
watch_until_ready(struct outcome *outcome, unsigned attackers)
{
	double last = now() + PREPARED_AFTER * 1e6;

	while (atomic_load(&stage->ready) < attackers && now() < last &&
	       !atomic_load(&stage->failed))
		watch(outcome, 1);
	outcome->prepared = atomic_load(&stage->ready) == attackers;
}

/* What it sent at first counts as having moved: twice the patience, and time
 * to look. */
static void
watch_until_dropped(struct outcome *outcome)
{
	double last = now() + 8 * PATIENCE * 1e6;

	while (atomic_load(&stage->dropped) < atomic_load(&stage->held) &&
	       now() < last && !atomic_load(&stage->failed))
		watch(outcome, 1);
}

/* The victim has looked at all it has once more. False: it hangs. */
static bool
end_victim(pid_t victim)
{
	int status = 0;

	atomic_store(&stage->phase, OVER);
	for (int i = 0; i < 30000; i++) {
		if (waitpid(victim, &status, WNOHANG) == victim) {
			kill(-victim, SIGKILL);
			return true;
		}
		usleep(1000);
	}
	end(victim);
	return false;
}

/* As it is when nobody is connected but the watcher. */
static void
take_stock(struct outcome *outcome)
{
	enum { TRIES = 1000 };

	for (int i = 0; i < TRIES; i++) {
		if (!house_take_stock(&outcome->before, NULL))
			complain("the daemon is gone");
		if (outcome->before.connections <= 1)
			break;
		usleep(1000);
	}
	outcome->memory_before = house_memory();
}

static void
settle(struct outcome *outcome)
{
	outcome->settled =
	    house_settle(&outcome->before, &outcome->after, &outcome->longest);
	if (vmd_check(outcome->check, sizeof(outcome->check)) == KERN_SUCCESS)
		outcome->check[0] = '\0';
	else if (outcome->check[0] == '\0')
		strcpy(outcome->check, "nobody answers");
	if (!tap)
		usleep(1500 * 1000); /* idle frames go back after a second */
	outcome->memory_after = house_memory();
}

static double
processor_since(struct times_run then)
{
	struct times_run now = house_times();
	double on = (double)(now.on - then.on);
	double waiting = (double)(now.waiting - then.waiting);

	return on > 0 ? on / (on + waiting) : 1;
}

/* Attackers come, and are killed in the end. */
static void
attack(const struct scene *scene, struct outcome *outcome)
{
	struct times_run then = house_times();
	pid_t attackers[ATTACKERS_MOST];

	outcome->longest = 0;
	atomic_store(&stage->phase, ATTACKED);
	start_attackers(scene, attackers);
	watch_until_ready(outcome, scene->attackers);
	watch(outcome, seconds * 1e6);
	if (scene->kind == IMPATIENT && !outcome->patient)
		watch_until_dropped(outcome);
	outcome->processor = processor_since(then);
	for (unsigned i = 0; i < scene->attackers; i++)
		end(attackers[i]);
}

static bool
has_begun(void)
{
	return atomic_load(&stage->calls[ALONE].count) >= ALONE_CALLS ||
	       atomic_load(&stage->failed);
}

static void
play(const struct scene *scene, struct outcome *outcome)
{
	pid_t victim;

	take_stock(outcome);
	victim = start(USER_VICTIM);
	if (victim == 0)
		victim_run();
	watch(outcome, ALONE_TIME * 1e3);
	for (int i = 0; i < PREPARED_AFTER * 1000 && !has_begun(); i++)
		watch(outcome, 1e3);
	attack(scene, outcome);
	if (!end_victim(victim))
		complain("the victim hangs");
	settle(outcome);
}

static enum verdict
run_scene(const struct scene *scene, bool last)
{
	struct outcome outcome = { .patient = !house_knows_patience() };

	if (!house_open(scene->kind == IMPATIENT)) {
		fprintf(stderr, "attack: no daemon: is $VMD right?\n");
		return BROKE_SOME;
	}
	play(scene, &outcome);
	outcome.ended_well = house_close();
	return judge(scene, &outcome, tap, last);
}

/* In a process of its own, for libvmd has one daemon in its life. */
static enum verdict
run_apart(const struct scene *scene, bool last)
{
	int status = -1;
	pid_t pid;

	memset(stage, 0, sizeof(*stage));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		status = (int)run_scene(scene, last);
		fflush(stdout);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? (enum verdict)WEXITSTATUS(status)
				 : BROKE_SOME;
}

/* A machine that has others to serve may be late for once: a test tries again
 * then. What is slow is slow each time. */
static bool
run(const struct scene *scene)
{
	enum { TRIES = 3 };
	enum verdict verdict = TOO_LATE;

	for (int i = 1; i <= TRIES && verdict == TOO_LATE; i++) {
		verdict = run_apart(scene, i == TRIES);
		if (!tap)
			break;
	}
	return verdict == KEPT_ALL;
}

/* The 16 threads have no victim but themselves. */
static bool
run_threads(void)
{
	const char *wrong = "no daemon";

	if (house_open(false))
		wrong = threads_run();
	if (tap)
		judge_tap(wrong == NULL, "threads",
		    "each thread is told that "
		    "the daemon is gone",
		    wrong);
	else
		printf("%-20s %s\n", "threads", wrong ? wrong : "ok");
	return wrong == NULL;
}

/* --- All --------------------------------------------------------------- */

static const struct scene *const scenes[] = { stream_scenes, crowd_scenes,
	map_scenes, bomb_scenes, wicked_scenes };

static bool
is_wanted(const char *name, char **wanted, int count)
{
	for (int i = 0; i < count; i++)
		if (strncmp(name, wanted[i], strlen(wanted[i])) == 0)
			return true;
	return count == 0;
}

static bool
run_all(char **wanted, int count)
{
	bool good = true;

	if (!tap)
		judge_heading();
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		for (const struct scene *s = scenes[i]; s->name; s++)
			if (is_wanted(s->name, wanted, count) && !run(s))
				good = false;
	if (is_wanted("threads", wanted, count) && !run_threads())
		good = false;
	if (tap)
		judge_plan();
	return good;
}

static int
list(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		for (const struct scene *s = scenes[i]; s->name; s++)
			printf("%-20s %s\n", s->name, s->what);
	printf("%-20s %s\n", "threads",
	    "16 threads of a program whose daemon is killed");
	return EXIT_SUCCESS;
}

static void
prepare(void)
{
	struct rlimit limit = { DESCRIPTORS, DESCRIPTORS };

	setrlimit(RLIMIT_NOFILE, &limit);
	signal(SIGPIPE, SIG_IGN);
	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stage == MAP_FAILED || !getenv("VMD")) {
		fprintf(stderr, "attack: $VMD names the daemon's program\n");
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "seconds", required_argument, NULL, 's' },
		{ "small", no_argument, NULL, 'm' },
		{ "tap", no_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int key;

	while ((key = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (key) {
		case 'l':
			return list();
		case 's':
			seconds = strtod(optarg, NULL);
			break;
		case 'm':
			scale = small_scale;
			break;
		case 't':
			tap = true;
			break;
		default:
			return 2;
		}
	}
	prepare();
	judge_prepare();
	return run_all(argv + optind, argc - optind) ? EXIT_SUCCESS
						     : EXIT_FAILURE;
}
