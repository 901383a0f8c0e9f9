/*
 * Stacks, and going from one to another
 *
 * Registers that a function keeps for its caller are pushed on the stack that is
 * left, and taken from the one that is gone to: a dozen instructions. Where that
 * is not written down for the processor, the C library does it, and asks the
 * system about signals each time.
 */
#pragma once

#include <stddef.h>

#ifndef __x86_64__
#include <ucontext.h>
#endif

struct stack {
#ifdef __x86_64__
	void *top; /* as it was left */
#else
	ucontext_t context;
#endif
};

/*
 * A stack that was never gone to: then, `entry` begins, and may not return.
 *
 * => size: bytes, a multiple of 16, as `memory` is
 */
void stack_init(struct stack *stack, void *memory, size_t size,
    void (*entry)(void));

/* Leaves this one, as `from`, for another. Returns when somebody comes back. */
void stack_switch(struct stack *from, struct stack *to);
