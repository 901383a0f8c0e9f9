/*
 * Tasks: what an address space belongs to
 *
 * A simulated task has a map, a personality and no threads. It lives as long as
 * somebody refers to it, or until it is terminated.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>

#include "common/cleanup.h"

struct personality;
struct vm_machine;
struct vm_map;

struct task {
	uint32_t refs;
	uint32_t suspend_count;
	uint64_t calls;         /* served on it */
	uint64_t resident_peak; /* pages; as far as anybody looked */
	struct vm_map *map;     /* NULL: terminated */
	const struct personality *personality;
};

/*
 * A task with one reference.
 *
 * => task_new: with an empty map, whose size has no limit; its pages are of a
 *    frame's size, or, with task_new_sized, of another: a multiple, in bytes
 * => task_fork: the parent's personality, and its map's limits; and, if
 *    `inherit`, what the parent's memory hands on, else an empty map like the
 *    parent's
 * => KERN_RESOURCE_SHORTAGE: no memory is left
 */
kern_return_t task_new(struct vm_machine *vm,
    const struct personality *personality, struct task **task);
kern_return_t task_new_sized(struct vm_machine *vm,
    const struct personality *personality, uint64_t page_size,
    struct task **task);
kern_return_t task_fork(struct task *parent, bool inherit, struct task **task);

void task_ref(struct task *task);

/* The last one terminates it. Returns NULL. */
struct task *task_unref(struct task *task);

/* Its memory goes, and its map. Others may still hold on to the task itself. */
void task_terminate(struct task *task);

DEFINE_CLEANUP(struct task *, task_unref)
