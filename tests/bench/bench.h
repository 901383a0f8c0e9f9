/*
 * Benchmarks: what all programs of this folder have in common
 *
 * A program is a group. It measures what it is about and, in turns with it, the
 * yardsticks: whatever else keeps the machine busy slows all of them alike.
 *
 *      round 1          round 2          ...
 *      vmd socket redis vmd socket redis
 *      ▪▪▪ ▪▪▪▪▪▪ ▪▪    ▪▪▪ ▪▪▪▪▪▪ ▪▪          ▪ a sample: a step, timed
 *
 * On standard output it prints a line a measurement, its fields apart by tabs:
 *
 *      group name who parameter unit count p50 p99 min
 *
 * `who` is vmd or the yardstick's name, `parameter` a number: bytes, entries,
 * depth ... Of vmd/socket, with the unit ratio, it is how many times as much vmd
 * took in the same round. A line that begins with # is a remark. What goes wrong ends the
 * program, with a word on standard error and 1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For a look at whether all works, and not for numbers. */
extern bool bench_quick;

/*
 * Takes the program's arguments, [--quick], and pins it to the first CPU.
 *
 * => group: the first field of all lines
 */
void bench_begin(int argc, char **argv, const char *group);

/* --- Where it runs ----------------------------------------------------- */

enum bench_cpu { BENCH_FIRST, BENCH_SECOND, BENCH_ANY };

/*
 * Pins the caller, and whom it starts from then on.
 *
 * => false: there is no second CPU, and nothing has changed
 */
bool bench_pin(enum bench_cpu cpu);

/* Bytes of memory that nobody uses; and how many descriptors the program and its
 * servers may have, each, which are as many as may be. */
uint64_t bench_memory(void);
uint64_t bench_descriptors(void);

/* --- Samples ----------------------------------------------------------- */

struct samples {
	uint64_t *of;
	size_t count;
	size_t room;
	bool sorted;
};

void samples_deinit(struct samples *samples);
void samples_add(struct samples *samples, uint64_t value);

/* Of a thousand, how many are less than it, or as much: 0 is the least of all,
 * 500 the median. There is one sample, at the least. */
uint64_t samples_at(struct samples *samples, unsigned permille);

/* Nanoseconds, of a clock that only goes on. */
uint64_t bench_now(void);

/* Any number below `most`; the same ones in each run. */
uint64_t bench_any(uint64_t most);

/* --- What is printed --------------------------------------------------- */

/* Times of one step each, in nanoseconds. */
void bench_row(const char *name, const char *who, uint64_t parameter,
    struct samples *samples);

/* The same, where a step is `each` of what is told of: nanoseconds of one; and
 * how many there were in a second, where p99 is of the slow ones. */
void bench_row_each(const char *name, const char *who, uint64_t parameter,
    uint64_t each, struct samples *samples);
void bench_row_rate(const char *name, const char *who, uint64_t parameter,
    const char *unit, uint64_t each, struct samples *samples);

/* One number. */
void bench_number(const char *name, const char *who, uint64_t parameter,
    const char *unit, double value);

void bench_remark(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* What is being done, for whoever looks on; and what went wrong. */
void bench_progress(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
_Noreturn void bench_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* bench_fail(), with errno's text, if it does not hold. */
void bench_must(bool holds, const char *what);

/* --- Turns ------------------------------------------------------------- */

enum { BENCH_ROUNDS = 50 };

/* One of those who are measured in turns. */
struct contender {
	const char *who;
	void (*prepare)(void *context); /* before each step; NULL: nothing */
	void (*step)(void *context);    /* what is timed */
	void *context;
	uint64_t each; /* of what is told of, in a step; 0: it is one */

	/* Of bench_turns(). */
	struct samples samples;
	size_t ends[BENCH_ROUNDS]; /* samples there are after each round */
	size_t rounds;
};

/*
 * Has them take turns until there are samples enough.
 *
 * => steps that take less than a clock can tell are timed several at a time, as
 *    one sample of their mean; not those that have to be prepared
 * => least: samples of each, however long they take; a tenth, quickly
 * => the samples are the caller's; bench_turns_done() frees them
 */
void bench_turns(struct contender *contenders, size_t count, size_t least);
void bench_turns_done(struct contender *contenders, size_t count);

/*
 * Has two alternate, so that each sample of one has one of the other beside it:
 * how much longer does a step of the first take?
 *
 * => nanoseconds, the median of all differences; it may be less than 0
 */
double bench_difference(struct contender *of, struct contender *less,
    size_t least);

/* Rows of all of them; and, if one is vmd, how the others compare with it. */
void bench_rows(const char *name, uint64_t parameter,
    struct contender *contenders, size_t count);

/* bench_turns(), bench_rows(), bench_turns_done(). */
void bench_compare(const char *name, uint64_t parameter,
    struct contender *contenders, size_t count, size_t least);

/*
 * Runs it in a process of its own, which libvmd connects anew for.
 *
 * => the process must exit with 0, or the program fails
 */
void bench_apart(void (*run)(void *context), void *context);
