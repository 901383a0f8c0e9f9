#include "server/stack.h"

#include <stdint.h>

#ifdef __x86_64__

/* stack_jump(&from->top, to->top) */
void stack_jump(void **from, void *to);

__asm__(".text\n"
	".p2align 4\n"
	".hidden stack_jump\n"
	".globl stack_jump\n"
	".type stack_jump, @function\n"
	"stack_jump:\n"
	"	endbr64\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	".size stack_jump, . - stack_jump\n");

enum { REGISTERS = 6 }; /* that are pushed */

void
stack_init(struct stack *stack, void *memory, size_t size, void (*entry)(void))
{
	uintptr_t *top = (uintptr_t *)memory + size / sizeof(uintptr_t);

	*--top = 0; /* nobody called */
	*--top = (uintptr_t)entry;
	for (int i = 0; i < REGISTERS; i++)
		*--top = 0;
	stack->top = top;
}

void
stack_switch(struct stack *from, struct stack *to)
{
	stack_jump(&from->top, to->top);
}

#else

void
stack_init(struct stack *stack, void *memory, size_t size, void (*entry)(void))
{
	getcontext(&stack->context);
	stack->context.uc_stack.ss_sp = memory;
	stack->context.uc_stack.ss_size = size;
	stack->context.uc_link = NULL;
	makecontext(&stack->context, entry, 0);
}

void
stack_switch(struct stack *from, struct stack *to)
{
	swapcontext(&from->context, &to->context);
}

#endif
