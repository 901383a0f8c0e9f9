/*
 * What the parts of the model test share: its tasks, chance, what was called,
 * and how answers are held against the model
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "tests/support/model.h"

enum {
	PAGE = MODEL_PAGE,
	TASKS = 4,
	ENTRIES = 8,
	WINDOW = 64, /* pages that addresses are chosen from */
	CALLS_TOLD = 20,
	CANARY = 0x5afe5afe,
};

/* Tasks; t0 is the program's own, and always alive. */
extern struct model_task tasks[TASKS];
extern task_t ports[TASKS];

/* Memory entries; MACH_PORT_NULL: a place for one. */
struct entry {
	struct model_entry model;
	mem_entry_name_port_t port;
};
extern struct entry entries[ENTRIES];

extern const struct model_rules *rules; /* of all tasks */
extern bool is_gnu;
extern host_priv_t privileged_host;

/* What the model reads, and what vmd does. */
extern uint8_t expected_bytes[MODEL_PAGES * PAGE];
extern uint8_t seen_bytes[MODEL_PAGES * PAGE];

/* --- A run (model_play.c) ---------------------------------------------- */

/* Whose rules are the model's, and vmd's. False: nobody's. */
bool play_as(const char *personality);

/* Empty tasks; any call, which is told and compared; and the end of all. */
void play_start(void);
void play_call(void);
void play_end(void);

/* --- Chance (model_dice.c; model_chance.c) ----------------------------- */

void chance_start(unsigned long seed);
uint64_t chance(uint64_t below);
bool one_in(uint64_t n);

#define one_of(array) ((array)[chance(ARRAY_SIZE(array))])

/* Around the start of a page, here and there within one. */
vm_address_t beside(vm_address_t boundary);

vm_address_t some_address(void);
/* Where something is, most often. */
vm_address_t some_place(size_t task);
/* Of a range that starts there: it may reach to where things end. */
vm_size_t some_size(vm_address_t address);
/* ... in the window, and aligned; for what cannot be undone elsewhere. */
vm_address_t some_near_address(void);
vm_size_t some_small_size(void);

vm_prot_t some_protection(void);
vm_inherit_t some_inheritance(void);
vm_address_t some_mask(void);

/* Alive, most often. */
size_t some_task(void);

/* --- What was called, and what is different (model_compare.c) ---------- */

extern unsigned long calls; /* told so far */

void tell_start(unsigned long seed);

/* The call that follows, as C. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints it, and the last calls; ends the program. */
void differ(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

#define agree(what, seen, expected)                                            \
	do {                                                                   \
		uint64_t seen_ = (uint64_t)(seen);                             \
		uint64_t expected_ = (uint64_t)(expected);                     \
		if (seen_ != expected_)                                        \
			differ("%s is %#llx instead of %#llx", (what),         \
			    (unsigned long long)seen_,                         \
			    (unsigned long long)expected_);                    \
	} while (0)

/* The answer to the call that was told last. */
void judge(size_t task, kern_return_t seen, kern_return_t expected);

/* Those of a task. */
void compare_bytes(size_t task, vm_address_t address, const uint8_t *seen,
    const uint8_t *expected, vm_size_t size);

/* A region, and how the model says that its pages are. */
void compare_region(size_t task, vm_address_t start, vm_size_t size,
    const struct vm_region_basic_info_64 *info);

/* All of memory, with what may be done with it. */
void compare_all(void);

/* Looks what has become of pages whose bytes the model does not know. */
void settle(size_t task);

/* --- Calls ------------------------------------------------------------- */

/* What the model has no pages for may not stay. */
void undo_outside(size_t task, vm_address_t address, vm_size_t size,
    bool outside);

/* model_memory.c */
void call_allocate(void);
void call_deallocate(void);
void call_protect(void);
void call_inherit(void);
void call_read(void);
void call_read_overwrite(void);
void call_read_list(void);
void call_write(void);
void call_copy(void);

/* model_task.c */
void call_region(void);
void call_task_create(void);
void call_task_terminate(void);
void call_task_info(void);

/* A place for one more task. TASKS: there is none. */
size_t free_place(void);

/* model_mapping.c */
void call_map(void);
void call_remap(void);

/* model_entries.c */
void call_make_entry(void);
void call_release_entry(void);

/* One there is; NULL: there is none. */
struct entry *some_entry(void);
size_t entry_number(const struct entry *entry);
void release_entry(struct entry *entry);

/* model_upkeep.c */
void call_wire(void);
void call_purgable_control(void);
void call_behavior_set(void);
void call_msync(void);
