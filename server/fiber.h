/*
 * Fibers: calls that can pause
 *
 * A call runs on a stack of its own. When it has run for long enough it pauses:
 * it goes back, with its stack as it is, to whoever ran it, who serves others
 * and has it go on later.
 *
 *      loop ──► fiber_start() ──► run ────────► pause ─┐
 *           ◄──────────────────────────────────────────┘
 *           ──► fiber_resume() ──────────────► run ──► end ─┐
 *           ◄───────────────────────────────────────────────┘
 *
 * One fiber runs at a time, and only fiber_start() and fiber_resume() run one:
 * between two pauses nothing else happens. To start a fiber and to end it costs
 * some ten nanoseconds: stacks are kept for the next one.
 */
#pragma once

#include <stdbool.h>

struct fiber;

typedef void fiber_run(void *context);

/*
 * Runs `run` on a stack of its own, until it pauses or ends.
 *
 * => *fiber: the fiber, if it has paused; NULL: it has ended
 * => false: there is no memory for a stack, and nothing was run
 */
bool fiber_start(fiber_run *run, void *context, struct fiber **fiber);

/* Has one go on that has paused. True: it has ended, and is no more. */
bool fiber_resume(struct fiber *fiber);

/* Is a fiber running? */
bool fiber_is_running(void);

/* From inside of a fiber: back to who runs it. */
void fiber_pause(void);

/* Frees the stacks that are kept. No fiber is paused. */
void fiber_cleanup(void);
