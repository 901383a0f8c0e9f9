/*
 * Attacks: scenes on a stage, with a victim in the midst
 *
 * Each scene has a daemon of its own. Attackers, processes of another user,
 * do their worst while a victim, of a third, makes small calls at a steady
 * pace, and checks each answer:
 *
 *      time ──►  alone │ attacked                    │ after
 *      victim    . . . │ . .  .    .  . .            │
 *      attackers       │ [prepare][ rounds ... ] ✂   │
 *      daemon    RSS   │ RSS, longest hold           │ counters, vmd_check
 *
 * The victim's calls alone, in the same run, are the yardstick. So are pings:
 * bytes that go to a process of the victim's and back, beside each call. They
 * tell what the machine alone is good for while it is that busy.
 *
 * Processes meet in memory that they share: the stage.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum phase { ALONE, ATTACKED, PHASES, OVER = PHASES };

/* Times in microseconds. */
enum { SERIES_MOST = 1 << 16 };
struct series {
	atomic_uint count;
	float times[SERIES_MOST];
};

struct stage {
	atomic_int phase;
	atomic_uint ready;    /* attackers who have prepared */
	atomic_ulong rounds;  /* of all of them */
	atomic_ulong dropped; /* connections that the daemon hung up on */
	atomic_ulong held;    /* and those that it was to hang up on */
	atomic_bool failed;
	char complaint[256]; /* the first */

	struct series calls[PHASES]; /* the victim's */
	struct series pings[PHASES];
	struct series newcomers[PHASES];
};

extern struct stage *stage;

/* How much of everything. */
struct scale {
	const char *memory;   /* of the daemon */
	uint64_t big;         /* bytes */
	unsigned entries;     /* of one map */
	unsigned connections; /* of one attacker */
	unsigned many;        /* tasks, ports, objects */
};

extern struct scale scale;

enum scene_kind {
	PLAIN,
	AS_ROOT,   /* attackers need the privileged port */
	IMPATIENT, /* the daemon is to hang up on all of them, and soon */
};

struct scene {
	const char *name;
	const char *what;
	/* In a process of its own, of `attackers`. It calls attack_ready() once
	 * and attack_round() as often as it can, until it is killed. */
	void (*attack)(unsigned self);
	unsigned attackers;
	enum scene_kind kind;
};

extern const struct scene stream_scenes[], crowd_scenes[], map_scenes[],
    bomb_scenes[], wicked_scenes[];

void attack_ready(void);
void attack_round(void);

/* Sleeps until the process is killed. */
void attack_wait(void) __attribute__((noreturn));

/* An attacker cannot go on: that is the attacker's fault, and fails the
 * scene. */
void attack_give_up(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

/* What the daemon did wrong; the first counts. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Microseconds, of a clock that only goes on. */
double now(void);

/* A number below `below`; each process has its own row of them. */
uint32_t chance(uint32_t below);

/* The victim's process. */
void victim_run(void) __attribute__((noreturn));

/* The 16 threads of one program whose daemon is killed. Returns what is wrong,
 * or NULL. */
const char *threads_run(void);
