/*
 * A model of Mach's memory
 *
 * What each call does, said as plainly as can be: a task is an array of pages,
 * a page has bytes of its own or in common with others, and a copy is a copy of
 * bytes. There are no objects, no map entries, nothing lazy and nothing shared
 * for the time being. Rules of the personalities are the columns of a table.
 *
 * It knows the MODEL_PAGES lowest pages of a task; nothing else may be mapped
 * when a call has been dealt with. What would be elsewhere is said to be
 * `outside`: it is not in the model, and the caller sees to it that it leaves
 * the task.
 *
 * Functions change the model as the call would change the task, and return what
 * it would answer. They are pure otherwise: what fails changes nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <mach/mach.h>
#include <mach/vm_param.h>

enum {
	MODEL_PAGE = 4096,
	MODEL_PAGES = 128,
	MODEL_UNKNOWN = -1, /* a behavior, how many times it is wired */
};

#define MODEL_END ((vm_address_t)MODEL_PAGES * MODEL_PAGE)

/* Memory that may be purged has a state, all its pages together. */
struct model_purgable {
	unsigned pages;
	int state; /* VM_PURGABLE_NONVOLATILE and its like */
};

/* Bytes of one page, or of several that share them. */
struct model_storage {
	LIST_ENTRY(model_storage) link; /* all there are */
	unsigned holders;               /* pages of tasks, and of entries */
	struct model_purgable *purgable;
	bool plain;     /* nobody has ever shared or copied it */
	bool unsettled; /* its bytes may have become zeros, or not */
	uint8_t bytes[MODEL_PAGE];
};

struct model_page {
	struct model_storage *storage; /* NULL: a hole */
	vm_prot_t protection;
	vm_prot_t max_protection;
	vm_inherit_t inheritance;
	int behavior;
	int wired; /* how many times */
	bool permanent;
};

struct model_rules;

struct model_task {
	bool alive;
	const struct model_rules *rules;
	vm_size_t limit; /* bytes that it may have */
	struct model_page pages[MODEL_PAGES];
};

/* A memory entry: pages that have a port. */
struct model_entry {
	enum model_entry_kind {
		MODEL_ENTRY_OBJECT,
		MODEL_ENTRY_SHARE, /* made with MAP_MEM_VM_SHARE */
		MODEL_ENTRY_COPY,  /* made with MAP_MEM_VM_COPY */
	} kind;
	vm_prot_t protection;
	uint64_t size; /* more than can be modelled: it has no pages here */
	size_t count;  /* of pages; 0: there is no entry */
	struct model_storage *pages[MODEL_PAGES];
};

/* By name; NULL: there is none such. */
const struct model_rules *model_rules_of(const char *personality);

/* May a memory entry end before all that was asked for? */
bool model_entries_end_early(const struct model_rules *rules);

/* --- Tasks and pages --------------------------------------------------- */

/* An empty task, and the end of one.
 * => limit: bytes that it may have, and its children */
void model_task_start(struct model_task *task, const struct model_rules *rules,
    vm_size_t limit);
void model_task_end(struct model_task *task);

/* The page that an address is in. NULL: a hole. */
struct model_page *model_page_at(struct model_task *task, vm_address_t address);

/* Is it seen elsewhere too, in a task or through an entry? */
bool model_page_is_shared(const struct model_page *page);

vm_size_t model_size(const struct model_task *task);

/* task_create. */
kern_return_t model_create(struct model_task *parent, bool inherit,
    struct model_task *child);

/* --- A range's attributes ---------------------------------------------- */

kern_return_t model_deallocate(struct model_task *task, vm_address_t address,
    vm_size_t size);
kern_return_t model_protect(struct model_task *task, vm_address_t address,
    vm_size_t size, bool set_maximum, vm_prot_t protection);
kern_return_t model_inherit(struct model_task *task, vm_address_t address,
    vm_size_t size, vm_inherit_t inheritance);

/* vm_region.
 * => *address: of the first page of memory at or above it */
kern_return_t model_region(struct model_task *task, vm_address_t *address);

/* --- Reading and writing ----------------------------------------------- */

/* vm_read, and vm_read_overwrite. On KERN_SUCCESS the bytes are in `bytes`,
 * which has room for all that is modelled. */
kern_return_t model_read(struct model_task *task, vm_address_t address,
    vm_size_t size, uint8_t *bytes);
kern_return_t model_read_overwrite(struct model_task *task,
    vm_address_t address, vm_size_t size, uint8_t *bytes);

/* => offset in its page of the byte at which vm_read puts the first */
vm_size_t model_read_offset(const struct model_task *task, vm_address_t address,
    vm_size_t size);

/* => aligned: the caller's bytes are at the start of a page */
kern_return_t model_write(struct model_task *task, vm_address_t address,
    const uint8_t *bytes, vm_size_t size, bool aligned);
kern_return_t model_copy(struct model_task *task, vm_address_t source,
    vm_size_t size, vm_address_t destination);

/* --- Mapping ----------------------------------------------------------- */

/*
 * => *address: where it is
 * => *outside: it goes on behind what is modelled
 */
kern_return_t model_allocate(struct model_task *task, vm_address_t *address,
    vm_size_t size, int flags, bool *outside);

/* vm_map's arguments. */
struct model_mapping {
	vm_address_t address; /* becomes where it is */
	vm_size_t size;       /* becomes how much is mapped, of whole pages */
	vm_address_t mask;
	int flags;
	bool anonymous;
	const struct model_entry *entry; /* if not; NULL: it is no entry */
	uint64_t offset;
	bool copy;
	vm_prot_t protection;
	vm_prot_t max_protection;
	vm_inherit_t inheritance;
	bool outside;
};

kern_return_t model_map(struct model_task *task, struct model_mapping *mapping);

/* vm_remap's, and vm_remap_new's, which wants the protections. */
struct model_remapping {
	vm_address_t address; /* becomes where it is */
	vm_size_t size;       /* becomes how much is mapped, of whole pages */
	vm_address_t mask;
	int flags;
	struct model_task *source;
	vm_address_t source_address;
	bool copy;
	bool wants;
	vm_prot_t protection; /* these two become what all of it has */
	vm_prot_t max_protection;
	vm_inherit_t inheritance;
	bool outside;
};

kern_return_t model_remap(struct model_task *task,
    struct model_remapping *remapping);

/*
 * mach_make_memory_entry.
 *
 * => parent: NULL for none
 * => entry: one that there is not; of size 0 and without pages if the call
 *    succeeds and makes none
 */
kern_return_t model_make_entry(struct model_task *task, uint64_t *size,
    uint64_t offset, vm_prot_t permission, const struct model_entry *parent,
    struct model_entry *entry);
void model_entry_end(struct model_entry *entry);

/* --- Upkeep ------------------------------------------------------------ */

/* => privileged: the host's port is */
kern_return_t model_wire(struct model_task *task, bool privileged,
    vm_address_t address, vm_size_t size, vm_prot_t access);

kern_return_t model_purgable_control(struct model_task *task,
    vm_address_t address, vm_purgable_t control, int *state);

/* Pages that may have become zeros are unsettled after these two. */
kern_return_t model_behavior_set(struct model_task *task, vm_address_t address,
    vm_size_t size, vm_behavior_t behavior);
kern_return_t model_msync(struct model_task *task, vm_address_t address,
    vm_size_t size, vm_sync_t flags);

/* VM_BEHAVIOR_ZERO: may it be refused, as memory that is copied lazily? */
bool model_may_refuse_to_zero(struct model_task *task, vm_address_t address,
    vm_size_t size);

/* It is known whether an unsettled page has become zeros. */
void model_settle(struct model_page *page, bool zeros);
