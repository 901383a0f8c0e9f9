/*
 * The machine without its daemon: no socket, no message, no loop
 *
 * What a routine does is done by the machine's own functions, as vmd's routines
 * call them; what dies is freed between two steps, as vmd does it between two
 * calls, unless freeing is what is measured.
 */
#pragma once

#include <stdint.h>

#include <mach/kern_return.h>

#include "server/vm/task.h"
#include "server/vm/vm_machine.h"
#include "server/vm/vm_map.h"

#define PAGE UINT64_C(4096)
#define MEGA (UINT64_C(1) << 20)
#define GIGA (UINT64_C(1) << 30)

/* A machine with room for so many bytes, and a task with nothing in it. */
struct machine {
	struct vm_machine vm;
	struct task *task;
	struct vm_map *map; /* the task's */
};

void machine_start(struct machine *machine, uint64_t bytes);

/* Everything else that was made in it is gone. */
void machine_stop(struct machine *machine);

/* A call begins, which has paused nowhere and owes nothing. */
void machine_begin(struct machine *machine);

/* Frees all that is dead. */
void machine_reap(struct machine *machine);

/* Zeros at an address; protection tells neighbours apart, so that they stay
 * two. */
void machine_allocate(struct machine *machine, uint64_t address, uint64_t size,
    vm_prot_t protection);
void machine_deallocate(struct machine *machine, uint64_t address,
    uint64_t size);

/* The frame of an address, to be written. */
uint32_t machine_touch(struct machine *machine, uint64_t address);

/* vm_copy(). */
void machine_copy(struct machine *machine, uint64_t from, uint64_t size,
    uint64_t to);

/* New pages, up to so many bytes of them: machine_pages.c. */
void machine_measure_pages(uint64_t most);

/* Maps of many entries, up to so many: machine_entries.c. */
void machine_measure_entries(uint64_t most);
