#include "server/fiber.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <unistd.h>

#include "server/stack.h"

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif

#ifdef FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

enum {
	STACK = 256 * 1024, /* bytes, of which few are ever touched */
	KEEP = 32,          /* stacks that nobody uses */
};

struct fiber {
	SLIST_ENTRY(fiber) link; /* kept */
	fiber_run *run;
	void *context;
	bool ended;
	struct stack inside;  /* where it paused */
	struct stack outside; /* who runs it */
	void *memory; /* the stack's: a page that nobody may touch lies below */
};

static struct fiber *running;
static SLIST_HEAD(, fiber) kept = SLIST_HEAD_INITIALIZER(kept);
static unsigned kept_count;

/*
 * AddressSanitizer is told of each change of stacks: before it, and on the
 * other side.
 */
struct leave {
#ifdef FIBER_ASAN
	void *fake;
#else
	char none;
#endif
};

#ifdef FIBER_ASAN
static const void *outer_bottom; /* of the stack that fibers are run from */
static size_t outer_size;
#endif

static void
leave_outside(struct leave *leave, const struct fiber *to)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(&leave->fake, to->memory, STACK);
#else
	(void)leave, (void)to;
#endif
}

static void
back_outside(struct leave *leave)
{
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(leave->fake, NULL, NULL);
#else
	(void)leave;
#endif
}

static void
leave_inside(struct leave *leave)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(&leave->fake, outer_bottom, outer_size);
#else
	(void)leave;
#endif
}

static void
back_inside(struct leave *leave)
{
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(leave ? leave->fake : NULL,
	    &outer_bottom, &outer_size);
#else
	(void)leave;
#endif
}

/* --- Stacks ------------------------------------------------------------ */

/* A fiber that has ended waits here for another thing to run, until it is
 * freed. */
static void
stay(void)
{
	struct fiber *fiber = running;
	struct leave leave;

	back_inside(NULL);
	for (;;) {
		fiber->run(fiber->context);
		fiber->ended = true;
		leave_inside(&leave);
		stack_switch(&fiber->inside, &fiber->outside);
		back_inside(&leave);
	}
}

static size_t
guard_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static struct fiber *
fiber_new(void)
{
	struct fiber *fiber = calloc(1, sizeof(*fiber));
	size_t guard = guard_size();
	char *memory;

	if (!fiber)
		return NULL;
	memory = mmap(NULL, guard + STACK, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED || mprotect(memory, guard, PROT_NONE) < 0) {
		if (memory != MAP_FAILED)
			munmap(memory, guard + STACK);
		free(fiber);
		return NULL;
	}
	fiber->memory = memory + guard;
	stack_init(&fiber->inside, fiber->memory, STACK, stay);
	return fiber;
}

static void
fiber_free(struct fiber *fiber)
{
	size_t guard = guard_size();

	munmap((char *)fiber->memory - guard, guard + STACK);
	free(fiber);
}

static void
fiber_keep(struct fiber *fiber)
{
	if (kept_count == KEEP) {
		fiber_free(fiber);
		return;
	}
	SLIST_INSERT_HEAD(&kept, fiber, link);
	kept_count++;
}

void
fiber_cleanup(void)
{
	struct fiber *fiber;

	while ((fiber = SLIST_FIRST(&kept))) {
		SLIST_REMOVE_HEAD(&kept, link);
		fiber_free(fiber);
	}
	kept_count = 0;
}

/* --- Running ----------------------------------------------------------- */

/* Until it pauses or ends. */
static void
enter(struct fiber *fiber)
{
	struct leave leave;

	running = fiber;
	leave_outside(&leave, fiber);
	stack_switch(&fiber->outside, &fiber->inside);
	back_outside(&leave);
	running = NULL;
}

static struct fiber *
take_kept(void)
{
	struct fiber *fiber = SLIST_FIRST(&kept);

	if (fiber) {
		SLIST_REMOVE_HEAD(&kept, link);
		kept_count--;
	}
	return fiber ? fiber : fiber_new();
}

bool
fiber_resume(struct fiber *fiber)
{
	assert(!running && !fiber->ended);

	enter(fiber);
	if (!fiber->ended)
		return false;
	fiber_keep(fiber);
	return true;
}

bool
fiber_start(fiber_run *run, void *context, struct fiber **out)
{
	struct fiber *fiber = take_kept();

	if (!fiber)
		return false;
	fiber->run = run;
	fiber->context = context;
	fiber->ended = false;
	*out = fiber_resume(fiber) ? NULL : fiber;
	return true;
}

bool
fiber_is_running(void)
{
	return running != NULL;
}

void
fiber_pause(void)
{
	struct fiber *fiber = running;
	struct leave leave;

	assert(fiber);

	leave_inside(&leave);
	stack_switch(&fiber->inside, &fiber->outside);
	back_inside(&leave);
}
