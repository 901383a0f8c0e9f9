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
	uint64_t used;
	uint64_t allowed; /* in all; may be less than what is used */
};

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
	struct vm_events events;

	LIST_HEAD(, vm_map) maps;      /* of all tasks */
	LIST_HEAD(, vm_map) dead_maps; /* of tasks that are gone */
	LIST_HEAD(, vm_upkeep) upkeeps;
	TAILQ_HEAD(, vm_upkeep) volatiles; /* the first to be purged first */
	uint32_t dead_nodes;               /* the first; linked by pages */
	bool wanting; /* frames or nodes were not to be had, and it is not a
		       * limit that purging would not move */

	uint64_t kept_nodes; /* spoken for, by who has vm_machine_has()'s word
			      * and lets something go before it takes them */

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
 * Is there so much at hand, and may vm->account have it? What is dead counts,
 * and is freed if need be.
 *
 * => of entries, may their map have them: vm_map_has()
 * => true: all of it can be taken, one after another
 */
bool vm_machine_has(struct vm_machine *vm, struct vm_reserve reserve);

/* The same, where the entries are charged to an account; NULL: to nobody's. */
bool vm_machine_has_for(struct vm_machine *vm, struct vm_account *entries,
    struct vm_reserve reserve);

/*
 * vm_machine_has(), and memory that may be purged is if need be: for those who
 * have not reckoned with anything yet.
 */
bool vm_machine_make_room(struct vm_machine *vm, struct vm_reserve reserve);

/* May vm->account take so many nodes, as things are, beside those kept? For
 * what is better done, but need not be. */
bool vm_machine_spares_nodes(struct vm_machine *vm, uint64_t nodes);

/*
 * Frees what is dead, up to about `steps` nodes and entries: each takes less
 * than a microsecond.
 *
 * => true: there is more
 */
bool vm_machine_reap(struct vm_machine *vm, uint32_t steps);
