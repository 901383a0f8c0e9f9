/*
 * The machine
 *
 * All that tasks' memory is made of, in one place: frames, and the records of
 * maps, objects and page trees, each in a zone of its own. What lives in the
 * machine is handed a pointer to it; there may be several in a process.
 *
 * The limits are chosen so that no count can wrap and the zones that follow
 * from others cannot run out:
 *
 *      pages    frames, by the size of memory       may run out: the call is
 *      nodes    of page trees, by the same          refused, and changes
 *      entries  of maps                             nothing
 *      mappings on their way, or held by entries
 *      pieces   of memory in transit
 *      objects  fewer than those three together     cannot run out
 *      shares   at most four to a mapping
 *      ranges   nodes of range trees
 *
 * Those that may run out are charged to accounts (vm_account.h).
 *
 * What a call lets go of is freed afterwards, in slices, by vm_machine_reap();
 * or at once if the memory is needed.
 *
 * Calls that take long pause, so that others are served meanwhile. What they
 * have seen to and not taken yet is held for them:
 *
 *      limit  |  used  |  held for those who have paused  |  left  |
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "server/vm/page_tree.h"
#include "server/vm/vm_page.h"
#include "server/vm/vm_zone.h"

struct vm_account;
struct vm_map;
struct vm_upkeep;

/* What has happened. Counts of times, and of pages purged. */
struct vm_events {
	uint64_t faults;     /* pages found, or made present or private */
	uint64_t zero_fills; /* of those, made present */
	uint64_t cow_faults; /* of those, made private */
	uint64_t lookups;    /* of memory by its port */
	uint64_t hits;       /* of those, found */
	uint64_t purges;
};

/* What may run out. */
enum vm_resource {
	VM_RESOURCE_PAGES,
	VM_RESOURCE_NODES,
	VM_RESOURCE_ENTRIES,
	VM_RESOURCE_MAPPINGS,
	VM_RESOURCE_PIECES,
	VM_RESOURCES,
};

/* So much of each: what a call is about to take. Entries of 64 bits: costs add
 * up. */
struct vm_reserve {
	union {
		struct {
			uint64_t pages;
			uint64_t nodes;
			uint64_t entries;
			uint64_t mappings;
			uint64_t pieces;
		};
		uint64_t of[VM_RESOURCES]; /* enum vm_resource */
	};
};

static inline void
vm_reserve_add(struct vm_reserve *sum, struct vm_reserve more)
{
	for (unsigned i = 0; i < VM_RESOURCES; i++)
		sum->of[i] += more.of[i];
}

/* But no less than nothing. */
static inline void
vm_reserve_take(struct vm_reserve *sum, struct vm_reserve less)
{
	for (unsigned i = 0; i < VM_RESOURCES; i++)
		sum->of[i] -= sum->of[i] < less.of[i] ? sum->of[i] : less.of[i];
}

/* What a call has seen to. What it has taken of that since tells the counts of
 * all that was ever taken. */
struct vm_hold {
	struct vm_reserve seen;
	struct vm_reserve taken;    /* by everybody, when it was seen to */
	struct vm_account *account; /* who is to take it; NULL: nobody's */
	struct vm_account *entries; /* who takes those */
};

/*
 * What an account's limit refused last, for who wants to tell: "frames: 512
 * used, 512 allowed". Not of what the machine itself has no more of.
 *
 * => set when something is refused, and left when something else is not: who
 *    asks forgets it before the call, and looks after it was refused
 */
struct vm_refusal {
	bool happened;
	bool one_map; /* the limit was of one map, not of the account */
	uint16_t account;
	enum vm_resource what;
	uint64_t used;    /* and held for calls that have paused */
	uint64_t allowed; /* in all; may be less than what is used */
};

/* Objects that may be purged: obsolete ones, and groups 0 to 7. */
enum { VM_VOLATILE_RANKS = 9 };

TAILQ_HEAD(vm_volatiles, vm_upkeep);

struct vm_machine {
	struct vm_page_pool pages;
	struct vm_zone nodes;    /* struct page_node */
	struct vm_zone objects;  /* struct vm_object */
	struct vm_zone entries;  /* struct vm_map_entry */
	struct vm_zone pieces;   /* struct vm_map_copy_piece */
	struct vm_zone mappings; /* struct vm_mapping */
	struct vm_zone shares;   /* struct vm_share */
	struct vm_zone ranges;   /* struct range_node */
	struct vm_zone accounts; /* struct vm_account */
	uint64_t seed;      /* of where memory goes that may go anywhere; 0: to
			       the lowest place */
	uint64_t maps_made; /* since the start */
	struct vm_events events;

	LIST_HEAD(, vm_map) maps; /* of all tasks */
	uint64_t map_count;
	LIST_HEAD(, vm_map) dead_maps; /* of tasks that are gone */
	LIST_HEAD(, vm_upkeep) upkeeps;
	struct vm_volatiles volatiles[VM_VOLATILE_RANKS]; /* the first to be
							     purged first */
	uint64_t volatile_pages; /* as they were when they became so */
	uint64_t wired;          /* bytes of objects */
	uint32_t dead_nodes;     /* the first; linked by pages */
	struct vm_mapping *dead_mappings;
	struct vm_map_copy_piece *dead_pieces;

	void (*pause)(void *context); /* NULL: nobody pauses */
	void *pause_context;
	uint32_t ticks;      /* until pause is called, */
	uint32_t ticks_most; /* from the last time on */
	uint64_t pauses;     /* so many there were */

	struct vm_hold hold;    /* of the call under way */
	struct vm_reserve held; /* for those who have paused */
	bool waiting; /* there was too little, until what is dead is freed */
	bool wanting; /* frames or nodes were not to be had, and it is not a
		       * limit that purging would not move */

	struct vm_account *account; /* who takes, now; NULL: nobody's */
	struct vm_refusal refused;
};

/*
 * => memory: bytes of frames, at least a page
 * => entries: of all maps together; 0: as many as there may be
 * => 0, or -ENOMEM
 */
int vm_machine_init(struct vm_machine *vm, uint64_t memory, uint32_t entries);

/* => every task and every copy in transit is gone, every account released */
void vm_machine_deinit(struct vm_machine *vm);

/*
 * Is there so much at hand, and may vm->account have it? It is held for the
 * call then, until the call ends.
 *
 * => of entries, may their map have them: vm_map_has()
 * => true: all of it can be taken, one after another
 * => what is dead counts, and is freed if need be; but where calls pause, only
 *    if that does not take long. Else it is false, and `waiting` says so: the
 *    call fails, others free what is dead, and it is made again
 */
bool vm_machine_has(struct vm_machine *vm, struct vm_reserve reserve);

/* The same, where the entries are charged to an account; NULL: to nobody's. */
bool vm_machine_has_for(struct vm_machine *vm, struct vm_account *entries,
    struct vm_reserve reserve);

/*
 * vm_machine_has() for one who has asked already, for more than this, when there
 * had been `pauses`. Others may have come between.
 *
 * => no limit refuses what is left of the call's hold
 */
bool vm_machine_still_has(struct vm_machine *vm, struct vm_reserve reserve,
    uint64_t pauses);

/*
 * For those who run calls: a call begins, for an account or nobody's; or it
 * pauses, and goes on. What is left of its hold is kept with it.
 */
struct vm_suspended {
	struct vm_account *account;
	struct vm_account *entries; /* whose those are */
	struct vm_reserve left;
};

void vm_machine_begin(struct vm_machine *vm, struct vm_account *account);
struct vm_suspended vm_machine_suspend(struct vm_machine *vm);
void vm_machine_resume(struct vm_machine *vm, struct vm_suspended suspended);

/*
 * vm_machine_has(), and memory that may be purged is if need be: for those who
 * have not reckoned with anything yet.
 */
bool vm_machine_make_room(struct vm_machine *vm, struct vm_reserve reserve);

/* May vm->account take so many nodes, as things are, that nobody counts on? For
 * what is better done, but need not be. */
bool vm_machine_spares_nodes(struct vm_machine *vm, uint64_t nodes);

/*
 * Frees what is dead, up to about `steps` nodes and entries: each takes less
 * than a microsecond.
 *
 * => true: there is more
 */
bool vm_machine_reap(struct vm_machine *vm, uint32_t steps);

/* Gives memory that nobody uses back to the system, a slice of it, but for so
 * many frames. True: there is more to give. */
bool vm_machine_trim(struct vm_machine *vm, uint32_t frames);

/* Calls vm->pause, and starts to count again. */
void vm_machine_pause(struct vm_machine *vm);

/* inline helpers */

/*
 * A call has done so much: steps, of less than a microsecond each. It may pause
 * here, and others may do anything but use the maps that it uses: those wait.
 *
 * => so whoever ticks has nothing in hand that others may change or free, but
 *    his maps' entries
 */
enum { VM_MACHINE_PAGE = 16 }; /* steps of a page filled, if it is a new one */

static inline void
vm_machine_tick(struct vm_machine *vm, uint32_t steps)
{
	if (vm->ticks > steps)
		vm->ticks -= steps;
	else
		vm_machine_pause(vm);
}
