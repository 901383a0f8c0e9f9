#include "tests/bench/linux.h"

#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

enum { PAGE = 4096 };

static struct {
	uint64_t size;
	uint64_t step; /* pages from one that is there to the next */
	char *memory;
	char *room;   /* where it may move to, as large; where it is: nowhere */
	char *left;   /* where it was before */
	char *copy;   /* of it; NULL: not wanted yet */
	pid_t child;  /* of linux_fork(); 0: none */
	pid_t sharer; /* of linux_prepare_write(); 0: none */
	uint64_t shared; /* the next page that was not written since */
	char *victim;
} its;

char *
linux_map(uint64_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	bench_must(memory != MAP_FAILED, "mmap");
	bench_must(madvise(memory, size, MADV_NOHUGEPAGE) == 0, "madvise");
	return memory;
}

void
linux_start(uint64_t size, uint64_t resident)
{
	/* Nobody takes the hole that linux_move() leaves. */
	mallopt(M_MMAP_MAX, 0);
	memset(&its, 0, sizeof(its));
	its.size = size;
	its.step = size / resident;
	its.memory = linux_map(size);
	its.room = linux_map(size);
	for (uint64_t at = 0; at < size; at += its.step * PAGE)
		its.memory[at] = 1;
}

static void
end(pid_t *child)
{
	if (*child > 0) {
		kill(*child, SIGKILL);
		waitpid(*child, NULL, 0);
	}
	*child = 0;
}

void
linux_stop(void)
{
	end(&its.child);
	end(&its.sharer);
	munmap(its.memory, its.size);
	if (its.room != its.memory)
		munmap(its.room, its.size);
	if (its.copy)
		munmap(its.copy, its.size);
}

void
linux_copy(void *nothing)
{
	(void)nothing;
	if (!its.copy) {
		its.copy = linux_map(its.size);
		madvise(its.copy, its.size, MADV_DONTFORK);
	}
	memcpy(its.copy, its.memory, its.size);
	__asm__ volatile("" ::: "memory");
}

void
linux_reap(void *nothing)
{
	(void)nothing;
	end(&its.child);
}

static pid_t
fork_idle(void)
{
	pid_t pid = fork();

	bench_must(pid >= 0, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

void
linux_fork(void *nothing)
{
	(void)nothing;
	its.child = fork_idle();
}

void
linux_prepare_move(void *nothing)
{
	(void)nothing;
	if (its.room != its.memory)
		return;
	its.room = mmap(its.left, its.size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	bench_must(its.room == its.left, "mmap");
}

void
linux_move(void *nothing)
{
	(void)nothing;
	its.left = its.memory;
	its.memory = mremap(its.left, its.size, its.size,
	    MREMAP_MAYMOVE | MREMAP_FIXED, its.room);
	bench_must(its.memory == its.room, "mremap");
}

void
linux_prepare_write(void *shared)
{
	uint64_t pages = its.size / PAGE / its.step;

	if (shared && (its.sharer == 0 || its.shared == pages)) {
		end(&its.sharer);
		its.sharer = fork_idle();
		its.shared = 0;
	}
	if (shared)
		its.victim = its.memory + its.shared++ * its.step * PAGE;
	else if (!its.victim)
		its.victim = its.memory;
	if (!shared)
		*its.victim = 1;
}

void
linux_write(void *shared)
{
	(void)shared;
	*(volatile char *)its.victim = 2;
}
